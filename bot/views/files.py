"""Why a file is not where people look for it: one from outside in the thread, one from the thread outside."""

from __future__ import annotations

from collections.abc import Sequence

from bot.filekinds import host_of, media_type
from bot.model import File, Line, NotHere
from bot.text import shorten
from bot.views import Message
from bot.views.blocks import context, name, one_line

NOT_HERE = "The file{what} is not here: {why} Open it in Evo Voice."
WHY = {
    NotHere.HOST: "I may not fetch from that host.",
    NotHere.ADDRESS: "its address cannot be used safely.",
    NotHere.PRIVATE: "that host is inside a private network.",
    NotHere.ASTRAY: "its address leads on to where I may not fetch from.",
    NotHere.GONE: "that host does not have it any more.",
    NotHere.DENIED: "that host does not let me have it.",
    NotHere.PAGE: "a web page came instead, perhaps to sign in.",
    NotHere.TYPE: "what came is not what it is said to be.",
    NotHere.EMPTY: "what came is empty.",
    NotHere.BIG: "it is larger than the {limit} MB that I may carry.",
    NotHere.AWAY: "that host did not answer, although I tried several times.",
    NotHere.SCOPE: "Slack has not allowed me to upload files (files:write); an administrator can change that.",
    NotHere.UNREAD: "Slack has not allowed me to read this channel, so I cannot put it there; an administrator can.",
    NotHere.REFUSED: "Slack did not take it.",
    NotHere.OFF: "files are off here.",
    NotHere.ROOM: "there was no room for it.",
}

ALL_OFF = "The text was sent, but not {files}: files do not go to Evo Voice."
ALL_OFF_NO_TEXT = "{files} was not sent: files do not go to Evo Voice, and there was no text."
LEFT = "Sent, but without {files}."
LEFT_NO_TEXT = "Nothing was sent: no text, and no file that could go. {files}."
WHY_NOT_SENT = {
    NotHere.HOST: "it lies outside Slack",
    NotHere.ADDRESS: "it could not be read from Slack",
    NotHere.PRIVATE: "it could not be read from Slack",
    NotHere.ASTRAY: "it could not be read from Slack",
    NotHere.GONE: "it is gone from Slack",
    NotHere.DENIED: "Slack does not let me read it",
    NotHere.PAGE: "Slack does not let me read it; perhaps files:read is missing",
    NotHere.TYPE: "its type is not accepted",
    NotHere.EMPTY: "it is empty",
    NotHere.BIG: "larger than {limit} MB",
    NotHere.AWAY: "it could not be read from Slack just now",
    NotHere.SCOPE: "Slack has not allowed me to read files (files:read)",
    NotHere.UNREAD: "Slack does not let me read this channel",
    NotHere.REFUSED: "Evo Voice did not take it",
    NotHere.OFF: "files are off here",
    NotHere.ROOM: "the message would be too long",
}
NAME = 60


def file_not_here(line: Line, packed: str) -> Message:
    """Which kind of file it is, where it lies, why it is not shown, and what to do."""
    why, limit = unpack_why(packed)
    host = name(host_of(line.media_uri or ""), 80)
    about = ", ".join(filter(None, (media_type(line.media_type or ""), host and f"at {host}")))
    text = NOT_HERE.format(what=f" ({about})" if about else "", why=WHY[why].format(limit=limit))
    return Message(text=text, blocks=[context(text)])


def files_left(files: Sequence[File]) -> str:
    """What did not go along with the words, each by name with its reason; empty when everything went. Not escaped."""
    left = [file for file in files if not file.address]
    return _told(left, ALL_OFF, LEFT) if left else ""


def nothing_sent(files: Sequence[File]) -> str:
    """The same where there were no words, and no file could go. Not escaped."""
    return _told(files, ALL_OFF_NO_TEXT, LEFT_NO_TEXT)


def _told(files: Sequence[File], all_off: str, else_: str) -> str:
    """Where no file ever goes, the reason is said once."""
    if all(_why(file)[0] is NotHere.OFF for file in files):
        return all_off.format(files=", ".join(map(_shown, files)))
    return else_.format(files=", ".join(f"{_shown(file)} ({_reason(file)})" for file in files))


def _reason(file: File) -> str:
    why, limit = _why(file)
    return WHY_NOT_SENT[why].format(limit=limit)


def _why(file: File) -> tuple[NotHere, str]:
    """A file that nobody has settled yet: it was in a message that arrived in a life that is forgotten."""
    return unpack_why(file.why) if file.why else (NotHere.OFF, "")


def _shown(file: File) -> str:
    return shorten(one_line(file.name), NAME)


def pack_why(why: NotHere, most: int) -> str:
    """`most`: the size in bytes that was allowed."""
    return f"{why}/{most / 1_000_000:g}"


def unpack_why(packed: str) -> tuple[NotHere, str]:
    """The reason, and the megabytes that were allowed."""
    why, _, limit = packed.partition("/")
    return NotHere(why), limit
