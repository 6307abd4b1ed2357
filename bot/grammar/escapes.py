"""Slack's escapes: tokens such as `<@U…|ana>`, and `&amp;` `&lt;` `&gt;`, each undone once."""

from __future__ import annotations

import re
from typing import Final

from bot.text import Names, to_plain

# A `<` that begins none of these is a letter: it comes from where Slack does not escape.
SLACKS: Final = r"<(?:[@#!]|[A-Za-z][A-Za-z0-9+.-]*+:)[^<>]*+>"

_TOKEN = re.compile(SLACKS)
_ENTITY = re.compile("&(amp|lt|gt);")
_SIGNS: Final = {"amp": "&", "lt": "<", "gt": ">"}
_NO_NAMES: Final = Names({}, {}, {})


def unescape(text: str) -> str:
    """The three entities undone, once."""
    return _ENTITY.sub(lambda m: _SIGNS[m[1]], text)


def escape(text: str) -> str:
    """Plain text as Slack sends it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str) -> str:
    """Slack's text as letters: tokens by their labels or targets, never by their ids. Everything else word for word."""
    made, at = [], 0
    for found in _TOKEN.finditer(text):
        made += [unescape(text[at : found.start()]), to_plain(found[0], _NO_NAMES)]
        at = found.end()
    return "".join([*made, unescape(text[at:])])


def target(text: str) -> str:
    """What a text points to when it is one token: `tel:+1…`, `https://…`, `#C…`; else the text as letters."""
    if _TOKEN.fullmatch(text):
        return unescape(text[1:-1].partition("|")[0])
    return unescape(text)
