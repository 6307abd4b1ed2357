"""bot.grammar: help speaks of what exists, and of nothing else."""

import re

import pytest

from bot.grammar import TOPICS, Help, Incomplete, TooLong, Unknown, Verb, help_text, parse
from bot.grammar.escapes import escape
from bot.grammar.helping import topic_of
from bot.grammar.words import TYPES, VERBS

BOT = "<@U0BOT00001>"
EVERYTHING = tuple(Verb)
SPAN = re.compile(r"`([^`]+)`")


def commands_in(text: str) -> list[str]:
    """What it tells people to type after /session or after the mention."""
    starts = ("/session", BOT)
    return [
        span.removeprefix(start).strip() for span in SPAN.findall(text) for start in starts if span.startswith(start)
    ]


@pytest.mark.parametrize("topic", ["", *TOPICS])
def test_help_names_no_command_that_does_not_exist(topic):
    for known in ((), ("new",), ("new", "invite", "end"), EVERYTHING):
        typed = [VERBS[words.split()[0]] for words in commands_in(help_text(topic, BOT, known)) if words]
        assert set(typed) <= {*known, Verb.HELP}


@pytest.mark.parametrize("topic", ["", *TOPICS])
def test_what_help_says_can_be_typed(topic):
    for typed in commands_in(help_text(topic, BOT, EVERYTHING)):
        found = parse(escape(typed.replace("|", " ").replace("…", "")), region="US", in_thread=True)
        assert not isinstance(found, Unknown | TooLong), typed
        if isinstance(found, Incomplete):
            assert re.search(r"[…|]|@ana|callback|Contract", typed, re.IGNORECASE), typed


def test_the_overview_with_all_there_is():
    assert help_text("", BOT, ["new", "invite", "end"]) == (
        "*/session* starts and runs Evo Voice sessions.\n"
        '• `/session chat "Subject" member:@ana` – new chat\n'
        '• `/session voice "Callback" to:503 555 0123` – new call; `/session fax …` – new fax\n'
        f"• `{BOT} invite +1 503 555 0123` – add someone\n"
        f"• `{BOT} end` – end the session of a thread\n"
        "In a session's thread, just reply. Start with `note:` or `//` to keep it internal.\n"
        f"Use `{BOT} help` there, because Slack does not allow slash commands in threads.\n"
        f"More: `{BOT} help` and one of `new`, `invite`, `thread`, `notes`, `numbers`, `permissions`."
    )


def test_a_topic_of_which_nothing_exists_is_the_overview():
    overview = help_text("", BOT, ["end"])
    assert help_text("invite", BOT, ["end"]) == overview
    assert help_text("the weather", BOT, ["end"]) == overview
    assert "`invite`" not in overview


@pytest.mark.parametrize("word", [*VERBS, *TYPES, *TOPICS, "", "x", "INVITE"])
def test_every_word_has_a_topic(word):
    assert topic_of(word) in {"", *TOPICS}
    assert parse(f"help {word}", region="US", in_thread=True) == Help(topic_of(word))


@pytest.mark.parametrize(("word", "topic"), [("add", "invite"), ("kick", "invite"), ("sms", "new"), ("note", "notes"),
    ("reopen", "thread"), ("Numbers", "numbers"), ("admin", "permissions"), ("status", ""), ("help", "")])  # fmt: skip
def test_the_topic_of_a_word(word, topic):
    assert topic_of(word) == topic
