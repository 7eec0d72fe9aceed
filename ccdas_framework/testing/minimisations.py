"""Minimisations of the small problems by one optimiser."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..core.interfaces import Optimiser
from ..core.problem import Problem
from ..core.result import Iteration, OptimisationResult
from .check import require
from .derivatives import engine_named
from .problems import small_problem

NEAR = 1e-3  # of the fall of a cost: as far above the minimum as a converged result may be


class Trials:
    """Minimisations of the small problems, each made when it is first asked for."""

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
            isinstance(result, OptimisationResult),
            f"minimise gives {type(result).__name__}; expected an OptimisationResult.",
        )
        return result, reported


def silent(point: Iteration) -> None:
    """No callback."""
