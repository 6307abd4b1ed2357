"""Tricks by which a number might get past the guard, each with what is said of it.

The guard is open to mobile phones of five countries. Numbers are read and judged by the path that every door takes.
"""

import pytest

from bot.model import Phone
from bot.people import read_people
from bot.phones import PhoneRules, Unreadable, country_name, read_phone

RULES = PhoneRules(frozenset({"US", "CA", "GB", "DE", "FR"}))
EVERYTHING = PhoneRules(RULES.regions, frozenset({"fixed", "voip", "toll-free", "uan"}))

EXTENSION = "has an extension, which cannot be reached from here. Leave it out."
SHORT = "is a short or emergency number. Those are never invited or texted."
UNSEEN = "contains an invisible character. Type the number instead of pasting it."
SIGNS = "is not a phone number. Use digits 0-9, spaces and ( ) - . / only, with + at the start if you like."
TOO_LONG = "is too long to be one phone number. Put a comma between people."
NO_SUCH_COUNTRY = "is not a phone number of any country. Check the country code after +."
KINDS = {
    "personal": "a personal number that may lead anywhere",
    "premium": "a premium-rate number",
    "shared": "a shared-cost number",
    "pager": "a pager",
    "fixed": "a fixed line",
    "voip": "an internet telephone (VoIP) number",
    "toll-free": "a toll-free number",
    "uan": "a company's service number",
}


def half(region):
    return f"is not a complete phone number for {region}. Include the area code, or start with + and the country code."


def incomplete(region, code):
    return f"is not a complete phone number for {region}. Check the digits after +{code}."


def elsewhere(e164, region):
    return (
        f"{e164} belongs to {country_name(region)}, where phones are not allowed. "
        f"An administrator can allow them by adding {region} to EVOBOT_PHONE_REGIONS."
    )


def no_country(e164):
    return f"{e164} belongs to no country (a satellite or an international service). Those are never reached."


def never(e164, kind):
    return f"{_shown(e164)} is {KINDS[kind]}. Those are never reached."


def closed(e164, kind):
    return (
        f"{_shown(e164)} is {KINDS[kind]}. Only mobile phones can be invited or texted. "
        f"An administrator can open others by adding “{kind}” to kinds under [phones] in the policy."
    )


def _shown(e164):
    region = read_phone(e164, "US").region
    return f"{e164} ({country_name(region)})"


def reached(e164):
    """It is let through, and this is what would be dialled."""
    return Phone(e164, read_phone(e164, "US").region)


def judged(typed, region, rules=RULES):
    """What every door does with what somebody has typed."""
    found = read_phone(typed, region)
    return found if isinstance(found, Unreadable) else rules.refusal(found) or found


TRICKS = [
    # Islands under +1, and others that share a country's code
    ("+1 242 357 1234", "US", elsewhere("+12423571234", "BS")),
    ("+1 246 250 1234", "US", elsewhere("+12462501234", "BB")),
    ("+1 264 235 1234", "US", elsewhere("+12642351234", "AI")),
    ("+1 268 464 1234", "US", elsewhere("+12684641234", "AG")),
    ("+1 284 300 1234", "US", elsewhere("+12843001234", "VG")),
    ("+1 340 642 1234", "US", elsewhere("+13406421234", "VI")),
    ("+1 345 323 1234", "US", elsewhere("+13453231234", "KY")),
    ("+1 441 370 1234", "US", elsewhere("+14413701234", "BM")),
    ("+1 473 403 1234", "US", elsewhere("+14734031234", "GD")),
    ("+1 649 231 1234", "US", elsewhere("+16492311234", "TC")),
    ("+1 658 295 1234", "US", elsewhere("+16582951234", "JM")),
    ("+1 664 492 3456", "US", elsewhere("+16644923456", "MS")),
    ("+1 670 234 5678", "US", elsewhere("+16702345678", "MP")),
    ("+1 671 300 1234", "US", elsewhere("+16713001234", "GU")),
    ("+1 684 733 1234", "US", elsewhere("+16847331234", "AS")),
    ("+1 721 520 5678", "US", elsewhere("+17215205678", "SX")),
    ("+1 758 284 5678", "US", elsewhere("+17582845678", "LC")),
    ("+1 767 225 1234", "US", elsewhere("+17672251234", "DM")),
    ("+1 784 430 1234", "US", elsewhere("+17844301234", "VC")),
    ("+1 787 234 5678", "US", elsewhere("+17872345678", "PR")),
    ("+1 809 234 5678", "US", elsewhere("+18092345678", "DO")),
    ("+1 829 234 5678", "US", elsewhere("+18292345678", "DO")),
    ("+1 849 234 5678", "US", elsewhere("+18492345678", "DO")),
    ("+1 868 291 1234", "US", elsewhere("+18682911234", "TT")),
    ("+1 869 765 2917", "US", elsewhere("+18697652917", "KN")),
    ("+1 876 210 1234", "US", elsewhere("+18762101234", "JM")),
    ("+1 939 234 5678", "US", elsewhere("+19392345678", "PR")),
    ("876-210-1234", "US", elsewhere("+18762101234", "JM")),
    ("1 (809) 234-5678", "US", elsewhere("+18092345678", "DO")),
    ("001 876 210 1234", "US", elsewhere("+18762101234", "JM")),
    ("011 1 876 210 1234", "US", elsewhere("+18762101234", "JM")),
    ("+44 7911 123456", "US", elsewhere("+447911123456", "GG")),
    ("07911 123456", "GB", elsewhere("+447911123456", "GG")),
    ("0044 7911 123456", "US", elsewhere("+447911123456", "GG")),
    ("+44 (0)7911 123456", "GB", elsewhere("+447911123456", "GG")),
    ("+44 7797 712345", "US", elsewhere("+447797712345", "JE")),
    ("+44 7924 123456", "US", reached("+447924123456")),
    ("+44 1481 256789", "US", elsewhere("+441481256789", "GG")),
    ("+44 1534 456789", "US", elsewhere("+441534456789", "JE")),
    ("+39 06 698 12345", "US", elsewhere("+390669812345", "VA")),
    ("+7 710 009 9998", "US", incomplete("RU", 7)),
    ("+7 771 000 9998", "US", elsewhere("+77710009998", "KZ")),
    ("+47 79 12 34 56", "US", elsewhere("+4779123456", "SJ")),
    ("+47 41 23 45 67", "US", elsewhere("+4741234567", "NO")),
    ("+61 8 9162 1234", "US", elsewhere("+61891621234", "CC")),
    ("+61 8 9164 1234", "US", elsewhere("+61891641234", "CX")),
    ("+262 639 01 23 45", "US", elsewhere("+262639012345", "YT")),
    ("+590 690 00 12 34", "US", elsewhere("+590690001234", "GP")),
    ("+599 9 518 1234", "US", elsewhere("+59995181234", "CW")),
    ("+358 18 12345 67", "US", elsewhere("+358181234567", "AX")),
    ("+383 43 201 234", "US", elsewhere("+38343201234", "XK")),
    ("+212 5288 12345", "US", elsewhere("+212528812345", "MA")),
    ("+290 51234", "US", elsewhere("+29051234", "SH")),
    # Personal, premium and shared-cost numbers
    ("+44 70 1234 5678", "US", never("+447012345678", "personal")),
    ("070 1234 5678", "GB", never("+447012345678", "personal")),
    ("0044 7012345678", "US", never("+447012345678", "personal")),
    ("+44 76 1234 5678", "US", incomplete("GB", 44)),
    ("+44 7640 123456", "US", never("+447640123456", "pager")),
    ("+44 9012 345678", "GB", never("+449012345678", "premium")),
    ("09012345678", "GB", never("+449012345678", "premium")),
    ("+44 871 234 5678", "US", never("+448712345678", "premium")),
    ("0871 234 5678", "GB", never("+448712345678", "premium")),
    ("+44 843 123 4567", "US", never("+448431234567", "premium")),
    ("+44 845 464 1234", "US", never("+448454641234", "premium")),
    ("+44 56 1234 5678", "US", closed("+445612345678", "voip")),
    ("+44 55 1234 5678", "US", closed("+445512345678", "uan")),
    ("+44 300 123 4567", "US", closed("+443001234567", "uan")),
    ("+44 800 123 4567", "US", closed("+448001234567", "toll-free")),
    ("0800 1111", "GB", closed("+448001111", "toll-free")),
    ("+1 900 234 5678", "US", never("+19002345678", "premium")),
    ("900-234-5678", "US", never("+19002345678", "premium")),
    ("1-900-234-5678", "US", never("+19002345678", "premium")),
    ("(900) 234 5678", "US", never("+19002345678", "premium")),
    ("+1 976 234 5678", "US", incomplete("US", 1)),
    ("976-1234", "US", half("US")),
    ("555-976-1234", "US", half("US")),
    ("+1 500 234 5678", "US", never("+15002345678", "personal")),
    ("+1 533 234 5678", "US", never("+15332345678", "personal")),
    ("+1 521 234 5678", "US", never("+15212345678", "personal")),
    ("+1 588 234 5678", "US", never("+15882345678", "personal")),
    ("+1 700 234 5678", "US", incomplete("US", 1)),
    ("+1 710 234 5678", "US", incomplete("US", 1)),
    ("+1 800 234 5678", "US", closed("+18002345678", "toll-free")),
    ("+1 888 234 5678", "US", closed("+18882345678", "toll-free")),
    ("+1 833 234 5678", "US", closed("+18332345678", "toll-free")),
    ("+49 900 1 234567", "US", never("+499001234567", "premium")),
    ("0900 1 234567", "DE", never("+499001234567", "premium")),
    ("+49 137 7 123456", "US", never("+491377123456", "premium")),
    ("+49 180 2 123456", "US", never("+491802123456", "shared")),
    ("+49 700 12345678", "US", never("+4970012345678", "personal")),
    ("+49 32 1234567", "US", incomplete("DE", 49)),
    ("+49 164 1234567", "US", never("+491641234567", "pager")),
    ("+49 115", "US", incomplete("DE", 49)),
    ("+49 1805 123456", "US", never("+491805123456", "shared")),
    ("+33 8 91 23 45 67", "US", never("+33891234567", "premium")),
    ("+33 8 99 12 34 56", "US", never("+33899123456", "premium")),
    ("08 99 12 34 56", "FR", never("+33899123456", "premium")),
    ("+33 8 10 12 34 56", "US", never("+33810123456", "shared")),
    ("+33 8 06 12 34 56", "US", closed("+33806123456", "uan")),
    ("+33 9 12 34 56 78", "US", closed("+33912345678", "voip")),
    ("+33 3651", "US", incomplete("FR", 33)),
    ("+33 36 10", "US", incomplete("FR", 33)),
    ("+1 867 234 5678", "US", reached("+18672345678")),
    ("+34 803 123 456", "US", elsewhere("+34803123456", "ES")),
    ("+39 899 123 456", "US", elsewhere("+39899123456", "IT")),
    ("+39 199 123456", "US", elsewhere("+39199123456", "IT")),
    ("+41 900 123 456", "US", elsewhere("+41900123456", "CH")),
    ("+31 906 1234", "US", elsewhere("+319061234", "NL")),
    ("+32 900 12 345", "US", elsewhere("+3290012345", "BE")),
    ("+353 1520 123 456", "US", elsewhere("+3531520123456", "IE")),
    ("+48 70 123 45 67", "US", elsewhere("+48701234567", "PL")),
    ("+43 900 123456", "US", elsewhere("+43900123456", "AT")),
    ("+61 1900 123 456", "US", elsewhere("+611900123456", "AU")),
    ("+81 990 123 456", "US", elsewhere("+81990123456", "JP")),
    ("+86 400 123 4567", "US", elsewhere("+864001234567", "CN")),
    ("+852 900 123 456 78", "US", elsewhere("+85290012345678", "HK")),
    ("+1 212 976 1234", "US", never("+12129761234", "premium")),
    ("(305) 976-0123", "US", never("+13059760123", "premium")),
    ("+1 416 976 1234", "US", never("+14169761234", "premium")),
    ("+1 876 976 1234", "US", elsewhere("+18769761234", "JM")),
    ("+1 600 250 1234", "US", closed("+16002501234", "voip")),
    ("+1 622 234 5678", "US", never("+16222345678", "personal")),
    ("+1 456 234 5678", "US", incomplete("US", 1)),
    ("212 976 1234", "US", never("+12129761234", "premium")),
    # Satellites, the seas and international services
    ("+870 773 111 632", "US", no_country("+870773111632")),
    ("00870 773 111 632", "GB", no_country("+870773111632")),
    ("011 870 773 111 632", "US", no_country("+870773111632")),
    ("+870 301 234 567", "US", no_country("+870301234567")),
    ("+881 612 345 678", "US", no_country("+881612345678")),
    ("+8816 1234 5678", "US", no_country("+881612345678")),
    ("+8817 1234 5678", "US", no_country("+881712345678")),
    ("+882 16 1234 5678", "US", no_country("+8821612345678")),
    ("+8821 6 2112 3456", "US", no_country("+8821621123456")),
    ("+882 3421 234", "US", no_country("+8823421234")),
    ("+882 99 123456", "US", no_country("+88299123456")),
    ("+883 5100 12345", "US", no_country("+883510012345")),
    ("+883 510 001 234 567", "US", no_country("+883510001234567")),
    ("+878 10 1234567890", "US", no_country("+878101234567890")),
    ("+979 123 456 789", "US", no_country("+979123456789")),
    ("+800 1234 5678", "US", no_country("+80012345678")),
    ("+808 1234 5678", "US", no_country("+80812345678")),
    ("+888 1234 5678 901", "US", no_country("+88812345678901")),
    ("+871 301 234 567", "US", NO_SUCH_COUNTRY),
    ("+872 301234567", "US", NO_SUCH_COUNTRY),
    ("+873 301234567", "US", NO_SUCH_COUNTRY),
    ("+874 301234567", "US", NO_SUCH_COUNTRY),
    ("+899 123456789", "US", NO_SUCH_COUNTRY),
    ("+999 123 4567", "US", NO_SUCH_COUNTRY),
    ("+210 1234567", "US", NO_SUCH_COUNTRY),
    ("+0 503 555 0123", "US", NO_SUCH_COUNTRY),
    ("+1-8816-12345678", "US", incomplete("US", 1)),
    ("+7 954 123 45 67", "US", elsewhere("+79541234567", "RU")),
    ("+247 40123", "US", elsewhere("+24740123", "AC")),
    ("+246 380 1234", "US", elsewhere("+2463801234", "IO")),
    ("+500 51234", "US", elsewhere("+50051234", "FK")),
    ("+682 71234", "US", elsewhere("+68271234", "CK")),
    ("+686 72001234", "US", elsewhere("+68672001234", "KI")),
    ("+672 3 81234", "US", elsewhere("+672381234", "NF")),
    ("+881 0 1234 5678", "US", no_country("+881012345678")),
    # Extensions and pauses
    ("503 555 0123 x12", "US", EXTENSION),
    ("503 555 0123x12", "US", EXTENSION),
    ("503 555 0123 X 12", "US", EXTENSION),
    ("503 555 0123 ext 12", "US", EXTENSION),
    ("503 555 0123 ext. 12", "US", EXTENSION),
    ("503 555 0123 ext: 12", "US", EXTENSION),
    ("503 555 0123 EXTENSION 12", "US", EXTENSION),
    ("503 555 0123 extn 12", "US", EXTENSION),
    ("503 555 0123 #12", "US", EXTENSION),
    ("503 555 0123#12", "US", EXTENSION),
    ("503 555 0123*12", "US", EXTENSION),
    ("503 555 0123,12", "US", EXTENSION),
    ("503 555 0123,,12#", "US", EXTENSION),
    ("503 555 0123;12", "US", EXTENSION),
    ("503 555 0123;ext=12", "US", EXTENSION),
    ("tel:+15035550123;ext=12", "US", EXTENSION),
    ("503 555 0123p12", "US", EXTENSION),
    ("503 555 0123w12", "US", EXTENSION),
    ("503 555 0123 P 12", "US", EXTENSION),
    ("+1 503 555 0123 wait 12", "US", SIGNS),
    ("503 555 0123 \u0434\u043e\u0431 12", "US", SIGNS),
    ("503 555 0123 anexo 12", "US", SIGNS),
    ("503 555 0123 int 12", "US", SIGNS),
    ("503 555 0123 \uff5812", "US", SIGNS),
    ("503 555 0123 \uff5e12", "US", SIGNS),
    ("503 555 0123 ext#12", "US", EXTENSION),
    ("(503) 555-0123 x1234567890", "US", TOO_LONG),
    ("503 555 0123 / 12", "US", half("US")),
    ("503 555 0123 - 12", "US", half("US")),
    ("+44 7400 123456,,900", "US", EXTENSION),
    ("+44 7400 123456 extn.900", "US", EXTENSION),
    ("5035550123e12", "US", SIGNS),
    # Signs that are not seen, or only look like digits
    ("\u202a+15035550123\u202c", "US", UNSEEN),
    ("\u202e+15035550123", "US", UNSEEN),
    ("+1503555\u202e0123", "US", UNSEEN),
    ("+44\u202d7911123456\u202c", "US", UNSEEN),
    ("\u2066+15035550123\u2069", "US", UNSEEN),
    ("503\u200b5550123", "US", UNSEEN),
    ("503\u200c5550123", "US", UNSEEN),
    ("503\u200d5550123", "US", UNSEEN),
    ("503\u20605550123", "US", UNSEEN),
    ("\ufeff5035550123", "US", UNSEEN),
    ("503\xad5550123", "US", UNSEEN),
    ("503\u180e5550123", "US", UNSEEN),
    ("503\x005550123", "US", UNSEEN),
    ("503\u061c5550123", "US", UNSEEN),
    ("\uff15\uff10\uff13\uff15\uff15\uff15\uff10\uff11\uff12\uff13", "US", SIGNS),
    ("+\uff11\uff15\uff10\uff13\uff15\uff15\uff15\uff10\uff11\uff12\uff13", "US", SIGNS),
    ("\uff0b15035550123", "US", SIGNS),
    ("\u0665\u0660\u0663\u0665\u0665\u0665\u0660\u0661\u0662\u0663", "US", SIGNS),
    ("\u06f5\u06f0\u06f3\u06f5\u06f5\u06f5\u06f0\u06f1\u06f2\u06f3", "US", SIGNS),
    ("\u096b\u0966\u0969\u096b\u096b\u096b\u0966\u0967\u0968\u0969", "US", SIGNS),
    (
        "\U0001d7d3\U0001d7ce\U0001d7d1\U0001d7d3\U0001d7d3\U0001d7d3\U0001d7ce\U0001d7cf\U0001d7d0\U0001d7d1",
        "US",
        SIGNS,
    ),
    ("\u24640\u24625550123", "US", SIGNS),
    ("503555O123", "US", SIGNS),
    ("503555l123", "US", SIGNS),
    ("5\u041e35550123", "US", SIGNS),
    ("+1 503 555 01\xb23", "US", SIGNS),
    ("503\u2010555\u20100123", "US", SIGNS),
    ("503\u2013555\u20130123", "US", SIGNS),
    ("503\u2212555\u22120123", "US", SIGNS),
    ("\u207a15035550123", "US", SIGNS),
    ("\ufe6215035550123", "US", SIGNS),
    ("\u2706 503 555 0123", "US", SIGNS),
    ("\u260e+15035550123", "US", SIGNS),
    ("503\u3000555\u30000123", "US", UNSEEN),
    ("503\xa0555\u202f0123", "US", reached("+15035550123")),
    ("503\t555\t0123", "US", reached("+15035550123")),
    ("503\n5550123", "US", UNSEEN),
    ("503_555_0123", "US", SIGNS),
    ("503~5550123", "US", SIGNS),
    ("5\uff1035550123", "US", SIGNS),
    # Short and emergency numbers
    ("911", "US", SHORT),
    ("9-1-1", "US", SHORT),
    ("9 1 1", "US", SHORT),
    ("112", "US", SHORT),
    ("112", "GB", SHORT),
    ("999", "GB", SHORT),
    ("999", "US", half("US")),
    ("101", "GB", SHORT),
    ("111", "GB", SHORT),
    ("118118", "GB", SHORT),
    ("1471", "GB", SHORT),
    ("110", "DE", SHORT),
    ("112", "DE", SHORT),
    ("115", "DE", SHORT),
    ("116117", "DE", SHORT),
    ("11833", "DE", SHORT),
    ("15", "FR", SHORT),
    ("17", "FR", SHORT),
    ("18", "FR", SHORT),
    ("3646", "FR", SHORT),
    ("118 712", "FR", half("FR")),
    ("000", "AU", SHORT),
    ("111", "NZ", SHORT),
    ("119", "JP", SHORT),
    ("110", "JP", SHORT),
    ("190", "BR", SHORT),
    ("100", "IN", SHORT),
    ("108", "IN", SHORT),
    ("066", "MX", SHORT),
    ("988", "US", SHORT),
    ("411", "US", SHORT),
    ("611", "US", SHORT),
    ("211", "US", SHORT),
    ("*67", "US", SIGNS),
    ("#31#", "GB", SIGNS),
    ("*#06#", "US", SIGNS),
    ("*31#5035550123", "US", SIGNS),
    ("22000", "US", SHORT),
    ("55501", "US", SHORT),
    ("12345", "US", half("US")),
    ("+911", "US", NO_SUCH_COUNTRY),
    ("+1 911", "US", incomplete("US", 1)),
    ("00911", "US", NO_SUCH_COUNTRY),
    ("tel:911", "US", SHORT),
    ("+44 999", "GB", incomplete("GB", 44)),
    ("112 112", "GB", half("GB")),
    ("0", "US", half("US")),
    ("00", "US", NO_SUCH_COUNTRY),
    ("1", "US", half("US")),
    ("+", "US", SIGNS),
    ("+1", "US", NO_SUCH_COUNTRY),
    # Prefixes
    ("00 1 503 555 0123", "GB", reached("+15035550123")),
    ("001 503 555 0123", "US", reached("+15035550123")),
    ("011 44 7400 123456", "US", reached("+447400123456")),
    ("011 44 70 1234 5678", "US", never("+447012345678", "personal")),
    ("010 44 7400 123456", "JP", reached("+447400123456")),
    ("00 44 9012 345678", "DE", never("+449012345678", "premium")),
    ("0011 1 900 234 5678", "AU", incomplete("US", 1)),
    ("++15035550123", "US", SIGNS),
    ("+ +15035550123", "US", SIGNS),
    ("+0015035550123", "US", NO_SUCH_COUNTRY),
    ("+00 1 503 555 0123", "US", NO_SUCH_COUNTRY),
    ("0015035550123", "DE", reached("+15035550123")),
    ("+1 1 503 555 0123", "US", reached("+15035550123")),
    ("+01 503 555 0123", "US", NO_SUCH_COUNTRY),
    ("0 503 555 0123", "US", half("US")),
    ("+1 0503 555 0123", "US", incomplete("US", 1)),
    ("+44 0 7400 123456", "GB", reached("+447400123456")),
    ("+44 (0) 7400 123456", "US", reached("+447400123456")),
    ("(+44) 7400 123456", "US", reached("+447400123456")),
    ("+44-0044-7400 123456", "US", incomplete("GB", 44)),
    ("503+5550123", "US", SIGNS),
    ("5035550123+", "US", SIGNS),
    ("+1(503)555-0123", "US", reached("+15035550123")),
    ("tel:+15035550123", "US", reached("+15035550123")),
    ("tel:503-555-0123;phone-context=+1", "US", SIGNS),
    ("tel:7042;phone-context=example.com", "US", SIGNS),
    ("tel://+15035550123", "US", SIGNS),
    ("sip:+15035550123@evil.example", "US", SIGNS),
    ("sms:+15035550123", "US", SIGNS),
    ("whatsapp:+15035550123", "US", SIGNS),
    ("callto:+15035550123", "US", SIGNS),
    ("*671 503 555 0123", "US", SIGNS),
    ("*67 503 555 0123", "US", SIGNS),
    ("1-011-44-7400-123456", "US", half("US")),
    ("101 0321 503 555 0123", "US", half("US")),
    ("141 07400 123456", "GB", half("GB")),
    ("1470 07400 123456", "GB", half("GB")),
    ("#31#07400123456", "GB", SIGNS),
    ("%2B15035550123", "US", SIGNS),
    ("&#43;15035550123", "US", SIGNS),
    # Letters, lengths and what is half a number
    ("1-800-FLOWERS", "US", SIGNS),
    ("503-FLOWERS", "US", SIGNS),
    ("1-900-HOTLINE", "US", SIGNS),
    ("+1 503 KLONDIK", "US", SIGNS),
    ("+1 503 555 O123", "US", SIGNS),
    ("503 555 012E", "US", SIGNS),
    ("0x1DF5E76A", "US", SIGNS),
    ("5.035550123e9", "US", SIGNS),
    ("503 555 012", "US", half("US")),
    ("503 555 01234", "US", half("US")),
    ("+1 503 555 01234", "US", incomplete("US", 1)),
    ("503 555 0123 503 555 0124", "US", TOO_LONG),
    ("5035550123/5035550124", "US", TOO_LONG),
    ("1" * 300, "US", TOO_LONG),
    ("+1111111111111111111", "US", TOO_LONG),
    ("+1 503 555 0123 0000000", "US", incomplete("US", 1)),
    ("+44 7400 1234567", "US", incomplete("GB", 44)),
    ("+44 7400 12345", "US", incomplete("GB", 44)),
    ("+49 151 123", "US", incomplete("DE", 49)),
    ("555-0123", "US", half("US")),
    ("555-01", "US", half("US")),
    ("+44 7700 900123", "US", incomplete("GB", 44)),
    ("123 555 0123", "US", half("US")),
    ("503 155 0123", "US", half("US")),
    ("503 911 0123", "US", reached("+15039110123")),
    ("", "US", SIGNS),
    ("   ", "US", SIGNS),
    ("-", "US", half("US")),
    ("()", "US", half("US")),
    ("(503", "US", half("US")),
    ("503) 555 0123(", "US", reached("+15035550123")),
    ("+1 503 555 0123 (home)", "US", SIGNS),
    ("+1 503 555 0123 or +1 900 234 5678", "US", TOO_LONG),
    ("not a number", "US", SIGNS),
    ("none", "US", SIGNS),
    ("-5035550123", "US", reached("+15035550123")),
    ("5035550123.0", "US", half("US")),
    ("\u0661\u0665\u0660\u0663", "US", SIGNS),
    ("+1 503 555 0123'--", "US", SIGNS),
    ("$(503)5550123", "US", SIGNS),
    ("=+15035550123", "US", SIGNS),
    ("<tel:+15035550123|x>", "US", SIGNS),
    # National forms that become something else abroad
    ("09012345678", "US", half("US")),
    ("0900 123 4567", "US", half("US")),
    ("900 234 5678", "CA", never("+19002345678", "premium")),
    ("900 234 5678", "GB", never("+449002345678", "premium")),
    ("070 12345678", "US", half("US")),
    ("0700 12345678", "DE", never("+4970012345678", "personal")),
    ("7911 123456", "GB", elsewhere("+447911123456", "GG")),
    ("7400 123456", "GB", reached("+447400123456")),
    ("7400 123456", "US", half("US")),
    ("8 800 555 35 35", "RU", elsewhere("+78005553535", "RU")),
    ("06 12 34 56 78", "FR", reached("+33612345678")),
    ("0612345678", "US", half("US")),
    ("08 99 12 34 56", "US", half("US")),
    ("0190 123456", "DE", half("DE")),
    ("1190 123456", "DE", half("DE")),
    ("0137 7 123456", "US", half("US")),
    ("242 357 1234", "US", elsewhere("+12423571234", "BS")),
    ("876 2101234", "CA", elsewhere("+18762101234", "JM")),
    ("08712345678", "DE", closed("+498712345678", "fixed")),
    ("0151 12345678", "DE", reached("+4915112345678")),
    ("0151 12345678", "GB", half("GB")),
    ("4412345678", "GB", half("GB")),
    ("447400123456", "GB", reached("+447400123456")),
    ("447400123456", "US", half("US")),
    ("15035550123", "GB", half("GB")),
    ("15035550123", "US", reached("+15035550123")),
    ("4915112345678", "DE", closed("+494915112345678", "fixed")),
    ("870773111632", "US", half("US")),
    ("881612345678", "GB", half("GB")),
    ("07700 900123", "GB", half("GB")),
    ("503 555 0123", "XX", half("XX")),
    # Good numbers, so that the guard is no wall
    ("503 555 0123", "US", reached("+15035550123")),
    ("(503) 555-0123", "US", reached("+15035550123")),
    ("+1 503 555 0123", "US", reached("+15035550123")),
    ("+1 613 555 0123", "US", reached("+16135550123")),
    ("+44 7400 123456", "US", reached("+447400123456")),
    ("07400 123456", "GB", reached("+447400123456")),
    ("+49 1512 3456789", "US", reached("+4915123456789")),
    ("+33 6 12 34 56 78", "US", reached("+33612345678")),
    ("+1 204 234 5678", "US", reached("+12042345678")),
    ("0044 7400 123456", "US", reached("+447400123456")),
    # Fixed lines and others that a policy can open
    ("+44 20 7946 0018", "US", closed("+442079460018", "fixed")),
    ("020 7946 0018", "GB", closed("+442079460018", "fixed")),
    ("+49 30 123456", "US", closed("+4930123456", "fixed")),
    ("+33 1 23 45 67 89", "US", closed("+33123456789", "fixed")),
    ("+44 121 234 5678", "US", closed("+441212345678", "fixed")),
    ("+44 500 123456", "US", incomplete("GB", 44)),
    ("+49 800 1234567", "US", closed("+498001234567", "toll-free")),
    ("+33 801 23 45 67", "US", closed("+33801234567", "toll-free")),
    ("+49 18 500123456", "US", closed("+4918500123456", "uan")),
]


# In a list of people, what stands beside a good number is something of its own, and is answered as such.
OREGON = [Phone("+15035550123", "US")]
PARTED = {
    "503 555 0123,12", "503 555 0123;12", "503 555 0123 P 12", "+1 503 555 0123 wait 12",
    "503 555 0123 \u0434\u043e\u0431 12", "503 555 0123 anexo 12", "503 555 0123 int 12", "503\u3000555\u30000123",
    "\u2706 503 555 0123", "+ +15035550123", "tel:503-555-0123;phone-context=+1", "&#43;15035550123",
    "+1 503 555 0123 (home)", "+1 503 555 0123 or +1 900 234 5678", "<tel:+15035550123|x>",
}  # fmt: skip


def test_there_are_many():
    assert len({(typed, region) for typed, region, _ in TRICKS}) == len(TRICKS) >= 200


@pytest.mark.parametrize(("typed", "region", "verdict"), TRICKS)
def test_each_trick_is_answered_as_tabled(typed, region, verdict):
    found = judged(typed, region)
    assert (found.why.rpartition("” ")[2] if isinstance(found, Unreadable) else found) == verdict


@pytest.mark.parametrize(("typed", "region", "verdict"), TRICKS)
def test_no_trick_gets_through_in_a_list_of_people(typed, region, verdict):
    """Lists part what was typed: no part of a refused one may be a number that is reached."""
    people = read_people(f"ana@example.com, {typed}", region)
    through = [phone for phone in people.phones if RULES.refusal(phone) is None]
    expected = [verdict] if isinstance(verdict, Phone) else OREGON if typed in PARTED else []
    assert through == expected


@pytest.mark.parametrize(("typed", "region", "verdict"), TRICKS)
def test_what_a_policy_can_open_is_never_more_than_it_names(typed, region, verdict):
    opened = judged(typed, region, EVERYTHING)
    if not isinstance(verdict, Phone) and "An administrator can open others" not in verdict:
        assert not isinstance(opened, Phone)
    else:
        assert isinstance(opened, Phone)
