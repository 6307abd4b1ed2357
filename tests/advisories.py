"""Is one of the pinned versions known to be vulnerable? `python -m tests.advisories`, a part of `make check`.

pip-audit asks OSV, and its answer is judged here. It ends with 1 when there is something to mend. Where there is no
network, or no sense in what comes back, one line says that nothing was looked up, and that is no failure: a check that
fails for the weather is soon not looked at any more.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parent.parent / "requirements.txt"
OSV = "https://api.osv.dev/v1/query"
SECONDS = 20.0  # for all of it
MISUSED = 2  # pip-audit's and argparse's own code for arguments that are wrong
_OUR_FAULT = re.compile(
    r"^ERROR:pip_audit\._cli:(?!.*(?:connect|network))(.*)$", re.MULTILINE
)  # such as a pin without a hash


def main(lock: Path = LOCK, service: str = OSV, seconds: float = SECONDS) -> int:
    """The exit code. What is known is printed, a line each."""
    wrong = None
    try:
        done = subprocess.run(_command(lock, service), capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return _skipped(f"no answer within {seconds:g} seconds")
    if done.returncode == MISUSED or (wrong := _OUR_FAULT.search(done.stderr)):
        _say(f"Known vulnerabilities: cannot be looked up. {wrong[1] if wrong else done.stderr}")
        return MISUSED
    try:
        found = json.loads(done.stdout)["dependencies"]
        lines = [line for each in found for line in _told(each)]
    except (ValueError, LookupError, TypeError):
        return _skipped(_last_word(done.stderr))
    _say("\n".join(lines) or f"Known vulnerabilities: none in {len(found)} pinned packages.")
    return 1 if lines else 0


def _command(lock: Path, service: str) -> list[str]:
    """Nothing is resolved or installed: the lock says it all."""
    return [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes", "--disable-pip"),
        *("--vulnerability-service", "osv", "--osv-url", service, "--timeout", "5"),
        *("--format", "json", "--progress-spinner", "off"),
    ]


def _told(package: dict[str, Any]) -> Iterator[str]:
    if reason := package.get("skip_reason"):
        yield f"{package['name']} was not looked up: {reason}"
        return
    for each in package["vulns"]:
        mended = ", ".join(each["fix_versions"]) or "no version yet"
        known = ", ".join([each["id"], *each.get("aliases", [])])
        yield f"{package['name']} {package['version']} is vulnerable: {known}. Mended in {mended}."


def _last_word(said: str) -> str:
    """The name of the error that ended it."""
    lines = [line for line in said.splitlines() if line.strip()]
    name = re.match(r"[\w.]+", lines[-1]) if lines else None
    return name[0].rpartition(".")[2] if name else "no answer"


def _skipped(why: str) -> int:
    _say(f"Known vulnerabilities: not looked up ({why}). Nothing is wrong with that; look again with a network.")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
