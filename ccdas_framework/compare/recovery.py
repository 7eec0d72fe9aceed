"""How well a known truth was found, in what the observations can see of it."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ..core.control import Control

SEEN = 1e-6  # a singular direction is seen from this share of the largest singular value on
JUDGED = 0.999  # a parameter is judged by itself where so much of it lies in what is seen


@frozen(eq=False)
class Recovery:
    """Errors of what the observations see.

    Args:
        seen: whether each parameter is judged by itself, shape (control,).
        share: how much of each parameter lies in the directions seen, 0 to 1, shape (control,).
        error_percent: |found - truth| / |truth| of each parameter (%), shape (control,).
        directions: number of singular directions seen.
        combination_error_percent: of each direction seen, strongest first (%), shape (direction,).
    """

    seen: np.ndarray
    share: np.ndarray
    error_percent: np.ndarray
    directions: int
    combination_error_percent: np.ndarray

    @property
    def largest_error_percent(self) -> float:
        """Of all parameters judged and of all combinations seen (%); NaN where nothing is seen."""
        if not self.directions:
            return np.nan
        judged = np.concatenate([self.error_percent[self.seen], self.combination_error_percent])
        return float(np.max(judged, initial=0.0))


def recovery(
    control: Control, truth: np.ndarray, found: np.ndarray, jacobian: np.ndarray
) -> Recovery:
    """What was found against the truth.

    Directions seen are singular directions v_i of the whitened Jacobian at the truth with
    s_i >= SEEN s_1. The error along one, v_i . (found - truth), is told as the largest relative
    change of a parameter that it stands for: max_j |v_i . dx  v_ij  (dp_j/dx_j) / p_j|.

    Args:
        control: parameters.
        truth, found: control vectors, shape (control,).
        jacobian: R^-1/2 K at the truth, shape (obs, control).
    """
    _, values, directions = np.linalg.svd(jacobian, full_matrices=False)
    seen = values >= SEEN * np.max(values, initial=np.finfo(float).tiny)
    directions = directions[seen]
    share = np.sum(directions**2, axis=0)
    value = control.physical(truth)
    scale = np.where(value == 0.0, control.prior_sd, np.abs(value))
    relative_slope = np.abs(control.slope(truth)) / scale
    along = np.abs(directions @ (found - truth))
    implied = np.max(np.abs(directions) * relative_slope, axis=1, initial=0.0)
    return Recovery(
        seen=share >= JUDGED,
        share=share,
        error_percent=100.0 * np.abs(control.physical(found) - value) / scale,
        directions=int(seen.sum()),
        combination_error_percent=100.0 * along * implied,
    )
