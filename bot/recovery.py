"""After a restore: what Slack and Evo Voice remember and our file does not.

First the channels are looked through for cards that the file does not know: their sessions are linked again where the
card says which one it shows and Evo Voice knows it; elsewhere the thread is told. Then each thread is read: what people
wrote is taken down as something that may have been sent, what we posted is remembered as standing there. Only then may
the session's lane and its transcript go on: so nothing is sent again, and our own words are known when they come back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from bot.bridge import changes
from bot.bridge.echo import file_behind
from bot.clock import Clock
from bot.courier.errands import Tools, as_sent, opened
from bot.evo import EvoError, Refused, SessionInfo, is_safe_id
from bot.model import (
    ChannelId,
    EvoName,
    EvoSessionId,
    ItemKey,
    Kind,
    Life,
    Mark,
    NewSessionRequest,
    PostKind,
    PostState,
    Session,
    SessionKey,
    SessionType,
    SlackName,
    State,
    ThreadKey,
    Ts,
)
from bot.packing import pack_request, unpack_request
from bot.states import become
from bot.store import Forgotten, StoreError, Tx
from bot.texts import FORGOTTEN_SESSION
from bot.workspace import SlackAway, SlackError, SlackGone, SlackRefused, files_in, names_in, shown_in

log = logging.getLogger(__name__)

Message = Mapping[str, Any]

OVERLAP_SECONDS = 600.0  # what was under way when the backup was taken
FALLBACK_SECONDS, LONGEST_WAIT = 1.0, 60.0
GONE_SECONDS = 600.0  # an archived channel may come back
FIRST = "0"


class Recovery:
    """`missed` takes a message as the Events API would have brought it."""

    def __init__(
        self,
        tools: Tools,
        missed: Callable[[Mapping[str, Any]], Awaitable[bool]],
        clock: Clock,
        stopping: asyncio.Event,
        wake: Callable[[], None],
    ) -> None:
        self._tools = tools
        self._store = tools.store
        self._workspace = tools.workspace
        self._missed = missed
        self._clock = clock
        self._stopping = stopping
        self._wake = wake
        self._looked: set[ChannelId] = set()
        self._not_before: dict[SessionKey, float] = {}
        self._nameless: set[ItemKey] = set()  # what cannot be put into words any more
        self._linked = self._told = 0

    async def run(self) -> None:
        """Until both sides have been compared with the file, or the program is to stop. Most often at once."""
        if not self._is_needed():
            return
        log.warning("this database was restored from a backup: what happened since is looked for, nothing is repeated")
        wait = FALLBACK_SECONDS
        while not self._stopping.is_set():
            patience: float | None = None
            try:
                if await self._round():
                    log.warning("everything since the backup has been looked for")
                    return
                wait = FALLBACK_SECONDS
            except (EvoError, SlackError, StoreError) as error:
                log.warning("what happened since the backup cannot be read yet: %s", type(error).__name__)
                patience = error.retry_after if isinstance(error, SlackAway) else None
                wait = min(wait * 2, LONGEST_WAIT)
            except Exception:
                log.exception("looking for what happened since the backup broke on my side")
                wait = min(wait * 2, LONGEST_WAIT)
            await self._clock.wait(self._stopping, patience or wait)

    def _is_needed(self) -> bool:
        return self._store.read.unlooked_since() is not None or bool(self._store.read.to_compare())

    async def _round(self) -> bool:
        """True when nothing is left to be compared. Raises EvoError or SlackError: then it is all tried again."""
        since = self._store.read.unlooked_since()
        if since is not None:
            await self._look_through(since - OVERLAP_SECONDS)
        for session in self._store.read.to_compare():
            if self._not_before.get(session.key, 0.0) <= self._clock.now():
                await self._compare(session)
        return not self._store.read.to_compare()

    # Cards

    async def _look_through(self, since: float) -> None:
        for channel in await self._channels():
            if channel not in self._looked:
                await self._look_into(channel, since)
                self._looked.add(channel)
        await self._count_strangers()
        await self._store.write(lambda tx: tx.looked_through())
        if self._linked or self._told:
            log.warning(
                "%s sessions opened since the backup are linked again; %s could not be, their threads are told",
                self._linked,
                self._told,
            )

    async def _channels(self) -> set[ChannelId]:
        known = self._store.read.home_channels()
        try:
            return known | set(await self._workspace.channels())
        except SlackRefused as error:
            log.warning("Slack does not say in which channels I am (%s)", error.code)
            return known

    async def _look_into(self, channel: ChannelId, since: float) -> None:
        try:
            async for message in self._messages(channel, None, max(since, 0.0)):
                key = self._card_in(message)
                if key is not None:
                    await self._card(key, channel, message)
        except SlackRefused as error:
            log.warning("a channel cannot be read for what happened since the backup: %s", error.code)

    def _card_in(self, message: Message) -> SessionKey | None:
        """Our own cards only: anybody can write such metadata, but nobody else under our name."""
        if not self._is_ours(message):
            return None
        number = next((name.removeprefix("card/") for name in names_in(message) if name.startswith("card/")), "")
        return SessionKey(int(number)) if number.isdecimal() and len(number) < 19 else None  # noqa: PLR2004 - SQLite's

    async def _card(self, key: SessionKey, channel: ChannelId, message: Message) -> None:
        thread = ThreadKey(self._tools.home, channel, Ts(message["ts"]))
        evo_id = shown_in(message).session
        try:
            session = self._store.read.session(key)
        except Forgotten:
            if self._store.read.session_in(thread) is None:
                info = await self._session_at_evo(evo_id)
                if info is None:
                    await self._remember(await self._under(thread, float(thread.ts)))  # it may have been told before
                await self._link(key, thread, info)
            return
        if session.evo_id is None and (info := await self._session_at_evo(evo_id)):
            await self._store.write(lambda tx: _was_opened(tx, tx.session(key), info))

    async def _session_at_evo(self, evo_id: EvoSessionId | None) -> SessionInfo | None:
        """None where nobody knows which it is, and where it is linked already."""
        if evo_id is None or not is_safe_id(evo_id) or self._store.read.session_of(evo_id) is not None:
            return None
        try:
            return await self._tools.evo.get_session(evo_id)
        except Refused:
            return None

    async def _link(self, key: SessionKey, thread: ThreadKey, info: SessionInfo | None) -> None:
        bot, now = self._tools.house.bot, self._clock.now()
        type_ = SessionType(str(info.channel)) if info and str(info.channel) in set(SessionType) else SessionType.CHAT
        request = NewSessionRequest(type=type_, name=(info and info.display_name) or "")
        asked_as = SlackName(f"{thread.team}/forgotten/{thread.channel}/{thread.ts}")

        def work(tx: Tx) -> None:
            tx.add_session(
                asked_as=asked_as, team=thread.team, channel=thread.channel, type_=type_, name=request.name,
                with_label=None, created_by=bot, now=float(thread.ts), key=key,
            )  # fmt: skip
            tx.change_session(key, thread_ts=thread.ts, active_at=now)
            tx.add_link(thread, key)
            if info is None:
                _give_up(tx, tx.session(key), now)
                return
            tx.add_item(
                session=key, kind=Kind.OPEN, state=State.PENDING, slack_name=SlackName(f"{asked_as}/open"),
                channel=thread.channel, author=bot, position=FIRST, body=pack_request(request), now=now,
            )  # fmt: skip
            name = f"card/{key}"
            tx.stand([name], thread.ts)
            tx.add_post(name=name, session=key, kind=PostKind.CARD, team=thread.team, channel=thread.channel)
            _was_opened(tx, tx.session(key), info)
            tx.to_be_compared(key)

        await self._store.write(work)
        self._linked, self._told = self._linked + (info is not None), self._told + (info is None)
        self._wake()

    async def _count_strangers(self) -> None:
        """Sessions of ours at Evo Voice that no card shows: their forms were sent, their cards never stood."""
        try:
            mine = await self._tools.evo.get_my_sessions()
        except Refused:
            return
        ours = [info for info in mine if (info.from_name or "").endswith(" (Slack)")]
        unknown = [info for info in ours if self._store.read.session_of(EvoSessionId(info.id)) is None]
        if unknown:
            log.warning("%s sessions at Evo Voice were opened by me and are shown by no card that I know", len(unknown))

    # Threads

    async def _compare(self, session: Session) -> None:
        """Reads the thread, then lets the session go on. Where there is none yet, its card is looked for first."""
        if session.thread is None and self._is_card_looked_for(session.key):
            self._not_before[session.key] = self._clock.now() + FALLBACK_SECONDS
            return
        try:
            for thread in self._store.read.threads_of(session.key):
                await self._read(session, thread)
        except SlackGone as error:
            log.warning("a thread cannot be reached to see what happened since the backup: %s", error.code)
            self._not_before[session.key] = self._clock.now() + GONE_SECONDS
            return
        except SlackRefused as error:
            log.error("Slack does not let me read a thread (%s): what stands there may come again", error.code)
        while not await self._put_into_words(session.key):
            pass
        self._wake()

    def _is_card_looked_for(self, session: SessionKey) -> bool:
        card = self._store.read.card_of(session)
        return card is not None and card.state is PostState.SENDING

    async def _read(self, session: Session, thread: ThreadKey) -> None:
        since = float(self._store.read.read_to(thread) or session.created_at) - OVERLAP_SECONDS
        root, messages = await self._whole(thread, since)
        await self._remember(messages)  # first: what people wrote is answered by posts, which may stand here already
        await self._believe_cards(session, thread, [*root, *messages])
        for message in messages:
            if not self._is_ours(message):
                await self._theirs(thread, message)
        if messages:
            newest = Ts(messages[-1]["ts"])
            await self._store.write(lambda tx: tx.thread_read(thread, newest))

    async def _believe_cards(self, session: Session, thread: ThreadKey, messages: Sequence[Message]) -> None:
        """What replies are may have been changed since the backup: what was a note must not leave as a reply."""
        said = [shown_in(message) for message in messages if self._is_ours(message)]
        mode = next((shows.mode for shows in reversed(said) if shows.mode and shows.session == session.evo_id), None)
        if mode is not None:
            bot = self._tools.house.bot
            await self._store.write(lambda tx: changes.mode_was(tx, session.key, thread, mode, bot))

    async def _under(self, thread: ThreadKey, since: float) -> list[Message]:
        """What stands in a thread, oldest first, without its root."""
        return (await self._whole(thread, since))[1]

    async def _whole(self, thread: ThreadKey, since: float) -> tuple[list[Message], list[Message]]:
        """The root of a thread, and what stands under it, oldest first."""
        there = [each async for each in self._messages(thread.channel, thread.ts, since)]
        under = sorted((each for each in there if each["ts"] != thread.ts), key=lambda message: str(message["ts"]))
        return [each for each in there if each["ts"] == thread.ts][:1], under

    def _is_ours(self, message: Message) -> bool:
        return bool(message.get("user") == self._tools.house.bot)

    async def _remember(self, messages: Sequence[Message]) -> None:
        """What we have posted need not be posted again."""
        ours = [message for message in messages if self._is_ours(message)]

        def work(tx: Tx) -> None:
            for names, ts in _standing(ours):
                tx.stand(names, ts)

        if ours:
            await self._store.write(work)

    async def _theirs(self, thread: ThreadKey, message: Message) -> None:
        event = {**message, "type": "message", "channel": thread.channel}
        try:
            await self._missed({"type": "event_callback", "team_id": thread.team, "event": event})
        except StoreError:
            raise
        except Exception:  # what breaks us would break us each time
            log.exception("what was written since the backup broke on my side")
        item = self._store.read.item_named(SlackName(f"{thread.team}/{thread.channel}/{message['ts']}"))
        marks = self._our_marks(message)
        if item is not None and marks and marks != item.shown:
            await self._store.write(lambda tx: tx.change_item(item.key, shown=" ".join(marks)))

    def _our_marks(self, message: Message) -> tuple[Mark, ...]:
        """The reactions that a forgotten life has left."""
        left = {each["name"] for each in message.get("reactions") or () if self._tools.house.bot in each["users"]}
        return tuple(mark for mark in Mark if mark in left and mark is not Mark.EDITED)

    async def _put_into_words(self, key: SessionKey) -> bool:
        """What may have been sent is put into the words in which it would have left. False: more has come meanwhile."""
        for item in self._store.read.unspoken(key):
            text = await as_sent(self._tools, item)
            if text is None:
                self._nameless.add(item.key)
                continue
            await self._store.write(partial(Tx.change_item, key=item.key, sent_text=text))

        def work(tx: Tx) -> bool:
            done = all(item.key in self._nameless for item in tx.unspoken(key))
            if done:
                tx.thread_was_read(key)
            return done

        return await self._store.write(work)

    async def _messages(self, channel: ChannelId, thread_ts: Ts | None, since: float) -> AsyncIterator[Message]:
        cursor: str | None = ""
        while cursor is not None:
            messages, cursor = await self._workspace.page(channel, thread_ts, since, cursor)
            for message in messages:
                yield message


def _standing(ours: Sequence[Message]) -> Iterator[tuple[list[str], Ts]]:
    """Our messages' names and places. Slack lets a file have no name of ours: it is that of the line before it."""
    behind = ""
    for message in ours:
        names = names_in(message) or ([behind] if behind and files_in(message) else [])
        behind = file_behind(names[-1]) if names else ""
        yield names, Ts(message["ts"])


def _was_opened(tx: Tx, session: Session, info: SessionInfo) -> None:
    """Its card says which session at Evo Voice it is."""
    opening = tx.items_of(session.key, Kind.OPEN)[0]
    if session.evo_id is not None or opening.state not in {State.UNKNOWN, State.PENDING}:
        return
    arrived = opened(info, unpack_request(opening.body))
    tx.change_session(session.key, **arrived.session)
    become(tx, opening, State.DELIVERED, evo_name=EvoName(arrived.evo_name), reason="")


def _give_up(tx: Tx, session: Session, now: float) -> None:
    """Nobody can say which session this card shows. It stays as it is; who replies under it is told."""
    tx.change_session(session.key, life=Life.ENDED, ended_at=now)
    tx.add_post(
        name=f"forgotten/{session.channel}/{session.thread_ts}",
        session=session.key,
        kind=PostKind.NOTICE,
        text=FORGOTTEN_SESSION,
        team=session.team,
        channel=session.channel,
        thread_ts=session.thread_ts,
    )
