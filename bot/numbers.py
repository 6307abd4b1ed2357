"""Phone numbers that not everybody may read: in public channels a number keeps its country, its area and its end.

What counts as a number in a text: "+" and at least seven digits, with the usual signs between them; without "+", ten
digits in a row, or nine with signs between them. Dates as 2024-05-06, addresses as 192.0.2.1 and Slack's own markup
are none.
"""

from __future__ import annotations

import re
from typing import Final

import phonenumbers

HIDDEN: Final = "••••"
LEAST_HIDDEN: Final = 3  # digits; what leaves fewer of them in the dark is hidden as well
SHOWN_END: Final = 4
_SIGNS: Final = r" .\-/\u00a0\u202f\u2010\u2011"
_NUMBER: Final = (
    r"(?<!\d)(?P<number>\+\d{7,15}(?!\d)"
    rf"|\+?(?:\d{{1,4}}[{_SIGNS}]?)?\(?\d{{1,5}}\)?(?:[{_SIGNS}]{{0,2}}\d){{4,14}}(?!\d))"
)
_NONE: Final = r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"  # dates, addresses of hosts
_SCHEME = re.compile(r"^[a-z]{2,10}:", re.IGNORECASE)
_PLAIN = re.compile(f"{_NONE}|{_NUMBER}")
_MARKUP = re.compile(f"<[^<>]*>|{_NONE}|{_NUMBER}")


def identity_of(named: str) -> str:
    """A number or an address in its one spelling, as far as it is one: Evo Voice may say "sms:+1 503 555-0123"."""
    bare = _SCHEME.sub("", named.strip())
    digits = re.sub(r"[\s().-]", "", bare)
    return f"+{digits.lstrip('+')}" if re.fullmatch(r"\+?\d{7,15}", digits) else bare


def masked(text: str, *, markup: bool = False) -> str:
    """The text with every phone number in it masked. `markup`: it is mrkdwn, whose own tokens are left alone."""
    return (_MARKUP if markup else _PLAIN).sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    number = found["number"]
    return found[0] if number is None or not _is_one(number) else mask(number)


def _is_one(number: str) -> bool:
    digits = _digits(number)
    if number.startswith("+"):
        return len(digits) >= 7  # noqa: PLR2004 - the shortest numbers with their country code
    return len(digits) >= (10 if number.isdigit() else 9)


def mask(number: str) -> str:
    """What becomes of +15035550123 is +1 503 •••• 0123; of what bears no country code only the end is left."""
    end = _digits(number)[-SHOWN_END:]
    return f"{_beginning(number)}{HIDDEN} {end}"


def _beginning(number: str) -> str:
    """Country and area code, as far as enough stays hidden behind them."""
    try:
        parsed = phonenumbers.parse(number) if number.startswith("+") else None
    except phonenumbers.NumberParseException:
        return ""
    if parsed is None:
        return ""
    national = phonenumbers.national_significant_number(parsed)
    area = phonenumbers.length_of_national_destination_code(parsed)
    if not area or len(national) - area - SHOWN_END < LEAST_HIDDEN:
        return f"+{parsed.country_code} " if len(national) - SHOWN_END >= LEAST_HIDDEN else ""
    return f"+{parsed.country_code} {national[:area]} "


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())
