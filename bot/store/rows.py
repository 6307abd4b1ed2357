"""Rows to our nouns and back. What packs also unpacks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from bot.audit import Anchor, Record
from bot.model import (
    ChannelId,
    EvoName,
    FileId,
    Item,
    ItemKey,
    Kind,
    Life,
    Line,
    LineName,
    Link,
    Mark,
    Member,
    Mode,
    Person,
    Post,
    PostKey,
    PostKind,
    PostState,
    Role,
    Session,
    SessionKey,
    SessionType,
    SlackName,
    State,
    TeamId,
    ThreadKey,
    Ts,
    UserId,
)

SESSION_COLUMNS = (
    "key, evo_id, team, channel, thread_ts, type, name, with_label, created_by, created_at, life, call_state, "
    "members, missing, ended_at, active_at, mode"
)
ITEM_COLUMNS = (
    "key, session, kind, state, slack_name, evo_name, channel, ts, thread_ts, author, position, body, sent_text, "
    "attempts, resent, not_before, sending_at, unknown_at, reason, mark, shown, asked_at, edited, edited_shown, "
    "approved_by, gone"
)
# Texts as the bytes that stand there: in a file that was tampered with they need not be UTF-8.
AUDIT_COLUMNS = (
    "key, at, CAST(team AS BLOB), CAST(who AS BLOB), CAST(what AS BLOB), session, item, CAST(subject AS BLOB), "
    "CAST(message AS BLOB), CAST(detail AS BLOB), CAST(hash AS BLOB)"
)
LINE_COLUMNS = "name, session, sender, text, media_uri, media_type, date, gone"
LINK_COLUMNS = "team, channel, thread_ts, session, role, mode"
PERSON_COLUMNS = "team, user, evo_address, evo_name, notify, tips_seen"
POST_COLUMNS = (
    "key, name, session, kind, item, line, text, team, channel, thread_ts, ts, state, wanted, shown, "
    "attempts, not_before, sending_at, file, drawn"
)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def columns(listed: str, table: str) -> str:
    """The column list with its table before each name, for joins."""
    return ", ".join(f"{table}.{name.strip()}" for name in listed.split(","))


# Each look-up of an enum's member by its value costs as much as the column itself.
_LIVES = {str(life): life for life in Life}
_MODES = {str(mode): mode for mode in Mode}
_ROLES = {str(role): role for role in Role}
_TYPES = {str(type_): type_ for type_ in SessionType}


def to_session(row: Sequence[Any]) -> Session:
    (key, evo_id, team, channel, thread_ts, type_, name, with_label, by, created_at, life, call_state, members, missing, ended_at, active_at, mode) = row  # fmt: skip  # noqa: E501 - one row, one line
    return Session(
        key=key,
        evo_id=evo_id,
        team=team,
        channel=channel,
        thread_ts=thread_ts,
        type=_TYPES[type_],
        name=name,
        with_label=with_label,
        created_by=by,
        created_at=created_at,
        life=_LIVES[life],
        call_state=call_state,
        members=unpack_members(members),
        missing=_unpack_missing(missing),
        ended_at=ended_at,
        active_at=active_at,
        mode=_MODES[mode],
    )


def to_item(row: Sequence[Any]) -> Item:
    (key, session, kind, state, slack_name, evo_name, channel, ts, thread_ts, author, position, body, sent_text, attempts, resent, not_before, sending_at, unknown_at, reason, mark, shown, asked_at, edited, edited_shown, approved_by, gone) = row  # fmt: skip  # noqa: E501 - one row, one line
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
        shown=tuple(map(Mark, shown.split())),
        asked_at=asked_at,
        edited=bool(edited),
        edited_shown=bool(edited_shown),
        approved_by=None if approved_by is None else UserId(approved_by),
        gone=gone,
    )


def to_link(row: sqlite3.Row) -> Link:
    team, channel, ts, session, role, mode = row
    return Link(ThreadKey(TeamId(team), ChannelId(channel), Ts(ts)), SessionKey(session), Role(role), Mode(mode))


def to_shown(row: Sequence[Any]) -> tuple[Role, Mode, Session]:
    return _ROLES[row[0]], _MODES[row[1]], to_session(row[2:])


def to_person(row: sqlite3.Row) -> Person:
    team, user, address, name, notify, tips = row
    return Person(
        team=TeamId(team),
        user=UserId(user),
        evo_address=address,
        evo_name=name,
        notify=bool(notify),
        tips_seen=bool(tips),
    )


def to_line(row: sqlite3.Row) -> Line:
    name, session, sender, text, media_uri, media_type, date, gone = row
    return Line(LineName(name), SessionKey(session), sender, text, media_uri, media_type, date, gone)


def to_post(row: sqlite3.Row) -> Post:
    (key, name, session, kind, item, line, text, team, channel, thread_ts, ts, state, wanted, shown, attempts, not_before, sending_at, file, drawn) = row  # fmt: skip  # noqa: E501 - one row, one line
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
        file=None if file is None else FileId(file),
        drawn=drawn,
    )


def pack_members(members: Iterable[Member]) -> str:
    return pack([[member.identity, member.name, member.role] for member in members])


@lru_cache(maxsize=1000)  # a session is read at each of its messages, and seldom has its members changed
def unpack_members(text: str) -> tuple[Member, ...]:
    return tuple(Member(*fields) for fields in json.loads(text))


@lru_cache(maxsize=1000)
def _unpack_missing(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def pack(value: Any) -> str:
    return _ENCODER.encode(value)


def _ts(value: str | None) -> Ts | None:
    return None if value is None else Ts(value)


def to_record(row: Sequence[Any]) -> Record:
    return Record(*map(_as_it_stands, row))


def to_anchor(row: Sequence[Any]) -> Anchor:
    return Anchor(*map(_as_it_stands, row))


def _as_it_stands(value: Any) -> Any:
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else value
