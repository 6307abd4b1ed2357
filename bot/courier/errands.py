"""One errand a kind of item: what it needs before it leaves, the one request, and how to look whether it arrived."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from bot.bridge import House
from bot.bridge.phones import texts_a_phone
from bot.bridge.taking import is_of_before
from bot.counts import PHONE
from bot.courier.filesout import FilesOut, addresses
from bot.evo import CallState as EvoCallState
from bot.evo import Channel, EvoVoice, NewSession, PatchSession, SessionInfo, is_safe_id, parse_date
from bot.evo import Direction as EvoDirection
from bot.hearing import Hearing, members_of
from bot.model import (
    CallState,
    Direction,
    Email,
    EvoName,
    EvoSessionId,
    File,
    History,
    Invitee,
    Item,
    Kind,
    Life,
    Member,
    NewSessionRequest,
    Phone,
    Profile,
    Session,
    SessionType,
    TeamId,
)
from bot.numbers import masked
from bot.packing import unpack_files, unpack_invitee, unpack_phone, unpack_request
from bot.policy import Action, Wish, wishes
from bot.rights import Rights
from bot.scopes import PEOPLE
from bot.store import Store
from bot.store.rows import pack, pack_members
from bot.text import fold, mentions, to_plain, with_author
from bot.texts import (
    ASKED_BEFORE,
    ENDED,
    NO_EMAIL,
    NOT_CHECKED,
    NOT_LISTED,
    NOTHING_SENT,
    NOTHING_TO_SEND,
    NUMBER_NOT_LISTED,
    REMOVED_IN_SLACK,
    UNUSABLE_ID,
)
from bot.views import parts
from bot.views.files import nothing_sent
from bot.workspace import SlackRefused, Workspace

MAX_TEXT = 8000  # characters; Evo Voice documents no limit, a phone's text would be dozens of parts
SKEW = timedelta(minutes=2)

ALREADY_IN = "was in the session already"
NOT_IN = "was not in the session any more"
STILL_LISTED = "was taken out, says Evo Voice, and is still listed. Please check"


class Ambiguous(Exception):
    """More than one thing at Evo Voice could be what we asked for."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """It is done. `evo_name` is its name over there, `session` what is new about the session."""

    evo_name: EvoName
    session: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """It is done over there, and we can do nothing with it; `reason` is for the person who asked."""

    reason: str


@dataclass(frozen=True, slots=True)
class Impossible:
    """It must not leave; `reason` is for the person who asked. `by`, for the audit: by which rule of the policy.

    `against`: what is to be counted, a word of `counts.REFUSALS`.
    """

    reason: str
    by: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """It may leave. `sent_text` is what a transcript will show of it."""

    send: Callable[[], Awaitable[Arrived | Lost]]
    sent_text: str | None = None


class Errand(Protocol):
    repeatable: bool  # may a machine repeat it once it is proven absent?

    async def prepare(self, item: Item, session: Session, /) -> Ready | Impossible | Arrived:
        """Asks Slack what it must. Raises SlackError when it cannot: then nobody knows, and nothing leaves."""

    async def find(self, item: Item, session: Session, /) -> Arrived | None:
        """Looks whether it arrived. Raises EvoError when it cannot look, Ambiguous when it cannot tell."""


class Tools:
    """What errands need from the world."""

    def __init__(
        self, evo: EvoVoice, workspace: Workspace, store: Store, house: House, home: TeamId, files: FilesOut
    ) -> None:
        self.evo = evo
        self.workspace = workspace
        self.store = store
        self.house = house
        self.home = home
        self.rights = Rights(workspace, house.policy, home, house.counts)
        self.files = files

    async def speaker(self, item: Item, session: Session) -> Profile | Impossible:
        """Who wants to bring something into a session that must still be there."""
        return Impossible(ENDED) if session.life is Life.ENDED else await self.author(item, session)

    async def author(self, item: Item, session: Session) -> Profile | Impossible:
        """Who asked, checked anew: rights may have been lost since."""
        try:
            against = await self.rights.against_all(item.author, wishes.of_item(item, session), item.channel)
            if item.approved_by and not against:
                approving = [Wish(Action.APPROVE)]
                against = await self.rights.against_all(item.approved_by, approving, item.channel)
            if against is None:
                return await self.workspace.profile(item.author)
            _, verdict = against
            return Impossible(verdict.why, masked(verdict.by))
        except SlackRefused:
            return Impossible(self.workspace.scopes.because(NOT_CHECKED, PEOPLE))

    def signature(self, author: Profile) -> str:
        """The name before what somebody writes: who they say they are at Evo Voice, else their name in Slack."""
        return self.store.read.person(self.home, author.user).evo_name or author.name


async def as_sent(tools: Tools, item: Item) -> str | None:
    """How a reply or an opening would have been sent, whether its author still may or not; None when nobody can say.

    After a restore it is recognised by this.
    """
    try:
        author = await tools.workspace.profile(item.author)
    except SlackRefused:
        return None
    if item.kind is Kind.OPEN:
        return new_session(unpack_request(item.body), tools.signature(author)).from_name
    return with_author(tools.signature(author), with_files(await words_of(tools, item), unpack_files(item.body)))


def errands(tools: Tools, hearing: Hearing) -> dict[Kind, Errand]:
    return {
        Kind.OPEN: Open(tools),
        Kind.LINK: Link(tools, hearing),
        Kind.INVITE: Invite(tools),
        Kind.SAY: Say(tools, hearing),
        Kind.KICK: Kick(tools),
        Kind.HOLD: Patch(tools, EvoCallState.HOLD),
        Kind.RESUME: Patch(tools, EvoCallState.CONNECTED),
        Kind.END: End(tools),
    }


class Open:
    """POST /sessions. A duplicate is an empty room, so one automatic repeat is allowed once absence is proven."""

    repeatable = True

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def prepare(self, item: Item, session: Session) -> Ready | Impossible | Arrived:
        author = await self._tools.author(item, session)
        if isinstance(author, Impossible):
            return author
        if is_of_before(self._tools.store.read, item):
            return Impossible(ASKED_BEFORE)
        request = unpack_request(item.body)
        if against := self._against_numbers(request):
            return against
        new = new_session(request, self._tools.signature(author))

        async def send() -> Arrived | Lost:
            info = await self._tools.evo.new_session(new)
            return opened(info, request) if is_safe_id(info.id) else Lost(UNUSABLE_ID)

        return Ready(send, new.from_name)

    def _against_numbers(self, request: NewSessionRequest) -> Impossible | None:
        rules, call = self._tools.house.phones, request.type is not SessionType.CHAT
        own = request.from_number
        if own and (why := rules.against_sender(own)):
            return Impossible(why)
        against = [rules.refusal(phone, call=call) for phone in request.dialled]
        why = next(filter(None, [*against, *map(rules.refusal, request.phones)]), None)
        return Impossible(why, against=PHONE) if why else None

    async def find(self, item: Item, session: Session) -> Arrived | None:
        """Looks among what our login has made since. Raises Ambiguous when it could be somebody else's."""
        if self._tools.store.read.twins_in_doubt(item.key, session):
            raise Ambiguous
        request = unpack_request(item.body)
        candidates = [info for info in await self._tools.evo.get_my_sessions() if self._may_be(info, item, session)]
        if len(candidates) > 1 or (not candidates and may_be_hidden(request)):
            raise Ambiguous
        return opened(candidates[0], request) if candidates else None

    def _may_be(self, info: SessionInfo, item: Item, session: Session) -> bool:
        """Ours by name and kind, made since we asked, and nobody else's."""
        if fold(info.display_name or "") != fold(session.name) or str(info.channel) != session.type.value:
            return False
        if info.from_name is not None and fold(info.from_name) != fold(item.sent_text or ""):
            return False
        if info.ended or self._tools.store.read.session_of(EvoSessionId(info.id)) is not None:
            return False
        made = parse_date(info.date_created or "")
        return made is None or made.timestamp() >= (item.sending_at or item.asked_at) - SKEW.total_seconds()


class Invite:
    """POST /sessions/{id}/members. A duplicate is a second text to somebody: never repeated without a person."""

    repeatable = False

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def prepare(self, item: Item, session: Session) -> Ready | Impossible | Arrived:
        author = await self._tools.speaker(item, session)
        if isinstance(author, Impossible):
            return author
        member = await self._member(unpack_invitee(item.body))
        if isinstance(member, Impossible):
            return member
        if is_of_before(self._tools.store.read, item, member):
            return Impossible(ASKED_BEFORE)
        if is_listed(member, session.members):
            return Arrived(_invited(item), reason=ALREADY_IN)
        caller = unpack_phone(item.body["caller_id"])
        if caller and (why := self._tools.house.phones.against_sender(caller)):
            return Impossible(why)

        async def send() -> Arrived:
            info = await self._tools.evo.invite_chat_member(
                session.evo_id or "", member, caller.e164 if caller and member.startswith("+") else None
            )
            return self._arrived(item, member, info)

        return Ready(send)

    async def find(self, item: Item, session: Session) -> Arrived | None:
        member = await self._member(unpack_invitee(item.body))
        info = await self._tools.evo.get_session(session.evo_id or "")
        if isinstance(member, Impossible) or not is_listed(member, members_of(info)):
            return None
        return self._arrived(item, member, info)

    async def _member(self, who: Invitee) -> str | Impossible:
        if who.phone is not None:
            why = self._tools.house.phones.refusal(who.phone)
            return Impossible(why, against=PHONE) if why else who.phone.e164
        if who.email is not None:
            return who.email.address
        if who.slack_user is None:
            return Impossible(who.why or NOTHING_TO_SEND)
        try:
            profile = await self._tools.workspace.profile(who.slack_user)
        except SlackRefused:
            return Impossible(NO_EMAIL.format(name="this person"))
        return profile.email or Impossible(NO_EMAIL.format(name=profile.name))

    def _arrived(self, item: Item, member: str, info: SessionInfo) -> Arrived:
        members = members_of(info)
        not_there = NUMBER_NOT_LISTED if member.startswith("+") else NOT_LISTED
        reason = "" if is_listed(member, members) else not_there
        return Arrived(_invited(item), {"members": pack_members(members)} if members else {}, reason)


class Say:
    """POST /sessions/{id}/messages. Lost is worse than doubled, so one repeat is allowed once absence is proven."""

    repeatable = True

    def __init__(self, tools: Tools, hearing: Hearing) -> None:
        self._tools = tools
        self._hearing = hearing

    async def prepare(self, item: Item, session: Session) -> Ready | Impossible | Arrived:
        author = await self._tools.speaker(item, session)
        if isinstance(author, Impossible):
            return author
        if item.gone:
            return Impossible(REMOVED_IN_SLACK)
        words = await words_of(self._tools, item)
        name = self._tools.signature(author)
        files = await self._tools.files.settle(item, MAX_TEXT - len(with_author(name, words)) - 1)
        words = with_files(words, files)
        if not words:
            return Impossible(nothing_sent(files) if files else NOTHING_TO_SEND)
        text = with_author(name, words)
        if (over := len(text) - MAX_TEXT) > 0:
            why = parts.too_long(
                words, over, MAX_TEXT, author=name, phones=texts_a_phone(self._tools.store.read, session)
            )
            return Impossible(f"{why} {NOTHING_SENT}")

        async def send() -> Arrived:
            message = await self._tools.evo.send_message(session.evo_id or "", text)
            return Arrived(EvoName(f"message:{message.id}"))

        return Ready(send, text)

    async def find(self, item: Item, session: Session) -> Arrived | None:
        """Reading the transcript is what recognises our words; here we only ask whether it did."""
        await self._hearing.listen(session)
        line = self._tools.store.read.echo_of(item.key)
        return None if line is None else Arrived(EvoName(f"line:{line}"))


class Link:
    """GET /sessions/{id} and its transcript: nothing happens over there, so it is simply repeated."""

    repeatable = True

    def __init__(self, tools: Tools, hearing: Hearing) -> None:
        self._tools = tools
        self._hearing = hearing

    async def prepare(self, item: Item, session: Session) -> Ready | Impossible | Arrived:
        author = await self._tools.author(item, session)
        if isinstance(author, Impossible):
            return author

        async def send() -> Arrived:
            info = await self._tools.evo.get_session(session.evo_id or "")
            await self._hearing.first_time(session, History(str(item.body["history"])))
            return Arrived(EvoName(f"linked:{item.key}"), linked(info))

        return Ready(send)

    async def find(self, _item: Item, _session: Session) -> Arrived | None:
        return None  # never in doubt


class Kick:
    """DELETE /sessions/{id}/members/{member}. Who is gone is gone, so it is repeated when they are still there."""

    repeatable = True

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def prepare(self, item: Item, session: Session) -> Ready | Impossible | Arrived:
        author = await self._tools.speaker(item, session)
        if isinstance(author, Impossible):
            return author
        member = str(item.body["member"])
        if not is_listed(member, session.members):
            return Arrived(_removed(item), reason=NOT_IN)

        async def send() -> Arrived:
            info = await self._tools.evo.delete_chat_member(session.evo_id or "", member)
            members = members_of(info) if info else tuple(one for one in session.members if one.identity != member)
            reason = STILL_LISTED if info and is_listed(member, members) else ""
            return Arrived(_removed(item), {"members": pack_members(members)} if members else {}, reason)

        return Ready(send)

    async def find(self, item: Item, session: Session) -> Arrived | None:
        info = await self._tools.evo.get_session(session.evo_id or "")
        members = members_of(info)
        if is_listed(str(item.body["member"]), members):
            return None
        return Arrived(_removed(item), {"members": pack_members(members)} if members else {})


class Patch:
    """PATCH /sessions/{id} with a call state. It is set, not toggled, so it is simply repeated."""

    repeatable = True

    def __init__(self, tools: Tools, state: EvoCallState) -> None:
        self._tools = tools
        self._state = state

    async def prepare(self, item: Item, session: Session) -> Ready | Impossible | Arrived:
        author = await self._tools.speaker(item, session)
        if isinstance(author, Impossible):
            return author

        async def send() -> Arrived:
            info = await self._tools.evo.patch_session(session.evo_id or "", PatchSession(call_state=self._state))
            return Arrived(EvoName(f"set:{item.key}"), {"call_state": str(info.call_state or self._state)})

        return Ready(send)

    async def find(self, _item: Item, _session: Session) -> Arrived | None:
        return None  # never in doubt


class End:
    """DELETE /sessions/{id}. Ending twice ends once, so it is simply repeated."""

    repeatable = True

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def prepare(self, item: Item, session: Session) -> Ready | Impossible | Arrived:
        over = Arrived(EvoName(f"ended:{item.key}"))
        if session.life is Life.ENDED:
            return over
        author = await self._tools.author(item, session)
        if isinstance(author, Impossible):
            return author

        async def send() -> Arrived:
            await self._tools.evo.end_session(session.evo_id or "")
            return over

        return Ready(send)

    async def find(self, _item: Item, _session: Session) -> Arrived | None:
        return None  # never in doubt


async def words_of(tools: Tools, item: Item) -> str:
    """A reply in plain text."""
    if "plain" in item.body:
        return str(item.body["plain"]).strip()
    text = str(item.body.get("text", ""))
    return to_plain(text, await tools.workspace.names(mentions(text)))


def with_files(words: str, files: Sequence[File]) -> str:
    """The words with the addresses of what went with them."""
    return "\n".join(filter(None, (words, addresses(files))))


def new_session(request: NewSessionRequest, author: str) -> NewSession:
    """What a person asked for, as the API takes it. Phones are not among the members: they are invited afterwards."""
    runs_flow = request.type is SessionType.VOICE if request.start is None else request.start
    return NewSession(
        channel=Channel(request.type.value),
        display_name=request.name,
        direction=EvoDirection(request.direction) if request.direction else None,
        call_state=EvoCallState(request.call_state) if request.call_state else None,
        from_address=_address(request.from_address),
        from_name=request.from_name or f"{author} (Slack)",
        to_address=_address(request.to_address or request.to),
        parent_session_id=request.parent_id,
        customer_id=request.customer_id,
        with_address=request.with_address,
        from_phone_number=_address(request.from_number),
        destination=_address(request.destination or request.to),
        member_email_addresses=tuple(email.address for email in request.emails) or None,
        start_session=None if request.start is None and not runs_flow else runs_flow,
    )


def _address(who: Phone | Email | None) -> str | None:
    if who is None:
        return None
    return who.address if isinstance(who, Email) else who.e164


def may_be_hidden(request: NewSessionRequest) -> bool:
    """Might our own active sessions not show it, although it is there? Then its absence proves nothing."""
    over, incoming = request.call_state is CallState.DISCONNECTED, request.direction is Direction.INCOMING
    return over or incoming or request.from_address is not None


def opened(info: SessionInfo, request: NewSessionRequest) -> Arrived:
    members = members_of(info)
    missing = [email.address for email in request.emails if not is_listed(email.address, members)]
    return Arrived(
        EvoName(f"session:{info.id}"),
        {
            "evo_id": info.id,
            "life": Life.ACTIVE,
            "call_state": str(info.call_state or ""),
            "members": pack_members(members),
            "missing": pack(missing),
        },
    )


def linked(info: SessionInfo) -> dict[str, Any]:
    """What is new about a session that was opened elsewhere."""
    state, known = str(info.call_state or ""), str(info.channel)
    over = state == EvoCallState.DISCONNECTED if info.ended is None else info.ended
    return {
        "life": Life.ENDED if over else Life.ACTIVE,
        "type": known if known in set(SessionType) else SessionType.CHAT,
        "name": info.display_name or info.from_name or "",
        "call_state": state,
        "members": pack_members(members_of(info)),
    }


def is_listed(person: str, members: tuple[Member, ...]) -> bool:
    """Is an e-mail or a number among the members? Numbers are compared by their digits."""
    wanted = _comparable(person)
    return any(wanted in {_comparable(member.identity), _comparable(member.name)} for member in members)


def _comparable(text: str) -> str:
    digits = re.sub(r"[\s().-]", "", text)
    if re.fullmatch(r"\+?\d{6,}", digits):
        return digits.lstrip("+")
    return text.strip().casefold().removeprefix("user:")


def _removed(item: Item) -> EvoName:
    return EvoName(f"removed:{item.key}")


def _invited(item: Item) -> EvoName:
    return EvoName(f"member:{item.key}")
