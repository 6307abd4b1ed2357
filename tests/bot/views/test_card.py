from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model import (
    MISSED,
    ChannelId,
    Email,
    Invitee,
    Item,
    Kind,
    Life,
    Member,
    Mode,
    NewSessionRequest,
    Phone,
    Role,
    Session,
    SessionKey,
    SessionType,
    State,
    UserId,
)
from bot.packing import pack_request
from bot.texts import NO_PERSON
from bot.views.card import Spot, pack_mode, unpack_mode
from bot.views.privacy import for_everybody
from tests.bot.views.samples import (
    OPENING,
    PHONE,
    SESSION,
    a_card,
    assert_good,
    buttons,
    controls,
    invitation,
    words,
)

FAILED = replace(SESSION, life=Life.FAILED, evo_id=None, members=())
LINK = replace(OPENING, kind=Kind.LINK, body={"history": "none", "mode": None})
LINKED = replace(SESSION, name="", members=(), with_label=None)
CALL = replace(SESSION, type=SessionType.VOICE)
MOMENT = "<!date^1700000000^{date_short_pretty} {time}|2023-11-14 22:13 UTC>"
REQUEST = NewSessionRequest(
    SessionType.CHAT, "x", from_number=Phone("+15035550100", "US"), customer_id="c7", customer_label="Lee Household"
)


def drawn(session: Session = SESSION, opening: Item = OPENING, spot: Spot | None = None, **counts: int) -> str:
    message = a_card(session, opening, spot=spot, **counts)
    assert_good(message)
    assert_good(for_everybody(message))
    return words(message)


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def test_an_active_chat_is_drawn_so() -> None:
    message = a_card(opening=replace(OPENING, body=pack_request(REQUEST)), delivered=12, pending=1, unknown=1)
    assert_good(message)
    assert message.blocks[:-1] == [
        {"type": "header", "text": {"type": "plain_text", "text": "💬 Chat · Broken boiler – Mrs Lee", "emoji": True}},
        {
            "type": "section",
            "fields": [
                mrkdwn(f"*State*\nActive since {MOMENT}"),
                mrkdwn("*With*\nSupport team"),
                mrkdwn("*People*\nAna, Joe, +15035550123"),
                mrkdwn("*From*\n+15035550100"),
                mrkdwn("*Customer*\nLee Household"),
                mrkdwn("*Session*\n8f3a21"),
            ],
        },
        {
            "type": "context",
            "elements": [
                mrkdwn(
                    "Replies here go to +15035550123 and 2 others, as you. "
                    "Start with `note:` or `//` to keep one internal."
                )
            ],
        },
    ]
    assert buttons(message) == [("Invite", "session_invite", "7"), ("End session", "session_end", "7")]


def test_the_text_alone_says_it_all() -> None:
    message = a_card(invites=[invitation(Invitee(phone=PHONE), State.REFUSED)], spot=Spot(others=(ChannelId("C2"),)))
    assert message.text == (
        f"Chat session Broken boiler – Mrs Lee. State: Active since {MOMENT}. With: Support team. "
        "People: Ana, Joe, +15035550123. Session: 8f3a21. Not invited: +15035550123 (United States). "
        "Replies here go to +15035550123 and 2 others, as you. Start with note: or // to keep one internal. "
        "Also in <#C2>"
    )


def test_where_everybody_reads_it_no_number_is_whole() -> None:
    message = a_card(
        replace(SESSION, name="Call (503) 555-0123", with_label="+15035550123"),
        replace(OPENING, body=pack_request(REQUEST)),
        [invitation(Invitee(phone=PHONE), State.REFUSED)],
    )
    shown = for_everybody(message)
    assert_good(shown)
    assert "5550" not in (shown.text + words(shown)).replace("-", "").replace(" ", "")
    assert "+1 503 •••• 0123 (United States)" in words(shown)


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
        (SESSION, OPENING, f"Active since {MOMENT}"),
        (replace(SESSION, call_state="Ringing"), OPENING, f"Ringing since {MOMENT}"),
        (replace(SESSION, call_state="Hold"), OPENING, f"On hold, active since {MOMENT}"),
        (
            replace(SESSION, life=Life.ENDED, created_at=1700000000.7 - 754, ended_at=1700000000.7),
            OPENING,
            f"Ended {MOMENT} after 12 min",
        ),
        (replace(SESSION, life=Life.ENDED, ended_at=1700000000.7, call_state=MISSED), OPENING, f"Missed {MOMENT}"),
        (replace(LINKED, life=Life.OPENING), LINK, "Looking for it at Evo Voice…"),
        (LINKED, LINK, f"Active, linked {MOMENT}"),
        (replace(LINKED, life=Life.ENDED, ended_at=1700000000.7), LINK, f"Ended {MOMENT}"),
        (
            replace(LINKED, life=Life.FAILED),
            replace(LINK, state=State.REFUSED, reason="Nobody knows it."),
            "Could not be linked: Nobody knows it.",
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


@pytest.mark.parametrize("life", [Life.OPENING, Life.FAILED])
def test_what_is_only_looked_for_is_of_no_kind_yet(life: Life) -> None:
    assert drawn(replace(LINKED, life=life), LINK).startswith("🔗 Session · 8f3a21")


SHOWN, MOVED, GONE = Spot(Role.SHOWN), Spot(Role.MOVED, home=ChannelId("C2")), Spot(None)
ALWAYS = ["session_invite", "session_mode", "session_end", "session_more"]


@pytest.mark.parametrize(
    ("session", "opening", "spot", "expected"),
    [
        (replace(SESSION, life=Life.OPENING), replace(OPENING, state=State.PENDING), Spot(), []),
        (replace(LINKED, life=Life.OPENING), LINK, Spot(), []),
        (replace(SESSION, life=Life.ENDED), OPENING, Spot(), ["session_followup", "session_more"]),
        (FAILED, replace(OPENING, state=State.WITHDRAWN), Spot(), []),
        (FAILED, replace(OPENING, state=State.REFUSED), Spot(), ["item_answer:again", "item_answer:leave"]),
        (FAILED, replace(OPENING, state=State.REFUSED, reason=NO_PERSON), Spot(), ["item_answer:leave"]),
        (FAILED, replace(OPENING, state=State.REFUSED, reason=NO_PERSON, approved_by=UserId("U2")), Spot(),
         ["item_answer:again", "item_answer:leave"]),
        (FAILED, replace(OPENING, state=State.NEEDS_PERSON), Spot(), ["item_answer:again", "item_answer:leave"]),
        (replace(LINKED, life=Life.FAILED), replace(LINK, state=State.REFUSED), Spot(),
         ["item_answer:again", "item_answer:leave"]),
        (SESSION, OPENING, Spot(), ALWAYS),
        (CALL, OPENING, Spot(), ["session_invite", "session_hold", "session_end", "session_more"]),
        (replace(CALL, call_state="Hold"), OPENING, Spot(),
         ["session_invite", "session_resume", "session_end", "session_more"]),
        (replace(CALL, call_state="Ringing"), OPENING, Spot(), ["session_invite", "session_end", "session_more"]),
        (replace(SESSION, type=SessionType.FAX), OPENING, Spot(), ["session_invite", "session_end", "session_more"]),
        (SESSION, OPENING, SHOWN, ["session_switch", "session_invite", "session_end", "session_more"]),
        (SESSION, OPENING, MOVED, []),
        (SESSION, OPENING, GONE, []),
        (replace(SESSION, life=Life.ENDED), OPENING, MOVED, []),
    ],
)  # fmt: skip
def test_only_what_can_do_something_is_there(session: Session, opening: Item, spot: Spot, expected: list[str]) -> None:
    message = a_card(session, opening, spot=spot)
    assert_good(message)
    assert [control["action_id"] for control in controls(message)] == expected


@pytest.mark.parametrize(
    ("life", "offered"),
    [
        (Life.ACTIVE, ["transcript/7", "remove/7", "link/7", "move/7", "reveal/7"]),
        (Life.ENDED, ["transcript/7", "link/7", "move/7", "reveal/7"]),
    ],
)
def test_the_menu_offers_what_can_be_done(life: Life, offered: list[str]) -> None:
    more = controls(a_card(replace(SESSION, life=life)))[-1]
    assert [option["value"] for option in more["options"]] == offered


@pytest.mark.parametrize("mode", list(Mode))
def test_the_mode_menu_holds_the_mode_of_the_thread(mode: Mode) -> None:
    chosen = controls(a_card(spot=Spot(mode=mode)))[1]["initial_option"]["value"]
    assert unpack_mode(chosen) == (mode, SessionKey(7))


@pytest.mark.parametrize("value", ["", "relay", "relay/x", "shout/7"])
def test_rubbish_is_no_mode(value: str) -> None:
    assert unpack_mode(pack_mode(Mode.NOTES, SessionKey(7))) == (Mode.NOTES, SessionKey(7))
    with pytest.raises(ValueError, match=r"."):
        unpack_mode(value)


def test_what_is_read_out_names_the_session() -> None:
    aloud = [control.get("accessibility_label") for control in controls(a_card(CALL))]
    assert aloud == ["Invite people to 8f3a21", "Hold the call 8f3a21", "End session 8f3a21", None]


def test_ending_asks_back_and_names_the_session() -> None:
    end = controls(a_card())[2]
    assert (end["style"], end["confirm"]["text"]["text"]) == (
        "danger",
        "“Broken boiler – Mrs Lee” ends for everybody in it. Replies in its thread are no longer sent.",
    )


def test_creating_again_what_may_exist_asks_back() -> None:
    sure = replace(OPENING, state=State.REFUSED)
    doubtful = replace(OPENING, state=State.NEEDS_PERSON, unknown_at=1.0)
    again = [controls(a_card(FAILED, opening))[0] for opening in (sure, doubtful)]
    assert ["confirm" in button for button in again] == [False, True]


LEE, BOT = Member("+15035550123", "Mrs Lee"), Member("Bot@example.com", "Evo")
ENDED = replace(SESSION, life=Life.ENDED)


@pytest.mark.parametrize(
    ("session", "opening", "spot", "said"),
    [
        (replace(SESSION, members=(LEE,)), OPENING, Spot(), "Replies here go to Mrs Lee, as you."),
        (replace(SESSION, members=(Member("a@x.com", "Ana"), LEE)), OPENING, Spot(),
         "Replies here go to Mrs Lee and 1 other, as you."),
        (replace(SESSION, members=(BOT, LEE)), OPENING, Spot(), "Replies here go to Mrs Lee, as you."),
        (replace(SESSION, members=()), OPENING, Spot(), "Replies here go to everybody in the session, as you."),
        (replace(SESSION, members=(), life=Life.OPENING), OPENING, Spot(),
         "Replies here go to everybody in the session once it is created, as you."),
        (replace(LINKED, life=Life.OPENING), LINK, Spot(),
         "Replies here go to everybody in the session once it is found, as you."),
        (replace(SESSION, members=(LEE,)), OPENING, Spot(mode=Mode.MENTION),
         "Only replies that begin with <@U0BOT> go to Mrs Lee, as you. Everything else stays in Slack."),
        (SESSION, OPENING, Spot(mode=Mode.NOTES), "Replies here stay in Slack. <@U0BOT> with `send` and your words"),
        (CALL, OPENING, Spot(mode=Mode.NOTES), "Replies here stay in Slack: a call takes no text."),
        (replace(SESSION, type=SessionType.FAX), OPENING, Spot(), "Replies here stay in Slack: a fax takes no text."),
        (ENDED, OPENING, Spot(), "Replies here are no longer sent."),
        (FAILED, OPENING, Spot(), "Replies here are not sent."),
        (SESSION, OPENING, MOVED, "This session went on in <#C2>. Replies here are not sent."),
        (SESSION, OPENING, GONE, "This thread is no longer linked to the session."),
        (SESSION, OPENING, Spot(Role.SHOWN, target=replace(SESSION, name="Fax of Lee")),
         "Replies here go to another session: Fax of Lee."),
        (SESSION, OPENING, SHOWN, "replies here go to none of them until one is chosen"),
    ],
)  # fmt: skip
def test_where_replies_go_is_said(session: Session, opening: Item, spot: Spot, said: str) -> None:
    assert said in drawn(session, opening, spot)


def test_other_threads_are_named_once() -> None:
    others = tuple(ChannelId(channel) for channel in ("C2", "C2", "C3", "C4", "C5", "C6", "C7"))
    assert "Also in <#C2>, <#C3>, <#C4>, <#C5>, <#C6> (1 more)" in drawn(spot=Spot(others=others))
    assert "Also in" not in drawn(spot=replace(MOVED, others=others))


def test_who_is_missing_is_named() -> None:
    assert "joe@acme.com was not added: not an Evo Voice user?" in drawn(replace(SESSION, missing=("joe@acme.com",)))


@pytest.mark.parametrize("state", [State.PENDING, State.SENDING])
def test_who_is_just_being_invited_changes_nothing(state: State) -> None:
    """So the card is not redrawn for it, and may be at once when they have come."""
    assert a_card(SESSION, OPENING, [invitation(Invitee(phone=PHONE), state)]) == a_card()


def test_invitations_that_wait_or_failed_are_named() -> None:
    invites = [
        invitation(Invitee(phone=PHONE), State.ASKED),
        invitation(Invitee(email=Email("joe@acme.com")), State.UNKNOWN),
        invitation(Invitee(typed="555-01"), State.REFUSED),
        invitation(Invitee(email=Email("ana@example.com")), State.DELIVERED),
    ]
    shown = words(a_card(invites=invites))
    assert "Waiting for a yes: +15035550123 (United States)." in shown
    assert "Being checked: joe@acme.com." in shown
    assert "Not invited: “555-01”." in shown
    assert "ana@example.com" not in shown


def test_two_hundred_people_become_four_and_a_number() -> None:
    crowd = tuple(Member(f"user:{n}", f"{'Person' * 20} {n}") for n in range(200))
    message = a_card(replace(SESSION, members=crowd, name="n" * 500))
    assert_good(message)
    assert "(196 more)" in words(message)


def test_trouble_is_counted_when_there_is_some() -> None:
    shown = drawn(delivered=1, refused=2, needs_person=3, sending=1)
    assert "Not sent: 2 · Waiting for somebody to decide: 3" in shown
    assert "Not sent" not in drawn(delivered=1, refused=0)
