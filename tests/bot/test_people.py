"""bot.people: who was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Email, Phone, UserId
from bot.people import People, read_email, read_people
from bot.phones import Unreadable, read_phone

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
