"""Comparison with what was not assimilated: observations kept aside, and results of others."""

from .asked import Asked, read_evaluation, without_wrong_keys
from .latitudes import ByLatitude, ZonalEvaluation
from .observed import AtPlaces, Evaluation, ThroughStream, evaluate
from .written import evaluation_groups

__all__ = [
    "Asked",
    "AtPlaces",
    "ByLatitude",
    "Evaluation",
    "ThroughStream",
    "ZonalEvaluation",
    "evaluate",
    "evaluation_groups",
    "read_evaluation",
    "without_wrong_keys",
]
