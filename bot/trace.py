"""Which gesture in Slack a line of the log is about, as a short word that is the same wherever it turns up.

It is made of the name under which the gesture is kept, so it needs no room in the database, survives a restart, and
can be made again by whoever knows the message: `evobot queue show` says it.
"""

from __future__ import annotations

from contextvars import Context, ContextVar, copy_context
from hashlib import blake2b
from typing import Final

BYTES: Final = 4

_about: ContextVar[str] = ContextVar("about", default="")
_within: ContextVar[str] = ContextVar("within", default="")


def about(name: str) -> None:
    """What this task, and the tasks it starts, log from now on is about this."""
    _about.set(name)


def within(workspace: str) -> None:
    """In which of several workspaces this task, and the tasks it starts, work from now on; "" for none of them."""
    _within.set(workspace)


def workspace() -> str:
    """In which of several; empty where there is one."""
    return _within.get()


def apart() -> Context:
    """For a task about nothing in particular that whoever is in the middle of something happens to start."""
    context = copy_context()
    context.run(about, "")
    return context


def trace() -> str:
    """Of what is being worked on; empty when it is about nothing in particular."""
    name = _about.get()
    return trace_of(name) if name else ""


def trace_of(name: str) -> str:
    """Eight hexadecimal digits. `name`: of a message, a form or a line, see `bot/model.py`."""
    return blake2b(name.encode(errors="replace"), digest_size=BYTES).hexdigest()
