from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Email, Invitee, Item, Life, Member, Session, SessionType, State
from bot.views.card import card
from tests.bot.views.samples import OPENING, PHONE, SESSION, assert_good, buttons, invitation, words

FAILED = replace(SESSION, life=Life.FAILED, evo_id=None, members=())


def drawn(session: Session = SESSION, opening: Item = OPENING, **counts: int) -> str:
    message = card(session, opening, [], counts)
    assert_good(message)
    return words(message)


def test_an_active_chat_is_drawn_so() -> None:
    message = card(SESSION, OPENING, [], {"delivered": 12, "pending": 1, "unknown": 1})
    assert_good(message)
    assert message.blocks[:-1] == [
        {"type": "header", "text": {"type": "plain_text", "text": "💬 Chat · Broken boiler – Mrs Lee", "emoji": True}},
        {
            "type": "section",
            "fields": [
                {"type": "mrkdwn", "text": "*State*\nActive", "verbatim": True},
                {"type": "mrkdwn", "text": "*With*\nSupport team", "verbatim": True},
                {"type": "mrkdwn", "text": "*People*\nAna, +15035550123, Joe", "verbatim": True},
                {"type": "mrkdwn", "text": "*Session*\n8f3a21", "verbatim": True},
            ],
        },
        {
            "type": "context",
            "elements": [
                {
                    "type": "mrkdwn",
                    "text": "Replies here go to everybody in the session, as you. "
                    "Start with `note:` or `//` to keep it internal.",
                    "verbatim": True,
                }
            ],
        },
    ]
    assert buttons(message) == [("Invite", "session_invite", "7"), ("End session", "session_end", "7")]


def test_the_text_alone_says_it_all() -> None:
    assert card(SESSION, OPENING, [invitation(Invitee(phone=PHONE), State.REFUSED)], {}).text == (
        "Chat session Broken boiler – Mrs Lee. State: Active. With: Support team. People: Ana, +15035550123, Joe. "
        "Session: 8f3a21. Not invited: +15035550123 (United States). Replies here go to everybody in the session, as "
        "you. Start with note: or // to keep it internal."
    )


@pytest.mark.parametrize(
    ("type_", "title"),
    [(SessionType.CHAT, "💬 Chat · x"), (SessionType.VOICE, "📞 Voice · x"), (SessionType.FAX, "📠 Fax · x")],
)
def test_a_word_stands_beside_the_picture(type_: SessionType, title: str) -> None:
    assert drawn(replace(SESSION, type=type_, name="x")).startswith(title)


@pytest.mark.parametrize(
    ("session", "opening", "state"),
    [
        (replace(SESSION, life=Life.OPENING), replace(OPENING, state=State.PENDING), "Creating…"),
        (replace(SESSION, life=Life.OPENING), replace(OPENING, state=State.SENDING), "Creating…"),
        (
            replace(SESSION, life=Life.OPENING),
            replace(OPENING, state=State.UNKNOWN),
            "Checking whether it was created…",
        ),
        (SESSION, OPENING, "Active"),
        (replace(SESSION, call_state="Ringing"), OPENING, "Ringing …"),
        (replace(SESSION, call_state="Hold"), OPENING, "On hold"),
        (
            replace(SESSION, life=Life.ENDED, ended_at=1700000000.7),
            OPENING,
            "Ended <!date^1700000000^{date_short_pretty} {time}|2023-11-14 22:13 UTC>",
        ),
        (
            FAILED,
            replace(OPENING, state=State.REFUSED, reason="No <licence>"),
            "Could not be created: No &lt;licence&gt;",
        ),
        (
            FAILED,
            replace(OPENING, state=State.NEEDS_PERSON, reason="No trace.", unknown_at=1.0),
            "I cannot tell whether it was created. No trace.",
        ),
        (
            FAILED,
            replace(OPENING, state=State.NEEDS_PERSON, reason="Out of reach."),
            "Could not be created: Out of reach.",
        ),
        (FAILED, replace(OPENING, state=State.WITHDRAWN), "Discarded"),
    ],
)
def test_the_state_is_said_in_words(session: Session, opening: Item, state: str) -> None:
    assert f"*State*\n{state}\n" in drawn(session, opening) + "\n"


@pytest.mark.parametrize(
    ("session", "opening", "expected"),
    [
        (replace(SESSION, life=Life.OPENING), replace(OPENING, state=State.PENDING), []),
        (replace(SESSION, life=Life.ENDED), OPENING, []),
        (FAILED, replace(OPENING, state=State.WITHDRAWN), []),
        (FAILED, replace(OPENING, state=State.REFUSED), ["item_answer:again", "item_answer:leave"]),
        (FAILED, replace(OPENING, state=State.NEEDS_PERSON), ["item_answer:again", "item_answer:leave"]),
        (SESSION, OPENING, ["session_invite", "session_end"]),
    ],
)
def test_only_buttons_that_can_do_something_are_there(session: Session, opening: Item, expected: list[str]) -> None:
    assert [action for _, action, _ in buttons(card(session, opening, [], {}))] == expected


def test_ending_asks_back_and_names_the_session() -> None:
    end = card(SESSION, OPENING, [], {}).blocks[-1]["elements"][1]
    assert (end["style"], end["confirm"]["text"]["text"]) == (
        "danger",
        "“Broken boiler – Mrs Lee” ends for 3 people. Replies in its thread are no longer sent.",
    )


def test_creating_again_what_may_exist_asks_back() -> None:
    sure = replace(OPENING, state=State.REFUSED)
    doubtful = replace(OPENING, state=State.NEEDS_PERSON, unknown_at=1.0)
    again = [card(FAILED, opening, [], {}).blocks[-1]["elements"][0] for opening in (sure, doubtful)]
    assert ["confirm" in button for button in again] == [False, True]


def test_ended_and_failed_sessions_say_that_nothing_is_sent() -> None:
    assert "Replies here are no longer sent." in drawn(replace(SESSION, life=Life.ENDED))
    assert "Replies here are not sent." in drawn(FAILED)


def test_who_is_missing_is_named() -> None:
    assert "joe@acme.com was not added: not an Evo Voice user?" in drawn(replace(SESSION, missing=("joe@acme.com",)))


def test_invitations_that_wait_or_failed_are_named() -> None:
    invites = [
        invitation(Invitee(phone=PHONE), State.ASKED),
        invitation(Invitee(email=Email("joe@acme.com")), State.UNKNOWN),
        invitation(Invitee(typed="555-01"), State.REFUSED),
        invitation(Invitee(email=Email("ana@example.com")), State.DELIVERED),
    ]
    shown = words(card(SESSION, OPENING, invites, {}))
    assert "Waiting for a yes: +15035550123 (United States)." in shown
    assert "Being checked: joe@acme.com." in shown
    assert "Not invited: “555-01”." in shown
    assert "ana@example.com" not in shown


def test_two_hundred_people_become_ten_and_a_number() -> None:
    crowd = tuple(Member(f"user:{n}", f"{'Person' * 20} {n}") for n in range(200))
    message = card(replace(SESSION, members=crowd, name="n" * 500), OPENING, [], {})
    assert_good(message)
    assert "(190 more)" in words(message)


def test_trouble_is_counted_when_there_is_some() -> None:
    shown = drawn(delivered=1, refused=2, needs_person=3, sending=1)
    assert "Not sent 2 · Waiting for somebody to decide 3" in shown
    assert "Not sent" not in drawn(delivered=1, refused=0)


@pytest.mark.parametrize(("type_", "what"), [(SessionType.VOICE, "a call"), (SessionType.FAX, "a fax")])
def test_the_card_of_a_call_says_that_replies_stay_inside(type_: SessionType, what: str) -> None:
    assert f"Replies here stay in Slack: {what} takes no text." in drawn(replace(SESSION, type=type_))
