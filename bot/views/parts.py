"""What people are told of text-message parts: each part that goes to each phone is paid for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.parts import Parts, measure
from bot.text import shorten, with_author
from bot.views.blocks import escaped

FROM_COSTLY = 2  # parts, where a sign that could be left out is the cause: that one emoji doubles the cost is news
FROM_LONG = 4  # in any case: a long answer in two or three parts is usual, and nobody reads what is said each time
NAMED = 3  # signs; of a text full of emoji the first few say enough
SIGN = 12  # characters; what is longer is no sign that people know
MOST = 400  # characters of a hint

# What is hard to see, or hard to tell from our own quotes, is called by its name.
NAMES = {
    **dict.fromkeys("“”„‟‘‚‛", "curly quotes"),
    "’": "curly apostrophes",
    "\t": "tabs",
    "\u00a0": "no-break spaces",
}
OTHER_SPACES = "unusual spaces"

TOO_LONG = "Too long by {n:,} {characters} (the limit is {max:,} characters)."
TOO_LONG_FOR_PHONES = "Too long by {n:,} {characters} ({parts:,} text parts; the limit is {max:,} characters)."
GOES_OUT = "This goes out as {parts} to each phone{cause}."
FIRST_MESSAGE = "The first message goes to each number as {parts}{cause}."
COSTLY = ", because of {signs}; without {it} it would be {without:,}"
LETTERS = ", because letters such as {signs} take more room"


SHORT = 100  # characters; with a name before it, at most three parts of any alphabet
_PLAIN = re.compile(r"(?=[^:]*:?[^:]*\Z)[^<`]*", re.ASCII)  # no mention, no emoji by name


def is_short(text: str) -> bool:
    """Nobody need be told of the parts of this, Slack's text: a quick look, which says no when in doubt."""
    return len(text) <= SHORT and text.isascii() and _PLAIN.fullmatch(text) is not None


def too_long(text: str, over: int, limit: int, *, author: str, phones: bool) -> str:
    """`over`: by how many characters; `phones`: whether it would go to any."""
    known = {"n": over, "max": limit, "characters": "character" if over == 1 else "characters"}
    if not phones:
        return TOO_LONG.format(**known)
    return TOO_LONG_FOR_PHONES.format(**known, parts=_measured(text, author).count)


def first_message(text: str, author: str) -> str:
    """For whoever is about to confirm numbers. Plain text."""
    parts = _measured(text, author)
    return FIRST_MESSAGE.format(parts=_count(parts.count), cause=_cause(parts))


def aside(text: str, author: str) -> str | None:
    """What the author of a reply alone is told of its parts, if that is worth a word. Safe for mrkdwn."""
    parts = _measured(text, author)
    if parts.count < FROM_LONG and not (parts.count >= FROM_COSTLY and _is_costly(parts)):
        return None
    return escaped(GOES_OUT.format(parts=_count(parts.count), cause=_cause(parts)), MOST)


def _measured(text: str, author: str) -> Parts:
    return measure(text, with_author(author, ""))


def _count(parts: int) -> str:
    return "1 text part" if parts == 1 else f"{parts:,} text parts"


def _is_costly(parts: Parts) -> bool:
    """Would leaving something out help?"""
    return bool(parts.costly) and parts.without < parts.count


def _cause(parts: Parts) -> str:
    if parts.count < FROM_COSTLY:
        return ""
    if _is_costly(parts):
        names = list(dict.fromkeys(map(_shown, parts.costly)))
        it = "it" if names == [_quoted(parts.costly[0])] else "them"
        return COSTLY.format(signs=_listed(names), it=it, without=parts.without)
    return LETTERS.format(signs=_listed([*map(_shown, parts.letters)])) if parts.letters else ""


def _listed(names: Sequence[str]) -> str:
    more = [f"{len(names) - NAMED:,} more"] if len(names) > NAMED else []
    *most, last = [*names[:NAMED], *more]
    return f"{', '.join(most)} and {last}" if most else last


def _shown(sign: str) -> str:
    return NAMES.get(sign) or (OTHER_SPACES if sign.isspace() else _quoted(sign))


def _quoted(sign: str) -> str:
    return f"“{shorten(sign, SIGN)}”"
