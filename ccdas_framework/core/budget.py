"""The budget of a search: evaluations of a problem, counted and limited in runs of the model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from math import floor, inf
from threading import Lock

from attrs import define, field

KINDS = ("cost", "gradient", "jacobian", "hessian_vector", "tangent", "adjoint")
FAILED = "failed"
ROUNDING = 1e-9  # runs of the model, below which nothing is left of a budget


def default_weights(parameters: int) -> dict[str, float]:
    """Kind of an evaluation -> runs of the model that it counts for.

    A gradient by a reverse sweep costs at most about four runs and a product with the Hessian
    twice as much. A Jacobian counts as many runs as one-sided differences take.

    Args:
        parameters: number of elements of the control vector.

    Source: Griewank and Walther (2008), Evaluating Derivatives, 2nd ed., sections 3.3 and 3.4.
    """
    of_jacobian = parameters + 1.0
    return dict(zip(KINDS, (1.0, 4.0, of_jacobian, 8.0, 2.0, 3.0), strict=True))


class BudgetSpent(BaseException):
    """The next evaluation would exceed the budget, and is not made.

    It derives from BaseException, as KeyboardInterrupt does, so that `except Exception` of a
    foreign package does not take it for a failed run.
    """


@define(eq=False)
class Budget:
    """Evaluations of a problem: how many there were, and how many are left.

    Args:
        model_runs: limit in runs of the model; infinite without one.
        weights: kind of evaluation -> runs of the model that one counts for; 1 where left out.
        seconds: limit in seconds. It depends on the load of the machine, so that a search that
            it ends cannot be repeated.
        counts: evaluations so far, by kind.
        failed: evaluations so far whose result is not finite.
    """

    model_runs: float = inf
    weights: Mapping[str, float] = field(factory=dict)
    seconds: float = inf
    counts: dict[str, int] = field(factory=lambda: dict.fromkeys(KINDS, 0))
    failed: int = 0
    _began: float = field(factory=time.monotonic, init=False)
    _lock: Lock = field(factory=Lock, init=False, repr=False)

    def weight(self, kind: str) -> float:
        """Runs of the model that an evaluation counts for."""
        return self.weights.get(kind, 1.0)

    @property
    def used(self) -> float:
        """Runs of the model that all evaluations so far count for."""
        return sum(self.weight(kind) * count for kind, count in self.counts.items())

    @property
    def left(self) -> float:
        """Runs of the model that are left; infinite without a limit."""
        return max(self.model_runs - self.used, 0.0)

    @property
    def spent(self) -> str:
        """How much is spent of which limit, as in "120 of 120 model runs"."""
        runs = f"{self.used:g} model runs"
        if self._late:
            return f"{self.seconds:g} s with {runs}, which cannot be repeated"
        return (
            runs if self.model_runs == inf else f"{self.used:g} of {self.model_runs:g} model runs"
        )

    @property
    def key(self) -> str:
        """Key of the limit that ended it, or that will."""
        in_time = self._late or self.model_runs == inf > self.seconds
        return "budget.seconds" if in_time else "budget.model_runs"

    @property
    def _late(self) -> bool:
        return time.monotonic() - self._began > self.seconds

    @property
    def record(self) -> dict[str, int]:
        """Evaluations so far by kind, and those that failed, without the kinds of none."""
        counts = {**self.counts, FAILED: self.failed}
        return {kind: count for kind, count in counts.items() if count}

    def resume(self, record: Mapping[str, int]) -> None:
        """Continue from the `record` of an interrupted search."""
        self.failed = record.get(FAILED, 0)
        self.counts.update({k: count for k, count in record.items() if k != FAILED})

    def affordable(self, kind: str, most: int) -> int:
        """How many evaluations of a kind are left, at most `most`; all of them without a limit."""
        if self._late:
            return 0
        if self.left == inf or not self.weight(kind):
            return most
        return min(most, floor((self.left + ROUNDING) / self.weight(kind)))

    def spend(self, kind: str, count: int = 1) -> None:
        """Count evaluations that are about to be made.

        Raises:
            BudgetSpent: they would exceed the budget; none of them is counted.
        """
        with self._lock:
            if self.affordable(kind, count) < count:
                raise BudgetSpent(kind)
            self.counts[kind] += count

    def fail(self, count: int = 1) -> None:
        """Count evaluations without a finite result."""
        with self._lock:
            self.failed += count
