"""Each operation: the request as the public metadata pages spell it, and the answer as a model."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

import bot.evo
from bot.evo import (
    AppConfig,
    AppContact,
    BadId,
    CallState,
    Channel,
    ChatTranscriptMessage,
    CustomerInfo,
    EndpointInfo,
    FileInfo,
    MessageInfo,
    NewSession,
    NotSent,
    PatchSession,
    Refused,
    SessionInfo,
    Unsure,
    UserInfo,
)
from tests.bot.evo.conftest import Seen, Server, by_request, http

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.evo import EvoVoice
    from tests.bot.evo.conftest import Reply

SESSION = {"id": "s1", "channel": "Chat"}
S1 = SessionInfo(id="s1", channel=Channel.CHAT)
REMOVE = "/json/reply/DeleteChatMember"

# name: what is called, the route, its query, its JSON body, the answer's body, the result
OPERATIONS: dict[str, tuple[Callable[[EvoVoice], Awaitable[Any]], str, dict[str, str], Any, Any, Any]] = {
    "knock": (lambda evo: evo.knock(), "GET /app/config", {}, None, {}, None),
    "knock_elsewhere": (lambda evo: evo.knock_elsewhere(), "GET /sessions/my", {}, None, {}, None),
    "auth_status": (
        lambda evo: evo.auth_status(),
        "GET /auth/status",
        {},
        None,
        {"id": "u1", "isAuthenticated": True, "roles": ["User"], "accountIds": ["a1"]},
        UserInfo(id="u1", is_authenticated=True, roles=("User",), account_ids=("a1",)),
    ),
    "new_session": (
        lambda evo: evo.new_session(NewSession(channel=Channel.CHAT, with_address="team:t1")),
        "POST /sessions",
        {},
        {"channel": "Chat", "withAddress": "team:t1"},
        SESSION,
        S1,
    ),
    "invite by e-mail": (
        lambda evo: evo.invite_chat_member("s1", "ann@example.test"),
        "POST /sessions/s1/members",
        {},
        {"memberToAdd": "ann@example.test"},
        SESSION,
        S1,
    ),
    "invite by phone": (
        lambda evo: evo.invite_chat_member("s1", "+14155550100", "+14155550199"),
        "POST /sessions/s1/members",
        {},
        {"memberToAdd": "+14155550100", "callerId": "+14155550199"},
        SESSION,
        S1,
    ),
    "delete_chat_member": (
        lambda evo: evo.delete_chat_member("s1", "+14155550100"),
        "DELETE /json/reply/DeleteChatMember",
        {"sessionId": "s1", "memberToRemove": "+14155550100"},
        None,
        SESSION,
        S1,
    ),
    "send_message": (
        lambda evo: evo.send_message("s1", 'Größe 38?\n👋 "quoted" <b>&amp;'),
        "POST /sessions/s1/messages",
        {},
        {"body": 'Größe 38?\n👋 "quoted" <b>&amp;'},
        {"id": "m1", "text": "…", "sender": "bot@example.test", "isUnread": False},
        MessageInfo(id="m1", text="…", sender="bot@example.test", is_unread=False),
    ),
    "upload_file": (
        lambda evo: evo.upload_file("Größe.png", "image/png", b"\x89PNG"),
        "POST /app/files",
        {},
        {"fileName": "Größe.png", "contentType": "image/png", "data": "iVBORw=="},
        {"id": "f1", "type": "Upload", "uri": "https://evo.example.test/f/1", "contentLength": 4},
        FileInfo(id="f1", uri="https://evo.example.test/f/1", content_length=4),
    ),
    "get_chat_transcript": (
        lambda evo: evo.get_chat_transcript("s1"),
        "GET /sessions/s1/transcript",
        {},
        None,
        {"messages": [{"from": "ann", "body": "hi"}, {"from": "bob", "mediaUri": "https://h/x"}]},
        [ChatTranscriptMessage(sender="ann", body="hi"), ChatTranscriptMessage(sender="bob", media_uri="https://h/x")],
    ),
    "get_session": (lambda evo: evo.get_session("s1"), "GET /sessions/s1", {}, None, SESSION, S1),
    "list_sessions by id": (
        lambda evo: evo.list_sessions(specific_ids=["s1", "s2"]),
        "GET /sessions",
        {"specificIds": "s1,s2", "countPerPage": "100", "simplifiedPaging": "true"},
        None,
        {"items": [SESSION], "hasMorePages": False},
        [S1],
    ),
    "list_sessions by the rest": (
        lambda evo: evo.list_sessions(
            account_ids=["a1", "a2"],
            start_date=date(2026, 5, 1),
            end_date=date(2026, 5, 11),
            search_archive=True,
            parent_session_id="p1",
            page=2,
            count_per_page=50,
        ),
        "GET /sessions",
        {
            "accountIds": "a1,a2",
            "startDate": "2026-05-01",
            "endDate": "2026-05-11",
            "searchArchive": "true",
            "parentSessionId": "p1",
            "page": "2",
            "countPerPage": "50",
            "simplifiedPaging": "true",
        },
        None,
        {"items": []},
        [],
    ),
    "get_my_sessions": (
        lambda evo: evo.get_my_sessions(),
        "GET /sessions/my",
        {},
        None,
        {"sessions": [SESSION]},
        [S1],
    ),
    "get_active_sessions": (
        lambda evo: evo.get_active_sessions(),
        "GET /sessions/active",
        {},
        None,
        {"sessions": [SESSION]},
        [S1],
    ),
    "end_session": (lambda evo: evo.end_session("s1"), "DELETE /sessions/s1", {}, None, b"", None),
    "patch_session": (
        lambda evo: evo.patch_session("s1", PatchSession(call_state=CallState.HOLD)),
        "PATCH /sessions/s1",
        {},
        {"callState": "Hold"},
        SESSION,
        S1,
    ),
    "get_my_contacts": (
        lambda evo: evo.get_my_contacts(),
        "GET /app/contacts",
        {},
        None,
        {"contacts": [{"displayName": "Team A", "address": "team:1", "canChat": True}]},
        [AppContact(display_name="Team A", address="team:1", can_chat=True)],
    ),
    "list_endpoints": (
        lambda evo: evo.list_endpoints(types=["User", "Team"], account_ids=["a1"], name_filter="an, b+c"),
        "GET /endpoints",
        {
            "types": "User,Team",
            "accountIds": "a1",
            "nameFilter": "an, b+c",
            "countPerPage": "100",
            "simplifiedPaging": "true",
        },
        None,
        {"items": [{"id": "e1", "displayName": "Ann", "type": "User"}]},
        [EndpointInfo(id="e1", display_name="Ann", type="User")],
    ),
    "list_customers": (
        lambda evo: evo.list_customers(account_ids=["a1"], count_per_page=10, page=1),
        "GET /customers",
        {"accountIds": "a1", "countPerPage": "10", "page": "1", "simplifiedPaging": "true"},
        None,
        {"items": [{"id": "c1", "name": "Shop"}]},
        [CustomerInfo(id="c1", name="Shop")],
    ),
    "get_app_config": (
        lambda evo: evo.get_app_config(),
        "GET /app/config",
        {},
        None,
        {"endpointId": "e1", "accountId": "a1", "accessToken": "x"},
        AppConfig(endpoint_id="e1", account_id="a1"),
    ),
}


@pytest.mark.parametrize("name", OPERATIONS)
async def test_operation(name: str, server: Server, evo: EvoVoice) -> None:
    call, route, query, sent, body, result = OPERATIONS[name]
    server.routes[route] = http(200 if body else 204, body)

    assert await call(evo) == result

    (seen,) = server.asked
    assert f"{seen.method} {seen.path}" == route
    assert seen.query == query
    assert (json.loads(seen.body) if seen.body else None) == sent


def test_every_public_operation_is_in_the_table() -> None:
    covered = {"invite_chat_member", "list_sessions", *OPERATIONS, "aclose", "login_headers", "stay", "url"}
    assert {name for name in vars(bot.evo.EvoVoice) if not name.startswith("_")} <= covered


def test_the_public_door_and_its_contents_agree() -> None:
    assert bot.evo.__all__ == sorted(bot.evo.__all__)
    assert [name for name in bot.evo.__all__ if not hasattr(bot.evo, name)] == []


async def test_nothing_packed_is_still_nothing(server: Server, evo: EvoVoice) -> None:
    server.routes["DELETE /sessions/s1"] = http(204, Content_Encoding="gzip")
    await evo.end_session("s1")


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize(("body", "result"), [(SESSION, S1), (b"", None)])
async def test_a_member_is_removed_by_the_rest_route_where_the_other_is_missing(
    status: int, body: Any, result: SessionInfo | None, server: Server, evo: EvoVoice
) -> None:
    server.routes |= {
        f"DELETE {REMOVE}": http(status, b"no such route", kind="text/plain"),
        "DELETE /sessions/s1/members/ann%40example.test": http(200 if body else 204, body),
    }
    assert await evo.delete_chat_member("s1", "ann@example.test") == result
    assert [(seen.path, seen.query) for seen in server.asked] == [
        (REMOVE, {"sessionId": "s1", "memberToRemove": "ann@example.test"}),
        ("/sessions/s1/members/ann%40example.test", {"memberToRemove": "ann@example.test"}),
    ]


@pytest.mark.parametrize(("status", "means"), [(400, Refused), (403, Refused), (500, Unsure)])
async def test_other_answers_to_a_removal_are_final(
    status: int, means: type[Exception], server: Server, evo: EvoVoice
) -> None:
    server.routes[f"DELETE {REMOVE}"] = http(status)
    with pytest.raises(means):
        await evo.delete_chat_member("s1", "ann@example.test")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer", [http(204), http(200), http(200, b"null"), http(200, {"isAuthenticated": False}), http(200, {})]
)
async def test_nobody_is_signed_in(answer: bytes, server: Server, evo: EvoVoice) -> None:
    server.routes["GET /auth/status"] = answer
    assert await evo.auth_status() is None


async def test_an_id_alone_says_who_is_signed_in(server: Server, evo: EvoVoice) -> None:
    server.routes["GET /auth/status"] = http(200, {"id": "u1"})
    assert await evo.auth_status() == UserInfo(id="u1")


@pytest.mark.parametrize(
    "options", [{}, {"page": 1}, {"search_archive": True}, {"count_per_page": 5}, {"account_ids": []}]
)
async def test_a_list_of_all_sessions_is_never_asked_for(
    options: dict[str, Any], server: Server, evo: EvoVoice
) -> None:
    with pytest.raises(ValueError, match="needs ids"):
        await evo.list_sessions(**options)
    assert server.journal == []


@pytest.mark.parametrize("options", [{}, {"account_ids": ["a1"]}])
async def test_no_ids_are_no_sessions_without_a_request(options: dict[str, Any], server: Server, evo: EvoVoice) -> None:
    """A poller without open sessions must not get the account's first page instead."""
    assert await evo.list_sessions(specific_ids=[], **options) == []
    assert server.journal == []


async def test_many_ids_are_asked_for_in_batches(server: Server, evo: EvoVoice) -> None:
    """The server's own page is 25, and a request line has its limits."""

    def found(seen: Seen) -> Reply:
        ids = seen.query["specificIds"].split(",")[: int(seen.query["countPerPage"])]
        return http(200, {"items": [{"id": one} for one in ids]})

    server.routes["GET /sessions"] = by_request(found)
    ids = [f"{number:024x}" for number in range(250)]
    assert [session.id for session in await evo.list_sessions(specific_ids=ids)] == ids
    assert len(server.asked) == 3
    assert max(len(seen.target) for seen in server.asked) < 4096


BAD_CALLS: list[tuple[type[Exception], Callable[[EvoVoice], Awaitable[Any]]]] = [
    *(
        (BadId, call)
        for call in (
            lambda evo: evo.invite_chat_member("", "ann@example.test"),
            lambda evo: evo.delete_chat_member("..", "ann@example.test"),
            lambda evo: evo.delete_chat_member("s1", ".."),
            lambda evo: evo.delete_chat_member("s1", "a/b"),
            lambda evo: evo.send_message("my", "hello"),
            lambda evo: evo.get_chat_transcript("a/../b"),
            lambda evo: evo.get_session("Outgoing"),
            lambda evo: evo.end_session(""),
            lambda evo: evo.patch_session(".", PatchSession(console_data="x")),
            lambda evo: evo.list_sessions(specific_ids=["s1", ""]),
            lambda evo: evo.list_sessions(account_ids=["a,b"]),
            lambda evo: evo.list_sessions(parent_session_id=""),
            lambda evo: evo.list_endpoints(types=["User,Team"]),
            lambda evo: evo.list_customers(account_ids=[""]),
        )
    ),
    (ValueError, lambda evo: evo.list_endpoints(types=[])),
    (ValueError, lambda evo: evo.send_message("s1", "")),
    (ValueError, lambda evo: evo.send_message("s1", " \n")),
    (ValueError, lambda evo: evo.invite_chat_member("s1", " ")),
    (ValueError, lambda evo: evo.invite_chat_member("s1", "ann@example.test", "")),
]


@pytest.mark.parametrize(("error", "call"), BAD_CALLS)
async def test_a_wrong_call_makes_no_request(
    error: type[Exception], call: Callable[[EvoVoice], Awaitable[Any]], server: Server, evo: EvoVoice
) -> None:
    with pytest.raises(error):
        await call(evo)
    assert server.journal == []


async def test_an_end_answered_by_what_is_no_json_may_not_have_happened(server: Server, evo: EvoVoice) -> None:
    server.routes["DELETE /sessions/s1"] = http(200, b'{"id": "unreadab\xff\x00')
    with pytest.raises(Unsure):
        await evo.end_session("s1")


async def test_who_may_not_act_any_more_may_still_look(evo: EvoVoice, server: Server) -> None:
    server.routes["GET /sessions/s1"] = http(200, SESSION)
    evo.may_act = lambda: False
    assert await evo.get_session("s1") == S1
    for act in (evo.send_message("s1", "hello"), evo.end_session("s1")):
        with pytest.raises(NotSent):
            await act
    assert [seen.method for seen in server.asked] == ["GET"]
