"""What is for administrators: the rules, what happened, stopping everything, lifting what stands against a number."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from bot.audit import Record
from bot.grammar import Admin, AdminTopic
from bot.inquiry import Books, NotAsked, find, inquire, read_action, read_whom
from bot.model import ChannelId, Email, Phone, UserId
from bot.people import read_people
from bot.policy import Action
from bot.policy.explaining import Asked, Explanation
from bot.policy.remarks import remarks
from bot.policy.showing import Surroundings
from bot.text import mentions, to_plain
from bot.texts import (
    AUDIT_WHAT,
    CANNOT_CHECK,
    GOES_ON_NEWS,
    LIFT_WHAT,
    LIFTED,
    NOT_LIFTED,
    NOT_STOPPED,
    POLICY_WHAT,
    STOPPED_ALREADY,
    STOPPED_NEWS,
)
from bot.views import Message, audit, hints, policy
from bot.views.blocks import sentence
from bot.workspace import SlackError
from handlers.door import Door
from handlers.orders.finding import SEARCHED, named
from handlers.orders.order import Order

LOOKED_THROUGH = 5000  # rows, the newest, among which somebody is looked for
LONGEST = 900  # characters of why something cannot be tried
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_TEST = re.compile(
    r"test\s+(?P<who><[^>]*>|\S+)\s+(?P<action>\S+)(?:\s+(?P<whom>.*?))??"
    r"(?:\s+in\s+<#(?P<channel>[CGD][A-Z0-9]+)(?:\|[^>]*)?>)?(?P<others>\s+others)?",
    re.IGNORECASE,
)
_BEGINNING = re.compile(r"\+[\d ().-]{2,20}")

Carry = Callable[[Door, Order, str], Awaitable[str | Message]]


async def admin(door: Door, order: Order, command: Admin) -> Message:
    if command.topic is None:
        raise AssertionError("a complete command has a topic")
    if why := await door.against(order.by.user, Action.ADMIN):
        return hints.said(why)
    told = await _CARRY[command.topic](door, order, command.text)
    return hints.said(told) if isinstance(told, str) else told


async def _panic(door: Door, order: Order, why: str) -> str:
    stopped = await door.bridge.stop_everything(order.by, await _plain(door, why))
    return STOPPED_NEWS if stopped else STOPPED_ALREADY


async def _resume(door: Door, order: Order, _text: str) -> str:
    return GOES_ON_NEWS if await door.bridge.go_on(order.by) else NOT_STOPPED


async def _lift(door: Door, order: Order, text: str) -> str:
    digits = digits_in(text, door.house.region)
    if not digits:
        return LIFT_WHAT
    lifted = await door.bridge.lift(digits, order.by)
    return LIFTED.format(what=" and ".join(lifted)) if lifted else NOT_LIFTED


def digits_in(text: str, region: str) -> str:
    """Of a number, or of a beginning of one that was frozen; empty when it is neither."""
    phones = read_people(text, region).phones
    if len(phones) == 1:
        return phones[0].e164.removeprefix("+")
    return re.sub(r"\D", "", text) if _BEGINNING.fullmatch(text.strip()) else ""


async def _audit(door: Door, _order: Order, text: str) -> str | Message:
    """The newest rows, or those about a person, a number, an address or a session."""
    about = text.strip()
    if not about:
        return newest(door)
    chosen = _chosen(door, about, door.read.last_audit(LOOKED_THROUGH))
    return AUDIT_WHAT if chosen is None else _shown(door, f"Audit: {await _plain(door, about)}", chosen)


def newest(door: Door) -> Message:
    """The newest rows of the audit."""
    return _shown(door, "Audit", door.read.last_audit(audit.MOST))


def _shown(door: Door, title: str, records: Sequence[Record]) -> Message:
    rows = audit.rows(records[-audit.MOST :], door.read.session, door.read.about)
    return audit.message(title, rows, door.house.slack_url)


def _chosen(door: Door, text: str, records: Sequence[Record]) -> list[Record] | None:
    """None when it cannot be told whom or what that means."""
    match read_people(text, door.house.region).in_order:
        case [Phone(e164=identity) | Email(address=identity)]:
            subject = door.read.hashed(identity)
            return [record for record in records if subject in record.subject.split()]
        case [str(user)]:
            return [record for record in records if user in {record.who, *record.subject.split()}]
    sessions = door.read.sessions_with_id(text, 2) or named(door.read.newest_sessions(SEARCHED), text.strip('"“”'))
    return door.read.last_audit_of(sessions[0].key, audit.MOST) if len(sessions) == 1 else None


async def _plain(door: Door, text: str) -> str:
    """What was typed, as a person reads it."""
    return to_plain(text, await door.workspace.names(mentions(text)))


async def _policy(door: Door, _order: Order, text: str) -> str | Message:
    """The rules; or what they say of somebody who would do something."""
    if not text.strip():
        return rules(door)
    tried = _TEST.fullmatch(text.strip())
    if tried is None:
        return POLICY_WHAT
    try:
        return policy.verdict_message(await _tried(door, tried))
    except NotAsked as error:
        return sentence(str(error), LONGEST)
    except SlackError:
        return CANNOT_CHECK


def rules(door: Door) -> Message:
    """Who may do what."""
    around = Surroundings(door.house.phones.regions, door.house.confirm_phones)
    return policy.policy_message(door.house.policy, around, remarks(door.house.policy, around))


async def _tried(door: Door, tried: re.Match[str]) -> Explanation:
    who, rest = tried["who"], await _plain(door, tried["whom"] or "")
    mentioned = _MENTION.fullmatch(who)
    user = UserId(mentioned[1]) if mentioned else (await find(door.workspace, await _plain(door, who))).user
    action = read_action(tried["action"])
    phone = read_whom(rest.strip(), action, door.house.region)
    channel = ChannelId(tried["channel"]) if tried["channel"] else None
    asked = Asked(action, phone, channel, own=not tried["others"])
    return await inquire(door.rights, door.house, user, asked, Books(door.read, door.bridge.now()))


_CARRY: Final[Mapping[AdminTopic, Carry]] = {
    AdminTopic.POLICY: _policy,
    AdminTopic.AUDIT: _audit,
    AdminTopic.PANIC: _panic,
    AdminTopic.RESUME: _resume,
    AdminTopic.LIFT: _lift,
}
