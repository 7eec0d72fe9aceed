"""Minimisations of the small problems by one optimiser, and a recorder of evaluations."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..core.interfaces import Optimiser
from ..core.result import Iteration, OptimisationResult
from ..problem.assembled_problem import Problem
from .check import require
from .derivatives import engine_named
from .problems import small_problem

NEAR = 1e-3  # of the fall of a cost: as far above the minimum as a converged result may be


class Trials:
    """Minimisations of the small problems, each computed once."""

    def __init__(self, optimiser: Optimiser) -> None:
        self.optimiser = optimiser
        self.minimised = cache(self._minimised)
        self.problem = cache(self._problem)

    def _problem(self, shape: str, engine: str = "autograd") -> Problem:
        return small_problem(engine_named(engine), shape)

    def start(self, shape: str) -> np.ndarray:
        """Away from the prior mean."""
        return np.array([0.5, -0.6, 0.4, -0.5]) + 0.0 * self.problem(shape).prior.mean

    def _minimised(
        self, shape: str, engine: str = "autograd"
    ) -> tuple[OptimisationResult, list[Iteration]]:
        reported: list[Iteration] = []
        problem = self.problem(shape, engine)
        result = self.optimiser.minimise(problem, self.start(shape), reported.append)
        require(
            isinstance(result, OptimisationResult), "wrong-type", "minimise",
            f"minimise gives {type(result).__name__}; expected an OptimisationResult.",
        )  # fmt: skip
        return result, reported


def silent(point: Iteration) -> None:
    """Callback that ignores the point."""


# what stands for each word of `Optimiser.needs`
EVALUATIONS = {
    "simulate": "simulate", "cost": "simulate", "cost_terms": "simulate", "residuals": "simulate",
    "values_of": "simulate", "value_and_gradient": "gradient", "jacobian": "jacobian",
    "simulate_and_jacobian": "jacobian", "derivatives": "jacobian",
    "hessian_vector": "jacobian", "hessian_vectors": "jacobian",
}  # fmt: skip
FREE = ("simulate",)  # implied by a gradient and a Jacobian


class CallRecorder:
    """A problem that records the kinds of evaluation that an optimiser requests.

    Args:
        problem: evaluates the requests.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._kinds: set[str] = set()

    @property
    def kinds(self) -> set[str]:
        """Words of `Optimiser.needs` that were requested, beyond plain values."""
        return self._kinds - set(FREE)

    def __getattr__(self, name: str) -> Any:
        if name in EVALUATIONS:
            self._kinds.add(EVALUATIONS[name])
        return getattr(self._problem, name)
