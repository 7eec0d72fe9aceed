"""Targets: quantities with an uncertainty, of any field, over any mask, in any period."""

from .operator import AreaTarget, target_stream
from .region_masks import GLOBAL
from .target_requests import Target, Targets, configured_targets, provided_fields, target_streams

__all__ = [
    "GLOBAL",
    "AreaTarget",
    "Target",
    "Targets",
    "configured_targets",
    "provided_fields",
    "target_stream",
    "target_streams",
]
