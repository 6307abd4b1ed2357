"""`evobot queue list`, `show`, `retry` and `withdraw`: what is not done yet, why, and what a person may do about it.

They work beside a running bot, which sees what was decided within a second.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from bot.bridge.answers import retry_at_console, withdraw_at_console
from bot.console.common import EXIT_BROKEN, EXIT_SETTINGS, Verbs, operating, say, with_database
from bot.model import Actor, Answered, ChannelId, Item, ItemKey, Letter, Ts, name_of_message
from bot.place import Place
from bot.store import Tx
from bot.store.aside import reading, write_aside
from bot.store.search import Search
from bot.text import shorten, to_plain
from bot.trace import trace_of
from bot.views import why
from bot.views.audit import in_columns, moment_here
from bot.views.results import NO_NAMES, doubtful
from bot.views.sessions import short_id

LAST = 100  # rows that are shown when nobody says how many
WORDS = 60  # characters of what was written, in a list
NOTHING = "Nothing waits and nothing has failed."
LETTER = "It came in a rush: it is on the disk, and is looked at when the rush is over. Nothing has been sent."
ASIDE = "It broke the bot's own code each time it was looked at (see the log). It is kept, and tried at the next start."
ANSWERS: Final = {
    Answered.TOO_LATE: "ref {ref} is {state} by now, so nothing was changed. {why}",
    Answered.STOPPED: "Everything that leaves is stopped, so nothing was changed. `evobot panic --off` ends that.",
    Answered.NOT_YOURS: (
        "This reaches an outside phone and may cost money, so only {author}, who asked for it, may send it again: with "
        "the button in Slack. Nothing was changed."
    ),
}
AGAIN = "ref {ref} is sent again when its turn comes; a running bot begins within a second. `evobot queue show {ref}`"
BACK = "ref {ref} is not sent, and nobody is asked about it any more."
DOUBT = "It may have arrived already: sent again, it may arrive twice. Send it again? [y/N] "
LEFT_ALONE = "It may have arrived already, so it was not sent again. Say --yes when that is what you want."
_LETTER: Final = re.compile(r"[Ll](\d{1,15})")
_REF: Final = re.compile(r"(?:ref\s*)?(\d{1,15})", re.IGNORECASE)
_LINK: Final = re.compile(r"https://[^/]+/archives/([CDG]\w+)/p(\d{10})(\d{6})(?:\?.*)?")
_PLACE: Final = re.compile(r"([CDG]\w+)/(\d{10}\.\d{6})")


class Unclear(Exception):
    """What was asked for cannot be found. The message says why."""


class NotDone(Exception):
    """It may not be done, or not any more. The message says why, and that nothing was changed."""


def add(verbs: Verbs) -> None:
    queue = verbs.add_parser("queue", help="what is not done yet: listed, explained, sent again, withdrawn")
    inner = queue.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listed = inner.add_parser("list", help="what waits, needs a person or has failed, oldest first")
    listed.add_argument("--last", type=_count, default=LAST, metavar="N", help=f"so many rows; {LAST} unless said")
    listed.set_defaults(run=lambda parsed: _with(lambda path: _listed(path, parsed)))
    show = inner.add_parser("show", help="why? The life of one message or gesture, with times and reasons")
    show.set_defaults(run=lambda parsed: _with(lambda path: _shown(path, parsed)))
    for shown in (listed, show):
        shown.add_argument("--words", action="store_true", help="with what was written, which may be a customer's")
        shown.add_argument("--json", action="store_true", help="for programs")
    retry = inner.add_parser("retry", help="send once more what failed or waits for a person")
    retry.add_argument("--yes", action="store_true", help="also what may have arrived already")
    retry.set_defaults(run=lambda parsed: _with(lambda path: _retried(path, parsed)))
    withdraw = inner.add_parser("withdraw", help="do not send it, and ask nobody about it any more")
    withdraw.set_defaults(run=lambda parsed: _with(lambda path: _withdrawn(path, parsed)))
    for about in (show, retry, withdraw):
        about.add_argument("ref", metavar="REF", help="the number after “ref”, or a link to the message in Slack")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return int(text)


def _with(work: Callable[[Place], str]) -> int:
    try:
        return with_database(work)
    except NotDone as error:
        return say(EXIT_BROKEN, str(error))
    except Unclear as error:
        return say(EXIT_SETTINGS, str(error))


# List


def _listed(database: Place, parsed: argparse.Namespace) -> str:
    now = time.time()
    with reading(database) as read:
        told = [why.account(read, key, now) for key in read.unsettled(parsed.last)]
        letters = read.all_letters(parsed.last)
    if parsed.json:
        listed = [*(_as_json(each, parsed.words) for each in told), *map(_letter_as_json, letters)]
        return json.dumps(listed, ensure_ascii=False, indent=2)
    if not told and not letters:
        return NOTHING
    heads = ("ref", "what", "state", "session", "age", "why", *(["words"] if parsed.words else []))
    rows = [_row(each, parsed.words) for each in told]
    rows += [_letter_row(*each, now) for each in letters]
    return in_columns([heads, *((*row, "")[: len(heads)] for row in rows)])


def _row(told: why.Account, words: bool) -> tuple[str, ...]:
    item = told.item
    session = f"{told.session.key} ({short_id(told.session)})" if told.session.evo_id else str(told.session.key)
    row = (str(item.key), str(item.kind), item.state.replace("_", " "), session, _age(told.now - item.asked_at))
    return (*row, why.why(told), *([shorten(_words(item), WORDS)] if words else []))


def _age(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _words(item: Item) -> str:
    typed = to_plain(str(item.body.get("text", "")), NO_NAMES)
    return str(item.sent_text or item.body.get("plain") or typed)


# Show


def _shown(database: Place, parsed: argparse.Namespace) -> str:
    with reading(database) as read:
        letter = _letter_meant(read, parsed.ref)
        if letter:
            return json.dumps(_letter_as_json(letter), indent=2) if parsed.json else _life_of_letter(*letter)
        told = why.account(read, _meant(read, parsed.ref), time.time())
    if parsed.json:
        return json.dumps(_as_json(told, parsed.words), ensure_ascii=False, indent=2)
    state, trace = told.item.state.replace("_", " "), trace_of(told.item.slack_name)
    head = f"ref {told.item.key}: {why.WHAT[told.item.kind]}, {state}; in the log: {trace}"
    lines = [f"  {moment_here(each.at)}  {each.said(str)}" for each in why.life(told)]
    words = [f"  “{_words(told.item)}”"] if parsed.words else []
    return "\n".join([head, *words, *lines, f"{why.why(told)} {why.step(told)}".rstrip()])


def _meant(read: Search, typed: str) -> ItemKey:
    """Raises Unclear when there is none."""
    ref, where = _REF.fullmatch(typed.strip()), _LINK.fullmatch(typed) or _PLACE.fullmatch(typed)
    if where:
        channel, ts = ChannelId(where[1]), Ts(".".join(where.groups()[1:]))
        found = [read.item_named(name_of_message(team, channel, ts)) for team in read.teams_in(channel)]
        key = next((item.key for item in found if item), None)
    else:
        key = ItemKey(int(ref[1])) if ref else None
    try:
        return read.item(key).key if key is not None else _none()
    except KeyError:
        return _none()


def _none() -> ItemKey:
    raise Unclear("Nothing of this reference is known. `evobot queue list` shows what is not done.")


def _as_json(told: why.Account, words: bool) -> dict[str, Any]:
    item, session = told.item, told.session
    said: dict[str, Any] = {"ref": item.key, "kind": item.kind, "state": item.state, "session": session.evo_id}
    said |= {"session_key": session.key, "asked_at": item.asked_at, "attempts": item.attempts}
    said |= {"why": why.why(told), "next": why.step(told), "trace": trace_of(told.item.slack_name)}
    said["life"] = [{"at": each.at, "what": each.said(str)} for each in why.life(told)]
    return said | ({"words": _words(item)} if words else {})


# Messages that came in a rush


def _letter_meant(read: Search, typed: str) -> tuple[Letter, bool] | None:
    found, where = _LETTER.fullmatch(typed.strip()), _LINK.fullmatch(typed) or _PLACE.fullmatch(typed)
    if found:
        return next((each for each in read.all_letters(sys.maxsize) if each[0].key == int(found[1])), None)
    ts = f'"{".".join(where.groups()[1:])}"' if where else None
    return next((each for each in read.all_letters(sys.maxsize) if ts and ts in each[0].body), None)


def _life_of_letter(letter: Letter, aside: bool) -> str:
    return f"L{letter.key}: a message\n  {moment_here(letter.came_at)}  came from Slack\n{ASIDE if aside else LETTER}"


def _letter_row(letter: Letter, aside: bool, now: float) -> tuple[str, ...]:
    return (f"L{letter.key}", "message", "came", "", _age(now - letter.came_at), ASIDE if aside else LETTER)


def _letter_as_json(each: tuple[Letter, bool]) -> dict[str, Any]:
    letter, aside = each
    return {"ref": f"L{letter.key}", "came_at": letter.came_at, "why": ASIDE if aside else LETTER}


# Retry and withdraw


def _retried(database: Place, parsed: argparse.Namespace) -> str:
    with reading(database) as read:
        item = read.item(_meant(read, parsed.ref))
    if doubtful(item) and not parsed.yes and not _agreed():
        raise NotDone(LEFT_ALONE)
    return _decided(database, item, retry_at_console, AGAIN)


def _withdrawn(database: Place, parsed: argparse.Namespace) -> str:
    with reading(database) as read:
        item = read.item(_meant(read, parsed.ref))
    return _decided(database, item, withdraw_at_console, BACK)


def _decided(database: Place, item: Item, decide: Callable[[Tx, Item, Actor, float], Answered], done: str) -> str:
    """What has moved on since it was looked at is left alone."""
    now = time.time()

    def work(tx: Tx) -> tuple[Answered, why.Account]:
        there = tx.item(item.key)
        came = decide(tx, there, operating(), now) if there.state is item.state else Answered.TOO_LATE
        return came, why.account(tx, item.key, now)

    came, told = write_aside(database, work)
    if came is Answered.TAKEN:
        return done.format(ref=item.key)
    state = told.item.state.replace("_", " ")
    raise NotDone(ANSWERS[came].format(ref=item.key, state=state, why=why.why(told), author=item.author))


def _agreed() -> bool:
    """Only somebody at a terminal can be asked."""
    return sys.stdin.isatty() and input(DOUBT).strip().casefold() in {"y", "yes"}
