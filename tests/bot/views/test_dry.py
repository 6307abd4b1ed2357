"""What a session would send, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model import ChannelId, Email, Mode, NewSessionRequest, Phone, SessionType, TeamId, ThreadKey, Ts
from bot.views import Message
from bot.views.new_session.dry import would_send
from tests.bot.views.samples import assert_good
from tests.faultlab.corpus import LIES, MARKUP, PAYLOADS, SIGNS

HERE = ChannelId("C1")
THREAD = ThreadKey(TeamId("T1"), HERE, Ts("1700000000.000100"))
LEE, OWN = Phone("+15035550123", "US"), Phone("+15035550100", "US")
CHAT = NewSessionRequest(SessionType.CHAT, "Boiler", emails=(Email("joe@example.com"),))
SENT: dict[str, Any] = {"channel": "Chat", "displayName": "Boiler", "memberEmailAddresses": ["a@x.com", "b@x.com"]}


def lines(message: Message) -> list[str]:
    return [block["text"]["text"] for block in message.blocks]


def test_each_thing_that_would_leave_is_named_in_its_order() -> None:
    request = replace(CHAT, phones=(LEE,), from_number=OWN, first_message="Hi – it’s me", mode=Mode.MENTION)
    said = would_send(SENT | {"startSession": True}, request, "Ana", HERE, (LEE,))
    assert_good(said)
    assert lines(said) == [
        "*This is what would be sent.* Nothing was sent, and nothing was stored.",
        (
            "*The session* (`NewSession`)\n• `channel`: Chat\n• `displayName`: Boiler\n"
            "• `memberEmailAddresses`: a@x.com, b@x.com\n• `startSession`: yes"
        ),
        (
            "*Then an invitation each* (`InviteChatMember`)\n"
            "• +15035550123 (United States), the text comes from +15035550100"
        ),
        "*Then the first message* (`SendMessage`)\nAna: Hi – it’s me",
        "The first message goes to each number as 1 text part.",
        "Before anything leaves, you would be shown these numbers: +15035550123 (United States).",
        (
            "The card would stand in <#C1>. "
            "Replies in its thread would go to the session only when they begin with a mention of me."
        ),
    ]
    assert said.text == "\n".join(lines(said))


def test_what_would_not_happen_is_not_named() -> None:
    said = would_send(SENT, replace(CHAT, first_message="Hi"), "Ana", THREAD, ())
    assert [text.splitlines()[0] for text in lines(said)] == [
        "*This is what would be sent.* Nothing was sent, and nothing was stored.",
        "*The session* (`NewSession`)",
        "*Then the first message* (`SendMessage`)",
        "The card would stand in this thread. Replies in its thread would go to everybody in the session.",
    ]


def test_a_call_keeps_replies_in_slack() -> None:
    said = would_send(SENT, NewSessionRequest(SessionType.VOICE, "Call", to=LEE), "Ana", HERE, ())
    assert lines(said)[-1].endswith("Replies in its thread would stay in Slack.")


@pytest.mark.parametrize("text", [*MARKUP, *LIES, *PAYLOADS, *SIGNS, "&" * 1600, "<" * 120])
def test_whatever_is_typed_stays_words(text: str) -> None:
    request = replace(CHAT, name=text, first_message=text[:1600], phones=(LEE,))
    assert_good(would_send({"displayName": text, "memberEmailAddresses": [text] * 50}, request, text, HERE, [LEE] * 99))
