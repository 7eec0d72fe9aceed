"""Comparison of the three-dimensional transport with full models and with stations."""

from .comparison_with_tm5 import prove

__all__ = ["prove"]
