"""What the operating system says of processes, and which cores they may use. Linux only."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")
USER_TIME, SYSTEM_TIME = 11, 12  # of /proc/PID/stat, counted after the name
PACKAGES: Final = ("slack-bolt", "slack-sdk", "uvicorn", "uvloop", "httptools", "aiohttp", "httpx")


def cpu_seconds(pid: int) -> float:
    """How long a process has computed, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[USER_TIME]) + int(fields[SYSTEM_TIME])) / TICKS


def resident_mb(pid: int) -> float:
    """Memory that a process holds, in megabytes of a million bytes."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii", errors="replace").splitlines()
    found = next(line for line in lines if line.startswith("VmRSS:"))
    return int(found.split()[1]) * 1024 / 1e6


def cores_for_servers() -> set[int]:
    """The first core is for what is measured: one at a time, so nobody shares it."""
    return set(sorted(os.sched_getaffinity(0))[:1])


def cores_for_others() -> set[int]:
    """Generator and stand-ins. With one core alone they share it, and the ratios say less."""
    return set(sorted(os.sched_getaffinity(0))[1:]) or cores_for_servers()


def described() -> dict[str, str]:
    """What absolute figures depend on."""
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in PACKAGES},
    }


def load_average() -> float:
    """Of the last minute: how busy the machine is with whatever."""
    return os.getloadavg()[0]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
