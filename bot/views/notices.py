"""Small modals that only say something, and the texts that only the person who asked will see."""

from __future__ import annotations

from collections.abc import Sequence

from bot.texts import UNWELL, WELL
from bot.views import View
from bot.views.blocks import modal, paragraph, sentence

TROUBLE = 300  # characters of each


def health(troubles: Sequence[str]) -> str:
    """How the bot is. What troubles it may be said in a server's words."""
    return UNWELL.format(listed="\n".join(f"• {sentence(one, TROUBLE)}" for one in troubles)) if troubles else WELL


def broken(reference: str) -> str:
    return f"Something broke on my side. Nothing else was affected. Give ref {reference} to an admin."


def notice_view(text: str) -> View:
    """A modal that says one thing."""
    return modal("Evo Voice", [paragraph(text)])
