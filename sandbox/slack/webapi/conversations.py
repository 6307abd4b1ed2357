"""conversations.*: what the app reads. Source: docs reference/methods/conversations.*."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.slack import events
from sandbox.slack.errors import RefusedError, invalid_arguments
from sandbox.slack.seeds import Kind
from sandbox.slack.webapi.call import SCOPE_PREFIX, page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.slack.webapi.call import Call
    from sandbox.slack.world import Channel, Json, Message

MOST_MESSAGES = 999
MOST_IN_MPIM = 8


def info(call: Call) -> Json:
    """conversations.info."""
    channel = call.channel("read")
    counts = {"num_members": len(channel.members)} if call.flag("include_num_members") else {}
    return {"channel": {**_wire(call, channel), **counts}}


def list_(call: Call) -> Json:
    """conversations.list: public ones, and others the bot is in."""
    kinds = _kinds(call)
    found = [channel for channel in call.desk.world.channels.values() if _listed(call, channel, kinds)]
    shown, cursor = page(call, found, 100)
    wires = [_wire(call, channel) for channel in shown]
    return {"channels": wires, "response_metadata": {"next_cursor": cursor}}


def mine(call: Call) -> Json:
    """users.conversations: those the bot is in."""
    kinds = _kinds(call)
    there = [channel for channel in call.desk.world.channels.values() if call.desk.world.has_bot(channel)]
    shown, cursor = page(call, [channel for channel in there if _listed(call, channel, kinds)], 100)
    wires = [_wire(call, channel) for channel in shown]
    return {"channels": wires, "response_metadata": {"next_cursor": cursor}}


def members(call: Call) -> Json:
    """conversations.members."""
    channel = call.channel("read")
    shown, cursor = page(call, channel.members, 100)
    return {"members": shown, "response_metadata": {"next_cursor": cursor}}


def history(call: Call) -> Json:
    """conversations.history: newest first, threads by their parents only."""
    channel = call.joined("history")
    inside = [message for message in _between(call, channel.messages.values()) if message.in_channel]
    return _paged(call, channel, inside[::-1])


def replies(call: Call) -> Json:
    """conversations.replies: the parent, then its replies, oldest first. Raises thread_not_found."""
    channel = call.joined("history")
    parent = channel.messages.get(call.need("ts"))
    if parent is None:
        raise RefusedError("thread_not_found")
    inside = [] if parent.is_reply else list(_between(call, channel.replies(parent.ts)))
    return _paged(call, channel, [parent, *inside])


def join(call: Call) -> Json:
    """conversations.join: public ones only."""
    call.need_scope("channels:join")
    channel = call.channel()
    if channel.kind is not Kind.PUBLIC:
        raise RefusedError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise RefusedError("is_archived")
    if call.desk.world.has_bot(channel):
        already = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
        return {"channel": _wire(call, channel), **already}
    _enter(call, channel)
    return {"channel": _wire(call, channel)}


def open_(call: Call) -> Json:
    """conversations.open: direct messages with one person or up to eight."""
    users = [user.strip() for user in call.need("users").split(",") if user.strip()]
    if len(users) > MOST_IN_MPIM:
        raise RefusedError("too_many_users")
    call.need_scope("im:write" if len(users) == 1 else "mpim:write")
    for user in users:
        if call.desk.world.person(user).deleted:
            raise RefusedError("user_disabled")
    channel, known = call.desk.world.open_direct(users)
    shown = _wire(call, channel) if call.flag("return_im") else {"id": channel.id}
    return {"channel": shown, **({"no_op": True, "already_open": True} if known else {})}


def _enter(call: Call, channel: Channel) -> None:
    seed = call.desk.world.seed
    channel.members.append(seed.bot_user)
    ts = call.desk.world.new_ts()
    call.desk.tell(events.membership(channel, seed.bot_user, seed.team_id, ts, joined=True), channel)


def _kinds(call: Call) -> set[Kind]:
    try:
        kinds = {Kind(word.strip()) for word in (call.text("types") or Kind.PUBLIC).split(",")}
    except ValueError as error:
        raise RefusedError("invalid_types") from error
    for kind in sorted(kinds):
        call.need_scope(f"{SCOPE_PREFIX[kind]}:read")
    return kinds


def _listed(call: Call, channel: Channel, kinds: set[Kind]) -> bool:
    visible = channel.kind is Kind.PUBLIC or call.desk.world.has_bot(channel)
    hidden = channel.is_archived and call.flag("exclude_archived")
    return channel.kind in kinds and visible and not hidden


def _moment(call: Call, name: str) -> tuple[int, int] | None:
    """A ts as numbers that compare exactly; a float would not."""
    text = call.text(name)
    if not text:
        return None
    seconds, _, fraction = text.partition(".")
    if not (seconds.isdigit() and (fraction.isdigit() or not fraction)):
        raise invalid_arguments(f"invalid {name}")
    return int(seconds), int(fraction.ljust(6, "0")[:6])


def _between(call: Call, messages: Iterable[Message]) -> Iterable[Message]:
    oldest, latest = _moment(call, "oldest"), _moment(call, "latest")
    inclusive = call.flag("inclusive")
    for message in messages:
        seconds, _, fraction = message.ts.partition(".")
        at = (int(seconds), int(fraction))
        early = oldest is not None and (at < oldest or (at == oldest and not inclusive))
        late = latest is not None and (at > latest or (at == latest and not inclusive))
        if not early and not late:
            yield message


def _paged(call: Call, channel: Channel, messages: list[Message]) -> Json:
    shown, cursor = page(call, messages, call.desk.limits.page(100), call.desk.limits.page(MOST_MESSAGES))
    whole = call.flag("include_all_metadata")
    wires = [channel.render(message, all_metadata=whole) for message in shown]
    more = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
    return {"messages": wires, "has_more": bool(cursor), **more}


def _wire(call: Call, channel: Channel) -> Json:
    facts = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": channel.kind is Kind.IM,
        "context_team_id": call.desk.world.seed.team_id,
    }
    if channel.kind is Kind.IM:
        return facts | {"user": _other(call, channel), "is_org_shared": False}
    return facts | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind is Kind.PUBLIC,
        "is_group": channel.kind is Kind.PRIVATE,
        "is_mpim": channel.kind is Kind.MPIM,
        "is_private": channel.kind is not Kind.PUBLIC,
        "is_member": call.desk.world.has_bot(channel),
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_general": False,
    }


def _other(call: Call, channel: Channel) -> str:
    bot = call.desk.world.seed.bot_user
    return next((user for user in channel.members if user != bot), bot)
