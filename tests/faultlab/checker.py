"""Judges what came of a storm by what both far sides remember and by the bot's last file, read as anybody could.

It knows the wire and the tables, and nothing of the bot's code. What people did is read from the far sides as well:
the messages that stand in Slack, the lines that Evo Voice has, the forms that closed.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from sandbox.evo.records import Effect, EffectKind, JournalEntry
from sandbox.evo.records import Session as EvoSession
from sandbox.slack.seeds import BOT_USER, PEOPLE, SUPPORT
from sandbox.stage import Stage

Json = dict[str, Any]

LOST, DOUBLED, DISORDER = "lost", "doubled", "out of order"
MISSING = "acknowledged events missing from the file"
COSTLY = "invitations sent more often than asked for"
UNFINISHED = "items in no final state"
UNSEEN = "final states not visible in Slack"
MUTE = "questions without buttons"
DAMAGED = "files damaged"

FINAL = frozenset({"delivered", "refused", "withdrawn", "needs_person", "kept"})
SIGNS = {
    "delivered": "white_check_mark",
    "refused": "x",
    "withdrawn": "x",
    "needs_person": "question",
    "kept": "lock",
}
SURELY_NOTHING = frozenset({401, 429})  # answers that say the request was not processed
NAMES = {person.id: person.shown or person.real_name for person in PEOPLE}
MENTION = f"<@{BOT_USER}>"
PHONE = re.compile(r"\+\d+")


@dataclass(frozen=True)
class Item:
    """A row of the bot's table of work, as far as it matters here."""

    key: int
    session: str  # its name
    kind: str
    state: str
    slack_name: str
    ts: str | None
    in_doubt: bool
    life: str
    invited: str | None  # whom, when it is an invitation


@dataclass(frozen=True)
class History:
    """Everything a verdict may be built on. `names` are the sessions whose forms closed before people's eyes."""

    messages: Sequence[Json]
    deliveries: Sequence[Json]
    effects: Sequence[Effect]
    requests: Sequence[JournalEntry]
    sessions: Sequence[EvoSession]
    names: Sequence[str]
    database: Path

    @cached_property
    def items(self) -> list[Item]:
        sql = (
            "SELECT item.key, session.name, kind, state, slack_name, ts, unknown_at IS NOT NULL, life, "
            "coalesce(body ->> '$.phone[0]', body ->> '$.email', body ->> '$.slack_user', body ->> '$.typed') "
            "FROM item JOIN session ON session.key = item.session ORDER BY item.key"
        )
        return [Item(*row) for row in rows(self.database, sql)]

    @cached_property
    def shown(self) -> dict[int, str]:
        """Where the result of an item stands: its key → ts."""
        sql = "SELECT item, ts FROM post WHERE item IS NOT NULL AND ts IS NOT NULL"
        return {int(item): str(ts) for item, ts in rows(self.database, sql)}

    @cached_property
    def by_ts(self) -> dict[str, Json]:
        return {message["ts"]: message for message in self.messages}

    @cached_property
    def cards(self) -> dict[str, Json]:
        """Session name → its card. Names must not begin with one another."""
        roots = [message for message in self.messages if message.get("user") == BOT_USER and not _in_thread(message)]
        return {name: root for name in self.names for root in roots if f"session {name}." in root["text"]}

    @cached_property
    def threads(self) -> dict[str, list[Json]]:
        """Session name → what stands under its card, oldest first."""
        by_root = {card["ts"]: name for name, card in self.cards.items()}
        found: dict[str, list[Json]] = {name: [] for name in self.names}
        for message in self.messages:
            if _in_thread(message) and message["thread_ts"] in by_root:
                found[by_root[message["thread_ts"]]].append(message)
        return found

    @cached_property
    def evo_ids(self) -> dict[str, list[str]]:
        """Session name → the sessions of this name at Evo Voice: one, if all is well."""
        found: dict[str, list[str]] = {name: [] for name in self.names}
        for session in self.sessions:
            if session.info.get("displayName") in found:
                found[session.info["displayName"]].append(session.id)
        return found

    def effects_of(self, name: str, kind: EffectKind) -> list[Effect]:
        ids = self.evo_ids[name]
        return [effect for effect in self._by_kind[kind] if effect.session_id in ids]

    @cached_property
    def _by_kind(self) -> Mapping[EffectKind, list[Effect]]:
        found: dict[EffectKind, list[Effect]] = defaultdict(list)
        for effect in self.effects:
            found[effect.kind].append(effect)
        return found

    def requests_of(self, name: str, operation: str) -> list[JournalEntry]:
        paths = tuple(f"/sessions/{evo_id}/" for evo_id in self.evo_ids[name])
        return [entry for entry in self._by_operation[operation] if entry.path.startswith(paths)]

    @cached_property
    def _by_operation(self) -> Mapping[str, list[JournalEntry]]:
        found: dict[str, list[JournalEntry]] = defaultdict(list)
        for entry in self.requests:
            found[entry.operation or ""].append(entry)
        return found


@dataclass
class Findings:
    """Violations by rule, and what was counted on the way."""

    counts: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, rule: str, example: str) -> None:
        self.counts[rule] += 1
        if self.counts[rule] <= 5:
            self.examples.append(f"{rule}: {example}")

    def merge(self, other: Findings) -> None:
        self.counts += other.counts
        self.seen += other.seen
        self.examples += other.examples

    @property
    def clean(self) -> bool:
        return not self.counts

    @property
    def asked_share(self) -> float:
        """Which part of everything that people asked for ended as a question to them."""
        return self.seen["questions"] / max(1, self.seen["items"])


async def history(stage: Stage, names: Iterable[str]) -> History:
    """Both far sides as they are now. The bot should have ended: its file is read afterwards."""
    return History(
        messages=await stage.slack.messages(SUPPORT),
        deliveries=await stage.slack.journal("delivery"),
        effects=await stage.evo.effects(),
        requests=await stage.evo.journal(),
        sessions=await stage.evo.sessions(),
        names=sorted(names),
        database=stage.database,
    )


def check(past: History) -> Findings:
    """Every rule over the whole history."""
    found = Findings()
    found.seen["items"] = len(past.items)
    found.seen["questions"] = sum(item.state == "needs_person" or _waits_for_opening(item) for item in past.items)
    _file(past, found)
    _states(past, found)
    _acknowledged(past, found)
    _twins_in_slack(past, found)
    for name in past.names:
        _opening(past, name, found)
        _replies(past, name, found)
        _order(past, name, found)
        _invitations(past, name, found)
        _lines(past, name, found)
        _end(past, name, found)
    return found


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """Reads the bot's file as anybody could."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


# The file


def _file(past: History, found: Findings) -> None:
    for pragma in ("integrity_check", "foreign_key_check"):
        answer = rows(past.database, f"PRAGMA {pragma}")
        if answer not in ([], [("ok",)]):
            found.add(DAMAGED, f"{pragma}: {answer[:3]}")


def _states(past: History, found: Findings) -> None:
    """Each item in a final state, and that state where people see it."""
    for item in past.items:
        if item.state not in FINAL and not _waits_for_opening(item):
            found.add(UNFINISHED, f"{item}")
        elif item.state in FINAL:
            _visible(past, item, found)


def _waits_for_opening(item: Item) -> bool:
    """The question on the card whether the session shall be opened again is theirs, too."""
    return item.state == "pending" and item.life == "failed"


def _visible(past: History, item: Item, found: Findings) -> None:
    if item.kind == "open" or (item.kind == "end" and item.state == "delivered"):
        return  # the card and the line about the end, looked at below
    shown = past.by_ts.get(past.shown.get(item.key, ""))
    if item.kind == "say" and item.ts is not None:
        signs = _signs(past.by_ts.get(item.ts))
        if signs != [SIGNS[item.state]]:
            found.add(UNSEEN, f"{item} carries {signs}")
    if (item.kind != "say" or item.state in {"refused", "needs_person"}) and shown is None:
        found.add(UNSEEN, f"{item} has no post")
    if item.state == "needs_person" and shown is not None and not _buttons(shown):
        found.add(MUTE, f"{item}: {shown['text']}")


def _signs(message: Json | None) -> list[str]:
    """The bot's own reactions."""
    reactions = (message or {}).get("reactions", [])
    return [reaction["name"] for reaction in reactions if BOT_USER in reaction["users"]]


def _buttons(message: Json) -> int:
    blocks = message.get("blocks", [])
    return sum(len(block["elements"]) for block in blocks if block["type"] == "actions")


# From Slack to Evo Voice


def _acknowledged(past: History, found: Findings) -> None:
    """What Slack was told to forget is in the file; what it was not told is there all the same, or was never sent."""
    acked = {entry["ts"] for entry in past.deliveries if entry["what"] == "events_api" and entry["outcome"] == "acked"}
    known = {item.slack_name.split("/")[2] for item in past.items if item.slack_name.count("/") >= 2}
    ending = {item.session for item in past.items if item.kind == "end"}
    for name, thread in past.threads.items():
        for message in thread:
            wanted = _by_person(message) and not (_command(message).startswith("end") and name in ending)
            if wanted and message["ts"] not in known:
                found.add(MISSING if message["ts"] in acked else LOST, f"{name}: {message['text']}")


def _replies(past: History, name: str, found: Findings) -> None:
    """Each reply is there once, or its author was told that it is not, or asked. Notes and commands are not there."""
    state = {item.ts: item.state for item in past.items if item.kind == "say" and item.ts}
    sent = Counter(effect.detail["body"] for effect in past.effects_of(name, EffectKind.SENT))
    wanted: Counter[str] = Counter()
    excused: Counter[str] = Counter()
    for message in filter(_is_reply, past.threads[name]):
        found.seen["replies"] += 1
        wanted[_as_sent(message)] += 1
        excused[_as_sent(message)] += state.get(message["ts"]) in {"needs_person", "refused", "withdrawn", "pending"}
    for text in wanted | sent:
        if sent[text] > wanted[text]:
            found.add(DOUBLED, f"{name}: “{text}” is there {sent[text]} times, was written {wanted[text]} times")
        if sent[text] < wanted[text] - excused[text]:
            found.add(LOST, f"{name}: “{text}” is there {sent[text]} times, was written {wanted[text]} times")


def _order(past: History, name: str, found: Findings) -> None:
    """Slack's order among those that arrived. Equal words cannot be told apart and are looked at once."""
    place: dict[str, int] = {}
    for number, message in enumerate(filter(_is_reply, past.threads[name])):
        place.setdefault(_as_sent(message), number)
    highest, before = -1, ""
    for effect in past.effects_of(name, EffectKind.SENT):
        number = place.pop(effect.detail["body"], None)
        if number is None:
            continue
        if number < highest:
            found.add(DISORDER, f"{name}: “{effect.detail['body']}” came after “{before}”")
        else:
            highest, before = number, effect.detail["body"]


def _invitations(past: History, name: str, found: Findings) -> None:
    """Never more requests for a person than people asked, save those that were surely not processed."""
    wanted = [(message["ts"], who) for message in past.threads[name] for who in _invited_by(message)]
    found.seen["invitations"] += len(wanted)
    asked = Counter(who for _, who in wanted)
    posted = Counter(
        who
        for entry in past.requests_of(name, "InviteChatMember")
        if entry.status not in SURELY_NOTHING
        for who in _people_in(entry.body)
    )
    for who in posted:
        if posted[who] > asked[who]:
            found.add(COSTLY, f"{name}: {who} {posted[who]} times, asked for {asked[who]} times")
    decided = {(item.slack_name.split("/")[2], item.invited) for item in past.items if item.kind == "invite"}
    for gesture in wanted:
        if gesture not in decided:
            found.add(LOST, f"{name}: the invitation of {gesture[1]}")
    _guests(past, name, found)


def _guests(past: History, name: str, found: Findings) -> None:
    """Whoever is said to be invited is there."""
    there = {effect.detail["identity"] for effect in past.effects_of(name, EffectKind.INVITED)}
    for item in past.items:
        who = item.invited
        if item.session == name and (item.kind, item.state) == ("invite", "delivered") and who not in there:
            found.add(LOST, f"{name}: {who} is said to be invited")


def _opening(past: History, name: str, found: Findings) -> None:
    """Each form that closed is one session with one card, or a question on the card."""
    card = past.cards.get(name)
    if card is None:
        found.add(LOST, f"{name} has no card")
        return
    opening = next((item for item in past.items if item.session == name and item.kind == "open"), None)
    opened = len(past.evo_ids[name])
    asked = opening is not None and opening.state in {"needs_person", "refused"}
    if opened > 1:
        found.add(DOUBLED, f"{name} was opened {opened} times")
    if not opened and not asked:
        found.add(LOST, f"{name} was never opened")
    if asked and not _buttons(card):
        found.add(MUTE, f"{name}: {card['text']}")
    if opened and not asked and not re.search(r"State: (Active|Ended)", card["text"]):
        found.add(UNSEEN, f"{name}: {card['text']}")


def _end(past: History, name: str, found: Findings) -> None:
    """Whoever asked for the end has it, or a question; and the thread says so."""
    ends = [item for item in past.items if item.session == name and item.kind == "end"]
    asked = any(_by_person(message) and _command(message).startswith("end") for message in past.threads[name])
    ended = bool(past.effects_of(name, EffectKind.ENDED))
    if asked and not ended and not any(item.state in {"needs_person", "refused"} for item in ends):
        found.add(LOST, f"{name}: the end")
    if ended and not asked:
        found.add(DOUBLED, f"{name} was ended and nobody had asked")
    said = sum(
        message["text"].count("This session has ended. Replies") for message in filter(_ours, past.threads[name])
    )
    if said != ended:
        found.add(UNSEEN, f"{name}: the thread says {said} times that it has ended")


# From Evo Voice to Slack


def _lines(past: History, name: str, found: Findings) -> None:
    """Each line of the other side stands in the thread once, in its order."""
    said = [effect.detail["body"] for effect in past.effects_of(name, EffectKind.HEARD)]
    found.seen["lines"] += len(said)
    known = set(said)
    shown = [words for message in filter(_ours, past.threads[name]) for words in _words(message) if words in known]
    how_often, wanted = Counter(shown), Counter(said)
    for line, times in wanted.items():
        if how_often[line] < times:
            found.add(LOST, f"{name}: “{line}” does not stand in the thread")
        if how_often[line] > times:
            found.add(DOUBLED, f"{name}: “{line}” stands in the thread {how_often[line]} times")
    place = {line: number for number, line in enumerate(said)}
    numbers = [place[line] for line in dict.fromkeys(shown)]
    for first, second in pairwise(numbers):
        if second < first:
            found.add(DISORDER, f"{name}: “{said[second]}” stands below “{said[first]}”")


def _twins_in_slack(past: History, found: Findings) -> None:
    """No post of ours stands there twice: cards, results, notices. Posts of one name are one post."""
    names = Counter(_name(message) for message in past.messages if message.get("user") == BOT_USER)
    for name, times in names.items():
        if name is not None and times > 1 and not name.startswith("line/"):  # lines are counted by what they say
            found.add(DOUBLED, f"the post {name} stands in Slack {times} times")


# Reading messages


def _in_thread(message: Json) -> bool:
    return bool(message.get("thread_ts")) and message["thread_ts"] != message["ts"]


def _ours(message: Json) -> bool:
    return message.get("user") == BOT_USER


def _by_person(message: Json) -> bool:
    return message.get("user") in NAMES and not _ours(message)


def _command(message: Json) -> str:
    """The words after the mention of the bot at the very start, else nothing."""
    text = str(message["text"])
    return text.removeprefix(MENTION).strip() if text.startswith(MENTION) else ""


def _is_reply(message: Json) -> bool:
    text = str(message["text"])
    return _by_person(message) and not text.startswith((MENTION, "note:"))


def _as_sent(message: Json) -> str:
    """What the other side should read."""
    return f"{NAMES[message['user']]}: {message['text'].replace(MENTION, f'@{NAMES[BOT_USER]}')}"


def _invited_by(message: Json) -> Iterator[str]:
    if _by_person(message) and _command(message).startswith("invite"):
        yield from _people_in(_command(message))


def _people_in(text: str) -> Iterator[str]:
    for word in re.split(r"[\s,\"{}]+", text):
        if PHONE.fullmatch(word) or re.fullmatch(r"\w+@[\w.]+", word):
            yield word


def _words(message: Json) -> Iterator[str]:
    """What the other side said, in this message of ours: several lines may share one. It stands in rich text alone."""
    for block in message.get("blocks", []):
        if block["type"] == "rich_text":
            yield "".join(part.get("text", "") for section in block["elements"] for part in section["elements"])


def _name(message: Json) -> str | None:
    metadata = message.get("metadata") or {}
    name = (metadata.get("event_payload") or {}).get("name")
    return name if isinstance(name, str) else None
