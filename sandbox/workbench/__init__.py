"""The workbench: a page on which both sides are seen and played, served on loopback.

It keeps no truth: it hands on what the stand-ins say has changed, and hands back what somebody does on the page.
"""

from pathlib import Path

from sandbox.workbench.bench import PORT, Workbench
from sandbox.workbench.feed import Feed

PICTURES = Path(__file__).parent / "pictures"
"""What the README shows; made anew by `make pictures`."""

__all__ = ["PICTURES", "PORT", "Feed", "Workbench"]
