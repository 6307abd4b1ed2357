"""What all gestures need: checks that a person could be where they act, and the parts of a payload."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from sandbox.slack.desk import VERIFICATION_TOKEN
from sandbox.slack.errors import GestureError, RefusedError
from sandbox.slack.people.outcomes import Heard
from sandbox.slack.seeds import Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.slack.delivery import Receipt
    from sandbox.slack.desk import Desk
    from sandbox.slack.seeds import Person
    from sandbox.slack.world import Channel, Json, Message


class Hands:
    """The base of every set of gestures; `desk` is the stand-in's inside."""

    desk: Desk

    def _person(self, user: str) -> Person:
        try:
            person = self.desk.world.person(user)
        except RefusedError as error:
            raise GestureError(f"there is nobody {user!r}") from error
        if person.deleted:
            raise GestureError(f"{person.name} is deactivated")
        return person

    def _channel(self, channel: str) -> Channel:
        try:
            return self.desk.world.channel(channel)
        except RefusedError as error:
            raise GestureError(f"there is no conversation {channel!r}") from error

    def _present(self, user: str, channel: str) -> Channel:
        """A conversation this person is in."""
        self._person(user)
        found = self._channel(channel)
        if user not in found.members:
            raise GestureError(f"{user} is not in {channel}")
        return found

    def _active(self, user: str, channel: str) -> Channel:
        found = self._present(user, channel)
        if found.is_archived:
            raise GestureError(f"{channel} is archived")
        return found

    def _message(self, channel: str, ts: str) -> Message:
        try:
            return self.desk.world.message(channel, ts)
        except RefusedError as error:
            raise GestureError(f"there is no message {ts} in {channel}") from error

    def _member(self, user: str) -> Person:
        """Commands and shortcuts are for the installing workspace only."""
        person = self._person(user)
        if person.team_id != self.desk.world.seed.team_id:
            raise GestureError(f"{person.name} belongs to another workspace")
        return person

    def _payload(self, kind: str, user: str) -> Json:
        """What every interaction payload carries."""
        seed, person = self.desk.world.seed, self._person(user)
        who = {"id": user, "username": person.name, "name": person.name, "team_id": person.team_id}
        return {
            "type": kind,
            "token": VERIFICATION_TOKEN,
            "api_app_id": seed.app_id,
            "team": {"id": seed.team_id, "domain": seed.team_domain},
            "user": who,
            "enterprise": {"id": seed.enterprise_id} if seed.enterprise_id else None,
            "is_enterprise_install": seed.is_enterprise_install,
        }

    def _response_url(self, user: str, channel: str, ts: str | None = None) -> str:
        return self.desk.url + self.desk.response_urls.new(user, channel, ts)

    @staticmethod
    def _place(channel: Channel) -> Json:
        names = {Kind.IM: "directmessage", Kind.PRIVATE: "privategroup"}
        return {"id": channel.id, "name": names.get(channel.kind, channel.name)}


class Gestures(Hands):
    """The base of the sets that do something: after each public coroutine of theirs, watchers look again."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if Gestures not in cls.__bases__:
            return
        for name, gesture in list(vars(cls).items()):
            if inspect.iscoroutinefunction(gesture) and not name.startswith("_"):
                setattr(cls, name, _noticed(gesture))


def _noticed(gesture: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(gesture)
    async def noticed(self: Hands, *args: Any, **kwargs: Any) -> Any:
        try:
            return await gesture(self, *args, **kwargs)
        finally:
            self.desk.changes.bump()

    return noticed


def heard(receipt: Receipt, trouble: str = "") -> Heard:
    """A receipt as a person's outcome."""
    return Heard(str(receipt.outcome), receipt.body, trouble or receipt.detail)
