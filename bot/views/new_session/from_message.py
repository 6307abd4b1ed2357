"""The form that is started from a message: its first words for a name, and the people in it."""

from __future__ import annotations

import json

from bot.model import SessionType, UserId
from bot.people import read_people
from bot.text import shorten
from bot.views.blocks import one_line
from bot.views.new_session.fields import MEMBERS, MESSAGE, MESSAGE_LIMIT, NAME, SLACK_MEMBERS
from bot.views.new_session.shape import METADATA, Held
from bot.views.new_session.typed import Typed

NAME_LENGTH = 80  # characters of a message that make a name
ROOM = METADATA - 700  # characters of the metadata; the rest is for the form itself

TOO_LONG = "The message is too long to be sent from here; write what the others should know."


def begun_by_message(message: str, text: str, region: str, bot: UserId) -> Typed:
    """`message` as Slack writes it, `text` the same in plain text. National numbers are read as of `region`."""
    found = read_people(message, region)
    held: Held = {
        NAME: shorten(one_line(text), NAME_LENGTH),
        SLACK_MEMBERS: [str(user) for user in found.slack_users if user != bot],
        MEMBERS: "\n".join([*(email.address for email in found.emails), *(phone.e164 for phone in found.phones)]),
    }
    said = {} if fits(text) else {MESSAGE: TOO_LONG}
    return Typed(SessionType.CHAT, {name: value for name, value in held.items() if value}, said=said)


def fits(text: str) -> bool:
    """Can the form carry this text along?"""
    return len(text) <= MESSAGE_LIMIT and len(json.dumps(text, ensure_ascii=False)) <= ROOM
