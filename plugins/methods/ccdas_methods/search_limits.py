"""Limits of a search in x: the bounds of the parameters, and a box around the prior mean."""

from __future__ import annotations

from typing import Any

import numpy as np

TOUCHING = 1e-4  # prior sd from a bound, within which a point lies at it


def bounds_of(control: Any) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest x inside the bounds of the parameters, shape (control,) each.

    They are infinite where no finite x reaches the bound.
    """
    lower, upper = np.full(len(control), -np.inf), np.full(len(control), np.inf)
    for n, element in enumerate(control.active):
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = [control.pack({element.name: b})[n] for b in element.parameter.bounds]
        low, high = ends if control.step[n] > 0.0 else reversed(ends)
        if np.isfinite(low):
            lower[n] = _inside(control, n, low, np.inf)
        if np.isfinite(high):
            upper[n] = _inside(control, n, high, -np.inf)
    return lower, upper


def _inside(control: Any, n: int, end: float, towards: float) -> float:
    """The limit, moved by some units in the last place until rounding leaves it inside."""
    x, name = np.zeros(len(control)), control.active[n].name
    for _ in range(100):
        x[n] = end
        if name not in control.outside(x):
            break
        end = np.nextafter(end, towards)
    return float(end)


def box_of(problem: Any, x0: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray]:
    """A finite region: `size` prior sd around the prior mean, wide enough for x0, in the bounds.

    Where the prior has no finite sd, the unit of x stands for it.
    """
    sd = np.asarray(problem.prior.covariance.sd, float)
    half = size * np.where(np.isfinite(sd), sd, 1.0)
    centre = np.asarray(problem.prior.mean, float)
    lower, upper = bounds_of(problem.control)
    return (
        np.maximum(np.minimum(centre - half, x0), lower),
        np.minimum(np.maximum(centre + half, x0), upper),
    )


def at_bounds(control: Any, x: np.ndarray) -> tuple[str, ...]:
    """Names of the parameters that lie at one of their bounds."""
    lower, upper = bounds_of(control)
    touching = (x - lower <= TOUCHING) | (upper - x <= TOUCHING)
    return tuple(name for name, at in zip(control.names, touching, strict=True) if at)


def converged_at(control: Any, x: np.ndarray, message: str) -> str:
    """The message of a converged search, with the parameters at a bound."""
    names = at_bounds(control, x)
    return f"{message}, at a bound of {', '.join(names)}" if names else message
