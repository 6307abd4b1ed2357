from __future__ import annotations

from bot.views.notices import broken, notice_view
from sandbox.slack.blocks import check_view


def test_a_notice_is_a_modal_that_only_says_something() -> None:
    assert check_view(notice_view("x" * 9000)) == []
    assert "submit" not in notice_view("x")


def test_what_broke_has_a_reference() -> None:
    assert broken("ab12") == "Something broke on my side. Nothing else was affected. Give ref ab12 to an admin."
