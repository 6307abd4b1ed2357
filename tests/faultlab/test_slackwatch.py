"""The checker sees what is planted."""

from __future__ import annotations

from typing import Any

from sandbox.slack.seeds import BOT_USER
from tests.faultlab.slackwatch import Findings, busiest, lines_under, strays

CARD, OTHER = "1.000001", "2.000001"


def post(text: str, thread: str | None = CARD, name: str = "line/1", *also: str) -> dict[str, Any]:
    names: dict[str, Any] = {"name": name} | ({"also": list(also)} if also else {})
    place = {"thread_ts": thread} if thread else {}
    return {"ts": "9.1", "user": BOT_USER, "text": text, "metadata": {"event_payload": names}, **place}


def call(at: float, method: str = "chat.postMessage", retry: float | None = None, **args: Any) -> dict[str, Any]:
    return {"at": at, "method": method, "retry_after": retry, "effect": retry is None, "args": args}


def found(wanted: list[str], there: list[str]) -> tuple[int, int, int]:
    findings = Findings()
    findings.compare("here", wanted, there)
    return findings.lost, findings.doubled, findings.out_of_order


def test_a_loss_a_doubling_and_an_inversion_are_seen() -> None:
    assert found(["a", "b", "c"], ["a", "b", "c", "x"]) == (0, 0, 0)
    assert found(["a", "b", "c"], ["a", "c"]) == (1, 0, 0)
    assert found(["a", "b", "c"], ["a", "b", "b", "c"]) == (0, 1, 0)
    assert found(["a", "b", "c"], ["b", "a", "c"]) == (0, 0, 1)


def test_lines_are_read_out_of_messages_that_show_several() -> None:
    several = post("<!date^1^{time}|x> Joe: one\n<!date^2^{time}|x> Joe: two", CARD, "line/1", "line/2")
    assert lines_under([several, post("Joe: three"), post("Joe: elsewhere", OTHER)], CARD) == ["one", "two", "three"]


def test_a_post_outside_its_thread_is_seen() -> None:
    findings = Findings()
    homes = {"case 1 line": CARD}
    good, bad = post("Joe: case 1 line 1"), post("Joe: case 1 line 2", OTHER)
    nowhere, card = post("Joe: case 1 line 3", None), post("the card", None, "card/1")
    findings.placed([call(1, **message) for message in (good, bad, nowhere, card)], homes)
    assert findings.misplaced == 2
    assert strays([nowhere, card, good]) == ["line/1"]


def test_impatience_is_seen() -> None:
    findings = Findings()
    findings.patient([call(10, retry=30), call(10.2), call(20, "users.info"), call(25), call(40.1)])
    assert findings.impatient == 1


def test_the_busiest_time_is_found() -> None:
    assert busiest([call(at, channel="C") for at in (0, 1, 2, 70, 71)] + [call(1, channel="D")], 60) == 3
