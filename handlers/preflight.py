"""What a reply costs where a phone gets it, for its author alone. Asked for in the background, once it is stored."""

from __future__ import annotations

from bot.bridge.phones import texts_a_phone
from bot.model import Item, Kind, SlackName, State
from bot.text import mentions, to_plain
from bot.views import parts
from bot.views.me import sent_name
from bot.workspace import SlackError
from handlers.door import Door

STAYS = frozenset({State.KEPT, State.REFUSED, State.WITHDRAWN})  # these go out to nobody


async def hint_of_parts(door: Door, name: SlackName) -> str | None:
    """None for what is no reply, or goes to no phone, or in as few parts as people expect. Safe for mrkdwn."""
    item = door.read.item_named(name)
    if item is None or item.kind is not Kind.SAY or item.state in STAYS:
        return None
    goes_to_phones = texts_a_phone(door.read, door.read.session(item.session))
    return await _hint(door, item) if goes_to_phones else None


async def _hint(door: Door, item: Item) -> str | None:
    """Counted as it will leave: with names for mentions, and the author's in front."""
    text = str(item.body.get("text", ""))
    try:
        author = await door.workspace.profile(item.author)
        names = await door.workspace.names(mentions(text))
    except SlackError:
        return None  # nobody knows how it will read
    return parts.aside(to_plain(text, names), sent_name(door.read.person(door.home, item.author), author))
