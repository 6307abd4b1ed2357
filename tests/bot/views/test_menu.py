from __future__ import annotations

import pytest

from bot.model import SessionKey
from bot.views.menu import More, menu, pack_more, unpack_more
from sandbox.slack.blocks import check_message


@pytest.mark.parametrize("what", list(More))
def test_what_was_packed_is_read_again(what: More) -> None:
    assert unpack_more(pack_more(what, SessionKey(7))) == (what, SessionKey(7))


@pytest.mark.parametrize("value", ["", "move", "move/", "move/x", "steal/7", "move/-1"])
def test_rubbish_is_no_choice(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack_more(value)


def test_slack_takes_the_menu() -> None:
    drawn = menu(SessionKey(7), [More.TRANSCRIPT, More.REMOVE, More.LINK, More.MOVE, More.REVEAL])
    assert check_message([{"type": "actions", "elements": [drawn]}]) == []
