"""Messages: sending, hearing, transcripts, lists, conversations."""

import sqlite3
from typing import Any

from sandbox.evo.listing import chosen, field_of, listed
from sandbox.evo.quirks import FromFormat, TranscriptOrder
from sandbox.evo.records import EffectKind
from sandbox.evo.records import Message as MessageRecord
from sandbox.evo.seeds import Login, PhoneNumber
from sandbox.evo.sessions import DAY, Info, Sessions, is_phone
from sandbox.evo.wire import Args, Moment, Refusal, moment_of
from sandbox.evo.world import World

_HISTORY = 183 * DAY  # "at most 6 months back"


class Messages:
    """The rules of messages. They carry no session id on the wire, and transcript lines no id at all."""

    def __init__(self, world: World, sessions: Sessions) -> None:
        self._world = world
        self._store = world.store
        self._sessions = sessions

    # Operations

    def send(self, login: Login, args: Args) -> Info:
        """SendMessage: sessionId wins over endpointId + toAddress."""
        self._check_body(args.get("body", ""))
        if args.get("sessionId"):
            return self._send_to_session(login, args)
        if args.get("endpointId") and args.get("toAddress"):
            return self._send_from_endpoint(login, args)
        raise Refusal(400, "ArgumentException", "Either sessionId or endpointId and toAddress must be specified")

    def transcript(self, login: Login, args: Args) -> Info:
        """GetChatTranscript: the whole of it, every time."""
        row = self._sessions.find(login, args)
        lines = self._store.all("SELECT * FROM messages WHERE session = ? ORDER BY n", row["id"])
        if args.get("includeHistorical"):
            lines = [*self._historical(row, args), *lines]
        if self._world.quirks.transcript_order is TranscriptOrder.NEWEST_FIRST:
            lines.reverse()
        return {"messages": [self._line(line) for line in lines]}

    def browse(self, login: Login, args: Args) -> Info:
        """ListMessages: newest first."""
        rows = self._store.all("SELECT * FROM messages ORDER BY n DESC")
        rows = [row for row in rows if _wanted(login, args, row) and chosen(row["id"], args.get("specificIds"))]
        rows = [row for row in rows if chosen(_conversation_id(row), args.get("conversationIds"))]
        return dict(listed(rows, args, lambda row, name: field_of(message_info(row), name), message_info))

    def conversations(self, login: Login, args: Args) -> Info:
        """ListConversations: one for each endpoint and other address, the latest first."""
        latest: dict[str, Info] = {}
        for row in self._store.all("SELECT * FROM messages WHERE other IS NOT NULL ORDER BY n DESC"):
            if _wanted(login, args, row):
                latest.setdefault(_conversation_id(row), _conversation(row))
        return {"conversations": list(latest.values())}

    # From outside

    def hear(
        self, session_id: str, sender: str, body: str, media_uri: str | None = None, media_type: str | None = None
    ) -> MessageRecord:
        """Somebody in a live session says something. Raises LookupError for anybody else, or an ended one."""
        row = self._sessions.row(session_id)
        if row["completed"] is not None:
            raise LookupError(f"session {session_id!r} has ended")
        if sender not in self._sessions.parties(row):
            raise LookupError(f"{sender!r} is not in session {session_id!r}")
        with self._store.transaction():
            number = self._add(
                row, self._voice(row["account"], sender), "Incoming", body, media_uri=media_uri, media_type=media_type
            )
            self._world.effect(EffectKind.HEARD, session_id, sender=sender, body=body, media_uri=media_uri)
        return self.record(number)

    def text(
        self, sender: str, to: str, body: str, media_uri: str | None = None, media_type: str | None = None
    ) -> MessageRecord:
        """An SMS from `sender` to one of our numbers: into the live session it is in, else a bare conversation.

        Raises LookupError when `to` is not one of our numbers.
        """
        endpoint = next((item for item in self._world.people.seeds.phone_numbers if item.number == to), None)
        if endpoint is None:
            raise LookupError(f"{to!r} is not a number here")
        if row := self._sessions.live_with(sender):
            return self.hear(row["id"], sender, body, media_uri, media_type)
        with self._store.transaction():
            columns = _voice_columns(sender, sender, None) | {"media_uri": media_uri, "media_type": media_type}
            number = self._insert(_endpoint_columns(endpoint, sender) | columns, "Incoming", body)
            self._world.effect(EffectKind.HEARD, None, sender=sender, body=body, media_uri=media_uri)
        return self.record(number)

    def records(self, session_id: str | None = None, newest: int = -1) -> list[MessageRecord]:
        """Every message, or those of one session, in order; or so many of the newest."""
        wanted = "SELECT * FROM messages WHERE (?1 IS NULL OR session = ?1) ORDER BY n DESC LIMIT ?2"
        return [_record(row) for row in self._store.all(f"SELECT * FROM ({wanted}) ORDER BY n", session_id, newest)]

    def record(self, number: int) -> MessageRecord:
        """One message that is there."""
        return _record(self._row(number))

    # Parts

    def _check_body(self, body: str) -> None:
        quirks = self._world.quirks
        if not body and quirks.empty_body_refused:
            raise Refusal(400, "ArgumentNullException", "body is required", fields=["Body"])
        if quirks.longest_body and len(body) > quirks.longest_body:
            raise Refusal(400, "ArgumentException", f"body is longer than {quirks.longest_body}", fields=["Body"])

    def _send_to_session(self, login: Login, args: Args) -> Info:
        row = self._sessions.find(login, args)
        self._sessions.must_be_live(row)
        with self._store.transaction():
            voice = _voice_columns(login.email, login.name, login.endpoint_id)
            number = self._add(row, voice, "Outgoing", args.get("body", ""))
            message = self._row(number)
            self._world.effect(EffectKind.SENT, row["id"], id=message["id"], sender=login.email, body=message["body"])
        return message_info(message)

    def _send_from_endpoint(self, login: Login, args: Args) -> Info:
        endpoint = self._phone_endpoint(login, args["endpointId"])
        with self._store.transaction():
            voice = _voice_columns(login.email, login.name, login.endpoint_id)
            columns = _endpoint_columns(endpoint, args["toAddress"]) | voice
            message = self._row(self._insert(columns, "Outgoing", args.get("body", "")))
            detail = {"id": message["id"], "to": message["other"], "body": message["body"]}
            self._world.effect(EffectKind.SENT, None, sender=login.email, **detail)
        return message_info(message)

    def _phone_endpoint(self, login: Login, endpoint_id: str) -> PhoneNumber:
        for endpoint in self._world.people.seeds.phone_numbers:
            if endpoint.id == endpoint_id and endpoint.account_id in login.account_ids:
                return endpoint
        raise Refusal(self._world.quirks.unknown_id_status, "NotFound", "Endpoint not found")

    def _voice(self, account_id: str, sender: str) -> dict[str, str | None]:
        user = None if is_phone(sender) else self._world.people.by_email(account_id, sender)
        return _voice_columns(sender, user.name if user else sender, user.id if user else None)

    def _add(
        self,
        row: sqlite3.Row,
        voice: dict[str, str | None],
        direction: str,
        body: str,
        *,
        media_uri: str | None = None,
        media_type: str | None = None,
    ) -> int:
        info = self._sessions.info(row, log=False)
        columns = {
            "session": row["id"],
            "account": row["account"],
            "customer": info["customerId"],
            "endpoint": info["endpointId"],
            "endpoint_name": info["endpointName"],
            "other": voice["sender"] if direction == "Incoming" else _other(info),
            "media_uri": media_uri,
            "media_type": media_type,
        }
        if self._world.quirks.messages_touch_session:
            self._sessions.touch(row["id"])
        return self._insert(columns | voice, direction, body)

    def _insert(self, columns: dict[str, str | None], direction: str, body: str) -> int:
        now = self._world.clock.now()
        message_id = self._store.new_id(now)
        return self._store.insert("messages", id=message_id, at=now, direction=direction, body=body, **columns)

    def _row(self, number: int) -> sqlite3.Row:
        return self._store.all("SELECT * FROM messages WHERE n = ?", number)[0]

    def _historical(self, row: sqlite3.Row, args: Args) -> list[sqlite3.Row]:
        since = self._world.clock.now() - _HISTORY
        if "historicalCutOffDate" in args:
            since = max(since, moment_of(args["historicalCutOffDate"], "historicalCutOffDate"))
        phones = [party for party in self._sessions.parties(row) if is_phone(party)]
        marks = ", ".join("?" * len(phones))
        return self._store.all(
            f"SELECT * FROM messages WHERE other IN ({marks}) AND account = ? AND session IS NOT ?"
            " AND at >= ? AND at < ? ORDER BY n",
            *phones,
            row["account"],
            row["id"],
            since,
            row["created"],
        )

    def _line(self, row: sqlite3.Row) -> Info:
        return {
            "date": Moment(row["at"]),
            "from": self._from(row),
            "body": row["body"],
            "mediaUri": row["media_uri"],
            "mediaContentType": row["media_type"],
        }

    def _from(self, row: sqlite3.Row) -> str:
        match self._world.quirks.from_format:
            case FromFormat.NAME:
                return str(row["sender_name"])
            case FromFormat.ENDPOINT_ID:
                return str(row["sender_endpoint"] or row["sender"])
            case FromFormat.EMAIL:
                return str(row["sender"])


def message_info(row: sqlite3.Row) -> Info:
    """The MessageInfo of a row: no session id, no media."""
    return {
        "id": row["id"],
        "accountId": row["account"],
        "customerId": row["customer"],
        "endpointId": row["endpoint"],
        "endpointDisplayName": row["endpoint_name"],
        "date": Moment(row["at"]),
        "direction": row["direction"],
        "otherAddress": row["other"],
        "sender": row["sender"],
        "text": row["body"],
        "isUnread": False,
    }


def _conversation_id(row: sqlite3.Row) -> str:
    return f"{row['endpoint']}-{row['other']}"


def _conversation(row: sqlite3.Row) -> Info:
    return {
        "id": _conversation_id(row),
        "endpointId": row["endpoint"],
        "otherAddress": row["other"],
        "mostRecentMessage": message_info(row),
    }


def _wanted(login: Login, args: Args, row: sqlite3.Row) -> bool:
    return (
        row["account"] in login.account_ids
        and chosen(row["account"], args.get("accountIds"))
        and chosen(row["customer"], args.get("customerIds"))
        and chosen(row["endpoint"], args.get("endpointIds"))
        and ("afterDate" not in args or row["at"] > moment_of(args["afterDate"], "afterDate"))
    )


def _other(info: Info) -> str | None:
    """Whom the caller talks to: the "to" side, else the first member who is not the caller."""
    others = [item["identity"] for item in info["members"] if item["endpointId"] != info["endpointId"]]
    address: Any = info.get("toAddress") or next(iter(others), None)
    return None if address is None else str(address)


def _voice_columns(sender: str, name: str, endpoint_id: str | None) -> dict[str, str | None]:
    return {"sender": sender, "sender_name": name, "sender_endpoint": endpoint_id}


def _endpoint_columns(endpoint: PhoneNumber, other: str) -> dict[str, str | None]:
    return {
        "session": None,
        "account": endpoint.account_id,
        "customer": endpoint.customer_id,
        "endpoint": endpoint.id,
        "endpoint_name": endpoint.name,
        "other": other,
    }


def _record(row: sqlite3.Row) -> MessageRecord:
    return MessageRecord(
        number=row["n"],
        id=row["id"],
        session_id=row["session"],
        at=row["at"],
        direction=row["direction"],
        sender=row["sender"],
        body=row["body"],
        media_uri=row["media_uri"],
        media_type=row["media_type"],
    )
