"""The modal that brings people into a session, and what a person filled in."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model import Invitee, Phone, Session, SessionKey
from bot.people import PhoneRules, Unreadable, read_people, read_phone
from bot.text import shorten
from bot.views import View
from bot.views.blocks import context, escaped, field, modal, plain
from bot.views.state import Errors, Fields, Values, read_key

CALLBACK = "session_invite"
PEOPLE = "i_people"
SLACK = "i_slack"
CALLER_ID = "i_callerid"

NOBODY = "Say whom to invite: phone numbers or e-mail addresses, or choose people from Slack."
ERROR = 600  # characters of an error under a field


@dataclass(frozen=True, slots=True)
class InviteForm:
    """A filled-in invitation: people in the order given, the typed ones first."""

    people: tuple[Invitee, ...]
    caller_id: Phone | None

    @property
    def phones(self) -> tuple[Phone, ...]:
        return tuple(invitee.phone for invitee in self.people if invitee.phone)


def form(session: Session, people: str = "") -> View:
    """`people`: what stands in the field already."""
    who = {
        "type": "plain_text_input",
        "multiline": True,
        "max_length": 3000,
        "placeholder": plain("+1 503 555 0123, ana@example.com", 150),
    }
    if people:
        who["initial_value"] = shorten(people, 3000)
    chosen = {"type": "multi_users_select", "placeholder": plain("Choose people", 150)}
    caller = {"type": "plain_text_input", "max_length": 60}
    view = modal(
        "Invite to session",
        [
            field(PEOPLE, "Who", who, hint="E-mails of Evo Voice users, or cell phone numbers.", optional=True),
            field(SLACK, "From Slack", chosen, hint="Matched by e-mail address.", optional=True),
            field(CALLER_ID, "Caller ID", caller, hint="Number the text comes from.", optional=True),
            context(
                f"Into “{escaped(shorten(session.name, 120), 700)}”. "
                "Everyone in the session sees what is written from now on."
            ),
        ],
        callback_id=CALLBACK,
        submit="Invite",
        close="Cancel",
    )
    view["private_metadata"] = pack(session.key)
    return view


def people_in(text: str, region: str) -> str:
    """The numbers and addresses in a message, as the form's first field takes them; the rest of it is left out."""
    found = read_people(text, region)
    return ", ".join([*(email.address for email in found.emails), *(phone.e164 for phone in found.phones)])


def pack(session: SessionKey) -> str:
    return str(session)


def unpack(metadata: str) -> SessionKey:
    """Raises ValueError when this is no metadata of ours."""
    return SessionKey(read_key(metadata))


def parse(values: Values, region: str, rules: PhoneRules) -> InviteForm | Errors:
    """The form, or what is wrong with it by block id. National numbers are read as of `region`."""
    fields = Fields(values)
    errors: Errors = {}
    typed = read_people(fields.text(PEOPLE), region)
    wrong = [bad.why for bad in typed.unreadable] + [why for phone in typed.phones if (why := rules.refusal(phone))]
    if wrong:
        errors[PEOPLE] = shorten(" ".join(wrong), ERROR)
    caller = read_phone(fields.text(CALLER_ID), region) if fields.text(CALLER_ID) else None
    if isinstance(caller, Unreadable):
        errors[CALLER_ID] = shorten(caller.why, ERROR)
    people = _invitees(fields, region)
    if not people and not errors:
        errors[PEOPLE] = NOBODY
    return errors or InviteForm(people, None if isinstance(caller, Unreadable) else caller)


def _invitees(fields: Fields, region: str) -> tuple[Invitee, ...]:
    typed = [Invitee.of(person) for person in read_people(fields.text(PEOPLE), region).in_order]
    chosen = [Invitee(slack_user=user) for user in fields.users(SLACK)]
    return tuple(dict.fromkeys([*typed, *chosen]))
