"""A net under the whole suite: every message of ours that a stand-in of Slack is told is one that everybody can read.

What is asked of chat.postMessage, chat.update and chat.postEphemeral:

- `text` is not empty, and holds every word of the header, section, context and rich text blocks, unless it is so long
  (3,000 characters) that its end may have been cut off. A word is a run of letters and digits, whatever its case.
  Only "Outside Slack", over what somebody there said, stands in the block alone.
- A text that begins with a picture goes on with a word, and so does the label of a button.
- What can be pressed or chosen has an action_id; no two of them in one message are read out alike.
- The blocks are what Slack takes.
- In a public channel no phone number is whole, save in what a customer said: in rich text under "Outside Slack".
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.slack.blocks import check_message

SAYS = {"chat.postMessage", "chat.update", "chat.postEphemeral"}
ONE_READER = "chat.postEphemeral"
MAYBE_CUT = 3000
READ = {"header", "section", "context", "rich_text"}
OUTSIDE = "Outside Slack · "
_TOKEN = re.compile(r"<([^<>|]*)\|?([^<>]*)>")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\+\d(?:[ ().-]{0,2}\d){6,}|(?<!\d)\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}(?!\d)")
Json = dict[str, Any]


class Lint:
    """Looks at what is said, while it is told to."""

    def __init__(self) -> None:
        self.looking = True
        self.found: list[str] = []

    def begin(self, *, looking: bool) -> None:
        """A test begins."""
        self.looking = looking
        self.found.clear()

    def look(self, method: str, args: Json, *, private: bool) -> None:
        """A call of the Web API."""
        if self.looking and method in SAYS:
            text, blocks = str(args.get("text") or ""), args.get("blocks") or []
            public = not private and method != ONE_READER
            self.found += [f"{method}: {fault} in {text[:300]!r}" for fault in faults(text, blocks, public=public)]


LINT = Lint()


def faults(text: str, blocks: list[Json], *, public: bool) -> list[str]:
    """What is wrong with a message; nothing, if all is well."""
    return [
        *(["no text"] if not text.strip() else []),
        *(f"slack: {fault}" for fault in check_message(blocks)),
        *_unsaid(text, blocks),
        *_pictures(text, blocks),
        *_controls(blocks),
        *(_numbers(text, blocks) if public else ()),
    ]


def _unsaid(text: str, blocks: list[Json]) -> Iterator[str]:
    if len(text) >= MAYBE_CUT:
        return
    said = set(_words(_shown(text)))
    shown = (
        word
        for block in blocks
        if block["type"] in READ
        for each in _texts(block)
        for word in _words(each.removeprefix(OUTSIDE))
    )
    if missing := sorted(set(shown) - said):
        yield f"only its blocks say {missing}"


def _pictures(text: str, blocks: list[Json]) -> Iterator[str]:
    # What people said may be a picture alone: it is theirs.
    ours = _all_texts([block for block in blocks if block["type"] != "rich_text"])
    for each in (_shown(text), *ours, *_all_labels(blocks)):
        if each and _is_picture(each[0]) and not _WORD.search(each):
            yield f"a picture without a word: {each!r}"


def _is_picture(char: str) -> bool:
    return unicodedata.category(char) == "So"


def _controls(blocks: list[Json]) -> Iterator[str]:
    controls = [element for block in blocks for element in _elements(block)]
    aloud = Counter(_all_labels(blocks))
    yield from ("no action_id" for control in controls if not control.get("action_id"))
    yield from (f"{label!r} is read out {count} times" for label, count in aloud.items() if count > 1)


def _elements(block: Json) -> list[Json]:
    return [*block.get("elements", ())] if block["type"] == "actions" else [*filter(None, [block.get("accessory")])]


def _labels(control: Json) -> Iterator[str]:
    if control["type"] == "button":
        yield control.get("accessibility_label") or control["text"]["text"]
    yield from (option["text"]["text"] for option in control.get("options", ()))


def _all_labels(blocks: list[Json]) -> list[str]:
    return [label for block in blocks for control in _elements(block) for label in _labels(control)]


def _all_texts(blocks: list[Json]) -> list[str]:
    return [each for block in blocks if block["type"] != "actions" for each in _texts(block)]


def _numbers(text: str, blocks: list[Json]) -> Iterator[str]:
    words = customers_words(blocks)
    shown = _shown(text)
    for said in sorted(words, key=len, reverse=True):
        shown = shown.replace(said, " ")
    cut = len(text) >= MAYBE_CUT and bool(words)
    ours = [each for each in [*_all_texts(blocks), *_all_labels(blocks)] if each not in words]
    everywhere = ours if cut else [shown, *ours]
    yield from (f"a whole number: {found!r}" for each in everywhere for found in _whole(each))


def _whole(text: str) -> list[str]:
    return [found for found in _NUMBER.findall(text) if len(re.sub(r"\D", "", found)) >= 7]


def customers_words(blocks: list[Json]) -> set[str]:
    """Rich text under the line that says that it comes from outside."""
    words: set[str] = set()
    outside = False
    for block in blocks:
        texts = list(_texts(block))
        if block["type"] == "context":
            outside = outside or (bool(texts) and texts[0].startswith(OUTSIDE))
        elif block["type"] == "rich_text" and outside:
            words |= {*texts}
    return words


def _texts(part: Any) -> Iterator[str]:
    """Everything to be read, as a reader sees it."""
    if isinstance(part, list):
        for each in part:
            yield from _texts(each)
    elif isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield _shown(part["text"]) if part.get("type") == "mrkdwn" else part["text"]
        for name, value in part.items():
            if name not in {"accessory", "confirm"}:
                yield from _texts(value)


def _shown(text: str) -> str:
    """mrkdwn as a reader sees it: tokens by their labels, entities as their signs."""
    return html.unescape(_TOKEN.sub(lambda found: found[2] or found[1].lstrip("@#!"), text))


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())
