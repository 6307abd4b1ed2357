"""The New session form through the wire: the whole bot in this process, between both stand-ins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.evo.seeds import ACME, ANA, BAKERY, HARBOUR, HARBOUR_EAST, SUPPORT
from sandbox.slack.people.outcomes import Submitted
from sandbox.slack.seeds import ANNA, BEN, PRIVATE, RANDOM
from sandbox.slack.seeds import SUPPORT as CHANNEL
from tests.handlers.wired import LOADING, OFFICE, Bot, inputs, kinds, running, said
from tests.helpers import until

MAIN, HARBOUR_DESK = "+12025550100", "+12025550101"
AWAY = "Evo Voice does not answer just now"
NO_NAME = "Give the session a name (1–120 characters)."
ONE_PERSON = {"f_name": "Boiler", "f_with": f"team:{SUPPORT}"}


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    async with running(tmp_path) as made:
        yield made


@pytest.fixture
async def cold(tmp_path: Path) -> AsyncIterator[Bot]:
    """What was read at the start has not come yet; what is in doubt is soon looked for."""
    async with running(tmp_path, cold=True, evobot_settle_seconds=1) as made:
        yield made


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Bot]:
    """A login that may list numbers and customers, too."""
    async with running(tmp_path, OFFICE, evo_account_id=ACME) as made:
        yield made


# Opened at once, completed when the directory is known


async def test_the_form_opens_before_the_directory_has_answered_and_keeps_what_is_typed_meanwhile(cold: Bot) -> None:
    view = await cold.open("chat Boiler")
    assert (said(view).splitlines()[0], "f_from" in inputs(view)) == (LOADING, False)
    await cold.fill(f_members="joe@example.com")
    await until(lambda: AWAY in said(cold.view()), "the form without a directory")
    assert kinds(cold.view())["f_from"] == "plain_text_input"
    assert (cold.held()["f_name"], cold.held()["f_members"]) == ("Boiler", "joe@example.com")


@pytest.mark.parametrize("fault", ["down", "500", "429", "garbage", "slow"])
async def test_without_evo_voice_people_type_instead_and_it_is_kept_for_later(cold: Bot, fault: str) -> None:
    options: dict[str, Any] = {"seconds": 3} if fault == "slow" else {}
    cold.evo.fault(fault, "*", times=None, **options)
    await cold.completed("chat Boiler")
    assert AWAY in said(cold.view())
    assert await cold.offered("f_with", "ana") == []
    assert await cold.offered("f_with", f"user:{ANA}") == [f"user:{ANA}"]
    await cold.fill(f_with=f"user:{ANA}")
    assert (await cold.submit()).outcome == "closed"
    cold.evo.clear_faults()
    await until(cold.evo.sessions, "the session", seconds=60)
    assert [member["identity"] for member in cold.evo.sessions()[0].members] == ["bot@example.com", "ana@example.com"]


async def test_a_login_without_the_roles_is_never_asked_to_list(bot: Bot) -> None:
    view = await bot.completed()
    assert (kinds(view)["f_from"], AWAY in said(view)) == ("plain_text_input", False)
    await bot.more()
    assert kinds(bot.view())["f_customer"] == "plain_text_input"
    assert bot.evo.journal(operation="ListEndpoints") + bot.evo.journal(operation="ListCustomers") == []


async def test_once_the_directory_is_known_the_form_is_whole_at_once(bot: Bot) -> None:
    first = await bot.completed()
    bot.evo.fault("hang", "*", times=None, seconds=60)
    again = await bot.open()
    assert (inputs(again), said(again)) == (inputs(first), said(first))


async def test_a_form_that_was_closed_meanwhile_is_left_alone(cold: Bot) -> None:
    await cold.open("chat Boiler")
    await cold.fill(f_members="joe@example.com")
    assert (await cold.submit()).outcome == "closed"
    assert (await cold.sent())["displayName"] == "Boiler"
    await until(lambda: cold.slack.journal.calls("views.update"), "the attempt to complete it")
    assert cold.slack.view(ANNA) is None


async def test_a_form_that_changed_meanwhile_is_completed_as_it_is_now(cold: Bot) -> None:
    await cold.open("chat Boiler")
    await cold.fill(f_members="joe@example.com", f_channel="Voice")
    assert LOADING in said(cold.view())
    await until(lambda: LOADING not in said(cold.view()), "the form to be completed")
    assert (cold.held()["f_channel"], inputs(cold.view())) == (
        "Voice", ["f_channel", "f_name", "f_from", "f_to", "f_start", "f_where"],
    )  # fmt: skip
    await until(lambda: len(cold.slack.journal.calls("views.update")) == 3, "the completion of what was there before")
    refused = [call for call in cold.slack.journal.calls("views.update") if not call["answer"]["ok"]]
    assert [call["answer"]["error"] for call in refused] == ["hash_conflict"]
    await cold.fill(f_channel="Chat")
    assert cold.held()["f_members"] == "joe@example.com"


@pytest.mark.parametrize("fault", ["cut_before", "cut_after", "http_503", "ratelimited"])
async def test_a_completion_that_slack_did_not_take_is_repeated(bot: Bot, fault: str) -> None:
    bot.slack.faults.order("views.update", fault)
    assert "f_from" in inputs(await bot.completed())


# Lists


async def test_own_numbers_are_searched_by_name_and_digits_in_this_account_only(office: Bot) -> None:
    await office.completed("voice Callback")
    assert await office.offered("f_from") == [f"Acme main line {MAIN}", f"Harbour desk {HARBOUR_DESK}"]
    assert await office.offered("f_from", "harb") == [f"Harbour desk {HARBOUR_DESK}"]
    assert await office.offered("f_from", "0100") == [f"Acme main line {MAIN}"]
    assert await office.offered("f_from", "(503) 555-0100") == []


async def test_customers_are_searched_by_name_and_say_where_they_belong(office: Bot) -> None:
    await office.completed()
    await office.more()
    assert await office.offered("f_customer") == ["Harbour Offices", "East Wing (Harbour Offices)", "Bakery Lane"]
    assert await office.offered("f_customer", "wing harbour") == ["East Wing (Harbour Offices)"]
    assert await office.offered("f_customer", BAKERY) == ["Bakery Lane"]
    assert await office.offered("f_customer", "c1234567") == []


async def test_a_parent_is_found_by_name_among_the_sessions_one_can_see(bot: Bot) -> None:
    for name, where, user in (("Mine", CHANNEL, ANNA), ("Bens", CHANNEL, BEN), ("Elsewhere", PRIVATE, BEN)):
        await bot.slack.slash(user, where, "/session", f"chat {name}")
        await bot.slack.fill(user, {"f_members": "joe@example.com", "f_where": where})
        await bot.slack.submit(user)
    await until(lambda: len(bot.evo.sessions()) == 3, "three sessions")
    named = {session.info["displayName"]: session.id for session in bot.evo.sessions()}
    await bot.completed()
    await bot.more()
    assert sorted(await until(lambda: bot.offered("f_parent"), "sessions")) == ["Bens", "Mine"]
    assert await bot.offered("f_parent", "min") == ["Mine"]
    assert await bot.offered("f_parent", "elsewhere") == []
    assert await bot.offered("f_parent", named["Elsewhere"]) == [named["Elsewhere"]]
    await bot.fill(**ONE_PERSON, f_parent=named["Mine"])
    assert (await bot.submit()).outcome == "closed"
    await until(lambda: len(bot.evo.sessions()) == 4, "the fourth")
    assert bot.evo.sessions()[-1].hidden["parentSessionId"] == named["Mine"]


# What was typed stays


async def test_values_survive_every_change_of_type_and_of_options(office: Bot) -> None:
    await office.completed()
    await office.more()
    given = {
        "f_name": "Boiler 🎉", "f_with": f"user:{ANA}", "f_members": "joe@example.com\nmia@example.com", "f_to": "1",
        "f_from": MAIN, "f_message": "Hi\nthere", "f_customer": HARBOUR, "f_parent": "abc12345",
        "f_direction": "Incoming", "f_state": "Hold", "f_fromaddr": "a", "f_fromname": "Ana", "f_toaddr": "b",
        "f_dest": "c", "f_where": RANDOM, "f_slackmembers": [BEN], "f_start": ["run"],
    }  # fmt: skip
    await office.fill(**given)
    before = office.held()
    for step in ("Voice", "less", "Fax", "Chat", "more", "Fax", "Voice", "Chat"):
        if step in ("less", "more"):
            await office.slack.press(ANNA, "f_advanced")
        else:
            await office.fill(f_channel=step)
    assert office.held() == before


async def test_of_two_changes_that_overlap_the_later_one_counts(bot: Bot) -> None:
    """Both payloads name the same version of the form, so that Slack refuses the one that comes second."""
    await bot.completed()
    await asyncio.gather(bot.fill(f_channel="Voice"), bot.fill(f_channel="Fax"))
    assert inputs(bot.view()) == ["f_channel", "f_name", "f_from", "f_to", "f_where"]


async def test_while_slack_does_not_change_the_form_nothing_in_it_is_ignored(bot: Bot) -> None:
    await bot.completed("chat Boiler")
    await bot.fill(f_members="joe@example.com", f_to="5035550123")
    bot.slack.faults.order("views.update", "http_503", times=-1)
    await bot.fill(f_channel="Voice")
    assert await bot.submit() == Submitted(
        "errors", {"f_members": "This belongs to a chat only. Clear it, or choose Chat as the session type."}
    )


# What is wrong


@pytest.mark.parametrize(
    ("type_", "given", "wrong"),
    [
        ("chat", {}, {"f_with": "Choose whom the chat starts with, or name at least one person below."}),
        ("chat", {"f_name": " ", "f_members": "joe@example.com"}, {"f_name": NO_NAME}),
        ("voice", {"f_to": " "}, {"f_to": "Give the number to call."}),
        ("fax", {"f_to": " "}, {"f_to": "Give the number to fax to."}),
        ("voice", {"f_name": " ", "f_to": "5035550123"}, {"f_name": NO_NAME}),
    ],
)  # fmt: skip
async def test_what_is_missing_is_said_under_its_field_and_nothing_is_sent(
    bot: Bot, type_: str, given: dict[str, str], wrong: dict[str, str]
) -> None:
    await bot.completed(f"{type_} Boiler")
    await bot.fill(**given)
    assert await bot.submit() == Submitted("errors", wrong)
    assert bot.evo.journal(operation="NewSession") == []


async def test_a_choice_that_is_gone_is_said_to_be_gone(office: Bot) -> None:
    await office.completed("voice Callback")
    await office.fill(f_to="5035550123")
    assert await office.submit() == Submitted("errors", {"f_from": "Choose the number that the other side will see."})


# Everything reaches Evo Voice

USUAL = {"displayName": "Boiler", "channel": "Chat", "fromName": "Anna (Slack)"}
WITH_SUPPORT = {"withAddress": f"team:{SUPPORT}"}
CALL = {"displayName": "Boiler", "channel": "Voice", "fromName": "Anna (Slack)"}
TO = {"toAddress": "+15035550123", "destination": "+15035550123"}


@pytest.mark.parametrize(
    ("type_", "given", "body"),
    [
        ("chat", {"f_members": "joe@example.com"}, USUAL | {"memberEmailAddresses": ["joe@example.com"]}),
        ("chat", ONE_PERSON, USUAL | WITH_SUPPORT),
        ("chat", ONE_PERSON | {"f_with": f"user:{ANA}"}, USUAL | {"withAddress": f"user:{ANA}"}),
        ("chat", ONE_PERSON | {"f_slackmembers": [BEN]},
         USUAL | WITH_SUPPORT | {"memberEmailAddresses": ["ben@workshop.example"]}),
        ("chat", ONE_PERSON | {"f_to": "(503) 555-0123"}, USUAL | WITH_SUPPORT | TO),
        ("chat", ONE_PERSON | {"f_from": "503 555 0100"}, USUAL | WITH_SUPPORT | {"fromPhoneNumber": "+15035550100"}),
        ("chat", ONE_PERSON | {"f_message": "Hi"}, USUAL | WITH_SUPPORT),
        ("voice", {"f_to": "(503) 555-0123"}, CALL | TO | {"startSession": True}),
        ("voice", {"f_to": "(503) 555-0123", "f_start": []}, CALL | TO | {"startSession": False}),
        ("voice", {"f_to": "(503) 555-0123", "f_from": "503 555 0100"},
         CALL | TO | {"startSession": True, "fromPhoneNumber": "+15035550100"}),
        ("fax", {"f_to": "(503) 555-0123"}, CALL | TO | {"channel": "Fax"}),
    ],
)  # fmt: skip
async def test_what_stands_in_the_form_is_what_is_sent(
    bot: Bot, type_: str, given: dict[str, Any], body: dict[str, Any]
) -> None:
    await bot.completed(f"{type_} Boiler")
    await bot.fill(**given)
    await _through(bot)
    assert await bot.sent() == body


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ({}, {}),
        ({"f_start": ["run"]}, {"startSession": True}),
        ({"f_customer": HARBOUR_EAST}, {"customerId": HARBOUR_EAST}),
        ({"f_parent": "65f1c0ffee0000000000abcd"}, {"parentSessionId": "65f1c0ffee0000000000abcd"}),
        ({"f_direction": "Incoming"}, {"direction": "Incoming"}),
        ({"f_direction": "Outgoing"}, {"direction": "Outgoing"}),
        ({"f_direction": "leave"}, {}),
        *[({"f_state": s}, {"callState": s}) for s in ("Ringing", "Connected", "Hold", "Passive", "Disconnected")],
        ({"f_state": "leave"}, {}),
        ({"f_fromaddr": "ana@example.com"}, {"fromAddress": "ana@example.com"}),
        ({"f_fromaddr": "503 555 0100"}, {"fromAddress": "+15035550100"}),
        ({"f_fromname": "Ana of Acme"}, {"fromName": "Ana of Acme"}),
        ({"f_fromname": ""}, {}),
        ({"f_toaddr": "joe@example.com"}, {"toAddress": "joe@example.com"}),
        ({"f_dest": "503 555 0124"}, {"destination": "+15035550124"}),
        ({"f_to": "503 555 0123", "f_toaddr": "503 555 0124"}, TO | {"toAddress": "+15035550124"}),
        ({"f_to": "503 555 0123", "f_dest": "503 555 0124"}, TO | {"destination": "+15035550124"}),
    ],
)
async def test_so_is_what_stands_under_more_options_each_by_itself(
    bot: Bot, given: dict[str, Any], body: dict[str, Any]
) -> None:
    await bot.completed("chat Boiler")
    await bot.more()
    await bot.fill(**ONE_PERSON, **given)
    await _through(bot)
    assert await bot.sent() == USUAL | WITH_SUPPORT | body


async def test_everything_at_once_is_every_field_of_the_api(office: Bot) -> None:
    await office.completed("chat Boiler")
    await office.more()
    await office.fill(
        f_with=f"team:{SUPPORT}", f_members="mia@example.com", f_from=MAIN, f_to="503 555 0123", f_start=["run"],
        f_customer=BAKERY, f_parent="65f1c0ffee0000000000abcd", f_direction="Outgoing", f_state="Hold",
        f_fromaddr="ana@example.com", f_fromname="Ana of Acme", f_toaddr="503 555 0124", f_dest="503 555 0125",
    )  # fmt: skip
    await _through(office)
    assert await office.sent() == {
        "displayName": "Boiler", "channel": "Chat", "direction": "Outgoing", "callState": "Hold",
        "fromAddress": "ana@example.com", "fromName": "Ana of Acme", "toAddress": "+15035550124",
        "parentSessionId": "65f1c0ffee0000000000abcd", "customerId": BAKERY, "withAddress": f"team:{SUPPORT}",
        "fromPhoneNumber": MAIN, "destination": "+15035550125", "memberEmailAddresses": ["mia@example.com"],
        "startSession": True,
    }  # fmt: skip


async def test_what_is_hidden_again_is_not_sent(bot: Bot) -> None:
    await bot.completed("chat Boiler")
    await bot.more()
    await bot.fill(**ONE_PERSON, f_dest="503 555 0124", f_direction="Incoming", f_start=["run"])
    await bot.more()
    assert (await bot.submit()).outcome == "closed"
    assert await bot.sent() == USUAL | WITH_SUPPORT


# Numbers are asked about


@pytest.mark.parametrize("block", ["f_to", "f_toaddr", "f_dest", "f_fromaddr", "f_members"])
async def test_a_number_is_confirmed_wherever_it_was_typed_and_nothing_leaves_before(bot: Bot, block: str) -> None:
    await bot.completed("chat Boiler")
    await bot.more()
    await bot.fill(**ONE_PERSON, **{block: "(503) 555-0123"})
    assert (await bot.submit()).outcome == "pushed"
    assert "+15035550123 (United States, a mobile phone or a fixed line)" in said(bot.view())
    assert bot.evo.journal(operation="NewSession") == []
    assert [(await bot.submit()).outcome, (await bot.sent())["displayName"]] == ["cleared", "Boiler"]


@pytest.mark.parametrize("block", ["f_to", "f_toaddr", "f_dest", "f_fromaddr"])
async def test_a_number_of_a_country_that_is_not_allowed_goes_nowhere(bot: Bot, block: str) -> None:
    await bot.completed("voice Boiler")
    await bot.more()
    await bot.fill(**{"f_to": "5035550123", block: "+33 6 12 34 56 78"})
    outcome = await bot.submit()
    assert (outcome.outcome, list(outcome.errors)) == ("errors", [block])
    assert bot.evo.journal(operation="NewSession") == []


async def _through(bot: Bot) -> None:
    """Created, confirmed where that is asked."""
    outcome = await bot.submit()
    if outcome.outcome == "pushed":
        outcome = await bot.submit()
    assert outcome.outcome in {"closed", "cleared"}, outcome
