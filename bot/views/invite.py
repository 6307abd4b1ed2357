"""The modal that brings people into a session, and what a person filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.model import Email, Invitee, Listed, Member, Phone, Profile, Session, SessionType, UserId
from bot.people import read_people
from bot.phones import PhoneRules, Unreadable, read_phone
from bot.text import shorten, with_emoji
from bot.views import Blocks, View, parts
from bot.views.about import About, Choice, session_field, with_objections
from bot.views.blocks import Block, context, modal, name, option, plain
from bot.views.blocks import field as input_field
from bot.views.new_session.fields import MESSAGE_LIMIT, TEXT_LIMIT
from bot.views.new_session.reading import NOT_OURS
from bot.views.state import Errors, Fields, Values

CALLBACK = "session_invite"
SESSION = "i_session"
PEOPLE = "i_people"
SLACK = "i_slack"
CALLER_ID = "i_callerid"
GREETING = "i_greeting"

NOBODY = "Say whom to invite: phone numbers or e-mail addresses, or choose people from Slack."
NO_SESSION = "Choose the session."
NOTHING_FOUND = "I found no number, address or person in that message: type them, or choose people."
THERE_ALREADY = "In this session already: {who}. Leave them out; nobody was invited yet."
NO_TEXT = "A call or a fax takes no text. Leave it empty."
ERROR = 600  # characters of an error under a field


@dataclass(frozen=True, slots=True)
class Begun:
    """What stands in the form at first, and what was wrong with what was typed."""

    choice: Choice | None = None
    people: str = ""
    users: Sequence[UserId] = ()
    caller_id: str = ""  # E.164
    said: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""


@dataclass(frozen=True, slots=True)
class InviteForm:
    """A filled-in invitation: people in the order given, the typed ones first.

    `evo_id`: the session, None when the modal knows it.
    """

    people: tuple[Invitee, ...]
    caller_id: Phone | None
    greeting: str = ""
    evo_id: str | None = None

    @property
    def phones(self) -> tuple[Phone, ...]:
        return tuple(invitee.phone for invitee in self.people if invitee.phone)

    @property
    def users(self) -> tuple[UserId, ...]:
        return tuple(invitee.slack_user for invitee in self.people if invitee.slack_user)


def form(about: About, session: Session | None, begun: Begun, *, numbers: bool = False) -> View:
    """`session`: None asks which. `numbers`: there is a list of our own numbers to choose from."""
    which = [] if session else [session_field(SESSION, begun.choice)]
    hint = [context(begun.hint)] if begun.hint else []
    blocks: Blocks = [*hint, *which, _people(begun.people), _from_slack(begun.users), _caller(begun.caller_id, numbers)]
    blocks += [_greeting()] if session is None or session.type is SessionType.CHAT else []
    blocks += [context(_who_sees(session))]
    view = modal(
        "Invite to session", with_objections(blocks, begun.said), callback_id=CALLBACK, submit="Invite", close="Cancel"
    )
    view["private_metadata"] = about.pack()
    return view


def people_in(text: str, region: str, bot: UserId) -> tuple[str, tuple[UserId, ...]]:
    """The numbers and addresses in a message, as the form's field takes them, and the people in Slack whom it mentions.

    The rest of it is left out.
    """
    found = read_people(text, region)
    typed = ", ".join([*(email.address for email in found.emails), *(phone.e164 for phone in found.phones)])
    return typed, tuple(user for user in found.slack_users if user != bot)


def there_already(members: Sequence[Member], form: InviteForm, chosen: Sequence[Profile]) -> str | None:
    """Who of them need not be invited, as a sentence; None when nobody. `chosen`: what is known of the Slack people."""
    there = {word.casefold() for member in members for word in (member.identity, member.name)}
    typed = [_address(one.phone or one.email) for one in form.people if one.phone or one.email]
    shown = [address for address in typed if address.casefold() in there]
    shown += [f"{one.name} ({one.email})" for one in chosen if one.email and one.email.casefold() in there]
    return shorten(THERE_ALREADY.format(who=", ".join(shown)), ERROR) if shown else None


# Parts


def _who_sees(session: Session | None) -> str:
    into = f"Into “{name(session.name, 120)}”. " if session else ""
    return f"{into}Everyone in the session sees what is written from now on."


def _people(typed: str) -> Block:
    who = _text("+1 503 555 0123, ana@example.com", TEXT_LIMIT, typed, multiline=True)
    return input_field(PEOPLE, "Who", who, hint="E-mails of Evo Voice users, or cell phone numbers.", optional=True)


def _from_slack(users: Sequence[UserId]) -> Block:
    chosen: Block = {"type": "multi_users_select", "placeholder": plain("Choose people", 150)}
    if users:
        chosen["initial_users"] = list(users)
    return input_field(SLACK, "From Slack", chosen, hint="Matched by e-mail address.", optional=True)


def _caller(number: str, listed: bool) -> Block:
    element = _text("(503) 555-0100", 60, number)
    if listed:
        element = {"type": "external_select", "min_query_length": 0, "placeholder": plain("Search numbers", 150)}
        if number:
            element["initial_option"] = option(number, number)
    return input_field(CALLER_ID, "Caller ID", element, hint="Number the text comes from.", optional=True)


def _greeting() -> Block:
    hint = f"Sent to everyone in the session after the invitations, as you. At most {MESSAGE_LIMIT:,} characters."
    return input_field(GREETING, "Greeting", _text("", TEXT_LIMIT, multiline=True), hint=hint, optional=True)


def _text(placeholder: str, most: int, value: str = "", *, multiline: bool = False) -> Block:
    element: Block = {"type": "plain_text_input", "max_length": most, "multiline": multiline}
    if placeholder:
        element["placeholder"] = plain(placeholder, 150)
    return element | ({"initial_value": shorten(value, most)} if value else {})


# What was filled in


def parse(
    values: Values, about: About, region: str, rules: PhoneRules, listed: Listed | None = None, author: str = ""
) -> InviteForm | Errors:
    """The form, or what is wrong with it by block id. National numbers are read as of `region`.

    `listed` is what could be chosen when it was submitted; `author` what its author is called, if that is known.
    """
    fields = Fields(values)
    people, caller = _invitees(fields, region), _caller_id(fields, region)
    chosen, greeting = fields.option(SESSION), with_emoji(fields.text(GREETING))
    errors = {
        SESSION: NO_SESSION if about.session is None and chosen is None else "",
        PEOPLE: _against_people(fields, region, rules),
        CALLER_ID: _against_caller(caller, rules, listed or Listed()),
        GREETING: _against_greeting(greeting, author, people),
    }
    if not any(errors.values()) and not people:
        errors[PEOPLE] = NOBODY
    wrong = {block: shorten(why, ERROR) for block, why in errors.items() if why}
    number = caller if isinstance(caller, Phone) else None
    return wrong or InviteForm(people, number, greeting, chosen[0] if chosen else None)


def _against_people(fields: Fields, region: str, rules: PhoneRules) -> str:
    typed = read_people(fields.text(PEOPLE), region)
    refused = (why for phone in typed.phones if (why := rules.refusal(phone)))
    return " ".join([*(bad.why for bad in typed.unreadable), *refused])


def _caller_id(fields: Fields, region: str) -> Phone | Unreadable | None:
    """What was chosen or typed, whichever the field is for."""
    chosen = fields.option(CALLER_ID)
    typed = chosen[0] if chosen else fields.text(CALLER_ID)
    return read_phone(typed, region) if typed else None


def _against_caller(caller: Phone | Unreadable | None, rules: PhoneRules, listed: Listed) -> str:
    if caller is None:
        return ""
    if isinstance(caller, Unreadable):
        return caller.why
    foreign = listed.numbers is not None and caller.e164 not in listed.numbers
    return rules.against_sender(caller) or (NOT_OURS if foreign else "")


def _against_greeting(greeting: str, author: str, people: Sequence[Invitee]) -> str:
    over = len(greeting) - MESSAGE_LIMIT
    phones = any(invitee.phone for invitee in people)
    return parts.too_long(greeting, over, MESSAGE_LIMIT, author=author, phones=phones) if over > 0 else ""


def _invitees(fields: Fields, region: str) -> tuple[Invitee, ...]:
    typed = [Invitee.of(person) for person in read_people(fields.text(PEOPLE), region).in_order]
    chosen = [Invitee(slack_user=user) for user in fields.users(SLACK)]
    return tuple(dict.fromkeys([*typed, *chosen]))


def _address(address: Phone | Email | None) -> str:
    match address:
        case Phone(e164):
            return e164
        case Email(text):
            return text
    return ""
