"""A bot whose term may be over shows nothing: it may have stood still since it decided to."""

from __future__ import annotations

from bot.model import Mode
from tests.bot.courier.test_filesin import send
from tests.helpers import until
from tests.world import World

SHOWN_BY = ("chat.postMessage", "chat.update", "files.completeUploadExternal", "reactions.add")


async def test_nothing_is_posted_redrawn_uploaded_or_marked_once_the_term_may_be_over(world: World) -> None:
    session = await world.opened()
    assert session.thread is not None
    await until(lambda: "Active" in world.card(session), "the card")
    world.slack.faults.order("files.getUploadURLExternal", "slow", seconds=5)
    send(world, session)
    await until(lambda: world.thread(session), "the line, after which the file is begun")
    world.lasts, before = False, counted(world)
    await world.open(n=2)
    await world.item_when(await world.say(session, "We do"), "accepted", "delivered")
    await world.bridge.set_mode(session.thread, Mode.NOTES)
    await world.clock.wait(world.stopping, 10.0)
    assert counted(world) == before
    world.lasts = True
    await until(lambda: all(counted(world)[method] > before[method] for method in SHOWN_BY), "all four")


def counted(world: World) -> dict[str, int]:
    return {method: len(world.slack.journal.calls(method)) for method in SHOWN_BY}
