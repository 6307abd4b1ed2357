"""Which policy holds: the file that is there, or the defaults. What cannot be read is never taken for the defaults."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from bot.policy.complaints import BadPolicy
from bot.policy.model import Policy
from bot.policy.reading import MOST_BYTES, default_policy, read_bytes

USUAL: Final = Path("policy.toml")
OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def policy_in_use(chosen: Path | None) -> Policy:
    """`chosen`: EVOBOT_POLICY. Without it `policy.toml` of the working folder, and without that the defaults.

    Raises BadPolicy.
    """
    if chosen is not None:
        if not os.path.lexists(chosen):
            raise BadPolicy([f"EVOBOT_POLICY: there is no file {chosen}. Write one, or leave the setting out."])
        return load(chosen)
    return load(USUAL) if os.path.lexists(USUAL) else default_policy()


def load(path: Path) -> Policy:
    """Raises BadPolicy, also for a file that others than its owner can write."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BadPolicy([f"{path}: cannot be read ({error.strerror})."]) from None
    try:
        if why := _against(path, os.fstat(opened).st_mode):
            raise BadPolicy([why])
        return read_bytes(_content(opened), str(path))
    finally:
        os.close(opened)


def _content(opened: int) -> bytes:
    """A byte more than a policy may have tells that it is too large."""
    data = b""
    while len(data) <= MOST_BYTES and (more := os.read(opened, MOST_BYTES + 1 - len(data))):
        data += more
    return data


def _against(path: Path, mode: int) -> str | None:
    if not stat.S_ISREG(mode):
        return f"{path}: is no file."
    if mode & OTHERS_WRITE:
        return (
            f"{path}: others than its owner can write it (mode {stat.S_IMODE(mode):03o}), so somebody else could give "
            f"themselves rights. Take that away: chmod go-w {path}"
        )
    return None
