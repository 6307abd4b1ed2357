"""Small modals that only say something, and the texts that only the person who asked will see."""

from __future__ import annotations

from collections.abc import Sequence

from bot.views import View
from bot.views.blocks import modal, name, paragraph

TOO_SLOW = "That took too long. Please type it again."
TOO_SLOW_CLICK = "That took too long. Please try it again."
NO_SESSION_HERE = "This message is not in a session's thread."
NOT_IN_MESSAGES = "A session's card cannot stand among direct messages. Use this on a message in a channel where I am."
STILL_ALIVE = "This session has not ended yet, so nothing can follow it."
OVER = "This session is over already."
NOT_YOURS = "Only the person who asked may decide this. Nothing was done."
TOO_LATE = "This has been settled in the meantime, so your click changed nothing."
CANNOT_CHECK = "I could not check who you are; nothing was done. Try again."
NOT_STORED = "I could not store this, so nothing was done. Please try again."
NOT_KNOWN = "I do not know what this asks of me, so nothing was done."
DRAFT_GONE = "That form expired, so nothing was done. Please fill it in again."
FORGOTTEN = (
    "I was restored from an older backup and do not know this any more; nothing was done. "
    "Look in Evo Voice, or open a new session with `/session`."
)
WELL = "All is well: Slack and Evo Voice are connected."
TROUBLE = 300  # characters of each
UNWELL = "Not everything is well:\n{listed}"


def health(troubles: Sequence[str]) -> str:
    """How the bot is. What troubles it may be said in a server's words."""
    return UNWELL.format(listed="\n".join(f"• {name(one, TROUBLE)}" for one in troubles)) if troubles else WELL


def broken(reference: str) -> str:
    return f"Something broke on my side. Nothing else was affected. Give ref {reference} to an admin."


def notice_view(text: str) -> View:
    """A modal that says one thing."""
    return modal("Evo Voice", [paragraph(text)])
