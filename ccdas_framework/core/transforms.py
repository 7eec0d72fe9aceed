"""Transforms g between physical values p and control space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from attrs import frozen

Array = Any
Bounds = tuple[Any, Any]
TransformName = Literal["identity", "log", "shifted_log", "square_root", "logit"]


@frozen
class Transform:
    """A transform g and its inverse.

    Args:
        name: in a configuration.
        forward: g(p) of p, bounds and `xp`.
        inverse: p of g, bounds and `xp`.
        slope: dp/dg of g and bounds, by numpy.
        bounded_above: whether no finite g reaches the upper bound.
        even: whether g and -g have the same physical value.
    """

    name: TransformName
    forward: Callable[[Array, Bounds, Any], Array]
    inverse: Callable[[Array, Bounds, Any], Array]
    slope: Callable[[Array, Bounds], Array]
    bounded_above: bool = False
    even: bool = False

    def range_within(self, bounds: Bounds) -> tuple[float, float]:
        """Least and largest g whose physical value lies inside the bounds."""
        with np.errstate(invalid="ignore", divide="ignore"):
            lower, upper = (float(self.forward(np.float64(b), bounds, np)) for b in bounds)
        if np.isnan(lower):  # a logarithm of a bound below zero
            lower = -np.inf
        if np.isnan(upper):
            upper = np.inf
        return (-upper, upper) if self.even else (lower, upper)

    def reaches(self, value: float, bounds: Bounds) -> bool:
        """Whether a physical value is inside its bounds and has a finite g."""
        with np.errstate(invalid="ignore", divide="ignore"):
            finite = bool(np.isfinite(self.forward(np.float64(value), bounds, np)))
        return finite and bool(bounds[0] <= value <= bounds[1])


def _logit(value: Array, bounds: Bounds, xp: Any) -> Array:
    lower, upper = bounds
    scaled = (value - lower) / (upper - lower)
    return xp.log(scaled / (1.0 - scaled))


def _logistic(g: Array, bounds: Bounds, xp: Any) -> Array:
    lower, upper = bounds
    # 0.5 (1 + tanh(g/2)) is the logistic without overflow at either end
    return lower + (upper - lower) * 0.5 * (1.0 + xp.tanh(0.5 * g))


def _logistic_slope(g: Array, bounds: Bounds) -> Array:
    lower, upper = bounds
    scaled = 0.5 * (1.0 + np.tanh(0.5 * g))
    return (upper - lower) * scaled * (1.0 - scaled)


TRANSFORMS: dict[str, Transform] = {
    transform.name: transform
    for transform in (
        Transform(
            "identity",
            forward=lambda p, bounds, xp: p,
            inverse=lambda g, bounds, xp: g,
            slope=lambda g, bounds: np.ones_like(g),
        ),
        Transform(
            "log",
            forward=lambda p, bounds, xp: xp.log(p),
            inverse=lambda g, bounds, xp: xp.exp(g),
            slope=lambda g, bounds: np.exp(g),
        ),
        Transform(
            "shifted_log",
            forward=lambda p, bounds, xp: xp.log(p - bounds[0]),
            inverse=lambda g, bounds, xp: bounds[0] + xp.exp(g),
            slope=lambda g, bounds: np.exp(g),
        ),
        Transform(
            "square_root",
            forward=lambda p, bounds, xp: xp.sqrt(p - bounds[0]),
            inverse=lambda g, bounds, xp: bounds[0] + g**2,
            slope=lambda g, bounds: 2.0 * g,
            even=True,
        ),
        Transform("logit", _logit, _logistic, _logistic_slope, bounded_above=True),
    )
}
