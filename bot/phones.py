"""Phone numbers: read as people type them, and the guard that says which of them may be reached. Pure.

Money fails closed: what is not surely one number becomes an `Unreadable` with a sentence, never a guess; what is not
clearly of a kind and a country that are open is refused. Numbers are read by libphonenumber's rules; a number's country
is what those rules say, never what "+1" suggests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from bot.model import Phone


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What was typed, and the sentence about it for the person who typed it (plain text: escape it for Slack)."""

    text: str
    why: str


# --- as people type them ----------------------------------------------------------------------------------------------

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
        return unreadable(text, why)
    parsed = _parse(re.sub(r"^00", "+", number), region)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return unreadable(text, _incomplete(number, parsed, region))
    return Phone(
        phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164),
        phonenumbers.region_code_for_number(parsed) or "",
    )


def unreadable(text: str, why: str) -> Unreadable:
    return Unreadable(text.strip(), f"“{shown(text)}” {why}")


def shown(text: str) -> str:
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


# --- the guard --------------------------------------------------------------------------------------------------------

NOWHERE: Final = "001"  # the region of networks that belong to no country: satellites, the seas, international services
_MAY_BE_MOBILE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})

# What can be opened besides mobile phones, by the policy's words for it.
OPENED_BY: Final = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.TOLL_FREE: "toll-free",
    PhoneNumberType.UAN: "uan",
}
_KINDS: Final = {
    PhoneNumberType.MOBILE: "a mobile phone",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "a mobile phone or a fixed line",
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
_MANY: Final = {
    PhoneNumberType.FIXED_LINE: "fixed lines",
    PhoneNumberType.VOIP: "internet telephones",
    PhoneNumberType.TOLL_FREE: "toll-free numbers",
    PhoneNumberType.UAN: "service numbers",
}

SWITCHED_OFF: Final = (
    "Outside phones are switched off. An administrator can allow countries with "
    "EVOBOT_PHONE_REGIONS (for example EVOBOT_PHONE_REGIONS=US,CA)."
)
NOT_VALID: Final = "“{typed}” is not a valid phone number."
NOT_THERE: Final = (
    "{e164} belongs to {country}, where phones are not allowed. "
    "An administrator can allow them by adding {region} to EVOBOT_PHONE_REGIONS."
)
NO_COUNTRY: Final = "{e164} belongs to no country (a satellite or an international service). Those are never reached."
CLOSED: Final = "{shown} is {kind}. Only {allowed}."
CAN_BE_OPENED: Final = " An administrator can open others by adding “{word}” to kinds under [phones] in the policy."
NEVER: Final = "{shown} is {kind}. Those are never reached."
NO_SENDER: Final = "{shown} is {kind}. Nothing is sent in the name of such a number."


@dataclass(frozen=True, slots=True)
class PhoneRules:
    """Which phones may be invited, texted, called or faxed: mobile ones of these regions (ISO 3166); none, when empty.

    `kinds` opens others, by the words in `OPENED_BY`. Nothing opens the rest: premium and shared-cost numbers, personal
    numbers, pagers, voicemail, satellites. Region and kind are worked out anew from the number, so a wrong
    `Phone.region` opens nothing.
    """

    regions: frozenset[str]
    kinds: frozenset[str] = frozenset()

    def refusal(self, phone: Phone, *, call: bool = False) -> str | None:
        """None when the phone is allowed, else what stands against it and how that can be changed.

        A `call` (or a fax) may go to a fixed line as well; a text may not.
        """
        if not self.regions:
            return SWITCHED_OFF
        number = _canonical(phone)
        if number is None:
            return NOT_VALID.format(typed=shown(phone.e164))
        region = phonenumbers.region_code_for_number(number) or NOWHERE
        return self._against_region(phone.e164, region) or self._against_kind(phone, number, call=call)

    def against_sender(self, phone: Phone) -> str | None:
        """What stands against showing this number as the one that calls or texts: whose it is, others must say."""
        number = _canonical(phone)
        if number is None:
            return NOT_VALID.format(typed=shown(phone.e164))
        if phonenumbers.region_code_for_number(number) in {None, NOWHERE}:
            return NO_COUNTRY.format(e164=phone.e164)
        kind = _kind_of(number)
        if kind in _MAY_BE_MOBILE or kind in OPENED_BY:
            return None
        return NO_SENDER.format(shown=show_phone(phone), kind=_kind_name(kind))

    def telling(self, refused: Callable[[], None]) -> PhoneRules:
        """The same; `refused` is called for each phone that is refused."""
        return _Telling(self.regions, self.kinds, refused)

    def _against_region(self, e164: str, region: str) -> str | None:
        if region == NOWHERE:
            return NO_COUNTRY.format(e164=e164)
        if region in self.regions:
            return None
        return NOT_THERE.format(e164=e164, country=country_name(region), region=region)

    def _against_kind(self, phone: Phone, number: PhoneNumber, *, call: bool) -> str | None:
        kind = _kind_of(number)
        opened = {kind for kind, word in OPENED_BY.items() if word in self.kinds}
        if call:
            opened.add(PhoneNumberType.FIXED_LINE)
        if kind in _MAY_BE_MOBILE or kind in opened:
            return None
        if kind not in OPENED_BY:
            return NEVER.format(shown=show_phone(phone), kind=_kind_name(kind))
        many = ["mobile phones", *(_MANY[each] for each in OPENED_BY if each in opened)]
        listed = " and ".join([", ".join(many[:-1]), many[-1]] if many[1:] else many)
        allowed = f"{listed} can be {'called' if call else 'invited or texted'}"
        closed = CLOSED.format(shown=show_phone(phone), kind=_kind_name(kind), allowed=allowed)
        return closed + CAN_BE_OPENED.format(word=OPENED_BY[kind])


@dataclass(frozen=True, slots=True)
class _Telling(PhoneRules):
    refused: Callable[[], None] = lambda: None

    def refusal(self, phone: Phone, *, call: bool = False) -> str | None:
        why = PhoneRules.refusal(self, phone, call=call)
        if why is not None:
            self.refused()
        return why


def _canonical(phone: Phone) -> PhoneNumber | None:
    """The number, when it is a valid one written as it will leave; what was judged must be what is dialled."""
    number = _parse(phone.e164, "ZZ")
    if number is None or number.extension or not phonenumbers.is_valid_number(number):
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return number if written == phone.e164 else None


def _kind_of(number: PhoneNumber) -> int:
    """Of which kind it is. Under +1, what begins with 976 in its area costs extra; the library calls it ordinary."""
    if number.country_code == 1 and str(number.national_number)[3:6] == "976":
        return PhoneNumberType.PREMIUM_RATE
    return int(phonenumbers.number_type(number))


def _kind_name(kind: int) -> str:
    return _KINDS.get(kind, "of an unknown kind")


def show_phone(phone: Phone) -> str:
    """The number as it will be dialled, and its country: "+15035550123 (United States)"."""
    return f"{phone.e164} ({country_name(region_of(phone))})"


def describe_phone(phone: Phone) -> str:
    """The same with what is known of the line: "+15035550123 (United States, a mobile phone or a fixed line)"."""
    number = _canonical(phone)
    kind = _kind_name(_kind_of(number)) if number else "not a valid number"
    return f"{phone.e164} ({country_name(region_of(phone))}, {kind})"


def region_of(phone: Phone) -> str:
    """The region that the number itself says; where it says none, that which it came with."""
    number = _canonical(phone)
    return (number and phonenumbers.region_code_for_number(number)) or phone.region


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
