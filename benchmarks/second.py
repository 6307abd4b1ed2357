"""A second generator that shares no code with the first: wrk, where it is installed."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from benchmarks.letters import letters
from benchmarks.load import Plan
from benchmarks.machine import cores_for_others
from benchmarks.names import EVENTS, HOST
from benchmarks.processes import NotMeasured

BETWEEN: Final = "\0"
# Each request once: the bot would know a second one again, and do less for it.
SCRIPT: Final = """
local all, next = {}, 0
local file = io.open(os.getenv("LETTERS"), "rb")
for each in file:read("*a"):gmatch("[^%z]+") do all[#all + 1] = each end
file:close()
request = function()
  next = next + 1
  return all[(next - 1) % #all + 1]
end
"""


class TooFew(NotMeasured):
    """More was answered than there were requests."""


def is_there() -> bool:
    return shutil.which("wrk") is not None


async def wrk(plan: Plan, seconds: float, folder: Path) -> float:
    """Good answers a second. The plan's requests must be more than are answered. Raises NotMeasured, TooFew."""
    script, post = folder / "wrk.lua", folder / "letters"
    script.write_text(SCRIPT, "ascii")
    post.write_bytes(
        BETWEEN.encode().join(letter.request for letter in letters(plan.first, plan.count, plan.threads))
    )  # fmt: skip
    cores = ",".join(map(str, sorted(cores_for_others())))
    command = ["taskset", "-c", cores, "env", f"LETTERS={post}", "wrk", "-t1", f"-c{plan.connections}",
               f"-d{max(1, round(seconds))}s", "-s", str(script), f"http://{HOST}:{plan.port}{EVENTS}"]  # fmt: skip
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False, timeout=120)
    return _read(done.stdout, plan)


def _read(said: str, plan: Plan) -> float:
    total, rate = re.search(r"(\d+) requests in", said), re.search(r"Requests/sec:\s+([\d.]+)", said)
    if total is None or rate is None or "Non-2xx" in said or "Socket errors" in said:
        raise NotMeasured(f"wrk says: {said}")
    if int(total[1]) > plan.count:
        raise TooFew(f"wrk has sent some of {plan.count} requests twice")
    return float(rate[1])
