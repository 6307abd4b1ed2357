"""The printed page: two kinds of lines, one a side, and words of explanation; 80 columns wide at most."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from typing import TextIO

from sandbox.demo.playbill import Kind

NARROWEST, WIDEST = 40, 80
BOLD, RED, GREEN, MAGENTA, CYAN = "1", "31", "32", "35", "36"
SLACK, EVO, SAME = "Slack │ ", "Evo   │ ", "      │ "
MARGIN = "    "


class Narrator:
    """Prints at once. Colours only where a terminal shows them and NO_COLOR does not forbid it.

    `heard` is given each piece as it is, for whoever shows it elsewhere.
    """

    def __init__(self, out: TextIO, heard: Callable[[Kind, str], None] = lambda _, __: None) -> None:
        self._out = out
        self._heard = heard
        self._terminal = out.isatty()
        self._coloured = self._terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._width = min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST) if self._terminal else WIDEST

    def scene(self, number: str, title: str, why: str) -> None:
        """A heading, and what is about to happen."""
        self._print("")
        self._heard("scene", title)
        self._print(f"{number:>2}  {title}", BOLD)
        self.say(why, MARGIN)

    def say(self, text: str, margin: str = "") -> None:
        """Plain words."""
        if text:
            self._heard("say", text)
        self._block(text, margin, margin)

    def slack(self, text: str) -> None:
        """What a person does or sees in Slack."""
        self._heard("slack", text)
        self._block(text, SLACK, SAME, CYAN)

    def evo(self, text: str) -> None:
        """What arrives at Evo Voice, or is said there."""
        self._heard("evo", text)
        self._block(text, EVO, SAME, MAGENTA)

    def verdict(self, text: str, *, kept: bool) -> None:
        """A promise, and whether it was kept."""
        self._heard("kept" if kept else "broken", text)
        self._block(text, "  ✓   " if kept else "  ✗   ", "      ", GREEN if kept else RED)

    def result(self, text: str, *, kept: bool) -> None:
        """One line; only a terminal gets it in several, because it would break it anywhere."""
        self._heard("kept" if kept else "broken", text)
        lines = wrapped(text, self._width) if self._terminal else [text]
        for line in lines:
            self._print(line, GREEN if kept else RED)

    def verbatim(self, text: str) -> None:
        """Something to copy, or somebody else's lines: not wrapped."""
        for line in text.splitlines():
            self._print(_printable(line.expandtabs()))

    def _block(self, text: str, first: str, next_: str, colour: str = "") -> None:
        for number, line in enumerate(wrapped(text, self._width - cells(first))):
            self._print((next_ if number else first) + line, colour)

    def _print(self, line: str, colour: str = "") -> None:
        shown = f"\033[{colour}m{line}\033[0m" if colour and self._coloured else line
        self._out.write(shown.rstrip() + "\n")
        self._out.flush()


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, parted at spaces where there are any. Line breaks of the text are kept."""
    return [line for part in text.split("\n") for line in _filled(_printable(part), width)]


def cells(text: str) -> int:
    """How many columns of a terminal it takes: an emoji two, an accent that joins its letter none."""
    return sum(_cells(sign) for sign in text)


def _cells(sign: str) -> int:
    if unicodedata.category(sign) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _filled(text: str, width: int) -> Iterator[str]:
    indent = text[: len(text) - len(text.lstrip())]
    line = ""
    for word in _words(text.strip(), width - cells(indent)):
        longer = f"{line} {word}" if line else word
        if line and cells(indent + longer) > width:
            yield indent + line
            line = word
        else:
            line = longer
    yield indent + line


def _words(text: str, width: int) -> Iterator[str]:
    """What is longer than a line is cut."""
    for word in text.split(" "):
        piece = ""
        for sign in word:
            if cells(piece + sign) > width:
                yield piece
                piece = ""
            piece += sign
        yield piece


def _printable(text: str) -> str:
    """Other people's words must not drive the terminal."""
    return "".join(sign if sign.isprintable() or sign == "\u200d" else "·" for sign in text)
