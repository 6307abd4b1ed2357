"""What there is to be told of the play itself: which scene, through whose eyes, and the lines so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal

from sandbox.demo.pace import Pace

Kind = Literal["slack", "evo", "say", "kept", "broken", "scene"]
Show = Callable[[Mapping[str, Mapping[str, Any]]], None]
LINES = 400


class Playbill:
    """`show` is given the collection `play` after every change."""

    def __init__(self, pace: Pace, show: Show = lambda _: None) -> None:
        self._pace = pace
        self._show = show
        self._scene: dict[str, Any] = {"number": "", "of": 0, "title": "", "why": ""}
        self._eyes: dict[str, str | None] = {"actor": None, "room": None, "thread": None}
        self._result: dict[str, Any] | None = None
        self._lines: deque[dict[str, str]] = deque(maxlen=LINES)
        pace.changed = self._tell
        self._tell()

    def scene(self, number: str, of: int, title: str, why: str) -> None:
        """A scene begins."""
        self._scene = {"number": number, "of": of, "title": title, "why": why}
        self._tell()

    def eyes(self, actor: str, room: str | None, thread: str | None) -> None:
        """Who acts now, and where they look."""
        eyes = {"actor": actor, "room": room, "thread": thread or None}
        if eyes != self._eyes:
            self._eyes = eyes
            self._tell()

    def line(self, kind: Kind, text: str) -> None:
        """As it stands on the console, unwrapped."""
        self._lines.append({"kind": kind, "text": text, "scene": self._scene["number"]})
        self._tell()

    def result(self, text: str, *, kept: bool) -> None:
        """What it came to."""
        self._result = {"kept": kept, "text": text}
        self._pace.finish()

    def _tell(self) -> None:
        play = {
            "state": str(self._pace.going),
            "pace": self._pace.seconds,
            **self._scene,
            **self._eyes,
            "result": self._result,
        }
        self._show({"play": {"play": play, "lines": {"lines": list(self._lines)}}})
