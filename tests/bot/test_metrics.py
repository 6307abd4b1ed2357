"""What Prometheus is told: read as Prometheus reads it, from a bot that does its work."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from io import StringIO
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot import metrics
from bot.bridge import Bridge
from bot.counts import EVO_CALLS, LOGGED, Counts, operation_of, outcome_of
from bot.evo import Throttled, Unsure
from bot.logs import JsonFormatter, ScrubbingFormatter
from bot.metrics import ALL, TOLD
from bot.model import Kind, Said, SessionKey, State, Stop, Ts
from bot.slackerrors import SlackAway
from bot.store import Store, Tx
from bot.trace import about, trace_of
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import ANNA, GUEST, SUPPORT, TEAM
from sandbox.stage import free_port
from tests.bot.test_service import Running, World
from tests.helpers import ANA, THREAD, TestClock, house, opened, until

DEPLOY = Path(__file__).parents[2] / "deploy"
OF_PROMETHEUS = {"up"}
_SELECTED = re.compile(r"\b(evobot_\w+){([^}]*)}")
_NAME = re.compile(r"\b(?:evobot|process)_[a-z_]+|\bup\b")
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(metrics, "FRESH_SECONDS", 0.0)
    async with EvoStandIn() as evo, SlackStandIn() as slack:
        slack.limits.set("off")
        yield World(evo, slack, tmp_path)


def read_as_prometheus(text: str) -> Figures:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def figures(bot: Running, port: int) -> Figures:
    async with bot.session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
        return read_as_prometheus(await answer.text())


async def test_a_reply_is_counted_on_its_way_and_one_word_follows_it_through_the_log(world: World) -> None:
    port, log = free_port(), StringIO()
    handler = logging.StreamHandler(log)
    handler.setFormatter(JsonFormatter())
    logging.getLogger("bot").addHandler(handler)
    async with world.running(evobot_metrics=str(port), evobot_log_level="INFO") as bot:
        await bot.says("ready\n")
        await world.order_a_card(bot)
        await until(world.evo.sessions, "the session")
        thread = await until(lambda: _card(world), "its card")
        ts = await world.slack.say(ANNA, SUPPORT, "On our way, +1 503 555 0123", thread)
        await until(world.evo.messages, "the reply")
        name = f"{TEAM}/{SUPPORT}/{ts}"
        await until(lambda: trace_of(name) in log.getvalue(), "the log to tell of it")
        world.evo.hear(world.evo.sessions()[0].id, "joe@example.com", "My account is 4711")
        await until(lambda: "a line stands in Slack" in log.getvalue(), "the answer")
        found = await figures(bot, port)
        store = bot.service._tenant.store
        (line,) = store.read.foreign_lines(SessionKey(1))
        await world.slack.say(GUEST, SUPPORT, "A guest", thread)
        await until(lambda: store.read.count_items(SessionKey(1)).get(State.REFUSED), "it to be refused")
        await store.write(lambda tx: tx.begin_stop(Stop(1.0, "", "")))
        await world.slack.say(ANNA, SUPPORT, "Not now", thread)
        await until(lambda: store.read.unfinished().get(State.NEEDS_PERSON), "it to be held back")
        async with bot.session.post(f"{bot.url}/slack/events", json={}) as answer:
            assert answer.status == 401
        stopped = await figures(bot, port)
    logging.getLogger("bot").removeHandler(handler)

    sent = (("operation", "POST /sessions/{}/messages"), ("outcome", "ok"))
    assert {
        "sent": found["evobot_evo_requests_total", sent],
        "posted": found["evobot_slack_requests_total", (("method", "chat.postMessage"), ("outcome", "ok"))] >= 1,
        "acked": found["evobot_ack_seconds_count", ()] == sum(events(found, kind) for kind in ("message", "other")),
        "command, form": [events(found, kind) for kind in ("command", "view")],
        "came of it": [outcomes(found, "open", "delivered"), outcomes(found, "say", "delivered")],
        "heard": found["evobot_heard_seconds_count", ()],
        "shared commits": found["evobot_store_changes_total", ()] >= found["evobot_store_commits_total", ()] >= 1,
        "ready": found["evobot_ready", ()],
        "sessions": found["evobot_sessions_active", ()],
        "way in": found.get(("evobot_sockets", ())),
    } == {
        "sent": 1, "posted": True, "acked": True, "command, form": [1, 1], "came of it": [1, 1], "heard": 1,
        "shared commits": True, "ready": 1, "sessions": 1, "way in": None,
    }  # fmt: skip
    assert {name: stopped[name, labels] - found[name, labels] for name, labels in (
        ("evobot_stops", ()), ("evobot_refusals_total", (("by", "policy"),)), ("evobot_unsigned_requests_total", ()),
        ("evobot_outcomes_total", (("kind", "say"), ("state", "needs_person"))), ("evobot_ready", ()),
    )} == {
        "evobot_stops": 1, "evobot_refusals_total": 1, "evobot_unsigned_requests_total": 1, "evobot_outcomes_total": 1,
        "evobot_ready": 0,
    }  # fmt: skip
    assert {sample.rpartition("_")[0] if sample.endswith(("_bucket", "_sum", "_count")) else sample
            for sample, _ in found} <= {metric.name for metric in ALL}  # fmt: skip
    secrets = ("503", "555", "On our way", ANNA, "Broken boiler", "4711", "joe@", thread)
    said = " ".join(value for _, labels in found for label, value in labels if label not in {"le", "version", "python"})
    assert [secret for secret in secrets if secret in said] == []  # in the figures themselves any digits may stand

    told = [json.loads(each) for each in log.getvalue().splitlines()]
    assert [each["message"] for each in told if each.get("trace") == trace_of(name)][-1].endswith("(say): delivered")
    assert [each["trace"] for each in told if each["message"] == "a line stands in Slack"] == [trace_of(line.name)]
    assert {frozenset(each) for each in told} <= {
        frozenset({"time", "level", "logger", "message"}), frozenset({"time", "level", "logger", "message", "trace"}),
    }  # fmt: skip


def _card(world: World) -> str | None:
    posted = [entry for entry in world.slack.journal.calls("chat.postMessage") if entry.get("answer", {}).get("ok")]
    return str(posted[0]["answer"]["ts"]) if posted else None


def events(found: Figures, kind: str) -> float:
    return found["evobot_events_total", (("kind", kind), ("outcome", "taken"))]


def outcomes(found: Figures, kind: str, state: str) -> float:
    return found["evobot_outcomes_total", (("kind", kind), ("state", state))]


async def test_one_word_leads_from_slack_to_evo_voice_over_a_lost_answer_and_a_restart(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = logging.StreamHandler(log := StringIO())
    handler.setFormatter(JsonFormatter())
    monkeypatch.setattr(logging.getLogger("bot"), "handlers", [handler])
    changes = {"evobot_settle_seconds": 0.2, "evobot_log_level": "INFO"}
    async with world.running(**changes) as bot:
        await bot.says("ready\n")
        await world.order_a_card(bot)
        thread = await until(lambda: _card(world), "its card")
        world.evo.fault("429", "SendMessage", times=1)
        world.evo.fault("cut_before", "SendMessage", times=1)
        ts = await world.slack.say(ANNA, SUPPORT, 'No\n{"level": "error"}\x1b[31m', thread)
        await until(lambda: "outcome unknown" in log.getvalue(), "the answer to be lost")
    async with world.running(**changes) as bot:
        await until(world.evo.messages, "it to arrive all the same")
        await until(lambda: "(say): delivered" in log.getvalue(), "that to be written down")

    told = [json.loads(line) for line in log.getvalue().splitlines()]
    word = trace_of(f"{TEAM}/{SUPPORT}/{ts}")
    waits, *rest = [each["message"] for each in told if each.get("trace") == word]
    assert waits.endswith("; what is to be sent waits here in order")
    assert rest == [
        "ref 2 (say): did not get there (Throttled), leaves again", "ref 2 (say): outcome unknown (Unsure)",
        "ref 2 (say): proven absent", "ref 2 (say): delivered",
    ]  # fmt: skip
    assert "Evo Voice answers again" in [each["message"] for each in told if "trace" not in each]


async def test_an_operator_sees_that_nothing_comes_in_that_the_login_is_refused_and_how_old_the_copy_is(
    world: World,
) -> None:
    port, there = free_port(), world.folder / "backups"
    there.mkdir()
    for name, age in (("old.db", 9.0), ("new.db", 70.0)):
        (there / name).write_bytes(b"")
        os.utime(there / name, (age, age))
    changes = {"slack_app_token": "xapp-standin-app", "slack_signing_secret": None, "evo_password": "wrong"}
    world.slack.faults.order("apps.connections.open", "http_503", times=-1)
    async with world.running(evobot_metrics=str(port), **changes) as bot:

        async def figures_say(sockets: int) -> None:
            async def so() -> bool:
                found = await figures(bot, port)
                return (found["evobot_sockets", ()], found["evobot_evo_logins_refused", ()]) == (sockets, 1)

            await until(so, f"{sockets} sockets, and the refusal")

        await figures_say(0)
        world.slack.faults.clear()
        await figures_say(1)
        found = await figures(bot, port)
    assert [found[name, ()] for name in ("evobot_on_duty", "evobot_backup_timestamp_seconds")] == [1, 70]
    assert found["evobot_workspaces", (("state", "troubled"),)] == 1


async def test_only_who_asks_by_our_own_name_or_an_address_is_told(world: World) -> None:
    """A page in a browser may come here by a name of its own; what the browser says as Host is then that name."""
    port = free_port()
    ours = ["127.0.0.1", f"127.0.0.1:{port}", f"LOCALHOST:{port}", f"[::1]:{port}", "192.0.2.7", f"127.1:{port}"]
    others = [
        "evil.example",
        f"localhost.evil.example:{port}",
        "127.0.0.1.evil.example",
        "127.1, evil.example",
        ":1",
        "",
    ]
    told = {}
    async with world.running(evobot_metrics=f"127.1:{port}") as bot:  # as short as no address is written: a name
        for host in [*ours, *others]:
            async with bot.session.get(f"http://127.0.0.1:{port}/metrics", headers={"Host": host}) as answer:
                told[host] = answer.status, "evobot_ready" in await answer.text()
    assert told == dict.fromkeys(ours, (200, True)) | dict.fromkeys(others, (421, False))


async def test_figures_come_from_postgresql_too_and_while_it_is_away(world: World, postgres: Any) -> None:
    port, place = free_port(), postgres.fresh()
    async with world.running(evobot_metrics=str(port), evobot_database=place) as bot:
        await bot.says("ready\n")
        await world.order_a_card(bot)
        await until(world.evo.sessions, "the session")
        await until(lambda: not bot.service._tenant.store.read.lanes(), "it to be written down")
        found = await figures(bot, port)
        with postgres.away(place):
            await until(bot.service._tenant.failures, "the outage to be noticed")
            dark = await figures(bot, port)
        await bot.says("ready\n")
    assert (found["evobot_sessions_active", ()], outcomes(found, "open", "delivered"), found["evobot_on_duty", ()]) == (
        1, 1, 1,
    )  # fmt: skip
    assert (("evobot_database_bytes", ()) in found, ("evobot_sessions_active", ()) in dark) == (False, False)
    assert (dark["evobot_ready", ()], outcomes(dark, "open", "delivered")) == (0, 1)


async def test_nobody_is_told_unless_the_operator_wants_it_and_slacks_port_never_tells(world: World) -> None:
    async with world.running() as bot:
        assert await bot.ask("/metrics") == (404, "")


def test_of_a_path_only_the_words_of_evo_voice_are_kept() -> None:
    """A member may be called anything; a figure must not name them."""
    assert [
        operation_of("POST", "/sessions/8f3a21/messages"),
        operation_of("DELETE", "/sessions/8f3a21/members/anna"),
        operation_of("GET", "/sessions/my"),
    ] == ["POST /sessions/{}/messages", "DELETE /sessions/{}/members/{}", "GET /sessions/my"]


def test_a_call_that_is_told_to_wait_is_told_from_one_that_fails() -> None:
    errors = [None, SlackAway("rate limited", 3.0), SlackAway("TimeoutError"), Throttled(retry_after=0), Unsure("cut")]
    assert [outcome_of(error) for error in errors] == ["ok", "throttled", "away", "throttled", "unsure"]


def test_what_can_happen_stands_at_nought_before_it_does() -> None:
    counts = Counts()
    counts.evo("GET", "/sessions/my", "ok", 0.1)
    counts.count(LOGGED, "error")
    asked = "GET /sessions/my"
    assert (counts.counter(LOGGED), counts.counter(EVO_CALLS)) == (
        {("warning",): 0, ("error",): 1, ("critical",): 0},
        {(asked, outcome): int(outcome == "ok") for outcome in EVO_CALLS.words[1]},
    )


async def test_what_is_not_on_the_disk_is_not_counted(store: Store) -> None:
    told: list[tuple[Kind, State]] = []
    store.tell(lambda kind, state: told.append((kind, state)))
    bridge = Bridge(store, TestClock(), house(), lambda: None)
    session = await opened(store, bridge)
    (item,) = store.read.items_of(session, Kind.OPEN)

    def undone(tx: Tx) -> None:
        tx.change_item(item.key, state="pending")
        assert tx.move_item(tx.item(item.key), State.REFUSED) is not None
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.write(undone)
    assert told == [(Kind.OPEN, State.PENDING)]


async def test_what_waits_for_a_person_wakes_nobody(store: Store) -> None:
    """A reply in a session that was refused waits as long as they do; it is the opening that somebody must decide."""
    clock = TestClock()
    bridge = Bridge(store, clock, house(), lambda: None)
    session = await opened(store, bridge)
    (opening,) = store.read.items_of(session, Kind.OPEN)
    await bridge.relay(Said(THREAD, Ts("1700000050.000100"), ANA, "Hello"))
    waits = store.read.waits_since()
    await store.write(lambda tx: tx.change_session(session, evo_id=None, life="failed"))
    await store.write(lambda tx: tx.change_item(opening.key, state="needs_person"))
    assert (waits, store.read.waits_since(), store.read.unfinished()[State.PENDING][0]) == (clock.now(), None, 1)


def test_what_took_how_long_is_told_in_steps_that_hold_all_below() -> None:
    counts = Counts()
    for seconds in (0.001, 0.005, 0.3, 60.0):
        counts.acked("message", True, seconds)
    assert (counts.acks.up_to, counts.acks.total) == ([2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4], 60.306)


def _expressions() -> list[str]:
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    return [
        *(target["expr"] for panel in board["panels"] for target in panel.get("targets", [])),
        *(rule["expr"] for rule in _rules()),
    ]


def _rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    return list(group["rules"])


def test_dashboard_and_alerts_ask_for_what_there_is() -> None:
    there = OF_PROMETHEUS | {metric.name for metric in ALL}
    there |= {f"{metric.name}_bucket" for metric in ALL if metric.kind == "histogram"}
    asked = {name for expression in _expressions() for name in _NAME.findall(expression)}
    assert asked - there == set()
    untold = {metric.name for metric in ALL} - {name.removesuffix("_bucket") for name in asked}
    assert untold == set()


def test_dashboard_and_alerts_ask_for_labels_and_words_that_can_be() -> None:
    """A word that is never told makes an alert that never rings."""
    labels = {metric.name: dict(zip_longest(metric.labels, metric.words, fillvalue=())) for metric in ALL}
    states = dict.fromkeys(("evobot_items", "evobot_letters", "evobot_workspaces"))
    labels |= {
        name: {"state": told}
        for name, told in zip(states, (TOLD, ("kept", "aside"), ("well", "troubled")), strict=True)
    }
    asked = {found.groups() for expression in _expressions() for found in _SELECTED.finditer(expression)}
    said = {(name, *pair) for name, inside in asked for pair in re.findall(r'(\w+)(?:=~?|!=)"([^"]+)"', inside)}
    unknown = {
        (name, label, word) for name, label, alternatives in said for word in alternatives.split("|")
        if label != "job" and (known := labels[name].get(label, ("",))) and word not in known
    }  # fmt: skip
    assert (unknown, len(said) > 8) == (set(), True)


def test_every_alert_names_a_heading_of_the_book_and_every_such_heading_is_an_alerts() -> None:
    book = (DEPLOY.parent / "docs/OPERATING.md").read_text()
    symptoms = book.partition("\n## Troubleshoot by symptom\n")[2].partition("\n## ")[0]
    alerts = re.findall(r"^#### (Evobot\w+)\n", symptoms, re.MULTILINE)
    assert [rule["alert"] for rule in _rules()] == alerts
    runbooks = [rule["annotations"]["runbook"] for rule in _rules()]
    assert runbooks == [f"docs/OPERATING.md#{name.lower()}" for name in alerts]
    assert {rule["labels"]["severity"] for rule in _rules()} == {"page", "ticket"}


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_prometheus_understands_the_rules() -> None:
    done = subprocess.run(["promtool", "check", "rules", DEPLOY / "alerts.yml"], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("formatter", [ScrubbingFormatter("%(message)s"), JsonFormatter()])
def test_a_line_of_the_log_is_one_line_and_says_what_it_is_about(formatter: logging.Formatter) -> None:
    record = logging.LogRecord("bot.x", logging.INFO, "x.py", 1, "to %s\nand on", ("+1 503 555 0123",), None)
    record.secret = "xoxb-1-2"  # whatever a record brings along
    about("T1/C1/1.0")
    line = formatter.format(record)
    about("")
    said: Any = json.loads(line)["message"] if isinstance(formatter, JsonFormatter) else line
    assert (said.removesuffix(" [d7d572aa]"), "\n" in line, "xoxb" in line, trace_of("T1/C1/1.0") in line) == (
        "to [number] and on", False, False, True,
    )  # fmt: skip
