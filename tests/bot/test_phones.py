"""bot.phones: numbers as people type them, and the guard. Its corpus and its tricks stand in files of their own."""

import phonenumbers
import pytest
from phonenumbers import shortnumberinfo

from bot.model import Phone
from bot.phones import PhoneRules, Unreadable, country_name, describe_phone, read_phone, show_phone

OREGON = Phone("+15035550123", "US")

INCOMPLETE = "is not a complete phone number for US. Include the area code, or start with + and the country code."
EXTENSION = "has an extension, which cannot be reached from here. Leave it out."
SHORT = "is a short or emergency number. Those are never invited or texted."
UNSEEN = "contains an invisible character. Type the number instead of pasting it."
SIGNS = "is not a phone number. Use digits 0-9, spaces and ( ) - . / only, with + at the start if you like."
NOBODY = "is neither an e-mail address nor a phone number."


@pytest.mark.parametrize(
    ("typed", "e164", "region"),
    [
        ("503 555 0123", "+15035550123", "US"),
        ("5035550123", "+15035550123", "US"),
        ("(503) 555-0123", "+15035550123", "US"),
        ("(503)5550123", "+15035550123", "US"),
        ("503.555.0123", "+15035550123", "US"),
        ("503/555-0123", "+15035550123", "US"),
        ("503-555-0199", "+15035550199", "US"),
        ("503 - 555 - 0123", "+15035550123", "US"),
        ("1-503-555-0123", "+15035550123", "US"),
        ("1 (503) 555-0100", "+15035550100", "US"),
        ("202-555-0100", "+12025550100", "US"),
        (" 503\u00a0555\u202f0123\t", "+15035550123", "US"),
        ("+15035550123", "+15035550123", "US"),
        ("+ 1 503 555 0123", "+15035550123", "US"),
        ("(+1) 503 555 0123", "+15035550123", "US"),
        ("tel:+15035550123", "+15035550123", "US"),
        ("TEL: (503) 555-0123", "+15035550123", "US"),
        ("001 503 555 0123", "+15035550123", "US"),
        ("011 44 7911 123456", "+447911123456", "GG"),
        ("+44 7911 123456", "+447911123456", "GG"),
        ("0044 7911 123456", "+447911123456", "GG"),
        ("00 44 7911 123456", "+447911123456", "GG"),
        ("+44 (0)7911 123456", "+447911123456", "GG"),
        ("+44 7400 123456", "+447400123456", "GB"),
        ("+44 20 7946 0018", "+442079460018", "GB"),
        ("+44 70 1234 5678", "+447012345678", "GB"),
        ("+1 876 210 1234", "+18762101234", "JM"),
        ("876-210-1234", "+18762101234", "JM"),
        ("+1 242 357 1234", "+12423571234", "BS"),
        ("+1 613 555 0123", "+16135550123", "CA"),
        ("900 234 5678", "+19002345678", "US"),
        ("800-234-5678", "+18002345678", "US"),
        ("+49 1511 2345678", "+4915112345678", "DE"),
        ("+39 06 698 12345", "+390669812345", "VA"),
        ("+39 312 345 6789", "+393123456789", "IT"),
        ("+54 9 11 2345-6789", "+5491123456789", "AR"),
        ("+870 773 111 632", "+870773111632", "001"),
    ],
)
def test_phones_in_any_usual_form(typed, e164, region):
    assert read_phone(typed, "US") == Phone(e164, region)


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        ("07400 123456", "GB", "+447400123456"),
        ("0151 12345678", "DE", "+4915112345678"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("312 345 6789", "IT", "+393123456789"),
        ("+1 503 555 0123", "FR", "+15035550123"),
    ],
)
def test_national_forms_are_of_the_given_region(typed, region, e164):
    assert getattr(read_phone(typed, region), "e164", None) == e164


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("555-01", INCOMPLETE),
        ("555-0123", INCOMPLETE),
        ("503 555 012", INCOMPLETE),
        ("123 555 0123", INCOMPLETE),
        ("7911 123456 99", INCOMPLETE),
        ("-", INCOMPLETE),
        ("+44 123", "is not a complete phone number for GB. Check the digits after +44."),
        ("0044 123", "is not a complete phone number for GB. Check the digits after +44."),
        ("+44 7700 900123", "is not a complete phone number for GB. Check the digits after +44."),
        ("+999 123 4567", "is not a phone number of any country. Check the country code after +."),
        ("911", SHORT),
        ("112", SHORT),
        ("9-1-1", SHORT),
        ("988", SHORT),
        ("55501", SHORT),
        ("5035550123x12", EXTENSION),
        ("503 555 0123 x 12", EXTENSION),
        ("503 555 0123 ext. 12", EXTENSION),
        ("503 555 0123 Extension 12", EXTENSION),
        ("503 555 0123 #12", EXTENSION),
        ("503 555 0123,,1234#", EXTENSION),
        ("503 555 0123;12", EXTENSION),
        ("503 555 0123p12", EXTENSION),
        ("+1 (503) 555-0123,1", EXTENSION),
        ("tel:+15035550123;ext=3", EXTENSION),
        ("503-FLOWERS", SIGNS),
        ("1-800-FLOWERS", SIGNS),
        ("５０３ ５５５ ０１２３", SIGNS),
        ("＋1 503 555 0123", SIGNS),
        ("٥٠٣ ٥٥٥ ٠١٢٣", SIGNS),
        ("503–555–0123", SIGNS),
        ("503 555 0123 (home)", SIGNS),
        ("503+5550123", SIGNS),
        ("++15035550123", SIGNS),
        ("+1 503 555 O123", SIGNS),
        ("tel:503-555-0123;phone-context=+1", SIGNS),
        ("", SIGNS),
        ("\u202a+15035550123\u202c", UNSEEN),
        ("+1503555\u202e0123", UNSEEN),
        ("503\u200b5550123", UNSEEN),
        ("503\x005550123", UNSEEN),
        ("503 555 0123 503 555 0124", "is too long to be one phone number. Put a comma between people."),
        ("1" * 300, "is too long to be one phone number. Put a comma between people."),
    ],
)
def test_phones_that_are_refused_say_why(typed, why):
    refused = read_phone(typed, "US")
    assert isinstance(refused, Unreadable)
    assert refused.why.endswith(f"” {why}")


def test_the_refusal_of_half_a_number_in_full():
    assert read_phone(" 555-01 ", "US") == Unreadable(
        "555-01",
        "“555-01” is not a complete phone number for US. Include the area code, or start with + and the country code.",
    )


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
SWITCHED_OFF = (
    "Outside phones are switched off. An administrator can allow countries with "
    "EVOBOT_PHONE_REGIONS (for example EVOBOT_PHONE_REGIONS=US,CA)."
)
NOT_LISTED = (
    "{e164} belongs to {country}, where phones are not allowed. "
    "An administrator can allow them by adding {region} to EVOBOT_PHONE_REGIONS."
)
ONLY_MOBILE = "Only mobile phones can be invited or texted."
NO_NAME = "Nothing is sent in the name of such a number."
NEVER = "Those are never reached."
OTHERS = "An administrator can open others by adding “{}” to kinds under [phones] in the policy."


@pytest.mark.parametrize("region", REGIONS)
def test_short_and_emergency_numbers_are_no_phones_anywhere(region):
    short = {"112", "911", "999", "000", shortnumberinfo._example_short_number(region)} - {""}
    assert [number for number in short if isinstance(read_phone(number, region), Phone)] == []


@pytest.mark.parametrize(
    ("e164", "refusal"),
    [
        ("+15035550123", None),
        ("+447911123456", NOT_LISTED.format(e164="+447911123456", country="Guernsey", region="GG")),
        ("+18762101234", NOT_LISTED.format(e164="+18762101234", country="Jamaica", region="JM")),
        ("+19002345678", f"+19002345678 (United States) is a premium-rate number. {NEVER}"),
        ("+447012345678", f"+447012345678 (United Kingdom) is a personal number that may lead anywhere. {NEVER}"),
        ("+442079460018", f"+442079460018 (United Kingdom) is a fixed line. {ONLY_MOBILE} {OTHERS.format('fixed')}"),
        ("+1 503 555 0123", "“+1 503 555 0123” is not a valid phone number."),
        ("+1503555O123", "“+1503555O123” is not a valid phone number."),
        ("+1800FLOWERS", "“+1800FLOWERS” is not a valid phone number."),
        ("+１5035550123", "“+１5035550123” is not a valid phone number."),
        ("+4407400123456", "“+4407400123456” is not a valid phone number."),
        ("+1503555", "“+1503555” is not a valid phone number."),
        ("+15035550123;ext=3", "“+15035550123;ext=3” is not a valid phone number."),
        ("5035550123", "“5035550123” is not a valid phone number."),
        ("", "“” is not a valid phone number."),
    ],
)
def test_refusals_go_by_the_number_not_by_the_region_it_came_with(e164, refusal):
    assert PhoneRules(frozenset({"US", "GB"})).refusal(Phone(e164, "US")) == refusal


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_a_readable_name(region):
    assert country_name(region) != region
    assert country_name(region).isprintable()


@pytest.mark.parametrize(
    ("region", "name"),
    [("US", "United States"), ("us", "United States"), ("GG", "Guernsey"), ("AX", "Åland Islands"), ("ZZ", "ZZ")],
)
def test_country_name(region, name):
    assert country_name(region) == name


def test_show_phone():
    assert show_phone(OREGON) == "+15035550123 (United States)"


def test_a_fixed_line_may_be_called_but_not_texted() -> None:
    rules, line = PhoneRules(frozenset({"GB"})), Phone("+442083661177", "GB")
    assert rules.refusal(line, call=True) is None
    assert "Only mobile phones can be invited or texted" in (rules.refusal(line) or "")


@pytest.mark.parametrize(
    ("kinds", "call", "allowed"),
    [
        ((), False, "Only mobile phones can be invited or texted."),
        ((), True, "Only mobile phones and fixed lines can be called."),
        (("fixed",), False, "Only mobile phones and fixed lines can be invited or texted."),
        (("toll-free", "voip"), False, "Only mobile phones, internet telephones and toll-free numbers can be invited"),
    ],
)
def test_the_refusal_of_a_closed_kind_says_what_is_open(kinds, call, allowed):
    service_line = Phone("+445512345678", "GB")
    refusal = PhoneRules(frozenset({"GB"}), frozenset(kinds)).refusal(service_line, call=call)
    assert refusal is not None
    assert f" is a company's service number. {allowed}" in refusal
    assert refusal.endswith(OTHERS.format("uan"))


def test_a_number_is_described_with_country_and_line() -> None:
    assert describe_phone(OREGON) == "+15035550123 (United States, a mobile phone or a fixed line)"
    assert describe_phone(Phone("+447911123456", "GB")) == "+447911123456 (Guernsey, a mobile phone)"
    assert describe_phone(Phone("+12129761234", "US")) == "+12129761234 (United States, a premium-rate number)"


@pytest.mark.parametrize(
    ("e164", "refusal"),
    [
        ("+15035550123", None),
        ("+442079460018", None),
        ("+448001234567", None),
        ("+18762101234", None),
        ("+19002345678", f"+19002345678 (United States) is a premium-rate number. {NO_NAME}"),
        ("+447012345678", f"+447012345678 (United Kingdom) is a personal number that may lead anywhere. {NO_NAME}"),
        ("+870773111632", f"+870773111632 belongs to no country (a satellite or an international service). {NEVER}"),
        ("911", "“911” is not a valid phone number."),
        ("+1 503 555 0123", "“+1 503 555 0123” is not a valid phone number."),
    ],
)  # fmt: skip
def test_a_sender_may_be_any_ordinary_number_of_any_country(e164, refusal):
    assert PhoneRules(frozenset()).against_sender(Phone(e164, "")) == refusal
