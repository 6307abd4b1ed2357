"""Text → command. The one reader of what is typed after /session and after a mention of the bot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from bot.grammar import sentences
from bot.grammar.commands import (
    HERE,
    MOST_CHARACTERS,
    MOST_WORDS,
    THIS,
    Admin,
    AdminTopic,
    Command,
    End,
    Find,
    FollowUp,
    Help,
    Hold,
    Incomplete,
    Invite,
    Kick,
    Link,
    List,
    Me,
    Move,
    New,
    NoteTo,
    Parsed,
    Problem,
    Resume,
    Send,
    SetMode,
    Show,
    Status,
    Switch,
    TooLong,
    Unknown,
    Unlink,
    Why,
)
from bot.grammar.escapes import plain, target, unescape
from bot.grammar.helping import topic_of
from bot.grammar.lexer import STOP, Word, is_help, joined, verbatim, words
from bot.grammar.nearest import nearest
from bot.grammar.typed import Run, Typed, Value, gather
from bot.grammar.values import (
    each_once,
    read_address,
    read_choice,
    read_evo_address,
    read_question,
    read_session,
    read_value,
    read_who,
    unreadable,
)
from bot.grammar.words import CHOICES, FILTERS, ME, OPTIONS, TYPES, VERBS, Reads, Verb, keys_of
from bot.model import Email, Mode, Phone, SessionType
from bot.phones import Unreadable, read_phone
from bot.text import clean

_INTERNATIONAL: Final = ("+", "00", "(+", "tel:")


def parse(text: str, *, region: str, in_thread: bool, offered: Collection[str] = tuple(VERBS)) -> Parsed:
    """What was typed, as Slack escapes it, without /session or the mention. Never raises.

    National phone numbers are read as of `region` (ISO 3166). In a thread, a session that is not named is the thread's.
    `offered` are the words of which one may be suggested for an unknown one. Emoji stay as Slack writes them, `:wave:`.
    """
    typed = clean(text).strip()
    if (characters := len(unescape(typed))) > MOST_CHARACTERS:
        return TooLong(characters)
    first = next(words(typed, None), None)
    if first is None:
        return New()
    if is_help([first]):
        return Help()
    verb = None if first.quoted else VERBS.get(_command_word(first))
    if verb is None:
        word = plain(first.text)
        return Unknown(word, nearest(word, offered))
    return _Reading(verb, typed[first.end :].strip(), region, in_thread=in_thread).read(_command_word(first))


def first_verb(text: str) -> Verb | None:
    """The command that a text begins with, without reading the rest of it."""
    first = next(words(clean(text).strip(), None), None)
    return None if first is None or first.quoted else VERBS.get(_command_word(first))


def _command_word(first: Word) -> str:
    """`Note: …` is a note as well."""
    return first.text.lower().removesuffix(":")


class _Reading:
    """One command: what was understood of it, by attribute, and what stands against it."""

    def __init__(self, verb: Verb, text: str, region: str, *, in_thread: bool) -> None:
        self._verb = verb
        self._text = text
        self._region = region
        self._in_thread = in_thread
        self._fields: dict[str, Any] = {}
        self._problems: list[Problem] = []
        self._typed = Typed()

    def read(self, word: str) -> Parsed:
        if is_help(list(islice(words(self._text, None), 2))):
            return Help(topic_of(word))
        if self._verb in _VERBATIM:
            return self._done(_VERBATIM[self._verb](self))
        found = list(islice(words(self._text, keys_of(self._verb)), MOST_WORDS))
        if 1 + len(found) > MOST_WORDS:
            return TooLong(len(unescape(self._text)), MOST_WORDS)
        self._typed = gather(found, keys_of(self._verb))
        if self._verb is Verb.HELP:
            return Help(topic_of(plain(joined(self._typed.rest))))
        if self._verb is Verb.NEW and word in TYPES:
            self._fields["type"] = TYPES[word]
        self._read_options()
        return self._done(_READERS[self._verb](self))

    def _done(self, command: Command) -> Parsed:
        return Incomplete(command, tuple(self._problems)) if self._problems else command

    def _against(self, field: str, why: str, typed: str = "") -> None:
        self._problems.append(Problem(field, why, typed))

    def _has_problem(self, *fields: str) -> bool:
        return any(problem.field in fields for problem in self._problems)

    # Options

    def _read_options(self) -> None:
        for value in self._typed.values:
            self._read_option(value)

    def _read_option(self, value: Value) -> None:
        field, reads, typed = value.option.field, value.option.reads, plain(joined(value.words))
        if not typed.strip():
            key = next(key for key, option in OPTIONS[self._verb].items() if option == value.option)
            self._against(field, sentences.NO_VALUE.format(key=f"{key}:"))
        elif reads is Reads.PEOPLE:
            self._add_people(joined(value.words, lines=True))
        elif reads is Reads.NAME:
            pass  # the name is read with the words that belong to no option
        elif field in self._fields or self._has_problem(field):
            self._against(field, sentences.TWICE, typed)
        elif reads is Reads.MESSAGE:
            self._read_message(value.words)
        else:
            self._keep(field, read_value(reads, value.words, self._region))

    def _keep(self, field: str, found: object) -> None:
        if isinstance(found, Unreadable):
            self._against(field, found.why, found.text)
        else:
            self._fields[field] = found

    def _read_message(self, run: Run) -> None:
        """A message without quotes may have lost its end to the name: a person looks at it before it leaves."""
        self._fields["message"] = plain(joined(run, lines=True)).strip()
        if len(run) > 1:
            self._against("message", sentences.WHERE_DOES_IT_END, self._fields["message"])

    def _add_people(self, text: str) -> None:
        people, strange = read_who(text, self._region)
        self._fields["people"] = each_once((*self._fields.get("people", ()), *people))
        self._fields["unreadable"] = (*self._fields.get("unreadable", ()), *strange)
        for one in strange:
            self._against("people", one.why, one.text)

    # What every command shares

    def _nothing_more(self, rest: Sequence[Word]) -> None:
        if rest:
            typed = plain(joined(rest))
            self._against("", unreadable(typed, sentences.TOO_MUCH).why, typed)

    def _session(self, rest: Sequence[Word], *, other: bool = False) -> None:
        """The session that a command is about; `other`: the thread's own would make no sense."""
        if rest:
            self._keep("session", read_session(rest))
        else:
            self._default_session(other=other)

    def _default_session(self, *, other: bool = False) -> None:
        if self._in_thread and not other:
            self._fields.setdefault("session", THIS)
        elif "session" not in self._fields and not self._has_problem("session"):
            self._against("session", sentences.NO_NEW_SESSION if other else sentences.NO_SESSION)

    def _default_thread(self) -> None:
        if self._in_thread:
            self._fields.setdefault("thread", HERE)
        elif "thread" not in self._fields and not self._has_problem("thread"):
            self._against("thread", sentences.NO_THREAD)

    # New

    def new(self) -> Command:
        rest = self._typed.rest
        if "type" not in self._fields and rest and not rest[0].quoted and rest[0].text.lower() in TYPES:
            self._fields["type"] = TYPES[rest[0].text.lower()]
            rest = rest[1:]
        named = [word for value in self._typed.values if value.option.reads is Reads.NAME for word in value.words]
        self._fields["name"] = plain(joined(sorted((*rest, *named), key=lambda word: word.start))).strip()
        command = New(**self._fields)
        if not command.opens_form or self._problems:
            self._check_new(command)
        return command

    def _check_new(self, new: New) -> None:
        if new.type is None:
            self._against("type", sentences.NO_TYPE)
        if not 1 <= len(new.name) <= sentences.NAME_LIMIT and not self._has_problem("name"):
            self._against("name", sentences.NO_NAME, new.name)
        if new.type is SessionType.CHAT:
            self._check_chat(new)
        elif new.type is not None:
            self._check_call(new, new.type)
        if (over := len(new.message) - sentences.MESSAGE_LIMIT) > 0:
            self._against("message", sentences.MESSAGE_TOO_LONG.format(n=over), new.message)

    def _check_chat(self, new: New) -> None:
        somebody = new.with_address or new.people or new.to
        if not somebody and not self._has_problem("with_address", "people", "to"):
            self._against("with_address", sentences.NOBODY)

    def _check_call(self, new: New, type_: SessionType) -> None:
        for field, value in (("with_address", new.with_address), ("people", new.people), ("message", new.message)):
            if value:
                self._against(field, sentences.ONLY_CHAT)
        if new.to is None and not self._has_problem("to"):
            self._against("to", sentences.NO_NUMBER[type_])

    # People

    def invite(self) -> Command:
        self._add_people(joined(self._typed.rest, lines=True))
        self._default_session()
        if not self._fields["people"] and not self._fields["unreadable"]:
            self._against("people", sentences.NOBODY_TO_INVITE)
        return Invite(**self._fields)

    def kick(self) -> Command:
        typed = joined(self._typed.rest, lines=True)
        people, strange = read_who(typed, self._region)
        self._default_session()
        for one in strange:
            self._against("who", one.why, one.text)
        if not people and not strange:
            self._against("who", sentences.NOBODY_TO_REMOVE)
        if len(people) > 1:
            self._against("who", sentences.ONE_AT_A_TIME, plain(typed))
        return Kick(who=people[0] if len(people) == 1 else None, **self._fields)

    # Looking

    def list(self) -> Command:
        strange = [word for word in self._typed.rest if not self._filter(word)]
        known = tuple(word for reads in FILTERS.values() for word in CHOICES[reads])
        for word in strange:
            found = read_choice([word], dict.fromkeys(known))
            self._keep("", found if isinstance(found, Unreadable) else Unreadable(plain(word.text), sentences.TWICE))
        return List(**self._fields)

    def _filter(self, word: Word) -> bool:
        """Takes the word for the first filter that knows it and has none yet."""
        for field, reads in FILTERS.items():
            if field not in self._fields and word.text.lower() in CHOICES[reads]:
                self._fields[field] = CHOICES[reads][word.text.lower()]
                return True
        return False

    def find(self) -> Command:
        rest = self._typed.rest
        query = plain(joined(rest)).strip()
        if not query:
            self._against("query", sentences.NOTHING_TO_FIND)
        number = target(joined(rest))
        if not any(word.quoted for word in rest) and number.lower().startswith(_INTERNATIONAL):
            phone = read_phone(number, self._region)
            return Find(phone if isinstance(phone, Phone) else query)
        return Find(query)

    # Sessions and threads

    def about_session(self) -> Command:
        self._session(self._typed.rest)
        return _ABOUT_SESSION[self._verb](**self._fields)

    def link(self) -> Command:
        self._session(self._typed.rest, other="thread" not in self._fields)
        self._default_thread()
        return Link(**self._fields)

    def unlink(self) -> Command:
        self._nothing_more(self._typed.rest)
        self._default_thread()
        return Unlink(**self._fields)

    def move(self) -> Command:
        self._session(self._typed.rest)
        if "to" not in self._fields and not self._has_problem("to"):
            self._against("to", sentences.NO_PLACE)
        return Move(**self._fields)

    def switch(self) -> Command:
        self._session(self._typed.rest, other=True)
        self._default_thread()
        return Switch(**self._fields)

    def mode(self) -> Command:
        rest = self._typed.rest
        if rest:
            self._keep("mode", read_choice(rest[:1], {str(mode): mode for mode in Mode}))
        else:
            self._against("mode", sentences.NO_MODE)
        self._nothing_more(rest[1:])
        self._default_thread()
        return SetMode(**self._fields)

    # The rest

    def me(self) -> Command:
        rest = self._typed.rest
        if not rest:
            return Me()
        what = read_choice(rest[:1], {word: word for word in ME})
        if isinstance(what, Unreadable):
            self._keep("", what)
        elif what == "unlink":
            self._nothing_more(rest[1:])
            return Me(unlink=True)
        elif len(rest) == 1:
            self._against(str(what), sentences.NO_VALUE.format(key=what))
        else:
            self._keep(str(what), self._my(str(what), rest[1:]))
        return Me(**self._fields)

    def _my(self, what: str, run: Sequence[Word]) -> object:
        typed = plain(joined(run))
        if what == "notify":
            return read_choice(run, CHOICES[Reads.NOTIFY])
        found = read_evo_address(run)
        if isinstance(found, Unreadable):
            address = read_address(run, self._region)
            return address if isinstance(address, Email) else unreadable(typed, sentences.BAD_IDENTITY)
        return found if found.kind == "user" else unreadable(typed, sentences.BAD_IDENTITY)

    def why(self) -> Command:
        if self._typed.rest:
            self._keep("about", read_question(self._typed.rest))
        return Why(**self._fields)

    def status(self) -> Command:
        self._nothing_more(self._typed.rest)
        return Status()

    # Word for word

    def send(self) -> Command:
        return Send(text=self._words_for_session(sentences.NOTHING_TO_SAY), **self._fields)

    def note(self) -> Command:
        return NoteTo(text=self._words_for_session(sentences.NOTHING_TO_NOTE), **self._fields)

    def _words_for_session(self, nothing: str) -> str:
        """What follows the session: `in:<session>` anywhere, the first word in a channel. In a thread all of it."""
        rest = self._without_session()
        if (first := next(words(rest, keys_of(self._verb)), None)) and first.key == STOP:
            rest = rest[first.end :].strip()
        text = verbatim(rest)
        if not text.strip():
            self._against("text", nothing)
        return text

    def _without_session(self) -> str:
        found = list(islice(words(self._text, keys_of(self._verb)), 2))
        named = found[:1] if found and found[0].key == "in" and (found[0].text or found[0].quoted) else []
        if found and found[0].key == "in" and not named and self._text.startswith(("--", "—", "–")):
            named = found[1:]
        if not named and found and not self._in_thread and not found[0].key:
            named = found[:1]
        if not named:
            self._default_session()
            return self._text
        self._keep("session", read_session(named))
        return self._text[named[0].end :].strip()

    def admin(self) -> Command:
        first = next(words(self._text, None), None)
        if first is None:
            self._against("topic", sentences.NO_TOPIC)
            return Admin()
        self._keep("topic", read_choice([first], CHOICES[Reads.ADMIN]))
        topic: AdminTopic | None = self._fields.get("topic")
        return Admin(topic, verbatim(self._text[first.end :].strip()))


_Reader = Callable[[_Reading], Command]

_VERBATIM: Final[Mapping[Verb, _Reader]] = {
    Verb.SEND: _Reading.send,
    Verb.NOTE: _Reading.note,
    Verb.ADMIN: _Reading.admin,
}
_READERS: Final[Mapping[Verb, _Reader]] = {
    Verb.NEW: _Reading.new,
    Verb.INVITE: _Reading.invite,
    Verb.KICK: _Reading.kick,
    Verb.LIST: _Reading.list,
    Verb.FIND: _Reading.find,
    Verb.SHOW: _Reading.about_session,
    Verb.LINK: _Reading.link,
    Verb.UNLINK: _Reading.unlink,
    Verb.MOVE: _Reading.move,
    Verb.SWITCH: _Reading.switch,
    Verb.HOLD: _Reading.about_session,
    Verb.RESUME: _Reading.about_session,
    Verb.END: _Reading.about_session,
    Verb.FOLLOWUP: _Reading.about_session,
    Verb.MODE: _Reading.mode,
    Verb.ME: _Reading.me,
    Verb.WHY: _Reading.why,
    Verb.STATUS: _Reading.status,
}
_ABOUT_SESSION: Final[Mapping[Verb, Callable[..., Command]]] = {
    Verb.SHOW: Show,
    Verb.HOLD: Hold,
    Verb.RESUME: Resume,
    Verb.END: End,
    Verb.FOLLOWUP: FollowUp,
}
