"""The journals of both stand-ins as one list of what passed between Slack, the bot and Evo Voice. Pure.

What unlocks something is masked: tokens, passwords, sign-ins, addresses whose knowledge is a right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from sandbox.workbench.patches import Json

LONGEST = 16_384  # characters of a request or answer as JSON; what is longer is cut and shown as text
MICROSECONDS = 1_000_000
LOWEST_ERROR = 400
HIDDEN = "***"

_IN_STRINGS = frozenset({"attachments", "blocks", "files", "metadata", "payload", "private_metadata", "view", "views"})
_SECRET_NAMES = re.compile(r"authorization$|password$|secret$|ticket$|token$", re.IGNORECASE)
_SECRET_AT_SIGN_IN = re.compile(rf"sessionid$|{_SECRET_NAMES.pattern}", re.IGNORECASE)
_SECRETS = (
    (re.compile(r"\bx(?:ox[a-z]|app)-[\w-]+"), HIDDEN),
    (re.compile(r"(/(?:actions|commands)/[^/\s\"]+/[^/\s\"]+/)[0-9a-f]+"), rf"\1{HIDDEN}"),  # a response_url
    (re.compile(r"([?&](?:ticket|token)=)[^&\s\"]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(\bss-p?id=)[^;&\s\"]+"), rf"\1{HIDDEN}"),
    (re.compile(r'("?password"?\s*[:=]\s*)("[^"]*"|[^&\s,}]*)', re.IGNORECASE), rf"\1{HIDDEN}"),
)
_MASKED = re.compile(r'("password"\s*:\s*)\*\*\*', re.IGNORECASE)
_SIGN_IN = frozenset({"Authenticate", "GetAuthStatus"})


def from_slack(entry: Json) -> Json:
    """An entry of Slack's journal."""
    return {
        "id": f"s{entry['n']}",
        "at": entry["at"],
        "open": False,
        "seconds": entry.get("seconds"),
        **_SLACK[entry["kind"]](entry),
    }


def from_evo(entry: Json) -> Json:
    """An entry of Evo Voice's journal."""
    open_ = entry["seconds"] is None
    status, fault = entry["status"], entry["fault"]
    hidden = entry["operation"] in _SIGN_IN
    return {
        "id": f"e{entry['number']}",
        "at": entry["at"] / MICROSECONDS,
        "from": "bot",
        "to": "evo",
        "title": f"{entry['method']} {entry['path']}",
        "status": "" if open_ else str(status or "cut"),
        "ok": open_ or (status is not None and status < LOWEST_ERROR and not fault),
        "open": open_,
        "note": _evo_note(entry, cut=not open_ and status is None),
        "seconds": entry["seconds"],
        "request": shown(_asked(entry), sign_in=hidden),
        "answer": shown(_read(entry.get("answer")), sign_in=hidden),
    }


def _evo_note(entry: Json, *, cut: bool) -> str:
    if not entry["fault"]:
        return str(entry["note"] or "")
    done = cut and entry["did"] is not None and entry["did"] < LOWEST_ERROR
    return f"fault: {entry['fault']}" + (", carried out all the same" if done else "")


def _asked(entry: Json) -> Any:
    query = dict(parse_qsl(entry["query"], keep_blank_values=True))
    body = _MASKED.sub(rf'\1"{HIDDEN}"', entry["body"])  # the journal's mask has no quotes
    return _read(body) or query or None


def _call(entry: Json) -> Json:
    answer = entry["answer"]
    error = "" if answer is None or answer.get("ok", True) else str(answer.get("error", ""))
    note = f"fault: {entry['fault']}" if entry["fault"] else error
    return {
        "from": "bot",
        "to": "slack",
        "title": entry["method"],
        "status": str(entry["status"] or "cut"),
        "ok": bool(answer and answer.get("ok")) and not entry["fault"],
        "note": note,
        "request": shown(entry["args"]),
        "answer": shown(answer),
    }


def _delivery(entry: Json) -> Json:
    attempt = f"attempt {entry['attempt'] + 1}" if entry["attempt"] else ""
    return {
        "from": "slack",
        "to": "bot",
        "title": _delivered(entry),
        "status": entry["outcome"],
        "ok": entry["outcome"] == "acked",
        "note": ", ".join(filter(None, [attempt, entry["reason"]])),
        "request": shown(entry.get("payload")),
        "answer": shown(entry.get("answer")),
    }


def _delivered(entry: Json) -> str:
    kinds = {"events_api": f"{entry['type']} event", "slash_commands": f"{entry['type']} command"}
    return kinds.get(entry["what"], str(entry["type"]))


def _response_url(entry: Json) -> Json:
    return {
        "from": "bot",
        "to": "slack",
        "title": "response_url",
        "status": str(entry["status"]),
        "ok": entry["status"] < LOWEST_ERROR,
        "note": "" if entry["used"] is None else f"use {entry['used']}",
        "request": shown(entry.get("body")),
        "answer": shown(entry["answer"]),
    }


def _socket(entry: Json) -> Json:
    asked = entry["what"] == "disconnect"
    there = f"{entry['connections']} open" if "connections" in entry else ""
    return {
        "from": "slack" if asked else "bot",
        "to": "bot" if asked else "slack",
        "title": "disconnect" if asked else f"socket {entry['what']}",
        "status": entry["what"],
        "ok": entry["what"] != "refused",
        "note": entry.get("reason") or there,
        "request": None,
        "answer": None,
    }


_SLACK = {"api": _call, "delivery": _delivery, "response_url": _response_url, "socket": _socket}


# What is shown of a request or an answer


def shown(value: Any, *, sign_in: bool = False) -> Any:
    """Unpacked, without secrets, and not too long. In a `sign_in` the name of the session is a secret, too."""
    clean = _clean(_unpacked(value), _SECRET_AT_SIGN_IN if sign_in else _SECRET_NAMES)
    text = clean if isinstance(clean, str) else json.dumps(clean, ensure_ascii=False)
    return clean if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _unpacked(value: Any) -> Any:
    """JSON within JSON, as forms carry it, is opened; what people have typed is never taken for it."""
    if isinstance(value, list):
        return [_unpacked(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {name: _unpacked(_read(item) if name in _IN_STRINGS else item) for name, item in value.items()}


def _read(text: Any) -> Any:
    """The JSON object or list that a text is; anything else as it is."""
    if not isinstance(text, str) or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _clean(value: Any, names: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        for pattern, instead in _SECRETS:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, list):
        return [_clean(item, names) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {name: HIDDEN if names.search(name) else _clean(item, names) for name, item in value.items()}
