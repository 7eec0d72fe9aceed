"""Hessian of a least-squares cost from its Jacobian and later changes of its gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from .linearised_cost import Linearised

DAMPED = 0.2  # least curvature along a step as a share of the expected one
LEAST_CURVATURE = 1e-6  # of the Gauss-Newton one, in any direction
ROOT, CURVATURE = "jacobian_root", "curvature"  # names in the state of an iteration


@frozen(eq=False)
class SecantHessian:
    """Hessian from a Gauss-Newton one and the changes of the gradient along later steps.

        H = R^T C R,   R^T R = J^T J

    Gauss-Newton leaves out the second derivatives of the residuals. C measures them along the
    steps, in units of posterior sd: it is 1 at first and has the update of BFGS after each step,
    damped so that it remains positive definite.

    Args:
        root: R, shape (control, control).
        curvature: C, shape (control, control).

    Source: Dennis, Gay and Welsch (1981), ACM Trans. Math. Softw. 7, 348-368, for the structure;
        Fletcher and Xu (1987), IMA J. Numer. Anal. 7, 371-389, for BFGS after Gauss-Newton;
        Tshimanga et al. (2008), Q. J. R. Meteorol. Soc. 134, 751-769, for the preconditioning in
        variational assimilation; Nocedal and Wright (2006), Numerical Optimization, procedure
        18.2, for the damping.
    """

    root: np.ndarray
    curvature: np.ndarray

    @classmethod
    def of(cls, linearised: Linearised) -> SecantHessian | None:
        """The Gauss-Newton Hessian; None where J does not determine every direction."""
        root = linearised.root
        rows, columns = root.shape
        return None if rows < columns else cls(root, np.eye(columns))

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> SecantHessian | None:
        """From the state of a point; None where its derivatives are those of Gauss-Newton."""
        if ROOT not in state:
            return None
        return cls(np.asarray(state[ROOT]), np.asarray(state[CURVATURE]))

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Root and curvature, from which `restored` makes the Hessian again."""
        return {ROOT: self.root, CURVATURE: self.curvature}

    def gauss_newton(self, gradient: np.ndarray) -> Linearised:
        """The linearised cost with this gradient and R^T R."""
        return Linearised(np.linalg.solve(self.root.T, gradient), self.root)

    def linearised(self, gradient: np.ndarray) -> Linearised:
        """The linearised cost with this gradient, shape (control,), and this Hessian."""
        triangle = np.linalg.cholesky(self.curvature)
        residual = np.linalg.solve(triangle, np.linalg.solve(self.root.T, gradient))
        return Linearised(residual, triangle.T @ self.root)

    def distance(self, gradient: np.ndarray, held: np.ndarray) -> float:
        """Posterior sd to the minimum, the larger one of this Hessian and of Gauss-Newton."""
        both = self.linearised(gradient), self.gauss_newton(gradient)
        return max(each.decrement(held) for each in both)

    def updated(self, step: np.ndarray, change: np.ndarray) -> SecantHessian:
        """The Hessian after a step with its change of the gradient, shape (control,) each.

        An update that leaves hardly any curvature in some direction is left out, since rounding
        could make it negative.
        """
        moved = self.root @ step
        expected = self.curvature @ moved
        found = np.linalg.solve(self.root.T, change)
        along, least = float(moved @ found), float(moved @ expected)
        if not least > 0.0:
            return self
        if along < DAMPED * least:
            share = (1.0 - DAMPED) * least / (least - along)
            found = share * found + (1.0 - share) * expected
            along = float(moved @ found)
        curvature = (
            self.curvature - np.outer(expected, expected) / least + np.outer(found, found) / along
        )
        curvature = 0.5 * (curvature + curvature.T)
        if np.linalg.eigvalsh(curvature)[0] < LEAST_CURVATURE:
            return self
        return SecantHessian(self.root, curvature)
