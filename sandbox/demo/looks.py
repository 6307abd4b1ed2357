"""What people see, as lines of text: Slack's messages and forms, Evo Voice's changes. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.evo.records import Effect, EffectKind

Json = dict[str, Any]
Names = Mapping[str, str]

SIGNS = {
    "white_check_mark": "✅",
    "hourglass_flowing_sand": "⏳",
    "question": "❓",
    "lock": "🔒",
    "x": "❌",
}
EMOJI = {"wave": "👋", "thumbsup": "👍"}  # those that are said in the demo
_TOKEN = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def plain(text: str, names: Names) -> str:
    """Slack's mrkdwn as a reader sees it. This is our own reading: the bot's would agree with its own mistakes."""
    shown = _TOKEN.sub(lambda found: _token(found[1], found[2] or "", names), text)
    for name, picture in EMOJI.items():
        shown = shown.replace(f":{name}:", picture)
    return html.unescape(shown)


def _token(body: str, label: str, names: Names) -> str:
    if body.startswith("@"):
        return "@" + names.get(body[1:], body[1:])
    if body.startswith("#"):
        return "#" + (label or names.get(body[1:], body[1:]))
    if body.startswith("!"):
        return label or body
    return f"{label} ({body})" if label else body


# Slack


def post(message: Json, names: Names) -> list[str]:
    """A message of the channel, who wrote it first."""
    arrow = "↳ " if is_reply(message) else ""
    who = names.get(message.get("user", ""), "somebody")
    body = list(_drawn(message, names))
    if len(body) == 1:
        return [f"{arrow}{who}: {body[0]}"]
    return [f"{arrow}{who}:", *(f"  {line}" for line in body)]


def is_reply(message: Json) -> bool:
    return bool(message.get("thread_ts", message["ts"]) != message["ts"])


def signs(message: Json) -> list[str]:
    """The reactions it carries."""
    return [SIGNS.get(found["name"], f":{found['name']}:") for found in message.get("reactions", [])]


def _drawn(message: Json, names: Names) -> Iterator[str]:
    if "bot_id" not in message:
        yield plain(message["text"], names)
        return
    for block in message.get("blocks") or [{"type": "section", "text": {"type": "mrkdwn", "text": message["text"]}}]:
        yield from _block(block, names)


def _block(block: Json, names: Names) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield _text(block["text"], names)
        case "section":
            texts = [block["text"]] if "text" in block else block["fields"]
            yield from (line for text in texts for line in _text(text, names).split("\n"))
        case "context":
            yield " ".join(_text(text, names) for text in block["elements"])
        case "rich_text":
            yield from literal(block).split("\n")
        case "actions":
            yield "  ".join(f"[{_pressed(element)}]" for element in block["elements"])


def _pressed(element: Json) -> str:
    """A button by its words, a menu by what it holds or by its sign."""
    if element["type"] == "button":
        return str(element["text"]["text"])
    return f"{element['initial_option']['text']['text']} ▾" if "initial_option" in element else "⋯"


def _text(text: Json, names: Names) -> str:
    if text["type"] == "plain_text":
        return str(text["text"])
    return plain(re.sub(r"^\*([^*]+)\*\n", r"\1: ", text["text"]), names)


def literal(block: Json) -> str:
    """The words of a rich_text block; what is no plain word shows its kind, such as a link or a mention."""
    parts = [element for section in block["elements"] for element in section["elements"]]
    return "".join(part["text"] if part["type"] == "text" else f"[{part['type']}]" for part in parts)


def outside_words(message: Json) -> str | None:
    """What somebody outside Slack said, when the bot shows that in this message."""
    blocks = [block for block in message.get("blocks", []) if block["type"] == "rich_text"]
    return "".join(map(literal, blocks)) if blocks and "bot_id" in message else None


def field_of(view: Json, label: str) -> str:
    """The block of a form by its label. Raises LookupError."""
    for block in view["blocks"]:
        if block["type"] == "input" and block["label"]["text"] == label:
            return str(block["block_id"])
    raise LookupError(f"the form has no field “{label}”")


def label_of(view: Json, block_id: str) -> str:
    """The reverse of `field_of`."""
    return next(str(block["label"]["text"]) for block in view["blocks"] if block.get("block_id") == block_id)


def form(view: Json, names: Names) -> list[str]:
    """A form without fields: its words and buttons."""
    words = [line for block in view["blocks"] for line in _block(block, names)]
    return [f"“{view['title']['text']}”", *(f"  {line}" for line in words), f"  [{view['submit']['text']}]"]


def buttons(message: Json) -> dict[str, str]:
    """Labels of a message's buttons and their action_ids."""
    rows = [block["elements"] for block in message.get("blocks", []) if block["type"] == "actions"]
    pressed = [element for row in rows for element in row if element["type"] == "button"]
    return {element["text"]["text"]: str(element["action_id"]) for element in pressed}


# Evo Voice


def change(effect: Effect, names: Names) -> str:
    """One change over there. `names`: people by e-mail."""
    detail = effect.detail
    who = names.get(str(detail.get("identity")), str(detail.get("identity")))
    match effect.kind:
        case EffectKind.OPENED:
            people = ", ".join(detail.get("memberEmailAddresses", ()))
            return f"+ {str(detail['channel']).lower()} “{detail.get('displayName')}” with {people}"
        case EffectKind.INVITED:
            return f"+ {who} is invited" + (" by text message" if who.startswith("+") else "")
        case EffectKind.SENT:
            return f"→ {detail['body']}"
        case EffectKind.HEARD:
            return f"← {names.get(detail['sender'], detail['sender'])}: {detail['body']}"
        case EffectKind.ENDED:
            return "× the session has ended"
        case _:
            return f"  {effect.kind.value.replace('_', ' ')}: {who}"
