"""A missing scope switches one feature off: everything else goes on, and nobody runs against it again and again."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace

import pytest

from bot.model import TeamId, UserId
from bot.policy import Action, Rule, Where, Who, Wish
from bot.policy.model import PlaceKind, Role
from bot.rights import Rights
from bot.scopes import FEATURES, Scopes, is_core, unused
from bot.store import Store
from bot.texts import NOT_SEEN, UNCHECKED
from handlers.seeing import against_channel
from sandbox.slack.seeds import ANNA, SUPPORT, TEAM
from tests.helpers import until
from tests.world import World, playing

OPTIONAL = sorted(scope for scope, feature in FEATURES.items() if not feature.core)
JOE = "joe@example.com"


def grant(world: World, *without: str) -> None:
    manifest = world.slack.settings.manifest
    world.slack.settings.manifest = replace(manifest, scopes=frozenset(FEATURES) - frozenset(without))


def refusals(world: World) -> Counter[tuple[str, str]]:
    """How often each thing was asked for in vain."""
    calls = world.slack.journal.entries("api")
    return Counter(
        (call["method"], str(call["args"].get("channel")))
        for call in calls
        if call["answer"].get("error") == "missing_scope"
    )


@pytest.mark.parametrize("scope", OPTIONAL)
async def test_without_any_one_of_them_replies_go_out_and_answers_come_in(
    store: Store, caplog: pytest.LogCaptureFixture, scope: str
) -> None:
    caplog.set_level(logging.WARNING, logger="bot")
    async with playing(store, catching=True) as world:
        grant(world, scope)
        world.start()
        session = await world.opened()
        for words in ("one", "two", "three"):
            await world.item_when(await world.say(session, words), "delivered")
        world.evo.hear(session.evo_id or "", JOE, "hello")
        await until(lambda: world.thread(session) == ["Joe Park: hello"], "the customer's words")
        await until(lambda: not list(store.read.unmarked(9)), "the signs to be set or given up")
        assert world.sent(session) == ["Ben: one", "Ben: two", "Ben: three"]
        assert set(refusals(world).values()) <= {1, 2}  # two that are asked at the same moment know nothing yet
        assert caplog.messages == [f"Slack has not granted {scope}: {FEATURES[scope].lost}"]

        grant(world)
        world.evo.hear(session.evo_id or "", JOE, "still there?")
        await until(lambda: len(world.thread(session)) > 1, "an answer of Slack, which says what is granted")
        name = await world.say(session, "four")
        await until(lambda: world.reactions(name) == ["white_check_mark"], "the sign of the next reply")
        assert world.workspace.scopes.missing == frozenset()
        assert caplog.messages[1:] == [f"Slack has granted {scope}"]


async def test_whoever_meets_a_missing_scope_is_told_which(store: Store) -> None:
    async with playing(store) as world:
        grant(world, "users:read", "channels:read")
        door = world._thread_door()._door
        user, text = UserId(ANNA), "{} (Slack has not granted me {}. Whoever runs me can change that.)"
        assert await door.against(user, Action.CHAT) == text.format(UNCHECKED, "users:read")
        why = await against_channel(door, SUPPORT, user)
        assert why == text.format(NOT_SEEN, "channels:read")


async def test_a_channel_of_unknown_kind_is_let_in_by_no_rule_about_kinds(store: Store) -> None:
    """Nobody knows whether it is one of them: what denies applies, what allows does not."""
    members, private = Who(roles=frozenset({Role.MEMBERS})), Where(kinds=frozenset({PlaceKind.PRIVATE}))
    allowing = Rule("private ones", True, members, frozenset({Action.REPLY}), private)
    anywhere, denying = replace(allowing, where=Where()), replace(allowing, allows=False)
    async with playing(store) as world:
        grant(world, "channels:read")
        found = {}
        for name, rules in {"allows": (allowing,), "denies": (anywhere, denying), "all": (anywhere,)}.items():
            rights = Rights(world.workspace, replace(world.house.policy, rules=rules), TeamId(TEAM))
            found[name] = (await rights.verdict(UserId(ANNA), Wish(Action.REPLY), SUPPORT)).allowed
    assert found == {"allows": False, "denies": False, "all": True}


def test_what_is_not_used_is_not_missed_and_hearing_nothing_at_all_is_the_core() -> None:
    scopes = Scopes(unused(groups=False, carries_files=False))
    scopes.heard("chat:write,users:read,channels:history")
    assert not scopes.lacks("usergroups:read", "files:read")
    assert (scopes.core(), len(scopes.features())) == ([], 8)
    scopes.heard("chat:write,users:read")
    assert [line.split(":")[0].split()[-1] + ":history" for line in scopes.core()] == [
        "channels:history", "groups:history",
    ]  # fmt: skip
    assert not is_core({"groups:history"}, "groups:history")
