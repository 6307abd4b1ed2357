"""Which threads show a session, and words from nowhere: the same gesture twice is one."""

from __future__ import annotations

import pytest

from bot.bridge import Bridge
from bot.model import Actor, ChannelId, Email, Invitee, Kind, Mode, PostKind, Role, SlackName, ThreadKey, Ts
from bot.store import Store
from tests.helpers import ANA, CHANNEL, TEAM, THREAD, TestClock, house, opened, to_post

BY, NAME = Actor(TEAM, ANA), SlackName("T0TEAM/view/V1")
OTHER = ThreadKey(TEAM, CHANNEL, Ts("1700000005.000100"))
THIRD = ThreadKey(TEAM, CHANNEL, Ts("1700000006.000100"))
SALES = ChannelId("C0OTHER")


@pytest.fixture
def bridge(store: Store) -> Bridge:
    return Bridge(store, TestClock(), house(), lambda: None)


def roles(store: Store, session: int) -> dict[Ts, Role]:
    return {one.thread.ts: one.role for one in store.read.links_of(session)}  # type: ignore[arg-type]  # a key


def notices(store: Store) -> list[str]:
    return [post.text for post in to_post(store) if post.kind is PostKind.NOTICE]


@pytest.mark.parametrize("to", [OTHER, SALES])
async def test_a_thread_that_it_has_left_already_stays_as_it_is(
    store: Store, bridge: Bridge, to: ThreadKey | ChannelId
) -> None:
    """However often somebody presses the button, one thread is left once, and one card is posted."""
    session = await opened(store, bridge)
    for _ in range(2):
        await bridge.move(session, to, "Ana", THREAD)
    assert roles(store, session)[THREAD.ts] is Role.MOVED
    assert len(store.read.cards_of(session)) == 2
    assert len(notices(store)) == 1


@pytest.mark.parametrize("times", [1, 2])
async def test_moved_into_a_thread_it_leaves_all_others_and_they_say_so(
    store: Store, bridge: Bridge, times: int
) -> None:
    session = await opened(store, bridge)
    await bridge.link(session, OTHER, BY, NAME)
    for _ in range(times):
        await bridge.link(session, THIRD, BY, NAME, mode=Mode.MENTION, moved_by="Ana")
    assert roles(store, session) == {THREAD.ts: Role.MOVED, OTHER.ts: Role.MOVED, THIRD.ts: Role.TARGET}
    assert store.read.session(session).thread == THIRD
    assert store.read.links_in(THIRD)[0].mode is Mode.MENTION
    assert sorted(notices(store)) == ["Ana moved this session to another thread. Replies here are no longer sent."] * 2


async def test_plain_words_are_kept_as_they_are(store: Store, bridge: Bridge) -> None:
    session = await opened(store, bridge)
    for _ in range(2):
        await bridge.say(session, "2*3*4 <b>", BY, NAME, plain=True)
    assert [item.body for item in store.read.items_of(session, Kind.SAY)] == [{"plain": "2*3*4 <b>"}]


@pytest.mark.parametrize("times", [1, 2])
async def test_a_greeting_leaves_after_the_invitations(store: Store, bridge: Bridge, times: int) -> None:
    session = await opened(store, bridge)
    people = [Invitee(email=Email(f"{name}@example.com")) for name in ("joe", "max")]
    for _ in range(times):
        await bridge.invite(session, people, BY, NAME, greeting="Welcome")
    items = store.read.items_of(session, Kind.INVITE, Kind.SAY)
    assert [item.kind for item in items] == [Kind.INVITE, Kind.INVITE, Kind.SAY]
    assert items[-1].body == {"plain": "Welcome"}


@pytest.mark.parametrize("thread", [THREAD, OTHER])
async def test_a_card_that_is_deleted_is_replaced_within_its_thread(
    store: Store, bridge: Bridge, thread: ThreadKey
) -> None:
    """That at the head of a thread, and that in a thread which stood already."""
    session = await opened(store, bridge)
    await bridge.link(session, OTHER, BY, NAME)
    home, linked = store.read.cards_of(session)
    at = {THREAD: THREAD.ts, OTHER: Ts("1700000007.000200")}
    await store.write(lambda tx: tx.change_post(home, state="done", ts=at[THREAD]))
    await store.write(lambda tx: tx.change_post(linked, state="done", ts=at[OTHER]))
    for _ in range(2):
        await bridge.deleted(thread, at[thread])
    _, _, new = store.read.cards_of(session)
    assert (new.thread_ts, new.ts, new.state) == (thread.ts, None, "pending")
