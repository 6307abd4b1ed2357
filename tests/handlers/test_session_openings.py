"""Sessions that begin at a message, or after one that has ended, through the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.slack.seeds import ANNA, BEN, BOT_USER, DM, GUEST, RANDOM
from sandbox.slack.seeds import SUPPORT as CHANNEL
from sandbox.slack.text import Raw
from tests.handlers.wired import Bot, inputs, running, said
from tests.helpers import until

LEAK = "It leaks <@U0BEN00001> & drips, ask <mailto:joe@example.com|joe@example.com> or (503) 555-0123"


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    async with running(tmp_path) as made:
        yield made


@pytest.fixture(params=["http", "socket"])
async def either(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    """In both modes."""
    async with running(tmp_path, socket=request.param == "socket") as made:
        yield made


async def started(bot: Bot, ts: str, user: str = ANNA, channel: str = CHANNEL) -> dict[str, Any]:
    """The modal of who chooses "Start session" in a message's menu."""
    await bot.slack.shortcut_message(user, "session_from_message", channel, ts)
    return bot.view(user)


def in_thread(bot: Bot, ts: str) -> list[str]:
    return [one["text"] for one in bot.slack.messages(CHANNEL, ts)[1:] if one["user"] == BOT_USER]


async def opened(bot: Bot, text: str = "chat Boiler member:joe@example.com", ts: str | None = None) -> tuple[str, str]:
    """A session in a thread of its own, or in that of a message: its id and the thread."""
    root = ts or await bot.slack.say(BEN, CHANNEL, "It leaks")
    before = len(bot.evo.sessions())
    await bot.slack.say(ANNA, CHANNEL, Raw(f"<@{BOT_USER}> {text}"), root)
    await until(lambda: len(bot.evo.sessions()) > before, "the session")
    await until(lambda: "State: Active" in "".join(in_thread(bot, root)), "the card")
    return bot.evo.sessions()[-1].id, root


async def ended(bot: Bot) -> tuple[str, str]:
    session, root = await opened(bot)
    await bot.slack.say(ANNA, CHANNEL, Raw(f"<@{BOT_USER}> end"), root)
    await until(lambda: any("State: Ended" in text for text in in_thread(bot, root)), "the end")
    return session, root


# From a message


async def test_a_message_begins_a_session_in_its_own_thread(either: Bot) -> None:
    ts = await either.slack.say(BEN, CHANNEL, Raw(LEAK))
    view = await started(either, ts)
    assert "The card stands in this thread" in said(view)
    assert "f_where" not in inputs(view)
    held = either.held()
    assert (held["f_name"], held["f_slackmembers"], held["f_members"], held["f_sendtext"]) == (
        "It leaks @Ben & drips, ask joe@example.com or (503) 555-0123", [BEN], "joe@example.com\n+15035550123", [],
    )  # fmt: skip
    await either.fill(f_members="joe@example.com")
    assert (await either.submit()).outcome == "closed"
    await until(lambda: in_thread(either, ts), "the card")
    assert (await either.sent())["memberEmailAddresses"] == ["ben@workshop.example", "joe@example.com"]
    assert either.evo.effects(kind="sent") == []


async def test_its_text_is_sent_when_somebody_says_so(bot: Bot) -> None:
    view = await started(bot, await bot.slack.say(BEN, CHANNEL, "It leaks *badly*\nsince noon"))
    assert "“It leaks badly\nsince noon”" in said(view)
    await bot.fill(f_members="joe@example.com", f_sendtext=["send"])
    assert (await bot.submit()).outcome == "closed"
    await until(lambda: bot.evo.effects(kind="sent"), "the text")
    assert [one.detail["body"] for one in bot.evo.effects(kind="sent")] == ["Anna: It leaks badly\nsince noon"]


async def test_a_text_that_is_too_long_is_not_offered(bot: Bot) -> None:
    view = await started(bot, await bot.slack.say(BEN, CHANNEL, "x" * 1601))
    assert "f_sendtext" not in inputs(view)
    assert "too long to be sent from here" in said(view)
    assert len(bot.held()["f_name"]) == 80


async def test_what_was_settled_stays_through_every_change_of_the_form(bot: Bot) -> None:
    ts = await bot.slack.say(BEN, CHANNEL, "It leaks")
    await started(bot, ts)
    await bot.fill(f_members="joe@example.com", f_sendtext=["send"])
    await bot.more()
    await bot.fill(f_channel="Fax")
    await bot.fill(f_channel="Chat")
    assert (await bot.submit()).outcome == "closed"
    await until(lambda: bot.evo.effects(kind="sent") and in_thread(bot, ts), "the text, and the card in the thread")


async def test_in_a_thread_with_a_session_it_says_where_replies_go_from_now_on(bot: Bot) -> None:
    first, root = await opened(bot)
    view = await started(bot, await bot.slack.say(BEN, CHANNEL, "// and this is new", root))
    assert "This thread shows “Boiler”. From now on replies here go to the new session instead." in said(view)
    await bot.fill(f_members="mia@example.com")
    assert (await bot.submit()).outcome == "closed"
    await until(lambda: len(in_thread(bot, root)) == 2, "the second card")
    await bot.slack.say(BEN, CHANNEL, "Hello", root)
    await until(lambda: bot.evo.effects(kind="sent"), "the reply")
    assert bot.evo.effects(kind="sent")[0].session_id != first


async def test_where_the_bot_is_not_it_says_so_under_a_field_that_is_there(bot: Bot) -> None:
    await started(bot, await bot.slack.say(ANNA, RANDOM, "It leaks"), channel=RANDOM)
    await bot.fill(f_members="joe@example.com")
    answer = await bot.submit()
    assert (answer.outcome, list(answer.errors)) == ("errors", ["f_name"])
    assert answer.errors["f_name"].startswith("I am not in that channel.")


async def test_sessions_of_its_channel_can_be_its_parent(bot: Bot) -> None:
    await opened(bot)
    await started(bot, await bot.slack.say(BEN, CHANNEL, "It leaks"), BEN)
    await bot.slack.press(BEN, "f_advanced")
    offered = [option["text"]["text"] for option in await bot.slack.suggest(BEN, "f_parent", "")]
    assert offered == ["Boiler"]


async def test_among_direct_messages_it_says_why_not(bot: Bot) -> None:
    view = await started(bot, await bot.slack.say(ANNA, DM, "It leaks"), channel=DM)
    assert "cannot stand among direct messages" in said(view)


async def test_a_guest_is_told_why_not(bot: Bot) -> None:
    view = await started(bot, await bot.slack.say(BEN, CHANNEL, "It leaks"), GUEST)
    assert said(view).startswith("Guests of this workspace")


# After another one


async def test_a_follow_up_of_a_chat_is_opened_at_once_in_its_thread(either: Bot) -> None:
    before, root = await ended(either)
    await either.slack.say(ANNA, CHANNEL, Raw(f"<@{BOT_USER}> followup"), root)
    await until(lambda: len(either.evo.sessions()) == 2, "the next session")
    assert either.evo.sessions()[1].hidden["parentSessionId"] == before
    assert either.evo.sessions()[1].info["displayName"] == "Boiler"
    await until(lambda: sum("Chat session" in text for text in in_thread(either, root)) == 2, "its card")


async def test_a_follow_up_from_elsewhere_has_its_card_where_the_session_ended(bot: Bot) -> None:
    _, root = await ended(bot)
    await bot.slack.slash(ANNA, CHANNEL, "/session", 'followup "Boiler"')
    await until(lambda: sum("Chat session" in text for text in in_thread(bot, root)) == 2, "its card")


async def test_a_reply_after_the_end_is_refused_with_what_can_be_done(bot: Bot) -> None:
    before, root = await ended(bot)
    await bot.slack.say(ANNA, CHANNEL, "One more thing", root)
    await until(lambda: "Not sent" in in_thread(bot, root)[-1], "the refusal")
    (refused,) = [one for one in bot.slack.messages(CHANNEL, root) if "Not sent" in one["text"]]
    labels = [button["text"]["text"] for button in refused["blocks"][-1]["elements"]]
    assert labels == ["New follow-up", "Keep as note"]
    await bot.slack.click(ANNA, CHANNEL, refused["ts"], "session_followup")
    assert (bot.held()["f_name"], bot.held()["f_members"], bot.held()["f_parent"]) == (
        "Boiler", "joe@example.com", before,
    )  # fmt: skip
    assert "The card stands in this thread" in said(bot.view())
    assert (await bot.submit()).outcome == "closed"
    await until(lambda: len(bot.evo.sessions()) == 2, "the next session")
    assert bot.evo.sessions()[1].hidden["parentSessionId"] == before


async def test_such_a_reply_can_be_kept(bot: Bot) -> None:
    _, root = await ended(bot)
    ts = await bot.slack.say(ANNA, CHANNEL, "One more thing", root)
    await until(lambda: "Not sent" in in_thread(bot, root)[-1], "the refusal")
    (refused,) = [one for one in bot.slack.messages(CHANNEL, root) if "Not sent" in one["text"]]
    await bot.slack.click(ANNA, CHANNEL, refused["ts"], "item_answer:keep")
    await until(lambda: "lock" in str(bot.slack.message(CHANNEL, ts)), "the mark of a note")


async def test_what_is_alive_has_no_follow_up(bot: Bot) -> None:
    _, root = await opened(bot)
    await bot.slack.say(ANNA, CHANNEL, Raw(f"<@{BOT_USER}> followup"), root)
    (told,) = await until(lambda: bot.slack.ephemerals(ANNA), "the answer")
    assert "`@evo end` ends it" in told["text"]
    assert len(bot.evo.sessions()) == 1


async def test_a_follow_up_of_a_call_is_asked_about_in_a_form(bot: Bot) -> None:
    await bot.slack.slash(ANNA, CHANNEL, "/session", "voice Callback to:(503) 555-0123")
    await bot.submit()
    (session,) = await until(bot.evo.sessions, "the call")
    (root,) = await until(lambda: [one for one in bot.slack.messages(CHANNEL) if one["user"] == BOT_USER], "the card")
    await bot.slack.say(ANNA, CHANNEL, Raw(f"<@{BOT_USER}> end"), root["ts"])
    await until(lambda: "State: Ended" in bot.slack.message(CHANNEL, root["ts"])["text"], "the end")
    await bot.slack.slash(ANNA, CHANNEL, "/session", "followup last")
    assert (bot.held()["f_channel"], bot.held()["f_to"]) == ("Voice", "+15035550123")
    assert (await bot.submit()).outcome == "pushed"
    assert (await bot.submit()).outcome == "cleared"
    await until(lambda: len(bot.evo.sessions()) == 2, "the next call")
    assert bot.evo.sessions()[1].hidden["parentSessionId"] == session.id
