"""BFGS, from scipy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import optional

from ccdas_framework import Iteration, OptimisationResult, Optimiser, in_range

from .bounded_descent import BoundedDescent

ITERATIONS_EACH = 200  # most iterations for each element of x, as scipy ships it


@frozen
class Bfgs(Optimiser):
    """BFGS (Nocedal and Wright 2006, section 6.1) by `scipy.optimize`.

    It ends as scipy ships it, where no element of the gradient exceeds `gradient`. An interrupted
    minimisation resumes from its last point without the inverse Hessian, which scipy does not
    give out before its end.

    Args:
        iterations: most iterations; by default 200 n, as scipy ships it.
        gradient: largest element of dJ/dx at a minimum.
    """

    iterations: int | None = field(
        default=None, validator=optional(in_range(1, 1_000_000, whole=True))
    )
    gradient: float = field(default=1e-5, validator=in_range(1e-300, 1e6))
    needs: ClassVar[frozenset[str]] = frozenset({"gradient"})
    resumes: ClassVar[bool] = True

    def minimise(
        self,
        problem: Any,
        x0: np.ndarray,
        callback: Callable[[Iteration], None],
        earlier: Sequence[Iteration] = (),
    ) -> OptimisationResult:
        """See `Optimiser.minimise`."""
        from scipy.optimize import minimize  # slow to import

        descent = BoundedDescent.begin(problem, x0, callback, earlier)

        def search(x: np.ndarray, iterations: int) -> Any:
            options = {"maxiter": iterations, "gtol": self.gradient}
            return minimize(
                descent, x, jac=True, method="BFGS", callback=descent.accept, options=options
            )

        try:
            return descent.minimised(self.iterations or ITERATIONS_EACH * len(x0), search)
        except KeyboardInterrupt:
            return descent.record.interrupted()
