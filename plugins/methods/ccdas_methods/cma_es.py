"""CMA-ES: evolution strategy with covariance matrix adaptation, from the package `cmaes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import optional

from ccdas_framework import Iteration, OptimisationResult, Optimiser, in_range

from .cost_search import CostSearch

FAILED_GENERATIONS = 10  # in a row without one finite cost, after which the search stops
SHRUNK = 1e-3  # sd of the distribution (prior sd), below which its end is a minimum


@frozen
class CmaEs(Optimiser):
    """CMA-ES (Hansen 2016, arXiv:1604.00772) by the package `cmaes`.

    It ends as the package ships it: where the costs of the last 10 + 30 n / population generations
    differ by less than 1e-12, or where the distribution is narrower than 1e-12 of its first sd. A
    distribution that stops while it is still wide is "stalled", not converged.

    A candidate outside the bounds is evaluated at the nearest point inside, and ranks by its cost
    plus the square of the distance (prior sd), so that the distribution does not leave the bounds.
    A run that fails ranks last. A generation in which all runs fail is drawn anew.

    Args:
        sigma: sd of the first generation (prior sd).
        population: candidates of a generation; by default 4 + 3 ln n, as the package ships it.
        iterations: most generations.
    """

    sigma: float = field(default=0.5, validator=in_range(1e-6, 1e3))
    population: int | None = field(
        default=None, validator=optional(in_range(4, 100_000, whole=True))
    )
    iterations: int = field(default=1000, validator=in_range(1, 1_000_000, whole=True))
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
        lower, upper = search.problem.control.limits
        states = search.record.iterations
        distribution = self._distribution(states[0].x, states[-1].state)
        in_a_row = int(states[-1].state.get("in_a_row", 0))
        while search.generation <= self.iterations:
            distribution.reseed_rng(int(search.generator().integers(2**32)))
            drawn = np.array([distribution.ask() for _ in range(distribution.population_size)])
            inside = np.clip(drawn, lower, upper)
            distance = np.sum((drawn - inside) ** 2, axis=1)
            search.outside += int(np.sum(distance > 0.0))
            costs = search.costs(inside) + distance
            in_a_row = 0 if np.isfinite(costs).any() else in_a_row + 1
            if not in_a_row:
                distribution.tell(list(zip(drawn, costs.tolist(), strict=True)))
                # its state holds one triangle of a matrix that is symmetric up to rounding
                distribution.__setstate__(distribution.__getstate__())
            search.report(in_a_row=in_a_row, **_state(distribution))
            if in_a_row >= FAILED_GENERATIONS:
                message = f"no run of {in_a_row} generations could be evaluated"
                return search.result("stalled", message)
            if not in_a_row and distribution.should_stop():
                return _ended(search, distribution)
        message = f"{self.iterations} generations were made before CMA-ES converged"
        return search.result("iteration limit", message)

    def _distribution(self, x0: np.ndarray, state: Mapping[str, Any]) -> Any:
        """The search distribution at the start, or from the state of an accepted point."""
        from cmaes import CMA

        distribution = CMA(mean=np.array(x0), sigma=self.sigma, population_size=self.population)
        fresh = distribution.__getstate__()
        stored = {
            name: np.array(value) if np.ndim(value) else type(fresh[name])(value)
            for name, value in state.items()
            if name in fresh
        }
        distribution.__setstate__({**fresh, **stored})
        return distribution


def _state(distribution: Any) -> dict[str, Any]:
    """Numbers and arrays of the distribution, by the names under which it is pickled."""
    state = distribution.__getstate__().items()
    return {name: value for name, value in state if isinstance(value, int | float | np.ndarray)}


def _ended(search: CostSearch, distribution: Any) -> OptimisationResult:
    """Result where the package stops: at a minimum only if the distribution has shrunk to it."""
    state = distribution.__getstate__()
    # sd is at most the root of the sum of the variances, the diagonal of a packed triangle
    size = len(search.x)
    diagonal = np.cumsum([0, *range(size, 1, -1)])
    width = float(state["_sigma"] * np.sqrt(np.max(state["_c_1d"][diagonal])))
    if width < SHRUNK:
        message = f"the distribution has shrunk to {width:.2g} prior sd"
        return search.result("converged", message)
    return search.result("stalled", f"CMA-ES stopped while its sd is still {width:.2g} prior sd")
