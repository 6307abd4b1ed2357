"""Replies that were missed: one question about all of them, and its buttons' two sides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Answer, Item, ItemKey, Life, State
from bot.views.missed import LISTED, missed, unpack_missed
from tests.bot.views.samples import ITEM, SESSION, assert_good, buttons, words
from tests.bot.views.test_hostile import HOSTILE

WAITING = replace(ITEM, state=State.NEEDS_PERSON, unknown_at=None, attempts=0, sent_text=None)


def reply(key: int, text: str, **changes: object) -> Item:
    return replace(WAITING, key=ItemKey(key), body={"text": text, "files": []}, **changes)  # type: ignore[arg-type]  # any field may change


def test_a_question_lists_the_words_and_has_two_answers() -> None:
    message = missed([reply(3, "Hello?"), reply(4, "Anybody <there>")], SESSION)
    assert_good(message)
    assert words(message).startswith(
        "While I was away, 2 replies were written here. It is a while ago, so nothing has been sent yet:\n"
        "• <@U1> “Hello?”\n• <@U1> “Anybody"
    )
    assert buttons(message) == [
        ("Send all", "missed_answer:again", "3/2"),
        ("Leave all", "missed_answer:leave", "3/2"),
    ]


def test_the_buttons_are_read_as_they_were_written() -> None:
    (_, action, value), _ = buttons(missed([reply(3, "a"), reply(4, "b")], SESSION))
    assert unpack_missed(action, value) == (ItemKey(3), 2, Answer.AGAIN)


@pytest.mark.parametrize(("action", "value"), [("missed_answer:again", "3"), ("item_answer:again", "3/2"), ("", "")])
def test_rubbish_is_no_button_of_ours(action: str, value: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        unpack_missed(action, value)


def test_a_session_that_is_over_offers_only_to_leave_it() -> None:
    message = missed([reply(3, "a"), reply(4, "b")], replace(SESSION, life=Life.ENDED))
    assert [text for text, _, _ in buttons(message)] == ["Leave all"]


def test_what_was_decided_is_told_and_not_asked() -> None:
    sent = missed([reply(3, "a", state=State.PENDING), reply(4, "b", state=State.DELIVERED)], SESSION)
    left = missed([reply(3, "a", state=State.WITHDRAWN), reply(4, "b", state=State.WITHDRAWN)], SESSION)
    assert (buttons(sent), buttons(left)) == ([], [])
    assert "were sent later" in words(sent)
    assert "were not sent" in words(left)


def test_the_first_replys_own_trouble_stands_below() -> None:
    message = missed(
        [reply(3, "a", state=State.REFUSED, reason="Too long."), reply(4, "b", state=State.DELIVERED)], SESSION
    )
    assert_good(message)
    assert "Not sent: Too long." in words(message)
    assert [text for text, _, _ in buttons(message)] == ["Try again", "Discard"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_as_many_as_fit_whatever_they_say(text: str) -> None:
    assert_good(missed([reply(n, text) for n in range(LISTED)], SESSION))
