"""Result of an optimiser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
from attrs import field, frozen

Status = Literal[
    "converged",
    "stalled",
    "iteration limit",
    "budget spent",
    "completed",  # the draws of a sampler
    "ruled out",  # everything is, by history matching
    "interrupted",
    "failed",
]
# nothing is left to resume
FINAL = (
    "converged", "stalled", "iteration limit", "budget spent", "completed", "ruled out", "failed",
)  # fmt: skip
OF_DRAWS = "The point is the mean of draws, and no minimum was searched for."


@frozen(eq=False)
class Iteration:
    """One accepted point of a minimisation.

    Args:
        number: 0 at the start.
        x: control vector.
        cost: J(x).
        terms: J split into 'prior' and each stream.
        gradient_norm: Euclidean norm of dJ/dx over the elements that no bound holds; None where the
            optimiser computes no gradient.
        counts: evaluations so far by kind, such as cost, gradient and jacobian.
        state: numbers or arrays by name that the optimiser needs in addition to x to continue from
            this point.
    """

    number: int
    x: np.ndarray
    cost: float
    terms: Mapping[str, float]
    gradient_norm: float | None = None
    counts: Mapping[str, int] = field(factory=dict)
    state: Mapping[str, float | np.ndarray] = field(factory=dict)


def _iterations(values: Iterable[Iteration]) -> tuple[Iteration, ...]:
    return tuple(values)


@frozen(eq=False)
class OptimisationResult:
    """The best point and the history of the minimisation.

    Args:
        x: control vector of least cost.
        status: reason why it stopped.
        message: the reason in a sentence.
        iterations: accepted points, the start first.
        counts: evaluations by kind.
        gradient: dJ/dx at x, if available.
        jacobian: d simulated / dx at x, if available.
        at_bound: names of the parameters that a bound holds at x. The cost would fall beyond it.
    """

    x: np.ndarray
    status: Status
    message: str
    iterations: tuple[Iteration, ...] = field(converter=_iterations)
    counts: Mapping[str, int] = field(factory=dict)
    gradient: np.ndarray | None = None
    jacobian: np.ndarray | None = None
    at_bound: tuple[str, ...] = ()

    @property
    def cost(self) -> float:
        """J at the best point."""
        return self.iterations[-1].cost

    @property
    def stationary(self) -> bool:
        """Whether the optimiser ended at a minimum."""
        return self.status == "converged"

    @property
    def distance_from_minimum(self) -> str:
        """A sentence: how far the gradient fell, where it is known."""
        first, last = (self.iterations[n].gradient_norm for n in (0, -1))
        if self.status in ("completed", "ruled out"):
            return OF_DRAWS
        if first is None or last is None:
            if self.stationary:
                return "The optimiser converged."
            return f"The optimiser ended before a minimum ({self.status})."
        fell = f"the norm of the gradient went from {first:.3g} to {last:.3g}"
        if first > 0.0:
            fell += f", reduced {first / max(last, 1e-300):.3g} times"
        if self.stationary:
            at = f" at the bound of {', '.join(self.at_bound)}" if self.at_bound else ""
            return f"The optimiser converged{at}: {fell}."
        return f"The optimiser ended before a minimum ({self.status}): {fell}."
