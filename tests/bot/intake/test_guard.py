"""Is this request from Slack? Cheaply, on raw bytes, and with never more than a "no" for whoever is not."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.signature import SignatureVerifier

from bot.intake import Door, Entrance, Guard, HttpApp
from bot.intake.wire import MAX_BODY, Request, joined
from tests.helpers import TestClock

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_700_000_000
OK, UNAUTHORIZED, TOO_LARGE = None, 401, 413
EVENT = json.dumps({"type": "event_callback", "event": {"type": "message", "text": "héllo"}}).encode()
JSON = (b"content-type", b"application/json")
STAMP, SIGNATURE = b"x-slack-request-timestamp", b"x-slack-signature"


def signature(body: bytes, stamp: bytes = b"%d" % NOW, secret: str = SECRET) -> bytes:
    return b"v0=" + hmac.new(secret.encode(), b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest().encode()


def signed(body: bytes, stamp: bytes = b"%d" % NOW, secret: str = SECRET) -> dict[bytes, bytes]:
    return {STAMP: stamp, SIGNATURE: signature(body, stamp, secret)}


def refusal(headers: Mapping[bytes, bytes], body: bytes = EVENT) -> int | None:
    return Guard(SECRET, TestClock(NOW)).refusal(headers, body)


def test_slacks_own_worked_example_is_believed() -> None:
    """Slack docs: verifying requests from Slack."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        STAMP: b"1531420618",
        SIGNATURE: b"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    assert Guard(SECRET, TestClock(1_531_420_618)).refusal(headers, body) is OK


@given(st.text(max_size=300).map(str.encode))
def test_what_slacks_own_library_signs_is_believed(body: bytes) -> None:
    stamp = str(NOW)
    made = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
    assert made is not None
    assert refusal({STAMP: stamp.encode(), SIGNATURE: made.encode()}, body) is OK


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, OK), (-299, OK), (299, OK), (-300, OK), (300, OK), (-301, UNAUTHORIZED), (301, UNAUTHORIZED),
     (-86400, UNAUTHORIZED), (86400, UNAUTHORIZED)],
)  # fmt: skip
def test_a_request_is_good_for_five_minutes_both_ways(seconds: int, expected: int | None) -> None:
    assert refusal(signed(EVENT, b"%d" % (NOW + seconds))) == expected


@pytest.mark.parametrize(
    "stamp",
    [b"", b"soon", b"-1700000000", b"+1700000000", b" 1700000000", b"1700000000 ", b"1700000000.0", b"1.7e9",
     b"0x6553f100", b"1_700_000_000", b"1700000000\n", "１７０００００００００".encode(), b"\xff\xfe", b"9" * 5000,
     b"nan", b"inf"],
)  # fmt: skip
def test_a_stamp_that_is_no_stamp_is_refused_though_it_is_signed(stamp: bytes) -> None:
    assert refusal(signed(EVENT, stamp)) == UNAUTHORIZED


GOOD = signature(EVENT)


@pytest.mark.parametrize(
    "given",
    [b"", b"v0=", GOOD[:-1], GOOD + b"0", GOOD.upper(), b"V0" + GOOD[2:], b"v1" + GOOD[2:], GOOD[3:], b" " + GOOD,
     GOOD + b"\n", b"v0=" + b"0" * 64, "v0=é".encode() + GOOD[5:], b"v0=" + b"\xff" * 64, b"v0=" + "ａ".encode() * 64,
     b"x" * 100_000],
)  # fmt: skip
def test_a_signature_that_is_none_is_refused(given: bytes) -> None:
    assert refusal({STAMP: b"%d" % NOW, SIGNATURE: given}) == UNAUTHORIZED


@pytest.mark.parametrize("missing", [STAMP, SIGNATURE])
def test_a_missing_header_is_refused(missing: bytes) -> None:
    headers = signed(EVENT)
    del headers[missing]
    assert (refusal(headers), refusal({})) == (UNAUTHORIZED, UNAUTHORIZED)


def test_a_signature_holds_for_one_secret_one_stamp_and_one_body() -> None:
    other_stamp = signed(EVENT) | {STAMP: b"%d" % (NOW + 1)}
    found = [
        refusal(signed(EVENT)),
        refusal(signed(EVENT, secret=SECRET + "x")),
        refusal(other_stamp),
        refusal(signed(EVENT), EVENT + b" "),
        refusal(signed(b""), b""),
    ]
    assert found == [OK, UNAUTHORIZED, UNAUTHORIZED, UNAUTHORIZED, OK]


def test_one_turned_bit_anywhere_is_seen() -> None:
    headers = signed(EVENT)
    turned = [EVENT[:at] + bytes([EVENT[at] ^ 1 << at % 8]) + EVENT[at + 1 :] for at in range(len(EVENT))]
    assert {refusal(headers, body) for body in turned} == {UNAUTHORIZED}


def test_a_body_may_be_a_mebibyte_long() -> None:
    at_most, too_much = b"x" * MAX_BODY, b"x" * (MAX_BODY + 1)
    assert (refusal(signed(at_most), at_most), refusal(signed(too_much), too_much)) == (OK, TOO_LARGE)


@pytest.mark.parametrize("secret", ["", " ", "\t\n", "\u00a0"])
def test_a_blank_secret_is_refused_at_once(secret: str) -> None:
    with pytest.raises(ValueError, match="blank"):
        Guard(secret, TestClock())


# The same at the whole front door: whatever comes unsigned, nobody behind it hears of it.


class Front:
    """The HTTP app with its doors open, and a count of what got through them."""

    def __init__(self) -> None:
        self.through: list[Any] = []
        entrance = Entrance()
        self.app = HttpApp(Guard(SECRET, TestClock(NOW)), list, front=entrance)
        entrance.open(Door(self._take))
        entrance.interact(self._bolt())

    async def _take(self, payload: Mapping[str, Any]) -> None:
        self.through.append(payload)

    def _bolt(self) -> AsyncApp:
        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1", bot_id="B1", bot_user_id="U1")

        async def count(body: Any, next_: Any) -> None:
            self.through.append(body)
            await next_()

        bolt = AsyncApp(authorize=authorize, signing_secret=SECRET, request_verification_enabled=False)
        bolt.middleware(count)
        return bolt

    async def ask(self, headers: list[tuple[bytes, bytes]], body: bytes, path: str = "/slack/events") -> int:
        """The status of a POST, handed over directly so that nothing tidies it up on the way."""
        request = Request(b"POST", path, joined([(name.lower(), value) for name, value in headers]), body)
        return (self.app.at_once(request) or await self.app.answer(request)).status


@pytest.fixture(scope="module")
def front() -> Front:
    """One for all examples: making it takes longer than asking it."""
    return Front()


some_bytes = st.one_of(
    st.binary(max_size=80),
    st.sampled_from([b"", b"v0=", b"0", b"\xff" * 64, b"9" * 5000, b"-1", GOOD, GOOD[:-1], GOOD.upper(), b"%d" % NOW]),
    st.integers(-(10**30), 10**30).map(lambda number: b"%d" % number),
)
names = st.sampled_from([STAMP, SIGNATURE, b"X-Slack-Signature", b"X-SLACK-REQUEST-TIMESTAMP", b"content-length",
                         b"content-type", b"x-slack-retry-num", b"transfer-encoding", b"\xff"])  # fmt: skip
bodies = st.one_of(
    st.just(EVENT),
    st.binary(max_size=300),
    st.sampled_from([b"{}", b"[]", b"payload=%7B%7D", b"payload=x", b"ssl_check=1", b"command=%2Fsession&text=x",
                     b'{"type":"url_verification","challenge":"c"}', b"\xff", b"[" * 100_000]),
    st.tuples(st.integers(0, len(EVENT) - 1), st.integers(1, 255)).map(
        lambda turn: EVENT[: turn[0]] + bytes([EVENT[turn[0]] ^ turn[1]]) + EVENT[turn[0] + 1 :]
    ),
)  # fmt: skip
kinds = st.sampled_from([b"application/json", b"application/x-www-form-urlencoded", b"", b"text/plain", b"\xff"])


@settings(max_examples=600, deadline=None)
@given(st.lists(st.tuples(names, some_bytes), max_size=5), bodies, kinds, st.booleans())
async def test_whatever_comes_unsigned_is_refused_and_goes_no_further(
    front: Front, changes: list[tuple[bytes, bytes]], body: bytes, kind: bytes, keep: bool
) -> None:
    """Genuine headers of another moment, changed and doubled at will: never a 5xx, never a listener."""
    base = [(STAMP, b"%d" % NOW), (SIGNATURE, signature(b"another body"))] if keep else []
    front.through.clear()
    status = await front.ask([(b"content-type", kind), *base, *changes], body)
    genuine = body == EVENT and GOOD in dict(changes).values()
    if genuine:
        return
    assert (400 <= status < 500, front.through) == (True, [])


async def test_what_is_signed_gets_through() -> None:
    """The counterpart, without which the test above would prove nothing."""
    front = Front()
    form = b"payload=%7B%22type%22%3A%22shortcut%22%7D"
    statuses = [await front.ask([JSON, *signed(EVENT).items()], EVENT), await front.ask([*signed(form).items()], form)]
    assert statuses[0] == 200
    assert [payload["type"] for payload in front.through] == ["event_callback", "shortcut"]
