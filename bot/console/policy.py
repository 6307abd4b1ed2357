"""`evobot policy show` and `evobot policy check`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from bot.console.common import EXIT_SETTINGS, Verbs, say, tell, unusable, unusable_policy
from bot.policy import BadPolicy, Policy, policy_in_use
from bot.policy.file import load
from bot.policy.remarks import remarks
from bot.policy.showing import Surroundings, show
from bot.settings import BadSettings, PolicySettings, load_for_policy


def add(verbs: Verbs) -> None:
    policy = verbs.add_parser("policy", help="who may do what, and what it may cost: show it, check a file")
    inner = policy.add_subparsers(title="commands", required=True, metavar="COMMAND")
    shown = inner.add_parser("show", help="the policy that holds now, as a file that says the same")
    shown.set_defaults(run=_show)
    check = inner.add_parser("check", help="is a policy file well? All that is wrong with it, by line")
    check.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the one in use when it is left out")
    check.set_defaults(run=_check)


def _show(_: argparse.Namespace) -> int:
    return _with_policy(None, lambda policy, settings: show(policy, settings).rstrip("\n"))


def _check(parsed: argparse.Namespace) -> int:
    return _with_policy(parsed.file, _checked)


def _checked(policy: Policy, settings: Surroundings) -> str:
    rules = "1 rule" if len(policy.rules) == 1 else f"{len(policy.rules)} rules"
    good = f"{policy.source or 'The defaults (there is no policy file)'}: {rules}, all well."
    return "\n".join([good, *(f"But: {remark}" for remark in remarks(policy, settings))])


def _with_policy(file: Path | None, work: Callable[[Policy, Surroundings], str]) -> int:
    """`file`: another than the one in use."""
    try:
        settings = load_for_policy()
        policy = load(file) if file else policy_in_use(settings.evobot_policy)
        tell(work(policy, _surroundings(settings)))
    except BadSettings as error:
        return say(EXIT_SETTINGS, unusable(error))
    except BadPolicy as error:
        return say(EXIT_SETTINGS, unusable_policy(error))
    return 0


def _surroundings(settings: PolicySettings) -> Surroundings:
    return Surroundings(settings.evobot_phone_regions, settings.evobot_confirm_phones)
