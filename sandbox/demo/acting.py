"""What a scene works with: gestures on both sides, and promises checked against what both sides recorded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.demo import looks
from sandbox.demo.looks import Json, Names
from sandbox.demo.narrator import MARGIN, Narrator
from sandbox.demo.pace import Pace
from sandbox.demo.playbill import Playbill
from sandbox.demo.tally import History
from sandbox.evo.records import Effect, EffectKind
from sandbox.slack.people.outcomes import Submitted
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT
from sandbox.stage import Stage

PATIENCE = 20.0  # seconds; a promise that takes longer counts as broken
LONGER = 60.0  # where the play may be paused: what was down for long is asked less often
FIELD, VERDICT = 0.6, 0.6  # of a beat: after a field that was filled, and after a promise
LOOK_EVERY = 0.05
BOT_NAME = "Evo"
SHORT = 44  # characters


class NotKept(Exception):
    """A promise was broken; the message says which."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Both histories at one moment."""

    messages: list[Json]
    effects: list[Effect]
    whispers: list[Json]
    pending: int  # events on their way to the bot

    def message(self, ts: str) -> Json:
        return next(message for message in self.messages if message["ts"] == ts)

    def signs(self, ts: str) -> list[str]:
        return looks.signs(self.message(ts))

    def done(self, kind: EffectKind) -> list[Any]:
        """The messages sent or heard, the people invited, and so on."""
        name = {EffectKind.INVITED: "identity", EffectKind.OPENED: "displayName"}.get(kind, "body")
        return [effect.detail.get(name) for effect in self.effects if effect.kind is kind]

    def posts(self, part: str) -> list[Json]:
        """The bot's messages that have this in their text."""
        return [message for message in self.messages if "bot_id" in message and part in message["text"]]


@dataclass(slots=True)
class _Printed:
    """What the reader has been shown already."""

    posts: dict[str, list[str]] = field(default_factory=dict)
    signs: dict[str, list[str]] = field(default_factory=dict)
    effects: int = 0
    whispers: set[str] = field(default_factory=set)


class Play:
    """The conversation on stage. Whatever it looks at, it prints when it is new."""

    def __init__(
        self, stage: Stage, narrator: Narrator, pace: Pace, bill: Playbill, names: Names, evo_names: Names
    ) -> None:
        self.stage = stage
        self.slack = stage.slack
        self.evo = stage.evo
        self.tell = narrator
        self.pace = pace
        self.bill = bill
        self.names = {**names, BOT_USER: BOT_NAME}
        self.evo_names = evo_names
        self.broken: list[str] = []
        self.thread = ""  # the card's ts
        self.session = ""  # Evo Voice's id
        self.first: list[str] = []  # first messages typed into forms
        self._patience = LONGER if pace.seconds else PATIENCE
        self._printed = _Printed()

    # Gestures. Each takes its beat first, so that one sees whose it is, and where

    async def command(self, user: str, words: str) -> None:
        """/session, in the channel. Raises NotKept when Slack shows an error."""
        await self._at(user, SUPPORT)
        self.tell.slack(f"{self.names[user]} types: /session {words}")
        heard = await self.slack.slash(user, SUPPORT, "/session", words)
        if heard.trouble:
            raise NotKept(f"Slack says of /session: {heard.trouble}")

    async def reply(self, user: str, text: str, *, raw: bool = False) -> str:
        """Somebody writes in the session's thread; `raw` text is Slack's own markup. Returns its ts."""
        await self._at(user, SUPPORT, self.thread)
        ts = await self.slack.say(user, SUPPORT, text, self.thread, raw=raw)
        await self.look()
        return ts

    async def ask_bot(self, user: str, words: str) -> str:
        """@Evo, in the thread."""
        return await self.reply(user, f"<@{BOT_USER}> {words}", raw=True)

    async def hear(self, sender: str, text: str) -> None:
        """Somebody at Evo Voice says something."""
        await self.pace.beat()
        await self.evo.hear(self.session, sender, text)
        await self.look()

    async def fill(self, user: str, values: Mapping[str, Any]) -> None:
        """Fields of the visible form, by their labels."""
        await self._at(user, SUPPORT)
        view = await self.view(user)
        for label, value in values.items():
            await self.slack.fill(user, {looks.field_of(view, label): value})
            self.tell.slack(f"  {label}: {str(value).replace(chr(10), ', ')}")
            await self.pace.beat(FIELD)

    async def submit(self, user: str) -> Submitted:
        """Presses the form's button; shows what is complained of."""
        view = await self.view(user)
        await self._at(user, SUPPORT)
        self.tell.slack(f"{self.names[user]} presses [{view['submit']['text']}]")
        outcome = await self.slack.submit(user)
        for block, text in outcome.errors.items():
            self.tell.slack(f"  under “{looks.label_of(view, block)}”: {text}")
        return outcome

    async def read_form(self, user: str) -> None:
        """Shows the form that opens for somebody, once it is there. Raises NotKept when none opens in time."""
        self.tell.slack("\n".join(looks.form(await self._opened(user), self.names)))

    async def _opened(self, user: str) -> Json:
        """A form that a button opens comes a moment after the click."""
        deadline = time.monotonic() + self._patience
        while (view := await self.slack.view(user)) is None:
            if time.monotonic() > deadline:
                return await self.view(user)
            await asyncio.sleep(LOOK_EVERY)
        return view

    async def view(self, user: str) -> Json:
        view = await self.slack.view(user)
        if view is None:
            raise NotKept(f"No form is open for {self.names[user]}.")
        return view

    async def press(self, user: str, message: Json, text: str) -> None:
        """A button of a message, by its label."""
        await self._at(user, SUPPORT, self.thread if looks.is_reply(message) else "")
        self.tell.slack(f"{self.names[user]} presses [{text}]")
        await self.slack.click(user, SUPPORT, message["ts"], looks.buttons(message)[text])

    async def switch(self, what: str, act: Callable[[], Awaitable[Any]]) -> None:
        """Something breaks, or works again: done, said, and left a moment to be noticed."""
        await act()
        self.tell.say(what, MARGIN)
        await self.pace.beat()

    def look_at_thread(self, user: str) -> None:
        """Through this person's eyes."""
        self.bill.eyes(user, SUPPORT, self.thread)

    async def _at(self, user: str, room: str, thread: str = "") -> None:
        self.bill.eyes(user, room, thread)
        await self.pace.beat()

    # Promises

    async def promise(self, text: str, holds: Callable[[Sight], bool]) -> Sight:
        """Waits until it holds, and says so. Raises NotKept when it does not in time."""
        sight = await self.until(text, holds)
        self.tell.verdict(text, kept=True)
        await self.pace.beat(VERDICT)
        return sight

    async def until(self, text: str, holds: Callable[[Sight], bool]) -> Sight:
        """The same without a word. Raises NotKept."""
        deadline = time.monotonic() + self._patience
        while not holds(sight := await self.look()):
            if time.monotonic() > deadline:
                raise NotKept(text)
            await asyncio.sleep(LOOK_EVERY)
        return sight

    async def sure(self, text: str, *, holds: bool) -> None:
        """For what is known at once. Raises NotKept."""
        if not holds:
            raise NotKept(text)
        self.tell.verdict(text, kept=True)
        await self.pace.beat(VERDICT)

    # Looking

    async def look(self) -> Sight:
        """Both sides as they are now; prints what is new.

        Slack is read first: what has come to Slack from Evo Voice is then surely among what is read there.
        """
        messages = await self.slack.messages(SUPPORT)
        whispers = [note | {"user": user} for user in (ANNA, BEN) for note in await self.slack.ephemerals(user)]
        sight = Sight(messages, await self.evo.effects(), whispers, await self.slack.pending())
        self._print_new(sight)
        self._print_changed(sight)
        return sight

    async def history(self) -> History:
        """All there is to be counted."""
        sight = await self.look()
        thread = [message for message in sight.messages if self.thread in {message["ts"], message.get("thread_ts")}]
        return History(thread, sight.effects, self.names, BOT_USER, self.first, self.session)

    def _print_new(self, sight: Sight) -> None:
        """In the order in which it happened; what the bot posts comes last, for it may have been redrawn since."""
        posts = [message for message in sight.messages if message["ts"] not in self._printed.posts]
        news: list[tuple[float, Callable[[], None]]] = [(_moment(post), self._poster(post)) for post in posts]
        news += [(e.at / 1e6, self._changer(e)) for e in sight.effects[self._printed.effects :]]
        news += [(float(n["ts"]), self._whisperer(n)) for n in sight.whispers if n["ts"] not in self._printed.whispers]
        for _, tell in sorted(news, key=lambda item: item[0]):
            tell()
        self._printed.effects = len(sight.effects)
        self._printed.whispers |= {note["ts"] for note in sight.whispers}

    def _poster(self, post: Json) -> Callable[[], None]:
        lines = looks.post(post, self.names)
        self._printed.posts[post["ts"]] = lines
        return lambda: self.tell.slack("\n".join(lines))

    def _changer(self, effect: Effect) -> Callable[[], None]:
        return lambda: self.tell.evo(looks.change(effect, self.evo_names))

    def _whisperer(self, note: Json) -> Callable[[], None]:
        reader = self.names[note["user"]]
        return lambda: self.tell.slack(f"only {reader} sees: {looks.plain(note['text'], self.names)}")

    def _print_changed(self, sight: Sight) -> None:
        for message in sight.messages:
            ts, lines, marks = message["ts"], looks.post(message, self.names), looks.signs(message)
            if marks != self._printed.signs.get(ts, []):
                self._printed.signs[ts] = marks
                self.tell.slack(f"  {' '.join(marks) or '(no sign any more)'} on {_quoted(lines)}")
            if changed := [line for line in lines if line not in self._printed.posts[ts]]:
                self._printed.posts[ts] = lines
                self.tell.slack("\n".join(changed if len(lines) == 1 else [f"{_quoted(lines)} now says:", *changed]))


def _moment(post: Json) -> float:
    return float("inf") if "bot_id" in post else float(post["ts"])


def _quoted(lines: list[str]) -> str:
    """The beginning of a message, to know it by; a card by its title."""
    line = lines[min(1, len(lines) - 1)].strip()
    return f"“{line if len(line) <= SHORT else line[: SHORT - 1] + '…'}”"
