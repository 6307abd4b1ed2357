"""bot.bridge.phones: is there a phone in the room?"""

from __future__ import annotations

from typing import Any

import pytest

from bot.bridge import Bridge
from bot.bridge.phones import texts_a_phone
from bot.model import Email, Member, NewSessionRequest, Phone, SessionType
from bot.store import Store
from bot.store.rows import pack_members
from tests.helpers import TestClock, chat, house, opened

LEE = Phone("+15035550123", "US")
ANA = Member("ana@example.com", "+15035550123")


@pytest.mark.parametrize(
    ("request_", "members", "texts"),
    [
        (chat(), (ANA,), False),
        (chat(), (ANA, Member(LEE.e164, "Mrs Lee")), True),
        (chat(phones=(LEE,)), (ANA,), False),  # invited, and not there yet
        (chat(to=LEE), (ANA,), True),
        (chat(to_address=LEE), (ANA,), True),
        (chat(to_address=Email("lee@example.com"), from_number=LEE), (ANA,), False),
        (NewSessionRequest(SessionType.VOICE, "Call", to=LEE), (Member(LEE.e164),), False),
    ],
)
async def test_a_phone_is_a_member_or_the_other_end_of_a_chat(
    store: Store, request_: NewSessionRequest, members: tuple[Member, ...], texts: bool
) -> None:
    key = await opened(store, Bridge(store, TestClock(), house(), lambda: None), request_)

    def come_in(tx: Any) -> None:
        tx.change_session(key, members=pack_members(members))

    await store.write(come_in)
    assert texts_a_phone(store.read, store.read.session(key)) is texts
