"""`python -m tests.e2e.pictures`: the README's pictures, taken anew from a real visit to the workbench."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from sandbox.workbench import PICTURES
from tests.e2e.journey import Journey, workbench
from tests.sandbox.browser import chromium

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SHARPNESS = 1.5


async def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        with tempfile.TemporaryDirectory(prefix="evobot-pictures-") as folder:
            async with chromium() as browser, workbench(Path(folder)) as url:
                await visit(browser, url, scheme)


async def visit(browser: Browser, url: str, scheme: str) -> None:
    """The conversation of the README, and what one sees on the way."""
    page = await opened(browser, url, scheme, WIDE)
    go = Journey(page)
    await go.ready()
    await go.open_form()
    await expect(await go.give_a_wrong_number()).to_be_visible()
    await shoot(page, f"form-{scheme}")
    await go.correct_it()
    await go.confirm()
    await expect(go.card()).to_contain_text("+1 503 •••• 0123")
    await go.open_thread()
    await talk(go)
    await shoot(page, f"workbench-{scheme}")
    phone = await opened(browser, page.url, scheme, PHONE)
    await expect(Journey(phone).thread).to_contain_text("Somebody comes at two.")
    await shoot(phone, f"phone-{scheme}")


async def talk(go: Journey) -> None:
    said = await go.reply("Hello Mrs Lee, what happened?")
    await expect(said.get_by_role("button", name="white check mark")).to_be_visible()
    await go.say_at_evo("+15035550123", "Water under the boiler. I have turned it off.")
    await expect(go.thread).to_contain_text("Water under the boiler.")
    note = await go.reply("note: she called last week, too")
    await expect(note.get_by_role("button", name="lock")).to_be_visible()
    last = await go.reply("Somebody comes at two.")
    await expect(last.get_by_role("button", name="white check mark")).to_be_visible()


async def opened(browser: Browser, url: str, scheme: str, size: dict[str, int]) -> Page:
    dark = "dark" if scheme == "dark" else "light"
    context = await browser.new_context(viewport=size, color_scheme=dark, device_scale_factor=SHARPNESS)
    page = await context.new_page()
    await page.goto(url)
    return page


async def shoot(page: Page, name: str) -> None:
    """Without a caret, and with nothing half way."""
    await page.mouse.move(5, 5)
    await page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")


if __name__ == "__main__":
    asyncio.run(main())
