from __future__ import annotations

from typing import Any

import pytest

from bot import texts
from bot.grammar import Incomplete, New, help_text, parse
from bot.model import SessionType
from bot.views import new_session
from bot.views.new_session import Entry, Shape, Typed
from handlers.orders import KNOWN
from tests.handlers.world import World, body, command

BOT = "<@UBOT>"
TOO_LONG = "That is too long: more than 40 words. Put names and messages in quotes."
CHAT, VOICE, FAX = SessionType


def private(text: str) -> dict[str, str]:
    return {"text": text, "response_type": "ephemeral"}


def typed(type_: SessionType, *, more: bool = False, said: dict[str, str] | None = None, **held: Any) -> Typed:
    return Typed(type_, held, more, said or {})


def read(text: str) -> Typed:
    """The form that begins with what was typed."""
    match parse(text, region="US", in_thread=False):
        case New() as new:
            return new_session.typed(new)
        case Incomplete(New() as new, problems):
            return new_session.typed(new, problems)
    raise AssertionError(f"{text} opens no session")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", typed(CHAT)),
        ("  ", typed(CHAT)),
        ("new", typed(CHAT)),
        ("new Broken boiler", typed(CHAT, f_name="Broken boiler")),
        ("new fax Papers", typed(FAX, f_name="Papers")),
        ("NEW Voice", typed(VOICE)),
        ("chat Mrs Lee &amp; Sons :wave:", typed(CHAT, f_name="Mrs Lee & Sons 👋")),
        ("call Callback", typed(VOICE, f_name="Callback")),
        ('sms "Broken boiler" message:"Hi, this is Acme"',
         typed(CHAT, f_name="Broken boiler", f_message="Hi, this is Acme")),
        ("chat Boiler member:<@U9|ana>,joe@example.com,(503) 555-0123",
         typed(CHAT, f_name="Boiler", f_slackmembers=["U9"], f_members="joe@example.com\n+15035550123")),
        ("chat Boiler with:team:support", typed(CHAT, f_name="Boiler", f_with="team:support")),
        ("chat Boiler card:<#C0SALES001|sales>", typed(CHAT, f_name="Boiler", f_where="C0SALES001")),
        ("voice Lee to:(503) 555-0123 from:+1 503 555 0100 start:no",
         typed(VOICE, f_name="Lee", f_to="+15035550123", f_from="+15035550100", f_start=[])),
        ("chat Lee start:yes", typed(CHAT, more=True, f_name="Lee", f_start_others=["run"])),
        ("fax Lee customer:c1 direction:in state:ringing toaddr:a@example.com dest:503 555 0199",
         typed(FAX, more=True, f_name="Lee", f_customer="c1", f_direction=["Incoming"], f_state=["Ringing"],
               f_toaddr="a@example.com", f_dest="+15035550199")),
    ],
)  # fmt: skip
def test_the_words_after_session_stand_in_the_form(text: str, form: Typed) -> None:
    assert read(text) == form


def test_what_cannot_be_read_stands_in_its_field_with_what_is_wrong_under_it() -> None:
    form = read("voice Lee to:555-01")
    assert (form.held["f_to"], list(form.said)) == ("555-01", ["f_to"])
    assert "“555-01” is not a complete phone number" in form.said["f_to"]
    form = read("chat Lee member:ana@example")
    assert (form.held["f_members"], list(form.said)) == ("ana@example", ["f_members"])


def test_what_is_only_missing_is_not_held_against_anybody() -> None:
    assert read("chat Boiler") == typed(CHAT, f_name="Boiler")


@pytest.mark.parametrize(
    ("text", "more", "place", "words"),
    [
        ("voice Lee member:joe@example.com message:Hello", False, "f_channel", "“Other people”, “First message”"),
        ("chat Lee card:#sales", False, "f_where", "which channel “#sales” is"),
        ("voice Lee mode:relay", False, "f_channel", "a call takes no text"),
        ("chat Lee direction:sideways", True, "f_direction", "“sideways” is not one of"),
        ("chat Lee start:maybe", False, "", "“maybe” is not one of"),
        ("chat Lee callerid:+15035550100 from:+15035550111", False, "f_from", "+15035550100 was left out"),
    ],
)
def test_nothing_that_was_typed_is_passed_over_in_silence(text: str, more: bool, place: str, words: str) -> None:
    """Not while the form is a skeleton either: what belongs to a field that is not there yet stands on top."""
    form = read(text)
    assert (form.more, list(form.said)) == (more, [place])
    for entry in Entry:
        view = new_session.draw(Shape(form.type, form.more, entry, entry), form.held, said=form.said)
        assert words in str([block for block in view["blocks"] if block["type"] == "context"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("help", help_text("", BOT, KNOWN)),
        ("HELP invite", help_text("invite", BOT, KNOWN)),
        ("--help", help_text("", BOT, KNOWN)),
        ("vioce Lee", "I do not know “vioce”. Did you mean `voice`? Nothing was done. See `/session help`."),
        ("xyzzy", "I do not know “xyzzy”. Nothing was done. See `/session help`."),
        ("&lt;!channel&gt; x", "I do not know “&lt;!channel&gt;”. Nothing was done. See `/session help`."),
        ("chat " + "x " * 50, f"{TOO_LONG} Nothing was done. See `/session help`."),
    ],
)  # fmt: skip
async def test_everything_else_is_answered(world: World, text: str, told: str) -> None:
    assert body(await world.send(command(text))) == private(told)


async def test_session_opens_the_form_with_what_was_typed(world: World) -> None:
    assert body(await world.send(command("voice Callback Lee"))) == {}
    form = new_session.form("C1", SessionType.VOICE, "Callback Lee", author="Ana")
    assert world.opened() == [form]


@pytest.mark.parametrize("there", ["directmessage", "mpdm-ana--joe-1"])
async def test_a_card_is_not_offered_between_two_people(world: World, there: str) -> None:
    await world.send(command(channel_name=there))
    assert world.opened()[0] == new_session.form(None, author="Ana")


async def test_words_are_answered_in_private(world: World) -> None:
    assert body(await world.send(command("xyzzy"))) == private(
        "I do not know “xyzzy”. Nothing was done. See `/session help`."
    )
    assert world.opened() == []


async def test_a_guest_is_refused_before_the_form(world: World) -> None:
    answer = body(await world.send(command(user_id="UGUEST")))
    assert answer == private("Guests of this workspace may not use sessions. Ask a full member to do it for you.")
    assert world.opened() == []


@pytest.mark.parametrize("trouble", ["fault", "silence"])
async def test_who_cannot_be_checked_yet_gets_the_form(world: World, trouble: str) -> None:
    if trouble == "fault":
        world.slack.faults["users.info"] = "internal_error"
    else:
        world.slack.silent.add("users.info")
    assert body(await world.send(command())) == {}
    assert len(world.opened()) == 1


@pytest.mark.parametrize("error", ["expired_trigger_id", "trigger_expired", "invalid_trigger_id"])
async def test_a_trigger_that_is_over_is_said_to_be_over(world: World, error: str) -> None:
    world.slack.faults["views.open"] = error
    assert body(await world.send(command())) == private("That took too long. Please type it again.")


async def test_a_slack_that_does_not_answer_takes_too_long(world: World) -> None:
    world.slack.silent.add("views.open")
    assert body(await world.send(command())) == private(texts.TOO_SLOW)


async def test_anything_else_has_a_reference(world: World) -> None:
    world.slack.faults["views.open"] = "view_too_large"
    answer: dict[str, Any] = body(await world.send(command()))
    assert answer["response_type"] == "ephemeral"
    assert answer["text"].startswith("Something broke on my side. Nothing else was affected. Give ref ")
