"""What searches without derivatives share: evaluated candidates, the best one, failed runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from attrs import define, field

from ccdas_framework import Iteration, MinimisationRecord, OptimisationResult

AT_LIMIT = 1e-6  # distance from a bound (prior sd), within which a minimum lies at it
DRAWS = 100  # times that a candidate outside the bounds is drawn anew


@define(eq=False)
class CostSearch:
    """The candidates of one search; each report accepts the best point so far.

    Args:
        problem: counted problem.
        record: accepted points.
        seed: of the random numbers of each generation.
        evaluated: candidates so far.
        failed: those whose run failed.
        outside: draws outside the bounds, which were drawn anew or moved onto them.
    """

    problem: Any
    record: MinimisationRecord
    seed: int
    evaluated: int = 0
    failed: int = 0
    outside: int = 0
    x: np.ndarray = field(init=False)  # best point evaluated, shape (control,)
    cost: float = field(init=False)

    @classmethod
    def begin(
        cls,
        problem: Any,
        x0: np.ndarray,
        callback: Callable[[Iteration], None],
        earlier: Sequence[Iteration],
        generator: np.random.Generator | None,
    ) -> CostSearch:
        """A search that starts at x0, which is its first accepted point, or that continues.

        Raises:
            CcdasError: x0 is outside the bounds, or its run fails.
        """
        record = MinimisationRecord.after(problem, callback, earlier)
        generator = np.random.default_rng(1) if generator is None else generator
        search = cls(problem, record, seed=int(generator.integers(2**31)))
        if not earlier:
            x0 = np.array(x0, float)
            terms = None if problem.control.outside(x0) else problem.cost_terms(x0)
            if terms is None or not np.isfinite(sum(terms.values())):
                record.refuse(x0)
            record.accept(x0, terms, **search.counters)
        last = record.iterations[-1]
        search.seed, search.evaluated, search.failed, search.outside = (
            int(last.state[name]) for name in search.counters
        )
        search.x, search.cost = last.x, last.cost
        return search

    @property
    def counters(self) -> dict[str, int]:
        """Numbers of the state of each accepted point."""
        return {
            "seed": self.seed,
            "evaluated": self.evaluated,
            "failed": self.failed,
            "outside": self.outside,
        }

    @property
    def generation(self) -> int:
        """Number of the generation that comes next."""
        return len(self.record.iterations)

    def generator(self) -> np.random.Generator:
        """Random numbers of the next generation, which do not depend on an interruption."""
        return np.random.default_rng([self.seed, self.generation])

    def inside(self, draw: Callable[[], np.ndarray]) -> np.ndarray | None:
        """A candidate inside the bounds, shape (control,); None where too many lie outside."""
        for _ in range(DRAWS):
            x = draw()
            if not self.problem.control.outside(x):
                return x
            self.outside += 1
        return None

    def costs(self, candidates: np.ndarray) -> np.ndarray:
        """J of each candidate, shape (candidate,); infinite where its run fails."""
        costs = np.asarray(self.problem.costs(candidates), float)
        works = np.isfinite(costs)
        self.evaluated += len(costs)
        self.failed += int(np.sum(~works))
        costs = np.where(works, costs, np.inf)
        best = int(np.argmin(costs))
        if costs[best] < self.cost:
            self.x, self.cost = np.array(candidates[best], float), float(costs[best])
        return costs

    def report(self, **state: float | np.ndarray) -> None:
        """Accept the best point so far, with the state to continue from."""
        last = self.record.iterations[-1]
        terms = last.terms
        if not np.array_equal(self.x, last.x):
            # a batch may differ from a single run by rounding; the cost is that of a single run
            terms = self.problem.cost_terms(self.x)
            self.cost = float(sum(terms.values()))
            if not self.cost <= last.cost:
                self.x, self.cost, terms = last.x, last.cost, last.terms
        self.record.accept(self.x, terms, **self.counters, **state)

    def result(self, status: Any, message: str) -> OptimisationResult:
        """Result at the best point; the message has the failed runs and the draws outside."""
        if self.failed:
            cause = getattr(self.problem, "first_failure", "") or "a value is not finite"
            message += f"; {self.failed} of {self.evaluated} runs failed, the first because {cause}"
        if self.outside:
            message += f"; {self.outside} draws lay outside the bounds"
        lower, upper = self.problem.control.limits
        touching = (self.x - lower <= AT_LIMIT) | (upper - self.x <= AT_LIMIT)
        names = np.array(self.problem.control.names)[touching]
        return self.record.result(status, message, at_bound=tuple(map(str, names)))
