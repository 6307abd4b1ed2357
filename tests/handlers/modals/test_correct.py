"""Send correction: what was edited after it had left goes out anew, if its author wants that."""

from __future__ import annotations

from typing import Any

import pytest

from bot import texts
from bot.model import Item, Kind, State
from bot.states import become
from bot.views import correct
from tests.handlers.world import CARD, World, body, break_disk, event, press, submission, values

TS = "1700000001.000200"


def wrong(**errors: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": errors}


async def edited(world: World, now: str = "Come at *three*, <@U2>") -> Item:
    """A reply that has left, and was changed then."""
    await world.active_session()
    await world.thread(event("Come at two"))
    (item,) = world.items(Kind.SAY)

    def work(tx: Any) -> None:
        become(tx, item, State.SENDING)
        become(tx, tx.item(item.key), State.DELIVERED, sent_text="Ana: Come at two")

    await world.store.write(work)
    before = {"user": "U1", "text": "Come at two", "ts": TS, "thread_ts": CARD}
    changed = event("", subtype="message_changed", message={**before, "text": now}, previous_message=before)
    await world.thread(changed)
    return world.store.read.item(item.key)


async def test_the_form_begins_with_what_the_message_says_now(world: World) -> None:
    item = await edited(world)
    assert body(await world.interact(press("session_correct", str(item.key), thread=CARD, ts="1.2"))) == {}
    (session,) = world.sessions()
    assert world.opened() == [correct.form(item, session, "Come at three, @Joe")]


async def test_what_has_become_a_note_does_not_stand_there(world: World) -> None:
    item = await edited(world, "note: she is upset")
    await world.interact(press("session_correct", str(item.key), thread=CARD, ts="1.2"))
    assert world.opened() == [correct.form(item, world.sessions()[0], "")]


@pytest.mark.parametrize("clicks", [1, 2])
async def test_a_correction_is_said_once_word_for_word(world: World, clicks: int) -> None:
    item = await edited(world)
    for _ in range(clicks):
        given = submission("session_correction", "V7", values({"c_text": "2*3*4 :wave:"}), str(item.key))
        assert body(await world.interact(given)) == {}
    _, said = world.items(Kind.SAY)
    assert (said.state, said.body, said.author, said.ts) == (State.PENDING, {"plain": "2*3*4 👋"}, "U1", None)


async def test_the_same_correction_in_another_form_is_not_sent_again(world: World) -> None:
    item = await edited(world)
    for view in ("V7", "V8"):
        given = submission("session_correction", view, values({"c_text": "at three"}), str(item.key))
        answer = body(await world.interact(given))
    assert "nothing was sent again" in answer["errors"]["c_text"]
    assert [said.body for said in world.items(Kind.SAY)[1:]] == [{"plain": "at three"}]


async def test_nobody_but_its_author_may(world: World) -> None:
    item = await edited(world)
    await world.interact(press("session_correct", str(item.key), user="U2", thread=CARD, ts="1.2"))
    assert world.opened() == []
    assert (await world.hints())[-1] == texts.NOT_YOURS
    given = submission("session_correction", "V7", values({"c_text": "x"}), str(item.key), user="U2")
    assert body(await world.interact(given)) == wrong(c_text=texts.NOT_YOURS)
    assert len(world.items(Kind.SAY)) == 1


async def test_a_session_that_is_over_takes_none(world: World) -> None:
    item = await edited(world)
    await world.store.write(lambda tx: tx.change_session(item.session, life="ended"))
    given = submission("session_correction", "V7", values({"c_text": "x"}), str(item.key))
    assert body(await world.interact(given)) == wrong(c_text=texts.ALREADY_OVER)


async def test_what_cannot_be_stored_is_said_and_nothing_is_lost(world: World) -> None:
    item = await edited(world)
    break_disk(world)
    given = submission("session_correction", "V7", values({"c_text": "x"}), str(item.key))
    assert body(await world.interact(given)) == wrong(c_text=texts.NOT_STORED)
    given = submission("session_correction", "V7", values({"c_text": " "}), str(item.key))
    assert body(await world.interact(given)) == wrong(c_text=correct.NOTHING)
