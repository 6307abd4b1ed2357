from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from bot.model import Answer, Email, File, Invitee, Item, ItemKey, Kind, Life, Member, Phone, State, UserId
from bot.packing import pack_file
from bot.texts import GUEST_WRITES, NOT_ANSWERED, NOT_LISTED, NUMBER_NOT_LISTED
from bot.views.blocks import moment
from bot.views.results import Asking, pack, result, unpack_answer
from tests.bot.views.samples import ITEM, PHONE, SESSION, assert_good, buttons, invitation

EMAIL = Invitee(email=Email("ana@example.com"))
STRANGER = Invitee(phone=Phone("+442079460000", "GB"))
OVER = replace(SESSION, life=Life.ENDED)
ENDING = replace(ITEM, kind=Kind.END, ts=None, body={})


def say(state: State, **changes: Any) -> Item:
    return replace(ITEM, state=state, **changes)


def shown(item: Item, session: Any = SESSION) -> tuple[str, list[str]]:
    """The words without their reference, and the buttons."""
    message = result(item, session)
    assert_good(message)
    return message.text.removesuffix(f" · ref {item.key}"), [
        f"{text} → {action.removeprefix('item_answer:')}" for text, action, _ in buttons(message)
    ]


@pytest.mark.parametrize(
    ("state", "attempts", "referred"),
    [
        (State.REFUSED, 0, False),  # a rule was against it: that is said
        (State.REFUSED, 1, True),
        (State.UNKNOWN, 1, True),
        (State.NEEDS_PERSON, 0, True),
        (State.DELIVERED, 1, False),
        (State.PENDING, 1, False),
    ],
)
def test_what_went_wrong_on_the_way_can_be_found_in_the_log(state: State, attempts: int, referred: bool) -> None:
    item = replace(invitation(STRANGER, state), attempts=attempts)
    assert result(item, SESSION).text.endswith(f" · ref {item.key}") is referred


@pytest.mark.parametrize(
    ("item", "text", "answers"),
    [
        (
            invitation(STRANGER, State.ASKED),
            (
                "<@U1> wants to invite +442079460000 (United Kingdom, a fixed line) for the session “Broken boiler – "
                "Mrs Lee”. They get a text message from your Evo Voice account, which may cost money, and see what is "
                "written here from now on. What they answer stands here in <#C1>. Nothing was sent yet; a yes counts "
                f"until {moment(ITEM.asked_at + 300)}."
            ),
            ["Check the number → yes", "Do not invite → no"],
        ),
        (
            invitation(STRANGER, State.REFUSED, reason=NOT_ANSWERED),
            "✖ +442079460000 (United Kingdom) was not invited: Nobody said yes in time, so nothing was sent.",
            ["Ask again → again", "Leave it → leave"],
        ),
        (invitation(EMAIL, State.PENDING), "Inviting Ana (ana@example.com) …", []),
        (invitation(EMAIL, State.SENDING), "Inviting Ana (ana@example.com) …", []),
        (
            invitation(EMAIL, State.UNKNOWN, unknown_at=1.0),
            "I cannot tell yet whether Ana (ana@example.com) was invited. I am checking and will not send it twice.",
            [],
        ),
        (invitation(EMAIL, State.DELIVERED), "✔ Ana (ana@example.com) was invited by <@U1>.", []),
        (
            invitation(EMAIL, State.DELIVERED, reason="was in the session already"),
            "✔ Ana (ana@example.com) was invited by <@U1> (was in the session already).",
            [],
        ),
        (
            invitation(EMAIL, State.DELIVERED, reason=NOT_LISTED),
            f"⚠ Ana (ana@example.com) was invited by <@U1>. {NOT_LISTED}.",
            [],
        ),
        (
            invitation(STRANGER, State.DELIVERED, reason=NUMBER_NOT_LISTED),
            f"⚠ +442079460000 (United Kingdom) was invited by <@U1>. {NUMBER_NOT_LISTED}.",
            [],
        ),
        (
            invitation(EMAIL, State.REFUSED, reason="Evo Voice said “<no>”.", attempts=1),
            "<@U1> ✖ Ana (ana@example.com) was not invited: Evo Voice said “&lt;no&gt;”.",
            ["Try again → again", "Leave it → leave"],
        ),
        (
            invitation(Invitee(typed="555-01"), State.REFUSED, reason="“555-01” is not a number."),
            "✖ “555-01” was not invited: “555-01” is not a number.",
            [],
        ),
        (
            invitation(EMAIL, State.NEEDS_PERSON, reason="No trace.", unknown_at=1.0),
            (
                "<@U1> I cannot tell whether Ana (ana@example.com) was invited, "
                "and will not send it again by myself. No trace."
            ),
            ["They got it → arrived", "Invite again → again", "Leave it → leave"],
        ),
        (
            invitation(EMAIL, State.NEEDS_PERSON, reason="Out of reach."),
            "<@U1> Ana (ana@example.com) has not been invited. Out of reach.",
            ["Invite now → again", "Leave it → leave"],
        ),
        (invitation(EMAIL, State.WITHDRAWN), "Ana (ana@example.com) was not invited.", []),
        (
            invitation(EMAIL, State.WITHDRAWN, unknown_at=1.0),
            "It was left open whether Ana (ana@example.com) was invited.",
            [],
        ),
        (invitation(Invitee(slack_user=UserId("U9"))), "Inviting <@U9> …", []),
    ],
)
def test_an_invitation_says_how_it_stands(item: Item, text: str, answers: list[str]) -> None:
    assert shown(item) == (text, answers)


@pytest.mark.parametrize(
    ("item", "text", "answers"),
    [
        (say(State.REFUSED, reason="Too long."), "<@U1> Not sent: Too long.", ["Try again → again", "Discard → leave"]),
        (say(State.REFUSED, reason=GUEST_WRITES), f"<@U1> Not sent: {GUEST_WRITES}", ["Discard → leave"]),
        (
            say(State.REFUSED, reason="Too long.", gone="removed"),
            "<@U1> Not sent: Too long.",
            ["Discard → leave"],
        ),
        (
            say(State.REFUSED, reason="Too long.", ts=None, body={"plain": "Hi <there>"}),
            "<@U1> Not sent: Too long. It was: “Hi &lt;there&gt;”.",
            ["Try again → again", "Discard → leave"],
        ),
        (
            say(State.NEEDS_PERSON, reason="No trace.", sent_text="Ana: " + "x" * 100, unknown_at=1.0),
            f"<@U1> I cannot tell whether this reached the session: “Ana: {'x' * 74}…”. No trace.",
            ["It arrived → arrived", "Send again → again", "Leave it → leave"],
        ),
        (
            say(State.NEEDS_PERSON, reason="Out of reach.", body={"text": "Hi &lt;you&gt; <@U2|joe>"}),
            "<@U1> This has not been sent: “Hi &lt;you&gt; @joe”. Out of reach.",
            ["Send now → again", "Leave it → leave"],
        ),
        (
            say(State.UNKNOWN, unknown_at=1.0),
            "I cannot tell yet whether this was sent. I am checking and will not send it twice.",
            [],
        ),
        (say(State.PENDING), "Sending it again …", []),
        (say(State.DELIVERED), "✔ It arrived.", []),
        (
            say(State.DELIVERED, body={"text": "hello", "files": [pack_file(File("a<.png", why="off/20"))]}),
            "<@U1> The text was sent, but not a&lt;.png: files do not go to Evo Voice.",
            [],
        ),
        (say(State.WITHDRAWN), "It was not sent.", []),
        (say(State.KEPT), "It is a note now, and was not sent.", []),
        (say(State.WITHDRAWN, unknown_at=1.0), "It was left open whether this arrived.", []),
    ],
)
def test_a_reply_in_trouble_says_how_it_stands(item: Item, text: str, answers: list[str]) -> None:
    assert shown(item) == (text, answers)


@pytest.mark.parametrize(
    ("item", "text", "answers"),
    [
        (
            replace(ENDING, state=State.REFUSED, reason="No."),
            "<@U1> ✖ The session was not ended: No.",
            ["Try again → again", "Leave it → leave"],
        ),
        (
            replace(ENDING, state=State.NEEDS_PERSON, unknown_at=1.0),
            "<@U1> I cannot tell whether the session has ended.",
            ["It has ended → arrived", "End it again → again", "Leave it → leave"],
        ),
        (
            replace(ENDING, state=State.NEEDS_PERSON),
            "<@U1> The session has not been ended.",
            ["End it now → again", "Leave it → leave"],
        ),
        (replace(ENDING, state=State.PENDING), "Ending the session …", []),
        (replace(ENDING, state=State.DELIVERED), "✔ The session was ended.", []),
    ],
)
def test_an_end_says_how_it_stands(item: Item, text: str, answers: list[str]) -> None:
    assert shown(item) == (text, answers)


@pytest.mark.parametrize(
    "item",
    [
        say(State.REFUSED),
        say(State.NEEDS_PERSON, unknown_at=1.0),
        invitation(EMAIL, State.REFUSED, attempts=1),
        invitation(EMAIL, State.NEEDS_PERSON, unknown_at=1.0),
        invitation(STRANGER, State.ASKED),
        replace(ENDING, state=State.REFUSED),
    ],
)
def test_nothing_can_be_sent_to_a_session_that_is_over(item: Item) -> None:
    assert not {"item_answer:again", "item_answer:yes"} & {action for _, action, _ in buttons(result(item, OVER))}


def test_a_reply_after_the_end_can_become_a_note_or_the_beginning_of_the_next_session() -> None:
    assert [(text, action) for text, action, _ in buttons(result(say(State.REFUSED), OVER))] == [
        ("New follow-up", "session_followup"),
        ("Keep as note", "item_answer:keep"),
    ]


@pytest.mark.parametrize(("kind", "state"), list(product([Kind.INVITE, Kind.SAY, Kind.END], State)))
def test_every_state_has_words(kind: Kind, state: State) -> None:
    item = replace(invitation(EMAIL), kind=kind, state=state, attempts=1)
    assert_good(result(item, SESSION))


def test_settled_things_are_quiet() -> None:
    kinds = {state: result(say(state), SESSION).blocks[0]["type"] for state in State}
    assert {state for state, kind in kinds.items() if kind == "section"} == {
        State.REFUSED,
        State.NEEDS_PERSON,
        State.UNKNOWN,
        State.ASKED,
        State.KEPT,
    }


def test_a_number_that_the_session_knows_by_name_has_both() -> None:
    session = replace(SESSION, members=(Member(PHONE.e164, "Mrs Lee"),))
    assert shown(invitation(Invitee(phone=PHONE)), session)[0] == "Inviting Mrs Lee (+15035550123) …"


def test_an_opening_has_no_result() -> None:
    with pytest.raises(ValueError, match="card"):
        result(replace(ITEM, kind=Kind.OPEN), SESSION)


@pytest.mark.parametrize("answer", Answer)
def test_what_is_packed_into_a_button_comes_out_again(answer: Answer) -> None:
    assert unpack_answer(*pack(ItemKey(42), answer)) == (42, answer)


@pytest.mark.parametrize(
    ("action_id", "value"),
    [
        ("item_answer:yes", ""),
        ("item_answer:yes", "-1"),
        ("item_answer:yes", "1.0"),
        ("item_answer:yes", "١"),
        ("item_answer:yes", "9" * 30),
        ("item_answer:yes", "1 OR 1"),
        ("item_answer:", "1"),
        ("item_answer:maybe", "1"),
        ("xitem_answer:yes", "1"),
        ("session_end", "1"),
        ("", ""),
    ],
)
def test_rubbish_is_no_button(action_id: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack_answer(action_id, value)


def test_a_question_to_a_second_person_says_so_and_who_asked_can_only_take_it_back() -> None:
    item = invitation(STRANGER, State.ASKED)
    asking = Asking("your Evo Voice account (Acme)", second=True, private=False)
    asked = result(item, SESSION, asking)
    assert_good(asked)
    for part in (
        "text message from your Evo Voice account (Acme)",
        "in <#C1>, where everybody in this workspace can read it.",
        "Somebody else who may approve that must say yes: <@U1> cannot.",
    ):
        assert part in asked.text
    assert [text for text, _, _ in buttons(asked)] == ["Check and approve", "Decline"]
    own = result(item, SESSION, replace(asking, own=True))
    assert [(text, action) for text, action, _ in buttons(own)] == [("Take it back", "item_answer:no")]
