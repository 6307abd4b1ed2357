from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Line, LineName, NotHere
from bot.views.files import WHY, file_not_here, pack_why, unpack_why
from tests.bot.views.samples import SESSION, assert_good, words

LINE = Line(LineName("n"), SESSION.key, "ana@example.com", "", "https://cdn.example.com/a.png", "image/png", "")


def test_a_file_that_is_not_here_is_named_with_kind_host_reason_and_what_to_do() -> None:
    message = file_not_here(LINE, pack_why(NotHere.HOST, 20_000_000))
    assert_good(message)
    assert message.text == words(message) == (
        "The file (image/png) is not here: it lies at cdn.example.com, and I may not fetch from there. "
        "Open it in Evo Voice."
    )  # fmt: skip


@pytest.mark.parametrize("why", NotHere)
def test_each_reason_has_its_words(why: NotHere) -> None:
    message = file_not_here(LINE, pack_why(why, 1_500_000))
    assert_good(message)
    assert WHY[why].format(host="cdn.example.com", limit="1.5") in message.text


@pytest.mark.parametrize("why", NotHere)
@pytest.mark.parametrize(("most", "limit"), [(20_000_000, "20"), (500_000, "0.5")])
def test_what_is_packed_is_unpacked(why: NotHere, most: int, limit: str) -> None:
    assert unpack_why(pack_why(why, most)) == (why, limit)


def test_neither_kind_nor_host_need_be_known() -> None:
    message = file_not_here(replace(LINE, media_type=None, media_uri="nowhere"), pack_why(NotHere.ADDRESS, 1))
    assert message.text == (
        "The file is not here: its address at an address without a host cannot be used safely. Open it in Evo Voice."
    )
