"""Watching the host: what wakes a watcher, what it is given, and what the journal keeps for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.evo import EvoDriver, EvoStandIn, default_seeds

BOT = ("bot@example.com", "correct-horse")
ANA, DANA = "ana@example.com", "+12025550123"


@pytest.fixture
async def evo() -> AsyncIterator[EvoStandIn]:
    async with EvoStandIn(control=True) as host:
        yield host


@pytest.fixture
async def driver(evo: EvoStandIn) -> AsyncIterator[EvoDriver]:
    async with EvoDriver(evo.url) as client:
        yield client


@pytest.fixture
async def http(evo: EvoStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=evo.url, auth=BOT, trust_env=False, timeout=10) as client:
        yield client


@pytest.fixture
async def session_id(http: httpx.AsyncClient) -> str:
    return str((await http.post("/sessions", json={"channel": "Chat", "memberEmailAddresses": [ANA]})).json()["id"])


async def look(watched: EvoStandIn | EvoDriver) -> dict[str, Any]:
    return await watched.watch(seconds=0)


async def watching(watched: EvoStandIn | EvoDriver, revision: int) -> asyncio.Task[dict[str, Any]]:
    """A watch that has begun to wait."""
    task = asyncio.create_task(watched.watch(revision, seconds=60))
    await asyncio.sleep(0)
    await look(watched)  # over HTTP: a round trip later, the first one is there, too
    assert not task.done()
    return task


async def until(watched: EvoStandIn | EvoDriver, seen: dict[str, Any], fits: Callable[[dict[str, Any]], bool]) -> Any:
    """Learns of it by watching alone; all entries told since, by number, the last words winning."""
    entries = {entry["number"]: entry for entry in seen["journal"]}
    async with asyncio.timeout(30):
        while not fits(entries):
            seen = await watched.watch(seen["revision"], max(entries, default=0))
            entries |= {entry["number"]: entry for entry in seen["journal"]}
    return entries


# What wakes

ACTS: dict[str, Callable[[EvoStandIn, str], object]] = {
    "hear": lambda evo, session: evo.hear(session, ANA, "hi"),
    "text": lambda evo, _session: evo.text(DANA, "+12025550100", "hi"),
    "join": lambda evo, session: evo.join(session, DANA),
    "leave": lambda evo, session: evo.leave(session, ANA),
    "change_state": lambda evo, session: evo.change_state(session, callState="Hold"),
    "end": lambda evo, session: evo.end(session),
    "fault": lambda evo, _session: evo.fault("500"),
    "down": lambda evo, _session: evo.fault("down"),
    "clear_faults": lambda evo, _session: evo.clear_faults(),
    "clear_faults of one": lambda evo, _session: evo.clear_faults("SendMessage"),
    "reseed": lambda evo, _session: evo.reseed(default_seeds()),
    "advance": lambda evo, _session: evo.advance(60),
    "reset": lambda evo, _session: evo.reset(),
}


@pytest.mark.parametrize("act", ACTS)
async def test_an_act_wakes_whoever_watches(evo: EvoStandIn, driver: EvoDriver, session_id: str, act: str) -> None:
    before = (await look(evo))["revision"]
    watchers = [await watching(it, before) for it in (evo, driver, driver)]
    ACTS[act](evo, session_id)
    async with asyncio.timeout(30):
        assert len({seen["revision"] for seen in await asyncio.gather(*watchers)} - {before}) == 1


async def test_to_look_changes_nothing(evo: EvoStandIn, driver: EvoDriver, session_id: str) -> None:
    before = (await look(evo))["revision"]
    for verb in ("faults", "quirks", "seeds", "journal", "effects", "sessions", "messages"):
        await getattr(driver, verb)()
    assert (await driver.watch(before, seconds=0.01))["revision"] == before
    assert (await driver.watch(before + 1, seconds=60))["revision"] == before, "another revision is one, too"


async def test_what_happens_at_once_wakes_once(evo: EvoStandIn, session_id: str) -> None:
    watch = await watching(evo, (await look(evo))["revision"])
    for n in range(4):
        evo.hear(session_id, ANA, str(n))
    await asyncio.sleep(0)  # the turn of the loop in which the watcher wakes
    evo.hear(session_id, ANA, "4")
    seen = await watch
    assert [message["body"] for message in seen["collections"]["messages"].values()] == list("01234")
    assert (await evo.watch(seen["revision"], seconds=0))["revision"] == seen["revision"]


async def test_a_request_that_came_is_seen_while_it_waits_and_when_it_is_answered(
    evo: EvoStandIn, driver: EvoDriver, http: httpx.AsyncClient, session_id: str
) -> None:
    """First open, then with all that is known, though its number has been told before."""
    evo.fault("slow", "SendMessage", seconds=600)
    seen = await look(driver)
    sending = asyncio.create_task(http.post(f"/sessions/{session_id}/messages", json={"body": "hi"}))
    entries = await until(driver, seen, lambda all_: any(entry["did"] for entry in list(all_.values())[1:]))
    number, entry = max(entries.items())
    assert (entry["operation"], entry["seconds"], json.loads(entry["answer"])["text"]) == ("SendMessage", None, "hi")
    evo.advance(600)
    assert (await sending).status_code == 200
    entries = await until(driver, await driver.watch(), lambda all_: all_[number]["seconds"] is not None)
    assert (entries[number]["status"], entries[number]["seconds"] >= 600) == (200, True)


async def test_an_effect_that_came_late_is_seen_and_so_is_its_answer(
    evo: EvoStandIn, driver: EvoDriver, http: httpx.AsyncClient, session_id: str
) -> None:
    evo.fault("late", "SendMessage", seconds=600)
    with pytest.raises(httpx.TransportError):
        await http.post(f"/sessions/{session_id}/messages", json={"body": "hi"})
    entries = await until(driver, await look(driver), lambda all_: max(all_.items())[1]["seconds"] is not None)
    number, entry = max(entries.items())
    assert (entry["fault"], entry["status"], entry["did"], entry["answer"]) == ("late", None, None, None)
    seen = await driver.watch()
    evo.advance(600)
    entries = await until(driver, seen, lambda all_: all_[number]["answer"] is not None)
    assert (entries[number]["did"], json.loads(entries[number]["answer"])["text"]) == (200, "hi")
    messages = (await look(driver))["collections"]["messages"].values()
    assert [message["body"] for message in messages] == ["hi"]


async def test_whoever_watches_does_not_hold_up_the_end() -> None:
    async with asyncio.timeout(30):
        host = await EvoStandIn(control=True).start()
        async with EvoDriver(host.url) as driver:
            watchers = [await watching(it, (await look(host))["revision"]) for it in (host, driver)]
            await host.stop()
            seen = await asyncio.gather(*watchers)
            assert all(it["collections"]["people"] for it in seen)


async def test_a_watcher_goes_on_over_a_restart(tmp_path: Path) -> None:
    """What was still open before is told again, however it has ended."""
    file = tmp_path / "evo.db"
    async with (
        EvoStandIn(database=file) as host,
        httpx.AsyncClient(base_url=host.url, auth=BOT, trust_env=False) as one,
    ):
        await one.get("/sessions")
        seen = await look(host)
    async with (
        EvoStandIn(database=file) as host,
        httpx.AsyncClient(base_url=host.url, auth=BOT, trust_env=False) as one,
    ):
        again = await host.watch(seen["revision"], seen["journal"][-1]["number"])
        assert again["revision"] > seen["revision"]
        assert again["journal"] == seen["journal"]
        await one.get("/sessions")
        later = await host.watch(again["revision"], again["journal"][-1]["number"])
        assert [entry["number"] for entry in later["journal"]] == [2]


@pytest.mark.parametrize("query", ["revision=x", "journal=x", "seconds=soon", "colour=red"])
async def test_a_watch_that_makes_no_sense_is_refused(http: httpx.AsyncClient, query: str) -> None:
    assert (await http.get(f"/__standin/watch?{query}")).status_code == 400


async def test_watch_is_a_look(http: httpx.AsyncClient) -> None:
    """Its arguments stand in the query; all may be left out or empty."""
    assert "watch" in (await http.get("/__standin")).json()["GET"]
    answer = await http.get("/__standin/watch?revision=&journal=0&seconds=0.5")
    assert set(answer.json()["result"]) == {"revision", "collections", "journal"}


# What is given


async def test_sessions_messages_and_faults_are_as_the_verbs_give_them(
    evo: EvoStandIn, driver: EvoDriver, session_id: str
) -> None:
    evo.hear(session_id, ANA, "hi")
    evo.fault("cut_after", "SendMessage")
    given = (await look(driver))["collections"]
    assert given["sessions"] == {session_id: asdict(evo.sessions()[0])}
    assert given["messages"] == {"1": asdict(evo.messages()[0])}
    assert given["faults"] == {"0": asdict(evo.faults()[0])}


async def test_people_are_those_of_the_population_without_their_passwords(driver: EvoDriver) -> None:
    people = (await look(driver))["collections"]["people"]
    ana = next(user for user in default_seeds().users if user.email == ANA)
    team, line = default_seeds().teams[0], default_seeds().phone_numbers[0]
    assert people[f"user:{ana.id}"] == {"kind": "user", "id": ana.id, "name": "Ana Ruiz", "email": ANA}
    assert people[f"team:{team.id}"] == {"kind": "team", "id": team.id, "name": "Support"}
    ours = {"kind": "number", "id": line.id, "name": "Acme main line", "number": line.number, "ours": True}
    assert people[f"number:{line.number}"] == ours
    assert (people[f"number:{DANA}"]["name"], people[f"number:{DANA}"]["ours"]) == ("Dana Field", False)
    assert people[f"login:{BOT[0]}"]["kind"] == "login"
    assert not [login for login in default_seeds().logins if login.password in json.dumps(people)]


async def test_the_newest_are_given(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.evo.picture.MOST_SESSIONS", 2)
    monkeypatch.setattr("sandbox.evo.picture.MOST_MESSAGES", 2)
    newer = [(await http.post("/sessions", json={"channel": "Chat"})).json()["id"] for _ in range(2)]
    for word in ("one", "two", "three"):
        evo.hear(session_id, ANA, word)
    given = (await look(evo))["collections"]
    assert list(given["sessions"]) == newer
    assert [message["body"] for message in given["messages"].values()] == ["two", "three"]


# The journal


async def test_the_journal_has_what_was_answered(evo: EvoStandIn, http: httpx.AsyncClient, session_id: str) -> None:
    evo.fault("503", "SendMessage")
    evo.fault("cut_before", "SendMessage")
    url = f"/sessions/{session_id}/messages"
    refused = await http.post(url, json={"body": "a"})
    with pytest.raises(httpx.TransportError):
        await http.post(url, json={"body": "b"})
    sent = await http.post(url, json={"body": "c"})
    ended = await http.delete(f"/sessions/{session_id}")
    entries = evo.journal()[1:]
    assert [entry.answer for entry in entries] == [refused.text, None, sent.text, ended.text]
    assert [entry.did for entry in entries] == [None, None, 200, 204]
    assert all(entry.seconds is not None and 0 < entry.seconds < 60 for entry in entries)


async def test_what_was_carried_out_is_told_rather_than_the_fault(
    evo: EvoStandIn, http: httpx.AsyncClient, session_id: str
) -> None:
    evo.fault("500", "SendMessage", after=True)
    evo.fault("garbage", "SendMessage")
    for _ in range(2):
        await http.post(f"/sessions/{session_id}/messages", json={"body": "x"})
    answers = [entry.answer or "" for entry in evo.journal(operation="SendMessage")]
    assert [json.loads(answer)["text"] for answer in answers] == ["x", "x"]


async def test_a_long_answer_is_cut_and_no_answer_opens_anything(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    session_id = (await http.post("/sessions", json={"channel": "Chat"})).json()["id"]
    evo.hear(session_id, BOT[0], "long " * 20_000)
    await http.get(f"/sessions/{session_id}/transcript")
    login = await http.post("/auth/credentials", json={"userName": BOT[0], "password": BOT[1]})
    transcript, signed_in = evo.journal()[-2:]
    assert len(transcript.answer or "") == 65_536
    assert login.json()["sessionId"] not in str(signed_in)
    assert json.loads(signed_in.answer or "")["userName"] == BOT[0]


async def test_old_entries_are_kept_without_their_answers(
    evo: EvoStandIn, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.evo.journal._NEWEST", 2)
    for _ in range(3):
        await http.get("/sessions")
    assert [bool(entry.answer) for entry in evo.journal()] == [False, True, True]
    assert [entry["number"] for entry in (await look(evo))["journal"]] == [2, 3]
