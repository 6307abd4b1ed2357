"""The other side of the stand-in: everything a test, a demo or a checker may do and see, in-process or over HTTP."""

import base64
import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from sandbox.changes import Changes
from sandbox.evo import picture
from sandbox.evo.faults import Fault, FaultBoard, FaultKind
from sandbox.evo.journal import Journal
from sandbox.evo.operations import CALL_STATES, HOLD_REASONS, QUEUE_STATES
from sandbox.evo.quirks import Quirks
from sandbox.evo.records import Effect, EffectKind, JournalEntry, Message, Session
from sandbox.evo.routes import Routes
from sandbox.evo.seeds import Seeds
from sandbox.evo.sessions import is_phone, phone_member, user_member
from sandbox.evo.world import World

_STATES = {"callState": CALL_STATES, "queueState": QUEUE_STATES, "holdReason": HOLD_REASONS}


class Controls:
    """The verbs. Those that name a session, a member or a number that is not there raise LookupError."""

    def __init__(self, world: World, routes: Routes, journal: Journal, changes: Changes, *, seed: int) -> None:
        self._world = world
        self._routes = routes
        self._journal = journal
        self._changes = changes
        self._first_quirks = world.quirks
        self.board = FaultBoard(seed, changes)

    # Switches

    def fault(self, kind: FaultKind | str, operation: str = "*", **options: Any) -> Fault:
        """Set a fault; `options` are the other fields of Fault. `down` lasts until cleared unless `times` is given.

        Raises ValueError or TypeError.
        """
        lasting: dict[str, Any] = {"times": None} if kind == FaultKind.DOWN else {}
        fault = Fault.from_json({"kind": kind, "operation": operation} | lasting | options)
        self.board.set(fault)
        if fault.kind is FaultKind.DOWN:
            self.drop_connections()
        return fault

    def faults(self) -> list[Fault]:
        """Those that may still fire."""
        return self.board.live()

    def clear_faults(self, operation: str | None = None) -> None:
        """Take away the faults of one operation, or all."""
        self.board.clear(operation)

    def drop_connections(self) -> None:
        """Abort every open connection of a client."""

    def quirks(self) -> Quirks:
        """The behaviours in force."""
        return self._world.quirks

    def change_quirks(self, **changes: Any) -> Quirks:
        """Change some of them. Raises ValueError for a field or value that does not exist."""
        self._world.quirks = self._world.quirks.changed(changes)
        return self._world.quirks

    def seeds(self) -> Seeds:
        """The population."""
        return self._world.people.seeds

    def reseed(self, seeds: Seeds | Mapping[str, Any]) -> None:
        """Replace the whole population; sessions stay."""
        self._world.settle(seeds if isinstance(seeds, Seeds) else Seeds.from_json(seeds))

    def advance(self, seconds: float) -> int:
        """Let time pass at once; the new moment. Waiting faults wake, sign-ins and sessions age."""
        self._world.advance(seconds)
        return self._world.clock.now()

    def expire_sign_ins(self, email: str | None = None) -> int:
        """End the cookie sign-ins of one login, or of all; how many there were."""
        return self._routes.gate.expire(email)

    def reset(self) -> None:
        """Empty everything but the population: sessions, messages, journal, sign-ins, faults; first quirks again."""
        self._world.store.wipe()
        self._world.quirks = self._first_quirks
        self.board.reset()

    # The other people

    def hear(
        self, session_id: str, sender: str, body: str, media_uri: str | None = None, media_type: str | None = None
    ) -> Message:
        """A member (e-mail) or party (number) of a live session says something."""
        return self._routes.messages.hear(session_id, sender, body, media_uri, media_type)

    def text(
        self, sender: str, to: str, body: str, media_uri: str | None = None, media_type: str | None = None
    ) -> Message:
        """An SMS to one of our numbers: joins the sender's live session, else stands alone."""
        return self._routes.messages.text(sender, to, body, media_uri, media_type)

    def put_media(self, name: str, media_type: str, base64_data: str) -> str:
        """Keep bytes and give the URI they are served at, for `media_uri`. Raises ValueError for bad base64."""
        return self._routes.files.put(name, media_type, base64.b64decode(base64_data, validate=True))

    def join(self, session_id: str, identity: str) -> None:
        """Somebody known, or a number, comes in by themselves."""
        sessions, row = self._routes.sessions, self._routes.sessions.row(session_id)
        user = self._world.people.by_email(row["account"], identity)
        if user is None and not is_phone(identity):
            raise LookupError(f"nobody is called {identity!r}")
        member = user_member(user) if user else phone_member(identity)
        with self._world.store.transaction():
            sessions.add_member(session_id, member)
            sessions.log(session_id, f"{member['displayName']} joined")
            self._world.effect(EffectKind.JOINED, session_id, identity=member["identity"])

    def leave(self, session_id: str, identity: str) -> None:
        """A member goes by themselves."""
        with self._world.store.transaction():
            if not self._routes.sessions.drop_member(session_id, identity):
                raise LookupError(f"{identity!r} is not in session {session_id!r}")
            self._routes.sessions.log(session_id, f"{identity} left")
            self._world.effect(EffectKind.LEFT, session_id, identity=identity)

    def change_state(self, session_id: str, **states: str) -> None:
        """Set callState, queueState or holdReason. Raises ValueError for others."""
        for name, value in states.items():
            if value not in _STATES.get(name, ()):
                raise ValueError(f"{name} cannot be {value!r}")
        with self._world.store.transaction():
            self._routes.sessions.change(session_id, dict(states))
            self._world.effect(EffectKind.PATCHED, session_id, **states)

    def end(self, session_id: str) -> None:
        """The session ends from the other side; nothing happens to one that has ended."""
        if self._routes.sessions.row(session_id)["completed"] is None:
            self._routes.sessions.finish(session_id, "the other side")

    # Looking

    def journal(self, after: int = 0, operation: str | None = None) -> list[JournalEntry]:
        """Requests in order of arrival, those cut as well."""
        return self._journal.read(after, operation)

    def effects(self, session_id: str | None = None, kind: EffectKind | str | None = None) -> list[Effect]:
        """What changed, in order."""
        return self._world.effects(session_id, kind)

    def sessions(self) -> list[Session]:
        """Every session, archived ones too."""
        return list(self._routes.sessions.records())

    def messages(self, session_id: str | None = None) -> list[Message]:
        """Every message, or those of one session."""
        return self._routes.messages.records(session_id)

    async def watch(self, revision: int = -1, journal: int = 0, seconds: float = 20.0) -> dict[str, Any]:
        """Everything there is, as soon as the revision is another than this one, or after `seconds`.

        The answer has the `revision` to ask with next; the `collections` (see picture.py); and the `journal`: entries
        with a higher number than `journal`, and those that have changed since `revision`; at most the newest 1,000.
        Raises ValueError for what is no number.
        """
        known, after = int(revision), int(journal)
        await self._changes.later(known, float(seconds))
        now = self._changes.revision
        entries = self._journal.news(after, known)
        return {
            "revision": now,
            "collections": picture.collections(self._world, self._routes, self.board),
            "journal": plain(entries),
        }


class Desk:
    """The verbs over HTTP: GET to look, POST with a JSON object to act; answers are JSON."""

    def __init__(self, controls: Controls) -> None:
        self._looks: dict[str, Callable[..., Any]] = {
            name: getattr(controls, name)
            for name in ("faults", "quirks", "seeds", "journal", "effects", "sessions", "messages", "watch")
        }
        self._acts: dict[str, Callable[..., Any]] = {
            name: getattr(controls, name)
            for name in (
                "fault",
                "clear_faults",
                "change_quirks",
                "reseed",
                "advance",
                "expire_sign_ins",
                "reset",
                "hear",
                "text",
                "put_media",
                "join",
                "leave",
                "change_state",
                "end",
            )
        }

    def names(self) -> dict[str, list[str]]:
        """Everything that can be said here."""
        return {"GET": sorted(self._looks), "POST": sorted(self._acts)}

    async def say(self, method: str, verb: str, args: dict[str, Any]) -> tuple[int, Any]:
        """Status and JSON value: 404 for no such verb or thing, 400 for arguments that do not fit."""
        action = (self._looks if method == "GET" else self._acts).get(verb)
        if action is None:
            return 404, {"error": f"no such verb: {method} {verb}"}
        try:
            inspect.signature(action).bind(**args)
            result = action(**args)
            return 200, {"result": plain(await result if inspect.isawaitable(result) else result)}
        except LookupError as error:
            return 404, {"error": str(error)}
        except (TypeError, ValueError) as error:
            return 400, {"error": str(error)}


def plain(value: Any) -> Any:
    """Records as JSON values."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
