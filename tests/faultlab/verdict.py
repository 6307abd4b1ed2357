"""What came of an experiment, and the table of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

COLUMNS = ("promise", "tried", "lost", "doubled", "out of order", "also", "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts, not opinions. `lost`, `doubled` and `out_of_order` must be zero, and so must every count in `also`.

    `also` names what else must not happen ("acks later than 2.5 s"). `measured` is for the reader. `examples` say what
    the first violations were. A count is None where the question does not arise.
    """

    promise: str
    tried: str
    lost: int | None = None
    doubled: int | None = None
    out_of_order: int | None = None
    also: Mapping[str, int] = field(default_factory=dict)
    measured: str = ""
    examples: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.out_of_order or any(self.also.values()))

    def row(self) -> tuple[str, ...]:
        also = ", ".join(f"{count} {what}" for what, count in self.also.items())
        told = "; ".join(part for part in (also, self.measured) if part)
        counts = ("–" if n is None else str(n) for n in (self.lost, self.doubled, self.out_of_order))
        return (self.promise, self.tried, *counts, told, "pass" if self.holds else "FAIL")


def table(verdicts: Sequence[Verdict]) -> str:
    """One table, as Markdown, readable in a terminal as well."""
    rows = [COLUMNS, *(verdict.row() for verdict in verdicts)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    lines = [f"| {' | '.join(cells)} |" for cells in padded]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def complain(verdict: Verdict) -> str:
    """What a failed test says."""
    return "\n".join([table([verdict]), *verdict.examples])
