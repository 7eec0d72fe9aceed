"""Linear least squares within limits, by an active set."""

from __future__ import annotations

import numpy as np

ROUNDING = 1e-13  # share of the largest singular value, or gradient, that counts as zero


def bounded_least_squares(
    matrix: np.ndarray, offset: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """s of least |M s + c| within lower <= s <= upper, shape (column,).

    From s = 0 it moves to the minimum in the free elements. An element that meets a limit is held
    there. It is released where |M s + c| falls inwards.

    Args:
        matrix: M, shape (row, column).
        offset: c, shape (row,).
        lower, upper: shape (column,), with lower <= 0 <= upper.

    Source: Stark and Parker (1995), Comput. Stat. 10, 129-141.
    """
    count = matrix.shape[1]
    step, free = np.zeros(count), np.ones(count, dtype=bool)
    size = float(np.linalg.norm(matrix)) * float(np.linalg.norm(offset))
    released = -1
    for _ in range(10 * count + 10):  # each set of held elements occurs once, but for rounding
        target = step.copy()
        target[free] = _minimum(matrix[:, free], offset + matrix[:, ~free] @ step[~free])
        met = free & ((target < lower) | (target > upper))
        if not met.any():
            step, released = target, -1
            gradient = matrix.T @ (offset + matrix @ step)
            inward = ((step <= lower) & (gradient < 0.0)) | ((step >= upper) & (gradient > 0.0))
            gain = np.where(~free & inward, np.abs(gradient), 0.0)
            if gain.max(initial=0.0) <= ROUNDING * size:
                return step
            released = int(np.argmax(gain))
            free[released] = True
            continue
        limit = np.where(target > upper, upper, lower)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(met, (limit - step) / (target - step), np.inf)
        first = float(share.min())
        if first <= 0.0 and met[released] and share[released] <= first and released >= 0:
            return step  # rounding moved a released element outwards
        step = np.where(free, step + first * (target - step), step)
        reached = met & (share <= first)
        step[reached] = limit[reached]
        free &= ~reached
    return step


def _minimum(matrix: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """s of least |M s + c|, the shortest where there are several, shape (column,)."""
    return np.asarray(np.linalg.lstsq(matrix, -offset, rcond=ROUNDING)[0])
