"""The only caller of Slack: one request a call, and each failure told by what may be done next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.model import ChannelId, Mark, Profile, TeamId, Ts, UserId
from bot.slackweb import slack_client, slack_session
from bot.text import Mentions
from bot.views import Message
from bot.workspace import (
    EVENT_TYPE,
    PROFILE_SECONDS,
    Identity,
    SlackAstray,
    SlackAway,
    SlackError,
    SlackGone,
    SlackRefused,
    SlackSignedOut,
    SlackUnsure,
    Workspace,
    files_in,
)
from sandbox.slack import SlackStandIn
from sandbox.slack.seeds import (
    ANNA,
    ARCHIVED,
    BEN,
    BOT,
    BOT_USER,
    CARLA,
    DESK,
    DM,
    GONE,
    GUEST,
    OTHER_BOT_USER,
    PRIVATE,
    RANDOM,
    SECRET,
    SHARED,
    STRANGER,
    SUPPORT,
    TEAM,
    Group,
    Room,
    Seed,
)  # fmt: skip
from tests.helpers import TestClock, until

HERE, HELLO = ChannelId(SUPPORT), Message("hello", [])
CLOSED = "http://127.0.0.1:9/api/"


@dataclass
class World:
    slack: SlackStandIn
    workspace: Workspace
    clock: TestClock
    session: aiohttp.ClientSession

    def elsewhere(self, url: str, session: aiohttp.ClientSession | None = None) -> Workspace:
        return Workspace(slack_client("xoxb-standin-bot", url, session or self.session), self.clock)

    def calls(self, method: str) -> list[dict[str, Any]]:
        return [entry["args"] for entry in self.slack.journal.calls(method)]

    def posts(self, thread: str | None = None) -> list[str]:
        return [message["text"] for message in self.slack.messages(SUPPORT, thread)]

    async def reactions(self, ts: Ts) -> list[str]:
        return [each["name"] for each in self.slack.message(SUPPORT, ts).get("reactions") or []]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with SlackStandIn() as slack, slack_session() as session:
        slack.limits.set("off")
        clock = TestClock()
        yield World(slack, Workspace(slack_client("xoxb-standin-bot", slack.api_url, session), clock), clock, session)


async def post(workspace: Workspace, text: str = "hello", thread: Ts | None = None, name: str = "line/1") -> Ts:
    return await workspace.post(HERE, thread, Message(text, []), name)


async def failure(attempt: Awaitable[object]) -> SlackError:
    with pytest.raises(SlackError) as raised:
        await attempt
    return raised.value


# What a failure means

GONE_CODES = [
    "cannot_reply_to_message", "cant_update_message", "channel_not_found", "edit_window_closed", "is_archived",
    "message_not_found", "no_permission", "not_in_channel", "restricted_action",
    "restricted_action_non_threadable_channel", "restricted_action_read_only_channel",
    "restricted_action_thread_locked", "thread_not_found",
]  # fmt: skip
SIGNED_OUT_CODES = ["account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"]
MAYBE_CODES = ["fatal_error", "internal_error", "request_timeout", "service_unavailable"]
NO_CODES = ["invalid_blocks", "msg_too_long", "no_text", "missing_scope", "user_not_found", "of_the_year_2030"]


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (SlackGone, GONE_CODES),
        (SlackSignedOut, SIGNED_OUT_CODES),
        (SlackUnsure, MAYBE_CODES),
        (SlackRefused, NO_CODES),
        (SlackAway, ["ratelimited", "rate_limited", "message_limit_exceeded"]),
    ],
)
async def test_each_of_slacks_words_has_one_meaning(world: World, kind: type[SlackError], codes: list[str]) -> None:
    found = {}
    for code in codes:
        world.slack.faults.order("chat.postMessage", "error", error=code)
        found[code] = type(await failure(post(world.workspace)))
    assert found == dict.fromkeys(codes, kind)


async def test_a_refusal_tells_slacks_word_for_it(world: World) -> None:
    world.slack.faults.order("chat.postMessage", "error", error="msg_too_long")
    refused = await failure(post(world.workspace))
    assert isinstance(refused, SlackRefused)
    assert refused.code == "msg_too_long"


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [("cut_before", 0), ("cut_after", 1), ("http_500", 0), ("http_503", 0), ("http_503_after", 1), ("error_after", 1)],
)
async def test_a_lost_answer_is_a_doubt_and_one_request(world: World, fault: str, arrived: int) -> None:
    """slack-sdk's usual retry would post twice after a cut."""
    world.slack.faults.order("chat.postMessage", fault)
    assert type(await failure(post(world.workspace))) is SlackUnsure
    assert (len(world.calls("chat.postMessage")), len(world.posts())) == (1, arrived)


async def test_a_host_that_is_not_there_is_away(world: World) -> None:
    assert type(await failure(post(world.elsewhere(CLOSED)))) is SlackAway


async def test_an_answer_that_does_not_come_is_a_doubt(world: World) -> None:
    world.slack.faults.order("chat.postMessage", "slow", seconds=5.0)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.1)) as impatient:
        slow = world.elsewhere(world.slack.api_url, impatient)
        assert type(await failure(post(slow))) is SlackUnsure


Answer = Callable[[], web.Response]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda: web.Response(text="<html>", content_type="text/html"), SlackUnsure),
        (lambda: web.Response(text="ok"), SlackUnsure),
        (lambda: web.Response(text='{"ok": tr', content_type="application/json"), SlackUnsure),
        (lambda: web.Response(text="[]", content_type="application/json"), SlackUnsure),
        (lambda: web.Response(text="", content_type="application/json"), SlackUnsure),
        (lambda: web.Response(body=b"\xff\xfe\x00", content_type="application/json"), SlackUnsure),
        (lambda: web.Response(status=204), SlackUnsure),
        (lambda: web.Response(status=403, text="<html>", content_type="text/html"), SlackUnsure),
        (lambda: web.Response(status=500), SlackUnsure),
        (lambda: web.Response(status=429, headers={"Retry-After": "7"}), SlackAway),
        (lambda: web.Response(status=429, text="<html>", content_type="text/html"), SlackAway),
        (lambda: web.json_response({"ok": False, "error": "invalid_auth"}, status=401), SlackSignedOut),
    ],
)  # fmt: skip
async def test_an_answer_that_is_not_slacks_is_a_doubt(world: World, answer: Answer, kind: type[SlackError]) -> None:
    """Proxies, gateways and hotels answer, too."""
    async with saying(answer) as url:
        assert type(await failure(post(world.elsewhere(url)))) is kind


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7.0), ("0", 0.1), ("-5", 0.1), ("1.5", 1.5), ("99999", 900.0), ("soon", 30.0), (None, 1.0), ("", 1.0)],
)
async def test_how_long_slack_asks_for_patience(world: World, said: str | None, seconds: float) -> None:
    headers = {} if said is None else {"Retry-After": said}
    async with saying(
        lambda: web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
    ) as url:
        away = await failure(post(world.elsewhere(url)))
    assert isinstance(away, SlackAway)
    assert away.retry_after == seconds


def saying(answer: Answer) -> Any:
    async def serve(_: web.Request) -> web.Response:
        return answer()

    @asynccontextmanager
    async def running() -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", serve)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
        await runner.cleanup()

    return running()


async def test_no_error_shows_the_token_or_what_was_written(world: World) -> None:
    faults = [{"fault": "error", "error": "invalid_blocks"}, {"fault": "cut_after"}, {"fault": "http_500"}]
    shown = []
    for fault in faults:
        world.slack.faults.order("chat.postMessage", **fault)
        error = await failure(post(world.workspace, "customers words"))
        shown.append(f"{error!r} {error}")
    assert [text for text in shown if "xoxb" in text or "customer" in text] == []


# Posting


async def test_a_post_links_unfurls_and_mentions_nobody_and_bears_its_name(world: World) -> None:
    parent = Ts(await world.slack.say(ANNA, SUPPORT, "the card"))
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": "hello"}}]
    ts = await world.workspace.post(HERE, parent, Message("hello", blocks), "line/1")
    (sent,) = world.calls("chat.postMessage")
    assert sent == {
        "channel": SUPPORT,
        "thread_ts": parent,
        "text": "hello",
        "blocks": blocks,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"name": "line/1"}},
        "unfurl_links": False,
        "unfurl_media": False,
        "link_names": False,
    }
    assert world.slack.message(SUPPORT, ts)["text"] == "hello"


async def test_a_post_into_the_channel_names_no_thread(world: World) -> None:
    await post(world.workspace)
    assert "thread_ts" not in world.calls("chat.postMessage")[0]


@pytest.mark.parametrize("channel", [SECRET, ARCHIVED, "C0NOWHERE"])
async def test_where_the_bot_may_not_write_the_channel_is_gone(world: World, channel: str) -> None:
    assert type(await failure(world.workspace.post(ChannelId(channel), None, HELLO, "x"))) is SlackGone


async def test_an_update_changes_words_and_blocks(world: World) -> None:
    ts = await post(world.workspace)
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": "changed"}}]
    await world.workspace.update(HERE, ts, Message("changed", blocks))
    message = world.slack.message(SUPPORT, ts)
    assert (message["text"], message["blocks"][0]["text"]["text"]) == ("changed", "changed")
    assert world.calls("chat.update")[0]["link_names"] is False


async def test_an_update_keeps_the_name_by_which_a_post_is_found(world: World) -> None:
    ts = await post(world.workspace)
    await world.workspace.update(HERE, ts, Message("changed", []))
    assert await world.workspace.standing(HERE, None, 0) == {"line/1": ts}


# Finding again


async def test_a_post_whose_answer_was_lost_is_found_by_its_name(world: World) -> None:
    parent = Ts(await world.slack.say(ANNA, SUPPORT, "the card"))
    await post(world.workspace, "first", parent, "line/1")
    world.slack.faults.order("chat.postMessage", "cut_after")
    await failure(post(world.workspace, "second", parent, "line/2"))
    first, second = (Ts(message["ts"]) for message in world.slack.messages(SUPPORT, parent)[1:])
    assert await world.workspace.standing(HERE, parent, 0) == {"line/1": first, "line/2": second}


async def test_what_stands_in_one_post_is_found_by_each_of_its_names(world: World) -> None:
    parent = Ts(await world.slack.say(ANNA, SUPPORT, "the card"))
    ts = await world.workspace.post(HERE, parent, HELLO, "line/1", "line/2", "line/3")
    assert await world.workspace.standing(HERE, parent, 0) == {"line/1": ts, "line/2": ts, "line/3": ts}


async def test_it_is_looked_for_on_every_page(world: World) -> None:
    parent = Ts(await world.slack.say(ANNA, SUPPORT, "the card"))
    for number in range(450):
        await world.slack.say(BEN, SUPPORT, str(number), parent)
    ts = await post(world.workspace, "ours", parent, "line/1")
    assert await world.workspace.standing(HERE, parent, 0) == {"line/1": ts}
    assert len(world.calls("conversations.replies")) == 3


async def test_a_card_is_looked_for_in_the_channel(world: World) -> None:
    for number in range(250):
        await world.slack.say(BEN, SUPPORT, str(number))
    ts = await post(world.workspace, "the card", None, "card/1")
    for number in range(250):
        await world.slack.say(BEN, SUPPORT, str(number))
    assert await world.workspace.standing(HERE, None, 0) == {"card/1": ts}


async def test_nothing_older_than_the_attempt_is_looked_at(world: World) -> None:
    ts = await post(world.workspace)
    assert await world.workspace.standing(HERE, None, float(ts) + 1) == {}
    assert await world.workspace.standing(HERE, None, float(ts) - 1) == {"line/1": ts}


async def test_somebody_elses_metadata_is_not_ours(world: World) -> None:
    for kind, payload in [("other", {"name": "line/1"}), (EVENT_TYPE, {"name": ["line/1"]}), (EVENT_TYPE, {})]:
        await world.workspace._call(
            "chat.postMessage",
            {"channel": SUPPORT, "text": "x", "metadata": {"event_type": kind, "event_payload": payload}},
        )
    assert await world.workspace.standing(HERE, None, 0) == {}


async def test_when_slack_cannot_be_asked_nobody_says_that_it_is_not_there(world: World) -> None:
    world.slack.faults.order("conversations.history", "http_503")
    assert type(await failure(world.workspace.standing(HERE, None, 0))) is SlackUnsure


async def test_while_slack_asks_for_patience_the_method_is_left_alone(world: World) -> None:
    world.slack.faults.order("chat.postMessage", "ratelimited", retry_after=30)
    waits = []
    for seconds in (0, 12, 17.5):
        world.clock.advance(seconds)
        error = await failure(post(world.workspace))
        assert type(error) is SlackAway
        waits.append(error.retry_after)
    assert (waits, len(world.calls("chat.postMessage"))) == ([30, 18, 0.5], 1)
    await world.workspace.standing(HERE, None, 0)
    world.clock.advance(0.5)
    await post(world.workspace)
    assert world.posts() == ["hello"]


async def test_an_outage_is_not_run_against_however_long_it_is(world: World) -> None:
    world.slack.faults.order("users.info", "http_503", times=-1)
    for _ in range(2000):
        assert isinstance(await failure(world.workspace.profile(UserId(ANNA))), SlackAway | SlackUnsure)
        world.clock.advance(1)
    assert len(world.calls("users.info")) < 150
    world.workspace._failures["users.info"] = 5000  # an outage of a day
    world.clock.advance(20)
    assert isinstance(await failure(world.workspace.profile(UserId(ANNA))), SlackUnsure)
    world.slack.faults.clear()
    world.clock.advance(20)
    assert (await world.workspace.profile(UserId(ANNA))).name == "Anna"


async def test_a_reply_that_slack_puts_into_the_channel_is_taken_back(world: World) -> None:
    world.slack.configure(lost_threads=True)
    assert type(await failure(post(world.workspace, "customers words", Ts("1700000000.000100")))) is SlackAstray
    assert world.posts() == []
    assert not await world.workspace.has_thread(HERE, Ts("1700000000.000100"))
    assert await world.workspace.has_thread(HERE, Ts(await world.slack.say(ANNA, SUPPORT, "the card")))


async def test_a_bad_token_is_noticed_until_it_is_good_again(world: World) -> None:
    world.slack.faults.order("*", "error", error="token_revoked")
    await failure(post(world.workspace))
    assert world.workspace.signed_out
    await post(world.workspace)
    assert not world.workspace.signed_out


# Reactions


@pytest.mark.parametrize(
    ("there", "was", "mark", "then"),
    [
        ([], Mark.NONE, Mark.DELIVERED, [Mark.DELIVERED]),
        ([Mark.WAITING], Mark.WAITING, Mark.DELIVERED, [Mark.DELIVERED]),
        ([Mark.WAITING], Mark.WAITING, Mark.NONE, []),
        ([], Mark.WAITING, Mark.DELIVERED, [Mark.DELIVERED]),
        ([Mark.DELIVERED], Mark.NONE, Mark.DELIVERED, [Mark.DELIVERED]),
        ([], Mark.NONE, Mark.NONE, []),
    ],
)
async def test_a_reaction_is_changed_and_changing_it_again_changes_nothing(
    world: World, there: list[Mark], was: Mark, mark: Mark, then: list[Mark]
) -> None:
    ts = Ts(await world.slack.say(BEN, SUPPORT, "hello"))
    for each in there:
        await world.workspace.react(HERE, ts, (), each)
    for _ in range(3):
        await world.workspace.react(HERE, ts, (was,) if was else (), mark)
    assert await world.reactions(ts) == [each.value for each in then]


async def test_of_several_that_may_stand_one_is_left(world: World) -> None:
    ts = Ts(await world.slack.say(BEN, SUPPORT, "hello"))
    await world.workspace.react(HERE, ts, (), Mark.WAITING)
    await world.workspace.react(HERE, ts, (Mark.WAITING, Mark.UNKNOWN, Mark.DELIVERED), Mark.DELIVERED)
    assert await world.reactions(ts) == [Mark.DELIVERED.value]


async def test_every_mark_is_an_emoji_that_slack_knows(world: World) -> None:
    ts = Ts(await world.slack.say(BEN, SUPPORT, "hello"))
    marks = [mark for mark in Mark if mark is not Mark.NONE]
    for mark in marks:
        await world.workspace.react(HERE, ts, (), mark)
    assert await world.reactions(ts) == [mark.value for mark in marks]


async def test_a_message_that_was_deleted_takes_no_reaction(world: World) -> None:
    ts = Ts(await world.slack.say(BEN, SUPPORT, "hello"))
    await world.slack.delete(BEN, SUPPORT, ts)
    assert type(await failure(world.workspace.react(HERE, ts, (), Mark.DELIVERED))) is SlackGone


# Hints


async def test_a_hint_is_seen_by_one_person_where_they_are(world: World) -> None:
    parent = Ts(await world.slack.say(ANNA, SUPPORT, "the card"))
    await world.workspace.hint(HERE, UserId(BEN), "psst", parent)
    (hint,) = world.slack.ephemerals(BEN)
    assert (hint["text"], hint["thread_ts"], world.slack.ephemerals(ANNA)) == ("psst", parent, [])


@pytest.mark.parametrize(
    "fault", ["cut_before", "cut_after", "http_500", "http_503", "ratelimited", "error", "error_after"]
)
async def test_a_hint_never_raises(world: World, fault: str) -> None:
    world.slack.faults.order("chat.postEphemeral", fault)
    await world.workspace.hint(HERE, UserId(BEN), "psst")
    await world.workspace.hint(ChannelId(SECRET), UserId(BEN), "psst")
    await world.workspace.hint(HERE, UserId(STRANGER), "psst")
    await world.elsewhere(CLOSED).hint(HERE, UserId(BEN), "psst")


async def test_a_letter_stands_in_the_messages_with_the_app_and_never_raises(world: World) -> None:
    await world.workspace.write_to(UserId(ANNA), "psst")
    (letter,) = world.slack.messages(DM)
    assert letter["text"] == "psst"
    world.slack.faults.order("chat.postMessage", "http_500")
    await world.workspace.write_to(UserId(ANNA), "psst")


async def test_a_home_is_published_for_one_person(world: World) -> None:
    await world.workspace.publish(UserId(BEN), {"type": "home", "blocks": [{"type": "divider"}]})
    shown = world.slack.home(BEN)
    assert shown is not None
    assert [block["type"] for block in shown["blocks"]] == ["divider"]
    assert world.slack.home(ANNA) is None


async def test_what_is_posted_while_the_token_is_replaced_stands_there_once(world: World) -> None:
    """Slack may refuse the old one from the moment in which the new one is used."""
    old, new = (world.slack.desk.grants.grant()["access_token"] for _ in range(2))
    client = slack_client(old, world.slack.api_url, world.session)
    world.slack.faults.order("chat.postMessage", "slow", seconds=0.5)
    posting = asyncio.create_task(post(Workspace(client, world.clock)))
    await until(lambda: world.slack.faults.api[0].times == 0, "the post to be under way")
    client.token = new
    del world.slack.desk.grants.tokens[old]
    await posting
    assert world.posts() == ["hello"]


# People and places


async def test_an_organization_is_asked_about_each_of_its_workspaces(world: World) -> None:
    """Slack lists one workspace at a time there. A handle that two groups have is nobody's: either might be meant."""
    night, desk = Group("S0NIGHT001", "night", "Night", (BEN,)), Group("S0DESK0002", "desk", "Another desk", (GUEST,))
    whole: dict[str, Any] = {"enterprise_id": "E0HOLDING1", "is_enterprise_install": True}
    there = Room("C0ELSEWHER", "elsewhere", members=(BOT_USER,))
    other = Seed(team_id="T0OTHERONE", groups=(night, desk), rooms=(there,), **whole)
    async with SlackStandIn(Seed(**whole)) as slack, SlackStandIn(other, beside=slack):
        workspace = world.elsewhere(slack.api_url)
        assert (await workspace.identity()).team == "E0HOLDING1"
        asked = [("night", BEN), ("night", ANNA), (DESK, ANNA), ("desk", GUEST), ("S0DESK0002", GUEST)]
        found = [await workspace.in_group(group, UserId(user)) for group, user in asked]
        assert found == [True, False, True, None, True]
        assert sorted(await workspace.channels()) == [ARCHIVED, "C0ELSEWHER", PRIVATE, SHARED, SUPPORT]
        assert [profile.user for profile in await workspace.called("ben")] == [BEN]
        assert len(slack.journal.calls("auth.teams.list")) == 1


async def test_who_we_are(world: World) -> None:
    found = await world.workspace.identity()
    scopes = world.slack.settings.manifest.scopes
    assert found == Identity(
        TeamId(TEAM), "Workshop", UserId(BOT_USER), BOT, frozenset(scopes), "https://workshop.slack.com/", "bridge"
    )


def known(user: str, name: str, email: str | None = None, **facts: Any) -> Profile:
    return Profile(UserId(user), TeamId(facts.pop("team", TEAM)), name, email, **facts)


@pytest.mark.parametrize(
    "expected",
    [
        known(ANNA, "Anna", "anna@workshop.example", owner=True),
        known(BEN, "Ben", "ben@workshop.example"),
        known(CARLA, "Carla Conti"),
        known(GUEST, "Gus", "gus@agency.example", guest=True),
        known(STRANGER, "Sam Stranger", team="T0PARTNERS", stranger=True),
        known(GONE, "Gina Gone", "gina@workshop.example", deleted=True),
        known(OTHER_BOT_USER, "Other Bot", bot=True),
        known(BOT_USER, "Bridge", bot=True),
    ],
)
async def test_what_is_known_of_a_person(world: World, expected: Profile) -> None:
    assert await world.workspace.profile(expected.user) == expected


async def test_a_person_is_asked_for_once_in_five_minutes(world: World) -> None:
    """Longer, and somebody who lost their rights would keep them here."""
    for seconds in (0, PROFILE_SECONDS - 1, 1, PROFILE_SECONDS):
        world.clock.advance(seconds)
        await world.workspace.profile(UserId(ANNA))
    assert len(world.calls("users.info")) == 3


async def test_a_failure_is_not_remembered(world: World) -> None:
    world.slack.faults.order("users.info", "http_503")
    assert type(await failure(world.workspace.profile(UserId(ANNA)))) is SlackUnsure
    assert (await world.workspace.profile(UserId(ANNA))).name == "Anna"


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ({"display_name": "Annie", "real_name": "Anna"}, "Annie"),
        ({"display_name": "", "real_name": "Anna"}, "Anna"),
        ({}, "Somebody"),
        (None, "Somebody"),
    ],
)
async def test_a_person_always_has_a_name(world: World, profile: object, name: str) -> None:
    user = {"id": "U1", "profile": profile}
    async with saying(lambda: web.json_response({"ok": True, "user": user})) as url:
        assert (await world.elsewhere(url).profile(UserId("U1"))).name == name


async def test_names_are_given_to_what_may_be_named(world: World) -> None:
    """Never an id, and never the name of a channel that not everybody may see."""
    mentions = Mentions(
        users=frozenset({UserId(ANNA), UserId("U0NOBODY")}),
        channels=frozenset(ChannelId(each) for each in (SUPPORT, PRIVATE, SECRET, DM, "C0NOWHERE")),
        groups=frozenset({"S1"}),
    )  # fmt: skip
    names = await world.workspace.names(mentions)
    assert names.users == {ANNA: "Anna"}
    assert names.channels == {SUPPORT: "support", PRIVATE: None, DM: None}
    assert names.groups == {}


async def test_when_names_cannot_be_had_just_now_that_is_said(world: World) -> None:
    """Then the message waits, rather than leave with a hole in it."""
    world.slack.faults.order("users.info", "http_503")
    wanted = Mentions(users=frozenset({UserId(ANNA)}), channels=frozenset(), groups=frozenset())
    assert type(await failure(world.workspace.names(wanted))) is SlackUnsure


@pytest.mark.parametrize(
    ("channel", "expected"),
    [(SUPPORT, True), (PRIVATE, True), (DM, True), (RANDOM, False), (SECRET, False), ("C0NOWHERE", False)],
)
async def test_is_the_bot_in_a_channel(world: World, channel: str, expected: bool) -> None:
    assert await world.workspace.is_member(ChannelId(channel)) is expected


async def test_membership_is_asked_for_each_time_and_may_be_unknown(world: World) -> None:
    before = await world.workspace.is_member(HERE)
    await world.slack.leave(BOT_USER, SUPPORT, ANNA)
    after = await world.workspace.is_member(HERE)
    world.slack.faults.order("conversations.info", "http_503")
    assert (before, after, await world.workspace.is_member(HERE)) == (True, False, None)


@asynccontextmanager
async def answering(answer: Callable[[], web.Response]) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that answers anything in one way; its address, and the paths that were asked for."""
    asked: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(request.path)
        return answer()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/", asked
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nobody_is_followed_elsewhere(world: World, status: int) -> None:
    """307 and 308 would take what customers said along."""
    away = {"Location": f"{world.slack.url}/caught"}
    async with answering(lambda: web.Response(status=status, headers=away)) as (url, asked):
        assert type(await failure(post(world.elsewhere(url)))) is SlackUnsure
    assert (asked, world.slack.journal.entries("api")) == (["/api/chat.postMessage"], [])


@pytest.mark.parametrize("said", ["what Mrs Lee wrote", {"of": "Mrs Lee"}, "Mrs_Lee", "x" * 100, "", None])
async def test_what_is_no_error_code_is_not_repeated(world: World, said: Any) -> None:
    """Codes get into the log and into sentences for people."""
    async with answering(lambda: web.json_response({"ok": False, "error": said})) as (url, _):
        error = await failure(post(world.elsewhere(url)))
    assert (type(error), str(error)) == (SlackUnsure, "HTTP 200")


# Files


async def test_a_file_is_put_up_shown_and_found_again(world: World) -> None:
    root = Ts(await world.slack.say(ANNA, SUPPORT, "a card"))
    address, file = await world.workspace.place_for("a.png", 4)
    await world.workspace.put(address, b"\x89PNG")
    await world.workspace.share(file, "a.png", HERE, root)
    await until(lambda: len(world.slack.messages(SUPPORT, root)) == 2, "the message")
    there = world.slack.messages(SUPPORT, root)[1]["ts"]
    assert await world.workspace.shared(HERE, root, float(root)) == {file: there}
    assert await world.workspace.shared(HERE, root, float(there) + 1) == {}
    assert (await world.workspace.address_of(file)).startswith(f"{world.slack.url}/files-pri/")


@pytest.mark.parametrize("fault", ["http_500", "http_503_after", "cut_before", "cut_after", "ratelimited"])
async def test_an_upload_that_goes_wrong_has_had_no_effect(world: World, fault: str) -> None:
    address, _ = await world.workspace.place_for("a.png", 4)
    world.slack.faults.order("files.upload", fault)
    with pytest.raises(SlackAway):
        await world.workspace.put(address, b"\x89PNG")


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/upload",
        "https://slack.com.evil.example/upload",
        "https://evilslack.com/upload",
        "http://files.slack.com/upload",
        "https://files.slack.com:8443/upload",
        "http://127.0.0.1:1/upload",
        "",
    ],
)
async def test_what_a_customer_sent_is_uploaded_to_slack_only(world: World, address: str) -> None:
    with pytest.raises(SlackRefused):
        await world.workspace.put(address, b"private")


async def test_a_refused_upload_is_a_definite_no(world: World) -> None:
    with pytest.raises(SlackRefused):
        await world.workspace.put(f"{world.slack.url}/upload/v1/nobody", b"x")


@pytest.mark.parametrize(
    ("message", "files"),
    [
        ({}, []),
        ({"files": None}, []),
        ({"files": {"id": "F1"}}, []),
        ({"files": ["F1", {"id": 7}, {}, {"id": "F2"}]}, ["F2"]),
    ],
)
def test_files_of_a_message_are_read_with_care(message: dict[str, Any], files: list[str]) -> None:
    assert files_in(message) == files
