"""Who we are in Slack, asked once and without slack-sdk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import whoami
from bot.clock import SystemClock
from bot.slackerrors import SlackAway, SlackError, SlackSignedOut, SlackUnsure
from bot.slackweb import slack_client, slack_session
from bot.workspace import Workspace
from sandbox.slack import SlackStandIn

TOKEN = "xoxb-standin-bot"


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn() as standin:
        standin.limits.set("off")
        yield standin


async def ask(url: str, token: str = TOKEN) -> whoami.Identity:
    return await asyncio.to_thread(whoami.ask, token, url)


async def failure(url: str) -> SlackError:
    with pytest.raises(SlackError) as raised:
        await ask(url)
    return raised.value


async def test_it_is_what_slack_sdk_would_hear(slack: SlackStandIn) -> None:
    async with slack_session() as session:
        workspace = Workspace(slack_client(TOKEN, slack.api_url, session), SystemClock())
        assert await ask(slack.api_url) == await ask(slack.api_url.rstrip("/")) == await workspace.identity()


@pytest.mark.parametrize(
    ("fault", "code", "means"),
    [
        ("error", "token_revoked", SlackSignedOut), ("error", "internal_error", SlackUnsure),
        ("error", "ratelimited", SlackAway), ("http_503", None, SlackUnsure),
    ],
)  # fmt: skip
async def test_a_failure_means_what_it_always_means(
    slack: SlackStandIn, fault: str, code: str | None, means: type[SlackError]
) -> None:
    slack.faults.order("auth.test", fault, **({"error": code} if code else {}))
    assert type(await failure(slack.api_url)) is means


async def test_nobody_there_is_a_doubt() -> None:
    assert type(await failure("http://127.0.0.1:9/api/")) is SlackUnsure


ODD = {"a redirect": (302, '{"ok": true}'), "no JSON": (200, "<html>"), "no object": (200, "[]"), "no ok": (200, "{}")}


@pytest.mark.parametrize("said", ODD.values(), ids=ODD)
async def test_what_is_no_answer_names_nobody_and_is_asked_for_once(said: tuple[int, str]) -> None:
    asked: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.path, request.headers["Authorization"]))
        return web.Response(status=said[0], text=said[1], headers={"Location": "/elsewhere"})

    async with served(answer) as url:
        assert type(await failure(f"{url}/api/")) is SlackUnsure
    assert asked == [("/api/auth.test", f"Bearer {TOKEN}")]


@asynccontextmanager
async def served(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_through_a_proxy_it_is_left_to_slack_sdk(slack: SlackStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert type(await failure(slack.api_url)) is SlackUnsure
    assert slack.journal.calls("auth.test") == []
