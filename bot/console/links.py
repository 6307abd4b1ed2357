"""`evobot links list` and `repair`: which thread shows which session, and what is wrong between them.

Both work beside a running bot: what is mended is one short transaction each, which looks first whether it is still so,
and what is to stand in Slack is left to the bot, whose pace and order it must keep.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any, Final

from bot.bridge.mending import BY_HAND, NEXT, Fault, Trouble, by_session, found, mend
from bot.clock import SystemClock
from bot.console.audit import Unclear, sessions_meant
from bot.console.common import (
    EXIT_BROKEN,
    EXIT_REFUSED,
    EXIT_SETTINGS,
    EXIT_STORE,
    Verbs,
    operating,
    progress,
    say,
    settings_or_why,
    tell,
    with_database,
)
from bot.model import Link, PostState, Role, Session, SessionKey, ThreadKey
from bot.place import Place
from bot.settings import Settings
from bot.slackweb import slack_client, slack_session
from bot.store import Unusable
from bot.store.aside import reading, write_aside
from bot.store.search import Search
from bot.views.audit import in_columns
from bot.views.sessions import short_id
from bot.workspace import SlackError, SlackGone, SlackRefused, SlackSignedOut, Workspace

LOOKED_THROUGH: Final = 1_000_000  # sessions
NOTHING: Final = "No thread is known that is like that. What has gone in Slack, `evobot links repair` finds: it asks."
WELL: Final = "Every thread that shows a session is as it should be."
DRY: Final = "Nothing was changed. `evobot links repair --apply` does what stands after “would”."
NOT_ASKED: Final = "Slack does not answer ({error}), so only the database was looked at."


def add(verbs: Verbs) -> None:
    links = verbs.add_parser("links", help="which thread shows which session: listed, and mended where it is broken")
    inner = links.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listed = inner.add_parser("list", help="every thread that shows a session, with what is wrong, newest first")
    listed.add_argument("--channel", metavar="C…", help="in this channel only")
    listed.add_argument("--session", metavar="ID|NAME", help="of this session only")
    listed.add_argument("--life", choices=("active", "ended"), help="of sessions that go on, or of those that are over")
    listed.add_argument("--broken", action="store_true", help="only where something is wrong")
    listed.add_argument("--words", action="store_true", help="with names of sessions, which may be a customer's")
    listed.add_argument("--json", action="store_true", help="for programs")
    listed.set_defaults(run=lambda parsed: _clearly(lambda place: _listed(place, parsed)))
    repair = inner.add_parser("repair", help="says what is wrong and what would mend it; asks Slack, sends nothing")
    repair.add_argument("--apply", action="store_true", help="mend it")
    repair.set_defaults(run=_repair)


def _clearly(work: Any) -> int:
    try:
        return with_database(work)
    except Unclear as error:
        return say(EXIT_SETTINGS, str(error))


# List


def _listed(place: Place, parsed: argparse.Namespace) -> str:
    with reading(place) as read:
        keys = sessions_meant(read, parsed.session) if parsed.session is not None else None
        rows = [row for row in _rows(read) if _wanted(row, parsed, keys)]
    if parsed.json:
        return json.dumps([_as_json(*row, parsed.words) for row in rows], ensure_ascii=False, indent=2)
    if not rows:
        return NOTHING
    heads = ("session", "type", "is", "thread", "replies", "mode", "trouble", *(["name"] if parsed.words else []))
    return in_columns([heads, *(_cells(*row)[: len(heads)] for row in rows)])


Row = tuple[Session, Link | None, list[Trouble]]


def _rows(read: Search) -> list[Row]:
    """A row a thread; a session that none shows has one, too."""
    links = by_session(read.all_links())
    rows: list[Row] = []
    for session in read.newest_sessions(LOOKED_THROUGH):
        own = links.get(session.key, [])
        troubles = list(found(read, session, own))
        rows += [(session, link, [each for each in troubles if each.thread == link.thread]) for link in own]
        nowhere = [each for each in troubles if all(each.thread != link.thread for link in own)]
        if nowhere or not own:
            rows.append((session, None, nowhere))
    return rows


def _wanted(row: Row, parsed: argparse.Namespace, keys: set[SessionKey] | None) -> bool:
    session, link, troubles = row
    channel = link.thread.channel if link else session.channel
    over = session.life in {"ended", "failed"}
    return (
        (parsed.channel in {None, channel})
        and (keys is None or session.key in keys)
        and (parsed.life is None or over is (parsed.life == "ended"))
        and (bool(troubles) or not parsed.broken)
    )


def _cells(session: Session, link: Link | None, troubles: Sequence[Trouble]) -> tuple[str, ...]:
    named = f"{session.key} ({short_id(session)})" if session.evo_id else str(session.key)
    where = f"{link.thread.channel}/{link.thread.ts}" if link else f"{session.channel}/-"
    replies = {Role.TARGET: "go to it", Role.SHOWN: "go elsewhere", Role.MOVED: "moved away"}
    wrong = "; ".join(each.fault for each in troubles)
    return (
        named, str(session.type), str(session.life), where, replies[link.role] if link else "",
        str(link.mode) if link else "", wrong, session.name,
    )  # fmt: skip


def _as_json(session: Session, link: Link | None, troubles: Sequence[Trouble], words: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"session_key": session.key, "session": session.evo_id, "type": session.type}
    said |= {"life": session.life, "team": session.team}
    said |= {"channel": link.thread.channel if link else session.channel, "thread_ts": link.thread.ts if link else None}
    said |= {"role": link.role if link else None, "mode": link.mode if link else None}
    said |= {"trouble": [each.fault for each in troubles]}
    return said | ({"name": session.name} if words else {})


# Repair


def _repair(parsed: argparse.Namespace) -> int:
    settings = settings_or_why()
    if isinstance(settings, str):
        return say(EXIT_SETTINGS, settings)
    try:
        return asyncio.run(_mended(settings, apply=parsed.apply))
    except SlackSignedOut as error:
        return say(EXIT_REFUSED, f"Slack does not accept the bot token ({error}). Nothing was changed.")
    except Unusable as error:
        return say(EXIT_STORE, f"The database cannot be used: {error}")


async def _mended(settings: Settings, *, apply: bool) -> int:
    place = settings.evobot_database
    with reading(place) as read:
        rows = _rows(read)
    troubles = [each for _, _, wrong in rows for each in wrong]
    troubles += await _in_slack(settings, place, [(session, link) for session, link, _ in rows if link])
    if not troubles:
        tell(WELL)
        return 0
    left = 0
    for trouble in troubles:
        left += not _told(place, trouble, apply=apply)
    if not apply:
        tell(DRY)
    return EXIT_BROKEN if left else 0


def _told(place: Place, trouble: Trouble, *, apply: bool) -> bool:
    """False when it is still so."""
    where = f" {trouble.thread.channel}/{trouble.thread.ts}" if trouble.thread else ""
    head = f"session {trouble.session}{where}: {trouble.fault}"
    if trouble.fault in BY_HAND:
        tell(f"{head}. By hand: {BY_HAND[trouble.fault]}.")
        return False
    if not apply:
        tell(f"{head}. Would: {NEXT[trouble.fault]}.")
        return False
    by, now = operating(), time.time()
    done = write_aside(place, lambda tx: mend(tx, trouble, by, now))
    tell(f"{head}. Mended: {NEXT[trouble.fault]}." if done else f"{head}. It is not so any more.")
    return True


async def _in_slack(settings: Settings, place: Place, shown: Sequence[tuple[Session, Link]]) -> list[Trouble]:
    """What only Slack can tell, of threads whose sessions go on. One question a thread."""
    live = [(session, link) for session, link in shown if session.life == "active" and link.role is not Role.MOVED]
    troubles: list[Trouble] = []
    async with slack_session() as web:
        client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, web)
        workspace = Workspace(client, SystemClock())
        for n, (session, link) in enumerate(live, 1):
            progress(f"Asking Slack: thread {n} of {len(live)}")
            try:
                troubles += await _at_thread(workspace, place, session, link.thread)
            except (SlackSignedOut, SlackGone):
                raise
            except SlackRefused:
                troubles.append(Trouble(Fault.OUT_OF_REACH, session.key, link.thread))
            except SlackError as error:
                progress("")
                say(0, NOT_ASKED.format(error=error))
                return troubles
    progress("")
    return troubles


async def _at_thread(workspace: Workspace, place: Place, session: Session, thread: ThreadKey) -> list[Trouble]:
    try:
        messages, _ = await workspace.page(thread.channel, thread.ts, float(thread.ts))
    except SlackGone as error:
        gone = error.code == "thread_not_found"
        return [Trouble(Fault.GONE if gone else Fault.OUT_OF_REACH, session.key, thread)]
    if all(message["ts"] != thread.ts for message in messages):
        return [Trouble(Fault.GONE, session.key, thread)]
    with reading(place) as read:
        stuck = [post for post in read.unnamed_posts(session.key) if post.state is PostState.STUCK]
    there = await workspace.standing(thread.channel, thread.ts, float(thread.ts)) if stuck else {}
    return [
        Trouble(Fault.STANDS, session.key, thread, post, there[post.name])
        for post in stuck
        if post.name in there and (post.channel, post.thread_ts) == (thread.channel, thread.ts)
    ]
