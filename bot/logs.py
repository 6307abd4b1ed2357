"""Logging: to stderr, one line each, scrubbed of secrets, numbers and addresses at the last stage.

Nobody here logs what people wrote; this catches what a library or a mistake would let through.
"""

from __future__ import annotations

import logging
import re

# These log requests, tokens' companions or whole payloads below the level given here.
LOUD = {
    "aiohttp": logging.WARNING,
    "asyncio": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "slack_bolt": logging.ERROR,
    "slack_sdk": logging.WARNING,
    "uvicorn": logging.WARNING,
}

_SECRETS = (
    (re.compile(r"\bx(?:ox[a-z]|app|oxe\.xox[bp])-[\w.-]+"), "[token]"),
    (re.compile(r"\bwss?://\S+"), "[socket]"),
    (re.compile(r"https://hooks\.slack\.com/\S+"), "[response_url]"),
    (re.compile(r"\bv0=[0-9A-Za-z]+"), "[signature]"),
    (re.compile(r"(?i)\b(basic|bearer)\s+[\w.~+/=-]+"), r"\1 [secret]"),
    (re.compile(r"(?i)(authorization|cookie|password|secret|ss-p?id)[\"']?\s*[:=]\s*[^\s,;}]+"), r"\1=[secret]"),
    (re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"(?:\+|%2B)\d[\d ().-]{6,}\d"), "[number]"),
)


class ScrubbingFormatter(logging.Formatter):
    """Works on the finished text, traces included, so nothing can slip past it by its form."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


def scrub(text: str) -> str:
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def configure(level: str) -> None:
    """Sets up logging for the whole program."""
    handler = logging.StreamHandler()
    handler.setFormatter(ScrubbingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, lowest in LOUD.items():
        logging.getLogger(name).setLevel(max(lowest, logging.getLevelName(level)))
