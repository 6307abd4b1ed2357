"""Block Kit as the workbench draws it: in a real browser, and for modals with the real stand-in behind it."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import pkgutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, is_dataclass, replace
from itertools import product
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Locator, Page, expect

import bot.views
from bot.audit import Record
from bot.model import (
    Addressed,
    Answer,
    ChannelId,
    Email,
    Invitee,
    Kind,
    Life,
    Line,
    LineName,
    Member,
    Mode,
    NewSessionRequest,
    NotHere,
    Phone,
    Role,
    SessionType,
    State,
    Stop,
    ThreadKey,
    Ts,
    UserId,
)
from bot.packing import pack_request
from bot.policy import Action, Policy, Rule, Who, default_policy
from bot.policy.explaining import Explanation
from bot.policy.showing import Surroundings
from bot.text import to_slack
from bot.views import (
    Message,
    again,
    audit,
    card,
    confirm,
    correct,
    files,
    hints,
    invite,
    link,
    me,
    missed,
    move,
    new_session,
    notices,
    policy,
    privacy,
    remove,
    replies,
    results,
    reveal,
    sessions,
    transcript,
    why,
)
from bot.views.about import About, Choice
from bot.views.card import Spot
from bot.views.home import Home, Look, Office, forms, office, tab
from bot.views.new_session import Entry, Shape, dry
from sandbox.slack import GestureError, Settings, SlackStandIn
from sandbox.slack.picture import collections
from sandbox.slack.seeds import ANNA, BEN, PEOPLE, PRIVATE, ROOMS, SUPPORT
from tests.bot.views.samples import ITEM, OPENING, PHONE, SESSION, US, a_card, invitation
from tests.bot.views.test_home import ANA, PERSON
from tests.faultlab.corpus import LIES, MARKUP, PAYLOADS, SIGNS, SMUGGLED
from tests.sandbox.browser import PageServer, Seen, chromium, open_page
from tests.sandbox.test_slack_people import Bot, field, modal, option, plain, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORLD = {
    "slack.people": {person.id: {**asdict(person), "is_bot": bool(person.bot_id)} for person in PEOPLE},
    "slack.rooms": {room.id: {**asdict(room), "members": list(room.members)} for room in ROOMS},
}


@dataclass(slots=True)
class Preview:
    """The preview page: draws a payload; `log` is what the app would have heard."""

    page: Page
    seen: Seen
    server: PageServer

    @property
    def stage(self) -> Locator:
        return self.page.locator(".pv-stage")

    async def draw(self, payload: Any, **options: Any) -> Locator:
        await self.page.evaluate("([payload, options]) => window.preview(payload, options)", [payload, options])
        return self.stage

    async def blocks(self, *blocks: Any, **options: Any) -> Locator:
        return await self.draw({"blocks": list(blocks)}, **options)

    async def log(self) -> list[str]:
        return await self.page.locator(".pv-log li").all_text_contents()

    async def heard(self, line: str) -> None:
        """Waits until it is the last line."""
        await expect(self.page.locator(".pv-log li").last).to_have_text(line)

    async def said(self, script: str, given: Any = None) -> Any:
        return await self.page.evaluate(script, given)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@asynccontextmanager
async def previewing(browser: Browser, world: dict[str, Any], **window: Any) -> AsyncIterator[Preview]:
    async with PageServer(world) as server:
        page, seen = await open_page(browser, f"{server.url}/preview", **window)
        await page.wait_for_function("window.preview?.ready")
        await page.wait_for_function(
            "import('/page/store.js').then(s => s.emojiOf('wave') && s.item('slack.people', 'U0ANNA0001'))"
        )
        yield Preview(page, seen, server)
        await page.context.close()
        assert seen.errors == []
        assert seen.strangers(server.url) == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shown(browser: Browser) -> AsyncIterator[Preview]:
    async with previewing(browser, WORLD) as preview:
        yield preview


@pytest.fixture
def calm(shown: Preview) -> Preview:
    """The shared page: what it complained of before is not held against the next test."""
    return shown


# --- mrkdwn, read -----------------------------------------------------------------------------------------------------

TREE = """async ([text, options]) => {
  const { parse, parsePlain } = await import("/page/blockkit/text.js");
  const signs = { wave: "👋", smile: "😄", "+1": "👍", heart: "❤️" };
  const emoji = (name) => (Object.hasOwn(signs, name) ? signs[name] : null);
  const tell = (nodes) => nodes.map((n) => n.t === "text" ? n.text
    : n.t === "emoji" ? `[${n.sign}]`
    : n.kids ? `[${n.t}${n.href ? " " + n.href : ""}: ${tell(n.kids)}]`
    : `[${n.t}: ${n.text ?? n.range ?? n.id ?? [n.ts, n.format, n.href, n.fallback].filter(Boolean).join(" ")}`
      + `${n.label ? " " + n.label : ""}]`).join("");
  return tell(options.plain ? parsePlain(text, { emoji }) : parse(text, { emoji, ...options }));
}"""

MRKDWN = [
    ("", ""),
    ("*bold*", "[bold: bold]"),
    ("_it_ ~no~", "[italic: it] [strike: no]"),
    ("a *b* c", "a [bold: b] c"),
    ("_*x*_", "[italic: [bold: x]]"),
    ("*_~x~_*", "[bold: [italic: [strike: x]]]"),
    ("*a _b_ c*", "[bold: a [italic: b] c]"),
    ("2*3*4", "2*3*4"),
    ("2 * 3 * 4", "2 * 3 * 4"),
    ("snake_case_name", "snake_case_name"),
    ("_snake_case_", "[italic: snake_case]"),
    ("*a*b", "*a*b"),
    ("a*b*", "a*b*"),
    ("* a*", "* a*"),
    ("*a *", "*a *"),
    ("**a**", "**a**"),
    ("__init__", "__init__"),
    ("(*a*), *b*.", "([bold: a]), [bold: b]."),
    ('"*a*"', '"[bold: a]"'),
    ("*bold*_it_", "[bold: bold][italic: it]"),
    ("*a\nb*", "*a\nb*"),
    ("*a*\n*b*", "[bold: a]\n[bold: b]"),
    ("*über*", "[bold: über]"),
    ("ü*b*", "ü*b*"),
    ("*not closed", "*not closed"),
    ("*", "*"),
    ("~~~~", "~~~~"),
    ("`a *b*`", "[code: a *b*]"),
    ("*`a`*", "[bold: [code: a]]"),
    ("*a `*` b*", "[bold: a [code: *] b]"),
    ("`a\nb`", "`a\nb`"),
    ("`", "`"),
    ("``", "``"),
    ("`&lt;&amp;lt;`", "[code: <&lt;]"),
    ("`<@U1|ana>`", "[code: @ana]"),
    ("`<https://x.example|y>`", "[code: y]"),
    ("`:wave:`", "[code: :wave:]"),
    ("```a```", "[pre: a]"),
    ("```\n*a*\n  b\n```", "[pre: *a*\n  b]"),
    ("a\n```b```\nc", "a[pre: b]c"),
    ("```a", "```a"),
    ("``````", "``````"),
    ("> q", "[quote: q]"),
    ("&gt; q *b*", "[quote: q [bold: b]]"),
    ("&gt;a\n&gt; b\nc", "[quote: a\nb]c"),
    ("a\n&gt; q\n\nb", "a[quote: q]\nb"),
    ("a &gt; b", "a > b"),
    ("&gt;&gt;&gt; a\nb", "[quote: a\nb]"),
    ("a\n\nb\n", "a\n\nb\n"),
    ("<https://x.example>", "[link https://x.example/: https://x.example]"),
    ("<https://x.example/?a=1&amp;b=2|one *two*>", "[link https://x.example/?a=1&b=2: one *two*]"),
    ("*<http://x.example|y>*", "[bold: [link http://x.example/: y]]"),
    ("<mailto:a@b.example|write>", "[link mailto:a@b.example: write]"),
    ("<mailto:a@b.example>", "[link mailto:a@b.example: a@b.example]"),
    ("<tel:+15035550123|call>", "[link tel:+15035550123: call]"),
    ("<javascript:alert(1)|x>", "<javascript:alert(1)|x>"),
    ("<JaVaScRiPt:alert(1)>", "<JaVaScRiPt:alert(1)>"),
    ("<data:text/html,x|y>", "<data:text/html,x|y>"),
    ("<slack://open|x>", "<slack://open|x>"),
    ("<file:///etc/passwd|x>", "<file:///etc/passwd|x>"),
    ("<https://a b|x>", "<https://a b|x>"),
    ("<https://x.example\n|y>", "<https://x.example\n|y>"),
    ("<@U1>", "[user: U1]"),
    ("<@U1|ana>", "[user: U1 ana]"),
    ("<@nobody>", "<@nobody>"),
    ("<#C1|general>", "[channel: C1 general]"),
    ("<!here> <!channel> <!everyone>", "[broadcast: here] [broadcast: channel] [broadcast: everyone]"),
    ("<!here|x>", "[broadcast: here]"),
    ("<!subteam^S1|@crew>", "[group: S1 @crew]"),
    ("<!date^1392734382^{date} {time}|then>", "[date: 1392734382 {date} {time} then]"),
    ("<!date^1^{date}^https://x.example|y>", "[date: 1 {date} https://x.example/ y]"),
    ("<!date^1^{date}^javascript:x|y>", "[date: 1 {date} y]"),
    ("<!date^soon^{date}|then>", "then"),
    ("*a <!date^00000000^{_}|*>b*", "[bold: a *b]"),
    ("<!unknown^x|y>", "<!unknown^x|y>"),
    ("<>", "<>"),
    ("&lt;@U1&gt;", "<@U1>"),
    ("&amp;lt;@U1&amp;gt;", "&lt;@U1&gt;"),
    ("&copy; &#60;", "&copy; &#60;"),
    ("a < b & c", "a < b & c"),
    (":wave:", "[👋]"),
    (":wave::skin-tone-3:", "[👋🏼]"),
    (":smile::skin-tone-3:", "[😄]:skin-tone-3:"),
    (":nobody_knows: 10:30:00", ":nobody_knows: 10:30:00"),
    (":nobody:wave:", ":nobody[👋]"),
    (":constructor: :__proto__:", ":constructor: :__proto__:"),
    ("*:+1:*", "[bold: [👍]]"),
    ("[x](https://evil.example)", "[x](https://evil.example)"),
    ("https://x.example", "https://x.example"),
    ("\ufffc *a*", "\ufffc [bold: a]"),
]


@pytest.mark.parametrize(("text", "tree"), MRKDWN)
async def test_mrkdwn_is_read_as_slack_reads_it(calm: Preview, text: str, tree: str) -> None:
    assert await calm.said(TREE, [text, {}]) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("see https://x.example/a_b_c, ok", "see [link https://x.example/a_b_c: https://x.example/a_b_c], ok"),
        ("(http://x.example/(a))", "([link http://x.example/(a): http://x.example/(a)])"),
        ("http://x.example/?a=1&amp;b&gt;", "[link http://x.example/?a=1&b: http://x.example/?a=1&b]>"),
        ("*http://x.example*", "[bold: [link http://x.example/: http://x.example]]"),
        ("`http://x.example`", "[code: http://x.example]"),
        ("xhttp://x.example http://", "xhttp://x.example http://"),
        ("javascript:alert(1) www.x.example", "javascript:alert(1) www.x.example"),
    ],
)
async def test_addresses_that_people_type_are_links(calm: Preview, text: str, tree: str) -> None:
    assert await calm.said(TREE, [text, {"links": True}]) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("*x* _y_ `z` <@U1> <http://x.example|y>", "*x* _y_ `z` <@U1> <http://x.example|y>"),
        ("&lt; > q", "&lt; > q"),
        ("hi :wave: :nobody:", "hi [👋] :nobody:"),
    ],
)
async def test_plain_text_is_letters_and_emoji(calm: Preview, text: str, tree: str) -> None:
    assert await calm.said(TREE, [text, {"plain": True}]) == tree


@pytest.mark.parametrize(
    "text", ["*a ", "`a ", "_*~a ", ":a", "http://a.b ", "<", "> a\n", "```", "*_~", "http://a)))"]
)
async def test_no_text_takes_the_reader_for_ever(calm: Preview, text: str) -> None:
    """It is read once per kind of mark, whatever stands in it; read once per letter, this would take minutes."""
    read = """async (text) => { const { parse } = await import("/page/blockkit/text.js");
        return parse(text, { links: true }).length; }"""
    async with asyncio.timeout(30):
        assert await calm.said(read, (text * 40_000)[:40_000]) > 0


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("{date_num}", "2014-02-18"),
        ("{date}", "February 18th, 2014"),
        ("{date_short}", "Feb 18, 2014"),
        ("{date_long}", "Tuesday, February 18th, 2014"),
        ("at {time}", "at 2:39 PM"),
        ("{time_secs}", "2:39:42 PM"),
        ("{date_short_pretty} {time}", "Feb 18, 2014 2:39 PM"),
        ("{unheard_of}", None),
        ("{constructor}", None),
    ],
)
async def test_a_date_is_shown_in_the_words_asked_for(calm: Preview, form: str, words: str | None) -> None:
    script = """async (format) => (await import("/page/blockkit/dates.js")).shownDate(1392734382, format)"""
    assert await calm.said(script, form) == words


async def test_a_date_that_is_near_has_a_name(calm: Preview) -> None:
    script = """async (days) => (await import("/page/blockkit/dates.js"))
        .shownDate(1392734382 + days * 86400, "{date_pretty}", 1392734382000)"""
    assert [await calm.said(script, days) for days in (-1, 0, 1)] == ["yesterday", "today", "tomorrow"]


# --- words, drawn -----------------------------------------------------------------------------------------------------


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True, **more}}


async def test_marks_and_mentions_are_drawn(calm: Preview) -> None:
    stage = await calm.blocks(
        section(f"*b* _i_ ~s~ `c` <https://x.example|go> <@{ANNA}> <@{BEN}> <#{SUPPORT}> <!here> :wave:\n&gt; q")
    )
    for tag, text in [("b", "b"), ("i", "i"), ("s", "s"), ("code", "c"), ("blockquote", "q"), ("a", "go")]:
        await expect(stage.locator(f".bk-text {tag}")).to_have_text(text)
    link = stage.locator("a")
    assert [await link.get_attribute(name) for name in ("href", "target", "rel")] == [
        "https://x.example/",
        "_blank",
        "noopener noreferrer",
    ]
    assert await stage.locator(".bk-mention").all_text_contents() == [
        "@Anna",
        "@Ben",
        "#support",
        "@here",
    ]
    await expect(stage.locator(".bk-mention-me")).to_have_text("@Anna")
    await expect(stage.get_by_role("img", name="wave emoji")).to_have_text("👋")


async def test_who_is_named_in_code_is_named_there_as_well(calm: Preview) -> None:
    stage = await calm.blocks(section(f"`<@{ANNA}> end` in `<#{SUPPORT}>`"))
    assert await stage.locator("code").all_text_contents() == ["@Anna end", "#support"]


async def test_a_message_without_blocks_is_drawn_from_its_text(calm: Preview) -> None:
    stage = await calm.draw({"text": "*hi* https://x.example"})
    await expect(stage.locator("b")).to_have_text("hi")
    await expect(stage.locator("a")).to_have_text("https://x.example")
    stage = await calm.draw({"text": ":wave: :tada:"})
    await expect(stage.locator(".bk-jumbo .bk-emoji")).to_have_count(2)


RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "*x* "},
                {"type": "text", "text": "bold", "style": {"bold": True, "italic": True, "strike": True}},
                {"type": "text", "text": "code", "style": {"code": True}},
                {"type": "link", "url": "https://x.example", "text": "go"},
                {"type": "link", "url": "javascript:alert(1)", "text": "no"},
                {"type": "user", "user_id": ANNA},
                {"type": "channel", "channel_id": SUPPORT},
                {"type": "usergroup", "usergroup_id": "S1"},
                {"type": "emoji", "name": "wave", "skin_tone": 3},
                {"type": "emoji", "name": "nobody_knows"},
                {"type": "emoji", "name": "x", "unicode": "1f44b-1f3fd"},
                {"type": "broadcast", "range": "channel"},
                {"type": "date", "timestamp": 1392734382, "format": "{date_num}"},
                {"type": "color", "value": "#FF0000"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "indent": 1,
            "offset": 2,
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "three"}]}],
        },
        {"type": "rich_text_list", "style": "bullet", "elements": [{"type": "rich_text_section", "elements": []}]},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "pre  formatted"}]},
    ],
}


async def test_every_part_of_rich_text_is_drawn(calm: Preview) -> None:
    stage = await calm.blocks(RICH)
    first = stage.locator(".bk-rich > div").first
    await expect(first).to_have_text(
        "*x* boldcodegono (javascript:alert(1))@Anna#support@S1👋🏼:nobody_knows:👋🏽@channel2014-02-18#FF0000"
    )
    await expect(stage.locator("b i s")).to_have_text("bold")
    await expect(stage.locator("a")).to_have_count(1)
    assert await stage.locator("ol").get_attribute("start") == "3"
    await expect(stage.locator("ul li")).to_have_count(1)
    await expect(stage.locator("blockquote")).to_have_text("quoted")
    await expect(stage.locator("pre.bk-pre")).to_have_text("pre  formatted")
    await expect(stage.locator(".bk-error")).to_have_count(0)


# --- foreign words ----------------------------------------------------------------------------------------------------

HOSTILE = [*SMUGGLED, *MARKUP, *LIES, *PAYLOADS, *SIGNS]
CHUNKS = [HOSTILE[first : first + 60] for first in range(0, len(HOSTILE), 60)]


@pytest.mark.parametrize("texts", CHUNKS, ids=range(len(CHUNKS)))
async def test_foreign_words_stay_letters(calm: Preview, texts: list[str]) -> None:
    """As plain_text and in rich_text word for word; escaped in mrkdwn no link and no mention."""
    rich = [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]} for text in texts]
    letters = [
        {"type": "section", "text": {"type": "plain_text", "text": text or "–", "emoji": False}} for text in texts
    ]
    stage = await calm.blocks({"type": "rich_text", "elements": rich}, *letters)
    assert await stage.locator(".bk-rich > div").evaluate_all("all => all.map(one => one.textContent)") == texts
    drawn = await stage.locator(".bk-section .bk-text").evaluate_all("all => all.map(one => one.textContent)")
    assert drawn == [text or "–" for text in texts]
    stage = await calm.blocks(*[section(to_slack(text)) for text in texts])
    await expect(stage.locator(".bk-section")).to_have_count(len(texts))
    await expect(stage.locator("a, .bk-mention, time, script, img")).to_have_count(0)


@pytest.mark.parametrize("texts", CHUNKS, ids=range(len(CHUNKS)))
async def test_no_address_but_the_usual_four_is_ever_a_link(calm: Preview, texts: list[str]) -> None:
    """Even when nobody escaped anything."""
    stage = await calm.blocks(*[section(text, verbatim=False) for text in texts])
    found = await stage.locator("a").evaluate_all("all => all.map(one => one.protocol)")
    assert set(found) <= {"http:", "https:", "mailto:", "tel:"}


# --- blocks -----------------------------------------------------------------------------------------------------------


async def test_every_block_is_drawn(calm: Preview) -> None:
    image = {"type": "image", "alt_text": "a cat", "image_url": "https://x.example/cat.png"}
    stage = await calm.blocks(
        {"type": "header", "text": plain("Head :wave:")},
        {**section("body"), "fields": [plain("one"), {"type": "mrkdwn", "text": "*two*"}], "accessory": image},
        {"type": "divider"},
        {"type": "context", "elements": [image, {"type": "mrkdwn", "text": "_small_"}]},
        {**image, "title": plain("A title")},
        {"type": "actions", "elements": [{"type": "button", "text": plain("Press")}]},
        RICH,
        {
            "type": "table",
            "rows": [[{"type": "raw_text", "text": "*Part*"}, {"type": "raw_number", "value": 12.5}, RICH]],
        },
    )
    await expect(stage.get_by_role("cell").first).to_have_text("*Part*")
    await expect(stage.get_by_role("cell").nth(1)).to_have_text("12.5")
    await expect(stage.get_by_role("heading", name="Head")).to_have_text("Head 👋")
    assert await stage.locator(".bk-field-cell").all_text_contents() == ["one", "two"]
    await expect(stage.locator("hr")).to_have_count(1)
    await expect(stage.get_by_role("img", name="a cat")).to_have_count(2)
    await expect(stage.locator(".bk-figure")).to_contain_text("a cat")
    await expect(stage.locator(".bk-context i")).to_have_text("small")
    await expect(stage.locator(".bk-error")).to_have_count(0)


UNKNOWN = [
    ({"type": "video", "alt_text": "x"}, "Unknown block: video"),
    ({"type": "constructor"}, "Unknown block: constructor"),
    ({}, "Unknown block"),
    (None, "Unknown block: null"),
    ({"type": "actions", "elements": [{"type": "workflow_button"}]}, "Unknown element: workflow_button"),
    ({"type": "actions", "elements": [None]}, "Unknown element: null"),
    ({**field("f", {"type": "file_input"})}, "Unknown element: file_input"),
    ({**section("x"), "accessory": {"type": "dial"}}, "Unknown element: dial"),
    ({"type": "rich_text", "elements": [{"type": "rich_text_table"}]}, "Unknown rich text: rich_text_table"),
    ({"type": "table", "rows": [[{"type": "raw_mood"}]]}, "Unknown cell: raw_mood"),
    ({"type": "context", "elements": [{"type": "mood", "text": "x"}]}, "Unknown text: mood"),
    ({"type": "section", "fields": 7}, "Unknown shape of block: section"),
]


@pytest.mark.parametrize(("block", "words"), UNKNOWN)
async def test_what_cannot_be_drawn_is_said_and_the_rest_is_drawn(calm: Preview, block: Any, words: str) -> None:
    stage = await calm.blocks(section("before"), block, section("after"))
    note = stage.get_by_role("note")
    await expect(note).to_have_count(1)
    await expect(note).to_contain_text(words)
    await expect(stage.locator(".bk-section").filter(has_text="before")).to_be_visible()
    await expect(stage.locator(".bk-section").filter(has_text="after")).to_be_visible()


async def test_the_json_of_an_unknown_block_is_there_folded(calm: Preview) -> None:
    stage = await calm.blocks({"type": "video", "title": "<b>x</b>"})
    await expect(stage.locator(".bk-error pre")).to_be_hidden()
    await stage.locator(".bk-error summary").click()
    assert json.loads(await stage.locator(".bk-error pre").inner_text())["title"] == "<b>x</b>"


# --- elements and their values ----------------------------------------------------------------------------------------


def actions(**element: Any) -> dict[str, Any]:
    return {"type": "actions", "block_id": "b", "elements": [{"action_id": "a", **element}]}


OPTIONS = [option("red"), option("green"), option("blue")]
GROUPS = [{"label": plain("Warm"), "options": OPTIONS[:1]}, {"label": plain("Cold"), "options": OPTIONS[1:]}]


async def test_a_button_says_that_it_was_pressed(calm: Preview) -> None:
    stage = await calm.blocks(actions(type="button", text=plain("Press"), style="primary", value="7"))
    await stage.get_by_role("button", name="Press").click()
    await calm.heard('"act" "b/a" null')


async def test_a_button_with_an_address_is_a_link_and_a_press(calm: Preview) -> None:
    stage = await calm.blocks(
        actions(type="button", text=plain("Go"), url="http://127.0.0.1:9/x"),
        {**section("x"), "accessory": {"type": "button", "text": plain("Bad"), "url": "javascript:alert(1)"}},
    )
    assert await stage.get_by_role("link", name="Go").get_attribute("href") == "http://127.0.0.1:9/x"
    await expect(stage.get_by_role("link")).to_have_count(1)
    await expect(stage.get_by_role("button", name="Bad")).to_be_visible()


SURE = {
    "title": plain("Sure?"),
    "text": plain("It cannot be undone."),
    "confirm": plain("Do it"),
    "deny": plain("Stop"),
}


async def test_an_element_that_asks_back_acts_only_after_a_yes(calm: Preview) -> None:
    stage = await calm.blocks(actions(type="button", text=plain("End"), confirm={**SURE, "style": "danger"}))
    for leave in ("Stop", "Close", "Escape"):
        await stage.get_by_role("button", name="End").click()
        await expect(stage.get_by_role("alertdialog")).to_contain_text("It cannot be undone.")
        if leave == "Escape":
            await calm.page.keyboard.press("Escape")
        else:
            await stage.get_by_role("alertdialog").get_by_role("button", name=leave).click()
        await expect(stage.get_by_role("alertdialog")).to_have_count(0)
        await expect(stage.get_by_role("button", name="End")).to_be_focused()
    assert await calm.log() == []
    await stage.get_by_role("button", name="End").click()
    await stage.get_by_role("button", name="Do it").click()
    await calm.heard('"act" "b/a" null')


async def test_a_choice_that_was_not_confirmed_is_not_shown_as_made(calm: Preview) -> None:
    stage = await calm.blocks(actions(type="radio_buttons", options=OPTIONS, initial_option=OPTIONS[0], confirm=SURE))
    await stage.get_by_role("radio", name="Green").click()
    await stage.get_by_role("button", name="Stop").click()
    await expect(stage.get_by_role("radio", name="Red")).to_be_checked()
    await stage.get_by_role("radio", name="Green").click()
    await stage.get_by_role("button", name="Do it").click()
    await expect(stage.get_by_role("radio", name="Green")).to_be_checked()
    await calm.heard('"act" "b/a" "green"')


async def test_the_menu_of_more_options_is_used_by_keyboard(calm: Preview) -> None:
    stage = await calm.blocks(actions(type="overflow", options=OPTIONS))
    await stage.get_by_role("button", name="More options").focus()
    for key in ("Enter", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
        await calm.page.keyboard.press(key)
    await calm.heard('"act" "b/a" "blue"')
    await expect(stage.get_by_role("menu")).to_have_count(0)
    await expect(stage.get_by_role("button", name="More options")).to_be_focused()


async def test_radio_buttons_and_checkboxes_say_their_values(calm: Preview) -> None:
    described = {**OPTIONS[1], "description": plain("like grass")}
    stage = await calm.blocks(
        actions(type="radio_buttons", options=[OPTIONS[0], described]),
        {**actions(type="checkboxes", options=OPTIONS, initial_options=OPTIONS[:1]), "block_id": "c"},
    )
    await stage.get_by_role("radio", name="Green").check()
    await calm.heard('"act" "b/a" "green"')
    await expect(stage).to_contain_text("like grass")
    await stage.get_by_role("checkbox", name="Blue").check()
    await calm.heard('"act" "c/a" ["red","blue"]')
    await stage.get_by_role("checkbox", name="Red").uncheck()
    await calm.heard('"act" "c/a" ["blue"]')


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("datepicker", "2026-03-01", '"2026-03-01"'),
        ("timepicker", "09:30", '"09:30"'),
        ("datetimepicker", "2026-03-01T09:30", "1772357400"),
    ],
)
async def test_dates_and_times_say_their_values(calm: Preview, kind: str, typed: str, value: str) -> None:
    stage = await calm.blocks(actions(type=kind, placeholder=plain("When")))
    await stage.get_by_label("When").fill(typed)
    await calm.heard(f'"act" "b/a" {value}')


@pytest.mark.parametrize(
    ("element", "pick", "value"),
    [
        ({"type": "static_select", "options": OPTIONS}, "Green", '"green"'),
        ({"type": "static_select", "option_groups": GROUPS}, "Blue", '"blue"'),
        ({"type": "users_select"}, "Ben Berger", f'"{BEN}"'),
        ({"type": "conversations_select"}, "# support", f'"{SUPPORT}"'),
        ({"type": "channels_select"}, "# support", f'"{SUPPORT}"'),
        ({"type": "multi_static_select", "options": OPTIONS}, "Green", '["green"]'),
        ({"type": "multi_users_select", "initial_users": [ANNA]}, "Ben Berger", f'["{ANNA}","{BEN}"]'),
        ({"type": "multi_conversations_select"}, "🔒 quiet", f'["{PRIVATE}"]'),
        ({"type": "multi_channels_select"}, "# support", f'["{SUPPORT}"]'),
    ],
)
async def test_a_menu_says_what_was_picked_and_shows_it(calm: Preview, element: Any, pick: str, value: str) -> None:
    stage = await calm.blocks(actions(placeholder=plain("Choose one"), **element))
    menu = stage.get_by_role("combobox", name="Choose one")
    await menu.click()
    await calm.page.get_by_role("option", name=pick).click()
    await calm.heard(f'"act" "b/a" {value}')
    if element["type"].startswith("multi_"):
        await expect(stage.locator(".bk-chip").last).to_contain_text(pick)
    else:
        await expect(menu).to_have_value(pick)
        await expect(calm.page.get_by_role("listbox")).to_have_count(0)


async def test_a_menu_is_used_by_keyboard_alone(calm: Preview) -> None:
    stage = await calm.blocks(actions(type="static_select", options=OPTIONS, placeholder=plain("Colour")))
    menu, options, press = stage.get_by_role("combobox"), calm.page.get_by_role("option"), calm.page.keyboard.press
    await menu.focus()
    await press("ArrowDown")
    await expect(options).to_have_count(3)
    await press("ArrowUp")
    await expect(calm.page.locator(".bk-option[data-active]")).to_have_text("Blue")
    await press("Escape")
    await expect(options).to_have_count(0)
    assert await calm.log() == []
    await menu.press_sequentially("gre")
    await expect(options).to_have_count(1)
    active = await menu.get_attribute("aria-activedescendant")
    await expect(calm.page.locator(f"#{active}")).to_have_text("Green")
    await press("Enter")
    await calm.heard('"act" "b/a" "green"')
    await menu.press_sequentially("zzz")
    await expect(calm.page.get_by_text("No results")).to_be_visible()
    await press("Tab")
    await expect(menu).to_have_value("Green")


async def test_chips_are_taken_back_and_no_more_than_allowed_are_taken(calm: Preview) -> None:
    stage = await calm.blocks(
        actions(type="multi_static_select", options=OPTIONS, max_selected_items=2, placeholder=plain("Colours"))
    )
    menu, options = stage.get_by_role("combobox"), calm.page.get_by_role("option")
    await menu.click()
    for at in range(3):
        await options.nth(at).dispatch_event("click")
    await expect(calm.page.get_by_text("No more than 2 can be chosen.")).to_be_visible()
    await expect(stage.locator(".bk-chip")).to_have_count(2)
    await menu.press("Backspace")
    await calm.heard('"act" "b/a" ["red"]')
    await stage.get_by_role("button", name="Remove Red").click()
    await calm.heard('"act" "b/a" []')


async def test_only_what_a_person_can_see_is_offered(calm: Preview) -> None:
    """Nobody who is gone, no archived room; of conversations only the kinds asked for, and no app."""
    stage = await calm.blocks(
        actions(type="users_select", placeholder=plain("Who")),
        {
            **actions(
                type="conversations_select",
                placeholder=plain("Where"),
                filter={
                    "include": ["public", "im"],
                    "exclude_bot_users": True,
                    "exclude_external_shared_channels": True,
                },
            ),
            "block_id": "c",
        },
    )
    await stage.get_by_role("combobox", name="Who").click()
    people = await calm.page.locator(".bk-option-text").all_text_contents()
    assert "Ben Berger" in people
    assert "Gina Gone" not in people
    await calm.page.keyboard.press("Escape")
    await stage.get_by_role("combobox", name="Where").click()
    await expect(calm.page.get_by_role("option", name="# support")).to_be_visible()
    assert await calm.page.locator(".bk-option-text").all_text_contents() == ["# random", "# support"]


async def test_a_press_that_went_wrong_is_said_beside_it(calm: Preview) -> None:
    press = actions(type="button", text=plain("Press"))
    for answer, words in [
        ({"ok": True, "result": {"outcome": "http_timeout"}}, "did not answer in time"),
        ({"ok": True, "result": {"outcome": "acked", "trouble": "no_text"}}, "no_text"),
        ({"ok": False, "error": "the message is gone"}, "the message is gone"),
    ]:
        stage = await calm.blocks(press, answers={"act": answer})
        await stage.get_by_role("button", name="Press").click()
        await expect(stage.get_by_role("alert")).to_contain_text(words)


async def test_disabled_blocks_take_nothing(calm: Preview) -> None:
    stage = await calm.blocks(
        actions(type="button", text=plain("Press")),
        {**actions(type="static_select", options=OPTIONS), "block_id": "c"},
        disabled=True,
    )
    await expect(stage.get_by_role("button")).to_be_disabled()
    await expect(stage.get_by_role("combobox")).to_be_disabled()


@pytest.mark.parametrize(
    ("element", "typed", "words"),
    [
        ({"type": "email_text_input"}, "ana", "valid email address"),
        ({"type": "url_text_input"}, "x.example", "valid URL"),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "whole number"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "3"}, "3.5", "3 or less"),
        ({"type": "plain_text_input", "max_length": 5}, "👋👋👋👋👋👋", "5 characters or fewer (now 6)"),
        ({"type": "plain_text_input", "min_length": 3}, "ab", "at least 3 characters"),
    ],
)
async def test_what_does_not_fit_is_said_before_anything_is_sent(
    calm: Preview, element: Any, typed: str, words: str
) -> None:
    await calm.draw(modal(field("f", element), field("g", {"type": "plain_text_input"}, optional=True)))
    dialog = calm.stage.get_by_role("dialog")
    await dialog.get_by_role("textbox").first.fill(typed)
    await dialog.get_by_role("button", name="Go").click()
    await expect(dialog.locator(".bk-field-error")).to_contain_text(words)
    await expect(dialog.get_by_role("textbox").first).to_be_focused()
    assert await calm.log() == []


async def test_what_is_left_of_a_limit_is_shown_when_it_gets_scarce(calm: Preview) -> None:
    await calm.draw(modal(field("f", {"type": "plain_text_input", "max_length": 10})))
    box, left = calm.stage.get_by_role("textbox"), calm.stage.locator(".bk-left")
    await box.fill("1234567")
    await expect(left).to_be_hidden()
    await box.fill("12345678")
    await expect(left).to_have_text("2 characters left")


# --- everything the bot draws -----------------------------------------------------------------------------------------


REQUEST = NewSessionRequest(SessionType.CHAT, "Boiler", phones=(PHONE,), first_message="*x*")


def line(text: str = "hello", **changes: Any) -> Line:
    return replace(Line(LineName("n"), SESSION.key, "ana@example.com", text, None, None, "2026-01-01"), **changes)


def drawn_by_the_bot() -> list[tuple[str, Any]]:
    """Every view function of the bot in every state it knows: (its name, what it made)."""
    lives = [replace(SESSION, life=life, missing=("x@y.example",) * 7, ended_at=1.0) for life in Life]
    stop = Stop(1_700_000_000.0, ANNA, "x <y>")
    opening = replace(OPENING, body=pack_request(REQUEST))
    asked = [invitation(Invitee(phone=PHONE), state) for state in State]
    items = [
        replace(
            invitation(Invitee(email=Email("ana@example.com"))), kind=kind, state=state, attempts=1, unknown_at=doubt
        )
        for kind, state, doubt in product([Kind.INVITE, Kind.SAY, Kind.END], State, [None, 1.0])
    ]
    waiting = [replace(ITEM, state=state) for state in (State.NEEDS_PERSON, State.WITHDRAWN, State.REFUSED)]
    here = ChannelId(SUPPORT)
    return [
        *(("card.card", a_card(life, replace(opening, state=state), asked, refused=1, needs_person=2))
          for life in lives for state in State),
        *(("card.card", card.card(session, replace(opening, state=State.ASKED), asked, {}, Spot(), US, stop, asking))
          for session in lives for asking in askings()),
        *(("results.result", results.result(item, session)) for item in items for session in lives[:2]),
        *(("results.result", results.result(item, SESSION, asking)) for item in asked for asking in askings()),
        *(("missed.missed", missed.missed([item] * 3, SESSION)) for item in waiting),
        ("replies.said", replies.said(line("*x* <!here>\n\ny" * 500), SESSION, 1)),
        ("replies.said", replies.said(line(media_uri="https://x.example/1", media_type="a/b"), SESSION, late=True)),
        ("replies.joined", replies.joined([replies.said(line(), SESSION)] * 9)[0]),
        *(("files.file_not_here", files.file_not_here(line(media_uri="https://x.example/1"), files.pack_why(why, 1)))
          for why in NotHere),
        ("replies.notice", replies.notice("Ana <x> joined.")),
        ("reveal.revealed", reveal.revealed(SESSION, OPENING)),
        *(("privacy.for_everybody", privacy.for_everybody(a_card(SESSION, OPENING, asked, spot)))
          for spot in (Spot(mode=Mode.MENTION), *(Spot(role, home=here, others=(here,)) for role in (*Role, None)))),
        *(("new_session.drawing.form", new_session.form(place, type_, "x" * 200))
          for type_ in SessionType for place in (here, None)),
        *(("new_session.drawing.draw", new_session.draw(Shape(type_, True, entry, entry), {}, author="Ana", away=away))
          for type_ in SessionType for entry in (Entry.LIST, Entry.TYPED) for away in (True, False)),
        *modals_about(here),
        *said_to_one(here),
        *homes(),
        *(("confirm.modal_for", confirm.modal_for(confirm.Question("token"), costly)) for costly in questions(here)),
        ("again.modal_for", again.modal_for(confirm.Question("token"), lives[0], 1_700_000_000.0, 300.0, "Back")),
        *for_administrators(here),
        *(("notices.notice_view", notices.notice_view(text)) for text in ("x", notices.broken("ab12"))),
    ]  # fmt: skip


def askings() -> Iterator[results.Asking]:
    for second, own, private in product([True, False], [True, False], [True, False, None]):
        yield results.Asking("Acme <x>", second=second, private=private, own=own)


def questions(here: ChannelId) -> Iterator[confirm.Costly]:
    """Of each type a bare one, and one with all there can be in it."""
    phones = [PHONE, Phone("+442079460000", "GB")] * 60
    places = [(here, kind) for kind in (*confirm.EYES, None)]
    for type_ in SessionType:
        yield confirm.Costly([PHONE], type_, "")
        whole = confirm.Costly(phones, type_, "*x*", "*x* <!here>\n" * 500, "x", PHONE, places, second=True)
        yield whole
        yield replace(whole, places=places[-1:], thread=True, asker=UserId(BEN))


def for_administrators(here: ChannelId) -> Iterator[tuple[str, Any]]:
    """The policy, what it says of somebody, and what happened; short, and longer than fits."""
    rule = Rule("x <y>", allows=True, who=Who(users=frozenset({ANNA})), what=frozenset({Action.INVITE}), line=3)
    lines = ("Anna <x>", "So: no.")
    record = Record(7, 1_700_000_000.5, "T1", ANNA, "asked", 1, 2, "ab" * 16, f"T1/{here}/1700000100.000200", "*x* <y>")
    row = audit.Row(record, (PHONE.e164, "ana@example.com", BEN), SESSION)
    for many in (1, 60):
        rules = Policy((rule, replace(rule, allows=False)) * many)
        yield "policy.policy_message", policy.policy_message(rules, Surroundings(frozenset({"CA"})), ["x & <y>"])
        yield "policy.verdict_message", policy.verdict_message(Explanation(allowed=many > 1, lines=lines * many))
        yield "audit.message", audit.message("The last <rows>", [row] * many, "https://x.slack.com/")
    yield "policy.policy_message", policy.policy_message(default_policy(), Surroundings())
    yield "audit.message", audit.message("The last rows", [], "https://x.slack.com/")
    refused = replace(ITEM, state=State.REFUSED, attempts=1, reason="no <b>")
    yield "why.message", why.message([why.Account(refused, SESSION, (record,), None, None, False, 1_700_000_100.0)])
    yield "why.message", why.message([])


def modals_about(here: ChannelId) -> Iterator[tuple[str, Any]]:
    """Of each, one that knows its session and one that asks for it, with something wrong in it."""
    known, open_ = About(here, Ts("1700000000.000100"), SESSION.key), About(here)
    choice, said = Choice("e1", "Boiler"), {"": "x <!here>", "l_session": "y", "i_people": "z"}
    sayings = [transcript.Saying(1700000000.0, "Lee", "*x* <!here>\n\ny")] * 200
    threads = [ThreadKey(SESSION.team, here, Ts("1700000000.000100"))] * 2
    looks = [link.Look("x", type_, True, SESSION.members, 3, sayings, threads) for type_ in SessionType]
    for look in (*link.Unseen, *looks):
        yield "link.form", link.form(open_, link.Begun(choice, look, "x", said=said), SESSION, "https://x.slack.com/")
    yield "link.form", link.form(known, link.Begun(), None, "https://x.slack.com/")
    yield "invite.form", invite.form(known, SESSION, invite.Begun(people="ana@example.com"))
    yield "invite.form", invite.form(open_, None, invite.Begun(choice, caller_id="+1", said=said), numbers=True)
    yield "move.form", move.form(known, SESSION, move.Begun())
    yield "move.form", move.form(open_, None, move.Begun(choice, here, "x", said))
    yield "remove.form", remove.form(known, SESSION, [Member(f"{n}@x.example") for n in range(150)], remove.Begun())
    yield "remove.form", remove.form(open_, None, (), remove.Begun(choice, said=said))
    yield "remove.sure", remove.sure(remove.Removal(known, "V1", "m"), SESSION, SESSION.members[0])
    yield "correct.form", correct.form(replace(ITEM, sent_text="Ana: x"), SESSION, "y")
    yield "transcript.page", transcript.page(SESSION, sayings, 150)
    yield "transcript.page", transcript.page(SESSION, [])


def said_to_one(here: ChannelId) -> Iterator[tuple[str, Any]]:
    """Hints, lists, settings: what nobody else sees."""
    yield "hints.said", hints.said("x")
    yield "hints.not_linked", hints.not_linked(Ts("1700000000.000100"))
    yield "hints.moved", hints.moved(here)
    yield "hints.no_target", hints.no_target(UserId(ANNA))
    yield "hints.kept", hints.kept(ITEM, Addressed(UserId(BEN)))
    yield "hints.unclear", hints.unclear("fax")
    yield "hints.stopped", hints.stopped()
    yield "hints.held", hints.held(ITEM, 3)
    yield "hints.sent_before", hints.sent_before(ITEM, SESSION)
    yield "hints.still_a_note", hints.still_a_note(ITEM)
    yield "hints.now_a_note", hints.now_a_note(ITEM)
    yield "hints.by_button", hints.by_button("x", "invite")
    yield "hints.withdrawn", hints.withdrawn()
    yield "me.settings", me.settings(PERSON, ANA, None)
    yield "sessions.listing", sessions.listing("Yours", [SESSION] * 10, 20, "https://x.slack.com/")
    yield "new_session.dry.would_send", dry.would_send({"displayName": "x"}, REQUEST, "Ana", here, (PHONE,))
    yield "replies.mirror", replies.mirror(replace(ITEM, sent_text="Ana: *x*"))


def homes() -> Iterator[tuple[str, Any]]:
    yield "home.tab.closed", tab.closed("x")
    for needs in ((), [(ITEM, SESSION)] * 5):
        yield (
            "home.tab.draw",
            tab.draw(Home(ANA, PERSON, Look(), ("x",), needs, 3, [SESSION] * 10, True, [SESSION] * 5)),
        )
    for stopped in (True, False):
        waits = Office({State.PENDING: (3, 1.0), State.NEEDS_PERSON: (1, 1.0)}, 2, 10, stopped)
        yield "home.tab.draw", tab.draw(Home(ANA, PERSON, Look(), office=waits))
    yield "home.office.told_view", office.told_view(hints.said("*x*"))
    yield "home.office.stop_form", office.stop_form()
    yield "home.forms.settings_form", forms.settings_form(PERSON)
    yield "home.forms.find_form", forms.find_form("x", sessions.listing("Found", [SESSION], 1, "https://x.slack.com/"))
    yield "home.forms.end_form", forms.end_form(SESSION)


def view_functions() -> set[str]:
    """Public functions of bot.views that make a message or a view, by what they say they give back."""
    found = set()
    for module in pkgutil.walk_packages(bot.views.__path__, "bot.views."):
        if module.name == "bot.views.blocks":  # what views are made of
            continue
        loaded = importlib.import_module(module.name)
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            gives = str(inspect.signature(function).return_annotation)
            own = function.__module__ == loaded.__name__ and not name.startswith("_")
            if own and (gives in {"Message", "View"} or gives.startswith("tuple[Message")):
                found.add(f"{module.name.removeprefix('bot.views.')}.{name}")
    return found


async def test_no_view_of_the_bot_is_left_out_here() -> None:
    assert {name for name, _ in drawn_by_the_bot()} == view_functions()


async def test_whatever_the_bot_draws_is_drawn_without_an_error(calm: Preview) -> None:
    payloads = {}
    for _, made in drawn_by_the_bot():
        payload = {"blocks": made.blocks} if isinstance(made, Message) else made
        payloads[json.dumps(payload)] = payload
    assert len(payloads) > 50
    for payload in payloads.values():
        stage = await calm.draw(payload)
        await expect(stage.locator(".bk-block")).to_have_count(len(payload["blocks"]))
        assert await stage.locator(".bk-error").count() == 0, payload


# --- modals, with the stand-in behind them ----------------------------------------------------------------------------


class Desk:
    """Anna before the page, the stand-in and an app behind it."""

    def __init__(self, preview: Preview, slack: SlackStandIn, bot: Bot) -> None:
        self.page, self.slack, self.bot, self.server = preview.page, slack, bot, preview.server
        self.server.answer = self._answer
        self.dialog = preview.stage.get_by_role("dialog")

    async def show(self, view: dict[str, Any]) -> None:
        await self.bot.show(ANNA, view)
        self.sync()
        await expect(self.dialog).to_be_visible()

    def box(self, name: str) -> Locator:
        return self.dialog.locator(f'[data-block="{name}"]').get_by_role("textbox")

    def sync(self) -> None:
        """What the feed would tell."""
        stack = collections(self.slack.desk)["views"].get(ANNA, {}).get("stack")
        here = {ANNA: {"stack": json.loads(json.dumps(stack))}} if stack else {}
        self.server.push({"slack.views": here}, None if stack else {"slack.views": [ANNA]})

    def held(self, name: str) -> Any:
        view = self.slack.view(ANNA)
        assert view is not None
        return view["state"]["values"][name]["x"]

    async def until(self, name: str, held: dict[str, Any]) -> None:
        async with asyncio.timeout(30):
            while {key: value for key, value in self.held(name).items() if key != "type"} != held:
                await self.page.evaluate("new Promise(requestAnimationFrame)")

    def submitted(self) -> list[dict[str, Any]]:
        return [payload for payload in self.bot.payloads if payload["type"] == "view_submission"]

    async def _answer(self, _side: str, verb: str, args: dict[str, Any]) -> dict[str, Any]:
        try:
            made = getattr(self.slack, verb)(**args)
            result = await made
        except GestureError as error:
            return {"ok": False, "error": str(error)}
        finally:
            self.sync()
        return {"ok": True, "result": _plain(result)}


def _plain(result: Any) -> Any:
    if isinstance(result, list):
        return [_plain(one) for one in result]
    return asdict(result) if is_dataclass(result) and not isinstance(result, type) else result


@pytest_asyncio.fixture(loop_scope="module")
async def desk(browser: Browser) -> AsyncIterator[Desk]:
    async with SlackStandIn(settings=Settings(ack_seconds=2)) as slack:
        bot = Bot(slack)
        app = web.Application()
        app.router.add_post("/slack/events", bot.hear)
        async with serving(app) as url:
            slack.configure(events_url=url, mode="http")
            async with previewing(browser, json.loads(json.dumps(WORLD))) as preview:
                await preview.draw({}, live=True)
                yield Desk(preview, slack, bot)
                preview.seen.errors = [line for line in preview.seen.errors if "409" not in line]


TEXT = {"type": "plain_text_input"}


async def test_what_is_typed_is_handed_over_when_the_field_is_left(desk: Desk) -> None:
    await desk.show(modal(field("f", TEXT), field("g", TEXT)))
    await desk.box("f").press_sequentially("hello")
    assert desk.held("f")["value"] is None
    await desk.page.keyboard.press("Tab")
    await desk.until("f", {"value": "hello"})


async def test_what_is_picked_is_handed_over_at_once(desk: Desk) -> None:
    colours = {"type": "radio_buttons", "options": OPTIONS}
    await desk.show(modal(field("f", {"type": "multi_users_select"}), field("g", colours)))
    await desk.dialog.get_by_role("combobox").click()
    await desk.page.get_by_role("option", name="Ben Berger").click()
    await desk.until("f", {"selected_users": [BEN]})
    await desk.page.keyboard.press("Escape")
    await desk.dialog.get_by_role("radio", name="Blue").check()
    await desk.until("g", {"selected_option": OPTIONS[2]})


async def test_errors_that_another_hand_brought_up_are_shown_until_the_field_is_filled(desk: Desk) -> None:
    """As the play does it: through the stand-in, with this page only looking on."""
    desk.bot.answers["view_submission"] = {"response_action": "errors", "errors": {"g": "Not so."}}
    await desk.show(modal(field("f", TEXT, optional=True), field("g", TEXT)))
    await desk.slack.fill(ANNA, {"g": "a"})
    await desk.slack.submit(ANNA)
    desk.sync()
    await expect(desk.dialog.get_by_text("Not so.")).to_be_visible()
    await desk.slack.fill(ANNA, {"g": "b"})
    desk.sync()
    await expect(desk.dialog.get_by_text("Not so.")).to_have_count(0)


async def test_errors_stand_under_their_fields_and_the_first_one_has_the_focus(desk: Desk) -> None:
    desk.bot.answers["view_submission"] = {"response_action": "errors", "errors": {"g": "Not so.", "h": "Nor so."}}
    await desk.show(modal(field("f", TEXT), field("g", TEXT), field("h", TEXT)))
    for name in "fgh":
        await desk.box(name).fill(name)
    await desk.page.keyboard.press("Enter")
    second = desk.box("g")
    await expect(second).to_be_focused()
    assert await second.get_attribute("aria-invalid") == "true"
    await expect(second).to_have_accessible_description("Not so.")
    assert await desk.dialog.locator(".bk-field-error").all_inner_texts() == ["⚠ Not so.", "⚠ Nor so."]
    assert [desk.held(name)["value"] for name in "fgh"] == ["f", "g", "h"]
    await second.fill("better")
    await expect(desk.dialog.locator(".bk-field-error")).to_have_text("⚠ Nor so.")


async def test_an_empty_field_that_is_needed_is_said_and_nothing_leaves(desk: Desk) -> None:
    await desk.show(modal(field("f", TEXT), field("g", TEXT, optional=True)))
    await desk.dialog.get_by_role("button", name="Go").click()
    await expect(desk.dialog.locator(".bk-field-error")).to_have_text("⚠ Please complete this required field.")
    assert desk.submitted() == []


async def test_a_second_click_submits_nothing_more(desk: Desk) -> None:
    gate = asyncio.Event()
    hear = desk.bot.hear

    async def slowly(request: web.Request) -> web.Response:
        answer = await hear(request)
        await gate.wait()
        return answer

    await desk.show(modal(field("f", TEXT, optional=True)))
    app = web.Application()
    app.router.add_post("/slack/events", slowly)
    async with serving(app) as url:
        desk.slack.configure(events_url=url)
        try:
            button = desk.dialog.get_by_role("button", name="Go")
            await button.dblclick()
            await expect(button).to_have_attribute("aria-disabled", "true")
            await button.click(force=True)
            await desk.page.keyboard.press("Escape")
            await expect(desk.dialog).to_be_visible()
        finally:
            gate.set()
        await expect(desk.dialog).to_have_count(0)
    assert len(desk.submitted()) == 1
    assert [verb for _, verb, _ in desk.server.gestures] == ["submit"]


async def test_when_the_app_does_not_answer_it_is_said_and_the_form_stays(desk: Desk) -> None:
    await desk.show(modal(field("f", TEXT)))
    await desk.box("f").fill("kept")
    desk.slack.configure(events_url="http://127.0.0.1:9/nobody")
    await desk.dialog.get_by_role("button", name="Go").click()
    banner = desk.dialog.get_by_role("alert")
    await expect(banner).to_contain_text("We had some trouble connecting. Try again?")
    await expect(banner.locator("small")).to_have_text("connection_failed")
    await expect(desk.box("f")).to_have_value("kept")
    await expect(desk.dialog.get_by_role("button", name="Go")).not_to_have_attribute("aria-disabled", "true")


async def test_a_field_that_is_typed_in_is_not_changed_under_the_hands(desk: Desk) -> None:
    await desk.show(modal(field("f", TEXT), field("g", TEXT)))
    mine, other = desk.box("f"), desk.box("g")
    await mine.press_sequentially("mine")
    await desk.slack.fill(ANNA, {"f": "theirs", "g": "theirs"})
    desk.sync()
    await expect(other).to_have_value("theirs")
    await expect(mine).to_have_value("mine")
    await other.focus()
    await desk.until("f", {"value": "mine"})
    await desk.slack.fill(ANNA, {"f": "theirs after all"})
    desk.sync()
    await expect(mine).to_have_value("theirs after all")


async def test_a_pushed_form_has_a_way_back_and_what_was_typed_is_still_there(desk: Desk) -> None:
    desk.bot.answers["view_submission"] = {"response_action": "push", "view": modal(title="Second")}
    await desk.show(modal(field("f", TEXT), title="First"))
    await desk.box("f").fill("hello")
    await desk.page.keyboard.press("Enter")
    await expect(desk.dialog.get_by_role("heading")).to_have_text("Second")
    await expect(desk.dialog).to_contain_text("2 of 3")
    await desk.dialog.get_by_role("button", name="Back to First").click()
    await expect(desk.dialog.get_by_role("heading")).to_have_text("First")
    await expect(desk.box("f")).to_have_value("hello")
    desk.bot.answers["view_submission"] = {"response_action": "clear"}
    await desk.dialog.get_by_role("button", name="Go").click()
    await expect(desk.dialog).to_have_count(0)


async def test_an_updated_form_can_be_submitted_again(desk: Desk) -> None:
    desk.bot.answers["view_submission"] = {"response_action": "update", "view": modal(title="Next")}
    await desk.show(modal(title="First"))
    await desk.dialog.get_by_role("button", name="Go").click()
    await expect(desk.dialog.get_by_role("heading")).to_have_text("Next")
    desk.bot.answers["view_submission"] = ""
    await desk.dialog.get_by_role("button", name="Go").click()
    await expect(desk.dialog).to_have_count(0)
    assert len(desk.submitted()) == 2


async def test_escape_closes_the_form_but_a_list_first(desk: Desk) -> None:
    await desk.show(modal(field("f", {"type": "static_select", "options": OPTIONS}), notify_on_close=True))
    await desk.dialog.get_by_role("combobox").click()
    await expect(desk.page.get_by_role("option")).to_have_count(3)
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.get_by_role("option")).to_have_count(0)
    await expect(desk.dialog).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await expect(desk.dialog).to_have_count(0)
    assert desk.bot.last["type"] == "view_closed"


async def test_a_menu_asks_the_app_for_what_is_typed(desk: Desk) -> None:
    menu = {"type": "external_select", "min_query_length": 2, "placeholder": plain("Who")}
    desk.bot.answers["block_suggestion"] = {"options": [option("ana"), option("joe")]}
    await desk.show(modal(field("f", menu, optional=True)))
    box, options = desk.dialog.get_by_role("combobox"), desk.page.get_by_role("option")
    await box.click()
    await expect(desk.page.get_by_text("Type at least 2 characters")).to_be_visible()
    await box.press_sequentially("an")
    await expect(options).to_have_count(2)
    assert desk.bot.last["value"] == "an"
    await options.first.click()
    await desk.until("f", {"selected_option": option("ana")})
    await expect(box).to_have_value("Ana")
    desk.bot.answers["block_suggestion"] = {"options": []}
    await box.press_sequentially("nobody")
    await expect(desk.page.get_by_text("No results")).to_be_visible()
    desk.bot.answers["block_suggestion"] = {"nonsense": 1}
    await box.press_sequentially("!")
    await expect(desk.page.get_by_text("The options could not be loaded")).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await desk.dialog.get_by_role("button", name="Clear").click()
    await desk.until("f", {"selected_option": None})


async def test_the_app_hears_at_once_of_what_it_wants_to_hear(desk: Desk) -> None:
    letters = {**TEXT, "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]}}
    button = {
        "type": "actions",
        "block_id": "b",
        "elements": [{"type": "button", "action_id": "x", "text": plain("Do")}],
    }
    await desk.show(modal(field("f", letters, dispatch_action=True), button))
    await desk.box("f").fill("now")
    await desk.page.keyboard.press("Enter")
    await desk.until("f", {"value": "now"})
    await desk.dialog.get_by_role("button", name="Do").click()
    async with asyncio.timeout(30):
        while desk.bot.last.get("actions", [{}])[0].get("type") != "button":
            await desk.page.evaluate("new Promise(requestAnimationFrame)")
    assert [payload["actions"][0].get("value") for payload in desk.bot.payloads if "actions" in payload] == [
        "now",
        None,
    ]
    assert desk.submitted() == []


async def test_a_form_has_its_pane_for_itself_and_leaves_the_rest_alone(desk: Desk) -> None:
    await desk.page.locator(".pv-json").click()
    await desk.show(modal(field("f", TEXT)))
    await expect(desk.page.locator(".pv-json")).to_be_focused()  # who writes elsewhere goes on writing
    await desk.page.locator(".pv-json").press_sequentially("{}")
    await desk.box("f").click()
    for _ in range(8):
        await desk.page.keyboard.press("Tab")
        assert await desk.page.evaluate("!!document.activeElement.closest('dialog')")


@pytest.mark.parametrize("window", [{"width": 390, "height": 700}, {"width": 1280, "height": 900, "dark": True}])
async def test_a_list_stays_inside_the_window(browser: Browser, window: dict[str, Any]) -> None:
    many = [option(f"choice {n} with a rather long name that goes on") for n in range(80)]
    async with previewing(browser, WORLD, **window) as preview:
        await preview.draw(modal(*[field(f"f{n}", {"type": "static_select", "options": many}) for n in range(6)]))
        await preview.stage.get_by_role("combobox").last.click()
        box = await preview.page.locator(".bk-list-box:popover-open").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= window["width"]
        assert box["y"] + box["height"] <= window["height"]


async def test_every_answer_has_its_words(calm: Preview) -> None:
    """Buttons of results are drawn with the words and the look that the bot gave them."""
    made = results.result(replace(ITEM, state=State.REFUSED, attempts=1), SESSION)
    stage = await calm.draw({"blocks": made.blocks})
    assert await stage.get_by_role("button").all_inner_texts() == ["Why?", "Try again", "Discard"]
    await stage.get_by_role("button", name="Discard").click()
    lines = await calm.log()
    assert any(f"item_answer:{Answer.LEAVE}" in text for text in lines)
