"""When a Home is drawn: at once for who asks, at most every three seconds else, and only when something differs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.model import Actor, TeamId, UserId
from bot.store import Unavailable
from bot.views.home import Look
from handlers.home import Homes
from handlers.home.keeping import AT_ONCE, MOST, OPEN_SECONDS, REDRAW_SECONDS
from tests.handlers.world import ANA, TEAM, World, home_opened, person, world_in
from tests.helpers import TestClock, until

BY = Actor(TeamId(TEAM), UserId(ANA))


@dataclass
class Keeping:
    """Homes whose time the test owns; one look is one turn of the loop, with all that is drawn in it."""

    world: World
    clock: TestClock
    homes: Homes
    count: int = 0

    async def look(self, seconds: float = 0) -> int:
        """How often something was published since the last look."""
        self.clock.advance(seconds)
        before = len(self.published())
        self.homes._notice_changes()
        self.homes._draw_what_is_due()
        await asyncio.gather(*(there.drawing for there in self.homes._open.values() if there.drawing))
        return len(self.published()) - before

    def published(self) -> list[dict[str, Any]]:
        return self.world.slack.asked("views.publish")

    async def change(self) -> None:
        """Something that shows in Ana's Home."""
        self.count += 1
        await self.world.door.bridge.settle(BY, evo_name=f"Ana {self.count}")


@pytest.fixture
async def keeping(tmp_path: Path) -> AsyncIterator[Keeping]:
    async with world_in(tmp_path) as world:
        clock = TestClock()
        yield Keeping(world, clock, Homes(world.door, clock, lambda: world.store.version))


async def test_it_is_drawn_when_it_is_opened_and_not_again_while_nothing_changes(keeping: Keeping) -> None:
    keeping.homes.opened(home_opened())
    assert [await keeping.look(seconds) for seconds in (0, 1, 5, 60)] == [1, 0, 0, 0]


async def test_a_change_is_shown_at_the_next_look(keeping: Keeping) -> None:
    keeping.homes.opened(home_opened())
    await keeping.look()
    await keeping.change()
    assert await keeping.look() == 1
    assert "Ana 1" in str(keeping.published()[-1])


async def test_many_changes_are_one_drawing_every_three_seconds(keeping: Keeping) -> None:
    keeping.homes.opened(home_opened())
    await keeping.look()
    drawn = 0
    for _ in range(31):
        await keeping.change()
        drawn += await keeping.look(1.0)
    assert drawn == pytest.approx(31 / REDRAW_SECONDS, abs=1)
    await keeping.look(REDRAW_SECONDS)
    assert "Ana 31" in str(keeping.published()[-1])


async def test_what_somebody_asks_for_themselves_waits_for_nothing(keeping: Keeping) -> None:
    keeping.homes.opened(home_opened())
    await keeping.look()
    for page in (1, 2, 3):
        keeping.homes.show(BY, Look(page=page))
        assert await keeping.look() == 1


async def test_what_changes_for_somebody_else_is_not_published(keeping: Keeping) -> None:
    keeping.homes.opened(home_opened())
    await keeping.look()
    await keeping.world.door.bridge.settle(Actor(TeamId(TEAM), UserId("U2")), evo_name="Joe")
    assert await keeping.look(10) == 0


async def test_trouble_is_shown_though_nothing_is_committed(keeping: Keeping) -> None:
    keeping.homes.opened(home_opened())
    await keeping.look()
    keeping.world.door.troubles = lambda: ["Evo Voice: it does not answer"]
    assert await keeping.look() == 1


async def test_after_ten_minutes_nobody_is_taken_to_look(keeping: Keeping) -> None:
    keeping.homes.opened(home_opened())
    await keeping.look()
    await keeping.change()
    assert await keeping.look(OPEN_SECONDS + 1) == 0
    keeping.homes.opened(home_opened())
    assert await keeping.look() == 1


async def test_opened_again_it_is_published_only_if_slack_has_it_no_more(keeping: Keeping) -> None:
    keeping.homes.opened(home_opened())
    await keeping.look()
    seen = {"type": "home", "private_metadata": keeping.published()[-1]["view"]["private_metadata"]}
    keeping.homes.opened(home_opened(view=seen))
    assert await keeping.look() == 0
    keeping.homes.opened(home_opened())
    assert await keeping.look() == 1


async def test_what_slack_does_not_take_now_it_gets_later(keeping: Keeping) -> None:
    keeping.world.slack.faults["views.publish"] = "ratelimited"
    keeping.homes.opened(home_opened())
    await keeping.look()
    keeping.world.slack.faults.clear()
    keeping.world.door.workspace._closed.clear()
    assert [await keeping.look(seconds) for seconds in (1, 4, 4)] == [0, 1, 0]


async def test_what_slack_will_never_take_is_not_tried_for_ever(keeping: Keeping) -> None:
    keeping.world.slack.faults["views.publish"] = "not_enabled"
    keeping.homes.opened(home_opened())
    assert await keeping.look() == 1
    await keeping.change()
    assert [await keeping.look(seconds) for seconds in (4, 4)] == [0, 0]
    keeping.homes.opened(home_opened())
    assert await keeping.look() == 1


async def test_a_change_for_everybody_is_drawn_for_a_few_at_a_time_and_for_who_asks_at_once(keeping: Keeping) -> None:
    for n in range(AT_ONCE + 3):
        user = f"UC{n}"
        keeping.world.slack.users[user] = person(user, f"Colleague {n}")
        keeping.homes.opened(home_opened(user))
    assert await keeping.look() == AT_ONCE + 3
    keeping.world.door.troubles = lambda: ["Evo Voice: it does not answer"]
    keeping.homes.show(Actor(TeamId(TEAM), UserId("UC0")), Look(page=1))
    assert [await keeping.look() for _ in range(3)] == [1 + AT_ONCE, 2, 0]


async def test_a_disk_that_gives_nothing_stops_nobody(keeping: Keeping) -> None:
    def version() -> int:
        raise Unavailable("the disk is gone")

    keeping.homes = Homes(keeping.world.door, keeping.clock, version)
    keeping.homes.opened(home_opened())
    assert await keeping.look() == 1


async def test_only_so_many_are_remembered(keeping: Keeping) -> None:
    for n in range(MOST + 2):
        keeping.homes.show(Actor(TeamId(TEAM), UserId(f"U{n}")), Look())
    assert len(keeping.homes._open) == MOST
    assert "U0" not in keeping.homes._open


async def test_it_ends_when_it_is_told_to(keeping: Keeping) -> None:
    stopping = asyncio.Event()
    running = asyncio.create_task(keeping.homes.run(stopping))
    keeping.homes.opened(home_opened())
    await until(keeping.published)
    stopping.set()
    keeping.homes.wake()
    await asyncio.wait_for(running, 20)
