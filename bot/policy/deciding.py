"""May this person do this here? Pure. A rule that forbids wins over any that allows; what no rule allows is refused."""

from __future__ import annotations

import re
from typing import Final

from bot.policy.model import Action, Place, PlaceKind, Policy, Role, Rule, Subject, Verdict, Where, Who, Wish
from bot.texts import GUEST, GUEST_WRITES, NO_PERSON, OUTSIDER

# What it is called in a sentence after "may not" or "to".
DOING: Final = {
    Action.SEE: "look at sessions",
    Action.REPLY: "write to sessions",
    Action.CHAT: "open chats",
    Action.CALL: "start calls",
    Action.FAX: "send faxes",
    Action.INVITE: "invite people",
    Action.PHONE: "reach outside phones",
    Action.NUMBER: "use this number as sender",
    Action.REMOVE: "take people out of sessions",
    Action.HOLD: "hold or resume calls",
    Action.LINK: "link, move or change sessions",
    Action.END: "end sessions",
    Action.SETTLE: "settle what became of a message",
    Action.REVEAL: "see whole numbers",
    Action.APPROVE: "approve outside phones",
    Action.ADMIN: "do what only administrators may",
}
FORBIDDEN: Final = "The rule “{rule}” forbids you to {doing}{place}."
NOT_ALLOWED: Final = "No rule of this workspace's policy allows you to {doing}{place}."
NOT_OTHERS: Final = "You may {doing} only where you opened the session yourself: the rule “{rule}”."
SHARED: Final = " in a channel that is shared with another organization"
HERE: Final = " here"
ADMINS_ONLY: Final = "Only administrators may do this. The policy file lists them under [admins]."
_REFUSALS: Final = re.compile(
    "|".join(
        re.sub(r"\\{\w+\\}", ".*", re.escape(sentence))
        for sentence in (GUEST, GUEST_WRITES, OUTSIDER, NO_PERSON, FORBIDDEN, NOT_ALLOWED, NOT_OTHERS, ADMINS_ONLY)
    )
)
NOT_SURE: Final = "The rule “{rule}” depends on a user group, and Slack did not say who is in it."


def decide(policy: Policy, subject: Subject, wish: Wish) -> Verdict:
    """The one place where rights are decided."""
    if subject.profile.deleted:
        return Verdict(allowed=False, why=NO_PERSON)
    forbidden = next((rule for rule in policy.rules if not rule.allows and _speaks(policy, rule, subject, wish)), None)
    if forbidden is not None:
        return _verdict(forbidden, FORBIDDEN, subject, wish)
    allowed = next((rule for rule in policy.rules if rule.allows and _speaks(policy, rule, subject, wish)), None)
    if allowed is not None:
        return Verdict(allowed=True, rule=allowed.name, line=allowed.line)
    return Verdict(allowed=False, why=_nobody_allows(policy, subject, wish))


def is_admin(policy: Policy, subject: Subject) -> bool:
    return not subject.profile.deleted and _is_among(policy.admins, policy, subject, Wish(Action.ADMIN), sure=True)


def _nobody_allows(policy: Policy, subject: Subject, wish: Wish) -> str:
    """The most useful reason: who they are, then where it is, then whose it is, then what it is."""
    if not is_ordinary(subject):
        return _no_member(subject, wish)
    doing = DOING[wish.action]
    if wish.action is Action.ADMIN:
        return ADMINS_ONLY
    unsure = next((rule for rule in policy.rules if rule.allows and _might_speak(policy, rule, subject, wish)), None)
    if unsure is not None:
        return NOT_SURE.format(rule=unsure.name)
    if not wish.own:
        own = Wish(wish.action, wish.place, own=True, region=wish.region, number=wish.number)
        rule = next((rule for rule in policy.rules if rule.allows and _speaks(policy, rule, subject, own)), None)
        if rule is not None:
            return NOT_OTHERS.format(doing=doing, rule=rule.name)
    return NOT_ALLOWED.format(doing=doing, place=_where(wish.place))


def _no_member(subject: Subject, wish: Wish) -> str:
    if subject.profile.bot:
        return NO_PERSON
    if subject.profile.guest and subject.home:
        return GUEST_WRITES if wish.action is Action.REPLY else GUEST
    return OUTSIDER


def is_refusal(why: str) -> bool:
    """Was this said here? Then it is said again to whoever tries again, until they or the policy have changed."""
    return _REFUSALS.fullmatch(why) is not None


def is_ordinary(subject: Subject) -> bool:
    """A full member of the home workspace. Anybody else must be named, or spoken of by their kind."""
    profile = subject.profile
    return subject.home and not (profile.bot or profile.guest or profile.stranger or profile.deleted)


def _verdict(rule: Rule, sentence: str, subject: Subject, wish: Wish) -> Verdict:
    if not is_ordinary(subject) and Role.GUESTS not in rule.who.roles:
        why = _nobody_allows(Policy(), subject, wish)  # who they are says more than which rule
    else:
        why = sentence.format(rule=rule.name, doing=DOING[wish.action], place=_where(wish.place))
    return Verdict(allowed=False, rule=rule.name, line=rule.line, why=why)


def _where(place: Place | None) -> str:
    if place is None or place.kind is PlaceKind.DIRECT:
        return ""
    return SHARED if place.kind is PlaceKind.SHARED else HERE


def _speaks(policy: Policy, rule: Rule, subject: Subject, wish: Wish) -> bool:
    """Is this rule about it? In doubt about a group, one that forbids is, and one that allows is not."""
    return _is_about(rule, wish) and _is_among(rule.who, policy, subject, wish, sure=rule.allows)


def _might_speak(policy: Policy, rule: Rule, subject: Subject, wish: Wish) -> bool:
    return _is_about(rule, wish) and _is_among(rule.who, policy, subject, wish, sure=False)


def _is_about(rule: Rule, wish: Wish) -> bool:
    if wish.action not in rule.what or not _is_at(rule.where, wish.place, allows=rule.allows):
        return False
    if rule.regions and wish.action is Action.PHONE:
        return wish.region in rule.regions if wish.region else rule.allows
    if rule.numbers and wish.action is Action.NUMBER:
        return wish.number in rule.numbers if wish.number else rule.allows
    return True


def _is_at(where: Where, place: Place | None, *, allows: bool) -> bool:
    """A place that is shared with others must be listed: as such, or by its id.

    Of no place in particular, what is allowed anywhere is allowed, and what is forbidden everywhere is forbidden.
    """
    if place is None:
        return allows or not where
    if place.channel in where.channels:
        return True
    if not where:
        return place.kind is not PlaceKind.SHARED or not allows
    if place.kind is None:
        return not allows  # it may be of these kinds, or not
    return place.kind in where.kinds


def _is_among(who: Who, policy: Policy, subject: Subject, wish: Wish, *, sure: bool) -> bool:
    profile, ordinary = subject.profile, is_ordinary(subject)
    # An address that another organization gives somebody proves nothing in their favour.
    by_email = (profile.email or "").casefold() in who.emails - {""} and (subject.home or not sure)
    if profile.user in who.users or by_email:
        return True
    if any(_has(role, policy, subject, wish, sure=sure) for role in who.roles):
        return True
    # A guest in a group is not listed by that: whoever is no full member must be named.
    groups = [subject.groups.get(group) for group in who.groups]
    return (ordinary or not sure) and any(found if sure else found is not False for found in groups)


def _has(role: Role, policy: Policy, subject: Subject, wish: Wish, *, sure: bool) -> bool:
    profile, ordinary = subject.profile, is_ordinary(subject)
    match role:
        case Role.EVERYONE:
            return True
        case Role.MEMBERS:
            return ordinary
        case Role.OWNERS:
            return ordinary and profile.owner
        case Role.ADMINS:
            return _is_among(policy.admins, policy, subject, wish, sure=sure)
        case Role.CREATOR:
            return ordinary and wish.own
        case Role.GUESTS:
            return profile.guest and subject.home and not profile.bot
        case Role.PARTNERS:
            return not subject.home and not profile.bot
        case Role.BOTS:
            return profile.bot
