"""Reading Evo Voice: in Slack's order whatever the order there, each line once, and the last words before the end."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot.bridge import Bridge
from bot.evo import Channel, ChatTranscriptMessage, EvoVoice, NewSession, SessionInfo, Throttled, connect
from bot.evoside import sign_in
from bot.hearing import BATCH, Hearing, as_heard, as_observed
from bot.model import (
    MISSED,
    EvoSessionId,
    Heard,
    Life,
    Member,
    News,
    Observed,
    PostKind,
    Said,
    Session,
    Ts,
)
from bot.store import Store
from sandbox.evo import EvoStandIn
from tests.helpers import ANA, TestClock, a_session, chat, house, opened

ANA_THERE, JOE_THERE, LEE = "ana@example.com", "joe@example.com", "+12025550123"


@dataclass
class World:
    evo: EvoStandIn
    store: Store
    bridge: Bridge
    client: EvoVoice
    hearing: Hearing
    clock: TestClock

    async def session(self, n: int = 1) -> Session:
        """Open on both sides, Ana, Joe and Lee in it."""
        new = NewSession(channel=Channel.CHAT, member_email_addresses=(ANA_THERE, JOE_THERE), display_name=f"Nr. {n}")
        info = await self.client.new_session(new)
        self.evo.join(info.id, LEE)
        key = await opened(self.store, self.bridge, chat(f"Nr. {n}"), n=n)
        await self.store.write(lambda tx: tx.change_session(key, evo_id=info.id))
        return self.store.read.session(key)

    async def say(self, session: Session, text: str) -> None:
        """Our own words: sent, and written down as the courier does."""
        assert session.thread is not None
        ts = Ts(f"{self.clock.now():.6f}")
        self.clock.advance(1)
        said = Said(session.thread, ts, ANA, text)
        await self.bridge.relay(said)
        sent = await self.client.send_message(str(session.evo_id), text)
        item = self.store.read.item_named(said.name())
        assert item is not None
        done = {
            "state": "delivered",
            "evo_name": f"message:{sent.id}",
            "sent_text": text,
            "sending_at": self.clock.now(),
        }
        await self.store.write(lambda tx: tx.change_item(item.key, **done))

    def hears(self, session: Session, text: str, sender: str = LEE, **media: str) -> None:
        self.evo.advance(1)
        self.evo.hear(str(session.evo_id), sender, text, **media)

    def posts(self, kind: PostKind = PostKind.LINE) -> list[str]:
        """What is to stand in Slack, in its order: who and what."""
        rows = self.store.read._connection.execute(
            "SELECT coalesce(line.sender || ': ' || line.text, post.text) FROM post "
            "LEFT JOIN line ON line.name = post.line WHERE post.kind = ? ORDER BY post.key", (kind,),
        )  # fmt: skip
        return [row[0] for row in rows]

    def asked(self, operation: str) -> int:
        return len(self.evo.journal(operation=operation))


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with EvoStandIn() as evo:
        client, clock = connect(evo.url, "bot@example.com", "correct-horse", deadline=30.0), TestClock()
        bridge = Bridge(store, clock, house(), lambda: None)
        yield World(evo, store, bridge, client, Hearing(client, bridge, await sign_in(client, None)), clock)
        await client.aclose()


# Transcripts


@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
@pytest.mark.parametrize("dates", ["zulu", "offset", "epoch"])
async def test_lines_come_in_the_order_in_which_they_were_said(world: World, order: str, dates: str) -> None:
    world.evo.change_quirks(transcript_order=order, date_format=dates)
    session = await world.session()
    for number in range(12):
        world.hears(session, str(number), sender=[LEE, JOE_THERE][number % 2])
    assert (await world.hearing.listen(session)).lines == 12
    assert [post.partition(": ")[2] for post in world.posts()] == [str(number) for number in range(12)]


@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
@pytest.mark.parametrize("sender", ["email", "name", "endpoint_id"])
async def test_our_own_words_are_known_however_we_are_called_there(world: World, sender: str, order: str) -> None:
    world.evo.change_quirks(from_format=sender, transcript_order=order)
    session = await world.session()
    await world.say(session, "hello")
    world.hears(session, "hello")
    await world.say(session, "who is there?")
    assert (await world.hearing.listen(session)).lines == 3
    assert world.posts() == [f"{LEE}: hello"]


async def test_what_was_heard_once_is_not_heard_again(world: World) -> None:
    session = await world.session()
    for text in ("ok", "ok", "ok"):
        world.hears(session, text)
    counts = [(await world.hearing.listen(session)).lines]
    world.hears(session, "ok")
    counts += [(await world.hearing.listen(session)).lines for _ in range(2)]
    assert counts == [3, 1, 0]
    assert world.posts() == [f"{LEE}: ok"] * 4


async def test_a_picture_is_a_line_with_what_is_known_of_it(world: World) -> None:
    session = await world.session()
    uri = world.evo.put_media("boiler.png", "image/png", "aGVsbG8=")
    world.hears(session, "", media_uri=uri, media_type="image/png")
    await world.hearing.listen(session)
    (name,) = world.store.read.known_lines(session.key)
    line = world.store.read.line(name)
    assert line is not None
    assert (line.sender, line.text, line.media_uri, line.media_type) == (LEE, "", uri, "image/png")


async def test_a_session_without_an_evo_name_has_no_transcript(world: World) -> None:
    assert await world.hearing.listen(a_session(evo_id=None)) == News()
    assert world.asked("GetChatTranscript") == 0


def lines(*dates: str | None) -> list[ChatTranscriptMessage]:
    return [ChatTranscriptMessage.model_validate({"date": date, "body": str(n)}) for n, date in enumerate(dates)]


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["2026-05-11T10:00:02Z", "2026-05-11T10:00:01Z"], "10"),
        (["2026-05-11T10:00:00Z", "2026-05-11T09:59:59.9999999Z"], "10"),
        (["2026-05-11T10:00:00Z", "2026-05-11T05:30:00-05:00"], "01"),
        (["2026-05-11T10:00:00-05:00", "2026-05-11T10:00:00Z"], "10"),
        (["/Date(1778493601000)/", "/Date(1778493600000)/"], "10"),
        (["/Date(1778493601000)/", "2026-05-11T10:00:00Z"], "10"),
        (["2026-05-11T10:00:00Z"] * 3, "012"),
        (["2026-05-11T10:00:01Z", "2026-05-11T10:00:00Z", "2026-05-11T10:00:00Z"], "210"),
        (["2026-05-11T09:00:00Z", None, "some day", "2026-05-11T10:00:00Z"], "1203"),
        ([None, None], "01"),
    ],
)
def test_dates_decide_then_the_transcripts_own_order(dates: list[str | None], order: str) -> None:
    assert "".join(heard.text for heard in as_heard(lines(*dates))) == order


def test_a_line_with_nothing_in_it_is_a_line() -> None:
    assert as_heard([ChatTranscriptMessage.model_validate({})]) == [Heard("", "", None, None, "")]


# States


def info(**fields: Any) -> SessionInfo:
    return SessionInfo.model_validate({"id": "evo-1", **fields})


EVO = EvoSessionId("evo-1")


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (info(callState="Connected"), Observed(EVO, ended=False, call_state="Connected")),
        (info(callState="Disconnected"), Observed(EVO, ended=True, call_state="Disconnected")),
        (info(callState="Ringing"), Observed(EVO, ended=False, call_state="Ringing")),
        (info(), Observed(EVO, ended=False, call_state="")),
        (info(ended=True, wasMissed=True), Observed(EVO, ended=True, call_state=MISSED)),
        (info(ended=True, wasMissed=False), Observed(EVO, ended=True, call_state="Disconnected")),
        (info(callState="Ringing", wasMissed=True), Observed(EVO, ended=False, call_state="Ringing")),
        (None, Observed(EVO, ended=True, call_state="Disconnected")),
    ],
)
def test_what_a_state_means(given: SessionInfo | None, seen: Observed) -> None:
    assert as_observed(a_session(), given) == seen


def test_members_without_any_name_are_nobody() -> None:
    members = [
        {"identity": "ana@example.com", "displayName": "Ana", "role": "Agent"},
        {"displayName": "Lee"},
        {"identity": "+12025550123"},
        {},
    ]
    assert as_observed(a_session(), info(members=members)).members == (
        Member("ana@example.com", "Ana", "Agent"),
        Member("Lee", "Lee", ""),
        Member("+12025550123", "", ""),
    )


def test_an_answer_that_names_nobody_says_nothing_of_the_members() -> None:
    assert as_observed(a_session(), info(members=[])).members is None


async def test_who_is_there_is_written_down_and_who_comes_and_goes_is_said(world: World) -> None:
    session = await world.session()
    await world.hearing.look([session])
    before = world.store.read.session(session.key).members
    world.evo.leave(str(session.evo_id), JOE_THERE)
    world.evo.join(str(session.evo_id), "mia@example.com")
    await world.hearing.look([session])
    assert {member.identity for member in before} >= {ANA_THERE, JOE_THERE, LEE}
    assert world.posts(PostKind.NOTICE) == ["Mia Stone joined.", "Joe Park left."]


async def test_one_request_for_all_of_them(world: World) -> None:
    sessions = [await world.session(n) for n in range(1, 6)]
    await world.hearing.look(sessions)
    assert (world.asked("ListSessions"), world.asked("GetSession"), world.asked("GetActiveSessions")) == (1, 0, 0)


async def test_many_are_asked_for_in_parts(world: World) -> None:
    session = await world.session()
    crowd = [a_session(key=session.key, evo_id=EvoSessionId(f"{n:024x}")) for n in range(BATCH)]
    await world.hearing.look([*crowd, session])
    assert world.asked("ListSessions") == 2
    assert world.asked("GetSession") == BATCH


async def test_where_lists_are_not_allowed_the_active_ones_are_read_from_then_on(world: World) -> None:
    world.evo.change_quirks(list_sessions_for_users=False)
    session = await world.session()
    world.evo.change_state(str(session.evo_id), callState="Hold")
    await world.hearing.look([session])
    await world.hearing.look([session])
    assert world.store.read.session(session.key).call_state == "Hold"
    assert (world.asked("ListSessions"), world.asked("GetActiveSessions")) == (1, 2)


async def test_one_refusal_of_another_kind_does_not_forbid_lists_for_ever(world: World) -> None:
    session = await world.session()
    world.evo.fault("429", "ListSessions", retry_after="none")
    with pytest.raises(Exception, match=r"patience|429"):
        await world.hearing.look([session])
    await world.hearing.look([session])
    assert (world.asked("ListSessions"), world.asked("GetActiveSessions")) == (2, 0)


@pytest.mark.parametrize("lists", [True, False])
async def test_a_session_that_ends_over_there_ends_here_after_its_last_words(world: World, lists: bool) -> None:
    world.evo.change_quirks(list_sessions_for_users=lists)
    session, other = await world.session(1), await world.session(2)
    world.hears(session, "goodbye")
    world.evo.end(str(session.evo_id))
    await world.hearing.look([session, other])
    assert [world.store.read.session(each.key).life for each in (session, other)] == [Life.ENDED, Life.ACTIVE]
    names = world.store.read._connection.execute("SELECT kind FROM post WHERE kind <> 'card' ORDER BY key").fetchall()
    assert [row[0] for row in names] == ["line", "notice"]


async def test_a_session_that_nobody_knows_any_more_is_over(world: World) -> None:
    """Archived after fifteen days, or gone: 404."""
    session = await world.session()
    await world.store.write(lambda tx: tx.change_session(session.key, evo_id="f" * 24))
    await world.hearing.look([world.store.read.session(session.key)])
    assert world.store.read.session(session.key).life is Life.ENDED


@pytest.mark.parametrize("status", [400, 403, 500])
async def test_a_session_that_may_not_be_read_is_not_taken_for_ended_and_holds_nobody_up(
    world: World, status: int
) -> None:
    gone, other = await world.session(1), await world.session(2)
    await world.store.write(lambda tx: tx.change_session(gone.key, evo_id="f" * 24))
    world.evo.change_quirks(unknown_id_status=status)
    world.evo.change_state(str(other.evo_id), callState="Hold")
    await world.hearing.look([world.store.read.session(gone.key), other])
    there = [world.store.read.session(each.key) for each in (gone, other)]
    assert [(session.life, session.call_state) for session in there] == [(Life.ACTIVE, ""), (Life.ACTIVE, "Hold")]


async def test_last_words_that_are_refused_do_not_keep_a_session_open(world: World) -> None:
    session = await world.session()
    world.evo.end(str(session.evo_id))
    await world.store.write(lambda tx: tx.change_session(session.key, evo_id="f" * 24))
    await world.hearing.ended(world.store.read.session(session.key))
    assert world.store.read.session(session.key).life is Life.ENDED


@pytest.mark.parametrize("fault", ["429", "500", "cut_before"])
async def test_last_words_that_cannot_be_read_just_now_are_waited_for(world: World, fault: str) -> None:
    session = await world.session()
    world.hears(session, "goodbye")
    world.evo.end(str(session.evo_id))
    world.evo.fault(fault, "GetChatTranscript")
    with contextlib.suppress(Throttled):
        await world.hearing.look([session])
    assert (world.store.read.session(session.key).life, world.posts()) == (Life.ACTIVE, [])
    await world.hearing.look([session])
    assert (world.store.read.session(session.key).life, world.posts()) == (Life.ENDED, [f"{LEE}: goodbye"])


async def test_a_list_that_leaves_a_living_session_out_does_not_end_it(world: World) -> None:
    """GetActiveSessions shows those the login is in; one that lives without it is asked for by name."""
    world.evo.change_quirks(list_sessions_for_users=False)
    session = await world.session()
    world.evo.leave(str(session.evo_id), "bot@example.com")
    await world.hearing.look([session])
    assert (world.store.read.session(session.key).life, world.asked("GetSession")) == (Life.ACTIVE, 1)
