"""The decision table: what becomes of a message, by its words, the thread's mode, and how the session stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.bridge.rules import Command, Ignore, Moved, Note, Place, Relay, TooLate, Untold, decide
from bot.model import Addressed, ChannelId, EvoSessionId, Life, Member, Mode, Said, SessionKey, SessionType, Ts, UserId
from bot.texts import ENDED, NEVER_OPENED
from tests.helpers import BOT, JOE, THREAD, a_session

CHAT = replace(a_session(), members=(Member("kim@example.com", "Kim"), Member("+15035550123")))
FAX = replace(a_session(), key=SessionKey(2), type=SessionType.FAX, evo_id=EvoSessionId("fax001xyz"))
OTHER = replace(a_session(), key=SessionKey(3), evo_id=EvoSessionId("8f3a21zz"))
OTHERS = {"fax": FAX, "8f3a21": OTHER, "8f3a21zz": OTHER}
SENT, NOTE, COMMAND, KEPT = "sent", "note", "command", "kept"

# What is written, and what becomes of it where replies are relayed, where only mentions are, and where all are notes.
MESSAGES = [
    ("hello", SENT, NOTE, NOTE),
    ("", SENT, NOTE, NOTE),
    ("   ", SENT, NOTE, NOTE),
    ("hello 🎉", SENT, NOTE, NOTE),
    (":tada:", SENT, NOTE, NOTE),
    ("https://example.com", SENT, NOTE, NOTE),
    ("<https://example.com|our offer>", SENT, NOTE, NOTE),
    ("a note: not at the start", SENT, NOTE, NOTE),
    ("noted, thanks", SENT, NOTE, NOTE),
    ("notes", SENT, NOTE, NOTE),
    ("/ almost", SENT, NOTE, NOTE),
    ("to: whom?", SENT, NOTE, NOTE),
    ("to:nobody hello", SENT, NOTE, NOTE),
    ("!session end", SENT, NOTE, NOTE),
    ("end", SENT, NOTE, NOTE),
    ("thanks <@U0BOT>", SENT, NOTE, NOTE),
    ("ask <@U0KIM> about it", SENT, NOTE, NOTE),
    ("a & b &lt;c&gt;", SENT, NOTE, NOTE),
    ("*bold* _italic_", SENT, NOTE, NOTE),
    ("&gt; quoted\nand answered", SENT, NOTE, NOTE),
    ("@Joe look at this", KEPT, NOTE, NOTE),
    ("@ 5 pm then", SENT, NOTE, NOTE),
    ("mail me@example.com", SENT, NOTE, NOTE),
    ("note: he is angry", NOTE, NOTE, NOTE),
    ("Note : he is angry", NOTE, NOTE, NOTE),
    ("PRIVATE: he is angry", NOTE, NOTE, NOTE),
    ("// he is angry", NOTE, NOTE, NOTE),
    (";; he is angry", NOTE, NOTE, NOTE),
    ("🔒 he is angry", NOTE, NOTE, NOTE),
    (":lock: he is angry", NOTE, NOTE, NOTE),
    ("&gt; note: he is angry", NOTE, NOTE, NOTE),
    ("*note:* he is angry", NOTE, NOTE, NOTE),
    ("“note: he is angry”", NOTE, NOTE, NOTE),
    ("• note: he is angry", NOTE, NOTE, NOTE),
    ("1. // he is angry", NOTE, NOTE, NOTE),
    ("note: <@U0BOT> end", NOTE, NOTE, NOTE),
    ("note: <@U0JOE> look", NOTE, NOTE, NOTE),
    ("<@U0JOE> what do you think?", KEPT, NOTE, NOTE),
    ("  <@U0JOE>: look", KEPT, NOTE, NOTE),
    ("&gt; <@U0JOE> look", KEPT, NOTE, NOTE),
    ("*<@U0JOE>* look", KEPT, NOTE, NOTE),
    ("• <@U0JOE> look", KEPT, NOTE, NOTE),
    ("<!here> who takes this?", KEPT, NOTE, NOTE),
    ("<!subteam^S1|@support> look", KEPT, NOTE, NOTE),
    ("<#C1|sales> is ours", SENT, NOTE, NOTE),
    ("<@U0BOT>", COMMAND, COMMAND, COMMAND),
    ("<@U0BOT> help", COMMAND, COMMAND, COMMAND),
    ("<@U0BOT> end", COMMAND, COMMAND, COMMAND),
    ("<@U0BOT>: invite +1 503 555 0123", COMMAND, COMMAND, COMMAND),
    ("<@U0BOT> send hello", COMMAND, COMMAND, COMMAND),
    ("*<@U0BOT>* end", COMMAND, COMMAND, COMMAND),
    ("_<@U0BOT> end_", COMMAND, COMMAND, COMMAND),
    ("*<@U0BOT>* hello", COMMAND, SENT, COMMAND),
    ("<@U0BOT> note hello", COMMAND, COMMAND, COMMAND),
    ("<@U0BOT> hello", COMMAND, SENT, COMMAND),
    ("<@U0BOT> dear Mrs Lee", COMMAND, SENT, COMMAND),
    ("<@U0BOT>, <@U0JOE> says hello", COMMAND, SENT, COMMAND),
    ('<@U0BOT> "end" of story', COMMAND, SENT, COMMAND),
    ("<@U0BOT> note: he is angry", COMMAND, COMMAND, COMMAND),
]


def said(text: str, addressed: Addressed | None = None) -> Said:
    return Said(THREAD, Ts("1700000100.000200"), JOE, text, addressed=addressed)


def became(text: str, place: Place) -> str:
    match decide(said(text), place, BOT):
        case Relay(session=session):
            assert session is place.session
            return SENT
        case Note(addressed=None):
            return NOTE
        case Note():
            return KEPT
        case Command():
            return COMMAND
        case other:
            return type(other).__name__


@pytest.mark.parametrize(("text", "relay", "mention", "notes"), MESSAGES)
def test_what_becomes_of_a_message_by_the_threads_mode(text: str, relay: str, mention: str, notes: str) -> None:
    modes = {mode: became(text, Place(CHAT, mode)) for mode in Mode}
    assert modes == {Mode.RELAY: relay, Mode.MENTION: mention, Mode.NOTES: notes}


@pytest.mark.parametrize("life", [Life.ENDED, Life.FAILED])
@pytest.mark.parametrize(("text", "relay", "mention", "notes"), MESSAGES)
def test_to_a_session_that_is_over_nothing_is_sent(text: str, relay: str, mention: str, notes: str, life: Life) -> None:
    """A note is a note and a command a command; a colleague who is addressed hears that it is over, too."""
    over = {SENT: "TooLate", KEPT: "TooLate"}
    expected = {mode: over.get(what, what) for mode, what in zip(Mode, (relay, mention, notes), strict=True)}
    session = replace(CHAT, life=life)
    assert {mode: became(text, Place(session, mode)) for mode in Mode} == expected


@pytest.mark.parametrize("type_", [SessionType.VOICE, SessionType.FAX])
@pytest.mark.parametrize("life", list(Life))
@pytest.mark.parametrize(("text", "relay", "mention", "notes"), MESSAGES)
def test_a_call_and_a_fax_take_no_text(
    text: str, relay: str, mention: str, notes: str, life: Life, type_: SessionType
) -> None:
    session = replace(CHAT, life=life, type=type_)
    found = {mode: became(text, Place(session, mode)) for mode in Mode}
    expected = {
        mode: what if what is COMMAND else NOTE for mode, what in zip(Mode, (relay, mention, notes), strict=True)
    }
    assert found == expected


@pytest.mark.parametrize(("text", "relay", "mention", "notes"), MESSAGES)
def test_before_it_is_open_everything_is_as_after(text: str, relay: str, mention: str, notes: str) -> None:
    place = Place(replace(CHAT, life=Life.OPENING))
    assert became(text, place) == relay


@pytest.mark.parametrize(("text", "relay", "_mention", "_notes"), MESSAGES)
def test_elsewhere_only_commands_are_for_us(text: str, relay: str, _mention: str, _notes: str) -> None:
    assert became(text, Place()) == (COMMAND if relay is COMMAND else Ignore.__name__)


def test_what_is_sent_is_what_was_written_without_the_mention() -> None:
    assert decide(said("hello &amp; <@U0KIM>"), Place(CHAT), BOT) == Relay("hello &amp; <@U0KIM>", CHAT)
    assert decide(said("<@U0BOT>: hello"), Place(CHAT, Mode.MENTION), BOT) == Relay("hello", CHAT)
    assert decide(said("<@U0BOT> end"), Place(CHAT, Mode.MENTION), BOT) == Command("end")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, Note(Addressed(UserId("U0KIM")))),
        (Addressed(UserId("U0KIM")), Note(Addressed(UserId("U0KIM")))),
        (Addressed(UserId("U0KIM"), "else@example.com"), Note(Addressed(UserId("U0KIM"), "else@example.com"))),
        (Addressed(UserId("U0KIM"), "KIM@example.com"), Relay("<@U0KIM> hello", CHAT)),
    ],
)
def test_a_member_of_the_session_may_be_addressed(known: Addressed | None, expected: object) -> None:
    assert decide(said("<@U0KIM> hello", known), Place(CHAT), BOT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to:8f3a21 hello", Relay("hello", OTHER)),
        ("TO:8F3A21ZZ  hello\nyou", Relay("hello\nyou", OTHER)),
        ("to:fax hello", Note()),
        ("to:voice hello", Note(unclear="voice")),
        ("to:8f3a2 hello", Note(unclear="8f3a2")),
        ("to:8f3a21", Relay("to:8f3a21", CHAT)),
        ("to: 8f3a21 hello", Relay("to: 8f3a21 hello", CHAT)),
        ("to:8f3a21 <@U0JOE> look", Note(Addressed(JOE))),
    ],
)
def test_another_session_of_the_thread_can_be_addressed(text: str, expected: object) -> None:
    assert decide(said(text), Place(CHAT, named=OTHERS), BOT) == expected


def test_the_reason_is_said() -> None:
    for life, why in ((Life.ENDED, ENDED), (Life.FAILED, NEVER_OPENED)):
        session = replace(CHAT, life=life)
        assert decide(said("hello"), Place(session), BOT) == TooLate(why, session)


def test_where_nobody_has_said_whom_replies_are_for_nothing_is_guessed() -> None:
    assert decide(said("hello"), Place(named=OTHERS), BOT) == Untold()
    assert decide(said("hello"), Place(moved_to=ChannelId("C1")), BOT) == Moved(ChannelId("C1"))
    assert decide(said("<@U0BOT> switch 8f3a21"), Place(named=OTHERS), BOT) == Command("switch 8f3a21")
