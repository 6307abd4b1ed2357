"""What every listener needs, and the checks they share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from bot.bridge import Bridge, House
from bot.courier.drawing import Drawer, drawer
from bot.model import Actor, ChannelId, EvoSessionId, Profile, Session, TeamId, Ts, UserId
from bot.policy import Action, Wish
from bot.rights import Rights
from bot.scopes import PEOPLE
from bot.store import Reads
from bot.texts import CANNOT_CHECK, UNCHECKED
from bot.views import Message, me
from bot.views.link import Look, Unseen
from bot.workspace import SlackError, SlackUngranted, Workspace

if TYPE_CHECKING:
    from bot.directory import Directory

log = logging.getLogger(__name__)

PROFILE_SECONDS = 1.0  # of the three that Slack gives for everything


Peek = Callable[[EvoSessionId], Awaitable[Look | Unseen]]  # at a session that only Evo Voice knows


async def _nobody_looks(_evo_id: EvoSessionId) -> Look | Unseen:
    return Unseen.AWAY


@dataclass(slots=True)
class Door:
    """What the listeners are given. Messages are taken before it is complete; whatever else is asked for waits."""

    bridge: Bridge
    read: Reads
    workspace: Workspace
    house: House
    home: TeamId
    troubles: Callable[[], list[str]] = list
    directory: Directory = field(init=False)
    peek: Peek = field(default=_nobody_looks, init=False)
    completed: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    draw: Drawer = field(init=False)
    rights: Rights = field(init=False)
    _background: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.draw = drawer(self.read, self.house)
        self.rights = Rights(self.workspace, self.house.policy, self.home, self.house.counts)

    def complete(self, directory: Directory, peek: Peek = _nobody_looks) -> Self:
        """With what looks at Evo Voice."""
        self.directory = directory
        self.peek = peek
        self.completed.set()
        return self

    async def profile(self, user: UserId, seconds: float = PROFILE_SECONDS) -> Profile | None:
        """Who this is; None when Slack does not say so in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self.workspace.profile(user)
        except (SlackError, TimeoutError):
            return None

    def called(self, by: Actor, profile: Profile | None) -> str:
        """Under which name this person is sent; "" when nobody can tell."""
        return me.sent_name(self.read.person(by.team, by.user), profile)

    async def profiles(self, users: Sequence[UserId], seconds: float) -> list[Profile | None]:
        """The same for several, side by side."""
        return await asyncio.gather(*(self.profile(user, seconds) for user in users))

    def signature(self, user: UserId) -> str:
        """The name before what somebody writes, as far as it is known without asking anybody; else ""."""
        return self.read.person(self.home, user).evo_name or self.workspace.known_name(user)

    async def against(
        self, user: UserId, action: Action, channel: ChannelId | None = None, session: Session | None = None
    ) -> str | None:
        """Why this person may not, in this channel or anywhere; None when they may. Who cannot be checked may not.

        `session`: which it is about; without one it is nobody else's.
        """
        own = session is None or session.created_by == user
        return await self.against_all(user, [Wish(action, own=own)], channel)

    async def against_in(self, user: UserId, action: Action, session: Session) -> str | None:
        """The same for something about a session."""
        return await self.against(user, action, session.channel, session)

    async def against_all(
        self,
        user: UserId,
        wishes: Iterable[Wish],
        channel: ChannelId | None,
        seconds: float = PROFILE_SECONDS,
        *,
        fresh: bool = True,
    ) -> str | None:
        """The same for several. `fresh`: what is costly is asked of Slack anew."""
        try:
            async with asyncio.timeout(seconds):
                against = await self.rights.against_all(user, wishes, channel, fresh=fresh)
        except SlackUngranted:
            return self.workspace.scopes.because(UNCHECKED, PEOPLE)
        except (SlackError, TimeoutError):
            return CANNOT_CHECK
        return against and against[1].why

    async def surely_against(self, user: UserId, action: Action, channel: ChannelId | None = None) -> str | None:
        """Why not, before a form is shown: who cannot be checked now is checked when it is submitted."""
        why = await self.against_all(user, [Wish(action)], channel, fresh=False)
        return None if why == CANNOT_CHECK else why

    def tell(self, channel: ChannelId, user: UserId, text: str, thread_ts: Ts | None = None) -> None:
        """Tells one person something in the background: a listener has three seconds, a hint may take ten."""
        self.later(self.workspace.hint(channel, user, text, thread_ts))

    def show(self, channel: ChannelId, user: UserId, message: Message, thread_ts: Ts | None = None) -> None:
        """The same, with buttons."""
        self.later(self.workspace.hint(channel, user, message.text, thread_ts, message.blocks))

    def write_to(self, user: UserId, text: str) -> None:
        """Tells one person something in their own messages with the app, in the background."""
        self.later(self.workspace.write_to(user, text))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something in the background that nobody need wait for, and whose loss is no loss."""
        task = asyncio.create_task(_quietly(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def drain(self) -> None:
        """Returns when all of that is done: before the program stops."""
        await asyncio.gather(*self._background, return_exceptions=True)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """An error's own words may be somebody's: they are not logged."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody waits for it
        log.error("work in the background failed: %s", type(error).__name__)
