"""Replies that were written while we were away and are old by now: one question a thread, about all of them.

The buttons say how many replies the question showed, so that nothing leaves that its presser has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Answer, Item, ItemKey, Session, State
from bot.texts import HELD_BACK
from bot.views import Message
from bot.views.blocks import Block, actions, button, context, section, sentence
from bot.views.results import OVER, REASON, doubtful, excerpt, result
from bot.views.state import read_key

ACTION = "missed_answer:"
LISTED = 20  # so many replies are asked about in one question


def missed(items: Sequence[Item], session: Session) -> Message:
    """`items` in the order in which they were written; those that have been decided on are not asked about again."""
    waiting = [item for item in items if item.state is State.NEEDS_PERSON and not doubtful(item)]
    if not waiting:
        return _decided(items, session)
    listed = "\n".join(f"• <@{item.author}> “{excerpt(item)}”" for item in waiting)
    many = f"{len(waiting)} replies were" if len(waiting) > 1 else "a reply was"
    text = f"{_why(waiting[0], many)}\n{listed}"
    return Message(text=text, blocks=[section(text), *actions(_buttons(items, session))])


def _why(item: Item, many: str) -> str:
    """Why it is asked about; all of one question have the same reason."""
    if item.reason.startswith(HELD_BACK):
        return f"{sentence(item.reason, REASON)} Meanwhile {many} written here. Nothing of this has been sent:"
    return f"While I was away, {many} written here. It is a while ago, so nothing has been sent yet:"


def pack(first: ItemKey, count: int, answer: Answer) -> tuple[str, str]:
    """A button's action_id and value: the question is known by its first reply."""
    return f"{ACTION}{answer}", f"{first}/{count}"


def unpack_missed(action_id: str, value: str) -> tuple[ItemKey, int, Answer]:
    """Raises ValueError when this was no button of ours."""
    head, found, answer = action_id.partition(ACTION)
    first, _, count = value.partition("/")
    if head or not found:
        raise ValueError("not a button of missed replies")
    return ItemKey(read_key(first)), read_key(count), Answer(answer)


def _decided(items: Sequence[Item], session: Session) -> Message:
    """Each has an own post when it is in trouble; the first one's is this."""
    left = all(item.state is State.WITHDRAWN for item in items)
    when = "while everything was stopped" if items[0].reason.startswith(HELD_BACK) else "while I was away"
    text = f"{len(items)} replies were written here {when}. " + (
        "They were not sent." if left else "They were sent later; each shows what became of it."
    )
    first = items[0]
    trouble = result(first, session).blocks if first.state is State.REFUSED or doubtful(first) else []
    return Message(text=text, blocks=[context(text), *trouble])


def _buttons(items: Sequence[Item], session: Session) -> list[Block]:
    first, count = items[0].key, len(items)
    send = [] if session.life in OVER else [button("Send all", *pack(first, count, Answer.AGAIN), style="primary")]
    return [*send, button("Leave all", *pack(first, count, Answer.LEAVE))]
