"""The lists to choose from in a form, as Slack wants options: at most 100, in groups. What is typed in full can be
chosen, too, where nobody can say that it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from bot.evo import is_safe_id
from bot.model import Contact, Customer, Life, OwnNumber, Phone, Session
from bot.phones import read_phone
from bot.text import clean
from bot.views.blocks import LABEL, VALUE, option, plain

MOST = 100
TYPED = re.compile(r"(?:user|team):[^\s+]\S*")
AS_TYPED = "As typed"
DIGIT = re.compile(r"[0-9]")
SHORTEST_ID = 6
NO_OPTIONS: dict[str, Any] = {"options": []}

Choice = tuple[str, str, str]  # group, label, value


def options(contacts: Sequence[Contact], query: str) -> dict[str, Any]:
    """People and teams that a chat can start with. An address typed in full is offered by itself, first."""
    typed = _typed(query)
    listed = [(contact.group, contact.label, contact.address) for contact in contacts if contact.address != typed]
    return _grouped([(AS_TYPED, typed, typed)] if typed else [], listed)


def number_options(numbers: Sequence[OwnNumber], query: str, region: str, *, whole: bool) -> dict[str, Any]:
    """Our own numbers. A typed one is offered only where the list is not known to be whole."""
    typed = None if whole else read_phone(query, region)
    own = [(AS_TYPED, typed.e164, typed.e164)] if isinstance(typed, Phone) else []
    return _grouped(own, [("Numbers", f"{one.label} {one.phone.e164}", one.phone.e164) for one in numbers])


def customer_options(customers: Sequence[Customer], query: str, *, whole: bool) -> dict[str, Any]:
    """Customers. A typed id is offered only where the list is not known to be whole."""
    listed = [("Customers", one.label, one.id) for one in customers]
    return _grouped([] if whole else _typed_id(query), listed)


def session_options(sessions: Iterable[Session], query: str, *, typed: str | None = None) -> dict[str, Any]:
    """Sessions by name, and an id that was typed; `typed`: what counts as that, when it is not the query."""
    words = clean(query).casefold().split()
    listed = [
        (str(session.type), _label(session), str(session.evo_id))
        for session in sessions
        if session.evo_id and all(word in f"{session.name} {session.evo_id}".casefold() for word in words)
    ]
    ident = query.strip() if typed is None else typed
    known = any(value == ident for _, _, value in listed)
    return _grouped([] if known else _typed_id(ident), listed)


def _label(session: Session) -> str:
    return f"{session.name} (ended)" if session.life is Life.ENDED else session.name


def _grouped(first: list[Choice], listed: list[Choice]) -> dict[str, Any]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for group, label, value in [choice for choice in (*first, *listed) if _fits(choice[2])][:MOST]:
        groups.setdefault(group, []).append(option(label, value))
    made = [{"label": plain(group, LABEL), "options": offered} for group, offered in groups.items()]
    return {"option_groups": made} if made else NO_OPTIONS


def _typed_id(query: str) -> list[Choice]:
    """Words that are searched for are no id: Evo Voice's have digits."""
    typed = clean(query).strip()
    is_id = is_safe_id(typed) and len(typed) >= SHORTEST_ID and DIGIT.search(typed)
    return [(AS_TYPED, typed, typed)] if is_id else []


def _typed(query: str) -> str:
    typed = clean(query).strip()
    return typed if TYPED.fullmatch(typed) else ""


def _fits(value: str) -> bool:
    """An address cannot be shortened: it would be somebody else's."""
    return 0 < len(value) <= VALUE
