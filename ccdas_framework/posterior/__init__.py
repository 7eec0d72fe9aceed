"""Uncertainty of the optimised parameters, and of what follows from them."""

from .gauss_newton import (
    NoPosterior,
    degrees_of_freedom,
    gauss_newton_posterior,
    whitened_by_stream,
)
from .gaussian import Posterior

__all__ = [
    "NoPosterior",
    "Posterior",
    "degrees_of_freedom",
    "gauss_newton_posterior",
    "whitened_by_stream",
]
