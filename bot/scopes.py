"""What each scope of the manifest is for. Without one a feature is off, and never the bot.

Slack says with each answer what it has granted, and with a refusal what was missing. While a scope is missing, what
needs it is asked for once a minute at most; granted anew, it works again with the next answer of Slack.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

log = logging.getLogger(__name__)

HEARING: Final = frozenset({"channels:history", "groups:history"})  # with neither of them no reply is heard at all
GROUPS: Final = "usergroups:read"
FILES_OUT: Final = "files:read"
PEOPLE: Final = "users:read"
CHANNELS: Final = ("channels:read", "groups:read")
NEXT: Final = "Update the app from the manifest (`evobot manifest print`) and install it again."
BECAUSE: Final = "{text} (Slack has not granted me {scope}. Whoever runs me can change that.)"


@dataclass(frozen=True, slots=True)
class Feature:
    """What is lost without a scope, as the operator is told. `core`: without it the bot cannot do its work."""

    lost: str
    core: bool = False


FEATURES: Final = {
    "app_mentions:read": Feature("“@Evo …” is heard only where the bot reads the messages of the channel"),
    "channels:history": Feature("replies in public channels are not heard, nor read after an outage"),
    "channels:read": Feature("nobody can tell what kind a public channel is, nor who is in it"),
    "chat:write": Feature("nothing can be posted", core=True),
    "commands": Feature("/session and the shortcuts are not there; buttons and “@Evo …” are"),
    "files:read": Feature("files that people put into a thread are not sent"),
    "files:write": Feature("files that customers send are named in the thread, but are not there"),
    "groups:history": Feature("replies in private channels are not heard, nor read after an outage"),
    "groups:read": Feature("nobody can tell what kind a private channel is, nor who is in it"),
    "reactions:write": Feature("replies get no sign such as ✅; what matters is said in words besides"),
    "usergroups:read": Feature("a user group in the policy lets nobody in, and a rule that denies it denies everybody"),
    "users:read": Feature("nobody can be checked, so nothing is sent", core=True),
    "users:read.email": Feature("whoever is picked in Slack has no address; it must be typed"),
}  # fmt: skip


def unused(*, groups: bool, carries_files: bool) -> frozenset[str]:
    """Scopes that this installation makes no use of. `groups`: does its policy speak of user groups?"""
    return frozenset({GROUPS} if not groups else ()) | frozenset({FILES_OUT} if not carries_files else ())


def is_core(missing: Collection[str], scope: str) -> bool:
    """Does the bot fail at its work without this one, or without it and others that are missing as well?"""
    return FEATURES[scope].core or (scope in HEARING and HEARING.issubset(missing))


def scopes_in(header: str) -> frozenset[str]:
    """What stands in x-oauth-scopes, or in Slack's words about a refusal."""
    return frozenset(scope.strip() for scope in header.split(",") if scope.strip())


class Scopes:
    """Which of them are missing, as far as Slack has said. `unneeded` ones are never missed."""

    def __init__(self, unneeded: Iterable[str] = ()) -> None:
        self._needed = frozenset(FEATURES.keys() - frozenset(unneeded))
        self._header: str | None = None
        self.missing: frozenset[str] = frozenset()

    def heard(self, header: str) -> None:
        """Slack's x-oauth-scopes; empty when it does not say."""
        if header and header != self._header:
            self._header = header
            self._are_missing(self._needed - scopes_in(header))

    def lacks(self, *scopes: str) -> bool:
        """Is one of these missing?"""
        return not self.missing.isdisjoint(scopes)

    def because(self, text: str, *scopes: str) -> str:
        """The same for a person, with the scope that may be the cause, when one of these is missing."""
        found = sorted(self.missing.intersection(scopes))
        return BECAUSE.format(text=text, scope=" and ".join(found)) if found else text

    def core(self) -> list[str]:
        """What the bot cannot do its work without, a line each; empty when all of that is there."""
        return [self._line(scope) for scope in sorted(self.missing) if is_core(self.missing, scope)]

    def features(self) -> list[str]:
        """Which other features are off, a line each."""
        return [self._line(scope) for scope in sorted(self.missing) if not is_core(self.missing, scope)]

    def _are_missing(self, now: frozenset[str]) -> None:
        """Said once, whatever is tried afterwards."""
        before, self.missing = self.missing, now
        for scope in sorted(now - before):
            log.warning("Slack has not granted %s: %s", scope, FEATURES[scope].lost)
        for scope in sorted(before - now):
            log.warning("Slack has granted %s", scope)

    def _line(self, scope: str) -> str:
        return f"Slack has not granted {scope}: {FEATURES[scope].lost}"
