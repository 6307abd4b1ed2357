from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.grammar import read_permalink
from bot.model import ChannelId, History, Life, Member, Mode, SessionType, TeamId, ThreadKey, Ts
from bot.views.about import About, Choice
from bot.views.link import BAD_THREAD, NO_SESSION, NO_THREAD, Begun, LinkForm, Look, Unseen, chosen_in, form, parse
from bot.views.transcript import Saying
from sandbox.slack.blocks import check_view
from tests.bot.views.forms import fill
from tests.bot.views.samples import SESSION

HERE = About(ChannelId("C1"), Ts("1700000000.000100"))
NOWHERE = About(ChannelId("C1"))
LINK = "https://acme.slack.com/archives/C0SALES/p1700000007000100"
URL = "https://acme.slack.com/"
THREADS = [ThreadKey(TeamId("T1"), ChannelId(f"C{n}"), Ts("1700000000.000100")) for n in range(9)]


def look(members: int = 0, text: str = "Hello", **changes: Any) -> Look:
    people = [Member(f"{text}{n}", f"{text} {n}") for n in range(members)]
    first = [Saying(1.0, text, text)] * 3
    return replace(Look(text, SessionType.CHAT, over=False, members=people, lines=1234, first=first), **changes)


@pytest.mark.parametrize("text", ["x", "&" * 4000, "<!channel>", "字" * 500, "*a* `b`\n\n>c"])
@pytest.mark.parametrize("members", [0, 1, 100])
@pytest.mark.parametrize("about", [HERE, NOWHERE])
def test_slack_would_take_the_form(text: str, members: int, about: About) -> None:
    """However long or odd the words in it are."""
    seen = look(members, text, threads=THREADS)
    begun = Begun(Choice("e1", text), seen, text, History.ALL, {"": text, "l_session": text, "l_thread": text})
    assert check_view(form(about, begun, replace(SESSION, name=text), URL)) == []


@pytest.mark.parametrize("seen", [None, *Unseen, look(), look(over=True), look(first=[], lines=0)])
def test_slack_would_take_it_whatever_is_known(seen: Look | Unseen | None) -> None:
    assert check_view(form(HERE, Begun(Choice("e1", "Boiler"), seen), None, URL)) == []


def test_what_was_filled_in_comes_out() -> None:
    view = form(NOWHERE, Begun(Choice("e1", "Boiler"), look(threads=THREADS[:1])), None, URL)
    given = fill(view, l_thread=LINK, l_mode="mention", l_history="24h", l_move=["move"])
    assert parse(given, NOWHERE) == LinkForm(
        "e1", read_permalink(LINK), Mode.MENTION, History.DAY, move=True  # type: ignore[arg-type]  # an id
    )  # fmt: skip
    assert chosen_in(given) == Choice("e1", "Boiler")


def test_where_the_thread_is_known_it_is_not_asked_for() -> None:
    view = form(HERE, Begun(Choice("e1", "Boiler")), None, URL)
    assert "l_thread" not in {block.get("block_id") for block in view["blocks"]}
    assert parse(fill(view), HERE) == LinkForm("e1", None, Mode.RELAY, History.NONE, move=False)  # type: ignore[arg-type]  # an id


@pytest.mark.parametrize("type_", [SessionType.VOICE, SessionType.FAX])
def test_a_call_or_a_fax_asks_for_no_mode(type_: SessionType) -> None:
    view = form(HERE, Begun(Choice("e1", "Boiler"), look(type=type_)), None, URL)
    parsed = parse(fill(view), HERE)
    assert isinstance(parsed, LinkForm)
    assert parsed.mode is None


@pytest.mark.parametrize(
    ("about", "typed", "errors"),
    [
        (HERE, None, {"l_session": NO_SESSION}),
        (NOWHERE, "", {"l_session": NO_SESSION, "l_thread": NO_THREAD}),
        (NOWHERE, "#sales", {"l_session": NO_SESSION, "l_thread": BAD_THREAD}),
    ],
)
def test_what_is_missing_is_said_under_its_field(about: About, typed: str | None, errors: dict[str, str]) -> None:
    given = {} if typed is None else {"l_thread": typed}
    assert parse(fill(form(about, Begun(), None, URL), **given), about) == errors


def test_the_form_says_where_replies_go_now_and_who_shows_the_session() -> None:
    view = form(HERE, Begun(Choice("e1", "Boiler"), look(2, threads=THREADS[:2])), SESSION, URL)
    said = [part["text"] for block in view["blocks"] if block["type"] == "context" for part in block["elements"]]
    thread = "https://acme.slack.com/archives/C{n}/p1700000000000100?thread_ts=1700000000.000100&amp;cid=C{n}"
    shown = ", ".join(f"<{thread.replace('&amp;', '&').format(n=n)}|a thread> in <#C{n}>" for n in range(2))
    replies = "Replies there go to “Broken boiler – Mrs Lee” now; then they go to the new one."
    assert said == [
        f"The thread in <#C1> shows the session from then on. {replies}",
        "In it: Hello 0, Hello 1. 1,234 lines have been said.",
        f"It stands in {shown} already. All of them show it, unless you move it.",
    ]


@pytest.mark.parametrize("life", [Life.ENDED, Life.FAILED])
def test_one_that_is_over_is_said_to_be_over(life: Life) -> None:
    view = form(HERE, Begun(Choice("e1", str(life)), look(over=True)), None, URL)
    assert "It has ended: replies are not sent." in str(view["blocks"])
