"""What SQLite does not look after: on which disk the file lies, what lies beside it, and whether it stays there."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.store.errors import Corrupt, Unusable

MOUNTS = Path("/proc/self/mountinfo")
NETWORK = frozenset({"afs", "cifs", "fuse.sshfs", "nfs", "nfs4", "smb3", "smbfs"})
INDEX_BYTES = 48  # of the header of the log's index, which stands there twice
PIECE = 1 << 20
SETTLED = 1_000_000_000  # nanoseconds; stamps are coarser than two changes can be apart


def log_of(path: Path) -> Path:
    """SQLite's write-ahead log: the newest messages are in it, and not yet in the file."""
    return path.with_name(path.name + "-wal")


def index_of(path: Path) -> Path:
    return path.with_name(path.name + "-shm")


def size_of(path: Path) -> int:
    """0 when it is not there."""
    return path.stat().st_size if path.exists() else 0


# Where it lies


def check_place(path: Path, mounts: str | None = None) -> None:
    """Raises Unusable where two programs could use the file without seeing each other's log."""
    if path.exists() and path.stat().st_nlink > 1:
        raise Unusable(f"{path} has a second name (a hard link). SQLite needs it to have one; copy it instead.")
    point, kind = _mount_of(path, _mounts() if mounts is None else mounts)
    if kind in NETWORK:
        raise Unusable(f"{path} is on a network disk ({kind}), where SQLite cannot keep it safe. Use a local one.")
    if point == str(path):
        raise Unusable(f"{path} is mounted by itself, without its companions. Mount its folder instead.")


def _mounts() -> str:
    """Empty on systems other than Linux."""
    return MOUNTS.read_text(errors="surrogateescape") if MOUNTS.exists() else ""


def _mount_of(path: Path, mounts: str) -> tuple[str, str]:
    """Where the disk with this path is mounted, and its kind."""
    found = ("", "")
    for line in mounts.splitlines():
        place, _, source = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), place.split()[4])
        if path.is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, source.split()[0])
    return found


# What lies beside it


def check_companions(path: Path) -> None:
    """Raises Corrupt when a part is missing. SQLite would delete the log of an empty file, and not miss a lost one.

    A companion is there while a bot runs, and stays behind when it is killed or its file is taken away from it.
    """
    log, index = log_of(path), index_of(path)
    left = [each.name for each in (log, index) if each.exists()]
    if left and not size_of(path):
        raise Corrupt(
            f"{path} is empty or gone, but what stood beside it is not. Put the file or a copy of it back. "
            f"Only to begin without all that was stored, delete {' and '.join(left)}."
        )
    if size_of(path) and size_of(index) and not log.exists():
        raise Corrupt(
            f"{log.name}, which had the newest messages, is gone. Put it back, or delete {index.name} to go on without."
        )


@dataclass(frozen=True, slots=True)
class LogIndex:
    """What the last process knew of the log: which generation of it, how many pages it had committed to it, and how
    many of those it had brought into the file.
    """

    salts: bytes
    pages: int
    brought: int

    @classmethod
    def read(cls, path: Path) -> LogIndex | None:
        """None when there is none that can be believed. [SQLite docs: walformat, "WAL-Index Header"]"""
        try:
            header = _head(index_of(path), 2 * INDEX_BYTES + 4)
        except FileNotFoundError:
            return None
        first = header[:INDEX_BYTES]
        if len(header) < 2 * INDEX_BYTES + 4 or first != header[INDEX_BYTES:-4] or not first[12]:
            return None
        pages, brought = (int.from_bytes(number, sys.byteorder) for number in (first[16:20], header[-4:]))
        return cls(first[32:40], pages, brought)

    def lost_in(self, path: Path, found: LogIndex | None) -> bool:
        """Did SQLite find less in the same log than the last process had committed to it?

        A log that breaks off is usual after a power cut, so SQLite does not mind; but nothing that was committed
        may be missing.
        """
        log = _head(log_of(path), 24)
        if not log:
            return self.brought < self.pages
        return log[16:] == self.salts and (found.pages if found else 0) < self.pages


def _head(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def read_through(path: Path) -> None:
    """Reads the file from beginning to end once, so that checking it, which jumps about, finds it in memory."""
    with path.open("rb", buffering=0) as file:
        while file.read(PIECE):
            pass


# Whether it stays there


class Belongings:
    """The files that must stay where they are while we run: what is written to a deleted one is lost at the end.

    They lie in one folder, whose own time stamp says whether any of them may have come or gone.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._found = {path: _identity(path) for path in paths}
        self._folder = next(iter(self._found)).parent
        self._unchanged: tuple[int, int, int] | None = None

    def check(self) -> None:
        """Raises Unusable."""
        folder = _stamp(self._folder)
        if folder is not None and folder == self._unchanged:
            return
        for path, found in self._found.items():
            if _identity(path) != found:
                raise Unusable(f"{path} was moved, deleted or replaced while I ran. Nothing more is taken.")
        settled = folder is not None and time.time_ns() - folder[2] > SETTLED
        self._unchanged = folder if settled else None


def _stamp(folder: Path) -> tuple[int, int, int] | None:
    """Another one whenever something in a folder was made, deleted or renamed, or the folder itself was."""
    try:
        found = os.stat(folder)  # noqa: PTH116 - as below
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_mtime_ns)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - half the time of Path.stat, once a commit
    except OSError:
        return None
    return (found.st_dev, found.st_ino)
