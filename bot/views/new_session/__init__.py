"""The modal that opens a session, and what a person filled in. Every field keeps its name whatever the type."""

from bot.views.new_session.drawing import begun, draw, form, redrawn, unchanged
from bot.views.new_session.fields import (
    CALLBACK,
    CUSTOMER,
    FROM,
    LABELS,
    MEMBERS,
    MORE,
    NAME,
    PARENT,
    SLACK_MEMBERS,
    TYPE,
    WHERE,
    WITH,
)
from bot.views.new_session.reading import NewSessionForm, parse, with_emails
from bot.views.new_session.shape import Entry, Held, Shape, unpack
from bot.views.new_session.spelling import command_of
from bot.views.new_session.typed import UNDER_MORE, Typed, typed

__all__ = [
    "CALLBACK",
    "CUSTOMER",
    "FROM",
    "LABELS",
    "MEMBERS",
    "MORE",
    "NAME",
    "PARENT",
    "SLACK_MEMBERS",
    "TYPE",
    "UNDER_MORE",
    "WHERE",
    "WITH",
    "Entry",
    "Held",
    "NewSessionForm",
    "Shape",
    "Typed",
    "begun",
    "command_of",
    "draw",
    "form",
    "parse",
    "redrawn",
    "typed",
    "unchanged",
    "unpack",
    "with_emails",
]
