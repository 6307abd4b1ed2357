"""What was typed after a command: its options, and the words that belong to none.

Numbers, lists of people and messages take the words that follow them, so that nobody needs quotes for
`to:(503) 555-0123`, and no half of a message leaves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.grammar.escapes import unescape
from bot.grammar.lexer import Word
from bot.grammar.words import Option, Reads

_NUMBER = re.compile(r"(?:[0-9()+./-]++|(?:x|extension|extn|ext)[.:]?[0-9]*+),?", re.IGNORECASE)
_COMMAS: Final = (",", ";", "，", "；", "、")

Run = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """What was typed for an option, and the option."""

    option: Option
    words: Run


@dataclass(slots=True)
class Typed:
    values: list[Value] = field(default_factory=list)
    rest: list[Word] = field(default_factory=list)


def gather(words: Sequence[Word], options: Mapping[str, Option]) -> Typed:
    """Each word where it belongs, in the order they were typed."""
    typed, at = Typed(), 0
    while at < len(words):
        word, at = words[at], at + 1
        if word.key in options:
            option = options[word.key]
            run = _run(word, words[at : _end_of_plain(words, at)], option.reads)
            at += len(run) - (1 if _has_value(word) else 0)
            typed.values.append(Value(option, run))
        elif word.is_plain:
            typed.rest.append(word)
    return typed


def _end_of_plain(words: Sequence[Word], at: int) -> int:
    return next((n for n in range(at, len(words)) if not words[n].is_plain), len(words))


def _has_value(word: Word) -> bool:
    return bool(word.text) or word.quoted


def _run(word: Word, following: Sequence[Word], reads: Reads) -> Run:
    """The value's words. An option that has none yet takes the next one, whatever that is."""
    run = [word] if _has_value(word) else list(following[:1])
    after = following if _has_value(word) else following[1:]
    if not run:
        return ()
    match reads:
        case Reads.PHONE | Reads.ADDRESS:
            return _number(run[0], after)
        case Reads.PEOPLE:
            return _people(run[0], after)
        case Reads.MESSAGE if not run[0].quoted:
            return (run[0], *after)
    return tuple(run)


def _number(first: Word, after: Sequence[Word]) -> Run:
    """What looks like part of a number, up to a comma; signs after the last digit are somebody else's."""
    run = [first]
    for word in after:
        if not (_is_part(run[-1]) and _is_part(word)) or run[-1].text.endswith(","):
            break
        run.append(word)
    while len(run) > 1 and not any(char.isdigit() for char in run[-1].text):
        run.pop()
    return tuple(run)


def _is_part(word: Word) -> bool:
    return not word.quoted and _NUMBER.fullmatch(word.text) is not None


def _people(first: Word, after: Sequence[Word]) -> Run:
    """What a comma joins, and what looks like part of a number that has begun."""
    run = [first]
    for word in after:
        comma = unescape(run[-1].text).endswith(_COMMAS) or word.text.startswith(_COMMAS)
        if not (comma or (_is_last_part(run[-1]) and _is_part(word))):
            break
        run.append(word)
    return tuple(run)


def _is_last_part(word: Word) -> bool:
    """Does a number go on after this? `ana@x.com,+1` and `503` may."""
    tail = re.split("[,;，；、]", word.text)[-1]
    return not word.quoted and _NUMBER.fullmatch(tail) is not None
