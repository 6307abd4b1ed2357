from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:join",
        "channels:read",
        "chat:write",
        "chat:write.customize",
        "chat:write.public",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "mpim:history",
        "mpim:read",
        "mpim:write",
        "reactions:read",
        "reactions:write",
        "team:read",
        "usergroups:read",
        "users:read",
        "users:read.email",
    },
)

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, where it is there, takes a tenth of the time
COMMAND = ("command", "description", "usage_hint")
SHORTCUT = ("name", "type", "callback_id", "description")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the app was granted. None means: no manifest was given, anything goes.

    `events` are the subscribed bot events, `commands` the slash commands, `shortcuts` the shortcuts' callback ids.
    For show only: the app's `name` and that of its bot user, whether it has a Home tab and lets people write to it, and
    the details of commands and shortcuts: command, description, usage_hint; name, type (global or message),
    callback_id, description.
    """

    scopes: frozenset[str] = DEFAULT_SCOPES
    events: frozenset[str] | None = None
    commands: frozenset[str] | None = None
    shortcuts: frozenset[str] | None = None
    name: str | None = None
    bot_name: str | None = None
    home: bool = True
    writable: bool = True
    command_details: tuple[dict[str, str], ...] = ()
    shortcut_details: tuple[dict[str, str], ...] = ()

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """From a manifest in YAML or JSON. Raises OSError or ValueError."""
        return cls.of(_load(path.read_text(encoding="utf-8"), path.suffix))

    @classmethod
    def of(cls, data: dict[str, Any]) -> Manifest:
        """From a manifest already read."""
        features = data.get("features", {})
        app_home = features.get("app_home", {})
        scopes = data.get("oauth_config", {}).get("scopes", {}).get("bot", [])
        events = data.get("settings", {}).get("event_subscriptions", {}).get("bot_events", [])
        return cls(
            frozenset(scopes),
            frozenset(events),
            frozenset(command["command"] for command in features.get("slash_commands", [])),
            frozenset(shortcut["callback_id"] for shortcut in features.get("shortcuts", [])),
            data.get("display_information", {}).get("name"),
            features.get("bot_user", {}).get("display_name"),
            bool(app_home.get("home_tab_enabled")),
            bool(app_home.get("messages_tab_enabled")) and not app_home.get("messages_tab_read_only_enabled"),
            _details(features.get("slash_commands", []), COMMAND),
            _details(features.get("shortcuts", []), SHORTCUT),
        )


def _details(items: list[dict[str, Any]], names: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    return tuple({name: str(item.get(name) or "") for name in names} for item in items)


def _load(text: str, suffix: str) -> dict[str, Any]:
    in_json = suffix == ".json" or text.lstrip().startswith("{")
    data = json.loads(text) if in_json else yaml.load(text, LOADER)  # noqa: S506 - both are safe ones
    if not isinstance(data, dict):
        raise ValueError("a manifest is a mapping")  # noqa: TRY004 - the file is wrong, not a caller
    return data
