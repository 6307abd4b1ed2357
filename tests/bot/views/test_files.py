from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import File, Line, LineName, NotHere
from bot.views.files import (
    WHY,
    WHY_NOT_SENT,
    file_not_here,
    files_left,
    nothing_sent,
    pack_why,
    unpack_why,
)
from tests.bot.views.samples import SESSION, assert_good, words

LINE = Line(LineName("n"), SESSION.key, "ana@example.com", "", "https://cdn.example.com/a.png", "image/png", "")


def test_a_file_that_is_not_here_is_named_with_kind_host_reason_and_what_to_do() -> None:
    message = file_not_here(LINE, pack_why(NotHere.HOST, 20_000_000))
    assert_good(message)
    assert message.text == words(message) == (
        "The file (image/png, at cdn.example.com) is not here: I may not fetch from that host. Open it in Evo Voice."
    )  # fmt: skip


@pytest.mark.parametrize("why", NotHere)
def test_each_reason_has_its_words(why: NotHere) -> None:
    message = file_not_here(LINE, pack_why(why, 1_500_000))
    assert_good(message)
    assert WHY[why].format(limit="1.5") in message.text


@pytest.mark.parametrize("why", NotHere)
@pytest.mark.parametrize(("most", "limit"), [(20_000_000, "20"), (500_000, "0.5")])
def test_what_is_packed_is_unpacked(why: NotHere, most: int, limit: str) -> None:
    assert unpack_why(pack_why(why, most)) == (why, limit)


def test_neither_kind_nor_host_need_be_known() -> None:
    message = file_not_here(replace(LINE, media_type=None, media_uri="nowhere"), pack_why(NotHere.ADDRESS, 1))
    assert message.text == ("The file is not here: its address cannot be used safely. Open it in Evo Voice.")


def left(name: str, why: NotHere) -> File:
    return File(name, why=pack_why(why, 20_000_000))


GONE = File("c.png", address="https://evo.example/media/1")


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ((), ""),
        ((GONE,), ""),
        ((left("a.png", NotHere.OFF),), "The text was sent, but not a.png: files do not go to Evo Voice."),
        ((left("a", NotHere.OFF), left("b", NotHere.OFF)),
         "The text was sent, but not a, b: files do not go to Evo Voice."),
        ((left("a.png", NotHere.BIG), GONE, left("b", NotHere.TYPE)),
         "Sent, but without a.png (larger than 20 MB), b (its type is not accepted)."),
        ((File("a"),), "The text was sent, but not a: files do not go to Evo Voice."),
    ],
)  # fmt: skip
def test_what_did_not_go_along_is_named_with_its_reason(files: tuple[File, ...], text: str) -> None:
    assert files_left(files) == text


def test_where_nothing_went_it_is_said() -> None:
    assert nothing_sent((left("a", NotHere.OFF),)) == (
        "a was not sent: files do not go to Evo Voice, and there was no text."
    )
    assert nothing_sent((left("a", NotHere.EMPTY),)) == (
        "Nothing was sent: no text, and no file that could go. a (it is empty)."
    )


@pytest.mark.parametrize("why", [why for why in NotHere if why is not NotHere.OFF])
def test_each_reason_has_its_words_on_the_way_out_too(why: NotHere) -> None:
    assert files_left([left("a", why)]) == f"Sent, but without a ({WHY_NOT_SENT[why].format(limit='20')})."


def test_a_name_is_one_line_and_not_endless() -> None:
    text = files_left([left("a\nb" * 100, NotHere.EMPTY)])
    assert "\n" not in text
    assert len(text) < 120
