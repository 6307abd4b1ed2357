"""Everything that is kept about one person: found, told to them, taken away.

Who they are is a number or an address. A session is theirs alone when nobody else outside was in it: then all that was
said in it was to them or by them. In others, only what they said and who they are is theirs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import phonenumbers

from bot.bridge.taking import take_words
from bot.model import (
    FORGOTTEN,
    Gone,
    Invitee,
    Item,
    Kind,
    Life,
    Line,
    Member,
    PostKind,
    Session,
    SessionKey,
    State,
    ThreadKey,
)
from bot.numbers import identity_of
from bot.packing import pack_invitee, pack_request, unpack_phone, unpack_request
from bot.people import read_email
from bot.phones import Unreadable, read_phone
from bot.states import become
from bot.store.rows import pack, pack_members
from bot.store.search import Search
from bot.store.tx import Tx
from bot.texts import FORGOTTEN_PERSON

_SIGNS = r"[\s().\-/]*"
_SHORT = 7  # digits: shorter numbers are looked for with their country code only
_NAME = 3  # characters of a name that is looked for
_ON_ITS_WAY = frozenset({State.ASKED, State.PENDING, State.UNKNOWN, State.NEEDS_PERSON})
_NOBODY = Invitee(typed=FORGOTTEN_PERSON)
_TOLD = (PostKind.NOTICE, PostKind.DIRECT)


@dataclass(frozen=True, slots=True)
class Subject:
    """A person, by number or address in its one spelling; `spelt` finds it in texts, however it is written there."""

    identity: str
    spelt: re.Pattern[str]

    def is_in(self, text: str | None) -> bool:
        return text is not None and self.spelt.search(text) is not None

    def without(self, text: str, names: Iterable[str] = ()) -> str:
        """The text with something else in place of them, and of what they are called."""
        for name in sorted(names, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", FORGOTTEN_PERSON, text, flags=re.IGNORECASE)
        return self.spelt.sub(FORGOTTEN_PERSON, text)


@dataclass(frozen=True, slots=True)
class Part:
    """What a session has to do with somebody."""

    session: Session
    names: frozenset[str]  # what they are called in it, in lower case
    alone: bool  # nobody else outside was in it
    items: tuple[Item, ...]  # invitations, removals and the opening, where they are meant
    words: tuple[Item, ...]  # ours to them, when it is theirs alone
    mentions: tuple[Item, ...]  # ours that speak of them
    said: tuple[Line, ...]  # by them, or to them when it is theirs alone
    quoting: tuple[Line, ...]  # by others, speaking of them


def subject(typed: str, region: str) -> Subject | Unreadable:
    """A number in any usual spelling, national ones in `region`, or an e-mail address."""
    if "@" in typed:
        email = read_email(typed)
        if isinstance(email, Unreadable):
            return email
        return Subject(
            email.address, re.compile(rf"(?<![\w.+-]){re.escape(email.address)}(?![\w-]|\.\w)", re.IGNORECASE)
        )
    phone = read_phone(typed, region)
    if not isinstance(phone, Unreadable):
        return Subject(phone.e164, _spelling(phone.e164))
    number = identity_of(typed)
    return Subject(number, _spelling(number)) if number.startswith("+") else phone


def _spelling(number: str) -> re.Pattern[str]:
    """With or without its country code, and with the usual signs between its digits."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return re.compile(rf"(?<!\d)\+?{_SIGNS.join(number[1:])}(?!\d)")
    country, rest = str(parsed.country_code), phonenumbers.national_significant_number(parsed)
    before = rf"(?:(?:\+|00)?{_SIGNS.join(country)}{_SIGNS}(?:\(0\){_SIGNS})?|\(?0|\()"
    return re.compile(rf"(?<!\d){before}{'?' if len(rest) >= _SHORT else ''}{_SIGNS.join(rest)}(?!\d)")


# Found


def find(search: Search, who: Subject, login: str = "") -> list[Part]:
    """Each session that has to do with somebody. `login`: ours at Evo Voice, which is nobody outside."""
    search.look_for(who.is_in)
    ours = {name.casefold() for name in (*search.own_senders(), login) if name}
    return [_part(search, who, search.session(key), ours) for key in search.sessions_speaking()]


def _part(search: Search, who: Subject, session: Session, ours: set[str]) -> Part:
    items = search.items_of(session.key, *Kind)
    meant = tuple(item for item in items if item.kind is not Kind.SAY and who.is_in(pack(item.body)))
    lines, own = search.lines_of(session.key), search.own_lines(session.key)
    names = frozenset(_names(who, session))
    theirs = {line.name for line in lines if who.is_in(line.sender) or line.sender.casefold() in names}
    there = bool(meant or theirs or names or who.is_in(session.with_label) or any(map(who.is_in, _called(session))))
    alone = there and not _others(who, session, items, meant, ours)
    words = tuple(item for item in items if item.kind is Kind.SAY and not item.gone)
    said = tuple(
        line for line in lines if not line.gone and (alone or line.name in theirs) and (alone or line.name not in own)
    )
    return Part(
        session,
        names,
        alone,
        meant,
        words if alone else (),
        () if alone else tuple(item for item in words if _speaks(who, item)),
        said,
        tuple(line for line in lines if line not in said and (who.is_in(line.text) or who.is_in(line.sender))),
    )


def _called(session: Session) -> list[str]:
    return [text for member in session.members for text in (member.identity, member.name)]


def _names(who: Subject, session: Session) -> Iterable[str]:
    """What members are called who are them."""
    for member in session.members:
        if _is(who, member) and len(member.name) >= _NAME and not who.is_in(member.name):
            yield member.name.casefold()


def _is(who: Subject, member: Member) -> bool:
    return who.is_in(member.identity) or who.is_in(member.name)


def _others(who: Subject, session: Session, items: Sequence[Item], meant: Sequence[Item], ours: set[str]) -> bool:
    """Was anybody else outside in the session, or asked into it?"""
    members = (m for m in session.members if not _is(who, m) and not m.identity.startswith(FORGOTTEN))
    if any(not {member.identity.casefold(), member.name.casefold()} & ours for member in members):
        return True
    asked = (item for item in items if item.kind is Kind.INVITE and item not in meant)
    if any(item.state is State.DELIVERED or item.state in _ON_ITS_WAY for item in asked):
        return True
    ends = [end for item in items if item.kind is Kind.OPEN for end in _ends(item)]
    return any(not who.is_in(end) for end in ends)


def _ends(opening: Item) -> list[str]:
    request = unpack_request(opening.body)
    emails = [email.address for email in request.emails]
    return [*emails, *(phone.e164 for phone in (*request.phones, *request.dialled))]


def _speaks(who: Subject, item: Item) -> bool:
    return who.is_in(pack(item.body)) or who.is_in(item.sent_text) or who.is_in(item.reason)


def counted(parts: Sequence[Part]) -> Counter[str]:
    """How much there is, by what it is."""
    found: Counter[str] = Counter()
    for part in parts:
        found["sessions with them alone" if part.alone else "sessions with others"] += 1
        found["invitations and other steps about them"] += len(part.items)
        found["replies to them"] += len(part.words)
        found["replies that name them"] += len(part.mentions)
        found["lines by or to them"] += len(part.said)
        found["lines that name them"] += len(part.quoting)
    return Counter({what: count for what, count in found.items() if count})


def standing(search: Search, parts: Sequence[Part]) -> dict[ThreadKey, int]:
    """How many messages in Slack show them and stay as they are, by thread."""
    found: Counter[ThreadKey] = Counter()
    for part in parts:
        lines = {line.name for line in (*part.said, *part.quoting)}
        items = {item.key for item in (*part.words, *part.mentions)}
        for post in search.posts_of(part.session.key, PostKind.LINE, PostKind.FILE, PostKind.MIRROR, *_TOLD):
            names = post.kind in _TOLD and who_is_named(part, post.text)
            if post.ts and post.thread_ts and (post.line in lines or post.item in items or names):
                found[ThreadKey(post.team, post.channel, post.thread_ts)] += 1
        for item in (*part.words, *part.mentions):
            if item.ts and item.thread_ts:
                found[ThreadKey(part.session.team, item.channel, item.thread_ts)] += 1
    return dict(found)


def who_is_named(part: Part, text: str) -> bool:
    return any(name in text.casefold() for name in part.names)


def is_open(part: Part) -> bool:
    """Are they in a session that goes on?"""
    there = bool(part.names) or bool(part.items) or bool(part.said)
    return there and part.session.life in {Life.OPENING, Life.ACTIVE}


# Told


def told(search: Search, who: Subject, login: str = "") -> dict[str, Any]:
    """All of it, as they may ask to have it."""
    hashed = search.hashed(who.identity)
    opted = search.opted_out(hashed)
    return {
        "about": who.identity,
        "hash": hashed,
        "sessions": [_told(search, part) for part in find(search, who, login)],
        "opted_out": None if opted is None else {"word": opted.word, "at": _time(opted.at)},
        "reached_as_a_phone": [_time(at) for at in search.spent_on(hashed, 0.0)],
        "audit": [
            {"at": _time(at), "what": what, "detail": detail, "who": by}
            for at, what, detail, by in search.audited_about(hashed)
        ],
    }


def _told(search: Search, part: Part) -> dict[str, Any]:
    session = part.session
    own = search.own_lines(session.key)
    return {
        "id": session.evo_id,
        "type": session.type,
        "name": session.name,
        "began": _time(session.created_at),
        "ended": _time(session.ended_at),
        "state": session.life,
        "alone": part.alone,
        "called": sorted(part.names),
        "steps": [
            {
                "what": item.kind,
                "state": item.state,
                "asked": _time(item.asked_at),
                "asked_by": item.author,
                "said": item.body,
            }
            for item in part.items
        ],
        "lines": [
            {"at": line.date, "from": line.sender, "text": line.text, "file": line.media_uri}
            for line in (*part.said, *part.quoting)
            if line.name not in own
        ],
        "written_to_them": [_reply(item) for item in part.words],
        "written_about_them": [_reply(item) for item in part.mentions],
    }


def _reply(item: Item) -> dict[str, Any]:
    words = item.sent_text or item.body.get("plain") or item.body.get("text")
    return {"at": _time(item.sending_at or item.asked_at), "by": item.author, "state": item.state, "text": words}


def _time(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


# Taken away


def begin(tx: Tx, who: Subject, now: float) -> None:
    """From here on nothing that was asked before reaches them, whatever comes late."""
    tx.forget(tx.hashed(who.identity), now)


def take(tx: Tx, who: Subject, key: SessionKey, login: str = "") -> None:
    """Whatever a session has of them. Saying it again changes nothing."""
    tx.look_for(who.is_in)
    ours = {name.casefold() for name in (*tx.own_senders(), login) if name}
    part = _part(tx, who, tx.session(key), ours)
    for item in part.items:
        _take_step(tx, who, part, item)
    for item in part.words:
        withdraw(tx, item)
        take_words(tx, tx.item(item.key), Gone.FORGOTTEN)
    for item in part.mentions:
        _reword(tx, who, item)
    for line in part.said:
        tx.blank_line(line.name, Gone.FORGOTTEN)
    for line in part.quoting:
        tx.reword_line(line.name, who.without(line.text, part.names), who.without(line.sender, part.names))
    for post in tx.posts_of(key, *_TOLD):
        tx.reword_post(post.key, who.without(post.text, part.names))
    _take_from_session(tx, who, part)
    tx.draw_all_anew(key)


def take_the_rest(tx: Tx, who: Subject) -> None:
    """What belongs to no session."""
    tx.look_for(who.is_in)
    tx.delete_forms()
    tx.delete_letters_speaking()
    tx.unsettle()


def withdraw(tx: Tx, item: Item) -> None:
    """What is on its way does not leave. What is leaving at this moment cannot be held."""
    if item.state is State.UNKNOWN:
        become(tx, item, State.NEEDS_PERSON)
        item = tx.item(item.key)
    if item.state in _ON_ITS_WAY:
        become(tx, item, State.WITHDRAWN)


def _take_step(tx: Tx, who: Subject, part: Part, item: Item) -> None:
    reaches = item.kind is not Kind.OPEN or any(map(who.is_in, _ends(item)))
    if reaches:
        withdraw(tx, item)
    match item.kind:
        case Kind.INVITE:
            from_number = unpack_phone(item.body.get("caller_id"))
            body: dict[str, Any] = pack_invitee(_NOBODY, from_number)
        case Kind.KICK:
            body = {"member": "", "name": FORGOTTEN_PERSON}
        case Kind.OPEN:
            body = _opening_without(who, part, item)
        case _:
            body = _without(who, item.body, part.names)
    gone = item.gone if item.kind is Kind.OPEN else Gone.FORGOTTEN
    tx.change_item(item.key, body=pack(body), reason=who.without(item.reason, part.names), gone=gone)


def _opening_without(who: Subject, part: Part, item: Item) -> dict[str, Any]:
    request = unpack_request(item.body)
    ends = {
        name: None
        for name in ("to", "from_address", "to_address", "destination", "with_address")
        if who.is_in(pack(item.body.get(name)))
    }
    kept = replace(
        request,
        emails=tuple(email for email in request.emails if not who.is_in(email.address)),
        phones=tuple(phone for phone in request.phones if not who.is_in(phone.e164)),
        first_message="" if part.alone else request.first_message,
        **ends,  # type: ignore[arg-type]  # each of them may be None
    )
    return dict(_without(who, pack_request(kept), part.names))


def _reword(tx: Tx, who: Subject, item: Item) -> None:
    """What speaks of them goes on without them; what may still come back in the transcript is known by a hash."""
    if item.sent_text and who.is_in(item.sent_text) and tx.echo_of(item.key) is None:
        take_words(tx, item, Gone.FORGOTTEN)
        return
    sent = item.sent_text and who.without(item.sent_text)
    tx.change_item(item.key, body=pack(_without(who, item.body)), sent_text=sent, reason=who.without(item.reason))


def _take_from_session(tx: Tx, who: Subject, part: Part) -> None:
    session, identity = part.session, f"{FORGOTTEN}{tx.hashed(who.identity)}"
    members = [
        Member(identity, FORGOTTEN_PERSON, member.role) if _is(who, member) else member for member in session.members
    ]
    label = session.with_label
    tx.change_session(
        session.key,
        members=pack_members(members),
        missing=pack([name for name in session.missing if not who.is_in(name)]),
        with_label=None if part.alone else label and who.without(label, part.names),
        name=who.without(session.name, part.names),
    )


def _without(who: Subject, value: Any, names: Iterable[str] = ()) -> Any:
    """Every text in what an item keeps, without them."""
    match value:
        case str():
            return who.without(value, names)
        case dict():
            return {name: _without(who, each, names) for name, each in value.items()}
        case list() | tuple():
            return [_without(who, each, names) for each in value]
    return value
