"""`evobot reconcile`: the database beside Evo Voice's transcripts and Slack's threads. Sends nothing."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from bot.bridge import Own
from bot.clock import SystemClock
from bot.console.audit import Unclear, moment, sessions_meant
from bot.console.common import (
    EXIT_BROKEN,
    EXIT_REFUSED,
    EXIT_SETTINGS,
    EXIT_STORE,
    Verbs,
    progress,
    say,
    settings_or_why,
    tell,
)
from bot.evo import BadId, EvoError, EvoVoice, Refused, Unsure, connect
from bot.evoside import WrongAccount, sign_in
from bot.hearing import as_heard
from bot.model import ChannelId, Session, Ts
from bot.reconciling import Difference, Gap, Standing, compared
from bot.settings import Settings
from bot.slackweb import slack_client, slack_session
from bot.store import Unusable
from bot.store.aside import reading
from bot.text import shorten
from bot.views.audit import in_columns, moment_here
from bot.views.sessions import short_id
from bot.workspace import SlackError, SlackSignedOut, Workspace

LOOKED_THROUGH: Final = 1_000_000  # sessions
WORDS: Final = 60  # characters in a row
DAY: Final = 86400.0
AGREED: Final = "Sessions compared: {n}. Both sides have what the bot believes."
NOT_READ: Final = "Not everything could be read ({why}). Nothing was changed."
NEXT: Final = (
    "Sessions compared: {n}. Nothing was sent or changed. `evobot queue show REF` says how a message came to stand so; "
    "what the bot does not know yet it reads within a minute while it runs."
)


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "reconcile",
        help="compare the database with Evo Voice's transcripts and Slack's threads; sends nothing",
        description="Exit code 0: all agree; 1: something differs, and is listed.",
    )
    verb.add_argument("session", nargs="?", metavar="ID|NAME", help="this session only; else all that go on")
    verb.add_argument("--all", action="store_true", help="also those that are over")
    verb.add_argument("--since", type=moment, metavar="WHEN", help="7d, 12h, 30m or a date; the last 24h unless said")
    verb.add_argument("--words", action="store_true", help="with what was written, which may be a customer's")
    verb.add_argument("--json", action="store_true", help="for programs")
    verb.set_defaults(run=_reconcile)


def _reconcile(parsed: argparse.Namespace) -> int:
    settings = settings_or_why()
    if isinstance(settings, str):
        return say(EXIT_SETTINGS, settings)
    try:
        return asyncio.run(_compared(settings, parsed))
    except Unclear as error:
        return say(EXIT_SETTINGS, str(error))
    except Unusable as error:
        return say(EXIT_STORE, f"The database cannot be used: {error}")
    except (EvoError, WrongAccount, SlackError) as error:
        progress("")
        return say(EXIT_REFUSED, NOT_READ.format(why=str(error) or type(error).__name__))


async def _compared(settings: Settings, parsed: argparse.Namespace) -> int:
    since = parsed.since if parsed.since is not None else time.time() - DAY
    chosen = _chosen(settings, parsed)
    found = [each async for each in _differences(settings, chosen, since)]
    if parsed.json:
        tell(json.dumps([_as_json(each, parsed.words) for each in found], ensure_ascii=False, indent=2))
    elif found:
        heads = ("session", "ref", "when", "what", *(["words"] if parsed.words else []))
        tell(in_columns([heads, *(_cells(each)[: len(heads)] for each in found)]))
        tell(NEXT.format(n=len(chosen)))
    else:
        tell(AGREED.format(n=len(chosen)))
    return EXIT_BROKEN if found else 0


def _chosen(settings: Settings, parsed: argparse.Namespace) -> list[Session]:
    with reading(settings.evobot_database) as read:
        keys = sessions_meant(read, parsed.session) if parsed.session is not None else None
        known = read.newest_sessions(LOOKED_THROUGH)
    named = [one for one in known if one.evo_id and (keys is None or one.key in keys)]
    return [one for one in named if keys is not None or parsed.all or one.life == "active"]


async def _differences(settings: Settings, chosen: Sequence[Session], since: float) -> AsyncIterator[Difference]:
    password, basic = settings.evo_password.get_secret_value(), settings.evobot_evo_login == "basic"
    evo = connect(settings.evo_base_url, settings.evo_username, password, basic=basic)
    try:
        own = await sign_in(evo, settings.evo_account_id, settings.evo_username)
        async with slack_session() as web:
            client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, web)
            workspace = Workspace(client, SystemClock())
            for n, session in enumerate(chosen, 1):
                progress(f"Comparing session {n} of {len(chosen)}")
                for each in await _of_session(settings, evo, own, workspace, session, since):
                    yield each
        progress("")
    finally:
        await evo.aclose()


async def _of_session(
    settings: Settings, evo: EvoVoice, own: Own, workspace: Workspace, session: Session, since: float
) -> list[Difference]:
    """First what the far sides say, then what the database does: what came meanwhile is known there, not missing."""
    now = time.time()
    try:
        lines = as_heard(await evo.get_chat_transcript(session.evo_id or ""))
    except (Refused, BadId, Unsure) as error:
        return [Difference(session, Gap.UNREADABLE, now, more=f"the transcript: {type(error).__name__}")]
    there, unread = await _standing(settings, workspace, session, since)
    with reading(settings.evobot_database) as read:
        return [*unread, *compared(read, read.session(session.key), lines, there, own, since, now)]


async def _standing(
    settings: Settings, workspace: Workspace, session: Session, since: float
) -> tuple[Standing, list[Difference]]:
    with reading(settings.evobot_database) as read:
        threads = read.threads_of(session.key)
    there: dict[ChannelId, frozenset[Ts]] = {}
    unread = []
    for thread in threads:
        try:
            found = frozenset(await workspace.messages_in(thread.channel, thread.ts, since))
        except SlackSignedOut:
            raise
        except SlackError as error:
            unread.append(
                Difference(session, Gap.UNREADABLE, time.time(), more=f"{thread.channel}/{thread.ts}: {error}")
            )
        else:
            there[thread.channel] = there.get(thread.channel, frozenset()) | found
    return {channel: ts for channel, ts in there.items() if all(channel not in each.more for each in unread)}, unread


def _cells(each: Difference) -> tuple[str, ...]:
    session = f"{each.session.key} ({short_id(each.session)})"
    what = f"{each.gap}: {each.more}" if each.more else str(each.gap)
    return (session, str(each.item or ""), moment_here(each.at), what, shorten(each.words, WORDS))


def _as_json(each: Difference, words: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "session_key": each.session.key,
        "session": each.session.evo_id,
        "gap": each.gap.name.lower(),
    }
    said |= {"ref": each.item, "line": each.line, "at": each.at, "what": each.gap, "more": each.more}
    return said | ({"words": each.words} if words else {})
