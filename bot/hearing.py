"""Reads Evo Voice and tells the bridge. Used on the feed's schedule and whenever an outcome is in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.bridge import Bridge, Own
from bot.evo import ChatTranscriptMessage, EvoVoice, Refused, SessionInfo, parse_date
from bot.model import EvoSessionId, Heard, Member, Observed, Session

BATCH = 50  # ids in one state request; keeps its address short
NOT_FOUND = 404
DISCONNECTED = "Disconnected"
EARLIEST = datetime.min.replace(tzinfo=UTC)


class Hearing:
    """Transcripts and states."""

    def __init__(self, evo: EvoVoice, bridge: Bridge, own: Own) -> None:
        self._evo = evo
        self._bridge = bridge
        self._own = own
        self._list_refused = False

    async def listen(self, session: Session) -> int:
        """Reads a session's transcript whole. Returns how many lines were new. Raises EvoError."""
        if session.evo_id is None:
            return 0
        messages = await self._evo.get_chat_transcript(session.evo_id)
        return await self._bridge.hear(session, as_heard(messages), self._own)

    async def look(self, sessions: Sequence[Session]) -> None:
        """Reads the state of these sessions: one request for all of them where that is allowed. Raises EvoError."""
        known = {session.evo_id: session for session in sessions if session.evo_id}
        for start in range(0, len(known), BATCH):
            batch = list(known)[start : start + BATCH]
            found = {info.id: info for info in await self._states(batch)}
            for evo_id in batch:
                await self._seen(known[evo_id], found.get(evo_id))

    async def _states(self, ids: Sequence[EvoSessionId]) -> Sequence[SessionInfo]:
        if not self._list_refused:
            try:
                return await self._evo.list_sessions(specific_ids=ids)
            except Refused as error:
                # Whether a login of role User may list sessions is not documented (evo-api §3.3).
                self._list_refused = error.status in {401, 403, 405}
        return await self._evo.get_active_sessions()

    async def _seen(self, session: Session, info: SessionInfo | None) -> None:
        if info is None:
            info = await self._one(session)
        observed = as_observed(session, info)
        if observed.ended and info is not None:
            await self.listen(session)  # the last words, before the thread is closed
        await self._bridge.observe(session.key, observed)

    async def _one(self, session: Session) -> SessionInfo | None:
        """Not among the living: perhaps archived (404), perhaps only left out of the list."""
        try:
            return await self._evo.get_session(session.evo_id or "")
        except Refused as error:
            if error.status == NOT_FOUND:
                return None
            raise


def as_heard(messages: Sequence[ChatTranscriptMessage]) -> list[Heard]:
    """Oldest first. The order of a transcript is not documented, so its dates decide, then its own order."""
    return [
        Heard(
            message.sender or "", message.body or "", message.media_uri, message.media_content_type, message.date or ""
        )
        for message in sorted(messages, key=lambda message: parse_date(message.date or "") or EARLIEST)
    ]


def as_observed(session: Session, info: SessionInfo | None) -> Observed:
    """None is a session that Evo Voice does not know any more: it is over."""
    evo_id = session.evo_id or EvoSessionId("")
    if info is None:
        return Observed(evo_id, ended=True, call_state=DISCONNECTED)
    state = str(info.call_state or "")
    ended = state == DISCONNECTED if info.ended is None else info.ended
    return Observed(evo_id, ended=ended, call_state=state, members=members_of(info) or None)


def members_of(info: SessionInfo) -> tuple[Member, ...]:
    return tuple(
        Member(member.identity or member.display_name or "", member.display_name or "", str(member.role or ""))
        for member in info.members
        if member.identity or member.display_name
    )
