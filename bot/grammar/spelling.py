"""Command → text: the shortest spelling that `parse` reads as the same command, in a channel and in a thread alike.

The text is escaped as Slack sends it, and so it is safe inside mrkdwn. What was read is written in one way: numbers
in E.164, sessions and threads always named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, assert_never

from bot.grammar.commands import (
    Admin,
    Channel,
    ChannelName,
    Command,
    End,
    EvoAddress,
    Find,
    FollowUp,
    Handle,
    Help,
    Here,
    Hold,
    How,
    Invite,
    Kick,
    Link,
    List,
    Me,
    Move,
    New,
    NoteTo,
    Permalink,
    Resume,
    Send,
    SessionRef,
    SetMode,
    Show,
    Status,
    Switch,
    Unlink,
    Who,
    Why,
)
from bot.grammar.escapes import escape
from bot.grammar.lexer import STOP, quoted, verbatim
from bot.grammar.values import permalink_url
from bot.grammar.words import CHOICES, FILTERS, OPTIONS, TYPES, Reads, Verb, key_for, spelling
from bot.model import Email, ItemKey, Phone, UserId
from bot.phones import Unreadable

_SAFE = re.compile(r"\w[\w.@+-]*+")  # one word, in which nothing has a meaning
_SAFE_NAME = re.compile(r"\w[\w.,!?'’-]*+(?: \w[\w.,!?'’-]*+){0,7}")  # words of a name: no quote or dash begins one
_PAUSE = re.compile(r"(?:x|ext)", re.IGNORECASE)  # after a number and a comma this would be an extension


def render(command: Command | Help) -> str:
    """The command without /session and without the mention. What an incomplete one lacks is left out."""
    if isinstance(command, New):
        return _new(command)
    verb = next(verb for type_, verb in _VERBS.items() if isinstance(command, type_))
    return " ".join(filter(None, [verb, *_rest(command)]))


_VERBS: Final[Mapping[type, Verb]] = {
    Invite: Verb.INVITE,
    Kick: Verb.KICK,
    List: Verb.LIST,
    Find: Verb.FIND,
    Show: Verb.SHOW,
    Link: Verb.LINK,
    Unlink: Verb.UNLINK,
    Move: Verb.MOVE,
    Switch: Verb.SWITCH,
    Send: Verb.SEND,
    NoteTo: Verb.NOTE,
    Hold: Verb.HOLD,
    Resume: Verb.RESUME,
    End: Verb.END,
    FollowUp: Verb.FOLLOWUP,
    SetMode: Verb.MODE,
    Me: Verb.ME,
    Why: Verb.WHY,
    Status: Verb.STATUS,
    Admin: Verb.ADMIN,
    Help: Verb.HELP,
}


def _rest(command: Command | Help) -> Iterator[str]:
    match command:
        case Invite():
            yield from _people(command.people, command.unreadable)
            yield from _options(Verb.INVITE, command)
        case Kick():
            yield from _people((command.who,) if command.who is not None else (), ())
            yield from _options(Verb.KICK, command)
        case Show() | Hold() | Resume() | End() | FollowUp():
            yield _session(command.session)
        case Link() | Move() | Switch():
            yield _session(command.session)
            yield from _options(_VERBS[type(command)], command)
        case Send() | NoteTo():
            yield f"in:{_session(command.session)}" if command.session else ""
            yield _words(command.text)
        case Admin():
            yield str(command.topic or "")
            yield _words(command.text)
        case _:
            yield from _small(command)


def _small(command: Command | Help) -> Iterator[str]:
    match command:
        case List():
            for field, reads in FILTERS.items():
                if (value := getattr(command, field)) is not None:
                    yield spelling(reads, value)
        case Find():
            yield command.query.e164 if isinstance(command.query, Phone) else _query(command.query)
        case Unlink():
            yield from _options(Verb.UNLINK, command)
        case SetMode():
            yield str(command.mode or "")
            yield from _options(Verb.MODE, command)
        case Me():
            yield from _me(command)
        case Why():
            yield _about(command.about)
        case Help():
            yield command.topic


# --- new --------------------------------------------------------------------------------------------------------------


def _new(new: New) -> str:
    type_ = spelling(Reads.TYPE, new.type) if new.type else Verb.NEW
    if new.opens_form and new.type is None:
        return ""
    strange = (f"member:{_text(one.text)}" for one in new.unreadable)
    return " ".join(filter(None, [type_, _name(new), *_options(Verb.NEW, new), *strange]))


def _name(new: New) -> str:
    if not new.name:
        return ""
    first = new.name.partition(" ")[0].lower()
    mistaken = new.type is None and first in TYPES
    return new.name if _SAFE_NAME.fullmatch(new.name) and not mistaken else _in_quotes(new.name)


# --- options ----------------------------------------------------------------------------------------------------------


def _options(verb: Verb, command: Command) -> Iterator[str]:
    """Every option that says something, in the order of the table."""
    done = {"name"}
    for option in OPTIONS[verb].values():
        value = getattr(command, option.field)
        if option.field in done or value in (None, "", ()) or (value is False and option.field == "dry"):
            continue
        done.add(option.field)
        key = key_for(verb, option.field)
        if option.reads is Reads.PEOPLE:
            yield from (f"{key}:{people}" for people in _lists(value))
        else:
            yield f"{key}:{_option(option.reads, value)}"


def _option(reads: Reads, value: object) -> str:
    return spelling(reads, value) if reads in CHOICES else _value(value)


def _value(value: object) -> str:
    match value:
        case Phone():
            return value.e164
        case Email():
            return _email(value)
        case EvoAddress():
            return str(value)
        case SessionRef():
            return _session(value)
        case Permalink():
            return _url(permalink_url(value))
        case Channel():
            return f"<#{value.id}>"
        case ChannelName():
            return f"#{value.name}"
        case Here():
            return "here"
    return _text(str(value))


def _session(session: SessionRef | None) -> str:
    if session is None:
        return ""
    match session.how:
        case How.THIS | How.LAST:
            return session.how.value
        case How.NAME:
            return _in_quotes(session.text)
        case How.LINK:
            return _url(session.text)
        case How.ID:
            return session.text
    assert_never(session.how)


def _about(about: Permalink | ItemKey | None) -> str:
    if isinstance(about, Permalink):
        return _url(permalink_url(about))
    return "" if about is None else f"ref {about}"


def _url(url: str) -> str:
    return f"<{escape(url)}>"


# --- people -----------------------------------------------------------------------------------------------------------


def _people(people: Sequence[Who], strange: Sequence[Unreadable]) -> Iterator[str]:
    """After a verb: commas between people; a space where a comma would make an extension of the next one."""
    yield " ".join([*_lists(people), *(_text(one.text) for one in strange)])


def _lists(people: Sequence[Who]) -> list[str]:
    """The people, joined by commas as far as that is safe."""
    made: list[str] = []
    for one in map(_who, people):
        if made and not _PAUSE.match(one) and '"' not in one + made[-1]:
            made[-1] += f",{one}"
        else:
            made.append(one)
    return made


def _who(one: Who) -> str:
    match one:
        case Phone():
            return one.e164
        case Email():
            return _email(one)
        case EvoAddress():
            return str(one)
        case Handle():
            return f"@{one.name}"
    return f"<@{UserId(one)}>"


def _email(email: Email) -> str:
    """As letters; as Slack's own link where a ' before an address would be taken for a quote."""
    address = escape(email.address)
    return f"<mailto:{address}|{address}>" if address.startswith("'") else _text(email.address)


# --- text -------------------------------------------------------------------------------------------------------------


def _in_quotes(text: str) -> str:
    return quoted(escape(text))


def _text(text: str) -> str:
    return text if _SAFE.fullmatch(text) else _in_quotes(text)


def _query(query: str) -> str:
    return query if _SAFE_NAME.fullmatch(query) and not query[0].isdigit() else _in_quotes(query)


def _words(text: str) -> str:
    """Slack's text as it is; in quotes where its own, or a `--`, would be taken away."""
    return quoted(text) if text.startswith(STOP) or verbatim(text) != text else text


def _me(me: Me) -> Iterator[str]:
    if me.link:
        yield f"link {_value(me.link)}"
    if me.unlink:
        yield "unlink"
    if me.notify:
        yield f"notify {me.notify}"
