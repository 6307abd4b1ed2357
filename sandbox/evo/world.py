"""What all rules share: the file, the clock, the switches, the population, and the record of effects."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

from sandbox.evo.clock import Clock
from sandbox.evo.quirks import Quirks
from sandbox.evo.records import Effect, EffectKind
from sandbox.evo.seeds import Account, Customer, Login, Seeds, User, default_seeds
from sandbox.evo.store import Store
from sandbox.evo.wire import Refusal


class World:
    """State and switches. `seeds` None: those of the file, else the default ones."""

    def __init__(
        self, store: Store, *, quirks: Quirks, seeds: Seeds | None = None, system: Callable[[], int] = time.time_ns
    ) -> None:
        self.store = store
        self.quirks = quirks
        self.clock = Clock(store.note("ahead") or 0, system)
        self._request: int | None = None
        self.base_url = ""
        kept = store.note("seeds")
        self.people = People(default_seeds())
        if seeds is not None or kept is None:
            self.settle(seeds or default_seeds())
        else:
            self.people = People(Seeds.from_json(kept))

    def settle(self, seeds: Seeds) -> None:
        """Replace the whole population, now and for later starts over this file."""
        self.store.keep("seeds", asdict(seeds))
        self.people = People(seeds)

    def advance(self, seconds: float) -> None:
        """Let time pass; kept for later starts over this file."""
        self.clock.advance(seconds)
        self.store.keep("ahead", self.clock.ahead)

    @contextlib.contextmanager
    def on_behalf_of(self, request: int | None) -> Iterator[None]:
        """Effects inside are caused by this journal entry."""
        before, self._request = self._request, request
        try:
            yield
        finally:
            self._request = before

    def effect(self, kind: EffectKind, session: str | None, **detail: object) -> None:
        """Record a change; to be called in the transaction that makes it."""
        self.store.insert(
            "effects",
            at=self.clock.now(),
            kind=kind,
            session=session,
            request=self._request,
            detail=json.dumps(detail),
        )

    def effects(self, session: str | None = None, kind: str | None = None) -> list[Effect]:
        """The record, oldest first, of one session or one kind if wanted."""
        rows = self.store.all(
            "SELECT * FROM effects WHERE (?1 IS NULL OR session = ?1) AND (?2 IS NULL OR kind = ?2) ORDER BY n",
            session,
            kind,
        )
        return [
            Effect(r["n"], r["at"], EffectKind(r["kind"]), r["session"], r["request"], json.loads(r["detail"]))
            for r in rows
        ]


class People:
    """Look-ups in the population; e-mails match without regard to case."""

    def __init__(self, seeds: Seeds) -> None:
        self.seeds = seeds
        self._users = {user.id: user for user in seeds.users}
        self._accounts = {account.id: account for account in seeds.accounts}
        self._customers = {customer.id: customer for customer in seeds.customers}

    def login(self, email: str) -> Login | None:
        """The login of an e-mail."""
        return next((login for login in self.seeds.logins if login.email.lower() == email.lower()), None)

    def account(self, account_id: str) -> Account:
        """An account that exists."""
        return self._accounts[account_id]

    def customer(self, customer_id: str | None) -> Customer | None:
        """A customer, if there is one of this id."""
        return self._customers.get(customer_id or "")

    def breadcrumb(self, customer_id: str | None) -> list[dict[str, str]]:
        """The customer and those above it, the topmost first."""
        customer = self.customer(customer_id)
        if customer is None:
            return []
        return [*self.breadcrumb(customer.parent_id), {"id": customer.id, "name": customer.name}]

    def user(self, endpoint_id: str) -> User | None:
        """A User endpoint by id."""
        return self._users.get(endpoint_id)

    def user_of(self, login: Login) -> User:
        """The caller's own endpoint. Raises Refusal (400): sessions belong to one."""
        user = self.user(login.endpoint_id or "")
        if user is None:
            raise Refusal(400, "ArgumentException", "The signed-in user has no endpoint")
        return user

    def by_email(self, account_id: str, email: str) -> User | None:
        """A User endpoint of the account."""
        for user in self.seeds.users:
            if user.account_id == account_id and user.email.lower() == email.strip().lower():
                return user
        return None

    def addressed(self, account_id: str, address: str) -> list[User]:
        """Who `user:ID`, `team:ID`, a bare id or an e-mail stands for; nobody when it is unknown."""
        kind, colon, rest = address.partition(":")
        wanted = rest if colon else address
        if kind.lower() != "team":
            user = self.user(wanted) or self.by_email(account_id, wanted)
            if user is not None and user.account_id == account_id:
                return [user]
        if kind.lower() != "user":
            return self._team(account_id, wanted)
        return []

    def _team(self, account_id: str, team_id: str) -> list[User]:
        for team in self.seeds.teams:
            if team.id == team_id and team.account_id == account_id:
                return [user for member in team.member_ids if (user := self.user(member))]
        return []
