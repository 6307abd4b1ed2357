"""What an answer means: status to error, body to model. Pure; nothing here talks to anybody."""

from __future__ import annotations

import json
import re
import unicodedata
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from bot.evo.errors import EvoError, Refused, Throttled, Unsure
from bot.evo.models import Fault, ResponseStatus

if TYPE_CHECKING:
    import httpx

    from bot.evo.transport import Answer

PATIENCE: Final = 900.0  # seconds; a longer Retry-After is somebody's mistake
_REASON: Final = 300  # characters
_CODE: Final = 100  # characters
_LOGIN_PAGE = re.compile(r"/(log-?in|sign-?in|auth)(/|\.|$)", re.IGNORECASE)
_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

M = TypeVar("M", bound=BaseModel)


def wants_login(answer: Answer) -> bool:
    """Whether nobody is signed in: 401, or a redirect to a login page. The request was not processed."""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return True
    target = urlsplit(answer.headers.get("Location", "")).path
    return _is_redirect(answer.status) and bool(_LOGIN_PAGE.search(target))


def _is_redirect(status: int) -> bool:
    return HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST


def is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def fault_of(answer: Answer) -> EvoError | None:
    """The error that a status means, or None for 2xx.

    408 is no definite no, although a 4xx: a gateway may say it of a request that it has passed on.
    """
    status = answer.status
    if is_success(status):
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(retry_after=retry_after(answer.headers, answer.received))
    if (
        status != HTTPStatus.REQUEST_TIMEOUT
        and HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        return refusal(answer)
    return Unsure(f"Evo Voice answered HTTP {status}; the request may have had its effect", status=status)


def refusal(answer: Answer) -> Refused:
    """A definite no with the server's words, cleaned."""
    if _is_redirect(answer.status):
        return Refused(answer.status, reason=f"HTTP {answer.status}, an unexpected redirect")
    if is_html(answer):
        return Refused(answer.status, reason=f"HTTP {answer.status}, an HTML page (a firewall?)")
    said = _fault_body(answer.body)
    reason = one_line(said.message or "", _REASON) or f"HTTP {answer.status}, no message given"
    return Refused(answer.status, code=one_line(said.error_code or "", _CODE) or None, reason=reason)


def _fault_body(body: bytes) -> ResponseStatus:
    try:
        fault = Fault.model_validate_json(body.removeprefix(_BYTE_ORDER_MARK))
    except ValidationError:
        fault = Fault()
    return fault.response_status or ResponseStatus()


def is_html(answer: Answer) -> bool:
    """By declaration or by looks: gateways put pages behind any content type."""
    declared = answer.headers.get("Content-Type", "").lower()
    return "html" in declared or answer.body.lstrip()[:1] == b"<"


def one_line(text: str, limit: int) -> str:
    """Somebody else's words as one harmless line: no control or direction signs, no tags, at most `limit` long."""
    seen = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    line = " ".join(re.sub(r"<[^<>]*>", " ", seen).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def retry_after(headers: httpx.Headers, now: float) -> float | None:
    """Seconds to wait, 0 to 900, from either form of Retry-After; None when absent or unreadable.

    A date is measured against the answer's own Date header when there is one: the two clocks may differ.
    """
    text = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), PATIENCE)
    until = _http_date(text)
    if until is None:
        return None
    since = _http_date(headers.get("Date", ""))
    return min(max(until - (now if since is None else since), 0.0), PATIENCE)


def _http_date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def read(model: type[M], answer: Answer) -> M:
    """The body of a 2xx as a model. Raises Unsure when it lacks what we rely on; its text names fields, not content."""
    body = _json_text(answer)
    found = _validated(model, body)
    if isinstance(found, str) and _SURROGATE.search(body):
        found = _validated(model, _without_lone_surrogates(body))
    if isinstance(found, str):
        raise _unreadable(answer, found)
    return found


def _json_text(answer: Answer) -> bytes:
    body = answer.body.removeprefix(_BYTE_ORDER_MARK).strip()
    if not body:
        raise _unreadable(answer, "empty")
    if is_html(answer):
        raise _unreadable(answer, "an HTML page")
    return body


def _validated(model: type[M], body: bytes) -> M | str:
    """The model, or in words where it could not be read. Pydantic's own text would quote the body."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{first['loc'][0] if first['loc'] else 'body'}: {first['type']}"


def _without_lone_surrogates(body: bytes) -> bytes:
    """Half an emoji, cut by .NET, as a question mark: one such line must not make a whole transcript unreadable."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return body


def _unreadable(answer: Answer, trouble: str) -> Unsure:
    return Unsure(f"Evo Voice answered HTTP {answer.status} with an unreadable body ({trouble})", status=answer.status)


def expect_nothing_odd(answer: Answer) -> None:
    """For operations that answer nothing of interest. Raises Unsure for a web page or what is no JSON: something else
    has answered.
    """
    if is_html(answer):
        raise _unreadable(answer, "an HTML page")
    body = answer.body.removeprefix(_BYTE_ORDER_MARK).strip()
    try:
        json.loads(body or b"null")
    except (ValueError, RecursionError):
        raise _unreadable(answer, "no JSON") from None
