"""What passed on the wire, as the page lists it: both journals in one form, and nothing secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.workbench.wire import LONGEST, from_evo, from_slack, shown


def call(**facts: Any) -> dict[str, Any]:
    told = {"method": "chat.postMessage", "args": {}, "status": 200, "answer": {"ok": True}, "fault": None}
    return {"n": 3, "at": 1.5, "kind": "api", "effect": True, "retry_after": None, **told, **facts}


def delivery(**facts: Any) -> dict[str, Any]:
    told = {"what": "events_api", "type": "message", "attempt": 0, "outcome": "acked", "reason": ""}
    return {"n": 4, "at": 1.5, "kind": "delivery", "payload": {}, "answer": None, "seconds": 0.1, **told, **facts}


def link(what: str, **facts: Any) -> dict[str, Any]:
    return {"n": 5, "at": 1.5, "kind": "socket", "what": what, **facts}


def request(**facts: Any) -> dict[str, Any]:
    told = {"method": "POST", "path": "/sessions", "query": "", "operation": "NewSession", "body": "", "fault": None}
    came = {"status": 200, "did": 200, "note": None, "answer": '{"id": "a"}', "seconds": 0.2}
    return {"number": 7, "at": 1_500_000, "login": "bot@example.com", "agent": "x", **told, **came, **facts}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (call(), {"id": "s3", "at": 1.5, "from": "bot", "to": "slack", "title": "chat.postMessage", "status": "200",
                  "ok": True, "open": False, "note": ""}),
        (call(answer={"ok": False, "error": "not_in_channel"}), {"ok": False, "note": "not_in_channel"}),
        (call(status=0, answer=None, fault="cut_after"), {"status": "cut", "ok": False, "note": "fault: cut_after"}),
        (delivery(), {"id": "s4", "from": "slack", "to": "bot", "title": "message event", "status": "acked", "ok": True,
                      "note": "", "seconds": 0.1}),
        (delivery(attempt=1, outcome="http_timeout"), {"status": "http_timeout", "ok": False, "note": "attempt 2"}),
        (delivery(what="slash_commands", type="/session"), {"title": "/session command"}),
        (delivery(what="interactive", type="block_actions"), {"title": "block_actions"}),
        (link("opened", connections=1), {"title": "socket opened", "from": "bot", "note": "1 open"}),
        (link("disconnect", reason="warning"), {"from": "slack", "to": "bot", "note": "warning"}),
        (link("refused"), {"title": "socket refused", "ok": False}),
    ],
)  # fmt: skip
def test_slacks_journal(entry: dict[str, Any], told: dict[str, Any]) -> None:
    found = from_slack(entry)
    assert {name: found[name] for name in told} == told


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (request(), {"id": "e7", "at": 1.5, "from": "bot", "to": "evo", "title": "POST /sessions", "status": "200",
                     "ok": True, "open": False, "note": "", "seconds": 0.2, "answer": {"id": "a"}}),
        (request(status=None, seconds=None, answer=None), {"status": "", "ok": True, "open": True, "seconds": None}),
        (request(status=None, fault="cut_after"),
         {"status": "cut", "ok": False, "note": "fault: cut_after, carried out all the same"}),
        (request(status=None, did=None, fault="cut_before"), {"status": "cut", "note": "fault: cut_before"}),
        (request(status=None, seconds=None, fault="slow"), {"open": True, "ok": True, "note": "fault: slow"}),
        (request(status=503, did=None, fault="503"), {"status": "503", "ok": False, "note": "fault: 503"}),
        (request(status=404, did=404), {"status": "404", "ok": False, "note": ""}),
        (request(method="GET", query="searchArchive=true&x="), {"request": {"searchArchive": "true", "x": ""}}),
        (request(body='{"body": "hi"}'), {"request": {"body": "hi"}}),
    ],
)  # fmt: skip
def test_evo_voices_journal(entry: dict[str, Any], told: dict[str, Any]) -> None:
    found = from_evo(entry)
    assert {name: found[name] for name in told} == told


def test_json_in_forms_is_unpacked_and_what_people_typed_is_not() -> None:
    args = {
        "blocks": '[{"type": "divider"}]',
        "metadata": '{"event_type": "x"}',
        "text": '{"a": 1}',
        "view": "{nothing",
    }
    assert from_slack(call(args=args))["request"] == {
        "blocks": [{"type": "divider"}],
        "metadata": {"event_type": "x"},
        "text": '{"a": 1}',
        "view": "{nothing",
    }


SECRETS = "xoxb-standin-bot", "xapp-standin-app", "correct-horse", "0a1b2c3d4e5f", "session-one"


@pytest.mark.parametrize(
    "entry",
    [
        from_slack(call(args={"text": f"see {SECRETS[0]}", "app_token": SECRETS[1]})),
        from_slack(call(answer={"ok": True, "url": f"ws://127.0.0.1:1/link/?ticket={SECRETS[3]}&app_id=A1"})),
        from_slack(delivery(payload={"token": SECRETS[4], "response_url": f"http://x/actions/T1/7/{SECRETS[3]}"})),
        from_slack(delivery(answer={"text": f"Bearer {SECRETS[1]}"})),
        from_slack({"n": 6, "at": 1.5, "kind": "response_url", "path": f"/actions/T1/7/{SECRETS[3]}", "user": "U1",
                    "used": 1, "status": 200, "answer": {"ok": True}, "body": {"text": "hi"}}),
        from_evo(request(operation="Authenticate", body=json.dumps({"userName": "a", "password": SECRETS[2]}))),
        from_evo(request(body=f"userName=a&password={SECRETS[2]}")),
        from_evo(request(operation="Authenticate", answer=json.dumps({"sessionId": SECRETS[4]}))),
        from_evo(request(operation="GetAppConfig", answer=json.dumps({"accessToken": SECRETS[4]}))),
    ],
)  # fmt: skip
def test_no_secret_is_shown(entry: dict[str, Any]) -> None:
    text = json.dumps(entry)
    assert [secret for secret in SECRETS if secret in text] == []


def test_the_mask_of_the_journal_is_readable_json_again() -> None:
    found = from_evo(request(operation="Authenticate", body='{"userName": "a", "password": ***, "rememberMe": true}'))
    assert found["request"] == {"userName": "a", "password": "***", "rememberMe": True}


def test_the_session_of_a_request_is_no_secret() -> None:
    assert from_evo(request(answer='{"sessionId": "s1"}'))["answer"] == {"sessionId": "s1"}


def test_what_is_too_long_is_cut() -> None:
    assert shown({"text": "ä" * LONGEST}) == '{"text": "' + "ä" * (LONGEST - len('{"text": "')) + "…"
