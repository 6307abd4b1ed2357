"""What Slack does to text typed by a person, how to read mentions in it, and the rich text that goes with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import emoji

from sandbox.slack.webapi.reactions import is_emoji

if TYPE_CHECKING:
    from collections.abc import Iterator

Part = dict[str, Any]
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


class Raw(str):
    """Text that is already mrkdwn, such as a mention picked from the client's menu; it is not escaped again."""

    __slots__ = ()


def escape(text: str) -> str:
    """The three characters Slack turns into entities. Source: docs messaging/formatting-message-text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str) -> str:
    """What Slack stores when a person types `text`: escaped, unless it is Raw."""
    return str(text) if isinstance(text, Raw) else escape(text)


def mention(user: str) -> Raw:
    """A mention of `user`, as the client writes it."""
    return Raw(f"<@{user}>")


def mentions(text: str) -> set[str]:
    """The ids of the people mentioned in `text`."""
    return set(_MENTION.findall(text))


def unescape(text: str) -> str:
    """The reverse of `escape`; other entities are words like any other."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


# Rich text. Source: docs reference/block-kit/blocks/rich-text-block

_PREFORMATTED = re.compile(r"```\n?(.+?)\n?```\n?", re.DOTALL)
_QUOTE = re.compile(r"(?:^(?:&gt;|>) ?.*(?:\n|\Z))+", re.MULTILINE)
_QUOTE_SIGN = re.compile(r"^(?:&gt;|>) ?", re.MULTILINE)


def _paired(sign: str) -> str:
    """Words between two signs: on one line, no space inside the signs, no letter outside them."""
    own = re.escape(sign)
    return rf"(?<![\w{own}]){own}((?![\s{own}])[^{own}\n]*(?<!\s)){own}(?![\w{own}])"


_INLINE = re.compile(
    r"<(?P<angle>[^<>\n]+)>"
    r"|:(?P<emoji>[a-z0-9_+'-]+)(?:::skin-tone-(?P<tone>[2-6]))?:"
    rf"|(?P<code>{_paired('`')})|(?P<bold>{_paired('*')})|(?P<italic>{_paired('_')})|(?P<strike>{_paired('~')})"
)
_ANGLES: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"@([UW][A-Z0-9]+)"), "user", "user_id"),
    (re.compile(r"#([CDG][A-Z0-9]+)"), "channel", "channel_id"),
    (re.compile(r"!(here|channel|everyone)"), "broadcast", "range"),
    (re.compile(r"!subteam\^(S[A-Z0-9]+)"), "usergroup", "usergroup_id"),
)
_LINK = re.compile(r"(?:https?://|mailto:|tel:)\S+")
_LIGHTEST, _FIRST_TONE = 0x1F3FB, 2


def rich_text(text: str, custom_emoji: tuple[str, ...] = ()) -> list[Part]:
    """The rich_text block that Slack's clients send beside mrkdwn `text`; none for no words.

    Lists are not made: their signs stay words.
    """
    parts = [part for part in _paragraphs(text, custom_emoji) if part["elements"]]
    return [{"type": "rich_text", "block_id": "typed", "elements": parts}] if parts else []


def _paragraphs(text: str, custom: tuple[str, ...]) -> Iterator[Part]:
    done = 0
    for found in _PREFORMATTED.finditer(text):
        yield from _quotes(text[done : found.start()], custom)
        yield {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": unescape(found[1])}]}
        done = found.end()
    yield from _quotes(text[done:], custom)


def _quotes(text: str, custom: tuple[str, ...]) -> Iterator[Part]:
    done = 0
    for found in _QUOTE.finditer(text):
        yield {"type": "rich_text_section", "elements": _run(text[done : found.start()], custom)}
        words = _QUOTE_SIGN.sub("", found[0].removesuffix("\n"))
        yield {"type": "rich_text_quote", "elements": _run(words, custom)}
        done = found.end()
    yield {"type": "rich_text_section", "elements": _run(text[done:], custom)}


def _run(text: str, custom: tuple[str, ...], style: dict[str, bool] | None = None) -> list[Part]:
    """The elements of one line of thought; line breaks stay in the words, as the clients leave them there."""
    made: list[Part] = []
    words = done = 0
    while found := _INLINE.search(text, done):
        parts = _elements(found, custom, style or {})
        if parts:
            made += [*_words(text[words : found.start()], style), *parts]
        done = found.end() if parts else found.start() + 1
        words = done if parts else words
    return made + _words(text[words:], style)


def _words(text: str, style: dict[str, bool] | None) -> list[Part]:
    return [_styled({"type": "text", "text": unescape(text)}, style or {})] if text else []


def _elements(found: re.Match[str], custom: tuple[str, ...], style: dict[str, bool]) -> list[Part]:
    """What was found, in rich text; nothing when it only looked like something."""
    kind = str(found.lastgroup if found.lastgroup != "tone" else "emoji")
    if kind == "angle":
        return [_styled(part, style) for part in _angle(found["angle"])]
    if kind == "emoji":
        return [_styled(part, style) for part in _emoji(found["emoji"], found["tone"], custom)]
    inside = found[kind][1:-1]
    if kind == "code":
        return _words(inside, style | {"code": True})
    return _run(inside, custom, style | {kind: True})


def _angle(inside: str) -> list[Part]:
    address, _, label = inside.partition("|")
    for pattern, kind, name in _ANGLES:
        if named := pattern.fullmatch(address):
            return [{"type": kind, name: named[1]}]
    if not _LINK.fullmatch(address):
        return []
    link = {"type": "link", "url": unescape(address)}
    return [link | {"text": unescape(label)} if label else link]


def _emoji(name: str, tone: str | None, custom: tuple[str, ...]) -> list[Part]:
    if not is_emoji(name, custom):
        return []
    sign = emoji.emojize(f":{name}:", language="alias")
    points = [ord(point) for point in sign] if not sign.startswith(":") else []
    if points and tone:
        points.append(_LIGHTEST + int(tone) - _FIRST_TONE)
    drawn = {"unicode": "-".join(f"{point:x}" for point in points)} if points else {}
    return [{"type": "emoji", "name": name, **drawn} | ({"skin_tone": int(tone)} if tone else {})]


def _styled(part: Part, style: dict[str, bool]) -> Part:
    return part | {"style": dict(style)} if style else part
