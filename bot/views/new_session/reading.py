"""What a person filled in: the request it makes, or what is wrong under which field. What is not shown is not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.evo import is_safe_id
from bot.model import (
    CallState,
    ChannelId,
    Direction,
    Email,
    EvoSessionId,
    Listed,
    Mode,
    NewSessionRequest,
    Phone,
    SessionType,
    ThreadKey,
    UserId,
)
from bot.people import read_email, read_people
from bot.phones import PhoneRules, Unreadable, read_phone
from bot.text import shorten, with_emoji
from bot.views import parts
from bot.views.new_session.fields import (
    CUSTOMER,
    DESTINATION,
    DIRECTION,
    FROM,
    FROM_ADDRESS,
    FROM_NAME,
    LEAVE,
    MEMBERS,
    MESSAGE,
    MESSAGE_LIMIT,
    MODE,
    NAME,
    NAME_LIMIT,
    ONLY_IN_CHAT,
    PARENT,
    SEND_TEXT,
    SLACK_MEMBERS,
    START,
    STATE,
    TO,
    TO_ADDRESS,
    TYPE,
    WHERE,
    WITH,
    usual_from_name,
)
from bot.views.new_session.shape import Shape
from bot.views.state import Errors, Fields, Values

ERROR = 600  # characters of an error under a field
TARGETS = ("user:", "team:")

NO_NAME = "Give the session a name (1–120 characters)."
NO_PLACE = "Choose where the card is posted."
NO_TYPE = "Choose Chat, Voice or Fax."
NOBODY = "Choose whom the chat starts with, or name at least one person below."
NO_NUMBER = {SessionType.VOICE: "Give the number to call.", SessionType.FAX: "Give the number to fax to."}
NO_FROM = "Choose the number that the other side will see."
BAD_TARGET = "Use user:ID or team:ID."
GONE = "That person or team is no longer in Evo Voice. Pick another."
NOT_OURS = "You may not use this number. Pick another."
NOT_VISIBLE = "This customer is not visible to you."
NO_SUCH_CUSTOMER = "This is not the id of a customer."
NO_SUCH_SESSION = "That session was not found. It may be archived; paste its id."
BAD_ADDRESS = "Use a phone number or an e-mail address."
ONLY_CHAT = "This belongs to a chat only. Clear it, or choose Chat as the session type."

NO_SHAPE = Shape()

Wrong = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class NewSessionForm:
    """A filled-in form. People chosen from Slack become e-mail addresses before it is a request."""

    request: NewSessionRequest
    slack_members: tuple[UserId, ...]
    where: ChannelId
    thread: ThreadKey | None = None

    @property
    def home(self) -> ChannelId | ThreadKey:
        """Where the card will stand."""
        return self.thread or self.where

    @property
    def outside_phones(self) -> tuple[Phone, ...]:
        """Every number that is texted, called or faxed."""
        return tuple(dict.fromkeys((*self.request.phones, *self.request.dialled)))


def parse(
    values: Values,
    region: str,
    rules: PhoneRules,
    listed: Listed | None = None,
    author: str = "",
    shape: Shape = NO_SHAPE,
) -> NewSessionForm | Errors:
    """The form, or what is wrong with it by block id. National numbers are read as of `region` (ISO 3166).

    `listed` is what could be chosen when it was submitted; `author` what its author is called, if that is known;
    of `shape` the thread and the text count.
    """
    fields = Fields(values)
    type_ = _type(fields)
    if type_ is None:
        return {TYPE: NO_TYPE}
    reader = _Reader(fields, type_, region, rules, listed or Listed(), author, shape)
    return _where_it_shows(dict(reader.wrong()), values) or reader.form()


def as_far_as_readable(values: Values, region: str, author: str, shape: Shape) -> NewSessionForm:
    """The form as it would be read without anything that is wrong in it. Not for sending."""
    return _Reader(Fields(values), shape.type, region, PhoneRules(frozenset()), Listed(), author, shape).form()


def _where_it_shows(errors: Errors, values: Values) -> Errors:
    """Right after a change of type Slack may still show the fields of the other: then it stands under the type."""
    return {block if block in values else TYPE: why for block, why in errors.items()}


def with_emails(request: NewSessionRequest, emails: tuple[Email, ...]) -> NewSessionRequest:
    """The request with the addresses of the people who were chosen from Slack, each once, first."""
    everybody = {email.address.casefold(): email for email in (*emails, *request.emails)}
    return replace(request, emails=tuple(everybody.values()))


def _type(fields: Fields) -> SessionType | None:
    chosen = fields.option(TYPE)
    return SessionType(chosen[0]) if chosen and chosen[0] in set(SessionType) else None


@dataclass(frozen=True, slots=True)
class _Reader:
    """One submitted form."""

    fields: Fields
    type: SessionType
    region: str
    rules: PhoneRules
    listed: Listed
    author: str
    shape: Shape

    def wrong(self) -> Wrong:
        if not 1 <= len(self._name) <= NAME_LIMIT:
            yield NAME, NO_NAME
        yield from self._wrong_people() if self._is_chat else self._not_in_chat()
        yield from self._wrong_numbers()
        yield from self._wrong_addresses()
        yield from self._wrong_ids()
        if self.shape.thread is None and not self.fields.conversation(WHERE):
            yield WHERE, NO_PLACE

    def form(self) -> NewSessionForm:
        people = read_people(self.fields.text(MEMBERS), self.region)
        chosen = tuple(dict.fromkeys((*self.fields.users(SLACK_MEMBERS), *people.slack_users)))
        address, label = self.fields.option(WITH) or (None, None)
        direction, state = self._chosen(DIRECTION), self._chosen(STATE)
        request = NewSessionRequest(
            type=self.type,
            name=self._name,
            with_address=address,
            with_label=label,
            emails=people.emails,
            phones=people.phones,
            from_number=_phone(self._number(FROM)),
            to=_phone(self._number(TO)),
            first_message=self._message,
            start=self._start(),
            customer_id=self._value(CUSTOMER) or None,
            customer_label=self._label(CUSTOMER),
            parent_id=EvoSessionId(self._value(PARENT)) if self._value(PARENT) else None,
            direction=Direction(direction) if direction else None,
            call_state=CallState(state) if state else None,
            from_address=_readable(self._address(FROM_ADDRESS)),
            from_name=self._from_name,
            to_address=_readable(self._address(TO_ADDRESS)),
            destination=_readable(self._address(DESTINATION)),
            mode=self._mode,
        )
        thread = self.shape.thread
        where = thread.channel if thread else ChannelId(self.fields.conversation(WHERE))
        return NewSessionForm(request, chosen, where, thread)

    # What is wrong

    @property
    def _is_chat(self) -> bool:
        return self.type is SessionType.CHAT

    def _not_in_chat(self) -> Wrong:
        """Such fields are only there while Slack has not changed the form yet: nobody expects them to be ignored."""
        yield from ((block, ONLY_CHAT) for block in ONLY_IN_CHAT if self._filled(block))

    def _wrong_people(self) -> Wrong:
        if why := self._wrong_target():
            yield WITH, why
        if lines := list(self._wrong_lines()):
            yield MEMBERS, shorten(" ".join(lines), ERROR)
        if not any(map(self._filled, (WITH, SLACK_MEMBERS, MEMBERS, TO))):
            yield WITH, NOBODY
        if (over := len(self._message) - MESSAGE_LIMIT) > 0:
            phones = self._texts_a_phone
            yield MESSAGE, parts.too_long(self._message, over, MESSAGE_LIMIT, author=self.author, phones=phones)

    def _wrong_target(self) -> str | None:
        chosen = self.fields.option(WITH)
        if chosen is None:
            return None
        address, label = chosen
        kind = next((kind for kind in TARGETS if address.lower().startswith(kind)), "")
        ident = address[len(kind) :]
        if not kind or not ident or ident.startswith("+"):  # nobody may be dialled by way of this
            return BAD_TARGET
        known = self.listed.contacts is None or address in self.listed.contacts
        return None if known or label == address else GONE

    def _wrong_lines(self) -> Iterator[str]:
        for number, line in enumerate(self.fields.text(MEMBERS).splitlines(), start=1):
            found = read_people(line, self.region)
            refused = (why for phone in found.phones if (why := self.rules.refusal(phone)))
            for why in [*(bad.why for bad in found.unreadable), *refused]:
                yield f"Line {number}: {why}"

    def _wrong_numbers(self) -> Wrong:
        to, own = self._number(TO), self._number(FROM)
        if isinstance(own, Unreadable):
            yield FROM, shorten(own.why, ERROR)
        elif why := self._against_own(own):
            yield FROM, why
        if isinstance(to, Unreadable):
            yield TO, shorten(to.why, ERROR)
        elif to is not None and (why := self.rules.refusal(to, call=not self._is_chat)):
            yield TO, why
        if to is None and self.type in NO_NUMBER:
            yield TO, NO_NUMBER[self.type]

    def _against_own(self, own: Phone | None) -> str | None:
        """One of several numbers of ours must be chosen where a number is what the other side sees."""
        ours = self.listed.numbers
        if own is not None:
            return self.rules.against_sender(own) or (None if ours is None or own.e164 in ours else NOT_OURS)
        outside = not self._is_chat or self._names_a_phone
        several = ours is not None and len(ours) > 1 and self.fields.has_list(FROM)
        return NO_FROM if several and outside else None

    def _wrong_addresses(self) -> Wrong:
        for block in (FROM_ADDRESS, TO_ADDRESS, DESTINATION):
            address = self._address(block)
            if isinstance(address, Unreadable):
                yield block, BAD_ADDRESS
            elif isinstance(address, Phone) and (why := self.rules.refusal(address, call=not self._is_chat)):
                yield block, why

    def _wrong_ids(self) -> Wrong:
        customer, parent = self._value(CUSTOMER), self._value(PARENT)
        if customer and not is_safe_id(customer):
            yield CUSTOMER, NO_SUCH_CUSTOMER
        elif customer and self.listed.customers is not None and customer not in self.listed.customers:
            yield CUSTOMER, NOT_VISIBLE
        if parent and not is_safe_id(parent):
            yield PARENT, NO_SUCH_SESSION

    # What stands there

    def _filled(self, block: str) -> bool:
        chosen = self.fields.option(block) or self.fields.users(block) or self.fields.checked(block)
        return bool(self.fields.text(block) or chosen)

    @property
    def _names_a_phone(self) -> bool:
        return self._filled(TO) or bool(read_people(self.fields.text(MEMBERS), self.region).phones)

    @property
    def _texts_a_phone(self) -> bool:
        addresses = map(self._address, (FROM_ADDRESS, TO_ADDRESS, DESTINATION))
        return self._names_a_phone or any(isinstance(address, Phone) for address in addresses)

    @property
    def _name(self) -> str:
        """Slack's fields may write an emoji as its name; whoever is in the session sees the picture."""
        return with_emoji(self.fields.text(NAME))

    @property
    def _message(self) -> str:
        """With the words of the message that the form was started from, if they are to be sent."""
        text = self.shape.text if self.fields.checked(SEND_TEXT) else ""
        return "\n\n".join(filter(None, [text, with_emoji(self.fields.text(MESSAGE))]))

    @property
    def _from_name(self) -> str | None:
        """What is proposed is what is sent without it."""
        typed = self.fields.text(FROM_NAME)
        return None if not typed or (self.author and typed == usual_from_name(self.author)) else typed

    @property
    def _mode(self) -> Mode | None:
        chosen = self._chosen(MODE)
        return None if chosen in {None, Mode.RELAY} else Mode(chosen)

    def _value(self, block: str) -> str:
        """What was chosen or typed, whichever this field is for."""
        chosen = self.fields.option(block)
        return chosen[0].strip() if chosen else self.fields.text(block)

    def _label(self, block: str) -> str | None:
        """What the chosen one is called, where somebody has chosen and not typed."""
        value, label = self.fields.option(block) or ("", "")
        return label if label != value else None

    def _chosen(self, block: str) -> str | None:
        value = self._value(block)
        return None if value in ("", LEAVE) else value

    def _number(self, block: str) -> Phone | Unreadable | None:
        typed = self._value(block)
        return read_phone(typed, self.region) if typed else None

    def _address(self, block: str) -> Phone | Email | Unreadable | None:
        typed = self.fields.text(block)
        if not typed:
            return None
        return read_email(typed) if "@" in typed else read_phone(typed, self.region)

    def _start(self) -> bool | None:
        """None: this type's usual way."""
        ticked = self.fields.checked(START)
        return ticked if ticked or self.type is SessionType.VOICE else None


def _phone(number: Phone | Unreadable | None) -> Phone | None:
    return number if isinstance(number, Phone) else None


def _readable(address: Phone | Email | Unreadable | None) -> Phone | Email | None:
    return None if isinstance(address, Unreadable) else address
