"""Transcript lines: each once, our own recognised, the rest to every thread."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bridge import Bridge, Own
from bot.bridge.echo import file_behind, named
from bot.model import (
    MISSED,
    Actor,
    ChannelId,
    EvoSessionId,
    Heard,
    ItemKey,
    Kind,
    Member,
    News,
    Observed,
    PostKind,
    Said,
    SessionKey,
    SlackName,
    State,
    ThreadKey,
    Ts,
)
from bot.store import Store
from bot.store.rows import pack_members
from tests.helpers import ANA, CHANNEL, JOE, TEAM, THREAD, TestClock, a_session, chat, house, opened, to_post

OWN = Own(frozenset({"bot@example.com"}))
NOW = 2_000_000_000.0
LEE, MAX = Member("+15035550123", ""), Member("max@example.com", "Max Hill")


@pytest.fixture
def bridge(store: Store) -> Bridge:
    return Bridge(store, TestClock(), house(), lambda: None)


@pytest.fixture
async def session(store: Store, bridge: Bridge) -> SessionKey:
    key = await opened(store, bridge)
    await store.write(lambda tx: tx.change_session(key, members=pack_members([LEE, MAX])))
    return key


def line(text: str, sender: str = "+15035550123", date: str = "2026-01-01T10:00:00Z") -> Heard:
    return Heard(sender, text, None, None, date)


async def sent(store: Store, bridge: Bridge, session: SessionKey, text: str, state: State, n: int = 1) -> ItemKey:
    """A reply of ours that has left as `text` and stands in `state`."""
    await bridge.relay(Said(THREAD, Ts(f"17000001{n:02}.000100"), JOE, text))
    item = store.read.items_of(session, Kind.SAY)[-1]
    named_ = {"evo_name": f"message:{n}"} if state is State.DELIVERED else {}
    left = {"state": state, "sent_text": text, "sending_at": n, "unknown_at": n, "attempts": 1}
    await store.write(lambda tx: tx.change_item(item.key, **left, **named_))
    return item.key


def posted(store: Store, channel: ChannelId = CHANNEL) -> list[str]:
    lines = [store.read.line(post.line) for post in to_post(store, channel) if post.line]
    return [found.text for found in lines if found]


async def test_a_line_is_posted_once_however_often_it_is_read(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    there = store.read.session(session)
    said = line("hello"), line("anybody?")
    news = [await bridge.hear(there, said, OWN) for _ in range(3)]
    assert (news, posted(store)) == ([News(2, said), News(), News()], ["hello", "anybody?"])


async def test_equal_lines_are_told_apart_by_their_number(store: Store, bridge: Bridge, session: SessionKey) -> None:
    there = store.read.session(session)
    await bridge.hear(there, [line("ok"), line("ok")], OWN)
    await bridge.hear(there, [line("ok"), line("ok"), line("ok")], OWN)
    assert posted(store) == ["ok", "ok", "ok"]


async def test_a_line_goes_to_every_thread_of_its_session(store: Store, bridge: Bridge, session: SessionKey) -> None:
    second = ThreadKey(TEAM, ChannelId("C0SUPPORT"), Ts("1700000009.000100"))
    await store.write(lambda tx: tx.add_link(second, session))
    await bridge.hear(store.read.session(session), [line("hello")], OWN)
    assert (posted(store), posted(store, second.channel)) == (["hello"], ["hello"])


@pytest.mark.parametrize(("wanted", "silent", "told"), [(True, 601, 1), (True, 599, 0), (False, 601, 0)])
async def test_who_wants_it_is_told_once_that_somebody_writes_after_a_silence(
    store: Store, session: SessionKey, wanted: bool, silent: float, told: int
) -> None:
    clock = TestClock()
    bridge = Bridge(store, clock, house(), lambda: None)
    await bridge.settle(Actor(TEAM, ANA), notify=wanted)
    clock.advance(silent)
    for lines in ([line("one"), line("two")], [line("one"), line("two"), line("three")]):
        await bridge.hear(store.read.session(session), lines, OWN)
    direct = [post.text for post in to_post(store, ChannelId(ANA)) if post.kind is PostKind.DIRECT]
    assert direct == ["Somebody wrote in your session “Broken boiler” after a silence."] * told


async def test_our_own_words_are_not_posted_back(store: Store, bridge: Bridge, session: SessionKey) -> None:
    await sent(store, bridge, session, "Joe: hi", State.DELIVERED)
    new = await bridge.hear(store.read.session(session), [line("Joe:  hi\r\n", "bot@example.com")], OWN)
    assert (new, posted(store)) == (News(1), [])


@pytest.mark.parametrize("sender", ["bot@example.com", "BOT@example.com", "endpoint-77", "Acme Support", ""])
async def test_our_name_in_a_transcript_may_have_any_form(
    store: Store, bridge: Bridge, session: SessionKey, sender: str
) -> None:
    await sent(store, bridge, session, "Joe: hi", State.DELIVERED)
    await bridge.hear(store.read.session(session), [line("Joe: hi", sender)], OWN)
    assert posted(store) == []


@pytest.mark.parametrize("sender", ["+15035550123", "max@example.com", "Max Hill"])
async def test_a_member_who_repeats_our_words_is_heard(
    store: Store, bridge: Bridge, session: SessionKey, sender: str
) -> None:
    await sent(store, bridge, session, "Joe: hi", State.DELIVERED)
    await bridge.hear(store.read.session(session), [line("Joe: hi", sender)], OWN)
    assert posted(store) == ["Joe: hi"]


async def test_our_words_are_recognised_once_each(store: Store, bridge: Bridge, session: SessionKey) -> None:
    """A third line of the same words is no echo: somebody really sent it twice, and people should see that."""
    for n in (1, 2):
        await sent(store, bridge, session, "Joe: ok", State.DELIVERED, n)
    lines = [line("Joe: ok", "bot@example.com", f"2026-01-01T10:00:0{n}Z") for n in range(3)]
    await bridge.hear(store.read.session(session), lines, OWN)
    assert posted(store) == ["Joe: ok"]


@pytest.mark.parametrize("state", [State.UNKNOWN, State.NEEDS_PERSON, State.PENDING])
async def test_a_doubt_ends_when_the_words_show_up(
    store: Store, bridge: Bridge, session: SessionKey, state: State
) -> None:
    """Even a repeat that was already decided is called off."""
    item = await sent(store, bridge, session, "Joe: hi", state)
    await bridge.hear(store.read.session(session), [line("Joe: hi", "bot@example.com")], OWN)
    assert store.read.item(item).state is State.DELIVERED


async def test_words_typed_again_are_recognised_before_those_that_never_arrived(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    """Else the new ones would look absent and be sent twice."""
    old = await sent(store, bridge, session, "Joe: ok", State.NEEDS_PERSON, 1)
    new = await sent(store, bridge, session, "Joe: ok", State.UNKNOWN, 2)
    await bridge.hear(store.read.session(session), [line("Joe: ok", "bot@example.com")], OWN)
    assert (store.read.item(old).state, store.read.item(new).state) == (State.NEEDS_PERSON, State.DELIVERED)


@pytest.mark.parametrize("state", [State.REFUSED, State.WITHDRAWN])
async def test_what_was_refused_is_not_taken_for_arrived(
    store: Store, bridge: Bridge, session: SessionKey, state: State
) -> None:
    old = await sent(store, bridge, session, "Joe: ok", state, 1)
    new = await sent(store, bridge, session, "Joe: ok", State.UNKNOWN, 2)
    await bridge.hear(store.read.session(session), [line("Joe: ok", "bot@example.com")], OWN)
    assert (store.read.item(old).state, store.read.item(new).state) == (state, State.DELIVERED)


async def test_a_certain_message_comes_before_a_doubtful_one_that_says_the_same(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    """Else the doubtful one would count as arrived, and be lost."""
    await sent(store, bridge, session, "Joe: ok", State.DELIVERED, 1)
    doubtful = await sent(store, bridge, session, "Joe: ok", State.UNKNOWN, 2)
    await bridge.hear(store.read.session(session), [line("Joe: ok", "bot@example.com")], OWN)
    assert store.read.item(doubtful).state is State.UNKNOWN


async def test_our_own_entry_among_the_members_does_not_rule_us_out(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    us = Member("bot@example.com", "Ana (Slack)")
    await store.write(lambda tx: tx.change_session(session, members=pack_members([LEE, us])))
    await sent(store, bridge, session, "Joe: hi", State.DELIVERED)
    await bridge.hear(store.read.session(session), [line("Joe: hi", "Ana (Slack)")], OWN)
    assert posted(store) == []


async def test_a_line_heard_before_the_card_stands_is_shown_under_it(store: Store, bridge: Bridge) -> None:
    key = await bridge.open(chat(), Actor(TEAM, JOE), CHANNEL, SlackName("T/view/V9"))
    await store.write(lambda tx: tx.change_session(key, evo_id="evo-9", life="active"))
    await bridge.hear(store.read.session(key), [line("early")], OWN)
    assert posted(store) == []
    await store.write(lambda tx: tx.home_found(key, Ts("1700000099.000100")))
    assert posted(store) == ["early"]


async def test_lines_that_differ_in_their_medias_type_only_are_told_apart(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    lines = [Heard("joe", "", "u", kind, "2026-01-01") for kind in ("image/png", "image/jpeg")]
    assert await bridge.hear(store.read.session(session), lines, OWN) == News(2, tuple(lines))


async def test_a_file_whose_address_is_signed_anew_each_time_is_one_file(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    there = store.read.session(session)
    for signature in ("?sig=1", "?sig=2", ""):
        await bridge.hear(there, [Heard("joe", "", f"https://h/a.png{signature}", "image/png", "2026-01-01")], OWN)
    assert [post.kind for post in to_post(store) if post.line] == ["line", "file"]


async def test_a_file_goes_behind_the_last_part_of_its_line_in_every_thread(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    second = ThreadKey(TEAM, ChannelId("C0SUPPORT"), Ts("1700000009.000100"))
    await store.write(lambda tx: tx.add_link(second, session))
    long = Heard("joe", "word " * 1000, "https://h/a.png", "image/png", "2026-01-01")
    await bridge.hear(store.read.session(session), [long, line("next")], OWN)
    for channel in (CHANNEL, second.channel):
        first, other, file, following = (post for post in to_post(store, channel) if post.line)
        assert (first.kind, other.kind, file.kind, following.kind) == ("line", "line", "file", "line")
        assert (file_behind(other.name), file_behind(file.name)) == (file.name, "")


async def test_words_seen_while_their_request_is_under_way_are_remembered(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    item = await sent(store, bridge, session, "Joe: hi", State.SENDING)
    await bridge.hear(store.read.session(session), [line("Joe: hi", "bot@example.com")], OWN)
    assert store.read.item(item).state is State.SENDING
    assert store.read.echo_of(item) is not None


async def test_people_coming_and_going_are_told_in_the_thread(
    store: Store, bridge: Bridge, session: SessionKey
) -> None:
    kim = Member("kim@example.com", "Kim Ode")
    seen = Observed(EvoSessionId("evo-1"), ended=False, call_state="Connected", members=(LEE, kim))
    await bridge.observe(session, seen)
    await bridge.observe(session, seen)
    texts = [post.text for post in to_post(store) if post.text]
    assert texts == ["Kim Ode joined.", "Max Hill left."]


async def test_the_end_is_told_once_and_closes_the_thread(store: Store, bridge: Bridge, session: SessionKey) -> None:
    over = Observed(EvoSessionId("evo-1"), ended=True, call_state="Disconnected")
    await bridge.observe(session, over)
    await bridge.observe(session, over)
    texts = [post.text for post in to_post(store) if post.text]
    assert texts == ["This session has ended. Replies here are no longer sent. It lasted 1 s."]
    assert (store.read.session(session).life.value, store.read.open_sessions()) == ("ended", [])


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y"])), max_size=12))
def test_names_are_unique_and_do_not_depend_on_what_comes_later(pairs: list[tuple[str, str]]) -> None:
    lines = [line(text, sender) for sender, text in pairs]
    names = [name for name, _ in named(a_session(), lines)]
    assert len(set(names)) == len(names)
    assert [name for name, _ in named(a_session(), lines[:5])] == names[:5]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("Ringing", "Connected", ["The call is connected."]),
        ("Hold", "Connected", []),
        ("Connected", "Hold", []),
        ("Ringing", "Ringing", []),
    ],
)
async def test_a_call_that_is_taken_is_told(
    store: Store, bridge: Bridge, session: SessionKey, before: str, after: str, told: list[str]
) -> None:
    for state in (before, after, after):
        await bridge.observe(session, Observed(EvoSessionId("evo-1"), ended=False, call_state=state))
    assert [post.text for post in to_post(store) if post.text] == told


async def test_a_call_that_nobody_took_is_told_as_missed(store: Store, bridge: Bridge, session: SessionKey) -> None:
    await bridge.observe(session, Observed(EvoSessionId("evo-1"), ended=True, call_state=MISSED))
    assert [post.text for post in to_post(store) if post.text] == ["This call was missed. Nobody took it."]
    assert store.read.session(session).call_state == MISSED


async def test_the_name_of_a_post_holds_nobodys_words(store: Store, bridge: Bridge, session: SessionKey) -> None:
    """It travels in the message's metadata, which has a limit: over it, nothing more would be posted in the thread."""
    kim = Member("kim@example.com", "Kim Ode " * 3000)
    seen = Observed(EvoSessionId("evo-1"), ended=False, call_state="Connected", members=(LEE, kim))
    await bridge.observe(session, seen)
    names = [post.name for post in to_post(store)]
    assert [name for name in names if "Kim" in name or len(name) > 200] == []
    assert len(set(names)) == len(names)
