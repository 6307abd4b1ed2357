"""May somebody do something, and why? Asked as the running bot would ask, for whoever looks after the policy."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from typing import Final

from bot.bridge import House
from bot.bridge.safeguards import Safeguards
from bot.grammar.nearest import nearest
from bot.model import Phone, Profile, UserId
from bot.people import read_email
from bot.phones import Unreadable, read_phone
from bot.policy import CREATE, Action, decide
from bot.policy.complaints import listed, quoted
from bot.policy.explaining import Asked, Explanation, Hurdles, explain
from bot.policy.words import CREATE_WORD, WHAT_MAY_BE
from bot.rights import COSTLY_SECONDS, Rights
from bot.store import Reads
from bot.workspace import SlackRefused, Workspace

MINUTE: Final = 60.0
BUDGETS: Final = ("for them in a minute", "for them in a day", "for everybody in a day", "for this number in a day")
_USER: Final = re.compile(r"[UW][A-Z0-9]{2,}")
_LIKE_A_PHONE: Final = re.compile(r"[+(]?[(0-9]")

NOBODY: Final = "Slack knows nobody called {typed}. Give an id (U012AB3CD), an e-mail address or a @name."
SEVERAL: Final = "Several people are called {typed}: {listed}. Give the id."
WHO: Final = "{typed} is nobody: give an id (U012AB3CD), an e-mail address or a @name."
NEEDS_NUMBER: Final = "Which number of yours? Give it with + and the country code."


class NotAsked(Exception):
    """What was asked makes no sense as it stands; the message says why."""


class NotReachable(NotAsked):
    """No phone that anybody may reach."""


@dataclass(frozen=True, slots=True)
class Books:
    """What the database knows of budgets, opt-outs and stops, and what time it is."""

    read: Reads
    now: float


async def inquire(rights: Rights, house: House, user: UserId, asked: Asked, books: Books | None) -> Explanation:
    """Raises SlackError when Slack does not say who that is, or what kind of place."""
    subject, place = await asyncio.gather(rights.subject(user, COSTLY_SECONDS), rights.place(asked.channel))
    wishes = [replace(wish, place=place) for wish in asked.wishes]
    verdicts = [(wish, decide(house.policy, subject, wish)) for wish in wishes]
    return explain(house.policy, subject, asked, verdicts, _hurdles(house, user, asked, books))


def _hurdles(house: House, user: UserId, asked: Asked, books: Books | None) -> Hurdles | None:
    phone = asked.reaches
    if phone is None:
        return None
    by_rule = house.phones.refusal(phone, call=asked.action in {Action.CALL, Action.FAX})
    phones = house.policy.phones
    return Hurdles(
        against=tuple(filter(None, [by_rule, _blocked(house, user, phone, books) if books else None])),
        left=_left(house, user, phone, books) if books else (),
        confirms=house.confirm_phones,
        second=phones.second_person,
        minutes=phones.confirm_seconds / MINUTE,
    )


def _blocked(house: House, user: UserId, phone: Phone, books: Books) -> str | None:
    against = Safeguards(house.policy, house.region).against_phones(books.read, user, [phone], books.now)
    return against.reason if against else None


def _left(house: House, user: UserId, phone: Phone, books: Books) -> tuple[str, ...]:
    limits = Safeguards(house.policy, house.region).limits(books.read, user, [phone], books.now)
    return tuple(
        f"{max(0, limit.most - len(limit.done))} of {limit.most} {whose}"
        for limit, whose in zip(limits, BUDGETS, strict=True)
    )


async def find(workspace: Workspace, typed: str) -> Profile:
    """Who is meant by an id, an e-mail address or a @name. Raises NotAsked, SlackError."""
    if _USER.fullmatch(typed):
        return await _by_id(workspace, UserId(typed))
    if "@" in typed[1:]:
        return await _by_email(workspace, typed)
    if not typed.startswith("@") or not typed[1:]:
        raise NotAsked(WHO.format(typed=quoted(typed)))
    match await workspace.called(typed[1:]):
        case []:
            raise NotAsked(NOBODY.format(typed=quoted(typed)))
        case [profile]:
            return profile
        case several:
            people = listed([f"{profile.user} ({quoted(profile.name)[1:-1]})" for profile in several], "and")
            raise NotAsked(SEVERAL.format(typed=quoted(typed), listed=people))


async def _by_id(workspace: Workspace, user: UserId) -> Profile:
    try:
        return await workspace.profile(user)
    except SlackRefused as error:
        if error.code not in {"user_not_found", "user_not_visible"}:
            raise
        raise NotAsked(NOBODY.format(typed=quoted(user))) from None


async def _by_email(workspace: Workspace, typed: str) -> Profile:
    email = read_email(typed)
    if isinstance(email, Unreadable):
        raise NotAsked(email.why)
    profile = await workspace.with_email(email.address)
    if profile is None:
        raise NotAsked(NOBODY.format(typed=quoted(typed)))
    return profile


def read_action(typed: str) -> Action:
    """Raises NotAsked."""
    word = typed.strip().lower()
    if word in set(Action):
        return Action(word)
    if word == CREATE_WORD:
        raise NotAsked(f"“{CREATE_WORD}” is {listed(sorted(CREATE), 'and')}. Ask about one of them.")
    near = nearest(word, Action)
    guess = f" Did you mean “{near}”?" if near else ""
    raise NotAsked(f"{quoted(typed)} is no action.{guess} {WHAT_MAY_BE}")


def read_whom(typed: str, action: Action, region: str) -> Phone | None:
    """None for somebody who has no number: they change nothing. Raises NotAsked, NotReachable."""
    if not _LIKE_A_PHONE.match(typed):
        if action is Action.NUMBER and typed:
            raise NotAsked(NEEDS_NUMBER)
        return None
    phone = read_phone(typed, region)
    if isinstance(phone, Unreadable):
        raise NotReachable(phone.why)
    return phone
