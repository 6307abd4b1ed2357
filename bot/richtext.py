"""What a Slack message says, when its `text` does not say it all. Pure.

Slack writes what people type into `text` and, once more, into `blocks`; `text` is enough, with two exceptions. Cells
that somebody pastes from a spreadsheet become a `table` in `blocks` or in an attachment, and `text` holds nothing of
them. And at times `text` is only a phrase that stands for blocks, while the words are in a block of `rich_text`.

Everything here comes from outside: what does not look as Slack documents it is passed over.
[Slack docs: reference/block-kit/blocks/rich-text-block, table-block]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.text import to_slack

Part = Mapping[str, Any]

STANDS_FOR_BLOCKS: Final = ("This message contains interactive elements.", "This content can't be displayed.")
# An attachment with one of these shows what stands somewhere else: a link's preview, or a message that was passed on.
_NOT_TYPED: Final = frozenset({"from_url", "original_url", "app_unfurl_url", "bot_id", "is_share", "is_msg_unfurl"})
_BULLETS: Final = ("•", "◦", "▪︎")  # as Slack itself writes them into `text`
_INDENT: Final = "    "
_CELLS: Final = " | "
# By type: the field that says it, and what Slack puts around that in `text`.
_SPELT: Final = {
    "link": ("url", "<", ">"),
    "user": ("user_id", "<@", ">"),
    "channel": ("channel_id", "<#", ">"),
    "usergroup": ("usergroup_id", "<!subteam^", ">"),
    "broadcast": ("range", "<!", ">"),
    "emoji": ("name", ":", ":"),
    "date": ("fallback", "", ""),
    "color": ("value", "", ""),
}


def words_of(message: Part) -> str:
    """A message's words in Slack's own spelling: its `text`, and below it the tables that were pasted into it."""
    text = message.get("text")
    said = text if isinstance(text, str) else ""
    if not said.strip() or said in STANDS_FOR_BLOCKS:
        said = "\n".join(filter(None, map(_rich_text, _blocks(message, "rich_text")))) or said
    return "\n".join(filter(None, (said, *map(_table, _tables(message)))))


def _blocks(holder: Part, kind: str) -> Iterator[Part]:
    return (block for block in _parts(holder.get("blocks")) if block.get("type") == kind)


def _parts(value: object) -> Iterator[Part]:
    return (part for part in value if isinstance(part, dict)) if isinstance(value, list) else iter(())


def _tables(message: Part) -> Iterator[Part]:
    yield from _blocks(message, "table")
    for attachment in _parts(message.get("attachments")):
        if not _NOT_TYPED & attachment.keys():
            yield from _blocks(attachment, "table")


def _table(table: Part) -> str:
    """A line for each row."""
    rows = table.get("rows")
    lines = [_CELLS.join(map(_cell, _parts(row))) for row in rows] if isinstance(rows, list) else []
    return "\n".join(line.rstrip() for line in lines)


def _cell(cell: Part) -> str:
    if cell.get("type") == "rich_text":
        return " ".join(_rich_text(cell).split())
    found = cell.get("text", cell.get("value"))
    return " ".join(to_slack(str(found)).split()) if isinstance(found, str | int | float) else ""


def _rich_text(block: Part) -> str:
    """The words of a block as Slack would have written them into `text`, but for styles, which nobody needs."""
    made = ""
    for part in _parts(block.get("elements")):
        lines = _lines(part)
        made += ("\n" if made and lines and not made.endswith("\n") else "") + lines
    return made


def _lines(part: Part) -> str:
    words = _run(part)
    match part.get("type"):
        case "rich_text_quote":
            return "\n".join(f"&gt; {line}" for line in words.split("\n"))
        case "rich_text_preformatted":
            return f"```{words}```" if words else ""
        case "rich_text_list":
            return "\n".join(_points(part))
    return words


def _points(part: Part) -> Iterator[str]:
    depth, offset = _number(part.get("indent")), _number(part.get("offset"))
    ordered = part.get("style") == "ordered"
    for place, point in enumerate(_parts(part.get("elements")), start=1 + offset):
        mark = f"{place}." if ordered else _BULLETS[min(depth, len(_BULLETS) - 1)]
        yield f"{_INDENT * depth}{mark} {_run(point)}"


def _number(value: object) -> int:
    """A small number; Slack has eight steps of indentation."""
    return value if isinstance(value, int) and 0 <= value <= 1000 else 0  # noqa: PLR2004 - far more than anybody types


def _run(part: Part) -> str:
    return "".join(map(_element, _parts(part.get("elements"))))


def _element(element: Part) -> str:
    match element:
        case {"type": "text", "text": str(text), "style": {"code": True}}:
            return f"`{to_slack(text)}`"
        case {"type": "text", "text": str(text)}:
            return to_slack(text)
        case {"type": "link", "url": str(url), "text": str(label)} if label:
            return f"<{to_slack(url)}|{to_slack(label)}>"
        case {"type": "emoji", "name": str(name), "skin_tone": int(tone)}:
            return f":{to_slack(name)}::skin-tone-{tone}:"
        case {"type": str(kind)} if kind in _SPELT:
            field, before, after = _SPELT[kind]
            found = element.get(field)
            return f"{before}{to_slack(found)}{after}" if isinstance(found, str) else ""
    return ""
