"""The form: drawn for the first time, and again whenever other fields are to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.model import ChannelId, SessionType
from bot.text import shorten
from bot.views import View
from bot.views.blocks import Block, button, context, modal, name, paragraph
from bot.views.new_session.fields import (
    CALLBACK,
    LABELS,
    MORE,
    NAME,
    NAME_LIMIT,
    TYPE,
    WHERE,
    fields,
    filled,
)
from bot.views.new_session.shape import Held, Shape, held_in, pack, unpack, without
from bot.views.state import Values

NOTHING_SAID: Mapping[str, str] = MappingProxyType({})
SENTENCES = 1000  # characters of what is said of one field
LOADING = "Loading your directory…"
AWAY = (
    "Evo Voice does not answer just now, so there is nothing to choose from. "
    "Type instead: numbers, ids, user:ID, team:ID."
)
ONLY_RECORDED = "This records a fax session; pages are added in Evo Voice."


def form(
    channel: ChannelId | None, type_: SessionType = SessionType.CHAT, title: str = "", *, author: str = ""
) -> View:
    """A form that nobody has touched, before it is known what there is to choose from."""
    return draw(Shape(type_), begun(channel, title), author=author)


def begun(channel: ChannelId | None, title: str = "") -> Held:
    """What stands in a new form. `channel`: where it was asked for, when the card can be posted there."""
    held: Held = {NAME: shorten(title, NAME_LIMIT)} if title else {}
    return held | {WHERE: channel} if channel else held


def draw(
    shape: Shape, held: Held, *, author: str = "", away: bool = False, said: Mapping[str, str] = NOTHING_SAID
) -> View:
    """The form with what stands in its fields. `author` is how the person is called who will have opened the session;
    `away`: there is nothing to choose from, and that is not the person's fault. `said` are plain sentences under
    fields, those under "" above all of them.
    """
    held = held | {TYPE: [str(shape.type), str(shape.type)]}
    inputs = [filled(block, held) for block in fields(shape, author)]
    metadata, given_up = pack(shape, without(held, [block["element"]["action_id"] for block in inputs]))
    view = modal("New session", _arranged(inputs, shape, said), callback_id=CALLBACK, submit="Create", close="Cancel")
    view["blocks"] = [
        *_above(said, inputs),
        *_troubles(shape, given_up, away=away),
        *view["blocks"],
        *_footer(shape, author),
    ]
    view["private_metadata"] = metadata
    return view


def redrawn(values: Values, metadata: str, pressed: str) -> tuple[Shape, Held]:
    """What the form is to look like after a choice of type, or a press of the button, in it.

    Raises ValueError when these are not the values and metadata of such a form.
    """
    before, hidden = unpack(metadata)
    held = hidden | held_in(values)
    chosen = held.get(TYPE) or [before.type]
    return replace(before, type=SessionType(chosen[0]), more=before.more ^ (pressed == MORE)), held


def _arranged(inputs: list[Block], shape: Shape, said: Mapping[str, str]) -> list[Block]:
    """The button stands between the usual fields and those that it shows; what is said of a field, under it."""
    press = button("Fewer options" if shape.more else "More options", MORE, "less" if shape.more else "more")
    arranged: list[Block] = []
    for block in inputs:
        arranged += [block, *_objections(said, block["element"]["action_id"])]
        if block["block_id"] == WHERE:
            arranged.append({"type": "actions", "block_id": MORE, "elements": [press]})
    return arranged


def _above(said: Mapping[str, str], inputs: list[Block]) -> list[Block]:
    """What belongs to no field, or to one that is not there just now."""
    there = {block["element"]["action_id"] for block in inputs}
    return [block for field_ in said if field_ not in there for block in _objections(said, field_)]


def _objections(said: Mapping[str, str], field_: str) -> list[Block]:
    """Slack shows errors of its own only after Create was pressed."""
    return [context(f"⚠ {name(said[field_], SENTENCES)}")] if field_ in said else []


def _troubles(shape: Shape, given_up: list[str], *, away: bool) -> list[Block]:
    """What stands above the fields: only what is not as it should be."""
    said = [LOADING] if shape.loading else [AWAY] if away else []
    if given_up:
        lost = ", ".join(f"“{LABELS.get(field_, field_)}”" for field_ in given_up)
        said.append(f"Too long to be kept while hidden, and so gone: {lost}.")
    return [paragraph(text) for text in said]


def _footer(shape: Shape, author: str) -> list[Block]:
    fax = [ONLY_RECORDED] if shape.type is SessionType.FAX else []
    sent_as = [f"You are sent as *{name(author)}*."] if author else []
    return [context(text) for text in (*fax, *sent_as)]
