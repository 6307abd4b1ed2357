"""What may enter a URL."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evo import BadId, EvoError
from bot.evo.ids import id_list, member_segment, safe_id

BAD = ["", ".", "..", "my", "MY", "active", "Active", "outgoing", "OutGoing", " ", "a b", "a/b", "a\\b", "a%2fb", "a?b"]
BAD += ["a#b", "a.b", "a,b", "a;b", "a\n", "\ufeffa", "é", "x" * 65, "../sessions", "a\x00"]


@pytest.mark.parametrize("text", ["a", "0", "507f1f77bcf86cd799439011", "A-b_9", "x" * 64, "myself", "-"])
def test_ids_that_may_enter(text: str) -> None:
    assert safe_id(text) == text


@pytest.mark.parametrize("text", BAD)
def test_ids_that_may_not(text: str) -> None:
    with pytest.raises(BadId, match=r"^Not an id that may be put into a path\.$"):
        safe_id(text)


def test_a_bad_id_is_a_value_error_too() -> None:
    assert issubclass(BadId, EvoError)
    assert issubclass(BadId, ValueError)


@pytest.mark.parametrize("text", ["", "a,b", "."])
def test_one_bad_id_spoils_the_list(text: str) -> None:
    with pytest.raises(BadId):
        id_list(["good", text])


@pytest.mark.parametrize(
    ("member", "segment"),
    [("ann@example.test", "ann%40example.test"), ("+14155550100", "%2B14155550100"), ("a'b@x.test", "a%27b%40x.test")],
)
def test_members_are_encoded_as_one_segment(member: str, segment: str) -> None:
    assert member_segment(member) == segment


@pytest.mark.parametrize("member", ["", ".", "..", "...", "a b", "a/b", "a\\b", "a?b", "a#b", "a%2fb", "a,b", "a\n"])
def test_members_that_may_not_enter(member: str) -> None:
    with pytest.raises(BadId):
        member_segment(member)


@given(st.text(max_size=20) | st.text("./%\\a?#", max_size=8))
def test_whatever_is_let_in_stays_one_segment_of_the_path(text: str) -> None:
    try:
        segment = safe_id(text)
    except BadId:
        return
    assert httpx.URL(f"https://h/sessions/{segment}/messages").raw_path == f"/sessions/{text}/messages".encode()
