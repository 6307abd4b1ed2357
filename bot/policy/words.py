"""The words of a policy file: of whom, what and where rules speak. Each is read alone, or a sentence says why not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, TypeVar

import phonenumbers

from bot.people import read_email
from bot.phones import Unreadable, country_name
from bot.policy.complaints import listed, meant, quoted
from bot.policy.model import CREATE, Action, LineType, PlaceKind, Role, Where, Who

CREATE_WORD: Final = "create"  # chat, call and fax
EVERYTHING: Final = "everything"
LONGEST_HANDLE: Final = 80

_ID: Final = r"(?=[A-Z0-9]*[0-9])[A-Z0-9]{1,30}|[A-Z0-9]{8,30}"  # a short one has a digit, or it is a name in capitals
_PERSON: Final = re.compile(rf"[UW](?:{_ID})")
_GROUP: Final = re.compile(rf"S(?:{_ID})")
_CHANNEL: Final = re.compile(rf"[CGD](?:{_ID})")
_HANDLE: Final = re.compile(rf"@[^\s@#<>,;:!?|&]{{1,{LONGEST_HANDLE}}}")
_MENTION: Final = re.compile(r"<[@#!](?:subteam\^)?([A-Z0-9]+)(?:\|[^>]*)?>")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")

ROLES: Final = tuple(Role)
ADMIN_ROLES: Final = (Role.OWNERS,)
# What is done to one session, whose creator is looked at when it is done. All else is asked of nobody's in particular.
OF_A_SESSION: Final = frozenset({Action.REPLY, Action.REMOVE, Action.HOLD, Action.LINK, Action.END})

PERSON_ID: Final = "In Slack their id stands in their profile, under ⋮, “Copy member ID”."
CHANNEL_ID: Final = "In Slack its id stands at the very end of the channel's details."
WHO_MAY_BE: Final = (
    f"It may be {listed(ROLES)}; the id of a person (U012AB3CD) or of a user group (S012AB3CD); an e-mail address; "
    "or a user group's @handle."
)
WHAT_MAY_BE: Final = f"It may be {listed([*Action, CREATE_WORD, EVERYTHING])}."
WHERE_MAY_BE: Final = f"It may be {listed(PlaceKind)}, or the id of a channel (C012AB3CD)."

E = TypeVar("E", bound=StrEnum)


class Wrong(Exception):
    """This word cannot stand there; the sentence says why."""


# --- who --------------------------------------------------------------------------------------------------------------


def together(each: Iterable[Who]) -> Who:
    each = list(each)
    return Who(
        frozenset().union(*(one.roles for one in each)),
        frozenset().union(*(one.users for one in each)),
        frozenset().union(*(one.emails for one in each)),
        frozenset().union(*(one.groups for one in each)),
    )


def is_group_id(group: str) -> bool:
    """Else it is a handle, without @."""
    return _GROUP.fullmatch(group) is not None


def read_one(word: str) -> Who:
    """Raises Wrong."""
    if word in set(Role):
        return Who(roles=frozenset({Role(word)}))
    if _PERSON.fullmatch(word):
        return Who(users=frozenset({word}))
    if _GROUP.fullmatch(word):
        return Who(groups=frozenset({word}))
    if _HANDLE.fullmatch(word):
        return Who(groups=frozenset({word[1:].casefold()}))
    if "@" in word[1:] and not _MENTION.fullmatch(word):
        return Who(emails=frozenset({_email(word).casefold()}))
    raise Wrong(_nobody(word))


def _email(word: str) -> str:
    found = read_email(word)
    if word.startswith("@"):
        raise Wrong(f"{quoted(word)} is half a @handle and half an e-mail address. {WHO_MAY_BE}")
    if isinstance(found, Unreadable) or found.address.casefold() != word.casefold():
        why = found.why if isinstance(found, Unreadable) else f"{quoted(word)} must be an e-mail address alone."
        raise Wrong(why)
    return found.address


def _nobody(word: str) -> str:
    if mention := _MENTION.fullmatch(word):
        return f"{quoted(word)} is how a mention looks inside Slack's messages. Write {mention[1]}."
    if word.startswith("#") or _CHANNEL.fullmatch(word):
        return f"{quoted(word)} is a channel, and who lists people. Write its id into where."
    if guess := meant(word, Role):
        return f"{quoted(word)} is no kind of people.{guess} {WHO_MAY_BE}"
    return (
        f"{quoted(word)} is neither a kind of people nor an id. Names are not unique, so people are listed by id or "
        f"e-mail address. {PERSON_ID} {WHO_MAY_BE}"
    )


def against_role(role: Role, what: Iterable[Action], *, allows: bool) -> str | None:
    """Why a rule about this may not speak of such people."""
    if role is Role.EVERYONE and allows:
        return "“everyone” can be forbidden something, not allowed it. List guests, partners or bots by their kinds."
    others = [f"“{action}”" for action in Action if action in what and action not in OF_A_SESSION]
    if role is Role.CREATOR and others:
        can = listed([action for action in Action if action in OF_A_SESSION], "and")
        return f"“creator” can be said of {can}, not of {listed(others)}. Make another rule for the rest."
    return None


def against_admin_role(role: Role) -> str | None:
    if role in ADMIN_ROLES:
        return None
    return f"“{role}” cannot be administrators. List people by id or e-mail address, user groups, or owners."


# --- what and where ---------------------------------------------------------------------------------------------------


def read_action(word: str) -> frozenset[Action]:
    """Raises Wrong."""
    if word == CREATE_WORD:
        return CREATE
    if word == EVERYTHING:
        return frozenset(Action)
    return frozenset({_member(Action, word, "action", WHAT_MAY_BE, CREATE_WORD, EVERYTHING)})


def read_place(word: str) -> Where:
    """Raises Wrong."""
    if _CHANNEL.fullmatch(word):
        return Where(channels=frozenset({word}))
    if word.startswith("#"):
        raise Wrong(f"{quoted(word)} is a channel's name, which can change. Write its id. {CHANNEL_ID}")
    if mention := _MENTION.fullmatch(word):
        raise Wrong(f"{quoted(word)} is how a mention looks inside Slack's messages. Write {mention[1]}.")
    return Where(kinds=frozenset({_member(PlaceKind, word, "kind of place", f"{WHERE_MAY_BE} {CHANNEL_ID}")}))


def read_line_type(word: str) -> LineType:
    """Raises Wrong."""
    if word in {"mobile", "fixed-or-mobile"}:
        raise Wrong(f"“{word}” phones are open already. kinds opens {listed(LineType, 'and')} besides.")
    return _member(LineType, word, "kind of telephone number", f"It may be {listed(LineType)}.")


def _member(kind: type[E], word: str, name: str, may_be: str, *others: str) -> E:
    try:
        return kind(word)
    except ValueError:
        raise Wrong(f"{quoted(word)} is no {name}.{meant(word, [*kind, *others])} {may_be}") from None


# --- phones -----------------------------------------------------------------------------------------------------------


def read_region(word: str) -> str:
    """A country's code, in capitals. Raises Wrong."""
    if word.upper() in phonenumbers.SUPPORTED_REGIONS:
        return word.upper()
    named = {country_name(region).casefold(): region for region in phonenumbers.SUPPORTED_REGIONS} | {"uk": "GB"}
    known = named.get(word.strip().casefold())
    help_ = f" {country_name(known)} is {known}." if known else ""
    raise Wrong(f"{quoted(word)} is no country code.{help_} A code has two letters, such as US or GB.")


def read_number(word: str) -> str:
    """One of our own numbers. Raises Wrong."""
    digits = "+" + re.sub(r"[^0-9]", "", word)
    if _E164.fullmatch(word) and _is_somewhere(word):
        return word
    likely = word.strip().startswith("+") and _E164.fullmatch(digits) and _is_somewhere(digits) and digits != word
    guess = f" Did you mean “{digits}”?" if likely else ""
    raise Wrong(
        f"{quoted(word)} is no telephone number as it must be written here: + and the country code, then digits "
        f"alone, such as +15035550123.{guess}"
    )


def _is_somewhere(e164: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(e164, None))
    except phonenumbers.NumberParseException:
        return False
