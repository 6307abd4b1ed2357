"""A client of the control surface, for tests, demos and pages that run beside the stand-in."""

from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.evo.faults import Fault, FaultKind
from sandbox.evo.quirks import Quirks
from sandbox.evo.records import Effect, EffectKind, JournalEntry, Message, Session
from sandbox.evo.seeds import Seeds

_PATIENCE = 30.0  # seconds


class EvoDriver:
    """The verbs of `Controls`, over HTTP. Close it, or use it as an async context manager.

    What the stand-in refuses raises LookupError (no such session, member, number) or ValueError, as in-process.
    """

    def __init__(self, base_url: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url.rstrip("/") + "/__standin/", trust_env=False, timeout=_PATIENCE
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    # Switches

    async def fault(self, kind: FaultKind | str, operation: str = "*", **options: Any) -> Fault:
        """Set a fault; `options` are the other fields of Fault."""
        return Fault.from_json(await self._act("fault", kind=kind, operation=operation, **options))

    async def faults(self) -> list[Fault]:
        """Those that may still fire."""
        return [Fault.from_json(item) for item in await self._look("faults")]

    async def clear_faults(self, operation: str | None = None) -> None:
        """Take away the faults of one operation, or all."""
        await self._act("clear_faults", operation=operation)

    async def quirks(self) -> Quirks:
        """The behaviours in force."""
        return Quirks().changed(await self._look("quirks"))

    async def change_quirks(self, **changes: Any) -> Quirks:
        """Change some of them."""
        return Quirks().changed(await self._act("change_quirks", **changes))

    async def seeds(self) -> Seeds:
        """The population."""
        return Seeds.from_json(await self._look("seeds"))

    async def reseed(self, seeds: Seeds) -> None:
        """Replace the whole population."""
        await self._act("reseed", seeds=asdict(seeds))

    async def advance(self, seconds: float) -> int:
        """Let time pass at once; the new moment in microseconds."""
        return int(await self._act("advance", seconds=seconds))

    async def expire_sign_ins(self, email: str | None = None) -> int:
        """End the cookie sign-ins of one login, or of all; how many there were."""
        return int(await self._act("expire_sign_ins", email=email))

    async def reset(self) -> None:
        """Empty everything but the population."""
        await self._act("reset")

    # The other people

    async def hear(
        self, session_id: str, sender: str, body: str, media_uri: str | None = None, media_type: str | None = None
    ) -> Message:
        """A member or party of a live session says something."""
        args = {"session_id": session_id, "sender": sender, "body": body}
        return Message(**await self._act("hear", **args, media_uri=media_uri, media_type=media_type))

    async def text(
        self, sender: str, to: str, body: str, media_uri: str | None = None, media_type: str | None = None
    ) -> Message:
        """An SMS to one of our numbers."""
        args = {"sender": sender, "to": to, "body": body}
        return Message(**await self._act("text", **args, media_uri=media_uri, media_type=media_type))

    async def put_media(self, name: str, media_type: str, base64_data: str) -> str:
        """Keep bytes and give the URI they are served at."""
        return str(await self._act("put_media", name=name, media_type=media_type, base64_data=base64_data))

    async def join(self, session_id: str, identity: str) -> None:
        """Somebody comes in by themselves."""
        await self._act("join", session_id=session_id, identity=identity)

    async def leave(self, session_id: str, identity: str) -> None:
        """A member goes by themselves."""
        await self._act("leave", session_id=session_id, identity=identity)

    async def change_state(self, session_id: str, **states: str) -> None:
        """Set callState, queueState or holdReason."""
        await self._act("change_state", session_id=session_id, **states)

    async def end(self, session_id: str) -> None:
        """The session ends from the other side."""
        await self._act("end", session_id=session_id)

    # Looking

    async def journal(self, after: int = 0, operation: str | None = None) -> list[JournalEntry]:
        """Requests in order of arrival."""
        return [JournalEntry(**item) for item in await self._look("journal", after=after, operation=operation)]

    async def effects(self, session_id: str | None = None, kind: EffectKind | str | None = None) -> list[Effect]:
        """What changed, in order."""
        items = await self._look("effects", session_id=session_id, kind=kind)
        return [Effect(**item | {"kind": EffectKind(item["kind"])}) for item in items]

    async def sessions(self) -> list[Session]:
        """Every session."""
        return [Session(**item) for item in await self._look("sessions")]

    async def messages(self, session_id: str | None = None) -> list[Message]:
        """Every message, or those of one session."""
        return [Message(**item) for item in await self._look("messages", session_id=session_id)]

    async def watch(self, revision: int = -1, journal: int = 0, seconds: float = 20.0) -> dict[str, Any]:
        """Everything there is, once its revision is another; see `Controls.watch`."""
        params = {"revision": revision, "journal": journal, "seconds": seconds}
        return dict(_result(await self._http.get("watch", params=params, timeout=_PATIENCE + seconds)))

    async def _look(self, verb: str, **args: Any) -> Any:
        given = {name: value for name, value in args.items() if value is not None}
        return _result(await self._http.get(verb, params=given))

    async def _act(self, verb: str, **args: Any) -> Any:
        return _result(await self._http.post(verb, json=args))


def _result(response: httpx.Response) -> Any:
    if response.status_code == httpx.codes.NOT_FOUND:
        raise LookupError(response.text)
    if response.status_code == httpx.codes.BAD_REQUEST:
        raise ValueError(response.text)
    return response.raise_for_status().json()["result"]
