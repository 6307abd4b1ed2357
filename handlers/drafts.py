"""A filled-in modal as it is kept while its owner looks at a question. What packs also unpacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.model import ChannelId, Invitee, NewSessionRequest, Phone, SessionKey, ThreadKey
from bot.packing import pack_invitee, pack_phone, pack_request, unpack_invitee, unpack_phone, unpack_request


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A session that may be opened."""

    request: NewSessionRequest
    home: ChannelId | ThreadKey

    def pack(self) -> dict[str, object]:
        home = self.home
        where = [home.team, home.channel, home.ts] if isinstance(home, ThreadKey) else home
        return {"request": pack_request(self.request), "home": where}

    @classmethod
    def unpack(cls, body: dict[str, Any]) -> NewDraft:
        home = body["home"]
        return cls(unpack_request(body["request"]), ThreadKey(*home) if isinstance(home, list) else ChannelId(home))


@dataclass(frozen=True, slots=True)
class InviteDraft:
    """People who may be invited."""

    session: SessionKey
    people: Sequence[Invitee]
    caller_id: Phone | None
    greeting: str = ""

    def pack(self) -> dict[str, object]:
        return {
            "session": self.session,
            "people": [pack_invitee(invitee, None) for invitee in self.people],
            "caller_id": pack_phone(self.caller_id),
            "greeting": self.greeting,
        }

    @classmethod
    def unpack(cls, body: dict[str, Any]) -> InviteDraft:
        people = tuple(unpack_invitee(packed) for packed in body["people"])
        return cls(SessionKey(body["session"]), people, unpack_phone(body["caller_id"]), body["greeting"])
