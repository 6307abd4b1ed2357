"""The app as Slack has to know it: manifest.yml, for Socket Mode as it stands, or for HTTP."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

NAME: Final = "manifest.yml"
PLACES: Final = (Path(__file__).parent.parent / NAME, Path(sys.prefix) / "share" / "evobot" / NAME)
SOMEBODYS: Final = "https://your.host"
_COMMENTED: Final = re.compile(r"# HTTP: (\w+: https.*)")
_SWITCH: Final = re.compile(r"(socket_mode_enabled:) true.*")
_REMARK: Final = re.compile(r"^# It is written for Socket Mode.*\n", re.MULTILINE)


def text() -> str:
    """Beside the program, or where it was installed. Raises OSError."""
    found = next((place for place in PLACES if place.is_file()), PLACES[0])
    return found.read_text(encoding="utf-8")


def over_http(text: str, address: str) -> str:
    """The same with `address`, https://host, in place of Socket Mode."""
    text = _COMMENTED.sub(r"\1", _REMARK.sub("", text)).replace(SOMEBODYS, address)
    return _SWITCH.sub(r"\1 false", text)
