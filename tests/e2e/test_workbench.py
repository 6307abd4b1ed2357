"""The workbench in a real Chromium, over the real bot: what a visitor does, and what both sides then show."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.journey import Journey, workbench
from tests.e2e.test_demo import ADDRESS, SECONDS, read_until, shown
from tests.sandbox.browser import Seen, chromium, open_page

pytestmark = pytest.mark.e2e


@pytest.fixture
async def visit(tmp_path: Path) -> AsyncIterator[tuple[Journey, Seen, str]]:
    async with chromium() as browser, workbench(tmp_path) as url:
        page, seen = await open_page(browser, url)
        yield Journey(page), seen, url.rstrip("/")


async def test_a_whole_conversation_by_hand(visit: tuple[Journey, Seen, str]) -> None:
    """Open, a wrong number, reply, answer, note, invite, kill, end: and the page asked nobody else for anything."""
    go, seen, url = visit
    await go.ready()

    await go.open_form()
    await expect(await go.give_a_wrong_number()).to_be_visible()
    await expect(go.evo.get_by_role("paragraph").filter(has_text="No session yet. Type")).to_be_visible()
    await go.correct_it()
    await expect(go.evo.get_by_role("paragraph").filter(has_text="No session yet. Type")).to_be_visible()
    await go.confirm()
    await expect(go.evo).to_contain_text("Hi, this is Anna. How can we help?")

    await go.open_thread()
    said = await go.reply("Somebody comes at two. <!channel>")
    await expect(said.get_by_role("button", name="white check mark")).to_be_visible()
    await expect(go.evo).to_contain_text("Anna: Somebody comes at two. <!channel>")

    await go.say_at_evo("Joe Park · joe@example.com", "Water <https://evil.example|your bank> *now*")
    heard = go.thread.get_by_role("article").filter(has_text="Water")
    await expect(heard).to_contain_text("Outside Slack · Joe Park")
    await expect(heard).to_contain_text("Water <https://evil.example|your bank> *now*")
    await expect(heard.get_by_role("link")).to_have_count(0)

    note = await go.reply("note: she called last week")
    await expect(note.get_by_role("button", name="lock")).to_be_visible()
    await expect(go.evo).not_to_contain_text("she called last week")

    await go.invite("mia@example.com")
    await expect(go.thread).to_contain_text("Mia Stone (mia@example.com) was invited")

    await go.bot.get_by_role("button", name="Kill -9").click()
    await expect(go.bot.get_by_text("Bot is stopped")).to_be_visible()
    late = await go.reply("Written while the bot was dead.")
    await go.bot.get_by_role("button", name="Start").click()
    await expect(late.get_by_role("button", name="white check mark")).to_be_visible()
    await expect(go.transcript.get_by_text("Written while the bot was dead.")).to_have_count(1)

    await go.end()
    await expect(go.card()).to_contain_text("Ended")
    await expect(go.evo).to_contain_text("ended")
    assert seen.strangers(url) == []
    assert seen.errors == []


async def test_files_go_both_ways_by_hand(tmp_path: Path) -> None:
    """A customer's picture is seen in the thread; a file of ours is an address in the session, under the words."""
    async with chromium() as browser, workbench(tmp_path, EVOBOT_FILES_OUT="link") as url:
        page, seen = await open_page(browser, url)
        go = Journey(page)
        await go.ready()
        await go.open_form()
        await go.form("New session").get_by_label("Other people").fill("joe@example.com")
        await go.form("New session").get_by_role("button", name="Create").click()
        await expect(go.card()).to_contain_text("Active")
        await go.open_thread()
        await go.send_a_picture_at_evo("Joe Park · joe@example.com")
        await expect(go.thread).to_contain_text("Sent a file (image/png).")
        picture = go.thread.get_by_role("img", name="picture.png")
        await expect(picture).to_be_visible()
        assert await picture.evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 96
        await go.reply_with_a_file("our offer", "contract.pdf")
        await expect(go.transcript).to_contain_text("Anna: our offer")
        await expect(go.transcript).to_contain_text("contract.pdf: http")
        assert seen.strangers(url.rstrip("/")) == []
        assert seen.errors == []


async def test_the_card_by_hand(tmp_path: Path) -> None:
    """What replies are is changed on the card, whose numbers are masked; who asks is shown them whole, alone."""
    async with chromium() as browser, workbench(tmp_path) as url:
        page, seen = await open_page(browser, url)
        go = Journey(page)
        await go.ready()
        await go.open_form()
        await go.correct_it()
        await go.confirm()
        card = go.card()
        await expect(card).to_contain_text("+1 503 •••• 0123")
        await card.get_by_role("combobox", name="Message mode").click()
        await page.get_by_role("option", name="Mode: notes only").click()
        await expect(card).to_contain_text("Replies here stay in Slack.")
        await expect(go.channel).to_contain_text("Replies in this thread stay in Slack.")
        await expect(go.slack).not_to_contain_text("+15035550123")
        await card.get_by_role("button", name="More options").click()
        await page.get_by_role("menuitem", name="Reveal numbers").click()
        await expect(go.channel).to_contain_text("+15035550123")
        await expect(go.channel).to_contain_text("Only you see this. It has been noted that you looked.")
        assert seen.strangers(url.rstrip("/")) == []
        assert seen.errors == []


async def test_the_play_is_watched_through_the_eyes_of_whoever_acts(tmp_path: Path) -> None:
    """The form, the wrong number and what is said of it, then the end: without a trouble of the page."""
    with shown(tmp_path, "--port", "0") as process:
        found = ADDRESS.fullmatch(read_until(process, "to play along").splitlines()[-1])
        assert found is not None
        async with chromium() as browser:
            page, seen = await open_page(browser, found[1])
            play = page.get_by_role("region", name="The play")
            form = Journey(page).form("New session")
            await expect(form.get_by_text("is not a complete phone number")).to_be_visible()
            await expect(page.get_by_role("button", name="Acting as Anna")).to_be_visible()
            await play.get_by_role("button", name="Skip to the end").click()
            await expect(play.get_by_role("status")).to_contain_text("All promises kept", timeout=60_000)
            await expect(Journey(page).thread).to_contain_text("This session has ended")
            assert seen.errors == []
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)
        assert process.returncode == 0


async def test_the_home_by_hand(visit: tuple[Journey, Seen, str]) -> None:
    """What waits, who one is, and the ways on; it is drawn anew while somebody looks, whatever happens elsewhere."""
    go, seen, _ = visit
    await go.ready()
    await go.open_form()
    await go.form("New session").get_by_label("Other people").fill("joe@example.com")
    await go.form("New session").get_by_role("button", name="Create").click()
    await expect(go.card()).to_contain_text("Active")

    home = await go.open_home()
    await expect(home.get_by_role("heading", name="Hello Anna")).to_be_visible()
    await expect(home).to_contain_text("Chat Broken boiler · active")
    await home.get_by_role("button", name="Got it").click()
    await expect(home).not_to_contain_text("Three steps")

    await home.get_by_role("button", name="Change").click()
    await go.choose(go.form("My settings").get_by_role("combobox", name="Sent as"), "Ana Ruiz")
    await go.form("My settings").get_by_role("button", name="Save").click()
    await expect(home).to_contain_text("You are sent as Ana Ruiz")

    await home.get_by_role("button", name="Find").click()
    await go.form("Find a session").get_by_label("What to look for").fill("boiler")
    await go.form("Find a session").get_by_role("button", name="Find").click()
    await expect(go.form("Find a session")).to_contain_text("Chat Broken boiler · active")
    await go.form("Find a session").get_by_role("button", name="Close").last.click()

    await home.get_by_role("button", name="Stop everything").click()
    await go.form("Stop everything?").get_by_label("Why").fill("a wrong list")
    await go.form("Stop everything?").get_by_role("button", name="Stop everything").click()
    await go.form("Evo Voice").get_by_role("button", name="Close").last.click()
    await expect(home).to_contain_text("stopped by an administrator (a wrong list)")
    await home.get_by_role("button", name="Resume").click()
    await go.page.get_by_role("alertdialog").get_by_role("button", name="Resume").click()
    await go.form("Evo Voice").get_by_role("button", name="Close").last.click()
    await expect(home).to_contain_text("All is well")

    await home.get_by_role("button", name="More options").click()
    await go.page.get_by_role("menuitem", name="End session").click()
    await go.form("End this session?").get_by_role("button", name="End session").click()
    await expect(home).to_contain_text("None is active now.")
    await go.choose(home.get_by_role("combobox", name="Which of my sessions"), "Ended")
    await expect(home).to_contain_text("Chat Broken boiler · ended")
    await home.get_by_role("link", name="Open thread: Broken boiler").click()
    await expect(go.thread).to_contain_text("This session has ended.")
    assert seen.errors == []
