"""Recovery of a known truth in the directions that the observations constrain."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ..core.control import Control

MIN_SINGULAR_VALUE = 1e-6  # of a constrained direction, as a share of the largest one
MIN_SHARE = 0.999  # of a constrained parameter in the constrained directions


@frozen(eq=False)
class Recovery:
    """Errors in the directions that the observations constrain.

    Args:
        constrained: whether each parameter lies in these directions, shape (control,).
        share: of each parameter in these directions, 0 to 1, shape (control,).
        error_percent: |estimate - truth| / |truth| of each parameter (%), shape (control,).
        directions: number of constrained singular directions.
        combination_error_percent: of each direction, strongest first (%), shape (direction,).
    """

    constrained: np.ndarray
    share: np.ndarray
    error_percent: np.ndarray
    directions: int
    combination_error_percent: np.ndarray

    @property
    def largest_error_percent(self) -> float:
        """Largest error of constrained parameters and combinations (%); NaN without any."""
        if not self.directions:
            return np.nan
        errors = np.concatenate(
            [self.error_percent[self.constrained], self.combination_error_percent]
        )
        return float(np.max(errors, initial=0.0))


def recovery(
    control: Control, truth: np.ndarray, estimate: np.ndarray, jacobian: np.ndarray
) -> Recovery:
    """Error of an estimate of the truth.

    Constrained directions are singular directions v_i of the whitened Jacobian at the truth with
    s_i >= MIN_SINGULAR_VALUE s_1. The error along one, v_i . dx with dx = estimate - truth, counts
    as the largest relative change of a parameter: max_j |v_i . dx  v_ij  (dp_j/dx_j) / p_j|.

    Args:
        truth, estimate: control vectors, shape (control,).
        jacobian: R^-1/2 K at the truth, shape (obs, control).
    """
    _, values, directions = np.linalg.svd(jacobian, full_matrices=False)
    strong = values >= MIN_SINGULAR_VALUE * np.max(values, initial=np.finfo(float).tiny)
    directions = directions[strong]
    share = np.sum(directions**2, axis=0)
    value = control.physical(truth)
    scale = np.where(value == 0.0, control.prior_sd, np.abs(value))
    relative_slope = np.abs(control.slope(truth)) / scale
    error = np.abs(directions @ (estimate - truth))
    implied = np.max(np.abs(directions) * relative_slope, axis=1, initial=0.0)
    return Recovery(
        constrained=share >= MIN_SHARE,
        share=share,
        error_percent=100.0 * np.abs(control.physical(estimate) - value) / scale,
        directions=int(strong.sum()),
        combination_error_percent=100.0 * error * implied,
    )
