"""Points of a box of control vectors, and points of the part of it that is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen

SWEEPS = 6  # moves of each point after points were drawn from those that are left


@frozen(eq=False)
class Box:
    """Control vectors between limits.

    Args:
        lower, upper: limits of x, shape (control,).
    """

    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def of(cls, problem: Any, extent: float) -> Box:
        """Within `extent` prior sd of the prior mean, and inside the bounds of the parameters."""
        mean = np.asarray(problem.prior.mean, float)
        width = extent * np.asarray(problem.prior.covariance.sd, float)
        low, high = problem.control.limits
        margin = 1e-12 * (1.0 + np.abs(mean))
        lower, upper = (
            np.maximum(mean - width, low + margin),
            np.minimum(mean + width, high - margin),
        )
        return cls(np.minimum(lower, upper), np.maximum(lower, upper))

    def inside(self, points: np.ndarray) -> np.ndarray:
        """Whether points are between the limits, shape (point,)."""
        return np.asarray(((points >= self.lower) & (points <= self.upper)).all(axis=1))

    def uniform(self, count: int, generator: np.random.Generator) -> np.ndarray:
        """Uniform points, shape (point, control)."""
        return np.asarray(generator.uniform(self.lower, self.upper, (count, len(self.lower))))

    def latin_hypercube(self, count: int, generator: np.random.Generator) -> np.ndarray:
        """Points with one in each of `count` slices of each element, shape (point, control).

        Source: McKay, Beckman and Conover (1979), Technometrics 21, 239-245.
        """
        slices = np.array([generator.permutation(count) for _ in self.lower]).T
        share = (slices + generator.uniform(size=slices.shape)) / count
        return np.asarray(self.lower + (self.upper - self.lower) * share)


def spread_points(points: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Points far from each other: each is the farthest of all from those before.

    Args:
        points: shape (point, control).
        count: how many of them.
        generator: chooses the first one.

    Source: Kennard and Stone (1969), Technometrics 11, 137-148.
    """
    scale = np.maximum(points.std(axis=0), 1e-300)
    scaled = points / scale
    chosen = [int(generator.integers(len(points)))]
    distance = np.sum((scaled - scaled[chosen[0]]) ** 2, axis=1)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.sum((scaled - scaled[chosen[-1]]) ** 2, axis=1))
    return points[chosen]


def refilled(
    survivors: np.ndarray,
    count: int,
    left: Callable[[np.ndarray], np.ndarray],
    generator: np.random.Generator,
) -> np.ndarray:
    """Points that are nearly uniform in what is left of the space, shape (point, control).

    Points are drawn from the survivors and moved along differences of two others. A move to a
    point that is ruled out is refused, so that the uniform distribution is stationary.

    Args:
        survivors: points that are left, shape (survivor, control).
        count: number of points.
        left: whether points are in the box and not ruled out, (point, control) -> (point,).
        generator: of the draws and moves.

    Source: ter Braak (2006), Stat. Comput. 16, 239-249 (differential moves).
    """
    points = survivors[generator.integers(len(survivors), size=count)]
    if len(survivors) == 1:
        return points
    size = 2.38 / np.sqrt(2.0 * points.shape[1])
    for sweep in range(SWEEPS):
        first, second = generator.integers(len(survivors), size=(2, count))
        # a factor of 1 leads from one separate part of the space to another
        factor = 1.0 if sweep % 3 == 2 else size
        proposed = points + factor * (survivors[first] - survivors[second])
        accepted = left(proposed)
        points = np.where(accepted[:, None], proposed, points)
    return points
