"""Who was meant: e-mail addresses and phone numbers, as people type them. Pure.

Identity fails closed: what is not surely one person becomes an `Unreadable` with a sentence, never a guess. The numbers
among them are read by bot/phones.py.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from typing import TYPE_CHECKING, Final

from bot.model import Email, Phone, UserId
from bot.phones import Unreadable, read_phone, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class People:
    """The people in a text, each once, in the order they were typed, and what could not be read as people."""

    emails: tuple[Email, ...]
    phones: tuple[Phone, ...]
    slack_users: tuple[UserId, ...]
    unreadable: tuple[Unreadable, ...]
    in_order: tuple[Email | Phone | UserId, ...]


_Person = Email | Phone | UserId


# --- e-mail addresses -------------------------------------------------------------------------------------------------

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"(?P<local>{_ATOM}(?:\.{_ATOM})*+)@(?P<domain>(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9])"
)
_LONGEST_ADDRESS: Final = 254  # RFC 5321, by way of its erratum 1690
_LONGEST_LOCAL: Final = 64


def read_email(text: str) -> Email | Unreadable:
    """One e-mail address: an ASCII addr-spec of RFC 5322 without quotes or comments, at a domain with a dot.

    No display names, and no letters that only look like Latin ones. The part before @ is kept as typed.
    """
    typed = text.strip()
    address = typed[7:] if typed[:7].lower() == "mailto:" else typed
    if len(address) > _LONGEST_ADDRESS:
        return unreadable(text, "is too long for an e-mail address.")
    found = _ADDRESS.fullmatch(address)
    if not found or len(found["local"]) > _LONGEST_LOCAL:
        return unreadable(text, f"is not an e-mail address.{_odd_letter(address)}")
    return Email(f"{found['local']}@{found['domain'].lower()}")


def _odd_letter(address: str) -> str:
    odd = next((char for char in address if not char.isascii()), "")
    if not odd:
        return ""
    name = unicodedata.name(odd, f"U+{ord(odd):04X}").lower()
    return f" It contains “{odd}” ({name})." if odd.isprintable() else f" It contains an invisible character ({name})."


# --- lists of people --------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"<([^<>]++)>")
_USER = re.compile(r"@[UW][A-Z0-9]+")
_NO_PERSON = re.compile(r"[@#!]|[a-z][a-z0-9+.-]*+:", re.IGNORECASE)
_ENTITY = re.compile("&(amp|lt|gt);")
_SIGNS: Final = {"amp": "&", "lt": "<", "gt": ">"}
# A comma or semicolon that waits before an extension ("503 555 0123,,12#", ", ext 5", ";ext=5") parts no people.
_BREAK = re.compile(
    r"(?P<pause>(?<=[0-9)])(?:,,+[0-9]{1,7}#?|,[0-9]{1,7}#|[,;]\s*+(?:extension|extn?|x)[.:=]?\s*+[0-9]{1,7})(?![0-9]))"
    r"|[,;，；、\r\n]",
    re.IGNORECASE,
)
_TEL = re.compile(r"\btel:\s++", re.IGNORECASE)
_NUMBER_SIGNS: Final = frozenset("+()-./")
_EXTENSION_WORDS: Final = frozenset({"x", "x.", "ext", "ext.", "ext:", "extn", "extension"})
_ENDS: Final = ".!?"
_AROUND_ADDRESS: Final = "<>()[]\"'“”‘’:"


def read_people(text: str, region: str) -> People:
    """Everybody in a text as people type it, or as Slack escapes it; national phone numbers in `region`.

    Commas, semicolons, new lines and "and" part people; spaces do where there is no doubt ("ana@x.com joe@y.com").
    Duplicates (the same number, the same address in any case) are left out.
    """
    found = tuple(_read_all(text, region))
    people = _first_of_each(one for one in found if not isinstance(one, Unreadable))
    return People(
        emails=tuple(one for one in people if isinstance(one, Email)),
        phones=tuple(one for one in people if isinstance(one, Phone)),
        slack_users=tuple(one for one in people if isinstance(one, str)),
        unreadable=tuple(one for one in found if isinstance(one, Unreadable)),
        in_order=people,
    )


def _first_of_each(found: Iterable[_Person]) -> tuple[_Person, ...]:
    first: dict[str, _Person] = {}
    for one in found:
        first.setdefault(_key(one), one)
    return tuple(first.values())


def _key(one: _Person) -> str:
    match one:
        case Email():
            return one.address.casefold()
        case Phone():
            return one.e164
    return one


def _read_all(text: str, region: str) -> Iterator[_Person | Unreadable]:
    at = 0
    for found in _TOKEN.finditer(text):
        yield from _read_plain(text[at : found.start()], region)
        yield from _read_token(found[1], region)
        at = found.end()
    yield from _read_plain(text[at:], region)


def _read_token(token: str, region: str) -> Iterator[_Person | Unreadable]:
    """What Slack makes of a mention, a number or an address; its target counts, not the label."""
    target, _, label = (_unescape(part) for part in token.partition("|"))
    if _USER.fullmatch(target):
        yield UserId(target[1:])
    elif target.lower().startswith("tel:"):
        yield read_phone(target, region)
    elif target.lower().startswith("mailto:"):
        yield read_email(target.partition("?")[0])
    elif _NO_PERSON.match(target):
        yield unreadable(label or "This mention", "is not a person. Give an e-mail address or a phone number.")
    else:
        yield from _read_plain(token, region)  # "Ana <ana@x.com>", typed where Slack does not escape


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda m: _SIGNS[m[1]], text)


def _read_plain(text: str, region: str) -> Iterator[_Person | Unreadable]:
    for part in _parts(_unescape(text)):
        words = _TEL.sub("tel:", part).split()
        for kind, run in groupby(words, _kind):
            yield from _read_run(kind, list(run), region)


def _parts(text: str) -> Iterator[str]:
    at = 0
    for found in _BREAK.finditer(text):
        if found["pause"] is None:
            yield text[at : found.start()]
            at = found.end()
    yield text[at:]


class _Kind(Enum):
    """What a word may belong to."""

    EMAIL = auto()
    PHONE = auto()
    AND = auto()
    OTHER = auto()


def _kind(word: str) -> _Kind:
    if "@" in word:
        return _Kind.EMAIL
    if any(char.isdigit() for char in word) or _NUMBER_SIGNS.issuperset(word) or word.lower() in _EXTENSION_WORDS:
        return _Kind.PHONE
    return _Kind.OTHER if any(char.isalnum() for char in word) and word.lower() != "and" else _Kind.AND


def _read_run(kind: _Kind, words: list[str], region: str) -> Iterator[_Person | Unreadable]:
    match kind:
        case _Kind.EMAIL:
            yield from (read_email(word.rstrip(_ENDS).strip(_AROUND_ADDRESS).rstrip(_ENDS)) for word in words)
        case _Kind.PHONE:
            for number in _numbers(words):
                yield from _read_number(number, region)
        case _Kind.OTHER:
            yield unreadable(" ".join(words), "is neither an e-mail address nor a phone number.")
        case _Kind.AND:
            return


def _numbers(words: list[str]) -> Iterator[list[str]]:
    """A new number begins at each "+"; signs before the first digit are a list's bullets."""
    run: list[str] = []
    for word in words:
        if word.lower().removeprefix("tel:").lstrip("(").startswith("+") and run:
            yield run
            run = []
        if run or word.strip("-./"):
            run.append(word)
    if run:
        yield run


def _read_number(words: list[str], region: str) -> Iterator[Phone | Unreadable]:
    """The words as one number; or as one each, when they are numbers only so."""
    whole = read_phone(" ".join(words), region)
    each = [whole] if isinstance(whole, Phone) else [read_phone(word, region) for word in words]
    yield from each if all(isinstance(one, Phone) for one in each) else [whole]
