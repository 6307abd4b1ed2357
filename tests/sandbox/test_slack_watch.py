"""Watching a workspace: what wakes a watcher, what it is given, and what the journal keeps for it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox.slack import GestureError, Raw, Seed, Settings, SlackDriver, SlackStandIn
from sandbox.slack.blocks import check_message
from sandbox.slack.journal import WHOLE
from sandbox.slack.manifest import Manifest
from sandbox.slack.picture import MOST_EPHEMERALS, MOST_MESSAGES
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, DM, RANDOM, SECRET, SUPPORT
from sandbox.slack.text import rich_text

MANIFEST = Path(__file__).parents[2] / "manifest.yml"


def plain(text):
    return {"type": "plain_text", "text": text}


def modal(*elements):
    blocks = [
        {
            "type": "input",
            "block_id": f"b{n}",
            "optional": True,
            "label": plain("x"),
            "element": {"action_id": "x", **it},
        }
        for n, it in enumerate(elements)
    ]
    return {"type": "modal", "title": plain("Form"), "submit": plain("Go"), "blocks": blocks}


TEXT, MENU = {"type": "plain_text_input"}, {"type": "external_select", "min_query_length": 0}
OPTION = {"text": plain("One"), "value": "one"}
HOME = {"type": "home", "blocks": [{"type": "divider"}]}


class Bot:
    """An app that opens a form at every command, offers one option, and answers submissions as it was told."""

    def __init__(self, slack):
        self.web = AsyncWebClient("xoxb-standin-bot", base_url=slack.api_url, retry_handlers=[])
        self.form = modal(TEXT, MENU)
        self.submitted = None
        self.last = None

    async def hear(self, request):
        if request.content_type == "application/json":
            return web.json_response({"heard": True})
        form = await request.post()
        self.last = payload = json.loads(form["payload"]) if "payload" in form else dict(form)
        if payload.get("type") == "block_suggestion":
            return web.json_response({"options": [OPTION]})
        if payload.get("type") == "view_submission" and self.submitted:
            return web.json_response(self.submitted)
        if "command" in payload:
            await self.web.views_open(trigger_id=payload["trigger_id"], view=self.form)
        return web.Response()


@pytest.fixture
async def slack():
    async with SlackStandIn(settings=Settings(time_scale=0.01)) as standin:
        yield standin


@pytest.fixture
async def driver(slack):
    async with SlackDriver(slack.url) as client:
        yield client


@pytest.fixture
async def bot(slack):
    bot, app = Bot(slack), web.Application()
    app.router.add_post("/", bot.hear)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.configure(events_url=f"http://127.0.0.1:{runner.addresses[0][1]}/")
    yield bot
    await runner.cleanup()


async def quiet(slack):
    """Nothing is under way any more; the revision then."""
    async with asyncio.timeout(30):
        while slack.pending():  # noqa: ASYNC110 - the stand-in has no event for it
            await asyncio.sleep(0.005)
    return slack.changes.revision


async def watching(watched, revision):
    """A watch that has begun to wait."""
    task = asyncio.create_task(watched.watch(revision, seconds=60))
    await asyncio.sleep(0)
    await watched.watch(seconds=0)  # over HTTP: a round trip later, the first one is there, too
    assert not task.done()
    return task


# What wakes


async def _posted(slack):
    """A post for gestures that need one, by Anna."""
    return await slack.say(ANNA, SUPPORT, "x")


GESTURES = {
    "say": lambda slack, _ts: slack.say(BEN, SUPPORT, "x"),
    "say where no app is": lambda slack, _ts: slack.say(BEN, SECRET, "x"),
    "edit": lambda slack, ts: slack.edit(ANNA, SUPPORT, ts, "y"),
    "delete": lambda slack, ts: slack.delete(ANNA, SUPPORT, ts),
    "react": lambda slack, ts: slack.react(ANNA, SUPPORT, ts, "eyes"),
    "unfurl": lambda slack, ts: slack.unfurl(SUPPORT, ts),
    "join": lambda slack, _ts: slack.join(BOT_USER, RANDOM),
    "leave": lambda slack, _ts: slack.leave(BEN, RANDOM),
    "archive": lambda slack, _ts: slack.archive(BEN, RANDOM),
    "share": lambda slack, _ts: slack.share(SUPPORT),
    "group": lambda slack, _ts: slack.group("S0NIGHTS01", [BEN]),
    "open_home": lambda slack, _ts: slack.open_home(BEN),
    "slash": lambda slack, _ts: slack.slash(BEN, SUPPORT, "/session"),
    "disconnect": lambda slack, _ts: slack.disconnect(),
}


@pytest.mark.parametrize("gesture", GESTURES)
async def test_a_gesture_in_this_process_wakes_whoever_watches(slack, gesture):
    ts = await _posted(slack)
    watch = await watching(slack, before := slack.changes.revision)
    await GESTURES[gesture](slack, ts)
    async with asyncio.timeout(30):
        assert (await watch)["revision"] > before


SWITCHES = {
    "configure": {"mode": "http"},
    "fault": {"method": "*", "fault": "http_500"},
    "delivery_faults": {"duplicates": 2},
    "clear_faults": {},
    "limits": {"strictness": "off"},
    "advance": {"seconds": 1},
    "drop_sockets": {},
}


@pytest.mark.parametrize("verb", SWITCHES)
async def test_a_switch_turned_from_outside_wakes_whoever_watches(slack, driver, verb):
    watch = await watching(driver, before := slack.changes.revision)
    await driver.do(verb, **SWITCHES[verb])
    async with asyncio.timeout(30):
        assert (await watch)["revision"] > before


LOOKS = {
    **{verb: {} for verb in ("connections", "groups", "journal", "pending", "people", "rooms", "watch")},
    "ephemerals": {"user": ANNA},
    "home": {"user": ANNA},
    "messages": {"channel": SUPPORT},
    "view": {"user": ANNA},
    "views": {"user": ANNA},
}


async def test_to_look_changes_nothing(slack, driver):
    ts = await _posted(slack)
    before = slack.changes.revision
    for verb, args in {**LOOKS, "message": {"channel": SUPPORT, "ts": ts}}.items():
        await driver.do(verb, **args)
    assert (await driver.watch(before, seconds=0))["revision"] == before


async def test_the_app_wakes_whoever_watches(slack, bot):
    """Its calls, its sockets, and what it posts to a response_url."""
    await slack.slash(ANNA, SUPPORT, "/session")
    hook = AsyncWebhookClient(bot.last["response_url"])
    for act in (bot.web.auth_test, lambda: hook.send(text="x")):
        watch = await watching(slack, before := await quiet(slack))
        await act()
        async with asyncio.timeout(30):
            assert (await watch)["revision"] > before
    client = SocketModeClient("xapp-standin-app", web_client=AsyncWebClient("x", base_url=slack.api_url))
    await client.connect()
    state = await _until_state(slack, connections=1)
    await client.close()
    await _until_state(slack, connections=0, revision=state)


async def _until_state(slack, revision=-1, **wanted):
    """By watching alone, as a page would learn of it; the revision."""
    async with asyncio.timeout(30):
        while True:
            seen = await slack.watch(revision)
            revision = seen["revision"]
            if wanted.items() <= seen["collections"]["state"]["state"].items():
                return revision


async def test_a_gesture_that_waits_for_the_app_is_seen_before_it_ends(slack):
    """The app takes its time; what was typed is there for all to see meanwhile."""
    received, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_request):
        received.set()
        await go_on.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", slow)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.configure(events_url=f"http://127.0.0.1:{runner.addresses[0][1]}/")
    slack.desk.board.open(ANNA, modal(TEXT), None)
    watch = await watching(slack, slack.changes.revision)
    submitting = asyncio.create_task(slack.submit(ANNA))
    async with asyncio.timeout(30):
        await received.wait()
        await watch
    assert not submitting.done()
    go_on.set()
    assert (await submitting).outcome == "closed"
    await runner.cleanup()


async def test_what_happens_at_once_wakes_once(slack):
    async def say(n):
        for _ in range(n % 2):
            await asyncio.sleep(0)  # still the turn of the loop in which the watcher wakes
        return await slack.say(ANNA, SUPPORT, str(n))

    watch = await watching(slack, slack.changes.revision)
    said = await asyncio.gather(*map(say, range(5)))
    seen = await watch
    assert {f"{SUPPORT}/{ts}" for ts in said} <= seen["collections"]["messages"].keys()
    assert (await slack.watch(seen["revision"], seconds=0))["revision"] == seen["revision"]


async def test_several_may_watch_and_each_is_told(slack, driver):
    before = slack.changes.revision
    watchers = [await watching(it, before) for it in (slack, driver, driver)]
    await _posted(slack)
    async with asyncio.timeout(30):
        revisions = {seen["revision"] for seen in await asyncio.gather(*watchers)}
    assert revisions == {slack.changes.revision}


async def test_when_nothing_happens_the_same_revision_comes_back(slack, driver):
    before = slack.changes.revision
    assert (await driver.watch(before, seconds=0.01))["revision"] == before
    assert (await driver.watch(before + 1, seconds=60))["revision"] == before, "another revision is one, too"


async def test_whoever_watches_does_not_hold_up_the_end():
    async with asyncio.timeout(30), SlackStandIn() as slack, SlackDriver(slack.url) as driver:
        watchers = [await watching(it, slack.changes.revision) for it in (slack, driver)]
        await slack.stop()
        seen = await asyncio.gather(*watchers)
        assert all(it["collections"]["people"] for it in seen)


async def test_a_later_life_has_other_revisions():
    async with SlackStandIn() as slack:
        await _posted(slack)
        before = slack.changes.revision
    async with SlackStandIn() as slack:
        assert slack.changes.revision > before


@pytest.mark.parametrize("args", [{"revision": "x"}, {"journal": None}, {"seconds": "soon"}, {"colour": "red"}])
async def test_a_watch_that_makes_no_sense_is_refused(driver, args):
    with pytest.raises(RuntimeError):
        await driver.do("watch", **args)


# What is given


async def seen(slack, name):
    return (await slack.watch(seconds=0))["collections"][name]


async def test_people_and_rooms(slack, driver):
    people, rooms = await seen(driver, "people"), await seen(driver, "rooms")
    assert (people[ANNA]["real_name"], people[ANNA]["is_bot"], people[BOT_USER]["is_bot"]) == (
        "Anna Arnold",
        False,
        True,
    )
    assert rooms[SECRET] == {
        "id": SECRET,
        "name": "secret",
        "kind": "private_channel",
        "members": [ANNA, BEN],
        "is_archived": False,
        "is_ext_shared": False,
    }
    assert rooms[DM]["kind"] == "im"
    assert await driver.watch(seconds=0) == json.loads(json.dumps(await slack.watch(seconds=0)))


async def test_messages_are_as_slack_writes_them(slack):
    """Parents with their counts, replies, reactions, deleted parents."""
    parent, gone = await slack.say(ANNA, SUPPORT, "p"), await slack.say(ANNA, SUPPORT, "g")
    for thread in (parent, parent, gone):
        await slack.say(BEN, SUPPORT, "r", thread)
    await slack.react(BEN, SUPPORT, parent, "eyes")
    await slack.delete(ANNA, SUPPORT, gone)
    messages = await seen(slack, "messages")
    assert messages == {f"{SUPPORT}/{it['ts']}": it | {"channel": SUPPORT} for it in slack.messages(SUPPORT)}
    assert (messages[f"{SUPPORT}/{parent}"]["reply_count"], messages[f"{SUPPORT}/{gone}"]["subtype"]) == (
        2,
        "tombstone",
    )


async def test_of_a_long_room_the_newest_are_given_and_the_parents_of_their_threads(slack):
    old, parent = await slack.say(ANNA, SUPPORT, "old"), await slack.say(ANNA, SUPPORT, "parent")
    for n in range(MOST_MESSAGES - 1):
        await slack.say(ANNA, SUPPORT, str(n))
    await slack.say(BEN, SUPPORT, "reply", parent)
    messages = await seen(slack, "messages")
    assert (len(messages), messages[f"{SUPPORT}/{parent}"]["reply_count"]) == (MOST_MESSAGES + 1, 1)
    assert f"{SUPPORT}/{old}" not in messages


async def test_to_watch_a_room_full_of_threads_is_cheap(slack, monkeypatch):
    """Not a scan of the room for each of its parents."""
    for _ in range(20):
        await slack.say(BEN, SUPPORT, "r", await slack.say(ANNA, SUPPORT, "p"))
    scans = []
    monkeypatch.setattr(type(slack.world.channel(SUPPORT)), "replies", lambda *_: scans.append(1) or [])
    assert sum(it.get("reply_count", 0) for it in (await seen(slack, "messages")).values()) == 20
    assert scans == []


async def test_what_only_one_person_sees(slack, bot):
    for n in range(MOST_EPHEMERALS + 1):
        slack.limits.set("off")
        last = (await bot.web.chat_postEphemeral(channel=SUPPORT, user=ANNA, text=str(n)))["message_ts"]
    ben = (await bot.web.chat_postEphemeral(channel=SUPPORT, user=BEN, text="hi"))["message_ts"]
    notes = await seen(slack, "ephemerals")
    assert (len(notes), notes[f"{BEN}/{ben}"]["user"]) == (MOST_EPHEMERALS + 1, BEN)
    assert (notes[f"{ANNA}/{last}"]["text"], notes[f"{ANNA}/{last}"]["channel"]) == (str(MOST_EPHEMERALS), SUPPORT)
    assert "0" not in {note["text"] for note in notes.values()}


async def test_forms_with_what_they_hold_and_have_offered(slack, bot):
    assert await seen(slack, "views") == {}
    await slack.slash(ANNA, SUPPORT, "/session")
    await slack.suggest(ANNA, "b1")
    await slack.fill(ANNA, {"b0": "Zoe", "b1": "one"})
    bot.submitted = {"response_action": "errors", "errors": {"b0": "Not she."}}
    await slack.submit(ANNA)
    (view,) = (await seen(slack, "views"))[ANNA]["stack"]
    assert view == slack.view(ANNA) | {"offered": {"x": [OPTION]}, "errors": {"b0": "Not she."}}
    await slack.fill(ANNA, {"b0": "Zoe"})
    assert (await seen(slack, "views"))[ANNA]["stack"][0]["errors"] == {}
    assert view["state"]["values"]["b0"]["x"]["value"] == "Zoe"
    bot.submitted = {"response_action": "push", "view": modal(TEXT)}
    await slack.submit(ANNA)
    assert [it["id"] for it in (await seen(slack, "views"))[ANNA]["stack"]] == [it["id"] for it in slack.views(ANNA)]
    await slack.close(ANNA)
    await slack.close(ANNA)
    assert await seen(slack, "views") == {}


async def test_home_tabs(slack, bot):
    await bot.web.views_publish(user_id=ANNA, view=HOME)
    assert await seen(slack, "homes") == {ANNA: slack.home(ANNA)}


async def test_what_the_app_offers_is_in_its_manifest(slack):
    bare = {
        "name": "Bridge",
        "home": True,
        "writable": True,
        "bot_user": BOT_USER,
        "bot_id": "B0BRIDGE01",
        "team_name": "Workshop",
    }
    assert await seen(slack, "app") == {"app": bare | {"commands": [], "shortcuts": []}}
    slack.settings.manifest = Manifest.read(MANIFEST)
    app = (await seen(slack, "app"))["app"]
    assert app["name"] == "Evo Voice"
    assert [(it["command"], bool(it["description"]), bool(it["usage_hint"])) for it in app["commands"]] == [
        ("/session", True, True)
    ]
    assert [(it["type"], it["callback_id"], bool(it["name"] and it["description"])) for it in app["shortcuts"]] == [
        ("global", "new_session", True),
        ("message", "session_from_message", True),
        ("message", "invite_to_session", True),
        ("message", "link_thread", True),
    ]


async def test_the_state_of_the_wire(slack, driver):
    await driver.delivery_faults(duplicates=1)
    await driver.fault("chat.update", "slow", seconds=2.5)
    await driver.fault("auth.test", "http_500")
    await AsyncWebClient("x", base_url=slack.api_url, retry_handlers=[]).api_call("api.test")
    with pytest.raises(Exception, match="500"):
        await AsyncWebClient("x", base_url=slack.api_url, retry_handlers=[]).auth_test()
    await slack.say(ANNA, SUPPORT, "nobody listens")
    state = (await seen(driver, "state"))["state"]
    assert (state["pending"], state["connections"], state["mode"]) == (2, 0, "auto")
    assert state["delivery"]["duplicates"] == 1
    assert [(fault["method"], fault["fault"], fault["seconds"]) for fault in state["faults"]] == [
        ("chat.update", "slow", 2.5)
    ], "one that is used up is none"


# The journal


async def test_a_watcher_reads_the_journal_on(slack, driver):
    web_client = AsyncWebClient("xoxb-standin-bot", base_url=slack.api_url)
    await web_client.auth_test()
    first = await driver.watch()
    watch = asyncio.create_task(driver.watch(first["revision"], first["journal"][-1]["n"]))
    await web_client.team_info()
    assert [entry["method"] for entry in (await watch)["journal"]] == ["team.info"]


async def test_the_journal_has_what_was_delivered_and_what_the_app_said(slack, bot):
    await slack.say(ANNA, SUPPORT, "hi")
    await quiet(slack)
    await slack.slash(ANNA, SUPPORT, "/session", "chat")
    event, command = slack.journal.deliveries()
    assert (event["payload"]["event"]["text"], event["answer"]) == ("hi", {"heard": True})
    assert (command["payload"]["text"], command["answer"]) == ("chat", None)
    assert "token" not in str(event["payload"]) + str(command["payload"])
    assert all(0 < entry["seconds"] < 60 for entry in (event, command))


async def test_what_was_delivered_is_not_changed_by_what_is_typed_later(slack, bot):
    await slack.slash(ANNA, SUPPORT, "/session")
    bot.submitted = {"response_action": "errors", "errors": {"b0": "no"}}
    for name in ("Zoe", "Zoey"):
        await slack.fill(ANNA, {"b0": name})
        await slack.submit(ANNA)
    views = [entry["payload"]["view"] for entry in slack.journal.deliveries("view_submission")]
    assert [view["state"]["values"]["b0"]["x"]["value"] for view in views] == ["Zoe", "Zoey"]


@pytest.mark.parametrize(("sent", "kept"), [('{"text": "yes"}', {"text": "yes"}), ("gar{bage", "gar{bage")])
async def test_the_journal_has_what_was_posted_to_a_response_url(slack, bot, sent, kept):
    await slack.slash(ANNA, SUPPORT, "/session")
    async with ClientSession() as session:
        for url in (bot.last["response_url"], f"{slack.url}/commands/T0/1/unknown"):
            await (await session.post(url, data=sent)).read()
    entries = slack.journal.entries("response_url")
    assert [entry["body"] for entry in entries] == [kept, kept]
    assert entries[1]["status"] == 404


async def test_old_entries_are_kept_without_their_bulk(slack, bot):
    await slack.slash(ANNA, SUPPORT, "/session")
    oldest = slack.journal.deliveries()[0]
    for _ in range(WHOLE):
        await slack.disconnect()
    light = slack.journal.deliveries()[0]
    assert (oldest["payload"]["command"], light["payload"], light["outcome"]) == ("/session", None, "acked")
    assert len((await slack.watch(seconds=0))["journal"]) == WHOLE
    assert len(slack.journal.entries()) > WHOLE


# What people type, as their clients send it

WORDS = {
    "words": ("a\nb", [{"type": "text", "text": "a\nb"}]),
    "escaped": ("a &lt; b &amp;lt; &copy;", [{"type": "text", "text": "a < b &lt; &copy;"}]),
    "a person": ("<@U0ANNA0001|anna>", [{"type": "user", "user_id": ANNA}]),
    "a channel": ("<#C0SUPPORT1>", [{"type": "channel", "channel_id": SUPPORT}]),
    "a channel with its name": ("<#C0SUPPORT1|support>", [{"type": "channel", "channel_id": SUPPORT}]),
    "everybody": ("<!here>", [{"type": "broadcast", "range": "here"}]),
    "a link": ("<https://x.example/?a=1&amp;b>", [{"type": "link", "url": "https://x.example/?a=1&b"}]),
    "a named link": ("<https://x.example|a &gt; b>", [{"type": "link", "url": "https://x.example", "text": "a > b"}]),
    "an address": (
        "<mailto:a@b.example|a@b.example>",
        [{"type": "link", "url": "mailto:a@b.example", "text": "a@b.example"}],
    ),
    "a number": ("<tel:+12025550123|call>", [{"type": "link", "url": "tel:+12025550123", "text": "call"}]),
    "no link": ("<b> <javascript:x|y>", [{"type": "text", "text": "<b> <javascript:x|y>"}]),
    "an emoji": (":wave:", [{"type": "emoji", "name": "wave", "unicode": "1f44b"}]),
    "a skin": (":+1::skin-tone-3:", [{"type": "emoji", "name": "+1", "unicode": "1f44d-1f3fc", "skin_tone": 3}]),
    "an own emoji": (":our-parrot:", [{"type": "emoji", "name": "our-parrot"}]),
    "no emoji": ("10:30:45 :nothing:", [{"type": "text", "text": "10:30:45 :nothing:"}]),
    "an emoji after a colon": (":x::wave:", None),
    "bold": ("*a*", [{"type": "text", "text": "a", "style": {"bold": True}}]),
    "both": ("_~a~_", [{"type": "text", "text": "a", "style": {"italic": True, "strike": True}}]),
    "code": ("`*a* &lt;`", [{"type": "text", "text": "*a* <", "style": {"code": True}}]),
    "signs only": ("2*3*4 a_b_c * x * ** `", [{"type": "text", "text": "2*3*4 a_b_c * x * ** `"}]),
}


@pytest.mark.parametrize("case", WORDS)
def test_rich_text_says_what_mrkdwn_says(case):
    text, elements = WORDS[case]
    (block,) = rich_text(text, ("our-parrot",))
    assert check_message([block]) == []
    if elements is not None:
        assert block["elements"] == [{"type": "rich_text_section", "elements": elements}]


def test_rich_text_of_quotes_and_code():
    (block,) = rich_text("see\n&gt; one\n&gt; *two*\n```\nx = *1*\n```end")
    kinds = [(part["type"], [element["text"] for element in part["elements"]]) for part in block["elements"]]
    assert kinds == [
        ("rich_text_section", ["see\n"]),
        ("rich_text_quote", ["one\n", "two"]),
        ("rich_text_preformatted", ["x = *1*"]),
        ("rich_text_section", ["end"]),
    ]
    assert (check_message([block]), rich_text("")) == ([], [])


@pytest.mark.parametrize(
    "text", ["*" * 40_000, "*a " * 13_000, ":zz" * 13_000, "`" * 40_000, "> " * 20_000, "<a|" * 13_000]
)
def test_rich_text_of_nonsense_is_rich_text(text):
    assert check_message(rich_text(text)) == []


async def test_what_a_client_has_made_of_typed_words_can_be_edited_in(slack, driver):
    """In this process as raw or Raw, and from outside."""
    mrkdwn = f"<@{BEN}> :wave: &lt;"
    edits = (
        lambda ts: slack.edit(ANNA, SUPPORT, ts, mrkdwn, raw=True),
        lambda ts: slack.edit(ANNA, SUPPORT, ts, Raw(mrkdwn)),
        lambda ts: driver.edit(ANNA, SUPPORT, ts, mrkdwn, raw=True),
        lambda ts: driver.edit(ANNA, SUPPORT, ts, Raw(mrkdwn)),
    )
    for edit in edits:
        await edit(ts := await _posted(slack))
        message = slack.message(SUPPORT, ts)
        kinds = [element["type"] for element in message["blocks"][0]["elements"][0]["elements"]]
        assert (message["text"], kinds) == (mrkdwn, ["user", "text", "emoji", "text"])


@pytest.mark.parametrize("outside", [False, True])
async def test_typed_words_are_escaped_in_an_edit(slack, driver, outside):
    ts = await _posted(slack)
    await (driver if outside else slack).edit(ANNA, SUPPORT, ts, "<@U0BEN00001>")
    assert slack.message(SUPPORT, ts)["text"] == "&lt;@U0BEN00001&gt;"
    with pytest.raises(GestureError):
        await (driver if outside else slack).edit(BEN, SUPPORT, ts, "x", raw=True)


async def test_an_own_emoji_of_the_workspace_is_one():
    async with SlackStandIn(replace(Seed(), custom_emoji=("our-parrot",))) as slack:
        ts = await slack.say(ANNA, SUPPORT, ":our-parrot:")
        assert slack.message(SUPPORT, ts)["blocks"][0]["elements"][0]["elements"][0]["type"] == "emoji"
