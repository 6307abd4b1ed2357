"""The manifest and the code ask for the same things, and the manifest is one that Slack takes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_bolt.app.async_app import AsyncApp

from bot.intake.door import GLANCES
from bot.tenants import LEAVING
from handlers.home import EVENTS as HOME_EVENTS
from handlers.listeners import register
from handlers.thread import EVENTS
from tests.handlers.world import World, world_in

ROOT = Path(__file__).parent.parent
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text())
FEATURES, SETTINGS = MANIFEST["features"], MANIFEST["settings"]

# What each scope is for: a scope nobody can explain is not asked for.
SCOPES = {
    "app_mentions:read": "commands in threads",
    "channels:history": "replies in threads of public channels; finding our own posts again",
    "channels:read": "is the bot in the channel, what is it called",
    "chat:write": "card, lines, hints",
    "commands": "/session and shortcuts",
    "files:read": "files that people put into threads",
    "files:write": "files that customers send",
    "groups:history": "replies in threads of private channels",
    "groups:read": "the same facts of private channels",
    "reactions:write": "what became of a reply",
    "usergroups:read": "who is in the user groups that a policy speaks of",
    "users:read": "names and rights",
    "users:read.email": "who is who in Evo Voice",
}
# The Web API methods that the code calls, and the scope that each needs.
METHODS = {
    "auth.teams.list": None,
    "auth.test": None,
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.info": "channels:read",
    "conversations.members": "channels:read",
    "conversations.replies": "channels:history",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "reactions.add": "reactions:write",
    "reactions.remove": "reactions:write",
    "users.conversations": "channels:read",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "users.info": "users:read",
    "users.list": "users:read",
    "users.lookupByEmail": "users:read.email",
    "views.publish": None,
}


class Recorder(AsyncApp):
    """A real app that also writes down what is registered on it."""

    def __init__(self) -> None:
        super().__init__(signing_secret="s", token="xoxb-test")
        self.found: dict[str, list[Any]] = {}

    def _note(self, kind: str, what: Any, make: Callable[..., Any]) -> Any:
        self.found.setdefault(kind, []).append(what)
        return make(what)

    def command(self, command: Any, *_: Any, **__: Any) -> Any:
        return self._note("command", command, super().command)

    def global_shortcut(self, callback_id: Any, *_: Any, **__: Any) -> Any:
        return self._note("global", callback_id, super().global_shortcut)

    def message_shortcut(self, callback_id: Any, *_: Any, **__: Any) -> Any:
        return self._note("message", callback_id, super().message_shortcut)

    def event(self, event: Any, *_: Any, **__: Any) -> Any:
        return self._note("event", event, super().event)

    def options(self, constraints: Any, *_: Any, **__: Any) -> Any:
        return self._note("options", constraints, super().options)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path) as made:
        yield made


@pytest.fixture
async def registered(world: World) -> dict[str, list[Any]]:
    app = Recorder()
    register(app, world.door, world.homes)
    return app.found


async def test_commands_agree(registered: dict[str, list[Any]]) -> None:
    assert [command["command"] for command in FEATURES["slash_commands"]] == registered["command"]


@pytest.mark.parametrize("kind", ["global", "message"])
async def test_shortcuts_agree(registered: dict[str, list[Any]], kind: str) -> None:
    listed = [shortcut["callback_id"] for shortcut in FEATURES["shortcuts"] if shortcut["type"] == kind]
    assert listed == registered[kind]


async def test_events_agree_and_none_goes_through_bolt(registered: dict[str, list[Any]]) -> None:
    subscribed = {event.partition(".")[0] for event in SETTINGS["event_subscriptions"]["bot_events"]}
    assert subscribed == EVENTS | GLANCES | LEAVING
    assert HOME_EVENTS <= GLANCES
    assert "event" not in registered


async def test_lists_and_buttons_need_interactivity(registered: dict[str, list[Any]]) -> None:
    assert registered["options"]
    assert SETTINGS["interactivity"]["is_enabled"] is True


def test_every_scope_is_there_for_something() -> None:
    assert MANIFEST["oauth_config"]["scopes"]["bot"] == sorted(SCOPES)


def test_threads_of_public_and_private_channels_are_heard_with_their_scopes() -> None:
    needed = {
        "app_home_opened": None,
        "app_mention": "app_mentions:read",
        "app_uninstalled": None,
        "channel_shared": "channels:read",
        "channel_unshared": "channels:read",
        "message.channels": "channels:history",
        "message.groups": "groups:history",
        "tokens_revoked": None,
    }
    assert SETTINGS["event_subscriptions"]["bot_events"] == list(needed)
    assert {scope for scope in needed.values() if scope} <= SCOPES.keys()


def test_every_method_that_is_called_has_its_scope() -> None:
    method = r'"((?:auth|chat|conversations|files|reactions|usergroups|users|views)\.[a-zA-Z.]+)"'
    called = set(re.findall(method, _source("bot/workspace.py")))
    assert called == METHODS.keys()
    assert {scope for scope in METHODS.values() if scope} <= SCOPES.keys()


def test_mentions_in_commands_arrive_as_ids() -> None:
    assert all(command["should_escape"] is True for command in FEATURES["slash_commands"])


def test_it_needs_no_public_address_and_says_how_to_use_one() -> None:
    text = (ROOT / "manifest.yml").read_text()
    assert SETTINGS["socket_mode_enabled"] is True
    assert "request_url" not in SETTINGS["event_subscriptions"]
    assert text.count("# HTTP: request_url: https://your.host/slack/events") == 2
    assert text.count("# HTTP: message_menu_options_url: https://your.host/slack/events") == 1
    assert text.count("# HTTP: url: https://your.host/slack/events") == 1


def test_with_http_it_is_still_a_manifest() -> None:
    """Following the comments gives a manifest that parses, with each address where Slack looks for it."""
    text = (ROOT / "manifest.yml").read_text()
    text = re.sub(r"# HTTP: (\w+: https.*)", r"\1", text).replace("true  # HTTP: false", "false")
    changed = yaml.safe_load(text)
    url = "https://your.host/slack/events"
    assert changed["features"]["slash_commands"][0]["url"] == url
    assert changed["settings"]["event_subscriptions"]["request_url"] == url
    assert changed["settings"]["interactivity"] == {
        "is_enabled": True,
        "request_url": url,
        "message_menu_options_url": url,
    }
    assert changed["settings"]["socket_mode_enabled"] is False


KEYS = {
    "": {"_metadata", "display_information", "features", "oauth_config", "settings"},
    "display_information": {"name", "description", "long_description", "background_color"},
    "features": {"app_home", "bot_user", "shortcuts", "slash_commands"},
    "oauth_config": {"scopes"},
    "settings": {
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
    },
}


@pytest.mark.parametrize("part", KEYS)
def test_no_key_is_unknown_to_slack(part: str) -> None:
    assert (MANIFEST[part] if part else MANIFEST).keys() <= KEYS[part]


LIMITS = [
    (MANIFEST["display_information"]["name"], 35),
    (MANIFEST["display_information"]["description"], 140),
    (FEATURES["bot_user"]["display_name"], 80),
    (SETTINGS["event_subscriptions"]["bot_events"], 100),
    (MANIFEST["oauth_config"]["scopes"]["bot"], 255),
    (FEATURES["slash_commands"], 50),
    (FEATURES["shortcuts"], 10),
    *((command["command"], 32) for command in FEATURES["slash_commands"]),
    *((command["description"], 2000) for command in FEATURES["slash_commands"]),
    *((command["usage_hint"], 1000) for command in FEATURES["slash_commands"]),
    *((shortcut["name"], 24) for shortcut in FEATURES["shortcuts"]),
    *((shortcut["description"], 150) for shortcut in FEATURES["shortcuts"]),
    *((shortcut["callback_id"], 255) for shortcut in FEATURES["shortcuts"]),
]


@pytest.mark.parametrize(("value", "most"), LIMITS)
def test_slacks_limits_are_kept(value: str | list[Any], most: int) -> None:
    assert 0 < len(value) <= most


def test_the_rest_is_in_slacks_form() -> None:
    assert all(command["command"].startswith("/") for command in FEATURES["slash_commands"])
    assert {shortcut["type"] for shortcut in FEATURES["shortcuts"]} <= {"global", "message"}
    assert re.fullmatch(r"#[0-9a-f]{6}", MANIFEST["display_information"]["background_color"])


def test_our_own_messages_can_reach_a_person_directly() -> None:
    """A person whose channel is out of reach is told in the app's Messages tab, which must be there."""
    assert FEATURES["app_home"]["messages_tab_enabled"] is True
    assert FEATURES["app_home"]["messages_tab_read_only_enabled"] is True


def test_the_home_is_there() -> None:
    assert FEATURES["app_home"]["home_tab_enabled"] is True


def _source(path: str) -> str:
    return (ROOT / path).read_text()
