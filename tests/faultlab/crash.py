"""Starts the unmodified bot and lets it die, at once and without a word, at a named point.

    python -m tests.faultlab.crash POINT NTH

The bot has no hooks for this: a point is a function of the program that is wrapped from outside before it runs. When
such a function is no longer there, this ends with an error.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from itertools import count
from typing import Any

NOT_THERE = 70  # exit code

Call = tuple[tuple[Any, ...], dict[str, Any], Any]  # arguments, keyword arguments, result (None before the call)


def _always(_: Call) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Point:
    """`place` is `module:name` or `module:Class.name`; death comes before or after it, where `only` says so.

    `needs` names what has to happen for it to be passed: see the storm that uses it. `once`: passed once in a life.
    """

    place: str
    after: bool = True
    only: Callable[[Call], bool] = _always
    needs: str = "talk"
    once: bool = False


def _argument(call: Call, number: int, name: str) -> Any:
    positional, named, _ = call
    return named[name] if name in named else positional[number]


def _of_person(call: Call) -> bool:
    """An event that a person caused: our own posts come back as events, too."""
    event = _argument(call, 1, "payload")["event"]
    return event.get("type") == "message" and not event.get("bot_id") and bool(event.get("thread_ts"))


def _item(kind: str) -> Callable[[Call], bool]:
    """An item of this kind, given or returned."""
    return lambda call: any(getattr(thing, "kind", None) == kind for thing in (*call[0], call[2]))


def _post(prefix: str) -> Callable[[Call], bool]:
    return lambda call: str(_argument(call, 4, "name")).startswith(prefix)


def _left(method: bytes, end: bytes) -> Callable[[Call], bool]:
    """The last byte of such a request is out, and its answer is awaited: httpcore's trace tells."""

    def fits(call: Call) -> bool:
        request = _argument(call, 2, "info").get("request")
        waiting = str(_argument(call, 1, "event")).endswith("receive_response_headers.started")
        return waiting and request.method == method and request.url.target.endswith(end)

    return fits


def _intended(kind: str) -> Callable[[Call], bool]:
    return lambda call: call[2] is not None and call[2].kind == kind


COURIER, WORKSPACE, CLIENT = "bot.courier.lanes:Courier", "bot.workspace:Workspace", "bot.evo.client:EvoVoice"
TRACE = "bot.evo.transport:Progress.trace"

POINTS: Mapping[str, Point] = {
    # a message on its way in
    "event written, not committed": Point("bot.bridge.verbs:add_reply"),
    "event committed, not acknowledged": Point("bot.intake.door:Door.event", only=_of_person),
    "form written, not committed": Point("bot.bridge.verbs:add_session", needs="open"),
    "form committed, not answered": Point("bot.bridge.verbs:Bridge.open_new", needs="open"),
    # a reply on its way out
    "reply intended, not sent": Point(f"{COURIER}._mark", only=_intended("say")),
    "reply sent, answer awaited": Point(TRACE, after=False, only=_left(b"POST", b"/messages")),
    "reply answered, not recorded": Point(f"{CLIENT}.send_message"),
    "reply recorded, not shown": Point(f"{COURIER}._arrived", only=_item("say")),
    # an opening
    "opening intended, not sent": Point(f"{COURIER}._mark", only=_intended("open"), needs="open"),
    "opening sent, answer awaited": Point(TRACE, after=False, only=_left(b"POST", b"/sessions"), needs="open"),
    "opening answered, not recorded": Point(f"{CLIENT}.new_session", needs="open"),
    # an invitation
    "invitation intended, not sent": Point(f"{COURIER}._mark", only=_intended("invite"), needs="invite"),
    "invitation sent, answer awaited": Point(TRACE, after=False, only=_left(b"POST", b"/members"), needs="invite"),
    "invitation answered, not recorded": Point(f"{CLIENT}.invite_chat_member", needs="invite"),
    # an end
    "end sent, answer awaited": Point(TRACE, after=False, only=_left(b"DELETE", b""), needs="end"),
    "end answered, not recorded": Point(f"{CLIENT}.end_session", needs="end"),
    "end recorded, last words unread": Point("bot.hearing:Hearing.ended", after=False, needs="end"),
    # doubt
    "doubt recorded": Point(f"{COURIER}._in_doubt", needs="doubt"),
    "absence proven, not sent again": Point(f"{COURIER}._absent", needs="doubt"),
    # from Evo Voice to Slack
    "echo recognised, not committed": Point("bot.bridge.echo:_came_back"),
    "line written, not committed": Point("bot.bridge.echo:_post_to"),
    "line intended, not posted": Point(f"{WORKSPACE}.post", after=False, only=_post("line/")),
    "line posted, not recorded": Point(f"{WORKSPACE}.post", only=_post("line/")),
    "card posted, not recorded": Point(f"{WORKSPACE}.post", only=_post("card/"), needs="open"),
    "result posted, not recorded": Point(f"{WORKSPACE}.post", only=_post("item/"), needs="invite"),
    "card redrawn, not recorded": Point(f"{WORKSPACE}.update", needs="invite"),
    "reaction set, not recorded": Point(f"{WORKSPACE}.react"),
    # start and stop
    "lock taken": Point("bot.store.file:FileLock.take", once=True),
    "file checked, not migrated": Point("bot.store.file:_migrate", after=False, once=True),
    "in the middle of the first migration": Point("bot.store.migrations:Database.execute", needs="no file"),
    "in the middle of catching up": Point("bot.catchup:CatchUp._take"),
    "caught up, nothing sent yet": Point("bot.catchup:CatchUp.run", once=True),
    "signed in": Point("bot.works:sign_in_patiently", once=True),
    "told to stop": Point("bot.together:finish", after=False, needs="stop", once=True),
    "stopped, file not closed": Point("bot.store:Store.close", after=False, needs="stop", once=True),
    "file closed": Point("bot.store.writer:Writer.stop", needs="stop", once=True),
}


def die() -> None:
    """What a power cut does to a process."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: Point, nth: int, end: Callable[[], None] = die) -> None:
    """Wraps the point's function so that the `nth` passage ends the process. Raises LookupError when it is not there.

    `end` is what happens then.
    """
    owner, name = _find(point.place)
    passages = count(1)

    def passed(call: Call) -> None:
        if point.only(call) and next(passages) == nth:
            end()

    setattr(owner, name, _wrapped(getattr(owner, name), passed, after=point.after))


def _find(place: str) -> tuple[Any, str]:
    module, _, path = place.partition(":")
    *outer, name = path.split(".")
    try:
        owner: Any = importlib.import_module(module)
        for each in outer:
            owner = getattr(owner, each)
        getattr(owner, name)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"{place} is not there any more") from error
    return owner, name


def _wrapped(function: Callable[..., Any], passed: Callable[[Call], None], *, after: bool) -> Callable[..., Any]:
    @wraps(function)
    def plain(*positional: Any, **named: Any) -> Any:
        if not after:
            passed((positional, named, None))
        result = function(*positional, **named)
        if after:
            passed((positional, named, result))
        return result

    @wraps(function)
    async def waiting(*positional: Any, **named: Any) -> Any:
        if not after:
            passed((positional, named, None))
        result = await function(*positional, **named)
        if after:
            passed((positional, named, result))
        return result

    return waiting if asyncio.iscoroutinefunction(function) else plain


def main() -> int:
    name, nth = sys.argv[1], int(sys.argv[2])
    try:
        arm(POINTS[name], nth)
    except LookupError as error:
        sys.stderr.write(f"no such point: {error}\n")
        return NOT_THERE
    from bot.__main__ import main as run_bot  # noqa: PLC0415 - what it imports by name must be wrapped before

    return run_bot(["run"])


if __name__ == "__main__":
    sys.exit(main())
