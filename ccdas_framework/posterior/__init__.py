"""Uncertainty of the optimised parameters, and of what follows from them."""

from .gauss_newton import Posterior, gauss_newton_posterior

__all__ = ["Posterior", "gauss_newton_posterior"]
