"""The modal that takes a session to another channel or thread, and what a person filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.grammar import Permalink, read_permalink
from bot.model import ChannelId, Session
from bot.text import shorten
from bot.views import Blocks, View
from bot.views.about import About, Choice, session_field, with_objections
from bot.views.blocks import Block, context, modal, name
from bot.views.blocks import field as input_field
from bot.views.state import Errors, Fields, Values

CALLBACK = "session_move"
SESSION = "m_session"
CHANNEL = "m_channel"
LINK = "m_link"

NOWHERE = "Choose a channel, or paste a link to a message."
BOTH = "Choose a channel or paste a link, not both."
BAD_LINK = "This is not a link to a Slack message. Open the message's menu and choose Copy link."
NO_SESSION = "Choose the session."
POINTER = "The thread that it leaves says where it went, and replies there are no longer sent."


@dataclass(frozen=True, slots=True)
class Begun:
    """What was chosen or typed already, and what was wrong with it."""

    choice: Choice | None = None
    channel: ChannelId | None = None
    link: str = ""
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MoveForm:
    """`evo_id`: None when the modal knows the session."""

    evo_id: str | None
    to: ChannelId | Permalink


def form(about: About, session: Session | None, begun: Begun) -> View:
    """`session`: None asks which."""
    blocks: Blocks = [context(f"“{name(session.name)}” is in <#{session.channel}> now. {POINTER}")] if session else []
    blocks += [] if session else [session_field(SESSION, begun.choice), context(POINTER)]
    blocks += [_channel(begun.channel), _link(begun.link)]
    view = modal(
        "Move session", with_objections(blocks, begun.said), callback_id=CALLBACK, submit="Move", close="Cancel"
    )
    view["private_metadata"] = about.pack()
    return view


def parse(values: Values, about: About) -> MoveForm | Errors:
    """The form, or what is wrong with it by block id."""
    fields = Fields(values)
    chosen, channel, typed = fields.option(SESSION), fields.conversation(CHANNEL), fields.text(LINK)
    link = read_permalink(typed.strip("<>")) if typed else None
    errors: Errors = {}
    if about.session is None and chosen is None:
        errors[SESSION] = NO_SESSION
    if channel and typed:
        errors[LINK] = BOTH
    elif typed and link is None:
        errors[LINK] = BAD_LINK
    elif not channel and not typed:
        errors[CHANNEL] = NOWHERE
    return errors or MoveForm(chosen[0] if chosen else None, link or ChannelId(channel))


def _channel(chosen: ChannelId | None) -> Block:
    element: Block = {
        "type": "conversations_select",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    if chosen:
        element["initial_conversation"] = chosen
    return input_field(CHANNEL, "To a channel", element, hint="A new card is posted there.", optional=True)


def _link(typed: str) -> Block:
    element: Block = {"type": "plain_text_input", "max_length": 500}
    if typed:
        element["initial_value"] = shorten(typed, 500)
    hint = "A link to a message in it: open the message's menu and choose Copy link."
    return input_field(LINK, "Or into a thread", element, hint=hint, optional=True)
