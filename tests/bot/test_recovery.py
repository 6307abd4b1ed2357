"""After a restore: nothing again, nothing twice, nobody in silence."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.bridge import Bridge
from bot.hearing import Hearing
from bot.model import Kind, Life, Mode, Session, SessionKey, State
from bot.store import Store, open_store
from bot.store.backup import backup, restore
from bot.workspace import EVENT_TYPE, Workspace
from sandbox.slack import Raw, mention
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT, TEAM
from tests.helpers import chat, until
from tests.world import World, playing

PNG = b"\x89PNG\r\n\x1a\n"
Lost = Callable[[], Awaitable[object]]


class Lives:
    """A life with one session, a backup, a life that will be lost, and the life after the restore."""

    def __init__(self, first: World, database: Path) -> None:
        self.first, self._database, self._copy = first, database, database.with_name("backup.db")
        self.last: World

    async def begin(self) -> Session:
        self.first.start()
        return await self.first.opened()

    async def after(self, lost: Lost, before: Lost | None = None) -> World:
        """What happens between backup and restore; `before` the next start nobody is there."""
        backup(self._database, self._copy)
        await lost()
        await self.first.die()
        self.first.store.close()
        restore(self._database, self._copy, self.first.clock.now())
        if before is not None:
            await before()
        self.last = _reborn(self.first, open_store(self._database))
        self.last.start()
        await until(lambda: not self.last.store.read.to_compare(), "the threads to be read")
        return self.last


def _reborn(world: World, store: Store) -> World:
    there: list[World] = []
    bridge = Bridge(store, world.clock, world.house, lambda: there[0].wake() if there else None)
    workspace = Workspace(world.workspace.client, world.clock)
    hearing = Hearing(world.client, bridge, world.hearing._own)
    there.append(World(world.evo, world.slack, store, bridge, world.client, workspace, hearing, world.clock))
    return there[0]


@pytest.fixture
async def lives(tmp_path: Path) -> AsyncIterator[Lives]:
    store = open_store(tmp_path / "evobot.db")
    async with playing(store) as world:
        there = Lives(world, tmp_path / "evobot.db")
        yield there
        await there.last.stop()
        there.last.store.close()


async def test_what_the_lost_life_sent_is_found_and_not_sent_again(lives: Lives) -> None:
    session = await lives.begin()
    names: list[str] = []

    async def lost() -> None:
        names.extend([await lives.first.say(session, text) for text in ("ok", "ok", "hello")])
        await lives.first.item_when(names[-1], "delivered")  # type: ignore[arg-type]  # a state is its word

    last = await lives.after(lost)
    for name in names:
        await last.item_when(name, "delivered")  # type: ignore[arg-type]  # a state is its word
    assert (last.sent(session), last.posts("SendMessage")) == (["Ben: ok", "Ben: ok", "Ben: hello"], 3)
    assert last.thread(session) == []


async def test_what_cannot_be_found_is_asked_about(lives: Lives) -> None:
    session = await lives.begin()

    async def lost() -> None:
        await lives.first.stop()
        await lives.first.slack.say(BEN, SUPPORT, "did this arrive?", session.thread_ts)

    last = await lives.after(lost)
    await until(lambda: last.thread(session), "the question")
    (item,) = last.store.read.items_of(session.key, Kind.SAY)
    assert (item.state, "restored from an older backup" in item.reason) == (State.NEEDS_PERSON, True)
    assert last.posts("SendMessage") == 0


async def test_what_is_written_after_the_restore_is_sent_as_ever(lives: Lives) -> None:
    session = await lives.begin()

    async def nothing() -> None:
        return

    last = await lives.after(nothing)
    await last.item_when(await last.say(session, "hello"), "delivered")
    assert last.sent(session) == ["Ben: hello"]


async def test_files_that_stand_in_the_thread_are_not_put_there_again(lives: Lives) -> None:
    """They bear no name of ours; each follows the line that brought it."""
    session = await lives.begin()

    def stand() -> list[str]:
        messages = lives.first.slack.messages(SUPPORT, session.thread_ts)
        ours = [message for message in messages[1:] if message["user"] == BOT_USER]
        return [message["files"][0]["name"] if message.get("files") else message["text"] for message in ours]

    async def lost() -> None:
        for n, text in enumerate(("one", "", "three")):
            uri = lives.first.evo.put_media("a.png", "image/png", base64.b64encode(PNG).decode()) if n != 2 else None
            lives.first.evo.hear(session.evo_id or "", "joe@example.com", text, uri, uri and "image/png")
        await until(lambda: len(stand()) == 5, "all of it")

    last = await lives.after(lost)
    await until(lambda: len(last.store.read.known_lines(session.key)) == 3, "the lines")
    last.evo.hear(session.evo_id or "", "joe@example.com", "after it")
    await until(lambda: "Joe Park: after it" in stand(), "what comes next")
    assert stand() == [
        "Joe Park: one Sent a file (image/png).", "picture.png", "Joe Park: Sent a file (image/png).", "picture.png",
        "Joe Park: three", "Joe Park: after it",
    ]  # fmt: skip


async def test_what_was_a_note_in_the_life_that_is_lost_does_not_leave_in_the_next(lives: Lives) -> None:
    """The backup knows the thread as one whose replies are relayed; its card says what they are since."""
    session = await lives.begin()
    assert session.thread is not None
    thread = session.thread

    async def lost() -> None:
        await lives.first.bridge.set_mode(thread, Mode.NOTES)
        await until(lambda: shown_mode(lives.first, session) == "notes", "the card to say so")

    last = await lives.after(lost)
    await last.item_when(await last.say(session, "between us"), "kept")
    assert last.sent(session) == []


def shown_mode(world: World, session: Session) -> str:
    card = world.slack.message(SUPPORT, str(session.thread_ts))
    return str(card["metadata"]["event_payload"].get("mode"))


async def test_a_line_that_stands_in_the_thread_is_not_posted_again(lives: Lives) -> None:
    session = await lives.begin()

    async def lost() -> None:
        lives.first.evo.hear(session.evo_id or "", "joe@example.com", "one")
        await until(lambda: lives.first.thread(session), "the line")

    last = await lives.after(lost)
    last.evo.hear(session.evo_id or "", "joe@example.com", "two")
    await until(lambda: len(last.thread(session)) > 1, "the next line")
    assert last.thread(session) == ["Joe Park: one", "Joe Park: two"]


async def test_a_session_of_the_lost_life_lives_on_under_its_key(lives: Lives) -> None:
    await lives.begin()
    keys: list[SessionKey] = []

    async def lost() -> None:
        session = await lives.first.opened(chat("Lost", first_message="Hi"), n=2)
        keys.append(session.key)
        await until(lambda: "Active" in lives.first.card(session), "the card")
        await lives.first.item_when(await lives.first.say(session, "hello"), "delivered")

    last = await lives.after(lost)
    session = await last.session_when(keys[0], lambda there: there.life is Life.ACTIVE)
    await last.item_when(await last.say(session, "still there?"), "delivered")
    assert last.sent(session) == ["Anna: Hi", "Ben: hello", "Ben: still there?"]
    assert (last.thread(session), len(last.evo.sessions())) == (["Anna: Hi"], 2)


async def test_a_card_that_does_not_say_its_session_is_told_and_its_replies_refused(lives: Lives) -> None:
    """Its opening was never answered, and it could be anybody's."""
    await lives.begin()
    cards: list[str] = []

    async def lost() -> None:
        lives.first.evo.fault("slow", "NewSession", seconds=60)
        key = await lives.first.open(chat("Lost"), n=2)
        session = await lives.first.session_when(key, lambda there: there.thread_ts)
        cards.append(str(session.thread_ts))

    last = await lives.after(lost)
    (session,) = [last.store.read.session(key) for key in _all_sessions(last) if key != 1]
    await until(lambda: last.thread(session), "the notice")
    name = await last.say(session, "hello?")
    item = await last.item_when(name, "refused")
    assert "do not know this session any more" in last.thread(session)[0]
    assert (session.thread_ts, item.state) == (cards[0], State.REFUSED)


async def test_a_card_by_another_hand_is_nobodys(lives: Lives) -> None:
    """Any app can write metadata like ours."""
    session = await lives.begin()

    async def lost() -> None:
        ts = await lives.first.slack.say(ANNA, SUPPORT, "💬 Chat · Mine")
        payload = {"name": "card/77", "session": session.evo_id}
        message = lives.first.slack.desk.world.message(SUPPORT, ts)
        message.metadata = {"event_type": EVENT_TYPE, "event_payload": payload}

    last = await lives.after(lost)
    assert _all_sessions(last) == [1]


async def test_an_invitation_of_the_lost_life_is_not_sent_again(lives: Lives) -> None:
    session = await lives.begin()
    invite = Raw(f"{mention(BOT_USER)} invite +15035550123")

    async def lost() -> None:
        ts = await lives.first.slack.say(ANNA, SUPPORT, invite, session.thread_ts)
        event = {"type": "message", "user": ANNA, "text": str(invite), "ts": ts, "channel": SUPPORT}
        payload = {"team_id": TEAM, "event": {**event, "thread_ts": session.thread_ts}}
        await lives.first.threads(payload)
        await until(lambda: lives.first.posts("InviteChatMember") == 1, "the invitation")
        await until(lambda: any("was invited" in text for text in lives.first.thread(session)), "its result")

    last = await lives.after(lost)
    await until(lambda: [item.state for item in last.invitations(session.key)] == [State.DELIVERED], "it to be found")
    assert last.posts("InviteChatMember") == 1
    about = [text for text in last.thread(session) if "0123" in text and not text.endswith("joined.")]
    assert len(about) == 1


def _all_sessions(world: World) -> list[SessionKey]:
    rows = world.store.read._connection.execute("SELECT key FROM session ORDER BY key")
    return [SessionKey(row[0]) for row in rows]
