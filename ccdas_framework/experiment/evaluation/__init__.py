"""Comparison with what was not assimilated: observations kept aside, and results of others."""

from .config import EvaluationRequest, read_evaluation
from .groups import evaluation_groups
from .latitudes import ByLatitude, ZonalEvaluation
from .observed import AtPlaces, Evaluation, ThroughStream, evaluate

__all__ = [
    "AtPlaces",
    "ByLatitude",
    "Evaluation",
    "EvaluationRequest",
    "ThroughStream",
    "ZonalEvaluation",
    "evaluate",
    "evaluation_groups",
    "read_evaluation",
]
