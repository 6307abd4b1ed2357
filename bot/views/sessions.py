"""Sessions in lists: one line each, with the way to their threads."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Life, Session, SessionType, ThreadKey
from bot.views import Message
from bot.views.blocks import Block, actions, code, context, moment, name, section

ICONS = {SessionType.CHAT: "💬", SessionType.VOICE: "📞", SessionType.FAX: "📠"}
LIVES = {Life.OPENING: "being opened", Life.ACTIVE: "active", Life.ENDED: "ended", Life.FAILED: "not opened"}
ID = 8  # characters of an id that people see; more of it where two begin alike

NONE = "No sessions here. `/session` opens one."
NONE_SUCH = "None is like that. `/session list all` shows those that you can see."
NONE_FOUND = "None that you can see here has such a name, member, number or id."
MORE = "… and {n} more. `/session find` looks for a name or a number."


def short_id(session: Session) -> str:
    """The beginning of its id, by which people can name it."""
    return (session.evo_id or "")[:ID]


def thread_url(slack_url: str, thread: ThreadKey) -> str:
    """Where a thread stands, as Slack's own links to messages say it."""
    ts = thread.ts.replace(".", "")
    return f"{slack_url.rstrip('/')}/archives/{thread.channel}/p{ts}?thread_ts={thread.ts}&cid={thread.channel}"


def line(session: Session, slack_url: str = "") -> str:
    """A session in one line of mrkdwn: type, name, state, id, when something was last said, its thread."""
    state = LIVES[session.life]
    parts = [f"{ICONS[session.type]} {session.type} *{name(session.name, 80) or '–'}*", state]
    parts += [code(short_id(session))] if session.evo_id else []
    parts.append(moment(session.active_at))
    if slack_url and session.thread:
        parts.append(f"<{thread_url(slack_url, session.thread)}|Open thread>")
    return " · ".join(parts)


def listed(sessions: Sequence[Session], slack_url: str = "") -> str:
    return "\n".join(f"• {line(one, slack_url)}" for one in sessions)


def listing(
    title: str, sessions: Sequence[Session], total: int, slack_url: str, more: Block | None = None, none: str = NONE
) -> Message:
    """A list that only who asked sees; `none` is said where it is empty."""
    if not sessions:
        return Message(text=f"{title}\n{none}", blocks=[])
    text = f"*{title}*\n{listed(sessions, slack_url)}"
    left = MORE.format(n=total - len(sessions)) if total > len(sessions) else ""
    blocks = [section(f"*{title}*"), *(section(line(one, slack_url)) for one in sessions)]
    blocks += [context(left)] if left else []
    return Message(text=f"{text}\n{left}".strip(), blocks=[*blocks, *actions([more] if more else [])])
