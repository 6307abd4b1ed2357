"""The pictures behind Slack's `:names:`, for a page that draws them."""

from __future__ import annotations

from functools import cache

import emoji

SLACKS_OWN = {
    "slightly_smiling_face": "🙂",
    "simple_smile": "🙂",
    "large_blue_circle": "🔵",
    "large_green_circle": "🟢",
    "large_orange_circle": "🟠",
    "large_purple_circle": "🟣",
    "large_red_circle": "🔴",
    "large_yellow_circle": "🟡",
}
"""What Slack calls otherwise than the rest of the world."""


@cache
def table() -> dict[str, str]:
    """Name, without colons → the character. Skin tones are names of their own (`skin-tone-3`), as in Slack."""
    names = {name.strip(":"): sign for sign, facts in emoji.EMOJI_DATA.items() for name in _names(facts)}
    tones = {f"skin-tone-{tone}": chr(0x1F3F9 + tone) for tone in range(2, 7)}
    return names | SLACKS_OWN | tones


def _names(facts: dict[str, object]) -> list[str]:
    own = str(facts["en"])
    if facts.get("status") != emoji.STATUS["fully_qualified"] or own.endswith("skin_tone:"):
        return []
    aliases = facts.get("alias", [])
    return [own, *map(str, aliases)] if isinstance(aliases, list) else [own]
