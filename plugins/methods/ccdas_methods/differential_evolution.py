"""Differential evolution, from scipy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ccdas_framework import Iteration, OptimisationResult, Optimiser, in_range, is_flag

from .cost_search import CostSearch
from .search_region import search_region

LEAST = 5  # members of a population


@frozen
class DifferentialEvolution(Optimiser):
    """Differential evolution (Storn and Price 1997, J. Global Optim. 11, 341) by `scipy.optimize`.

    Strategy best1bin with the mutation and the recombination that scipy ships. The population is
    replaced after each generation, never within it, so that members evaluated together or one by
    one give the same numbers. It ends as scipy ships it, where the sd of the costs of the
    population is below `tolerance` times their mean, and then polishes the best member by L-BFGS-B
    with differences. A run that fails has an infinite cost.

    Args:
        population: members for each element of x.
        tolerance: largest sd of the costs of a converged population, as a share of their mean.
        iterations: most generations.
        polish: whether the best member is polished.
        box: half width of the region around the prior mean that is searched (prior sd).
    """

    population: int = field(default=15, validator=in_range(1, 10_000, whole=True))
    tolerance: float = field(default=0.01, validator=in_range(0.0, 1.0))
    iterations: int = field(default=1000, validator=in_range(1, 1_000_000, whole=True))
    polish: bool = field(default=True, validator=is_flag)
    box: float = field(default=6.0, validator=in_range(1e-3, 1e3))
    needs: ClassVar[frozenset[str]] = frozenset({"simulate"})
    resumes: ClassVar[bool] = True
    robust: ClassVar[bool] = True

    def minimise(
        self,
        problem: Any,
        x0: np.ndarray,
        callback: Callable[[Iteration], None],
        earlier: Sequence[Iteration] = (),
        *,
        generator: np.random.Generator | None = None,
    ) -> OptimisationResult:
        """See `Optimiser.minimise`."""
        search = CostSearch.begin(problem, x0, callback, earlier, generator)
        try:
            return self._evolve(search)
        except KeyboardInterrupt:
            return search.record.interrupted()

    def _evolve(self, search: CostSearch) -> OptimisationResult:
        start = search.record.iterations[0].x
        limits = search_region(search.problem, start, self.box)
        state = search.record.iterations[-1].state
        members, costs = state.get("members"), state.get("costs")
        converged = bool(state.get("converged", False))
        while members is None or (ended := self._ended(search, limits, costs, converged)) is None:
            # the first call makes and evaluates the population, every further one a generation
            end = self._generation(search, limits, start, members, costs)
            converged = members is not None and bool(end.success)
            members, costs = end.population, end.population_energies
            search.report(members=members, costs=costs, converged=converged)
        return ended

    def _ended(
        self,
        search: CostSearch,
        limits: tuple[np.ndarray, np.ndarray],
        costs: np.ndarray,
        converged: bool,
    ) -> OptimisationResult | None:
        """Result where the search is over, else None."""
        if not np.isfinite(costs).any():
            return search.result("failed", "no member of the population could be evaluated")
        if (costs == costs[0]).all() and search.cost == search.record.iterations[0].cost:
            return search.result("stalled", "no member of the population costs less than the start")
        if converged:
            return self._converged(search, limits)
        if search.generation > self.iterations + 1:
            message = f"{self.iterations} generations were made before it converged"
            return search.result("iteration limit", message)
        return None

    def _generation(
        self,
        search: CostSearch,
        limits: tuple[np.ndarray, np.ndarray],
        start: np.ndarray,
        members: np.ndarray | None,
        costs: np.ndarray | None,
    ) -> Any:
        """Population and costs after one generation, as scipy returns them."""
        from scipy.optimize import Bounds, differential_evolution

        known = [] if members is None else [costs]  # of the population that the call begins with

        def evaluate(columns: np.ndarray) -> np.ndarray:
            return known.pop() if known else search.costs(np.clip(columns.T, *limits))

        first = {"init": "latinhypercube", "x0": start, "popsize": self._members_each(len(start))}
        return differential_evolution(
            evaluate,
            Bounds(*limits),
            maxiter=0 if members is None else 1,
            tol=self.tolerance,
            polish=False,
            updating="deferred",
            vectorized=True,
            rng=search.generator(),
            **(first if members is None else {"init": members}),
        )

    def _members_each(self, size: int) -> int:
        """Members for each element; scipy needs at least five in all."""
        return max(self.population, -(-LEAST // size))

    def _converged(
        self, search: CostSearch, limits: tuple[np.ndarray, np.ndarray]
    ) -> OptimisationResult:
        if self.polish:
            from scipy.optimize import Bounds, minimize

            with np.errstate(invalid="ignore"):  # differences of failed runs
                minimize(
                    lambda x: float(search.costs(x[None])[0]),
                    search.x,
                    method="L-BFGS-B",
                    bounds=Bounds(*limits),
                )
            search.report()
        message = (
            f"the costs of the population differ by less than {self.tolerance:g} of their mean"
        )
        return search.result("converged", message)
