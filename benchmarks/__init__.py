"""Measured speed: `make bench` runs everything side by side and prints one table of ratios. Linux only.

Absolute figures belong to a machine and its mood; ratios of what ran in the same minutes hold elsewhere, too.
"""
