"""The question before money is spent: which numbers, on whose account, what is sent, and who will see what comes back.

A form that was filled in and an item that waits for a yes are asked about with the same modal. Its metadata only says
which of them it is: what is carried out is what is kept in the store.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.model import ChannelId, ItemKey, Phone, SessionType, UserId
from bot.phones import describe_phone
from bot.views import Blocks, View
from bot.views.blocks import SECTION, context, lasting, modal, name, paragraph, section

CALLBACK = "session_confirm"
A_BLOCK = 25  # numbers that surely fit into one section
YOUR_ACCOUNT = "your Evo Voice account"
CHANNELS = 3  # that are named; of more, how many there are

COSTS = {
    SessionType.CHAT: "Each number gets a text message from {account}. This may cost money.",
    SessionType.VOICE: "This number may be called from {account}. This may cost money.",
    SessionType.FAX: "A fax may go to this number from {account}. This may cost money.",
}
WHO_SEES = {
    SessionType.CHAT: "They will see what is written in the session from now on, and everybody in it sees them.",
    SessionType.VOICE: "Everybody in the session sees this number.",
    SessionType.FAX: "Everybody in the session sees this number.",
}
CHECK = "Please check before anything is sent:"
ASKED_BY = "<@{user}> asks for this, and somebody else must say yes. Please check before anything is sent:"
FOR_SESSION = "Session: “{name}”"
IN_NAME_OF = "It comes from {number}."
WORDS = "These words of yours are sent:"
THEIR_WORDS = "These words are sent:"
NO_WORDS = "No words of yours are sent with it: Evo Voice writes the invitation."
NO_TEXT = "No words are sent."
SEEN = "What comes back stands in {where}."
A_COLLEAGUE = "After that a colleague must approve it. Nothing is sent before."
GOOD_FOR = "This question is good for {lasting}, once, and only for you."
EYES = {  # by kind of place
    "public": "everybody in this workspace can read it",
    "private": "only its members can read it",
    "group-dm": "only its members can read it",
    "dm": "only its members can read it",
    "shared": "people of another organization read it, too",
}
UNKNOWN_EYES = "I cannot tell who reads it"


@dataclass(frozen=True, slots=True)
class Question:
    """What a modal asks about: a form that is kept under a `token`, or an `item`, as it was when it was shown."""

    token: str = ""
    item: ItemKey | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Costly:
    """What somebody is about to say yes to.

    `words` leave as they stand here, `parts` is a sentence about them. `places` are where in Slack replies will stand,
    each with its kind (None: nobody knows), `thread` if it is one that is there already. `asker`: who wants it, when
    that is somebody else than who is asked. `second`: somebody else must say yes after them. `before`: that the same
    was asked for a moment ago, as mrkdwn.
    """

    phones: Sequence[Phone]
    type: SessionType
    name: str
    words: str = ""
    parts: str = ""
    sender: Phone | None = None
    places: Sequence[tuple[ChannelId, str | None]] = field(default=())
    thread: bool = False
    account: str = YOUR_ACCOUNT
    asker: UserId | None = None
    second: bool = False
    before: str = ""
    seconds: float = 300.0


def modal_for(question: Question, costly: Costly, *, close: str = "Back") -> View:
    """Lists every number: nobody confirms what they cannot see."""
    submit = "Approve" if costly.asker else "Confirm"
    view = modal("Check the numbers", _blocks(costly), callback_id=CALLBACK, submit=submit, close=close)
    view["private_metadata"] = pack(question)
    return view


def seen_in(places: Sequence[tuple[ChannelId, str | None]], *, thread: bool) -> str:
    """Where in Slack replies will stand, and who reads there. Mrkdwn."""
    shown = [f"<#{channel}> ({EYES[kind] if kind else UNKNOWN_EYES})" for channel, kind in places[:CHANNELS]]
    more = [f"{len(places) - CHANNELS} more channels"] if len(places) > CHANNELS else []
    listed = " and in ".join([*shown, *more])
    return SEEN.format(where=f"this thread in {listed}" if thread else f"a thread in {listed}")


def pack(question: Question) -> str:
    if question.item is None:
        return json.dumps({"token": question.token})
    return json.dumps({"item": question.item, "mark": question.mark})


def unpack(metadata: str) -> Question:
    """Raises ValueError when this is no metadata of ours."""
    try:
        body = json.loads(metadata)
        if "item" in body:
            return Question(item=ItemKey(int(body["item"])), mark=str(body["mark"]))
        return Question(token=str(body["token"]))
    except (KeyError, TypeError) as error:
        raise ValueError("not the metadata of a confirmation") from error


def _blocks(costly: Costly) -> Blocks:
    blocks = [section(costly.before)] if costly.before else []
    blocks += [section(ASKED_BY.format(user=costly.asker)) if costly.asker else paragraph(CHECK)]
    blocks += [paragraph(lines) for lines in _lines(costly.phones)]
    blocks += [section(FOR_SESSION.format(name=name(costly.name, 300)))]
    blocks += [paragraph(COSTS[costly.type].format(account=costly.account))]
    blocks += [paragraph(IN_NAME_OF.format(number=costly.sender.e164))] if costly.sender else []
    blocks += _words(costly)
    blocks += [section(seen_in(costly.places, thread=costly.thread))] if costly.places else []
    small = [WHO_SEES[costly.type], A_COLLEAGUE if costly.second else ""]
    small += [GOOD_FOR.format(lasting=lasting(costly.seconds))]
    return [*blocks, *(context(line) for line in small if line)]


def _words(costly: Costly) -> Blocks:
    """All of them, as they leave: whoever says yes has read what they say yes to."""
    if not costly.words:
        return [paragraph(NO_WORDS if costly.type is SessionType.CHAT else NO_TEXT)]
    pieces = [costly.words[at : at + SECTION] for at in range(0, len(costly.words), SECTION)]
    said = [paragraph(costly.parts)] if costly.parts else []
    return [paragraph(THEIR_WORDS if costly.asker else WORDS), *map(paragraph, pieces), *said]


def _lines(phones: Sequence[Phone]) -> Iterator[str]:
    for first in range(0, len(phones), A_BLOCK):
        yield "\n".join(f"• {describe_phone(phone)}" for phone in phones[first : first + A_BLOCK])
