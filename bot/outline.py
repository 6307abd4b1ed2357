"""What may be logged of an error whose words may be somebody's message."""

from __future__ import annotations

import traceback

FRAMES = 4


def outline(error: Exception) -> str:
    """Kind and place of an error. Not its own words: they may be somebody's message."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return f"{type(error).__name__} in {' > '.join(f'{frame.name}:{frame.lineno}' for frame in frames)}"
