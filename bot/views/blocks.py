"""The few shapes our views are made of, each within Slack's limits. [Slack docs: reference/block-kit]

Foreign text is cut before it is escaped, so that no entity is split, and escaped last, so that it can form no mention.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from bot.text import clean, literal, shorten, to_slack
from bot.views import Blocks

Block = dict[str, Any]

SECTION = 3000
FIELD = 2000
HEADER = 150
BUTTON = 75
LABEL = 75
VALUE = 150
FALLBACK = 3900  # Slack asks for at most 4,000 in `text`
BLOCKS = 50
SIGNS = 200  # characters: eight signs that are to be signs
_TICK = re.compile(r"(?<!\|)`")  # not that of a foreign text, which is spelt as `literal` does it


def one_line(text: str) -> str:
    """Foreign text that may not look like more than one line of ours."""
    return " ".join(clean(text).split())


def escaped(text: str, limit: int, *, code: bool = False) -> str:
    """Foreign text for mrkdwn and `text`: at most `limit` characters long after escaping, and no markup.

    `code`: these are words of ours, in which foreign ones may stand; what they call code stays code.
    """
    return literal(_cut(text, limit), limit, code=code)


def announced(text: str, limit: int) -> str:
    """Foreign words for the `text` of a message whose blocks show them sign by sign: it is for notifications, where
    nothing is bold. At most `limit` characters long after escaping.
    """
    return to_slack(_cut(text, limit))


def name(text: str, limit: int = 80) -> str:
    """A foreign name for mrkdwn, on one line, also where our markup stands around it. `limit`: what is to be read of
    it; signs that would be markup may take `SIGNS` characters more.
    """
    return literal(_cut(one_line(text), limit), limit + SIGNS)


def sentence(text: str, limit: int) -> str:
    """A sentence of ours, in which foreign words may stand, for mrkdwn, on one line."""
    return escaped(one_line(text), limit, code=True)


def code(text: str, limit: int = 80) -> str:
    """Foreign text as code; one that holds the sign for code stays plain."""
    return name(text, limit) if "`" in text else f"`{to_slack(_cut(one_line(text), limit))}`"


def uncoded(text: str) -> str:
    """Our mrkdwn without the signs for code, to be read out."""
    return _TICK.sub("", text)


def _cut(text: str, limit: int) -> str:
    """As many of its characters as fit once they are escaped."""
    shown = shorten(clean(text), limit)
    while (over := len(to_slack(shown)) - limit) > 0:
        shown = shorten(shown, len(shown) - max(1, over // 5))  # an escaped sign is five characters at most
    return shown


def lasting(seconds: float) -> str:
    """How long something took, as people say it."""
    minutes, rest = divmod(max(1, round(seconds)), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def moment(at: float) -> str:
    """Slack shows it in each reader's own time zone; the fallback is for where it cannot."""
    plain = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{plain}>"


def plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": shorten(clean(text), limit) or "–", "emoji": True}


def mrkdwn(text: str) -> Block:
    """Our own markup. `verbatim`: Slack makes no links or mentions of what merely looks like some."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(one_line(text), HEADER)}


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(text)}


def paragraph(text: str) -> Block:
    """Words without markup."""
    return {"type": "section", "text": plain(text, SECTION)}


def fields(pairs: list[tuple[str, str]]) -> Block:
    """Up to ten, each a title and mrkdwn that is safe already."""
    return {"type": "section", "fields": [mrkdwn(f"*{title}*\n{text}") for title, text in pairs if text]}


def context(text: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text)]}


def quiet(text: str) -> Block:
    """A context line of foreign words: nothing in it is markup."""
    return {"type": "context", "elements": [plain(text, FIELD)]}


def button(
    text: str, action_id: str, value: str, *, style: str = "", confirm: Block | None = None, aloud: str = ""
) -> Block:
    """`aloud`: what is read out in place of the text, where that alone does not say what the button is about."""
    made: Block = {"type": "button", "text": plain(text, BUTTON), "action_id": action_id, "value": value}
    if aloud:
        made["accessibility_label"] = shorten(one_line(aloud), BUTTON)
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = confirm
    return made


def confirm(title: str, text: str, yes: str, no: str, *, style: str = "primary") -> Block:
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
        "style": style,
    }


def actions(buttons: list[Block]) -> Blocks:
    """No buttons, no block."""
    return [{"type": "actions", "elements": buttons}] if buttons else []


def spelt_out(part: Any) -> str:
    """Everything that stands in blocks, in words, for where Slack refuses the blocks. As safe as they are."""
    if isinstance(part, list):
        return "\n".join(filter(None, map(spelt_out, part)))
    if not isinstance(part, dict) or part["type"] in {"actions", "button"}:
        return ""
    if isinstance(part.get("text"), str):
        return str(part["text"]) if part["type"] == "mrkdwn" else literal(part["text"], SECTION)
    return "\n".join(filter(None, (spelt_out(part.get(name)) for name in ("text", "fields", "elements"))))


def option(label: str, value: str, about: str = "") -> Block:
    made: Block = {"text": plain(one_line(label), LABEL), "value": value}
    return {**made, "description": plain(about, LABEL)} if about else made


def select(action_id: str, title: str, options: list[Block], chosen: str) -> Block:
    """A menu of which one option, that with the value `chosen`, always holds."""
    held = next(each for each in options if each["value"] == chosen)
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(title, VALUE),
        "options": options,
        "initial_option": held,
    }


def field(block_id: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    """An input of a modal. Its element is called like its block, so that one name finds both."""
    made: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2000),
        "element": {**element, "action_id": block_id},
        "optional": optional,
    }
    if hint:
        made["hint"] = plain(hint, 2000)
    return made


def modal(title: str, blocks: Blocks, *, callback_id: str = "", submit: str = "", close: str = "Close") -> Block:
    made: Block = {"type": "modal", "title": plain(title, 24), "close": plain(close, 24), "blocks": blocks}
    if callback_id:
        made["callback_id"] = callback_id
    if submit:
        made["submit"] = plain(submit, 24)
    return made
