"""Replies in threads as Slack's Events API brings them, each with an id and a time stamp of its own."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.names import APP, BOT, CHANNEL, EVENTS, HOST, PER_SECOND, SECRET, TEAM, USER, thread_ts

WORDS: Final = "No. {number}: the parcel left this morning and should be with you before Friday noon."


@dataclass(frozen=True, slots=True)
class Letter:
    """One event, ready to be written to a socket."""

    number: int
    request: bytes


def letters(first: int, count: int, threads: int) -> list[Letter]:
    """So many signed requests, numbered from `first` on, one after another to each of so many threads."""
    now = int(time.time())
    return [Letter(number, _request(_body(event), now)) for number, event in numbered(first, count, threads)]


def numbered(first: int, count: int, threads: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """The payloads alone, with their numbers."""
    now = int(time.time())
    for number in range(first, first + count):
        yield number, payload(number, thread_ts(number % threads), now)


def payload(number: int, thread: str, now: int) -> dict[str, Any]:
    """An `event_callback`, about 1,400 bytes as JSON."""
    ts, words = f"{now + number // PER_SECOND}.{number % PER_SECOND:06d}", WORDS.format(number=number)
    return {
        "token": "z26uFbvR1xHJEdHE1OQiO6t8",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": _message(ts, thread, words),
        "type": "event_callback",
        "event_id": f"Ev{number:09d}",
        "event_time": now,
        "authorizations": [
            {"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}
        ],
        "is_ext_shared_channel": False,
        "event_context": "4-eyJldCI6Im1lc3NhZ2UiLCJ0aWQiOiJUMEJFTkNIIiwiYWlkIjoiQTBCRU5DSCIsImNpZCI6IkMwQkVOQ0gifQ",
    }


def _message(ts: str, thread: str, words: str) -> dict[str, Any]:
    return {
        "user": USER,
        "type": "message",
        "ts": ts,
        "client_msg_id": f"0f2c6e1a-7c1c-4d0e-9f5e-{ts.replace('.', '')[-12:]}",
        "text": words,
        "team": TEAM,
        "thread_ts": thread,
        "parent_user_id": BOT,
        "blocks": [
            {
                "type": "rich_text",
                "block_id": "bLk0",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": words}]}],
            }
        ],
        "channel": CHANNEL,
        "event_ts": ts,
        "channel_type": "channel",
    }


def _body(event: dict[str, Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()


def _request(body: bytes, now: int) -> bytes:
    stamp = str(now).encode()
    signature = hmac.new(SECRET.encode(), b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest()
    head = (
        f"POST {EVENTS} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
        "Accept: */*\r\nAccept-Encoding: gzip,deflate\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Slack-Request-Timestamp: {now}\r\nX-Slack-Signature: v0={signature}\r\n\r\n"
    )
    return head.encode() + body
