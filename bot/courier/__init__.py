"""Finishes unfinished rows: calls the far side, writes the missing name. The only place that decides on retry."""

from bot.courier.lanes import Courier
from bot.courier.poster import Poster

__all__ = ["Courier", "Poster"]
