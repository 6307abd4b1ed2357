"""What both sides have said, a page at a time, from the store."""

from __future__ import annotations

from bot.model import Heard, Kind, LineName, Session, State
from bot.states import become
from bot.views import notices, transcript
from bot.views.transcript import Saying
from handlers.modals.transcript import said_in
from tests.handlers.world import World, body, event, press_in


async def talk(world: World, lines: int) -> Session:
    session = await world.active_session()

    def work(tx: object) -> None:
        for n in range(lines):
            line = Heard("+15035550123", f"Nr. {n}", None, None, f"2026-01-01T10:{n // 60:02}:{n % 60:02}+00:00")
            tx.add_line(LineName(f"l{n}"), session.key, line, None, 0)  # type: ignore[attr-defined]  # a Tx

    await world.store.write(work)
    return session


async def test_both_sides_are_told_in_the_order_in_which_they_spoke(world: World) -> None:
    session = await talk(world, 1)
    await world.thread(event("Hello"))
    (item,) = world.items(Kind.SAY)
    at = 1767261000.0  # ten minutes before

    def leave(tx: object) -> None:
        become(tx, item, State.SENDING, sending_at=at)  # type: ignore[arg-type]  # a Tx
        become(tx, tx.item(item.key), State.DELIVERED, sent_text="Ana: Hello")  # type: ignore[arg-type,attr-defined]  # a Tx

    await world.store.write(leave)
    assert said_in(world.store.read, session) == [
        Saying(at, "Ana", "Hello"),
        Saying(at + 600, "+15035550123", "Nr. 0"),
    ]


async def test_earlier_shows_the_page_before(world: World) -> None:
    session = await talk(world, 150)
    sayings = said_in(world.store.read, session)
    view = transcript.page(session, sayings)
    assert body(await world.interact(press_in(view, "transcript_earlier", f"{session.key}/50"))) == {}
    assert world.redrawn() == [transcript.page(session, sayings, 50)]


async def test_who_may_not_is_told_why_and_sees_nothing(world: World) -> None:
    session = await talk(world, 150)
    view = transcript.page(session, said_in(world.store.read, session))
    await world.interact(press_in(view, "transcript_earlier", f"{session.key}/50", user="UGUEST"))
    told = "Guests of this workspace may not use sessions. Ask a full member to do it for you."
    assert world.redrawn() == [notices.notice_view(told)]
