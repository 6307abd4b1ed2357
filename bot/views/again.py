"""The question before the same session is opened a second time, and what is said instead of the same words again."""

from __future__ import annotations

from bot.model import Item, Session
from bot.views import View, confirm
from bot.views.blocks import context, lasting, modal, name, section

BEFORE = (
    "You have asked for “{name}” already, {lasting} ago, in the same words. It was stored, even if Slack told you that "
    "something went wrong: its card in <#{channel}> shows what becomes of it."
)
NOT_YET = "No second one has been opened."

SAID_BEFORE = (
    "You have sent these words to this session already, {lasting} ago. That was stored, even if Slack told you that "
    "something went wrong, so nothing was sent again. To say them once more, write them in its thread."
)


def before(session: Session, now: float) -> str:
    """What was asked for before. Mrkdwn."""
    ago = lasting(max(0.0, now - session.created_at))
    return BEFORE.format(name=name(session.name), lasting=ago, channel=session.channel)


def modal_for(question: confirm.Question, session: Session, now: float, seconds: float, close: str) -> View:
    """A yes to it is a yes to what is kept, as with numbers. `seconds`: how long that is good for."""
    small = context(confirm.GOOD_FOR.format(lasting=lasting(seconds)))
    blocks = [section(before(session, now)), section(NOT_YET), small]
    view = modal("Open another one?", blocks, callback_id=confirm.CALLBACK, submit="Open another one", close=close)
    view["private_metadata"] = confirm.pack(question)
    return view


def said_before(already: Item, now: float) -> str:
    """Why words were not sent a second time."""
    return SAID_BEFORE.format(lasting=lasting(max(0.0, now - already.asked_at)))
