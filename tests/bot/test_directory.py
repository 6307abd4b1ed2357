"""Who a chat can start with: searched from memory, within the time that Slack gives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.directory import FRESH_SECONDS, MOST, Directory, as_contact
from bot.evo import AppContact, EvoVoice, connect
from bot.model import Contact
from sandbox.evo import EvoStandIn, Seeds, default_seeds
from sandbox.evo.seeds import ACME, ANA, SALES, SUPPORT, User, seed_id
from tests.helpers import TestClock, until

ANA_RUIZ = Contact(f"user:{ANA}", "Ana Ruiz (Harbour Offices)", "People")
TEAMS = [Contact(f"team:{SUPPORT}", "Support", "Teams"), Contact(f"team:{SALES}", "Sales", "Teams")]


@dataclass
class World:
    evo: EvoStandIn
    client: EvoVoice
    clock: TestClock
    directory: Directory

    @property
    def read(self) -> int:
        """How often Evo Voice was asked."""
        return len(self.evo.journal(operation="GetMyContacts"))

    async def labels(self, query: str = "") -> list[str]:
        return [contact.label for contact in await self.directory.search(query)]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with EvoStandIn() as evo:
        client, clock = connect(evo.url, "bot@example.com", "correct-horse", deadline=5.0), TestClock()
        world = World(evo, client, clock, Directory(client, clock))
        yield world
        await world.directory.close()
        await client.aclose()


# Search


async def test_everybody_who_can_chat_is_there_and_the_address_book_is_not(world: World) -> None:
    """Contacts from outside have a phone: they are invited, at a cost, and no chat starts with them."""
    found = await world.directory.search("")
    people = {contact.label for contact in found if contact.group == "People"}
    assert people == {
        "Ada Admin", "Ana Ruiz (Harbour Offices)", "Joe Park (Harbour Offices)", "Mia Stone", "Lee Wong (Bakery Lane)",
    }  # fmt: skip
    assert [contact for contact in found if contact.group == "Teams"] == TEAMS


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("ana", ["Ana Ruiz (Harbour Offices)"]),
        ("  RUIZ ana ", ["Ana Ruiz (Harbour Offices)"]),
        ("harbour", ["Ana Ruiz (Harbour Offices)", "Joe Park (Harbour Offices)"]),
        ("sUp", ["Support"]),
        (f"user:{ANA}", ["Ana Ruiz (Harbour Offices)"]),
        ("ana park", []),
        ("nobody", []),
        ("%", []),
    ],
)
async def test_all_the_words_must_be_there_in_any_order_and_case(world: World, query: str, labels: list[str]) -> None:
    assert await world.labels(query) == labels


async def test_slack_takes_a_hundred_options_and_gets_no_more(world: World) -> None:
    crowd = tuple(
        User(id=seed_id("9", n), email=f"p{n}@example.com", name=f"Person {n:03}", account_id=ACME) for n in range(250)
    )
    seeds = default_seeds()
    world.evo.reseed(
        Seeds(**{**{name: getattr(seeds, name) for name in Seeds.__slots__}, "users": seeds.users + crowd})
    )
    assert (len(await world.labels()), await world.labels("person 249")) == (MOST, ["Person 249"])


# Memory


async def test_within_two_minutes_nobody_is_asked_again(world: World) -> None:
    for _ in range(5):
        await world.labels("ana")
        world.clock.advance(FRESH_SECONDS / 5)
    assert world.read == 1


async def test_what_is_old_is_shown_at_once_and_renewed_behind(world: World) -> None:
    await world.directory.warm()
    _rename(world, "Ana Ruiz", "Ana Rivera")
    world.clock.advance(FRESH_SECONDS + 1)
    assert await world.labels("ana") == ["Ana Ruiz (Harbour Offices)"]
    await until(lambda: world.read == 2, "the second reading")
    assert await _when(world, "ana rivera") == ["Ana Rivera (Harbour Offices)"]


async def test_many_who_ask_at_once_cause_one_reading(world: World) -> None:
    world.evo.fault("slow", "GetMyContacts", seconds=0.1)
    answers = await asyncio.gather(*(world.labels("ana") for _ in range(20)))
    assert (answers, world.read) == ([["Ana Ruiz (Harbour Offices)"]] * 20, 1)


# Trouble


async def test_when_evo_voice_is_slow_the_answer_is_empty_in_time_and_right_later(world: World) -> None:
    """Slack gives three seconds in all; the reading goes on meanwhile."""
    world.evo.fault("slow", "GetMyContacts", seconds=1.3)
    async with asyncio.timeout(1.25):
        assert await world.labels("ana") == []
    assert await _when(world, "ana") == ["Ana Ruiz (Harbour Offices)"]
    assert world.read == 1


@pytest.mark.parametrize("fault", ["cut_before", "500", "503", "429", "garbage", "truncate"])
async def test_trouble_at_evo_voice_is_an_empty_list_and_over_with_the_trouble(
    world: World, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.evo.fault(fault, "GetMyContacts")
    with caplog.at_level(logging.WARNING):
        assert await world.labels("ana") == []
    assert "the directory could not be read" in caplog.text
    assert await _when(world, "ana") == ["Ana Ruiz (Harbour Offices)"]


async def test_trouble_does_not_forget_who_was_there(world: World) -> None:
    await world.directory.warm()
    world.clock.advance(FRESH_SECONDS + 1)
    world.evo.fault("500", "GetMyContacts", times=None)
    for _ in range(3):
        assert await world.labels("ana") == ["Ana Ruiz (Harbour Offices)"]
        await asyncio.sleep(0)


async def test_closing_does_not_wait_for_a_reading_under_way(world: World) -> None:
    world.evo.fault("slow", "GetMyContacts", seconds=60)
    reading = asyncio.ensure_future(world.directory.warm())
    await until(lambda: world.read, "the reading")
    async with asyncio.timeout(1):
        await world.directory.close()
        await reading


# What a contact is


@pytest.mark.parametrize("style", ["typed", "bare", "email"])
async def test_however_the_address_is_written_it_says_what_it_is_of(world: World, style: str) -> None:
    """`withAddress` takes user:… and team:…; GetMyContacts is not documented to write them so."""
    world.evo.change_quirks(contact_address=style)
    found = {contact.label: contact.address for contact in await world.directory.search("")}
    ana = "user:ana@example.com" if style == "email" else f"user:{ANA}"
    assert (found["Ana Ruiz (Harbour Offices)"], found["Support"]) == (ana, f"team:{SUPPORT}")


def contact(**fields: object) -> AppContact:
    usual = {"displayName": "Ana", "address": "u1", "type": "User", "canChat": True}
    return AppContact.model_validate({name: value for name, value in (usual | fields).items() if value is not None})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (contact(), Contact("user:u1", "Ana", "People")),
        (contact(address="user:u1"), Contact("user:u1", "Ana", "People")),
        (contact(address="USER:u1"), Contact("USER:u1", "Ana", "People")),
        (contact(type="Team"), Contact("team:u1", "Ana", "Teams")),
        (contact(type=0), Contact("user:u1", "Ana", "People")),
        (contact(displayName=None), Contact("user:u1", "u1", "People")),
        (contact(customerName="Harbour"), Contact("user:u1", "Ana (Harbour)", "People")),
        (contact(type="Contact"), None),
        (contact(type="Robot"), None),
        (contact(type=None), None),
        (contact(canChat=False), None),
        (contact(canChat=None), None),
        (contact(address=None), None),
    ],
)
def test_a_user_or_team_that_can_chat_and_nobody_else(given: AppContact, expected: Contact | None) -> None:
    assert as_contact(given) == expected


def _rename(world: World, old: str, new: str) -> None:
    seeds = world.evo.seeds()
    parts = {name: getattr(seeds, name) for name in Seeds.__slots__}
    users = tuple(
        User(id=user.id, email=user.email, name=new, account_id=user.account_id, customer_id=user.customer_id)
        if user.name == old
        else user
        for user in seeds.users
    )
    world.evo.reseed(Seeds(**{**parts, "users": users}))


async def _when(world: World, query: str) -> list[str]:
    """What a search finds, once it finds something."""
    found: list[str] = []

    async def there() -> bool:
        found[:] = await world.labels(query)
        return bool(found)

    await until(there, f"{query} to be found")
    return found
