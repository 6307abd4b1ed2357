"""What stands where somebody's words are not kept any more."""

from __future__ import annotations

from bot.model import Gone
from bot.texts import WORDS_AGED, WORDS_FORGOTTEN, WORDS_NOT_KEPT, WORDS_REMOVED


def words_gone(gone: str) -> str:
    """A sentence for why they are not here; empty when they are."""
    why, _, days = gone.partition(" ")
    match why:
        case Gone.AGED:
            return WORDS_AGED.format(days=days) if days != "0" else WORDS_NOT_KEPT
        case Gone.REMOVED:
            return WORDS_REMOVED
        case Gone.FORGOTTEN:
            return WORDS_FORGOTTEN
    return ""
