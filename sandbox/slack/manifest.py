from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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

COMMAND = ("command", "description", "usage_hint")
SHORTCUT = ("name", "type", "callback_id", "description")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the app was granted. None means: no manifest was given, anything goes.

    `events` are the subscribed bot events, `commands` the slash commands, `shortcuts` the shortcuts' callback ids.
    For show only: the app's `name`, and the details of both: command, description, usage_hint; name, type (global or
    message), callback_id, description.
    """

    scopes: frozenset[str] = DEFAULT_SCOPES
    events: frozenset[str] | None = None
    commands: frozenset[str] | None = None
    shortcuts: frozenset[str] | None = None
    name: str | None = None
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
        scopes = data.get("oauth_config", {}).get("scopes", {}).get("bot", [])
        events = data.get("settings", {}).get("event_subscriptions", {}).get("bot_events", [])
        return cls(
            frozenset(scopes),
            frozenset(events),
            frozenset(command["command"] for command in features.get("slash_commands", [])),
            frozenset(shortcut["callback_id"] for shortcut in features.get("shortcuts", [])),
            data.get("display_information", {}).get("name"),
            _details(features.get("slash_commands", []), COMMAND),
            _details(features.get("shortcuts", []), SHORTCUT),
        )


def _details(items: list[dict[str, Any]], names: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    return tuple({name: str(item.get(name) or "") for name in names} for item in items)


def _load(text: str, suffix: str) -> dict[str, Any]:
    data = json.loads(text) if suffix == ".json" else _load_yaml(text)
    if not isinstance(data, dict):
        raise ValueError("a manifest is a mapping")  # noqa: TRY004 - the file is wrong, not a caller
    return data


def _load_yaml(text: str) -> Any:
    import yaml  # noqa: PLC0415 - only a stand-in that is given a YAML manifest needs it

    return yaml.safe_load(text)
