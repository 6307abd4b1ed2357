# ruff: noqa: E501 - a row of a table is a line
"""May this person do this here? Every rule of the decision, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model import ChannelId, Email, NewSessionRequest, Profile, SessionType, TeamId, UserId
from bot.policy import (
    Action,
    Place,
    PlaceKind,
    Policy,
    Role,
    Rule,
    Subject,
    Verdict,
    Where,
    Who,
    Wish,
    decide,
    default_policy,
    is_admin,
    is_refusal,
    wishes,
)
from bot.texts import GUEST, GUEST_WRITES, NO_PERSON, OUTSIDER

HOME = TeamId("T1")


def somebody(
    user: str = "U1", *, home: bool = True, groups: dict[str, bool | None] | None = None, **about: Any
) -> Subject:
    profile = Profile(UserId(user), HOME if home else TeamId("T2"), "Ana", about.pop("email", "ana@acme.com"), **about)
    return Subject(profile, home, groups or {})


MEMBER = somebody()
OWNER = somebody("UOWNER", owner=True)
ADMIN = somebody("UADMIN")
GUEST_ = somebody("UGUEST", guest=True)
PARTNER = somebody("UPARTNER", home=False)
STRANGER = somebody("USTRANGER", home=False, stranger=True)
BOT = somebody("UBOT2", bot=True)
GONE = somebody("UGONE", deleted=True)

PUBLIC = Place(ChannelId("C1"), PlaceKind.PUBLIC)
PRIVATE = Place(ChannelId("C2"), PlaceKind.PRIVATE)
DIRECT = Place(ChannelId("D1"), PlaceKind.DIRECT)
GROUP = Place(ChannelId("G1"), PlaceKind.GROUP)
SHARED = Place(ChannelId("C3"), PlaceKind.SHARED)
PLACES = (PUBLIC, PRIVATE, DIRECT, GROUP, SHARED)

USUAL = replace(default_policy(), admins=Who(users=frozenset({"UADMIN"})))

WISHES = {
    "reply": Wish(Action.REPLY),
    "create": Wish(Action.CHAT),
    "invite": Wish(Action.INVITE),
    "phone": Wish(Action.PHONE, region="US"),
    "end another's": Wish(Action.END, own=False),
    "admin": Wish(Action.ADMIN),
}

# Who: what they may in public, private, direct, group and shared conversations, in this order. + may, - may not.
MATRIX = """
                 reply  create invite phone  end another's  admin
member           ++++-  ++++-  ++++-  ++++-  -----          -----
owner            ++++-  ++++-  ++++-  ++++-  ++++-          -----
policy admin     ++++-  ++++-  ++++-  ++++-  ++++-          ++++-
guest            -----  -----  -----  -----  -----          -----
partner          -----  -----  -----  -----  -----          -----
stranger         -----  -----  -----  -----  -----          -----
bot              -----  -----  -----  -----  -----          -----
deactivated      -----  -----  -----  -----  -----          -----
"""
KINDS = {
    "member": MEMBER, "owner": OWNER, "policy admin": ADMIN, "guest": GUEST_, "partner": PARTNER,
    "stranger": STRANGER, "bot": BOT, "deactivated": GONE,
}  # fmt: skip


def cells() -> list[tuple[str, str, Place, bool]]:
    found = []
    for line in MATRIX.strip().splitlines()[1:]:
        kind, signs = line[:17].strip(), line[17:].split()
        for wish, row in zip(WISHES, signs, strict=True):
            found += [(kind, wish, place, sign == "+") for place, sign in zip(PLACES, row, strict=True)]
    return found


def test_what_holds_where_nobody_has_said_anything_else() -> None:
    """8 kinds of people × 6 actions × 5 kinds of conversations."""
    table = cells()
    assert len(table) == 240
    said = [(kind, wish, place, decide(USUAL, KINDS[kind], replace(WISHES[wish], place=place)).allowed)
            for kind, wish, place, _ in table]  # fmt: skip
    assert said == table


def test_everybody_ends_their_own() -> None:
    assert decide(USUAL, MEMBER, Wish(Action.END, PUBLIC, own=True)) == Verdict(
        allowed=True, rule="who opened a session ends it"
    )


def policy(*rules: Rule, **more: Any) -> Policy:
    return Policy(rules=rules, **more)


def allow(what: Action, name: str = "a", **how: Any) -> Rule:
    return Rule(name, allows=True, who=how.pop("who", Who(frozenset({Role.MEMBERS}))), what=frozenset({what}), **how)


def deny(what: Action, name: str = "d", **how: Any) -> Rule:
    return replace(allow(what, name, **how), allows=False)


def users(*ids: str) -> Who:
    return Who(users=frozenset(ids))


def groups(*names: str) -> Who:
    return Who(groups=frozenset(names))


REPLY = Wish(Action.REPLY, PUBLIC)
IN_GROUP = replace(MEMBER, groups={"sales": True})
NOT_IN_GROUP = replace(MEMBER, groups={"sales": False})
NOBODY_KNOWS = replace(MEMBER, groups={"sales": None})
EVERYBODY = Who(frozenset({Role.EVERYONE}))
IN_SHARED = Where(kinds=frozenset({PlaceKind.SHARED}))
IN_C3 = Where(channels=frozenset({"C3"}))
AMERICA, CANADA, OURS = frozenset({"US"}), frozenset({"CA"}), frozenset({"+15035550100"})
IN_C1 = Where(channels=frozenset({"C1"}))


@pytest.mark.parametrize(
    ("rules", "who", "wish", "allowed", "rule"),
    [
        # What denies wins, wherever it stands.
        ([allow(Action.REPLY), deny(Action.REPLY, who=users("U1"))], MEMBER, REPLY, False, "d"),
        ([deny(Action.REPLY, who=users("U2")), allow(Action.REPLY)], MEMBER, REPLY, True, "a"),
        ([allow(Action.REPLY, who=users("U1")), deny(Action.REPLY, who=EVERYBODY)], MEMBER, REPLY, False, "d"),
        # A rule is about its actions only.
        ([allow(Action.SEE)], MEMBER, REPLY, False, ""),
        ([allow(Action.REPLY), deny(Action.SEE)], MEMBER, REPLY, True, "a"),
        # Who: by id, by address in any case, by role.
        ([allow(Action.REPLY, who=users("U1"))], MEMBER, REPLY, True, "a"),
        ([allow(Action.REPLY, who=Who(emails=frozenset({"ana@acme.com"})))], somebody(email="Ana@Acme.com"), REPLY, True, "a"),
        ([allow(Action.REPLY, who=Who(emails=frozenset({""})))], somebody(email=None), REPLY, False, ""),
        ([allow(Action.REPLY, who=Who(emails=frozenset({"ana@acme.com"})))], PARTNER, REPLY, False, ""),  # who says so?
        ([allow(Action.REPLY, who=Who(frozenset({Role.PARTNERS}))), deny(Action.REPLY, who=Who(emails=frozenset({"ana@acme.com"})))], PARTNER, REPLY, False, "d"),
        ([allow(Action.REPLY, who=Who(frozenset({Role.OWNERS})))], OWNER, REPLY, True, "a"),
        ([allow(Action.REPLY, who=Who(frozenset({Role.OWNERS})))], MEMBER, REPLY, False, ""),
        # Groups: in doubt, what allows does not and what denies does.
        ([allow(Action.REPLY, who=groups("sales"))], IN_GROUP, REPLY, True, "a"),
        ([allow(Action.REPLY, who=groups("sales"))], NOT_IN_GROUP, REPLY, False, ""),
        ([allow(Action.REPLY, who=groups("sales"))], NOBODY_KNOWS, REPLY, False, ""),
        ([allow(Action.REPLY), deny(Action.REPLY, who=groups("sales"))], IN_GROUP, REPLY, False, "d"),
        ([allow(Action.REPLY), deny(Action.REPLY, who=groups("sales"))], NOT_IN_GROUP, REPLY, True, "a"),
        ([allow(Action.REPLY), deny(Action.REPLY, who=groups("sales"))], NOBODY_KNOWS, REPLY, False, "d"),
        # Guests, partners and bots must be named, or spoken of; a group does not name them, and deactivated is nobody.
        ([allow(Action.REPLY, who=groups("sales"))], replace(GUEST_, groups={"sales": True}), REPLY, False, ""),
        ([allow(Action.REPLY, who=users("UGUEST"))], GUEST_, REPLY, True, "a"),
        ([allow(Action.REPLY, who=Who(frozenset({Role.GUESTS})))], GUEST_, REPLY, True, "a"),
        ([allow(Action.REPLY, who=Who(frozenset({Role.GUESTS})))], PARTNER, REPLY, False, ""),
        ([allow(Action.REPLY, who=Who(frozenset({Role.PARTNERS})))], PARTNER, REPLY, True, "a"),
        ([allow(Action.REPLY, who=Who(frozenset({Role.PARTNERS})))], STRANGER, REPLY, True, "a"),
        ([allow(Action.REPLY, who=Who(frozenset({Role.BOTS})))], BOT, REPLY, True, "a"),
        ([allow(Action.REPLY, who=users("UGONE"))], GONE, REPLY, False, ""),
        ([allow(Action.REPLY, who=Who(frozenset({Role.CREATOR})))], GUEST_, REPLY, False, ""),
        ([allow(Action.REPLY), deny(Action.REPLY, who=groups("sales"))], replace(GUEST_, groups={"sales": True}), REPLY, False, "d"),
        # Where: what is shared must be listed, as a kind or by its id.
        ([allow(Action.REPLY)], MEMBER, replace(REPLY, place=SHARED), False, ""),
        ([allow(Action.REPLY, where=IN_SHARED)], MEMBER, replace(REPLY, place=SHARED), True, "a"),
        ([allow(Action.REPLY, where=IN_C3)], MEMBER, replace(REPLY, place=SHARED), True, "a"),
        ([allow(Action.REPLY, where=IN_C3)], MEMBER, REPLY, False, ""),
        ([allow(Action.REPLY), deny(Action.REPLY, where=IN_C1)], MEMBER, REPLY, False, "d"),
        ([allow(Action.REPLY), deny(Action.REPLY, where=IN_C1)], MEMBER, replace(REPLY, place=PRIVATE), True, "a"),
        ([allow(Action.REPLY, where=IN_SHARED), deny(Action.REPLY)], MEMBER, replace(REPLY, place=SHARED), False, "d"),
        # Of no place in particular: what may be somewhere may be.
        ([allow(Action.SEE, where=IN_C1)], MEMBER, Wish(Action.SEE), True, "a"),
        ([allow(Action.SEE), deny(Action.SEE, where=IN_C1)], MEMBER, Wish(Action.SEE), True, "a"),
        ([allow(Action.SEE), deny(Action.SEE)], MEMBER, Wish(Action.SEE), False, "d"),
        # Countries of phones, senders of ours.
        ([allow(Action.PHONE, regions=AMERICA)], MEMBER, Wish(Action.PHONE, PUBLIC, region="US"), True, "a"),
        ([allow(Action.PHONE, regions=AMERICA)], MEMBER, Wish(Action.PHONE, PUBLIC, region="CA"), False, ""),
        ([allow(Action.PHONE), deny(Action.PHONE, regions=CANADA)], MEMBER, Wish(Action.PHONE, PUBLIC, region="CA"), False, "d"),
        ([allow(Action.NUMBER, numbers=OURS)], MEMBER, Wish(Action.NUMBER, PUBLIC, number="+15035550100"), True, "a"),
        ([allow(Action.NUMBER, numbers=OURS)], MEMBER, Wish(Action.NUMBER, PUBLIC, number="+15035550101"), False, ""),
        ([allow(Action.PHONE), deny(Action.PHONE, regions=CANADA)], MEMBER, Wish(Action.PHONE), True, "a"),
        # Nothing said, nothing allowed.
        ([], MEMBER, REPLY, False, ""),
        ([], ADMIN, Wish(Action.ADMIN, PUBLIC), False, ""),
    ],
)  # fmt: skip
def test_a_rule(rules: list[Rule], who: Subject, wish: Wish, allowed: bool, rule: str) -> None:
    verdict = decide(policy(*rules), who, wish)
    assert (verdict.allowed, verdict.rule) == (allowed, rule)


def test_administrators_are_the_listed_ones() -> None:
    by_group = policy(admins=groups("chiefs"))
    assert is_admin(USUAL, ADMIN)
    assert not is_admin(USUAL, OWNER)
    assert is_admin(by_group, replace(MEMBER, groups={"chiefs": True}))
    assert not is_admin(by_group, replace(MEMBER, groups={"chiefs": None}))
    assert not is_admin(by_group, replace(GUEST_, groups={"chiefs": True}))


@pytest.mark.parametrize(
    ("rules", "who", "wish", "why"),
    [
        ([deny(Action.REPLY, "no sales", who=users("U1"))], MEMBER, REPLY, "The rule “no sales” forbids you to write to sessions here."),
        ([], MEMBER, REPLY, "No rule of this workspace's policy allows you to write to sessions here."),
        ([], MEMBER, Wish(Action.REPLY), "No rule of this workspace's policy allows you to write to sessions."),
        (
            [allow(Action.REPLY)], MEMBER, replace(REPLY, place=SHARED),
            "No rule of this workspace's policy allows you to write to sessions in a channel that is shared with another organization.",
        ),
        (
            [allow(Action.END, "own ones", who=Who(frozenset({Role.CREATOR})))], MEMBER, Wish(Action.END, PUBLIC, own=False),
            "You may end sessions only where you opened the session yourself: the rule “own ones”.",
        ),
        (
            [allow(Action.REPLY, "sales talk", who=groups("sales"))], NOBODY_KNOWS, REPLY,
            "The rule “sales talk” depends on a user group, and Slack did not say who is in it.",
        ),
        ([], MEMBER, Wish(Action.ADMIN), "Only administrators may do this. The policy file lists them under [admins]."),
        ([], GUEST_, REPLY, GUEST_WRITES),
        ([deny(Action.REPLY, who=EVERYBODY)], GUEST_, REPLY, GUEST_WRITES),
        ([], GUEST_, Wish(Action.SEE), GUEST),
        ([], PARTNER, REPLY, OUTSIDER),
        ([], STRANGER, REPLY, OUTSIDER),
        ([], BOT, REPLY, NO_PERSON),
        ([], GONE, REPLY, NO_PERSON),
    ],
)  # fmt: skip
def test_a_refusal_names_what_decided(rules: list[Rule], who: Subject, wish: Wish, why: str) -> None:
    assert decide(policy(*rules), who, wish).why == why
    assert is_refusal(why) is not why.endswith("Slack did not say who is in it.")  # which may be said the next time


def test_where_sessions_may_be_shown_although_others_see_it() -> None:
    assert not USUAL.opens(ChannelId("C3"))
    assert policy(allow(Action.SEE, where=IN_C3)).opens(ChannelId("C3"))
    assert policy(allow(Action.SEE, where=IN_SHARED)).opens(ChannelId("C9"))
    assert not policy(allow(Action.REPLY, where=IN_C3)).opens(ChannelId("C3"))


def test_an_address_at_an_end_of_a_session_is_somebody_who_is_invited() -> None:
    asked = NewSessionRequest(SessionType.CHAT, "x", to_address=Email("joe@acme.com"))
    assert [wish.action for wish in wishes.of_request(asked)] == [Action.CHAT, Action.INVITE]
