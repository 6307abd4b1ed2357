"""bot.grammar: whatever is typed, it is read without an error, in time that grows with the text, and fails closed."""

import random
import sys

import pytest

from bot.grammar import Incomplete, Send, TooLong, Unknown, parse, render
from bot.grammar.lexer import words

PIECES = [
    *"\"'“”‘’„‚\\<>&@#|:=-—–,;、\n\t +().1aé\u0301\u200b\u202e\ud800\0",
    *("&lt;", "&amp;", "--", "👩‍👩‍👧", "503", "555", "0123", "x", "ext", "to:", "name:", "message:", "member:", "in:"),
    *("with:", "thread:", "card:", "history:", "parent:", "dry:yes", "state:hold", "--to", "—from"),
    *("new", "chat", "voice"),
    *("invite", "kick", "send", "note", "end", "list", "find", "link", "move", "switch", "mode", "me", "admin", "help"),
    *("<@U1>", "<@U1|ana>", "<#C0A|x>", "<tel:+15035550123|x>", "<mailto:a@b.co|a@b.co>", "<https://x.com|x>", "@ana"),
    *("https://acme.slack.com/archives/C0A/p1700000000123456", "user:42", "team:x", "ana@x.com", "8f3a21", "this"),
]  # fmt: skip
HEADS = ["", *(f"{word} " for word in ("chat", "voice", "invite", "kick", "send", "note", "end", "me", "list", "move"))]


def test_nothing_that_is_typed_is_too_much_for_it():
    """20,000 texts; what is read as a command is rendered and read as the same command again."""
    chance = random.Random(20)  # noqa: S311 - it is to come out the same each time
    for _ in range(20_000):
        typed = chance.choice(HEADS) + "".join(
            chance.choice(PIECES) + chance.choice(("", " ", "")) for _ in range(chance.randrange(1, 30))
        )
        in_thread = chance.random() < 0.5
        found = parse(typed, region="US", in_thread=in_thread)
        if isinstance(found, Unknown | TooLong):
            assert found.why
        elif isinstance(found, Incomplete):
            assert found.problems
            render(found.command)
        else:
            assert parse(render(found), region="US", in_thread=not in_thread) == found, typed


# Each made to be slow for some reader that goes back, or looks for the end of something again and again.
SLOW = [
    *('"a ', "'a 'b ", "“„"),
    *('\\"', "\\", "<", "<@", "<a: ", "&", "a ", "1 ", "1,", "+1 ", "(", "x1 ", "@"),
    *("@a....", "a@b.", "a@b.co,", "user:1 ", "team:a,", "5035550123 ", "+15035550123,"),
    *("--", "to: ", "—to", "a=", "\u0301", "👩\u200d"),
    *("<@U1>", "<tel:1>,", "https://", "and ", "ext5,", ":", "`", "、"),
]  # fmt: skip
STARTS = ["chat ", 'chat message:"', "chat member:", "chat to:", 'invite "', "invite ", "send x ", "end ", "me link "]


STEPS = 300  # for each character; libphonenumber takes most of them


def steps(text: str) -> int:
    """How many lines of Python it takes to read this: unlike seconds, the same on every machine."""
    count = 0

    def step(_frame, event, _arg):
        nonlocal count
        count += event == "line"
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        parse(text, region="US", in_thread=False)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("unit", SLOW)
def test_time_grows_with_the_text(unit):
    """3,000 characters: what went over the text again for each word would take a hundred times as many."""
    assert max(steps((start + unit * 3000)[:3000]) for start in STARTS) < 3000 * STEPS


def test_words_are_never_lost_or_made_up():
    """Every sign that is not white space stands in one word, or around or before one."""
    text = "chat \"a 'b\" to:(503) 'c d' e\\ -- f"
    found = list(words(text, {"to"}))
    assert [text[word.start : word.end] for word in found] == ["chat", '"a \'b"', "to:(503)", "'c d'", "e\\", "--", "f"]


@pytest.mark.parametrize("typed", ["send Hello there", "send the notes to Lee", "note to self", "send x"])
def test_in_a_channel_nothing_is_sent_to_a_session_that_was_not_named(typed):
    found = parse(typed, region="US", in_thread=False)
    assert isinstance(found, Incomplete)
    assert found.command.session is None


@pytest.mark.parametrize(
    "note", ["note hi", "Note: hi", "NOTE hi", "no\u200bte hi", "note in:8f3a21 hi", "note send hi"]
)
def test_a_note_is_never_something_to_send(note):
    assert not isinstance(parse(note, region="US", in_thread=True), Send)


def test_a_token_of_slack_is_one_word_whatever_its_label_says():
    typed = 'invite <mailto:a@b.co|a "b, @joe> in:last'
    found = parse(typed, region="US", in_thread=False)
    assert [person.address for person in found.people] == ["a@b.co"]
