"""bot.people: who was meant."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType, shortnumberinfo

from bot.model import Email, Phone, UserId
from bot.people import (
    People,
    PhoneRules,
    Unreadable,
    country_name,
    read_email,
    read_people,
    read_phone,
    show_phone,
)

OREGON = Phone("+15035550123", "US")
OREGON_2 = Phone("+15035550124", "US")
ANA = Email("ana@x.com")
JOE = Email("joe@y.com")

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


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("a\nb  c", "“a b c” "), ("a\u202eb\0", "“ab” "), ("y" * 100, "“" + "y" * 59 + "…” ")],
)
def test_sentences_repeat_only_what_can_be_seen(typed, shown):
    assert read_email(typed).why.startswith(shown)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ana@x.com", "ana@x.com"),
        (" Ana.Ruiz@X.Com ", "Ana.Ruiz@x.com"),
        ("a+b_c-d'e@mail.x.co.uk", "a+b_c-d'e@mail.x.co.uk"),
        ("mailto:ana@x.com", "ana@x.com"),
        ("1@2.com", "1@2.com"),
        ("ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"),
        ("a" * 64 + "@x.com", "a" * 64 + "@x.com"),
        ("a@" + "b." * 124 + "com", "a@" + "b." * 124 + "com"),
    ],
)
def test_addresses(typed, address):
    assert read_email(typed) == Email(address)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ana",
        "@x.com",
        "ana@",
        "ana@x",
        "ana@localhost",
        "ana@x..com",
        "ana@.x.com",
        "ana@x.com.",
        "ana@-x.com",
        "ana@x-.com",
        "ana@x_y.com",
        "ana@1.2.3.4",
        "ana@[1.2.3.4]",
        "a..b@x.com",
        ".a@x.com",
        "a.@x.com",
        "a b@x.com",
        '"a b"@x.com',
        "a@b@x.com",
        "Ana Ruiz <ana@x.com>",
        "<ana@x.com>",
        "ana@x.com\nbcc:joe@y.com",
        "ana@x.com\0",
        "a" * 65 + "@x.com",
        "ana@" + "x" * 64 + ".com",
    ],
)
def test_what_is_no_address(typed):
    assert read_email(typed) == Unreadable(typed.strip(), read_email(typed).why)
    assert "is not an e-mail address." in read_email(typed).why


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("аna@x.com", "“аna@x.com” is not an e-mail address. It contains “а” (cyrillic small letter a)."),
        ("ana@ｘ.com", "“ana@ｘ.com” is not an e-mail address. It contains “ｘ” (fullwidth latin small letter x)."),
        (
            "ana\u200b@x.com",
            "“ana@x.com” is not an e-mail address. It contains an invisible character (zero width space).",
        ),
        ("a@" + "b." * 125 + "com", f"“a@{'b.' * 28}b…” is too long for an e-mail address."),
    ],
)
def test_addresses_that_only_look_right_say_why(typed, why):
    assert read_email(typed) == Unreadable(typed, why)


def people(*found, bad=()):
    """What read_people makes of these, in this order."""
    return People(
        emails=tuple(one for one in found if isinstance(one, Email)),
        phones=tuple(one for one in found if isinstance(one, Phone)),
        slack_users=tuple(one for one in found if isinstance(one, str)),
        unreadable=tuple(Unreadable(text, f"“{text}” {why}") for text, why in bad),
        in_order=found,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", people()),
        (" ,;\n and & • - ", people()),
        ("ana@x.com, joe@y.com", people(ANA, JOE)),
        ("ana@x.com;joe@y.com\r\n503 555 0123", people(ANA, JOE, OREGON)),
        ("ana@x.com，joe@y.com", people(ANA, JOE)),
        ("ana@x.com joe@y.com", people(ANA, JOE)),
        ("ana@x.com and joe@y.com & 503 555 0123", people(ANA, JOE, OREGON)),
        ("+1 503 555 0123 ana@x.com", people(OREGON, ANA)),
        ("ana@x.com (503) 555-0123 joe@y.com", people(ANA, OREGON, JOE)),
        ("+15035550123 +15035550124", people(OREGON, OREGON_2)),
        ("+1 503 555 0123 (+1) 503 555 0124", people(OREGON, OREGON_2)),
        ("5035550123 5035550124", people(OREGON, OREGON_2)),
        ("5035550123,5035550124", people(OREGON, OREGON_2)),
        ("5035550123,,5035550124", people(OREGON, OREGON_2)),
        ("503 555 0123 and 503 555 0124", people(OREGON, OREGON_2)),
        ("503 - 555 - 0123", people(OREGON)),
        ("tel: +15035550123 tel:+15035550124", people(OREGON, OREGON_2)),
        ("- ana@x.com\n• +1 (503) 555-0123\n* joe@y.com", people(ANA, OREGON, JOE)),
        ("Please ask (ana@x.com).", people(ANA, bad=[("Please ask", NOBODY)])),
        # Slack's escapes
        ("<@U012AB3CD|ana> <@W012AB3CD>", people(UserId("U012AB3CD"), UserId("W012AB3CD"))),
        ("<tel:+15035550123|503 555 0123>", people(OREGON)),
        ("<tel:5035550123|503 555 0124>", people(OREGON)),
        ("<mailto:ana@x.com|ana@x.com>,<mailto:joe@y.com|ana@x.com>", people(ANA, JOE)),
        ("<mailto:ana@x.com?subject=hi>", people(ANA)),
        ("Ana &lt;<mailto:ana@x.com|ana@x.com>&gt;", people(ANA, bad=[("Ana", NOBODY)])),
        ("&lt;ana@x.com&gt; &amp; &quot;", people(ANA, bad=[("&quot", NOBODY)])),
        ("Ana <ana@x.com>", people(ANA, bad=[("Ana", NOBODY)])),
        (
            "<@U012AB3CD> and <tel:+15035550123|x>, <mailto:ana@x.com|x>",
            people(UserId("U012AB3CD"), OREGON, ANA),
        ),
        # duplicates
        ("ana@x.com ANA@X.COM", people(ANA)),
        ("ANA@X.COM, ana@x.com", people(Email("ANA@x.com"))),
        ("503 555 0123, +1 (503) 555-0123, 001 503 555 0123", people(OREGON)),
        ("<@U012AB3CD> <@U012AB3CD|ana>", people(UserId("U012AB3CD"))),
        # some that cannot be read
        ("ana@x.com, 555-01, joe@y.com", people(ANA, JOE, bad=[("555-01", INCOMPLETE)])),
        ("ana@x.com, Joe, joe@y.com", people(ANA, JOE, bad=[("Joe", NOBODY)])),
        ("ana@x, joe@y.com, 911", people(JOE, bad=[("ana@x", "is not an e-mail address."), ("911", SHORT)])),
        ("@ana joe@y.com", people(JOE, bad=[("@ana", "is not an e-mail address.")])),
        ("call Joe 503 555 0123", people(OREGON, bad=[("call Joe", NOBODY)])),
        ("+15035550123 503-FLOWERS", people(bad=[("+15035550123 503-FLOWERS", SIGNS)])),
        ("503 555 0123,,1234#", people(bad=[("503 555 0123,,1234#", EXTENSION)])),
        ("503 555 0123,12#, ana@x.com", people(ANA, bad=[("503 555 0123,12#", EXTENSION)])),
        ("503 555 0123, ext 5, ana@x.com", people(ANA, bad=[("503 555 0123, ext 5", EXTENSION)])),
        ("503 555 0123;ext=5", people(bad=[("503 555 0123;ext=5", EXTENSION)])),
        ("503-555-0123 x12 ana@x.com", people(ANA, bad=[("503-555-0123 x12", EXTENSION)])),
        (
            "<https://x.com|x.com> <#C012AB3CD|general> <#C012AB3CD>",
            people(
                bad=[
                    (text, "is not a person. Give an e-mail address or a phone number.")
                    for text in ("x.com", "general", "This mention")
                ]
            ),
        ),
    ],
)
def test_read_people(text, expected):
    assert read_people(text, "US") == expected


WORDS = ("tel:", "mailto:", "ana@x.com", "+15035550123", "503 555 0123", "and")
TYPED = st.sampled_from([*"<>@|,;+()-./#& \nx0159", *WORDS])


@given(st.lists(TYPED | st.text(max_size=2), max_size=25).map("".join))
def test_any_text_gives_each_person_once_and_only_well_formed_ones(text):
    found = read_people(text, "US")
    names = [one.address.lower() if isinstance(one, Email) else one for one in found.in_order]
    assert len(set(names)) == len(names)
    assert sorted(map(repr, found.emails + found.phones + found.slack_users)) == sorted(map(repr, found.in_order))
    for phone in found.phones:
        assert read_phone(phone.e164, "ZZ") == phone
    for email in found.emails:
        assert read_email(email.address) == email


HOSTILE = [*"<>@|,;+()-./#&5 x", "a@", "a.", "1,", "1,,", ", ", "<a", "<@", "tel: ", "5 ", "a b ", "+5 ", "5\n"]


@pytest.mark.parametrize("sign", HOSTILE)
def test_forty_thousand_of_anything_end(sign):
    """Slack's longest message: quick here, minutes with a pattern that goes back over what it has read."""
    text = (sign * 40_000)[:40_000]
    for used in (text, f"5{text}", f"ana@x.com {text}!"):
        read_people(used, "US")
        read_email(used)
        read_phone(used, "US")


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


def example(region, kind):
    """The library's own example of such a number, in international form, or None."""
    number = phonenumbers.example_number_for_type(region, kind)
    return number and phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


MOBILE = [(region, typed) for region in REGIONS if (typed := example(region, PhoneNumberType.MOBILE))]


def test_nearly_every_region_has_a_mobile_example():
    assert len(MOBILE) > 240


@pytest.mark.parametrize(("region", "typed"), MOBILE)
def test_a_mobile_is_allowed_exactly_where_its_region_is_listed(region, typed):
    phone = read_phone(typed, "US")
    assert isinstance(phone, Phone)
    everywhere_else = frozenset(REGIONS) - {phone.region}
    assert PhoneRules(frozenset({phone.region})).refusal(phone) is None
    assert PhoneRules(everywhere_else).refusal(phone) == NOT_LISTED.format(
        e164=phone.e164, country=country_name(phone.region), region=phone.region
    )
    assert PhoneRules(frozenset()).refusal(phone) == SWITCHED_OFF


@pytest.mark.parametrize(
    "kind",
    [
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.FIXED_LINE,
    ],
)
def test_no_other_kind_of_number_is_allowed_anywhere(kind):
    everywhere = PhoneRules(frozenset({*REGIONS, "001"}))
    numbers = {typed: read_phone(typed, "US") for region in REGIONS if (typed := example(region, kind))}
    allowed = [typed for typed, phone in numbers.items() if everywhere.refusal(phone) is None]
    assert numbers
    assert [typed for typed in allowed if not may_be_mobile(typed)] == []


def may_be_mobile(typed):
    """Some plans do not tell fixed lines from mobiles (North America) and give one example for both."""
    return phonenumbers.number_type(phonenumbers.parse(typed)) in {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }


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
        ("+19002345678", f"+19002345678 (United States) is a premium-rate number. {ONLY_MOBILE}"),
        ("+447012345678", f"+447012345678 (United Kingdom) is a personal number that may lead anywhere. {ONLY_MOBILE}"),
        ("+442079460018", f"+442079460018 (United Kingdom) is a fixed line. {ONLY_MOBILE}"),
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
