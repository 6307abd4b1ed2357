"""`evobot policy show`, `check` and `test`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.bridge import House
from bot.clock import SystemClock
from bot.console.common import (
    EXIT_BROKEN,
    EXIT_REFUSED,
    EXIT_SETTINGS,
    Verbs,
    say,
    settings_or_why,
    tell,
    unusable,
    unusable_policy,
)
from bot.inquiry import Books, NotAsked, NotReachable, find, inquire, read_action, read_whom
from bot.model import ChannelId
from bot.phones import PhoneRules
from bot.place import Place
from bot.policy import Action, BadPolicy, Policy, policy_in_use
from bot.policy.explaining import Asked, Explanation
from bot.policy.file import load
from bot.policy.remarks import remarks
from bot.policy.showing import Surroundings, show
from bot.policy.words import CHANNEL_ID, Wrong, read_place
from bot.rights import Rights
from bot.settings import BadSettings, PolicySettings, Settings, load_for_policy
from bot.slackweb import slack_client, slack_session
from bot.store import Unavailable, Unusable
from bot.store.aside import reading
from bot.workspace import SlackError, Workspace

UNKNOWN = "Slack does not say who that is, or where ({error}), so nobody can tell. The bot would refuse."


def add(verbs: Verbs) -> None:
    policy = verbs.add_parser("policy", help="who may do what, and what it may cost: shown, checked, tried on somebody")
    inner = policy.add_subparsers(title="commands", required=True, metavar="COMMAND")
    shown = inner.add_parser("show", help="the policy that holds now, as a file that says the same")
    shown.set_defaults(run=_show)
    check = inner.add_parser("check", help="is a policy file well? All that is wrong with it, by line")
    check.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the one in use when it is left out")
    check.set_defaults(run=_check)
    _add_test(inner)


def _add_test(inner: Verbs) -> None:
    test = inner.add_parser("test", help="may somebody do something, and why? Asks Slack who that is; does nothing")
    test.add_argument("who", metavar="WHO", help="an id (U012AB3CD), an e-mail address or a @name")
    test.add_argument("action", type=_action, metavar="ACTION", help="such as reply, chat, call, invite, end")
    test.add_argument("whom", nargs="?", default="", metavar="WHOM", help="a phone; for number, one of yours")
    test.add_argument("--in", dest="channel", type=_channel, metavar="CHANNEL", help="in this channel, by its id")
    whose = test.add_mutually_exclusive_group()
    whose.add_argument("--own", action="store_true", help="with a session that they opened (the default)")
    whose.add_argument("--others", action="store_true", help="with a session that somebody else opened")
    test.set_defaults(run=_test)


def _action(text: str) -> Action:
    try:
        return read_action(text)
    except NotAsked as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _channel(text: str) -> ChannelId:
    try:
        (channel,) = read_place(text).channels
    except (Wrong, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is no channel's id. {CHANNEL_ID}") from None
    return ChannelId(channel)


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


def _test(parsed: argparse.Namespace) -> int:
    settings = settings_or_why()
    if isinstance(settings, str):
        return say(EXIT_SETTINGS, settings)
    try:
        policy = policy_in_use(settings.evobot_policy)
        phone = read_whom(parsed.whom, parsed.action, settings.evobot_default_region)
        asked = Asked(parsed.action, phone, parsed.channel, own=not parsed.others)
        explanation = asyncio.run(_explained(settings, policy, parsed.who, asked))
    except BadPolicy as error:
        return say(EXIT_SETTINGS, unusable_policy(error))
    except NotAsked as error:
        return say(EXIT_BROKEN if isinstance(error, NotReachable) else EXIT_SETTINGS, str(error))
    except SlackError as error:
        return say(EXIT_REFUSED, UNKNOWN.format(error=error))
    tell("\n".join(explanation.lines))
    return 0 if explanation.allowed else EXIT_BROKEN


async def _explained(settings: Settings, policy: Policy, who: str, asked: Asked) -> Explanation:
    async with slack_session() as session:
        client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, session)
        workspace = Workspace(client, SystemClock())
        identity = await workspace.identity()
        found = await find(workspace, who)
        house = House(
            bot=identity.user,
            phones=PhoneRules(settings.evobot_phone_regions | policy.phones.regions, policy.phones.kinds),
            confirm_phones=settings.evobot_confirm_phones or policy.phones.second_person,
            region=settings.evobot_default_region,
            policy=policy,
        )
        rights = Rights(workspace, policy, identity.team)
        with _books(settings.evobot_database) as books:
            return await inquire(rights, house, found.user, asked, books)


@contextlib.contextmanager
def _books(database: Place) -> Iterator[Books | None]:
    """None where there is no database yet, or none that can be read."""
    with contextlib.ExitStack() as stack:
        try:
            books = Books(stack.enter_context(reading(database)), time.time())
        except (Unusable, Unavailable):
            books = None
        yield books
