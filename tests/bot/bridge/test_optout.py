"""STOP and its kin: which texts are one, who wrote them, and what they stand against."""

from __future__ import annotations

import unicodedata

import pytest

from bot.bridge import Bridge, Own
from bot.bridge.optout import word_of
from bot.model import Actor, Deed, Heard, Invitee, Kind, Member, Phone, Said, SessionKey, SlackName, State, Ts
from bot.store import Store
from bot.store.rows import pack_members
from bot.texts import OPTED_OUT, OPTED_OUT_MEMBER
from tests.helpers import ANA, JOE, TEAM, THREAD, TestClock, house, opened, to_post

OWN = Own(frozenset({"bot@example.com"}))
LEE = Phone("+15035550123", "US")
BY = Actor(TEAM, ANA)
MEMBERS = (
    Member(LEE.e164, "Mrs Lee"),
    Member("tel:+447911123456", "Mr Brown"),
    Member("max@example.com", "Max Hill"),
    Member("user:joe", "Joe"),
    Member("+15035550177", "Joe"),
)
TOLD = (
    "+1 503 •••• 0123 wrote {word}. Nothing more is sent to this number until it is lifted: they text START, or an "
    "administrator lifts it."
)


@pytest.fixture
def bridge(store: Store) -> Bridge:
    return Bridge(store, TestClock(), house(), lambda: None)


@pytest.fixture
async def session(store: Store, bridge: Bridge) -> SessionKey:
    key = await opened(store, bridge)
    await store.write(lambda tx: tx.change_session(key, members=pack_members(MEMBERS)))
    return key


async def hear(store: Store, bridge: Bridge, session: SessionKey, *said: str, sender: str = LEE.e164) -> None:
    """One line after another, each a second later, from the same sender."""
    there = store.read.session(session)
    lines = [Heard(sender, text, None, None, f"2026-01-01T10:00:{n:02}Z") for n, text in enumerate(said)]
    await bridge.hear(there, lines, OWN)


def unwanted(store: Store, *phones: str) -> list[str]:
    return [phone for phone in phones if store.read.opted_out(store.read.hashed(phone))]


def notices(store: Store) -> list[str]:
    return [post.text for post in to_post(store) if post.kind == "notice"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("STOP", "STOP"), ("stop", "STOP"), ("Stop.", "STOP"), (" stop \n", "STOP"), ("“Stop”", "STOP"),
        ("'STOP'", "STOP"),
        ("STOP!!!", "STOP"), ("(stop)", "STOP"), ("ＳＴＯＰ", "STOP"), ("\u200bstop\u200e", "STOP"),
        ("stopall", "STOPALL"), ("Stop  all", "STOP ALL"), ("stop\nall", "STOP ALL"), ("Unsubscribe", "UNSUBSCRIBE"),
        ("cancel", "CANCEL"), ("End", "END"), ("quit.", "QUIT"), ("OptOut", "OPTOUT"), ("opt out", "OPT OUT"),
        ("opt-out", "OPT-OUT"), ("revoke", "REVOKE"), ("arret", "ARRET"), ("Arrêt", "ARRÊT"),
        (unicodedata.normalize("NFD", "arrêt"), "ARRÊT"), ("stopp", "STOPP"), ("Start", "START"), ("unstop!", "UNSTOP"),
    ],
)  # fmt: skip
def test_a_text_that_is_nothing_but_the_word_counts(text: str, word: str) -> None:
    assert word_of(text) == word


@pytest.mark.parametrize(
    "text",
    [
        "", "...", "Please stop", "stop it", "Stop by tomorrow", "don't stop", "STOP 🛑", "non-stop", "stops",
        "S T O P",
        "the end", "end of day", "cancel my order", "yes", "YES", "start over", "restart", "help", "stop" + "!" * 60,
        "stop all now",
    ],
)  # fmt: skip
def test_a_text_that_says_more_or_other_things_does_not(text: str) -> None:
    assert word_of(text) is None


@pytest.mark.parametrize(
    ("sender", "numbers"),
    [
        ("+15035550123", ["+15035550123"]),
        ("15035550123", ["+15035550123"]),
        ("(503) 555-0123", ["+15035550123"]),
        ("tel:+1 503 555 0123", ["+15035550123"]),
        ("Mrs Lee", ["+15035550123"]),
        ("mrs lee ", ["+15035550123"]),
        ("07911 123456", ["+447911123456"]),
        ("Mr Brown", ["+447911123456"]),
        ("+12025550123", ["+12025550123"]),  # it has left, or nobody has listed it
        ("Max Hill", []),
        ("max@example.com", []),
        ("Joe", []),  # a phone is called so, and somebody who is none
        ("bot@example.com", []),
        ("0123", []),
        ("Somebody", []),
        ("", []),
    ],
)
async def test_only_a_phone_opts_out_by_its_number_in_any_spelling_or_by_its_name(
    store: Store, bridge: Bridge, session: SessionKey, sender: str, numbers: list[str]
) -> None:
    await hear(store, bridge, session, "STOP", sender=sender)
    known = ["+15035550123", "+447911123456", "+15035550177", "+12025550123"]
    assert unwanted(store, *known) == numbers


async def test_the_thread_is_told_once_and_it_is_recorded_without_the_number(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    await hear(store, bridge, session, "Stop.", "STOP", "quit")
    assert notices(store) == [TOLD.format(word="STOP")]
    rows = store.read._connection.execute("SELECT * FROM audit WHERE what = ?", (Deed.OPTED_OUT,)).fetchall()
    assert [(row["session"], row["subject"]) for row in rows] == [(session, store.read.hashed(LEE.e164))]
    assert "5550123" not in str([tuple(row) for row in rows])


async def test_only_start_from_the_same_phone_lifts_it(store: Store, bridge: Bridge, session: SessionKey) -> None:
    await hear(store, bridge, session, "STOP", "yes", "YES", "go on")
    await hear(store, bridge, session, "START", sender="+447911123456")
    assert unwanted(store, LEE.e164) == [LEE.e164]
    await hear(store, bridge, session, "STOP", "yes", "YES", "go on", "start")
    assert unwanted(store, LEE.e164) == []
    assert notices(store)[1:] == ["+1 503 •••• 0123 wrote START. Messages can be sent to this number again."]


async def test_start_is_believed_only_of_a_phone_in_the_session(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    stranger = "+12025550123"
    await hear(store, bridge, session, "STOP", sender=stranger)
    await hear(store, bridge, session, "STOP", "START", sender=stranger)
    assert unwanted(store, stranger) == [stranger]


async def test_an_administrator_lifts_it_and_that_is_recorded_with_who(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    await hear(store, bridge, session, "STOP")
    assert await bridge.lift("15035550123", BY) == ["the STOP of +1 503 •••• 0123"]
    assert await bridge.lift("15035550123", BY) == []
    assert unwanted(store, LEE.e164) == []
    rows = store.read._connection.execute("SELECT who FROM audit WHERE what = ?", (Deed.OPTED_IN,)).fetchall()
    assert [row["who"] for row in rows] == [ANA]
    assert notices(store)[1:] == [
        "An administrator lifted the STOP of +1 503 •••• 0123. Messages can be sent to it again."
    ]


async def test_what_waited_for_that_phone_is_refused_when_it_says_so(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    await bridge.relay(Said(THREAD, Ts("1700000100.000100"), JOE, "hello"))
    people = [Invitee(phone=LEE), Invitee(phone=Phone("+12025550123", "US"))]
    await bridge.invite(session, people, BY, SlackName("T0TEAM/view/I1"), confirmed=True)
    await hear(store, bridge, session, "STOP")
    items = store.read.items_of(session, Kind.SAY, Kind.INVITE)
    assert {(item.kind, item.state) for item in items} == {
        (Kind.SAY, State.REFUSED), (Kind.INVITE, State.REFUSED), (Kind.INVITE, State.PENDING),
    }  # fmt: skip
    reasons = {item.kind: item.reason for item in items if item.state is State.REFUSED}
    assert reasons == {
        Kind.SAY: OPTED_OUT_MEMBER.format(number="+1 503 •••• 0123", word="STOP"),
        Kind.INVITE: OPTED_OUT.format(number="+1 503 •••• 0123", word="STOP"),
    }


async def test_our_own_words_coming_back_opt_nobody_out(store: Store, bridge: Bridge, session: SessionKey) -> None:
    await hear(store, bridge, session, "STOP", sender="bot@example.com")
    assert notices(store) == []
