"""Who a chat can start with: searched from memory, within the time that Slack gives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.directory import FRESH_SECONDS, MOST, Directory, as_contact, as_customer, as_number
from bot.evo import AppContact, CustomerInfo, EndpointInfo, EvoVoice, connect
from bot.model import Contact, Customer, Listed, OwnNumber, Phone
from sandbox.evo import EvoStandIn, Seeds, default_seeds
from sandbox.evo.seeds import (
    ACME,
    ADMIN,
    ANA,
    BAKERY,
    HARBOUR,
    HARBOUR_EAST,
    SALES,
    SUPPORT,
    User,
    seed_id,
)  # fmt: skip
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
        client, clock = connect(evo.url, "bot@example.com", "correct-horse", deadline=30.0), TestClock()
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
    world.evo.fault("slow", "GetMyContacts", seconds=600)
    assert await world.labels("ana") == []
    world.evo.advance(600)
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
    async with asyncio.timeout(20):
        await world.directory.close()
        await reading


# Numbers and customers, for logins that may list them


@pytest.fixture
async def office(world: World) -> AsyncIterator[World]:
    client = connect(world.evo.url, "admin@example.com", "admin-pass", deadline=30.0)
    made = World(world.evo, client, world.clock, Directory(client, world.clock))
    yield made
    await made.directory.close()
    await client.aclose()


async def test_a_login_that_may_list_has_the_numbers_and_customers_of_its_own_account(office: World) -> None:
    await office.directory.warm()
    assert office.directory.listed == Listed(
        contacts=frozenset({f"user:{one}" for one in _users()} | {f"team:{SUPPORT}", f"team:{SALES}"}),
        numbers=frozenset({"+12025550100", "+12025550101"}),
        customers=frozenset({HARBOUR, HARBOUR_EAST, BAKERY}),
    )
    assert await office.directory.customers("wing") == [Customer(HARBOUR_EAST, "East Wing (Harbour Offices)")]
    assert await office.directory.numbers("desk") == [
        OwnNumber(Phone("+12025550101", "US"), "Harbour desk", texts=True)
    ]
    assert (office.directory.known, office.directory.lists_numbers, office.directory.lists_customers) == (True,) * 3


async def test_both_lists_ask_together_what_the_login_may_list(office: World) -> None:
    def asked() -> list[int]:
        return [len(office.evo.journal(operation=operation)) for operation in ("GetAppConfig", "GetAuthStatus")]

    await office.directory.warm()
    assert (asked(), office.directory.known) == ([1, 1], True)
    office.clock.advance(FRESH_SECONDS + 1)
    await office.directory.warm()
    await until(lambda: len(office.evo.journal(operation="ListCustomers")) == 2, "the second reading")
    await until(lambda: len(office.evo.journal(operation="ListEndpoints")) == 2, "that of the numbers")
    assert asked() == [2, 2]


async def test_a_login_that_may_not_is_never_sent_to_be_refused_and_that_is_known_too(world: World) -> None:
    await world.directory.warm()
    assert world.evo.journal(operation="ListEndpoints") + world.evo.journal(operation="ListCustomers") == []
    there = world.directory
    assert (there.known, there.away, there.lists_numbers, there.lists_customers) == (True, False, False, False)
    assert (there.listed.numbers, there.listed.customers) == (None, None)


async def test_a_host_that_refuses_all_the_same_is_taken_at_its_word(office: World) -> None:
    for operation in ("ListEndpoints", "ListCustomers"):
        office.evo.fault("garbage", operation)
    await office.directory.warm()
    assert not office.directory.known, "an answer that cannot be read says nothing"
    await office.directory.warm()
    assert office.directory.lists_numbers


async def test_what_is_slow_is_not_known_in_time_and_known_later(office: World) -> None:
    office.evo.fault("slow", "ListCustomers", seconds=600)
    await office.directory.ready()
    assert (office.directory.known, office.directory.lists_numbers) == (False, True)
    office.evo.advance(600)
    await until(lambda: office.directory.known, "the customers")


async def test_numbers_that_cannot_text_are_left_out_where_texts_are_sent(office: World) -> None:
    await office.directory.warm()
    mute = OwnNumber(Phone("+12025550199", "US"), "Mute", texts=False)
    office.directory._numbers.items = [mute]
    assert (await office.directory.numbers(""), await office.directory.numbers("", texts=True)) == ([mute], [])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"phoneNumber": "+12025550100", "displayName": "Main"}, OwnNumber(Phone("+12025550100", "US"), "Main", True)),
        ({"phoneNumber": "+12025550100"}, OwnNumber(Phone("+12025550100", "US"), "+12025550100", True)),
        ({"displayName": "+1 202 555 0100"}, OwnNumber(Phone("+12025550100", "US"), "+1 202 555 0100", True)),
        ({"phoneNumber": "+12025550100", "displayName": "Main", "disableSms": True},
         OwnNumber(Phone("+12025550100", "US"), "Main", False)),
        ({"phoneNumber": "2025550100", "displayName": "Whose country?"}, None),
        ({"displayName": "Main"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_a_number_is_one_only_with_its_country(given: dict[str, object], expected: OwnNumber | None) -> None:
    assert as_number(EndpointInfo.model_validate({"id": "n1", **given})) == expected


def test_a_customer_without_a_name_is_called_by_its_id() -> None:
    assert as_customer(CustomerInfo.model_validate({"id": "c1"})) == Customer("c1", "c1")


def _users() -> tuple[str, ...]:
    """Everybody of the account but the login itself, who is Ada, and with the bot's own login."""
    return tuple(user.id for user in default_seeds().users if user.account_id == ACME and user.id != ADMIN)


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
