"""The nets and the judges: each must see what is planted for it."""

from __future__ import annotations

import base64
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.logs import LOUD, ScrubbingFormatter
from tests.faultlab import hostile, mirror, paths
from tests.faultlab.canaries import Canary, planted
from tests.faultlab.corpus import FROM_OUTSIDE
from tests.faultlab.saboteur import ERRORS
from tests.guards import CanaryNet, Egress, LeftTheMachine, for_children

# Nothing leaves


@pytest.mark.parametrize(
    ("event", "args"),
    [
        ("socket.connect", (None, ("192.0.2.1", 443))),
        ("socket.connect", (None, ("127.evil.example", 443))),
        ("socket.connect", (None, ("2001:db8::1", 443, 0, 0))),
        ("socket.sendto", (None, ("192.0.2.1", 53))),
        ("socket.sendmsg", (None, ("0.0.0.0", 53))),
        ("socket.getaddrinfo", ("slack.com", 443, 0, 0, 0)),
        ("socket.getaddrinfo", (b"localhost.evil.example", 443, 0, 0, 0)),
        ("socket.gethostbyname", ("slack.com",)),
        ("socket.gethostbyaddr", ("192.0.2.1",)),
        ("socket.getnameinfo", (("192.0.2.1", 80),)),
    ],
)
def test_what_is_for_another_machine_is_refused(event: str, args: tuple[object, ...]) -> None:
    told: list[str] = []
    egress = Egress(told.append)
    with pytest.raises(LeftTheMachine):
        egress._hook(event, args)
    assert (len(egress.refused), told) == (1, [f"refused {egress.refused[0]}"])


@pytest.mark.parametrize(
    ("event", "args"),
    [
        ("socket.connect", (None, ("127.0.0.1", 443))),
        ("socket.connect", (None, ("::1", 443, 0, 0))),
        ("socket.connect", (None, "/run/a.sock")),
        ("socket.sendmsg", (None, None)),
        ("socket.getaddrinfo", ("localhost", 443, 0, 0, 0)),
        ("socket.getaddrinfo", ("0.0.0.0", 443, 0, 0, 0)),
        ("socket.getaddrinfo", (None, 443, 0, 0, 0)),
        ("open", ("x", "r", 0)),
    ],
)
def test_what_stays_here_is_nobodys_business(event: str, args: tuple[object, ...]) -> None:
    egress = Egress()
    egress._hook(event, args)
    assert egress.refused == []


def test_names_that_nobody_has_fail_without_a_question() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("slack.com.invalid", 443)


LEAVING = "import socket; socket.create_connection(('192.0.2.1', 9))"


def test_this_process_is_guarded(left_on_purpose: list[str]) -> None:
    with pytest.raises(LeftTheMachine):
        exec(LEAVING)  # noqa: S102 - the same as the child's
    assert left_on_purpose == ["socket.getaddrinfo 192.0.2.1"]


def test_children_are_guarded_and_report(tmp_path: Path) -> None:
    start, report = for_children(tmp_path)
    here = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())"
    for program in (here, LEAVING):
        environment = {**os.environ, "PYTHONPATH": str(start)}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
        )
        assert ("LeftTheMachine" in done.stderr) == (program == LEAVING)
    contacted, refused = report.read_text(encoding="utf-8").splitlines()
    assert contacted.startswith("contacted 127.0.0.1:")
    assert refused == "refused socket.getaddrinfo 192.0.2.1"


# Nothing leaks


@pytest.fixture
def net() -> CanaryNet:
    return CanaryNet(logging.Formatter("%(message)s"), LOUD)


@pytest.mark.parametrize(
    "text",
    [
        "token xoxb-standin-bot", "login correct-horse", "from ana@example.com", "by anna@workshop.example",
        "to +15035550123", "to (503) 555-0123", "ss-id=abc", "Joe Park said so", "he said: the boiler is broken!",
    ],
)  # fmt: skip
def test_the_net_catches(net: CanaryNet, text: str) -> None:
    net.note("the boiler is broken")
    net.look(text)
    assert len(net.found) == 1


@pytest.mark.parametrize("text", ["item 17 (say) was delivered", "+1.503 s, port 55501", "ss-id=[secret]", "[e-mail]"])
def test_the_net_lets_pass(net: CanaryNet, text: str) -> None:
    net.note("say")
    net.look(text)
    assert net.found == []


def test_the_net_sees_what_production_would_write_and_no_more() -> None:
    net = CanaryNet(ScrubbingFormatter("%(message)s"), LOUD)
    net._make = logging.LogRecord
    for name, level in (("httpx", logging.INFO), ("slack_bolt.app", logging.WARNING), ("bot.feed", logging.DEBUG)):
        net._record(name, level, __file__, 1, "Joe Park", (), None)
    net._record("bot.feed", logging.DEBUG, __file__, 1, "xoxb-standin-bot", (), None)
    assert len(net.found) == 1


def test_files_of_other_processes_are_read(net: CanaryNet, tmp_path: Path) -> None:
    (tmp_path / "other.log").write_text("fine\nEVO: correct-horse\n", encoding="utf-8")
    net.look_at_files(tmp_path.glob("*.log"))
    assert net.found == ["other.log: 'correct-horse' in 'EVO: correct-horse'"]


# The judges of the experiments


def test_there_are_enough_canaries_and_hostile_words() -> None:
    canaries = planted()
    assert len({canary.value for canary in canaries.all.values()}) == len(canaries.all) >= 25
    assert len(set(FROM_OUTSIDE)) >= 300
    assert len(set(hostile.WORDS[::2])) >= 300


def test_a_canary_is_known_in_disguise() -> None:
    number, word = Canary("number", "+15035559876"), Canary("word", "kanaribcdfg")
    assert number.sings_in("call (503) 555-9876 now")
    assert word.sings_in(f"Basic {base64.b64encode(b'kanaribcdfg').decode()}")
    assert word.sings_in("KANARIBCDFG")
    assert not number.sings_in("call (503) 555-9877 now")


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_quotes_what_it_was_given(kind: type[Exception]) -> None:
    assert "kanaribcdfg" in f"{kind('kanaribcdfg')!s} {kind('kanaribcdfg').args}"


@pytest.mark.parametrize("forgery", [*mirror.EVO, *mirror.SLACK])
def test_forged_answers_quote_or_say_nothing(forgery: mirror.Forgery) -> None:
    made = forgery("kanaribcdfg and more")
    text = f"{made.body!r} {made.headers}"
    assert "kanaribcdfg" in text or made.body == b'{"ok": true}'


@pytest.mark.parametrize("text", ["<!channel>", "a < b", "&copy;", "<@U12345678>", "<https://x|y>", "<@U0CARLA001>"])
def test_a_raw_sign_is_seen(text: str) -> None:
    assert hostile._is_raw(text)


@pytest.mark.parametrize("text", ["&lt;!channel&gt; &amp;", "<@U0ANNA0001> said", "plain"])
def test_our_own_markup_is_none(text: str) -> None:
    assert not hostile._is_raw(text)


@pytest.mark.parametrize(
    ("said", "arrived"),
    [("<@U12345678>", "hi U12345678"), ("a", "a <!here>"), ("&lt;", "&lt;"), ("<#C12345678|x>", "<#C12345678>")],
)
def test_a_leak_is_seen(said: str, arrived: str) -> None:
    assert hostile._leaks(said, arrived)


@pytest.mark.parametrize(
    ("said", "arrived"), [("U12345678", "U12345678"), ("&lt;!here&gt;", "<!here>"), ("&amp;lt;", "&lt;")]
)
def test_what_somebody_wrote_as_words_is_none(said: str, arrived: str) -> None:
    assert not hostile._leaks(said, arrived)


@pytest.mark.parametrize(
    "line",
    [
        "GET /sessions/../messages", "DELETE /sessions", "DELETE /sessions/", "GET /messages", "DELETE /sessions/my",
        "GET /sessions/s1/transcript?x=1", "GET /sessions/a%2Fb", "POST /sessions/s1/messages/x", "GET //x/sessions/my",
        "GET /api/users.info?user=U1&token=x", "POST /api/chat.delete", "GET /api/../x",
        "GET /sessions?specificIds=a b",
        "DELETE /sessions/s1/members/a/b?memberToRemove=x", "POST http://elsewhere/sessions",
    ],
)  # fmt: skip
def test_a_request_line_of_another_form_is_seen(line: str) -> None:
    assert not paths.TEMPLATES.fullmatch(line)
