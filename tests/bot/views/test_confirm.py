from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import ChannelId, ItemKey, Phone, SessionType, UserId
from bot.views.confirm import Costly, Question, modal_for, pack, seen_in, unpack
from sandbox.slack.blocks import check_view
from tests.bot.views.samples import PHONE, texts

QUESTION = Question("token")
NUMBERS = """\
• +15035550123 (United States, a mobile phone or a fixed line)
• +442079460000 (United Kingdom, a fixed line)"""
WHOLE = Costly(
    [PHONE, Phone("+442079460000", "GB")],
    SessionType.CHAT,
    "Boiler *hot* <!channel>",
    words="Ana: Hi, this is <!here> Acme",
    parts="The first message goes to each number as 1 text part.",
    sender=Phone("+15035550100", "US"),
    places=[(ChannelId("C1"), "public")],
    account="your Evo Voice account (Acme)",
)


def said(costly: Costly) -> list[str]:
    view = modal_for(QUESTION, costly)
    assert check_view(view) == []
    return [text for _, text in texts(view["blocks"])]


def test_all_that_somebody_says_yes_to_is_there() -> None:
    assert said(WHOLE) == [
        "Please check before anything is sent:",
        NUMBERS,
        "Session: “Boiler <!date^00000000^{_}|*>hot<!date^00000000^{_}|*> &lt;!channel&gt;”",
        "Each number gets a text message from your Evo Voice account (Acme). This may cost money.",
        "It comes from +15035550100.",
        "These words of yours are sent:",
        "Ana: Hi, this is <!here> Acme",  # plain text: nothing in it is markup
        "The first message goes to each number as 1 text part.",
        "What comes back stands in a thread in <#C1> (everybody in this workspace can read it).",
        "They will see what is written in the session from now on, and everybody in it sees them.",
        "This question is good for 5 min, once, and only for you.",
    ]
    view = modal_for(QUESTION, WHOLE)
    assert [view[part]["text"] for part in ("submit", "close")] == ["Confirm", "Back"]
    assert (view["callback_id"], view["blocks"][6]["text"]["type"]) == ("session_confirm", "plain_text")


def test_a_second_person_sees_who_asks_and_whose_words_they_are() -> None:
    costly = replace(WHOLE, asker=UserId("U1"), thread=True)
    shown = said(costly)
    assert shown[0] == "<@U1> asks for this, and somebody else must say yes. Please check before anything is sent:"
    assert "These words are sent:" in shown
    assert "What comes back stands in this thread in <#C1> (everybody in this workspace can read it)." in shown
    assert modal_for(QUESTION, costly)["submit"]["text"] == "Approve"


def test_who_is_only_the_first_of_two_is_told_so() -> None:
    assert "After that a colleague must approve it. Nothing is sent before." in said(replace(WHOLE, second=True))


def test_words_that_nobody_has_written_are_not_promised() -> None:
    bare = replace(WHOLE, words="", parts="", sender=None)
    assert "No words of yours are sent with it: Evo Voice writes the invitation." in said(bare)
    assert "No words are sent." in said(replace(bare, type=SessionType.VOICE))


def test_long_words_stand_there_whole() -> None:
    words = "".join(f"{n:05} " for n in range(1300))
    assert "".join(said(replace(WHOLE, words=words))).count("01299") == 1


@pytest.mark.parametrize(
    ("kind", "eyes"),
    [
        ("public", "everybody in this workspace can read it"),
        ("private", "only its members can read it"),
        ("shared", "people of another organization read it, too"),
        (None, "I cannot tell who reads it"),
    ],
)
def test_who_in_slack_will_see_it_is_said(kind: str | None, eyes: str) -> None:
    assert seen_in([(ChannelId("C1"), kind)], thread=False) == f"What comes back stands in a thread in <#C1> ({eyes})."


def test_of_many_channels_the_first_are_named() -> None:
    places = [(ChannelId(f"C{n}"), None) for n in range(5)]
    assert seen_in(places, thread=True).endswith(" and in <#C2> (I cannot tell who reads it) and in 2 more channels.")


@pytest.mark.parametrize("type_", SessionType)
def test_no_number_is_left_out_however_many_there_are(type_: SessionType) -> None:
    phones = [Phone(f"+1784430{n:04d}", "VC") for n in range(1000)]  # of the country with the longest name
    shown = "\n".join(said(replace(WHOLE, phones=phones, type=type_)))
    assert all(phone.e164 in shown for phone in phones)


@pytest.mark.parametrize("question", [Question("token"), Question(item=ItemKey(7), mark="abc")])
def test_the_question_is_found_again(question: Question) -> None:
    assert unpack(pack(question)) == question


@pytest.mark.parametrize(
    "metadata", ["", "{}", "[]", "null", '{"item": 1}', '{"item": "x", "mark": ""}', '{"item": null, "mark": ""}', "1"]
)
def test_rubbish_is_no_question(metadata: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(metadata)
