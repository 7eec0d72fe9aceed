"""Random search: the best of independent draws from the prior, the baseline of every study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ccdas_framework import Iteration, OptimisationResult, Optimiser, in_range

from .cost_search import CostSearch


@frozen
class RandomSearch(Optimiser):
    """The best of independent draws from the prior.

    Args:
        draws: number of draws. There is no other end, and no result is called converged.
        batch: draws of one iteration, which are evaluated together.
    """

    draws: int = field(default=1000, validator=in_range(1, 10_000_000, whole=True))
    batch: int = field(default=20, validator=in_range(1, 100_000, whole=True))
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
            return self._search(search)
        except KeyboardInterrupt:
            return search.record.interrupted()

    def _search(self, search: CostSearch) -> OptimisationResult:
        prior = search.problem.prior
        while search.evaluated < self.draws:
            generator = search.generator()
            candidates = []
            for _ in range(min(self.batch, self.draws - search.evaluated)):
                x = search.inside(lambda generator=generator: prior.sample(generator, 1)[0])
                if x is None:
                    return search.result("stalled", "nearly all draws lie outside the bounds")
                candidates.append(x)
            search.costs(np.array(candidates))
            search.report()
        if search.failed == search.evaluated:
            return search.result("failed", "no draw could be evaluated")
        return search.result("iteration limit", f"the best of {search.evaluated} draws")
