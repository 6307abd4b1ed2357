"""Sessions that are opened at once by what somebody types, through the wire: the bot between both stand-ins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.evo.seeds import ACME, ANA, BAKERY, SUPPORT
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, CARLA, GUEST, PRIVATE, RANDOM, SECRET
from sandbox.slack.seeds import SUPPORT as CHANNEL
from sandbox.slack.text import Raw
from tests.handlers.wired import OFFICE, Bot, running, said
from tests.helpers import until

MAIN = "+12025550100"
USUAL = {"displayName": "Boiler", "channel": "Chat", "fromName": "Anna (Slack)"}
JOE = {"memberEmailAddresses": ["joe@example.com"]}
CALL = {"displayName": "Boiler", "channel": "Voice", "fromName": "Anna (Slack)", "startSession": True}
EVERYTHING = (
    "chat Boiler member:joe@example.com customer:c1 direction:in state:hold fromaddr:ana@example.com "
    'toaddr:503 555 0124 dest:503 555 0125 fromname:"Ana of Acme" parent:65f1c0ffee0000000000abcd'
)
TO = {"toAddress": "+15035550123", "destination": "+15035550123"}


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    async with running(tmp_path) as made:
        yield made


@pytest.fixture(params=["http", "socket"])
async def either(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    """In both modes."""
    async with running(tmp_path, socket=request.param == "socket") as made:
        yield made


@pytest.fixture
async def trusting(tmp_path: Path) -> AsyncIterator[Bot]:
    """A house that does not ask before it uses a number."""
    async with running(tmp_path, evobot_confirm_phones=False) as made:
        yield made


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Bot]:
    """A login that may list numbers and customers, too."""
    async with running(tmp_path, OFFICE, evo_account_id=ACME, evobot_confirm_phones=False) as made:
        yield made


async def typed(bot: Bot, text: str, user: str = ANNA, channel: str = CHANNEL) -> str:
    """What somebody is told who types /session and this."""
    before = len(bot.slack.ephemerals(user))
    await bot.slack.slash(user, channel, "/session", Raw(text))
    return "\n".join(str(told["text"]) for told in bot.slack.ephemerals(user)[before:])


async def mentioned(bot: Bot, text: str, thread: str | None = None, user: str = ANNA, channel: str = CHANNEL) -> str:
    """The time stamp of a message that mentions the bot."""
    return await bot.slack.say(user, channel, Raw(f"<@{BOT_USER}> {text}"), thread)


def cards(bot: Bot, channel: str = CHANNEL, thread: str | None = None) -> list[str]:
    """The texts of the cards that stand by themselves in a channel, or in a thread."""
    found = [one for one in bot.slack.messages(channel, thread) if thread or one.get("thread_ts") in {None, one["ts"]}]
    return [one["text"] for one in found if one.get("user") == BOT_USER and " session " in one["text"][:20]]


def nothing_left(bot: Bot) -> bool:
    return bot.evo.journal(operation="NewSession") == [] and cards(bot) == []


# By /session


async def test_a_complete_command_is_carried_out_at_once(either: Bot) -> None:
    assert await typed(either, "chat Boiler member:joe@example.com") == ""
    assert await either.sent() == USUAL | JOE
    assert either.slack.view(ANNA) is None
    await until(lambda: cards(either), "the card")
    assert len(cards(either)) == 1


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (f"chat Boiler with:team:{SUPPORT}", USUAL | {"withAddress": f"team:{SUPPORT}"}),
        (f"chat Boiler with:USER:{ANA}", USUAL | {"withAddress": f"user:{ANA}"}),
        (f"chat Boiler member:<@{BEN}>,joe@example.com",
         USUAL | {"memberEmailAddresses": ["ben@workshop.example", "joe@example.com"]}),
        ("chat Boiler to:(503) 555-0123", USUAL | TO),
        ("chat Boiler member:joe@example.com from:503 555 0100", USUAL | JOE | {"fromPhoneNumber": "+15035550100"}),
        ("chat Boiler member:joe@example.com callerid:503 555 0100", USUAL | JOE | {"fromPhoneNumber": "+15035550100"}),
        ("chat Boiler member:joe@example.com start:yes", USUAL | JOE | {"startSession": True}),
        (EVERYTHING,
         USUAL | JOE | {"customerId": "c1", "direction": "Incoming", "callState": "Hold",
                        "fromAddress": "ana@example.com", "toAddress": "+15035550124", "destination": "+15035550125",
                        "fromName": "Ana of Acme", "parentSessionId": "65f1c0ffee0000000000abcd"}),
        ("voice Boiler to:503 555 0123", CALL | TO),
        ("voice Boiler to:503 555 0123 start:no", CALL | TO | {"startSession": False}),
        ("fax Boiler to:503 555 0123", {"displayName": "Boiler", "channel": "Fax", "fromName": "Anna (Slack)"} | TO),
    ],
)  # fmt: skip
async def test_every_option_reaches_evo_voice(trusting: Bot, text: str, body: dict[str, Any]) -> None:
    assert await typed(trusting, text) == ""
    assert await trusting.sent() == body


async def test_the_first_message_follows(bot: Bot) -> None:
    await typed(bot, 'chat Boiler member:joe@example.com message:"Hi, this is Acme"')
    await until(lambda: bot.evo.effects(kind="sent"), "the message")
    assert [effect.detail["body"] for effect in bot.evo.effects(kind="sent")] == ["Anna: Hi, this is Acme"]


async def test_what_replies_are_is_settled_by_the_command(bot: Bot) -> None:
    await typed(bot, "chat Boiler member:joe@example.com mode:notes")
    (root,) = await until(lambda: [one for one in bot.slack.messages(CHANNEL) if one["user"] == BOT_USER], "the card")
    ts = await bot.slack.say(BEN, CHANNEL, "only for us", root["ts"])
    await until(lambda: "lock" in str(bot.slack.message(CHANNEL, ts)), "the mark of a note")
    assert bot.evo.effects(kind="sent") == []


@pytest.mark.parametrize(
    ("text", "field", "why"),
    [
        ("chat Boiler with:team:gone", "f_with", "no longer in Evo Voice"),
        ("chat Boiler with:user:+15035550123", "f_with", "user:ID or team:ID"),
        (f"chat Boiler member:<@{CARLA}>", "f_slackmembers", "No e-mail is visible for Carla"),
        ("chat Boiler member:@nobody", "f_members", "“@nobody”"),
        ("chat Boiler member:user:17", "f_members", "“user:17”"),
        ("chat Boiler member:+33 6 12 34 56 78", "f_members", "France"),
        ("voice Boiler to:+33 6 12 34 56 78", "f_to", "France"),
        ("chat Boiler member:joe@example.com dest:+33612345678", "f_dest", "France"),
        ('chat Boiler member:joe@example.com parent:"No such one"', "f_parent", "was not found"),
        ('chat Boiler member:joe@example.com customer:"Lee &amp; Sons"', "f_customer", "not the id of a customer"),
        (f"chat Boiler member:joe@example.com card:<#{RANDOM}>", "f_where", "I am not in that channel"),
        (f"chat Boiler member:joe@example.com card:<#{SECRET}>", "f_where", "cannot see that channel"),
        ("chat Boiler member:joe@example.com card:#sales", "f_where", "which channel “#sales” is"),
        ("chat Boiler", "f_with", None),
    ],
)  # fmt: skip
async def test_what_is_wrong_stands_in_the_form_and_nothing_leaves(
    trusting: Bot, text: str, field: str, why: str | None
) -> None:
    assert await typed(trusting, text) == ""
    blocks = trusting.view()["blocks"]
    place = next(index for index, block in enumerate(blocks) if block.get("block_id") == field)
    below = blocks[place + 1]
    assert (why or "") in str(below)
    assert (below["type"] == "context") is (why is not None)
    assert trusting.held()["f_name"] == "Boiler"
    assert nothing_left(trusting)


async def test_a_channel_that_somebody_cannot_see_is_not_even_put_into_the_form(bot: Bot) -> None:
    await bot.slack.slash(CARLA, RANDOM, "/session", Raw(f"chat Boiler member:joe@example.com card:<#{PRIVATE}>"))
    assert "cannot see that channel" in said(bot.view(CARLA))
    assert PRIVATE not in str(bot.view(CARLA)["state"])


async def test_where_the_bot_is_not_the_form_says_so(bot: Bot) -> None:
    await typed(bot, "chat Boiler member:joe@example.com", channel=RANDOM)
    assert "I am not in that channel" in said(bot.view())
    assert nothing_left(bot)


async def test_a_guest_is_told_why_not(bot: Bot) -> None:
    told = await typed(bot, "chat Boiler member:joe@example.com", GUEST)
    assert told.startswith("Guests of this workspace may not use sessions.")
    assert nothing_left(bot)


async def test_numbers_and_customers_are_found_where_they_can_be_listed(office: Bot) -> None:
    text = f'chat Boiler member:joe@example.com from:{MAIN} to:503 555 0123 customer:"bakery lane"'
    assert await typed(office, text) == ""
    assert await office.sent() == USUAL | JOE | TO | {"fromPhoneNumber": MAIN, "customerId": BAKERY}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("from:+15035550100", "You may not use this number. Pick another."),
        ("to:5035550123", "Choose the number that the other side will see."),
        ("customer:nobody", "This customer is not visible to you."),
        ("customer:a", "customers are called that"),
    ],
)
async def test_what_cannot_be_chosen_is_not_taken(office: Bot, text: str, why: str) -> None:
    await typed(office, f"chat Boiler member:joe@example.com {text}")
    assert why in said(office.view())
    assert nothing_left(office)


async def test_a_parent_is_named_as_anywhere(bot: Bot) -> None:
    await typed(bot, "chat Before member:joe@example.com")
    (before,) = await until(lambda: cards(bot) and bot.evo.sessions(), "the card and the session")
    await until(lambda: "Creating" not in cards(bot)[0], "the card to know its session")
    await typed(bot, "chat Boiler member:joe@example.com parent:last")
    await until(lambda: len(bot.evo.sessions()) == 2, "the second")
    assert bot.evo.sessions()[1].hidden["parentSessionId"] == before.id


# Numbers are asked about


async def test_a_number_is_shown_before_anything_leaves_and_then_it_goes_on(either: Bot) -> None:
    assert await typed(either, "chat Boiler member:joe@example.com,(503) 555-0123") == ""
    view = either.view()
    assert (view["callback_id"], view["close"]["text"]) == ("session_confirm", "Cancel")
    assert "+15035550123 (United States, a mobile phone or a fixed line)" in said(view)
    assert nothing_left(either)
    assert (await either.submit()).outcome == "cleared"
    assert await either.sent() == USUAL | JOE
    await until(lambda: either.evo.effects(kind="invited"), "the invitation")


async def test_whoever_closes_the_question_has_done_nothing(bot: Bot) -> None:
    await typed(bot, "voice Boiler to:(503) 555-0123")
    await bot.slack.close(ANNA)
    assert nothing_left(bot)


async def test_a_message_cannot_ask_so_its_button_does(bot: Bot) -> None:
    await mentioned(bot, "voice Boiler to:(503) 555-0123")
    (told,) = await until(lambda: bot.slack.ephemerals(ANNA), "the button")
    assert "Nothing was sent yet" in told["text"]
    assert nothing_left(bot)
    await bot.slack.click(ANNA, CHANNEL, told["ts"], "order_form")
    assert "+15035550123 (United States, a mobile phone or a fixed line)" in said(bot.view())
    assert (await bot.submit()).outcome == "cleared"
    assert (await bot.sent())["displayName"] == "Boiler"


# Only shown


async def test_a_dry_one_says_what_would_be_sent_and_sends_nothing(bot: Bot) -> None:
    text = (
        f"chat Boiler with:team:{SUPPORT} member:<@{BEN}>,(503) 555-0123 from:503 555 0100 mode:mention dry:yes "
        f'message:"Hi – it leaks" customer:c1'
    )
    told = await typed(bot, text)
    for words in (
        "Nothing was sent, and nothing was stored.", "`displayName`: Boiler", f"`withAddress`: team:{SUPPORT}",
        "`memberEmailAddresses`: ben@workshop.example", "`fromPhoneNumber`: +15035550100", "`customerId`: c1",
        "`fromName`: Anna (Slack)", "+15035550123 (United States), the text comes from +15035550100",
        "Anna: Hi – it leaks", "1 text part", f"The card would stand in <#{CHANNEL}>.", "mention of me",
        "Before anything leaves, you would be shown these numbers: +15035550123 (United States).",
    ):  # fmt: skip
        assert words in told
    assert bot.slack.view(ANNA) is None
    assert nothing_left(bot)


@pytest.mark.parametrize("text", ["chat Boiler dry:yes", "voice Boiler to:+33612345678 dry:yes"])
async def test_a_dry_one_that_is_wrong_says_what_is_wrong(bot: Bot, text: str) -> None:
    told = await typed(bot, text)
    assert told.startswith("• ")
    assert told.endswith("Nothing was sent.")
    assert bot.slack.view(ANNA) is None


# By mention


async def test_a_mention_in_a_channel_has_its_card_in_the_channel(either: Bot) -> None:
    await mentioned(either, "chat Boiler member:joe@example.com")
    await until(lambda: cards(either) and either.evo.sessions(), "the card and the session")
    assert len(either.evo.sessions()) == 1
    assert either.slack.ephemerals(ANNA) == []


async def test_a_mention_in_a_free_thread_has_its_card_there_and_replies_reach_it(either: Bot) -> None:
    root = await either.slack.say(BEN, CHANNEL, "It leaks")
    await mentioned(either, "chat Boiler member:joe@example.com", root)
    await until(lambda: cards(either, thread=root), "the card in the thread")
    await either.slack.say(BEN, CHANNEL, "Hello", root)
    await until(lambda: either.evo.effects(kind="sent"), "the reply")
    assert (len(either.evo.sessions()), cards(either)) == (1, [])


async def test_in_a_thread_that_shows_a_session_the_card_goes_to_the_channel_unless_it_is_wanted_here(bot: Bot) -> None:
    root = await bot.slack.say(BEN, CHANNEL, "It leaks")
    await mentioned(bot, "chat First member:joe@example.com", root)
    await until(lambda: len(cards(bot, thread=root)) == 1, "the first card")
    await mentioned(bot, "chat Second member:joe@example.com", root)
    await until(lambda: len(cards(bot)) == 1, "the second card")
    await mentioned(bot, "chat Third member:joe@example.com card:here", root)
    await until(lambda: len(cards(bot, thread=root)) == 2, "the third card")
    await bot.slack.say(BEN, CHANNEL, "Hello", root)
    await until(lambda: bot.evo.effects(kind="sent"), "the reply")
    third = next(one.id for one in bot.evo.sessions() if one.info["displayName"] == "Third")
    assert bot.evo.effects(kind="sent")[0].session_id == third


async def test_an_incomplete_mention_leads_to_a_form_for_its_thread(bot: Bot) -> None:
    root = await bot.slack.say(BEN, CHANNEL, "It leaks")
    await mentioned(bot, "chat Boiler", root)
    (told,) = await until(lambda: bot.slack.ephemerals(ANNA), "the button")
    await bot.slack.click(ANNA, CHANNEL, told["ts"], "order_form")
    assert "The card stands in this thread" in said(bot.view())
    await bot.fill(f_members="joe@example.com")
    assert (await bot.submit()).outcome == "closed"
    await until(lambda: cards(bot, thread=root), "the card in the thread")


async def test_a_guest_gets_no_button(bot: Bot) -> None:
    await mentioned(bot, "chat Boiler", user=GUEST)
    (told,) = await until(lambda: bot.slack.ephemerals(GUEST), "the answer")
    assert (told["text"][:6], told.get("blocks") or []) == ("Guests", [])
