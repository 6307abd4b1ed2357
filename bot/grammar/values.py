"""Single values, as people type them or as Slack escapes them: each is read, or a sentence says why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from bot.grammar import sentences
from bot.grammar.commands import (
    HERE,
    LAST,
    SHOWN,
    THIS,
    Address,
    Channel,
    ChannelName,
    EvoAddress,
    Handle,
    Here,
    How,
    Permalink,
    Place,
    SessionRef,
    Thread,
    Who,
)
from bot.grammar.escapes import SLACKS, escape, plain, target, unescape
from bot.grammar.lexer import Word, joined
from bot.grammar.nearest import nearest
from bot.grammar.words import CHOICES, Reads
from bot.model import ChannelId, Email, ItemKey, Phone, Ts
from bot.people import read_email, read_people
from bot.phones import Unreadable, read_phone
from bot.text import shorten

_COMMAS: Final = ",，；、"  # no ; which may end an entity


def unreadable(text: str, sentence: str) -> Unreadable:
    """What was typed, with a sentence that may repeat it as {typed}: on one line, and not too long."""
    return Unreadable(text, sentence.replace("{typed}", shorten(" ".join(text.split()), SHOWN)))


# --- numbers and addresses --------------------------------------------------------------------------------------------


def read_number(run: Sequence[Word], region: str) -> Phone | Unreadable:
    """One phone number; what Slack made a link of counts by its target."""
    return read_phone(_bare(run), region)


def read_address(run: Sequence[Word], region: str) -> Address | Unreadable:
    """A phone number or an e-mail address."""
    typed = _bare(run)
    found = read_email(typed) if "@" in typed else read_phone(typed, region)
    return Unreadable(typed, sentences.BAD_ADDRESS) if isinstance(found, Unreadable) else found


def _bare(run: Sequence[Word]) -> str:
    return target(joined(run).strip(_COMMAS)).strip()


# --- people -----------------------------------------------------------------------------------------------------------

_EVO_ID: Final = r"[A-Za-z0-9][A-Za-z0-9_.@=+~-]{0,127}+"
_EVO = re.compile(rf"(?P<kind>user|team):(?P<id>{_EVO_ID})", re.IGNORECASE)
_TOKEN = re.compile(SLACKS)
# What `read_people` does not know, between separators. In plain text: the ; of an entity parts nobody.
_OURS = re.compile(
    rf"(?<![^\s,;，；、])(?:{_EVO.pattern}|@(?P<handle>\w(?:[\w.-]*\w)?))(?=[\s,;，；、]|\Z)", re.IGNORECASE
)


def read_evo_address(run: Sequence[Word]) -> EvoAddress | Unreadable:
    """`user:ID` or `team:ID`."""
    typed = _bare(run)
    found = _EVO.fullmatch(typed)
    return _evo(found) if found else Unreadable(typed, sentences.BAD_TARGET)


def _evo(found: re.Match[str]) -> EvoAddress:
    return EvoAddress(found["kind"].lower(), found["id"])


def read_who(text: str, region: str) -> tuple[tuple[Who, ...], tuple[Unreadable, ...]]:
    """Everybody in an escaped text, each once, in the order they were typed; and what could not be read as people."""
    found = list(_read_all(text, region))
    people = each_once(one for one in found if not isinstance(one, Unreadable))
    return people, tuple(one for one in found if isinstance(one, Unreadable))


def each_once(people: Iterable[Who]) -> tuple[Who, ...]:
    """The people without those who were there before: the same number, the same address in any case."""
    first: dict[str, Who] = {}
    for one in people:
        first.setdefault(_same(one), one)
    return tuple(first.values())


def _read_all(text: str, region: str) -> Iterator[Who | Unreadable]:
    at = 0
    for token in _TOKEN.finditer(text):
        yield from _read_plain(unescape(text[at : token.start()]), region)
        yield from _read_some(token[0], region)
        at = token.end()
    yield from _read_plain(unescape(text[at:]), region)


def _read_plain(text: str, region: str) -> Iterator[Who | Unreadable]:
    at = 0
    for found in _OURS.finditer(text):
        yield from _read_some(escape(text[at : found.start()]), region)
        yield _evo(found) if found["kind"] else Handle(found["handle"])
        at = found.end()
    yield from _read_some(escape(text[at:]), region)


def _read_some(text: str, region: str) -> Iterator[Who | Unreadable]:
    found = read_people(text, region)
    yield from found.in_order
    yield from found.unreadable


def _same(one: Who) -> str:
    match one:
        case Email():
            return one.address.casefold()
        case Phone():
            return one.e164
        case Handle():
            return f"@{one.name.casefold()}"
    return str(one)


# --- sessions, links, places ------------------------------------------------------------------------------------------

_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{6,64}")
_ROUTES: Final = frozenset({"my", "active", "outgoing"})  # paths of the API that are no session
_URL = re.compile(r"https://[A-Za-z0-9][!#-;=?-{}~]{3,499}")  # printable ASCII, without " < > |
_SLACK_HOST = re.compile(r"[a-z0-9][a-z0-9-]{0,62}(?:\.enterprise)?\.slack\.com")
_MESSAGE_PATH = re.compile(r"/archives/(?P<channel>[CDG][A-Z0-9]{2,20})/p(?P<seconds>\d{10})(?P<rest>\d{6})", re.ASCII)
_TS = re.compile(r"\d{10}\.\d{6}", re.ASCII)
_REF = re.compile(r"(?:ref\s*)?#?(?P<key>[1-9]\d{0,14})", re.ASCII | re.IGNORECASE)
_CHANNEL = re.compile(r"#(?P<id>[CDG][A-Z0-9]{2,20})")
_CHANNEL_NAME = re.compile(r"#(?P<name>\w[\w.-]{0,79})")


def read_session(run: Sequence[Word]) -> SessionRef | Unreadable:
    """`<session>`: an id or its beginning, a name in quotes, a link, `this` or `last`."""
    typed = joined(run)
    if len(run) == 1 and run[0].quoted:
        return SessionRef(How.NAME, plain(typed)) if plain(typed).strip() else _no_session(typed)
    letters = target(typed)
    match letters.lower():
        case "this":
            return THIS
        case "last":
            return LAST
    if _URL.fullmatch(letters):
        return SessionRef(How.LINK, letters)
    if _SESSION_ID.fullmatch(letters) and letters.lower() not in _ROUTES:
        return SessionRef(How.ID, letters)
    return _no_session(plain(typed))


def _no_session(typed: str) -> Unreadable:
    return unreadable(typed, sentences.BAD_SESSION)


def read_permalink(url: str) -> Permalink | None:
    """A link to a Slack message, as Slack's *Copy link* makes it; None for anything else, however alike."""
    if not _URL.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    path = _MESSAGE_PATH.fullmatch(parts.path)
    if not path or not _SLACK_HOST.fullmatch(parts.netloc) or parts.fragment:
        return None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    thread, channel = query.pop("thread_ts", None), query.pop("cid", path["channel"])
    if query or channel != path["channel"] or (thread is not None and not _TS.fullmatch(thread)):
        return None
    ts = Ts(f"{path['seconds']}.{path['rest']}")
    return Permalink(parts.netloc, ChannelId(path["channel"]), ts, None if thread is None else Ts(thread))


def permalink_url(link: Permalink) -> str:
    """The link as Slack writes it."""
    url = f"https://{link.host}/archives/{link.channel}/p{link.ts.replace('.', '')}"
    return url if link.thread_ts is None else f"{url}?thread_ts={link.thread_ts}&cid={link.channel}"


def read_thread(run: Sequence[Word]) -> Thread | Unreadable:
    """A link to a message, or `here`."""
    letters = target(joined(run))
    if letters.lower() in {"here", "this"}:
        return HERE
    return read_permalink(letters) or unreadable(letters, sentences.BAD_LINK)


def read_question(run: Sequence[Word]) -> Permalink | ItemKey | Unreadable:
    """A link to a message, or the reference that stands under what became of one: `ref 17`, or `17`."""
    typed = plain(joined(run))
    ref = _REF.fullmatch(typed)
    if ref:
        return ItemKey(int(ref["key"]))
    return read_permalink(target(joined(run))) or unreadable(typed, sentences.BAD_QUESTION)


def read_place(run: Sequence[Word]) -> Place | Unreadable:
    """A channel, or `here`."""
    text = joined(run)
    if text.lower() == "here":
        return HERE
    if text.startswith("<"):
        found = _CHANNEL.fullmatch(target(text))
        return Channel(ChannelId(found["id"])) if found else unreadable(plain(text), sentences.BAD_PLACE)
    name = _CHANNEL_NAME.fullmatch(plain(text))
    return ChannelName(name["name"]) if name else unreadable(plain(text), sentences.BAD_PLACE)


def read_target(run: Sequence[Word]) -> Channel | ChannelName | Permalink | Unreadable:
    """A channel, or a link to a message."""
    found = read_permalink(target(joined(run)))
    if found is not None:
        return found
    place = read_place(run)
    return unreadable(plain(joined(run)), sentences.NO_PLACE) if isinstance(place, Here) else place


# --- choices and text -------------------------------------------------------------------------------------------------


def read_choice(run: Sequence[Word], choices: Mapping[str, object]) -> object:
    """What a word stands for, or an Unreadable."""
    typed = plain(joined(run))
    if typed.lower() in choices:
        return choices[typed.lower()]
    line = unreadable(typed, "{typed}").why
    return Unreadable(typed, sentences.not_a_choice(line, tuple(choices), nearest(typed, choices)))


def read_text(run: Sequence[Word]) -> str:
    return plain(joined(run))


_READERS: Final[Mapping[Reads, Callable[[Sequence[Word]], object]]] = {
    Reads.TEXT: read_text,
    Reads.NAME: read_text,
    Reads.EVO: read_evo_address,
    Reads.SESSION: read_session,
    Reads.PLACE: read_place,
    Reads.TARGET: read_target,
    Reads.THREAD: read_thread,
}


def read_value(reads: Reads, run: Sequence[Word], region: str) -> object:
    """One value that may be given once, or an Unreadable."""
    if reads is Reads.PHONE:
        return read_number(run, region)
    if reads is Reads.ADDRESS:
        return read_address(run, region)
    return read_choice(run, CHOICES[reads]) if reads in CHOICES else _READERS[reads](run)
