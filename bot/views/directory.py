"""The list of people and teams that a chat can start with, as Slack wants options: at most 100, in groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.model import Contact
from bot.text import clean
from bot.views.blocks import LABEL, VALUE, option, plain

MOST = 100
TYPED = re.compile(r"(?:user|team):\S+")
NO_OPTIONS: dict[str, Any] = {"options": []}


def options(contacts: Sequence[Contact], query: str) -> dict[str, Any]:
    """The answer to a list being opened or searched. An address typed in full is offered by itself, first."""
    groups: dict[str, list[dict[str, Any]]] = {}
    typed = _typed(query)
    offered = ([Contact(typed, typed, "As typed")] if typed else []) + [c for c in contacts if c.address != typed]
    for contact in [contact for contact in offered if _fits(contact)][:MOST]:
        groups.setdefault(contact.group, []).append(option(contact.label, contact.address))
    made = [{"label": plain(group, LABEL), "options": listed} for group, listed in groups.items()]
    return {"option_groups": made} if made else NO_OPTIONS


def _typed(query: str) -> str:
    typed = clean(query).strip()
    return typed if TYPED.fullmatch(typed) else ""


def _fits(contact: Contact) -> bool:
    """An address cannot be shortened: it would be somebody else's."""
    return 0 < len(contact.address) <= VALUE
