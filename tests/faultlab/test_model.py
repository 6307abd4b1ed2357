"""The judge of the random walks sees what is planted, and the same steps give the same history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.slack.seeds import ANNA, BEN
from tests.faultlab.judge import Typed
from tests.faultlab.model import DOUBLED, LOST, ORDER, WRONG, Broken, Walk


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    """One open session, and all well."""
    machine = type("Walk", (Walk,), {"folder": tmp_path, "tally": Counter(), "found": []})
    made: Walk = machine()
    made.begin(confirm=True, pace=0.0, quirks={})
    yield made
    made.failed = True
    made.teardown()


def say(walk: Walk, text: str, by: str = BEN) -> Typed:
    typed = walk._write(0, by, text, "reply", at_once=True)
    walk.town.wait(2)
    return typed


def evo_id(walk: Walk) -> str:
    return walk._live()[0]


def sorts(walk: Walk) -> set[str]:
    walk._calm_down()
    return {sort for sort, _ in walk.judge.at_last()}


def test_where_all_is_well_nothing_is_found(walk: Walk) -> None:
    say(walk, "hello")
    walk.town.evo.hear(evo_id(walk), "joe@example.com", "good morning")
    assert sorts(walk) == set()


def test_a_message_that_is_there_twice_is_doubled(walk: Walk) -> None:
    say(walk, "hello")
    walk.town.do(walk.town.client.send_message(evo_id(walk), "Ben: hello"))
    assert DOUBLED in sorts(walk)


def test_a_message_that_nobody_wrote_is_wrong(walk: Walk) -> None:
    walk.town.do(walk.town.client.send_message(evo_id(walk), "Ben: hello"))
    assert WRONG in sorts(walk)


def test_a_message_that_was_taken_and_is_nowhere_is_lost(walk: Walk) -> None:
    typed = say(walk, "hello")
    walk.people.typed["1.000100"] = replace(typed, ts="1.000100", text="good bye")
    assert sorts(walk) == {LOST}


def test_a_later_message_before_an_earlier_one_is_out_of_order(walk: Walk) -> None:
    walk.town.wait(30)  # long after the sign-in
    first = walk._write(0, ANNA, "one", "reply", at_once=False)
    say(walk, "two")
    walk._deliver(first)
    walk.town.wait(2)
    first.taken = 0.0
    assert sorts(walk) == {ORDER}


def test_words_of_others_that_do_not_stand_in_the_thread_are_lost(walk: Walk) -> None:
    walk.town.evo.hear(evo_id(walk), "joe@example.com", "good morning")
    walk._calm_down()
    (line,) = [post["ts"] for name, posts in _posts(walk).items() for post in posts if name.startswith("line/")]
    del walk.town.slack.world.channel("C0SUPPORT1").messages[line]
    assert {sort for sort, _ in walk.judge.at_last()} == {LOST}


def test_what_is_found_is_told_with_the_steps_that_led_to_it(walk: Walk) -> None:
    walk.town.do(walk.town.client.send_message(evo_id(walk), "Ben: hello"))
    with pytest.raises(Broken, match=r"Ben: hello(.|\n)*begin"):
        walk.holds()


def _posts(walk: Walk) -> dict[str, list[dict[str, str]]]:
    walk.judge._look()
    return walk.judge._posts
