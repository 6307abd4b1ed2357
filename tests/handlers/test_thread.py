from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from bot.bridge import NotYet
from bot.model import ChannelId, File, FileId, Kind, Said, SessionKey, State, TeamId, ThreadKey, Ts, UserId
from bot.store import Store, Unavailable
from handlers.thread import said_in
from tests.handlers.world import BOT, CARD, World, break_disk, event, new_values, submission
from tests.helpers import house, until

HOUSE = replace(house(), bot=BOT)

HOME = ThreadKey(TeamId("T1"), ChannelId("C1"), Ts(CARD))
AT = Ts("1700000001.000200")
LEFT_ALONE = [
    "message_changed",
    "message_deleted",
    "bot_message",
    "channel_join",
    "channel_leave",
    "channel_topic",
    "message_replied",
    "tombstone",
    "pinned_item",
    "reminder_add",
    "ekm_access_denied",
    "document_mention",
    "something_new",
]


@pytest.mark.parametrize(
    ("more", "files"),
    [
        ({}, ()),
        ({"subtype": "thread_broadcast"}, ()),
        ({"subtype": "me_message"}, ()),
        ({"type": "app_mention"}, ()),
        ({"app_id": "A9"}, ()),
        ({"subtype": "file_share", "files": [{"name": "a.png"}, {"id": "F1"}]},
         (File("a.png"), File("a file", id=FileId("F1")))),
    ],
)  # fmt: skip
def test_what_people_say_in_a_thread_is_taken(more: dict[str, Any], files: tuple[File, ...]) -> None:
    assert said_in(event("hello", **more), HOUSE) == Said(HOME, AT, UserId("U1"), "hello", files)


@pytest.mark.parametrize(
    ("told", "file"),
    [
        ({"id": "F1", "name": "a.png", "size": 9, "mimetype": "image/png", "url_private": "https://files.slack.com/x"},
         File("a.png", FileId("F1"), 9, "image/png", "https://files.slack.com/x")),
        ({"id": "F1", "mode": "tombstone"}, File("a file", FileId("F1"), there=False)),
        ({"id": "F1", "mode": "hidden_by_limit"}, File("a file", FileId("F1"), there=False)),
        ({"name": "a", "mode": "external"}, File("a", outside=True)),
        ({"name": "a", "is_external": True}, File("a", outside=True)),
        ({"name": "a", "mode": "hosted", "is_external": False}, File("a")),
        ({"name": 7, "id": "<!x>", "size": -1, "mimetype": [], "url_private": {}, "mode": []}, File("a file")),
        ({"name": "a", "size": "9"}, File("a")),
        ("nonsense", File("a file")),
    ],
)  # fmt: skip
def test_of_a_file_as_much_is_believed_as_slack_documents(told: object, file: File) -> None:
    said = said_in(event("hello", subtype="file_share", files=[told]), HOUSE)
    assert said is not None
    assert said.files == (file,)


ODD = (None, True, 7, 10**400, 1.5, float("nan"), "", "\ud800", "\x00", [], ["x"], {}, {"a": 1})


@pytest.mark.parametrize(
    "place",
    ["type", "subtype", "user", "channel", "ts", "thread_ts", "text", "files", "bot_id", "blocks", "attachments"],
)
def test_an_event_of_an_odd_shape_breaks_nothing(place: str) -> None:
    """What is taken all the same can be stored: ids and time stamps are words, texts are whole."""
    for odd in ODD:
        payload = event("hello")
        payload["event"][place] = odd
        said = said_in(payload, HOUSE)
        if said is not None:
            stored = "".join([said.name(), said.thread.ts, said.user, said.text, *(file.name for file in said.files)])
            assert stored.encode()
            assert float(said.ts)


def test_an_envelope_of_an_odd_shape_holds_nothing() -> None:
    for odd in ODD:
        assert said_in({**event("hello"), "event": odd}, HOUSE) is None
        assert said_in({**event("hello"), "team_id": odd}, HOUSE) is None


def test_a_file_without_words_is_taken() -> None:
    said = said_in(event("", subtype="file_share", files=[{"name": "a.png"}]), HOUSE)
    assert said == Said(HOME, AT, UserId("U1"), "", (File("a.png"),))


def test_a_pasted_table_is_taken_though_the_text_does_not_hold_it() -> None:
    """Slack's clients make one of cells from a spreadsheet."""
    rows = [[{"type": "raw_text", "text": word} for word in row] for row in (("Part", "Price"), ("Pump", "120"))]
    table = {"id": 1, "fallback": "[no preview available]", "blocks": [{"type": "table", "rows": rows}]}
    said = said_in(event("See:", attachments=[table]), HOUSE)
    assert said == Said(HOME, AT, UserId("U1"), "See:\nPart | Price\nPump | 120")


def test_a_mention_outside_a_thread_starts_one() -> None:
    own = ThreadKey(TeamId("T1"), ChannelId("C1"), AT)
    assert said_in(event("<@UBOT> help", thread=""), HOUSE) == Said(own, AT, UserId("U1"), "<@UBOT> help")


@pytest.mark.parametrize(
    "ignored",
    [
        event("hello", thread=""),
        event("hello <@UBOT>", thread=""),
        event("hello", thread=AT),
        event("hello", user=None),
        event("hello", user="UBOT"),
        event("hello", bot_id="B9"),
        event("hello", bot_profile={"id": "B9"}),
        event("hello", app_id="A1"),
        event("hello", hidden=True),
        event("hello", channel=None),
        event("hello", ts=None),
        event("hello", type="reaction_added"),
        event("hello") | {"team_id": None},
        {"type": "event_callback"},
        {},
        *(event("hello", subtype=subtype) for subtype in LEFT_ALONE),
    ],
)
def test_everything_else_is_left_alone(ignored: dict[str, Any]) -> None:
    assert said_in(ignored, HOUSE) is None


async def test_a_reply_is_stored_when_the_call_returns(world: World) -> None:
    await world.active_session()
    await world.thread(event("hello"))
    (item,) = world.items(Kind.SAY)
    assert (item.state, item.body["text"], item.author) == (State.PENDING, "hello", "U1")


async def test_a_message_and_its_mention_twin_are_one(world: World) -> None:
    await world.active_session()
    for kind in ("message", "app_mention", "message"):
        await world.thread(event("hello <@UBOT>", type=kind))
    assert len(world.items(Kind.SAY)) == 1


async def test_a_command_is_answered_once_in_the_thread_and_never_relayed(world: World) -> None:
    await world.active_session()
    for kind in ("message", "app_mention"):
        await world.thread(event("<@UBOT> hlep", type=kind))
    (told,) = await world.hints()
    assert told.startswith("I do not know “hlep”. Did you mean `help`? Nothing was sent.")
    assert world.slack.asked("chat.postEphemeral")[0]["thread_ts"] == CARD
    assert world.items(Kind.SAY) == []


async def test_a_command_that_is_found_before_slack_brings_it_is_answered_once(world: World) -> None:
    await world.active_session()
    asked = event("<@UBOT> help", ts=f"{time.time():.6f}")
    assert not await world.thread.missed(asked)
    await world.thread(asked)
    assert ["In a session's thread" in told for told in await world.hints()] == [True]


async def test_a_command_that_slack_brings_while_the_one_that_was_found_is_carried_out_is_answered_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several bots agree on who is the first."""
    claims: list[str] = []

    async def first(_store: Store, name: str) -> bool:
        claims.append(name)
        return claims.count(name) == 1

    monkeypatch.setattr(world.store.others, "first", first)
    await world.active_session()
    asked = event("<@UBOT> help", ts=f"{time.time():.6f}")
    world.door.completed.clear()
    found, brought = (asyncio.create_task(take(asked)) for take in (world.thread.missed, world.thread))
    await until(lambda: len(claims) == 2, "both ask who is the first")
    world.door.completed.set()
    await found
    with suppress(NotYet):  # if that took long: then Slack brings it again
        await brought
    assert ["In a session's thread" in told for told in await world.hints()] == [True]


async def test_a_mention_in_the_channel_is_answered_in_the_channel(world: World) -> None:
    await world.thread(event("<@UBOT> end", thread=""))
    assert "This thread is not linked to a session" in (await world.hints())[0]
    assert "thread_ts" not in world.slack.asked("chat.postEphemeral")[0]


@pytest.mark.parametrize(
    ("brought", "holds"),
    [
        ([("at three", 1), ("at four", 2), ("at three", 1)], "at four"),
        ([("at four", 2), ("at three", 1)], "at four"),
        ([("at two", 2), ("at three", 1)], "at two"),
        ([("at three", 1), ("at four", 1)], "at four"),
    ],
    ids=["again an hour later", "in another order", "what was taken back", "two in one second"],
)
async def test_the_last_change_of_a_message_holds_whenever_slack_brings_the_others(
    world: World, brought: list[tuple[str, int]], holds: str
) -> None:
    await world.active_session()
    first = {"user": "U1", "text": "at two", "ts": AT, "thread_ts": CARD}
    await world.thread(event("at two"))
    for text, second in brought:
        changed = {**first, "text": text, "edited": {"user": "U1", "ts": f"170000000{second}.000000"}}
        before = {**first, "text": "something else"}
        await world.thread(event("", subtype="message_changed", message=changed, previous_message=before))
    await world.thread(event("at two"))
    assert [(item.state, item.body["text"]) for item in world.items(Kind.SAY)] == [(State.PENDING, holds)]


async def test_a_slack_that_takes_no_hint_does_not_undo_the_reply(world: World) -> None:
    await world.active_session()
    world.slack.faults["chat.postEphemeral"] = "user_not_in_channel"
    await world.thread(event("<@UBOT> help"))
    assert len(await world.hints()) == 1


async def test_what_could_not_be_stored_is_not_taken(world: World) -> None:
    await world.active_session()
    break_disk(world)
    with pytest.raises(Unavailable):
        await world.thread(event("hello"))


async def test_a_reply_under_a_card_without_a_name_has_to_come_again(world: World) -> None:
    await world.interact(submission("session_new", "V1", new_values()))
    card = world.store.read.card_of(SessionKey(1))
    assert card is not None
    await world.store.write(lambda tx: tx.change_post(card, state="sending", attempts=1, sending_at=time.time()))
    with pytest.raises(NotYet):
        await world.thread(event("hello"))


async def test_a_reply_under_a_card_waits_a_moment_for_the_name_of_the_card(world: World) -> None:
    """Slack would bring it again in a minute, and what is written meanwhile would overtake it."""
    await world.interact(submission("session_new", "V1", new_values()))
    card = world.store.read.card_of(SessionKey(1))
    assert card is not None
    await world.store.write(lambda tx: tx.change_post(card, state="sending", attempts=1, sending_at=time.time()))
    taking = asyncio.create_task(world.thread(event("hello")))
    await asyncio.sleep(0)
    await world.store.write(lambda tx: tx.add_link(HOME, SessionKey(1)))
    await taking
    assert [item.body["text"] for item in world.store.read.items_of(SessionKey(1), Kind.SAY)] == ["hello"]


async def test_old_hints_are_forgotten(world: World) -> None:
    for n in range(1100):
        world.thread._first_time(Said(HOME, Ts(str(n)), UserId("U1"), "").name())
    assert len(world.thread._told) == 1000


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("<!channel>", "@channel"), ("<https://evil.example|bank>", "bank (https://evil.example)"), ("&lt;x", "&lt;x")],
)
async def test_an_unknown_command_is_quoted_without_its_tokens(world: World, typed: str, shown: str) -> None:
    await world.active_session()
    await world.thread(event(f"<@UBOT> {typed}"))
    (told,) = await world.hints()
    assert told.startswith(f"I do not know “{shown}”. Nothing was sent.")


@pytest.mark.parametrize("typed", ["@Evo end", "@evo: end", "  @EVO end", "*@Evo* end"])
async def test_a_mention_that_slack_made_none_of_is_one_all_the_same(world: World, typed: str) -> None:
    """Typed by hand, or pasted: it would have gone to the customer."""
    world.door.house = replace(world.door.house, names=("Evo", "bridge"))
    await world.active_session()
    await world.thread(event(typed))
    assert ([item.kind for item in world.items(Kind.END)], world.items(Kind.SAY)) == ([Kind.END], [])


async def test_a_name_that_only_begins_like_ours_is_somebody_elses(world: World) -> None:
    world.door.house = replace(world.door.house, names=("Evo",))
    await world.active_session()
    await world.thread(event("@Evora, can you take this?"))
    (item,) = world.items(Kind.SAY)
    assert item.state is State.KEPT
    assert (await world.hints())[0].startswith("Kept internal, because it begins by addressing colleagues.")
