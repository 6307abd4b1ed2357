"""Who was meant: e-mail addresses and phone numbers, as people type them. Pure.

Identity and money fail closed: what is not surely one person becomes an `Unreadable` with a sentence, never a guess.
Numbers are read by libphonenumber's rules; a number's country is what those rules say, never what "+1" suggests.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from bot.model import Email, Phone, UserId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What was typed, and the sentence about it for the person who typed it (plain text: escape it for Slack)."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class People:
    """The people in a text, each once, in the order they were typed, and what could not be read as people."""

    emails: tuple[Email, ...]
    phones: tuple[Phone, ...]
    slack_users: tuple[UserId, ...]
    unreadable: tuple[Unreadable, ...]
    in_order: tuple[Email | Phone | UserId, ...]


_Person = Email | Phone | UserId


# --- phone numbers ----------------------------------------------------------------------------------------------------

_SHAPE = re.compile(r"[( ]*+\+?[0-9 ()./-]++")
_EXTENSION = re.compile(
    r"[( +]*[0-9][0-9 ()./-]*+[\s,;#*]*(?:extension|extn?|x|p|w|[,;#*])[\s.:=,;#*]*[0-9]+#?",
    re.IGNORECASE,
)
_SPACES = str.maketrans("\t\u00a0\u202f", "   ")  # what word processors put between groups of digits
_LONGEST_PHONE: Final = 40  # characters, with every usual sign between the digits
_MOST_DIGITS: Final = 18  # E.164 has 15; "00" or a trunk "(0)" may come with them
_SHOWN: Final = 60  # characters of what was typed that a sentence repeats


def read_phone(text: str, region: str) -> Phone | Unreadable:
    """One phone number, national forms in `region` (ISO 3166). "00…" equals "+…".

    Accepts digits, spaces, ( ) - . / and a leading + or "tel:" only. Refused: anything that libphonenumber does not
    call valid, extensions and pauses, short and emergency numbers, letters, digits other than 0-9.
    """
    typed = text.translate(_SPACES).strip()
    number = typed[4:].strip() if typed[:4].lower() == "tel:" else typed
    if why := _not_a_number(number):
        return _unreadable(text, why)
    parsed = _parse(re.sub(r"^00", "+", number), region)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return _unreadable(text, _incomplete(number, parsed, region))
    return Phone(
        phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164),
        phonenumbers.region_code_for_number(parsed) or "",
    )


def _unreadable(text: str, why: str) -> Unreadable:
    return Unreadable(text.strip(), f"“{_shown(text)}” {why}")


def _shown(text: str) -> str:
    """What was typed, fit to be repeated: on one line, nothing unseen, not too long."""
    seen = "".join(char for char in " ".join(text.split()) if char.isprintable())
    return seen if len(seen) <= _SHOWN else seen[: _SHOWN - 1] + "…"


def _not_a_number(number: str) -> str | None:
    """Why this cannot be a phone number by its signs alone; None when it can."""
    if len(number) > _LONGEST_PHONE or sum(map(str.isdigit, number)) > _MOST_DIGITS:
        return "is too long to be one phone number. Put a comma between people."
    if _SHAPE.fullmatch(number):
        return None
    if _EXTENSION.fullmatch(number):
        return "has an extension, which cannot be reached from here. Leave it out."
    if not all(char.isprintable() for char in number):
        return "contains an invisible character. Type the number instead of pasting it."
    return "is not a phone number. Use digits 0-9, spaces and ( ) - . / only, with + at the start if you like."


def _parse(number: str, region: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None


def _incomplete(number: str, parsed: PhoneNumber | None, region: str) -> str:
    if _is_short(number, region):
        return "is a short or emergency number. Those are never invited or texted."
    if not number.lstrip("( ").startswith(("+", "00")):
        return (
            f"is not a complete phone number for {region}. Include the area code, or start with + and the country code."
        )
    if parsed is None:
        return "is not a phone number of any country. Check the country code after +."
    where = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return f"is not a complete phone number for {where}. Check the digits after +{parsed.country_code}."


def _is_short(number: str, region: str) -> bool:
    """An emergency number, or a short code written as one; "555-01" is rather half a number."""
    if phonenumbers.is_emergency_number(number, region):
        return True
    parsed = _parse(number, region) if number.isdigit() else None
    return parsed is not None and phonenumbers.is_valid_short_number_for_region(parsed, region)


def show_phone(phone: Phone) -> str:
    """The number as it will be dialled, and its country: "+15035550123 (United States)"."""
    return f"{phone.e164} ({country_name(phone.region)})"


# --- e-mail addresses -------------------------------------------------------------------------------------------------

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"(?P<local>{_ATOM}(?:\.{_ATOM})*+)@(?P<domain>(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9])"
)
_LONGEST_ADDRESS: Final = 254  # RFC 5321, by way of its erratum 1690
_LONGEST_LOCAL: Final = 64


def read_email(text: str) -> Email | Unreadable:
    """One e-mail address: an ASCII addr-spec of RFC 5322 without quotes or comments, at a domain with a dot.

    No display names, and no letters that only look like Latin ones. The part before @ is kept as typed.
    """
    typed = text.strip()
    address = typed[7:] if typed[:7].lower() == "mailto:" else typed
    if len(address) > _LONGEST_ADDRESS:
        return _unreadable(text, "is too long for an e-mail address.")
    found = _ADDRESS.fullmatch(address)
    if not found or len(found["local"]) > _LONGEST_LOCAL:
        return _unreadable(text, f"is not an e-mail address.{_odd_letter(address)}")
    return Email(f"{found['local']}@{found['domain'].lower()}")


def _odd_letter(address: str) -> str:
    odd = next((char for char in address if not char.isascii()), "")
    if not odd:
        return ""
    name = unicodedata.name(odd, f"U+{ord(odd):04X}").lower()
    return f" It contains “{odd}” ({name})." if odd.isprintable() else f" It contains an invisible character ({name})."


# --- lists of people --------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"<([^<>]++)>")
_USER = re.compile(r"@[UW][A-Z0-9]+")
_NO_PERSON = re.compile(r"[@#!]|[a-z][a-z0-9+.-]*+:", re.IGNORECASE)
_ENTITY = re.compile("&(amp|lt|gt);")
_SIGNS: Final = {"amp": "&", "lt": "<", "gt": ">"}
# A comma or semicolon that waits before an extension ("503 555 0123,,12#", ", ext 5", ";ext=5") parts no people.
_BREAK = re.compile(
    r"(?P<pause>(?<=[0-9)])(?:,,+[0-9]{1,7}#?|,[0-9]{1,7}#|[,;]\s*+(?:extension|extn?|x)[.:=]?\s*+[0-9]{1,7})(?![0-9]))"
    r"|[,;，；、\r\n]",
    re.IGNORECASE,
)
_TEL = re.compile(r"\btel:\s++", re.IGNORECASE)
_NUMBER_SIGNS: Final = frozenset("+()-./")
_EXTENSION_WORDS: Final = frozenset({"x", "x.", "ext", "ext.", "ext:", "extn", "extension"})
_ENDS: Final = ".!?"
_AROUND_ADDRESS: Final = "<>()[]\"'“”‘’:"


def read_people(text: str, region: str) -> People:
    """Everybody in a text as people type it, or as Slack escapes it; national phone numbers in `region`.

    Commas, semicolons, new lines and "and" part people; spaces do where there is no doubt ("ana@x.com joe@y.com").
    Duplicates (the same number, the same address in any case) are left out.
    """
    found = tuple(_read_all(text, region))
    people = _first_of_each(one for one in found if not isinstance(one, Unreadable))
    return People(
        emails=tuple(one for one in people if isinstance(one, Email)),
        phones=tuple(one for one in people if isinstance(one, Phone)),
        slack_users=tuple(one for one in people if isinstance(one, str)),
        unreadable=tuple(one for one in found if isinstance(one, Unreadable)),
        in_order=people,
    )


def _first_of_each(found: Iterable[_Person]) -> tuple[_Person, ...]:
    first: dict[str, _Person] = {}
    for one in found:
        first.setdefault(_key(one), one)
    return tuple(first.values())


def _key(one: _Person) -> str:
    match one:
        case Email():
            return one.address.casefold()
        case Phone():
            return one.e164
    return one


def _read_all(text: str, region: str) -> Iterator[_Person | Unreadable]:
    at = 0
    for found in _TOKEN.finditer(text):
        yield from _read_plain(text[at : found.start()], region)
        yield from _read_token(found[1], region)
        at = found.end()
    yield from _read_plain(text[at:], region)


def _read_token(token: str, region: str) -> Iterator[_Person | Unreadable]:
    """What Slack makes of a mention, a number or an address; its target counts, not the label."""
    target, _, label = (_unescape(part) for part in token.partition("|"))
    if _USER.fullmatch(target):
        yield UserId(target[1:])
    elif target.lower().startswith("tel:"):
        yield read_phone(target, region)
    elif target.lower().startswith("mailto:"):
        yield read_email(target.partition("?")[0])
    elif _NO_PERSON.match(target):
        yield _unreadable(label or "This mention", "is not a person. Give an e-mail address or a phone number.")
    else:
        yield from _read_plain(token, region)  # "Ana <ana@x.com>", typed where Slack does not escape


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda m: _SIGNS[m[1]], text)


def _read_plain(text: str, region: str) -> Iterator[_Person | Unreadable]:
    for part in _parts(_unescape(text)):
        words = _TEL.sub("tel:", part).split()
        for kind, run in groupby(words, _kind):
            yield from _read_run(kind, list(run), region)


def _parts(text: str) -> Iterator[str]:
    at = 0
    for found in _BREAK.finditer(text):
        if found["pause"] is None:
            yield text[at : found.start()]
            at = found.end()
    yield text[at:]


class _Kind(Enum):
    """What a word may belong to."""

    EMAIL = auto()
    PHONE = auto()
    AND = auto()
    OTHER = auto()


def _kind(word: str) -> _Kind:
    if "@" in word:
        return _Kind.EMAIL
    if any(char.isdigit() for char in word) or _NUMBER_SIGNS.issuperset(word) or word.lower() in _EXTENSION_WORDS:
        return _Kind.PHONE
    return _Kind.OTHER if any(char.isalnum() for char in word) and word.lower() != "and" else _Kind.AND


def _read_run(kind: _Kind, words: list[str], region: str) -> Iterator[_Person | Unreadable]:
    match kind:
        case _Kind.EMAIL:
            yield from (read_email(word.rstrip(_ENDS).strip(_AROUND_ADDRESS).rstrip(_ENDS)) for word in words)
        case _Kind.PHONE:
            for number in _numbers(words):
                yield from _read_number(number, region)
        case _Kind.OTHER:
            yield _unreadable(" ".join(words), "is neither an e-mail address nor a phone number.")
        case _Kind.AND:
            return


def _numbers(words: list[str]) -> Iterator[list[str]]:
    """A new number begins at each "+"; signs before the first digit are a list's bullets."""
    run: list[str] = []
    for word in words:
        if word.lower().removeprefix("tel:").lstrip("(").startswith("+") and run:
            yield run
            run = []
        if run or word.strip("-./"):
            run.append(word)
    if run:
        yield run


def _read_number(words: list[str], region: str) -> Iterator[Phone | Unreadable]:
    """The words as one number; or as one each, when they are numbers only so."""
    whole = read_phone(" ".join(words), region)
    each = [whole] if isinstance(whole, Phone) else [read_phone(word, region) for word in words]
    yield from each if all(isinstance(one, Phone) for one in each) else [whole]


# --- which numbers may be used ----------------------------------------------------------------------------------------

_MAY_BE_MOBILE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


_KINDS: Final = {
    PhoneNumberType.FIXED_LINE: "a fixed line",
    PhoneNumberType.TOLL_FREE: "a toll-free number",
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    PhoneNumberType.VOIP: "an internet telephone (VoIP) number",
    PhoneNumberType.PERSONAL_NUMBER: "a personal number that may lead anywhere",
    PhoneNumberType.PAGER: "a pager",
    PhoneNumberType.UAN: "a company's service number",
    PhoneNumberType.VOICEMAIL: "a voicemail number",
}


@dataclass(frozen=True, slots=True)
class PhoneRules:
    """Which phones may be invited or texted: mobile ones of these regions (ISO 3166 codes); none, when empty.

    The region is worked out anew from the number, so a wrong `Phone.region` opens nothing.
    """

    regions: frozenset[str]

    def refusal(self, phone: Phone, *, call: bool = False) -> str | None:
        """None when the phone is allowed, else what stands against it and how that can be changed.

        A `call` (or a fax) may go to a fixed line as well; a text may not.
        """
        if not self.regions:
            return (
                "Outside phones are switched off. An administrator can allow countries with "
                "EVOBOT_PHONE_REGIONS (for example EVOBOT_PHONE_REGIONS=US,CA)."
            )
        number = _parse(phone.e164, "ZZ")
        if number is None or not phonenumbers.is_valid_number(number) or number.extension:
            return f"“{_shown(phone.e164)}” is not a valid phone number."
        region = phonenumbers.region_code_for_number(number) or ""
        return self._against_region(phone.e164, region) or _against_kind(Phone(phone.e164, region), number, call=call)

    def _against_region(self, e164: str, region: str) -> str | None:
        if region in self.regions:
            return None
        return (
            f"{e164} belongs to {country_name(region)}, where phones are not allowed. "
            f"An administrator can allow them by adding {region} to EVOBOT_PHONE_REGIONS."
        )


def _against_kind(phone: Phone, number: PhoneNumber, *, call: bool) -> str | None:
    kind = phonenumbers.number_type(number)
    if kind in _MAY_BE_MOBILE or (call and kind == PhoneNumberType.FIXED_LINE):
        return None
    name = _KINDS.get(kind, "of an unknown kind")
    allowed = "mobile phones and fixed lines can be called" if call else "mobile phones can be invited or texted"
    return f"{show_phone(phone)} is {name}. Only {allowed}."


# --- countries --------------------------------------------------------------------------------------------------------


def country_name(region: str) -> str:
    """A region's English name ("US" → "United States"); the code itself when there is none."""
    return _country_names().get(region.upper(), region)


@cache
def _country_names() -> dict[str, str]:
    return dict(entry.split(" ", 1) for entry in " ".join(_COUNTRIES.split()).split("; "))


# Every region of libphonenumber. Its own names cost half a second and the geography of all area codes to load.
_COUNTRIES: Final = """
    AC Ascension Island; AD Andorra; AE United Arab Emirates; AF Afghanistan; AG Antigua and Barbuda; AI Anguilla;
    AL Albania; AM Armenia; AO Angola; AR Argentina; AS American Samoa; AT Austria; AU Australia; AW Aruba;
    AX Åland Islands; AZ Azerbaijan; BA Bosnia and Herzegovina; BB Barbados; BD Bangladesh; BE Belgium;
    BF Burkina Faso; BG Bulgaria; BH Bahrain; BI Burundi; BJ Benin; BL Saint Barthélemy; BM Bermuda; BN Brunei;
    BO Bolivia; BQ Bonaire, Sint Eustatius and Saba; BR Brazil; BS Bahamas; BT Bhutan; BW Botswana; BY Belarus;
    BZ Belize; CA Canada; CC Cocos Islands; CD Congo (Kinshasa); CF Central African Republic;
    CG Congo (Brazzaville); CH Switzerland; CI Côte d'Ivoire; CK Cook Islands; CL Chile; CM Cameroon; CN China;
    CO Colombia; CR Costa Rica; CU Cuba; CV Cape Verde; CW Curaçao; CX Christmas Island; CY Cyprus; CZ Czechia;
    DE Germany; DJ Djibouti; DK Denmark; DM Dominica; DO Dominican Republic; DZ Algeria; EC Ecuador; EE Estonia;
    EG Egypt; EH Western Sahara; ER Eritrea; ES Spain; ET Ethiopia; FI Finland; FJ Fiji; FK Falkland Islands;
    FM Micronesia; FO Faroe Islands; FR France; GA Gabon; GB United Kingdom; GD Grenada; GE Georgia;
    GF French Guiana; GG Guernsey; GH Ghana; GI Gibraltar; GL Greenland; GM Gambia; GN Guinea; GP Guadeloupe;
    GQ Equatorial Guinea; GR Greece; GT Guatemala; GU Guam; GW Guinea-Bissau; GY Guyana; HK Hong Kong; HN Honduras;
    HR Croatia; HT Haiti; HU Hungary; ID Indonesia; IE Ireland; IL Israel; IM Isle Of Man; IN India;
    IO British Indian Ocean Territory; IQ Iraq; IR Iran; IS Iceland; IT Italy; JE Jersey; JM Jamaica; JO Jordan;
    JP Japan; KE Kenya; KG Kyrgyzstan; KH Cambodia; KI Kiribati; KM Comoros; KN Saint Kitts And Nevis;
    KP North Korea; KR South Korea; KW Kuwait; KY Cayman Islands; KZ Kazakhstan; LA Laos; LB Lebanon;
    LC Saint Lucia; LI Liechtenstein; LK Sri Lanka; LR Liberia; LS Lesotho; LT Lithuania; LU Luxembourg; LV Latvia;
    LY Libya; MA Morocco; MC Monaco; MD Moldova; ME Montenegro; MF Saint Martin; MG Madagascar; MH Marshall Islands;
    MK North Macedonia; ML Mali; MM Myanmar; MN Mongolia; MO Macao; MP Northern Mariana Islands; MQ Martinique;
    MR Mauritania; MS Montserrat; MT Malta; MU Mauritius; MV Maldives; MW Malawi; MX Mexico; MY Malaysia;
    MZ Mozambique; NA Namibia; NC New Caledonia; NE Niger; NF Norfolk Island; NG Nigeria; NI Nicaragua;
    NL Netherlands; NO Norway; NP Nepal; NR Nauru; NU Niue; NZ New Zealand; OM Oman; PA Panama; PE Peru;
    PF French Polynesia; PG Papua New Guinea; PH Philippines; PK Pakistan; PL Poland; PM Saint Pierre And Miquelon;
    PR Puerto Rico; PS Palestine; PT Portugal; PW Palau; PY Paraguay; QA Qatar; RE Reunion; RO Romania; RS Serbia;
    RU Russia; RW Rwanda; SA Saudi Arabia; SB Solomon Islands; SC Seychelles; SD Sudan; SE Sweden; SG Singapore;
    SH Saint Helena; SI Slovenia; SJ Svalbard And Jan Mayen; SK Slovakia; SL Sierra Leone; SM San Marino;
    SN Senegal; SO Somalia; SR Suriname; SS South Sudan; ST Sao Tome And Principe; SV El Salvador;
    SX Sint Maarten (Dutch part); SY Syria; SZ Eswatini; TA Tristan da Cunha; TC Turks And Caicos Islands; TD Chad;
    TG Togo; TH Thailand; TJ Tajikistan; TK Tokelau; TL Timor-Leste; TM Turkmenistan; TN Tunisia; TO Tonga;
    TR Türkiye; TT Trinidad and Tobago; TV Tuvalu; TW Taiwan; TZ Tanzania; UA Ukraine; UG Uganda; US United States;
    UY Uruguay; UZ Uzbekistan; VA Vatican City; VC Saint Vincent And The Grenadines; VE Venezuela;
    VG British Virgin Islands; VI U.S. Virgin Islands; VN Vietnam; VU Vanuatu; WF Wallis And Futuna; WS Samoa;
    XK Kosovo; YE Yemen; YT Mayotte; ZA South Africa; ZM Zambia; ZW Zimbabwe; 001 international networks
"""
