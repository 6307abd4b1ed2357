from __future__ import annotations

import pytest

from bot.model import Phone, SessionType
from bot.views.confirm import Asked, Draft, modal_for, pack, unpack
from sandbox.slack.blocks import check_view
from tests.bot.views.samples import PHONE, texts

DRAFT = Draft("V1", Asked.NEW)


def test_numbers_country_cost_and_who_will_see_are_all_there() -> None:
    view = modal_for(DRAFT, [PHONE, Phone("+442079460000", "GB")], SessionType.CHAT)
    assert check_view(view) == []
    assert [text for _, text in texts(view["blocks"])] == [
        "Please check before anything is sent:",
        "• +15035550123 (United States)\n• +442079460000 (United Kingdom)",
        "Each number gets a text message from your Evo Voice account. This may cost money.",
        "They will see what is written in the session from now on, and everybody in it sees them.",
    ]
    assert (view["callback_id"], view["submit"]["text"], view["close"]["text"]) == (
        "session_confirm",
        "Confirm",
        "Back",
    )


def test_the_parts_of_the_first_message_stand_beside_the_cost() -> None:
    view = modal_for(DRAFT, [PHONE], SessionType.CHAT, "The first message goes to each number as 2 text parts.")
    assert check_view(view) == []
    assert [text for _, text in texts(view["blocks"])][2:4] == [
        "Each number gets a text message from your Evo Voice account. This may cost money.",
        "The first message goes to each number as 2 text parts.",
    ]


@pytest.mark.parametrize("type_", SessionType)
def test_no_number_is_left_out_however_many_there_are(type_: SessionType) -> None:
    phones = [Phone(f"+1503555{n:04d}", "US") for n in range(1000)]
    view = modal_for(DRAFT, phones, type_)
    assert check_view(view) == []
    shown = "\n".join(text for _, text in texts(view["blocks"]))
    assert all(phone.e164 in shown for phone in phones)


@pytest.mark.parametrize("kind", Asked)
def test_the_draft_is_found_again(kind: Asked) -> None:
    assert unpack(pack(Draft("V1", kind))) == Draft("V1", kind)


@pytest.mark.parametrize("metadata", ["", "{}", "[]", "null", '{"draft": "V1"}', '{"draft": "V1", "kind": "x"}', "1"])
def test_rubbish_is_no_draft(metadata: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(metadata)
