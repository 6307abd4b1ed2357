"""The question before money is spent: which numbers, what it costs, who will see it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.model import Phone, SessionType
from bot.phones import show_phone
from bot.views import View
from bot.views.blocks import context, modal, paragraph

CALLBACK = "session_confirm"
A_BLOCK = 50  # numbers that surely fit into one section

COSTS = {
    SessionType.CHAT: "Each number gets a text message from your Evo Voice account. This may cost money.",
    SessionType.VOICE: "This number may be called from your Evo Voice account. This may cost money.",
    SessionType.FAX: "A fax may go to this number from your Evo Voice account. This may cost money.",
}
WHO_SEES = {
    SessionType.CHAT: "They will see what is written in the session from now on, and everybody in it sees them.",
    SessionType.VOICE: "Everybody in the session sees this number.",
    SessionType.FAX: "Everybody in the session sees this number.",
}


class Asked(StrEnum):
    """Which form the question belongs to."""

    NEW = "new"
    INVITE = "invite"


@dataclass(frozen=True, slots=True)
class Draft:
    """Where the filled-in form is kept: under the id of its view."""

    view: str
    kind: Asked


def modal_for(
    draft: Draft, phones: Sequence[Phone], type_: SessionType, first_message: str = "", *, close: str = "Back"
) -> View:
    """Lists every number: nobody confirms what they cannot see. `first_message`: a sentence about its parts."""
    blocks = [paragraph("Please check before anything is sent:")]
    blocks += [paragraph(lines) for lines in _lines(phones)]
    blocks += [paragraph(COSTS[type_])]
    blocks += [paragraph(first_message)] if first_message else []
    blocks += [context(WHO_SEES[type_])]
    view = modal("Check the numbers", blocks, callback_id=CALLBACK, submit="Confirm", close=close)
    view["private_metadata"] = pack(draft)
    return view


def pack(draft: Draft) -> str:
    return json.dumps({"draft": draft.view, "kind": draft.kind})


def unpack(metadata: str) -> Draft:
    """Raises ValueError when this is no metadata of ours."""
    try:
        body = json.loads(metadata)
        return Draft(str(body["draft"]), Asked(body["kind"]))
    except (KeyError, TypeError) as error:
        raise ValueError("not the metadata of a confirmation") from error


def _lines(phones: Sequence[Phone]) -> Iterator[str]:
    for first in range(0, len(phones), A_BLOCK):
        yield "\n".join(f"• {show_phone(phone)}" for phone in phones[first : first + A_BLOCK])
