"""A request and an answer, as the server hands them over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

MAX_BODY: Final = 1 << 20  # bytes
BAD_REQUEST, NOT_FOUND, NOT_ALLOWED, TOO_LARGE, UNAVAILABLE = 400, 404, 405, 413, 503
TEXT: Final[Mapping[str, Sequence[str]]] = {"content-type": ["text/plain; charset=utf-8"]}


class Request:
    """What a client wants, names of headers in lower case. `stays`: does it want to go on with the connection?"""

    __slots__ = ("body", "headers", "method", "path", "query", "stays")

    def __init__(
        self, method: bytes, path: str, headers: Mapping[bytes, bytes], body: bytes | bytearray = b"", query: str = ""
    ) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.query = query
        self.stays = True


class Answer:
    """In one piece, as bytes: `head` is all of it but for what depends on the connection and the moment."""

    __slots__ = ("body", "head", "status")

    def __init__(self, status: int, body: str = "", headers: Mapping[str, Sequence[str]] = TEXT) -> None:
        self.status = status
        self.body = body.encode(errors="replace")
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"content-length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, values in headers.items() for value in values]
        self.head = "\r\n".join([*lines, ""]).encode("latin-1", "replace")


def joined(pairs: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """What is said twice is joined, as HTTP has it, so no second one hides."""
    headers = dict(pairs)
    if len(headers) == len(pairs):
        return headers
    return {name: b", ".join(value for other, value in pairs if other == name) for name in headers}
