"""The form: drawn for the first time, and again whenever other fields are to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.model import ChannelId, SessionType
from bot.text import shorten
from bot.views import View
from bot.views.blocks import Block, button, context, modal, name, paragraph, quiet, sentence
from bot.views.new_session.fields import (
    CALLBACK,
    LABELS,
    MORE,
    NAME,
    NAME_LIMIT,
    SEND_TEXT,
    TYPE,
    WHERE,
    advanced,
    fields,
    filled,
)
from bot.views.new_session.reading import as_far_as_readable
from bot.views.new_session.shape import Held, Shape, as_submitted, held_in, pack, unpack, without
from bot.views.new_session.spelling import same_as
from bot.views.state import Values

NOTHING_SAID: Mapping[str, str] = MappingProxyType({})
SENTENCES = 1000  # characters of what is said of one field
LOADING = "Loading your directory…"
AWAY = (
    "Evo Voice does not answer just now, so there is nothing to choose from. "
    "Type instead: numbers, ids, user:ID, team:ID."
)
IN_THREAD = "The card stands in this thread, and replies in it reach the new session."
INSTEAD = "This thread shows “{name}”. From now on replies here go to the new session instead."
EXCERPT = 300  # characters of a message that may be sent
ONLY_RECORDED = "This records a fax session; pages are added in Evo Voice."


def form(
    channel: ChannelId | None, type_: SessionType = SessionType.CHAT, title: str = "", *, author: str = ""
) -> View:
    """A form that nobody has touched, before it is known what there is to choose from."""
    return draw(Shape(type_, here=channel), begun(channel, title), author=author)


def begun(channel: ChannelId | None, title: str = "") -> Held:
    """What stands in a new form. `channel`: where it was asked for, when the card can be posted there."""
    held: Held = {NAME: shorten(title, NAME_LIMIT)} if title else {}
    return held | {WHERE: channel} if channel else held


@dataclass(frozen=True, slots=True)
class Around:
    """What a form says about itself, whatever stands in its fields.

    `author` is how the person is called who will have opened the session; `away`: there is nothing to choose from, and
    that is not the person's fault. `instead`: the session that the thread shows by now. `region`: ISO 3166, for
    national numbers.
    """

    author: str = ""
    away: bool = False
    instead: str = ""
    region: str = "US"


def draw(
    shape: Shape,
    held: Held,
    *,
    author: str = "",
    away: bool = False,
    said: Mapping[str, str] = NOTHING_SAID,
    instead: str = "",
    region: str = "US",
) -> View:
    """The form with what stands in its fields. `said` are plain sentences under fields, those under "" above all."""
    around = Around(author, away, instead, region)
    held = held | {TYPE: [str(shape.type), str(shape.type)]}
    usual, more = inputs(shape, held, author)
    shown = [*usual, *more]
    metadata, given_up = pack(shape, without(held, [block["element"]["action_id"] for block in shown]))
    blocks = [
        *_above(said, shown),
        *_troubles(shape, given_up, away=away),
        *_with_objections(usual, said, shape),
        *_where(shape, around),
        _press(shape),
        *_with_objections(more, said, shape),
        *_footer(shape, shown, around),
    ]
    view = modal("New session", blocks, callback_id=CALLBACK, submit="Create", close="Cancel")
    view["private_metadata"] = metadata
    return view


def inputs(shape: Shape, held: Held, author: str) -> tuple[list[Block], list[Block]]:
    """The fields with what stands in them: the usual ones, and those under "More options" if they are shown."""
    more = advanced(shape, author) if shape.more else []
    return [filled(block, held) for block in fields(shape)], [filled(block, held) for block in more]


def unchanged(shape: Shape, held: Held, author: str) -> tuple[Values, list[str]]:
    """What Create would submit if nobody touched the form; and the fields that cannot hold what they were given."""
    held = held | {TYPE: [str(shape.type), str(shape.type)]}
    usual, more = inputs(shape, held, author)
    values = as_submitted([*usual, *more])
    standing = held_in(values)
    asked = held.keys() - ({WHERE} if shape.thread else set())
    return values, [field_ for field_ in asked if field_ not in standing or not _same(held[field_], standing[field_])]


def _same(given: str | list[str], stands: str | list[str]) -> bool:
    """A choice may have been given by its value alone; a label may be cut."""
    match given, stands:
        case str(), [value, _]:
            return given == value
        case [value, *_], [other, _]:
            return value == other
    return given == stands


def redrawn(values: Values, metadata: str, pressed: str) -> tuple[Shape, Held]:
    """What the form is to look like after a choice of type, or a press of the button, in it.

    Raises ValueError when these are not the values and metadata of such a form.
    """
    before, hidden = unpack(metadata)
    held = hidden | held_in(values)
    chosen = held.get(TYPE) or [before.type]
    return replace(before, type=SessionType(chosen[0]), more=before.more ^ (pressed == MORE)), held


def _press(shape: Shape) -> Block:
    """It stands between the usual fields and those that it shows."""
    press = button("Fewer options" if shape.more else "More options", MORE, "less" if shape.more else "more")
    return {"type": "actions", "block_id": MORE, "elements": [press]}


def _where(shape: Shape, around: Around) -> list[Block]:
    """For a form that belongs to a thread, instead of the question where."""
    if shape.thread is None:
        return []
    instead = [INSTEAD.format(name=name(around.instead, NAME_LIMIT))] if around.instead else []
    return [context(text) for text in (IN_THREAD, *instead)]


def _with_objections(shown: list[Block], said: Mapping[str, str], shape: Shape) -> list[Block]:
    """What is said of a field stands under it; under the offer to send a text, the text."""
    arranged: list[Block] = []
    for block in shown:
        arranged += [block, *_objections(said, block["element"]["action_id"])]
        if block["block_id"] == SEND_TEXT:
            arranged.append(quiet(f"“{shorten(shape.text, EXCERPT)}”"))
    return arranged


def _above(said: Mapping[str, str], shown: list[Block]) -> list[Block]:
    """What belongs to no field, or to one that is not there just now."""
    there = {block["element"]["action_id"] for block in shown}
    return [block for field_ in said if field_ not in there for block in _objections(said, field_)]


def _objections(said: Mapping[str, str], field_: str) -> list[Block]:
    """Slack shows errors of its own only after Create was pressed."""
    return [context(f"⚠ {sentence(said[field_], SENTENCES)}")] if field_ in said else []


def _troubles(shape: Shape, given_up: list[str], *, away: bool) -> list[Block]:
    """What stands above the fields: only what is not as it should be."""
    said = [LOADING] if shape.loading else [AWAY] if away else []
    if given_up:
        lost = ", ".join(f"“{LABELS.get(field_, field_)}”" for field_ in given_up)
        said.append(f"Too long to be kept while hidden, and so gone: {lost}.")
    return [paragraph(text) for text in said]


def _footer(shape: Shape, shown: list[Block], around: Around) -> list[Block]:
    fax = [context(ONLY_RECORDED)] if shape.type is SessionType.FAX else []
    form = as_far_as_readable(as_submitted(shown), around.region, around.author, shape)
    sent_as = [context(f"You are sent as *{name(around.author)}*.")] if around.author else []
    return [*fax, *same_as(form, shape, around.region), *sent_as]
