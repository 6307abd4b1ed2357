"""Text → words. Quotes group; an option is a word whose key is known; `--` ends options.

Each word takes time in proportion to the text at most: quantifiers are possessive.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.grammar.escapes import SLACKS

# What opens a quotation, and what may close it. ’ opens nothing: it is an apostrophe.
QUOTES: Final = {'"': '"', "'": "'", "“": "”“", "‘": "’‘", "„": "“”", "‚": "‘’"}
STOP: Final = "--"
DASHES: Final = (STOP, "—", "–")  # autocorrection makes one dash of two hyphens

_SPACE = re.compile(r"\s*+")
_BARE = re.compile(rf"(?:{SLACKS}|\S)++")
_KEY = re.compile(rf"(?P<dash>{'|'.join(DASHES)})?(?P<key>[A-Za-z]++)(?P<sep>[:=])?")
_ESCAPABLE: Final = r"""[\\"'“”‘’„‚]"""
_ESCAPED = re.compile(rf"(?P<token>{SLACKS})|\\(?P<sign>{_ESCAPABLE})")
_TO_ESCAPE = re.compile(rf'(?P<token>{SLACKS})|(?P<sign>[\\"])')
# A closing quote has the end of a word after it: the one in “Mrs Lee's boiler” has not.
_CLOSERS = {
    opener: re.compile(rf"{SLACKS}|\\{_ESCAPABLE}|(?P<close>[{closers}])(?=[\s,;，；、]|\Z)")
    for opener, closers in QUOTES.items()
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word, still escaped, without the quotes around it; `key` is set when it is an option."""

    text: str
    start: int
    end: int
    gap: str = " "  # what was before it: "" nothing, "\n" a new line, else " "
    quoted: bool = False
    key: str = ""

    @property
    def is_plain(self) -> bool:
        """No option, and not the `--` that ends them."""
        return not self.key


def words(text: str, keys: Container[str] | None) -> Iterator[Word]:
    """The words of a cleaned text. `keys` are those of options, in lower case; None: `--` has no meaning, either.

    Looks for the end of a quotation anew with each word that begins one: ask for no more words than you need.
    """
    at = 0
    while (start := _end(_SPACE, text, at)) < len(text):
        word = _word(text, start, keys, _gap(text[at:start]))
        if word.key == STOP:
            keys = None
        yield word
        at = word.end


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where what the pattern finds here ends; here, when it finds nothing."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _gap(space: str) -> str:
    return "\n" if "\n" in space else " " if space else ""


def _word(text: str, start: int, keys: Container[str] | None, gap: str) -> Word:
    key, at = ("", start) if keys is None else _key(text, start, keys)
    if key == STOP:
        return Word("", start, at, gap, key=STOP)
    if (closed := _close(text, at)) is not None:
        return Word(unquoted(text[at + 1 : closed]), start, closed + 1, gap, quoted=True, key=key)
    end = _end(_BARE, text, at)
    return Word(text[at:end], start, end, gap, key=key)


def _key(text: str, start: int, keys: Container[str]) -> tuple[str, int]:
    """The option's key and where its value begins; "" when this is no option."""
    end = _end(_BARE, text, start)
    if text[start:end] == STOP:
        return STOP, end
    found = _KEY.match(text, start)
    if found is None or (key := found["key"].lower()) not in keys:
        return "", start
    alone = found["dash"] and found.end() == end  # `--to 503`
    return (key, found.end()) if found["sep"] or alone else ("", start)


def _close(text: str, at: int) -> int | None:
    """Where the quotation that begins here is closed; None when none begins here."""
    opener = text[at : at + 1]
    if opener not in _CLOSERS:
        return None
    return next((found.start() for found in _CLOSERS[opener].finditer(text, at + 1) if found["close"]), None)


def unquoted(text: str) -> str:
    r"""What stands between quotes: `\"` and `\\` become signs, any other backslash is one."""
    return _ESCAPED.sub(lambda m: m["token"] or m["sign"], text)


def quoted(text: str) -> str:
    """Escaped text in double quotes, which `words` reads as one word with this text."""
    return '"' + _TO_ESCAPE.sub(lambda m: m["token"] or "\\" + m["sign"], text) + '"'


def verbatim(text: str) -> str:
    """What is to be carried on word for word; in quotes, when all of it stands in one pair of them."""
    first = next(words(text, None), None)
    whole = first is not None and first.quoted and first.end == len(text)
    return first.text.strip() if first is not None and whole else text


def joined(run: Iterable[Word], *, lines: bool = False) -> str:
    """Words in a row, with the gaps they had; new lines only where they part something."""
    text = "".join((word.gap if lines or not word.gap else " ") + word.text for word in run)
    return text.strip()


def is_help(run: Sequence[Word]) -> bool:
    """`--help` and nothing else."""
    return len(run) == 1 and not run[0].quoted and run[0].text.lower() in {dash + "help" for dash in DASHES}
