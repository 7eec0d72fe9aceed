"""Parameter sets drawn from the posterior."""

from __future__ import annotations

from collections import Counter

import numpy as np
from attrs import frozen

from ..core.control import Control
from .gaussian import Posterior
from .spectrum import NoPosterior

TRIES = 1000  # draws for each one asked for, before that is given up


@frozen(eq=False)
class Draws:
    """Control vectors from N(x, A) inside the guard rails.

    Args:
        x: shape (draw, control).
        rejected: how many more were drawn, lay outside and were drawn again.
    """

    x: np.ndarray
    rejected: int


def draws_inside(
    posterior: Posterior, control: Control, generator: np.random.Generator, count: int
) -> Draws:
    """Draws from the posterior cut off at the guard rails: what lies outside is drawn again.

    A whole vector is drawn again, never an element alone, so that correlations stay.

    Raises:
        NoPosterior: almost no draw lies inside.
    """
    kept: list[np.ndarray] = []
    outside: Counter[str] = Counter()
    drawn = 0
    while len(kept) < count and drawn < TRIES * count:
        for x in posterior.draws(generator, count - len(kept)):
            drawn += 1
            bad = control.outside(x)
            outside.update(bad)
            if not bad:
                kept.append(x)
    if len(kept) < count:
        led = ", ".join(name for name, _ in outside.most_common(3))
        raise NoPosterior(
            f"only {len(kept)} of {drawn} draws from the posterior lie inside the bounds of the "
            f"parameters, most often those of {led} do not; no draws are written. Widen the "
            "bounds in [parameters], or choose a transform that keeps to them"
        )
    return Draws(np.array(kept).reshape(count, len(control)), drawn - count)
