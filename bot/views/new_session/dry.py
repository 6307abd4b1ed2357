"""What a new session would send, in words, for whoever wants to see that before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.model import ChannelId, Mode, NewSessionRequest, Phone, ThreadKey
from bot.phones import show_phone
from bot.text import with_author
from bot.views import Message, parts
from bot.views.blocks import FALLBACK, escaped, name, section

A_SECTION = 2800  # characters, with room for what is ours
VALUE = 400
NUMBERS = 30

NOTHING_SENT = "*This is what would be sent.* Nothing was sent, and nothing was stored."
NEW_SESSION = "*The session* (`NewSession`)"
INVITATIONS = "*Then an invitation each* (`InviteChatMember`)"
FIRST_MESSAGE = "*Then the first message* (`SendMessage`)"
TEXT_FROM = "the text comes from {number}"
ASKED = "Before anything leaves, you would be shown these numbers: {numbers}."
IN_CHANNEL = "The card would stand in <#{channel}>."
IN_THREAD = "The card would stand in this thread."
REPLIES = {
    Mode.RELAY: "Replies in its thread would go to everybody in the session.",
    Mode.MENTION: "Replies in its thread would go to the session only when they begin with a mention of me.",
    Mode.NOTES: "Replies in its thread would stay in Slack.",
}


def would_send(
    sent: Mapping[str, object],
    request: NewSessionRequest,
    author: str,
    home: ChannelId | ThreadKey,
    confirmed: Sequence[Phone],
) -> Message:
    """`sent` is the body of NewSession, by the names of its fields; `confirmed`: what a person is asked about first."""
    said = [NOTHING_SENT, *_session(sent), *_invitations(request), *_first_message(request, author)]
    said += [*_asked(confirmed), f"{_place(home)} {REPLIES[request.first_mode]}"]
    return Message(text=_whole(said), blocks=[section(text) for text in said])


def _session(sent: Mapping[str, object]) -> Iterator[str]:
    yield _listed(NEW_SESSION, [f"`{field}`: {_value(value)}" for field, value in sent.items()])


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return name(", ".join(map(str, value)) if isinstance(value, list) else str(value), VALUE)


def _invitations(request: NewSessionRequest) -> Iterator[str]:
    own = request.from_number
    source = f", {TEXT_FROM.format(number=own.e164)}" if own else ""
    if request.phones:
        yield _listed(INVITATIONS, [f"{show_phone(phone)}{source}" for phone in request.phones])


def _first_message(request: NewSessionRequest, author: str) -> Iterator[str]:
    if not request.first_message:
        return
    yield f"{FIRST_MESSAGE}\n{escaped(with_author(author, request.first_message), A_SECTION)}"
    if request.phones or request.dialled:
        yield escaped(parts.first_message(request.first_message, author), VALUE)


def _asked(confirmed: Sequence[Phone]) -> Iterator[str]:
    if confirmed:
        yield ASKED.format(numbers=", ".join(show_phone(phone) for phone in confirmed[:NUMBERS]))


def _place(home: ChannelId | ThreadKey) -> str:
    return IN_THREAD if isinstance(home, ThreadKey) else IN_CHANNEL.format(channel=home)


def _listed(title: str, lines: Sequence[str]) -> str:
    """Whole lines, as many as fit."""
    made = title
    for line in lines:
        if len(made) + len(line) > A_SECTION:
            return f"{made}\n…"
        made += f"\n• {line}"
    return made


def _whole(said: Sequence[str]) -> str:
    """For screen readers: without what is too long as a whole."""
    made = ""
    for text in said:
        if len(made) + len(text) < FALLBACK:
            made += f"\n{text}" if made else text
    return made
