"""Who a chat can start with: GetMyContacts, kept warm. It has no search and no paging, so both are ours."""

from __future__ import annotations

import asyncio
import logging

from bot.clock import Clock
from bot.evo import AppContact, EvoError, EvoVoice
from bot.model import Contact

log = logging.getLogger(__name__)

FRESH_SECONDS = 120.0
CEILING_SECONDS = 1.0  # Slack gives a list of options three seconds in all
MOST = 100  # options that Slack takes in one answer


class Directory:
    """Answers within a second, from memory whenever it can."""

    def __init__(self, evo: EvoVoice, clock: Clock) -> None:
        self._evo = evo
        self._clock = clock
        self._contacts: list[Contact] = []
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def search(self, query: str) -> list[Contact]:
        """People and teams whose name or address holds the words. Empty when the directory cannot be had."""
        if self._clock.now() - self._read_at > FRESH_SECONDS:
            await self._refresh()
        words = query.casefold().split()
        return [contact for contact in self._contacts if _holds(contact, words)][:MOST]

    async def warm(self) -> None:
        """Reads the directory before anybody asks."""
        await self._refresh()

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _refresh(self) -> None:
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        await asyncio.wait({self._reading}, timeout=0 if self._contacts else CEILING_SECONDS)

    async def _read(self) -> None:
        try:
            contacts = await self._evo.get_my_contacts()
        except EvoError as error:
            log.warning("the directory could not be read: %s", type(error).__name__)
            return
        self._contacts = [found for contact in contacts if (found := as_contact(contact)) is not None]
        self._read_at = self._clock.now()


def as_contact(contact: AppContact) -> Contact | None:
    """A user or a team that can chat, with the address that withAddress takes; None for anybody else."""
    kind = str(contact.type or "").lower()
    if not contact.can_chat or not contact.address or kind not in {"user", "team"}:
        return None
    prefixed = contact.address.lower().startswith(("user:", "team:"))
    address = contact.address if prefixed else f"{kind}:{contact.address}"
    label = contact.display_name or contact.address
    group = "Teams" if kind == "team" else "People"
    return Contact(address, f"{label} ({contact.customer_name})" if contact.customer_name else label, group)


def _holds(contact: Contact, words: list[str]) -> bool:
    text = f"{contact.label} {contact.address}".casefold()
    return all(word in text for word in words)
