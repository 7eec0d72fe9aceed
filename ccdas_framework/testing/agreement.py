"""Comparison of the result of a method with the exact values of a known problem.

Each function returns sentences about values outside their tolerance, none where all agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from .known_answers import Quantity
from .known_problem_statement import KnownProblem

LEAST_MEMBERS = 50  # of an ensemble, below which there is no tolerance
LEAST_EFFECTIVE_SIZE = 400


def minimiser_disagreements(
    known: KnownProblem,
    x: np.ndarray,
    cost: float,
    sd: np.ndarray | None = None,
    hessian: str = "exact",
) -> list[str]:
    """Of a minimisation by derivatives.

    x within 0.001 sd of a minimum, J within 1e-6 max(1, J), sd within 0.1 per cent.

    Args:
        known: the problem.
        x, cost: of the result, shape (control,).
        sd: posterior sd of x, shape (control,); NaN for a parameter at its bound. None is not
            compared.
        hessian: "exact" or "gauss_newton", by which the sd was computed.
    """
    wrong = list(_far_from_minimum(known, x, cost, 1e-3, 1e-6 * max(1.0, abs(known.answer.cost))))
    expected = known.answer.sd_at_minimum
    if hessian == "gauss_newton" and known.answer.gauss_newton_sd is not None:
        expected = known.answer.gauss_newton_sd
    if sd is None or expected is None:
        return wrong
    for name, value, right in zip(known.control.names, sd, expected, strict=True):
        if np.isnan(right) != np.isnan(value) or abs(value - right) > 1e-3 * right:
            wrong.append(f"{known.name}: sd of {name} is {value:.7g}; expected {right:.7g}.")
    return wrong


def search_disagreements(known: KnownProblem, x: np.ndarray, cost: float) -> list[str]:
    """Of a search without derivatives: x within 0.05 sd of a minimum, and J within 1e-3."""
    return list(_far_from_minimum(known, x, cost, 0.05, 1e-3))


def ensemble_disagreements(
    known: KnownProblem, mean: np.ndarray, sd: np.ndarray, members: int, repeats: int = 1
) -> list[str]:
    """Of an ensemble after one step, about the limit of many members.

    Mean within 8 / sqrt(K N) sd, and ratio of the sd within 4 / sqrt(K N), with 3 / N more for the
    average of several repeats.

    Args:
        known: the problem.
        mean, sd: of x over the members, averaged over the repeats, shape (control,).
        members: N, at least 50.
        repeats: K, with seeds of their own.
    """
    if known.answer.ensemble_limit is None or members < LEAST_MEMBERS:
        return []
    share = 1.0 / np.sqrt(repeats * members)
    bias = 3.0 / members if repeats > 1 else 0.0
    wrong, scale = [], known.answer.sd
    for n, (right, right_sd) in enumerate(zip(*known.answer.ensemble_limit, strict=True)):
        if not abs(mean[n] - right) <= 8.0 * share * scale[n]:
            wrong.append(f"{known.name}: mean of x{n + 1} is {mean[n]:.5g}; expected {right:.5g}.")
        if not abs(sd[n] / right_sd - 1.0) <= 4.0 * share + bias:
            wrong.append(f"{known.name}: sd of x{n + 1} is {sd[n]:.5g}; expected {right_sd:.5g}.")
    return wrong


def sampler_disagreements(
    known: KnownProblem, draws: np.ndarray, effective_size: float | Mapping[str, float]
) -> list[str]:
    """Of the draws of an exact sampler that has converged.

    Mean within 4 sd / sqrt(F), ratio of the sd within 4 / sqrt(F), and the share of draws below a
    quantile of probability p within 4 sqrt(p (1 - p) / F). No draw lies outside the bounds.

    Args:
        known: the problem.
        draws: control vectors of all chains, shape (draw, control).
        effective_size: F, at least 400, of all quantities or by name.
    """
    wrong = []
    outside = sorted({name for x in draws for name in known.control.outside(x)})
    if outside:
        wrong.append(f"{known.name}: draws lie outside the bounds of {', '.join(outside)}.")
    for name, quantity in known.answer.quantities.items():
        by_name = isinstance(effective_size, Mapping)
        size = float(effective_size[name] if by_name else effective_size)  # type: ignore[index,arg-type]
        if not size >= LEAST_EFFECTIVE_SIZE:
            wrong.append(f"{known.name}: the effective size of {name} is {size:.0f}, below 400.")
            continue
        values = quantity.function(draws)
        wrong += [f"{known.name}: {t}" for t in _moments(name, quantity, values, size)]
    return wrong


def _far_from_minimum(
    known: KnownProblem, x: np.ndarray, cost: float, distance: float, height: float
) -> Iterator[str]:
    answer = known.answer
    if answer.minima is None:
        return
    if not abs(cost - answer.cost) <= height:
        yield f"{known.name}: the cost is {cost:.9g}; expected {answer.cost:.9g}."
    sd = np.ones(len(x)) if answer.sd_at_minimum is None else answer.sd_at_minimum
    scale = np.where(np.isnan(sd), 1e-3, sd)  # a bound holds the element there
    apart = np.abs(np.asarray(x) - answer.minima) / scale
    nearest = apart[np.argmin(apart.max(axis=1))]
    for name, far in zip(known.control.names, nearest, strict=True):
        if not far <= distance:
            yield f"{known.name}: {name} is {far:.3g} sd from the minimum."


def _moments(name: str, quantity: Quantity, values: np.ndarray, size: float) -> Iterator[str]:
    root = np.sqrt(size)
    if np.isfinite(quantity.mean):
        far = abs(np.mean(values) - quantity.mean)
        if not far <= 4.0 * quantity.sd / root:
            yield f"mean of {name} is {np.mean(values):.5g}; expected {quantity.mean:.5g}."
        if not abs(np.std(values) / quantity.sd - 1.0) <= 4.0 / root:
            yield f"sd of {name} is {np.std(values):.5g}; expected {quantity.sd:.5g}."
    for probability, value in quantity.quantiles.items():
        share = float(np.mean(values < value))
        if not abs(share - probability) <= 4.0 * np.sqrt(probability * (1 - probability)) / root:
            yield f"a share {share:.4f} of {name} is below {value:.5g}; expected {probability:g}."
