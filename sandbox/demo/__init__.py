"""The product, shown: a conversation between Slack and Evo Voice, played on the stand-ins through the real wire.

Whatever is printed as seen, and whatever is counted, comes from the stand-ins' own histories.
"""

from sandbox.demo.show import play

__all__ = ["play"]
