"""The operations of Evo Voice that a bridge needs, one method each; facts are the vendor's public metadata pages'.

Every method raises the errors of `errors.py`, may be cancelled, and ends within one total deadline (removing a member
may take two, a list of more than 100 ids one for each hundred).
"""

from __future__ import annotations

import asyncio
import functools
import json
import ssl
import time
from base64 import b64encode
from contextlib import nullcontext
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Final, TypeAlias

import httpx
from pydantic import SecretStr

from bot.evo.auth import Auth, BasicAuth, CookieAuth, Credentials
from bot.evo.errors import EvoError, NotSent, Refused, Unauthorized
from bot.evo.ids import id_list, member_segment, safe_id
from bot.evo.models import (
    AppConfig,
    AppContact,
    ChatTranscriptMessage,
    Contacts,
    CustomerInfo,
    CustomerItems,
    EndpointInfo,
    EndpointItems,
    FileInfo,
    MessageInfo,
    MySessions,
    NewSession,
    PatchSession,
    SessionInfo,
    SessionItems,
    Transcript,
    UserInfo,
)
from bot.evo.transport import POOL, Answer, Ask, Progress, Transport, checked_base, http_client, overdue
from bot.evo.verdict import expect_nothing_odd, fault_of, read, wants_login

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import date

USER_AGENT: Final = "evobot (Slack bridge for Evo Voice)"  # the server turns anonymous clients away
BATCH: Final = 100  # ids in one query: 100 of 24 characters stay far below the usual 8 KiB for a request line
_LONG: Final = 5  # times the usual cap, for answers that grow with a session or an account
_UPLOAD: Final = 4  # times the usual deadline, for a request that is megabytes long
_NO_SUCH_ROUTE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})


Watch: TypeAlias = "Callable[[str, str, float, EvoError | None], None]"


def _unwatched(_method: str, _path: str, _seconds: float, _raised: EvoError | None) -> None:
    pass


class EvoVoice:
    """A client that signs in by itself; `connect` makes it. `deadline` is in seconds, for a request and its login.

    What only reads goes through `patience` first, which may let it wait or raise an EvoError, and is told what the
    request raised. For what has an effect the caller decides when it leaves; right before it does, `may_act` is asked,
    and where that says no, nothing leaves (NotSent). `watch` is told of every request that is over: method, path,
    seconds, and what it raised, if anything.
    """

    def __init__(self, transport: Transport, auth: Auth, *, deadline: float) -> None:
        self.patience: Callable[[], AbstractAsyncContextManager[object]] = nullcontext
        self.watch: Watch = _unwatched
        self.may_act: Callable[[], bool] = lambda: True
        self._transport = transport
        self._auth = auth
        self._deadline = deadline

    def __repr__(self) -> str:
        return f"<EvoVoice {self._transport.host}>"

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return self._transport.url

    async def aclose(self) -> None:
        """Close all connections; requests after this raise NotSent."""
        await self._transport.aclose()

    # ---- is anybody there?

    async def knock(self) -> None:
        """Two harmless questions that need a login, for whoever waits: these go without patience. Raises EvoError."""
        await self._ask(Ask("GET", "/app/config"))

    async def knock_elsewhere(self) -> None:
        await self._ask(Ask("GET", "/sessions/my", scale=_LONG))

    async def login_headers(self) -> Mapping[str, str]:
        """What a request to this very host bears to be signed in, for files that it serves. Secret.

        Raises NotSent, Throttled or Unauthorized.
        """
        return (await self._auth.ticket()).headers

    def stay(self, account: str) -> None:
        """A login that is renewed later must work in this account, else every call raises Unauthorized.

        A session of our own is asked with GET /app/config when it begins; with HTTP Basic nothing ever begins.
        """
        self._auth.stay(account)

    # ---- who we are

    async def auth_status(self) -> UserInfo | None:
        """Whom the server takes us for, or None when for nobody.

        The route needs no login, so a session that has ended shows as None; the next other call signs in again.
        """
        answer = await self._call(Ask("GET", "/auth/status"))
        if answer.body.strip() in {b"", b"null"}:
            return None
        user = read(UserInfo, answer)
        known = user.id is not None if user.is_authenticated is None else user.is_authenticated
        return user if known else None

    async def get_app_config(self) -> AppConfig:
        """The login's own endpoint, account and identity. Role User."""
        return read(AppConfig, await self._call(Ask("GET", "/app/config")))

    # ---- sessions

    async def new_session(self, new: NewSession) -> SessionInfo:
        """Open a session. Role User. Compare `members` with what was asked: unknown people may be left out silently."""
        return read(SessionInfo, await self._call(Ask("POST", "/sessions", body=new.to_json())))

    async def get_session(self, session_id: str) -> SessionInfo:
        """One live session, with an empty `log`. 404 may mean archived (after about 15 days), not gone."""
        return read(SessionInfo, await self._call(Ask("GET", f"/sessions/{safe_id(session_id)}")))

    async def list_sessions(
        self,
        *,
        specific_ids: Sequence[str] | None = None,
        account_ids: Sequence[str] = (),
        start_date: date | None = None,
        end_date: date | None = None,
        search_archive: bool = False,
        parent_session_id: str | None = None,
        page: int = 0,
        count_per_page: int | None = None,
    ) -> list[SessionInfo]:
        """Sessions with their `log`. Dates are whole days; pages count from 0, the server's own page is 25.

        `specific_ids` are asked for in batches of 100, each on one page; an empty sequence gives an empty list without
        a request. A call that narrows nothing down raises ValueError: it would fetch whatever the login may see.
        """
        narrowed = {
            "accountIds": id_list(account_ids),
            "startDate": start_date.isoformat() if start_date else "",
            "endDate": end_date.isoformat() if end_date else "",
            "parentSessionId": safe_id(parent_session_id) if parent_session_id is not None else "",
        }
        if specific_ids is None and not any(narrowed.values()):
            raise ValueError("list_sessions needs ids, an account, a date or a parent")
        narrowed["searchArchive"] = "true" if search_archive else ""
        if specific_ids is None:
            return await self._sessions_page(narrowed, page, count_per_page)
        return await self._sessions_by_id(specific_ids, narrowed, page, count_per_page)

    async def _sessions_by_id(
        self, ids: Sequence[str], narrowed: dict[str, str], page: int, count: int | None
    ) -> list[SessionInfo]:
        found: list[SessionInfo] = []
        queries = [narrowed | {"specificIds": id_list(ids[at : at + BATCH])} for at in range(0, len(ids), BATCH)]
        for query in queries:
            found += await self._sessions_page(query, page, count or BATCH)
        return found

    async def _sessions_page(self, narrowed: Mapping[str, str], page: int, count: int | None) -> list[SessionInfo]:
        answer = await self._call(_list("/sessions", narrowed, page, count))
        return list(read(SessionItems, answer).items)

    async def get_my_sessions(self) -> list[SessionInfo]:
        """All active sessions of the login. Role User."""
        return list(read(MySessions, await self._call(Ask("GET", "/sessions/my", scale=_LONG))).sessions)

    async def get_active_sessions(self) -> list[SessionInfo]:
        """The same by its newer name; works for a login that belongs to a user endpoint only. Role User."""
        return list(read(MySessions, await self._call(Ask("GET", "/sessions/active", scale=_LONG))).sessions)

    async def patch_session(self, session_id: str, patch: PatchSession) -> SessionInfo:
        """Set the given fields. Absolute values, so repeating is harmless."""
        ask = Ask("PATCH", f"/sessions/{safe_id(session_id)}", body=patch.to_json())
        return read(SessionInfo, await self._call(ask))

    async def end_session(self, session_id: str) -> None:
        """End a session. Role User. Repeating is harmless; after an Unsure, a 404 means that it worked."""
        expect_nothing_odd(await self._call(Ask("DELETE", f"/sessions/{safe_id(session_id)}")))

    # ---- people

    async def invite_chat_member(
        self, session_id: str, member_to_add: str, caller_id: str | None = None
    ) -> SessionInfo:
        """Bring in a user (e-mail) or a cell phone (E.164; it gets an SMS, which costs). Role User.

        Never to be repeated by a machine: what a second invitation does is not documented.
        """
        path = f"/sessions/{safe_id(session_id)}/members"
        said = {"memberToAdd": _not_empty(member_to_add, "member_to_add")}
        if caller_id is not None:
            said["callerId"] = _not_empty(caller_id, "caller_id")
        return read(SessionInfo, await self._call(Ask("POST", path, body=_json(said))))

    async def delete_chat_member(self, session_id: str, member: str) -> SessionInfo | None:
        """Take somebody out of a session. Role User. None when the server says nothing about the session.

        Goes by the operation's name first: in the REST route the path variable and the documented field differ, which
        the framework refuses. `member` is what was invited, an e-mail or E.164 number; else BadId.
        """
        segment = member_segment(member)
        query = {"sessionId": safe_id(session_id), "memberToRemove": member}
        try:
            answer = await self._call(Ask("DELETE", "/json/reply/DeleteChatMember", query))
        except Refused as refused:
            if refused.status not in _NO_SUCH_ROUTE:
                raise
            path = f"/sessions/{session_id}/members/{segment}"
            answer = await self._call(Ask("DELETE", path, {"memberToRemove": member}))
        return read(SessionInfo, answer) if answer.body.strip() else None

    # ---- messages

    async def send_message(self, session_id: str, body: str) -> MessageInfo:
        """Say something in a session. Role User. There is no idempotency key: after Unsure, look before repeating."""
        path = f"/sessions/{safe_id(session_id)}/messages"
        return read(MessageInfo, await self._call(Ask("POST", path, body=_json({"body": _not_empty(body, "body")}))))

    async def get_chat_transcript(self, session_id: str) -> list[ChatTranscriptMessage]:
        """The whole transcript, in the server's order (not documented). Role User."""
        ask = Ask("GET", f"/sessions/{safe_id(session_id)}/transcript", scale=_LONG)
        return list(read(Transcript, await self._call(ask)).messages)

    # ---- files

    async def upload_file(self, name: str, content_type: str, data: bytes) -> FileInfo:
        """Keep a file (UploadFile). Role User. Nobody sees it before its `uri` is told, so repeating does little harm.

        The operation that takes JSON: all its members are documented, while AppUploadFile does not name the part of
        its form. It may take four times as long as others, and waits for Evo Voice like what only reads.
        """
        said = {"fileName": _not_empty(name, "name"), "contentType": content_type, "data": b64encode(data).decode()}
        ask = Ask("POST", "/app/files", body=_json(said))
        async with self.patience():
            return read(FileInfo, await self._ask(ask, self._deadline * _UPLOAD))

    # ---- pickers

    async def get_my_contacts(self) -> list[AppContact]:
        """Users, teams and contacts that the login may reach; all of them, without paging. Role User."""
        return list(read(Contacts, await self._call(Ask("GET", "/app/contacts", scale=_LONG))).contacts)

    async def list_endpoints(
        self,
        *,
        types: Sequence[str],
        account_ids: Sequence[str] = (),
        name_filter: str | None = None,
        page: int = 0,
        count_per_page: int = 100,
    ) -> list[EndpointInfo]:
        """Endpoints of the given types (PhoneNumber, User, Team …). Roles SystemAdministrator, Manager or Customer."""
        if not types:
            raise ValueError("list_endpoints needs at least one type")
        query = {"types": id_list(types), "accountIds": id_list(account_ids), "nameFilter": name_filter or ""}
        answer = await self._call(_list("/endpoints", query, page, count_per_page))
        return list(read(EndpointItems, answer).items)

    async def list_customers(
        self,
        *,
        account_ids: Sequence[str] = (),
        name_filter: str | None = None,
        page: int = 0,
        count_per_page: int = 100,
    ) -> list[CustomerInfo]:
        """Customers by name. Roles SystemAdministrator, Manager or Customer."""
        query = {"accountIds": id_list(account_ids), "nameFilter": name_filter or ""}
        answer = await self._call(_list("/customers", query, page, count_per_page))
        return list(read(CustomerItems, answer).items)

    # ---- from asking to an answer of 2xx

    async def _call(self, ask: Ask) -> Answer:
        if ask.method != "GET":
            return await self._ask(ask)
        async with self.patience():
            return await self._ask(ask)

    async def _ask(self, ask: Ask, deadline: float | None = None) -> Answer:
        began, raised = time.monotonic(), None
        try:
            return await self._answer(ask, deadline)
        except EvoError as error:
            raised = error
            raise
        finally:
            self.watch(ask.method, ask.path, time.monotonic() - began, raised)

    async def _answer(self, ask: Ask, deadline: float | None) -> Answer:
        progress = Progress()
        limit = asyncio.timeout(deadline or self._deadline)
        try:
            async with limit:
                answer = await self._signed_in(ask, progress)
        except TimeoutError:
            raise overdue(progress) from None
        if fault := fault_of(answer):
            raise self._without_login(fault)
        return answer

    def _without_login(self, fault: EvoError) -> EvoError:
        """A server's words are shown to people; a server that repeats what it was sent may repeat our login."""
        if isinstance(fault, Refused) and self._auth.is_quoted_in(str(fault)):
            return Refused(fault.status, reason=f"HTTP {fault.status}, an answer that quotes the login")
        return fault

    async def _signed_in(self, ask: Ask, progress: Progress) -> Answer:
        """The answer; after a 401 once more with a new login. A 401 says that the request was not processed."""
        ticket = await self._auth.ticket()
        answer = await self._sent(ask, ticket.headers, progress)
        if not wants_login(answer):
            return answer
        ticket = await self._auth.renew(ticket)
        answer = await self._sent(ask, ticket.headers, progress)
        if wants_login(answer):
            raise Unauthorized("Evo Voice does not accept the bot's session, even right after a login")
        return answer

    async def _sent(self, ask: Ask, headers: Mapping[str, str], progress: Progress) -> Answer:
        if ask.method != "GET" and not self.may_act():
            raise NotSent("it is not for this program to do this any more")
        return await self._transport.send(ask, headers, progress)


def _list(path: str, query: Mapping[str, str], page: int, count: int | None) -> Ask:
    """A page of a list, without the costly counts. Empty values are left out, as the server would ignore them."""
    paging = {"page": str(page) if page else "", "countPerPage": str(count or ""), "simplifiedPaging": "true"}
    return Ask("GET", path, {key: value for key, value in {**query, **paging}.items() if value}, scale=_LONG)


def _json(said: Mapping[str, str]) -> bytes:
    return json.dumps(said).encode()


def _not_empty(text: str, name: str) -> str:
    if not text.strip():
        raise ValueError(f"{name} may not be empty")
    return text


def connect(
    base_url: str,
    username: str,
    password: str,
    *,
    user_agent: str = USER_AGENT,
    basic: bool = False,
    deadline: float = 15.0,
    max_body: int = 1 << 20,
    clock: Callable[[], float] = time.monotonic,
) -> EvoVoice:
    """A client for `base_url`, which is https, or http on loopback; else ValueError. No request is made yet.

    `deadline` is in seconds for each call as a whole; `max_body` in bytes (lists, transcripts and contacts: five times
    as much); `clock` counts the five minutes between logins. `basic` sends the login with each request, no session.
    """
    url = checked_base(base_url)
    trust = _trust() if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which trusts nobody

    def client(keep_alive: int) -> httpx.AsyncClient:
        jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # keeps nothing: sessions are auth.py's business
        return http_client(user_agent=user_agent, deadline=deadline, keep_alive=keep_alive, trust=trust, jar=jar)

    transport = Transport(url, reads=client(POOL), writes=client(0), cap=max_body)
    credentials = Credentials(username, SecretStr(password))
    auth = BasicAuth(credentials, clock) if basic else CookieAuth(transport, credentials, clock)
    return EvoVoice(transport, auth, deadline=deadline)


@functools.cache
def _trust() -> ssl.SSLContext:
    """Whom every client of this process trusts: reading the authorities takes 20 ms each time."""
    return httpx.create_ssl_context(trust_env=False)
