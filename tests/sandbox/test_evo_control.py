"""The control surface, its client, restarts, and the stand-in as a process."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.evo import EffectKind, EvoDriver, EvoStandIn, Fault, FaultKind, Quirks, default_seeds

BOT = ("bot@example.com", "correct-horse")


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
    async with httpx.AsyncClient(base_url=evo.url, auth=BOT, trust_env=False) as client:
        yield client


async def new_session(http: httpx.AsyncClient) -> str:
    body = {"channel": "Chat", "memberEmailAddresses": ["ana@example.com"]}
    return str((await http.post("/sessions", json=body)).json()["id"])


async def test_the_control_surface_is_off_by_default() -> None:
    async with EvoStandIn() as host, httpx.AsyncClient(base_url=host.url, trust_env=False) as client:
        answers = [await client.get("/__standin"), await client.post("/__standin/reset", json={})]
    assert [(r.status_code, r.headers["Content-Type"]) for r in answers] == [(404, "text/plain")] * 2


async def test_every_verb_of_the_driver_does_what_it_says(
    evo: EvoStandIn, driver: EvoDriver, http: httpx.AsyncClient
) -> None:
    session_id = await new_session(http)
    heard = await driver.hear(session_id, "ana@example.com", "hi", media_uri="http://x/y", media_type="image/png")
    await driver.join(session_id, "+12025550123")
    texted = await driver.text("+12025550123", "+12025550100", "sms")
    await driver.leave(session_id, "ana@example.com")
    await driver.change_state(session_id, callState="Hold", queueState="Queued")
    await driver.end(session_id)
    assert [heard, texted] == await driver.messages(session_id) == evo.messages()
    assert await driver.sessions() == evo.sessions()
    assert await driver.effects(session_id) == evo.effects(session_id)
    assert await driver.journal() == evo.journal()
    assert [effect.kind for effect in await driver.effects()] == [
        EffectKind.OPENED,
        EffectKind.HEARD,
        EffectKind.JOINED,
        EffectKind.HEARD,
        EffectKind.LEFT,
        EffectKind.PATCHED,
        EffectKind.ENDED,
    ]
    session = (await http.get(f"/sessions/{session_id}")).json()
    assert (session["ended"], session["callState"], session["queueState"]) == (True, "Disconnected", "Queued")
    assert [member["identity"] for member in session["members"]] == ["bot@example.com", "+12025550123"]


async def test_switches_can_be_turned_from_outside(evo: EvoStandIn, driver: EvoDriver) -> None:
    fault = await driver.fault(FaultKind.CUT_AFTER, "SendMessage", times=None)
    assert [fault] == await driver.faults() == [Fault(kind=FaultKind.CUT_AFTER, operation="SendMessage", times=None)]
    await driver.clear_faults()
    assert evo.faults() == []
    assert await driver.change_quirks(from_format="name", strict_binding=True) == evo.quirks()
    assert await driver.quirks() == Quirks().changed({"from_format": "name", "strict_binding": True})
    seeds = replace(default_seeds(), contacts=())
    await driver.reseed(seeds)
    assert await driver.seeds() == seeds == evo.seeds()


async def test_media_put_by_the_driver_can_be_fetched(driver: EvoDriver, http: httpx.AsyncClient) -> None:
    uri = await driver.put_media("a.txt", "text/plain", "aGVsbG8=")
    assert (await http.get(uri)).content == b"hello"


async def test_sign_ins_expire_and_time_passes_from_outside(driver: EvoDriver, http: httpx.AsyncClient) -> None:
    await http.get("/sessions")
    assert await driver.expire_sign_ins() == 1
    before = await driver.advance(0)
    assert await driver.advance(3600) >= before + 3_600_000_000


async def test_reset_leaves_only_the_population(driver: EvoDriver, http: httpx.AsyncClient) -> None:
    await new_session(http)
    await driver.fault("500", times=None)
    await driver.change_quirks(from_format="name")
    await driver.reset()
    empty = [await driver.sessions(), await driver.effects(), await driver.journal(), await driver.faults()]
    assert (empty, await driver.quirks()) == ([[], [], [], []], Quirks())
    assert (await http.get("/app/contacts")).status_code == 200


async def test_the_journal_can_be_read_on(driver: EvoDriver, http: httpx.AsyncClient) -> None:
    session_id = await new_session(http)
    await http.post(f"/sessions/{session_id}/messages?x=1", json={"body": "hi"}, headers={"User-Agent": "me"})
    await http.get("/nothing")
    first = (await driver.journal())[0]
    second, third = await driver.journal(after=first.number)
    assert [second] == await driver.journal(operation="SendMessage")
    assert (second.method, second.path, second.query, second.body, second.login, second.agent, second.status) == (
        "POST",
        f"/sessions/{session_id}/messages",
        "x=1",
        '{"body":"hi"}',
        "bot@example.com",
        "me",
        200,
    )
    assert (third.operation, third.status) == (None, 404)


async def test_what_is_not_there_raises_the_same_on_both_sides(
    evo: EvoStandIn, driver: EvoDriver, http: httpx.AsyncClient
) -> None:
    session_id = await new_session(http)
    for asked in (("nothing", "ana@example.com", "x"), (session_id, "joe@example.com", "x")):
        with pytest.raises(LookupError):
            evo.hear(*asked)
        with pytest.raises(LookupError):
            await driver.hear(*asked)
    wrong: list[tuple[str, dict[str, Any]]] = [("600", {}), ("500", {"tims": 1})]
    for kind, options in wrong:
        with pytest.raises((ValueError, TypeError)):
            evo.fault(kind, **options)
        with pytest.raises(ValueError, match="error"):
            await driver.fault(kind, **options)
    with pytest.raises(ValueError, match="no such quirk"):
        await driver.change_quirks(nonsense=True)
    with pytest.raises(ValueError, match="callState"):
        await driver.change_state(session_id, callState="Asleep")
    assert evo.messages() == []


async def test_down_leaves_the_control_surface_up(driver: EvoDriver, http: httpx.AsyncClient) -> None:
    await driver.fault("down")
    with pytest.raises(httpx.TransportError):
        await http.get("/sessions")
    await driver.clear_faults()
    assert (await http.get("/sessions")).status_code == 200


async def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    file = tmp_path / "evo.db"
    seeds = replace(default_seeds(), contacts=())
    credentials = {"userName": BOT[0], "password": BOT[1], "rememberMe": True}
    async with (
        EvoStandIn(database=file, seeds=seeds) as host,
        httpx.AsyncClient(base_url=host.url, trust_env=False) as client,
    ):
        await client.post("/auth/credentials", json=credentials)
        session_id = await new_session(client)
        await client.post(f"/sessions/{session_id}/messages", json={"body": "hi"})
        host.hear(session_id, "ana@example.com", "hello")
        host.advance(86_400)
        before = [host.sessions(), host.messages(), host.effects(), host.journal(), host.seeds()]
        cookies, transcript = dict(client.cookies), await client.get(f"/sessions/{session_id}/transcript")
    async with (
        EvoStandIn(database=file) as host,
        httpx.AsyncClient(base_url=host.url, cookies=cookies, trust_env=False) as client,
    ):
        after = [host.sessions(), host.messages(), host.effects(), host.journal()[:-1], host.seeds()]
        assert after == before
        again = await client.get(f"/sessions/{session_id}/transcript")
        assert (again.status_code, again.json()) == (200, transcript.json())
        newer = await new_session(client)
        assert newer != session_id
        assert host.sessions()[1].created > host.sessions()[0].created + 86_400_000_000


async def _start(*options: str) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox.evo", *options, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        line = (await process.stdout.readline()).decode()
    found = re.fullmatch(r"evo stand-in on (http://127\.0\.0\.1:\d+)\n", line)
    assert found is not None
    return process, found[1]


async def _stop(process: asyncio.subprocess.Process, number: signal.Signals) -> int:
    process.send_signal(number)
    async with asyncio.timeout(20):
        await process.communicate()
    return process.returncode if process.returncode is not None else 99


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_process_of_its_own_says_where_stops_on_sigterm_and_keeps_its_file(
    tmp_path: Path, number: signal.Signals
) -> None:
    options = ("--host", "127.0.0.1", "--port", "0", "--database", str(tmp_path / "evo.db"))
    process, url = await _start(*options, "--control", "--quirks", '{"from_format": "name"}')
    async with httpx.AsyncClient(base_url=url, auth=BOT, trust_env=False) as client, EvoDriver(url) as driver:
        session_id = await new_session(client)
        await driver.fault("slow", "GetSession", seconds=3600)
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"/sessions/{session_id}", timeout=0.1)
        assert (await driver.quirks()).from_format == "name"
        assert await _stop(process, number) == (0 if number is signal.SIGTERM else -9)
    process, url = await _start(*options)
    async with httpx.AsyncClient(base_url=url, auth=BOT, trust_env=False) as client:
        assert (await client.get(f"/sessions/{session_id}")).json()["id"] == session_id
        assert (await client.get("/__standin")).status_code == 404
    assert await _stop(process, signal.SIGTERM) == 0
