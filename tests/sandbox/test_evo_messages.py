"""Messages, transcripts, conversations, media, pickers and files."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.evo import EffectKind, EvoStandIn

BOT = ("bot@example.com", "correct-horse")
ADMIN = ("admin@example.com", "admin-pass")
LINE = "f" + "0" * 22 + "1"
NUMBER, DANA = "+12025550100", "+12025550123"


@pytest.fixture
async def evo() -> AsyncIterator[EvoStandIn]:
    async with EvoStandIn() as host:
        yield host


@pytest.fixture
async def http(evo: EvoStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=evo.url, auth=BOT, trust_env=False) as client:
        yield client


async def new_session(http: httpx.AsyncClient, **members: Any) -> str:
    body = {"channel": "Chat", "memberEmailAddresses": ["ana@example.com"]} | members
    return str((await http.post("/sessions", json=body)).json()["id"])


async def send(http: httpx.AsyncClient, session_id: str, body: str) -> httpx.Response:
    return await http.post(f"/sessions/{session_id}/messages", json={"body": body})


async def transcript(http: httpx.AsyncClient, session_id: str, **query: str) -> list[dict[str, Any]]:
    return list((await http.get(f"/sessions/{session_id}/transcript", params=query)).json()["messages"])


async def test_send_answers_a_message_info_without_session(http: httpx.AsyncClient) -> None:
    message = (await send(http, await new_session(http), "Grüße 👋")).json()
    assert message.keys() >= {"id", "date"}
    assert {name: value for name, value in message.items() if name not in ("id", "date")} == {
        "accountId": "a00000000000000000000001",
        "endpointId": "e00000000000000000000001",
        "endpointDisplayName": "Acme Support",
        "direction": "Outgoing",
        "otherAddress": "ana@example.com",
        "sender": "bot@example.com",
        "text": "Grüße 👋",
        "isUnread": False,
    }


async def test_both_routes_send_to_a_session(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    session_id = await new_session(http)
    await send(http, session_id, "one")
    for method in ("POST", "PUT", "DELETE"):
        await http.request(method, "/messages", json={"sessionId": session_id, "body": method, "endpointId": "no"})
    assert [effect.detail["body"] for effect in evo.effects(session_id, EffectKind.SENT)] == [
        "one",
        "POST",
        "PUT",
        "DELETE",
    ]


@pytest.mark.parametrize("body", [{}, {"endpointId": LINE}, {"toAddress": DANA}])
async def test_send_needs_a_session_or_an_endpoint_and_an_address(
    evo: EvoStandIn, http: httpx.AsyncClient, body: dict[str, str]
) -> None:
    assert (await http.post("/messages", json=body | {"body": "x"})).status_code == 400
    assert evo.messages() == []


async def test_a_text_from_a_number_belongs_to_no_session(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    response = await http.post("/messages", json={"endpointId": LINE, "toAddress": DANA, "body": "hello"})
    assert (response.json()["endpointDisplayName"], response.json()["otherAddress"]) == ("Acme main line", DANA)
    assert [message.session_id for message in evo.messages()] == [None]
    assert (await http.post("/messages", json={"endpointId": "x", "toAddress": DANA})).status_code == 404


async def test_a_transcript_line_has_no_id(http: httpx.AsyncClient) -> None:
    session_id = await new_session(http)
    sent = (await send(http, session_id, "hi")).json()
    assert await transcript(http, session_id) == [{"date": sent["date"], "from": "bot@example.com", "body": "hi"}]


@pytest.mark.parametrize(("order", "bodies"), [("oldest_first", ["1", "2", "3"]), ("newest_first", ["3", "2", "1"])])
async def test_quirk_transcript_order(evo: EvoStandIn, http: httpx.AsyncClient, order: str, bodies: list[str]) -> None:
    evo.change_quirks(transcript_order=order)
    session_id = await new_session(http)
    for number in ("1", "2", "3"):
        await send(http, session_id, number)
    assert [line["body"] for line in await transcript(http, session_id)] == bodies


@pytest.mark.parametrize(
    ("style", "senders"),
    [
        ("email", ["bot@example.com", "ana@example.com", DANA]),
        ("name", ["Acme Support", "Ana Ruiz", DANA]),
        ("endpoint_id", ["e00000000000000000000001", "e00000000000000000000003", DANA]),
    ],
)
async def test_quirk_from_format(evo: EvoStandIn, http: httpx.AsyncClient, style: str, senders: list[str]) -> None:
    evo.change_quirks(from_format=style)
    session_id = await new_session(http)
    await send(http, session_id, "a")
    evo.hear(session_id, "ana@example.com", "b")
    evo.join(session_id, DANA)
    evo.hear(session_id, DANA, "c")
    assert [line["from"] for line in await transcript(http, session_id)] == senders


@pytest.mark.parametrize("touches", [False, True])
async def test_quirk_messages_touch_session(evo: EvoStandIn, http: httpx.AsyncClient, touches: bool) -> None:
    evo.change_quirks(messages_touch_session=touches)
    session_id = await new_session(http)
    before = evo.sessions()[0].modified
    await send(http, session_id, "x")
    assert (evo.sessions()[0].modified > before) is touches


@pytest.mark.parametrize(("refused", "status"), [(False, 200), (True, 400)])
async def test_quirk_empty_body_refused(evo: EvoStandIn, http: httpx.AsyncClient, refused: bool, status: int) -> None:
    evo.change_quirks(empty_body_refused=refused)
    session_id = await new_session(http)
    assert (await send(http, session_id, "")).status_code == status
    assert len(evo.messages()) == (0 if refused else 1)


async def test_quirk_longest_body(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    evo.change_quirks(longest_body=5)
    session_id = await new_session(http)
    assert [(await send(http, session_id, "x" * size)).status_code for size in (5, 6)] == [200, 400]


@pytest.mark.parametrize("status", [400, 404, 409, 500, 200])
async def test_quirk_ended_session_status(evo: EvoStandIn, http: httpx.AsyncClient, status: int) -> None:
    evo.change_quirks(ended_session_status=status)
    session_id = await new_session(http)
    evo.end(session_id)
    assert (await send(http, session_id, "late")).status_code == status
    invite = await http.post(f"/sessions/{session_id}/members", json={"memberToAdd": "joe@example.com"})
    assert invite.status_code == status
    assert len(evo.messages()) == (1 if status == 200 else 0)


async def test_media_is_in_the_transcript_and_can_be_fetched(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    session_id = await new_session(http)
    uri = evo.put_media("cat.png", "image/png", base64.b64encode(b"cat").decode())
    evo.hear(session_id, "ana@example.com", "", media_uri=uri, media_type="image/png")
    line = (await transcript(http, session_id))[0]
    assert (line["mediaUri"], line["mediaContentType"], line["body"]) == (uri, "image/png", "")
    fetched = await http.get(uri)
    assert (fetched.content, fetched.headers["Content-Type"]) == (b"cat", "image/png")


async def test_quirk_media_needs_sign_in(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    evo.change_quirks(media_needs_sign_in=True)
    uri = evo.put_media("cat.png", "image/png", "")
    async with httpx.AsyncClient(trust_env=False) as stranger:
        assert (await stranger.get(uri)).status_code == 401
    assert (await http.get(uri)).status_code == 200


async def test_history_adds_what_was_said_with_that_party_before(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    evo.text(DANA, NUMBER, "ancient")
    evo.advance(200 * 86_400)
    evo.text(DANA, NUMBER, "earlier")
    session_id = await new_session(http, toAddress=DANA)
    await send(http, session_id, "now")
    with_history = await transcript(http, session_id, includeHistorical="true")
    assert [line["body"] for line in with_history] == ["earlier", "now"]
    assert [line["body"] for line in await transcript(http, session_id)] == ["now"]
    cut = await transcript(http, session_id, includeHistorical="true", historicalCutOffDate="2999-01-01")
    assert [line["body"] for line in cut] == ["now"]


async def test_texts_of_an_sms_party_go_to_its_live_session(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    session_id = await new_session(http)
    evo.text(DANA, NUMBER, "alone")
    evo.join(session_id, DANA)
    evo.text(DANA, NUMBER, "inside")
    evo.end(session_id)
    evo.text(DANA, NUMBER, "after")
    assert [(message.body, message.session_id) for message in evo.messages()] == [
        ("alone", None),
        ("inside", session_id),
        ("after", None),
    ]


async def test_messages_are_listed_newest_first_after_a_date(http: httpx.AsyncClient) -> None:
    session_id = await new_session(http)
    sent = [(await send(http, session_id, str(number))).json() for number in range(3)]
    listed = (await http.get("/messages", params={"afterDate": sent[0]["date"]})).json()
    assert listed == {"items": [sent[2], sent[1]], "totalCount": 2, "totalPages": 1, "hasMorePages": False}


async def test_a_conversation_is_an_endpoint_and_an_address(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    evo.text(DANA, NUMBER, "first")
    evo.text("+12025550124", NUMBER, "other")
    evo.text(DANA, NUMBER, "last")
    found = (await http.get("/conversations", params={"endpointIds": LINE})).json()["conversations"]
    assert [(item["otherAddress"], item["mostRecentMessage"]["text"]) for item in found] == [
        (DANA, "last"),
        ("+12025550124", "other"),
    ]
    same = (await http.get("/messages", params={"conversationIds": found[0]["id"]})).json()
    assert [item["text"] for item in same["items"]] == ["last", "first"]


@pytest.mark.parametrize(
    ("style", "ana", "support"),
    [
        ("typed", "user:e00000000000000000000003", "team:d00000000000000000000001"),
        ("bare", "e00000000000000000000003", "d00000000000000000000001"),
        ("email", "ana@example.com", "d00000000000000000000001"),
    ],
)
async def test_contacts_and_quirk_contact_address(
    evo: EvoStandIn, http: httpx.AsyncClient, style: str, ana: str, support: str
) -> None:
    evo.change_quirks(contact_address=style)
    contacts = {item["displayName"]: item for item in (await http.get("/app/contacts")).json()["contacts"]}
    assert set(contacts) == {
        "Ada Admin", "Ana Ruiz", "Joe Park", "Mia Stone", "Lee Wong", "Support", "Sales", "Dana Field",
    }  # fmt: skip
    assert contacts["Ana Ruiz"] == {
        "displayName": "Ana Ruiz",
        "address": ana,
        "type": "User",
        "customerName": "Harbour Offices",
        "canCall": True,
        "canChat": True,
    }
    assert (contacts["Support"]["address"], contacts["Dana Field"]["address"]) == (support, DANA)
    for address in (ana, support):
        session = (await http.post("/sessions", json={"channel": "Chat", "withAddress": address})).json()
        assert "ana@example.com" in [member["identity"] for member in session["members"]]


async def test_config_tells_the_login_who_it_is(http: httpx.AsyncClient) -> None:
    config = (await http.get("/app/config?deviceType=Web")).json()
    assert (config["endpointId"], config["accountId"], config["identity"], config["userInfo"]["name"]) == (
        "e00000000000000000000001",
        "a00000000000000000000001",
        "bot@example.com",
        "Acme Support",
    )


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/endpoints?types=PhoneNumber&accountIds=a00000000000000000000001", ["Acme main line", "Harbour desk"]),
        ("/endpoints?type=Team", ["Support", "Sales"]),
        ("/endpoints?nameFilter=ruiz", ["Ana Ruiz"]),
        ("/endpoints?phoneNumberFilter=5550900", ["Globex line"]),
        ("/endpoints?countPerPage=1&page=1&type=Team", ["Sales"]),
        ("/customers?nameFilter=a&sortField=name", ["Bakery Lane", "East Wing", "Harbour Offices"]),
        ("/customers?accountIds=a00000000000000000000002", ["Globex Shop"]),
        ("/customers?parentCustomerIds=b00000000000000000000001", ["East Wing"]),
    ],
)
async def test_offices_can_list_endpoints_and_customers(evo: EvoStandIn, path: str, names: list[str]) -> None:
    async with httpx.AsyncClient(base_url=evo.url, auth=ADMIN, trust_env=False) as admin:
        items = (await admin.get(path)).json()["items"]
    assert [item.get("displayName", item.get("name")) for item in items] == names


async def test_both_uploads_give_a_file_info_with_a_uri(evo: EvoStandIn, http: httpx.AsyncClient) -> None:
    data = base64.b64encode(b"hello").decode()
    one = await http.post("/app/files", json={"data": data, "fileName": "a.txt", "contentType": "text/plain"})
    two = await http.post("/app/file", files={"file": ("b.txt", b"hello", "text/plain")}, data={"fileName": "c.txt"})
    assert [(r.json()["fileName"], r.json()["contentLength"]) for r in (one, two)] == [("a.txt", 5), ("c.txt", 5)]
    assert [(await http.get(r.json()["uri"])).content for r in (one, two)] == [b"hello", b"hello"]
    assert len(evo.effects(kind=EffectKind.UPLOADED)) == 2


async def test_a_device_token_is_echoed(http: httpx.AsyncClient) -> None:
    body = {"deviceType": "iOS", "token": "t"}
    assert (await http.post("/app/tokens", json=body)).json() == body
