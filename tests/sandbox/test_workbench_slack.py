"""The Slack side of the page in a real Chromium, on a real stand-in; the app is away unless a test says otherwise."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Settings, SlackStandIn
from sandbox.slack.manifest import Manifest
from sandbox.slack.seeds import (
    ANNA,
    ARCHIVED,
    BEN,
    BOT_USER,
    CARLA,
    GUEST,
    RANDOM,
    SHARED,
    STRANGER,
    SUPPORT,
)
from sandbox.workbench import Feed, watch, wire
from sandbox.workbench.doors import SLACK_VERBS, Surface
from sandbox.workbench.server import Server
from tests.helpers import until
from tests.sandbox.browser import PAGE, PATIENCE, chromium

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go on"}}
HOSTILE = (
    """<img src=x onerror="alert(1)"> & </textarea><script>alert(2)</script> <@U0BEN00001> <!channel> &lt;b&gt; ${1}"""
)


@dataclass
class Eyes:
    """A window on the page, as somebody in some room."""

    page: Page
    errors: list[str]

    @property
    def box(self) -> Locator:
        return self.page.locator(".sl-channel .sl-field")

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("complementary", name="Thread")

    def row(self, text: str) -> Locator:
        return self.page.locator(".sl-channel [data-row]", has_text=text)

    def room(self, name: str) -> Locator:
        return self.page.get_by_role("navigation", name="Channels and people").get_by_role("button", name=name)

    async def send(self, text: str) -> None:
        await self.box.fill(text)
        await self.box.press("Enter")

    async def become(self, name: str) -> None:
        await self.page.get_by_role("button", name="Acting as").click()
        await self.page.get_by_role("menuitemradio", name=name).click()


class Bench:
    """The page's server before a stand-in."""

    def __init__(self, browser: Browser, slack: SlackStandIn, url: str, stack: AsyncExitStack) -> None:
        self._browser = browser
        self._stack = stack
        self.slack = slack
        self.url = url
        self.app = AsyncWebClient("xoxb-standin-bot", base_url=slack.api_url)

    async def look(self, me: str = ANNA, room: str = SUPPORT, thread: str = "", width: int = 1280) -> Eyes:
        context = await self._browser.new_context(viewport={"width": width, "height": 800})
        self._stack.push_async_callback(context.close)
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        eyes = Eyes(page, [])
        page.on("pageerror", lambda error: eyes.errors.append(str(error)))
        page.on("dialog", lambda dialog: eyes.errors.append(dialog.message))
        await page.goto(f"{self.url}#{urlencode({'me': me, 'room': room, 'thread': thread})}")
        await expect(page.locator(".sl-channel")).to_be_visible()
        return eyes

    def texts(self, room: str = SUPPORT, thread: str | None = None) -> list[str]:
        return [message["text"] for message in self.slack.messages(room, thread)]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def bench(browser: Browser) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackStandIn(settings=Settings(manifest=Manifest.read(MANIFEST))))
        feed = Feed()
        door = await stack.enter_async_context(Surface("Slack", slack.url, SLACK_VERBS))
        server = await stack.enter_async_context(Server(feed, {"slack": door}, PAGE))
        follow = asyncio.create_task(watch.stand_in("slack", slack.watch, wire.from_slack, feed))
        stack.push_async_callback(asyncio.wait, [follow])
        stack.callback(follow.cancel)
        yield Bench(browser, slack, server.url, stack)


# Writing


async def test_a_slash_offers_the_apps_commands_with_their_hints(bench):
    eyes = await bench.look()
    await eyes.box.press_sequentially("/ses")
    offer = eyes.page.locator(".sl-offer")
    await expect(offer).to_contain_text("/session")
    await expect(offer).to_contain_text("[chat|voice|fax|list|find|…] or help")
    await expect(offer).to_contain_text("Open a session, or see how everything works")
    await eyes.box.press("Tab")
    await expect(eyes.box).to_have_value("/session ")
    await expect(offer).to_have_count(0)


async def test_a_picked_name_becomes_a_mention_and_a_typed_one_stays_letters(bench):
    eyes = await bench.look()
    await eyes.box.press_sequentially("hello @evo")
    await eyes.box.press("Enter")
    await expect(eyes.box).to_have_value("hello @Evo ")
    await eyes.box.press_sequentially("and <@U0BEN00001>, see #ran")
    await eyes.box.press("Tab")
    await eyes.box.press("Enter")
    await until(lambda: bench.texts() != [], "the message")
    assert bench.texts() == [f"hello <@{BOT_USER}> and &lt;@U0BEN00001&gt;, see <#{RANDOM}>"]


async def test_hostile_text_stays_letters(bench):
    eyes = await bench.look()
    await eyes.send(HOSTILE)
    await expect(eyes.row("onerror")).to_contain_text(HOSTILE)
    escaped = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert bench.texts() == [escaped]
    assert await eyes.row("onerror").locator("img:not(.sl-avatar), script").count() == 0
    assert eyes.errors == []


async def test_enter_sends_and_shift_enter_is_a_new_line(bench):
    eyes = await bench.look()
    await eyes.box.press_sequentially("one")
    await eyes.box.press("Shift+Enter")
    await eyes.box.press_sequentially("two")
    await eyes.box.press("Enter")
    await until(lambda: bench.texts() == ["one\ntwo"], "the message")
    await expect(eyes.box).to_have_value("")


async def test_arrow_up_edits_ones_last_message_with_its_mentions(bench):
    await bench.slack.say(ANNA, SUPPORT, f"ask <@{BEN}> &lt;soon&gt;", raw=True)
    await bench.slack.say(BEN, SUPPORT, "mine")
    eyes = await bench.look()
    await expect(eyes.row("mine")).to_be_visible()
    await eyes.box.press("ArrowUp")
    field = eyes.page.get_by_role("combobox", name="Edit message")
    await expect(field).to_have_value("ask @Ben <soon>")
    await field.fill("ask @Ben <now>")
    await field.press("Enter")
    await expect(eyes.row("(edited)")).to_contain_text("<now>")
    assert bench.texts()[0] == f"ask <@{BEN}> &lt;now&gt;"


async def test_a_message_is_deleted_after_a_question_and_only_by_who_may(bench):
    await bench.slack.say(BEN, SUPPORT, "from Ben")
    carla = await bench.look(CARLA)
    await carla.row("from Ben").hover()
    await carla.row("from Ben").get_by_role("toolbar").get_by_role("button", name="More actions").click()
    await expect(carla.page.get_by_role("menuitem", name="Invite to session")).to_be_visible()
    await expect(carla.page.get_by_role("menuitem", name="Delete message")).to_have_count(0)
    admin = await bench.look(ANNA)
    await admin.row("from Ben").press("Delete")
    await admin.page.get_by_role("dialog", name="Delete message").get_by_role("button", name="Delete").click()
    await expect(carla.row("from Ben")).to_have_count(0)
    assert bench.texts() == []


async def test_a_file_goes_with_its_name_and_size(bench):
    eyes = await bench.look()
    await eyes.page.get_by_role("button", name="Attach a file").click()
    await eyes.page.get_by_role("menuitem", name="contract.pdf").click()
    await eyes.send("signed")
    await expect(eyes.row("signed")).to_contain_text("1.2 MB")
    (message,) = bench.slack.messages(SUPPORT)
    assert (message["subtype"], message["files"][0]["name"]) == ("file_share", "contract.pdf")


async def test_a_file_from_this_computer_goes_with_what_is_in_it(bench):
    eyes = await bench.look()
    await eyes.page.locator("input[type=file]").first.set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"all of it"}
    )
    await expect(eyes.page.get_by_role("list", name="Files to send")).to_contain_text("notes.txt")
    await eyes.send("mine")
    await expect(eyes.row("mine")).to_contain_text("notes.txt")
    (message,) = bench.slack.messages(SUPPORT)
    kept = bench.slack.file_content(message["files"][0]["id"])
    assert (kept["name"], base64.b64decode(kept["content"])) == ("notes.txt", b"all of it")


async def test_a_picture_is_drawn_and_what_only_says_that_it_is_one_is_named(bench):
    eyes = await bench.look()
    await eyes.page.get_by_role("button", name="Attach a file").click()
    await eyes.page.get_by_role("menuitem", name="hills.png").click()
    await eyes.send("look")
    picture = eyes.row("look").get_by_role("img", name="hills.png")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 96
    await bench.slack.say(BEN, SUPPORT, "broken", files=[{"name": "a.png", "size": 9}])
    await expect(eyes.row("broken")).to_contain_text("a.png")
    await expect(eyes.row("broken").locator("img")).to_have_count(0)
    await bench.slack.say(BEN, SUPPORT, "gone", files=[{"name": "a.png", "mode": "tombstone"}])
    await expect(eyes.row("gone")).to_contain_text("This file was deleted.")


async def test_long_words_and_many_emoji_fit(bench):
    text = "Größe " * 250 + "x" * 1500
    await bench.slack.say(BEN, SUPPORT, text)
    eyes = await bench.look(width=390)
    await eyes.send("🎉" * 40)
    await expect(eyes.row("Größe")).to_contain_text("x" * 1500)
    await expect(eyes.row("🎉" * 40)).to_be_visible()
    wide = "() => [...document.querySelectorAll('.sl-log, .sl')].every((one) => one.scrollWidth <= one.clientWidth)"
    assert await eyes.page.evaluate(wide)


# Commands


async def test_a_command_that_nobody_answers_says_so_to_who_typed_it(bench):
    eyes = await bench.look()
    await eyes.send("/session chat Broken boiler")
    note = eyes.row('/session failed with the error "dispatch_failed"')
    await expect(note).to_contain_text("Only visible to you")
    (attempt,) = bench.slack.journal.entries("delivery")
    assert (attempt["payload"]["command"], attempt["payload"]["text"]) == ("/session", "chat Broken boiler")
    await note.get_by_role("button", name="Dismiss").click()
    await expect(note).to_have_count(0)
    assert bench.texts() == []


async def test_there_are_no_commands_in_threads(bench):
    ts = await bench.slack.say(BEN, SUPPORT, "parent")
    eyes = await bench.look(thread=ts)
    field = eyes.thread.get_by_role("combobox")
    await field.fill("/session")
    await field.press("Enter")
    await expect(eyes.thread).to_contain_text("/session is not supported in threads. Sorry!")
    await field.fill("// just for us")
    await field.press("Enter")
    await until(lambda: bench.texts() == ["parent", "// just for us"], "the note")
    assert bench.slack.journal.entries("delivery") == []


async def test_the_app_is_invited_and_removed_as_people_do(bench):
    eyes = await bench.look(room=RANDOM)
    await eyes.send("/invite @Evo")  # Enter picks, and Enter sends
    await eyes.box.press("Enter")
    await until(lambda: BOT_USER in bench.slack.world.channels[RANDOM].members, "the app")
    await eyes.page.get_by_role("button", name="3 members").click()
    await eyes.page.get_by_role("button", name="Remove Evo").click()
    await eyes.page.get_by_role("button", name="Add the app to this channel").click()
    await expect(eyes.page.get_by_role("button", name="Remove Evo")).to_be_visible()


# Reading


async def test_a_reaction_comes_and_goes_by_clicks(bench):
    ts = await bench.slack.say(BEN, SUPPORT, "look")
    await bench.slack.react(BEN, SUPPORT, ts, "eyes")
    eyes = await bench.look()
    await eyes.page.get_by_role("button", name="eyes, 1. Ben reacted with :eyes:").click()
    mine = eyes.page.get_by_role("button", name="eyes, 2. You and Ben reacted with :eyes:")
    await expect(mine).to_have_attribute("aria-pressed", "true")
    await mine.click()
    await expect(eyes.page.get_by_role("button", name="eyes, 1")).to_have_attribute("aria-pressed", "false")


async def test_a_reply_stands_in_its_thread_and_in_the_channel_when_asked(bench):
    await bench.slack.say(BEN, SUPPORT, "parent")
    eyes = await bench.look()
    await eyes.row("parent").hover()
    await eyes.row("parent").get_by_role("button", name="Reply in thread").first.click()
    await eyes.thread.get_by_role("combobox").fill("only here")
    await eyes.thread.get_by_role("combobox").press("Enter")
    await expect(eyes.row("parent")).to_contain_text("1 reply")
    await eyes.thread.get_by_role("checkbox", name="Also send to #support").check()
    await eyes.thread.get_by_role("combobox").fill("for all")
    await eyes.thread.get_by_role("button", name="Send now").click()
    await expect(eyes.row("for all")).to_contain_text("replied to a thread")
    await expect(eyes.row("parent")).to_contain_text("2 replies")
    await expect(eyes.row("only here")).to_have_count(0)
    await expect(eyes.thread.get_by_role("checkbox")).not_to_be_checked()


async def test_an_ephemeral_is_for_its_reader_only_and_its_buttons_work(bench):
    blocks = [{"type": "actions", "elements": [BUTTON]}]
    await bench.app.chat_postEphemeral(channel=SUPPORT, user=ANNA, text="psst", blocks=blocks)
    ben, anna = await bench.look(BEN), await bench.look(ANNA)
    note = anna.row("Only visible to you")
    await note.get_by_role("button", name="Go on").click()
    await expect(note.get_by_role("alert")).to_be_visible()  # the app is away
    (attempt,) = bench.slack.journal.entries("delivery")
    assert attempt["payload"]["actions"][0]["action_id"] == "go"
    await bench.slack.say(BEN, SUPPORT, "public")
    await expect(ben.row("public")).to_be_visible()
    await expect(ben.row("Only visible to you")).to_have_count(0)


async def test_unread_marks_are_each_persons_own(bench):
    eyes = await bench.look()
    await bench.slack.say(BEN, RANDOM, "news")
    await expect(eyes.room("random")).to_have_accessible_name("random 1 unread")
    await eyes.room("random").click()
    await expect(eyes.row("news")).to_be_visible()
    await expect(eyes.room("random")).to_have_accessible_name("random")


async def test_a_parent_that_was_deleted_keeps_its_thread(bench):
    ts = await bench.slack.say(BEN, SUPPORT, "parent")
    await bench.slack.say(ANNA, SUPPORT, "reply", thread_ts=ts)
    await bench.slack.delete(BEN, SUPPORT, ts)
    eyes = await bench.look(thread=ts)
    await expect(eyes.row("This message was deleted.")).to_contain_text("1 reply")
    await expect(eyes.thread).to_contain_text("reply")


# Who may what


async def test_a_guest_sees_their_channels_only(bench):
    eyes = await bench.look(GUEST)
    await expect(eyes.page.locator(".sl-room-name")).to_have_text(["support", "Evo"])


async def test_an_outsider_sees_the_shared_channel_and_has_no_commands(bench):
    eyes = await bench.look(STRANGER, SHARED)
    await expect(eyes.room("with-partner")).to_contain_text("shared with another workspace")
    await expect(eyes.room("support")).to_have_count(0)
    await eyes.box.press_sequentially("/s")
    await expect(eyes.page.locator(".sl-offer")).to_have_count(0)
    await expect(eyes.page.get_by_role("button", name="Shortcuts")).to_have_count(0)
    await eyes.send("/session")
    await expect(eyes.row("/session is not a valid command.")).to_be_visible()
    assert bench.slack.journal.entries("delivery") == []


async def test_another_persons_eyes_keep_the_room_only_if_they_are_in_it(bench):
    eyes = await bench.look(ANNA, RANDOM)
    await eyes.become("Ben")
    await expect(eyes.page.get_by_role("region", name="#random")).to_be_visible()
    await eyes.become("Carla Conti")
    await expect(eyes.page.get_by_role("region", name="#support")).to_be_visible()
    await eyes.become("Anna")
    await eyes.room("quiet").click()
    await eyes.become("Gus")
    await expect(eyes.page.get_by_role("region", name="#support")).to_be_visible()
    await eyes.page.get_by_role("button", name="Acting as").click()
    names = eyes.page.get_by_role("menuitemradio").locator(".sl-item-name")
    await expect(names).to_have_text(["Anna", "Ben", "Carla Conti", "Gus", "Sam Stranger"])


async def test_one_joins_before_one_writes(bench):
    eyes = await bench.look(CARLA, RANDOM)
    await expect(eyes.box).to_have_count(0)
    await eyes.page.get_by_role("button", name="Join channel").click()
    await eyes.send("here I am")
    await expect(eyes.row("here I am")).to_be_visible()


async def test_nobody_writes_in_an_archived_channel_until_it_is_brought_back(bench):
    eyes = await bench.look(ANNA, ARCHIVED)
    await expect(eyes.box).to_have_count(0)
    await eyes.page.get_by_role("button", name="Unarchive").click()
    await expect(eyes.box).to_be_visible()


async def test_an_app_without_home_that_takes_no_messages_offers_neither(bench):
    bench.slack.settings.manifest = replace(bench.slack.settings.manifest, home=False, writable=False)
    await bench.slack.say(BEN, SUPPORT, "hello")  # settings alone are no change that the page is told of
    eyes = await bench.look(ANNA)
    await eyes.room("Evo").click()
    await expect(eyes.page.get_by_text("Sending messages to this app has been turned off.")).to_be_visible()
    await expect(eyes.page.get_by_role("tab")).to_have_count(0)
    await expect(eyes.box).to_have_count(0)
    await eyes.become("Ben")
    await eyes.room("Evo").click()
    await expect(eyes.page.get_by_text("This app has no Home tab.")).to_be_visible()


async def test_the_apps_home_is_opened_when_it_is_shown(bench):
    bench.slack.settings.manifest = replace(bench.slack.settings.manifest, home=True, writable=True)
    eyes = await bench.look(BEN)
    await eyes.room("Evo").click()
    await expect(eyes.page.get_by_role("tabpanel")).to_contain_text("The app has not drawn its Home yet.")
    await eyes.page.get_by_role("tab", name="Messages").click()
    await eyes.send("hello app")
    await expect(eyes.row("hello app")).to_be_visible()


async def test_a_way_to_a_message_of_this_workspace_leads_there(bench):
    ts = await bench.slack.say(BEN, SUPPORT, "parent")
    url = f"https://workshop.slack.com/archives/{SUPPORT}/p{ts.replace('.', '')}?thread_ts={ts}&cid={SUPPORT}"
    button = {"type": "button", "action_id": "open", "url": url, "text": {"type": "plain_text", "text": "Open thread"}}
    view = {"type": "home", "blocks": [{"type": "actions", "elements": [button]}]}
    await bench.app.views_publish(user_id=BEN, view=view)
    eyes = await bench.look(BEN)
    await eyes.room("Evo").click()
    await eyes.page.get_by_role("link", name="Open thread").click()
    await expect(eyes.thread).to_contain_text("parent")
    assert len(eyes.page.context.pages) == 1


# Many


async def test_a_new_message_in_a_long_room_draws_only_itself(bench):
    for number in range(300):
        await bench.slack.say((ANNA, BEN, CARLA)[number % 3], SUPPORT, f"line {number}")
    eyes = await bench.look()
    rows = eyes.page.locator(".sl-channel [data-row]")
    await expect(rows).to_have_count(300)
    await expect(rows.last).to_be_in_viewport()
    await eyes.page.evaluate(WATCH_ROWS)
    await bench.slack.say(BEN, SUPPORT, "one more")
    await expect(eyes.row("one more")).to_be_in_viewport()
    touched, drawn = await eyes.page.evaluate("() => [[...window.touched], window.drawn]")
    assert len(touched) <= 2, touched  # itself, and the one before, which loses its place in the tab order
    assert drawn < 50


WATCH_ROWS = """() => {
  const WHAT = { subtree: true, childList: true, attributes: true, characterData: true };
  window.touched = new Set();
  new MutationObserver((records) => {
    for (const one of records) {
      const row = (one.target.closest ?? one.target.parentElement.closest).call(one.target, "[data-row]");
      if (row) window.touched.add(row.textContent);
    }
  }).observe(document.querySelector(".sl-log"), WHAT);
  // Every row that is drawn writes its time, also when nothing in it changes.
  window.drawn = 0;
  const times = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, "format");
  const get = function () { window.drawn += 1; return times.get.call(this); };
  Object.defineProperty(Intl.DateTimeFormat.prototype, "format", { ...times, get });
}"""


async def test_who_reads_above_is_not_pulled_down(bench):
    for number in range(60):
        await bench.slack.say(BEN, SUPPORT, f"line {number}")
    eyes = await bench.look()
    await expect(eyes.row("line 59")).to_be_in_viewport()
    await eyes.row("line 5").first.scroll_into_view_if_needed()
    await bench.slack.say(BEN, SUPPORT, "news")
    pill = eyes.page.get_by_role("button", name="New messages")
    await expect(pill).to_be_visible()
    await expect(eyes.row("news")).not_to_be_in_viewport()
    await pill.click()
    await expect(eyes.row("news")).to_be_in_viewport()
    await expect(pill).to_have_count(0)


async def test_a_message_and_its_actions_are_reached_by_keys(bench):
    await bench.slack.say(BEN, SUPPORT, "first")
    await bench.slack.say(ANNA, SUPPORT, "second")
    eyes = await bench.look()
    await eyes.row("second").focus()
    await eyes.page.keyboard.press("ArrowUp")
    await expect(eyes.row("first")).to_be_focused()
    await eyes.page.keyboard.press("Tab")
    await expect(eyes.row("first").get_by_role("button", name="React with white check mark")).to_be_focused()
    await eyes.page.keyboard.press("Enter")
    await expect(eyes.row("first").get_by_role("button", name="white check mark, 1")).to_be_visible()


async def test_words_that_could_not_be_sent_come_back(bench):
    eyes = await bench.look()
    await expect(eyes.box).to_be_visible()
    await eyes.page.route("**/do/slack/say", lambda route: route.abort())
    await eyes.send("lost?")
    await expect(eyes.box).to_have_value("lost?")
    await eyes.page.unroute("**/do/slack/say")
    await eyes.box.press("Enter")
    await expect(eyes.row("lost?")).to_be_visible()
    assert bench.texts() == ["lost?"]


async def test_on_a_narrow_page_the_rooms_are_behind_a_button_and_a_thread_covers_the_channel(bench):
    ts = await bench.slack.say(BEN, SUPPORT, "parent")
    eyes = await bench.look(width=390, thread=ts)
    await expect(eyes.page.get_by_role("navigation", name="Channels and people")).to_be_hidden()
    await eyes.thread.get_by_role("button", name="Close thread").click()
    await expect(eyes.row("parent")).to_be_focused()
    await eyes.page.get_by_role("button", name="Channels and people").click()
    await eyes.room("random").click()
    await expect(eyes.page.get_by_role("region", name="#random")).to_be_visible()
    await expect(eyes.room("random")).to_be_hidden()
