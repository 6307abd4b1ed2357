"""Carries posts to Slack: new ones once, in their order; redraws of what stands there; reactions.

One lane a channel, because Slack counts posts by channel. A thread that cannot be reached holds only itself up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from bot.clock import Clock
from bot.model import ChannelId, Item, Post, PostKind, PostState, ThreadKey, Ts
from bot.store import Store, StoreError, Tx
from bot.views import Message
from bot.workspace import SlackAway, SlackError, SlackGone, SlackRefused, SlackSignedOut, SlackUnsure, Workspace

log = logging.getLogger(__name__)

FALLBACK_SECONDS = 1.0
AT_A_TIME = 50
GONE_SECONDS = 600.0  # an archived channel may come back, a removed bot be invited again
SIGNED_OUT_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 1.0
CARD_SECONDS = 3.0  # a card is redrawn no oftener
LONGEST_WAIT = 60.0
CLOCK_SKEW = 120.0


class Poster:
    """`draw` makes the message that a post should show now, from the store alone."""

    def __init__(
        self,
        store: Store,
        workspace: Workspace,
        draw: Callable[[Post], Message],
        clock: Clock,
        stopping: asyncio.Event,
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._draw = draw
        self._clock = clock
        self._stopping = stopping
        self._awake = asyncio.Event()
        self._channels: dict[ChannelId, asyncio.Task[None]] = {}
        self._marking: asyncio.Task[None] | None = None
        self.signed_out = False  # for health

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    async def run(self) -> None:
        """Until told to stop."""
        while not self._stopping.is_set():
            self._awake.clear()
            self._start_channels()
            self._start_marking()
            await self._clock.wait(self._awake, FALLBACK_SECONDS)
        tasks = [*self._channels.values(), *([self._marking] if self._marking else [])]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start_channels(self) -> None:
        for channel in self._store.read.channels_with_posts():
            if channel not in self._channels:
                task = asyncio.create_task(self._channel(channel), name=f"channel-{channel}")
                self._channels[channel] = task
                task.add_done_callback(partial(_forget, self._channels, channel))

    def _start_marking(self) -> None:
        if self._marking is None or self._marking.done():
            self._marking = asyncio.create_task(self._mark_all(), name="marks")

    # Posts

    async def _channel(self, channel: ChannelId) -> None:
        """Goes on while there is something that may be done now; what must wait is found again later."""
        try:
            while not self._stopping.is_set() and await self._round(channel):
                pass
        except StoreError as error:
            log.error("cannot record what stands in Slack: %s", error)
        except Exception:
            log.exception("posting to a channel broke on our side")
            await self._clock.wait(self._stopping, FALLBACK_SECONDS)

    async def _round(self, channel: ChannelId) -> bool:
        held: set[str] = set()
        done = False
        for post in self._store.read.next_posts(channel, self._clock.now(), AT_A_TIME):
            if self._stopping.is_set():
                return False
            place = post.thread_ts or post.name
            if post.state is not PostState.DONE and place in held:
                continue
            done = await self._carry(post) or done
            if self._store.read.post(post.key).state is not PostState.DONE:
                held.add(place)  # what comes after it in the same thread must not overtake it
        return done

    async def _carry(self, post: Post) -> bool:
        """True when something was done; False when it has to wait."""
        try:
            if post.state is PostState.DONE:
                await self._redraw(post)
            elif post.state is PostState.SENDING:
                await self._look_for(post)
            else:
                await self._post(post)
        except SlackError as error:
            await self._failed(post, error)
            return False
        except StoreError:
            raise
        except Exception:
            log.exception("a %s broke on our side", post.kind)
            state = self._store.read.post(post.key).state
            await self._wait(post, min(LONGEST_WAIT, 2.0 ** min(post.attempts + 1, 6)), state)
            return False
        self.signed_out = False
        return True

    async def _post(self, post: Post) -> None:
        message = self._draw(post)
        now = self._clock.now()
        await self._change(post, state=PostState.SENDING, attempts=post.attempts + 1, sending_at=now)
        try:
            ts = await self._workspace.post(post.channel, post.thread_ts, message, post.name)
        except SlackGone:
            raise
        except SlackRefused as error:
            log.error("Slack refused the look of a %s (%s); posted as plain text", post.kind, error.code)
            ts = await self._workspace.post(post.channel, post.thread_ts, Message(message.text[:3000], []), post.name)
        await self._stands(post, ts)

    async def _look_for(self, post: Post) -> None:
        """It may stand there already: a post is repeated only after its thread has been read."""
        since = (post.sending_at or 0) - CLOCK_SKEW
        ts = await self._workspace.find(post.channel, post.thread_ts, post.name, since)
        if ts is None:
            await self._change(post, state=PostState.PENDING)
        else:
            # What was drawn then may be out of date by now.
            await self._stands(post, ts, shown=0)

    async def _redraw(self, post: Post) -> None:
        if post.ts is None or post.kind in {PostKind.LINE, PostKind.NOTICE, PostKind.DIRECT}:
            await self._change(post, shown=post.wanted)
            return
        await self._workspace.update(post.channel, post.ts, self._draw(post))
        pause = CARD_SECONDS if post.kind is PostKind.CARD else 0
        await self._change(post, shown=post.wanted, not_before=self._clock.now() + pause, attempts=0)

    async def _stands(self, post: Post, ts: Ts, shown: int | None = None) -> None:
        def work(tx: Tx) -> None:
            tx.change_post(post, state=PostState.DONE, ts=ts, shown=post.wanted if shown is None else shown, attempts=0)
            if post.kind is PostKind.CARD:
                tx.change_session(post.session, thread_ts=ts)
                tx.add_link(ThreadKey(post.team, post.channel, ts), post.session)
                tx.home_found(post.session, ts)

        await self._store.write(work)

    # Trouble

    async def _failed(self, post: Post, error: SlackError) -> None:
        """Decides how long to wait; a post is given up only when Slack will never take it."""
        log.warning("Slack did not take a %s: %s", post.kind, error)
        if isinstance(error, SlackSignedOut):
            self.signed_out = True
            await self._wait(post, SIGNED_OUT_SECONDS, PostState.PENDING)
        elif isinstance(error, SlackRefused):
            await self._refused(post, error)
        elif isinstance(error, SlackUnsure) and post.state is not PostState.DONE:
            await self._wait(post, LOOK_AGAIN_SECONDS, PostState.SENDING)
        else:
            patience = error.retry_after if isinstance(error, SlackAway) else None
            kept = PostState.SENDING if post.state is PostState.SENDING else PostState.PENDING
            await self._wait(post, patience or min(LONGEST_WAIT, 2.0 ** min(post.attempts, 6)), kept)

    async def _wait(self, post: Post, seconds: float, state: PostState) -> None:
        if post.state is PostState.DONE:
            state = PostState.DONE
        not_before = self._clock.now() + seconds
        attempts = self._store.read.post(post.key).attempts
        await self._change(post, state=state, not_before=not_before, attempts=max(attempts, post.attempts + 1))

    async def _refused(self, post: Post, error: SlackRefused) -> None:
        """What somebody said is never given up: a channel may come back, a scope be granted again."""
        if post.state is PostState.DONE:
            await self._change(post, shown=post.wanted)  # what was deleted need not be redrawn
        elif post.kind is PostKind.DIRECT:
            await self._change(post, state=PostState.STUCK)
        elif post.kind is PostKind.CARD:
            await self._no_home(post, error)
        elif post.state is PostState.SENDING and not isinstance(error, SlackGone):
            await self._change(post, state=PostState.PENDING)  # we may not look: rather twice than never
        else:
            await self._wait(post, GONE_SECONDS, post.state)

    async def _no_home(self, post: Post, error: SlackRefused) -> None:
        """Never in the open channel, never nowhere: whoever asked is told in a message of their own."""
        session = self._store.read.session(post.session)
        text = (
            f"I could not post the card of your session “{session.name}” in the channel you chose ({error.code}). "
            "Type /invite and my name there; I try again every ten minutes."
        )

        def work(tx: Tx) -> None:
            later = self._clock.now() + GONE_SECONDS
            tx.change_post(post, state=PostState.PENDING, not_before=later, sending_at=None)
            tx.add_post(
                name=f"direct/{post.name}",
                session=post.session,
                kind=PostKind.DIRECT,
                text=text,
                team=post.team,
                channel=ChannelId(session.created_by),
            )

        await self._store.write(work)

    # Reactions

    async def _mark_all(self) -> None:
        try:
            for item in self._store.read.unmarked(AT_A_TIME):
                if self._stopping.is_set() or not await self._mark(item):
                    return
        except StoreError as error:
            log.error("cannot record a reaction: %s", error)

    async def _mark(self, item: Item) -> bool:
        """False when Slack wants a pause."""
        try:
            if item.ts is not None:
                await self._workspace.react(item.channel, item.ts, item.shown, item.mark)
        except SlackRefused as error:
            log.info("a reaction was refused: %s", error.code)  # it is only a sign; the post says the same in words
        except SlackError as error:
            wait = error.retry_after if isinstance(error, SlackAway) else None
            await self._clock.wait(self._stopping, wait or FALLBACK_SECONDS)
            return False
        await self._store.write(lambda tx: tx.change_item(item.key, shown=item.mark))
        return True

    # Plumbing

    async def _change(self, post: Post, **changes: object) -> None:
        await self._store.write(lambda tx: tx.change_post(post, **changes))


def _forget(tasks: dict[ChannelId, asyncio.Task[None]], channel: ChannelId, _: asyncio.Task[None]) -> None:
    tasks.pop(channel, None)
