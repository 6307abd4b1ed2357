"""The small forms that open from the Home, and what was filled in: my settings, find, the end of a session."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model import Person, Session, SessionKey
from bot.views import Blocks, Message, View
from bot.views.blocks import VALUE, Block, field, modal, option, paragraph, plain
from bot.views.card import sure_to_end
from bot.views.state import Fields, Values, read_key

SETTINGS_CALLBACK = "home_settings"
FIND_CALLBACK = "home_find"
END_CALLBACK = "home_end"
USER = "h_user"  # block ids
TYPED = "h_typed"
NOTIFY = "h_notify"
QUERY = "h_query"

ON = "on"
TOLD = "When somebody writes in my sessions after ten minutes of silence"
USER_HINT = "What you write is sent under this user's name. Leave both empty to be sent as your Slack name."
TYPED_HINT = "user:ID or an e-mail address, where the list does not show them."
QUERY_HINT = "Words of its name, who is in it, a phone number, or the beginning of its id."
NOTHING_FOUND = "Nothing that you can see fits. Try fewer words."


@dataclass(frozen=True, slots=True)
class Settings:
    """What somebody wants for themselves. `user` is an address as Evo Voice has them, or as they typed it; "" none."""

    user: str
    block: str  # under which what is wrong with it is said
    notify: bool


def settings_form(person: Person) -> View:
    blocks = [_user(person), _typed(), _notify(person)]
    return modal("My settings", blocks, callback_id=SETTINGS_CALLBACK, submit="Save", close="Cancel")


def read_settings(values: Values) -> Settings:
    """What was typed counts, for it was typed on purpose: the list may still show what was there before."""
    fields = Fields(values)
    chosen, typed = fields.option(USER), fields.text(TYPED)
    user = typed or (chosen[0] if chosen else "")
    return Settings(user, TYPED if typed else USER, bool(fields.checked(NOTIFY)))


def find_form(query: str = "", found: Message | None = None) -> View:
    """Asks what to look for; with the list of what was found by it, when something was asked."""
    what: Block = {"type": "plain_text_input", "max_length": 200, "focus_on_load": True}
    if query:
        what["initial_value"] = query
    blocks: Blocks = [field(QUERY, "What to look for", what, hint=QUERY_HINT)]
    if found is not None:
        blocks += found.blocks or [paragraph(NOTHING_FOUND)]
    return modal("Find a session", blocks, callback_id=FIND_CALLBACK, submit="Find")


def read_query(values: Values) -> str:
    return Fields(values).text(QUERY)


def end_form(session: Session) -> View:
    """A choice in a menu cannot ask “are you sure?” of one of its options alone."""
    text = sure_to_end(session)["text"]["text"]
    view = modal(
        "End this session?", [paragraph(text)], callback_id=END_CALLBACK, submit="End session", close="Keep it"
    )
    return {**view, "private_metadata": str(session.key)}


def unpack_end(metadata: str) -> SessionKey:
    """Raises ValueError when this is no metadata of ours."""
    return SessionKey(read_key(metadata))


def _user(person: Person) -> Block:
    menu: Block = {"type": "external_select", "min_query_length": 0, "placeholder": plain("A user of Evo Voice", VALUE)}
    if person.evo_address and len(person.evo_address) <= VALUE:
        menu["initial_option"] = option(person.evo_name or person.evo_address, person.evo_address)
    return field(USER, "Sent as", menu, hint=USER_HINT, optional=True)


def _typed() -> Block:
    typed: Block = {"type": "plain_text_input", "max_length": 200}
    return field(TYPED, "Or type who you are at Evo Voice", typed, hint=TYPED_HINT, optional=True)


def _notify(person: Person) -> Block:
    told = option(TOLD, ON)
    boxes: Block = {"type": "checkboxes", "options": [told]}
    if person.notify:
        boxes["initial_options"] = [told]
    return field(NOTIFY, "Write to me", boxes, optional=True)
