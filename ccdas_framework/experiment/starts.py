"""Starting points of the optimisation and their results."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ..core.result import OptimisationResult
from ..problem.assembled_problem import Problem

ROUNDING = 1e-8  # of the cost (of 1 where that is less): below it costs are equal
HALVINGS = 60  # of a step, after which its start is the prior mean to the last digit


@frozen(eq=False)
class Start:
    """One starting point and its result.

    Args:
        number: 1 is the prior mean.
        x: the point, shape (control,).
        adjusted: elements that were brought back inside their guard rails.
        result: of the optimisation; None where it failed.
        problem: reason of the failure, a sentence.
    """

    number: int
    x: np.ndarray
    adjusted: tuple[str, ...] = ()
    result: OptimisationResult | None = None
    problem: str = ""

    @property
    def status(self) -> str:
        """Status of the result, or 'failed'."""
        return "failed" if self.result is None else self.result.status

    @property
    def message(self) -> str:
        """End of the optimisation in a sentence."""
        return self.problem if self.result is None else self.result.message

    @property
    def gradient_reduction(self) -> float:
        """Gradient norm at the start over that at the end: infinite where the latter is 0, NaN
        where the optimiser computes no gradient.
        """
        if self.result is None:
            return float("nan")
        first, last = (self.result.iterations[n].gradient_norm for n in (0, -1))
        if first is None or last is None:
            return float("nan")
        return first / last if last > 0.0 else float("inf")


@frozen(eq=False)
class Starts:
    """All starting points of a run.

    Args:
        starts: in order of their numbers; at least one of them was optimised.
        interrupted: whether Ctrl-C ended the optimisation.
    """

    starts: tuple[Start, ...]
    interrupted: bool = False

    @property
    def ended(self) -> tuple[Start, ...]:
        """The starts with a result."""
        return tuple(s for s in self.starts if s.result is not None)

    @property
    def results(self) -> tuple[OptimisationResult, ...]:
        """The results of `ended`."""
        return tuple(s.result for s in self.starts if s.result is not None)

    @property
    def best(self) -> OptimisationResult:
        """The result of least cost; among equal costs one that converged, then the first."""
        least = min(r.cost for r in self.results)
        equal = [r for r in self.results if r.cost - least <= ROUNDING * max(abs(least), 1.0)]
        return next((r for r in equal if r.stationary), min(equal, key=lambda r: r.cost))

    @property
    def best_number(self) -> int:
        """Number of the start whose result is the best."""
        return next(s.number for s in self.starts if s.result is self.best)


def starting_points(problem: Problem, count: int, seed: int) -> tuple[Start, ...]:
    """x_b, x_b + s, x_b - s, then x_b + s' with new signs each time; s = ±1 prior sd.

    An element outside its guard rails is brought back by halving its distance from the prior mean
    until it is inside.

    Args:
        problem: gives x_b, B and the guard rails.
        count: number of starts, at least 1.
        seed: of the signs.
    """
    mean = np.asarray(problem.prior.mean, float)
    sd = np.asarray(problem.prior.covariance.sd, float)
    sd = np.where(np.isfinite(sd), sd, 1.0)  # a flat prior: the scale of x instead
    generator = np.random.default_rng([seed, 3])  # 4 are the draws from the posterior
    steps = [np.zeros(len(mean))]
    while len(steps) < count:
        signs = generator.choice([-1.0, 1.0], len(mean))
        steps += [signs * sd, -signs * sd] if len(steps) == 1 else [signs * sd]
    return tuple(
        Start(number, *inside(problem, mean, step)) for number, step in enumerate(steps[:count], 1)
    )


def inside(
    problem: Problem, mean: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, tuple[str, ...]]:
    """mean + step inside the guard rails, and the names of elements that were outside."""
    step, adjusted = np.array(step), []
    position = {name: n for n, name in enumerate(problem.control.names)}
    for _ in range(HALVINGS):
        outside = [name for name in problem.control.outside(mean + step) if step[position[name]]]
        if not outside:
            break
        adjusted += outside
        step[[position[name] for name in outside]] *= 0.5
    return mean + step, tuple(dict.fromkeys(adjusted))
