"""Who and what exists before the first request: logins, endpoints, teams, contacts, customers, accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A tenant."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer of an account."""

    id: str
    name: str
    account_id: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A User endpoint: somebody with the app or soft phone."""

    id: str
    email: str
    name: str
    account_id: str
    customer_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A Team endpoint and the User endpoints in it."""

    id: str
    name: str
    account_id: str
    member_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An outside person in the address book."""

    id: str
    name: str
    phone: str
    account_id: str
    customer_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumber:
    """A PhoneNumber endpoint; `number` is E.164."""

    id: str
    name: str
    number: str
    account_id: str
    customer_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What signs in. Without an `endpoint_id` it can run no session even with the role User."""

    email: str
    password: str
    name: str
    account_ids: tuple[str, ...]
    roles: tuple[str, ...] = ()
    endpoint_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """The whole population; `default_seeds()` is the usual one."""

    accounts: tuple[Account, ...] = ()
    customers: tuple[Customer, ...] = ()
    users: tuple[User, ...] = ()
    teams: tuple[Team, ...] = ()
    contacts: tuple[Contact, ...] = ()
    phone_numbers: tuple[PhoneNumber, ...] = ()
    logins: tuple[Login, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The reverse of `dataclasses.asdict`. Raises TypeError or KeyError for what does not fit."""
        return cls(**{name: tuple(_KINDS[name](**_tuples(item)) for item in data[name]) for name in data})


_KINDS: dict[str, type[Any]] = {
    "accounts": Account,
    "customers": Customer,
    "users": User,
    "teams": Team,
    "contacts": Contact,
    "phone_numbers": PhoneNumber,
    "logins": Login,
}
if set(_KINDS) != {field.name for field in fields(Seeds)}:  # pragma: no cover
    raise AssertionError


def _tuples(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in item.items()}


def seed_id(kind: str, number: int) -> str:
    """An id in the look of the real ones: 24 hex characters, the first telling the kind."""
    return f"{kind}{number:023x}"


ACME, GLOBEX = seed_id("a", 1), seed_id("a", 2)
HARBOUR, HARBOUR_EAST, BAKERY, GLOBEX_SHOP = (seed_id("b", n) for n in (1, 2, 3, 4))
BOT, ADMIN, ANA, JOE, MIA, LEE, GIA = (seed_id("e", n) for n in (1, 2, 3, 4, 5, 6, 7))
SUPPORT, SALES = seed_id("d", 1), seed_id("d", 2)


def default_seeds() -> Seeds:
    """Two accounts (Acme, Globex), three logins, seven users, two teams, three phone numbers, two contacts."""
    return Seeds(
        accounts=(Account(id=ACME, name="Acme"), Account(id=GLOBEX, name="Globex")),
        customers=_customers(),
        users=_users(),
        teams=(
            Team(id=SUPPORT, name="Support", account_id=ACME, member_ids=(ANA, JOE)),
            Team(id=SALES, name="Sales", account_id=ACME, member_ids=(JOE, MIA, LEE)),
        ),
        contacts=(
            Contact(id=seed_id("c", 1), name="Dana Field", phone="+12025550123", account_id=ACME, customer_id=HARBOUR),
            Contact(id=seed_id("c", 2), name="Otto Kern", phone="+4930555123", account_id=GLOBEX),
        ),
        phone_numbers=(
            PhoneNumber(id=seed_id("f", 1), name="Acme main line", number="+12025550100", account_id=ACME),
            PhoneNumber(
                id=seed_id("f", 2),
                name="Harbour desk",
                number="+12025550101",
                account_id=ACME,
                customer_id=HARBOUR,
            ),
            PhoneNumber(id=seed_id("f", 3), name="Globex line", number="+12025550900", account_id=GLOBEX),
        ),
        logins=_logins(),
    )


def _customers() -> tuple[Customer, ...]:
    return (
        Customer(id=HARBOUR, name="Harbour Offices", account_id=ACME),
        Customer(id=HARBOUR_EAST, name="East Wing", account_id=ACME, parent_id=HARBOUR),
        Customer(id=BAKERY, name="Bakery Lane", account_id=ACME),
        Customer(id=GLOBEX_SHOP, name="Globex Shop", account_id=GLOBEX),
    )


def _users() -> tuple[User, ...]:
    return (
        User(id=BOT, email="bot@example.com", name="Acme Support", account_id=ACME),
        User(id=ADMIN, email="admin@example.com", name="Ada Admin", account_id=ACME),
        User(id=ANA, email="ana@example.com", name="Ana Ruiz", account_id=ACME, customer_id=HARBOUR),
        User(id=JOE, email="joe@example.com", name="Joe Park", account_id=ACME, customer_id=HARBOUR),
        User(id=MIA, email="mia@example.com", name="Mia Stone", account_id=ACME),
        User(id=LEE, email="lee@example.com", name="Lee Wong", account_id=ACME, customer_id=BAKERY),
        User(id=GIA, email="gia@example.org", name="Gia Globex", account_id=GLOBEX),
    )


def _logins() -> tuple[Login, ...]:
    return (
        Login(
            email="bot@example.com",
            password="correct-horse",  # noqa: S106  a pretend password of a pretend server
            name="Acme Support",
            account_ids=(ACME,),
            roles=("User",),
            endpoint_id=BOT,
        ),
        Login(
            email="admin@example.com",
            password="admin-pass",  # noqa: S106  likewise
            name="Ada Admin",
            account_ids=(ACME, GLOBEX),
            roles=("Manager", "User"),
            endpoint_id=ADMIN,
        ),
        Login(
            email="nobody@example.com",
            password="nobody-pass",  # noqa: S106  likewise
            name="No Body",
            account_ids=(ACME,),
        ),
    )
