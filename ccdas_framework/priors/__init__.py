"""Priors that ship with the framework."""

from .gaussian import Gaussian

__all__ = ["Gaussian"]
