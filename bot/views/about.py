"""What a modal is about, as far as that is settled by where it was opened; and the field that asks for the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.model import ChannelId, Session, SessionKey, TeamId, ThreadKey, Ts
from bot.views import Blocks
from bot.views.blocks import Block, context, field, option, plain, sentence

SENTENCES = 1000  # characters of what is said of one field
SESSION_HINT = "Yours, and those of channels that you can see."

_CHANNEL = re.compile(r"[A-Z0-9]{1,64}")
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class About:
    """`channel`: where it was asked for. `thread`: that which it is about, by its first message, in that channel."""

    channel: ChannelId
    thread: Ts | None = None
    session: SessionKey | None = None

    def thread_in(self, team: TeamId) -> ThreadKey | None:
        return ThreadKey(team, self.channel, self.thread) if self.thread else None

    def pack(self) -> str:
        return json.dumps({"channel": self.channel, "thread": self.thread, "session": self.session})

    @classmethod
    def unpack(cls, metadata: str) -> About:
        """Raises ValueError when this is no metadata of ours."""
        match json.loads(metadata):
            case {"channel": str(channel), "thread": str() | None as thread, "session": int() | None as session}:
                pass
            case _:
                raise ValueError("not the metadata of a modal about a session")
        if not _CHANNEL.fullmatch(channel) or (thread is not None and not _TS.fullmatch(thread)):
            raise ValueError("not a place in Slack")
        return cls(
            ChannelId(channel),
            None if thread is None else Ts(thread),
            None if session is None else SessionKey(session),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A session as it stands in a list: its id at Evo Voice, and what people read."""

    evo_id: str
    label: str

    @classmethod
    def of(cls, session: Session) -> Choice | None:
        """None for one that Evo Voice has not named yet."""
        return cls(session.evo_id, session.name) if session.evo_id else None


def session_field(block: str, choice: Choice | None = None, *, hint: str = SESSION_HINT, asks: bool = False) -> Block:
    """`asks`: the bot is told of each choice, and draws the modal anew."""
    element: Block = {"type": "external_select", "min_query_length": 0, "placeholder": plain("Search sessions", 150)}
    if choice is not None:
        element["initial_option"] = option(choice.label or choice.evo_id, choice.evo_id)
    made = field(block, "Session", element, hint=hint)
    return {**made, "dispatch_action": True} if asks else made


def with_objections(blocks: Blocks, said: Mapping[str, str]) -> Blocks:
    """What was wrong with what was typed, under its field, or above all of them when that is not there.

    Slack shows errors of its own only after the modal was submitted.
    """
    there = {block.get("block_id") for block in blocks}
    arranged = [_objection(why) for field_, why in said.items() if field_ not in there]
    for block in blocks:
        arranged.append(block)
        if why := said.get(str(block.get("block_id"))):
            arranged.append(_objection(why))
    return arranged


def _objection(why: str) -> Block:
    return context(f"⚠ {sentence(why, SENTENCES)}")
