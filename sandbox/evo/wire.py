"""The wire: requests into bound members, answers and errors into bytes. Pure; no state."""

import csv
import email.parser
import email.policy
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox.evo.quirks import DateFormat

JSON = "application/json; charset=utf-8"
Headers = tuple[tuple[str, str], ...]


class Moment(int):
    """Microseconds since 1970 that are to be written as a date."""

    __slots__ = ()


class Refusal(Exception):
    """The operation was not carried out. `code` None means an empty body (attribute-level 401 and 403)."""

    def __init__(
        self,
        status: int,
        code: str | None = None,
        message: str = "",
        *,
        fields: Iterable[str] = (),
        reason: str | None = None,
        headers: Headers = (),
    ) -> None:
        super().__init__(message or code or reason)
        self.status, self.code, self.message = status, code, message
        self.fields, self.reason, self.headers = tuple(fields), reason, headers


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it arrived. `segments` are the decoded, non-empty parts of the path."""

    method: str
    path: str
    query_text: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes

    @property
    def segments(self) -> tuple[str, ...]:
        """Empty parts vanish, as in the framework's own matching: DELETE /sessions/ is DELETE /sessions."""
        return tuple(unquote(part) for part in self.path.split("/") if part)

    @property
    def query(self) -> list[tuple[str, str]]:
        """Query pairs as they came."""
        return parse_qsl(self.query_text, keep_blank_values=True)

    @property
    def content_type(self) -> str:
        """Lower-case media type without parameters, "" when absent."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def verb(self) -> str:
        """The method, or what X-Http-Method-Override (header, query or form) makes of it."""
        override = self.headers.get("X-Http-Method-Override")
        extra = self.query + (form_pairs(self) if self.content_type in FORMS else [])
        lowered = {key.lower(): value for key, value in extra}
        return (override or lowered.get("x-http-method-override") or self.method).upper()


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be sent back."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    reason: str | None = None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """The file part of a multipart body."""

    name: str
    content_type: str
    data: bytes


class Kind(StrEnum):
    """The types request members have; an enum member is a tuple of its names instead."""

    TEXT = "text"
    WHOLE = "whole"
    FLAG = "flag"
    TEXTS = "texts"


Members = Mapping[str, Kind | tuple[str, ...]]
Args = dict[str, Any]
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FLAGS = {"true": True, "1": True, "on": True, "yes": True, "false": False, "0": False, "off": False, "no": False}


class _Unfit(ValueError):
    pass


# Binding


def bind_text(members: Members, pairs: Iterable[tuple[str, str]]) -> Args:
    """Path, query or form values. Repeats are joined with commas, empty values are absent to the framework.

    What does not parse is 400 in every mode.
    """
    names = {name.lower(): name for name in members}
    joined: dict[str, str] = {}
    for key, value in pairs:
        name = names.get(key.lower())
        if name and value:
            joined[name] = f"{joined[name]},{value}" if name in joined else value
    return {name: _from_text(members[name], name, value) for name, value in joined.items()}


def _from_text(kind: Kind | tuple[str, ...], name: str, value: str) -> Any:
    try:
        return _fit(kind, value)
    except _Unfit:
        raise Refusal(400, "SerializationException", f"Unable to bind '{name}'", fields=[name]) from None


def bind_json(members: Members, body: bytes, *, strict: bool) -> Args:
    """A JSON body. Keys without regard to case, unknown ones and nulls skipped.

    Values that do not parse are skipped too, unless `strict`. Raises Refusal (400) for malformed JSON.
    """
    names = {name.lower(): name for name in members}
    bound: Args = {}
    for key, value in _json_object(body).items():
        name = names.get(key.lower())
        if name is None or value is None:
            continue
        try:
            bound[name] = _fit(members[name], value)
        except _Unfit:
            if strict:
                raise Refusal(400, "SerializationException", f"Unable to bind '{name}'", fields=[name]) from None
    return bound


def _json_object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except ValueError as error:
        raise Refusal(400, "SerializationException", f"Malformed JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refusal(400, "SerializationException", "Type definitions should start with a '{'")
    return value


def _fit(kind: Kind | tuple[str, ...], value: Any) -> Any:
    if isinstance(kind, tuple):
        return _enum(kind, value)
    return _FITS[kind](value)


def _enum(names: tuple[str, ...], value: Any) -> str:
    text = str(value).strip()
    for name in names:
        if name.lower() == text.lower():
            return name
    if re.fullmatch(r"\d+", text) and int(text) < len(names):
        return names[int(text)]
    raise _Unfit


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _whole(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise _Unfit from None


def _flag(value: Any) -> bool:
    try:
        return _FLAGS[str(value).lower()]
    except KeyError:
        raise _Unfit from None


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [_text(item) for item in value if item is not None]
    line = _text(value).strip()
    line = line[1:-1] if line.startswith("[") and line.endswith("]") else line
    return [item for item in next(csv.reader([line], skipinitialspace=True), []) if item]


_FITS = {Kind.TEXT: _text, Kind.WHOLE: _whole, Kind.FLAG: _flag, Kind.TEXTS: _texts}


def form_pairs(call: Call) -> list[tuple[str, str]]:
    """The text fields of a form body of either kind."""
    if call.content_type == FORMS[0]:
        return parse_qsl(call.body.decode("utf-8", "replace"))
    return [(name, part.data.decode("utf-8", "replace")) for name, part, is_file in _parts(call) if not is_file]


def upload_of(call: Call) -> Upload | None:
    """The first file of a multipart body."""
    return next((part for _, part, is_file in _parts(call) if is_file), None)


def _parts(call: Call) -> list[tuple[str, Upload, bool]]:
    if call.content_type != FORMS[1]:
        return []
    head = f"Content-Type: {call.headers['Content-Type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + call.body)
    found = []
    for part in message.iter_parts():
        data = part.get_payload(decode=True)
        name = str(part.get_param("name", "", "content-disposition"))
        upload = Upload(part.get_filename() or "", part.get_content_type(), data if isinstance(data, bytes) else b"")
        found.append((name, upload, part.get_filename() is not None))
    return found


# Answering


@dataclass(frozen=True, slots=True)
class Reply:
    """A handler's result with more to it than a value: headers such as cookies, or a status."""

    value: object = None
    status: int | None = None
    headers: Headers = field(default=())


def answer_of(result: object, dates: DateFormat) -> Answer:
    """A handler's result as an answer: nothing is 204 without a body."""
    reply = result if isinstance(result, Reply) else Reply(result)
    if reply.value is None:
        return Answer(reply.status or 204, headers=reply.headers)
    return Answer(reply.status or 200, to_json(reply.value, dates), JSON, headers=reply.headers)


def refused(refusal: Refusal) -> Answer:
    """A refusal as an answer: empty when attribute-level, else a responseStatus."""
    if refusal.code is None:
        return Answer(refusal.status, reason=refusal.reason, headers=refusal.headers)
    body = error_body(refusal.code, refusal.message, refusal.fields)
    return Answer(refusal.status, body, JSON, headers=refusal.headers)


def error_body(code: str, message: str, fields: Iterable[str] = ()) -> bytes:
    """The error shape of every operation."""
    errors = [{"errorCode": code, "fieldName": name, "message": message} for name in fields]
    status = {"errorCode": code, "message": message, "errors": errors}
    return to_json({"responseStatus": status}, DateFormat.ZULU)


def to_json(value: object, dates: DateFormat) -> bytes:
    """Nulls left out, moments as dates, UTF-8 unescaped."""
    return json.dumps(_plain(value, dates), ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Any, dates: DateFormat) -> Any:
    if isinstance(value, Moment):
        return date_text(value, dates)
    if isinstance(value, dict):
        return {key: _plain(item, dates) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item, dates) for item in value]
    return value


def date_text(moment: int, style: DateFormat) -> str:
    """A moment in the chosen style; .NET writes seven fractional digits."""
    if style is DateFormat.EPOCH:
        return f"/Date({moment // 1000})/"
    zone = UTC if style is DateFormat.ZULU else timezone(timedelta(hours=-5))
    date = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
    local = date.astimezone(zone)
    end = "Z" if style is DateFormat.ZULU else "-05:00"
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond:06d}0{end}"


def moment_of(text: str, name: str) -> int:
    """A date filter (date, or ISO-8601; UTC without a zone) as a moment. Raises Refusal (400)."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(400, "FormatException", f"'{text}' is not a date", fields=[name]) from None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return (date - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
