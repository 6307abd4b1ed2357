"""The Web API as slack-sdk's client meets it."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession, ServerDisconnectedError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Clock, Settings, SlackStandIn
from sandbox.slack.errors import GestureError
from sandbox.slack.manifest import DEFAULT_SCOPES, Manifest
from sandbox.slack.seeds import (
    ANNA,
    ARCHIVED,
    BEN,
    BOT,
    BOT_USER,
    CARLA,
    DESK,
    DM,
    FORMER,
    GONE,
    PRIVATE,
    RANDOM,
    SECRET,
    SHARED,
    STRANGER,
    SUPPORT,
)


@pytest.fixture
async def slack():
    async with SlackStandIn(settings=Settings(time_scale=0.001), clock=Clock(lambda: 1_800_000_000.0)) as standin:
        yield standin


@pytest.fixture
def web(slack):
    return AsyncWebClient("xoxb-standin-bot", base_url=slack.api_url, retry_handlers=[])


async def code(call):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


def section(text="hi", **changes):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **changes}


async def test_the_bot_learns_who_it_is(web):
    answer = await web.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == (BOT_USER, BOT, "T0WORKSHOP")
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-else", "invalid_auth"), ("xapp-standin-app", "not_allowed_token_type")],
)
async def test_a_wrong_token_is_refused(slack, token, error):
    client = AsyncWebClient(token, base_url=slack.api_url)
    assert await code(client.auth_test()) == error


async def test_only_the_app_token_opens_a_socket(slack, web):
    assert await code(web.apps_connections_open(app_token="xoxb-standin-bot")) == "not_allowed_token_type"
    answer = await web.apps_connections_open(app_token="xapp-standin-app")
    assert answer["url"].startswith("ws://127.0.0.1:")


@pytest.mark.parametrize(
    ("scope", "method", "args"),
    [
        ("chat:write", "chat.postMessage", {"channel": SUPPORT, "text": "x"}),
        ("chat:write.customize", "chat.postMessage", {"channel": SUPPORT, "text": "x", "username": "Zoe"}),
        ("channels:history", "conversations.history", {"channel": SUPPORT}),
        ("groups:history", "conversations.history", {"channel": PRIVATE}),
        ("im:history", "conversations.history", {"channel": DM}),
        ("channels:read", "conversations.list", {}),
        ("channels:join", "conversations.join", {"channel": RANDOM}),
        ("reactions:write", "reactions.add", {"channel": SUPPORT, "name": "eyes", "timestamp": "1.0"}),
        ("users:read", "users.info", {"user": ANNA}),
        ("users:read.email", "users.lookupByEmail", {"email": "anna@workshop.example"}),
        ("usergroups:read", "usergroups.list", {}),
        ("usergroups:read", "usergroups.users.list", {"usergroup": DESK}),
        ("im:write", "conversations.open", {"users": ANNA}),
    ],
)
async def test_a_missing_scope_is_named(slack, web, scope, method, args):
    slack.settings.manifest = Manifest(DEFAULT_SCOPES - {scope})
    with pytest.raises(SlackApiError) as caught:
        await web.api_call(method, params=args)
    answer = caught.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", scope)
    assert scope not in answer["provided"].split(",")


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": SECRET, "text": "x"}, "channel_not_found"),
        ({"channel": ARCHIVED, "text": "x"}, "is_archived"),
        ({"channel": SUPPORT, "text": ""}, "no_text"),
        ({"channel": SUPPORT, "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": SUPPORT, "text": "x", "blocks": [section("x" * 3001)]}, "invalid_blocks"),
        ({"channel": SUPPORT, "text": "x", "blocks": [section()] * 51}, "invalid_blocks"),
        ({"channel": SUPPORT, "text": "x", "metadata": {"event_type": "t"}}, "invalid_metadata_format"),
        ({"channel": SUPPORT, "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"channel": SUPPORT, "text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
    ],
)
async def test_a_post_slack_refuses(web, args, error):
    assert await code(web.api_call("chat.postMessage", json=args)) == error


async def test_a_stranger_channel_needs_the_public_scope(slack, web):
    slack.settings.manifest = Manifest(DEFAULT_SCOPES - {"chat:write.public"})
    assert await code(web.chat_postMessage(channel=RANDOM, text="x")) == "not_in_channel"
    slack.settings.manifest = Manifest()
    assert (await web.chat_postMessage(channel=RANDOM, text="x"))["ok"]


async def test_a_reply_has_no_thread_of_its_own(slack, web):
    parent = await slack.say(ANNA, SUPPORT, "one")
    reply = await slack.say(ANNA, SUPPORT, "two", parent)
    assert await code(web.chat_postMessage(channel=SUPPORT, text="x", thread_ts=reply)) == "cannot_reply_to_message"


async def test_a_post_is_stored_as_sent_and_answered_as_stored(slack, web):
    text = "a &lt;b&gt; <@U0ANNA0001> " + "x" * 41_000
    answer = await web.chat_postMessage(channel=SUPPORT, text=text, blocks=[section()], unfurl_links=False)
    assert answer["message"] == slack.message(SUPPORT, answer["ts"])
    assert answer["message"]["text"] == text[:40_000]
    assert answer["message"]["bot_id"] == BOT
    assert answer["message"]["blocks"][0]["block_id"]


async def test_a_borrowed_name_makes_a_bot_message(web):
    answer = await web.chat_postMessage(channel=SUPPORT, text="x", username="Zoe", icon_emoji=":cat:")
    message = answer["message"]
    assert (message["subtype"], message["username"], "user" in message) == ("bot_message", "Zoe", False)


async def test_an_update_without_blocks_removes_them(slack, web):
    ts = (await web.chat_postMessage(channel=SUPPORT, text="x", blocks=[section()]))["ts"]
    await web.chat_update(channel=SUPPORT, ts=ts, text="y")
    assert (slack.message(SUPPORT, ts)["text"], "blocks" in slack.message(SUPPORT, ts)) == ("y", False)


async def test_only_ones_own_messages_can_be_changed(slack, web):
    ts = await slack.say(ANNA, SUPPORT, "mine")
    assert await code(web.chat_update(channel=SUPPORT, ts=ts, text="x")) == "cant_update_message"
    assert await code(web.chat_delete(channel=SUPPORT, ts=ts)) == "cant_delete_message"
    assert await code(web.chat_update(channel=SUPPORT, ts="1.000001", text="x")) == "message_not_found"
    own = (await web.chat_postMessage(channel=SUPPORT, text="x"))["ts"]
    assert await code(web.chat_update(channel=SUPPORT, ts=own, text="x" * 4001)) == "msg_too_long"


async def test_metadata_comes_whole_only_when_asked_for(web):
    metadata = {"event_type": "sent", "event_payload": {"key": "k1"}}
    ts = (await web.chat_postMessage(channel=SUPPORT, text="x", metadata=metadata))["ts"]
    shy = await web.conversations_replies(channel=SUPPORT, ts=ts)
    whole = await web.conversations_replies(channel=SUPPORT, ts=ts, include_all_metadata=True)
    assert shy["messages"][0]["metadata"] == {"event_type": "sent"}
    assert whole["messages"][0]["metadata"] == metadata


async def test_an_ephemeral_goes_to_members_only(slack, web):
    assert await code(web.chat_postEphemeral(channel=SUPPORT, user=STRANGER, text="x")) == "user_not_in_channel"
    answer = await web.chat_postEphemeral(channel=SUPPORT, user=ANNA, text="psst")
    assert [note["ts"] for note in slack.ephemerals(ANNA)] == [answer["message_ts"]]


async def test_replies_come_in_pages_behind_their_parent(slack, web):
    parent = await slack.say(ANNA, SUPPORT, "0")
    for number in range(1, 5):
        await slack.say(ANNA, SUPPORT, str(number), parent)
    texts, cursor = [], ""
    while True:
        answer = await web.conversations_replies(channel=SUPPORT, ts=parent, limit=2, cursor=cursor)
        texts.append([message["text"] for message in answer["messages"]])
        if not answer["has_more"]:
            break
        cursor = answer["response_metadata"]["next_cursor"]
    assert texts == [["0", "1"], ["2", "3"], ["4"]]


async def test_history_is_newest_first_without_plain_replies(slack, web):
    parent = await slack.say(ANNA, SUPPORT, "parent")
    await slack.say(ANNA, SUPPORT, "reply", parent)
    await slack.say(ANNA, SUPPORT, "shown", parent, broadcast=True)
    answer = await web.conversations_history(channel=SUPPORT)
    assert [message["text"] for message in answer["messages"]] == ["shown", "parent"]
    later = await web.conversations_history(channel=SUPPORT, oldest=parent)
    assert [message["text"] for message in later["messages"]] == ["shown"]


async def test_reading_refuses_what_is_not_there(web):
    assert await code(web.conversations_replies(channel=SUPPORT, ts="1.000001")) == "thread_not_found"
    assert await code(web.conversations_history(channel=RANDOM)) == "not_in_channel"
    assert await code(web.conversations_history(channel=SUPPORT, cursor="?")) == "invalid_cursor"


async def test_reactions(slack, web):
    ts = await slack.say(ANNA, SUPPORT, "x")
    where = {"channel": SUPPORT, "timestamp": ts}
    assert await code(web.reactions_add(name="no_such_emoji", **where)) == "invalid_name"
    await web.reactions_add(name="eyes", **where)
    assert await code(web.reactions_add(name="eyes", **where)) == "already_reacted"
    assert slack.message(SUPPORT, ts)["reactions"] == [{"name": "eyes", "users": [BOT_USER], "count": 1}]
    await web.reactions_remove(name="eyes", **where)
    assert await code(web.reactions_remove(name="eyes", **where)) == "no_reaction"
    assert await code(web.reactions_add(channel=SUPPORT, name="eyes", timestamp="1.1")) == "message_not_found"


async def test_people_show_what_slack_shows_of_them(web):
    people = {user: (await web.users_info(user=user))["user"] for user in (ANNA, CARLA, STRANGER, GONE)}
    emails = {user: person["profile"].get("email") for user, person in people.items()}
    assert emails == {ANNA: "anna@workshop.example", CARLA: None, STRANGER: None, GONE: "gina@workshop.example"}
    assert people[STRANGER]["is_stranger"]
    assert people[GONE]["deleted"]
    assert await code(web.users_info(user="U0NOBODY")) == "user_not_found"
    assert await code(web.users_lookupByEmail(email="gina@workshop.example")) == "users_not_found"


async def test_a_person_is_found_by_an_address_in_any_case(web):
    assert (await web.users_lookupByEmail(email="Anna@Workshop.example"))["user"]["id"] == ANNA


async def test_user_groups_show_who_is_in_them_and_a_disabled_one_does_not(web):
    listed = (await web.usergroups_list())["usergroups"]
    assert [(group["id"], group["handle"], group["name"]) for group in listed] == [(DESK, "desk", "Front desk")]
    assert "users" not in listed[0]
    assert (await web.usergroups_list(include_users=True))["usergroups"][0]["users"] == [ANNA, BEN]
    every = (await web.usergroups_list(include_disabled=True))["usergroups"]
    assert {group["id"]: bool(group["date_delete"]) for group in every} == {DESK: False, FORMER: True}
    assert (await web.usergroups_users_list(usergroup=DESK))["users"] == [ANNA, BEN]
    for nothing in ("S0NOTHING1", FORMER):
        assert await code(web.usergroups_users_list(usergroup=nothing)) == "no_such_subteam"
    assert await code(web.api_call("usergroups.users.list")) == "invalid_arguments"


async def test_user_groups_are_founded_changed_and_disabled(slack, web):
    await slack.group(DESK, [CARLA])
    await slack.group("S0NIGHTS01", [BEN], handle="nights")
    assert (await web.usergroups_users_list(usergroup=DESK))["users"] == [CARLA]
    assert [group["handle"] for group in (await web.usergroups_list())["usergroups"]] == ["desk", "nights"]
    await slack.group(DESK, disabled=True)
    assert [group["handle"] for group in (await web.usergroups_list())["usergroups"]] == ["nights"]
    for nobody in ("U0NOBODY", GONE):
        with pytest.raises(GestureError):
            await slack.group(DESK, [nobody])


async def test_conversations_show_what_they_are(web):
    answer = await web.conversations_list(types="public_channel,private_channel,im", exclude_archived=True)
    assert [channel["id"] for channel in answer["channels"]] == [SUPPORT, RANDOM, PRIVATE, SHARED, DM]
    assert (await web.conversations_info(channel=SHARED))["channel"]["is_ext_shared"]
    assert (await web.conversations_members(channel=DM))["members"] == [BOT_USER, ANNA]
    assert (await web.conversations_open(users=ANNA))["channel"]["id"] == DM
    assert (await web.conversations_join(channel=RANDOM))["channel"]["is_member"]


async def test_posts_to_one_channel_are_limited_to_one_a_second_after_a_burst(slack, web):
    slack.limits.set("normal", post_burst=2)
    for _ in range(2):
        await web.chat_postMessage(channel=SUPPORT, text="x")
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel=SUPPORT, text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    assert (await web.chat_postMessage(channel=PRIVATE, text="another channel"))["ok"]
    slack.clock.advance(1)
    assert (await web.chat_postMessage(channel=SUPPORT, text="x"))["ok"]


async def test_reads_are_limited_by_their_tier(slack, web):
    for _ in range(20):
        await web.users_list()
    assert await code(web.users_list()) == "ratelimited"
    slack.limits.set("off")
    assert (await web.users_list())["ok"]


@pytest.mark.parametrize(
    ("fault", "details", "status", "error", "posts"),
    [
        ("ratelimited", {"retry_after": 7}, 429, "ratelimited", 0),
        ("error", {}, 200, "internal_error", 0),
        ("error_after", {"error": "fatal_error"}, 200, "fatal_error", 1),
    ],
)
async def test_a_fault_is_met_once(slack, web, fault, details, status, error, posts):
    slack.faults.order("chat.postMessage", fault, **details)
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel=SUPPORT, text="x")
    assert (caught.value.response.status_code, caught.value.response["error"]) == (status, error)
    assert len(slack.messages(SUPPORT)) == posts
    assert (await web.chat_postMessage(channel=SUPPORT, text="x"))["ok"]


@pytest.mark.parametrize(("fault", "posts"), [("cut_before", 0), ("cut_after", 1)])
async def test_a_cut_leaves_the_app_without_an_answer(slack, web, fault, posts):
    slack.faults.order("chat.postMessage", fault)
    with pytest.raises(ServerDisconnectedError):
        await web.chat_postMessage(channel=SUPPORT, text="x")
    assert len(slack.messages(SUPPORT)) == posts


@pytest.mark.parametrize(("fault", "status", "posts"), [("http_500", 500, 0), ("http_503_after", 503, 1)])
async def test_a_broken_server(slack, fault, status, posts):
    slack.faults.order("*", fault)
    headers = {"Authorization": "Bearer xoxb-standin-bot"}
    body = {"channel": SUPPORT, "text": "x"}
    url = slack.api_url + "chat.postMessage"
    async with ClientSession(headers=headers) as session, session.post(url, json=body) as answer:
        assert answer.status == status
    assert len(slack.messages(SUPPORT)) == posts


async def test_the_journal_tells_each_call_without_its_token(slack, web):
    await web.chat_postMessage(channel=SUPPORT, text="x")
    entry = slack.journal.calls("chat.postMessage")[0]
    assert (entry["args"], entry["status"], entry["answer"]["ok"]) == ({"channel": SUPPORT, "text": "x"}, 200, True)
    assert "xoxb" not in str(slack.journal.entries())


async def test_a_form_is_as_good_as_json(slack):
    form = {"token": "xoxb-standin-bot", "channel": SUPPORT, "text": "x", "blocks": '[{"type": "divider"}]'}
    async with ClientSession() as session, session.post(slack.api_url + "chat.postMessage", data=form) as answer:
        assert (await answer.json())["message"]["blocks"][0]["type"] == "divider"


async def test_a_typed_message_has_its_words_as_rich_text_too(slack):
    ts = await slack.say(ANNA, SUPPORT, "a < b")
    assert slack.message(SUPPORT, ts)["blocks"][0]["elements"][0]["elements"] == [{"type": "text", "text": "a < b"}]
