"""Questions before money is spent, with the whole bot between both stand-ins: what has left, and how often."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from sandbox.slack.seeds import ANNA, BEN, TEAM
from sandbox.slack.seeds import SUPPORT as CHANNEL
from tests.handlers.wired import Bot, running
from tests.helpers import until

COSTLY = {"NewSession", "InviteChatMember"}


def _confirmed(view: dict[str, Any], user: str, n: int) -> dict[str, str]:
    """A click on Confirm, as Slack posts it."""
    shown = {key: view[key] for key in ("callback_id", "private_metadata")}
    payload = {
        "type": "view_submission",
        "team": {"id": TEAM},
        "user": {"id": user, "team_id": TEAM},
        "trigger_id": f"1.{n}",
        "view": {**shown, "id": f"VCLICK{n}", "type": "modal", "state": {"values": {}}},
    }
    return {"payload": json.dumps(payload)}


async def click_often(bot: Bot, view: dict[str, Any], users: list[str]) -> list[str]:
    """Everybody at once. What each is answered: "cleared", or the sentence in the question's place."""
    secret, url = bot.slack.settings.signing_secret, bot.slack.settings.events_url
    limits = httpx.Limits(max_connections=len(users))

    async def click(client: httpx.AsyncClient, n: int, user: str) -> str:
        body, stamp = urlencode(_confirmed(view, user, n)), str(int(time.time()))
        signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
        signed = {"x-slack-signature": signature, "x-slack-request-timestamp": stamp}
        kind = {"content-type": "application/x-www-form-urlencoded"}
        answer = (await client.post(url, content=body, headers=signed | kind)).json()
        cleared = answer["response_action"] == "clear"
        return "cleared" if cleared else str(answer["view"]["blocks"][0]["text"]["text"])

    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        return await asyncio.gather(*(click(client, n, user) for n, user in enumerate(users)))


def left(bot: Bot) -> list[str]:
    return sorted(entry.operation for entry in bot.evo.journal() if entry.operation in COSTLY)


async def asked(bot: Bot) -> dict[str, Any]:
    await bot.slack.slash(ANNA, CHANNEL, "/session", 'chat Boiler member:"(503) 555-0123" message:Hello')
    view = bot.view()
    assert view["callback_id"] == "session_confirm"
    return view


async def settled(bot: Bot) -> None:
    """Once the words of the session have left, everything before them has, too."""
    await until(lambda: bot.evo.effects(kind="sent"), "the first message")


async def test_fifty_clicks_of_two_people_are_one_session_and_one_invitation(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        view = await asked(bot)
        answers = await click_often(bot, view, [ANNA, BEN] * 25)
        await settled(bot)
        assert answers.count("cleared") == 1
        assert left(bot) == ["InviteChatMember", "NewSession"]


async def test_fifty_clicks_after_a_restart_are_one_session_and_one_invitation(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        view = await asked(bot)
        assert left(bot) == []
    async with running(tmp_path) as bot:
        first = await click_often(bot, view, [ANNA] * 25)
        await settled(bot)
        assert (first.count("cleared"), left(bot)) == (1, ["InviteChatMember", "NewSession"])
    async with running(tmp_path) as bot:
        again = await click_often(bot, view, [ANNA] * 25)
        assert again.count("cleared") == 0
        assert left(bot) == []


@pytest.mark.parametrize("user", [BEN, "U0NOBODY"])
async def test_fifty_clicks_of_somebody_else_send_nothing(tmp_path: Path, user: str) -> None:
    async with running(tmp_path) as bot:
        answers = await click_often(bot, await asked(bot), [user] * 50)
        assert "cleared" not in answers
        await bot.slack.slash(ANNA, CHANNEL, "/session", "chat Other member:joe@example.com")
        await until(bot.evo.sessions, "what was asked for afterwards")
        assert left(bot) == ["NewSession"]
