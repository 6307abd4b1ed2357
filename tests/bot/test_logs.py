"""What gets into the log: no token, no number, no address, however it came to be in the text."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from bot.logs import LOUD, ScrubbingFormatter, scrub


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("with xoxb-1-2-abc.DEF", "with [token]"),
        ("xoxp-1 xoxe.xoxb-1-abc xoxe-1-abc xoxc-1 xapp-1-A1-2-ef", "[token] [token] [token] [token] [token]"),
        ("{'token': 'xoxb-1-2'}", "{'token': '[token]'}"),
        ("Authorization=Bearer xoxb-1-2", "Authorization=[secret] [token]"),
        ("to wss://wss-primary.slack.com/link/?ticket=abc&app_id=1 now", "to [socket] now"),
        ("to ws://127.0.0.1:1/link/?ticket=abc", "to [socket]"),
        ("password=hunter2", "password=[secret]"),
        ("Password: hunter2", "Password=[secret]"),
        ("ss-id=abc ss-pid=def", "ss-id=[secret] ss-pid=[secret]"),
        ("Cookie: ss-id=abc", "Cookie=[secret]"),
        ("X-ss-id: abc", "X-ss-id=[secret]"),
        ("from ana.ruiz+x@mail.example.com, to joe@example.co.uk.", "from [e-mail], to [e-mail]."),
        ("mailto:ana@example.com|ana@example.com", "mailto:[e-mail]|[e-mail]"),
        ("call +15035550123 or +1 (503) 555-0123 or +49 30 1234567.", "call [number] or [number] or [number]."),
    ],
)
def test_secrets_numbers_and_addresses_are_covered(text: str, shown: str) -> None:
    assert scrub(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "item 17 (say) was delivered in 0.3 s",
        "session evo-1, thread C0SUPPORT1/1700000000.000100",
        "2026-05-11T10:20:30+02:00 took +1.5 s",
        "the passwords page, no cookies",
        "listening on http://127.0.0.1:3000",
        "Another evobot (process 4711 on host) runs on this database.",
        "",
    ],
)
def test_what_an_operator_needs_is_left_as_it_is(text: str) -> None:
    assert scrub(text) == text


def test_scrubbing_twice_changes_nothing() -> None:
    once = scrub("password=a xoxb-1 ana@example.com +15035550123 wss://x/y")
    assert scrub(once) == once


def test_arguments_and_traces_are_scrubbed_too() -> None:
    """It works on the finished text, so no form slips past it."""
    record = _broken("sent %s to %s", {"body": "ring +15035550123"}, "ana@example.com")
    text = ScrubbingFormatter("%(levelname)s %(message)s").format(record)
    assert text.startswith("ERROR sent {'body': 'ring [number]'} to [e-mail]\nTraceback")
    assert text.endswith("invalid literal for int() with base 10: '[token]'")


def _broken(message: str, *arguments: object) -> logging.LogRecord:
    try:
        int("xoxb-1-2-secret")
    except ValueError:
        return logging.LogRecord("bot", logging.ERROR, __file__, 1, message, arguments, sys.exc_info())
    raise AssertionError


# The whole program's logging: in a process of its own, for it belongs to the process.

PROGRAM = """
import logging, sys
from bot import logs
logs.configure(sys.argv[1])
for name in ["bot.feed", *sys.argv[2:]]:
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        logging.getLogger(name).log(level, "ana@example.com")
"""


def lines(level: str, *names: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, level, *names], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return [line.split(" ", 2)[2] for line in done.stderr.splitlines()]


def test_one_line_each_to_stderr_from_the_level_on() -> None:
    assert lines("WARNING") == ["WARNING bot.feed: [e-mail]", "ERROR bot.feed: [e-mail]"]


def test_libraries_that_would_tell_all_are_quiet_at_any_level() -> None:
    """httpx logs whole addresses at INFO, Bolt whole requests at WARNING, slack-sdk payloads at DEBUG."""
    names = [
        "httpx",
        "httpcore.http11",
        "slack_sdk.web.async_client",
        "slack_bolt.AsyncApp",
        "uvicorn.access",
        "aiohttp",
    ]
    said = {tuple(line.split(" ")[:2]) for line in lines("DEBUG", *names)}
    assert said == {
        *((level, "bot.feed:") for level in ("DEBUG", "INFO", "WARNING", "ERROR")),
        *(("WARNING", f"{name}:") for name in names if not name.startswith("slack_bolt")),
        *(("ERROR", f"{name}:") for name in names),
    }


def test_quiet_is_not_louder_than_asked_for() -> None:
    assert lines("ERROR", *LOUD) == [f"ERROR {name}: [e-mail]" for name in ["bot.feed", *LOUD]]


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2",
        "Authorization: Basic hunter2",
        '{"password": "hunter2"}',
        "{'Cookie': 'ss-opt=temp; ss-id=hunter2'}",
        "EVO_PASSWORD=hunter2",
        "SLACK_SIGNING_SECRET='hunter2'",
        "https://hooks.slack.com/commands/T1/2/hunter2",
        "X-Slack-Signature: v0=hunter2",
    ],
)
def test_a_secret_is_covered_in_the_usual_spellings(text):
    assert "hunter2" not in scrub(text)


@pytest.mark.parametrize("text", ["?userName=ana%40example.com", "tel:%2B15035550123"])
def test_numbers_and_addresses_in_urls_are_covered(text):
    assert scrub(text) != text
