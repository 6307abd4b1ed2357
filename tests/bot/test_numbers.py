from __future__ import annotations

import pytest

from bot.numbers import mask, masked


@pytest.mark.parametrize(
    ("whole", "shown"),
    [
        ("+15035550123", "+1 503 •••• 0123"),
        ("+1 503 555 0123", "+1 503 •••• 0123"),
        ("+442079460018", "+44 20 •••• 0018"),
        ("+49 30 123456", "+49 •••• 3456"),
        ("+4930123456", "+49 •••• 3456"),
        ("+2901234", "•••• 1234"),
        ("15035550123", "•••• 0123"),
        ("(503) 555-0123", "•••• 0123"),
        ("0044 20 7946 0018", "•••• 0018"),
        ("+999999999999999", "•••• 9999"),
    ],
)
def test_a_number_keeps_its_country_its_area_and_its_end(whole: str, shown: str) -> None:
    assert (mask(whole), masked(whole)) == (shown, shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Inviting +15035550123 (United States) …", "Inviting +1 503 •••• 0123 (United States) …"),
        ("+15035550123 (3 more).", "+1 503 •••• 0123 (3 more)."),
        ("Lee (+15035550123), Joe", "Lee (+1 503 •••• 0123), Joe"),
        ("+15035550123, +15035550199", "+1 503 •••• 0123, +1 503 •••• 0199"),
        ("call (503) 555-0123 or 020 7946 0018", "call •••• 0123 or •••• 0018"),
        ("tel:+15035550123", "tel:+1 503 •••• 0123"),
        ("15035550123@sip.example", "•••• 0123@sip.example"),
        ("<+15035550123>", "<+1 503 •••• 0123>"),
    ],
)
def test_numbers_are_found_in_texts(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "<!date^1700000000^{date_short_pretty} {time}|2023-11-14 22:13 UTC>",
        "<@U0123456789> in <#C0123456789>",
        "Visit on 2024-05-06 14:30",
        "06.05.2024",
        "8f3a21b4",
        "12345678",
        "25 MB",
        "169.254.169.254, and I",
        "",
    ],
)
def test_what_is_no_number_stays(text: str) -> None:
    assert masked(text, markup=True) == text


def test_markup_is_left_alone_only_where_there_is_some() -> None:
    assert masked("<https://x.example/15035550123|+15035550123>", markup=True).startswith("<https")
    assert "15035550123" not in masked("<https://x.example/15035550123|+15035550123>")


def test_a_masked_text_is_not_masked_again() -> None:
    once = masked("Lee (+15035550123)")
    assert masked(once) == once
