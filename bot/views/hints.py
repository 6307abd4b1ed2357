"""What the author of a message alone is told about it. It does not survive a reload, so nothing may depend on it."""

from __future__ import annotations

from bot.model import Addressed, Answer, ChannelId, Item, Session, Ts
from bot.texts import MOVED, NO_TARGET, NOT_LINKED, STOPPED_REPLY, UNCLEAR
from bot.views import Message
from bot.views.blocks import actions, button, name, section
from bot.views.results import OVER, answer_button

FORM = "order_form"  # action id; the value is what was typed
WORDS = 2000  # characters of a button's value
LINK = "thread_link"  # action id; the value is the thread's first message
CORRECT = "session_correct"  # action id; the value is the item's key

OPENS_HERE = "new card:here"
KEPT = "Kept internal, because it begins by addressing {whom}. Nothing was sent."
HELD = "This is sent in {seconds} seconds."
SENT_BEFORE = "{whom} still sees the first version: what was sent cannot be changed."
NOW_A_NOTE = "This is a note now, and was not sent."
STILL_A_NOTE = "This stays a note. Nothing was sent."
WITHDRAWN = "This was not sent: commands count only when they are new."


def said(text: str) -> Message:
    """Words that are safe for mrkdwn already."""
    return Message(text=text, blocks=[])


def not_linked(thread: Ts | None) -> Message:
    """`thread`: None where there is none, as for what was typed after /session."""
    if thread is None:
        return said(NOT_LINKED)
    here = [button("Link a session", LINK, thread), button("New session here", FORM, OPENS_HERE)]
    return _asking(NOT_LINKED, here)


def moved(to: ChannelId) -> Message:
    return said(MOVED.format(channel=to))


def no_target(bot: str) -> Message:
    return said(NO_TARGET.format(bot=bot))


def kept(item: Item, addressed: Addressed) -> Message:
    """A reply that opens by addressing a colleague looks like a remark that was not meant for a customer."""
    somebody = f"@{name(addressed.name)}" if addressed.name else "a colleague"
    text = KEPT.format(whom=somebody if addressed.user else "colleagues")
    send = answer_button(item, Answer.SEND, "Send it", style="primary")
    return _asking(text, [send, answer_button(item, Answer.KEEP, "Keep it internal")])


def unclear(word: str) -> Message:
    return said(UNCLEAR.format(word=name(word)))


def stopped() -> Message:
    return said(STOPPED_REPLY)


def held(item: Item, seconds: float) -> Message:
    return _asking(HELD.format(seconds=f"{seconds:g}"), [answer_button(item, Answer.UNDO, "Undo")])


def sent_before(item: Item, session: Session) -> Message:
    text = SENT_BEFORE.format(whom=_others(session))
    return _asking(text, [] if session.life in OVER else [button("Send correction", CORRECT, str(item.key))])


def still_a_note(item: Item) -> Message:
    return _asking(STILL_A_NOTE, [answer_button(item, Answer.SEND, "Send it")])


def now_a_note(item: Item) -> Message:
    return _asking(NOW_A_NOTE, [answer_button(item, Answer.SEND, "Send it")])


def by_button(text: str, words: str, label: str = "Open the form") -> Message:
    """A form can be opened by a gesture only, and a message is none: a button takes what was typed along."""
    if len(words) > WORDS:
        return said(f"{text} It was too long to be kept; type it after `/session`.")
    return _asking(text, [button(label, FORM, words or "new")])


def withdrawn() -> Message:
    return said(WITHDRAWN)


def _others(session: Session) -> str:
    return name(session.with_label, 60) if session.with_label else "The other side"


def _asking(text: str, buttons: list[dict[str, object]]) -> Message:
    return Message(text=text, blocks=[section(text), *actions(buttons)])
