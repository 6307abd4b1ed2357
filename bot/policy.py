"""Who may do what. Everything that is not clearly allowed is refused."""

from __future__ import annotations

from bot.model import Profile, TeamId
from bot.texts import GUEST, NO_PERSON, OUTSIDER


def refusal(person: Profile, home: TeamId) -> str | None:
    """Why this person may not open, invite, reply or end; None when they may.

    Checked again when a thing is carried out, because rights can be lost in between.
    """
    if person.bot or person.deleted:
        return NO_PERSON
    if person.stranger or (person.team is not None and person.team != home):
        return OUTSIDER
    return GUEST if person.guest else None
