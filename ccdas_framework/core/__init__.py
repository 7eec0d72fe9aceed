"""Interfaces and records: vectors, operators, units and costs."""

from .aggregate import area_mean, by_cell, by_month, period_mean
from .covariance import Covariance, Dense, Diagonal, half_square
from .domain import Domain, Forcing, Grid
from .interfaces import Engine, ObservationOperator, Optimiser, Prior, ProcessModel
from .observations import Observations, Stream, apply_masks, cell_stream
from .parameters import Parameter
from .validators import is_flag, is_number, is_whole_number
from .variables import Variable

__all__ = [
    "Covariance",
    "Dense",
    "Diagonal",
    "Domain",
    "Engine",
    "Forcing",
    "Grid",
    "ObservationOperator",
    "Observations",
    "Optimiser",
    "Parameter",
    "Prior",
    "ProcessModel",
    "Stream",
    "Variable",
    "apply_masks",
    "area_mean",
    "by_cell",
    "by_month",
    "cell_stream",
    "half_square",
    "is_flag",
    "is_number",
    "is_whole_number",
    "period_mean",
]
