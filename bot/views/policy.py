"""The policy, and what it says of somebody, as administrators read it in Slack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bot.policy import Policy, Rule, Who
from bot.policy.explaining import Explanation
from bot.policy.showing import Surroundings, deeds, people, places
from bot.views import Message
from bot.views.blocks import FALLBACK, SECTION, Block, context, escaped, header, section, spelt_out

TITLE: Final = "Who may do what"
MOST_RULES: Final = 20  # that are shown here; the console shows all
MORE: Final = "… and {n} more rules. `evobot policy show` on the machine of the bot shows all."
ORDER: Final = "The first that forbids decides, else the first that allows. What no rule allows is refused."
NO_FILE: Final = "The defaults: there is no file."
LONGEST: Final = 500  # characters of one part of a rule
RULE: Final = 2000  # of all of it but its name


def policy_message(policy: Policy, settings: Surroundings, remarks: Iterable[str] = ()) -> Message:
    """What holds now, with where each rule stands, and what may not have been meant."""
    rules = [section(_rule(rule)) for rule in policy.rules[:MOST_RULES]]
    source = escaped(policy.source, LONGEST) if policy.source else NO_FILE
    more = len(policy.rules) - MOST_RULES
    return _message(
        TITLE,
        [
            context(f"{source} {ORDER}"),
            *rules,
            *([context(MORE.format(n=more))] if more > 0 else []),
            section(_rest(policy, settings)),
            *(context(f"⚠ {escaped(remark, LONGEST)}") for remark in remarks),
        ],
    )


def verdict_message(explanation: Explanation) -> Message:
    """May somebody do something, and why?"""
    *lines, end = explanation.lines
    mark = "✅" if explanation.allowed else "🚫"
    said = [*(f"• {escaped(line, SECTION // 2)}" for line in lines), f"{mark} *{escaped(end, LONGEST)}*"]
    return _message("May they?", list(map(section, _packed(said))))


def _rule(rule: Rule) -> str:
    where = ", ".join(f"<#{place}>" if place in rule.where.channels else place for place in places(rule.where))
    narrower = [
        f"in {where}" if where else "",
        f"phones of {', '.join(sorted(rule.regions))}" if rule.regions else "",
        f"with {', '.join(sorted(rule.numbers))}" if rule.numbers else "",
    ]
    verb = "may" if rule.allows else "may not"
    said = f"{_who(rule.who)} *{verb}* {', '.join(deeds(rule.what))}{''.join(f'; {part}' for part in narrower if part)}"
    origin = f"line {rule.line}" if rule.line else "a default"
    return f"{'✅' if rule.allows else '🚫'} *{escaped(rule.name, LONGEST)}* ({origin})\n{_cut(said)}"


def _who(who: Who) -> str:
    """People's ids as mentions, which Slack shows as names, and which ring for nobody where one person reads them."""
    words = (f"<@{word}>" if word in who.users else escaped(word, LONGEST) for word in people(who))
    return ", ".join(words) or "nobody"


def _cut(said: str) -> str:
    """Between two words: a mention that is cut would be rubbish."""
    if len(said) <= RULE:
        return said
    return f"{said[:RULE].rpartition(', ')[0]}, …"


def _rest(policy: Policy, settings: Surroundings) -> str:
    phones, limits, kept = policy.phones, policy.budgets, policy.retention
    regions = ", ".join(sorted(phones.regions | settings.regions)) or "none"
    kinds = ", ".join(["mobile", *sorted(phones.kinds)])
    asks = settings.confirms or phones.second_person
    who = "somebody else than who asks" if phones.second_person else "who asks"
    yes = f"{who} must say yes within {phones.confirm_seconds / 60:g} minutes" if asks else "nobody is asked first"
    budgets = (
        f"a person {limits.user_minute} a minute and {limits.user_day} a day, all together {limits.workspace_day} a "
        f"day, a number {limits.number_day} a day; {limits.prefix_hour} numbers alike in {limits.prefix_digits} digits "
        "within an hour freeze them"
    )
    days = (
        f"words {kept.words:g} from the end of a session, sessions {kept.sessions:g}, audit {kept.audit:g}, "
        f"hashes {kept.hashes:g}"
    )
    said = {
        "Administrators": _cut(_who(policy.admins)),
        "Outside phones": f"{_cut(regions)}; {kinds}; {yes}",
        "Budgets": budgets,
        "Kept, in days": days,
    }
    return "\n".join(f"*{title}*: {text}" for title, text in said.items())


def _packed(lines: Sequence[str]) -> list[str]:
    """Lines together, as many as fit into one section."""
    packed = [""]
    for line in lines:
        if packed[-1] and len(packed[-1]) + 1 + len(line) > SECTION:
            packed.append("")
        packed[-1] = f"{packed[-1]}\n{line}" if packed[-1] else line
    return packed


def _message(title: str, blocks: list[Block]) -> Message:
    blocks = [header(title), *blocks]
    text = spelt_out(blocks)
    if len(text) > FALLBACK:
        text = f"{text[:FALLBACK].rpartition(chr(10))[0]}\n…"
    return Message(text, blocks)
