"""Targets: quantities with an uncertainty, of any field, over any mask, in any period."""

from .cell_selection import selected_cells
from .operator import AreaTarget, Target
from .target_requests import Targets, configured_targets, target_streams

__all__ = [
    "AreaTarget",
    "Target",
    "Targets",
    "configured_targets",
    "selected_cells",
    "target_streams",
]
