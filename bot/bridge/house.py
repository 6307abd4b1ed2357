"""How this installation wants things."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from bot.counts import PHONE, Counts
from bot.model import UserId
from bot.phones import PhoneRules
from bot.policy import Policy, default_policy
from bot.text import to_slack


@dataclass(slots=True)
class Account:
    """The account at Evo Voice that pays: what it calls itself, as far as it tells. Known once we have signed in."""

    name: str = ""
    id: str = ""

    @property
    def words(self) -> str:
        """In a sentence; plain text. An id, which says nothing to people, only where there is no name."""
        called = self.name or self.id
        return f"your Evo Voice account ({called})" if called else "your Evo Voice account"


@dataclass(frozen=True, slots=True)
class House:
    """What holds for everybody here. `account` alone is filled in later."""

    bot: UserId
    phones: PhoneRules
    confirm_phones: bool
    region: str
    straggler_seconds: float = 0.3  # for which an idle lane waits where Slack may bring a later message first
    hold_seconds: float = 0.0  # in which a reply can be taken back
    slack_url: str = "https://slack.com/"  # of the workspace; links to messages begin with it
    login: str = ""  # of the bot at Evo Voice
    policy: Policy = field(default_factory=default_policy)
    names: tuple[str, ...] = ()  # by which people may call the bot without Slack making a mention of it
    account: Account = field(default_factory=Account)
    counts: Counts = field(default_factory=Counts, compare=False)

    @property
    def phones_wanted(self) -> PhoneRules:
        """The same rules for what somebody wants now: whatever they refuse is counted."""
        return self.phones.telling(partial(self.counts.refused, PHONE))

    @property
    def called(self) -> str:
        """How to call the bot, for mrkdwn and for code in it, where Slack would show a mention by its id."""
        return f"@{to_slack(self.names[0]).replace('`', '')}" if self.names else f"<@{self.bot}>"

    @property
    def second_person(self) -> bool:
        """Must somebody else than who asks say yes to an outside phone?"""
        return self.policy.phones.second_person

    @property
    def asks_first(self) -> bool:
        """Is anybody asked before an outside phone is reached? A second person is, whatever else is settled."""
        return self.confirm_phones or self.second_person
