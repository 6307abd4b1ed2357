"""Help, as Slack's mrkdwn. A line is only said when every command that it speaks of exists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from bot.grammar.words import TYPES, VERBS

# By topic: the commands that a line needs, and the line; {bot} is how the bot is mentioned. "" is the overview.
_Lines = tuple[tuple[tuple[str, ...], str], ...]

LINES: Final[Mapping[str, _Lines]] = {
    "": (
        ((), "*/session* starts and runs Evo Voice sessions."),
        (("new",), '• `/session chat "Subject" member:@ana` – new chat'),
        (("new",), '• `/session voice "Callback" to:503 555 0123` – new call; `/session fax …` – new fax'),
        (("invite",), "• `{bot} invite +1 503 555 0123` – add someone"),
        (("kick",), "• `{bot} kick ana@example.com` – remove someone"),
        (("list",), "• `/session list mine` – your sessions"),
        (("find",), "• `/session find Mrs Lee` – look for a session"),
        (("end",), "• `{bot} end` – end the session of a thread"),
        (("why",), "• `{bot} why` – what became of a message, and why"),
        ((), "In a session's thread, just reply. Start with `note:` or `//` to keep it internal."),
        ((), "Use `{bot} help` there, because Slack does not allow slash commands in threads."),
    ),
    "new": (
        (("new",), "*New session*"),
        (("new",), "• `/session` opens the form"),
        (("new",), '• `/session chat "Broken boiler" with:team:support member:@ana message:"Hi, this is Acme"`'),
        (("new",), '• `/session voice "Callback Lee" to:(503) 555-0123 from:+1 503 555 0100 start:yes`'),
        (("new",), '• `/session fax "Contract" to:503 555 0199`'),
        (("new",), "What is missing or wrong is asked for in the form; nothing is sent before."),
        (("new",), "Also: `customer:` `parent:` `direction:in|out` `state:` `start:yes|no` `card:#channel`"),
        (("new",), "`dest:` `toaddr:` `fromaddr:` `fromname:`; `dry:yes` shows what would be sent, and sends nothing"),
        (("new", "mode"), "`mode:relay|mention|notes`"),
    ),
    "invite": (
        (("invite",), "*Bring people in*"),
        (("invite",), "• `{bot} invite +1 503 555 0123, ana@example.com, @joe` in the session's thread"),
        (("invite",), "• `/session invite @joe in:8f3a21` from anywhere"),
        (("invite",), "`callerid:` chooses the number that a text comes from."),
        (("invite",), "Everybody in the chat sees what is written from now on."),
        (("kick",), "• `{bot} kick @joe` – remove someone"),
    ),
    "thread": (
        ((), "*In a session's thread*"),
        ((), "Just reply: your words go to everybody in the session."),
        (("invite",), "• `{bot} invite …` – add someone"),
        (("send",), "• `{bot} send …` – send what follows, whatever the mode"),
        (("note",), "• `{bot} note …` – keep what follows internal"),
        (("mode",), "• `{bot} mode relay|mention|notes` – what replies here are"),
        (("hold", "resume"), "• `{bot} hold`, `{bot} resume` – a call"),
        (("followup",), "• `{bot} followup` – a new session that follows an ended one"),
        (("link",), "• `{bot} link 8f3a21` – link a session to this thread"),
        (("switch",), "• `{bot} switch 8f3a21` – replies here go to this one of several sessions"),
        (("unlink",), "• `{bot} unlink` – replies here go nowhere any more"),
        (("move",), "• `{bot} move to:#sales` – go on somewhere else"),
        (("why",), "• `{bot} why` – what waits or failed here, and why; `/session why ref 17` from anywhere"),
        (("end",), "• `{bot} end` – end the session"),
    ),
    "notes": (
        ((), "*Notes*"),
        ((), "A reply that starts with `note:` `private:` `//` `;;` 🔒 or `:lock:` stays in Slack; it gets a 🔒."),
        (("note",), "• `{bot} note …` is one, too; `/session note 8f3a21 …` from anywhere"),
        ((), "A reply that begins by addressing a colleague is kept as well, with a button to send it."),
        (
            ("mode",),
            "• `{bot} mode notes` makes every reply here a note, `{bot} mode mention` all that do not mention me",
        ),
    ),
    "numbers": (
        ((), "*Numbers*"),
        ((), "Any usual form: `503 555 0123`, `(503) 555-0123`, `+44 20 7946 0018`. `00` at the start means `+`."),
        ((), "Extensions, short and emergency numbers are refused. Put a comma between people."),
    ),
    "permissions": (
        ((), "*Permissions*"),
        (
            (),
            "As shipped, full members of this workspace may use sessions; guests and outsiders may not.",
        ),
        ((), "Phones outside need an administrator's setting for their country, and a yes from whoever asks."),
        (("admin",), "For administrators:"),
        (("admin",), "• `/session admin policy` – the rules; `/session admin audit` – what happened"),
        (
            ("admin",),
            "• `/session admin panic` and why – nothing leaves any more; `/session admin resume` – it goes on",
        ),
        (
            ("admin",),
            "• `/session admin lift +1 503 555 0123` – a number that wrote STOP, or was frozen, is reached again",
        ),
    ),
}
TOPICS: Final = tuple(topic for topic in LINES if topic)
_MORE: Final = "More: `{bot} help` and one of {topics}."


def topic_of(word: str) -> str:
    """The topic that a word asks for: a topic, or a command that belongs to one; "" for anything else."""
    small = word.strip().lower()
    if small in TYPES:
        return "new"
    asked = str(VERBS.get(small, small))
    return _TOPIC_OF_COMMAND.get(asked, asked if asked in TOPICS else "")


_TOPIC_OF_COMMAND: Final[Mapping[str, str]] = {
    "kick": "invite",
    "note": "notes",
    **dict.fromkeys(("send", "mode", "hold", "resume", "end", "followup", "link", "unlink", "move", "why"), "thread"),
    "admin": "permissions",
}


def help_text(topic: str, bot: str, commands: Collection[str]) -> str:
    """The text of a topic ("": the overview; an unknown one: the same), for whoever asked.

    `bot` is how the bot is mentioned, safe for mrkdwn. `commands` are the commands that exist, as `Verb` spells them:
    nothing else is spoken of. The words of a command's options are not looked at.
    """
    known = frozenset(commands)
    said = [text for needed, text in LINES.get(topic, LINES[""]) if known.issuperset(needed)]
    if topic not in TOPICS or not said:
        said = [text for needed, text in LINES[""] if known.issuperset(needed)]
        topics = ", ".join(f"`{name}`" for name in TOPICS if _says_something(name, known))
        said.append(_MORE.replace("{topics}", topics))
    return "\n".join(said).replace("{bot}", bot)


def _says_something(topic: str, known: Collection[str]) -> bool:
    return any(set(needed) <= set(known) for needed, _ in LINES[topic])
