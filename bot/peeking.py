"""A look at a session that only Evo Voice knows, for somebody who is about to link it. Nothing is kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from bot.evo import ChatTranscriptMessage, EvoError, EvoVoice, Refused, SessionInfo, is_safe_id
from bot.hearing import as_heard, members_of
from bot.model import EvoSessionId, Heard, Member, SessionType
from bot.views.link import FIRST, Look, Unseen
from bot.views.transcript import Saying, heard

log = logging.getLogger(__name__)

CEILING_SECONDS = 1.0  # somebody is looking at a form
NOT_FOUND = 404
TYPES = {str(one).casefold(): one for one in SessionType}


class Peeking:
    """Two reads side by side, and no more than a second for both."""

    def __init__(self, evo: EvoVoice) -> None:
        self._evo = evo

    async def __call__(self, evo_id: EvoSessionId) -> Look | Unseen:
        if not is_safe_id(evo_id):
            return Unseen.NOBODY
        try:
            async with asyncio.timeout(CEILING_SECONDS):
                read = (self._evo.get_session(evo_id), self._evo.get_chat_transcript(evo_id))
                info, messages = await asyncio.gather(*read)
        except Refused as refused:
            return Unseen.NOBODY if refused.status == NOT_FOUND else Unseen.AWAY
        except (EvoError, TimeoutError) as error:
            log.info("a session cannot be looked at: %s", type(error).__name__)
            return Unseen.AWAY
        return look(info, messages)


def look(info: SessionInfo, messages: Sequence[ChatTranscriptMessage]) -> Look:
    lines, members = as_heard(messages), members_of(info)
    return Look(
        name=info.display_name or "",
        type=TYPES.get(str(info.channel or "").casefold()),
        over=bool(info.ended),
        members=members,
        lines=len(lines),
        first=[_named(line, members) for line in lines[:FIRST]],
    )


def _named(line: Heard, members: Sequence[Member]) -> Saying:
    """By the name of the member whose address stands in the transcript."""
    saying = heard(line, None)
    known = {member.identity.casefold(): member.name for member in members if member.name}
    return Saying(saying.at, known.get(saying.who.casefold(), saying.who), saying.words)
