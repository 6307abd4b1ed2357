from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sandbox.slack.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path


class Mode(StrEnum):
    """How deliveries reach the app. AUTO: Socket Mode once a socket was ever opened, until then HTTP."""

    AUTO = "auto"
    HTTP = "http"
    SOCKET = "socket"


SLACK_ACK_SECONDS = 3.0
LEAST_ACK_SECONDS = 2.0  # other programs run beside the app, and take its time


@dataclass(slots=True)
class Settings:
    """How the stand-in behaves; every field may be changed while it runs.

    `time_scale` shortens Slack's waits: retries after 1 and 5 minutes, 2 hours for an app that is away.
    `ack_seconds` is the app's time to acknowledge; left out, it is Slack's 3 s scaled, though never under 2 s.
    `lost_threads`: what becomes of a post whose thread is not there. Slack does not say; it is refused, or, when set,
    it stands in the open channel.
    `share_seconds`: so long after an upload is completed its message appears.
    """

    bot_token: str = "xoxb-standin-bot"  # noqa: S105 - opens the stand-in only
    app_token: str = "xapp-standin-app"  # noqa: S105 - opens the stand-in only
    signing_secret: str = "standin-signing-secret"  # noqa: S105 - signs for the stand-in only
    events_url: str | None = None
    mode: Mode = Mode.AUTO
    time_scale: float = 1.0
    ack_seconds: float | None = None
    manifest: Manifest = field(default_factory=Manifest)
    lost_threads: bool = False
    share_seconds: float = 0.05
    client_id: str = "1.2"
    client_secret: str = "standin-client-secret"  # noqa: S105 - opens the stand-in only

    @property
    def patience(self) -> float:
        """Seconds the app has to acknowledge."""
        if self.ack_seconds is not None:
            return self.ack_seconds
        return max(LEAST_ACK_SECONDS, SLACK_ACK_SECONDS * self.time_scale)

    def use_manifest(self, path: Path) -> None:
        """Grant what the manifest at `path` asks for, and nothing else."""
        self.manifest = Manifest.read(path)

    def change(self, changes: dict[str, Any]) -> None:
        """Set fields by name. Raises KeyError for an unknown one."""
        for name, value in changes.items():
            if name not in _CHANGEABLE:
                raise KeyError(name)
            setattr(self, name, Mode(value) if name == "mode" else value)


_CHANGEABLE = {
    "bot_token", "app_token", "signing_secret", "events_url", "mode", "time_scale", "ack_seconds", "lost_threads",
    "share_seconds",
}  # fmt: skip
