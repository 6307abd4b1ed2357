"""A session and an item to draw, and the one question every drawn message must pass."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from slack_sdk.models.blocks import Block

from bot.model import (
    ChannelId,
    EvoSessionId,
    Invitee,
    Item,
    ItemKey,
    Kind,
    Life,
    Mark,
    Member,
    Phone,
    Session,
    SessionKey,
    SessionType,
    SlackName,
    State,
    TeamId,
    Ts,
    UserId,
)
from bot.packing import pack_invitee
from bot.views import Message
from bot.views.card import Spot, Us, card
from sandbox.slack.blocks import check_message

PHONE = Phone("+15035550123", "US")
OUR_MARKUP = re.compile(
    r"<@[UW][A-Z0-9]+>|<#C[A-Z0-9]+>|<!date\^\d+\^\{date_short_pretty\} \{time\}\|[0-9UTC: -]+>"
    r"|<!date\^00000000\^\{_\}\|[*_~`＊＿｀]>"
)

SESSION = Session(
    key=SessionKey(7),
    evo_id=EvoSessionId("8f3a21"),
    team=TeamId("T1"),
    channel=ChannelId("C1"),
    thread_ts=Ts("1700000000.000100"),
    type=SessionType.CHAT,
    name="Broken boiler – Mrs Lee",
    with_label="Support team",
    created_by=UserId("U1"),
    created_at=1700000000.0,
    life=Life.ACTIVE,
    call_state="Connected",
    members=(Member("ana@example.com", "Ana"), Member("+15035550123", ""), Member("user:9", "Joe")),
    missing=(),
    ended_at=None,
    active_at=1700000000.0,
)

ITEM = Item(
    key=ItemKey(42),
    session=SessionKey(7),
    kind=Kind.SAY,
    state=State.PENDING,
    slack_name=SlackName("T1/C1/1.2/0"),
    evo_name=None,
    channel=ChannelId("C1"),
    ts=Ts("1700000001.000200"),
    thread_ts=Ts("1700000000.000100"),
    author=UserId("U1"),
    position="1700000001.000200",
    body={"text": "hello", "files": []},
    sent_text=None,
    attempts=0,
    resent=False,
    not_before=0,
    sending_at=None,
    unknown_at=None,
    reason="",
    mark=Mark.NONE,
    shown=Mark.NONE,
    asked_at=1700000001.0,
)

OPENING = replace(ITEM, key=ItemKey(41), kind=Kind.OPEN, state=State.DELIVERED, body={})


US = Us(UserId("U0BOT"), "bot@example.com")


def a_card(
    session: Session = SESSION,
    opening: Item = OPENING,
    invites: Sequence[Item] = (),
    spot: Spot | None = None,
    **counts: int,
) -> Message:
    return card(session, opening, invites, counts, spot or Spot(), US)


def invitation(invitee: Invitee, state: State = State.PENDING, **changes: Any) -> Item:
    body = pack_invitee(invitee, None)
    return replace(ITEM, kind=Kind.INVITE, ts=None, state=state, body=body, **changes)


def buttons(message: Message) -> list[tuple[str, str, str]]:
    """Each button's words, action and value."""
    return [
        (element["text"]["text"], element["action_id"], element["value"])
        for element in controls(message)
        if element["type"] == "button"
    ]


def controls(message: Message) -> list[dict[str, Any]]:
    """Whatever can be pressed or chosen."""
    return [element for block in message.blocks if block["type"] == "actions" for element in block["elements"]]


def words(message: Message) -> str:
    """Everything that is there to read, block by block."""
    return "\n".join(text for _, text in texts(message.blocks))


def texts(part: Any) -> Iterator[tuple[str, str]]:
    """Every text object: its type and its text."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["type"], part["text"]
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts(value)


def assert_good(message: Message) -> None:
    """Slack would take it, it is complete as text, and only our own markup is markup."""
    assert check_message(message.blocks) == []
    for block in Block.parse_all(message.blocks):
        block.validate_json()
    assert len(message.blocks) <= 50
    assert 0 < len(message.text) <= 3900
    for kind, text in [("mrkdwn", message.text), *texts(message.blocks)]:
        if kind == "mrkdwn":
            foreign = OUR_MARKUP.sub("", text)
            assert "<" not in foreign, text
            assert ">" not in foreign, text
            assert not re.search(r"&(?!(amp|lt|gt);)", foreign), text
    json.dumps(message.blocks).encode()
