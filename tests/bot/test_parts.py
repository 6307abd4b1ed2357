"""bot.parts: how many text-message parts a text needs, and what makes them more."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.parts import GSM, GSM_TWICE, Parts, measure, parts_of
from bot.text import clean

FAMILY = "👨‍👩‍👧"  # eight code units: three surrogate pairs and two joiners
NATIONAL = "àèéìòùÇØøÅåÆæßÉÄÖÑÜ§¿äöñüΔΦΓΛΩΠΨΣΘΞ£¥¤¡_@$\n\r"

GOLDEN = {
    # the alphabet of text messages: 160, then 153 each
    "": 0,
    "a": 1,
    "a" * 160: 1,
    "a" * 161: 2,
    "a" * 306: 2,
    "a" * 307: 3,
    "a" * 459: 3,
    "a" * 460: 4,
    "a" * 1600: 11,
    "a" * 1601: 11,
    "a" * 1683: 11,
    "a" * 1684: 12,
    NATIONAL * 3: 1,
    "\r\n" * 80: 1,
    "\r\n" * 80 + "a": 2,
    "\n" * 160: 1,
    # the extension table: two places each, never on both sides of a border
    "€" * 80: 1,
    "€" * 80 + "a": 2,
    "^{}\\[~]|€\f": 1,
    "a" * 158 + "€": 1,
    "a" * 159 + "€": 2,
    "a" * 152 + "€" + "a" * 151: 2,  # 305 places, and the one that the sign left free
    "a" * 152 + "€" + "a" * 152: 3,
    "a" * 151 + "€" + "a" * 153: 2,
    "a" * 151 + "€" + "a" * 154: 3,
    "€" * 152: 2,  # 76 in each
    "€" * 153: 3,
    # anything else: 70 code units of UTF-16, then 67 each
    "ж": 1,
    "ж" * 70: 1,
    "ж" * 71: 2,
    "ж" * 134: 2,
    "ж" * 135: 3,
    "ж" * 1600: 24,
    "ж" * 1601: 24,
    "’" + "a" * 69: 1,
    "’" + "a" * 70: 2,
    "ç" + "a" * 70: 2,  # only the capital is in the alphabet
    "\t" + "a" * 70: 2,
    "\u00a0" + "a" * 70: 2,
    "€" * 69 + "ж": 1,  # here it takes one place
    # beyond the basic plane: two code units, never on both sides of a border
    "🎉" * 35: 1,
    "🎉" * 35 + "a": 2,
    "a" * 68 + "🎉": 1,
    "a" * 69 + "🎉": 2,
    "a" * 66 + "🎉" + "a" * 65: 2,  # 133 units, and the one that the emoji left free
    "a" * 66 + "🎉" + "a" * 66: 3,
    "🎉" * 66: 2,  # 33 in each
    "🎉" * 67: 3,
    # a joined emoji may be split where it is joined, its halves may not
    "a" * 62 + FAMILY: 1,
    "a" * 63 + FAMILY: 2,
    "a" * 126 + FAMILY: 2,
    "a" * 66 + FAMILY + "a" * 59: 2,
    "a" * 66 + FAMILY + "a" * 60: 3,
    "a" * 64 + FAMILY + "a" * 62: 2,  # its first pair and the joiner fill the first part
    "\ud800" * 70: 1,
    "\ud800" * 71: 2,
}


@pytest.mark.parametrize(("text", "count"), GOLDEN.items(), ids=range(len(GOLDEN)))
def test_parts_of(text: str, count: int) -> None:
    assert parts_of(text) == count


def test_the_alphabet_is_the_one_of_the_standard() -> None:
    """128 places: the escape is no character of its own, and NATIONAL is what people do not expect in it."""
    assert (len(GSM), len(GSM_TWICE), GSM & GSM_TWICE) == (127, 10, frozenset())
    assert set(NATIONAL) <= GSM


A = "a" * 150

CAUSES = {
    A: Parts(1, (), (), 1),
    "": Parts(0, (), (), 0),
    A + "🎉": Parts(3, ("🎉",), (), 1),
    "🎉" + A + "🎉👍🏽": Parts(3, ("🎉", "👍🏽"), (), 1),
    "🎉": Parts(1, ("🎉",), (), 0),
    A + "“Hi”, it’s – … • → ™": Parts(3, ("“", "”", "’", "–", "…", "•", "→", "™"), (), 2),
    A + FAMILY: Parts(3, (FAMILY,), (), 1),
    A + "🇺🇸🇨🇦❤️1️⃣": Parts(3, ("🇺🇸", "🇨🇦", "❤️", "1️⃣"), (), 1),
    A + "ℹ️": Parts(3, ("ℹ️",), (), 1),
    A + "\u00a0\t": Parts(3, ("\u00a0", "\t"), (), 1),
    A + "ç": Parts(3, (), ("ç",), 3),
    A + "e\u0301": Parts(3, (), ("e\u0301",), 3),
    A + "жук": Parts(3, (), ("ж", "у", "к"), 3),
    A + "٣": Parts(3, (), ("٣",), 3),
    A + "ж🎉": Parts(3, ("🎉",), ("ж",), 3),
    A[:133] + "ж🎉": Parts(3, ("🎉",), ("ж",), 2),
    A + "é€": Parts(1, (), (), 1),
}


@pytest.mark.parametrize(("text", "parts"), CAUSES.items(), ids=range(len(CAUSES)))
def test_what_makes_them_more_and_how_many_there_would_be_without(text: str, parts: Parts) -> None:
    assert measure(text) == parts


@pytest.mark.parametrize(
    ("before", "text", "parts"),
    [
        ("Ana Ruiz: ", "a" * 150, Parts(1, (), (), 1)),
        ("Ana Ruiz: ", "a" * 151, Parts(2, (), (), 2)),
        ("Ana Ruiz: ", "a" * 151 + "🎉", Parts(3, ("🎉",), (), 2)),
        ("Raúl: ", "a" * 65, Parts(2, (), (), 2)),  # nobody can leave out what is in a name
        ("Ana 🌴: ", "a" * 80 + "🎉", Parts(2, ("🎉",), (), 2)),
    ],
)
def test_what_stands_in_front_counts_and_is_nobodys_to_change(before: str, text: str, parts: Parts) -> None:
    assert measure(text, before) == parts


@given(st.text(), st.text(max_size=20))
@example("a" * 200 + "🎉", "Raúl: ")
@example("1\ufe0f", "")
def test_without_what_is_costly_there_are_never_more(text: str, before: str) -> None:
    parts = measure(clean(text), before)
    assert 0 <= parts.without <= parts.count
    assert parts.costly or parts.without == parts.count


@given(st.text(), st.characters())
def test_one_more_character_is_one_more_part_at_most_unless_it_is_the_first_outside_the_alphabet(
    text: str, char: str
) -> None:
    before, after = parts_of(text), parts_of(text + char)
    assert before <= after
    assert after <= before + 1 or (parts_of(text + "a") <= before + 1 and char not in GSM | GSM_TWICE)


@pytest.mark.parametrize("sign", ["a", "€", "é🎉", "🇺🇸", "e" + "\u0301", "👨\u200d"])
def test_slacks_longest_message_is_measured(sign: str) -> None:
    assert measure((sign * 40_000)[:40_000]).count > 200
