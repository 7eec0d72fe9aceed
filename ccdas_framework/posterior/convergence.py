"""Distance of a point from the minimum, in posterior standard deviations."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ..core.errors import CcdasError

ALIKE = 1e-3  # share by which the quadratic form and its factorisation may differ


def newton_decrement(
    gradient: np.ndarray, covariance: np.ndarray, root: np.ndarray | None = None
) -> float:
    """sqrt(g^T A g): the length of the Newton step A g in posterior sd.

    No combination of parameters is farther from the minimum than this in its own posterior sd,
    and the cost can fall by half its square, both in the quadratic approximation at this point.
    Where A is ill conditioned, g^T A g has no digits left, and |S^T g| with A = S S^T replaces it.

    Args:
        gradient: g = dJ/dx, shape (control,).
        covariance: A, shape (control, control).
        root: S, shape (control, direction).

    Raises:
        CcdasError: g^T A g is negative and there is no S.

    Source: Boyd and Vandenberghe (2004), Convex Optimization, section 9.5.1.
    """
    square = float(gradient @ covariance @ gradient)
    if root is not None:
        length = float(np.linalg.norm(root.T @ gradient))
        if not abs(square - length**2) <= ALIKE * length**2:
            return length
    if square < 0.0:
        raise CcdasError(
            f"the Newton decrement is not defined: g^T A g is {square:.3g}. The covariance A is "
            "not positive definite, or too ill conditioned for this product. Give its root S.",
            code="negative-quadratic-form",
            where="posterior covariance",
        )
    return float(np.sqrt(square))


@frozen
class Distance:
    """Distance of the end of a minimisation from the minimum.

    Args:
        decrement: `newton_decrement` at that point.
        largest: largest decrement that is accepted as a minimum.
        curvature: smallest eigenvalue of the exact Hessian where that is negative.
        ended: sentence of the optimiser, with the norm of the gradient at the start and at the end.
        measured: whether there is a decrement; if not, the status of the optimiser counts.
        converged: whether the optimiser ended at a minimum.
    """

    decrement: float
    largest: float
    curvature: float | None
    ended: str
    measured: bool = True
    converged: bool = False

    @property
    def reached(self) -> bool:
        """Whether the point counts as a minimum."""
        if not self.measured:
            return self.converged
        return self.decrement <= self.largest and self.curvature is None

    @property
    def sentence(self) -> str:
        """Distance from the minimum in words."""
        sentences = [self.ended]
        if not self.measured:
            return self.ended
        if self.curvature is not None:
            sentences.append(
                "The cost has a direction of negative curvature there (smallest eigenvalue "
                f"{self.curvature:.3g}), so that it is no minimum."
            )
        limit = f"({self.largest:g} is accepted, [posterior] largest_distance)"
        near = ", near enough for a posterior" if self.reached else ""
        sentences.append(
            f"By its Newton decrement the point is {self.decrement:.2g} posterior sd from the "
            f"minimum{near} {limit}."
        )
        if not self.reached:
            sentences.append(
                "There is no posterior. More iterations, a smaller gradient_reduction or another "
                "start may reach the minimum."
            )
        return " ".join(sentences)
