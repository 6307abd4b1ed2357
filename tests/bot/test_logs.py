"""What gets into the log: no token, no number, no address, however it came to be in the text."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bot.logs import LONGEST, LOUD, OFTEN, WINDOW, JsonFormatter, Repeating, ScrubbingFormatter, know_numbers, scrub
from bot.store import Store, open_store
from bot.trace import apart, within

pytestmark = pytest.mark.logs_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("with xoxb-1-2-abc.DEF", "with [token]"),
        ("xoxp-1 xoxe.xoxb-1-abc xoxe-1-abc xoxc-1 xapp-1-A1-2-ef", "[token] [token] [token] [token] [token]"),
        ("{'token': 'xoxb-1-2'}", "{'token': '[token]'}"),
        ("Authorization=Bearer xoxb-1-2", "Authorization=[secret] [token]"),
        ("to wss://wss-primary.slack.com/link/?ticket=abc&app_id=1 now", "to [socket] now"),
        ("to ws://127.0.0.1:1/link/?ticket=abc", "to [socket]"),
        ("password=hunter2", "password=[secret]"),
        ("Password: hunter2", "Password=[secret]"),
        ("ss-id=abc ss-pid=def", "ss-id=[secret] ss-pid=[secret]"),
        ("Cookie: ss-id=abc", "Cookie=[secret]"),
        ("X-ss-id: abc", "X-ss-id=[secret]"),
        ("from ana.ruiz+x@mail.example.com, to joe@example.co.uk.", "from [e-mail], to [e-mail]."),
        ("mailto:ana@example.com|ana@example.com", "mailto:[e-mail]|[e-mail]"),
        ("call +15035550123 or +1 (503) 555-0123 or +49 30 1234567.", "call [number] or [number] or [number]."),
    ],
)
def test_secrets_numbers_and_addresses_are_covered(text: str, shown: str) -> None:
    assert scrub(text) == shown


def test_one_customer_can_be_followed_through_the_log_however_they_are_spelt(store: Store) -> None:
    hashed = store.read.hasher()
    one, other = hashed("+15035550123")[:6], hashed("+15035550124")[:6]
    mine = hashed("ana@example.com")[:6]
    spelt = "+1 (503) 555-0123, +15035550123, %2B15035550123, +15035550124, Ana@Example.com, ana%40example.com"
    assert scrub(spelt, hashed) == (
        f"[number {one}], [number {one}], [number {one}], [number {other}], [e-mail {mine}], [e-mail {mine}]"
    )


def test_a_hash_in_the_log_tells_nobody_who_has_not_the_file(store: Store, tmp_path: Path) -> None:
    """Another file has another key: trying all numbers without it finds nothing."""
    elsewhere = open_store(tmp_path / "other.db")
    theirs = elsewhere.read.hashed("+15035550123")
    elsewhere.close()
    assert store.read.hashed("+15035550123") != theirs
    plain = hashlib.sha256(b"+15035550123").hexdigest()
    assert not store.read.hashed("+15035550123").startswith(plain[:6])


def test_the_programs_log_tells_numbers_apart_once_the_key_is_known(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = logging.StreamHandler(told := io.StringIO())
    handler.setFormatter(ScrubbingFormatter("%(message)s"))
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    logging.getLogger("bot.x").error("to %s", "+15035550123")
    know_numbers(store.read.hasher())
    logging.getLogger("bot.x").error("to %s", "+15035550123")
    short = store.read.hashed("+15035550123")[:6]
    assert told.getvalue() == f"to [number]\nto [number {short}]\n"


@pytest.mark.parametrize(
    "text",
    [
        "item 17 (say) was delivered in 0.3 s",
        "session evo-1, thread C0SUPPORT1/1700000000.000100",
        "2026-05-11T10:20:30+02:00 took +1.5 s",
        "the passwords page, no cookies",
        "listening on http://127.0.0.1:3000",
        "Another evobot (process 4711 on host) runs on this database.",
        "",
    ],
)
def test_what_an_operator_needs_is_left_as_it_is(text: str) -> None:
    assert scrub(text) == text


def test_scrubbing_twice_changes_nothing() -> None:
    once = scrub("password=a xoxb-1 ana@example.com +15035550123 wss://x/y")
    assert scrub(once) == once


SECRET = "Mrs Lee owes 90 dollars"


def formatted(message: str, *arguments: object, name: str = "bot.feed", error: BaseException | None = None) -> str:
    """As the log shows a record that was made while `error` was being handled."""
    if error is None:
        return _formatted(message, arguments, name, None)
    try:
        raise error
    except type(error):
        return _formatted(message, arguments, name, sys.exc_info())


def _formatted(message: str, arguments: tuple[object, ...], name: str, about: Any) -> str:
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, arguments, about)
    return ScrubbingFormatter("%(levelname)s %(message)s").format(record)


def an_error() -> Exception:
    """With words in every place in which an error can hold any."""
    error = ValueError(SECRET, {"body": SECRET})
    error.add_note(SECRET)
    error.__cause__ = KeyError(SECRET)
    error.__cause__.__context__ = ExceptionGroup(SECRET, [OSError(5, SECRET, SECRET), sqlite3.IntegrityError(SECRET)])
    return error


def test_arguments_are_scrubbed_too() -> None:
    """It works on the finished text, so no form slips past it."""
    text = formatted("sent %s to %s", {"body": "ring +15035550123"}, "ana@example.com")
    assert text == "ERROR sent {'body': 'ring [number]'} to [e-mail]"


def test_of_several_workspaces_a_line_says_in_which_and_silences_no_other() -> None:
    """What one of them repeats too often for the log, another may say."""

    def lines(workspace: str) -> list[object]:
        within(workspace)
        record = logging.LogRecord("bot.feed", logging.ERROR, __file__, 1, "away", (), None)
        text, told = formatted("away"), json.loads(JsonFormatter().format(record))
        return [text, told["workspace"], sum(repeating.filter(record) for _ in range(OFTEN + 1))]

    repeating = Repeating()
    found = [apart().run(lines, workspace) for workspace in ("T1", "T2")]
    assert found == [[f"ERROR away [{name}]", name, OFTEN] for name in ("T1", "T2")]


def test_an_error_is_told_by_type_and_place_only() -> None:
    """Its own words may be a customer's: int("…") quotes what it was given."""
    first, *trace = formatted("item 3 broke on our side", error=an_error()).splitlines()
    assert first == "ERROR item 3 broke on our side"
    assert [line for line in trace if not line.startswith("  ")] == [
        "IntegrityError", "OSError (EIO)", "ExceptionGroup", "KeyError", "ValueError"
    ]  # fmt: skip
    assert trace[-2].endswith("in formatted")
    assert SECRET not in "".join(trace)


@pytest.mark.parametrize(
    ("name", "message", "shown"),
    [
        ("slack_sdk.x", f"Failed in a listener: {SECRET}, session: 4", "Failed in a listener: KeyError, session: 4"),
        ("slack_sdk.x", f"Failed ({KeyError(SECRET)!r})", "Failed (KeyError)"),
        ("asyncio", f"Task exception was never retrieved\nfuture: <Task exception={SECRET}>",
         "Task exception was never retrieved"),
        ("asyncio", f"Exception in callback Protocol.data_received(b'{SECRET}')",
         "Exception in callback Protocol.data_received"),
        ("bot.door", "we chose these words: the disk is full", "we chose these words: the disk is full"),
    ],
)  # fmt: skip
def test_a_library_that_quotes_an_error_shows_its_type_instead(name: str, message: str, shown: str) -> None:
    first = formatted(message, name=name, error=KeyError(SECRET)).splitlines()[0]
    assert first == f"ERROR {shown}"


def test_nobody_can_write_lines_of_their_own() -> None:
    assert formatted("no\n2026-01-01 ERROR bot: %s\x1b[31m", "a\u2028b") == "ERROR no 2026-01-01 ERROR bot: a b [31m"


def test_a_huge_text_costs_little_and_is_told_in_part() -> None:
    """A word that is never an address is looked at once, not from each of its letters."""
    word, end = "a" * 7000, "to ana@example.com and +1 (503) 555-0123"
    began = time.process_time()
    scrub("a" * 20_000)
    assert time.process_time() - began < 0.7  # it is 0.01, and was 2.1
    assert formatted("%s", f"{word} {end}") == f"ERROR {word} to [e-mail] and [number]"
    for cut in range(LONGEST - len(end) - 10, LONGEST + 5):
        told = formatted("%s", ("x " * LONGEST)[:cut] + f" {end} " + "y " * LONGEST)
        assert (len(told) < LONGEST + 50, "ana@" in told, "503" in told) == (True, False, False), cut


def test_a_line_that_comes_again_and_again_is_told_some_times_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("bot.logs.time.monotonic", lambda: now)
    handler = logging.StreamHandler(told := io.StringIO())
    handler.setFormatter(ScrubbingFormatter("%(message)s"))
    handler.addFilter(Repeating())
    monkeypatch.setattr(logging.getLogger("bot.y"), "handlers", [handler])
    monkeypatch.setattr(logging.getLogger("bot.y"), "propagate", False)
    for n in range(OFTEN + 5):
        logging.getLogger("bot.y").error("the disk is %s", "full")
        logging.getLogger("bot.y").error("ref %s broke", n)
    now = WINDOW + 1
    logging.getLogger("bot.y").error("the disk is full")
    lines = told.getvalue().splitlines()
    assert [line for line in lines if "disk" in line] == [
        *["the disk is full"] * OFTEN, "the disk is full (5 more of this line were left out)"
    ]  # fmt: skip
    assert len([line for line in lines if "ref" in line]) == OFTEN + 5


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError(SECRET)


def test_what_cannot_be_said_is_logged_nevertheless() -> None:
    assert formatted("%d", SECRET) == "ERROR a message that cannot be put together (TypeError)"
    assert formatted("%s", Unspeakable()) == "ERROR a message that cannot be put together (ValueError)"
    assert formatted("it broke", name="slack_sdk.x", error=Unspeakable()).splitlines()[-1].endswith("Unspeakable")


def test_a_record_stays_as_it_is_for_others() -> None:
    record = logging.LogRecord("bot", logging.ERROR, __file__, 1, "a %s", ("b",), None)
    ScrubbingFormatter("%(message)s").format(record)
    assert (record.msg, record.args) == ("a %s", ("b",))


# The whole program's logging: in a process of its own, for it belongs to the process.

CRASHES = """
import sys, threading
from bot import logs
logs.configure("INFO")
WORDS = "Mrs Lee owes 90 dollars"

class Held:
    def __del__(self):
        raise ValueError(WORDS)

def broken():
    raise ValueError(WORDS)

Held()
thread = threading.Thread(target=broken, name=WORDS)
thread.start()
thread.join()
broken()
"""


def test_the_last_words_of_a_program_are_scrubbed_as_well() -> None:
    """An error nobody caught, in the program, in a thread, in a destructor: all told by the log, none in its words."""
    done = subprocess.run([sys.executable, "-c", CRASHES], capture_output=True, text=True, check=False)
    told = [line.split(" ", 2)[2] for line in done.stderr.splitlines() if " bot.logs: " in line]
    assert (done.returncode, done.stdout, "Mrs Lee" in done.stderr) == (1, "", False)
    assert told == [
        "ERROR bot.logs: something broke while it was cleaned up",
        "ERROR bot.logs: a thread broke on our side",
        "CRITICAL bot.logs: the program broke on its own side and ends",
    ]
    assert done.stderr.count("ValueError") == 3


PROGRAM = """
import logging, sys
from bot import logs
logs.configure(sys.argv[1])
for name in ["bot.feed", *sys.argv[2:]]:
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        logging.getLogger(name).log(level, "ana@example.com")
"""


def lines(level: str, *names: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, level, *names], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return [line.split(" ", 2)[2] for line in done.stderr.splitlines()]


def test_one_line_each_to_stderr_from_the_level_on() -> None:
    assert lines("WARNING") == ["WARNING bot.feed: [e-mail]", "ERROR bot.feed: [e-mail]"]


def test_libraries_that_would_tell_all_are_quiet_at_any_level() -> None:
    """httpx logs whole addresses at INFO, Bolt whole requests at WARNING, slack-sdk payloads at DEBUG."""
    names = [
        "httpx",
        "httpcore.http11",
        "slack_sdk.web.async_client",
        "slack_bolt.AsyncApp",
        "aiohttp",
    ]
    said = {tuple(line.split(" ")[:2]) for line in lines("DEBUG", *names)}
    assert said == {
        *((level, "bot.feed:") for level in ("DEBUG", "INFO", "WARNING", "ERROR")),
        *(("WARNING", f"{name}:") for name in names if not name.startswith("slack_bolt")),
        *(("ERROR", f"{name}:") for name in names),
    }


def test_quiet_is_not_louder_than_asked_for() -> None:
    assert lines("ERROR", *LOUD) == [f"ERROR {name}: [e-mail]" for name in ["bot.feed", *LOUD]]


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2",
        "Authorization: Basic hunter2",
        '{"password": "hunter2"}',
        "{'Cookie': 'ss-opt=temp; ss-id=hunter2'}",
        "EVO_PASSWORD=hunter2",
        "SLACK_SIGNING_SECRET='hunter2'",
        "https://hooks.slack.com/commands/T1/2/hunter2",
        "X-Slack-Signature: v0=hunter2",
    ],
)
def test_a_secret_is_covered_in_the_usual_spellings(text):
    assert "hunter2" not in scrub(text)


@pytest.mark.parametrize("text", ["?userName=ana%40example.com", "tel:%2B15035550123"])
def test_numbers_and_addresses_in_urls_are_covered(text):
    assert scrub(text) != text
