"""One person: all that is kept about them is found, told to them, and taken away, from every byte of every file."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import subjects
from bot.__main__ import main
from bot.bridge import Bridge
from bot.model import (
    Actor,
    Email,
    Heard,
    Invitee,
    Kind,
    Member,
    News,
    NewSessionRequest,
    Observed,
    Phone,
    Said,
    SessionKey,
    SessionType,
    SlackName,
    State,
    ThreadKey,
    Ts,
    name_of_message,
)  # fmt: skip
from bot.phones import Unreadable
from bot.store import Store
from bot.store.rows import pack_members
from bot.texts import ASKED_BEFORE
from tests.bot.bridge.test_hear import OWN
from tests.bot.store.canary import found_in
from tests.helpers import ANA, CHANNEL, TEAM, THREAD, TestClock, chat, house, opened

NUMBER, SPELT, ADDRESS = "+15035550177", "(503) 555-0177", "kanari@example.com"
THEM, ANNE = Member(NUMBER, "Kanari Lee"), Member("anne@example.com", "Anne Wu")
US = Member("bot@example.com", "")
CANARIES = (NUMBER, SPELT, "5035550177", ADDRESS, "Kanari", "kanari")
SECOND = ThreadKey(TEAM, CHANNEL, Ts("1700000002.000100"))


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def bridge(store: Store, clock: TestClock) -> Bridge:
    return Bridge(store, clock, replace(house(), login=US.identity), lambda: None)


@pytest.fixture
def console(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The program as an operator uses it, beside a running bot: `store` is open."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVOBOT_DATABASE", str(file_of(store)))
    monkeypatch.setenv("EVO_USERNAME", "bot@example.com")
    return file_of(store)


def file_of(store: Store) -> Path:
    return Path(store.read._connection.execute("PRAGMA database_list").fetchone()["file"])


async def alone(store: Store, bridge: Bridge) -> SessionKey:
    """A session with nobody but them, and everything in it that can speak of them."""
    request = NewSessionRequest(
        SessionType.CHAT, "Kanari Lee's boiler", with_label="Kanari Lee", to=Phone(NUMBER, "US"),
        phones=(Phone(NUMBER, "US"),), first_message="kanari-first",
    )  # fmt: skip
    key = await opened(store, bridge, request)
    await store.write(lambda tx: tx.change_session(key, members=pack_members([US, THEM])))
    await bridge.relay(Said(THREAD, Ts("1700000001.000001"), ANA, "kanari-reply"))
    await bridge.relay(Said(THREAD, Ts("1700000001.000002"), ANA, "note: kanari-note"))
    await store.write(_delivered(key))
    await bridge.hear(store.read.session(key), _lines("kanari-alone", "Ana: kanari-sent"), OWN)
    await bridge.observe(key, Observed("evo-1", ended=False, call_state="", members=(US,)))
    await bridge.observe(key, Observed("evo-1", ended=False, call_state="", members=(US, THEM)))
    return key


def _delivered(key: SessionKey, sent: str = "Ana: kanari-sent") -> Any:
    def work(tx: Any) -> None:
        for item in tx.items_of(key, Kind.SAY, Kind.INVITE):
            if item.state is State.PENDING:
                text = sent if item.kind is Kind.SAY else None
                tx.change_item(item.key, state="delivered", evo_name=f"x{item.key}", sent_text=text, sending_at=1.0)

    return work


def _lines(*texts: str) -> list[Heard]:
    return [
        Heard(
            US.identity if text.startswith("Ana: ") else "Kanari Lee", text, f"https://evo.example/{text}", "image/png",
            f"2023-11-14T22:0{n}:00+00:00",
        )
        for n, text in enumerate(texts)
    ]  # fmt: skip


async def among_others(store: Store, bridge: Bridge) -> SessionKey:
    key = await opened(store, bridge, chat("With others", emails=(Email(ANNE.identity),)), 2)
    await store.write(lambda tx: tx.change_session(key, members=pack_members([US, THEM, ANNE])))
    await bridge.invite(key, [Invitee(phone=Phone(NUMBER, "US"))], Actor(TEAM, ANA), SlackName(f"{TEAM}/view/V9"))
    await bridge.relay(Said(SECOND, Ts("1700000003.000001"), ANA, "Hello everybody"))
    await bridge.relay(Said(SECOND, Ts("1700000003.000002"), ANA, f"note: ring {SPELT} tonight"))
    await store.write(_delivered(key, "Ana: Hello everybody"))
    lines = [*_lines("kanari-in-group"), Heard(ANNE.identity, f"Their number is {SPELT}", None, None, "2023-11-14")]
    await bridge.hear(store.read.session(key), lines, OWN)
    return key


async def forget(capsys: pytest.CaptureFixture[str], whom: str = SPELT) -> str:
    assert main(["forget", whom, "--yes"]) == 0
    return capsys.readouterr().out


async def test_after_forgetting_no_byte_of_any_file_speaks_of_them(
    store: Store, bridge: Bridge, console: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the bot's own connections are open: the database, its log and the log's index."""
    await alone(store, bridge)
    await among_others(store, bridge)
    await store.write(lambda tx: tx.keep_draft("V1", ANA, {"phone": NUMBER}, 1.0))
    await bridge.settle(Actor(TEAM, ANA), evo_address=ADDRESS)
    await store.write(lambda tx: tx.opt_out(tx.hashed(NUMBER), "+1 503 •••• 0177", "STOP", None, 1.0))
    assert set(found_in(console, CANARIES)) == set(CANARIES)
    out = await forget(capsys)
    assert f"Kept about {NUMBER}:" in out
    assert found_in(console, [text for text in CANARIES if text not in {ADDRESS, "kanari"}]) == {}
    await forget(capsys, ADDRESS)
    await store.write(lambda tx: tx.change_session(SessionKey(2), name="x"))  # the bot goes on
    assert await store.empty_log()
    assert found_in(console, [*CANARIES, "•••• 0177"]) == {}
    assert store.read.opted_out(store.read.hashed(NUMBER)) is not None


async def test_in_a_session_with_others_their_words_go_and_the_others_stay(
    store: Store, bridge: Bridge, console: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = await among_others(store, bridge)
    await forget(capsys)
    session = store.read.session(key)
    assert [member.name for member in session.members] == ["", "(forgotten)", "Anne Wu"]
    assert sorted((line.text, line.gone) for line in store.read.foreign_lines(key)) == [
        ("", "forgotten"), ("Their number is (forgotten)", ""),
    ]  # fmt: skip
    assert [item.body.get("text") for item in store.read.items_of(key, Kind.SAY)] == [
        "Hello everybody", "note: ring (forgotten) tonight",
    ]  # fmt: skip


async def test_nothing_that_was_on_its_way_to_them_leaves(
    store: Store, bridge: Bridge, console: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = await opened(store, bridge, chat(emails=()))
    by = Actor(TEAM, ANA)
    for n, state in enumerate((State.ASKED, State.PENDING, State.UNKNOWN, State.NEEDS_PERSON)):
        name = SlackName(f"{TEAM}/view/W{n}")
        await bridge.invite(key, [Invitee(phone=Phone(NUMBER, "US"))], by, name)
        item = store.read.items_of(key, Kind.INVITE)[-1]
        await store.write(lambda tx, item=item, state=state: tx.change_item(item.key, state=state))  # type: ignore[misc]  # mypy cannot tell its defaults
    await forget(capsys)
    assert [item.state for item in store.read.items_of(key, Kind.INVITE)] == [State.WITHDRAWN] * 4


async def test_what_was_asked_before_and_comes_late_does_not_bring_them_back(
    store: Store, bridge: Bridge, console: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once under the name that is known, once under one that never came; and a new wish is allowed."""
    key = await opened(store, bridge, chat(emails=()))
    by, them = Actor(TEAM, ANA), [Invitee(phone=Phone(NUMBER, "US"))]
    known, never = (name_of_message(TEAM, CHANNEL, Ts(f"1700000001.00000{n}")) for n in (1, 2))
    await bridge.invite(key, them, by, known)
    await forget(capsys)
    for name in (known, known, never):
        await bridge.invite(key, them, by, name)
    found = [(item.state, item.reason) for item in store.read.items_of(key, Kind.INVITE)]
    assert found == [(State.WITHDRAWN, ""), (State.REFUSED, ASKED_BEFORE)]
    await store.empty_log()
    assert found_in(console, [NUMBER]) == {}
    later = Ts("4000000000.000001")
    bridge._clock.advance(3e9)  # type: ignore[attr-defined]  # a TestClock
    await bridge.invite(key, them, by, name_of_message(TEAM, CHANNEL, later))
    assert store.read.items_of(key, Kind.INVITE)[-1].state is State.PENDING


async def test_a_reply_from_before_that_comes_late_is_neither_sent_nor_kept(
    store: Store, bridge: Bridge, console: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = await alone(store, bridge)
    await forget(capsys)
    late = Said(THREAD, Ts("1700000001.000009"), ANA, "kanari-late")
    for said in (late, replace(late, ts=Ts("1700000001.000010"), text="note: kanari-note")):
        await bridge.relay(said)
        await bridge.edited(replace(said, text="kanari-edited"))
    await bridge.relay(Said(THREAD, Ts("4000000000.000001"), ANA, "a new reply"))
    assert await store.empty_log()
    assert found_in(console, ["kanari"]) == {}
    assert [item.state for item in store.read.items_of(key, Kind.SAY)][-3:] == [
        State.WITHDRAWN, State.WITHDRAWN, State.PENDING,
    ]  # fmt: skip


async def test_the_transcript_does_not_bring_them_back(
    store: Store, bridge: Bridge, console: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither lines that were known, nor one that is read for the first time, nor the list of members."""
    key = await alone(store, bridge)
    await forget(capsys)
    posts = store.read._connection.execute("SELECT count(*) FROM post").fetchone()[0]
    again = _lines("kanari-alone", "Ana: kanari-sent", "kanari-unseen")
    await bridge.hear(store.read.session(key), again, OWN)
    await bridge.observe(key, Observed("evo-1", ended=False, call_state="", members=(US, THEM)))
    await store.empty_log()
    assert found_in(console, [NUMBER, "Kanari", "kanari"]) == {}
    assert store.read._connection.execute("SELECT count(*) FROM post").fetchone()[0] == posts
    new = replace(_lines("a new word")[0], date="2999-01-01T00:00:00+00:00")
    assert await bridge.hear(store.read.session(key), [*again, new], OWN) == News(1, (new,))
    assert "a new word" in [line.text for line in store.read.foreign_lines(key)]


async def test_whoever_is_told_no_at_the_question_keeps_everything(
    store: Store, bridge: Bridge, console: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await alone(store, bridge)
    before = list(map(tuple, store.read._connection.execute("SELECT * FROM item").fetchall()))
    assert main(["forget", NUMBER]) == 0
    assert capsys.readouterr().out.endswith("Nothing was deleted.\n")
    assert list(map(tuple, store.read._connection.execute("SELECT * FROM item").fetchall())) == before


async def test_forgetting_is_told_with_counts_and_with_what_stays_elsewhere(
    store: Store, bridge: Bridge, console: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await alone(store, bridge)
    await store.write(lambda tx: tx._connection.execute("UPDATE post SET state = 'done', ts = '1.' || key"))
    out = await forget(capsys)
    told = [line for line in out.splitlines() if not line.startswith("Deleted")]
    assert told[1:5] == [
        "  sessions with them alone: 1", "  invitations and other steps about them: 2", "  replies to them: 3",
        "  lines by or to them: 2",
    ]  # fmt: skip
    assert f"https://app.slack.com/client/{TEAM}/{CHANNEL}/thread/{CHANNEL}-{THREAD.ts}" in out
    assert "Sessions with them that are still open: 1." in out
    assert "Backups made before now" in out
    hashed = store.read.hashed(NUMBER)
    sql = "SELECT detail, message FROM audit WHERE what = 'forgot' AND subject = ?"
    assert [row[0][:28] for row in store.read._connection.execute(sql, (hashed,))] == ["sessions with them alone: 1,"]
    assert found_in(console, [NUMBER]) == {}


async def test_nobody_knows_them_any_more_after_the_second_time(
    store: Store, bridge: Bridge, console: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await alone(store, bridge)
    await forget(capsys)
    assert (await forget(capsys)).startswith(f"Nothing is kept about {NUMBER}.")


async def test_an_export_has_all_of_it_and_only_its_owner_reads_it(
    store: Store, bridge: Bridge, console: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    await alone(store, bridge)
    await among_others(store, bridge)
    target = tmp_path / "export.json"
    assert main(["export", SPELT, str(target)]) == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    told = json.loads(target.read_text())
    assert (told["about"], told["hash"]) == (NUMBER, store.read.hashed(NUMBER))
    first, second = told["sessions"]
    assert [line["text"] for line in first["lines"]] == ["kanari-alone"]
    assert {reply["text"] for reply in first["written_to_them"]} == {"Ana: kanari-sent", "note: kanari-note"}
    assert [line["text"] for line in second["lines"]] == ["kanari-in-group", f"Their number is {SPELT}"]
    assert second["written_to_them"] == []
    assert [(step["what"], step["state"]) for step in first["steps"]] == [
        ("open", "delivered"),
        ("invite", "delivered"),
    ]
    assert main(["export", SPELT, str(target)]) == 1
    sql = "SELECT count(*) FROM audit WHERE what = 'exported' AND subject = ?"
    assert store.read._connection.execute(sql, (told["hash"],)).fetchone()[0] == 1


@pytest.mark.parametrize(
    "text",
    ["+15035550177", "+1 503 555 0177", "1-503-555-0177", "(503) 555-0177", "503.555.0177", "001 503 5550177",
     "tel:+15035550177", '["+15035550177","US"]', "call 5035550177 now"],
)  # fmt: skip
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    who = subjects.subject(SPELT, "US")
    assert not isinstance(who, Unreadable)
    assert who.is_in(text)


@pytest.mark.parametrize("text", ["+150355501770", "+15035550178", "915035550177", "503555017", "evo-1", ""])
def test_another_number_is_none(text: str) -> None:
    who = subjects.subject(NUMBER, "US")
    assert not isinstance(who, Unreadable)
    assert not who.is_in(text)


def test_an_address_is_found_whole() -> None:
    who = subjects.subject(ADDRESS, "US")
    assert not isinstance(who, Unreadable)
    assert [who.is_in(text) for text in (f"<mailto:{ADDRESS.upper()}>", f"x{ADDRESS}", f"{ADDRESS}.au", ADDRESS)] == [
        True, False, False, True,
    ]  # fmt: skip


def test_whoever_cannot_be_read_is_refused_in_words(console: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forget", "Joe", "--yes"]) == 2
    assert capsys.readouterr().err.endswith("Nothing was done.\n")
