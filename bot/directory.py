"""What can be chosen for a new session: people and teams, own numbers, customers. Kept warm.

GetMyContacts has no search and no paging, so both are ours. ListEndpoints and ListCustomers are for other roles than
the one that a bridge needs: a login without them is not even asked to list, and people type instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from bot.bridge import Own
from bot.clock import Clock
from bot.evo import AppContact, CustomerInfo, EndpointInfo, EvoError, EvoVoice, NotSent, Refused
from bot.model import Contact, Customer, Listed, OwnNumber, Phone
from bot.phones import read_phone
from bot.trace import apart

log = logging.getLogger(__name__)

FRESH_SECONDS = 120.0
CEILING_SECONDS = 1.0  # Slack gives a list of options three seconds in all
MOST = 100  # options that Slack takes in one answer
NO_REGION = "ZZ"  # of a number that is written without its country
PAGE, PAGES = 100, 10  # of endpoints and customers; an account with more is searched as far as that
LISTING_ROLES = frozenset({"systemadministrator", "manager", "customer"})  # ListEndpoints, ListCustomers

T = TypeVar("T")


class Shelf(Generic[T]):
    """One list of Evo Voice in memory: answers within a second, from memory whenever it can."""

    def __init__(self, read: Callable[[], Awaitable[Sequence[T] | None]], clock: Clock) -> None:
        self.items: Sequence[T] = ()
        self.known = False  # Evo Voice has answered, if only that this login may not see them
        self.listed = False  # and it was a list
        self._read = read
        self._clock = clock
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def fresh(self) -> Sequence[T]:
        """What there is; renewed behind when it is old. Empty when nothing can be had in time."""
        if self._clock.now() - self._read_at > FRESH_SECONDS:
            await self.refresh()
        return self.items

    async def refresh(self) -> None:
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._renew(), context=apart())
        await asyncio.wait({self._reading}, timeout=0 if self.known else CEILING_SECONDS)

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _renew(self) -> None:
        try:
            found = await self._read()
        except EvoError as error:
            log.warning("the directory could not be read: %s", type(error).__name__)
            return
        self.items, self.listed, self.known = found or (), found is not None, True
        self._read_at = self._clock.now()


class Directory:
    """Answers within a second, from memory whenever it can."""

    def __init__(self, evo: EvoVoice, clock: Clock) -> None:
        self._evo = evo
        self._contacts = Shelf(self._read_contacts, clock)
        self._numbers = Shelf(self._read_numbers, clock)
        self._customers = Shelf(self._read_customers, clock)
        self._clock = clock
        self._asking = asyncio.Lock()  # both lists are renewed together, and ask the same first
        self._asked_at = float("-inf")
        self._account: tuple[str, ...] | None = None

    def signed_in(self, own: Own) -> None:
        """What has just been asked is not asked again."""
        if own.roles:
            self._account, self._asked_at = _lists(own.roles, own.account[1]), self._clock.now()

    @property
    def known(self) -> bool:
        """Has Evo Voice said, of each list, what is in it or that we may not see it?"""
        return all(shelf.known for shelf in self._shelves())

    @property
    def away(self) -> bool:
        """Can people and teams not be listed?"""
        return not self._contacts.listed

    @property
    def lists_numbers(self) -> bool:
        return self._numbers.listed and bool(self._numbers.items)

    @property
    def lists_customers(self) -> bool:
        return self._customers.listed and bool(self._customers.items)

    @property
    def listed(self) -> Listed:
        """What can be chosen, as far as the whole of it is known."""
        contacts, numbers, customers = self._contacts, self._numbers, self._customers
        return Listed(
            contacts=frozenset(one.address for one in contacts.items) if contacts.listed else None,
            numbers=frozenset(one.phone.e164 for one in numbers.items) if _whole(numbers) else None,
            customers=frozenset(one.id for one in customers.items) if _whole(customers) else None,
        )

    async def search(self, query: str) -> list[Contact]:
        """People and teams whose name or address holds the words. Empty when the directory cannot be had."""
        return _found(await self._contacts.fresh(), query, lambda one: f"{one.label} {one.address}")

    async def numbers(self, query: str, *, texts: bool = False) -> list[OwnNumber]:
        """Our own numbers by name or digits; only those that can text, when that is wanted."""
        fit = [one for one in await self._numbers.fresh() if one.texts or not texts]
        return _found(fit, query, lambda one: f"{one.label} {one.phone.e164}")

    async def customers(self, query: str) -> list[Customer]:
        """Customers by name or id."""
        return _found(await self._customers.fresh(), query, lambda one: f"{one.label} {one.id}")

    async def warm(self) -> None:
        """Reads everything before anybody asks; ends after a second whether it could or not."""
        await asyncio.gather(*(shelf.refresh() for shelf in self._shelves()))

    async def ready(self) -> None:
        """The same, for what is not known yet or old."""
        await asyncio.gather(self._contacts.fresh(), self._numbers.fresh(), self._customers.fresh())

    async def close(self) -> None:
        await asyncio.gather(*(shelf.close() for shelf in self._shelves()))

    def _shelves(self) -> tuple[Shelf[Contact], Shelf[OwnNumber], Shelf[Customer]]:
        return self._contacts, self._numbers, self._customers

    async def _read_contacts(self) -> list[Contact]:
        contacts = await self._evo.get_my_contacts()
        return [found for contact in contacts if (found := as_contact(contact)) is not None]

    async def _read_numbers(self) -> list[OwnNumber] | None:
        account = await self._listed_account()
        if account is None:
            return None

        async def page(number: int) -> list[EndpointInfo]:
            return await self._evo.list_endpoints(
                types=("PhoneNumber",), account_ids=account, page=number, count_per_page=PAGE
            )

        found = await _pages(page)
        if found is None:
            return None
        return [one for endpoint in found if (one := as_number(endpoint)) is not None]

    async def _read_customers(self) -> list[Customer] | None:
        account = await self._listed_account()
        if account is None:
            return None

        async def page(number: int) -> list[CustomerInfo]:
            return await self._evo.list_customers(account_ids=account, page=number, count_per_page=PAGE)

        found = await _pages(page)
        return None if found is None else [as_customer(customer) for customer in found]

    async def _listed_account(self) -> tuple[str, ...] | None:
        """The account whose numbers and customers this login may list, empty when it is not named; None: it may not.

        Asking in spite of that could look like a login that is no longer good.
        """
        async with self._asking:
            if self._clock.now() - self._asked_at > FRESH_SECONDS:
                config = await self._evo.get_app_config()
                who = await self._evo.auth_status()
                if who is None:
                    raise NotSent("nobody is signed in just now")
                self._account, self._asked_at = _lists(who.roles, config.account_id or ""), self._clock.now()
            return self._account


def _lists(roles: Iterable[str], account: str) -> tuple[str, ...] | None:
    """See `_listed_account`."""
    if LISTING_ROLES.isdisjoint(role.lower() for role in roles):
        return None
    return (account,) if account else ()


async def _pages(page: Callable[[int], Awaitable[list[T]]]) -> list[T] | None:
    """Everything, up to a limit; None when Evo Voice does not let this login list it."""
    found: list[T] = []
    try:
        for number in range(PAGES):
            listed = await page(number)
            found += listed
            if len(listed) < PAGE:
                break
    except Refused as refused:
        log.info("a list of the directory is not for this login: HTTP %s", refused.status)
        return None
    return found


def as_contact(contact: AppContact) -> Contact | None:
    """A user or a team that can chat, with the address that withAddress takes; None for anybody else."""
    kind = str(contact.type or "").lower()
    if not contact.can_chat or not contact.address or kind not in {"user", "team"}:
        return None
    prefixed = contact.address.lower().startswith(("user:", "team:"))
    address = contact.address if prefixed else f"{kind}:{contact.address}"
    label = contact.display_name or contact.address
    group = "Teams" if kind == "team" else "People"
    return Contact(address, f"{label} ({contact.customer_name})" if contact.customer_name else label, group)


def as_number(endpoint: EndpointInfo) -> OwnNumber | None:
    """A phone number endpoint that names its number, country and all; the field is seen in the vendor's client only."""
    names = (endpoint.phone_number, endpoint.display_name, endpoint.name)
    read = (read_phone(name, NO_REGION) for name in names if name)
    phone = next((one for one in read if isinstance(one, Phone)), None)
    if phone is None:
        return None
    return OwnNumber(phone, endpoint.display_name or endpoint.name or phone.e164, not endpoint.disable_sms)


def as_customer(customer: CustomerInfo) -> Customer:
    """With the customers above it, for two may have the same name."""
    above = [step.name for step in customer.breadcrumb if step.name and step.id != customer.id]
    name = customer.name or customer.id
    return Customer(customer.id, f"{name} ({' / '.join(above)})" if above else name)


def _found(items: Iterable[T], query: str, text: Callable[[T], str]) -> list[T]:
    """Those that hold all the words, in any order and case."""
    words = query.casefold().split()
    return [item for item in items if all(word in text(item).casefold() for word in words)][:MOST]


def _whole(shelf: Shelf[OwnNumber] | Shelf[Customer]) -> bool:
    return shelf.listed and 0 < len(shelf.items) < PAGE * PAGES
