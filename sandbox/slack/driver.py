"""The gestures and switches of a stand-in that runs in another process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import aiohttp

from sandbox.slack.errors import GestureError
from sandbox.slack.people.outcomes import Heard, Submitted
from sandbox.slack.text import Raw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from sandbox.slack.world import Json

CONFLICT = 409
SECONDS = 60.0


class SlackDriver:
    """`async with SlackDriver("http://127.0.0.1:PORT") as slack:`, then the verbs of SlackStandIn, all awaited.

    Raises GestureError as they do, RuntimeError for a call the control surface does not understand.
    """

    def __init__(self, base_url: str) -> None:
        self.url = base_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    @property
    def api_url(self) -> str:
        """What slack-sdk takes as base_url."""
        return f"{self.url}/api/"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def do(self, verb: str, **args: Any) -> Any:
        """Any verb of the control surface by name."""
        return await self._do(verb, args)

    async def _do(self, verb: str, args: Json, patience: float = SECONDS) -> Any:
        if self._session is None:
            raise RuntimeError("use SlackDriver in an async with")
        limit = aiohttp.ClientTimeout(total=patience)
        async with self._session.post(f"{self.url}/__standin/{verb}", json=args, timeout=limit) as answer:
            body = await answer.json()
        if body["ok"]:
            return body["result"]
        raise (GestureError if answer.status == CONFLICT else RuntimeError)(body["error"])

    async def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        *,
        broadcast: bool = False,
        files: Sequence[Json] = (),
        tables: Sequence[Sequence[Sequence[str]]] = (),
        raw: bool = False,
    ) -> str:
        """Write a message; its ts. `raw` text is mrkdwn already, such as a mention; `tables` are pasted cells."""
        place = {"user": user, "channel": channel, "text": str(text), "thread_ts": thread_ts}
        more = {
            "broadcast": broadcast,
            "files": list(files),
            "tables": list(tables),
            "raw": raw or isinstance(text, Raw),
        }
        return str(await self.do("say", **place, **more))

    async def edit(self, user: str, channel: str, ts: str, text: str, raw: bool = False) -> None:
        """Change one's own message; `raw` text is mrkdwn already."""
        is_raw = raw or isinstance(text, Raw)
        await self.do("edit", user=user, channel=channel, ts=ts, text=str(text), raw=is_raw)

    async def unfurl(self, channel: str, ts: str) -> None:
        """A link's preview appears."""
        await self.do("unfurl", channel=channel, ts=ts)

    async def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete a message."""
        await self.do("delete", user=user, channel=channel, ts=ts)

    async def react(self, user: str, channel: str, ts: str, name: str, *, remove: bool = False) -> None:
        """Add a reaction, or take it back."""
        await self.do("react", user=user, channel=channel, ts=ts, name=name, remove=remove)

    async def join(self, user: str, channel: str) -> None:
        """Come into a conversation."""
        await self.do("join", user=user, channel=channel)

    async def leave(self, user: str, channel: str, actor: str | None = None) -> None:
        """Leave a conversation."""
        await self.do("leave", user=user, channel=channel, actor=actor)

    async def archive(self, user: str, channel: str, *, undo: bool = False) -> None:
        """Archive a conversation, or bring it back."""
        await self.do("archive", user=user, channel=channel, undo=undo)

    async def share(self, channel: str, *, undo: bool = False) -> None:
        """Another organization comes into a channel, or leaves it."""
        await self.do("share", channel=channel, undo=undo)

    async def open_home(self, user: str, tab: str = "home") -> None:
        """Look at the app: at its Home tab, or at the messages with it."""
        await self.do("open_home", user=user, tab=tab)

    async def slash(self, user: str, channel: str, command: str, text: str = "", *, raw: bool = False) -> Heard:
        """Type a slash command; `raw` text is mrkdwn already."""
        return Heard(**await self.do("slash", user=user, channel=channel, command=command, text=text, raw=raw))

    async def shortcut_global(self, user: str, callback_id: str) -> Heard:
        """Choose a global shortcut."""
        return Heard(**await self.do("shortcut_global", user=user, callback_id=callback_id))

    async def shortcut_message(self, user: str, callback_id: str, channel: str, ts: str) -> Heard:
        """Choose a message's shortcut."""
        place = {"channel": channel, "ts": ts}
        return Heard(**await self.do("shortcut_message", user=user, callback_id=callback_id, **place))

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str | None = None,
        *,
        block_id: str | None = None,
        index: int | None = None,
        value: Any = None,
    ) -> Heard:
        """Use an element of a message."""
        element = {"action_id": action_id, "block_id": block_id, "index": index, "value": value}
        return Heard(**await self.do("click", user=user, channel=channel, ts=ts, **element))

    async def view(self, user: str) -> Json | None:
        """The modal a person sees."""
        found: Json | None = await self.do("view", user=user)
        return found

    async def views(self, user: str) -> list[Json]:
        """Their stack of modals."""
        return list(await self.do("views", user=user))

    async def home(self, user: str) -> Json | None:
        """Their Home tab."""
        found: Json | None = await self.do("home", user=user)
        return found

    async def fill(self, user: str, values: Mapping[str, Any]) -> list[Heard]:
        """Put values into the visible modal."""
        return [Heard(**answer) for answer in await self.do("fill", user=user, values=dict(values))]

    async def press(self, user: str, key: str, value: Any = None, *, home: bool = False) -> Heard:
        """Use a button or menu of the visible modal, or of the Home tab."""
        return Heard(**await self.do("press", user=user, key=key, value=value, home=home))

    async def suggest(self, user: str, key: str, query: str = "") -> list[Json]:
        """Type into an external menu."""
        return list(await self.do("suggest", user=user, key=key, query=query))

    async def submit(self, user: str) -> Submitted:
        """Submit the visible modal."""
        return Submitted(**await self.do("submit", user=user))

    async def close(self, user: str) -> Heard | None:
        """Close the visible modal."""
        answer = await self.do("close", user=user)
        return Heard(**answer) if answer else None

    async def messages(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        """What was said."""
        return list(await self.do("messages", channel=channel, thread_ts=thread_ts))

    async def message(self, channel: str, ts: str) -> Json:
        """One message."""
        return dict(await self.do("message", channel=channel, ts=ts))

    async def file_content(self, file: str) -> Json:
        """What is in a file, in base64."""
        return dict(await self.do("file_content", file=file))

    async def ephemerals(self, user: str) -> list[Json]:
        """What only this person sees."""
        return list(await self.do("ephemerals", user=user))

    async def group(self, group: str, **changes: Any) -> None:
        """Found or change a user group: users, handle, name, disabled."""
        await self.do("group", group=group, **changes)

    async def configure(self, **changes: Any) -> None:
        """Change settings, such as events_url."""
        await self.do("configure", **changes)

    async def fault(self, method: str, fault: str, **details: float | str) -> None:
        """Order a fault of a Web API method."""
        await self.do("fault", method=method, fault=fault, **details)

    async def delivery_faults(self, **changes: float | bool) -> None:
        """Set faults of deliveries: duplicates, shuffle_seconds, drop_acks, mention_first."""
        await self.do("delivery_faults", **changes)

    async def clear_faults(self) -> None:
        """Everything works again."""
        await self.do("clear_faults")

    async def limits(self, strictness: str, **details: int) -> None:
        """Rate limits: off, normal, harsh."""
        await self.do("limits", strictness=strictness, **details)

    async def advance(self, seconds: float) -> None:
        """Let time pass for expiry and rate limits."""
        await self.do("advance", seconds=seconds)

    async def disconnect(self, reason: str = "refresh_requested") -> int:
        """Ask the Socket Mode clients to reconnect."""
        return int(await self.do("disconnect", reason=reason))

    async def drop_sockets(self, *, rude: bool = False) -> int:
        """Close every socket without a word, if `rude` as a broken cable would."""
        return int(await self.do("drop_sockets", rude=rude))

    async def journal(self, kind: str | None = None, since: int = 0) -> list[Json]:
        """What passed between Slack and the app."""
        return list(await self.do("journal", kind=kind, since=since))

    async def watch(self, revision: int = -1, journal: int = 0, seconds: float = 20.0) -> Json:
        """Everything there is, once its revision is another; see `Look.watch`."""
        args = {"revision": revision, "journal": journal, "seconds": seconds}
        return dict(await self._do("watch", args, SECONDS + seconds))

    async def pending(self) -> int:
        """How many events are still under way."""
        return int(await self.do("pending"))

    async def connections(self) -> int:
        """How many sockets the app has open."""
        return int(await self.do("connections"))
