"""Limited-memory quasi-Newton with bounds, from scipy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ..core.box import Box
from ..core.cost_problem import CostProblem
from ..core.interfaces import Optimiser
from ..core.result import Iteration, OptimisationResult, Status
from ..core.validators import in_range
from .minimisation_record import MinimisationRecord
from .quasi_newton_distance import DistanceEstimate

REDUCED = "gradient reduced by the required factor"
NEAR = 0.1  # posterior sd from the minimum that is accepted where rounding ends the descent


@frozen
class Lbfgsb(Optimiser):
    """L-BFGS-B (Byrd et al. 1995, SIAM J. Sci. Comput. 16, 1190) through `scipy.optimize`.

    Args:
        iterations: most iterations.
        gradient_reduction: stop when |dJ/dx| is below this share of that at the start.
        distance: stop only where the minimum is estimated nearer than so many posterior sd as well,
            because the gradient at the start may be that of a single stiff direction.
        corrections: pairs kept for the inverse Hessian.
        box: most that an element of x may differ from the prior mean (prior sd); a safety net.

    An interrupted minimisation resumes from its last point with an empty memory, because scipy
    cannot restore the pairs of corrections. It ends at the same minimum to the required accuracy,
    by other iterations.
    """

    iterations: int = field(default=400, validator=in_range(1, 100_000, whole=True))
    gradient_reduction: float = field(default=1e-5, validator=in_range(1e-300, 0.9))
    distance: float = field(default=1e-3, validator=in_range(1e-12, 1e3))
    corrections: int = field(default=10, validator=in_range(1, 1000, whole=True))
    box: float = field(default=6.0, validator=in_range(1e-3, 1e3))
    needs: ClassVar[frozenset[str]] = frozenset({"gradient"})
    resumes: ClassVar[bool] = True

    def minimise(
        self,
        problem: CostProblem,
        x0: np.ndarray,
        callback: Callable[[Iteration], None],
        earlier: Sequence[Iteration] = (),
    ) -> OptimisationResult:
        """See `Optimiser.minimise`."""
        record = MinimisationRecord.after(problem, callback, earlier)
        try:
            return self._descend(problem, np.asarray(x0, float), record)
        except KeyboardInterrupt:
            if not record.iterations:
                raise
            return record.interrupted()

    def _descend(
        self, problem: CostProblem, x0: np.ndarray, record: MinimisationRecord
    ) -> OptimisationResult:
        from scipy.optimize import Bounds, minimize  # slow to import

        if record.iterations:
            x0 = record.iterations[-1].x
        if problem.control.outside(x0):
            record.refuse(x0)
        cost, gradient = problem.value_and_gradient(x0)
        if not (np.isfinite(cost) and np.isfinite(np.linalg.norm(gradient))):
            record.refuse(x0)
        if not record.iterations:
            record.counts["gradient"] += 1
            record.accept(x0, problem.cost_terms(x0), gradient)
        first, _ = record.gradient_norms
        left = self.iterations - (len(record.iterations) - 1)
        best: dict[str, Any] = {"x": x0, "gradient": gradient, "cost": cost}
        without_gradient: list[np.ndarray] = []  # points of finite cost

        def value_and_gradient(x: np.ndarray) -> tuple[float, np.ndarray]:
            record.counts["gradient"] += 1
            value, slope = (
                (np.nan, x) if problem.control.outside(x) else problem.value_and_gradient(x)
            )
            if not (np.isfinite(value) and np.isfinite(np.linalg.norm(slope))):
                if np.isfinite(value):
                    without_gradient.append(np.array(x))
                # a wall that leads back to the best point: the line search shortens its step
                away = x - best["x"]
                height = abs(best["cost"]) + 1.0
                return best["cost"] + height * (1.0 + away @ away), 2.0 * height * away
            if value < best["cost"]:
                best.update(x=np.array(x), gradient=slope, cost=value)
            return value, slope

        estimated = DistanceEstimate(problem.prior.covariance, self.corrections)
        estimated.accept(x0, gradient)

        def distance() -> float:
            free = record.box.projected(best["x"], best["gradient"])
            return estimated.distance(free)

        def reduced() -> bool:
            return record.gradient_norms[1] <= self.gradient_reduction * first

        def accepted(x: np.ndarray) -> None:
            record.accept(best["x"], problem.cost_terms(best["x"]), best["gradient"])
            estimated.accept(best["x"], best["gradient"])
            if reduced() and distance() <= self.distance:
                raise StopIteration  # which ends the minimisation of scipy

        if first == 0.0:
            return record.result("converged", "the gradient is zero at the start")
        if reduced() and distance() <= self.distance:
            return record.result("converged", REDUCED, gradient=gradient)
        if left <= 0:
            message = f"the {self.iterations} iterations allowed were made before"
            return record.result("iteration limit", message, gradient=gradient)
        search = self._search_box(problem, record)
        end = minimize(
            value_and_gradient,
            x0,
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(search.lower, search.upper),
            callback=accepted,
            options={
                "maxiter": left,
                "maxfun": 10 * left,
                "maxcor": self.corrections,
                "ftol": 0.0,
                "gtol": 0.0,
            },
        )
        if reduced() and distance() <= max(self.distance, NEAR):
            return record.result("converged", REDUCED, gradient=best["gradient"])
        status: Status = "iteration limit" if end.nit >= left else "stalled"
        message = f"L-BFGS-B stopped: {end.message}"
        edge = search.held(best["x"], best["gradient"]) & ~record.box.held(
            best["x"], best["gradient"]
        )
        if edge.any():
            names = ", ".join(np.array(problem.control.names)[edge])
            message += f"; the search ends at {self.box:g} prior sd from the prior mean in {names}"
        if without_gradient:
            message += f"; {record.not_finite(without_gradient[-1])}"
        return record.result(status, message, gradient=best["gradient"])

    def _search_box(self, problem: CostProblem, record: MinimisationRecord) -> Box:
        """The bounds, and a box around the prior mean that is wide enough to hold the start."""
        start, centre = record.iterations[0].x, problem.prior.mean
        sd = np.asarray(problem.prior.covariance.sd, float)
        reach = self.box * np.where(np.isfinite(sd), sd, 1.0)
        return Box(
            np.minimum(np.maximum(centre - reach, record.box.lower), start),
            np.maximum(np.minimum(centre + reach, record.box.upper), start),
        )
