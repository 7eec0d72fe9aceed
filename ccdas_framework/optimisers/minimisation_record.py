"""Record of a minimisation, kept by every optimiser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from attrs import define, field

from ..core.cost_problem import CostProblem
from ..core.errors import CcdasError, NotANumber
from ..core.result import Iteration, OptimisationResult, Status


@define(eq=False)
class MinimisationRecord:
    """Accepted points and counts of one minimisation; the best point is the last one.

    Args:
        problem: problem to minimise.
        callback: receives each accepted point.
        iterations: accepted points, which begin with those of an interrupted minimisation.
        counts: evaluations so far.
    """

    problem: CostProblem
    callback: Callable[[Iteration], None]
    iterations: list[Iteration] = field(factory=list)
    counts: dict[str, int] = field(factory=lambda: {"cost": 0, "gradient": 0, "jacobian": 0})

    @classmethod
    def after(
        cls,
        problem: CostProblem,
        callback: Callable[[Iteration], None],
        earlier: Sequence[Iteration],
    ) -> MinimisationRecord:
        """A record that continues from the points of an interrupted minimisation, if any."""
        record = cls(problem, callback, list(earlier))
        if earlier:
            record.counts.update(earlier[-1].counts)
        return record

    def accept(
        self,
        x: np.ndarray,
        terms: Mapping[str, float],
        gradient: np.ndarray | None = None,
        **state: float | np.ndarray,
    ) -> Iteration:
        """Add a point and report it; `state` holds what the optimiser needs to resume."""
        iteration = Iteration(
            number=len(self.iterations),
            x=np.array(x),
            cost=float(sum(terms.values())),
            terms=dict(terms),
            gradient_norm=None if gradient is None else float(np.linalg.norm(gradient)),
            counts=dict(self.counts),
            state={n: np.array(v) if np.ndim(v) else float(v) for n, v in state.items()},
        )
        self.iterations.append(iteration)
        self.callback(iteration)
        return iteration

    @property
    def gradient_norms(self) -> tuple[float, float]:
        """Norm of the gradient at the first and at the last point; NaN where it is not known."""
        norms = (self.iterations[n].gradient_norm for n in (0, -1))
        first, last = (np.nan if norm is None else norm for norm in norms)
        return first, last

    def refuse(self, x: np.ndarray) -> NoReturn:
        """Raise an error with the reason why x cannot be a starting point.

        Raises:
            CcdasError: x is outside the bounds, or the cost or a derivative is not finite there.
        """
        outside = self.problem.control.outside(x)
        if outside:
            raise CcdasError(f"the starting point is outside the bounds of {', '.join(outside)}")
        self.problem.require_finite(x)
        raise NotANumber(
            "the cost or its gradient at the starting point is too large for a number, though the "
            f"simulated values are finite. {self._largest_term(x)}",
            where="starting point",
        )

    def not_finite(self, x: np.ndarray) -> str:
        """Sentence about a point where the derivatives are not finite."""
        try:
            self.problem.require_finite(x)
        except CcdasError as reason:
            return f"the derivatives are not finite at the next point: {reason}"
        return f"the derivatives are too large at the next point. {self._largest_term(x)}"

    def _largest_term(self, x: np.ndarray) -> str:
        terms = self.problem.cost_terms(x)
        name = max(terms, key=lambda term: np.nan_to_num(terms[term], nan=np.inf))
        return f"The largest term of the cost is that of '{name}'; check its errors."

    def interrupted(self) -> OptimisationResult:
        """Result after Ctrl-C."""
        return self.result("interrupted", "stopped by Ctrl-C; this is the best point so far")

    def result(self, status: Status, message: str, **further: Any) -> OptimisationResult:
        """Result at the last accepted point; the message includes the reduction of the gradient."""
        first, last = self.gradient_norms
        if first > 0.0:
            message = f"{message}; gradient reduced {first / max(last, 1e-300):.3g} times"
        return OptimisationResult(
            x=self.iterations[-1].x,
            status=status,
            message=message,
            iterations=self.iterations,
            counts=dict(self.counts),
            **further,
        )
