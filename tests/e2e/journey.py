"""One visit to the workbench, step by step, as a person does it: by what stands on the page and by its labels."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from sandbox.demo.show import administered
from sandbox.stage import Stage
from sandbox.workbench import Feed, Workbench

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
SETTINGS = {"EVOBOT_PHONE_REGIONS": "US"}


@asynccontextmanager
async def workbench(folder: Path, **settings: str) -> AsyncIterator[str]:
    """The page's address, over the real bot and both stand-ins, without a play."""
    async with (
        Stage(administered(folder), "socket", SETTINGS | settings, manifest=MANIFEST) as stage,
        Workbench(stage, Feed(), port=0) as bench,
    ):
        yield bench.url


class Journey:
    """What somebody does on the page. Whatever does not come about within the page's patience fails."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.slack = page.get_by_role("region", name="Slack", exact=True)
        self.evo = page.get_by_role("region", name="Evo Voice", exact=True)
        self.transcript = self.evo.get_by_role("log")
        self.wire = page.get_by_role("region", name="Wire", exact=True)
        self.bot = page.get_by_role("region", name="The bot")
        self.channel = self.slack.get_by_role("log", name="Messages in #support")
        self.thread = self.slack.get_by_role("complementary", name="Thread")

    def form(self, title: str) -> Locator:
        return self.slack.get_by_role("dialog", name=title)

    def card(self) -> Locator:
        return self.channel.get_by_role("article").filter(has=self.page.get_by_role("heading", name="Broken boiler"))

    async def ready(self) -> None:
        await expect(self.bot.get_by_text("Bot runs")).to_be_visible()

    async def type_command(self, text: str) -> None:
        """In the channel's message box; the list of commands is open afterwards."""
        await self.slack.get_by_role("combobox", name="Message #support").first.press_sequentially(text)

    async def open_form(self) -> None:
        await self.type_command("/session chat Broken boiler")
        await self.page.keyboard.press("Enter")
        await expect(self.form("New session")).to_be_visible()
        await expect(self.form("New session").get_by_label("Name")).to_have_value("Broken boiler")

    async def give_a_wrong_number(self) -> Locator:
        """What stands under the field then."""
        form = self.form("New session")
        await form.get_by_label("Other people").fill("joe@example.com\n(503) 555-01")
        await form.get_by_label("First message").fill("Hi, this is Anna. How can we help?")
        await form.get_by_role("button", name="Create").click()
        return form.get_by_text(re.compile("555-01.*not"))

    async def correct_it(self) -> None:
        form = self.form("New session")
        await form.get_by_label("Other people").fill("joe@example.com\n(503) 555-0123")
        await form.get_by_role("button", name="Create").click()
        await expect(self.form("Check the numbers")).to_be_visible()

    async def confirm(self) -> None:
        await self.form("Check the numbers").get_by_role("button", name="Confirm").click()
        await expect(self.slack.get_by_role("dialog")).to_have_count(0)
        await expect(self.card()).to_contain_text("Active")

    async def open_thread(self) -> None:
        card = self.card()
        await card.hover()
        await card.get_by_role("button", name=re.compile("repl", re.IGNORECASE)).first.click()
        await expect(self.thread).to_be_visible()

    async def reply(self, text: str) -> Locator:
        """The message as it stands in the thread."""
        box = self.thread.get_by_role("combobox", name="Reply in the thread")
        await box.fill(text)
        await box.press("Enter")
        message = self.thread.get_by_role("article").filter(has_text=text)
        await expect(message).to_be_visible()
        return message

    async def say_at_evo(self, who: str, text: str) -> None:
        await self.evo.get_by_label("Speak as").select_option(label=who)
        await self.evo.get_by_placeholder("What they say").fill(text)
        await self.evo.get_by_role("button", name="Send", exact=True).click()

    async def send_a_picture_at_evo(self, who: str) -> None:
        await self.evo.get_by_label("Speak as").select_option(label=who)
        await self.evo.get_by_role("button", name="Send a pretend picture").click()

    async def reply_with_a_file(self, text: str, name: str) -> None:
        await self.thread.get_by_role("button", name="Attach a file").click()
        await self.page.get_by_role("menuitem", name=name).click()
        await self.reply(text)

    async def invite(self, who: str) -> None:
        await self.card().get_by_role("button", name="Invite").click()
        form = self.form("Invite to session")
        await form.get_by_label("Who").fill(who)
        await form.get_by_role("button", name="Invite").click()

    async def open_home(self) -> Locator:
        """The app's Home."""
        await self.slack.get_by_role("navigation").get_by_role("button", name="Evo", exact=True).click()
        await self.slack.get_by_role("tab", name="Home").click()
        return self.slack.get_by_role("tabpanel", name="Home")

    async def choose(self, menu: Locator, option: str) -> None:
        await menu.click()
        await self.page.get_by_role("option", name=option).first.click()

    async def end(self) -> None:
        await self.card().get_by_role("button", name="End session").click()
        await self.page.get_by_role("alertdialog").get_by_role("button", name="End session").click()
