"""Takes what people put into a thread to Evo Voice, before the message that shows its address is sent.

SendMessage takes words only. So a file is uploaded, and its address stands under the words; where that cannot be, the
words go without it, and the result says which file did not go and why. An upload is seen by nobody until its address is
sent: trying it again leaves a file that nobody knows of, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from bot.clock import Clock
from bot.evo import EvoError, EvoVoice, Refused
from bot.fetching import Door, Fetched, Fetcher, NotFetched, NotNow
from bot.filekinds import is_page, safe_name
from bot.model import File, Item, NotHere
from bot.packing import pack_file, unpack_files
from bot.scopes import FILES_OUT
from bot.store import Store
from bot.views.blocks import one_line
from bot.views.files import pack_why, unpack_why
from bot.workspace import SlackAway, SlackError, SlackRefused, SlackSignedOut, Workspace

T = TypeVar("T")
log = logging.getLogger(__name__)

TRIES = 3
PATIENCE = 60.0  # seconds in which files are tried again; their words, and those behind them, wait as long
SLACKS_FILES = "https://files.slack.com"
PASSING = frozenset({NotHere.AWAY, NotHere.OFF})  # looked at again when a person sends the message again
NAME = 80


class NotCarried(Exception):
    """This file does not go, for the reason `why`."""

    def __init__(self, why: NotHere) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often something may still be tried, and until when."""

    clock: Clock
    stopping: asyncio.Event
    until: float

    async def at(self, attempt: Callable[[], Awaitable[T]], passing: type[Exception], why: NotHere) -> T:
        """What an attempt comes to, tried again for `passing` errors. Raises NotCarried, or SlackAway at the end."""
        for n in range(1, TRIES + 1):
            try:
                return await attempt()
            except passing as error:
                log.info("a file is not carried yet: %s", type(error).__name__)
            if n < TRIES and self.clock.now() < self.until:
                await self.clock.wait(self.stopping, 2.0 ** (n - 1))
            if self.stopping.is_set():
                raise SlackAway("the program is stopping")
        raise NotCarried(why)


class FilesOut:
    """`carries`: files go as addresses; else none goes. `most`: bytes of the largest."""

    def __init__(
        self,
        evo: EvoVoice,
        workspace: Workspace,
        store: Store,
        fetcher: Fetcher,
        clock: Clock,
        stopping: asyncio.Event,
        *,
        carries: bool,
        most: int,
    ) -> None:
        self._evo = evo
        self._workspace = workspace
        self._store = store
        self._fetcher = fetcher
        self._clock = clock
        self._stopping = stopping
        self._carries = carries
        self._most = most

    async def settle(self, item: Item, room: int) -> tuple[File, ...]:
        """The files of a reply, each with its address or the reason why it has none; that is on the disk then.

        `room`: so many characters may be added to the words. Raises SlackError when nothing can be said now.
        """
        if not unpack_files(item.body):
            return ()
        body = self._store.read.item(item.key).body
        files = unpack_files(body)
        if body.get("settled") == item.asked_at:
            return files
        attempts = Attempts(self._clock, self._stopping, self._clock.now() + PATIENCE)
        settled: list[File] = []
        for file in files:
            done = file if _is_settled(file) else await self._settled(file, attempts)
            fits = len(addresses((*settled, done))) <= room
            settled.append(done if fits else replace(done, address="", why=pack_why(NotHere.ROOM, self._most)))
        packed = [pack_file(file) for file in settled]
        await self._store.write(lambda tx: tx.files_settled(item, packed))
        return tuple(settled)

    async def _settled(self, file: File, attempts: Attempts) -> File:
        try:
            return replace(file, address=await self._address(file, attempts), why="")
        except (NotCarried, NotFetched) as error:
            return replace(file, why=pack_why(error.why, self._most))

    async def _address(self, file: File, attempts: Attempts) -> str:
        self._look_at(file)
        fetched = await attempts.at(lambda: self._fetch(file), NotNow, NotHere.AWAY)
        name = safe_name(file.name) or fetched.name
        return await attempts.at(lambda: self._upload(name, fetched), EvoError, NotHere.REFUSED)

    def _look_at(self, file: File) -> None:
        """Raises NotCarried for what need not even be tried."""
        if not self._carries:
            raise NotCarried(NotHere.OFF)
        if self._workspace.scopes.lacks(FILES_OUT):
            raise NotCarried(NotHere.SCOPE)
        if not file.there:
            raise NotCarried(NotHere.GONE)
        if file.outside:
            raise NotCarried(NotHere.HOST)  # whoever put it there chose the address that we would go to
        if file.size > self._most:
            raise NotCarried(NotHere.BIG)

    async def _fetch(self, file: File) -> Fetched:
        fetched = await self._fetcher.fetch(file.url or await self._asked_for(file), file.type)
        if file.size and len(fetched.data) != file.size and is_page(fetched.data):
            raise NotFetched(NotHere.PAGE)  # of a web page that somebody has sent, only its size tells
        return fetched

    async def _asked_for(self, file: File) -> str:
        """Of files from elsewhere (Slack Connect) a message may tell no more than the id."""
        try:
            return await self._workspace.address_of(file.id)
        except SlackSignedOut:
            raise
        except SlackRefused as error:
            gone = error.code in {"file_deleted", "file_not_found"}
            raise NotFetched(NotHere.GONE if gone else NotHere.SCOPE) from None
        except SlackError:
            raise NotNow(NotHere.AWAY) from None

    async def _upload(self, name: str, fetched: Fetched) -> str:
        try:
            info = await self._evo.upload_file(name, fetched.type, fetched.data)
        except Refused as error:
            log.warning("Evo Voice does not take a file: HTTP %s", error.status)
            raise NotCarried(NotHere.REFUSED) from None
        address = urljoin(self._evo.url, info.uri or "")
        if not _is_address(address):
            log.warning("Evo Voice took a file and did not say where it is")
            raise NotCarried(NotHere.REFUSED)
        return address


def from_people(api_url: str, token: Callable[[], str], most: int) -> Fetcher:
    """What people put into Slack: from Slack's own hosts, which alone are shown the token."""

    async def login() -> Mapping[str, str]:
        return {"Authorization": f"Bearer {token()}"}

    api = urlsplit(api_url)
    doors = [Door.at(SLACKS_FILES, login)]
    if api.scheme == "https":
        doors.append(Door.at(f"https://files.{api.hostname}", login))  # another Slack, such as that of a government
    else:
        doors.append(Door.at(api_url, login, inside=True))  # what takes Slack's place on this machine
    return Fetcher(frozenset(), doors, most)


def addresses(files: Sequence[File]) -> str:
    """What stands under the words: a line a file that went."""
    return "\n".join(f"{one_line(file.name)[:NAME]}: {file.address}" for file in files if file.address)


def _is_settled(file: File) -> bool:
    return bool(file.address) or (bool(file.why) and unpack_why(file.why)[0] not in PASSING)


def _is_address(address: str) -> bool:
    """Such as may stand in a text: nothing else may hide in it."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and address.isprintable() and " " not in address
