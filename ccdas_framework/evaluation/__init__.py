"""Comparison with what was not assimilated: withheld observations and results of other studies."""

from .evaluation_requests import EvaluationReader, EvaluationRequest
from .groups import evaluation_groups
from .withheld import AtPlaces, Evaluation
from .zonal_comparison import ByLatitude, ZonalEvaluation

__all__ = [
    "AtPlaces",
    "ByLatitude",
    "Evaluation",
    "EvaluationReader",
    "EvaluationRequest",
    "ZonalEvaluation",
    "evaluation_groups",
]
