"""Targets: quantities with an uncertainty, of any field, over any mask, in any period."""

from .operator import AreaTarget, target_stream
from .target_requests import Targets, configured_targets, target_streams

__all__ = [
    "AreaTarget",
    "Targets",
    "configured_targets",
    "target_stream",
    "target_streams",
]
