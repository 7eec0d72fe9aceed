"""Trust-region Newton-CG with exact products of the Hessian, from scipy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import optional

from ccdas_framework import Iteration, OptimisationResult, Optimiser, in_range

from .bfgs import ITERATIONS_EACH
from .bounded_descent import BoundedDescent


@frozen
class NewtonCg(Optimiser):
    """Trust-region Newton-CG (Nocedal and Wright 2006, section 7.1) by `scipy.optimize`.

    Conjugate gradients solve for the Newton step by products of the exact Hessian with vectors. A
    direction of negative curvature is followed to the edge of the trust region, so that an
    indefinite Hessian leads downhill as well. It ends as scipy ships it, where the norm of the
    gradient is below `gradient`. An interrupted minimisation resumes from its last point with the
    first radius.

    Args:
        iterations: most iterations; by default 200 n, as scipy ships it.
        gradient: norm of dJ/dx at a minimum.
        radius: of the first trust region (prior sd).
        largest_radius: of any trust region (prior sd).
    """

    iterations: int | None = field(
        default=None, validator=optional(in_range(1, 1_000_000, whole=True))
    )
    gradient: float = field(default=1e-4, validator=in_range(1e-300, 1e6))
    radius: float = field(default=1.0, validator=in_range(1e-6, 1e6))
    largest_radius: float = field(default=1000.0, validator=in_range(1e-6, 1e6))
    needs: ClassVar[frozenset[str]] = frozenset({"gradient", "jacobian"})
    resumes: ClassVar[bool] = True
    robust: ClassVar[bool] = True  # the Hessian is that of the density

    def __attrs_post_init__(self) -> None:
        if self.radius >= self.largest_radius:
            raise ValueError(
                f"'radius' is {self.radius:g}; expected less than 'largest_radius', "
                f"{self.largest_radius:g}."
            )

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
            return minimize(
                descent,
                x,
                jac=True,
                hessp=descent.hessian_vector,
                method="trust-ncg",
                callback=descent.accept,
                options={
                    "maxiter": iterations,
                    "gtol": self.gradient,
                    "initial_trust_radius": self.radius,
                    "max_trust_radius": self.largest_radius,
                },
            )

        try:
            return descent.minimised(self.iterations or ITERATIONS_EACH * len(x0), search)
        except KeyboardInterrupt:
            return descent.record.interrupted()
