"""Reads Evo Voice and tells the bridge. Used on the feed's schedule and whenever an outcome is in doubt."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.bridge import Bridge, Own
from bot.evo import BadId, ChatTranscriptMessage, EvoVoice, Refused, SessionInfo, Unsure, is_safe_id, parse_date
from bot.model import MISSED, EvoSessionId, Heard, History, Member, News, Observed, Session, SessionKey

log = logging.getLogger(__name__)

BATCH = 50  # ids in one state request; keeps its address short
NOT_FOUND = 404
LAST_TRIES = 10
DISCONNECTED = "Disconnected"
EARLIEST = datetime.min.replace(tzinfo=UTC)


class Hearing:
    """Transcripts and states."""

    def __init__(self, evo: EvoVoice, bridge: Bridge, own: Own) -> None:
        self._evo = evo
        self._bridge = bridge
        self._own = own
        self._list_refused = False
        self._tries: dict[SessionKey, int] = {}  # at the last words of sessions that are over

    def others(self, session: Session) -> Sequence[Member]:
        """Who is in a session besides us, as far as it is known."""
        return self._own.others(session)

    async def listen(self, session: Session) -> News:
        """Reads a session's transcript whole. Returns what was new. Raises EvoError."""
        if session.evo_id is None:
            return News()
        messages = await self._evo.get_chat_transcript(session.evo_id)
        return await self._bridge.hear(session, as_heard(messages), self._own)

    async def first_time(self, session: Session, history: History) -> None:
        """Reads a session that was opened elsewhere: what was said before is known, and shown as far as wanted."""
        messages = await self._evo.get_chat_transcript(session.evo_id or "")
        await self._bridge.linked(session.key, as_heard(messages), history)

    async def look(self, sessions: Sequence[Session]) -> dict[SessionKey, str]:
        """Reads the state of these sessions: one request for each BATCH of them, or for all, as is allowed.

        Returns when each was last modified, word for word, of those that stood in a list and said so. One session that
        cannot be read does not keep the others from being read. Raises EvoError when Evo Voice as a whole cannot be
        read.
        """
        dates: dict[SessionKey, str] = {}
        known = {session.evo_id: session for session in sessions if session.evo_id and is_safe_id(session.evo_id)}
        size = max(len(known), 1) if self._list_refused else BATCH
        for start in range(0, len(known), size):
            batch = list(known)[start : start + size]
            found = {info.id: info for info in await self._states(batch)}
            for evo_id in batch:
                info = found.get(evo_id)
                if info is not None and info.date_last_modified:
                    dates[known[evo_id].key] = info.date_last_modified
                await self._seen(known[evo_id], info)
        return dates

    async def ended(self, session: Session, state: str = DISCONNECTED) -> None:
        """The session is over: its last words first, then the end. Raises EvoError when they cannot be read now.

        `state`: how the call stood at last.
        """
        tries = self._tries[session.key] = self._tries.get(session.key, 0) + 1
        try:
            await self.listen(session)
        except (Refused, BadId, Unsure) as error:
            if isinstance(error, Unsure) and tries < LAST_TRIES:
                raise
            log.warning("the last words of session %s cannot be read: %s", session.key, type(error).__name__)
        self._tries.pop(session.key, None)
        evo_id = session.evo_id or EvoSessionId("")
        await self._bridge.observe(session.key, Observed(evo_id, ended=True, call_state=state))

    async def _states(self, ids: Sequence[EvoSessionId]) -> Sequence[SessionInfo]:
        """What can be had in one request; whether a login of role User may list sessions is not documented."""
        if not self._list_refused:
            try:
                return await self._evo.list_sessions(specific_ids=ids)
            except Refused:
                self._list_refused = True
            except Unsure as error:
                log.warning("sessions cannot be listed (%s), asking for the active ones", error)
        try:
            return await self._evo.get_active_sessions()
        except Refused:
            return ()

    async def _seen(self, session: Session, info: SessionInfo | None) -> None:
        try:
            observed = as_observed(session, info or await self._one(session))
            if observed.ended:
                await self.ended(session, observed.call_state)
            else:
                await self._bridge.observe(session.key, observed)
        except (Refused, BadId, Unsure) as error:
            log.warning("session %s cannot be read: %s", session.key, type(error).__name__)

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
    dated = [(parse_date(message.date or "") or EARLIEST, message) for message in messages]
    if dated and dated[0][0] > dated[-1][0]:
        dated.reverse()  # newest first: equal dates must come out the right way round, too
    return [_as_heard(date, message) for date, message in sorted(dated, key=lambda pair: pair[0])]


def _as_heard(date: datetime, message: ChatTranscriptMessage) -> Heard:
    """The date in one spelling, because it is part of the line's name."""
    spelt = (message.date or "") if date is EARLIEST else date.isoformat()
    return Heard(message.sender or "", message.body or "", message.media_uri, message.media_content_type, spelt)


def as_observed(session: Session, info: SessionInfo | None) -> Observed:
    """None is a session that Evo Voice does not know any more: it is over."""
    evo_id = session.evo_id or EvoSessionId("")
    if info is None:
        return Observed(evo_id, ended=True, call_state=DISCONNECTED)
    state = str(info.call_state or "")
    ended = state == DISCONNECTED if info.ended is None else info.ended
    if ended:
        state = MISSED if info.was_missed else DISCONNECTED
    return Observed(evo_id, ended=ended, call_state=state, members=members_of(info) or None)


def members_of(info: SessionInfo) -> tuple[Member, ...]:
    return tuple(
        Member(member.identity or member.display_name or "", member.display_name or "", str(member.role or ""))
        for member in info.members
        if member.identity or member.display_name
    )
