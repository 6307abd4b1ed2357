from __future__ import annotations

import pytest

from bot.model import ChannelId, SessionKey, TeamId, ThreadKey, Ts
from bot.views.about import About

WHOLE = About(ChannelId("C1"), Ts("1700000000.000100"), SessionKey(7))


@pytest.mark.parametrize("about", [WHOLE, About(ChannelId("C1"))])
def test_what_was_packed_is_read_again(about: About) -> None:
    assert About.unpack(about.pack()) == about


@pytest.mark.parametrize(
    "metadata",
    [
        "", "x", "7", "[]", "{}", '{"channel": "C1"}', '{"channel": 7, "thread": null, "session": null}',
        '{"channel": "C1", "thread": "now", "session": null}', '{"channel": "c/1", "thread": null, "session": null}',
        '{"channel": "C1", "thread": null, "session": "7"}', '{"channel": "C1", "thread": 1.2, "session": 7}',
    ],
)  # fmt: skip
def test_rubbish_is_refused(metadata: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        About.unpack(metadata)


def test_a_thread_is_in_its_channel() -> None:
    assert WHOLE.thread_in(TeamId("T1")) == ThreadKey(TeamId("T1"), ChannelId("C1"), Ts("1700000000.000100"))
    assert About(ChannelId("C1")).thread_in(TeamId("T1")) is None
