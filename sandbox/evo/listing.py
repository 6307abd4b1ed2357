"""Paging and sorting, the same for every list operation."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sandbox.evo.wire import Args

_COUNT_PER_PAGE = 25
Row = TypeVar("Row")


def chosen(value: str | None, wanted: list[str] | None) -> bool:
    """Whether a filter such as accountIds lets `value` through; an absent or empty filter lets all."""
    return not wanted or value in wanted


def contains(value: str | None, part: str | None) -> bool:
    """Whether a text filter lets `value` through, without regard to case."""
    return part is None or part.lower() in (value or "").lower()


def listed(rows: Sequence[Row], args: Args, field: Callable[[Row, str], Any], show: Callable[[Row], Any]) -> Any:
    """One page of `rows`, each shown with `show`; `field` gives the value to sort by."""
    ordered = _sorted(rows, args, field)
    page, size = args.get("page", 0), max(args.get("countPerPage", _COUNT_PER_PAGE), 1)
    if args.get("all"):
        page, size = 0, max(len(ordered), 1)
    start = max(page, 0) * size
    answer: dict[str, Any] = {"items": [show(row) for row in ordered[start : start + size]]}
    if not args.get("simplifiedPaging"):
        answer |= {"totalCount": len(ordered), "totalPages": -(-len(ordered) // size)}
    return answer | {"hasMorePages": start + size < len(ordered)}


def _sorted(rows: Sequence[Row], args: Args, field: Callable[[Row, str], Any]) -> list[Row]:
    name = args.get("sortField")
    if not name:
        return list(rows)
    descend = args.get("sortOrder") == "Descend"
    return sorted(rows, key=lambda row: str(field(row, name) or ""), reverse=descend)


def field_of(info: dict[str, Any], name: str) -> Any:
    """A member of a wire object by name, without regard to case; None when there is none of it."""
    return next((value for key, value in info.items() if key.lower() == name.lower()), None)
