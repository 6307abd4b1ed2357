"""The whole bot in this process, between both stand-ins, and what a person does with the New session form."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.service import Service
from bot.settings import Settings
from sandbox.evo import EvoStandIn
from sandbox.slack import SlackStandIn
from sandbox.slack.people.outcomes import Submitted
from sandbox.slack.seeds import ANNA
from sandbox.slack.seeds import SUPPORT as CHANNEL
from sandbox.stage import free_port
from tests.helpers import until

USER, OFFICE = ("bot@example.com", "correct-horse"), ("admin@example.com", "admin-pass")
LOADING = "Loading your directory…"


@dataclass
class Bot:
    """The bot and the two far sides, and what a person does with the form."""

    slack: SlackStandIn
    evo: EvoStandIn

    async def open(self, text: str = "", user: str = ANNA) -> dict[str, Any]:
        """The form as it is when it opens."""
        await self.slack.slash(user, CHANNEL, "/session", text)
        return self.view(user)

    async def completed(self, text: str = "", user: str = ANNA) -> dict[str, Any]:
        """The form once it is known what there is to choose from."""
        await self.open(text, user)
        await until(lambda: LOADING not in said(self.view(user)), "the directory")
        return self.view(user)

    def view(self, user: str = ANNA) -> dict[str, Any]:
        view = self.slack.view(user)
        assert view is not None
        return view

    def held(self, user: str = ANNA) -> dict[str, Any]:
        """What stands in the fields."""
        found = {}
        for block, elements in self.view(user)["state"]["values"].items():
            (element,) = elements.values()
            (value,) = (value for key, value in element.items() if key != "type")
            found[block] = value["value"] if isinstance(value, dict) else value
        return found

    async def fill(self, **given: Any) -> None:
        """Field by field, as a person does: what is to be chosen from a list is searched first."""
        for block, value in given.items():
            if kinds(self.view())[block] == "external_select":
                await self.slack.suggest(ANNA, block, value)
            await self.slack.fill(ANNA, {block: value})

    async def more(self) -> None:
        before = inputs(self.view())
        await self.slack.press(ANNA, "f_advanced")
        assert inputs(self.view()) != before

    async def offered(self, block: str, query: str = "") -> list[str]:
        return [option["text"]["text"] for option in await self.slack.suggest(ANNA, block, query)]

    async def submit(self) -> Submitted:
        return await self.slack.submit(ANNA)

    async def sent(self) -> dict[str, Any]:
        """The body of the one NewSession."""
        await until(lambda: self.evo.journal(operation="NewSession"), "NewSession")
        (entry,) = self.evo.journal(operation="NewSession")
        found: dict[str, Any] = json.loads(entry.body)
        return found


def said(view: dict[str, Any]) -> str:
    """What stands above and below the fields."""
    return "\n".join(
        text["text"]
        for block in view["blocks"]
        if block["type"] in {"section", "context"}
        for text in (block.get("elements") or [block["text"]])
    )


def inputs(view: dict[str, Any]) -> list[str]:
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


def kinds(view: dict[str, Any]) -> dict[str, str]:
    return {block["block_id"]: block["element"]["type"] for block in view["blocks"] if block["type"] == "input"}


@asynccontextmanager
async def running(
    folder: Path, login: tuple[str, str] = USER, *, cold: bool = False, socket: bool = False, **changes: Any
) -> AsyncIterator[Bot]:
    """The bot is connected to Slack; Evo Voice does as the block's faults say. `cold`: the directory is not known.

    `socket`: by Socket Mode, not over HTTP.
    """
    async with EvoStandIn() as evo, SlackStandIn() as slack:
        if cold:
            evo.fault("hang", "GetMyContacts", seconds=60)
        slack.limits.set("off")
        slack.settings.use_manifest(Path("manifest.yml"))
        port = free_port()
        given = {
            "slack_bot_token": slack.settings.bot_token,
            "slack_signing_secret": slack.settings.signing_secret,
            "slack_api_url": slack.api_url,
            "evo_base_url": evo.url,
            "evo_username": login[0],
            "evo_password": login[1],
            "evobot_database": folder / "evobot.db",
            "evobot_port": port,
            "evobot_phone_regions": "US",
            "evobot_poll_seconds": 0.2,
        }
        if socket:
            given |= {"slack_app_token": slack.settings.app_token, "slack_signing_secret": None}
        slack.configure(events_url=f"http://127.0.0.1:{port}/slack/events")
        service = Service(Settings(**{**given, **changes}))
        work = asyncio.ensure_future(service.run())
        try:
            await until(lambda: _is_ready(port), "the bot")
            yield Bot(slack, evo)
        finally:
            service.stop()
            await work


async def _is_ready(port: int) -> bool:
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False
