"""After the show: a fresh chat, and how to talk in it by hand from another terminal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from sandbox.demo.acting import LOOK_EVERY, Play
from sandbox.demo.narrator import MARGIN, WIDEST
from sandbox.evo.records import EffectKind
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT

JOE = "joe@example.com"
NAME = "Try it"
GRACE = 2.0  # seconds between what breaks first and the word that everything is being stopped

INVITATION = (
    "Everything stays up, with a fresh chat between Anna and Joe. Paste these lines into another terminal and watch "
    "this one. Ctrl-C here ends it all."
)
MORE = "Everything else that people or faults can do there: sandbox/slack/README.md and sandbox/evo/README.md."


async def try_it(play: Play, stop: asyncio.Event) -> None:
    """Prints whatever happens on either side, until told to stop or until the stage has broken down."""
    play.tell.scene("→", "Your turn", INVITATION)
    try:
        await _open(play)
        _explain(play)
        while not stop.is_set():
            await play.look()
            await asyncio.sleep(LOOK_EVERY)
    except Exception as error:  # noqa: BLE001 - Ctrl-C ends the stand-ins too, some of them before us
        await _unless_stopping(play, stop, error)


async def _unless_stopping(play: Play, stop: asyncio.Event, error: Exception) -> None:
    try:
        async with asyncio.timeout(GRACE):
            await stop.wait()
    except TimeoutError:
        play.tell.verdict(f"The stage has broken down: {type(error).__name__}: {error}", kept=False)


async def _open(play: Play) -> None:
    await play.command(ANNA, f"chat {NAME}")
    await play.fill(ANNA, {"Other people": JOE})
    await play.submit(ANNA)
    sight = await play.until("A fresh chat opens.", lambda now: NAME in now.done(EffectKind.OPENED))
    play.session = next(str(e.session_id) for e in sight.effects if e.detail.get("displayName") == NAME)
    sight = await play.until("It has a card.", lambda now: any("Joe Park" in card["text"] for card in now.posts(NAME)))
    play.thread = sight.posts(NAME)[0]["ts"]


def _explain(play: Play) -> None:
    for what, lines in recipes(play):
        play.tell.say(what, MARGIN)
        play.tell.verbatim(lines)
    play.tell.say(MORE, MARGIN)
    play.tell.say("")


def recipes(play: Play) -> list[tuple[str, str]]:
    """What each does, and lines for a shell; the first sets the addresses that the others use."""
    place = {"channel": SUPPORT, "thread_ts": play.thread}
    joe = {"session_id": play.session, "sender": JOE, "body": "Hello from Joe"}
    return [
        ("First, where they are:", f"S={play.slack.url}/__standin\nE={play.evo_url}/__standin"),
        ("Ben writes in the thread:", curl("$S/say", {"user": BEN, **place, "text": "Hello from Ben"})),
        ("Joe, the customer, writes at Evo Voice:", curl("$E/hear", joe)),
        (
            "Anna asks the bot for something:",
            curl("$S/say", {"user": ANNA, **place, "raw": True, "text": f"<@{BOT_USER}> invite mia@example.com"}),
        ),
        (
            "Evo Voice goes down, and comes back:",
            f"{curl('$E/fault', {'kind': 'down', 'times': None})}\n{curl('$E/clear_faults', {})}",
        ),
    ]


def curl(url: str, body: Mapping[str, object]) -> str:
    """A request for a shell, folded between the members of its JSON."""
    lines = [f"curl -sS {url} -d '{{"]
    for number, (name, value) in enumerate(body.items(), start=1):
        part = f"{json.dumps(name)}: {json.dumps(value)}" + (", " if number < len(body) else "")
        if len(lines[-1]) + len(part) > WIDEST - 2:
            lines.append("  ")
        lines[-1] += part
    return "\n".join([*lines[:-1], f"{lines[-1]}}}'"])
