"""mrkdwn ⇄ plain text, both ways. Pure: no look-ups, no clock, no network.

Slack escapes exactly three characters in message text (`&amp;`, `&lt;`, `&gt;`), so a raw `<` is always the start of
one of its own tokens (`<@U…>`, `<#C…|name>`, `<!here>`, `<https://…|label>`), and an escaped one never is. [Slack docs:
messaging/formatting-message-text]

Slack's events carry the same words as `blocks` of rich text, too, which are hardly needed (`bot/richtext.py`): what a
customer can tell apart stands in `text` as well, as real events show. Lists have their points, numbers and indentation
there, quotes their `>`, code its backticks. Only a style inside a word (`*Mon*day`) cannot be told from signs that
somebody typed (`a*b*c`). Then the signs stay, for nothing may be lost.

Everything here takes time in proportion to the text: quantifiers are possessive, or stop at the sign that started them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bot.emojis import is_emoji, named
from bot.model import ChannelId, UserId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

NAME_LIMIT: Final = 80  # characters of an author's name; Slack allows as many in a display name


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a message mentions, and what must therefore be looked up before `to_plain`."""

    users: frozenset[UserId]
    channels: frozenset[ChannelId]
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of a message's mentions. A channel of None is private; what is missing was not found."""

    users: Mapping[UserId, str]
    channels: Mapping[ChannelId, str | None]
    groups: Mapping[str, str]


# --- foreign text: what may not be in it ------------------------------------------------------------------------------

_NEW_LINE = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")

# Kept first, taken out after: an alternative that matches earlier in the pattern wins at the same place.
_UNSEEN = re.compile(
    "(?P<kept>"
    "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f"  # 🏴 and tags: England, Scotland, Wales
    "|(?<=[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])"  # inside emoji
    "|(?<=[\u0600-\u109f\u1780-\u18af])[\u200c\u200d]"  # Arabic and Indic scripts spell with joiners
    ")|["
    "\x00-\x08\x0e-\x1f\x7f-\x9f"  # C0 and C1 but for tab and new line
    "\u00ad\u034f\u180e\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\uffa0\ufeff\ufff9-\ufffb"  # unseen
    "\u061c\u202a-\u202e\u2066-\u2069"  # turn the reading direction round
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # no characters at all; a lone surrogate cannot even be encoded
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef"  # tags and selectors that carry hidden text
    "]"
)


def clean(text: str) -> str:
    """Foreign text without control, bidirectional and invisible characters; every kind of line end is one new line.

    Kept: new lines, tabs, the joiners inside emoji and those that Arabic and Indic scripts need. Cleaning twice changes
    nothing more.
    """
    if text.isascii() and text.isprintable():
        return text  # as most are: a third of what the search costs
    return _UNSEEN.sub(lambda m: m["kept"] or "", _NEW_LINE.sub("\n", text))


def to_slack(text: str) -> str:
    """Foreign text, safe inside mrkdwn and `text`: cleaned, then `&`, `<` and `>` escaped exactly once, and last.

    Anything that changes the text must come before this; an un-escape afterwards could bring `<!channel>` to life.
    """
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# mrkdwn has no sign that takes the meaning from another one. But the words given for a date that has no form are shown
# as they stand, letter by letter: so a sign stays itself for the eye, for a screen reader, and for who copies it.
_AS_IT_IS: Final = "<!date^00000000^{{_}}|{}>"
_MARK = re.compile("`|[*_~＊＿｀](?![A-Za-z0-9])|(?<![A-Za-z0-9])[*_~＊＿｀]")  # inside a word it marks nothing
_CODE_OR_MARK = re.compile(f"`[^`\n]++`|{_MARK.pattern}")
_ALIKE: Final = str.maketrans("*_~`＊＿｀", "∗ˍ∼ˋ∗ˍˋ")


def literal(text: str, room: int, *, code: bool = False) -> str:
    """Foreign text, safe inside mrkdwn, in which no sign is markup: `*` makes nothing bold, and ends no bold of ours.

    `room`: characters that it may take. Where its signs would take more, others stand for them that look alike; then it
    is as long as `to_slack` makes it. `code`: it is a sentence of ours in which foreign words may stand, so what it has
    between two backticks stays code.
    """
    safe = to_slack(text)
    pattern = _CODE_OR_MARK if code and safe.count("`") % 2 == 0 else _MARK
    spelt = pattern.sub(lambda found: found[0] if _is_code(found) else _AS_IT_IS.format(found[0]), safe)
    if len(spelt) <= room:
        return spelt
    return pattern.sub(lambda found: found[0] if _is_code(found) else found[0].translate(_ALIKE), safe)


def _is_code(found: re.Match[str]) -> bool:
    return len(found[0]) > 1


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def with_author(name: str, text: str) -> str:
    """The text with who said it: "Ana Ruiz: hello". The name becomes one line; no name, no colon."""
    shown = shorten(_one_line(name), NAME_LIMIT)
    return f"{shown}: {text}" if shown else text


# --- tokens: what stands between < and > ------------------------------------------------------------------------------

# A token, or the beginning of one in a text that was cut off.
_TOKEN = re.compile(r"<(?:(?P<token>[^<>]++)>|(?P<cut>[@#!][\w^]++))")
_ENTITY = re.compile("&(amp|lt|gt);")
_SIGNS: Final = {"amp": "&", "lt": "<", "gt": ">"}
_LOOKS_LIKE_ID = re.compile(r"[BCDGSUW](?=[A-Z]*+\d)[A-Z0-9]{7,}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:")


def mentions(text: str) -> Mentions:
    """Whom and what Slack's text mentions, inside code too (names are filled in there as well)."""
    tokens = [_split(found) for found in _TOKEN.finditer(text)]
    return Mentions(
        users=frozenset(UserId(body[1:]) for body, _ in tokens if body.startswith("@") and body[1:]),
        channels=frozenset(ChannelId(body[1:]) for body, _ in tokens if body.startswith("#") and body[1:]),
        groups=frozenset(body.partition("^")[2] for body, _ in tokens if body.startswith("!subteam^")),
    )


def _split(found: re.Match[str]) -> tuple[str, str]:
    body, _, label = (found["token"] or found["cut"]).partition("|")
    return body, label


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda m: _SIGNS[m[1]], text)


def _render(found: re.Match[str], names: Names) -> str:
    """One token as a reader sees it. What is no token (Slack never sends that) stays as it is."""
    body, label = _split(found)
    match body[:1]:
        case "@":
            return "@" + (_known(names.users.get(UserId(body[1:])), label, body[1:]) or "teammate")
        case "#":
            return _channel(ChannelId(body[1:]), label, names)
        case "!":
            return _special(body[1:], label, names)
    return _link(body, label) if _SCHEME.match(body) else _unescape(found[0])


def _known(name: str | None, label: str, ident: str) -> str:
    """The name, else the label, without "@" or "#" before it, else ""; an id is neither."""
    shown = _one_line(name or "").lstrip("@#")
    if shown and shown != ident:
        return shown
    shown = _one_line(_unescape(label)).lstrip("@#")
    return "" if shown == ident or _LOOKS_LIKE_ID.fullmatch(shown) else shown


def _channel(channel: ChannelId, label: str, names: Names) -> str:
    if channel in names.channels and names.channels[channel] is None:
        return "private channel"  # even with a label: the name of a private channel is nobody else's business
    return "#" + (_known(names.channels.get(channel), label, channel) or "channel")


def _special(body: str, label: str, names: Names) -> str:
    kind, _, rest = body.partition("^")
    if kind == "subteam":
        return "@" + (_known(names.groups.get(rest), label, rest) or "group")
    if kind in {"here", "channel", "everyone"}:
        return f"@{kind}"
    return _unescape(label)  # a date's fallback, or whatever Slack invents next


def _link(url: str, label: str) -> str:
    address, shown = _unescape(url), _unescape(label)
    scheme, _, rest = address.partition(":")
    if scheme.lower() == "tel":
        return with_emoji(shown) or rest
    if scheme.lower() == "mailto":
        address = rest.partition("?")[0]
    return f"{with_emoji(shown)} ({address})" if shown and _bare(shown) != _bare(address) else shown or address


def _bare(url: str) -> str:
    """What people type of an address: neither scheme nor last slash, in any case."""
    return url.casefold().removeprefix("https://").removeprefix("http://").removesuffix("/")


# --- shortcodes -------------------------------------------------------------------------------------------------------

# Slack's names (iamcal/emoji-data) that the emoji package does not have, or has for another picture.
_SLACK_EMOJI: Final = {
    "barely_sunny": "🌥️",
    "beetle": "🪲",
    "drum_with_drumsticks": "🥁",
    "email": "✉️",
    "face_palm": "🤦",
    "face_with_cowboy_hat": "🤠",
    "face_with_finger_covering_closed_lips": "🤫",
    "face_with_one_eyebrow_raised": "🤨",
    "face_with_open_mouth_vomiting": "🤮",
    "female_superhero": "🦸‍♀️",
    "fencer": "🤺",
    "first_place_medal": "🥇",
    "giraffe_face": "🦒",
    "grinning_face_with_one_large_and_one_small_eye": "🤪",
    "grinning_face_with_star_eyes": "🤩",
    "hand_with_index_and_middle_fingers_crossed": "🤞",
    "handball": "🤾",
    "i_love_you_hand_sign": "🤟",
    "juggling": "🤹",
    "keycap_star": "*️⃣",
    "knife_fork_plate": "🍽️",
    "lightning": "🌩️",
    "man_with_bunny_ears_partying": "👯‍♂️",
    "man_wrestling": "🤼‍♂️",
    "medal": "🎖️",
    "mostly_sunny": "🌤️",
    "mother_christmas": "🤶",
    "octagonal_sign": "🛑",
    "partly_sunny_rain": "🌦️",
    "person_doing_cartwheel": "🤸",
    "person_with_headscarf": "🧕",
    "satellite": "🛰️",
    "second_place_medal": "🥈",
    "serious_face_with_symbols_covering_mouth": "🤬",
    "shocked_face_with_exploding_head": "🤯",
    "shopping_trolley": "🛒",
    "simple_smile": "🙂",
    "smiling_face_with_3_hearts": "🥰",
    "smiling_face_with_smiling_eyes_and_hand_covering_mouth": "🤭",
    "snowman": "☃️",
    "spock_hand": "🖖",
    "staff_of_aesculapius": "⚕️",
    "the_horns": "🤘",
    "third_place_medal": "🥉",
    "umbrella": "☂️",
    "woman_with_bunny_ears_partying": "👯‍♀️",
    "woman_wrestling": "🤼‍♀️",
    "wrestlers": "🤼",
    "zebra_face": "🦓",
}
_FAMILY = re.compile(r"(?:(?:wo)?man_){1,2}(?:boy|girl)(?:_(?:boy|girl))?")
_COUPLE = re.compile(r"((?:wo)?man)_(kiss|heart)_((?:wo)?man)")
_FLAG = re.compile(r"flag_([a-z]{2})")
_SHORTCODE = re.compile(r":(?P<name>[a-z0-9_+'-]{1,64}+):(?::skin-tone-(?P<tone>[2-6])(?:(?:-|::skin-tone-)[2-6])?:)?")
_FIRST_TONE: Final = 0x1F3FB - 2  # Slack counts as Fitzpatrick does: skin-tone-2 is the lightest


@lru_cache(maxsize=4096)
def _picture(name: str) -> str | None:
    """A shortcode's Unicode emoji, or None for a custom one."""
    plain = name.replace("-", "_")
    if plain in _SLACK_EMOJI:
        return _SLACK_EMOJI[plain]
    if flag := _FLAG.fullmatch(plain):
        pair = "".join(chr(0x1F1E6 + ord(letter) - ord("a")) for letter in flag[1])
        return pair if is_emoji(pair) else None
    return next(filter(None, map(named, _spellings(name, plain))), None)


def _spellings(name: str, plain: str) -> Iterator[str]:
    """How the emoji package may spell Slack's name."""
    yield name
    yield plain
    yield plain.removeprefix("flag_")  # flag-england
    yield plain.removeprefix("large_")  # large_green_circle
    for slack, library in (("male_", "man_"), ("female_", "woman_")):
        if plain.startswith(slack):
            yield library + plain.removeprefix(slack).replace("doctor", "health_worker")
    if _FAMILY.fullmatch(plain):
        yield f"family_{plain}"
    if two := _COUPLE.fullmatch(plain):
        yield f"{'kiss' if two[2] == 'kiss' else 'couple_with_heart'}_{two[1]}_{two[3]}"


def _with_tone(picture: str, tone: str | None) -> str:
    """The picture in a skin tone, where it has one; the tone follows the first character, before any joiner.

    Two people may have two tones, which Slack spells in more than one way: then the first is taken, or none.
    """
    if not tone:
        return picture
    toned = picture[0] + chr(_FIRST_TONE + int(tone)) + picture[1:].removeprefix("\ufe0f")
    return toned if is_emoji(toned) else picture


def _shortcode(found: re.Match[str]) -> str | None:
    """The emoji, or None when these colons stand in a word, a time or an address ("10:30:45", "a:b:c")."""
    name, sides = found["name"], tuple(side.isascii() and side.isalnum() for side in _neighbours(found))
    if all(sides) or (any(sides) and (len(name) <= 2 or name.isdigit())):  # noqa: PLR2004 - :a:, :id: or :100:
        return None
    picture = _picture(name)
    return _with_tone(picture, found["tone"]) if picture else None


def _neighbours(found: re.Match[str]) -> tuple[str, str]:
    """The characters before and after a match; "" at an end of the text."""
    return found.string[max(found.start() - 1, 0) : found.start()], found.string[found.end() : found.end() + 1]


def with_emoji(text: str) -> str:
    """Plain text with the pictures for Slack's `:names:`; unknown ones stay letters."""
    return "".join(_scan(text, _SHORTCODE, _shortcode))


def _scan(text: str, pattern: re.Pattern[str], read: Callable[[re.Match[str]], str | None]) -> Iterator[str]:
    """The text with what `read` makes of each match.

    Where it makes nothing, only the first character is passed over: the colon that ends one thing may begin the next.
    """
    at = 0
    while found := pattern.search(text, at):
        made = read(found)
        yield text[at : found.start()]
        yield text[found.start()] if made is None else made
        at = found.start() + 1 if made is None else found.end()
    yield text[at:]


# --- Slack's text → plain text ----------------------------------------------------------------------------------------

_PIECE = re.compile(
    r"```(?P<block>.+?)```"
    r"|(?<![^\W_])`(?P<code>[^`\n]++)`(?![^\W_])"
    rf"|{_TOKEN.pattern}"
    rf"|{_SHORTCODE.pattern}",
    re.DOTALL,
)
# A pair of markers: nothing alphanumeric outside, no space inside, on one line.
_MARKERS = tuple(
    re.compile(rf"(?<![^\W_])(?<!{sign})({sign})(?!\s)([^{sign}\n]++)(?<!\s){sign}(?![^\W_]|{sign})")
    for sign in (r"\*", "_", "~")
)
_HELD: Final = "\0"  # stands for a finished piece; `clean` has taken out any other NUL


def to_plain(text: str, names: Names) -> str:
    """Slack's message text as a customer reads it: names for ids, labels with addresses, emoji, no markers.

    Code keeps its content word for word; the three entities are undone exactly once, last, so nothing that was escaped
    can become a token. No id of a token is ever in the result, known or not. Never raises.
    """
    pieces: list[str] = []

    def hold(found: re.Match[str]) -> str | None:
        made = _finish(found, names)
        if made is not None:
            pieces.append(made)
        return made if made is None else _HELD

    rest = "".join(_scan(clean(text), _PIECE, hold))
    for marker in _MARKERS:
        rest = marker.sub(r"\2", rest)
    finished = iter(pieces)
    whole = re.sub(_HELD, lambda _: next(finished), _unescape(rest))
    return "\n".join(line.rstrip() for line in whole.split("\n")).strip()


def _finish(found: re.Match[str], names: Names) -> str | None:
    """What a piece finally reads as, or None when it is no piece."""
    if found["name"]:
        return _shortcode(found)
    if code := found["code"]:
        return _code(code, names)
    if block := found["block"]:
        return _own_lines(_code(block.strip("\n"), names), found)
    return _render(found, names)


def _code(content: str, names: Names) -> str:
    """Word for word, but Slack makes tokens of addresses and mentions in code too."""
    at, made = 0, []
    for found in _TOKEN.finditer(content):
        made += [_unescape(content[at : found.start()]), _render(found, names)]
        at = found.end()
    return "".join([*made, _unescape(content[at:])])


def _own_lines(block: str, found: re.Match[str]) -> str:
    """A code block stands on lines of its own, as Slack shows it."""
    before, after = _neighbours(found)
    return ("" if before in ("", "\n") else "\n") + block + ("" if after in ("", "\n") else "\n")


# --- who is meant by a message ----------------------------------------------------------------------------------------

# What people, or Slack for them, put before the first word: markers, quotes, quotation marks, the points of a list.
_OPENING = re.compile("(?:&gt;|[\\s>*_~`\"'“”‘’„«»]|[•◦▪▸‣–—-]\ufe0e?|[0-9]{1,3}[.)](?=\\s))*+")
_MARKS: Final = "*_~`"
_CLOSING: Final = dict(zip(_MARKS, _MARKS, strict=True)) | dict(zip("“„‘«\"'", "”“’»\"'", strict=True))
_NOTE = re.compile(
    "(?:(?:note|private)[\\s*_~`]*+[:：]|//|／／|;;|；；|🔒\ufe0f?|:lock:)(?P<text>.*)",
    re.DOTALL | re.IGNORECASE,
)


def note_of(text: str) -> str | None:
    """What follows a note prefix (`note:` `private:` `//` `;;` 🔒 `:lock:`), "" for an empty note, None for no note.

    Generous on purpose: case, spaces, quotes, markers, lists and a full-width colon do not matter, because a note that
    is taken for a message goes to a customer. Takes Slack's text, still escaped, and gives such text.
    """
    opened, rest = _opened(text)
    found = _NOTE.match(rest)
    return _unwrapped(found["text"], opened + rest[: found.start("text")]) if found else None


@lru_cache(maxsize=16)  # five questions in a row are asked of each message
def _opened(text: str) -> tuple[str, str]:
    """A text in two: what stands before its first word, and the rest."""
    cleaned = clean(text)
    found = _OPENING.match(cleaned)
    at = found.end() if found else 0
    return cleaned[:at], cleaned[at:]


def _unwrapped(text: str, opened: str) -> str:
    """The words without what closes that which was opened before: `*note:* x`, `_note: x_`, “note: x”."""
    signs = dict.fromkeys(sign for sign in opened if sign in _CLOSING)
    rest = text.strip().lstrip("".join(_CLOSING[sign] for sign in signs) + " \t\n")
    if "```" in opened:
        rest = rest.removesuffix("```").rstrip()
    for sign in signs:  # what was opened first closes last
        if sign not in _MARKS or rest.count(sign) % 2:
            rest = rest.removesuffix(_CLOSING[sign]).rstrip()
    return rest


_GROUPS = re.compile(r"!(?:here|channel|everyone|subteam\^)")


_AT: Final = ("@", "＠")
_AT_SOMEBODY = re.compile(r"[@＠]\w")


def with_mention(text: str, bot: UserId, names: Iterable[str]) -> str:
    """Slack's text, where somebody typed @Evo at its start and Slack made no mention of it: it was meant as one.

    Else a command, or a remark to us, would go to a customer.
    """
    before, rest = _opened(text)
    if not rest.startswith(_AT):
        return text
    for name in names:
        found = re.match(rf"[@＠]{re.escape(name)}(?!\w)", rest, re.IGNORECASE)
        if found:
            return f"{before}<@{bot}>{rest[found.end() :]}"
    return text


_PERSON = re.compile(r"[A-Z0-9]{1,30}")  # an id as Slack writes it, and nothing that could be markup


def addressee_of(text: str) -> UserId | None:
    """Whom Slack's text begins by addressing: a person, "" for a group of them and for an @name that Slack does not
    know, None for nobody.

    As with notes, it does not matter what the mention is wrapped in.
    """
    start = _opened(text)[1]
    found = _TOKEN.match(start)
    body = _split(found)[0] if found else ""
    if body.startswith("@") and body[1:]:
        return UserId(body[1:] if _PERSON.fullmatch(body[1:]) else "")
    return UserId("") if _GROUPS.match(body) or _AT_SOMEBODY.match(start) else None


_ADDRESSING = re.compile(r"\A[:,：，]\s*+")  # "@bot: invite", "@bot, invite"


def command_of(text: str, bot: UserId) -> str | None:
    """The words after a mention of the bot at the very start: "" when there are none, None when it does not start so.

    As with notes, it does not matter what the mention is wrapped in. Gives Slack's text, still escaped, for the lexer
    to read.
    """
    opened, rest = _opened(text)
    found = _TOKEN.match(rest)
    if not found or _split(found)[0] != f"@{bot}":
        return None
    words = _unwrapped(rest[found.end() :], opened)
    return words if _SHORTCODE.match(words) else _ADDRESSING.sub("", words)


# --- comparing and shortening -----------------------------------------------------------------------------------------

_STREAM_SAFE: Final = 30  # combining marks in a row, UAX #15
_CLUSTER: Final = 64  # a character with more marks than this may be split: it is not writing


def fold(text: str) -> str:
    """For comparing what we sent with what a transcript shows: NFC, any white space → one space, stripped."""
    return " ".join(unicodedata.normalize("NFC", _stream_safe(text)).split())


def _stream_safe(text: str) -> str:
    """Breaks up endless runs of combining marks, as UAX #15 does: to sort 20,000 of them takes a second."""
    if text.isascii():
        return text
    made, run = [], 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run > _STREAM_SAFE:
            made.append("\u034f")
            run = 1
        made.append(char)
    return "".join(made)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last one "…" when something is missing.

    What reads as one character (accents, skin tones, joined emoji, flags) is left out rather than split.
    """
    if len(text) <= limit:
        return text
    cut = max(limit - 1, 0)
    first = max(cut - _CLUSTER, 0)
    at = next((place for place in range(cut, first, -1) if _may_cut(text, place)), 0 if first == 0 else cut)
    return (text[:at].rstrip() + "…")[: max(limit, 0)]


def characters(text: str) -> Iterator[str]:
    """The text in pieces, each of which reads as one character: with its accents, skin tone, what is joined to it."""
    first, halves = 0, 0
    for at, char in enumerate(text):
        if at > first and not _belongs_to_the_last(text[at - 1], char, halves):
            yield text[first:at]
            first = at
        halves = halves + 1 if _is_flag_half(char) else 0
    if text:
        yield text[first:]


def _belongs_to_the_last(before: str, char: str, halves: int) -> bool:
    """`halves`: how many halves of flags stand in a row before it."""
    return before == "\u200d" or _joins_the_last(char) or (_is_flag_half(char) and halves % 2 == 1)


def _may_cut(text: str, at: int) -> bool:
    return not _belongs_to_the_last(text[at - 1], text[at], _flag_halves_before(text, at))


def _joins_the_last(char: str) -> bool:
    return char >= "\u0300" and (  # the first accent that stands by itself
        unicodedata.category(char).startswith("M")  # accents and variation selectors
        or char == "\u200d"
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # the tags of a flag
        or "\u1160" <= char <= "\u11ff"  # Hangul vowels and finals
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    return next((n for n in range(at) if not _is_flag_half(text[at - 1 - n])), at)


PART = 3000  # characters of foreign words in one post; over all its blocks Slack refuses some 12,000


def foreign_parts(text: str) -> list[str]:
    """Foreign words, cleaned, in parts that fit a post each: at least one, which may be empty."""
    words = clean(text).strip()
    parts = []
    while len(words) > PART:
        at = _cut(words)
        parts.append(words[:at])
        words = words[at:].removeprefix("\n")
    return [*parts, words] if words or not parts else parts


def _cut(text: str) -> int:
    """Where to part: at a new line, else after a space, else not inside what reads as one character."""
    half = PART // 2
    at = max(text.rfind("\n", half, PART), 0) or text.rfind(" ", half, PART) + 1
    return at or len(shorten(text, PART + 1)) - 1
