"""After the show: a fresh chat in which everything is up to whoever looks on."""

from __future__ import annotations

import asyncio

from sandbox.demo.acting import NotKept, Play
from sandbox.demo.narrator import MARGIN
from sandbox.evo.records import EffectKind
from sandbox.slack.seeds import ANNA

JOE = "joe@example.com"
NAME = "Try it"
GRACE = 2.0  # seconds between what breaks first and the word that everything is being stopped
LOOK_EVERY = 0.2  # seconds; it may go on for hours

INVITATION = "Everything stays up, with a fresh chat between Anna and Joe. Ctrl-C here ends it all."
WHERE = (
    "At {url} you are Anna or Ben in Slack, and Joe at Evo Voice: write on both sides, break what you like, kill the "
    "bot. What happens is told here, too."
)


async def try_it(play: Play, url: str, stop: asyncio.Event) -> None:
    """Prints whatever happens on either side, until told to stop or until the stage has broken down."""
    play.bill.scene("→", 0, "Your turn", INVITATION)
    play.tell.scene("→", "Your turn", INVITATION)
    try:
        await _opened(play)
        play.tell.say(WHERE.format(url=url), MARGIN)
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


async def _opened(play: Play) -> None:
    """Where the bot was killed or a form is in the way, there is just no fresh chat."""
    try:
        await _open(play)
    except (NotKept, LookupError) as error:
        play.tell.verdict(str(error), kept=False)


async def _open(play: Play) -> None:
    await play.command(ANNA, f"chat {NAME}")
    await play.fill(ANNA, {"Other people": JOE})
    await play.submit(ANNA)
    sight = await play.until("A fresh chat opens.", lambda now: NAME in now.done(EffectKind.OPENED))
    play.session = next(str(e.session_id) for e in sight.effects if e.detail.get("displayName") == NAME)
    sight = await play.until("It has a card.", lambda now: any("Joe Park" in card["text"] for card in now.posts(NAME)))
    play.thread = sight.posts(NAME)[0]["ts"]
    play.look_at_thread(ANNA)
