"""A step from the change of the Gauss-Newton step between accepted points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .linearised_cost import Linearised

POINTS, STEPS = "secant_points", "secant_steps"  # names in the state of an iteration
DEPTH = 3  # earlier points that count


def secants(state: Mapping[str, Any], x: np.ndarray, step: np.ndarray) -> dict[str, np.ndarray]:
    """The last points and their Gauss-Newton steps, for the state of the point x.

    Args:
        state: of the point before, or of x itself; empty at the start.
        x: shape (control,).
        step: Gauss-Newton step there, shape (control,).
    """
    points, steps = [x[None]], [step[None]]
    if POINTS in state and np.array_equal(state[POINTS][-1], x):
        return {POINTS: state[POINTS], STEPS: state[STEPS]}
    if POINTS in state:
        points.insert(0, state[POINTS][-DEPTH:])
        steps.insert(0, state[STEPS][-DEPTH:])
    return {POINTS: np.concatenate(points), STEPS: np.concatenate(steps)}


def secant_step(linearised: Linearised, state: Mapping[str, Any]) -> np.ndarray | None:
    """The step to where the Gauss-Newton step p vanishes, by the secants through earlier points.

        dx = p_k - (dX + dP) c,   c = argmin |J (p_k - dP c)|

    with the columns x_k - x_j of dX and p_k - p_j of dP. Gauss-Newton leaves out the second
    derivatives of the residuals. Where these are large it approaches the minimum along a few
    directions slowly, by a constant factor a step, which the secants measure.

    Args:
        linearised: at the last point.
        state: of the last point, with the result of `secants`.

    Returns:
        dx, shape (control,), or None where there is no earlier point.

    Source: Anderson (1965), J. ACM 12, 547-560; as in Walker and Ni (2011), SIAM J. Numer. Anal.
        49, 1715-1735, eq. 2.1, in posterior sd.
    """
    points, steps = state[POINTS], state[STEPS]
    if len(points) < 2:
        return None
    step = np.asarray(steps[-1])
    moved = (points[-1] - points[:-1]).T
    changed = (step - steps[:-1]).T
    share = np.linalg.lstsq(linearised.jacobian @ changed, linearised.jacobian @ step, rcond=1e-8)
    return np.asarray(step - (moved + changed) @ share[0])
