"""The cost for minimisers of scipy that know neither bounds nor failed runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from attrs import define, field

from ccdas_framework import Iteration, MinimisationRecord, OptimisationResult

RELEASES = 20  # times that a search begins anew because of a bound
AT_MOST = 1  # status of scipy at the limit of iterations


@define(eq=False)
class BoundedDescent:
    """J at the nearest point inside the bounds, and the best point so far.

    u is a point that the minimiser tries, and x the nearest one inside the bounds. J(x(u)) does not
    change with an element of u outside them, so that a minimiser without bounds ends at the least
    cost inside. Where the cost at its end falls from a bound inwards, it begins anew from x. The
    derivative jumps at a bound, where line searches may fail. If one does while bounds hold
    elements of x, the minimiser begins anew with these elements of u beyond them.

    Where a run fails, a wall leads back to the best point, and the line search shortens its step.
    """

    problem: Any
    record: MinimisationRecord
    x: np.ndarray = field(init=False)  # best point evaluated, shape (control,)
    cost: float = field(init=False)
    gradient: np.ndarray = field(init=False)
    _failed: int = field(default=0, init=False)

    @classmethod
    def begin(
        cls,
        problem: Any,
        x0: np.ndarray,
        callback: Callable[[Iteration], None],
        earlier: Sequence[Iteration],
    ) -> BoundedDescent:
        """A descent from x0, its first accepted point, or from the last of earlier ones.

        Raises:
            CcdasError: the point is outside the bounds, or its run fails.
        """
        descent = cls(problem, MinimisationRecord.after(problem, callback, earlier))
        x = np.array(earlier[-1].x if earlier else x0, float)
        if problem.control.outside(x):
            descent.record.refuse(x)
        descent.cost, descent.gradient = problem.value_and_gradient(x)
        descent.x = x
        if not _finite(descent.cost, descent.gradient):
            descent.record.refuse(x)
        if not earlier:
            descent.record.accept(x, problem.cost_terms(x), descent.gradient)
        return descent

    def free(self, u: np.ndarray) -> np.ndarray:
        """Whether the cost depends on each element of u, shape (control,)."""
        return np.asarray((u >= self.record.box.lower) & (u <= self.record.box.upper))

    def __call__(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """J(x(u)) and its derivative with respect to u, shape (control,)."""
        x = self.record.box.clipped(u)
        cost, gradient = self.problem.value_and_gradient(x)
        if not _finite(cost, gradient):
            self._failed += 1
            away, height = u - self.x, abs(self.cost) + 1.0
            return self.cost + height * (1.0 + away @ away), 2.0 * height * away
        if cost < self.cost:
            self.x, self.cost, self.gradient = x, float(cost), np.array(gradient)
        return cost, np.where(self.free(u), gradient, 0.0)

    def hessian_vector(self, u: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Second derivative of J(x(u)) in a direction, shape (control,)."""
        free = self.free(u)
        directions = np.where(free, direction, 0.0)[None]
        product = self.problem.hessian_vectors(self.record.box.clipped(u), directions)[0]
        return np.where(free, product, 0.0)

    def accept(self, *_: Any) -> None:
        """Callback of scipy after each iteration."""
        last = self.record.iterations[-1]
        if np.array_equal(self.x, last.x):
            return
        terms = self.problem.cost_terms(self.x)
        if sum(terms.values()) <= last.cost:  # by rounding a single run may cost more
            self.record.accept(self.x, terms, self.gradient)

    def minimised(self, iterations: int, search: Callable[[np.ndarray, int], Any]) -> Any:
        """Result of the minimiser, begun anew while the cost falls from a bound inwards.

        Args:
            iterations: most iterations, those of an interrupted search included.
            search: (x, iterations left) -> result of scipy, with `status` 1 at their limit.
        """
        left, start = iterations - (len(self.record.iterations) - 1), self.x
        for _ in range(RELEASES):
            if left <= 0:
                break
            began, end = start, search(start, left)
            self.accept()
            left -= end.nit
            if end.success:
                start, again = self.x, self._released(np.asarray(end.x))
            else:
                start = self._beyond_bounds()
                known = any(np.array_equal(start, u) for u in (self.x, began))
                again = end.status != AT_MOST and not known
            if not again:
                return self._result(end, iterations)
        return self.record.result(
            "iteration limit", f"{iterations} iterations were made before", gradient=self.gradient
        )

    def _result(self, end: Any, iterations: int) -> OptimisationResult:
        if end.success:
            message = "no element of the gradient is large"
            return self.record.result("converged", message, gradient=self.gradient)
        if end.status == AT_MOST:
            message = f"{iterations} iterations were made before the gradient was small"
            return self.record.result("iteration limit", message, gradient=self.gradient)
        message = f"scipy stopped: {end.message}"
        if self._failed:
            message += f"; {self._failed} runs failed"
        return self.record.result("stalled", message, gradient=self.gradient)

    def _beyond_bounds(self) -> np.ndarray:
        """The best point, the elements that a bound holds moved one prior sd beyond it."""
        held = self.record.box.held(self.x, self.gradient)
        return np.asarray(self.x - np.where(held, np.sign(self.gradient), 0.0))

    def _released(self, u: np.ndarray) -> bool:
        """Whether the cost at the end falls from a bound inwards."""
        held = self.record.box.held(self.x, self.gradient)
        return bool((~self.free(u) & ~held & (self.gradient != 0.0)).any())


def _finite(cost: float, gradient: np.ndarray) -> bool:
    return bool(np.isfinite(cost) and np.isfinite(np.linalg.norm(gradient)))
