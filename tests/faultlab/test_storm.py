"""The storm's own tools: a checker that never complains is worthless, and so is a death that never comes."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import State
from bot.store import open_store
from sandbox.evo.records import Effect, EffectKind
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT
from sandbox.slack.text import Raw
from tests.faultlab import crash
from tests.faultlab.checker import (
    COSTLY,
    DISORDER,
    DOUBLED,
    FINAL,
    LOST,
    MISSING,
    MUTE,
    UNFINISHED,
    UNSEEN,
    Findings,
    History,
    check,
)
from tests.faultlab.storm import ROOT
from tests.helpers import chat, until
from tests.world import World, playing

NAME = "Case 001"
MENTION = f"<@{BOT_USER}>"


async def played(folder: Path) -> History:
    """A small conversation on real stand-ins, in which nothing went wrong."""
    database = folder / "evobot.db"
    store = open_store(database)
    try:
        async with playing(store) as world:
            world.start()
            await _talk(world)
            past = History(
                messages=world.slack.messages(SUPPORT),
                deliveries=[],
                effects=world.evo.effects(),
                requests=world.evo.journal(),
                sessions=world.evo.sessions(),
                names=[NAME],
                database=database,
            )
    finally:
        store.close()
    acked = {"what": "events_api", "outcome": "acked"}
    return replace(past, deliveries=[{**acked, "ts": message["ts"]} for message in past.messages])


async def _talk(world: World) -> None:
    session = await world.opened(chat(NAME))
    for words, by in (("one", ANNA), ("two", BEN), ("note: between us", BEN)):
        await world.say(session, words, by)
    for words in ("first", "second"):
        world.evo.hear(session.evo_id, "joe@example.com", words)
    await world.say(session, Raw(f"{MENTION} invite +15035550123"), ANNA)

    def done() -> bool:
        texts = " ".join(world.thread(session))
        shown = "second" in texts and "was invited" in texts and "State: Active" in world.card(session)
        return len(world.sent(session)) == 2 and shown

    await until(done, "the conversation")
    await until(lambda: not world.store.read.unmarked(1), "the reactions")


def lying_file(past: History, sql: str) -> None:
    """Changes the bot's file behind its back."""

    connection = sqlite3.connect(past.database)
    with connection:
        connection.execute(sql)
    connection.close()


def sent(past: History) -> list[Effect]:
    return [effect for effect in past.effects if effect.kind is EffectKind.SENT]


def without(past: History, *gone: Effect) -> History:
    return replace(past, effects=[effect for effect in past.effects if effect not in gone])


def lines(past: History) -> list[dict[str, object]]:
    return [message for message in past.messages if message["text"].endswith((": first", ": second"))]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> History:
    return asyncio.run(played(tmp_path_factory.mktemp("played")))


@pytest.fixture
def past(original: History, tmp_path: Path) -> History:
    """The same conversation for each test, with a file of its own."""
    return replace(original, database=Path(shutil.copy(original.database, tmp_path)))


def test_nothing_is_found_where_nothing_went_wrong(past: History) -> None:
    found = check(past)
    assert found.clean, found.examples
    assert (found.seen["replies"], found.seen["lines"], found.seen["invitations"]) == (2, 2, 1)


def test_a_reply_that_is_not_there_is_lost(past: History) -> None:
    assert check(without(past, sent(past)[0])).counts == {LOST: 1}


def test_a_reply_that_is_there_twice_is_doubled(past: History) -> None:
    assert check(replace(past, effects=[*past.effects, sent(past)[1]])).counts == {DOUBLED: 1}


def test_a_later_reply_before_an_earlier_one_is_out_of_order(past: History) -> None:
    one, two = sent(past)
    others = without(past, one, two).effects
    assert check(replace(past, effects=[*others, two, one])).counts == {DISORDER: 1}


def test_a_note_at_the_other_side_is_one_too_many(past: History) -> None:
    note = replace(sent(past)[0], detail={"body": "Ben: note: between us"})
    assert check(replace(past, effects=[*past.effects, note])).counts == {DOUBLED: 1}


def test_a_line_that_is_not_in_the_thread_is_lost(past: History) -> None:
    gone = lines(past)[0]
    assert check(replace(past, messages=[each for each in past.messages if each is not gone])).counts == {LOST: 1}


def test_a_line_that_stands_twice_is_doubled(past: History) -> None:
    assert check(replace(past, messages=[*past.messages, lines(past)[1]])).counts == {DOUBLED: 1}


def test_lines_in_the_wrong_order_are_seen(past: History) -> None:
    first, second = lines(past)
    others = [each for each in past.messages if each is not first and each is not second]
    assert check(replace(past, messages=[*others, second, first])).counts == {DISORDER: 1}


def test_a_card_or_a_result_that_stands_twice_is_doubled(past: History) -> None:
    result = next(message for message in past.messages if "was invited" in message["text"])
    assert check(replace(past, messages=[*past.messages, result])).counts == {DOUBLED: 1}


def test_an_invitation_posted_twice_was_not_asked_for(past: History) -> None:
    again = next(entry for entry in past.requests if entry.operation == "InviteChatMember")
    assert check(replace(past, requests=[*past.requests, again])).counts == {COSTLY: 1}
    refused = replace(again, status=429)  # surely not processed
    assert check(replace(past, requests=[*past.requests, refused])).clean


def test_who_is_said_to_be_invited_must_be_there(past: History) -> None:
    gone = next(effect for effect in past.effects if effect.kind is EffectKind.INVITED)
    assert check(without(past, gone)).counts == {LOST: 1}


def test_a_session_opened_twice_is_doubled(past: History) -> None:
    assert check(replace(past, sessions=[*past.sessions, *past.sessions])).counts[DOUBLED] >= 1


def test_an_event_that_was_acknowledged_and_is_not_in_the_file_is_missed(past: History) -> None:
    lying_file(past, "DELETE FROM item WHERE state = 'kept'")
    assert check(past).counts == {MISSING: 1}
    assert check(replace(past, deliveries=[])).counts == {LOST: 1}


def test_an_item_that_is_still_on_its_way_is_unfinished(past: History) -> None:
    lying_file(past, "UPDATE item SET state = 'unknown' WHERE kind = 'invite'")
    assert check(past).counts == {UNFINISHED: 1}


def test_a_state_must_be_seen_in_slack(past: History) -> None:
    bare = [{**message, "reactions": []} for message in past.messages]
    assert check(replace(past, messages=bare)).counts == {UNSEEN: 3}


def test_a_question_excuses_a_missing_reply_only_with_its_buttons(past: History) -> None:
    one = without(past, sent(past)[0])
    lying_file(past, "UPDATE item SET state = 'needs_person' WHERE sent_text = 'Anna: one'")
    found = check(one)
    assert LOST not in found.counts
    assert found.counts[UNSEEN] == 2  # neither the sign nor the post
    result = next(message for message in past.messages if "was invited" in message["text"])
    lying_file(past, f"UPDATE post SET item = (SELECT key FROM item WHERE state = 'needs_person') "
                     f"WHERE ts = '{result['ts']}'")  # fmt: skip
    assert check(replace(one)).counts[MUTE] == 1  # read anew


def test_findings_of_several_storms_add_up() -> None:
    first, second = Findings(), Findings()
    first.add(LOST, "a")
    second.add(LOST, "b")
    second.seen["items"] += 2
    first.merge(second)
    assert (first.counts, first.seen, first.examples) == ({LOST: 2}, {"items": 2}, ["lost: a", "lost: b"])


# The launcher


@pytest.mark.parametrize("name", crash.POINTS)
def test_every_point_is_there(name: str) -> None:
    crash._find(crash.POINTS[name].place)


def launched(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    return subprocess.run(
        [sys.executable, "-m", "tests.faultlab.crash", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_point_that_is_gone_fails_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LookupError, match="is not there any more"):
        crash.arm(crash.Point("bot.courier.lanes:Courier.no_such_thing"), 1)
    ended = launched("no such point", "1")
    assert ended.returncode not in {0, -signal.SIGKILL}


def test_the_process_dies_at_the_point_without_a_word(tmp_path: Path) -> None:
    settings = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "secret",
        "EVO_USERNAME": "bot@example.com",
        "EVO_PASSWORD": "secret",
        "EVO_BASE_URL": "http://127.0.0.1:9",
        "EVOBOT_DATABASE": str(tmp_path / "evobot.db"),
        "EVOBOT_PORT": "0",
        "EVOBOT_LOG_LEVEL": "WARNING",
    }
    ended = launched("lock taken", "1", **settings)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGKILL, "", "")


class Seam:
    """Something to wrap."""

    def plain(self, number: int) -> int:
        return number

    async def waiting(self, number: int) -> int:
        return number


@pytest.mark.parametrize("name", ["plain", "waiting"])
async def test_only_the_nth_passage_that_fits_ends_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    monkeypatch.setattr(crash, "_find", lambda place: (Seam, name))
    monkeypatch.setattr(Seam, name, getattr(Seam, name))  # put back afterwards
    crash.arm(crash.Point("", only=lambda call: call[2] % 2 == 0), 2, end=lambda: ended.append("died"))
    history = []
    for number in (1, 2, 3, 4, 6):
        result = getattr(Seam(), name)(number)
        assert (await result if asyncio.iscoroutine(result) else result) == number
        history.append(len(ended))
    assert history == [0, 0, 0, 1, 1]


def test_the_tables_of_states_agree() -> None:
    """The checker spells states by itself, as a reader of the file would."""

    on_their_way = {State.ASKED, State.PENDING, State.SENDING, State.UNKNOWN}
    assert {str(state) for state in State if state not in on_their_way} == FINAL
