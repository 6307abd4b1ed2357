"""slack-sdk and aiohttp, as we want them. Imported when there is somebody to call: they take long to import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slackerrors import SlackAway, SlackError, SlackUnsure, refusal

TIMEOUT = aiohttp.ClientTimeout(total=10, connect=4)
UPLOAD = aiohttp.ClientTimeout(total=60, connect=4)
MOST_ANSWER = 8 << 20  # bytes; a page of 200 messages has far less


def slack_client(token: str, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that never repeats a call by itself.

    slack-sdk's default retry handler sends chat.postMessage twice after a dropped connection.
    """
    base = base_url if base_url.endswith("/") else base_url + "/"
    return AsyncWebClient(token=token, base_url=base, session=session, retry_handlers=[])


class BoundedAnswer(aiohttp.ClientResponse):
    """By itself aiohttp keeps, and unpacks, whatever comes: a gigabyte, if it comes in time."""

    async def read(self) -> bytes:
        if self._body is None:
            parts, size = [], 0
            async for part in self.content.iter_any():
                parts.append(part)
                size += len(part)
                if size > MOST_ANSWER:
                    self.close()
                    raise aiohttp.ClientPayloadError("too big")
            self._body = b"".join(parts)
        return await super().read()


def slack_session() -> aiohttp.ClientSession:
    """Follows no redirect: what is meant for Slack goes to nobody else."""
    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(_stay_here)
    return aiohttp.ClientSession(timeout=TIMEOUT, response_class=BoundedAnswer, trace_configs=[tracing])


async def _stay_here(*_: object) -> None:
    raise aiohttp.ClientError("Slack redirected a call")


async def request(client: AsyncWebClient, method: str, arguments: Mapping[str, Any], verb: str) -> dict[str, Any]:
    """One call, made once: its answer, with its headers under "__headers__". Raises SlackError."""
    try:
        if verb == "GET":
            answer = await client.api_call(method, http_verb="GET", params=dict(arguments))
        elif verb == "FORM":  # uploads read nothing else
            answer = await client.api_call(method, data=dict(arguments))
        else:
            answer = await client.api_call(method, json=dict(arguments))
    except Exception as error:
        raise consequence(error) from error
    data: dict[str, Any] = dict(answer.data) if isinstance(answer.data, dict) else {}
    data["__headers__"] = {name.lower(): value for name, value in answer.headers.items()}
    return data


async def put(client: AsyncWebClient, address: str, data: bytes) -> int:
    """Uploads a file; the status that came back. Raises SlackAway when none did."""
    if client.session is None:
        raise AssertionError("the client was made without a session")
    try:
        async with client.session.post(address, data=data, timeout=UPLOAD) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SlackAway(type(error).__name__) from None


def consequence(error: Exception) -> SlackError:
    """What a failed call means for us. One place, so that nobody else interprets slack-sdk's exceptions."""
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return SlackAway(type(error).__name__)
    if isinstance(error, SlackApiError):
        response = error.response
        status = getattr(response, "status_code", getattr(response, "status", 0))
        headers = getattr(response, "headers", None) or {}
        return refusal(status, headers.get("Retry-After"), getattr(response, "data", None))
    return SlackUnsure(type(error).__name__)
