"""Which requests can leave: ids, cursors and addresses of every make, and a server that sends us elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from bot.clock import SystemClock
from bot.evo import Channel, EvoError, EvoVoice, NewSession, PatchSession, connect
from bot.model import ChannelId, Mark, Ts, UserId
from bot.slackweb import slack_client, slack_session
from bot.text import Mentions
from bot.views import Message
from bot.workspace import SlackError, Workspace
from sandbox import steady
from tests.faultlab.corpus import FROM_OUTSIDE
from tests.faultlab.verdict import Verdict

USER, PASSWORD, TOKEN, COOKIE = "bot@example.com", "a-password-of-ours", "xoxb-a-token-of-ours", "a-cookie-of-ours"
OUR_SECRETS = (PASSWORD, TOKEN, COOKIE, "Authorization", "Cookie")
ID, VALUE = r"[A-Za-z0-9_-]{1,64}", r"[!\"$%'-;=?-~]*"  # a value: printable signs, but neither & nor # nor <
NAMES = (
    "specificIds|accountIds|parentSessionId|types|nameFilter|page|countPerPage|simplifiedPaging|startDate|endDate"
    "|searchArchive|user|channel|ts|oldest|limit|include_all_metadata|cursor"
)
QUERY = rf"(?:\?(?:{NAMES})={VALUE}(?:&(?:{NAMES})={VALUE})*)?"
TEMPLATES = re.compile(
    r"POST /auth/credentials|GET /auth/status|GET /app/(?:config|contacts)|GET /sessions/(?:my|active)"
    rf"|POST /sessions|GET /sessions{QUERY}|(?:GET|PATCH|DELETE) /sessions/(?!my$|active$|outgoing$){ID}"
    rf"|POST /sessions/{ID}/(?:members|messages)|GET /sessions/{ID}/transcript"
    rf"|DELETE /json/reply/DeleteChatMember\?sessionId={ID}&memberToRemove=[^&?#/\s]+"
    rf"|DELETE /sessions/{ID}/members/[^/?#\s]+\?memberToRemove=[^&?#/\s]+"
    rf"|GET /(?:endpoints|customers){QUERY}"
    rf"|GET /api/(?:users\.info|conversations\.(?:info|replies|history)){QUERY}"
    r"|POST /api/(?:auth\.test|chat\.(?:postMessage|update|postEphemeral)|reactions\.(?:add|remove))"
)
PIECES = (
    "..", ".", "/", "\\", "%2e", "%2E%2e", "%2f", "%252e", "?", "#", "&", "=", ";", "@", ":", "%", "\r\n", "\n", "\t",
    " ", "\0", "é", "\u2028", "\uff0e\uff0e", "\u2215", "\ud800", "my", "active", "s1", "members", "transcript", "xoxb",
    "HTTP/1.1", "\r\nHost: elsewhere.invalid\r\n\r\n", "//elsewhere.invalid/", "http://elsewhere.invalid/",
    "", "A" * 64, "A" * 65, "B" * 9000, ",", "'", '"', "{", "}", "[", "]", "*", "+", "~", "-", "_", "0",
)  # fmt: skip
PATIENCE = 5.0


@dataclass
class Recorder:
    """Answers everything the same way and keeps what it was asked, as it stood on the wire."""

    answer: Callable[[str], bytes]
    heads: list[str] = field(default_factory=list)
    extra: list[bytes] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"(?i)\r\ncontent-length: *(\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                self.heads.append(head)
                writer.write(self.answer(head.split(" ")[1]))
                await writer.drain()
        writer.close()

    @property
    def lines(self) -> list[str]:
        return [head.split("\r\n")[0].removesuffix(" HTTP/1.1") for head in self.heads]


@asynccontextmanager
async def recording(answer: Callable[[str], bytes]) -> AsyncIterator[Recorder]:
    recorder = Recorder(answer)
    server = await asyncio.start_server(recorder.serve, "127.0.0.1", 0, limit=1 << 22)
    recorder.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield recorder
    finally:
        server.close()
        await server.wait_closed()


def paths(folder: Path, long: bool) -> Verdict:
    """Every request line is one of the vendors' own, or nothing leaves; and nobody is followed elsewhere."""
    count = 50_000 if long else 5_000
    wrong = steady.run(_fuzz(count))
    redirected = steady.run(_redirected())
    return Verdict(
        promise="no id, cursor or address changes where a request goes",
        tried=f"{count:,} made-up ids, cursors and addresses; {redirected['asked']} calls redirected",
        also={
            "request lines of another form": len(wrong["lines"]),
            "refusals that do not say so": len(wrong["refusals"]),
            "redirects followed": len(redirected["followed"]),
            "secrets sent elsewhere": len(redirected["secrets"]),
        },
        measured=f"{wrong['left'][0]:,} left, {wrong['left'][1]:,} were refused before",
        examples=[*wrong["lines"][:5], *wrong["refusals"][:5], *redirected["followed"][:5], *redirected["secrets"][:5]],
    )


# Made-up ids


def texts(count: int) -> list[str]:
    chance = random.Random(5)  # noqa: S311 - the same texts every time
    made = [*FROM_OUTSIDE, *PIECES]
    while len(made) < count:
        made.append("".join(chance.choices(PIECES, k=chance.randint(1, 4))))
    return made[:count]


def _evo_answer(_: str) -> bytes:
    return _http(b'{"id":"s1","messages":[],"sessions":[],"items":[],"contacts":[]}', f"Set-Cookie: ss-id={COOKIE}")


def _slack_answer(_: str) -> bytes:
    return _http(b'{"ok":true,"ts":"1.1","user":{},"channel":{},"messages":[]}')


def _http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _fuzz(count: int) -> dict[str, Any]:
    async with recording(_evo_answer) as evo, recording(_slack_answer) as slack, slack_session() as session:
        client = connect(evo.url, USER, PASSWORD, deadline=PATIENCE)
        workspace = Workspace(slack_client(TOKEN, f"{slack.url}/api/", session), SystemClock())
        calls = [*_evo_calls(client), *_slack_calls(workspace)]
        odd: list[str] = []
        refused = 0
        for n, text in enumerate(texts(count)):
            came_of_it = await _tried(calls[n % len(calls)], text)
            refused += came_of_it is not None
            if came_of_it:
                odd.append(f"{text[:80]!r}: {came_of_it}")
        await client.aclose()
        seen = [*evo.lines, *slack.lines]
        return {"lines": [line[:200] for line in seen if not TEMPLATES.fullmatch(line)], "refusals": odd,
                "left": (len(seen), refused)}  # fmt: skip


async def _tried(call: Callable[[str], Awaitable[object]], text: str) -> str | None:
    """None when it was answered, "" when it was refused properly, else what was raised instead."""
    try:
        await call(text)
    except (EvoError, SlackError, ValueError):
        return ""
    except Exception as error:  # noqa: BLE001 - any other is a finding
        return f"{type(error).__name__}: {error}"[:200]
    return None


def _evo_calls(evo: EvoVoice) -> list[Callable[[str], Awaitable[object]]]:
    new = NewSession(channel=Channel.CHAT, display_name="x")
    return [
        evo.get_session,
        evo.end_session,
        evo.get_chat_transcript,
        lambda text: evo.patch_session(text, PatchSession(console_data="x")),
        lambda text: evo.send_message(text, "hello"),
        lambda text: evo.send_message("s1", text),
        lambda text: evo.invite_chat_member(text, "ana@example.com"),
        lambda text: evo.invite_chat_member("s1", text, text),
        lambda text: evo.delete_chat_member(text, "ana@example.com"),
        lambda text: evo.delete_chat_member("s1", text),
        lambda text: evo.list_sessions(specific_ids=[text, "s1"]),
        lambda text: evo.list_sessions(account_ids=[text]),
        lambda text: evo.list_sessions(parent_session_id=text),
        lambda text: evo.list_endpoints(types=["User"], name_filter=text),
        lambda text: evo.list_endpoints(types=[text]),
        lambda text: evo.list_customers(name_filter=text, account_ids=[text]),
        lambda text: evo.new_session(new.model_copy(update={"display_name": text, "with_address": text})),
    ]


def _slack_calls(slack: Workspace) -> list[Callable[[str], Awaitable[object]]]:
    there, ts, message = ChannelId("C1"), Ts("1.1"), Message("x", [])
    return [
        lambda text: slack.profile(UserId(text)),
        lambda text: slack.is_member(ChannelId(text)),
        lambda text: slack.names(Mentions(frozenset({UserId(text)}), frozenset({ChannelId(text)}), frozenset({text}))),
        lambda text: slack.post(ChannelId(text), Ts(text), message, text),
        lambda text: slack.standing(ChannelId(text), Ts(text), 0.0),
        lambda text: slack.has_thread(ChannelId(text), Ts(text)),
        lambda text: slack.update(ChannelId(text), Ts(text), message),
        lambda text: slack.react(there, Ts(text), (), Mark.DELIVERED),
        lambda text: slack.hint(there, UserId(text), "x", Ts(text)),
        lambda text: slack.post(there, ts, Message(text, []), "n"),
    ]


# Sent elsewhere


async def _redirected() -> dict[str, Any]:
    """Each kind of call, answered by each kind of redirect, to another host and to another path of the same one."""
    found: dict[str, Any] = {"asked": 0, "followed": [], "secrets": []}
    for status in ("301 x", "302 x", "303 x", "307 x", "308 x"):
        async with recording(lambda _: _http(b"{}")) as other:
            await _redirect_to(f"{other.url}/caught", status, found)
            found["followed"] += [f"{status}: {line}" for line in other.lines]
            found["secrets"] += [f"{status}: {head[:200]}" for head in other.heads if _is_told(head)]
    return found


def _is_told(head: str) -> bool:
    return any(secret.lower() in unquote_plus(head).lower() for secret in OUR_SECRETS)


async def _redirect_to(url: str, status: str, found: dict[str, Any]) -> None:
    def away(target: str) -> bytes:
        if target == "/auth/credentials":
            return _evo_answer(target)
        return _http(b"", f"Location: {url}", f"Set-Cookie: other={COOKIE}", status=status)

    async with recording(away) as here, slack_session() as session:
        evo = connect(here.url, USER, PASSWORD, deadline=PATIENCE)
        workspace = Workspace(slack_client(TOKEN, f"{here.url}/api/", session), SystemClock())
        for call in (*_evo_calls(evo), evo_without_id(evo), *_slack_calls(workspace)):
            found["asked"] += 1
            await _tried(call, "s1")
        await evo.aclose()
        asked = Counter(line for line in here.lines if not TEMPLATES.fullmatch(line))
        found["followed"] += [f"{status}: {line}" for line in asked]


def evo_without_id(evo: EvoVoice) -> Callable[[str], Awaitable[object]]:
    return lambda _: evo.get_my_sessions()
