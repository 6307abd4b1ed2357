"""Why a file that somebody outside Slack has sent does not stand in the thread."""

from __future__ import annotations

from bot.filekinds import host_of
from bot.model import Line, NotHere
from bot.views import Message
from bot.views.blocks import context, name

UNKNOWN_HOST = "an address without a host"
NOT_HERE = "The file{kind} is not here: {why} Open it in Evo Voice."
WHY = {
    NotHere.HOST: "it lies at {host}, and I may not fetch from there.",
    NotHere.ADDRESS: "its address at {host} cannot be used safely.",
    NotHere.PRIVATE: "{host} is inside a private network.",
    NotHere.ASTRAY: "its address at {host} leads on to where I may not fetch from.",
    NotHere.GONE: "{host} does not have it any more.",
    NotHere.DENIED: "{host} does not let me have it.",
    NotHere.PAGE: "{host} answered with a web page, perhaps to sign in.",
    NotHere.TYPE: "what {host} gave is not what it is said to be.",
    NotHere.EMPTY: "{host} gave an empty file.",
    NotHere.BIG: "it is larger than the {limit} MB that I may carry.",
    NotHere.AWAY: "{host} did not answer, although I tried several times.",
    NotHere.SCOPE: "Slack has not allowed me to upload files (files:write); an administrator can change that.",
    NotHere.REFUSED: "Slack did not take it.",
    NotHere.OFF: "files are off here.",
}


def file_not_here(line: Line, packed: str) -> Message:
    """Which kind of file it is, where it lies, why it is not shown, and what to do."""
    why, limit = unpack_why(packed)
    kind = name(line.media_type or "", 60)
    host = name(host_of(line.media_uri or ""), 80) or UNKNOWN_HOST
    reason = WHY[why].format(host=host, limit=limit)
    text = NOT_HERE.format(kind=f" ({kind})" if kind else "", why=reason)
    return Message(text=text, blocks=[context(text)])


def pack_why(why: NotHere, most: int) -> str:
    """`most`: the size in bytes that was allowed."""
    return f"{why}/{most / 1_000_000:g}"


def unpack_why(packed: str) -> tuple[NotHere, str]:
    """The reason, and the megabytes that were allowed."""
    why, _, limit = packed.partition("/")
    return NotHere(why), limit
