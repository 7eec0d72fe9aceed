"""Quantities whose uncertainty is reported: any field, over any mask, in any period."""

from ..masks import GLOBAL
from .config import (
    Target,
    Targets,
    configured_targets,
    provided_fields,
    target_streams,
)
from .operator import AreaTarget, target_stream

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
