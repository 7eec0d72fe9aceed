"""Consistency of residuals with the assumptions of a run, and influence of each stream."""

from .consistency import (
    ChiSquared,
    ErrorEstimates,
    chi_squared,
    error_estimates,
    prior_chi_squared,
    total_chi_squared,
)
from .fit import StreamFit, autocorrelation, fit_of_values, fits_of, innovation_statistics
from .identifiability import at_bounds, directions, strong_correlations
from .influence import TargetChange, attributed_shifts, nonlinearity, signal, target_shifts
from .large_misfits import large_misfits
from .summary import Diagnosis, diagnose

__all__ = [
    "ChiSquared",
    "Diagnosis",
    "ErrorEstimates",
    "StreamFit",
    "TargetChange",
    "at_bounds",
    "attributed_shifts",
    "autocorrelation",
    "chi_squared",
    "diagnose",
    "directions",
    "error_estimates",
    "fit_of_values",
    "fits_of",
    "innovation_statistics",
    "large_misfits",
    "nonlinearity",
    "prior_chi_squared",
    "signal",
    "strong_correlations",
    "target_shifts",
    "total_chi_squared",
]
