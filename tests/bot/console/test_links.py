"""`evobot links`, as whoever sits at the console uses it, beside a bot that runs between both stand-ins."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot import reconciling
from bot.__main__ import main
from bot.console.links import DRY, WELL
from bot.model import Kind, Post, Role
from bot.store import Store
from bot.store.rows import POST_COLUMNS, to_post
from sandbox.slack.seeds import BOT_USER, SUPPORT
from tests.helpers import until
from tests.world import World, playing

BROKEN = 1


@pytest.fixture
async def world(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with playing(store) as world:
        given = {"SLACK_BOT_TOKEN": world.slack.settings.bot_token, "SLACK_SIGNING_SECRET": "x" * 20}
        given |= {"SLACK_API_URL": world.slack.api_url, "EVO_BASE_URL": world.evo.url, "EVO_PASSWORD": "correct-horse"}
        given |= {"EVO_USERNAME": "bot@example.com", "EVOBOT_DATABASE": str(tmp_path / "evobot.db")}
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        world.start()
        yield world


async def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = await asyncio.to_thread(main, ["links", *words])
    return code, capsys.readouterr().out


async def test_the_list_says_where_replies_go_and_what_is_wrong_and_no_names(
    world: World, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = await world.opened(n=1), await world.opened(n=2)
    await store.write(lambda tx: tx.drop_link(two.thread, two.key))
    code, listed = await said(capsys, "list")
    table = re.sub(r" {2,}", " | ", listed)
    assert (code, table.splitlines()[0]) == (0, "session | type | is | thread | replies | mode | trouble")
    assert f"{one.thread.channel}/{one.thread.ts} | go to it | relay" in table
    assert "Broken boiler" not in table
    broken = json.loads((await said(capsys, "list", "--broken", "--json"))[1])
    assert [(each["session_key"], each["trouble"]) for each in broken] == [(two.key, ["its home is not linked"])]


async def test_a_thread_that_is_gone_gets_a_new_card_only_when_it_is_said(
    world: World, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    session = await world.opened()
    assert await said(capsys, "repair") == (0, f"{WELL}\n")
    await world.slack.delete(BOT_USER, SUPPORT, str(session.thread_ts))
    code, told = await said(capsys, "repair")
    assert (code, told.splitlines()[-1], store.read.threads_of(session.key)) == (BROKEN, DRY, [session.thread])
    code, told = await said(capsys, "repair", "--apply")
    assert (code, ": the thread is gone. Mended: " in told) == (0, True)
    again = await world.session_when(session.key, lambda each: each.thread_ts not in {None, session.thread_ts})
    await world.say(again, "still here?")
    await until(lambda: world.sent(again) == ["Ben: still here?"], "the reply under the new card")
    assert await said(capsys, "repair") == (0, f"{WELL}\n")
    assert [(each.what, each.detail) for each in store.read.audited() if each.what == "mended"] == [
        ("mended", "the thread is gone")
    ]


async def test_a_post_that_stands_is_remembered_and_not_posted_again(
    world: World, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    session = await world.opened()
    world.evo.hear(session.evo_id, "joe@example.com", "hello")
    await until(lambda: len(world.thread(session)) == 1, "the line")
    await world.stop()
    post = _line(store)
    await store.write(lambda tx: tx.change_post(post, state="stuck", ts=None))
    assert (await said(capsys, "repair", "--apply"))[0] == 0
    assert (store.read.post(post.key).ts, store.read.post(post.key).state) == (post.ts, "done")
    world.start()
    assert len(world.thread(session)) == 1


async def test_what_a_person_has_unlinked_stays_unlinked_and_is_no_trouble(
    world: World, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    session = await world.opened()
    assert session.thread is not None
    await world.bridge.unlink(session.thread)
    assert await said(capsys, "repair", "--apply") == (0, f"{WELL}\n")
    assert store.read.links_in(session.thread) == []


async def test_a_home_that_is_not_linked_is_linked_by_a_person_only(
    world: World, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """What colleagues say there may not be for the other side any more."""
    session = await world.opened()
    assert session.thread is not None
    await store.write(lambda tx: tx.drop_link(session.thread, session.key))
    code, told = await said(capsys, "repair", "--apply")
    assert (code, ": its home is not linked. By hand: " in told, store.read.links_in(session.thread)) == (1, True, [])


async def test_cards_that_are_missing_are_posted_and_no_thread_has_two_targets(
    world: World, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    homeless, bare, older, newer = [await world.opened(n=n) for n in range(1, 5)]
    assert newer.thread is not None

    def harm(tx: Any) -> None:
        for session in (homeless, bare):
            tx._connection.execute("DELETE FROM post WHERE session = ? AND kind = 'card'", (session.key,))
        tx.drop_link(homeless.thread, homeless.key)
        tx.change_session(homeless.key, thread_ts=None)
        tx.add_link(newer.thread, older.key)
        tx._connection.execute("DROP INDEX link_one_target")
        tx.change_link(newer.thread, newer.key, role=Role.TARGET)

    await store.write(harm)
    code, told = await said(capsys, "repair", "--apply")
    assert (code, sorted(line.split(": ", 1)[1].partition(". Mended")[0] for line in told.splitlines())) == (
        0,
        [
            "no card",
            "no card in this thread",
            "no card in this thread",  # that of `older` in the thread of `newer`
            "replies go to two sessions",
            "replies go to two sessions. It is not so any more.",
        ],
    )
    found = await world.session_when(homeless.key, lambda each: each.thread_ts)
    assert found.thread_ts != homeless.thread_ts
    assert [(each.session, each.role) for each in store.read.links_in(newer.thread)] == [
        (newer.key, Role.TARGET),
        (older.key, Role.SHOWN),
    ]
    await until(
        lambda: all(card.ts for each in (bare, older) for card in store.read.cards_of(each.key)), "the cards to stand"
    )
    assert await said(capsys, "repair") == (0, f"{WELL}\n")


async def test_a_channel_that_the_bot_has_left_is_for_a_person_to_mend(
    world: World, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    session = await world.opened()
    await world.slack.leave(BOT_USER, SUPPORT)
    code, told = await said(capsys, "repair", "--apply")
    assert (code, ": the bot cannot see the channel. By hand: invite the bot" in told) == (1, True)
    assert store.read.threads_of(session.key) == [session.thread]


def _line(store: Store) -> Post:
    row = store.read._connection.execute(f"SELECT {POST_COLUMNS} FROM post WHERE kind = 'line'").fetchone()
    return to_post(row)


# Reconcile


async def test_what_only_one_side_has_is_named_and_nothing_is_sent(
    world: World, store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "YOUNG_SECONDS", -120.0)
    session = await world.opened()
    await world.item_when(await world.say(session, "one"), "delivered")
    world.evo.hear(session.evo_id, "joe@example.com", "two")
    await until(lambda: len(world.thread(session)) == 1, "the line")
    assert await reconciled(capsys) == (0, [])
    await world.stop()
    (item,) = store.read.items_of(session.key, Kind.SAY)
    post = _line(store)
    await store.write(lambda tx: tx.change_item(item.key, sent_text="never left"))
    await store.write(lambda tx: tx._connection.execute("UPDATE line SET item = NULL WHERE item IS NOT NULL"))
    await world.slack.delete(BOT_USER, SUPPORT, str(post.ts))
    world.evo.hear(session.evo_id, "joe@example.com", "three")
    before = len(world.evo.effects())
    code, gaps = await reconciled(capsys)
    assert (code, sorted(gaps)) == (1, ["not_at_evo", "not_in_slack", "not_taken"])
    assert len(world.evo.effects()) == before


async def reconciled(capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    code = await asyncio.to_thread(main, ["reconcile", "--json"])
    return code, [each["gap"] for each in json.loads(capsys.readouterr().out)]
