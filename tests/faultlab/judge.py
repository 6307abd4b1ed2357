"""Who asked for what, and whether that is what came of it.

Knows what people did, what both far sides remember, and the file as anybody can read it; shares no code with the bot
save the table of states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.model import MAY_BECOME
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, GUEST, SUPPORT, TEAM
from tests.faultlab.town import Town

NAMES = {ANNA: "Anna", BEN: "Ben", GUEST: "Gus"}
MAY = frozenset({ANNA, BEN})  # full members
FINAL = frozenset({"delivered", "refused", "withdrawn", "needs_person", "kept"})
SIGNS = {
    "delivered": "white_check_mark",
    "kept": "lock",
    "refused": "x",
    "withdrawn": "x",
    "needs_person": "question",
}
LEAVES = frozenset({"open", "invite", "say", "resume"})  # not what takes away
TROUBLE = frozenset({"refused", "needs_person"})
MOMENT, SIGN_IN = 0.05, 20.0  # seconds: between a message's turn and its request, and with a sign-in in between

Violation = tuple[str, str]  # what sort ("lost", "doubled", "out of order", "wrong"), and a sentence


@dataclass
class Opening:
    """A session somebody asked for. `asked_as` is the gesture's name."""

    asked_as: str
    name: str
    kind: str
    by: str
    first: str
    again: int = 0


@dataclass
class Typed:
    """A message in a thread. `role`: reply, note, command, or stray when it is none of the bot's business."""

    ts: str
    thread: str
    by: str
    text: str
    role: str
    taken: float | None = None  # when Slack was told "got it", by the loop's clock

    @property
    def name(self) -> str:
        return f"{TEAM}/{SUPPORT}/{self.ts}"

    @property
    def body(self) -> str:
        return f"{NAMES[self.by]}: {self.text}"


@dataclass
class Gestures:
    """Everything people did that the bot was to act on."""

    openings: dict[str, Opening] = field(default_factory=dict)
    typed: dict[str, Typed] = field(default_factory=dict)
    invited: Counter[tuple[int, str]] = field(default_factory=Counter)  # by session and person: decisions
    answers: dict[tuple[int, str], int] = field(default_factory=Counter)  # by item and answer, those taken
    is_stopped: bool = False
    held: dict[int, int] = field(default_factory=dict)  # what was there at an all-clear, and its answers until then

    def wanted(self, item: int) -> int:
        """How often somebody has said that it should leave."""
        return sum(self.answers.get((item, answer), 0) for answer in ("again", "yes", "send"))


class Judge:
    """Looks at one town. Each method yields what is not as it must be."""

    def __init__(self, town: Town, gestures: Gestures) -> None:
        self._town = town
        self._people = gestures
        self._seen_moves = 0
        self._unwanted: set[int] = set()  # sessions with a phone that wants nothing more, when last looked at

    def stopped(self) -> None:
        """From now on nothing leaves."""
        self._people.is_stopped = True
        self._seen_moves = self._last_move()

    def goes_on(self) -> None:
        """What is there leaves only if somebody says so."""
        self._people.is_stopped = False
        for row in self._town.rows("SELECT key FROM item WHERE state <> 'delivered'"):
            self._people.held[row["key"]] = self._people.wanted(row["key"])

    def _last_move(self) -> int:
        return int(self._town.rows("SELECT coalesce(max(n), 0) AS n FROM moves")[0]["n"])

    # At any time

    def now(self) -> Iterator[Violation]:
        """What may never be, not even in the middle of things."""
        self._look()
        yield from self._moves()
        yield from self._too_many_words()
        yield from self._too_many_invitations()
        yield from self._too_many_sessions()
        yield from self._too_many_posts()

    def _look(self) -> None:
        read = self._town.rows
        self._sessions = {row["key"]: row for row in read("SELECT * FROM session")}
        self._items = read("SELECT * FROM item ORDER BY key")
        self._effects = self._town.evo.effects()
        self._posts = _posts(self._town)

    def _moves(self) -> Iterator[Violation]:
        moves = self._town.rows("SELECT * FROM moves WHERE n > ? ORDER BY n", self._seen_moves)
        for move in moves:
            self._seen_moves = move["n"]
            if move["now"] not in MAY_BECOME[move["was"]]:
                yield "wrong", f"item {move['item']} ({move['kind']}) went from {move['was']} to {move['now']}"
            if move["kind"] == "invite" and (move["was"], move["now"]) == ("unknown", "pending"):
                yield "doubled", f"invitation {move['item']} is to be repeated by itself"
            if move["now"] == "sending" and move["kind"] in LEAVES:
                yield from self._leaves(move)
        self._unwanted = self._with_unwanted()

    def _leaves(self, move: dict[str, Any]) -> Iterator[Violation]:
        what, item = f"item {move['item']} ({move['kind']})", move["item"]
        if self._people.is_stopped:
            yield "wrong", f"{what} left while everything was stopped"
        if item in self._people.held and self._people.wanted(item) <= self._people.held[item]:
            yield "wrong", f"{what} left by itself after the all-clear"
        row = next(row for row in self._items if row["key"] == item)
        if move["kind"] == "say" and row["session"] in self._unwanted & self._with_unwanted():
            yield "wrong", f"{what} was sent to who wants nothing more"

    def _with_unwanted(self) -> set[int]:
        """Sessions with a phone whose owner wants nothing more; there is one phone in the walks."""
        if not self._town.rows("SELECT 1 FROM opted_out"):
            return set()
        return {key for key, session in self._sessions.items() if "+12025550123" in session["members"]}

    def _too_many_words(self) -> Iterator[Violation]:
        for session, bodies in self._sent().items():
            allowed = Counter(self._bodies(self._of_evo(session), lambda _: True))
            for body, times in bodies.items():
                if times > allowed[body]:
                    sort = "doubled" if allowed[body] else "wrong"
                    yield sort, f"Evo Voice has {times} times “{body}”, which was said {allowed[body]} times"

    def _too_many_invitations(self) -> Iterator[Violation]:
        done: Counter[tuple[int, str]] = Counter()
        for effect in self._effects:
            if effect.kind in {"invited", "invite_ignored"}:
                session = self._of_evo(effect.session_id)
                done[session["key"] if session else 0, effect.detail["identity"].lower()] += 1
        for who, times in done.items():
            allowed = self._people.invited[who] + self._clicks_on_invitations(who)
            if times > allowed:
                yield "doubled", f"{who[1]} was invited {times} times into session {who[0]}, asked for {allowed} times"

    def _clicks_on_invitations(self, who: tuple[int, str]) -> int:
        mine = [item["key"] for item in self._items if item["kind"] == "invite" and item["session"] == who[0]]
        return sum(self._people.answers.get((key, "again"), 0) for key in mine)

    def _too_many_sessions(self) -> Iterator[Violation]:
        there = Counter(effect.detail["displayName"] for effect in self._effects if effect.kind == "opened")
        asked: Counter[str] = Counter()
        for opening in self._people.openings.values():
            asked[opening.name] += 1 + self._again(opening)
        for name, times in there.items():
            if times > asked[name]:
                yield "doubled", f"{times} sessions called {name}, asked for {asked[name]} times"

    def _again(self, opening: Opening) -> int:
        item = self._item(f"{opening.asked_as}/open")
        return self._people.answers.get((item["key"], "again"), 0) if item else 0

    def _too_many_posts(self) -> Iterator[Violation]:
        for name, posts in self._posts.items():
            if len(posts) > 1:
                yield "doubled", f"{name} stands {len(posts)} times in Slack"
            for post in posts:
                if ("thread_ts" not in post or post["thread_ts"] == post["ts"]) != name.startswith("card/"):
                    yield "wrong", f"{name} stands in the wrong place"

    # In the end

    def at_last(self) -> Iterator[Violation]:
        """What must have come of everything once nothing is under way any more."""
        yield from self.now()
        yield from self._taken()
        for item in self._items:
            yield from self._settled(item)
        for key, session in self._sessions.items():
            yield from self._card(session)
            yield from self._words(session)
            yield from self._heard(session)
            yield from self._order(session, [item for item in self._items if item["session"] == key])
        yield from self._openings()

    def _taken(self) -> Iterator[Violation]:
        for typed in self._people.typed.values():
            session = self._of_thread(typed.thread)
            item = self._item(typed.name)
            if typed.role in {"stray", "command"} or session is None:
                if item is not None and item["kind"] == "say":
                    yield "wrong", f"“{typed.text}” was to be sent"
            elif item is None and (typed.taken is not None or session["life"] == "active"):
                yield "lost", f"“{typed.text}” was said and is nowhere"
            elif item is not None:
                yield from self._fate(typed, item, session)

    def _fate(self, typed: Typed, item: dict[str, Any], session: dict[str, Any]) -> Iterator[Violation]:
        """Whatever became of it is visible, and has a cause."""
        state = item["state"]
        kept_by_hand = self._people.answers.get((item["key"], "keep"), 0) > 0
        if (state == "kept") != (typed.role == "note" or session["type"] != "Chat" or kept_by_hand):
            yield "wrong", f"“{typed.text}” ({typed.role}) is {state}"
        if state == "delivered" and typed.by not in MAY:
            yield "wrong", f"“{typed.text}” of a guest was delivered"
        opening = self._people.openings[session["asked_as"]]
        needless = "wrote STOP" not in item["reason"] and not self._again(opening)
        if state == "refused" and typed.by in MAY and session["life"] == "active" and needless:
            yield "lost", f"“{typed.text}” was refused without need: {item['reason']}"
        shown = self._town.slack.message(SUPPORT, typed.ts).get("reactions") or []
        signs = {sign["name"] for sign in shown if BOT_USER in sign["users"]}
        if state in SIGNS and signs != {SIGNS[state]} and not self._signs_disturbed():
            yield "wrong", f"“{typed.text}” is {state} and bears {signs or 'no sign'}"

    def _signs_disturbed(self) -> bool:
        """Where an answer about a sign was lost, an old one may stay: what matters is said in words, too."""
        calls = self._town.slack.journal.calls
        lost = any(call["fault"] for method in ("reactions.add", "reactions.remove") for call in calls(method))
        return lost or self._town.disturbed

    def _settled(self, item: dict[str, Any]) -> Iterator[Violation]:
        session, state = self._sessions[item["session"]], item["state"]
        waits = state == "asked" or (state == "pending" and session["life"] == "failed")
        what = f"item {item['key']} ({item['kind']}, {item['slack_name']})"
        if state not in FINAL and not waits:
            yield "lost", f"{what} stays {state} for ever"
        if item["reason"] == "Something broke on my side.":
            yield "wrong", f"{what} broke"
        told = self._is_told(item) or self._is_asked_about(item)
        if item["kind"] in {"say", "end"} and state in TROUBLE and not told and session["thread_ts"]:
            yield "lost", f"{what} is {state}, and nobody is told"
        if item["kind"] == "invite" and not told and session["thread_ts"]:
            yield "lost", f"what became of {what} is shown nowhere"
        if item["kind"] == "invite" and state == "delivered" and not self._is_invited(item, session):
            yield "lost", f"{what} is delivered, but Evo Voice knows nothing of it"

    def _is_told(self, item: dict[str, Any]) -> bool:
        """In a post of its own."""
        there = {post["ts"] for posts in self._posts.values() for post in posts}
        return any(row["ts"] in there for row in self._town.rows("SELECT ts FROM post WHERE item = ?", item["key"]))

    def _is_asked_about(self, item: dict[str, Any]) -> bool:
        """In one question about several replies, which quotes it."""
        text = self._people.typed[item["ts"]].text if item["ts"] in self._people.typed else "?"
        quoted = (f"“{text}", f": {text}”")  # what has been put into words already has its author's name in front
        return any(each in post["text"] for each in quoted for posts in self._posts.values() for post in posts)

    def _is_invited(self, item: dict[str, Any], session: dict[str, Any]) -> bool:
        if item["reason"] or item["evo_name"].startswith("seen:"):
            return True  # a person said so, or the card says that it did not work
        return any(
            effect.session_id == session["evo_id"] and effect.kind in {"invited", "invite_ignored", "joined"}
            for effect in self._effects
        )

    def _card(self, session: dict[str, Any]) -> Iterator[Violation]:
        cards = self._posts.get(f"card/{session['key']}", [])
        if len(cards) != 1:
            yield "lost", f"session {session['key']} has {len(cards)} cards"
            return
        over = any(effect.kind == "ended" and effect.session_id == session["evo_id"] for effect in self._effects)
        wanted = "Ended" if over else "Active" if session["evo_id"] else "reated"
        if f"State: {wanted}" not in cards[0]["text"] and (session["evo_id"] or session["life"] != "failed"):
            yield "wrong", f"session {session['key']} should be shown as {wanted}: {cards[0]['text'][:80]}"

    def _words(self, session: dict[str, Any]) -> Iterator[Violation]:
        """Delivered and said over there are the same, save where a person has said so."""
        mine = self._sent().get(session["evo_id"] or "", Counter())
        wanted = Counter(self._bodies(session, _is_there))
        for body in mine | wanted:
            if mine[body] < wanted[body]:
                yield "lost", f"“{body}” is {wanted[body]} times delivered, and {mine[body]} times over there"
            elif mine[body] > wanted[body]:
                yield "wrong", f"“{body}” is {mine[body]} times over there, and {wanted[body]} times delivered"

    def _heard(self, session: dict[str, Any]) -> Iterator[Violation]:
        if session["thread_ts"] is None or session["evo_id"] is None:
            return
        said = [e.detail["body"] for e in self._effects if e.kind == "heard" and e.session_id == session["evo_id"]]
        lines = {
            post["ts"]: _words_in(post)
            for name, posts in self._posts.items()
            for post in posts
            if name.startswith("line/") and post.get("thread_ts") == session["thread_ts"]
        }
        shown = [words for ts in sorted(lines) for words in lines[ts]]
        if shown == said:
            return
        missing, extra = Counter(said) - Counter(shown), Counter(shown) - Counter(said)
        sort = "lost" if missing else "doubled" if extra else "out of order"
        yield sort, f"they said {said}, the thread of session {session['key']} shows {shown}"

    def _order(self, session: dict[str, Any], items: list[dict[str, Any]]) -> Iterator[Violation]:
        """Among what was stored before its turn came, and which nobody sent again by a button."""
        unasked = {item["slack_name"] for item in items if not self._people.answers.get((item["key"], "again"))}
        mine = [t for t in self._people.typed.values() if t.role == "reply" and t.name in unasked]
        once = Counter(typed.body for typed in mine)
        by_body = {typed.body: typed for typed in mine if once[typed.body] == 1}
        arrived = [
            (by_body[effect.detail["body"]], self._turn_of(effect))
            for effect in self._effects
            if effect.kind == "sent" and effect.session_id == session["evo_id"] and effect.detail["body"] in by_body
        ]
        for n, (later, turn) in enumerate(arrived):
            for earlier, _ in arrived[n + 1 :]:
                if earlier.ts < later.ts and earlier.taken is not None and earlier.taken < turn:
                    yield "out of order", f"“{later.text}” overtook “{earlier.text}”"
        yield from self._order_of_end(session, items)

    def _order_of_end(self, session: dict[str, Any], items: list[dict[str, Any]]) -> Iterator[Violation]:
        ended = [e for e in self._effects if e.kind == "ended" and e.session_id == session["evo_id"] and e.request]
        ends = [item for item in items if item["kind"] == "end"]
        if len(ends) != 1 or not ended or self._people.answers.get((ends[0]["key"], "again")):
            return
        for typed in self._people.typed.values():
            item = self._item(typed.name)
            if item is None or item["session"] != session["key"] or typed.by not in MAY or typed.taken is None:
                continue
            before = typed.ts < ends[0]["position"] and typed.taken < self._turn_of(ended[0])
            needless = "wrote STOP" not in item["reason"] and not self._people.answers.get((item["key"], "again"))
            if before and item["state"] == "refused" and needless:
                yield "out of order", f"the end overtook “{typed.text}”"

    def _openings(self) -> Iterator[Violation]:
        there = {effect.session_id: effect.detail["displayName"] for effect in self._effects if effect.kind == "opened"}
        for opening in self._people.openings.values():
            item = self._item(f"{opening.asked_as}/open")
            if item is None:
                yield "lost", f"the opening of {opening.name} is nowhere"
            elif item["state"] == "delivered":
                evo_id = self._sessions[item["session"]]["evo_id"]
                if there.pop(evo_id, None) != opening.name:
                    yield "wrong", f"{opening.name} is taken for the session {evo_id}"
            elif item["state"] == "refused" and opening.by in MAY:
                yield "lost", f"the opening of {opening.name} was refused without need: {item['reason']}"

    # Looking things up

    def _item(self, name: str) -> dict[str, Any] | None:
        return next((item for item in self._items if item["slack_name"] == name), None)

    def _of_evo(self, evo_id: str | None) -> dict[str, Any] | None:
        return next((row for row in self._sessions.values() if evo_id and row["evo_id"] == evo_id), None)

    def _of_thread(self, ts: str) -> dict[str, Any] | None:
        return next((row for row in self._sessions.values() if row["thread_ts"] == ts), None)

    def _turn_of(self, effect: Any) -> float:
        """Before when whatever was stored could go before it, by the loop's clock."""
        journal = self._town.evo.journal()
        at = next(entry.at for entry in journal if entry.number == effect.request) / 1e6
        signing_in = any(entry.operation == "Authenticate" and 0 <= at - entry.at / 1e6 < SIGN_IN for entry in journal)
        return float(at - self._town.clock.began - (SIGN_IN if signing_in else MOMENT))

    def _sent(self) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for effect in self._effects:
            if effect.kind == "sent":
                found.setdefault(effect.session_id or "", Counter())[effect.detail["body"]] += 1
        return found

    def _bodies(self, session: dict[str, Any] | None, wanted: Any) -> list[str]:
        """What people said in a session, as the others would read it, if its item is as wanted."""
        if session is None:
            return []
        said = [
            typed.body
            for typed in self._people.typed.values()
            if typed.role == "reply"
            and typed.by in MAY
            and typed.thread == session["thread_ts"]
            and session["type"] == "Chat"
            and wanted(self._item(typed.name))
        ]
        opening = self._people.openings[session["asked_as"]]
        first = self._item(f"{opening.asked_as}/say")
        if opening.first and wanted(first):
            said.append(f"{NAMES[opening.by]}: {opening.first}")
        return said


def _is_there(item: dict[str, Any] | None) -> bool:
    return item is not None and item["state"] == "delivered" and not str(item["evo_name"]).startswith("seen:")


def _posts(town: Town) -> dict[str, list[dict[str, Any]]]:
    """What the bot has posted, by the name in its metadata, wherever it stands."""
    found: dict[str, list[dict[str, Any]]] = {}
    for message in town.slack.messages(SUPPORT):
        if message.get("user") == BOT_USER and "metadata" in message:
            shown = message["metadata"]["event_payload"]
            for name in (shown["name"], *shown.get("also", ())):
                found.setdefault(name, []).append(message)
    return found


def _words_in(post: dict[str, Any]) -> list[str]:
    """What others have said, word for word: several lines may stand in one message."""
    return [block["elements"][0]["elements"][0]["text"] for block in post["blocks"] if block["type"] == "rich_text"]
