"""What is learned about the dates of sessions: from lines and the dates around them, and from nothing else."""

from __future__ import annotations

import pytest

from bot.freshness import CLOSE, DISBELIEF, ENOUGH, HOUR, Claim, Dates, its_turn, voice_of, voices
from bot.model import Evidence, Heard, Member, News, SessionKey, Voice

ONE = SessionKey(1)
BEFORE, LINE, LATER = "2026-01-01T10:00:00Z", "2026-01-01T10:05:00+00:00", "2026-01-01T10:09:00Z"
NOW = 1_000_000.0
PROVEN = {voice: Evidence(ENOUGH) for voice in Voice}


def line(said: str = LINE, sender: str = "joe@example.com") -> Heard:
    return Heard(sender, "hello", None, None, said)


@pytest.mark.parametrize(
    ("before", "after", "alone", "judged"),
    [
        (BEFORE, "2026-01-01T10:05:00.25Z", True, True),
        (BEFORE, "2026-01-01T05:05:01-05:00", True, True),
        (BEFORE, "/Date(1767261900000)/", True, True),
        (BEFORE, BEFORE, True, False),
        (BEFORE, BEFORE, False, False),
        (BEFORE, LATER, True, None),  # something else has moved it, now or as well
        (BEFORE, "2026-01-01T10:05:00Z", False, None),  # the line that came with it may have
        ("2026-01-01T10:05:00Z", "2026-01-01T10:05:00Z", True, None),  # two lines in one second
        (BEFORE, "soon", True, None),
        ("soon", "soon", True, False),
    ],
)
def test_a_line_proves_something_when_the_date_went_where_it_stands_or_did_not_go_at_all(
    before: str, after: str, alone: bool, judged: bool | None
) -> None:
    assert Claim(Voice.APP, LINE, before, alone).judged(after) is judged


def read(dates: Dates, date: str, *lines: Heard) -> dict[Voice, Evidence]:
    """A look, and after it a reading that brings these lines."""
    changed = dates.seen([ONE], {ONE: date}, dates.claims(), NOW)
    dates.has_read(ONE, dates.known(ONE), News(len(lines), lines))
    return changed


def test_a_line_is_judged_by_dates_from_before_the_last_reading_and_after_this_one() -> None:
    dates = Dates({})
    learned = [read(dates, BEFORE), read(dates, BEFORE, line()), read(dates, LINE), read(dates, LINE)]
    assert learned == [{}, {}, {Voice.APP: Evidence(1)}, {}]


def test_a_look_that_was_under_way_when_a_line_came_judges_nothing() -> None:
    dates = Dates({})
    read(dates, BEFORE)
    claims = dates.claims()
    dates.has_read(ONE, dates.known(ONE), News(1, (line(),)))
    assert dates.seen([ONE], {ONE: BEFORE}, claims, NOW) == {}
    assert dates.seen([ONE], {ONE: LINE}, dates.claims(), NOW) == {Voice.APP: Evidence(1)}


def test_what_was_there_before_the_first_look_proves_nothing() -> None:
    dates = Dates({})
    assert [read(dates, BEFORE, line()), read(dates, BEFORE), read(dates, BEFORE)] == [{}, {}, {}]


def proven(times: int) -> Dates:
    dates = Dates({Voice.APP: Evidence(ENOUGH - times)})
    for n in range(times):
        said = f"2026-01-01T10:{n:02}:30Z"
        for date, lines in ((f"2026-01-01T10:{n:02}:00Z", ()), (f"2026-01-01T10:{n:02}:00Z", (line(said),))):
            read(dates, date, *lines)
        dates.seen([ONE], {ONE: said}, dates.claims(), NOW)
    return dates


def test_so_many_lines_make_dates_believed_for_the_voice_that_spoke() -> None:
    dates = proven(3)
    assert [dates.believed(who, NOW) for who in ({Voice.APP}, {Voice.PHONE}, set(Voice), set())] == [
        True, False, False, False,
    ]  # fmt: skip
    assert not Dates({Voice.APP: Evidence(ENOUGH - 1)}).believed({Voice.APP}, NOW)


def test_one_line_without_a_date_ends_that_for_a_month_and_what_is_learned_meanwhile_counts_then() -> None:
    dates = Dates(PROVEN)
    read(dates, BEFORE)
    read(dates, BEFORE, line())
    assert read(dates, BEFORE) == {Voice.APP: Evidence(0, NOW)}
    assert (dates.believed({Voice.APP}, NOW), dates.believed({Voice.PHONE}, NOW)) == (False, True)
    later = Dates({Voice.APP: Evidence(ENOUGH, NOW)})
    assert [later.believed({Voice.APP}, NOW + passed) for passed in (DISBELIEF - 1, DISBELIEF)] == [False, True]


def test_where_dates_never_move_that_is_not_written_down_with_each_line() -> None:
    dates = Dates({Voice.APP: Evidence(0, NOW - HOUR + 1)})
    read(dates, BEFORE)
    read(dates, BEFORE, line())
    assert read(dates, BEFORE) == {}


def test_a_transcript_is_read_twice_for_each_date() -> None:
    """A line may come in the second in which we look, or stand in the transcript a moment after its date."""
    dates, moved = Dates(PROVEN), []
    for date in (BEFORE, BEFORE, BEFORE, LINE, LINE, LINE):
        dates.seen([ONE], {ONE: date}, {}, NOW)
        moved.append(dates.has_moved(ONE))
        dates.has_read(ONE, dates.known(ONE), News())
    assert moved == [True, True, False, True, True, False]


def test_a_session_without_a_date_is_not_told_by_it() -> None:
    dates = Dates(PROVEN)
    read(dates, BEFORE)
    known = [dates.knows(ONE)]
    dates.seen([ONE], {}, {}, NOW)
    assert [*known, dates.knows(ONE), dates.has_moved(ONE)] == [True, False, True]


def test_a_number_is_a_phone_whatever_stands_around_it() -> None:
    members = [Member("+1 (202) 555-0123"), Member("sms:+12025550123"), Member("8f3a", "+12025550123")]
    assert [voices([member]) for member in members] == [{Voice.PHONE}] * 3
    assert [voice_of(name) for name in ("joe@example.com", "Joe", "")] == [Voice.APP] * 3


def test_everybodys_turn_comes_once_in_that_time_and_not_at_one_moment() -> None:
    minutes = [sum(its_turn(SessionKey(n), now - 60, now, HOUR) for n in range(1, 501)) for now in range(0, 3600, 60)]
    assert (sum(minutes), max(minutes) <= 12) == (500, True)


def test_when_the_time_has_changed_nobody_waits_longer_than_it() -> None:
    assert all(its_turn(SessionKey(n), 10_000, 10_000 + within, within) for n in range(50) for within in (300, 777))


def test_the_distance_that_counts_as_one_moment_is_short() -> None:
    """Otherwise something that moves dates from time to time would pass for lines that do."""
    assert CLOSE <= 2
