"""What a person, or a checker, can see."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from sandbox.slack import picture
from sandbox.slack.errors import GestureError
from sandbox.slack.people.hands import Hands

if TYPE_CHECKING:
    from sandbox.slack.world import Json


class Look(Hands):
    """Messages come as Slack writes them, with reactions and the whole metadata."""

    async def watch(self, revision: int = -1, journal: int = 0, seconds: float = 20.0) -> Json:
        """Everything there is, as soon as the revision is another than this one, or after `seconds`.

        The answer has the `revision` to ask with next; the `collections` (see picture.py); and the `journal`: its
        entries after number `journal`, at most the newest 1,000. Raises TypeError or ValueError for what is no number.
        """
        known, since = int(revision), int(journal)
        await self.desk.changes.later(known, float(seconds))
        now = self.desk.changes.revision
        return {
            "revision": now,
            "collections": picture.collections(self.desk),
            "journal": self.desk.journal.newest(since),
        }

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Json]:
        """Everything in a conversation, oldest first; with `thread_ts`, that thread's parent and replies."""
        place = self._channel(channel)
        return [
            place.render(message)
            for message in place.messages.values()
            if thread_ts is None or thread_ts in (message.ts, message.thread_ts)
        ]

    def message(self, channel: str, ts: str) -> Json:
        """One message. Raises GestureError."""
        return self._channel(channel).render(self._message(channel, ts))

    def file_content(self, file: str) -> Json:
        """What is in a file: its `name`, its `type` and its `content` in base64. Raises GestureError."""
        found = self.desk.drawer.find(file)
        if found is None or found.data is None:
            raise GestureError(f"there is no file {file!r}")
        kind = found.whole(self.desk)["mimetype"]
        return {"name": found.name, "type": kind, "content": base64.b64encode(found.data).decode()}

    def ephemerals(self, user: str) -> list[Json]:
        """What only this person sees, oldest first."""
        return [note.wire() for note in self.desk.world.ephemerals if note.user == user]
