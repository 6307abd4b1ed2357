"""Requests are strict, answers are lenient."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.evo import (
    AppConfig,
    AppContact,
    CallState,
    Channel,
    ChatTranscriptMessage,
    ContactType,
    Direction,
    HoldReason,
    MemberRole,
    MessageInfo,
    NewSession,
    PatchSession,
    QueueState,
    SessionInfo,
    SessionLogInfo,
    SessionMemberInfo,
    UserInfo,
    parse_date,
)
from bot.evo.models import MySessions, SessionItems, Transcript

WHOLE = NewSession(
    channel=Channel.CHAT,
    display_name="Order 17",
    direction=Direction.OUTGOING,
    call_state=CallState.CONNECTED,
    from_address="bot@example.test",
    from_name="Ann via Slack",
    to_address="+14155550100",
    parent_session_id="p1",
    customer_id="c1",
    with_address="team:t1",
    from_phone_number="+14155550199",
    destination="+14155550100",
    member_email_addresses=("ann@example.test", "bob@example.test"),
    start_session=False,
)


def test_a_new_session_with_all_fourteen_fields() -> None:
    assert json.loads(WHOLE.to_json()) == {
        "channel": "Chat",
        "displayName": "Order 17",
        "direction": "Outgoing",
        "callState": "Connected",
        "fromAddress": "bot@example.test",
        "fromName": "Ann via Slack",
        "toAddress": "+14155550100",
        "parentSessionId": "p1",
        "customerId": "c1",
        "withAddress": "team:t1",
        "fromPhoneNumber": "+14155550199",
        "destination": "+14155550100",
        "memberEmailAddresses": ["ann@example.test", "bob@example.test"],
        "startSession": False,
    }


@pytest.mark.parametrize("channel", list(Channel))
def test_absent_fields_are_not_sent_and_the_channel_always_is(channel: Channel) -> None:
    assert json.loads(NewSession(channel=channel).to_json()) == {"channel": channel.value}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"channel": None},
        {"channel": "Chatt"},
        {"channel": "chat"},
        {"channel": 1},
        {"channel": "Chat", "direction": "Sideways"},
        {"channel": "Chat", "call_state": "Zapped"},
        {"channel": "Chat", "displayname": "misspelt"},
        {"channel": "Chat", "display_name": ""},
        {"channel": "Chat", "with_address": ""},
        {"channel": "Chat", "member_email_addresses": [""]},
    ],
)
def test_a_new_session_the_server_would_misread_is_refused_here(fields: dict[str, Any]) -> None:
    """The server skips an enum that it cannot read and takes Voice."""
    with pytest.raises(ValidationError):
        NewSession(**fields)


def test_the_text_of_a_refusal_quotes_nothing() -> None:
    with pytest.raises(ValidationError) as caught:
        NewSession(channel="private words")  # type: ignore[arg-type]  # no channel, as whoever misspells one
    assert "private" not in str(caught.value)


@pytest.mark.parametrize(
    ("patch", "sent"),
    [
        (PatchSession(console_data="x"), {"consoleData": "x"}),
        (PatchSession(console_data=""), {"consoleData": ""}),
        (
            PatchSession(call_state=CallState.HOLD, hold_reason=HoldReason.TRANSFERRING, queue_state=QueueState.QUEUED),
            {"callState": "Hold", "holdReason": "Transferring", "queueState": "Queued"},
        ),
    ],
)
def test_a_patch_sends_the_given_fields_only(patch: PatchSession, sent: dict[str, Any]) -> None:
    assert json.loads(patch.to_json()) == sent


def test_a_patch_that_changes_nothing_is_refused() -> None:
    with pytest.raises(ValidationError):
        PatchSession()


def test_a_session_with_everything() -> None:
    body = {
        "id": "s1",
        "dateCreated": "2026-05-11T12:00:00.0000000Z",
        "channel": "Chat",
        "direction": "Outgoing",
        "dialState": "None",
        "callState": "Connected",
        "queueState": "None",
        "holdReason": "None",
        "ended": False,
        "wasMissed": False,
        "customerBreadcrumb": [{"id": "c1", "name": "Shop"}],
        "mostRecentParticipantCallSid": "CA1",
        "log": [{"date": "2026-05-11T12:00:00Z", "message": "created"}],
        "members": [
            {"identity": "u1", "isOriginalMember": True, "applicationData": {"k": "v"}, "role": "Agent", "muted": False}
        ],
        "aiSomethingNew": {"deep": [1]},
    }
    session = SessionInfo.model_validate_json(json.dumps(body))
    assert (session.id, session.channel, session.call_state, session.ended) == (
        "s1",
        "Chat",
        CallState.CONNECTED,
        False,
    )
    assert session.customer_breadcrumb[0].name == "Shop"
    assert session.log == (SessionLogInfo(date="2026-05-11T12:00:00Z", message="created"),)
    assert session.members == (
        SessionMemberInfo(
            identity="u1",
            is_original_member=True,
            application_data={"k": "v"},
            role=MemberRole.AGENT,
            muted=False,
        ),
    )
    assert session.most_recent_participant_call_sid == "CA1"


@pytest.mark.parametrize("body", ['{"id":"s1"}', '{"id":"s1","log":null,"members":null,"ended":null,"channel":null}'])
def test_an_id_is_enough_for_a_session(body: str) -> None:
    assert SessionInfo.model_validate_json(body) == SessionInfo(id="s1")


@pytest.mark.parametrize("model", [SessionInfo, MessageInfo])
@pytest.mark.parametrize("body", ["{}", '{"id":null}', '{"id":""}', '{"id":{}}'])
def test_without_an_id_there_is_no_session_and_no_message(model: type[SessionInfo], body: str) -> None:
    with pytest.raises(ValidationError):
        model.model_validate_json(body)


@pytest.mark.parametrize("model", [UserInfo, AppConfig, AppContact, ChatTranscriptMessage, SessionLogInfo])
def test_every_member_of_these_is_optional(model: type[UserInfo]) -> None:
    assert model.model_validate_json("{}") == model()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"Chat"', Channel.CHAT),
        ('"CHAT"', Channel.CHAT),
        ("0", Channel.VOICE),
        ("2", Channel.FAX),
        ('"1"', Channel.CHAT),
        ("3", "3"),
        ("-1", "-1"),
        ('"Hologram"', "Hologram"),
        ('""', ""),
        ("null", None),
    ],
)
def test_enum_values_in_answers(written: str, read: Channel | str | None) -> None:
    session = SessionInfo.model_validate_json(f'{{"id":"s1","channel":{written}}}')
    assert (type(session.channel), session.channel) == (type(read), read)


def test_contact_types() -> None:
    contact = AppContact.model_validate_json('{"type":"team","address":"team:1","canChat":true}')
    assert contact == AppContact(type=ContactType.TEAM, address="team:1", can_chat=True)


def test_unreadable_items_are_dropped_with_a_warning_that_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    lines = [{"body": "one"}, 7, None, "private words", {"body": ["private words"]}, {"body": "two"}]
    transcript = Transcript.model_validate_json(json.dumps({"messages": lines}))
    assert transcript.messages == (ChatTranscriptMessage(body="one"), ChatTranscriptMessage(body="two"))
    assert caplog.record_tuples == [
        ("bot.evo.models", logging.WARNING, f"dropped an unreadable item from an Evo Voice list: {what}")
        for what in ("the item itself: model_type",) * 3 + ("body: string_type",)
    ]


def test_an_odd_member_does_not_cost_the_session() -> None:
    body = '{"items":[{"id":"s1","members":[{"identity":"u1"},3]},{"noId":1},{"id":"s2"}]}'
    found = SessionItems.model_validate_json(body).items
    assert [(session.id, len(session.members)) for session in found] == [("s1", 1), ("s2", 0)]


@pytest.mark.parametrize("body", ["{}", '{"sessions":null}', '{"sessions":[]}'])
def test_a_list_that_is_null_is_empty(body: str) -> None:
    assert MySessions.model_validate_json(body).sessions == ()


@pytest.mark.parametrize("body", ['{"sessions":{}}', '{"sessions":"s1"}', "[]", "null", '"x"'])
def test_a_list_that_is_something_else_is_no_list(body: str) -> None:
    with pytest.raises(ValidationError):
        MySessions.model_validate_json(body)


def test_the_telephony_token_is_not_kept() -> None:
    config = AppConfig.model_validate_json('{"endpointId":"e1","accessToken":"topsecret","userInfo":{"firstName":"A"}}')
    assert config == AppConfig(endpoint_id="e1", user_info=UserInfo(first_name="A"))
    assert "topsecret" not in repr(config) + str(config.__dict__)


def test_what_people_wrote_is_not_in_reprs() -> None:
    things = [
        MessageInfo(id="m1", text="private"),
        ChatTranscriptMessage(body="private", media_uri="https://host/private"),
        SessionInfo(id="s1", console_data="private", log=(SessionLogInfo(message="private"),)),
        SessionMemberInfo(application_data={"k": "private"}),
        PatchSession(console_data="private"),
    ]
    assert [thing for thing in things if "private" in repr(thing) + str(thing)] == []


def test_a_transcript_line_has_its_sender_under_from() -> None:
    line = ChatTranscriptMessage.model_validate_json('{"from":"+14155550100","body":"hi","date":"x"}')
    assert (line.sender, line.body, line.date) == ("+14155550100", "hi", "x")


NOON = datetime(2026, 5, 11, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-11T12:00:00Z", NOON),
        ("2026-05-11T12:00:00z", NOON),
        ("2026-05-11T12:00:00", NOON),
        ("2026-05-11 12:00:00", NOON),
        ("2026-05-11T12:00Z", NOON),
        (" 2026-05-11T12:00:00Z\n", NOON),
        ("2026-05-11T14:00:00+02:00", NOON),
        ("2026-05-11T14:00:00+0200", NOON),
        ("2026-05-11T14:00:00+02", NOON),
        ("2026-05-11T07:30:00.0000000-04:30", NOON),
        *(
            (
                f"2026-05-11T12:00:00.{'1234567'[:digits]}Z",
                NOON + timedelta(microseconds=int("123456"[:digits].ljust(6, "0"))),
            )
            for digits in range(8)
        ),
        ("2026-05-11", NOON.replace(hour=0)),
        ("/Date(1778500800000)/", NOON),
        ("/Date(1778500800123+0000)/", NOON + timedelta(milliseconds=123)),
        ("/Date(1778500800000-0700)/", NOON),
        ("/Date(-1)/", datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        ("0001-01-01T00:00:00.0000000Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.9999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        (None, None),
        ("", None),
        ("yesterday", None),
        ("2026-13-01T00:00:00Z", None),
        ("2026-05-11T25:00:00Z", None),
        ("2026-05-11T12:345Z", None),
        ("2026-05-11T12:00:00+99:00", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("/Date(999999999999999)/", None),
        ("/Date()/", None),
        ("٢٠٢٦-٠٥-١١", None),
        ("1778500800", None),
    ],
)
def test_dates(text: str | None, moment: datetime | None) -> None:
    assert parse_date(text) == moment


@given(
    st.text()
    | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d{0,9})?(Z|[+-]\d\d:?\d\d)?")
    | st.from_regex(r"/Date\(-?\d+\)/")
)
def test_any_text_is_a_date_in_utc_or_none(text: str) -> None:
    moment = parse_date(text)
    assert moment is None or moment.utcoffset() == timedelta(0)


@given(st.datetimes(timezones=st.just(UTC)))
def test_python_and_evo_agree_on_iso(moment: datetime) -> None:
    assert parse_date(moment.isoformat()) == moment
