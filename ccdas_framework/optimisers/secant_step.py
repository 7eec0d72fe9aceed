"""A step from the change of the Gauss-Newton step between accepted points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.result import Iteration
from .linearised_cost import Linearised

STEP = "newton_step"  # name in the state of an iteration
DEPTH = 3  # earlier points that count


def secant_step(linearised: Linearised, points: Sequence[Iteration]) -> np.ndarray | None:
    """The step to where the Gauss-Newton step p vanishes, by the secants through earlier points.

        dx = p_k - (dX + dP) c,   c = argmin |J (p_k - dP c)|

    with the columns x_k - x_j of dX and p_k - p_j of dP. Gauss-Newton leaves out the second
    derivatives of the residuals. Where these are large it approaches the minimum along a few
    directions slowly, by a constant factor a step, which the secants measure.

    Args:
        linearised: at the last point.
        points: accepted so far, the last one included, with p in their `state`.

    Returns:
        dx, shape (control,), or None where there is no earlier point.

    Source: Anderson (1965), J. ACM 12, 547-560; as in Walker and Ni (2011), SIAM J. Numer. Anal.
        49, 1715-1735, eq. 2.1, in posterior sd.
    """
    known = [point for point in points[-DEPTH - 1 :] if STEP in point.state]
    if len(known) < 2:
        return None
    *earlier, now = known
    step = np.asarray(now.state[STEP])
    moved = np.stack([now.x - point.x for point in earlier], axis=1)
    changed = np.stack([step - point.state[STEP] for point in earlier], axis=1)
    share = np.linalg.lstsq(linearised.jacobian @ changed, linearised.jacobian @ step, rcond=1e-8)
    return np.asarray(step - (moved + changed) @ share[0])
