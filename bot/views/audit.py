"""The record of what happened, as people read it. Numbers and addresses in it are masked.

A row is put into words once, for Slack and for the console alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.audit import Record, operator_in
from bot.model import ChannelId, Session, SessionKey, TeamId, ThreadKey, Ts
from bot.numbers import HIDDEN, mask
from bot.views import Message
from bot.views.blocks import FALLBACK, SECTION, Block, code, context, moment, name, section
from bot.views.sessions import short_id

MOST = 50  # rows in one message
LONGEST = 500  # characters of one row
NOTHING = "Nothing of that kind is in the audit."
VERIFY = "Whether the record is whole, `evobot audit verify` says on the server."
MACHINE = "the bot"
OPERATOR = "{login} at the console"
SHORT_HASH = 8

_USER = re.compile(r"[UW][A-Z0-9]{1,30}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MESSAGE = re.compile(r"(?P<team>[TE]\w+)/(?P<channel>[CDG][A-Z0-9]+)/(?P<ts>\d{1,12}\.\d{6})", re.ASCII)
_PLACE = re.compile(r"\b([CDG][A-Z0-9]{2,})(?:/(\d{1,12}\.\d{6}))?", re.ASCII)
_GESTURES = {"view": "a form", "command": "a command", "forgotten": "a restore"}


@dataclass(frozen=True, slots=True)
class Row:
    """A record with what is still known about it."""

    record: Record
    about: tuple[str, ...]  # numbers and addresses whole, or hashes and users
    session: Session | None


def rows(
    records: Sequence[Record], session: Callable[[SessionKey], Session], about: Callable[[Record], list[str]]
) -> list[Row]:
    """The questions are those of the store: its `session` and its `about`."""
    return [Row(record, tuple(about(record)), _session(record, session)) for record in records]


def _session(record: Record, known: Callable[[SessionKey], Session]) -> Session | None:
    try:
        return None if record.session is None else known(SessionKey(record.session))
    except KeyError:
        return None  # gone by now, or of a life that a restore has undone


# In words


def deed(record: Record) -> str:
    """What happened: "asked: invite"."""
    return f"{record.what}: {record.detail}" if record.detail else record.what


def called(who: str) -> str:
    """Who did it, in plain text: a user of Slack by their id, somebody at the console by their name there."""
    login = operator_in(who)
    return OPERATOR.format(login=login) if login is not None else who or MACHINE


def masked_identity(who: str) -> str:
    """A number or an address of which only its like is shown; a hash by its beginning."""
    if _HASH.fullmatch(who):
        return f"#{who[:SHORT_HASH]}"
    local, at, domain = who.rpartition("@")
    if at:
        return f"{local[:1]}{HIDDEN}@{domain}"
    return mask(who) if who.startswith("+") else who if _USER.fullmatch(who) else f"{who[:1]}{HIDDEN}"


def place(message: str) -> str:
    """Where it was asked for, in short: a message by channel and time stamp, anything else by its kind."""
    parts = message.split("/")
    if len(parts) > 2 and parts[2] == "click":  # noqa: PLR2004 - team, place, click, time
        return "a button"
    return _GESTURES.get(parts[1], "/".join(parts[1:])) if len(parts) > 1 else ""


def moment_here(at: float) -> str:
    """In the time of whoever looks at a console."""
    try:
        return f"{datetime.fromtimestamp(at, UTC).astimezone():%Y-%m-%d %H:%M:%S %Z}"
    except (TypeError, ValueError, OverflowError, OSError):
        return str(at)  # somebody has put it there


# As a table


def table(shown: Sequence[Row]) -> str:
    """For a console: one line a row, oldest first."""
    heads = ("row", "when", "who", "what", "session", "about", "asked in")
    return in_columns([heads, *(_cells(row) for row in shown)])


def in_columns(rows: Sequence[Sequence[str]]) -> str:
    """For a console: each row on one line, the first one its heads."""
    lines = [tuple(map(_printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    record = row.record
    session = "" if record.session is None else str(record.session)
    if row.session and row.session.evo_id:
        session += f" ({short_id(row.session)})"
    about = ", ".join(map(masked_identity, row.about))
    return (
        str(record.key),
        moment_here(record.at),
        called(record.who),
        deed(record),
        session,
        about,
        place(record.message),
    )


def _printable(cell: str) -> str:
    """What was put there by somebody else must not move the cursor."""
    return "".join(char if char.isprintable() else "\ufffd" for char in cell)


# In Slack


def message(title: str, shown: Sequence[Row], slack_url: str) -> Message:
    """The newest of these rows, oldest first, as far as they fit. `title` is plain text."""
    head = f"*{name(title)}*"
    if not shown:
        return Message(text=f"{head}\n{NOTHING}", blocks=[section(head), section(NOTHING)])
    lines = [_line(row, slack_url) for row in shown[-MOST:]]
    return Message(
        text="\n".join([head, *_last_of(lines, FALLBACK - len(head) - 1)]),
        blocks=[section(head), *_sections(lines), context(VERIFY)],
    )


def _line(row: Row, slack_url: str) -> str:
    """A row in one line of mrkdwn; what does not fit any more is left out as a whole."""
    record = row.record
    parts = [moment(record.at), _who(record.who), _deed(record, slack_url)]
    parts += [", ".join(_person(each) for each in row.about)] if row.about else []
    if row.session:
        parts.append(f"“{name(row.session.name, 60)}”" if row.session.name else code(short_id(row.session)))
    parts += [_link(record.message, slack_url)] if record.message else []
    line = "• "
    for part in parts:
        line += part if line == "• " else f" · {part}" if len(line) + len(part) < LONGEST else ""
    return line


def _who(user: str) -> str:
    return f"<@{user}>" if _USER.fullmatch(user) else name(called(user), 60)


def _person(who: str) -> str:
    return f"<@{who}>" if _USER.fullmatch(who) else name(masked_identity(who), 60)


def _deed(record: Record, slack_url: str) -> str:
    """Channels and threads in it lead there."""
    text = name(deed(record), 200)
    return _PLACE.sub(lambda found: _place(found, record.team, slack_url), text)


def _place(found: re.Match[str], team: str, slack_url: str) -> str:
    channel, ts = ChannelId(found[1]), found[2]
    if not ts:
        return f"<#{channel}>"
    return f"<{_url(ThreadKey(TeamId(team), channel, Ts(ts)), slack_url)}|a thread> in <#{channel}>"


def _link(gesture: str, slack_url: str) -> str:
    found = _MESSAGE.fullmatch(gesture)
    if found is None:
        return name(place(gesture), 60)
    return (
        f"<{_url(ThreadKey(TeamId(found['team']), ChannelId(found['channel']), Ts(found['ts'])), slack_url)}|message>"
    )


def _url(thread: ThreadKey, slack_url: str) -> str:
    return f"{slack_url.rstrip('/')}/archives/{thread.channel}/p{thread.ts.replace('.', '')}"


def _sections(lines: Sequence[str]) -> list[Block]:
    """As many lines to a section as Slack takes."""
    texts = [""]
    for line in lines:
        longer = f"{texts[-1]}\n{line}".strip()
        if len(longer) <= SECTION:
            texts[-1] = longer
        else:
            texts.append(line)
    return [section(text) for text in texts]


def _last_of(lines: Sequence[str], limit: int) -> list[str]:
    """The last lines that fit into so many characters together."""
    kept: list[str] = []
    for line in reversed(lines):
        limit -= len(line) + 1
        if limit < 0:
            break
        kept.insert(0, line)
    return kept
