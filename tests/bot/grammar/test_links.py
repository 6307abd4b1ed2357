"""bot.grammar: links to Slack messages are checked strictly; the nearest word is found in one way."""

import pytest

from bot.grammar import Permalink, Verb, read_permalink
from bot.grammar.nearest import nearest, slips
from bot.grammar.words import CHOICES, OPTIONS, VERBS, spelling

GOOD = "https://acme.slack.com/archives/C0SALES001/p1700000000123456"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        (GOOD, Permalink("acme.slack.com", "C0SALES001", "1700000000.123456")),
        (
            GOOD.replace("acme", "a-1.enterprise"),
            Permalink("a-1.enterprise.slack.com", "C0SALES001", "1700000000.123456"),
        ),
        (
            f"{GOOD}?thread_ts=1699999999.000100&cid=C0SALES001",
            Permalink("acme.slack.com", "C0SALES001", "1700000000.123456", "1699999999.000100"),
        ),
        (f"{GOOD}?cid=C0SALES001", Permalink("acme.slack.com", "C0SALES001", "1700000000.123456")),
    ],
)
def test_a_link_to_a_message(url, link):
    assert read_permalink(url) == link


@pytest.mark.parametrize(
    "url",
    [
        "",
        GOOD.replace("https", "http"),
        GOOD.replace("slack.com", "slack.com.evil.example"),
        GOOD.replace("acme.slack.com", "evil-slack.com"),
        GOOD.replace("acme.slack.com", "acme.slack.com:443"),
        GOOD.replace("acme.", "ana@acme."),
        GOOD.replace("acme.", "a.b."),
        GOOD.replace("C0SALES001", "U0SALES001"),
        GOOD.replace("C0SALES001", "c0sales001"),
        GOOD + "7",
        GOOD[:-1],
        GOOD.replace("1700000000123456", "١٧٠٠٠٠٠٠٠٠١٢٣٤٥٦"),
        GOOD + "/x",
        GOOD + "#x",
        GOOD + "?thread_ts=1",
        GOOD + "?thread_ts=",
        GOOD + "?thread_ts=1699999999.000100\n",
        GOOD + "?cid=C0OTHER001",
        GOOD + "?more=1",
        GOOD + " ",
        "https://[acme.slack.com/archives/C0SALES001/p1700000000123456",
    ],
)
def test_what_only_looks_like_one(url):
    assert read_permalink(url) is None


def test_the_thread_of_a_message():
    link = read_permalink(GOOD)
    assert link.root == link.ts
    assert read_permalink(f"{GOOD}?thread_ts=1699999999.000100").root == "1699999999.000100"


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("end", "end", 0),
        ("ned", "end", 1),
        ("edn", "end", 1),
        ("en", "end", 1),
        ("ends", "end", 1),
        ("and", "end", 1),
        ("nedx", "end", 2),
        ("dne", "end", 2),
        ("abc", "end", 3),
        ("", "end", 3),
        ("endless" * 500, "end", 3),
    ],
)
def test_slips(one, other, count):
    assert slips(one, other) == count


@pytest.mark.parametrize(
    ("typed", "word"),
    [("INVIET", "invite"), ("olink", "link"), ("unlik", "unlink"), ("xx", None), ("", None), ("hi", None), ("m", None)],
)
def test_the_nearest_command(typed, word):
    assert nearest(typed, VERBS) == word


def test_of_words_that_are_equally_near_the_first_is_meant():
    assert nearest("hole", ["hold", "home"]) == "hold"
    assert nearest("hole", ["home", "hold"]) == "home"


def test_a_short_word_must_be_half_right():
    assert nearest("foo", ["fax"]) is None
    assert nearest("fxa", ["fax"]) == "fax"


def test_every_command_can_be_typed():
    assert set(VERBS.values()) == set(Verb)


def test_options_and_choices_are_spelt_in_lower_case():
    """They are compared in lower case."""
    keys = [key for options in OPTIONS.values() for key in options]
    known = [word for choices in CHOICES.values() for word in choices]
    assert [word for word in [*keys, *known, *VERBS] if word != word.lower()] == []


def test_a_choice_is_spelt_as_it_is_read():
    for reads, choices in CHOICES.items():
        assert all(choices[spelling(reads, choice)] is choice for choice in choices.values())
