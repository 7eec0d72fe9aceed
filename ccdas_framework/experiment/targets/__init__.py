"""Quantities whose uncertainty is wanted: any field, over any mask, in any period."""

from ..masks import GLOBAL
from .declared import (
    SHORT_FORM,
    Asked,
    Targets,
    asked_targets,
    given_fields,
    mask_tables,
    target_streams,
)
from .operator import AreaTarget, target_stream

__all__ = [
    "GLOBAL",
    "SHORT_FORM",
    "AreaTarget",
    "Asked",
    "Targets",
    "asked_targets",
    "given_fields",
    "mask_tables",
    "target_stream",
    "target_streams",
]
