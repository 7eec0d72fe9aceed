"""Mean and spread of what the model gives for draws, some of whose runs may fail."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..core.errors import FailedRun
from ..problem.assembled_problem import Problem
from ..problem.forward_model import Streams

Values = Mapping[str, np.ndarray]


def values_of_draws(problem: Problem, draws: np.ndarray, streams: Streams) -> dict[str, np.ndarray]:
    """Values of streams or targets, shapes (draw, control) -> (draw, value) each.

    They are NaN for a draw whose run fails.
    """
    try:
        return problem.values_of_many(draws, streams)
    except FailedRun:  # then each by itself
        rows = [_values_or_none(problem, x, streams) for x in draws]
    given = next((row for row in rows if row is not None), None)
    if given is None:
        return {name: np.full((len(draws), len(s.labels)), np.nan) for name, s in streams.items()}
    none = {name: np.full(len(values), np.nan) for name, values in given.items()}
    return {name: np.array([(row or none)[name] for row in rows]) for name in given}


def _values_or_none(problem: Problem, x: np.ndarray, streams: Streams) -> Values | None:
    try:
        return problem.values_of(x, streams)
    except FailedRun:
        return None


def moments_of_finite(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sd of the finite values over draws, shape (draw, value) -> (value,) each.

    The mean of no value and the sd of fewer than two are NaN.
    """
    finite = np.isfinite(values)
    count = finite.sum(axis=0).astype(float)
    count[count == 0.0] = np.nan
    mean = np.where(finite, values, 0.0).sum(axis=0) / count
    squares = np.where(finite, values - mean, 0.0) ** 2
    degrees = np.where(count > 1.0, count - 1.0, np.nan)
    return mean, np.sqrt(squares.sum(axis=0) / degrees)


def failed_draws_remark(values: Values) -> str:
    """Sentence on draws without values, or ""; values have the shape (draw, value)."""
    finite = [np.asarray(np.isfinite(rows).all(axis=1)) for rows in values.values() if rows.size]
    if not finite or (usable := int(np.logical_and.reduce(finite).sum())) == len(finite[0]):
        return ""
    return (
        f"Means and sd of the targets are of the finite values: {usable} of {len(finite[0])} draws "
        "have all of them"
    )
