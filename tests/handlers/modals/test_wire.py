"""The modals through the wire: the whole bot in this process, between both stand-ins, which check what they get."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.evo import Channel, NewSession, connect
from bot.texts import NOT_IN_CHANNEL
from sandbox.evo.seeds import ACME
from sandbox.slack.people.outcomes import Submitted
from sandbox.slack.seeds import ANNA, BOT_USER, RANDOM
from sandbox.slack.seeds import SUPPORT as CHANNEL
from tests.handlers.wired import OFFICE, USER, Bot, running, said
from tests.helpers import until

LEE = "+12025550123"
CLOSED = Submitted("closed")


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    async with running(tmp_path) as made:
        yield made


async def elsewhere(bot: Bot) -> str:
    """A session that was opened at Evo Voice, with something said in it."""
    client = connect(bot.evo.url, *USER)
    people = ("ana@example.com", "joe@example.com")
    info = await client.new_session(
        NewSession(channel=Channel.CHAT, display_name="From elsewhere", member_email_addresses=people)
    )
    await client.aclose()
    bot.evo.join(info.id, LEE)
    for n in range(4):
        bot.evo.advance(1)
        bot.evo.hear(info.id, LEE, f"Before {n}")
    return str(info.id)


async def choose(bot: Bot, block: str, query: str) -> None:
    (option,) = await bot.slack.suggest(ANNA, block, query)
    await bot.slack.fill(ANNA, {block: option["value"]})


async def linked(bot: Bot, **given: Any) -> tuple[str, str]:
    """A session that was opened elsewhere, and the thread that shows it now."""
    evo_id, root = await elsewhere(bot), await bot.slack.say(ANNA, CHANNEL, "Please look at this one")
    await bot.slack.shortcut_message(ANNA, "link_thread", CHANNEL, root)
    await choose(bot, "l_session", evo_id)
    await until(lambda: "From elsewhere" in said(bot.view()), "a look at it")
    await bot.slack.fill(ANNA, given)
    assert await bot.slack.submit(ANNA) == CLOSED
    await until(lambda: "From elsewhere" in texts(bot, root), "its card")
    return evo_id, root


def texts(bot: Bot, root: str, channel: str = CHANNEL) -> str:
    return "\n".join(message["text"] for message in bot.slack.messages(channel, root))


async def test_a_session_from_elsewhere_is_looked_at_and_linked_with_its_history(bot: Bot) -> None:
    _, root = await linked(bot, l_history="all")
    await until(lambda: "Before 3" in texts(bot, root), "what was said before")
    assert [n for n in range(4) if f"Before {n}" in texts(bot, root)] == [0, 1, 2, 3]


async def test_what_is_chosen_is_shown_and_can_be_moved_into_the_thread(bot: Bot) -> None:
    _, old = await linked(bot)
    new = await bot.slack.say(ANNA, CHANNEL, "And here")
    await bot.slack.shortcut_message(ANNA, "link_thread", CHANNEL, new)
    await choose(bot, "l_session", "elsewhere")
    assert "4 lines have been said" in said(bot.view())
    await bot.slack.fill(ANNA, {"l_move": ["move"]})
    assert await bot.slack.submit(ANNA) == CLOSED
    await until(lambda: "Anna moved this session to another thread" in texts(bot, old), "the pointer")
    await until(lambda: "From elsewhere" in texts(bot, new), "the card")


async def test_a_member_is_removed_after_a_question_that_names_them(bot: Bot) -> None:
    evo_id, _ = await linked(bot)
    await bot.slack.slash(ANNA, CHANNEL, "/session", 'kick in:"From elsewhere"')
    (member,) = [block for block in bot.view()["blocks"] if block.get("block_id") == "r_member"]
    offered = {option["text"]["text"]: option["value"] for option in member["element"]["options"]}
    assert sorted(offered) == ["+1 202 •••• 0123", "Ana Ruiz (ana@example.com)", "Joe Park (joe@example.com)"]
    await bot.slack.fill(ANNA, {"r_member": offered["Joe Park (joe@example.com)"]})
    assert (await bot.slack.submit(ANNA)).outcome == "pushed"
    assert "Remove Joe Park (joe@example.com) from “From elsewhere”?" in said(bot.view())
    assert (await bot.slack.submit(ANNA)).outcome == "cleared"
    await until(lambda: bot.evo.journal(operation="DeleteChatMember"), "the removal")
    (session,) = [one for one in bot.evo.sessions() if one.id == evo_id]
    await until(lambda: "joe@example.com" not in str(session.members), "Joe has gone")


async def test_a_session_moves_to_another_channel_by_a_form(bot: Bot) -> None:
    _, root = await linked(bot)
    await bot.slack.slash(ANNA, CHANNEL, "/session", 'move "From elsewhere"')
    await bot.slack.fill(ANNA, {"m_channel": RANDOM})
    refused = await bot.slack.submit(ANNA)
    assert refused.errors == {"m_channel": NOT_IN_CHANNEL}
    await bot.slack.join(BOT_USER, RANDOM)
    await bot.slack.fill(ANNA, {"m_channel": RANDOM})
    assert await bot.slack.submit(ANNA) == CLOSED
    await until(lambda: "another channel" in texts(bot, root), "the pointer")
    await until(lambda: "From elsewhere" in str(bot.slack.messages(RANDOM)), "the card there")


async def test_an_edit_after_sending_can_be_sent_as_a_correction(bot: Bot) -> None:
    evo_id, root = await linked(bot)
    ts = await bot.slack.say(ANNA, CHANNEL, "Come at two", root)
    await until(lambda: "Come at two" in str(bot.evo.messages(evo_id)), "the reply")
    await until(lambda: "white_check_mark" in str(bot.slack.message(CHANNEL, ts)), "its sign")
    await bot.slack.edit(ANNA, CHANNEL, ts, "Come at *three*")
    await until(lambda: "first version" in str(bot.slack.ephemerals(ANNA)), "the offer")
    await bot.slack.click(ANNA, CHANNEL, bot.slack.ephemerals(ANNA)[-1]["ts"], "session_correct")
    assert bot.held() == {"c_text": "Come at three"}
    assert await bot.slack.submit(ANNA) == CLOSED
    await until(lambda: "Come at three" in str(bot.evo.messages(evo_id)), "the correction")
    await until(lambda: "Come at three" in texts(bot, root).replace("*", ""), "what everybody sees of it")


async def test_an_invitation_says_hello_after_it(bot: Bot) -> None:
    evo_id, root = await linked(bot)
    await bot.slack.shortcut_message(ANNA, "invite_to_session", CHANNEL, root)
    await bot.slack.fill(ANNA, {"i_people": f"{LEE}, (503) 555-0123", "i_greeting": "Welcome"})
    refused = await bot.slack.submit(ANNA)
    assert refused.errors == {"i_people": f"In this session already: {LEE}. Leave them out; nobody was invited yet."}
    await bot.slack.fill(ANNA, {"i_people": "(503) 555-0123"})
    assert (await bot.slack.submit(ANNA)).outcome == "pushed"
    assert (await bot.slack.submit(ANNA)).outcome == "cleared"
    await until(lambda: "Anna: Welcome" in str(bot.evo.messages(evo_id)), "the greeting")
    done = [entry.operation for entry in bot.evo.journal() if entry.operation in {"InviteChatMember", "SendMessage"}]
    assert done == ["InviteChatMember", "SendMessage"]


async def test_where_our_numbers_can_be_listed_one_is_chosen_and_stands_there_next_time(tmp_path: Path) -> None:
    async with running(tmp_path, OFFICE, evo_account_id=ACME, evobot_confirm_phones=False) as bot:
        _, root = await linked(bot)
        await bot.slack.shortcut_message(ANNA, "invite_to_session", CHANNEL, root)
        await bot.slack.fill(ANNA, {"i_people": "(503) 555-0123"})
        number = (await bot.slack.suggest(ANNA, "i_callerid", "main"))[0]["value"]
        await bot.slack.fill(ANNA, {"i_callerid": number})
        assert await bot.slack.submit(ANNA) == CLOSED
        await until(lambda: bot.evo.journal(operation="InviteChatMember"), "the invitation")
        (sent,) = bot.evo.journal(operation="InviteChatMember")
        assert json.loads(sent.body) == {"memberToAdd": "+15035550123", "callerId": number}
        await bot.slack.shortcut_message(ANNA, "invite_to_session", CHANNEL, root)
        assert bot.held()["i_callerid"] == number
