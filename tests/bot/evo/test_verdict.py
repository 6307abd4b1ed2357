"""What statuses and bodies mean, as tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from http.cookiejar import CookieJar
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evo import EvoError, MessageInfo, Refused, Throttled, Unsure
from bot.evo.models import SessionInfo, Transcript
from bot.evo.transport import Answer
from bot.evo.verdict import fault_of, one_line, read, retry_after, wants_login

NOW = datetime(2026, 5, 11, 12, 0, 0, tzinfo=UTC)
PAGE = b"\r\n<!DOCTYPE html><html><script>alert(1)</script>Forbidden</html>"


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return Answer(status, named, raw, CookieJar(), NOW.timestamp())


def explained(code: str | None, message: str | None) -> dict[str, Any]:
    return {"responseStatus": {"errorCode": code, "message": message, "stackTrace": "at Secret.Place()"}}


@pytest.mark.parametrize(
    ("status", "means"),
    [
        *((status, None) for status in (200, 201, 202, 204)),
        *((status, Refused) for status in (300, 302, 304, 307, 400, 402, 403, 404, 405, 409, 410, 413, 415, 422, 451)),
        (429, Throttled),
        *((status, Unsure) for status in (100, 101, 408, 500, 501, 502, 503, 504, 520, 599, 600, 999)),
    ],
)
def test_status_to_consequence(status: int, means: type[EvoError] | None) -> None:
    fault = fault_of(answer(status))
    assert (fault if fault is None else type(fault)) is means


@pytest.mark.parametrize(
    ("given_answer", "code", "reason", "text"),
    [
        (
            answer(400, explained("NotEmpty", "'Body' must not be empty.")),
            "NotEmpty",
            "'Body' must not be empty.",
            "HTTP 400 NotEmpty: 'Body' must not be empty.",
        ),
        (answer(409, explained(None, "Busy")), None, "Busy", "HTTP 409: Busy"),
        (answer(403), None, "HTTP 403, no message given", "HTTP 403, no message given"),
        (
            answer(404, explained("NotFound", None)),
            "NotFound",
            "HTTP 404, no message given",
            "HTTP 404 NotFound: HTTP 404, no message given",
        ),
        (
            answer(403, PAGE, Content_Type="text/html; charset=utf-8"),
            None,
            "HTTP 403, an HTML page (a firewall?)",
            "HTTP 403, an HTML page (a firewall?)",
        ),
        (answer(403, PAGE), None, "HTTP 403, an HTML page (a firewall?)", "HTTP 403, an HTML page (a firewall?)"),
        (
            answer(404, b"Handler not found: my words", Content_Type="text/plain"),
            None,
            "HTTP 404, no message given",
            "HTTP 404, no message given",
        ),
        (answer(400, b'{"responseStatus":'), None, "HTTP 400, no message given", "HTTP 400, no message given"),
        (answer(400, b'{"responseStatus":null}'), None, "HTTP 400, no message given", "HTTP 400, no message given"),
        (answer(400, b"[1]"), None, "HTTP 400, no message given", "HTTP 400, no message given"),
        (
            answer(400, explained("A\nB", "one\r\ntwo\u2028three\u202efour <b>bold</b>\x00!")),
            "A B",
            "one two three four bold !",
            "HTTP 400 A B: one two three four bold !",
        ),
        (
            answer(308, Location="https://elsewhere/"),
            None,
            "HTTP 308, an unexpected redirect",
            "HTTP 308, an unexpected redirect",
        ),
    ],
)
def test_what_a_refusal_says(given_answer: Answer, code: str | None, reason: str, text: str) -> None:
    fault = fault_of(given_answer)
    assert isinstance(fault, Refused)
    assert (fault.status, fault.code, fault.reason, str(fault)) == (given_answer.status, code, reason, text)


@given(st.text())
def test_any_message_becomes_one_line_of_at_most_300_characters(message: str) -> None:
    line = one_line(message, 300)
    assert len(line) <= 300
    assert line.isprintable()
    assert "\n" not in line


def test_a_long_message_is_cut() -> None:
    assert one_line("x" * 301, 300) == "x" * 299 + "…"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("1.5", 1.5),
        (" 30 ", 30.0),
        ("900", 900.0),
        ("86400", 900.0),
        ("9" * 400, 900.0),
        (format_datetime(NOW.replace(minute=2), usegmt=True), 120.0),
        (format_datetime(NOW.replace(year=2031), usegmt=True), 900.0),
        (format_datetime(NOW.replace(hour=1), usegmt=True), 0.0),
        ("Monday, 11-May-26 12:01:00 GMT", 60.0),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Mon, 99 May 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_in_both_forms(header: str, seconds: float | None) -> None:
    fault = fault_of(answer(429, Retry_After=header))
    assert isinstance(fault, Throttled)
    assert fault.retry_after == seconds


def test_retry_after_absent() -> None:
    assert retry_after(httpx.Headers(), 0.0) is None


def test_a_retry_date_is_measured_by_the_servers_own_clock() -> None:
    """Ours may be an hour off."""
    headers = httpx.Headers(
        {"Retry-After": format_datetime(NOW.replace(second=30), usegmt=True), "Date": format_datetime(NOW, usegmt=True)}
    )
    assert retry_after(headers, NOW.timestamp() - 3600) == 30.0


@pytest.mark.parametrize(
    ("given_answer", "wanted"),
    [
        (answer(401), True),
        (answer(302, Location="/login"), True),
        (answer(302, Location="/login.html?x=1"), True),
        (answer(307, Location="https://h/auth/basic"), True),
        (answer(302, Location="/Log-In"), True),
        (answer(302, Location="/dashboard?next=/login"), False),
        (answer(302, Location="/loginless"), False),
        (answer(302), False),
        (answer(200, Location="/login"), False),
        (answer(403), False),
    ],
)
def test_who_is_asked_to_sign_in(given_answer: Answer, wanted: bool) -> None:
    assert wants_login(given_answer) is wanted


def test_half_an_emoji_does_not_hide_a_transcript() -> None:
    """.NET may cut a text in the middle of a pair; strict JSON readers refuse all of it."""
    body = b'{"messages":[{"body":"cut \\ud83d"},{"body":"whole \\ud83d\\ude00 \xc3\xa9"}]}'
    assert [line.body for line in read(Transcript, answer(200, body)).messages] == ["cut ?", "whole 😀 é"]


def test_a_byte_order_mark_is_no_content() -> None:
    assert read(MessageInfo, answer(200, b'\xef\xbb\xbf{"id":"m1"}')).id == "m1"


def test_unsure_names_the_field_and_not_the_content() -> None:
    with pytest.raises(Unsure) as caught:
        read(SessionInfo, answer(200, {"consoleData": "private words"}))
    assert str(caught.value) == "Evo Voice answered HTTP 200 with an unreadable body (id: missing)"
    assert caught.value.__context__ is None
