"""What packs also unpacks."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.model import (
    CallState,
    Direction,
    Email,
    EvoSessionId,
    Invitee,
    Mode,
    NewSessionRequest,
    Phone,
    SessionType,
    UserId,
)
from bot.packing import pack_invitee, pack_request, unpack_invitee, unpack_phone, unpack_request

phones = st.builds(Phone, st.text(), st.text(max_size=2))
emails = st.builds(Email, st.text())
requests = st.builds(
    NewSessionRequest,
    type=st.sampled_from(SessionType),
    name=st.text(),
    with_address=st.none() | st.text(),
    with_label=st.none() | st.text(),
    emails=st.lists(emails).map(tuple),
    phones=st.lists(phones).map(tuple),
    from_number=st.none() | phones,
    to=st.none() | phones,
    first_message=st.text(),
    start=st.none() | st.booleans(),
    customer_id=st.none() | st.text(),
    parent_id=st.none() | st.text().map(EvoSessionId),
    direction=st.none() | st.sampled_from(Direction),
    call_state=st.none() | st.sampled_from(CallState),
    from_address=st.none() | phones | emails,
    from_name=st.none() | st.text(),
    to_address=st.none() | phones | emails,
    destination=st.none() | phones | emails,
    customer_label=st.none() | st.text(),
    mode=st.none() | st.sampled_from(Mode),
)
invitees = (
    st.builds(Invitee, phone=phones)
    | st.builds(Invitee, email=st.builds(Email, st.text(min_size=1)))
    | st.builds(Invitee, slack_user=st.text(min_size=1).map(UserId))
    | st.builds(Invitee, typed=st.text(), why=st.text())
)


@given(requests)
def test_a_request_survives_its_box(request: NewSessionRequest) -> None:
    assert unpack_request(json.loads(json.dumps(pack_request(request)))) == request


@given(invitees, st.none() | phones)
def test_an_invitee_survives_its_box(invitee: Invitee, caller_id: Phone | None) -> None:
    box = json.loads(json.dumps(pack_invitee(invitee, caller_id)))
    assert (unpack_invitee(box), unpack_phone(box["caller_id"])) == (invitee, caller_id)
