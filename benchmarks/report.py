"""What was found: as text, as JSON, and judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Part, Spread, Table, Target

NOTHING = "–"


def text(parts: Sequence[Part], about: dict[str, str]) -> str:
    """Everything, for people."""
    blocks = [_table(table) for part in parts for table in part.tables]
    targets = [target for part in parts for target in part.targets]
    left_out = [line for part in parts for line in part.left_out]
    blocks.append(_table(_judged(targets)))
    blocks.append("Left out: " + ("; ".join(left_out) or "nothing") + ".")
    blocks.append("  ".join(f"{name} {value}" for name, value in about.items()))
    return "\n\n".join(blocks) + "\n"


def write(path: Path, parts: Sequence[Part], about: dict[str, str]) -> None:
    """The same for machines, with every single value."""
    told = {
        "about": about,
        "tables": [_plain(table) for part in parts for table in part.tables],
        "targets": [
            {"what": target.what, "wanted": target.wanted, "measured": list(target.measured.values), "met": target.met}
            for part in parts
            for target in part.targets
        ],
        "left_out": [line for part in parts for line in part.left_out],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _judged(targets: Sequence[Target]) -> Table:
    rows: list[tuple[str, list[Spread | str | None]]] = [
        (target.what, [target.wanted, target.measured, "met" if target.met else "MISSED"]) for target in targets
    ]
    return Table("Targets", ("wanted", "measured", ""), rows)


def _table(table: Table) -> str:
    cells = [["", *table.columns], *([name, *map(_cell, row)] for name, row in table.rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(cells[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([table.title, "-" * len(table.title), *lines, *table.notes])


def _cell(cell: Spread | str | None) -> str:
    return NOTHING if cell is None else str(cell)


def _plain(table: Table) -> dict[str, object]:
    rows = {name: [list(cell.values) if isinstance(cell, Spread) else cell for cell in row] for name, row in table.rows}
    return {"title": table.title, "columns": list(table.columns), "rows": rows}
