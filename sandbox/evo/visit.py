"""One request on its way through: the journal around it, its fault, and the operation in between."""

import asyncio
from collections.abc import Awaitable

from sandbox.evo.faults import Delivery, FaultBoard, play
from sandbox.evo.journal import Journal
from sandbox.evo.operations import match
from sandbox.evo.routes import Routes
from sandbox.evo.wire import Answer, Call, Refusal
from sandbox.evo.world import World

_NOT_FOUND = Answer(404, b"Handler for Request not found (404)", "text/plain")


class Visit:
    """Also the Stage its fault plays on. `late` holds the effects that outlive their requests."""

    def __init__(
        self, world: World, routes: Routes, journal: Journal, late: set[asyncio.Task[Answer]], call: Call
    ) -> None:
        self._world = world
        self._routes = routes
        self._journal = journal
        self._late = late
        self._call = call
        self._match = match(call.verb, call.segments)
        self._number = 0
        self._began = world.clock.now()
        self._carried_out = False

    async def run(self, board: FaultBoard) -> Delivery:
        """Journal it, let its fault play, journal what came of it."""
        name = self._match.operation.name if self._match else None
        self._number = self._journal.open(self._call, name, self._login())
        fault = board.take(name)
        self._note(
            fault=str(fault.kind) if fault else None,
            note="bulk delete attempted" if name == "DeleteSessions" else None,
        )
        delivery = await play(fault, self)
        self._note(status=delivery.answer.status if delivery.answer else None)
        if delivery.answer and not self._carried_out:
            self._journal.answered(self._number, _readable(delivery.answer))
        return delivery

    def over(self) -> None:
        """Nothing more of it goes on the wire."""
        self._note(seconds=(self._world.clock.now() - self._began) / 1_000_000)

    def act(self) -> Answer:
        """Carry the operation out, and note that it was."""
        with self._world.on_behalf_of(self._number):
            answer = self._answer()
        self._note(did=answer.status)
        self._journal.answered(self._number, _readable(answer))
        self._carried_out = True
        return answer

    async def sleep(self, seconds: float) -> None:
        """By the world's clock."""
        await self._world.clock.sleep(seconds)

    def later(self, seconds: float) -> Awaitable[Answer]:
        """Outlives the request, not the server."""
        task = asyncio.create_task(self._act_later(seconds))
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        return task

    def sign_out(self) -> None:
        """End the sign-in it came with."""
        self._routes.gate.expire_of(self._call)

    async def _act_later(self, seconds: float) -> Answer:
        await self.sleep(seconds)
        return self.act()

    def _answer(self) -> Answer:
        agent = self._world.quirks.refused_agent
        if agent and self._call.headers.get("User-Agent", "").startswith(agent):
            return Answer(403)
        return _NOT_FOUND if self._match is None else self._routes.perform(self._call, self._match)

    def _login(self) -> str | None:
        try:
            login = self._routes.gate.who(self._call)
        except Refusal:
            return None
        return login.email if login else None

    def _note(self, **columns: float | str | None) -> None:
        self._journal.complete(self._number, **columns)


def _readable(answer: Answer) -> bytes:
    """A picture in a journal helps nobody."""
    kind = answer.content_type or ""
    if not kind or "json" in kind or kind.startswith("text/"):
        return answer.body
    return f"({len(answer.body)} bytes)".encode()
