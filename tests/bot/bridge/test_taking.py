"""A message that is deleted in Slack: our copy of its words goes, wherever it is, and nothing is done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.bridge import Bridge
from bot.model import Heard, Item, Kind, News, Said, SessionKey, State, Ts
from bot.store import Store
from bot.texts import WORDS_REMOVED
from bot.views.transcript import delivered
from tests.bot.bridge.test_hear import OWN
from tests.bot.store.canary import found_in
from tests.helpers import ANA, THREAD, TestClock, house, opened

SAID = Said(THREAD, Ts("1700000001.000001"), ANA, "kanari-typed")
SENT = "Ana Ruiz: kanari-typed"


@pytest.fixture
def bridge(store: Store) -> Bridge:
    return Bridge(store, TestClock(), house(), lambda: None)


@pytest.fixture
async def session(store: Store, bridge: Bridge) -> SessionKey:
    key = await opened(store, bridge)
    await bridge.relay(SAID)
    return key


async def bytes_left(store: Store) -> dict[str, list[str]]:
    assert await store.empty_log()
    file = store.read._connection.execute("PRAGMA database_list").fetchone()["file"]
    return found_in(Path(file), ["kanari"])


async def left(store: Store, state: State) -> Item:
    item = store.read.item_named(SAID.name())
    assert item is not None
    changes = {"state": state, "sent_text": SENT, "sending_at": 1.0, "unknown_at": 2.0, "evo_name": "message:1"}
    await store.write(lambda tx: tx.change_item(item.key, **changes))
    return store.read.item(item.key)


def own_line(text: str = SENT) -> Heard:
    return Heard("bot@example.com", text, None, None, "2026-01-01T10:00:00+00:00")


async def test_what_has_not_left_does_not_leave_and_is_gone(store: Store, bridge: Bridge, session: SessionKey) -> None:
    await bridge.deleted(THREAD, SAID.ts)
    item = store.read.item_named(SAID.name())
    assert item is not None
    assert (item.state, item.body, item.sent_text, item.gone) == (State.WITHDRAWN, {}, None, "removed")
    assert await bytes_left(store) == {}


async def test_a_note_is_gone(store: Store, bridge: Bridge, session: SessionKey) -> None:
    note = Said(THREAD, Ts("1700000001.000002"), ANA, "// kanari-note")
    await bridge.relay(note)
    await bridge.deleted(THREAD, SAID.ts)
    await bridge.deleted(THREAD, note.ts)
    assert await bytes_left(store) == {}


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN, State.NEEDS_PERSON, State.DELIVERED])
async def test_what_left_is_known_again_in_the_transcript_although_nobody_can_read_it_here(
    store: Store, bridge: Bridge, session: SessionKey, state: State
) -> None:
    item = await left(store, state)
    await bridge.deleted(THREAD, SAID.ts)
    assert await bytes_left(store) == {}
    before = {post[0] for post in store.read._connection.execute("SELECT name FROM post WHERE kind = 'line'")}
    assert await bridge.hear(store.read.session(session), [own_line()], OWN) == News(1)
    assert store.read.echo_of(item.key) is not None
    after = {post[0] for post in store.read._connection.execute("SELECT name FROM post WHERE kind = 'line'")}
    assert after == before
    assert store.read.item(item.key).sent_text is None
    assert await bytes_left(store) == {}


async def test_other_words_are_not_taken_for_it(store: Store, bridge: Bridge, session: SessionKey) -> None:
    item = await left(store, State.DELIVERED)
    await bridge.deleted(THREAD, SAID.ts)
    await bridge.hear(store.read.session(session), [own_line("Ana Ruiz: something else")], OWN)
    assert store.read.echo_of(item.key) is None


async def test_the_line_in_which_it_came_back_goes_with_it_and_is_not_news_afterwards(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    item = await left(store, State.DELIVERED)
    await bridge.hear(store.read.session(session), [own_line()], OWN)
    await bridge.deleted(THREAD, SAID.ts)
    assert await bytes_left(store) == {}
    assert await bridge.hear(store.read.session(session), [own_line()], OWN) == News()
    assert delivered(store.read.item(item.key)).words == WORDS_REMOVED


async def test_being_told_twice_makes_no_difference(store: Store, bridge: Bridge, session: SessionKey) -> None:
    await left(store, State.DELIVERED)
    await bridge.deleted(THREAD, SAID.ts)
    first = store.read.items_of(session, Kind.SAY), store.read.newest_post(session, THREAD.ts)
    posts = store.read._connection.execute("SELECT count(*) FROM post").fetchone()[0]
    await bridge.deleted(THREAD, SAID.ts)
    assert (store.read.items_of(session, Kind.SAY), store.read.newest_post(session, THREAD.ts)) == first
    assert store.read._connection.execute("SELECT count(*) FROM post").fetchone()[0] == posts


async def test_a_later_edit_does_not_bring_words_back(store: Store, bridge: Bridge, session: SessionKey) -> None:
    await left(store, State.DELIVERED)
    await bridge.deleted(THREAD, SAID.ts)
    await bridge.edited(Said(THREAD, SAID.ts, ANA, "kanari-edited"))
    assert await bytes_left(store) == {}
