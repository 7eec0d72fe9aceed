"""Request of a descent for an evaluation, which its caller makes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from attrs import frozen


@frozen(eq=False)
class EvaluationRequest:
    """A point at which the descent needs an evaluation.

    Args:
        x: the point, shape (control,).
        of: "cost" for a `Trial`, or None where x is outside the bounds or the cost not finite;
            "jacobian" for a `Linearised`, and "gradient" for dJ/dx, shape (control,), or None
            where a derivative is not finite.
    """

    x: np.ndarray
    of: Literal["cost", "gradient", "jacobian"] = "cost"
