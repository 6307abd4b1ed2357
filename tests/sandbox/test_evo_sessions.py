"""Sessions and their members."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.evo import EffectKind, EvoStandIn

BOT = ("bot@example.com", "correct-horse")
DAY = 86_400
SUPPORT = "d" + "0" * 22 + "1"
ANA = "e" + "0" * 22 + "3"


@pytest.fixture
async def evo() -> AsyncIterator[EvoStandIn]:
    async with EvoStandIn() as host:
        yield host


@pytest.fixture
async def http(evo: EvoStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=evo.url, auth=BOT, trust_env=False) as client:
        yield client


async def new_session(http: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    return dict((await http.post("/sessions", json={"channel": "Chat"} | members)).json())


async def invite(http: httpx.AsyncClient, session: dict[str, Any], who: str) -> httpx.Response:
    return await http.post(f"/sessions/{session['id']}/members", json={"memberToAdd": who})


def identities(session: dict[str, Any]) -> list[str]:
    return [member["identity"] for member in session["members"]]


async def test_a_new_session_is_filled_from_the_caller(http: httpx.AsyncClient) -> None:
    session = (await http.post("/sessions", json={})).json()
    dates = {name: session.pop(name) for name in ("id", "dateCreated", "dateLastModified")}
    assert len(dates["id"]) == 24
    assert session == {
        "createdBy": "bot@example.com",
        "lastModifiedBy": "bot@example.com",
        "dialState": "None",
        "callState": "Connected",
        "queueState": "None",
        "ended": False,
        "wasMissed": False,
        "holdReason": "None",
        "endpointId": "e00000000000000000000001",
        "endpointName": "Acme Support",
        "channel": "Voice",
        "direction": "Outgoing",
        "fromAddress": "bot@example.com",
        "accountId": "a00000000000000000000001",
        "accountName": "Acme",
        "customerBreadcrumb": [],
        "log": [],
        "members": [
            {
                "identity": "bot@example.com",
                "endpointId": "e00000000000000000000001",
                "displayName": "Acme Support",
                "isOriginalMember": True,
                "applicationData": {},
                "callState": "None",
                "role": "Caller",
                "muted": False,
            }
        ],
    }


@pytest.mark.parametrize(
    ("asked", "members"),
    [
        ({"withAddress": f"user:{ANA}"}, ["ana@example.com"]),
        ({"withAddress": "user:ana@example.com"}, ["ana@example.com"]),
        ({"withAddress": ANA}, ["ana@example.com"]),
        ({"withAddress": f"team:{SUPPORT}"}, ["ana@example.com", "joe@example.com"]),
        ({"memberEmailAddresses": ["JOE@example.com", "ana@example.com"]}, ["joe@example.com", "ana@example.com"]),
        ({"memberEmailAddresses": "joe@example.com,ana@example.com"}, ["joe@example.com", "ana@example.com"]),
        ({"withAddress": f"user:{ANA}", "memberEmailAddresses": ["ana@example.com"]}, ["ana@example.com"]),
        ({"memberEmailAddresses": ["gia@example.org", "x@example.com", "ana@example.com"]}, ["ana@example.com"]),
        ({"withAddress": "team:nobody"}, []),
        ({"withAddress": f"user:{SUPPORT}"}, []),
    ],
)
async def test_members_are_the_caller_and_those_asked_for_who_exist(
    http: httpx.AsyncClient, asked: dict[str, Any], members: list[str]
) -> None:
    assert identities(await new_session(http, **asked)) == ["bot@example.com", *members]


@pytest.mark.parametrize("asked", [{"withAddress": "team:nobody"}, {"memberEmailAddresses": ["x@example.com"]}])
async def test_quirk_unknown_person_refused_opens_nothing(
    evo: EvoStandIn, http: httpx.AsyncClient, asked: dict[str, Any]
) -> None:
    evo.change_quirks(unknown_person="refuse")
    assert (await http.post("/sessions", json=asked)).status_code == 400
    assert (evo.sessions(), evo.effects()) == ([], [])


async def test_what_the_wire_does_not_show_again_is_kept_for_checkers(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    hidden = {"withAddress": f"team:{SUPPORT}", "startSession": True, "parentSessionId": "p1"}
    session = await new_session(http, **hidden)
    assert set(hidden) & set(session) == set()
    assert evo.sessions()[0].hidden == hidden


async def test_a_customer_is_booked_with_its_breadcrumb(http: httpx.AsyncClient) -> None:
    session = await new_session(http, customerId="b" + "0" * 22 + "2")
    assert session["customerName"] == "East Wing"
    assert [item["name"] for item in session["customerBreadcrumb"]] == ["Harbour Offices", "East Wing"]
    assert (await http.post("/sessions", json={"customerId": "nobody"})).status_code == 404


async def test_get_blanks_the_log_and_list_fills_it(http: httpx.AsyncClient) -> None:
    session = await new_session(http)
    got = (await http.get(f"/sessions/{session['id']}")).json()
    listed = (await http.get(f"/sessions?specificIds={session['id']}")).json()["items"][0]
    assert got["log"] == []
    assert [line["message"] for line in listed["log"]] == ["Session started by Acme Support"]
    assert got == listed | {"log": []}


async def test_an_old_session_is_only_in_the_archive(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    session = await new_session(http)
    by_id = f"/sessions?specificIds={session['id']}"
    evo.advance(16 * DAY)
    assert (await http.get(f"/sessions/{session['id']}")).status_code == 404
    assert (await http.get("/sessions/my")).json() == {"sessions": []}
    assert (await http.get(by_id)).json()["items"] == []
    assert [item["id"] for item in (await http.get(f"{by_id}&searchArchive=true")).json()["items"]] == [session["id"]]


@pytest.mark.parametrize("status", [404, 500])
async def test_quirk_unknown_id_status(evo: EvoStandIn, http: httpx.AsyncClient, status: int) -> None:
    evo.change_quirks(unknown_id_status=status)
    assert (await http.get("/sessions/unknown")).status_code == status


async def test_quirk_list_sessions_for_users(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    evo.change_quirks(list_sessions_for_users=False)
    refused = await http.get("/sessions")
    assert (refused.status_code, refused.content) == (403, b"")
    assert (await http.get("/sessions", auth=("admin@example.com", "admin-pass"))).status_code == 200


async def test_pages_of_25_and_counts_unless_simplified(http: httpx.AsyncClient) -> None:
    for _ in range(27):
        await new_session(http)
    first, last = (await http.get("/sessions")).json(), (await http.get("/sessions?page=1")).json()
    assert (len(first["items"]), first["totalCount"], first["totalPages"], first["hasMorePages"]) == (25, 27, 2, True)
    assert (len(last["items"]), last["hasMorePages"]) == (2, False)
    simple = (await http.get("/sessions?simplifiedPaging=true&countPerPage=10&page=2")).json()
    assert (len(simple["items"]), set(simple), simple["hasMorePages"]) == (7, {"items", "hasMorePages"}, False)
    assert len((await http.get("/sessions?all=true")).json()["items"]) == 27


@pytest.mark.parametrize(("order", "names"), [("Ascend", ["a", "b", "c"]), ("Descend", ["c", "b", "a"])])
async def test_lists_sort_by_a_field(http: httpx.AsyncClient, order: str, names: list[str]) -> None:
    for name in ("b", "c", "a"):
        await new_session(http, displayName=name)
    listed = (await http.get(f"/sessions?sortField=DisplayName&sortOrder={order}")).json()
    assert [item["displayName"] for item in listed["items"]] == names


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("from=BOT@", 1),
        ("from=ana", 0),
        ("to=5550123", 1),
        ("to=999", 0),
        ("log=started by acme", 1),
        ("log=nothing", 0),
        ("parentSessionId=p1", 1),
        ("parentSessionId=p2", 0),
        ("accountIds=a00000000000000000000002", 0),
        ("endpointIds=e00000000000000000000001", 1),
        ("startDate=2020-01-01", 1),
        ("startDate=2999-01-01", 0),
        ("endDate=2999-01-01", 1),
        ("endDate=2020-01-01", 0),
    ],
)
async def test_filters(http: httpx.AsyncClient, query: str, found: int) -> None:
    await new_session(http, toAddress="+12025550123", parentSessionId="p1")
    assert len((await http.get(f"/sessions?{query}")).json()["items"]) == found


@pytest.mark.parametrize("path", ["/sessions/my", "/sessions/active"])
async def test_active_sessions_are_those_not_ended(http: httpx.AsyncClient, path: str) -> None:
    kept, ended = await new_session(http), await new_session(http)
    await http.delete(f"/sessions/{ended['id']}")
    assert [item["id"] for item in (await http.get(path)).json()["sessions"]] == [kept["id"]]


async def test_patch_is_sparse(http: httpx.AsyncClient) -> None:
    session = await new_session(http)
    first = await http.patch(f"/sessions/{session['id']}", json={"consoleData": "x", "displayName": "not this"})
    after = (await http.patch(f"/sessions/{session['id']}", json={"queueState": "Queued", "holdReason": None})).json()
    assert first.json()["consoleData"] == "x"
    assert (after["consoleData"], after["queueState"], "displayName" in after) == ("x", "Queued", False)


async def test_end_sets_state_and_answers_nothing(http: httpx.AsyncClient) -> None:
    session = await new_session(http)
    response = await http.delete(f"/sessions/{session['id']}")
    after = (await http.get(f"/sessions/{session['id']}")).json()
    assert (response.status_code, response.content) == (204, b"")
    assert (after["ended"], after["callState"], "dateCompleted" in after) == (True, "Disconnected", True)


@pytest.mark.parametrize("status", [204, 404])
async def test_quirk_second_end_status(evo: EvoStandIn, http: httpx.AsyncClient, status: int) -> None:
    evo.change_quirks(second_end_status=status)
    session = await new_session(http)
    await http.delete(f"/sessions/{session['id']}")
    assert (await http.delete(f"/sessions/{session['id']}")).status_code == status
    assert len(evo.effects(kind=EffectKind.ENDED)) == 1


@pytest.mark.parametrize("who", ["ana@example.com", "ANA@example.com", "+4930555123"])
async def test_an_invite_appends_a_member(evo: EvoStandIn, http: httpx.AsyncClient, who: str) -> None:
    session = await new_session(http)
    answer = (await invite(http, session, who)).json()
    assert identities(answer) == ["bot@example.com", who.lower()]
    assert answer["members"][1]["isOriginalMember"] is False
    assert "was invited by Acme Support" in evo.sessions()[0].log[-1]


@pytest.mark.parametrize(
    ("quirk", "status", "members", "invited"), [("ignore", 200, 2, 1), ("duplicate", 200, 3, 2), ("refuse", 409, 2, 1)]
)
async def test_quirk_repeat_invite(
    evo: EvoStandIn, http: httpx.AsyncClient, quirk: str, status: int, members: int, invited: int
) -> None:
    evo.change_quirks(repeat_invite=quirk)
    session = await new_session(http)
    await invite(http, session, "ana@example.com")
    assert (await invite(http, session, "ana@example.com")).status_code == status
    assert len(evo.sessions()[0].members) == members
    assert len(evo.effects(session["id"], EffectKind.INVITED)) == invited


@pytest.mark.parametrize(("quirk", "status"), [("drop", 200), ("refuse", 400)])
@pytest.mark.parametrize("who", ["x@example.com", "gia@example.org", "2025550123", "Ana Ruiz"])
async def test_quirk_unknown_person_invited(
    evo: EvoStandIn, http: httpx.AsyncClient, quirk: str, status: int, who: str
) -> None:
    evo.change_quirks(unknown_person=quirk)
    session = await new_session(http)
    assert (await invite(http, session, who)).status_code == status
    assert len(evo.sessions()[0].members) == 1
    assert evo.effects(kind=EffectKind.INVITED) == []


async def test_an_invite_needs_somebody(http: httpx.AsyncClient) -> None:
    assert (await invite(http, await new_session(http), "")).status_code == 400


async def test_the_rest_route_to_remove_a_member_is_broken(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    session = await new_session(http, memberEmailAddresses=["ana@example.com"])
    path = f"/sessions/{session['id']}/members/ana%40example.com"
    response = await http.delete(path, params={"memberToRemove": "ana@example.com"})
    assert (response.status_code, response.json()["responseStatus"]["errorCode"]) == (400, "ArgumentException")
    assert len(evo.sessions()[0].members) == 2


async def test_json_reply_removes_a_member(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    session = await new_session(http, memberEmailAddresses=["ana@example.com"])
    query = {"sessionId": session["id"], "memberToRemove": "Ana@example.com"}
    response = await http.delete("/json/reply/DeleteChatMember", params=query)
    assert identities(response.json()) == ["bot@example.com"]
    assert (await http.delete("/json/reply/DeleteChatMember", params=query)).status_code == 404
    assert len(evo.effects(kind=EffectKind.REMOVED)) == 1


@pytest.mark.parametrize("who", ["ana%40example.com", "%2B4930555123"])
async def test_quirk_delete_member_route_works(evo: EvoStandIn, http: httpx.AsyncClient, who: str) -> None:
    evo.change_quirks(delete_member_route_works=True)
    session = await new_session(http, memberEmailAddresses=["ana@example.com"])
    await invite(http, session, "+4930555123")
    response = await http.delete(f"/sessions/{session['id']}/members/{who}")
    assert (response.status_code, len(response.json()["members"])) == (200, 2)
