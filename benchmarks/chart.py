"""The chart of docs/COMPARISON.md: what the bot does beside what empty programs do, from a result of `make bench`."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

SPEED: Final = "HTTP, as fast as it goes"
WIDTH, NAMES, BAR, GAP, TOP = 720, 230, 26, 14, 58
OURS, THEIRS, LEAST, INK, PALE = "#3a6ea5", "#b8bec6", "#dfe3e8", "#24292f", "#6e7781"
FONT = 'font-family="system-ui, sans-serif" font-size="13"'
ORDER: Final = ("the bot", "empty", "floor")


def write(path: Path, result: Path) -> None:
    """Raises KeyError when the result says nothing of speed over HTTP."""
    path.write_text(draw(json.loads(result.read_text("utf-8"))), "utf-8")


def draw(result: Mapping[str, Any]) -> str:
    """Acks a second as SVG; the line on each bar goes from the slowest round to the fastest."""
    rows = {table["title"]: table for table in result["tables"]}[SPEED]["rows"]
    rates = sorted(((name, cells[0]) for name, cells in rows.items()), key=_place)
    most = max(max(values) for _, values in rates)
    height = TOP + len(rates) * (BAR + GAP) + 20
    bars = [_bar(TOP + n * (BAR + GAP), name, values, most) for n, (name, values) in enumerate(rates)]
    about = result["about"]
    title = "Events acknowledged in a second, one core, over HTTP"
    said = f"{about['processor']}, Python {about['python']}; Slack's signature is checked by all, only the bot stores"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" {FONT}>',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text x="12" y="24" font-size="15" font-weight="600" fill="{INK}">{escape(title)}</text>',
            f'<text x="12" y="44" font-size="11" fill="{PALE}">{escape(said)}</text>',
            *bars,
            "</svg>\n",
        ]
    )


def _place(row: tuple[str, Sequence[float]]) -> tuple[int, float]:
    kind = next((n for n, word in enumerate(ORDER) if row[0].startswith(word)), len(ORDER))
    return kind, -statistics.median(row[1])


def _bar(top: int, name: str, values: Sequence[float], most: float) -> str:
    room = WIDTH - NAMES - 80
    middle, low, high = (NAMES + room * value / most for value in (statistics.median(values), min(values), max(values)))
    colour = OURS if name.startswith("the bot") else LEAST if name.startswith("floor") else THEIRS
    line = top + BAR / 2
    return (
        f'<text x="{NAMES - 10}" y="{line + 4.5:g}" text-anchor="end" fill="{INK}">{escape(name)}</text>'
        f'<rect x="{NAMES}" y="{top}" width="{middle - NAMES:.1f}" height="{BAR}" rx="3" fill="{colour}"/>'
        f'<path d="M{low:.1f} {line:g}H{high:.1f}" stroke="{INK}" stroke-width="1.5"/>'
        f'<text x="{max(middle, high) + 8:.1f}" y="{line + 4.5:g}" fill="{INK}">{statistics.median(values):,.0f}</text>'
    )
