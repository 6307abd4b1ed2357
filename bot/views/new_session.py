"""The modal that opens a session, and what a person filled in. Every field keeps its name whatever the type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.model import ChannelId, Email, NewSessionRequest, Phone, SessionType, UserId
from bot.people import PhoneRules, Unreadable, read_people, read_phone
from bot.text import shorten
from bot.views import View
from bot.views.blocks import Block, context, field, modal, option, plain
from bot.views.state import Errors, Fields, Values

CALLBACK = "session_new"
TYPE = "f_channel"
NAME = "f_name"
WITH = "f_with"
SLACK_MEMBERS = "f_slackmembers"
MEMBERS = "f_members"
FROM = "f_from"
TO = "f_to"
MESSAGE = "f_message"
WHERE = "f_where"

NAME_LIMIT = 120
MESSAGE_LIMIT = 1600
ERROR = 600  # characters of an error under a field
TARGETS = ("user:", "team:")

NO_NAME = "Give the session a name (1–120 characters)."
NO_PLACE = "Choose where the card is posted."
NO_TYPE = "Choose Chat, Voice or Fax."
NOBODY = "Choose whom the chat starts with, or name at least one person below."
NO_NUMBER = {SessionType.VOICE: "Give the number to call.", SessionType.FAX: "Give the number to fax to."}
BAD_TARGET = "Use user:ID or team:ID."
ONLY_CHAT = "This belongs to a chat only. Clear it, or choose Chat as the session type."


@dataclass(frozen=True, slots=True)
class NewSessionForm:
    """A filled-in form. People chosen from Slack become e-mail addresses before it is a request."""

    request: NewSessionRequest
    slack_members: tuple[UserId, ...]
    where: ChannelId

    @property
    def outside_phones(self) -> tuple[Phone, ...]:
        """Every number that is texted, called or faxed."""
        numbers = (*self.request.phones, *((self.request.to,) if self.request.to else ()))
        return tuple(dict.fromkeys(numbers))


# The form


def form(channel: ChannelId | None, type_: SessionType = SessionType.CHAT, name: str = "") -> View:
    """`channel`: where it was asked for, when the card can be posted there."""
    return modal(
        "New session",
        [
            field(TYPE, "Session type", _types(type_), hint="Chat: people and texts. Voice and Fax: one number."),
            field(NAME, "Name", _name(name), hint="Members see this. It cannot be changed later."),
            *_people_fields(),
            *_number_fields(),
            field(MESSAGE, "First message", _message(), hint="Sent to everyone in the chat, as you.", optional=True),
            field(WHERE, "Post the card in", _where(channel), hint="Replies in that thread reach the session."),
            context("A fax session is only recorded here: pages are added in Evo Voice."),
        ],
        callback_id=CALLBACK,
        submit="Create",
        close="Cancel",
    )


def _people_fields() -> list[Block]:
    directory = {
        "type": "external_select",
        "min_query_length": 0,
        "placeholder": plain("Search people or teams", 150),
    }
    chosen = {"type": "multi_users_select", "placeholder": plain("Choose people", 150)}
    typed = _text("ana@example.com, (503) 555-0123", most=3000, multiline=True)
    who = "E-mails of Evo Voice users, or cell phone numbers; one per line or comma-separated."
    return [
        field(WITH, "With", directory, hint="Chat: person or team the chat starts with.", optional=True),
        field(SLACK_MEMBERS, "Members from Slack", chosen, hint="Chat: matched by e-mail address.", optional=True),
        field(MEMBERS, "Other people", typed, hint=f"Chat: {who}", optional=True),
    ]


def _number_fields() -> list[Block]:
    number = _text("(503) 555-0123", most=60)
    to = "Any usual format; checked when you submit. Voice and Fax need it."
    return [
        field(FROM, "From number", number, hint="Number the other side will see.", optional=True),
        field(TO, "Call, fax or text to", number, hint=to, optional=True),
    ]


def _types(chosen: SessionType) -> Block:
    options = [option(type_, type_) for type_ in SessionType]
    return {"type": "radio_buttons", "options": options, "initial_option": option(chosen, chosen)}


def _name(given: str) -> Block:
    element = _text("e.g. Broken boiler – Mrs Lee", most=NAME_LIMIT)
    return {**element, "initial_value": shorten(given, NAME_LIMIT)} if given else element


def _message() -> Block:
    return _text("Hi, this is …", most=MESSAGE_LIMIT, multiline=True)


def _text(placeholder: str, *, most: int, multiline: bool = False) -> Block:
    return {
        "type": "plain_text_input",
        "max_length": most,
        "multiline": multiline,
        "placeholder": plain(placeholder, 150),
    }


def _where(channel: ChannelId | None) -> Block:
    element: Block = {
        "type": "conversations_select",
        "default_to_current_conversation": True,
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return {**element, "initial_conversation": channel} if channel else element


# What was filled in


def parse(values: Values, region: str, rules: PhoneRules) -> NewSessionForm | Errors:
    """The form, or what is wrong with it by block id. National numbers are read as of `region` (ISO 3166)."""
    fields = Fields(values)
    type_ = _type(fields)
    if type_ is None:
        return {TYPE: NO_TYPE}
    errors = dict(_errors(fields, type_, region, rules))
    return errors or _form(fields, type_, region)


def _type(fields: Fields) -> SessionType | None:
    chosen = fields.option(TYPE)
    return SessionType(chosen[0]) if chosen and chosen[0] in set(SessionType) else None


def _errors(fields: Fields, type_: SessionType, region: str, rules: PhoneRules) -> Iterator[tuple[str, str]]:
    if not 1 <= len(fields.text(NAME)) <= NAME_LIMIT:
        yield NAME, NO_NAME
    yield from _wrong_people(fields, type_, region, rules)
    yield from _wrong_numbers(fields, type_, region, rules)
    if not fields.conversation(WHERE):
        yield WHERE, NO_PLACE


def _wrong_people(fields: Fields, type_: SessionType, region: str, rules: PhoneRules) -> Iterator[tuple[str, str]]:
    if type_ is not SessionType.CHAT:
        yield from ((block, ONLY_CHAT) for block in (WITH, SLACK_MEMBERS, MEMBERS, MESSAGE) if _filled(fields, block))
        return
    if why := _wrong_target(fields):
        yield WITH, why
    if lines := list(_wrong_lines(fields.text(MEMBERS), region, rules)):
        yield MEMBERS, shorten(" ".join(lines), ERROR)
    if not any(_filled(fields, block) for block in (WITH, SLACK_MEMBERS, MEMBERS, TO)):
        yield WITH, NOBODY


def _wrong_numbers(fields: Fields, type_: SessionType, region: str, rules: PhoneRules) -> Iterator[tuple[str, str]]:
    for block in (FROM, TO):
        number = _number(fields, block, region)
        if isinstance(number, Unreadable):
            yield block, shorten(number.why, ERROR)
        elif block == TO and number is not None and (why := rules.refusal(number, call=type_ is not SessionType.CHAT)):
            yield TO, why
    if type_ in NO_NUMBER and not fields.text(TO):
        yield TO, NO_NUMBER[type_]


def _wrong_target(fields: Fields) -> str | None:
    chosen = fields.option(WITH)
    if chosen is None or any(chosen[0].startswith(kind) and chosen[0] != kind for kind in TARGETS):
        return None
    return BAD_TARGET


def _wrong_lines(text: str, region: str, rules: PhoneRules) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        found = read_people(line, region)
        refused = (why for phone in found.phones if (why := rules.refusal(phone)))
        for why in [*(bad.why for bad in found.unreadable), *refused]:
            yield f"Line {number}: {why}"


def _filled(fields: Fields, block: str) -> bool:
    return bool(fields.text(block) or fields.option(block) or fields.users(block))


def _number(fields: Fields, block: str, region: str) -> Phone | Unreadable | None:
    typed = fields.text(block)
    return read_phone(typed, region) if typed else None


def _form(fields: Fields, type_: SessionType, region: str) -> NewSessionForm:
    people = read_people(fields.text(MEMBERS), region)
    address, label = fields.option(WITH) or (None, None)
    request = NewSessionRequest(
        type=type_,
        name=fields.text(NAME),
        with_address=address,
        with_label=label,
        emails=people.emails,
        phones=people.phones,
        from_number=_readable(fields, FROM, region),
        to=_readable(fields, TO, region),
        first_message=fields.text(MESSAGE),
    )
    chosen = tuple(dict.fromkeys((*fields.users(SLACK_MEMBERS), *people.slack_users)))
    return NewSessionForm(request, chosen, ChannelId(fields.conversation(WHERE)))


def _readable(fields: Fields, block: str, region: str) -> Phone | None:
    number = _number(fields, block, region)
    return number if isinstance(number, Phone) else None


def with_emails(request: NewSessionRequest, emails: tuple[Email, ...]) -> NewSessionRequest:
    """The request with the addresses of the people who were chosen from Slack, each once, first."""
    everybody = {email.address.casefold(): email for email in (*emails, *request.emails)}
    return replace(request, emails=tuple(everybody.values()))
