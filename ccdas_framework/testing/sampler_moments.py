"""Checks of an exact sampler: moments of a linear posterior, quantiles of a curved one."""

from __future__ import annotations

import numpy as np

from .check import require
from .direct_problem import straight_problem
from .known_answers import Quantity
from .samplings import SamplerTrials, effective_size

ERRORS = 4.0  # Monte-Carlo errors by which a moment may differ
FEWEST = 50.0  # effective draws, below which moments say nothing


def moments_agree(trials: SamplerTrials) -> None:
    """Mean within four errors, sd / sqrt(F), and ratio of the sd within 4 / sqrt(F)."""
    _, exact = straight_problem()
    x, sd = trials.ensemble().x, np.sqrt(np.diag(exact.covariance))
    for n, name in enumerate(("x1", "x2")):
        values = x[..., n]
        size = min(effective_size(values), effective_size((values - values.mean()) ** 2))
        _require_enough(size, name)
        away = abs(values.mean() - exact.mean[n]) / sd[n]
        require(
            away <= ERRORS / np.sqrt(size), "wrong-mean", name,
            f"the mean of {name} is {values.mean():.5g}; expected {exact.mean[n]:.5g}. It differs "
            f"by {away:.3g} sd, and {size:.0f} independent draws allow for "
            f"{ERRORS / np.sqrt(size):.3g}.",
        )  # fmt: skip
        ratio = float(values.std() / sd[n])
        require(
            abs(ratio - 1.0) <= ERRORS / np.sqrt(size), "wrong-sd", name,
            f"the sd of {name} is {ratio:.4g} times the exact one; {size:.0f} independent draws "
            f"allow for a difference of {ERRORS / np.sqrt(size):.3g}.",
        )  # fmt: skip
    correlation = np.corrcoef(x.reshape(-1, 2), rowvar=False)[0, 1]
    right = exact.covariance[0, 1] / np.prod(sd)
    away = abs(np.arctanh(correlation) - np.arctanh(right))
    require(
        away <= ERRORS / np.sqrt(size), "wrong-correlation", "x1, x2",
        f"the correlation of x1 and x2 is {correlation:.4g}; expected {right:.4g}.",
    )  # fmt: skip


def banana_agrees(trials: SamplerTrials) -> None:
    """The share of draws below each quantile of probability p within 4 sqrt(p (1 - p) / F).

    An ensemble that says that it did not mix is compared with nothing.
    """
    ensemble = trials.ensemble("banana")
    if ensemble.mixed is False:
        return
    _, _, known = trials.problem("banana")
    for name, quantity in known.answer.quantities.items():
        _require_quantiles(name, quantity, ensemble.x)


def _require_quantiles(name: str, quantity: Quantity, x: np.ndarray) -> None:
    values = quantity.function(x.reshape(-1, x.shape[2])).reshape(x.shape[:2])
    for probability, limit in quantity.quantiles.items():
        below = (values < limit).astype(float)
        size = effective_size(below)
        _require_enough(size, name)
        error = np.sqrt(probability * (1.0 - probability) / size)
        require(
            abs(below.mean() - probability) <= ERRORS * error, "wrong-quantile", name,
            f"a share of {below.mean():.4f} of the draws of {name} lies below {limit:.5g}; "
            f"expected {probability:g}, and {size:.0f} independent draws allow for "
            f"{ERRORS * error:.3g}.",
        )  # fmt: skip


def _require_enough(size: float, name: str) -> None:
    require(
        size >= FEWEST, "few-draws", name,
        f"the draws of {name} are worth {size:.0f} independent ones; at least {FEWEST:.0f} are "
        "needed to check their moments. Raise the number of draws, or mend a chain that hardly "
        "moves.",
    )  # fmt: skip
