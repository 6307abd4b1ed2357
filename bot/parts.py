"""How many text-message parts a text needs, and what in it makes them more. Pure.

A part carries 140 bytes: 160 characters of the GSM-7 alphabet, or 70 code units of UTF-16 as soon as one sign is
outside that alphabet. Where a text needs several, each gives up some room to say which one it is: 153 and 67 are left.
[3GPP TS 23.038, 23.040]
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from bot.emojis import is_emoji
from bot.text import characters

GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE: Final = frozenset("\f^{}\\[~]|€")  # the extension table: an escape, and then the character
GSM_ROOM: Final = (160, 153)  # alone; in one of several
WIDE_ROOM: Final = (70, 67)
ONE_UNIT: Final = 0xFFFF  # what is beyond takes two code units of UTF-16


@dataclass(frozen=True, slots=True)
class Parts:
    """How a text goes out to a phone.

    `costly`: the signs outside GSM-7 that could be left out (emoji, curly quotes, dashes), each once, as people see
    them; `without`: how many parts there would be then. `letters`: those outside GSM-7, which nobody can leave out.
    """

    count: int
    costly: tuple[str, ...]
    letters: tuple[str, ...]
    without: int


def measure(text: str, before: str = "") -> Parts:
    """`before` stands in front when it goes out: it counts, but nobody can change it. No text at all is no part."""
    sent = before + text
    if _is_gsm(sent):
        count = parts_of(sent)
        return Parts(count, (), (), count)
    signs = list(characters(text))
    outside = {sign: _is_letter(sign) for sign in signs if not _is_gsm(sign)}
    kept = "".join(sign for sign in signs if outside.get(sign, True))
    costly = tuple(sign for sign, is_letter in outside.items() if not is_letter)
    letters = tuple(sign for sign, is_letter in outside.items() if is_letter)
    return Parts(parts_of(sent), costly, letters, parts_of(before + kept))


def parts_of(text: str) -> int:
    """How many parts a text needs: 0 for none. What takes two places in a part is not split, it moves on as a whole."""
    if _is_gsm(text):
        return _packed([2 if char in GSM_TWICE else 1 for char in text], *GSM_ROOM)
    return _packed([2 if ord(char) > ONE_UNIT else 1 for char in text], *WIDE_ROOM)


def _packed(widths: list[int], alone: int, each: int) -> int:
    room = alone if sum(widths) <= alone else each
    parts, left = 0, 0
    for width in widths:
        if width > left:
            parts, left = parts + 1, room
        left -= width
    return parts


def _is_gsm(text: str) -> bool:
    return all(char in GSM or char in GSM_TWICE for char in text)


def _is_letter(sign: str) -> bool:
    """A digit of another script is one, too; an emoji is none, whatever it is made of."""
    kind = unicodedata.category(sign[0])
    return (kind[0] in "LM" or kind == "Nd") and (sign.isascii() or not is_emoji(sign))
