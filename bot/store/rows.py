"""Rows to our nouns and back. What packs also unpacks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from bot.model import (
    ChannelId,
    Email,
    EvoName,
    EvoSessionId,
    Invitee,
    Item,
    ItemKey,
    Kind,
    Life,
    Line,
    LineName,
    Mark,
    Member,
    NewSessionRequest,
    Phone,
    Post,
    PostKey,
    PostKind,
    PostState,
    Session,
    SessionKey,
    SessionType,
    SlackName,
    State,
    TeamId,
    Ts,
    UserId,
)

SESSION_COLUMNS = (
    "key, evo_id, team, channel, thread_ts, type, name, with_label, created_by, created_at, life, call_state, "
    "members, missing, ended_at, active_at"
)
ITEM_COLUMNS = (
    "key, session, kind, state, slack_name, evo_name, channel, ts, thread_ts, author, position, body, sent_text, "
    "attempts, resent, not_before, sending_at, unknown_at, reason, mark, shown, asked_at"
)
LINE_COLUMNS = "name, session, sender, text, media_uri, media_type, date"
POST_COLUMNS = (
    "key, name, session, kind, item, line, text, team, channel, thread_ts, ts, state, wanted, shown, "
    "attempts, not_before, sending_at"
)


def columns(listed: str, table: str) -> str:
    """The column list with its table before each name, for joins."""
    return ", ".join(f"{table}.{name.strip()}" for name in listed.split(","))


def to_session(row: sqlite3.Row) -> Session:
    (key, evo_id, team, channel, thread_ts, type_, name, with_label, by, created_at, life, call_state, members, missing, ended_at, active_at) = row  # fmt: skip  # noqa: E501 - one row, one line
    return Session(
        key=SessionKey(key),
        evo_id=None if evo_id is None else EvoSessionId(evo_id),
        team=TeamId(team),
        channel=ChannelId(channel),
        thread_ts=_ts(thread_ts),
        type=SessionType(type_),
        name=name,
        with_label=with_label,
        created_by=UserId(by),
        created_at=created_at,
        life=Life(life),
        call_state=call_state,
        members=unpack_members(members),
        missing=tuple(json.loads(missing)),
        ended_at=ended_at,
        active_at=active_at,
    )


def to_item(row: sqlite3.Row) -> Item:
    (key, session, kind, state, slack_name, evo_name, channel, ts, thread_ts, author, position, body, sent_text, attempts, resent, not_before, sending_at, unknown_at, reason, mark, shown, asked_at) = row  # fmt: skip  # noqa: E501 - one row, one line
    return Item(
        key=ItemKey(key),
        session=SessionKey(session),
        kind=Kind(kind),
        state=State(state),
        slack_name=SlackName(slack_name),
        evo_name=None if evo_name is None else EvoName(evo_name),
        channel=ChannelId(channel),
        ts=_ts(ts),
        thread_ts=_ts(thread_ts),
        author=UserId(author),
        position=position,
        body=json.loads(body),
        sent_text=sent_text,
        attempts=attempts,
        resent=bool(resent),
        not_before=not_before,
        sending_at=sending_at,
        unknown_at=unknown_at,
        reason=reason,
        mark=Mark(mark),
        shown=Mark(shown),
        asked_at=asked_at,
    )


def to_line(row: sqlite3.Row) -> Line:
    name, session, sender, text, media_uri, media_type, date = row
    return Line(LineName(name), SessionKey(session), sender, text, media_uri, media_type, date)


def to_post(row: sqlite3.Row) -> Post:
    (key, name, session, kind, item, line, text, team, channel, thread_ts, ts, state, wanted, shown, attempts, not_before, sending_at) = row  # fmt: skip  # noqa: E501 - one row, one line
    return Post(
        key=PostKey(key),
        name=name,
        session=SessionKey(session),
        kind=PostKind(kind),
        item=None if item is None else ItemKey(item),
        line=None if line is None else LineName(line),
        text=text,
        team=TeamId(team),
        channel=ChannelId(channel),
        thread_ts=_ts(thread_ts),
        ts=_ts(ts),
        state=PostState(state),
        wanted=wanted,
        shown=shown,
        attempts=attempts,
        not_before=not_before,
        sending_at=sending_at,
    )


def pack_members(members: Iterable[Member]) -> str:
    return pack([[member.identity, member.name, member.role] for member in members])


def unpack_members(text: str) -> tuple[Member, ...]:
    return tuple(Member(*fields) for fields in json.loads(text))


def pack_request(request: NewSessionRequest) -> dict[str, Any]:
    """A filled-in modal as JSON: what is kept in a draft and in an item that opens a session."""
    return {
        "type": request.type,
        "name": request.name,
        "with_address": request.with_address,
        "with_label": request.with_label,
        "emails": [email.address for email in request.emails],
        "phones": [pack_phone(phone) for phone in request.phones],
        "from_number": pack_phone(request.from_number),
        "to": pack_phone(request.to),
        "first_message": request.first_message,
    }


def unpack_request(body: Mapping[str, Any]) -> NewSessionRequest:
    phones = (unpack_phone(phone) for phone in body["phones"])
    return NewSessionRequest(
        type=SessionType(body["type"]),
        name=body["name"],
        with_address=body["with_address"],
        with_label=body["with_label"],
        emails=tuple(Email(address) for address in body["emails"]),
        phones=tuple(phone for phone in phones if phone is not None),
        from_number=unpack_phone(body["from_number"]),
        to=unpack_phone(body["to"]),
        first_message=body["first_message"],
    )


def pack_invitee(invitee: Invitee, caller_id: Phone | None) -> dict[str, Any]:
    return {
        "phone": pack_phone(invitee.phone),
        "email": invitee.email.address if invitee.email else None,
        "slack_user": invitee.slack_user,
        "typed": invitee.typed,
        "caller_id": pack_phone(caller_id),
    }


def unpack_invitee(body: Mapping[str, Any]) -> Invitee:
    return Invitee(
        phone=unpack_phone(body["phone"]),
        email=Email(body["email"]) if body["email"] else None,
        slack_user=UserId(body["slack_user"]) if body["slack_user"] else None,
        typed=body["typed"],
    )


def pack_phone(phone: Phone | None) -> list[str] | None:
    return None if phone is None else [phone.e164, phone.region]


def unpack_phone(packed: Any) -> Phone | None:
    return None if packed is None else Phone(*packed)


def pack(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _ts(value: str | None) -> Ts | None:
    return None if value is None else Ts(value)
