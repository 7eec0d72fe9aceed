"""Record of a minimisation, kept by every optimiser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from attrs import define, field

from ..core.box import Box
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
        box: limits of x that follow from the bounds of the parameters.
    """

    problem: CostProblem
    callback: Callable[[Iteration], None]
    iterations: list[Iteration] = field(factory=list)
    counts: dict[str, int] = field(factory=lambda: {"cost": 0, "gradient": 0, "jacobian": 0})
    box: Box = field(init=False, repr=False)
    _gradient: np.ndarray | None = field(default=None, init=False, repr=False)

    @box.default
    def _box(self) -> Box:
        return self.problem.control.x_bounds

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
        """Add a point and report it; `state` holds what the optimiser needs to resume.

        The norm of the gradient is that of the elements that no bound holds.
        """
        norm = None
        if gradient is not None:
            norm = float(np.linalg.norm(self.box.projected(x, gradient)))
        self._gradient = gradient
        iteration = Iteration(
            number=len(self.iterations),
            x=np.array(x),
            cost=float(sum(terms.values())),
            terms=dict(terms),
            gradient_norm=norm,
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
        if np.isnan(x).any():
            raise NotANumber(
                f"{int(np.isnan(x).sum())} elements of the starting point are NaN; expected "
                "numbers. The model was not run.",
                where="starting point",
            )
        outside = self.problem.control.outside(x)
        if outside:
            raise CcdasError(
                f"the starting point is outside the bounds of {', '.join(outside)}; expected one "
                "inside. Start elsewhere, or widen the bounds in [parameters].",
                code="outside-bounds",
                where="starting point",
            )
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

    def result(
        self,
        status: Status,
        message: str,
        at_bound: tuple[str, ...] | None = None,
        **further: Any,
    ) -> OptimisationResult:
        """Result at the last accepted point.

        Without a gradient the optimiser says `at_bound`, which parameters a bound holds.

        The message names the parameters that a bound holds at a minimum, and includes the
        reduction of the gradient.
        """
        first, last = self.gradient_norms
        if first > 0.0:
            message = f"{message}; gradient reduced {first / max(last, 1e-300):.3g} times"
        gradient = further.get("gradient", self._gradient)
        at_bound = self._at_bound(gradient) if at_bound is None else at_bound
        if at_bound and status == "converged":
            message = f"converged at a bound: {', '.join(at_bound)}; {message}"
        return OptimisationResult(
            x=self.iterations[-1].x,
            status=status,
            message=message,
            iterations=self.iterations,
            counts=dict(self.counts),
            at_bound=at_bound,
            **further,
        )

    def _at_bound(self, gradient: np.ndarray | None) -> tuple[str, ...]:
        """Names of the parameters that a bound holds at the last accepted point."""
        if gradient is None:
            return ()
        held = self.box.held(self.iterations[-1].x, gradient)
        names = self.problem.control.names
        return tuple(name for name, at in zip(names, held, strict=True) if at)
