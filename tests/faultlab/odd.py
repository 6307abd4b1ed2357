"""Requests that nobody sends by accident: bytes changed, headers doubled, payloads of the wrong shape."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus, urlencode

from sandbox.slack.seeds import ANNA, APP, BEN, BOT_USER, SUPPORT, TEAM
from tests.faultlab.wire import FORM, JSON, Headers, request, signed

MARKED = "the-words-of-a-customer"  # in every body; must never show up in a log
OTHER_SECRET = "somebody-elses-secret"
Chance = random.Random
Raw = tuple[bytes, bool]  # what is sent, and whether it is one whole request that will be answered

DEEP = b"[" * 5000
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**400, -(10**30), float("nan"), float("inf"), "", " ", "\x00", "\ud800", "\ud83d",
    "x" * 20_000, "9" * 400, "1e400", "nan", "-1", "1700000000", "٣.٣", "../..", "<script>", "{", [], [None], [[]],
    ["x"], [{}], {}, {"id": []}, {"id": {}}, {"": ""}, {"type": {}}, {"value": None}, {"text": {"text": 5}},
)  # fmt: skip


# Valid payloads, to be spoiled


def message(thread: str, **more: Any) -> dict[str, Any]:
    event = {
        "type": "message", "channel": SUPPORT, "user": BEN, "text": MARKED, "ts": "1700000000.000200",
        "thread_ts": thread, "client_msg_id": "1", "channel_type": "channel", "files": [{"id": "F1", "name": "a.pdf"}],
        **more,
    }  # fmt: skip
    return {
        "token": "t", "type": "event_callback", "team_id": TEAM, "api_app_id": APP, "event_id": "Ev1",
        "event_time": 1700000000, "authorizations": [{"team_id": TEAM, "user_id": BOT_USER}], "event": event,
    }  # fmt: skip


def mention(thread: str) -> dict[str, Any]:
    return message(thread, type="app_mention", text=f"<@{BOT_USER}> invite {MARKED}@example.com")


def pressed(thread: str, action_id: str = "session_invite", value: Any = "1") -> dict[str, Any]:
    action = {"type": "button", "block_id": "b", "action_id": action_id, "value": value, "action_ts": "1.2"}
    return {
        **_by("block_actions"), "channel": {"id": SUPPORT}, "actions": [action],
        "container": {"type": "message", "channel_id": SUPPORT, "message_ts": thread, "thread_ts": thread},
        "message": {"ts": thread, "text": MARKED}, "response_url": "http://127.0.0.1:9/",
    }  # fmt: skip


def submitted(callback: str, values: dict[str, Any], metadata: str = "") -> dict[str, Any]:
    state = {"values": {block: {block: element} for block, element in values.items()}}
    view = {
        "id": "V0ODD", "type": "modal", "callback_id": callback, "state": state, "private_metadata": metadata,
        "hash": "1", "title": {"type": "plain_text", "text": MARKED}, "blocks": [],
    }  # fmt: skip
    return {**_by("view_submission"), "view": view}


def _by(type_: str) -> dict[str, Any]:
    user = {"id": BEN, "username": "ben", "name": "ben", "team_id": TEAM}
    return {"type": type_, "user": user, "team": {"id": TEAM, "domain": "w"}, "api_app_id": APP, "token": "t",
            "trigger_id": "1.2.3"}  # fmt: skip


def interactions(thread: str) -> list[dict[str, Any]]:
    """One of each kind that we handle."""
    text = {"type": "plain_text_input", "value": MARKED}
    people = {"type": "multi_users_select", "selected_users": [ANNA]}
    new = {
        "f_type": {"type": "radio_buttons", "selected_option": {"value": "Chat", "text": {"text": "Chat"}}},
        "f_name": text, "f_members": text, "f_slackmembers": people, "f_message": text,
        "f_where": {"type": "conversations_select", "selected_conversation": SUPPORT},
    }  # fmt: skip
    option = {"type": "external_select", "action_id": "f_with", "block_id": "f_with", "value": MARKED}
    return [
        pressed(thread), pressed(thread, "session_end"), pressed(thread, "item_answer:leave", "1"),
        submitted("session_new", new), submitted("session_invite", {"i_people": text, "i_slack": people}, "1"),
        submitted("session_confirm", {}, '{"token": "V1"}'),
        {**_by("shortcut"), "callback_id": "new_session", "action_ts": "1.2"},
        {**_by("message_action"), "callback_id": "invite_to_session", "channel": {"id": SUPPORT, "name": "support"},
         "message": {"ts": thread, "user": BEN, "text": MARKED}, "message_ts": thread, "action_ts": "1.2"},
        {**_by("block_suggestion"), **option, "view": {"id": "V1", "type": "modal"}},
    ]  # fmt: skip


COMMAND = {
    "token": "t", "team_id": TEAM, "team_domain": "w", "channel_id": SUPPORT, "channel_name": "support",
    "user_id": BEN, "user_name": "ben", "command": "/session", "text": MARKED, "api_app_id": APP,
    "response_url": "http://127.0.0.1:9/", "trigger_id": "1.2.3",
}  # fmt: skip


# Spoiled, and signed by us: what comes after the guard


def signed_but_odd(chance: Chance, thread: str) -> bytes:
    """A request that Slack might have signed, with a payload that is not as it should be."""
    return chance.choice(
        [_odd_event, _odd_event, _odd_json, _odd_interaction, _odd_interaction, _odd_command, _odd_form]
    )(chance, thread)


def _odd_event(chance: Chance, thread: str) -> bytes:
    payload = spoiled(chance.choice([message, mention])(thread), chance)
    return _with(json.dumps(payload).encode(), JSON)


def _odd_json(chance: Chance, thread: str) -> bytes:
    whole = json.dumps(message(thread)).encode()
    at = chance.randrange(len(whole))
    body = chance.choice(
        [
            whole[:at], whole[:at] + bytes([chance.randrange(256)]) + whole[at + 1 :], whole * 2, b"", b"null",
            b"[]", b'"x"', b"12", b"NaN", b"[" * 200_000, b'{"a":' * 50_000, b"\xef\xbb\xbf" + whole,
            whole.decode().encode("utf-16"),
            b'{"type":"event_callback","event":' + DEEP, b'{"type": "event_callback", "event": []}',
            whole[:-1] + b', "event": {"type": "message", "text": 1}}', whole[:-1] + b', "type": "url_verification"}',
            b'{"type": "url_verification", "challenge": ' + json.dumps(chance.choice(ODD)).encode() + b"}",
            b'{"type": ' + json.dumps(chance.choice(ODD)).encode() + b"}", b" " * 1000 + whole, b"1" * 100_000,
        ]
    )  # fmt: skip
    return _with(body, chance.choice([JSON, JSON, b"application/json; charset=utf-8", FORM, b"text/plain"]))


def _odd_interaction(chance: Chance, thread: str) -> bytes:
    payload = spoiled(chance.choice(interactions(thread)), chance)
    return _with(urlencode({"payload": json.dumps(payload)}).encode(), FORM)


def _odd_command(chance: Chance, _: str) -> bytes:
    fields: list[tuple[str, str]] = list(COMMAND.items())
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(fields))
        odd = chance.choice(["", "\x00", "9" * 400, "x" * 20_000, "<@U1>", "\u202e", "{", "../.."])
        change = chance.choice(["drop", "change", "double"])
        fields[at : at + 1] = {
            "drop": [],
            "change": [(fields[at][0], odd)],
            "double": [fields[at], (fields[at][0], odd)],
        }[change]
    return _with(urlencode(fields).encode(), FORM)


def _odd_form(chance: Chance, thread: str) -> bytes:
    payload = quote_plus(json.dumps(pressed(thread))).encode()
    body = chance.choice(
        [
            b"payload=" + payload[: chance.randrange(len(payload))], b"payload=", b"payload=[]", b"payload=12",
            b"payload=null", b"payload=%ff%fe", b"payload=" + quote_plus(DEEP).encode(),
            b"payload=" + payload + b"&payload={}",
            b"", b"&&&", b"%", b"%zz=1", b"=", b"a" * 100_000, b"a=&" * 20_000, b"command=", b"command=%2Fsession",
            b"command=%2Fother&text=x", b"ssl_check=1", b"\xff\xfe", b"payload={}&command=%2Fsession",
            b"type=block_actions", b"payload=%7B%22type%22%3A%22view_closed%22%7D",
            b"payload=%7B%22type%22%3A%22x%22%7D",
        ]
    )  # fmt: skip
    return _with(body, chance.choice([FORM, FORM, b"", b"multipart/form-data; boundary=x"]))


def spoiled(payload: dict[str, Any], chance: Chance) -> dict[str, Any]:
    """One to three places in it dropped or replaced, at any depth."""
    made = copy.deepcopy(payload)
    for _ in range(chance.randint(1, 3)):
        holder, key = chance.choice(list(_places(made)))
        if chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(ODD))
    return made


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _places(inner)


def _with(body: bytes, kind: bytes) -> bytes:
    return request(body, signed(body, kind))


# Not signed by anybody


def unsigned(chance: Chance, thread: str) -> Raw:
    """A request that Slack has not signed, or no request at all."""
    return chance.choice(WAYS)(chance, _forged(chance, thread))


def _forged(chance: Chance, thread: str) -> tuple[bytes, Headers]:
    """A genuine body under a signature that is none."""
    if chance.random() < 0.5:
        body, kind = json.dumps(chance.choice([message, mention])(thread)).encode(), JSON
    else:
        body, kind = urlencode({"payload": json.dumps(chance.choice(interactions(thread)))}).encode(), FORM
    if chance.random() < 0.5:
        return body, signed(body, kind, secret=OTHER_SECRET)
    at = chance.randrange(len(body))
    return body[:at] + bytes([body[at] ^ chance.randrange(1, 256)]) + body[at + 1 :], signed(body, kind)


Forged = tuple[bytes, Headers]


def _as_it_is(_: Chance, forged: Forged) -> Raw:
    return request(*forged), True


def _odd_headers(chance: Chance, forged: Forged) -> Raw:
    body, headers = forged
    pool: list[tuple[bytes, bytes]] = [
        (b"X-Slack-Signature", b""), (b"X-Slack-Signature", b"v0="), (b"X-Slack-Signature", b"v0=" + b"\xff" * 64),
        (b"X-Slack-Signature", b"v1=" + b"0" * 64), (b"X-Slack-Request-Timestamp", b"9" * 400),
        (b"Cookie", b"\xe9" * 100),
        (b"X-Slack-Request-Timestamp", b"nan"), (b"X-Slack-Request-Timestamp", "١٧".encode()), (b"X", b"y" * 30_000),
        (b"Content-Type", b"\xff"), (b"Content-Type", b"text/html"), (b"Accept-Encoding", b"gzip"), (b"Host", b"evil"),
        (b"Content-Encoding", b"gzip"), (b"Authorization", b"Bearer x"), (b"Expect", b"something"),
        (b"X-Slack-Retry-Num", b"\xff"), (b"Connection", b"close"), (b"X-Forwarded-For", b"1, 2, 3"),
    ]  # fmt: skip
    kept = [header for header in headers if chance.random() < 0.7]
    more = [chance.choice(pool) for _ in range(chance.randint(1, 40 if chance.random() < 0.1 else 4))]
    return request(body, [*kept, *more]), True


def _odd_line(chance: Chance, forged: Forged) -> Raw:
    method = chance.choice([b"GET", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"PROPFIND", b"POST", b"POST"])
    path = chance.choice(
        [b"/", b"/slack", b"/slack/events/", b"/slack/events?x=" + b"y" * 500, b"/slack/events#x", b"//slack/events",
         b"/SLACK/EVENTS", b"/slack%2fevents", b"/slack/events%00", b"/%ff%fe", b"/../../etc/passwd", b"/.env",
         b"/healthz/../slack/events", b"http://bot/slack/events", b"/metrics", b"/slack/events/" + b"a/" * 500]
    )  # fmt: skip
    return request(*forged, line=method + b" " + path + b" HTTP/1.1"), True


def _turned_bytes(chance: Chance, forged: Forged) -> Raw:
    """A request signed with another secret, changed anywhere at all."""
    body = forged[0]
    raw = bytearray(request(body, signed(body, secret=OTHER_SECRET)))
    for _ in range(chance.randint(1, 8)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw), False


def _chunked(chance: Chance, forged: Forged) -> Raw:
    body, headers = forged
    size = chance.choice([1, 7, 100, 5000])
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    end = chance.choice(
        [b"0\r\n\r\n", b"0\r\nX-Slack-Signature: v0=0\r\n\r\n", b"", b"zz\r\n\r\n", b"ffffffffffffffffff\r\n"]
    )
    return _head(headers, (b"Transfer-Encoding", b"chunked")) + chunks + end, end.startswith(b"0")


def _lying_length(chance: Chance, forged: Forged) -> Raw:
    body, headers = forged
    length = chance.choice(
        [
            b"0",
            b"1",
            b"%d" % (len(body) + 5),
            b"-1",
            b"1e3",
            b"99999999999999999999",
            b"0x10",
            b"12, 12",
            b"",
            b"1048577",
        ]
    )
    twice = [(b"Content-Length", b"3")] if chance.random() < 0.2 else []
    both = [(b"Transfer-Encoding", b"chunked")] if chance.random() < 0.2 else []
    return _head(headers, (b"Content-Length", length), *twice, *both) + body, False


def _expecting(_: Chance, forged: Forged) -> Raw:
    body, headers = forged
    return request(body, [*headers, (b"Expect", b"100-continue")]), False


def _several_at_once(chance: Chance, forged: Forged) -> Raw:
    return request(*forged) * chance.randint(2, 30), False


def _old(chance: Chance, forged: Forged) -> Raw:
    version = chance.choice([b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/9.9", b"http/1.1", b"", b"HTTP/1.1 x"])
    return request(*forged, line=b"POST /slack/events " + version), False


def _upgrade(chance: Chance, forged: Forged) -> Raw:
    to = chance.choice([b"websocket", b"h2c", b"x"])
    more = [(b"Connection", b"Upgrade, HTTP2-Settings"), (b"Upgrade", to), (b"Sec-WebSocket-Key", b"eA==")]
    return request(forged[0], [*forged[1], *more]), False


def _garbage(chance: Chance, forged: Forged) -> Raw:
    hello = bytes.fromhex("16030100c8010000c40303") + chance.randbytes(200)
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    raw = chance.choice(
        [hello, preface, chance.randbytes(chance.randint(1, 500)), b"\r\n" * 500, b"\x00" * 100,
         b"GET\r\n\r\n", b" / \r\n\r\n",
         b"CONNECT evil:443 HTTP/1.1\r\n\r\n", b"OPTIONS * HTTP/1.1\r\n\r\n", b"GET http:// HTTP/1.1\r\n\r\n",
         b"GET /\xff\xfe HTTP/1.1\r\n\r\n", b"POST /slack/events HTTP/1.1\r\nA" + b"\r\n" * 3, request(*forged)[:-20],
         b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 3000 + b"\r\n", b"GET /" + b"a" * 70_000,
         b"GET / HTTP/1.1\r\nA: " + b"a" * 70_000,
         b"GET / HTTP/1.1\r\n: x\r\n\r\n", b"GET / HTTP/1.1\r\nA b: x\r\n\r\n", b"GET / HTTP/1.1\r\n folded: x\r\n\r\n",
         b"GET / HTTP/1.1\nHost: x\n\n", b"HTTP/1.1 200 OK\r\n\r\n", b"GET / HTTP/1.1\r\nA: \x00\x01\r\n\r\n"]
    )  # fmt: skip
    return raw, False


def _odd_bodies(chance: Chance, _: Forged) -> Raw:
    """Deep, huge and broken bodies: must be refused before anybody parses them."""
    body = chance.choice(
        [b"[" * 100_000, b"payload=" + b"[" * 50_000, b"1" * 200_000, b"\xff" * 1000, b'{"a":' * 9999, b""]
    )
    return request(body, signed(body, chance.choice([JSON, FORM]), secret=OTHER_SECRET)), True


WAYS: tuple[Callable[[Chance, Forged], Raw], ...] = (
    _as_it_is, _as_it_is, _as_it_is, _odd_headers, _odd_headers, _odd_headers, _odd_headers, _odd_line, _odd_line,
    _turned_bytes, _chunked, _lying_length, _expecting, _several_at_once, _old, _upgrade, _garbage, _odd_bodies,
)  # fmt: skip


def _head(headers: Headers, *more: tuple[bytes, bytes]) -> bytes:
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in [(b"Host", b"bot"), *headers, *more])
    return b"POST /slack/events HTTP/1.1\r\n" + lines + b"\r\n"
