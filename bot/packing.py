"""What items and drafts keep, as JSON. What packs also unpacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.model import (
    CallState,
    Direction,
    Email,
    EvoSessionId,
    File,
    Invitee,
    Mode,
    NewSessionRequest,
    Phone,
    SessionType,
    UserId,
)


def pack_request(request: NewSessionRequest) -> dict[str, Any]:
    """A filled-in modal as JSON: what is kept in a draft and in an item that opens a session."""
    return {
        "type": request.type,
        "name": request.name,
        "with_address": request.with_address,
        "with_label": request.with_label,
        "emails": [email.address for email in request.emails],
        "phones": [pack_phone(phone) for phone in request.phones],
        "from_number": pack_phone(request.from_number),
        "to": pack_phone(request.to),
        "first_message": request.first_message,
        "start": request.start,
        "customer_id": request.customer_id,
        "parent_id": request.parent_id,
        "direction": request.direction,
        "call_state": request.call_state,
        "from_address": _pack_address(request.from_address),
        "from_name": request.from_name,
        "to_address": _pack_address(request.to_address),
        "destination": _pack_address(request.destination),
        "customer_label": request.customer_label,
        "mode": request.mode,
    }


def unpack_request(body: Mapping[str, Any]) -> NewSessionRequest:
    phones = (unpack_phone(phone) for phone in body["phones"])
    return NewSessionRequest(
        type=SessionType(body["type"]),
        name=body["name"],
        with_address=body["with_address"],
        with_label=body["with_label"],
        emails=tuple(Email(address) for address in body["emails"]),
        phones=tuple(phone for phone in phones if phone is not None),
        from_number=unpack_phone(body["from_number"]),
        to=unpack_phone(body["to"]),
        first_message=body["first_message"],
        start=body["start"],
        customer_id=body["customer_id"],
        parent_id=None if body["parent_id"] is None else EvoSessionId(body["parent_id"]),
        direction=None if body["direction"] is None else Direction(body["direction"]),
        call_state=None if body["call_state"] is None else CallState(body["call_state"]),
        from_address=_unpack_address(body["from_address"]),
        from_name=body["from_name"],
        to_address=_unpack_address(body["to_address"]),
        destination=_unpack_address(body["destination"]),
        customer_label=body["customer_label"],
        mode=None if body["mode"] is None else Mode(body["mode"]),
    )


def pack_invitee(invitee: Invitee, caller_id: Phone | None) -> dict[str, Any]:
    return {
        "phone": pack_phone(invitee.phone),
        "email": invitee.email.address if invitee.email else None,
        "slack_user": invitee.slack_user,
        "typed": invitee.typed,
        "why": invitee.why,
        "caller_id": pack_phone(caller_id),
    }


def unpack_invitee(body: Mapping[str, Any]) -> Invitee:
    return Invitee(
        phone=unpack_phone(body["phone"]),
        email=Email(body["email"]) if body["email"] else None,
        slack_user=UserId(body["slack_user"]) if body["slack_user"] else None,
        typed=body["typed"],
        why=body["why"],
    )


def pack_file(file: File) -> dict[str, Any]:
    return asdict(file)


def unpack_files(body: Mapping[str, Any]) -> tuple[File, ...]:
    """The files of a reply; most have none."""
    return tuple(File(**file) for file in body.get("files") or ())


def pack_phone(phone: Phone | None) -> list[str] | None:
    return None if phone is None else [phone.e164, phone.region]


def unpack_phone(packed: Any) -> Phone | None:
    return None if packed is None else Phone(*packed)


def _pack_address(address: Phone | Email | None) -> list[str] | str | None:
    """A number is a pair, an e-mail address a text."""
    return address.address if isinstance(address, Email) else pack_phone(address)


def _unpack_address(packed: Any) -> Phone | Email | None:
    return Email(packed) if isinstance(packed, str) else unpack_phone(packed)
