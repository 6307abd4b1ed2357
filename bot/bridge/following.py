"""A session that follows one that has ended: Evo Voice cannot reopen one, so it gets a child."""

from __future__ import annotations

from dataclasses import replace

from bot.model import Email, Item, Mode, NewSessionRequest, Phone, Session
from bot.packing import unpack_request
from bot.people import read_email
from bot.phones import read_phone


def follow(session: Session, opening: Item | None, region: str, own_login: str) -> NewSessionRequest:
    """The same kind, name and people, whoever was in it at last; nothing is said in it yet. `own_login` is us.

    Not those whom Evo Voice did not add when it was asked to: it would not add them now.
    """
    before = unpack_request(opening.body) if opening and "type" in opening.body else None
    request = before or NewSessionRequest(session.type, session.name)
    emails, phones = _people(session, region, own_login)
    return replace(
        request,
        type=session.type,
        name=session.name,
        with_label=session.with_label,
        emails=tuple(dict.fromkeys([*(one for one in request.emails if one.address not in session.missing), *emails])),
        phones=tuple(dict.fromkeys([*request.phones, *phones])),
        parent_id=session.evo_id,
        first_message="",
        call_state=None,
        mode=_mode(session.mode),
    )


def left_out(session: Session, request: NewSessionRequest) -> list[str]:
    """Who was asked for in the session, was not added, and is not in what follows it either."""
    there = {one.address.casefold() for one in request.emails}
    return [address for address in session.missing if address.casefold() not in there]


def _mode(mode: Mode) -> Mode | None:
    return None if mode is Mode.RELAY else mode


def _people(session: Session, region: str, own_login: str) -> tuple[list[Email], list[Phone]]:
    """Members as they can be asked for again; whoever Evo Voice names in another way is not among them."""
    emails, phones = [], []
    for identity in (member.identity for member in session.members):
        if "@" in identity and isinstance(found := read_email(identity), Email):
            emails += [found] if found.address.casefold() != own_login.casefold() else []
        elif identity.startswith("+") and isinstance(number := read_phone(identity, region), Phone):
            phones.append(number)
    return emails, phones
