"""What nobody outside the vendor knows about the real server, as switches.

Each default is the documented behaviour or, where nothing is documented, the one that is harder on a client.
"""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any


class UnknownPerson(StrEnum):
    """What happens to an e-mail, phone or `withAddress` nobody answers to."""

    DROP = "drop"
    REFUSE = "refuse"


class RepeatInvite(StrEnum):
    """What happens when somebody is invited who is in already."""

    IGNORE = "ignore"
    DUPLICATE = "duplicate"
    REFUSE = "refuse"


class TranscriptOrder(StrEnum):
    """Which end of the conversation a transcript begins with."""

    OLDEST_FIRST = "oldest_first"
    NEWEST_FIRST = "newest_first"


class DateFormat(StrEnum):
    """`zulu` 2026-05-11T10:20:30.1234560Z, `offset` the same instant at -05:00, `epoch` /Date(ms)/."""

    ZULU = "zulu"
    OFFSET = "offset"
    EPOCH = "epoch"


class FromFormat(StrEnum):
    """How the transcript names a signed-in sender; phones are always their number."""

    EMAIL = "email"
    NAME = "name"
    ENDPOINT_ID = "endpoint_id"


class SignedOutStatus(StrEnum):
    """How GET /auth/status speaks to a stranger."""

    OBJECT = "object"
    EMPTY = "empty"
    NO_CONTENT = "no_content"


class ContactAddress(StrEnum):
    """How GetMyContacts writes users and teams: `user:ID`, the bare ID, or (users only) the e-mail."""

    TYPED = "typed"
    BARE = "bare"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """All selectable behaviours. Replace the whole value, or use `changed`, to switch at run time."""

    #: NewSession and InviteChatMember: drop the unknown in silence, or 400.
    unknown_person: UnknownPerson = UnknownPerson.DROP
    #: InviteChatMember for a member: nothing, a second member, or 409.
    repeat_invite: RepeatInvite = RepeatInvite.IGNORE
    #: SendMessage, InviteChatMember and DeleteChatMember on an ended session; 200 means it is done regardless.
    ended_session_status: int = 400
    #: EndSession of an ended session: 204 or 404.
    second_end_status: int = 204
    #: Any operation on an id nobody knows.
    unknown_id_status: int = 404
    #: SendMessage with an empty or missing body: accept, or 400.
    empty_body_refused: bool = False
    #: SendMessage with more characters than this answers 400; 0 means no limit.
    longest_body: int = 0
    transcript_order: TranscriptOrder = TranscriptOrder.OLDEST_FIRST
    date_format: DateFormat = DateFormat.ZULU
    from_format: FromFormat = FromFormat.EMAIL
    #: Whether dateLastModified of a session moves when a message comes or goes.
    messages_touch_session: bool = False
    #: False: DELETE /sessions/{id}/members/{memberId} answers 400, as the framework does for a route whose
    #: variable the request type lacks. /json/reply/DeleteChatMember works either way.
    delete_member_route_works: bool = False
    #: False: a member of a JSON body that does not parse (enum, number, flag) is skipped in silence; True: 400.
    strict_binding: bool = False
    #: False: ListSessions answers 403 to a login whose only role is User.
    list_sessions_for_users: bool = True
    signed_out_status: SignedOutStatus = SignedOutStatus.OBJECT
    contact_address: ContactAddress = ContactAddress.TYPED
    #: Whether a Basic request without a live cookie session is given cookies.
    basic_sets_cookies: bool = True
    #: True: GET of a media URI needs a sign-in.
    media_needs_sign_in: bool = False
    #: Requests whose User-Agent begins with this get an empty 403 (the real host turns curl away); "" is off.
    refused_agent: str = ""

    def changed(self, changes: Mapping[str, Any]) -> "Quirks":
        """The same with `changes` (field → value, enums also as their text).

        Raises ValueError for a field or value that does not exist.
        """
        unknown = set(changes) - {field.name for field in fields(self)}
        if unknown:
            raise ValueError(f"no such quirk: {', '.join(sorted(unknown))}")
        kinds = typing.get_type_hints(Quirks)
        return replace(self, **{name: _as(kinds[name], value) for name, value in changes.items()})


def _as(kind: type[Any], value: Any) -> Any:
    if issubclass(kind, StrEnum):
        return kind(value)
    if type(value) is not kind:
        raise ValueError(f"{value!r} is not {kind.__name__}")
    return value
