"""Requests whose outcome is unknown: every way to lose an answer, with every kind of request, and what must come of it.

The table `ENDS` says it: found again, it is adopted; proven absent, a reply or an opening goes once more; an invitation
is always a person's to repeat.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.model import Actor, Answer, Answered, Invitee, Item, Kind, Phone, Session, SlackName, State, TeamId, UserId
from sandbox.changes import Changes
from sandbox.evo.faults import FaultBoard
from sandbox.slack.seeds import ANNA, BEN, TEAM
from tests.faultlab.core import core
from tests.faultlab.lanes import REAL, SETTLE, SHOWN, open_sessions, place
from tests.faultlab.line import REFUSED, SILENT, UNNAMED, Line
from tests.faultlab.verdict import Verdict
from tests.faultlab.virtual import VirtualLoop, run, until
from tests.helpers import chat
from tests.world import World

BY, OWNER = (Actor(TeamId(TEAM), UserId(user)) for user in (BEN, ANNA))

UNSENT = (REFUSED, UNNAMED, SILENT)
ANSWERLESS: dict[str, dict[str, Any]] = {
    "hang": {"seconds": 60},
    "cut_before": {},
    "close": {},
    "truncate": {},
    "garbage": {},
    "drip": {"seconds": 1},
    "500": {},
    "502": {"body": "html"},
    "503": {"body": "none"},
    "504": {"body": "html"},
    "408": {},
}
EFFECTS = ("none", "now", "late")
LATE = SETTLE - 10
SELDOM = {**REAL, "poll": 20.0}  # fewer looks: the matrix takes virtual hours
OPERATIONS = {"NewSession": "opened", "InviteChatMember": "invited", "SendMessage": "sent", "EndSession": "ended"}
SURELY_UNSENT = "not sent"


@dataclass(frozen=True)
class End:
    """The state in which an item must end by itself, how often it may be asked for, and how often it must happen."""

    state: State
    posts: int
    effects: int
    fewer: bool = False  # ending twice ends once: it may also be seen to have happened before it is said again

    def is_met(self, state: State, posts: int, effects: int) -> bool:
        enough = 1 <= posts <= self.posts if self.fewer else posts == self.posts
        return enough and (state, effects) == (self.state, self.effects)


# operation, effect of the request that was lost → end
ENDS: dict[tuple[str, str], End] = {
    ("NewSession", SURELY_UNSENT): End(State.DELIVERED, 1, 1),
    ("NewSession", "none"): End(State.DELIVERED, 2, 1),
    ("NewSession", "now"): End(State.DELIVERED, 1, 1),
    ("NewSession", "late"): End(State.DELIVERED, 1, 1),
    ("InviteChatMember", SURELY_UNSENT): End(State.DELIVERED, 1, 1),
    ("InviteChatMember", "none"): End(State.NEEDS_PERSON, 1, 0),
    ("InviteChatMember", "now"): End(State.DELIVERED, 1, 1),
    ("InviteChatMember", "late"): End(State.DELIVERED, 1, 1),
    ("SendMessage", SURELY_UNSENT): End(State.DELIVERED, 1, 1),
    ("SendMessage", "none"): End(State.DELIVERED, 2, 1),
    ("SendMessage", "now"): End(State.DELIVERED, 1, 1),
    ("SendMessage", "late"): End(State.DELIVERED, 1, 1),
    ("EndSession", SURELY_UNSENT): End(State.DELIVERED, 1, 1),
    ("EndSession", "none"): End(State.DELIVERED, 2, 1),
    ("EndSession", "now"): End(State.DELIVERED, 2, 1, fewer=True),
    ("EndSession", "late"): End(State.DELIVERED, 2, 1),
}


@dataclass
class Tally:
    """What came of all cells."""

    cells: int = 0
    lost: int = 0
    doubled: int = 0
    invitations: int = 0  # POSTs without a person's decision
    otherwise: int = 0  # ends that are not those of the table
    examples: list[str] = field(default_factory=list)

    def judge(self, name: str, expected: End, state: State, posts: int, effects: int, operation: str) -> None:
        self.cells += 1
        self.lost += max(0, expected.effects - effects)
        self.doubled += max(0, effects - expected.effects)
        self.invitations += max(0, posts - expected.posts) if operation == "InviteChatMember" else 0
        if not expected.is_met(state, posts, effects):
            self.otherwise += 1
            if len(self.examples) < SHOWN:
                came = f"{state} after {posts} requests and {effects} effects"
                self.examples.append(f"{name}: {came}, expected {expected}")


def unknown_outcomes(folder: Path, long: bool) -> Verdict:
    """Every cell of the matrix, and what may happen while something is in doubt."""
    tally = Tally()
    for operation in OPERATIONS:
        run(lambda loop, op=operation: _cells(loop, place(folder, op), op, tally, repeat=5 if long else 1))
    run(lambda loop: _variants(loop, place(folder, "variants"), tally))
    later = run(lambda loop: _too_late(loop, place(folder, "too late")))
    return Verdict(
        "no request whose answer was lost is lost, doubled, or repeated against the rule for its kind",
        f"{tally.cells} cells: {len(UNSENT) + len(ANSWERLESS)} faults × {len(OPERATIONS)} requests × effects, variants",
        lost=tally.lost,
        doubled=tally.doubled,
        also={
            "invitations without a person": tally.invitations,
            "ends otherwise than the table says": tally.otherwise,
        },
        measured=f"an effect after the settling time: {later} times",
        examples=tally.examples,
    )


async def _cells(loop: VirtualLoop, folder: Path, operation: str, tally: Tally, repeat: int) -> None:
    async with core(loop, folder, **SELDOM) as world:
        line = Line(loop, world.evo)
        there = (await open_sessions(world, 1))[0]
        for n in range(repeat):
            for trouble in UNSENT:
                await _unsent(world, line, there, operation, trouble, tally)
            for fault, options in ANSWERLESS.items():
                for effect in EFFECTS:
                    name = f"{operation} {fault} {effect} {n}"
                    world.evo.fault(fault, operation, **options, effect=effect, effect_seconds=LATE)
                    await _cell(world, there, operation, name, ENDS[operation, effect], tally)
                    world.evo.clear_faults()


async def _unsent(world: World, line: Line, there: Session, operation: str, trouble: str, tally: Tally) -> None:
    """The line is mended after two minutes."""
    line.cut(trouble)
    mending = asyncio.get_running_loop().call_later(120, line.mend)
    await _cell(world, there, operation, f"{operation} {trouble}", ENDS[operation, SURELY_UNSENT], tally)
    mending.cancel()


async def _cell(world: World, there: Session, operation: str, name: str, expected: End, tally: Tally) -> None:
    known = len(world.evo.journal(operation=operation))
    before = len(world.evo.effects(None, OPERATIONS[operation]))
    item = await _ask(world, there, operation, tally.cells)
    await _finished(world, item)
    await asyncio.sleep(LATE + 5)  # nothing comes afterwards
    posts = len(world.evo.journal(operation=operation)) - known
    effects = len(world.evo.effects(None, OPERATIONS[operation])) - before
    tally.judge(name, expected, world.store.read.item(item.key).state, posts, effects, operation)
    if expected.state is State.NEEDS_PERSON:
        await _a_person_says_again(world, item, operation, name, known, before, tally)


async def _a_person_says_again(
    world: World, item: Item, operation: str, name: str, known: int, before: int, tally: Tally
) -> None:
    """One decision, one more request."""
    await world.bridge.answer(item.key, Answer.AGAIN, Actor(TeamId(TEAM), item.author))
    await _finished(world, item)
    posts = len(world.evo.journal(operation=operation)) - known
    effects = len(world.evo.effects(None, OPERATIONS[operation])) - before
    state = world.store.read.item(item.key).state
    tally.judge(f"{name}, said again", End(State.DELIVERED, 2, 1), state, posts, effects, operation)


async def _finished(world: World, item: Item) -> None:
    under_way = {State.PENDING, State.SENDING, State.UNKNOWN}
    await until(lambda: world.store.read.item(item.key).state not in under_way, f"{item.kind} {item.key}")


# What is asked for


async def _ask(world: World, there: Session, operation: str, n: int) -> Item:
    if operation == "NewSession":
        return await _opening(world, n)
    if operation == "InviteChatMember":
        return await _invitation(world, there, n)
    if operation == "SendMessage":
        return await _reply(world, there, n)
    return await _ending(world, n)


async def _opening(world: World, n: int) -> Item:
    key = await world.open(chat(f"Opened {n}"), n=1000 + n)
    return world.store.read.items_of(key, Kind.OPEN)[0]


async def _invitation(world: World, there: Session, n: int) -> Item:
    phone = Phone(f"+1503555{1000 + n}", "US")
    await world.bridge.invite(there.key, [Invitee(phone=phone)], BY, SlackName(f"{TEAM}/view/I{n}"), confirmed=True)
    return next(item for item in world.invitations(there.key) if f"I{n}/" in item.slack_name)


async def _reply(world: World, there: Session, n: int) -> Item:
    item = world.store.read.item_named(await world.say(there, f"reply {n}"))
    assert item is not None
    return item


async def _ending(world: World, n: int) -> Item:
    """A session of its own, opened while nothing is wrong with openings."""
    trouble, world.evo.board = world.evo.board, FaultBoard(0, Changes())
    session = await _calmly_opened(world, n)
    world.evo.board = trouble
    await world.bridge.end(session.key, OWNER, SlackName(f"{TEAM}/end/{n}"))
    return world.store.read.items_of(session.key, Kind.END)[0]


async def _calmly_opened(world: World, n: int) -> Session:
    key = await world.open(chat(f"To be ended {n}"), n=1000 + n)
    await until(lambda: world.store.read.session(key).evo_id and world.store.read.session(key).thread_ts, f"{key}")
    return world.store.read.session(key)


# What may happen in between


Meanwhile = Callable[[World, Item], Awaitable[None]]


async def _variants(loop: VirtualLoop, folder: Path, tally: Tally) -> None:
    """Each with a reply that had its effect, one that had not, and an invitation that had not."""
    async with core(loop, folder, **SELDOM) as world:
        there = (await open_sessions(world, 1))[0]
        for name, meanwhile in VARIANTS.items():
            for operation, effect in (("SendMessage", "now"), ("SendMessage", "none"), ("SendMessage", "late"),
                                      ("InviteChatMember", "now"), ("InviteChatMember", "none")):  # fmt: skip
                world.evo.fault("cut_before", operation, effect=effect, effect_seconds=LATE)
                await _variant(world, there, operation, f"{operation} {effect}, {name}", effect, meanwhile, tally)
                world.evo.clear_faults()
        await _two_doubts(world, there, tally)


async def _variant(
    world: World, there: Session, operation: str, name: str, effect: str, meanwhile: Meanwhile, tally: Tally
) -> None:
    known, before = len(world.evo.journal(operation=operation)), len(world.evo.effects(None, OPERATIONS[operation]))
    item = await _ask(world, there, operation, tally.cells)
    await until(lambda: world.store.read.item(item.key).state is not State.PENDING, "it to leave")
    await meanwhile(world, item)
    await _finished(world, item)
    await asyncio.sleep(LATE + 5)
    posts = len(world.evo.journal(operation=operation)) - known
    effects = len(world.evo.effects(None, OPERATIONS[operation])) - before
    tally.judge(name, ENDS[operation, effect], world.store.read.item(item.key).state, posts, effects, operation)


async def _nobody_can_look(world: World, _item: Item) -> None:
    """Transcripts and sessions cannot be read for five minutes."""
    for operation in ("GetChatTranscript", "GetSession"):
        world.evo.fault("503", operation, times=None)
    await asyncio.sleep(300)
    world.evo.clear_faults()


async def _nothing_is_there(world: World, _item: Item) -> None:
    world.evo.fault("down")
    await asyncio.sleep(300)
    world.evo.clear_faults()


async def _the_process_dies(world: World, _item: Item) -> None:
    for pause in (1, 20, 70):
        await asyncio.sleep(pause)
        await world.die()
        world.start()


async def _somebody_clicks(world: World, item: Item) -> None:
    """Nothing to press yet: whoever presses an old button is too late."""
    for answer in (Answer.AGAIN, Answer.LEAVE, Answer.ARRIVED):
        if world.store.read.item(item.key).state in {State.SENDING, State.UNKNOWN}:
            said = await world.bridge.answer(item.key, answer, Actor(TeamId(TEAM), item.author))
            assert said is Answered.TOO_LATE, "it is being looked for"
        await asyncio.sleep(5)


VARIANTS: dict[str, Meanwhile] = {
    "while nobody can look": _nobody_can_look,
    "while nothing is there": _nothing_is_there,
    "while the process dies": _the_process_dies,
    "while somebody clicks": _somebody_clicks,
}


async def _two_doubts(world: World, there: Session, tally: Tally) -> None:
    """A reply that is lost twice asks a person, and goes when that person says so."""
    world.evo.fault("cut_before", "SendMessage", times=2)
    known, before = len(world.evo.journal(operation="SendMessage")), len(world.evo.effects(None, "sent"))
    item = await _reply(world, there, tally.cells)
    await _finished(world, item)
    posts = len(world.evo.journal(operation="SendMessage")) - known
    state = world.store.read.item(item.key).state
    tally.judge("two doubts", End(State.NEEDS_PERSON, 2, 0), state, posts, 0, "SendMessage")
    await world.bridge.answer(item.key, Answer.AGAIN, BY)
    await _finished(world, item)
    posts = len(world.evo.journal(operation="SendMessage")) - known
    effects = len(world.evo.effects(None, "sent")) - before
    state = world.store.read.item(item.key).state
    tally.judge("two doubts, said again", End(State.DELIVERED, 3, 1), state, posts, effects, "SendMessage")


async def _too_late(loop: VirtualLoop, folder: Path) -> str:
    """The settling time is the safety parameter: what takes effect after it is there twice. Measured, not promised."""
    async with core(loop, folder, **SELDOM) as world:
        there = (await open_sessions(world, 1))[0]
        counts: list[str] = []
        for operation in ("SendMessage", "NewSession", "InviteChatMember"):
            before = len(world.evo.effects(None, OPERATIONS[operation]))
            world.evo.fault("cut_before", operation, effect="late", effect_seconds=SETTLE + 30)
            await _finished(world, await _ask(world, there, operation, 900 + len(counts)))
            await asyncio.sleep(SETTLE + 60)
            counts.append(f"{operation} {len(world.evo.effects(None, OPERATIONS[operation])) - before}")
    return ", ".join(counts)


EXPERIMENTS: Sequence[Callable[[Path, bool], Verdict]] = (unknown_outcomes,)
