"""What the emoji package knows. Imported, it reads half a megabyte of names: at the first emoji, not before."""

from __future__ import annotations


def is_emoji(text: str) -> bool:
    from emoji import is_emoji as known  # noqa: PLC0415 - see above

    return known(text)


def named(name: str) -> str | None:
    """The emoji that the package calls so."""
    from emoji import emojize  # noqa: PLC0415 - see above

    text = f":{name}:"
    found = emojize(text, language="alias")
    return found if found != text else None
