"""Who we are to Evo Voice: a cookie session that is renewed when it has ended, or HTTP Basic.

Both stop before the account is locked: at most two attempts within five minutes, whatever asks for them.
"""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import re
from base64 import b64encode
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from bot.evo.errors import EvoError, NotSent, Throttled, Unauthorized, Unsure
from bot.evo.models import AppConfig
from bot.evo.transport import Answer, Ask, Progress, Transport
from bot.evo.verdict import fault_of, is_html, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import SecretStr

log = logging.getLogger(__name__)

LOGINS: Final = 2
WINDOW: Final = 300.0  # seconds
SECRET: Final = 8  # characters; what is shorter may stand in a text by itself


class Attempts:
    """Counts login attempts within the last five minutes. `clock` gives seconds and never runs backwards."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times: deque[float] = deque(maxlen=LOGINS)

    @property
    def used_up(self) -> bool:
        return len(self._times) == LOGINS and self._clock() - self._times[0] < WINDOW

    def note(self) -> None:
        self._times.append(self._clock())

    def take_back(self) -> None:
        """The last attempt never reached the server."""
        self._times.pop()


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str = field(repr=False)
    password: SecretStr


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """What to send along, or why there is nothing to send. Compared by identity: another ticket is another login."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    fault: EvoError | None = None

    def valid(self) -> Ticket:
        """Itself. Raises its fault: a copy, for many may wait for one login."""
        if self.fault:
            raise copy.copy(self.fault)
        return self


class Auth(Protocol):
    async def ticket(self) -> Ticket:
        """A ticket to try, signing in when there is none. Raises NotSent, Throttled or Unauthorized."""

    async def renew(self, stale: Ticket) -> Ticket:
        """A ticket other than `stale`, which was answered with 401. Raises as `ticket` does."""

    def is_quoted_in(self, text: str) -> bool:
        """Whether this text tells the password or the session."""

    def stay(self, account: str) -> None:
        """From now on only a login that works in this account is used, as far as the way of signing in can tell."""


class CookieAuth:
    """Signs in with POST /auth/credentials. Many callers with the same stale ticket cause one login.

    Only the login's cookies are kept: a late answer to an old request must not put an ended session back.
    """

    def __init__(self, transport: Transport, credentials: Credentials, clock: Callable[[], float]) -> None:
        self._transport = transport
        self._credentials = credentials
        self._attempts = Attempts(clock)
        self._lock = asyncio.Lock()
        self._ticket = Ticket()
        self._account: str | None = None

    async def ticket(self) -> Ticket:
        now = self._ticket
        return now if now.headers else await self.renew(now)

    async def renew(self, stale: Ticket) -> Ticket:
        async with self._lock:
            if self._ticket is stale:
                self._refuse_if_used_up(stale)
                self._ticket = await self._next_ticket()
            return self._ticket.valid()

    def is_quoted_in(self, text: str) -> bool:
        return _tells(text, self._credentials, self._ticket)

    def stay(self, account: str) -> None:
        self._account = account

    def _refuse_if_used_up(self, stale: Ticket) -> None:
        """An old fault is said again as it was: a server that was down is no proof of a wrong password."""
        if self._attempts.used_up:
            stale.valid()
            raise Unauthorized("two logins to Evo Voice within five minutes did not last")

    async def _next_ticket(self) -> Ticket:
        log.info("signing in to Evo Voice at %s", self._transport.host)
        try:
            ticket = ticket_from(await self._sign_in())
        except (NotSent, Unsure) as error:  # either way the request that needs the ticket has not left
            return Ticket(fault=NotSent(f"could not sign in to Evo Voice: {error}"))
        if isinstance(ticket.fault, NotSent | Throttled):
            self._attempts.take_back()  # 429 and 5xx say nothing about the password
        return await self._still_ours(ticket)

    async def _still_ours(self, ticket: Ticket) -> Ticket:
        """A user who was moved meanwhile would open sessions, and send words, in somebody else's account."""
        if ticket.fault or self._account is None:
            return ticket
        try:
            account = await self._account_of(ticket)
        except EvoError as error:
            self._attempts.take_back()  # the password was right
            return Ticket(fault=NotSent(f"Evo Voice does not say in which account the new login works: {error}"))
        if account != self._account:
            return Ticket(fault=Unauthorized("the login works in another account of Evo Voice than before"))
        return ticket

    async def _account_of(self, ticket: Ticket) -> str | None:
        """Raises EvoError."""
        answer = await self._transport.send(Ask("GET", "/app/config"), ticket.headers, Progress())
        if fault := fault_of(answer):
            raise fault
        return read(AppConfig, answer).account_id

    async def _sign_in(self) -> Answer:
        progress = Progress()
        self._attempts.note()
        try:
            return await self._transport.send(_login(self._credentials), {}, progress)
        except NotSent:
            self._attempts.take_back()
            raise
        except asyncio.CancelledError:
            if progress.surely_unsent:
                self._attempts.take_back()
            raise


class BasicAuth:
    """Sends the login with every request. Its only renewal is a person's: a 401 is a refused login."""

    def __init__(self, credentials: Credentials, clock: Callable[[], float]) -> None:
        pair = f"{credentials.username}:{credentials.password.get_secret_value()}"
        self._credentials = credentials
        self._ticket = Ticket({"Authorization": f"Basic {b64encode(pair.encode()).decode()}"})
        self._attempts = Attempts(clock)

    async def ticket(self) -> Ticket:
        if self._attempts.used_up:
            raise Unauthorized
        return self._ticket

    async def renew(self, stale: Ticket) -> Ticket:  # noqa: ARG002 - the other way of signing in needs to know
        self._attempts.note()
        raise Unauthorized

    def is_quoted_in(self, text: str) -> bool:
        return _tells(text, self._credentials, self._ticket)

    def stay(self, account: str) -> None:
        """There is no moment at which it begins to be used, so it is checked at the bot's start only."""


def _tells(text: str, credentials: Credentials, ticket: Ticket) -> bool:
    sent = [value for header in ticket.headers.values() for value in re.split(r"; |[ =]", header)]
    return any(len(secret) >= SECRET and secret in text for secret in [credentials.password.get_secret_value(), *sent])


def _login(credentials: Credentials) -> Ask:
    said = {
        "provider": "credentials",
        "userName": credentials.username,
        "password": credentials.password.get_secret_value(),
        "rememberMe": True,
    }
    return Ask("POST", "/auth/credentials", body=json.dumps(said).encode())


def ticket_from(answer: Answer) -> Ticket:
    """What the answer to a login is worth. The server's words are not repeated: they may quote what was sent."""
    fault = fault_of(answer)
    if fault is None:
        return _session(answer)
    if isinstance(fault, Throttled):
        return Ticket(fault=fault)
    if isinstance(fault, Unsure):
        return Ticket(fault=NotSent(f"could not sign in to Evo Voice: HTTP {answer.status}"))
    return Ticket(fault=Unauthorized(f"Evo Voice refused the login: HTTP {answer.status}{_hint(answer)}"))


def _session(answer: Answer) -> Ticket:
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in answer.cookies)
    if not cookies:
        return Ticket(fault=Unauthorized("Evo Voice answered the login without a session cookie"))
    return Ticket({"Cookie": cookies})


def _hint(answer: Answer) -> str:
    if is_html(answer):
        return ", an HTML page (a firewall?)"
    return ", the account is locked" if b"locked" in answer.body.lower() else ""
