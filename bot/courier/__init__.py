"""Finishes unfinished rows: calls the far side, writes the missing name. The only place that decides on retry."""
