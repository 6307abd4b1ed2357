"""What Prometheus is told: read as Prometheus reads it, from a bot that does its work."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.counts import Counts, operation_of, outcome_of
from bot.evo import Throttled, Unsure
from bot.logs import JsonFormatter, ScrubbingFormatter
from bot.metrics import ALL
from bot.model import SessionKey
from bot.slackerrors import SlackAway
from bot.trace import about, trace_of
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import ANNA, SUPPORT, TEAM
from sandbox.stage import free_port
from tests.bot.test_service import Running, World
from tests.helpers import until

DEPLOY = Path(__file__).parents[2] / "deploy"
OF_PROMETHEUS = {"up"}
_NAME = re.compile(r"\b(?:evobot|process)_[a-z_]+|\bup\b")
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
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
        (line,) = bot.service._tenant.store.read.foreign_lines(SessionKey(1))
    logging.getLogger("bot").removeHandler(handler)

    sent = (("operation", "POST /sessions/{}/messages"), ("outcome", "ok"))
    assert {
        "sent": found["evobot_evo_requests_total", sent],
        "posted": found["evobot_slack_requests_total", (("method", "chat.postMessage"), ("outcome", "ok"))] >= 1,
        "acked": found["evobot_ack_seconds_count", ()] == found["evobot_events_total", (("outcome", "taken"),)] >= 1,
        "heard": found["evobot_heard_seconds_count", ()],
        "shared commits": found["evobot_store_changes_total", ()] >= found["evobot_store_commits_total", ()] >= 1,
        "ready": found["evobot_ready", ()],
        "sessions": found["evobot_sessions_active", ()],
    } == {"sent": 1, "posted": True, "acked": True, "heard": 1, "shared commits": True, "ready": 1, "sessions": 1}
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


def test_what_took_how_long_is_told_in_steps_that_hold_all_below() -> None:
    counts = Counts()
    for seconds in (0.001, 0.005, 0.3, 60.0):
        counts.acked(True, seconds)
    assert (counts.acks.up_to, counts.acks.total) == ([2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4], 60.306)


def _expressions() -> list[str]:
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())
    return [
        *(target["expr"] for panel in board["panels"] for target in panel.get("targets", [])),
        *(rule["expr"] for group in rules["groups"] for rule in group["rules"]),
    ]


def test_dashboard_and_alerts_ask_for_what_there_is() -> None:
    there = OF_PROMETHEUS | {metric.name for metric in ALL}
    there |= {f"{metric.name}_bucket" for metric in ALL if metric.kind == "histogram"}
    asked = {name for expression in _expressions() for name in _NAME.findall(expression)}
    assert asked - there == set()
    untold = {metric.name for metric in ALL} - {name.removesuffix("_bucket") for name in asked}
    assert untold == set()


def test_every_alert_says_what_it_means_and_where_the_book_says_what_to_do() -> None:
    book = (DEPLOY.parent / "OPERATING.md").read_text()
    rules = [rule for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    assert "### When an alert rings\n" in book
    assert [rule["alert"] for rule in rules if f"| `{rule['alert']}` |" not in book] == []
    assert {(rule["labels"]["severity"], rule["annotations"]["runbook"]) for rule in rules} == {
        ("page", "OPERATING.md#when-an-alert-rings"), ("ticket", "OPERATING.md#when-an-alert-rings"),
    }  # fmt: skip


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
