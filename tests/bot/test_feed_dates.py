"""Listening where the date of a session tells whether something was said: cheaper and sooner, and never deaf."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable

import pytest

from bot.feed import LONGEST_REST, QUICKEST, SHORTEST_REST, SLOWEST, UNMOVED, glance, rest
from bot.freshness import ENOUGH, GOLDEN
from bot.model import Evidence, Session, Voice
from bot.store import Store
from tests.bot.test_feed import POLL, World, listening

JOE, LEE = "joe@example.com", "+12025550123"
DAY = 86400.0


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    """Its dates move with what is said, and both sides count the same seconds."""
    async with listening(store) as there:
        there.evo.change_quirks(messages_touch_session=True)
        there.clock.passing = there.evo.advance
        yield there


async def quiet(world: World, n: int, since: float = DAY) -> Session:
    session = await world.session(n)
    await world.store.write(lambda tx: tx.change_session(session.key, active_at=world.clock.now() - since))
    return world.store.read.session(session.key)


async def believe(store: Store, *voices: Voice) -> None:
    await store.write(lambda tx: tx.keep_evidence({voice: Evidence(ENOUGH) for voice in voices}))


def say(world: World, session: Session, text: str = "hello", sender: str = JOE) -> Callable[[], object]:
    return lambda: world.evo.hear(str(session.evo_id), sender, text)


def read_of(world: World, session: Session) -> int:
    return sum(str(session.evo_id) in entry.path for entry in world.evo.journal(operation="GetChatTranscript"))


def talk(world: World, session: Session, lines: int, apart: float = 5.0) -> None:
    for n in range(lines):
        world.clock.at(4 + n * apart, say(world, session, f"{n}"))


@pytest.mark.parametrize(
    ("sessions", "poll", "seconds"),
    [(1, 2, 10), (150, 2, 10), (151, 2, 12), (500, 2, 30), (1000, 2, 60), (5000, 2, 60), (1, 30, 30), (1, 90, 90)],
)
def test_the_dates_of_many_sessions_are_asked_for_a_little_more_seldom(
    sessions: int, poll: float, seconds: float
) -> None:
    assert glance(sessions, poll) == seconds


@pytest.mark.parametrize(("sessions", "seconds"), [(1, SHORTEST_REST), (100, 750), (500, LONGEST_REST)])
def test_transcripts_whose_dates_stand_still_are_read_the_more_often_the_fewer_there_are(
    sessions: int, seconds: float
) -> None:
    assert rest(sessions) == seconds


async def test_lines_that_come_with_a_date_are_learned_from_and_that_is_kept(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    talk(world, await world.session(), ENOUGH)
    await world.run(5 * ENOUGH + 10)
    assert world.store.read.evidence() == {Voice.APP: Evidence(ENOUGH)}
    assert [text for text in caplog.messages if "dates of sessions" in text] == [
        "dates of sessions move with each line (app): those that stand still are read now and then"
    ]


async def test_where_dates_do_not_move_nothing_is_believed(world: World) -> None:
    world.evo.change_quirks(messages_touch_session=False)
    talk(world, await world.session(), ENOUGH + 5)
    await world.run(5 * ENOUGH + 40)
    (found,) = world.store.read.evidence().values()
    assert (found.proofs, found.refuted_at is None) == (0, False)


async def test_what_else_moves_a_date_proves_nothing(world: World) -> None:
    """Words by themselves move nothing here, but each time something is changed three seconds later."""
    world.evo.change_quirks(messages_touch_session=False)
    session = await world.session()
    for n in range(ENOUGH + 5):
        world.clock.at(12 * n + 3, say(world, session, f"{n}"))
        world.clock.at(12 * n + 6, lambda: world.evo.change_state(str(session.evo_id), callState="Connected"))
    await world.run(12 * (ENOUGH + 5), poll=3)
    assert (len(world.heard(session)), world.store.read.evidence()) == (ENOUGH + 5, {})


async def test_our_own_words_prove_nothing(world: World) -> None:
    session = await world.session()
    for n in range(5):
        world.clock.at(4 + n * 5.0, say(world, session, f"{n}", "bot@example.com"))
    await world.run(40)
    assert world.store.read.evidence() == {}


async def test_a_quiet_session_costs_a_share_of_a_request_and_a_reading_now_and_then(world: World) -> None:
    await believe(world.store, Voice.APP)
    sessions = [await quiet(world, n) for n in range(1, 6)]
    await world.run(60)
    before = [read_of(world, session) for session in sessions], world.read("ListSessions")
    await world.run_on(3 * SHORTEST_REST)
    after = [read_of(world, session) for session in sessions], world.read("ListSessions")
    assert [there - then for then, there in zip(before[0], after[0], strict=True)] == [3] * 5
    assert after[1] - before[1] == 3 * SHORTEST_REST / QUICKEST


@pytest.mark.parametrize("moving", [True, False])
async def test_before_anything_is_learned_quiet_sessions_are_read_each_minute(world: World, moving: bool) -> None:
    world.evo.change_quirks(messages_touch_session=moving)
    session = await quiet(world, 1)
    await world.run(600)
    assert read_of(world, session) == 600 / SLOWEST


@pytest.mark.parametrize("dates", ["zulu", "offset", "epoch"])
@pytest.mark.parametrize("at", [61.0, 207.0, 1234.0])
async def test_a_word_after_a_long_silence_is_heard_within_seconds(world: World, dates: str, at: float) -> None:
    world.evo.change_quirks(date_format=dates)
    await believe(world.store, Voice.APP)
    session = await quiet(world, 1)
    world.clock.at(at, say(world, session))
    await world.run(at + QUICKEST + POLL)
    assert world.heard(session) == ["hello"]


async def test_a_lively_session_is_looked_at_as_often_and_read_where_its_date_has_moved(world: World) -> None:
    await believe(world.store, Voice.APP)
    session = await world.session()
    world.clock.at(20, say(world, session))
    await world.run(20 + 2 * POLL)
    assert world.heard(session) == ["hello"]
    before = world.read(), world.read("ListSessions")
    await world.run_on(30)
    assert (world.read() - before[0], world.read("ListSessions") - before[1]) == (30 / (UNMOVED * POLL), 30 / POLL)


async def test_what_is_proven_for_people_in_the_app_is_not_for_text_messages(world: World) -> None:
    await believe(world.store, Voice.APP)
    texting, chatting = await quiet(world, 1), await quiet(world, 2)
    world.evo.join(str(texting.evo_id), LEE)
    await world.run(60)
    before = [read_of(world, session) for session in (texting, chatting)]
    await world.run_on(20 * SLOWEST)
    after = [read_of(world, session) for session in (texting, chatting)]
    assert (after[0] - before[0], after[1] - before[1]) == (20, 20 * SLOWEST / SHORTEST_REST)


async def test_one_line_without_a_date_ends_the_belief_and_all_are_read_at_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Evo Voice has been changed. A busy session shows it before a quiet one could keep anybody waiting."""
    await believe(world.store, Voice.APP)
    busy, silent = await world.session(1), await quiet(world, 2)
    world.clock.at(600, say(world, busy, "hello"))
    await world.run(620)
    world.evo.change_quirks(messages_touch_session=False)
    world.clock.at(622, say(world, silent, "is anybody there?"))
    world.clock.at(624, say(world, busy, "hello?"))
    await world.run_on(6 + UNMOVED * POLL + POLL)
    assert (world.heard(busy), world.heard(silent)) == (["hello", "hello?"], ["is anybody there?"])
    assert [text for text in caplog.messages if "without a date" in text] == [
        "a line came without a date (app): every transcript is read again"
    ]
    before = read_of(world, silent)
    await world.run(300)
    assert read_of(world, silent) - before > 300 / SLOWEST


async def test_a_line_without_a_date_in_a_quiet_session_is_found_when_all_were_read(
    world: World,
) -> None:
    await believe(world.store, Voice.APP)
    session = await quiet(world, 1)
    await world.run(60)
    world.evo.change_quirks(messages_touch_session=False)
    world.clock.at(world.clock.elapsed + 100, say(world, session))
    await world.run_on(100 + SHORTEST_REST + QUICKEST + POLL)
    assert world.heard(session) == ["hello"]
    assert world.store.read.evidence()[Voice.APP].proofs == 0


async def test_a_look_that_was_refused_for_now_is_made_again_soon(world: World) -> None:
    await believe(world.store, Voice.APP)
    session = await quiet(world, 1)
    await world.run(60)
    world.evo.fault("429", "ListSessions", retry_after="none")
    world.clock.at(world.clock.elapsed + 1, say(world, session))
    await world.run_on(QUICKEST + 3 * POLL)
    assert world.heard(session) == ["hello"]


@pytest.mark.parametrize("fault", ["503", "cut_before", "garbage"])
async def test_while_dates_cannot_be_had_the_clock_decides_again(world: World, fault: str) -> None:
    await believe(world.store, Voice.APP)
    session = await quiet(world, 1)
    await world.run(60)
    world.evo.fault(fault, "ListSessions", times=None)
    world.evo.fault(fault, "GetActiveSessions", times=None)
    world.clock.at(world.clock.elapsed + 100, say(world, session))
    await world.run_on(100 + SLOWEST + QUICKEST)
    assert world.heard(session) == ["hello"]


async def test_a_transcript_that_could_not_be_read_when_its_date_moved_is_read_when_it_can(world: World) -> None:
    await believe(world.store, Voice.APP)
    session = await quiet(world, 1)
    await world.run(60)
    world.evo.fault("503", "GetChatTranscript")
    world.clock.at(world.clock.elapsed + 5, say(world, session))
    await world.run_on(5 + QUICKEST + SLOWEST + POLL)
    assert world.heard(session) == ["hello"]


async def test_where_lists_are_not_allowed_the_active_ones_tell_the_dates_in_one_request(world: World) -> None:
    world.evo.change_quirks(list_sessions_for_users=False)
    await believe(world.store, Voice.APP)
    sessions = [await quiet(world, n) for n in range(1, 61)]
    await world.run(60)
    before = world.read("GetActiveSessions"), read_of(world, sessions[7])
    world.clock.at(world.clock.elapsed + 11, say(world, sessions[7]))
    await world.run_on(QUICKEST * 6)
    assert world.heard(sessions[7]) == ["hello"]
    assert world.read("GetActiveSessions") - before[0] <= 6 + 30  # once it has been heard, every two seconds


async def test_two_lines_within_one_second_are_both_heard(world: World) -> None:
    """Dates may be whole seconds: the second line of one moves nothing that could be seen."""
    await believe(world.store, Voice.APP)
    session = await quiet(world, 1)
    await world.run(60)
    evo_id, spoke = str(session.evo_id), world.evo._routes.messages.transcript

    def also_says(login: object, args: dict[str, str]) -> object:
        """After the first of two lines has been read, the second one comes, and the date is that of the first."""
        answer = spoke(login, args)
        if world.evo._routes._handlers["GetChatTranscript"] is also_says and "first" in str(answer):
            world.evo._routes._handlers["GetChatTranscript"] = spoke
            world.evo.change_quirks(messages_touch_session=False)
            world.evo.hear(evo_id, JOE, "second")
        return answer

    world.evo._routes._handlers["GetChatTranscript"] = also_says
    world.clock.at(world.clock.elapsed + 5, say(world, session, "first"))
    await world.run_on(5 + QUICKEST + 3 * POLL)
    assert world.heard(session) == ["first", "second"]


@pytest.mark.parametrize(("moving", "latest"), [(False, SLOWEST + POLL), (True, QUICKEST + POLL)])
async def test_whatever_is_said_is_heard_in_its_time_whether_dates_move_or_not(
    world: World, moving: bool, latest: float
) -> None:
    """Learned from a busy session, or not to be learned; then words at any moment, in sessions that were silent."""
    world.evo.change_quirks(messages_touch_session=moving)
    silent = [await quiet(world, n) for n in range(1, 11)]
    talk(world, await world.session(11), ENOUGH + 5)
    await world.run(5 * ENOUGH + 60)
    said = {}
    for n, session in enumerate(silent):
        at = world.clock.elapsed + n * GOLDEN % 1 * 300
        said[f"word {n}"] = world.clock.began + at
        world.clock.at(at, say(world, session, f"word {n}"))
    await world.run_on(300 + latest)
    rows = world.store.read._connection.execute("SELECT text, heard_at FROM line WHERE text LIKE 'word %'")
    late = {text: heard_at - said[text] for text, heard_at in rows}
    assert (late.keys(), [text for text, seconds in late.items() if seconds > latest]) == (said.keys(), [])
