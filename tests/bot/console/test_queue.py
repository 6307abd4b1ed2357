"""`evobot queue`, as whoever sits at the console uses it, beside a bot that has the file open."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.audit import operator_in
from bot.bridge import Bridge
from bot.console.common import operating
from bot.console.queue import LETTER
from bot.model import Actor, Answer, Answered, Invitee, ItemKey, Kind, Phone, Said, SlackName, State, Ts
from bot.states import become
from bot.store import Store
from bot.texts import TAKEN_BACK_AT_CONSOLE
from bot.trace import trace_of
from bot.views.why import IN_DOUBT, NEXT, STEP_DECIDE
from tests.faultlab.core import core
from tests.faultlab.lanes import open_sessions
from tests.faultlab.virtual import VirtualLoop, run
from tests.helpers import ANA, CHANNEL, JOE, TEAM, THREAD, TestClock, house, opened
from tests.world import World

LEE = Phone("+15035550123", "US")
BROKEN, SETTINGS = 1, 2
WAYS = {
    State.PENDING: (),
    State.REFUSED: (State.SENDING, State.REFUSED),
    State.NEEDS_PERSON: (State.SENDING, State.UNKNOWN, State.NEEDS_PERSON),
    State.UNKNOWN: (State.SENDING, State.UNKNOWN),
}
ON_THE_WAY: dict[State, dict[str, Any]] = {
    State.SENDING: {"attempts": 1, "sending_at": 1_700_000_160.0},
    State.UNKNOWN: {"unknown_at": 1_700_000_170.0},
}
Console = Callable[..., tuple[int, str]]


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def bridge(store: Store, clock: TestClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bridge:
    monkeypatch.setenv("EVOBOT_DATABASE", str(tmp_path / "evobot.db"))
    monkeypatch.setenv("TZ", "UTC")
    store._tx.clock = clock
    bridge = Bridge(store, clock, house(), lambda: None)
    await opened(store, bridge)
    return bridge


@pytest.fixture
def console(bridge: Bridge, capsys: pytest.CaptureFixture[str]) -> Console:
    def says(*words: str) -> tuple[int, str]:
        code = main(["queue", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return says


async def reply(bridge: Bridge, store: Store, state: State, reason: str = "", n: int = 1) -> ItemKey:
    """Ana's reply that has come to stand so, by way of the states between."""
    said = Said(THREAD, Ts(f"17000001{n:02}.000100"), ANA, "secret words")
    await bridge.relay(said)
    item = store.read.item_named(said.name())
    assert item is not None
    for each in WAYS[state]:
        changes = ON_THE_WAY.get(each, {}) | ({"reason": reason} if each is state else {})
        await store.write(lambda tx, to=each, with_=changes: become(tx, tx.item(item.key), to, **with_))  # type: ignore[misc]  # mypy cannot tell its defaults
    return item.key


async def test_the_list_says_how_things_stand_and_why_and_nobodys_words(
    bridge: Bridge, store: Store, console: Console
) -> None:
    await reply(bridge, store, State.REFUSED, "No such session; call +15035550123.")
    await reply(bridge, store, State.PENDING, n=2)
    await reply(bridge, store, State.PENDING, n=3)
    await store.write(lambda tx: tx.keep_letter('{"event": {"text": "secret words"}}', 1.0))
    code, said = console("list")
    lines = [re.sub(r" {2,}", " | ", re.sub(r"\b\d+ d\b", "N d", line)) for line in said.splitlines()]
    assert (code, lines) == (
        0,
        [
            "ref | what | state | session | age | why",
            "2 | say | refused | 1 (evo-1) | N d | It was not done. No such session; call +1 503 •••• 0123.",
            f"3 | say | pending | 1 (evo-1) | N d | {NEXT}",
            "4 | say | pending | 1 (evo-1) | N d | It waits its turn: ref 3 comes first, and has not left yet.",
            f"L1 | message | came | N d | {LETTER}",
        ],
    )
    assert "secret words" in console("list", "--words")[1]
    rows = json.loads(console("list", "--json")[1])
    assert ([row["ref"] for row in rows], "secret" in str(rows)) == ([2, 3, 4, "L1"], False)


async def test_the_life_of_a_message_is_told_with_times_and_the_next_step(
    bridge: Bridge, store: Store, clock: TestClock, console: Console
) -> None:
    clock.advance(150)
    key = await reply(bridge, store, State.NEEDS_PERSON, "The connection broke after sending.")
    code, said = console("show", f"ref {key}")
    assert (code, said.splitlines()) == (
        0,
        [
            f"ref 2: a message, needs person; in the log: {trace_of(store.read.item(key).slack_name)}",
            "  2023-11-14 22:15:01 UTC  written in Slack by U0ANA",
            "  2023-11-14 22:15:50 UTC  stored by the bot",
            "  2023-11-14 22:15:50 UTC  no answer came: it may have arrived, so the bot began to look",
            "  2023-11-14 22:15:50 UTC  left to a person",
            "  2023-11-14 22:16:00 UTC  left for Evo Voice, first try",
            f"It waits for a person. {IN_DOUBT} The connection broke after sending. {STEP_DECIDE}",
        ],
    )
    ts = str(store.read.item(key).ts).replace(".", "")
    assert console("show", f"https://acme.slack.com/archives/{CHANNEL}/p{ts}") == (code, said)
    assert console("show", "99")[0] == console("show", "nonsense")[0] == SETTINGS


async def test_what_failed_is_sent_again_as_its_button_would_and_the_record_says_where_from(
    bridge: Bridge, store: Store, console: Console
) -> None:
    key = await reply(bridge, store, State.REFUSED, "No.")
    assert console("retry", str(key))[0] == 0
    assert (store.read.item(key).state, store.read.item(key).reason) == (State.PENDING, "")
    last = store.read.audited()[-1]
    assert (last.who, last.what, last.detail) == (operating().user, "settled", "say, again, at the console")
    code, said = console("retry", str(key))
    assert (code, said.startswith("ref 2 is pending by now, so nothing was changed. ")) == (BROKEN, True)


async def test_what_may_have_arrived_is_not_sent_again_without_a_yes(
    bridge: Bridge, store: Store, console: Console
) -> None:
    key = await reply(bridge, store, State.NEEDS_PERSON)
    assert (console("retry", str(key))[0], store.read.item(key).state) == (BROKEN, State.NEEDS_PERSON)
    assert (console("retry", str(key), "--yes")[0], store.read.item(key).state) == (0, State.PENDING)


async def test_what_costs_money_is_set_going_again_by_who_asked_for_it_alone(
    bridge: Bridge, store: Store, console: Console
) -> None:
    session = store.read.session_in(THREAD)
    assert session is not None
    await bridge.invite(session.key, [Invitee(phone=LEE)], Actor(TEAM, JOE), SlackName(f"{TEAM}/{CHANNEL}/1.1"))
    (item,) = store.read.items_of(session.key, Kind.INVITE)
    await store.write(lambda tx: become(tx, item, State.SENDING, attempts=1, sending_at=1.0))
    await store.write(lambda tx: become(tx, tx.item(item.key), State.REFUSED, reason="No."))
    code, said = console("retry", str(item.key), "--yes")
    assert (code, "only U0JOE, who asked for it" in said) == (BROKEN, True)
    assert (store.read.item(item.key).state, store.read.item(item.key).attempts) == (State.REFUSED, 1)


async def test_what_has_not_left_is_withdrawn_and_what_may_have_is_left_alone(
    bridge: Bridge, store: Store, console: Console
) -> None:
    waits, lost = await reply(bridge, store, State.PENDING), await reply(bridge, store, State.UNKNOWN, n=2)
    assert [console("withdraw", str(key))[0] for key in (waits, lost)] == [0, BROKEN]
    assert [store.read.item(key).state for key in (waits, lost)] == [State.WITHDRAWN, State.UNKNOWN]
    last = store.read.audited()[-1]
    assert (last.who, last.what, last.detail) == (operating().user, "undone", "say, at the console")


async def test_what_waits_for_a_yes_is_declined_from_the_console_for_good(
    store: Store, clock: TestClock, bridge: Bridge, console: Console
) -> None:
    asking = Bridge(store, clock, house(confirm=True), lambda: None)
    session = store.read.session_in(THREAD)
    assert session is not None
    await asking.invite(session.key, [Invitee(phone=LEE)], Actor(TEAM, JOE), SlackName(f"{TEAM}/{CHANNEL}/1.1"))
    (item,) = store.read.items_of(session.key, Kind.INVITE)
    assert (item.state, console("withdraw", str(item.key))[0]) == (State.ASKED, 0)
    assert (store.read.item(item.key).state, store.read.item(item.key).reason) == (
        State.WITHDRAWN,
        TAKEN_BACK_AT_CONSOLE,
    )
    assert await asking.answer(item.key, Answer.YES, Actor(TEAM, JOE)) is Answered.TOO_LATE


async def test_who_sat_at_the_console_is_named_wherever_it_is_told(
    bridge: Bridge, store: Store, console: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    key = await reply(bridge, store, State.REFUSED, "No.")
    console("retry", str(key))
    login = operator_in(operating().user)
    assert login is not None
    assert login.endswith(", by sudo from ada")
    assert f"decided by the console ({login}): again" in console("show", str(key))[1]
    main(["audit", "show"])
    assert f"  {login} at the console  settled: say, again, " in capsys.readouterr().out


def test_a_running_bot_sends_what_the_console_wants_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOBOT_DATABASE", str(tmp_path / "evobot.db"))

    async def scene(world: World) -> tuple[int, list[str]]:
        (session,) = await open_sessions(world, 1)
        main(["panic"])
        name = await world.say(session, "once more")
        item = await world.item_when(name, State.NEEDS_PERSON)
        main(["panic", "--off"])
        code = main(["queue", "retry", str(item.key)])
        await world.item_when(name, State.DELIVERED)
        return code, world.sent(session)

    async def lived(loop: VirtualLoop) -> tuple[int, list[str]]:
        async with core(loop, tmp_path, feeding=False) as world:
            return await scene(world)

    assert run(lived) == (0, ["Ben: once more"])


async def test_while_everything_is_stopped_nothing_is_sent_again(
    bridge: Bridge, store: Store, console: Console
) -> None:
    key = await reply(bridge, store, State.REFUSED)
    await bridge.stop_everything(Actor(TEAM, ANA), "")
    assert (console("retry", str(key))[0], store.read.item(key).state) == (BROKEN, State.REFUSED)
