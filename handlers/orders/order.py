"""Who asks for something, where, and under which name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.model import Actor, ChannelId, Session, SlackName, ThreadKey, Ts
from bot.views import Message, hints
from handlers.opening import Opener
from handlers.session_form import FirstLook


@dataclass(frozen=True, slots=True)
class Order:
    """`session`: what the thread shows, when it was asked for in one."""

    by: Actor
    channel: ChannelId
    name: SlackName
    thread: ThreadKey | None = None
    position: Ts | None = None  # of the message that asks for it, in its thread's order
    session: Session | None = None
    doubt: bool = False  # it may have been carried out in a life that a restore has undone
    cards: bool = True  # can a card stand there?
    words: str = ""  # as they were typed, to be read once more when a form is opened by a button
    form: Callable[[FirstLook], Awaitable[bool]] | None = None  # opens the New session form; None: nobody could look
    show: Opener | None = None  # opens any other modal
    at_once: bool = True  # may a session be opened without another look at it?

    @property
    def in_thread(self) -> ThreadKey | None:
        """The thread that it was asked for in; a message that stands by itself is in none."""
        return self.thread if self.thread and self.thread.ts != self.position else None

    def before(self, called: str) -> str:
        """What stands before a command where this one was typed. `called`: the bot, as people mention it."""
        return called if self.thread else "/session"


class Unclear(Exception):
    """It cannot be carried out as it was typed. `message` is for who typed it; nothing was done."""

    def __init__(self, said: str | Message) -> None:
        super().__init__("an order is not clear")
        self.message = hints.said(said) if isinstance(said, str) else said


class Several(Unclear):
    """What was typed fits more than one."""
