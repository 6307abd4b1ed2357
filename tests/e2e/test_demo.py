"""The demo: what a stranger sees first must work, must not lie, and must leave nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.demo.looks import plain
from sandbox.demo.narrator import cells, wrapped
from sandbox.demo.tally import History, count
from sandbox.evo.records import Effect, EffectKind
from sandbox.slack.seeds import ANNA, BEN, SUPPORT

LINE = re.compile(
    r"Slack → Evo Voice (\d+) sent, Evo Voice → Slack (\d+) shown, notes kept (\d+), "
    r"lost (\d+), doubled (\d+), out of order (\d+) — (.*)"
)
SECONDS = 120
PLAY = "from sandbox.demo import play; import asyncio, sys; sys.exit(asyncio.run(play(script=True, mode='socket')))"

# Somebody else sends the first message of the chat once more, as a bot that repeats itself would.
TWICE = """
import asyncio, sys
import httpx
from sandbox.demo import show
from sandbox.demo.scenes import OPENING, Scene

async def act(play):
    async with httpx.AsyncClient(base_url=play.stage.evo_url, auth=("bot@example.com", "correct-horse")) as evo:
        answer = await evo.post(f"/sessions/{play.session}/messages", json={"body": play.first[0]})
        answer.raise_for_status()

show.SCENES = (OPENING, Scene("Twice", "It is sent again.", act))
sys.exit(asyncio.run(show.play(script=True, mode="http")))
"""


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """Temporary folders are made in a place of our own, so that what is left behind can be seen."""
    (tmp_path / "tmp").mkdir()
    return {**os.environ, "TMPDIR": str(tmp_path / "tmp"), **more}


def left_behind(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "tmp").iterdir())


def run(tmp_path: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(tmp_path, **more),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


# The whole of it


@pytest.mark.e2e
@pytest.mark.parametrize("mode", ["socket", "http"])
def test_the_script_keeps_every_promise_and_leaves_nothing_behind(tmp_path: Path, mode: str) -> None:
    done = run(tmp_path, "-m", "bot", "demo", "--script", "--mode", mode)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-3000:]
    found = LINE.fullmatch(lines[-1])
    assert found is not None
    assert found.groups() == ("12", "4", "2", "0", "0", "0", "all as promised")
    assert [line for line in lines[:-1] if cells(line) > 80] == []
    assert "\033" not in done.stdout, "colours are for terminals"
    assert ADDRESS.search(done.stdout) is None
    assert left_behind(tmp_path) == []


@pytest.mark.e2e
def test_what_was_doubled_gives_exit_code_1_and_keeps_the_logs(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", TWICE)
    found = LINE.search(done.stdout)
    assert done.returncode == 1
    assert found is not None
    assert (found[5], found[7]) == ("1", "not as promised")
    assert "Doubled: Anna: Hi, this is Anna." in done.stdout
    (kept,) = left_behind(tmp_path)
    assert str(kept) in done.stdout.splitlines()[-1]
    assert {"bot.log", "evo.log", "slack.log"} <= {path.name for path in kept.iterdir()}


@pytest.mark.e2e
def test_a_bot_that_does_not_start_is_told_in_a_sentence_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "phonenumbers.py").write_text("raise RuntimeError('no numbers today')\n")
    done = run(tmp_path, "-c", PLAY, PYTHONPATH=str(broken))
    assert (done.returncode, done.stderr) == (1, "")
    assert "The demo could not start: bot ended. The end of its log:" in done.stdout
    assert "RuntimeError: no numbers today" in done.stdout


@contextmanager
def shown(tmp_path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The demo in a process group of its own, as a terminal would start it; killed whole if it does not end."""
    command = [sys.executable, "-m", "bot", "demo", *arguments]
    process = subprocess.Popen(
        command,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if group_lives(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What it says up to these words. A process that never says them is killed, which ends its output."""
    assert process.stdout is not None
    text, watchdog = "", threading.Timer(SECONDS, os.killpg, (process.pid, signal.SIGKILL))
    watchdog.start()
    try:
        for line in process.stdout:
            text += line
            if words in line:
                return text
    finally:
        watchdog.cancel()
    raise AssertionError(f"it ended without “{words}”:\n{text[-3000:]}")


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


@pytest.mark.e2e
def test_ctrl_c_in_the_middle_ends_every_process_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with shown(tmp_path, "--script") as process:
        read_until(process, "Replies, both ways")
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does: everybody in it gets the signal
        said, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 130
        assert said.splitlines()[-1] == "Stopped before the end."
        assert "Traceback" not in said
        assert until(lambda: not group_lives(process.pid))
    assert left_behind(tmp_path) == []


ADDRESS = re.compile(r"Open (http://127\.0\.0\.1:\d+/) to watch and to play along\.")


def do(url: str, what: str, **args: Any) -> Any:
    """A gesture, as the page does it."""
    answer = httpx.post(f"{url}do/{what}", json=args, trust_env=False, timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def state(url: str) -> dict[str, Any]:
    """What a page that opens now is told first."""
    with httpx.stream("GET", f"{url}feed", trust_env=False, timeout=SECONDS) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                found: dict[str, Any] = json.loads(line.removeprefix("data: "))["put"]
                return found
    raise AssertionError("the feed ended without a word")


@pytest.mark.e2e
def test_without_script_there_is_a_page_and_it_stays_up_to_be_played_with(tmp_path: Path) -> None:
    with shown(tmp_path, "--port", "0") as process:
        found = ADDRESS.fullmatch(read_until(process, "to play along").splitlines()[-1])
        assert found is not None, "the address stands on a line of its own"
        do(found[1], "play/skip")
        read_until(process, "all as promised")
        read_until(process, "kill the")
        play = state(found[1])["play"]["play"]
        assert (play["state"], play["result"]["kept"], play["room"]) == ("done", True, SUPPORT)
        do(found[1], "slack/say", user=BEN, channel=SUPPORT, thread_ts=play["thread"], text="Hello from Ben")
        assert "→ Ben: Hello from Ben" in read_until(process, "→ Ben: Hello from Ben")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)
        assert process.returncode == 0
        assert until(lambda: not group_lives(process.pid))
    assert left_behind(tmp_path) == []


@pytest.mark.e2e
def test_paused_the_play_waits_and_goes_one_step_at_a_time_and_ctrl_c_ends_it_all_the_same(tmp_path: Path) -> None:
    with shown(tmp_path, "--port", "0") as process:
        found = ADDRESS.search(read_until(process, "to play along"))
        assert found is not None
        do(found[1], "play/start")
        do(found[1], "play/pause")
        assert until(lambda: state(found[1])["play"]["play"]["number"] == "1")
        before = state(found[1])
        do(found[1], "play/next")  # past the heading: now Anna is on
        assert until(lambda: state(found[1])["play"]["play"]["actor"] == ANNA)
        assert (before["play"]["play"]["actor"], before["slack.views"]) == (None, {})
        assert state(found[1])["slack.views"] == {}
        do(found[1], "play/next")  # she types: a form opens
        assert until(lambda: ANNA in state(found[1])["slack.views"])
        assert state(found[1])["play"]["play"]["state"] == "paused"
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 130
        assert said.splitlines()[-1] == "Stopped before the end."
        assert "Traceback" not in said
        assert until(lambda: not group_lives(process.pid))
    assert left_behind(tmp_path) == []


@pytest.mark.e2e
def test_a_bot_that_is_killed_from_the_page_breaks_a_promise_and_not_the_demo(tmp_path: Path) -> None:
    with shown(tmp_path, "--port", "0") as process:
        found = ADDRESS.search(read_until(process, "to play along"))
        assert found is not None
        do(found[1], "bot/kill")
        do(found[1], "play/skip")
        read_until(process, "not as promised")
        said = read_until(process, "kill the")
        assert "Your turn" in said
        play = state(found[1])["play"]["play"]
        assert (play["state"], play["result"]["kept"]) == ("done", False)
        do(found[1], "bot/start")
        assert until(lambda: state(found[1])["bot"]["bot"]["state"] == "running")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)
        assert process.returncode == 1
        assert until(lambda: not group_lives(process.pid))


@pytest.mark.e2e
@pytest.mark.parametrize("port", ["65536", "-1", "page"])
def test_a_port_that_is_none_is_a_wrong_command_line(tmp_path: Path, port: str) -> None:
    done = run(tmp_path, "-m", "bot", "demo", "--port", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--port" in done.stderr


# The counting

ROOT, NAMES = "1700000000.000001", {"U1": "anna", "UBOT": "Evo", "C1": "support"}


def message(second: int, text: str, *signs: str) -> dict[str, Any]:
    reactions = [{"name": sign, "users": ["UBOT"], "count": 1} for sign in signs]
    return {"ts": f"17000000{second:02}.000000", "thread_ts": ROOT, "user": "U1", "text": text, "reactions": reactions}


def shown_by_bot(second: int, words: str) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": words}]}
    blocks = [{"type": "rich_text", "elements": [section]}]
    return {**message(second, words), "user": "UBOT", "bot_id": "B1", "blocks": blocks}


def effect(second: int, kind: EffectKind, **detail: Any) -> Effect:
    return Effect(second, (1_700_000_000 + second) * 1_000_000, kind, "s", None, detail)


def sent(second: int, body: str) -> Effect:
    return effect(second, EffectKind.SENT, body=body)


def heard(second: int, body: str) -> Effect:
    return effect(second, EffectKind.HEARD, body=body)


INVITED = effect(1, EffectKind.INVITED, identity="+15035550123")
SAID = [message(1, "one"), message(2, "note: inside", "lock"), message(3, "two"), message(4, "<@UBOT> end")]
ENDED = effect(5, EffectKind.ENDED)
LATE = message(6, "too late", "x")


@pytest.mark.parametrize(
    ("thread", "effects", "troubles"),
    [
        (SAID, [sent(1, "anna: one"), sent(3, "anna: two")], []),
        ([*SAID, LATE], [sent(1, "anna: one"), sent(3, "anna: two"), ENDED], []),
        ([*SAID, shown_by_bot(5, "hi")], [sent(1, "anna: one"), sent(3, "anna: two"), heard(4, "hi")], []),
        (SAID, [sent(1, "anna: one")], ["Lost: anna: two"]),
        (SAID, [sent(1, "anna: one"), sent(3, "anna: two"), sent(4, "anna: two")], ["Doubled: anna: two"]),
        (SAID, [sent(1, "anna: two"), sent(3, "anna: one")], ["Out of order: anna: one"]),
        (
            SAID,
            [sent(1, "anna: one"), sent(2, "anna: note: inside"), sent(3, "anna: two")],
            ["Nobody wrote this for the other side: anna: note: inside"],
        ),
        (
            [*SAID, LATE],
            [sent(1, "anna: one"), sent(3, "anna: two"), ENDED, sent(6, "anna: too late")],
            ["Nobody wrote this for the other side: anna: too late"],
        ),
        (SAID, [sent(1, "anna: one"), sent(3, "anna: two"), heard(4, "hi")], ["Lost: hi"]),
        (
            [*SAID, shown_by_bot(5, "hi"), shown_by_bot(6, "hi")],
            [sent(1, "anna: one"), sent(3, "anna: two"), heard(4, "hi")],
            ["Doubled: hi"],
        ),
        (
            SAID,
            [INVITED, INVITED, sent(1, "anna: one"), sent(3, "anna: two")],
            ["Doubled: invited +15035550123"],
        ),
    ],
)
def test_whatever_is_lost_doubled_leaked_or_out_of_order_is_found_in_the_histories(
    thread: list[dict[str, Any]], effects: list[Effect], troubles: list[str]
) -> None:
    assert count(History(thread, effects, NAMES, "UBOT")).troubles == troubles


def test_the_first_message_was_typed_into_a_form_and_is_expected_all_the_same() -> None:
    assert count(History([], [], NAMES, "UBOT", ["anna: hello"])).troubles == ["Lost: anna: hello"]


def test_what_somebody_says_in_another_session_meanwhile_is_not_counted() -> None:
    """A visitor may play along before the play is over. To open one twice is a double all the same."""
    elsewhere = replace(sent(2, "ben: hi"), session_id="other")
    history = History(SAID, [sent(1, "anna: one"), elsewhere, sent(3, "anna: two")], NAMES, "UBOT", session="s")
    assert count(history).troubles == []
    twice = [effect(n, EffectKind.OPENED, displayName="Boiler") for n in (1, 2)]
    opened = [twice[0], replace(twice[1], session_id="other")]
    assert count(History([], opened, NAMES, "UBOT", session="s")).troubles == ["Doubled: opened Boiler"]


def test_a_note_counts_as_kept_only_with_its_lock() -> None:
    thread = [message(1, "note: one", "lock"), message(2, "// two")]
    assert count(History(thread, [], NAMES, "UBOT")).notes == 1


# The page


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("👋👋👋👋👋", ["👋👋👋👋", "👋"]),
        ("incomprehensible", ["incompre", "hensible"]),
        ("  a b c d e", ["  a b c", "  d e"]),
        ("one\ntwo", ["one", "two"]),
        ("bell\a", ["bell·"]),
    ],
)
def test_lines_stay_within_the_width_as_a_terminal_counts_it(text: str, lines: list[str]) -> None:
    assert wrapped(text, 8) == lines


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Hi <@U1> &amp; &lt;all&gt; :wave:", "Hi @anna & <all> 👋"),
        (
            "<https://example.com/a|The manual> <https://example.com>",
            "The manual (https://example.com/a) https://example.com",
        ),
        ("&lt;!channel&gt;", "<!channel>"),
        ("in <#C1>, <#C2|sales> and <#C3>", "in #support, #sales and #C3"),
    ],
)
def test_slack_text_reads_as_people_see_it(text: str, read: str) -> None:
    assert plain(text, NAMES) == read
