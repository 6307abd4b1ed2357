"""Puts everything on stage, plays the scenes, counts, and clears away."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sandbox.demo.acting import NotKept, Play
from sandbox.demo.narrator import MARGIN, Narrator
from sandbox.demo.pace import BEAT, Pace
from sandbox.demo.playbill import Playbill
from sandbox.demo.scenes import OPENING, SCENES, Scene
from sandbox.demo.tally import count
from sandbox.demo.trial import try_it
from sandbox.slack.seeds import ANNA
from sandbox.stage import Mode, NotStarted, Stage
from sandbox.workbench import PORT, Feed, Workbench

T = TypeVar("T")
SETTINGS = {"EVOBOT_PHONE_REGIONS": "US", "EVOBOT_CONFIRM_PHONES": "1"}
CALM = {"EVOBOT_POLL_SECONDS": "1"}  # for people who read what passes on the wire
ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "manifest.yml"  # the app's own, so that the stand-in grants no more than Slack would
WELL, BROKEN, INTERRUPTED = 0, 1, 130
LOG_LINES = 15
STOP_SECONDS = 15.0
AUDIENCE_SECONDS = 20.0
HEADING = 1.6  # beats, to read what a scene is about

HELLO = (
    "This bot joins Slack threads to the chats of Evo Voice, a cloud phone and chat service: a team talks to its "
    "customers without leaving Slack. Here is one conversation, from beginning to end, with much going wrong in "
    "between. It takes about {length}."
)
STAND_INS = (
    "Slack and Evo Voice are played by stand-ins on this machine; the bot is the real one. No account is needed, "
    "and nothing leaves this machine."
)
WAYS = {"socket": "The bot reaches Slack by Socket Mode.", "http": "Slack reaches the bot by HTTP."}
OPEN = "Open {url} to watch and to play along."
BEGINS = f"It begins when you do, or by itself in {AUDIENCE_SECONDS:.0f} seconds."
COUNTED = "Counted from what Slack and Evo Voice themselves have recorded:"


@dataclass(frozen=True, slots=True)
class Showing:
    """What was asked for: to end after the script or to stay up, and by which way Slack reaches the bot."""

    script: bool
    mode: Mode
    port: int
    folder: Path
    narrator: Narrator
    pace: Pace
    bill: Playbill
    feed: Feed
    stop: asyncio.Event


async def play(*, script: bool, mode: Mode, port: int | None = None) -> int:
    """Shows the product. Returns 0 when every promise was kept, 1 when not, 130 when interrupted before it was known.

    With `script` it plays without a pause and ends by itself; without, it is slow enough to be watched on a page at
    `port`, or any free one, and stays up to be tried until SIGINT or SIGTERM.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console that lacks our signs shows others
    folder = Path(tempfile.mkdtemp(prefix="evobot-demo-"))
    pace, feed = Pace(0 if script else BEAT), Feed()
    bill = Playbill(pace, feed.update)
    tell = Narrator(sys.stdout, bill.line)
    showing = Showing(script, mode, PORT if port is None else port, folder, tell, pace, bill, feed, stop)
    with _inside(folder):
        code = await _perform(showing)
    _clear_away(showing, code)
    return code


def administered(folder: Path) -> Path:
    """A folder to work in whose policy makes Anna an administrator: somebody must be able to stop everything."""
    policy = folder / "policy.toml"
    policy.write_text(f'[admins]\nwho = ["{ANNA}"]\n', encoding="utf-8")
    policy.chmod(0o600)
    return folder


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """The bot reads a .env where it is started: never the one that is meant for the real thing."""
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with contextlib.chdir(folder):
        yield


def _clear_away(showing: Showing, code: int) -> None:
    if code == BROKEN:
        showing.narrator.verbatim(f"Logs and databases are kept in {showing.folder}")
        return
    shutil.rmtree(showing.folder, ignore_errors=True)
    if code == INTERRUPTED:
        showing.narrator.say("Stopped before the end.")


async def _perform(showing: Showing) -> int:
    tell = showing.narrator
    length = "ten seconds" if showing.script else "a minute and a half"
    for text in (HELLO.format(length=length), STAND_INS, WAYS[showing.mode]):
        tell.say(text)
    settings = SETTINGS if showing.script else SETTINGS | CALM
    administered(showing.folder)
    try:
        async with _raised(Stage(showing.folder, showing.mode, settings, manifest=MANIFEST)) as stage:
            code = await _on(stage, showing)
            return code if await _stopped(stage, tell) else BROKEN
    except NotStarted as error:
        if showing.stop.is_set():
            return INTERRUPTED  # whatever ended, ended because everything is being stopped
        _not_started(tell, str(error))
    except Exception as error:  # noqa: BLE001 - a stand-in that dies takes the demo with it, and whoever looks is told
        tell.result(f"The demo broke down: {type(error).__name__}: {error}", kept=False)
    return BROKEN


@contextlib.asynccontextmanager
async def _raised(stage: Stage) -> AsyncIterator[Stage]:
    """Ends every process, also when only some of them came up."""
    try:
        await stage.__aenter__()
        yield stage
    finally:
        await stage.__aexit__(None, None, None)


async def _stopped(stage: Stage, tell: Narrator) -> bool:
    """The bot ends when it is told to; nobody shall have to wait for it, or look for it afterwards."""
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await stage.bot.end()
    except TimeoutError:
        await stage.kill_bot()
        tell.result(f"The bot did not end within {STOP_SECONDS:.0f} seconds, so it was killed.", kept=False)
        return False
    return True


def _not_started(tell: Narrator, error: str) -> None:
    what, _, log = error.partition("\n")
    tell.result(f"The demo could not start: {what.rstrip(':')}. The end of its log:", kept=False)
    tell.verbatim("\n".join(log.splitlines()[-LOG_LINES:]))


async def _on(stage: Stage, showing: Showing) -> int:
    tell = showing.narrator
    tell.say("")
    tell.slack("what people do and see in the channel #support; ↳ is its thread")
    tell.evo("what reaches Evo Voice (→) and what is said there (←)")
    names = {person["id"]: person["shown"] or person["real_name"] for person in await stage.slack.do("people")}
    names |= {room["id"]: room["name"] for room in await stage.slack.do("rooms")}
    evo_names = {user.email: user.name for user in (await stage.evo.seeds()).users}
    acted = Play(stage, tell, showing.pace, showing.bill, names, evo_names)
    if showing.script:
        return await _unless(showing.stop, _all(acted), INTERRUPTED)
    async with Workbench(stage, showing.feed, showing.pace, port=showing.port) as bench:
        return await _watched(acted, showing, bench.url)


async def _watched(acted: Play, showing: Showing, url: str) -> int:
    """With a page. It stays up after a broken promise as well: there it can be seen what became of it."""
    showing.narrator.say("")
    showing.narrator.verbatim(OPEN.format(url=url))
    showing.narrator.say(BEGINS)
    code = await _unless(showing.stop, _to_an_audience(acted, showing), INTERRUPTED)
    if code != INTERRUPTED:
        await _unless(showing.stop, try_it(acted, url, showing.stop), None)
    return code


async def _to_an_audience(acted: Play, showing: Showing) -> int:
    """Begins when a page is open, when it is told to on the page, or by itself."""

    async def as_soon_as_watched() -> None:
        await showing.feed.watched.wait()
        showing.pace.start()

    waiting = asyncio.create_task(as_soon_as_watched())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(AUDIENCE_SECONDS):
            await showing.pace.started()
    waiting.cancel()
    showing.pace.start()
    return await _all(acted)


async def _unless(stop: asyncio.Event, work: Coroutine[None, None, T], told: T) -> T:
    """Its result, or `told` when told to stop first."""
    task, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    task.cancel()  # does nothing to a task that is done
    await asyncio.gather(task, stopping, return_exceptions=True)
    return told if stop.is_set() else task.result()


async def _all(play: Play) -> int:
    """Every scene, even after one that went wrong; without the opening there is nothing to play in."""
    for number, scene in enumerate(SCENES, start=1):
        kept = await _scene(play, str(number), scene)
        if not kept and scene is OPENING:
            break
    return await _counted(play)


async def _scene(play: Play, number: str, scene: Scene) -> bool:
    play.bill.scene(number, len(SCENES), scene.title, scene.why)
    play.tell.scene(number, scene.title, scene.why)
    await play.pace.beat(HEADING)
    try:
        await scene.act(play)
    except NotKept as error:
        broken = str(error)
    except Exception as error:  # noqa: BLE001 - whatever stops a scene is a broken promise, and the others go on
        broken = f"“{scene.title}” stopped: {type(error).__name__}: {error}"
    else:
        return True
    play.broken.append(broken)
    play.tell.verdict(broken, kept=False)
    return False


async def _counted(play: Play) -> int:
    tally = count(await play.history())
    troubles = [*tally.troubles, *(f"Not as promised: {broken}" for broken in play.broken)]
    play.tell.say("")
    for trouble in troubles:
        play.tell.say(trouble, MARGIN)
    play.tell.say(COUNTED)
    line = tally.line("not as promised" if troubles else "all as promised")
    play.tell.result(line, kept=not troubles)
    play.bill.result(line, kept=not troubles)
    return BROKEN if troubles else WELL
