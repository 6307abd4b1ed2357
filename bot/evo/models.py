"""Evo Voice's requests and answers as types; the names are the public metadata pages' in snake_case.

Requests are strict: a misspelt field or enum value raises pydantic's ValidationError (a ValueError) before any request,
because the server skips an enum it cannot read and takes value 0 (`Voice`). Answers are lenient: the server leaves null
members out and adds new ones, so all but a few are optional, unknown fields are ignored, unknown enum values stay text,
and an unreadable item of a list is dropped with a warning. What people wrote does not appear in reprs.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticOmit

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


class Channel(StrEnum):
    VOICE = "Voice"
    CHAT = "Chat"
    FAX = "Fax"


class Direction(StrEnum):
    INCOMING = "Incoming"
    OUTGOING = "Outgoing"


class DialState(StrEnum):
    NONE = "None"
    ACTIVE = "Active"


class CallState(StrEnum):
    DISCONNECTED = "Disconnected"
    RINGING = "Ringing"
    CONNECTED = "Connected"
    HOLD = "Hold"
    PASSIVE = "Passive"


class QueueState(StrEnum):
    NONE = "None"
    QUEUED = "Queued"
    RINGING = "Ringing"
    CONNECTED = "Connected"
    HOLD = "Hold"
    DISCONNECTED = "Disconnected"


class HoldReason(StrEnum):
    NONE = "None"
    TRANSFERRING = "Transferring"


class MemberCallState(StrEnum):
    NONE = "None"
    RINGING = "Ringing"
    CONNECTED = "Connected"
    HOLD = "Hold"


class MemberRole(StrEnum):
    NONE = "None"
    CALLER = "Caller"
    AGENT = "Agent"
    TRANSFER = "Transfer"


class ContactType(StrEnum):
    USER = "User"
    TEAM = "Team"
    CONTACT = "Contact"


def _known_or_text(kind: type[StrEnum]) -> Callable[[object], object]:
    """A reader of enum values as .NET writes them: the name in any case, or its number; anything else stays text."""
    members = list(kind)
    spelt = {member.lower(): member for member in members}
    spelt |= {str(number): member for number, member in enumerate(members)}

    def read(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError("not the name or number of an enum value")  # noqa: TRY004 - pydantic collects ValueErrors
        return spelt.get(str(value).lower(), str(value))

    return read


SomeChannel = Annotated[Channel | str, PlainValidator(_known_or_text(Channel))]
SomeDirection = Annotated[Direction | str, PlainValidator(_known_or_text(Direction))]
SomeDialState = Annotated[DialState | str, PlainValidator(_known_or_text(DialState))]
SomeCallState = Annotated[CallState | str, PlainValidator(_known_or_text(CallState))]
SomeQueueState = Annotated[QueueState | str, PlainValidator(_known_or_text(QueueState))]
SomeHoldReason = Annotated[HoldReason | str, PlainValidator(_known_or_text(HoldReason))]
SomeMemberCallState = Annotated[MemberCallState | str, PlainValidator(_known_or_text(MemberCallState))]
SomeMemberRole = Annotated[MemberRole | str, PlainValidator(_known_or_text(MemberRole))]
SomeContactType = Annotated[ContactType | str, PlainValidator(_known_or_text(ContactType))]


def _drop_unreadable(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """One odd item must not hide the rest. The log names fields, never content."""
    try:
        return handler(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = first["loc"][0] if first["loc"] else "the item itself"
        log.warning("dropped an unreadable item from an Evo Voice list: %s: %s", where, first["type"])
        raise PydanticOmit from None


def _none_is_empty(value: object) -> object:
    return () if value is None else value


T = TypeVar("T")
Many = Annotated[tuple[Annotated[T, WrapValidator(_drop_unreadable)], ...], BeforeValidator(_none_is_empty)]
Text = Annotated[str, StringConstraints(min_length=1)]
_Written = Field(default=None, repr=False)  # what people wrote: not for logs


class _Wire(BaseModel):
    model_config = ConfigDict(
        defer_build=True,  # at its first use: half of them are hardly ever used, and all together weigh 2 MB
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        hide_input_in_errors=True,  # an error's text must not quote what people wrote
    )


class _Request(_Wire):
    model_config = ConfigDict(extra="forbid")

    def to_json(self) -> bytes:
        """The body to send: camelCase, absent fields left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class _Response(_Wire):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class NewSession(_Request):
    """What to open. Only `channel` is required: left out, the server would take `Voice`.

    `with_address` is `user:<id>` or `team:<id>` and belongs to Chat. Cell phones cannot be in `member_email_addresses`;
    they are invited afterwards. `with_address`, `parent_session_id`, `member_email_addresses` and `start_session` are
    not in any answer: who needs them later must keep them.
    """

    channel: Channel
    display_name: Text | None = None
    direction: Direction | None = None
    call_state: CallState | None = None
    from_address: Text | None = None
    from_name: Text | None = None
    to_address: Text | None = None
    parent_session_id: Text | None = None
    customer_id: Text | None = None
    with_address: Text | None = None
    from_phone_number: Text | None = None
    destination: Text | None = None
    member_email_addresses: tuple[Text, ...] | None = None
    start_session: bool | None = None


class PatchSession(_Request):
    """What to change in a session; only the given fields are sent, and one at least must be."""

    console_data: str | None = _Written
    call_state: CallState | None = None
    hold_reason: HoldReason | None = None
    queue_state: QueueState | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("a patch changes at least one field")
        return self


class Entity(_Response):
    """What every stored thing has. Dates are the server's raw text: see `parse_date`."""

    id: Text
    date_created: str | None = None
    date_last_modified: str | None = None
    created_by: str | None = None
    last_modified_by: str | None = None


class Named(_Response):
    """One step of a customer's breadcrumb."""

    id: str | None = None
    name: str | None = None


class SessionLogInfo(_Response):
    """One line of a session's log, free text for people."""

    date: str | None = None
    message: str | None = _Written


class SessionMemberInfo(_Response):
    """Somebody in a session. The format of `identity` is not documented: compare it, do not take it apart."""

    identity: str | None = None
    endpoint_id: str | None = None
    display_name: str | None = None
    is_original_member: bool | None = None
    avatar_url: str | None = None
    application_data: dict[str, Any] | None = Field(default=None, repr=False)
    call_state: SomeMemberCallState | None = None
    role: SomeMemberRole | None = None
    call_sid: str | None = None
    muted: bool | None = None


class SessionInfo(Entity):
    """A session. `log` is empty in answers to get_session; list_sessions has it."""

    dial_state: SomeDialState | None = None
    call_state: SomeCallState | None = None
    queue_state: SomeQueueState | None = None
    ended: bool | None = None
    outcome: str | None = None
    was_missed: bool | None = None
    hold_reason: SomeHoldReason | None = None
    date_completed: str | None = None

    account_id: str | None = None
    account_name: str | None = None
    customer_id: str | None = None
    customer_name: str | None = None
    customer_breadcrumb: Many[Named] = ()

    endpoint_id: str | None = None
    endpoint_name: str | None = None
    answered_by_id: str | None = None
    answered_by_name: str | None = None
    queue_member_id: str | None = None
    ring_queue_id: str | None = None
    held_by_user_id: str | None = None
    hold_queue_name: str | None = None

    display_name: str | None = None
    channel: SomeChannel | None = None
    direction: SomeDirection | None = None
    destination: str | None = None
    to_address: str | None = None
    from_address: str | None = None
    from_name: str | None = None
    from_phone_number: str | None = None
    callback_number: str | None = None

    call_sid: str | None = None
    conference_sid: str | None = None
    most_recent_participant_call_sid: str | None = None

    log: Many[SessionLogInfo] = ()
    members: Many[SessionMemberInfo] = ()
    console_data: str | None = _Written


class MessageInfo(_Response):
    """A sent message. Its `id` is the proof of delivery: an answer without one counts as unread (Unsure)."""

    id: Text
    account_id: str | None = None
    customer_id: str | None = None
    endpoint_id: str | None = None
    endpoint_display_name: str | None = None
    date: str | None = None
    direction: SomeDirection | None = None
    other_address: str | None = None
    sender: str | None = None
    text: str | None = _Written
    is_unread: bool | None = None


class FileInfo(_Response):
    """A file that is kept over there. Who may open its `uri` is not documented."""

    id: str | None = None
    file_name: str | None = _Written
    uri: str | None = _Written
    content_type: str | None = None
    content_length: int | None = None


class ChatTranscriptMessage(_Response):
    """A line of a transcript. It has no id; `sender` is the wire's `from`."""

    date: str | None = None
    sender: str | None = Field(default=None, alias="from")
    body: str | None = _Written
    media_uri: str | None = _Written
    media_content_type: str | None = None


class UserInfo(_Response):
    """Who is signed in. `account_names` runs parallel to `account_ids`."""

    id: str | None = None
    is_authenticated: bool | None = None
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    avatar_url: str | None = None
    email_address: str | None = None
    roles: Many[str] = ()
    account_ids: Many[str] = ()
    account_names: Many[str] = ()
    manager_access: str | None = None
    dashboard_permissions: Many[str] = ()


class AppConfig(_Response):
    """Who the login is. The answer's telephony token is not declared here, so it is never kept."""

    endpoint_id: str | None = None
    account_id: str | None = None
    customer_id: str | None = None
    identity: str | None = None
    email_address: str | None = None
    user_info: UserInfo | None = None
    agent_state: str | None = None
    agent_state_reason: str | None = None


class AppContact(_Response):
    """Somebody to start a session with; pass `address` on untouched."""

    display_name: str | None = None
    address: str | None = None
    type: SomeContactType | None = None
    customer_name: str | None = None
    can_call: bool | None = None
    can_chat: bool | None = None


class EndpointInfo(Entity):
    """A user, team, phone number … of an account. What follows `user_mode` is seen in the vendor's own client only."""

    account_id: str | None = None
    account_name: str | None = None
    customer_id: str | None = None
    customer_name: str | None = None
    customer_breadcrumb: Many[Named] = ()
    reference_id: str | None = None
    display_name: str | None = None
    type: str | None = None
    extra_information: str | None = None
    disable_sms: bool | None = None
    is_virtual_phone_number: bool | None = None
    user_mode: str | None = None
    name: str | None = None
    phone_number: str | None = None
    email_address: str | None = None
    user_email_address: str | None = None


class CustomerInfo(Entity):
    """A customer of an account; `breadcrumb` leads to it from the top."""

    account_id: str | None = None
    account_name: str | None = None
    parent_customer_id: str | None = None
    breadcrumb: Many[Named] = ()
    is_staging: bool | None = None
    name: str | None = None
    reference_id: str | None = None


# The wrappers around lists: the member's name differs from operation to operation.


class SessionItems(_Response):
    items: Many[SessionInfo] = ()


class MySessions(_Response):
    sessions: Many[SessionInfo] = ()


class Transcript(_Response):
    messages: Many[ChatTranscriptMessage] = ()


class Contacts(_Response):
    contacts: Many[AppContact] = ()


class EndpointItems(_Response):
    items: Many[EndpointInfo] = ()


class CustomerItems(_Response):
    items: Many[CustomerInfo] = ()


class ResponseStatus(_Response):
    error_code: str | None = None
    message: str | None = None


class Fault(_Response):
    """ServiceStack's error body."""

    response_status: ResponseStatus | None = None


_MICROSOFT = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/", re.ASCII)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:(\.\d{0,6})\d*)?(Z|z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_date(text: str | None) -> datetime | None:
    """A date of Evo Voice as an aware UTC datetime, or None when it cannot be read.

    The format is not documented, so ISO-8601 (with or without time, fraction, offset or `Z`) and `/Date(ms)/` are all
    read. Without an offset the text is taken as UTC; digits below a microsecond are cut off.
    """
    try:
        return _from_text((text or "").strip())
    except (ValueError, OverflowError):
        return None


def _from_text(text: str) -> datetime | None:
    if found := _MICROSOFT.fullmatch(text):
        return _EPOCH + timedelta(milliseconds=int(found[1]))
    if found := _ISO.fullmatch(text):
        day, clock, fraction, offset = found.groups(default="")
        shown = f"{day}T{clock or '00:00'}{fraction if fraction != '.' else ''}{offset.upper() or 'Z'}"
        return datetime.fromisoformat(shown).astimezone(UTC)
    return None
