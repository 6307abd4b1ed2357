"""What stands against a command, in sentences for the person who typed it. Plain text."""

from __future__ import annotations

from typing import Final

from bot.model import SessionType

NAME_LIMIT: Final = 120
MESSAGE_LIMIT: Final = 1600

NO_TYPE: Final = "Choose Chat, Voice or Fax."
NO_NAME: Final = f"Give the session a name (1–{NAME_LIMIT} characters)."
NOBODY: Final = "Choose whom the chat starts with, or name at least one person below."
NO_NUMBER: Final = {SessionType.VOICE: "Give the number to call.", SessionType.FAX: "Give the number to fax to."}
ONLY_CHAT: Final = "This belongs to a chat only. Clear it, or choose Chat as the session type."
BAD_TARGET: Final = "Use user:ID or team:ID."
BAD_ADDRESS: Final = "Use a phone number or an e-mail address."
MESSAGE_TOO_LONG: Final = "Too long by {n} characters."
WHERE_DOES_IT_END: Final = "Put the message in quotes, so that it is clear where it ends."

NOBODY_TO_INVITE: Final = "Say whom to invite: phone numbers, e-mail addresses or people from Slack."
NOBODY_TO_REMOVE: Final = "Say whom to remove: a phone number, an e-mail address or somebody from Slack."
ONE_AT_A_TIME: Final = "Name one person at a time."
NO_SESSION: Final = "Say which session: its id, its name in quotes, or a link to it."
NO_NEW_SESSION: Final = "Say which other session: its id, its name in quotes, or a link to it."
BAD_SESSION: Final = "“{typed}” is no session. Use its id (6 characters or more), its name in quotes, or a link to it."
NO_THREAD: Final = "Say which thread: thread: and a link to a message in it."
BAD_QUESTION: Final = "“{typed}” is neither a link to a message nor a reference such as ref 17."
BAD_LINK: Final = "“{typed}” is no link to a Slack message. Choose Copy link in the message's menu."
NO_PLACE: Final = "Say where to: a channel, or a link to a message."
BAD_PLACE: Final = "“{typed}” is no channel. Type # and its name, and choose it from the list."
NOTHING_TO_FIND: Final = "Say what to look for: words, a name or a number."
NOTHING_TO_SAY: Final = "Say what to send."
NOTHING_TO_NOTE: Final = "Say what to note."
NO_MODE: Final = "Choose relay, mention or notes."
NO_TOPIC: Final = "Choose policy, audit, panic, resume or lift."
BAD_IDENTITY: Final = "“{typed}” is no user of Evo Voice. Use user:ID or an e-mail address."
NO_VALUE: Final = "Nothing was typed after “{key}”."
TWICE: Final = "This was given twice. Keep one of them."
TOO_MUCH: Final = "“{typed}” does not belong to this command. Leave it out."


def not_a_choice(typed: str, words: tuple[str, ...], guess: str | None) -> str:
    """A word that is none of those that can be chosen."""
    meant = f" Did you mean {guess}?" if guess else ""
    return f"“{typed}” is not one of {', '.join(words[:-1])} or {words[-1]}.{meant}"
