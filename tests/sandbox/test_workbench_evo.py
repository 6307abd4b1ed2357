"""The workbench's page where it is not Slack: what the customers see, what goes wrong, the wire, the play, the bot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from sandbox.slack.seeds import ANNA, SUPPORT
from sandbox.stage import Stage
from sandbox.workbench import Feed, Workbench
from tests.sandbox.browser import PageServer, Seen, chromium, open_page

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
LOGIN = {"Authorization": aiohttp.encode_basic_auth("bot@example.com", "correct-horse")}
LEE, MIA, PHONE, OUR_NUMBER = "lee@example.com", "mia@example.com", "+15035550123", "+12025550100"
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'> <!channel> javascript:alert(1)"
STRANGE_MEDIA = (
    "javascript:window.hacked=3",
    "https://evil.example/media/6b00",
    "http://127.0.0.1.evil.example:1/media/6b00",
    "http://127.0.0.1:1/media/../__standin/reset",
    "data:text/html,<script>window.hacked=4</script>",
    "/do/bot/kill",
)
PATIENCE = 10.0


@dataclass
class Bench:
    stage: Stage
    url: str
    http: aiohttp.ClientSession
    browser: Browser

    async def session(self, name: str, *members: str, channel: str = "Chat") -> str:
        """Opened at Evo Voice itself, as our login; its id."""
        body = {"displayName": name, "channel": channel, "memberEmailAddresses": [LEE]}
        url = f"{self.stage.evo_url}/sessions"
        async with self.http.post(url, json=body, headers=LOGIN) as answer:
            session_id = str((await answer.json())["id"])
        for member in members:
            await self.stage.evo.join(session_id, member)
        return session_id

    @asynccontextmanager
    async def page(self, session_id: str = "", width: int = 1280) -> AsyncIterator[tuple[Page, Seen]]:
        """The page on that session. Whatever the browser complained of fails the test."""
        page, seen = await open_page(self.browser, f"{self.url}#session={session_id}&tab=evo", width=width)
        await expect(page.get_by_role("heading", name="Evo Voice")).to_be_visible()
        yield page, seen
        assert seen.errors == []
        assert seen.strangers(self.url.rstrip("/")) == []
        await page.context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    folder = tmp_path_factory.mktemp("bench")
    async with (
        Stage(folder, manifest=MANIFEST) as stage,
        Workbench(stage, Feed(), port=0) as workbench,
        aiohttp.ClientSession() as http,
    ):
        yield Bench(stage, workbench.url, http, browser)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """What is asked of a stand-in comes true in time."""
    end = time.monotonic() + PATIENCE
    while not await holds():
        assert time.monotonic() < end, "it did not come true"
        await asyncio.sleep(0.02)


def bubbles(page: Page) -> Locator:
    return page.get_by_role("log", name="Transcript").locator(".ev-bubble")


# Sessions


async def test_what_a_member_types_reaches_the_transcript(bench: Bench) -> None:
    session_id = await bench.session("Typing", PHONE)
    async with bench.page(session_id) as (page, _):
        await page.get_by_label("Speak as").select_option(PHONE)
        box = page.get_by_label("What they say")
        await box.fill("I can open\nthe door 🚪")
        await box.press("Enter")
        await expect(bubbles(page)).to_contain_text([f"{PHONE}I can open\nthe door 🚪"], use_inner_text=False)
        await expect(box).to_have_value("")
        await box.press("Enter")  # nothing is no message
        await box.fill("again")
        await box.press("Enter")
        await expect(bubbles(page)).to_have_count(2)
    said = [(message.sender, message.body) for message in await bench.stage.evo.messages(session_id)]
    assert said == [(PHONE, "I can open\nthe door 🚪"), (PHONE, "again")]


async def test_nobody_unknown_comes_in_and_the_last_one_cannot_speak(bench: Bench) -> None:
    session_id = await bench.session("Refused")
    async with bench.page(session_id) as (page, seen):
        await page.locator(".ev-members > summary").click()
        await page.get_by_label("Who comes in").fill("who@example.com")
        await page.get_by_role("button", name="Let in").click()
        await expect(page.locator(".toast")).to_contain_text("nobody is called")
        await expect(page.get_by_label("Who comes in")).to_have_value("who@example.com")
        assert len(seen.errors) == 1  # the browser notes the refusal's status
        seen.errors.clear()
        for member in (LEE, "bot@example.com"):
            await bench.stage.evo.leave(session_id, member)
        await expect(page.get_by_text("Nobody is left who could speak")).to_be_visible()


SESSION = {
    "id": "6b", "created": 1, "modified": 1, "completed": None, "hidden": {}, "log": [],
    "info": {"displayName": "Refused", "channel": "Chat", "callState": "Connected", "createdBy": "bot@example.com"},
    "members": [{"identity": LEE, "displayName": "Lee Wong", "endpointId": "e6"}],
}  # fmt: skip


async def test_what_was_not_taken_is_in_the_box_again(browser: Browser) -> None:
    async with PageServer({"evo.sessions": {"6b": SESSION}}) as server:
        page, _ = await open_page(browser, server.url)
        await page.get_by_label("What they say").fill("too late")
        await page.get_by_label("What they say").press("Enter")
        await expect(page.locator(".toast")).to_contain_text("nobody answers evo/hear")
        await expect(page.get_by_label("What they say")).to_have_value("too late")
        await page.context.close()


async def test_hostile_words_and_addresses_are_mere_letters(bench: Bench) -> None:
    session_id = await bench.session(f"<b>{HOSTILE}")
    await bench.stage.evo.hear(session_id, LEE, HOSTILE)
    for address in STRANGE_MEDIA:
        await bench.stage.evo.hear(session_id, LEE, "", address, "image/png")
    async with bench.page(session_id) as (page, _):
        await expect(bubbles(page)).to_have_count(1 + len(STRANGE_MEDIA))
        await expect(bubbles(page).first.locator(".ev-said")).to_have_text(HOSTILE)
        await expect(page.locator(".ev-name")).to_have_text(f"<b>{HOSTILE}")
        for n, address in enumerate(STRANGE_MEDIA, start=1):
            await expect(bubbles(page).nth(n)).to_contain_text(address)
        assert await page.locator(".ev a, .ev img, .ev script").count() == 0
        assert await page.evaluate("window.hacked") is None


async def test_a_pretend_picture_is_shown_and_kept_by_the_stand_in(bench: Bench) -> None:
    session_id = await bench.session("Picture")
    for n in range(20):
        await bench.stage.evo.hear(session_id, LEE, f"line {n}")
    async with bench.page(session_id) as (page, _):
        await page.get_by_role("button", name="Send a pretend picture").click()
        picture = bubbles(page).locator("img")
        await expect(picture).to_be_visible()
        await expect(picture).to_be_in_viewport(ratio=1)
        assert await picture.evaluate("image => image.naturalWidth") > 0
        message = (await bench.stage.evo.messages(session_id))[-1]
        assert await bubbles(page).locator("a").get_attribute("href") == message.media_uri
    assert message.media_uri is not None
    async with bench.http.get(message.media_uri) as answer:
        assert (await answer.read()).startswith(b"\x89PNG")
    async with bench.page(session_id) as (page, _):  # another window knows the address only
        await expect(bubbles(page).locator("a")).to_have_text("📎 image/png")


async def test_a_session_ends_when_it_was_confirmed(bench: Bench) -> None:
    session_id = await bench.session("Ending")
    async with bench.page(session_id) as (page, _):
        await page.get_by_role("button", name="End session").click()
        await page.get_by_role("button", name="Keep it").click()
        assert await ended(bench, session_id) is False
        await page.get_by_role("button", name="End session").click()
        await page.get_by_role("button", name="End it").click()
        await expect(page.get_by_text("This session has ended.")).to_be_visible()
        await expect(page.get_by_label("What they say")).to_have_count(0)
        await page.get_by_role("button", name="Sessions").click()
        await page.get_by_text("Ended (").click()
        await expect(page.locator(".ev-ended .ev-row", has_text="Ending")).to_contain_text("ended")
    assert await ended(bench, session_id) is True


async def ended(bench: Bench, session_id: str) -> bool:
    return next(one.completed is not None for one in await bench.stage.evo.sessions() if one.id == session_id)


async def test_people_come_and_go(bench: Bench) -> None:
    session_id = await bench.session("Door", channel="Voice")
    async with bench.page(session_id) as (page, _):
        await page.locator(".ev-members > summary").click()
        for typed in (MIA, "+1 (503) 555-0123"):
            await page.get_by_label("Who comes in").fill(typed)
            await page.get_by_role("button", name="Let in").click()
        members = page.locator(".ev-members li")
        await expect(members).to_have_count(4)
        await expect(members.last).to_contain_text("phone")
        await page.get_by_role("button", name="Lee Wong leaves").click()
        await expect(members).to_have_count(3)
        await page.locator(".ev-details > summary").click()
        await page.get_by_label("Call state").select_option("Hold")
        await expect(page.locator(".ev-state")).to_contain_text("Hold")
        await page.get_by_text("Log (").click()
        await expect(page.locator(".ev-log")).to_contain_text("Mia Stone joined")


async def test_a_text_from_a_phone_joins_its_session_or_stands_alone(bench: Bench) -> None:
    session_id = await bench.session("Texting", "+15035550188")
    async with bench.page(session_id) as (page, _):
        for number, body in (("+1 503 555 0188", "in the session"), ("+15035550199", "from nowhere")):
            await page.get_by_role("button", name="Text us").click()
            await page.get_by_label("From").fill(number)
            await page.get_by_label("To", exact=True).select_option(OUR_NUMBER)
            await page.get_by_label("Text", exact=True).fill(body)
            await page.get_by_role("button", name="Send text").click()
            await expect(page.get_by_label("From")).to_have_count(0)
        await expect(bubbles(page)).to_have_count(1)
        await expect(bubbles(page)).to_contain_text("in the session")
        await page.get_by_role("button", name="Sessions").click()
        await page.get_by_text("Texts without a session").click()
        await expect(page.locator(".ev-loose")).to_contain_text("from nowhere")


async def test_the_newest_is_open_until_somebody_chooses(bench: Bench) -> None:
    await bench.session("Older")
    async with bench.page() as (page, _):
        name = page.locator(".ev-name")
        await expect(name).to_have_text("Older")
        await bench.session("Newer")
        await expect(name).to_have_text("Newer")
        await page.get_by_role("button", name="Sessions").click()
        await page.locator(".ev-row", has_text="Older").click()
        await expect(name).to_have_text("Older")
        await expect(page.locator(".ev-hint")).to_have_count(0)
        await bench.session("Newest of all")
        await expect(page.locator(".ev-hint")).to_contain_text("Newest of all")
        await expect(name).to_have_text("Older")
        await page.get_by_role("button", name="Open it").click()
        await expect(name).to_have_text("Newest of all")
        await expect(page.locator(".ev-hint")).to_have_count(0)


async def test_a_long_talk_stays_where_it_is_read(bench: Bench) -> None:
    session_id = await bench.session("Long")
    for n in range(60):
        await bench.stage.evo.hear(session_id, LEE, f"line {n}")
    async with bench.page(session_id) as (page, _):
        await expect(bubbles(page).last).to_be_in_viewport()
        log = page.get_by_role("log", name="Transcript")
        await log.evaluate("box => { box.scrollTop = 0; }")
        await expect(bubbles(page).first).to_be_in_viewport()
        await bench.stage.evo.hear(session_id, LEE, "one more")
        await page.get_by_role("button", name="New messages").click()
        await expect(bubbles(page).last).to_be_in_viewport()
        await expect(bubbles(page).last).to_contain_text("one more")


async def test_a_session_opened_in_slack_leads_back_to_its_card(bench: Bench) -> None:
    slack = bench.stage.slack
    await slack.slash(ANNA, SUPPORT, "/session", "chat From Slack")
    await until(lambda: shown(bench, ANNA))
    await slack.fill(ANNA, {"f_members": LEE})
    await slack.submit(ANNA)
    async with bench.page() as (page, _):
        await expect(page.locator(".ev-name")).to_have_text("From Slack")
        await page.get_by_role("button", name="Show in Slack").click()
        cards = [m for m in await slack.messages(SUPPORT) if "From Slack" in m["text"]]
        assert f"room={SUPPORT}&thread={cards[0]['ts']}" in page.url
        assert "tab=slack" in page.url


async def shown(bench: Bench, user: str) -> bool:
    view = await bench.stage.slack.view(user)
    return any(block["block_id"] == "f_members" for block in (view or {"blocks": []})["blocks"])


# Faults


async def test_what_is_set_on_the_page_is_what_goes_wrong(bench: Bench) -> None:
    evo = bench.stage.evo
    async with bench.page() as (page, _):
        await page.get_by_role("button", name="Faults").click()
        side = page.get_by_role("region", name="What goes wrong").get_by_role("region", name="Evo Voice goes wrong")
        await side.get_by_label("Which request").select_option("InviteChatMember")
        await side.get_by_label("How long").select_option("until switched off")
        await side.get_by_role("button", name="Cuts the line after it acted").click()
        await expect(page.locator(".ev-badge")).to_have_text("1 on")
        await side.get_by_role("button", name="Server error (503)").click()
        await expect(page.locator(".ev-badge")).to_have_text("2 on")
        assert [(str(one.kind), one.operation, one.times) for one in await evo.faults()] == [
            ("cut_after", "InviteChatMember", None),
            ("503", "InviteChatMember", None),
        ]
        await side.get_by_role("button", name="Remove: Cuts the line after it acted").click()
        await expect(page.locator(".ev-badge")).to_have_text("1 on")
        assert [str(one.kind) for one in await evo.faults()] == ["503"]
        await page.get_by_role("button", name="Everything works again").click()
        await expect(page.locator(".ev-badge")).to_have_count(0)
        assert await evo.faults() == []


async def test_slacks_faults_too(bench: Bench) -> None:
    async with bench.page() as (page, _):
        await page.get_by_role("button", name="Faults").click()
        switch = page.get_by_role("switch", name="Brings every event three times")
        await switch.click()
        await expect(switch).to_be_checked()
        side = page.get_by_role("region", name="What goes wrong").get_by_role("region", name="Slack goes wrong")
        await side.get_by_label("Which method").select_option("users.info")
        await side.get_by_role("button", name="Rate limited").click()
        await expect(page.locator(".ev-badge")).to_have_text("2 on")
        await side.get_by_role("button", name="Remove: Rate limited").click()
        await expect(page.locator(".ev-badge")).to_have_text("1 on")
        assert (await slack_state(bench))["delivery"]["duplicates"] == 2
        await page.get_by_role("button", name="Everything works again").click()
        await expect(switch).not_to_be_checked()
        await page.keyboard.press("Escape")
        await expect(switch).to_have_count(0)
    state = await slack_state(bench)
    assert (state["delivery"]["duplicates"], state["faults"]) == (0, [])


async def slack_state(bench: Bench) -> Any:
    return (await bench.stage.slack.watch(revision=-1, journal=0, seconds=0))["collections"]["state"]["state"]


# The wire


async def test_the_wire_shows_json_and_never_a_password(bench: Bench) -> None:
    async with bench.page() as (page, _):
        rows = page.locator(".wi-row")
        await page.get_by_label("Search the wire").fill("/auth")
        sign_in = rows.filter(has_text="POST /auth").first
        await sign_in.locator("summary").click()
        request = sign_in.get_by_role("region", name="Request")
        await expect(request.locator("pre")).to_contain_text("***")
        assert "\n" in await request.locator("pre").inner_text()
        await expect(request.locator(".wi-key").first).to_be_visible()
        await page.get_by_label("Search the wire").fill("")
        await page.locator("label", has_text="hide polling").click()
        await page.evaluate("""for (const one of document.querySelectorAll(".wi-row details")) one.open = true;""")
        await expect(page.locator(".wi-body").last).to_be_attached()
        text = await page.content()
        for secret in ("correct-horse", "xoxb-", "xapp-", "standin-signing-secret"):
            assert secret not in text


async def test_what_failed_stands_out_by_word_and_sign(bench: Bench) -> None:
    await bench.stage.evo.fault("503", "ListConversations")
    async with bench.http.get(f"{bench.stage.evo_url}/conversations", headers=LOGIN):
        pass
    async with bench.page() as (page, _):
        await page.get_by_label("Show").select_option("Errors only")
        row = page.locator(".wi-row", has_text="GET /conversations")
        await expect(row).to_contain_text("✗ 503")
        await expect(row).to_contain_text("fault: 503")
        await page.get_by_role("button", name="Clear").click()
        await expect(page.locator(".wi-row")).to_have_count(0)


POLL = {"from": "bot", "to": "evo", "status": "200", "ok": True, "open": False, "note": "", "seconds": 0.001}
TAKE = """async entries => (await import("/page/store.js")).take({ wire: entries })"""


def polls(first: int, count: int) -> list[dict[str, Any]]:
    """Two kinds of looks by turns."""
    titles = ("GET /sessions", f"GET /sessions/{'6b' * 12}/transcript")
    return [
        {**POLL, "id": f"e{n}", "at": float(n), "title": titles[n % 2], "request": None, "answer": {"n": n}}
        for n in range(first, first + count)
    ]


async def test_polling_is_hidden_or_folded_and_a_pause_keeps_count(browser: Browser) -> None:
    async with PageServer() as server:
        page, seen = await open_page(browser, server.url)
        await expect(page.get_by_role("heading", name="Wire")).to_be_visible()
        said = {**POLL, "id": "e100", "at": 100.0, "title": "POST /sessions", "request": {}, "answer": "x" * 5000}
        await page.evaluate(TAKE, [*polls(1, 14), said, *polls(101, 6)])
        rows = page.locator(".wi-row")
        await expect(rows).to_have_count(1)
        await page.get_by_label("hide polling").click()
        await expect(rows).to_have_count(5)
        await expect(rows.nth(0)).to_contain_text("×3")
        await expect(rows.nth(4)).to_contain_text("×7")
        await page.locator(".wi").get_by_role("button", name="Pause").click()
        await page.evaluate(TAKE, [{**said, "id": "e200", "at": 200.0}, {**said, "id": "e201", "at": 201.0}])
        await expect(page.locator(".wi-fresh")).to_have_text("2 new")
        await expect(rows).to_have_count(5)
        await page.locator(".wi").get_by_role("button", name="Go on").click()
        await expect(rows).to_have_count(7)
        assert seen.errors == []
        await page.context.close()


# The play and the bot


async def test_without_sessions_the_pane_says_how_to_open_one(browser: Browser) -> None:
    async with PageServer() as server:
        page, _ = await open_page(browser, server.url)
        await expect(page.get_by_text("Type /session in Slack.")).to_be_visible()
        await page.context.close()


PLAY = {
    "state": "waiting", "number": "", "of": 9, "title": "", "why": "", "pace": 1.2, "actor": None, "room": None,
    "thread": None, "result": None,
}  # fmt: skip


async def test_the_play_can_be_begun_held_stepped_and_skipped(browser: Browser) -> None:
    async with PageServer({"play": {"play": PLAY, "lines": {"lines": []}}}) as server:
        server.answer = _well
        page, _ = await open_page(browser, server.url)
        bar = page.get_by_role("region", name="The play")
        await bar.get_by_role("button", name="Begin", exact=True).click()
        scene = PLAY | {"number": "3", "title": "Notes stay inside", "why": "For colleagues only."}
        server.push({"play": {"play": scene | {"state": "playing"}}})
        await expect(bar).to_contain_text("Scene 3 of 9: Notes stay inside")
        await expect(bar.locator(".pl-now")).to_have_attribute("title", "For colleagues only.")
        await bar.get_by_role("button", name="Pause").click()
        server.push({"play": {"play": scene | {"state": "paused"}}})
        for name in ("Next step", "Go on", "Skip to the end"):
            await bar.get_by_role("button", name=name).click()
        follow = bar.get_by_role("switch", name="Follow")
        await follow.click()
        await expect(follow).not_to_be_checked()
        assert "follow=0" in page.url
        result = {"kept": False, "text": "1 of 30 promises was broken."}
        lines = [{"kind": "broken", "text": "It arrived once.", "scene": "3"}]
        server.push({"play": {"play": scene | {"state": "done", "result": result}, "lines": {"lines": lines}}})
        await expect(bar.locator(".pl-now")).to_contain_text("✗")
        await bar.locator(".pl-now").click()
        await expect(page.get_by_role("dialog", name="What was played")).to_contain_text("✗ It arrived once.")
        server.push({"play": {"play": scene | {"state": "none"}}})
        await expect(bar).to_have_count(0)
        assert [verb for _, verb, _ in server.gestures] == ["start", "pause", "next", "resume", "skip"]
        await page.context.close()


async def _well(_side: str, _verb: str, _args: dict[str, Any]) -> dict[str, Any]:
    return {"ok": True, "result": None}


async def test_the_bot_is_killed_and_started(bench: Bench) -> None:
    async with bench.page() as (page, _):
        bot = page.get_by_role("region", name="The bot")
        await expect(bot).to_contain_text(f"Bot runs pid {bench.stage.bot.pid}")
        await bot.get_by_role("button", name="Kill -9").click()
        await expect(bot).to_contain_text("Bot is stopped (killed)")
        assert not bench.stage.bot.running
        await bot.get_by_role("button", name="Start").click()
        await expect(bot).to_contain_text("Bot runs")
        await bot.get_by_role("button", name="Log").click()
        log = page.get_by_role("dialog", name="The bot's log")
        await expect(log).to_contain_text("signed in to Evo Voice")
        await page.keyboard.press("Escape")
        await expect(log).to_be_hidden()
    assert bench.stage.bot.running


async def test_on_a_phone_each_pane_is_a_tab_and_nothing_is_cut_off(bench: Bench) -> None:
    session_id = await bench.session("A very long name that does not fit on a telephone " * 3, PHONE)
    await bench.stage.evo.hear(session_id, LEE, "W" * 300)
    async with bench.page(session_id, width=390) as (page, _):
        await expect(page.get_by_label("What they say")).to_be_in_viewport()
        for tab, there in (("Wire", "Search the wire"), ("Evo Voice", "What they say")):
            await page.get_by_role("navigation", name="Panes").get_by_role("button", name=tab).click()
            await expect(page.get_by_label(there)).to_be_in_viewport()
            assert await page.evaluate("document.documentElement.scrollWidth") <= 390
