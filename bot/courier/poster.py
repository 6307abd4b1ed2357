"""Carries posts to Slack: new ones once, in their order; redraws of what stands there; reactions.

One lane a channel, because Slack counts posts by channel. Threads take turns in it, and one that cannot be reached
holds only itself up. Where much has piled up in a thread, one message shows several posts; it bears all their names.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from bot.bridge.threads import stands
from bot.clock import Clock
from bot.counts import Counts
from bot.courier.channels import Channels
from bot.courier.drawing import FOLDED, Drawer
from bot.courier.filesin import FilesIn
from bot.courier.pace import Pace
from bot.model import ChannelId, Gone, Item, Mark, Post, PostKind, PostState, Shows, Ts
from bot.rush import Rush
from bot.store import Store, StoreError, Tx
from bot.store.others import TAKEN_OVER
from bot.texts import NO_CARD, NO_THREAD, SHARED
from bot.trace import about
from bot.views import Message
from bot.views.blocks import spelt_out
from bot.workspace import (
    SlackAstray,
    SlackAway,
    SlackError,
    SlackGone,
    SlackRefused,
    SlackSignedOut,
    SlackUngranted,
    SlackUnsure,
    Workspace,
)

log = logging.getLogger(__name__)

FALLBACK_SECONDS = 1.0
AT_A_TIME = 50
FOLD_FROM = 6  # as many must wait in one thread before one message shows several
GONE_SECONDS = 600.0  # an archived channel may come back, a removed bot be invited again
SIGNED_OUT_SECONDS = 60.0
UNGRANTED_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 1.0
SETTLE_SECONDS = 15.0  # so long Slack may still work on a post whose answer was lost; a request takes ten at most
CARD_SECONDS = 3.0  # a card is redrawn no oftener
LONGEST_WAIT = 60.0
LONGEST_LOOK = 15.0
CLOCK_SKEW = 120.0
HASH = 32  # characters of it
MAYBE_CUT = 3000  # characters of a text that may have lost its end
NEVER_REDRAWN = frozenset({PostKind.LINE, PostKind.FILE, PostKind.NOTICE, PostKind.MIRROR, PostKind.DIRECT})
LAST_MARKS = frozenset({Mark.NONE, Mark.DELIVERED, Mark.NOTE})
NEVER_AGAIN = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})  # no redraw will ever do


class Poster:
    """`draw` makes the message that posts should show now, from the store alone. `files` brings those that are files.

    `card_found` is told when a card of unknown outcome turned out to stand: people may have written under it meanwhile,
    and nobody knew then whose thread it is. `may_show` says whether sessions may be shown in a channel although it is
    shared with another organization. In a `rush` of acks nothing new is posted, nor
    when `lasts` says that another bot may have taken over.
    """

    def __init__(
        self,
        store: Store,
        workspace: Workspace,
        draw: Drawer,
        files: FilesIn,
        clock: Clock,
        stopping: asyncio.Event,
        *,
        pace: Pace | None = None,
        settle_seconds: float = SETTLE_SECONDS,
        card_found: Callable[[], None] = lambda: None,
        may_show: Callable[[ChannelId], bool] = lambda _: False,
        rush: Rush | None = None,
        lasts: Callable[[], bool] = lambda: True,
        counts: Counts | None = None,
    ) -> None:
        self._counts = counts or Counts()
        self._store = store
        self._workspace = workspace
        self._draw = draw
        self._asking = Channels(store, workspace, clock)
        self._files = files
        self._clock = clock
        self._stopping = stopping
        self._pace = pace or Pace(clock)
        self._settle = settle_seconds
        self._card_found = card_found
        self._may_show = may_show
        self._rush = rush or Rush(clock)
        self._lasts = lasts
        self._awake = asyncio.Event()
        self._channels: dict[ChannelId, asyncio.Task[None]] = {}
        self._marking: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._astray: set[Ts] = set()  # threads whose posts Slack put elsewhere

    @property
    def signed_out(self) -> bool:
        """For health."""
        return self._workspace.signed_out

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    def channel_changed(self, channel: ChannelId) -> None:
        """Perhaps others see it now: Slack is asked before anything is posted there."""
        self._workspace.forget_channel(channel)
        self._asking.doubt(channel)
        self._awake.set()

    def anything_changed(self) -> None:
        """Perhaps others see any channel now."""
        self._workspace.forget_channels()
        self._asking.doubt_all()
        self._awake.set()

    async def run(self) -> None:
        """Until told to stop."""
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                self._start_channels()
            except StoreError as error:
                log.error("cannot read what is to be posted: %s", error)
            self._start_marking()
            self._start_looking()
            await self._clock.wait(self._awake, FALLBACK_SECONDS)
        tasks = [*self._channels.values(), *filter(None, [self._marking, self._looking])]
        await asyncio.gather(self._files.close(), *tasks, return_exceptions=True)

    def _start_channels(self) -> None:
        for channel in self._store.read.channels_with_posts():
            if channel not in self._channels:
                task = asyncio.create_task(self._channel(channel), name=f"channel-{channel}")
                self._channels[channel] = task
                task.add_done_callback(partial(_forget, self._channels, channel))

    def _start_marking(self) -> None:
        if self._marking is None or self._marking.done():
            self._marking = asyncio.create_task(self._mark_all(), name="marks")

    def _start_looking(self) -> None:
        if self._asking.is_due and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look_at_channels(), name="channels")

    async def _look_at_channels(self) -> None:
        try:
            await self._asking.look()
        except StoreError as error:
            log.error("cannot record whose eyes a channel is for: %s", error)
        self._awake.set()

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
        """What is next in each thread, one after another, then redraws."""
        done = False
        for post in self._store.read.next_posts(channel, self._clock.now(), AT_A_TIME):
            await self._rush.over()
            if post.kind is not PostKind.DIRECT:
                await self._asking.ask(post.team, channel)
                if not self._asking.knows(channel):
                    continue
            if self._stopping.is_set():
                return False
            done = await self._carry(post) or done
        return done

    async def _carry(self, post: Post) -> bool:
        """True when something was done; False when it has to wait."""
        posts = [post]
        if self._is_closed(post):
            await self._keep_back(post)
            return False
        try:
            about(self._about(post))
            if post.state is PostState.DONE:
                await self._redraw(post)
            elif post.kind is PostKind.FILE and not post.text:
                self._files.begin(post)
                return False
            elif post.state is PostState.SENDING:
                return await self._look_for(post)
            elif await self._turn(post.channel):
                posts, message = self._drawn(post)
                await self._post(posts, message)
        except SlackError as error:
            await self._failed(posts, error)
            return False
        except StoreError:
            raise
        except Exception:
            log.exception("a %s broke on our side", post.kind)
            state = self._store.read.post(post.key).state
            await self._wait(posts, min(LONGEST_WAIT, 2.0 ** min(post.attempts + 1, 6)), state)
            return False
        return True

    def _is_closed(self, post: Post) -> bool:
        """Another organization sees the channel: only what became of their author's own reply may stand there."""
        if post.kind is PostKind.DIRECT or self._may_show(post.channel):
            return False
        if post.kind is PostKind.RESULT and post.item is not None and self._store.read.item(post.item).ts:
            return False
        return self._store.read.is_shared(post.team, post.channel)

    async def _keep_back(self, post: Post) -> None:
        """Whoever opened the session is told, once; it goes on as soon as the channel is the workspace's own again."""
        if post.state is PostState.DONE:
            await self._change([post], not_before=self._clock.now() + GONE_SECONDS)
        else:
            await self._out_of_reach([post], SHARED.format(name=self._name(post)), "shared/")

    async def _turn(self, channel: ChannelId) -> bool:
        """Waits until a post may go; False when the program stops first."""
        while (wait := self._pace.wait(channel)) > 0 and not self._stopping.is_set():
            await self._clock.wait(self._stopping, wait)
        return not self._stopping.is_set()

    def _drawn(self, post: Post) -> tuple[list[Post], Message]:
        """What goes into one message: this post, and where much waits behind it, as many more as fit."""
        waiting = self._foldable(post)
        if len(waiting) >= FOLD_FROM:
            try:
                message, count = self._draw.together(waiting)
            except Exception:
                log.exception("posts that wait for one thread cannot be drawn together")
            else:
                return waiting[:count], message
        return [post], self._draw(post)

    def _foldable(self, post: Post) -> list[Post]:
        """This post and those behind it, up to the first that must stand alone."""
        if post.thread_ts is None or post.kind not in FOLDED:
            return []
        found: list[Post] = []
        for behind in self._store.read.posts_behind(post, AT_A_TIME):
            if behind.kind not in FOLDED or behind.state is not PostState.PENDING:
                break
            found.append(behind)
        return found

    async def _post(self, posts: Sequence[Post], message: Message) -> None:
        first = posts[0]
        if first.thread_ts in self._astray and not await self._workspace.has_thread(first.channel, first.thread_ts):
            raise SlackGone("thread_not_found")
        self._workspace.may_post()
        await self._change(posts, state=PostState.SENDING, attempts=first.attempts + 1, sending_at=self._clock.now())
        drawn = self._hash(first, message)
        try:
            ts = await self._say(posts, message)
        except (SlackGone, SlackUngranted):
            raise
        except SlackRefused as error:
            log.error("Slack refused the look of a %s (%s); posted as plain text", first.kind, error.code)
            ts = await self._say(posts, Message(_in_words(message), []))
        await self._stand(posts, ts, drawn=drawn)
        self._tell(posts)

    def _about(self, post: Post) -> str:
        """The name of what is shown: in the log it is told by the same word as what it came from."""
        if post.line is None and post.item is not None:
            return self._store.read.item(post.item).slack_name
        return post.line or post.name

    def _tell(self, posts: Sequence[Post]) -> None:
        """Of what people have said on the other side: how long it took, and that it stands."""
        for line in (self._store.read.line(post.line) for post in posts if post.line is not None):
            if line is not None:
                about(line.name)
                log.info("a line stands in Slack")
                with contextlib.suppress(ValueError):  # the other side spells dates
                    self._counts.heard(self._clock.now() - datetime.fromisoformat(line.date).timestamp())

    async def _say(self, posts: Sequence[Post], message: Message) -> Ts:
        first, *others = posts
        self._must_last()
        self._pace.spend(first.channel)
        names = (post.name for post in others)
        shows = self._shown_by(first)
        return await self._workspace.post(first.channel, first.thread_ts, message, first.name, *names, shows=shows)

    def _must_last(self) -> None:
        """Right before anything leaves: this process may have stood still since it decided to."""
        if not self._lasts():
            raise SlackAway(TAKEN_OVER)

    def _shown_by(self, post: Post) -> Shows | None:
        """What a card says of itself; other posts say nothing."""
        if post.kind is not PostKind.CARD:
            return None
        session, ts = self._store.read.session(post.session), post.thread_ts or post.ts
        links = self._store.read.links_of(post.session) if ts else []
        here = next((link for link in links if (link.thread.channel, link.thread.ts) == (post.channel, ts)), None)
        return Shows(session.evo_id, here.mode if here else session.mode)

    async def _look_for(self, post: Post) -> bool:
        """It may stand there already, or come to stand there: it is repeated only when it had time enough, and its
        thread, read after that, does not show it.
        """
        posts = self._in_doubt(post)
        there = await self._workspace.standing(post.channel, post.thread_ts, self._since(post))
        absent = [each for each in posts if each.name not in there]
        for each in posts:
            if each.name in there:
                await self._stand([each], there[each.name], shown=0)  # what was drawn then may be out of date by now
                if each.kind is PostKind.CARD:
                    self._card_found()
        wait = (post.sending_at or 0) + self._settle - self._clock.now()
        if absent and wait > self._settle:  # the clock has been set back: its time, and where to look, begin anew
            await self._change(absent, sending_at=self._clock.now())
            wait = self._settle
        if absent and wait > 0:
            await self._wait(absent, wait, PostState.SENDING)
            return len(absent) < len(posts)
        if absent:
            await self._change(absent, state=PostState.PENDING)
        return True

    def _in_doubt(self, post: Post) -> list[Post]:
        """This post and whatever was on its way with it."""
        if post.thread_ts is None:
            return [post]
        behind = self._store.read.posts_behind(post, AT_A_TIME)
        return [each for each in behind if each.state is PostState.SENDING]

    def _since(self, post: Post) -> float:
        """Since when it can stand there: after what stands there surely, by Slack's own clock where that is known."""
        newest = self._store.read.newest_post(post.session, post.thread_ts) if post.thread_ts else None
        if newest or post.thread_ts:
            return float(newest or post.thread_ts or 0)
        return (post.sending_at or 0) - CLOCK_SKEW

    async def _redraw(self, post: Post) -> None:
        if post.ts is None or (post.kind in NEVER_REDRAWN and not self._shows_what_was_removed(post)):
            await self._change([post], shown=post.wanted)
            return
        message = self._drawn_anew(post)
        drawn, shows = self._hash(post, message), self._shown_by(post)
        if drawn == post.drawn:
            await self._change([post], shown=post.wanted, attempts=0)
            return
        if post.drawn:  # from now on nobody knows what stands there, until Slack has said so
            await self._change([post], drawn="")
        self._must_last()
        named = (post.name, shows) if post.kind is PostKind.CARD else ()
        await self._workspace.update(post.channel, post.ts, message, *named)
        pause = CARD_SECONDS if post.kind is PostKind.CARD else 0
        later = self._clock.now() + pause
        await self._change([post], shown=post.wanted, drawn=drawn, not_before=later, attempts=0)

    def _shows_what_was_removed(self, post: Post) -> bool:
        """A colleague's words in another thread follow what became of the message itself."""
        if post.kind is not PostKind.MIRROR or post.item is None:
            return False
        return self._store.read.item(post.item).gone == Gone.REMOVED

    def _drawn_anew(self, post: Post) -> Message:
        """With whatever stands in the same message."""
        posts = self._store.read.posts_beside(post) if post.kind is PostKind.MIRROR else [post]
        return self._draw.together(posts)[0] if len(posts) > 1 else self._draw(post)

    def _hash(self, post: Post, message: Message) -> str:
        """Of everything that Slack is told, so that it is not told the same twice."""
        told = repr((message.text, message.blocks, self._shown_by(post)))
        return hashlib.sha256(told.encode()).hexdigest()[:HASH]

    async def _stand(self, posts: Sequence[Post], ts: Ts, shown: int | None = None, drawn: str = "") -> None:
        def work(tx: Tx) -> None:
            for post in posts:
                stands(tx, post, ts, shown=post.wanted if shown is None else shown, drawn=drawn)

        await self._store.write(work)

    # Trouble

    async def _failed(self, posts: Sequence[Post], error: SlackError) -> None:
        """Decides how long to wait; a post is given up only when Slack will never take it."""
        first = posts[0]
        doubt = first.state is PostState.SENDING
        level = logging.INFO if isinstance(error, SlackAway | SlackUngranted) else logging.WARNING
        log.log(level, "Slack did not take a %s: %s", first.kind, error)
        if isinstance(error, SlackSignedOut):
            await self._wait(posts, SIGNED_OUT_SECONDS, first.state)
        elif isinstance(error, SlackUngranted) and not doubt:
            await self._wait(posts, UNGRANTED_SECONDS, first.state)
        elif isinstance(error, SlackRefused):
            await self._refused(posts, error)
        elif isinstance(error, SlackUnsure) and first.state is not PostState.DONE:
            longest = LONGEST_LOOK if doubt else LOOK_AGAIN_SECONDS
            await self._wait(posts, min(longest, 2.0 ** min(first.attempts, 6)), PostState.SENDING)
        else:
            patience = error.retry_after if isinstance(error, SlackAway) else None
            if patience and first.state is PostState.PENDING:
                self._pace.empty(first.channel)
            await self._wait(posts, patience or min(LONGEST_WAIT, 2.0 ** min(first.attempts, 6)), first.state)

    async def _wait(self, posts: Sequence[Post], seconds: float, state: PostState) -> None:
        first = posts[0]
        if first.state is PostState.DONE:
            state = PostState.DONE
        not_before = self._clock.now() + seconds
        attempts = max(self._store.read.post(first.key).attempts, first.attempts + 1)
        await self._change(posts, state=state, not_before=not_before, attempts=attempts)

    async def _refused(self, posts: Sequence[Post], error: SlackRefused) -> None:
        """What somebody said is never given up: a channel may come back, a scope be granted again."""
        post = posts[0]
        if isinstance(error, SlackAstray) and post.thread_ts is not None:
            self._astray.add(post.thread_ts)
        if post.state is PostState.DONE and error.code in NEVER_AGAIN:
            await self._change(posts, shown=post.wanted)
        elif post.kind is PostKind.DIRECT:
            await self._direct_refused(post)
        elif post.kind is PostKind.CARD and post.state is not PostState.DONE:
            await self._out_of_reach(posts, NO_CARD.format(name=self._name(post), code=error.code))
        elif post.state is PostState.SENDING and not isinstance(error, SlackGone):
            await self._change(posts, state=PostState.PENDING)  # we may not look: rather twice than never
        elif isinstance(error, SlackGone) and post.state is not PostState.DONE:
            await self._out_of_reach(posts, NO_THREAD.format(name=self._name(post), code=error.code))
        else:
            await self._wait(posts, GONE_SECONDS, post.state)

    async def _direct_refused(self, post: Post) -> None:
        """Whether it arrived cannot be looked up under a person's id: twice is better than not at all."""
        doubt = post.state is PostState.SENDING
        await self._change([post], state=PostState.PENDING if doubt else PostState.STUCK)

    async def _out_of_reach(self, posts: Sequence[Post], text: str, why: str = "") -> None:
        """Never in the open channel, never nowhere: whoever opened the session is told, once, in a message of their
        own. What is to stand there is tried again; in doubt, it stays in doubt.
        """
        post = posts[0]
        owner = self._store.read.session(post.session).created_by

        def work(tx: Tx) -> None:
            for each in posts:
                later = self._clock.now() + GONE_SECONDS
                tx.change_post(each, state=post.state, not_before=later, attempts=post.attempts + 1)
            where = post.name if post.thread_ts is None else f"thread/{post.channel}/{post.thread_ts}"
            tx.add_post(
                name=f"direct/{why}{where}",
                session=post.session,
                kind=PostKind.DIRECT,
                text=text,
                team=post.team,
                channel=ChannelId(owner),
            )

        await self._store.write(work)

    def _name(self, post: Post) -> str:
        return self._store.read.session(post.session).name

    # Reactions

    async def _mark_all(self) -> None:
        """Those that stand are recorded together: setting one again, after a death before that, changes nothing."""
        marked: list[Item] = []
        try:
            for item in self._store.read.unmarked(AT_A_TIME):
                await self._rush.over()
                if self._stopping.is_set() or not await self._mark(item):
                    break
                marked.append(item)
            if marked:
                await self._store.write(partial(_record, marked))
        except StoreError as error:
            log.error("cannot record a reaction: %s", error)

    async def _mark(self, item: Item) -> bool:
        """False when Slack wants a pause."""
        if item.mark not in LAST_MARKS:
            await self._may_stand(item)
        try:
            self._must_last()
            if item.ts is not None:
                await self._workspace.react(item.channel, item.ts, item.shown, item.mark)
            if item.ts is not None and item.edited:
                await self._workspace.react(item.channel, item.ts, (), Mark.EDITED)
        except SlackUngranted:
            pass  # said once, where scopes are
        except SlackRefused as error:
            log.info("a reaction was refused: %s", error.code)  # it is only a sign; the post says the same in words
        except SlackError as error:
            wait = error.retry_after if isinstance(error, SlackAway) else None
            await self._clock.wait(self._stopping, wait or FALLBACK_SECONDS)
            return False
        return True

    async def _may_stand(self, item: Item) -> None:
        """A sign that passes is on the disk before it stands: else a crash would leave it beside the next one.

        The space says that it only may stand: without it, a death right now would leave the message without a sign.
        """
        may_stand = " " + " ".join(dict.fromkeys([*item.shown, item.mark]))
        await self._store.write(lambda tx: tx.change_item(item.key, shown=may_stand))

    # Plumbing

    async def _change(self, posts: Sequence[Post], **changes: object) -> None:
        def work(tx: Tx) -> None:
            for post in posts:
                tx.change_post(post, **changes)

        await self._store.write(work)


def _record(marked: Sequence[Item], tx: Tx) -> None:
    for item in marked:
        tx.change_item(item.key, shown=item.mark, edited_shown=item.edited)


def _in_words(message: Message) -> str:
    """The text, which is complete unless it had to be cut; then what stands in the blocks."""
    return message.text if len(message.text) < MAYBE_CUT else spelt_out(message.blocks)


def _forget(tasks: dict[ChannelId, asyncio.Task[None]], channel: ChannelId, _: asyncio.Task[None]) -> None:
    tasks.pop(channel, None)
