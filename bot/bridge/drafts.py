"""A filled-in form as it is kept while its owner looks at the question about it. What packs also unpacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.model import ChannelId, Invitee, NewSessionRequest, Phone, SessionKey, SlackName, ThreadKey
from bot.packing import pack_invitee, pack_phone, pack_request, unpack_invitee, unpack_phone, unpack_request


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A session that may be opened. `name` is the gesture's: however often it is said yes to, it is one session."""

    request: NewSessionRequest
    home: ChannelId | ThreadKey
    name: SlackName

    @property
    def phones(self) -> tuple[Phone, ...]:
        """Every number that is texted, called or faxed."""
        return tuple(dict.fromkeys((*self.request.phones, *self.request.dialled)))

    @property
    def channel(self) -> ChannelId:
        return self.home.channel if isinstance(self.home, ThreadKey) else self.home

    def pack(self) -> dict[str, object]:
        home = self.home
        where = [home.team, home.channel, home.ts] if isinstance(home, ThreadKey) else home
        return {"request": pack_request(self.request), "home": where, "name": self.name}


@dataclass(frozen=True, slots=True)
class InviteDraft:
    """People who may be invited."""

    session: SessionKey
    people: Sequence[Invitee]
    caller_id: Phone | None
    name: SlackName
    greeting: str = ""

    @property
    def phones(self) -> tuple[Phone, ...]:
        return tuple(dict.fromkeys(who.phone for who in self.people if who.phone))

    def pack(self) -> dict[str, object]:
        return {
            "session": self.session,
            "people": [pack_invitee(invitee, None) for invitee in self.people],
            "caller_id": pack_phone(self.caller_id),
            "greeting": self.greeting,
            "name": self.name,
        }


Draft = NewDraft | InviteDraft


def unpack_draft(body: Mapping[str, Any]) -> Draft:
    name = SlackName(body["name"])
    if "request" in body:
        home = body["home"]
        where = ThreadKey(*home) if isinstance(home, list) else ChannelId(home)
        return NewDraft(unpack_request(body["request"]), where, name)
    people = tuple(unpack_invitee(packed) for packed in body["people"])
    return InviteDraft(SessionKey(body["session"]), people, unpack_phone(body["caller_id"]), name, body["greeting"])
