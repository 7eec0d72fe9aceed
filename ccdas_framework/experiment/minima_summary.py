"""Distinct minima that the starts of a run reached, and differences between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from ..outputs.result_datasets import starts_dataset
from ..outputs.run_folder import RunFolder
from ..posterior import Posterior, newton_decrement
from ..problem.assembled_problem import Problem
from .starts import Starts

SAME_DISTANCE = 0.1  # posterior sd between two points of one minimum
SAME_COST = 0.01  # a parabola rises by SAME_DISTANCE^2 / 2 = 0.005 over that distance


@frozen(eq=False)
class StartOutcome:
    """A point where one or more starts ended.

    Args:
        numbers: of the starts.
        cost: the least of their costs.
        converged: whether one of the starts converged, so that the point is a minimum.
    """

    numbers: tuple[int, ...]
    cost: float
    converged: bool


@frozen(eq=False)
class MinimaSummary:
    """Distinct outcomes of the starts and differences between them.

    Args:
        minima: distinct ones, the lowest first.
        unconverged: outcomes before a minimum, the lowest first.
        parameters: name -> largest difference between starts in posterior sd, of one at its bound
            in prior sd; empty without a posterior.
        targets: name -> values by start, shape (start, label); NaN for a start that failed.
        cost: greatest cost less the least.
    """

    minima: tuple[StartOutcome, ...]
    unconverged: tuple[StartOutcome, ...]
    parameters: Mapping[str, float]
    targets: Mapping[str, np.ndarray] = field(factory=dict)
    cost: float = 0.0

    def minimum_of(self, number: int) -> int:
        """Position of the minimum of a start, counted from 1; 0 where it reached none."""
        return next((n for n, m in enumerate(self.minima, 1) if number in m.numbers), 0)


def minima_summary(
    starts: Starts,
    problem: Problem,
    posterior: Posterior | None,
    whitened: Mapping[str, np.ndarray],
) -> MinimaSummary:
    """Distinct minima and differences between the ends of the starts.

    Two ends are one minimum where

        |a - b| <= 0.1 + r_a + r_b    and    |J(a) - J(b)| <= 0.01 + (r_a^2 + r_b^2) / 2

    with |.| in B^-1 + K^T R^-1 K, the Hessian at the best end, so in posterior sd, and r the Newton
    decrement of an end, because the distance of an end from its minimum separates no two minima.

    Args:
        posterior: at the best end; None where that is no minimum.
        whitened: R^-1/2 K by stream at the best end, shape (obs, control).
    """
    ends = np.stack([result.x for result in starts.results])
    costs = [result.cost for result in starts.results]
    targets = {
        name: np.full((len(starts.starts), len(target.labels)), np.nan)
        for name, target in problem.targets.items()
    }
    for row, start in enumerate(starts.starts):
        if targets and start.result is not None:
            for name, values in problem.values_of(start.result.x, problem.targets).items():
                targets[name][row] = values
    parameters = {}
    if posterior is not None:
        sd = np.where(posterior.held, np.sqrt(np.diag(posterior.prior_covariance)), posterior.sd)
        differences = np.ptp(ends, axis=0) / sd
        parameters = dict(zip(problem.control.names, differences.tolist(), strict=True))
    distinct = _distinct(starts, ends, problem, whitened)
    return MinimaSummary(
        minima=tuple(end for end in distinct if end.converged),
        unconverged=tuple(end for end in distinct if not end.converged),
        parameters=parameters,
        targets=targets,
        cost=max(costs) - min(costs),
    )


def _distinct(
    starts: Starts, ends: np.ndarray, problem: Problem, whitened: Mapping[str, np.ndarray]
) -> tuple[StartOutcome, ...]:
    """From the lowest cost upwards, each start joins the first end that it is close to."""
    to_prior = np.asarray(problem.prior.covariance.whiten(np.eye(ends.shape[1]), np))
    known = [rows for rows in whitened.values() if rows.shape[1]]  # where the run linearises
    root = np.concatenate([to_prior, *known])  # of the Hessian
    results, box = starts.results, problem.control.x_bounds
    covariance, inverse = np.linalg.pinv(root.T @ root, hermitian=True), np.linalg.pinv(root)
    radius = [
        0.0
        if r.gradient is None
        else newton_decrement(box.projected(r.x, r.gradient), covariance, inverse)
        for r in results
    ]

    def same_minimum(n: int, first: int) -> bool:
        near = SAME_DISTANCE + radius[n] + radius[first]
        level = SAME_COST + 0.5 * (radius[n] ** 2 + radius[first] ** 2)
        apart = float(np.linalg.norm(root @ (ends[n] - ends[first])))
        return apart <= near and abs(results[n].cost - results[first].cost) <= level

    groups: list[list[int]] = []
    for n in sorted(range(len(results)), key=lambda n: results[n].cost):
        group = next((g for g in groups if same_minimum(n, g[0])), None)
        if group is None:
            groups.append([n])
        else:
            group.append(n)
    return tuple(
        StartOutcome(
            numbers=tuple(sorted(starts.ended[n].number for n in group)),
            cost=results[group[0]].cost,
            converged=any(results[n].stationary for n in group),
        )
        for group in groups
    )


def write_starts(
    folder: RunFolder,
    problem: Problem,
    starts: Starts,
    minima: MinimaSummary,
    attributes: Mapping[str, Any],
) -> None:
    """`starts.nc`."""
    results = [s.result for s in starts.starts]
    failed = np.full(len(problem.control), np.nan)
    targets = {
        f"{name} {label}": (values[:, n], problem.targets[name].operator.observes.units)
        for name, values in minima.targets.items()
        for n, label in enumerate(problem.targets[name].labels)
    }
    dataset = starts_dataset(
        control=problem.control.names,
        x_start=np.stack([s.x for s in starts.starts]),
        x_found=np.stack([failed if r is None else r.x for r in results]),
        cost_start=[np.nan if r is None else r.iterations[0].cost for r in results],
        cost=[np.nan if r is None else r.cost for r in results],
        status=[s.status for s in starts.starts],
        message=[s.message for s in starts.starts],
        gradient_reduction=[s.gradient_reduction for s in starts.starts],
        iterations=[0 if r is None else len(r.iterations) - 1 for r in results],
        minimum=[minima.minimum_of(s.number) for s in starts.starts],
        selected=starts.best_number,
        difference=list(minima.parameters.values()) or None,
        targets=targets,
        attributes=attributes,
    )
    folder.write("starts.nc", dataset)


def starts_lines(starts: Starts, minima: MinimaSummary) -> list[str]:
    """Lines on distinct minima with their costs, differences between starts, and failures."""
    count = len(minima.minima)
    line = f"{len(starts.starts)} starts, {count or 'no'} distinct {_plural('minimum', count)}"
    if minima.minima:
        line += f": {_plural('cost', count)} {_costs(minima.minima)}"
    if minima.unconverged:
        line += f"; ended before a minimum: {_costs(minima.unconverged)}"
    lines = [line]
    if len(starts.ended) > 1:
        differ = f"costs differ by {minima.cost:.3g}"
        if minima.parameters:
            name, most = max(minima.parameters.items(), key=lambda item: item[1])
            differ += f"; no parameter by more than {most:.3g} posterior sd ({name})"
        lines.append(f"{differ}; the result is that of start {starts.best_number}")
    lines += [f"start {s.number} failed: {s.problem}" for s in starts.starts if s.result is None]
    lines += [
        f"start {s.number} was brought back inside the bounds of {_few(s.adjusted)}"
        for s in starts.starts
        if s.adjusted
    ]
    return lines


def _costs(ends: Sequence[StartOutcome]) -> str:
    return ", ".join(
        f"{end.cost:.6g} ({len(end.numbers)} {_plural('start', len(end.numbers))})" for end in ends
    )


def _plural(noun: str, count: int) -> str:
    if count == 1:
        return noun
    return "minima" if noun == "minimum" else f"{noun}s"


def _few(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
