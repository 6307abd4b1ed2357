"""The modal that sends a correction of what has left already, and what its author wrote."""

from __future__ import annotations

from bot.model import Item, ItemKey, Session
from bot.text import shorten, with_emoji
from bot.views import View
from bot.views.blocks import Block, context, field, modal, name, quiet
from bot.views.state import Errors, Fields, Values, read_key

CALLBACK = "session_correction"
TEXT = "c_text"
LIMIT = 3000  # the most that Slack lets anybody type into one field
EXCERPT = 300

NOTHING = "Write what is to be sent."
A_NEW_ONE = "It is sent as a new message, as you. What was sent before stays where it is."


def form(item: Item, session: Session, words: str) -> View:
    """`words`: what the message says now."""
    element: Block = {"type": "plain_text_input", "multiline": True, "max_length": LIMIT}
    if words:
        element["initial_value"] = shorten(words, LIMIT)
    blocks = [context(f"To everybody in “{name(session.name)}”."), field(TEXT, "Correction", element, hint=A_NEW_ONE)]
    if item.sent_text:
        blocks.append(quiet(f"They have: {shorten(item.sent_text, EXCERPT)}"))
    view = modal("Send correction", blocks, callback_id=CALLBACK, submit="Send", close="Cancel")
    view["private_metadata"] = str(item.key)
    return view


def unpack(metadata: str) -> ItemKey:
    """Raises ValueError when this is no metadata of ours."""
    return ItemKey(read_key(metadata))


def parse(values: Values) -> str | Errors:
    """The words, as whoever reads them sees them; or what is wrong."""
    return with_emoji(Fields(values).text(TEXT)) or {TEXT: NOTHING}
