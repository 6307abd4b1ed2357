"""Brings what somebody outside Slack has sent into the thread: fetched, uploaded, shown, and found there again.

The poster hands a file over when its turn in its thread has come. It is a task of its own, so that a slow host holds up
that thread and nobody else. Its id at Slack is on the disk before it may be shown; an upload that is shown once cannot
be shown twice, so after a lost answer its thread is read for that id, and asking once more does no harm.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from bot.clock import Clock
from bot.fetching import Fetched, Fetcher, NotFetched, NotNow
from bot.filekinds import bare, name_for
from bot.model import FileId, Line, LineName, NotHere, Post, PostKey, PostState, Ts
from bot.scopes import HEARING, scopes_in
from bot.slackerrors import MISSING_SCOPE
from bot.store import Store, StoreError
from bot.store.others import TAKEN_OVER
from bot.views.files import pack_why
from bot.workspace import SlackAway, SlackError, SlackGone, SlackRefused, SlackSignedOut, SlackUngranted, Workspace

log = logging.getLogger(__name__)

AT_ONCE = 3  # files in memory
FETCHES = 4  # so often a host is asked that does not answer
TRIES = 8  # of everything, Slack's side included
LONGEST_WAIT = 60.0
SIGNED_OUT_SECONDS = 60.0
FIRST_LOOK, LONGEST_LOOK = 0.2, 5.0
SETTLE_SECONDS = 15.0  # so long Slack may work on showing it


class FilesIn:
    """`most` is the size in bytes that a file may have, `wake` tells the poster that a thread may go on.

    Nothing is shown when `lasts` says that another bot may have taken over.
    """

    def __init__(
        self,
        store: Store,
        workspace: Workspace,
        fetcher: Fetcher,
        clock: Clock,
        wake: Callable[[], None],
        *,
        most: int,
        settle_seconds: float = SETTLE_SECONDS,
        lasts: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._fetcher = fetcher
        self._clock = clock
        self._wake = wake
        self._most = most
        self._settle = settle_seconds
        self._lasts = lasts
        self._closing = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks: dict[PostKey, asyncio.Task[None]] = {}

    def begin(self, post: Post) -> None:
        """Returns at once. A file that is under way already is left alone."""
        if post.key not in self._tasks:
            task = asyncio.create_task(self._carry(post), name=f"file-{post.key}")
            self._tasks[post.key] = task
            task.add_done_callback(partial(self._ended, post.key))

    async def close(self) -> None:
        """Whatever is under way goes on in the next life: nothing of it is known in memory only."""
        self._closing.set()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, key: PostKey, _: asyncio.Task[None]) -> None:
        self._tasks.pop(key, None)
        self._wake()

    async def _carry(self, post: Post) -> None:
        try:
            await self._step(post)
        except StoreError as error:
            log.error("cannot record what became of a file: %s", error)
        except Exception:
            log.exception("a file broke on our side")
            await self._give_up(post, NotHere.REFUSED)

    async def _step(self, post: Post) -> None:
        try:
            if post.state is PostState.SENDING:
                await self._watch(post)
            else:
                await self._bring(post)
        except NotFetched as error:
            await self._not_fetched(post, error)
        except SlackError as error:
            await self._not_taken(self._store.read.post(post.key), error)

    # There

    async def _bring(self, post: Post) -> None:
        line = self._line(post)
        async with self._slots:
            fetched = await self._fetcher.fetch(line.media_uri or "", line.media_type or "")
            await self._upload(post, fetched)
        await self._watch(post)

    async def _upload(self, post: Post, fetched: Fetched) -> None:
        """Committed before Slack is asked to show it: whoever finds it so after a crash looks for it in the thread."""
        thread_ts = _thread(post)
        if not await self._workspace.has_thread(post.channel, thread_ts):
            raise SlackGone("thread_not_found")  # without its thread it would stand in the open channel
        place, file = await self._workspace.place_for(fetched.name, len(fetched.data))
        await self._workspace.put(place, fetched.data)
        attempts = self._store.read.post(post.key).attempts
        await self._change(post, state=PostState.SENDING, file=file, attempts=attempts, sending_at=self._clock.now())
        await self._show(post, file, fetched.name)

    async def _watch(self, post: Post) -> None:
        """Until it stands there, or is given up: what comes next in its thread waits for that."""
        while (wait := await self._look_for(self._store.read.post(post.key))) > 0:
            await self._clock.wait(self._closing, wait)

    async def _look_for(self, post: Post) -> float:
        """Shown it is a moment after Slack has said yes; if it said no, or nothing, perhaps never.

        Returns in how many seconds to look again; 0 for no more.
        """
        thread_ts = _thread(post)
        newest = self._store.read.newest_post(post.session, thread_ts)
        there = await self._workspace.shared(post.channel, thread_ts, float(newest or thread_ts))
        ago = self._clock.now() - (post.sending_at or 0)
        if post.file in there:
            await self._change(post, state=PostState.DONE, ts=there[post.file], shown=post.wanted, attempts=0)
        elif 0 <= ago < self._settle:
            return min(LONGEST_LOOK, max(FIRST_LOOK, ago))
        elif post.attempts + 1 >= TRIES:
            await self._give_up(post, NotHere.REFUSED)
        else:
            await self._once_more(post)
            return FIRST_LOOK
        return 0

    async def _once_more(self, post: Post) -> None:
        """Slack shows an upload once. If it says no now, it has most likely said yes before: that is waited for once
        more, and then it is said in words. Uploaded anew, it could stand there twice.
        """
        await self._change(post, attempts=post.attempts + 1, sending_at=self._clock.now(), not_before=0)
        try:
            await self._show(post, _file(post), self._title(post))
        except SlackGone:
            raise
        except SlackRefused as error:
            log.warning("Slack does not show a file, nor take it again (%s)", error.code)
            await self._change(post, attempts=TRIES)

    async def _show(self, post: Post, file: FileId, title: str) -> None:
        if not self._lasts():
            raise SlackAway(TAKEN_OVER)
        await self._workspace.share(file, title, post.channel, _thread(post))

    # Trouble

    async def _not_fetched(self, post: Post, error: NotFetched) -> None:
        log.info("a file cannot be fetched: %s", error.why)
        if isinstance(error, NotNow) and post.attempts + 1 < FETCHES:
            await self._wait(post, 2.0 ** (post.attempts + 1), attempts=post.attempts + 1)
        else:
            await self._give_up(post, error.why)

    async def _not_taken(self, post: Post, error: SlackError) -> None:
        log.info("Slack did not take a file: %s", error)
        attempts = post.attempts + 1
        if isinstance(error, SlackSignedOut):
            await self._wait(post, SIGNED_OUT_SECONDS)
        elif isinstance(error, SlackRefused):
            await self._give_up(post, _why(error))
        elif post.state is PostState.SENDING:
            await self._wait(post, _patience(error, 1))
        elif attempts >= TRIES:
            await self._give_up(post, NotHere.REFUSED)
        else:
            await self._wait(post, _patience(error, attempts), attempts=attempts)

    async def _give_up(self, post: Post, why: NotHere) -> None:
        """From now on it is a post in words, which the poster carries like any other."""
        words = pack_why(why, self._most)
        await self._change(post, state=PostState.PENDING, text=words, file=None, attempts=0, not_before=0)

    # Plumbing

    async def _wait(self, post: Post, seconds: float, **changes: object) -> None:
        await self._change(post, not_before=self._clock.now() + seconds, **changes)

    async def _change(self, post: Post, **changes: object) -> None:
        await self._store.write(lambda tx: tx.change_post(post, **changes))

    def _title(self, post: Post) -> str:
        line = self._line(post)
        return name_for(line.media_uri or "", bare(line.media_type or ""))

    def _line(self, post: Post) -> Line:
        line = self._store.read.line(post.line or LineName(""))
        if line is None:
            raise AssertionError(f"post {post.key} brings a file of a line that is not there")
        return line


def _patience(error: SlackError, attempts: int) -> float:
    asked = error.retry_after if isinstance(error, SlackAway) else None
    return asked or min(LONGEST_WAIT, 2.0**attempts)


def _why(error: SlackRefused) -> NotHere:
    if error.code != MISSING_SCOPE:
        return NotHere.REFUSED
    unread = isinstance(error, SlackUngranted) and not HEARING.isdisjoint(scopes_in(error.needed))
    return NotHere.UNREAD if unread else NotHere.SCOPE


def _thread(post: Post) -> Ts:
    if post.thread_ts is None:
        raise AssertionError(f"post {post.key} has no thread")
    return post.thread_ts


def _file(post: Post) -> FileId:
    if post.file is None:
        raise AssertionError(f"post {post.key} has no file")
    return post.file
