"""What people do to an app: commands, buttons, modals; and how its answers reach them."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox.slack import GestureError, Heard, Settings, SlackStandIn, Submitted
from sandbox.slack.manifest import Manifest
from sandbox.slack.seeds import ANNA, ARCHIVED, BEN, GONE, SECRET, STRANGER, SUPPORT
from tests.helpers import until


def plain(text):
    return {"type": "plain_text", "text": text}


def option(word):
    return {"text": plain(word.title()), "value": word}


def field(name, element, **changes):
    return {
        "type": "input",
        "block_id": name,
        "label": plain(name),
        "element": {"action_id": "x", **element},
        **changes,
    }


TEXT = {"type": "plain_text_input"}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hi"}}


def modal(*blocks, title="Form", **changes):
    return {
        "type": "modal",
        "title": plain(title),
        "submit": plain("Go"),
        "blocks": list(blocks or [SECTION]),
        **changes,
    }


class Bot:
    """An app that remembers every command and interaction and gives the answers it was told, by payload type."""

    def __init__(self, slack):
        self.slack = slack
        self.web = AsyncWebClient("xoxb-standin-bot", base_url=slack.api_url, retry_handlers=[])
        self.answers = {}
        self.payloads = []
        self.events = []

    async def hear(self, request):
        if request.content_type == "application/json":
            self.events.append((await request.json()).get("event") or {})
            return web.Response()
        form = await request.post()
        payload = json.loads(form["payload"]) if "payload" in form else {"type": "slash", **form}
        self.payloads.append(payload)
        answer = self.answers.get(payload["type"], "")
        return web.json_response(answer) if answer else web.Response()

    async def event(self, kind):
        """The next event of this kind."""

        def first():
            return next((one for one in self.events if one["type"] == kind), None)

        found = await until(first, kind)
        self.events.remove(found)
        return found

    @property
    def last(self):
        return self.payloads[-1]

    async def show(self, user, view):
        """Bring a modal before a person, by way of a command."""
        await self.slack.slash(user, SUPPORT, "/session")
        return (await self.web.views_open(trigger_id=self.last["trigger_id"], view=view))["view"]


@pytest.fixture
async def slack():
    async with SlackStandIn(settings=Settings(ack_seconds=2)) as standin:
        yield standin


@asynccontextmanager
async def serving(app):
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


@pytest.fixture
async def bot(slack):
    bot = Bot(slack)
    app = web.Application()
    app.router.add_post("/slack/events", bot.hear)
    async with serving(app) as url:
        slack.configure(events_url=url, mode="http")
        yield bot


async def code(call):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_a_command_says_who_where_and_what(slack, bot):
    assert await slack.slash(ANNA, SUPPORT, "/session", "call <me>") == Heard("acked")
    shown = {name: bot.last[name] for name in ("command", "text", "user_id", "channel_id", "team_id")}
    assert shown == {
        "command": "/session",
        "text": "call &lt;me&gt;",
        "user_id": ANNA,
        "channel_id": SUPPORT,
        "team_id": "T0WORKSHOP",
    }


@pytest.mark.parametrize(
    ("answer", "private", "public"),
    [
        ({"text": "psst"}, ["psst"], []),
        ({"text": "all", "response_type": "in_channel"}, [], ["all"]),
        ({"blocks": [{"type": "header"}]}, [], []),
    ],
)
async def test_a_commands_answer_is_shown_where_it_belongs(slack, bot, answer, private, public):
    bot.answers["slash"] = answer
    heard = await slack.slash(ANNA, SUPPORT, "/session")
    assert heard.trouble == ("" if private or public else "invalid_blocks")
    assert [note["text"] for note in slack.ephemerals(ANNA)] == private
    assert [message["text"] for message in slack.messages(SUPPORT)] == public


async def test_an_app_that_is_away_does_not_answer_a_command(slack):
    assert (await slack.slash(ANNA, SUPPORT, "/session")).outcome == "connection_failed"


@pytest.mark.parametrize(
    ("user", "channel"), [(STRANGER, SUPPORT), (GONE, SUPPORT), (ANNA, ARCHIVED), ("U0NO", SUPPORT)]
)
async def test_commands_are_for_those_who_can_write_there(slack, bot, user, channel):
    with pytest.raises(GestureError):
        await slack.slash(user, channel, "/session")
    assert bot.payloads == []


async def test_commands_and_shortcuts_are_those_of_the_manifest(slack, bot):
    slack.settings.manifest = replace(Manifest(), commands=frozenset({"/session"}), shortcuts=frozenset({"new"}))
    await slack.slash(ANNA, SUPPORT, "/session")
    await slack.shortcut_global(ANNA, "new")
    with pytest.raises(GestureError):
        await slack.slash(ANNA, SUPPORT, "/other")
    with pytest.raises(GestureError):
        await slack.shortcut_global(ANNA, "other")


async def test_shortcuts_carry_what_slack_gives_them(slack, bot):
    await slack.shortcut_global(ANNA, "new")
    assert (bot.last["type"], "response_url" in bot.last, "channel" in bot.last) == ("shortcut", False, False)
    ts = await slack.say(BEN, SUPPORT, "hello")
    await slack.shortcut_message(ANNA, "open", SUPPORT, ts)
    assert (bot.last["type"], bot.last["message"]["text"], bot.last["channel"]["id"]) == (
        "message_action",
        "hello",
        SUPPORT,
    )


async def post_buttons(bot, **more):
    buttons = [{"type": "button", "text": plain(word), "action_id": word, "value": word} for word in ("yes", "no")]
    menu = {"type": "static_select", "action_id": "pick", "options": [option("one"), option("two")]}
    blocks = [{"type": "actions", "block_id": "acts", "elements": [*buttons, menu]}]
    return (await bot.web.chat_postMessage(channel=SUPPORT, text="choose", blocks=blocks, **more))["ts"]


async def test_a_click_carries_message_state_and_action(slack, bot):
    parent = await slack.say(ANNA, SUPPORT, "parent")
    ts = await post_buttons(bot, thread_ts=parent)
    await slack.click(ANNA, SUPPORT, ts, "no")
    assert bot.last["actions"][0] | {"action_ts": ""} == {
        "type": "button",
        "action_id": "no",
        "block_id": "acts",
        "text": plain("no"),
        "value": "no",
        "action_ts": "",
    }
    assert bot.last["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": SUPPORT,
        "is_ephemeral": False,
        "thread_ts": parent,
    }
    await slack.click(ANNA, SUPPORT, ts, block_id="acts", index=2, value="two")
    assert bot.last["actions"][0]["selected_option"] == option("two")
    assert bot.last["state"]["values"]["acts"]["pick"]["selected_option"] == option("two")


async def test_nobody_clicks_what_they_cannot_see(slack, bot):
    ts = await post_buttons(bot)
    with pytest.raises(GestureError):
        await slack.click(STRANGER, SUPPORT, ts, "yes")
    with pytest.raises(GestureError):
        await slack.click(ANNA, SUPPORT, ts, "maybe")
    with pytest.raises(GestureError):
        await slack.click(ANNA, SUPPORT, ts, "pick", value="three")
    with pytest.raises(GestureError):
        await slack.say(BEN, SECRET, "x", thread_ts="1.1")


async def test_a_response_url_answers_replaces_and_deletes(slack, bot):
    ts = await post_buttons(bot)
    await slack.click(ANNA, SUPPORT, ts, "yes")
    url = AsyncWebhookClient(bot.last["response_url"])
    assert (await url.send(text="only you")).status_code == 200
    assert [note["text"] for note in slack.ephemerals(ANNA)] == ["only you"]
    await url.send(text="all", response_type="in_channel", replace_original=False)
    assert [message["text"] for message in slack.messages(SUPPORT)] == ["choose", "all"]
    await url.send(text="chosen", replace_original=True)
    assert slack.message(SUPPORT, ts)["text"] == "chosen"
    await url.send(text="", delete_original=True)
    assert [message["text"] for message in slack.messages(SUPPORT)] == ["all"]


async def test_a_response_url_works_five_times(slack, bot):
    await slack.slash(ANNA, SUPPORT, "/session")
    url = AsyncWebhookClient(bot.last["response_url"])
    statuses = [(await url.send(text="x")).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [404]


async def test_a_response_url_works_for_half_an_hour(slack, bot):
    await slack.slash(ANNA, SUPPORT, "/session")
    slack.clock.advance(1801)
    answer = await AsyncWebhookClient(bot.last["response_url"]).send(text="x")
    assert (answer.status_code, json.loads(answer.body)["error"]) == (404, "expired_url")


async def test_a_trigger_works_once_and_for_three_seconds(slack, bot):
    await slack.slash(ANNA, SUPPORT, "/session")
    await bot.web.views_open(trigger_id=bot.last["trigger_id"], view=modal())
    assert await code(bot.web.views_open(trigger_id=bot.last["trigger_id"], view=modal())) == "exchanged_trigger_id"
    await slack.slash(ANNA, SUPPORT, "/session")
    slack.clock.advance(3.1)
    assert await code(bot.web.views_open(trigger_id=bot.last["trigger_id"], view=modal())) == "expired_trigger_id"
    assert await code(bot.web.views_open(trigger_id="1.2.3", view=modal())) == "invalid_trigger_id"


async def test_a_bad_view_is_refused(slack, bot):
    await slack.slash(ANNA, SUPPORT, "/session")
    bad = modal(title="x" * 25)
    assert await code(bot.web.views_open(trigger_id=bot.last["trigger_id"], view=bad)) == "invalid_arguments"
    assert slack.view(ANNA) is None


async def test_a_form_is_filled_and_submitted(slack, bot):
    options = [option("red"), option("blue")]
    view = modal(
        field("name", TEXT),
        field("colour", {"type": "static_select", "options": options}),
        field("boxes", {"type": "checkboxes", "options": options}, optional=True),
        field("people", {"type": "multi_users_select"}),
        field("where", {"type": "conversations_select", "default_to_current_conversation": True}),
        field("when", {"type": "datepicker", "initial_date": "2026-01-02"}),
        callback_id="form",
        private_metadata="m",
    )
    await bot.show(ANNA, view)
    await slack.fill(ANNA, {"name": "Zoe", "colour": "blue", "people": [ANNA, BEN]})
    assert await slack.submit(ANNA) == Submitted("closed")
    sent = bot.last["view"]
    assert (sent["callback_id"], sent["private_metadata"]) == ("form", "m")
    assert {name: held["x"] for name, held in sent["state"]["values"].items()} == {
        "name": {"type": "plain_text_input", "value": "Zoe"},
        "colour": {"type": "static_select", "selected_option": option("blue")},
        "boxes": {"type": "checkboxes", "selected_options": []},
        "people": {"type": "multi_users_select", "selected_users": [ANNA, BEN]},
        "where": {"type": "conversations_select", "selected_conversation": SUPPORT},
        "when": {"type": "datepicker", "selected_date": "2026-01-02"},
    }
    assert slack.view(ANNA) is None


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "static_select", "options": [option("red")]}, "green"),
        ({"type": "plain_text_input", "max_length": 3}, "four"),
        ({"type": "plain_text_input", "min_length": 3}, "no"),
        ({"type": "email_text_input"}, "nobody"),
        ({"type": "users_select"}, GONE),
        ({"type": "multi_users_select", "max_selected_items": 1}, [ANNA, BEN]),
        ({"type": "conversations_select"}, "C0NOWHERE"),
        ({"type": "external_select"}, "unseen"),
    ],
)
async def test_a_client_takes_only_what_fits(slack, bot, element, value):
    await bot.show(ANNA, modal(field("it", element)))
    with pytest.raises(GestureError):
        await slack.fill(ANNA, {"it": value})


async def test_a_required_field_keeps_the_form_from_being_sent(slack, bot):
    await bot.show(ANNA, modal(field("name", TEXT), field("more", TEXT, optional=True)))
    assert (await slack.submit(ANNA)).outcome == "incomplete"
    assert bot.last["type"] == "slash"


@pytest.mark.parametrize(
    ("answer", "outcome", "titles"),
    [
        ({"response_action": "errors", "errors": {"name": "no"}}, Submitted("errors", {"name": "no"}), ["Form"]),
        ({"response_action": "update", "view": modal(title="Next")}, Submitted("updated"), ["Next"]),
        ({"response_action": "push", "view": modal(title="Next")}, Submitted("pushed"), ["Form", "Next"]),
        ({"response_action": "clear"}, Submitted("cleared"), []),
    ],
)
async def test_a_submission_is_answered(slack, bot, answer, outcome, titles):
    bot.answers["view_submission"] = answer
    await bot.show(ANNA, modal(field("name", TEXT)))
    await slack.fill(ANNA, {"name": "x"})
    assert await slack.submit(ANNA) == outcome
    assert [view["title"]["text"] for view in slack.views(ANNA)] == titles


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "no"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "update", "view": modal(title="x" * 25)},
        {"response_action": "dance"},
        "ok",
    ],
)
async def test_an_improper_answer_leaves_the_form_open(slack, bot, answer):
    bot.answers["view_submission"] = answer
    await bot.show(ANNA, modal(field("name", TEXT)))
    await slack.fill(ANNA, {"name": "x"})
    assert (await slack.submit(ANNA)).outcome == "trouble"
    assert len(slack.views(ANNA)) == 1


async def test_a_stack_holds_three_views(slack, bot):
    bot.answers["view_submission"] = {"response_action": "push", "view": modal()}
    await bot.show(ANNA, modal())
    assert [(await slack.submit(ANNA)).outcome for _ in range(3)] == ["pushed", "pushed", "trouble"]
    assert len(slack.views(ANNA)) == 3


async def test_an_update_keeps_what_was_filled_in_and_refuses_a_stale_hash(slack, bot):
    shown = await bot.show(ANNA, modal(field("name", TEXT)))
    await slack.fill(ANNA, {"name": "Zoe"})
    grown = modal(field("name", TEXT), field("more", TEXT))
    await bot.web.views_update(view_id=shown["id"], hash=shown["hash"], view=grown)
    assert slack.view(ANNA)["state"]["values"]["name"]["x"]["value"] == "Zoe"
    stale = bot.web.views_update(view_id=shown["id"], hash=shown["hash"], view=grown)
    assert await code(stale) == "hash_conflict"
    assert await code(bot.web.views_update(view_id="V0NONE", view=grown)) == "not_found"


async def test_a_dispatching_input_tells_the_app_at_once(slack, bot):
    await bot.show(ANNA, modal(field("quiet", TEXT), field("loud", TEXT, dispatch_action=True)))
    assert await slack.fill(ANNA, {"quiet": "a", "loud": "b"}) == [Heard("acked")]
    assert (bot.last["actions"][0]["value"], bot.last["view"]["state"]["values"]["quiet"]["x"]["value"]) == ("b", "a")


async def test_a_button_in_a_modal_pushes_a_view(slack, bot):
    button = {"type": "button", "text": plain("More"), "action_id": "more"}
    await bot.show(ANNA, modal({"type": "actions", "block_id": "acts", "elements": [button]}))
    await slack.press(ANNA, "acts")
    await bot.web.views_push(trigger_id=bot.last["trigger_id"], view=modal(title="More"))
    assert [view["title"]["text"] for view in slack.views(ANNA)] == ["Form", "More"]


async def test_an_external_menu_offers_what_the_app_answers(slack, bot):
    element = {"type": "external_select", "min_query_length": 2}
    await bot.show(ANNA, modal(field("who", element)))
    bot.answers["block_suggestion"] = {"options": [option("zoe")]}
    with pytest.raises(GestureError):
        await slack.suggest(ANNA, "who", "z")
    assert await slack.suggest(ANNA, "who", "zo") == [option("zoe")]
    assert bot.last["value"] == "zo"
    await slack.fill(ANNA, {"who": "zoe"})
    bot.answers["block_suggestion"] = {"options": [option("x" * 76)]}
    with pytest.raises(GestureError):
        await slack.suggest(ANNA, "who", "xx")


async def test_closing_is_told_only_to_those_who_asked(slack, bot):
    await bot.show(ANNA, modal())
    assert await slack.close(ANNA) is None
    await bot.show(ANNA, modal(notify_on_close=True))
    assert await slack.close(ANNA) == Heard("acked")
    assert bot.last["type"] == "view_closed"
    assert slack.views(ANNA) == []


async def test_a_home_tab(slack, bot):
    button = {"type": "button", "text": plain("New"), "action_id": "new"}
    view = {"type": "home", "blocks": [{"type": "actions", "block_id": "acts", "elements": [button]}]}
    await bot.web.views_publish(user_id=ANNA, view=view)
    assert slack.home(ANNA)["type"] == "home"
    await slack.press(ANNA, "acts", home=True)
    assert (bot.last["view"]["type"], bot.last["actions"][0]["action_id"]) == ("home", "new")


async def test_whoever_opens_the_app_is_told_of_with_what_they_see(slack, bot):
    await slack.open_home(ANNA)
    event = await bot.event("app_home_opened")
    assert {name: event.get(name) for name in ("user", "tab", "view")} == {"user": ANNA, "tab": "home", "view": None}
    view = {"type": "home", "blocks": [{"type": "divider"}], "private_metadata": "kept"}
    await bot.web.views_publish(user_id=ANNA, view=view)
    await slack.open_home(ANNA)
    assert (await bot.event("app_home_opened"))["view"] == slack.home(ANNA)
    await slack.open_home(ANNA, "messages")
    event = await bot.event("app_home_opened")
    assert (event["tab"], "view" in event) == ("messages", False)
    with pytest.raises(GestureError):
        await slack.open_home(ANNA, "about")


async def test_a_home_that_has_become_another_is_not_replaced(slack, bot):
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    first = (await bot.web.views_publish(user_id=ANNA, view=view))["view"]["hash"]
    await bot.web.views_publish(user_id=ANNA, view=view, hash=first)
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await bot.web.views_publish(user_id=ANNA, view=view, hash=first)


async def test_an_app_without_a_home_tab_publishes_none(slack, bot):
    slack.settings.manifest = replace(slack.settings.manifest, home=False)
    with pytest.raises(SlackApiError, match="not_enabled"):
        await bot.web.views_publish(user_id=ANNA, view={"type": "home", "blocks": [{"type": "divider"}]})
