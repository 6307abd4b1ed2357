"""Imports, in the order in which they are needed: what takes events first, the rest while it takes them."""

from __future__ import annotations

import asyncio
import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Nothing that is imported becomes garbage: looking for some takes a tenth of the time, now and ever after."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


async def imported(module: str) -> None:
    """In a thread: the loop takes events meanwhile."""
    if module not in sys.modules:
        with importing():
            await asyncio.to_thread(importlib.import_module, module)
