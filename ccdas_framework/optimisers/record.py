"""What every optimiser keeps of its way, and when a trial point is no point at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import define, field

from ..core.problem import Problem
from ..core.result import Iteration, OptimisationResult, Status


@define(eq=False)
class Record:
    """Accepted points and counts of one minimisation; the best point is the last one.

    Args:
        problem: being minimised.
        callback: gets each accepted point.
    """

    problem: Problem
    callback: Callable[[Iteration], None]
    iterations: list[Iteration] = field(factory=list)
    counts: dict[str, int] = field(factory=lambda: {"cost": 0, "gradient": 0, "jacobian": 0})

    def accept(self, x: np.ndarray, terms: Mapping[str, float], gradient: np.ndarray) -> Iteration:
        """Note a point and report it."""
        iteration = Iteration(
            number=len(self.iterations),
            x=np.array(x),
            cost=float(sum(terms.values())),
            terms=dict(terms),
            gradient_norm=float(np.linalg.norm(gradient)),
        )
        self.iterations.append(iteration)
        self.callback(iteration)
        return iteration

    def trial_cost(self, x: np.ndarray) -> dict[str, float] | None:
        """Cost by term; None where x is outside the guard rails or gives NaN."""
        if self.problem.control.outside(x):
            return None
        self.counts["cost"] += 1
        terms = self.problem.cost_terms(x)
        return terms if np.isfinite(sum(terms.values())) else None

    def result(self, status: Status, message: str, **known: Any) -> OptimisationResult:
        """The result at the last accepted point."""
        return OptimisationResult(
            x=self.iterations[-1].x,
            status=status,
            message=message,
            iterations=self.iterations,
            counts=dict(self.counts),
            **known,
        )
