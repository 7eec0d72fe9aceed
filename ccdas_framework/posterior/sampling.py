"""Parameter sets drawn from the posterior."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ..core.control import Control
from .gaussian_posterior import Posterior
from .spectrum import NoPosterior

TRIES = 1000  # most draws for each one that is needed


def draws_inside(
    posterior: Posterior, control: Control, generator: np.random.Generator, count: int
) -> tuple[np.ndarray, int]:
    """Draws from the posterior truncated at the guard rails; those outside are repeated.

    A repeated draw replaces all elements together, so that correlations stay.

    Returns:
        Control vectors, shape (draw, control), and the number of repeated draws.

    Raises:
        NoPosterior: almost no draw lies inside.
    """
    inside: list[np.ndarray] = []
    outside: Counter[str] = Counter()
    drawn = 0
    while len(inside) < count and drawn < TRIES * count:
        for x in posterior.draws(generator, count - len(inside)):
            drawn += 1
            names_outside = control.outside(x)
            outside.update(names_outside)
            if not names_outside:
                inside.append(x)
    if len(inside) < count:
        names = ", ".join(name for name, _ in outside.most_common(3))
        raise NoPosterior(
            f"only {len(inside)} of {drawn} draws from the posterior lie inside the bounds of the "
            f"parameters, most often because of {names}; no draws are written. Widen the "
            "bounds in [parameters], or choose a transform that keeps to them"
        )
    return np.array(inside).reshape(count, len(control)), drawn - count
