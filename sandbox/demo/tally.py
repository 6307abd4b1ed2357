"""What was lost, doubled or out of order: counted from what both sides recorded, never from what the bot says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sandbox.demo.looks import Json, Names, is_reply, outside_words, plain, signs
from sandbox.evo.records import Effect, EffectKind

NOTES = ("note:", "//")
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class History:
    """One session: its Slack thread, the root first, and everything that changed at Evo Voice.

    `first` is what was typed as first message into the form, with its author; Slack keeps no record of it. `session` is
    its id there: whoever watches may play along in others meanwhile. Without it there is only this one.
    """

    thread: Sequence[Json]
    effects: Sequence[Effect]
    names: Names
    bot: str
    first: Sequence[str] = ()
    session: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts and, one sentence each, what was not as promised."""

    sent: int
    shown: int
    notes: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    disordered: tuple[str, ...]
    strange: tuple[str, ...]

    @property
    def troubles(self) -> list[str]:
        return [
            *(f"Lost: {text}" for text in self.lost),
            *(f"Doubled: {text}" for text in self.doubled),
            *(f"Out of order: {text}" for text in self.disordered),
            *(f"Nobody wrote this for the other side: {text}" for text in self.strange),
        ]

    def line(self, verdict: str) -> str:
        return (
            f"Slack → Evo Voice {self.sent} sent, Evo Voice → Slack {self.shown} shown, notes kept {self.notes}, "
            f"lost {len(self.lost)}, doubled {len(self.doubled)}, out of order {len(self.disordered)} — {verdict}"
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """Two lists of texts that should be the same."""

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    strange: tuple[str, ...]
    disordered: tuple[str, ...]


def count(history: History) -> Tally:
    """Compares what each side was told with what the other side has."""
    effects = [effect for effect in history.effects if _is_of(effect, history.session)]
    bodies = [str(effect.detail["body"]) for effect in effects if effect.kind is EffectKind.SENT]
    out = compare([*history.first, *_meant_for_evo(history)], bodies)
    words = [text for message in history.thread if (text := outside_words(message)) is not None]
    heard = [str(effect.detail["body"]).strip() for effect in effects if effect.kind is EffectKind.HEARD]
    back = compare(heard, words)
    return Tally(
        sent=len(bodies),
        shown=len(words),
        notes=sum(_is_note(message) and "🔒" in signs(message) for message in history.thread),
        lost=out.lost + back.lost,
        doubled=out.doubled + back.doubled + _done_twice(effects),
        disordered=out.disordered + back.disordered,
        strange=out.strange + back.strange,
    )


def _is_of(effect: Effect, session: str) -> bool:
    """To open is of none yet: a second one with the same name would be a double."""
    return not session or effect.session_id == session or effect.kind is EffectKind.OPENED


def compare(expected: Sequence[str], found: Sequence[str]) -> Compared:
    """Texts that are missing, there too often, never asked for, and those that stand before an earlier one."""
    missing, extra = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    known = [text for text in dict.fromkeys(found) if text in expected]
    late = [text for before, text in pairwise(known) if _first(expected, before, text) == text]
    return Compared(
        lost=tuple(missing.elements()),
        doubled=tuple(text for text in extra.elements() if text in expected),
        strange=tuple(text for text in extra.elements() if text not in expected),
        disordered=tuple(late),
    )


def _first(texts: Sequence[str], one: str, other: str) -> str:
    return min(one, other, key=texts.index)


def _meant_for_evo(history: History) -> list[str]:
    """What people wrote in the thread for the other side, as it should read there."""
    ends = (one.at for one in history.effects if one.kind is EffectKind.ENDED and _is_of(one, history.session))
    ended = next((at / MICROSECONDS for at in ends), None)
    return [
        f"{history.names[message['user']]}: {plain(message['text'], history.names)}"
        for message in history.thread
        if _by_person(message, history.bot)
        and not _is_note(message)
        and not message["text"].startswith(f"<@{history.bot}>")
        and (ended is None or float(message["ts"]) < ended)
    ]


def _by_person(message: Json, bot: str) -> bool:
    return is_reply(message) and message.get("user") != bot and "bot_id" not in message


def _is_note(message: Json) -> bool:
    return "bot_id" not in message and str(message["text"]).startswith(NOTES)


def _done_twice(effects: Sequence[Effect]) -> tuple[str, ...]:
    """Sessions and invitations: each of them once."""
    done = Counter(
        f"{effect.kind} {effect.detail.get('displayName') or effect.detail.get('identity')}"
        for effect in effects
        if effect.kind in {EffectKind.OPENED, EffectKind.INVITED}
    )
    return tuple((done - Counter(dict.fromkeys(done, 1))).elements())
