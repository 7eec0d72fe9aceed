"""Several starting points: where they lie, what they found, and which minima are distinct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.result import OptimisationResult
from ..outputs.run_folder import RunFolder
from ..posterior import Posterior, newton_decrement
from ..problem.assembled_problem import Problem

ROUNDING = 1e-8  # of the cost (of 1 where that is less): below it costs are equal
SAME_DISTANCE = 0.1  # posterior sd between two points of one minimum
SAME_COST = 0.01  # a parabola rises by SAME_DISTANCE^2 / 2 = 0.005 over that distance
HALVINGS = 60  # of a step, after which its start is the prior mean to the last digit


@frozen(eq=False)
class Start:
    """One starting point and what came of it.

    Args:
        number: 1 is the prior mean.
        x: the point, shape (control,).
        moved: elements that were moved back inside their guard rails.
        found: where it led; None where it failed.
        problem: why it failed, a sentence.
    """

    number: int
    x: np.ndarray
    moved: tuple[str, ...] = ()
    found: OptimisationResult | None = None
    problem: str = ""

    @property
    def status(self) -> str:
        """How it ended."""
        return "failed" if self.found is None else self.found.status

    @property
    def message(self) -> str:
        """How it ended, in a sentence."""
        return self.problem if self.found is None else self.found.message

    @property
    def gradient_reduction(self) -> float:
        """Gradient norm at the start over that at the end; infinite where the latter is 0."""
        if self.found is None:
            return float("nan")
        first, last = (self.found.iterations[n].gradient_norm for n in (0, -1))
        return first / last if last > 0.0 else float("inf")


@frozen(eq=False)
class Starts:
    """All starting points of a run.

    Args:
        starts: in order of their numbers; at least one of them was optimised.
        interrupted: whether Ctrl-C kept some from their end.
    """

    starts: tuple[Start, ...]
    interrupted: bool = False

    @property
    def ended(self) -> tuple[Start, ...]:
        """Those that led somewhere."""
        return tuple(s for s in self.starts if s.found is not None)

    @property
    def best(self) -> OptimisationResult:
        """The result of least cost; among equal costs one that converged, then the first."""
        found = [s.found for s in self.starts if s.found is not None]
        least = min(f.cost for f in found)
        equal = [f for f in found if f.cost - least <= ROUNDING * max(abs(least), 1.0)]
        return next((f for f in equal if f.stationary), min(equal, key=lambda f: f.cost))

    @property
    def kept(self) -> int:
        """Number of the start whose result is the best."""
        return next(s.number for s in self.starts if s.found is self.best)


@frozen(eq=False)
class End:
    """A point where one or more starts ended.

    Args:
        numbers: of the starts.
        cost: the least of theirs.
        converged: whether one of them did: then it is a minimum.
    """

    numbers: tuple[int, ...]
    cost: float
    converged: bool


@frozen(eq=False)
class Spread:
    """How far the starts ended from each other.

    Args:
        minima: distinct ones, the lowest first.
        elsewhere: where starts ended before a minimum, the lowest first.
        parameters: name -> largest difference between starts in posterior sd; empty where there is
            no posterior to measure with.
        targets: name -> values by start, shape (start, label); NaN for one that failed.
        cost: greatest cost less the least.
    """

    minima: tuple[End, ...]
    elsewhere: tuple[End, ...]
    parameters: Mapping[str, float]
    targets: Mapping[str, np.ndarray] = field(factory=dict)
    cost: float = 0.0

    def minimum_of(self, number: int) -> int:
        """Which of the minima, counted from 1, a start ended at; 0 where at none."""
        return next((n for n, m in enumerate(self.minima, 1) if number in m.numbers), 0)


def starting_points(problem: Problem, count: int, seed: int) -> tuple[Start, ...]:
    """x_b, x_b + s, x_b - s, then x_b + s' with new signs each time; s = ±1 prior sd.

    An element that lies outside its guard rails is brought back by halving its distance from the
    prior mean until it is inside.

    Args:
        problem: gives x_b, B and the guard rails.
        count: how many, at least 1.
        seed: of the signs.
    """
    mean = np.asarray(problem.prior.mean, float)
    sd = np.asarray(problem.prior.covariance.sd, float)
    sd = np.where(np.isfinite(sd), sd, 1.0)  # a flat prior: the scale of x instead
    generator = np.random.default_rng([seed, 3])  # 1 and 2 are those of a truth and its noise
    steps = [np.zeros(len(mean))]
    while len(steps) < count:
        signs = generator.choice([-1.0, 1.0], len(mean))
        steps += [signs * sd, -signs * sd] if len(steps) == 1 else [signs * sd]
    starts = []
    for number, step in enumerate(steps[:count], 1):
        x, moved = inside(problem, mean, step)
        starts.append(Start(number, x, moved))
    return tuple(starts)


def inside(
    problem: Problem, mean: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, tuple[str, ...]]:
    """mean + step with what is outside its guard rails brought back, and the names of that."""
    step, moved = np.array(step), []
    position = {name: n for n, name in enumerate(problem.control.names)}
    for _ in range(HALVINGS):
        outside = [name for name in problem.control.outside(mean + step) if step[position[name]]]
        if not outside:
            break
        moved += outside
        step[[position[name] for name in outside]] *= 0.5
    return mean + step, tuple(dict.fromkeys(moved))


def spread_of(
    starts: Starts,
    problem: Problem,
    posterior: Posterior | None,
    whitened: Mapping[str, np.ndarray],
) -> Spread:
    """Distinct minima, and how far apart the ends of the starts are.

    Two ends are one minimum where

        |a - b| <= 0.1 + r_a + r_b    and    |J(a) - J(b)| <= 0.01 + (r_a^2 + r_b^2) / 2

    with |.| in B^-1 + K^T R^-1 K, the Hessian at the best end, so in posterior sd, and r the Newton
    decrement of an end: how far an optimiser stopped from its minimum tells no two minima apart.

    Args:
        starts: that ended.
        problem: that they solved.
        posterior: at the best end; None where that is no minimum.
        whitened: R^-1/2 K by stream there.
    """
    ended = starts.ended
    ends = np.stack([s.found.x for s in ended if s.found is not None])
    values = [problem.values_of(x, problem.targets) if problem.targets else {} for x in ends]
    rows = {start.number: n for n, start in enumerate(ended)}

    def by_start(name: str) -> np.ndarray:
        nothing = np.full(len(problem.targets[name].labels), np.nan)
        return np.stack(
            [values[rows[s.number]][name] if s.number in rows else nothing for s in starts.starts]
        )

    costs = [s.found.cost for s in ended if s.found is not None]
    parameters = {}
    if posterior is not None:
        differences = np.ptp(ends, axis=0) / posterior.sd
        parameters = dict(zip(problem.control.names, differences.tolist(), strict=True))
    distinct = _distinct(ended, ends, problem, whitened)
    return Spread(
        minima=tuple(end for end in distinct if end.converged),
        elsewhere=tuple(end for end in distinct if not end.converged),
        parameters=parameters,
        targets={name: by_start(name) for name in problem.targets},
        cost=max(costs) - min(costs),
    )


def _distinct(
    ended: Sequence[Start],
    ends: np.ndarray,
    problem: Problem,
    whitened: Mapping[str, np.ndarray],
) -> tuple[End, ...]:
    """From the lowest cost upwards, each start joins the first end that it is close to."""
    to_prior = np.asarray(problem.prior.covariance.whiten(np.eye(ends.shape[1]), np))
    root = np.concatenate([to_prior, *whitened.values()])  # of the Hessian

    def distance(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.linalg.norm(root @ (a - b)))

    found = [s.found for s in ended if s.found is not None]
    covariance = np.linalg.pinv(root.T @ root, hermitian=True)
    radius = [
        0.0 if f.gradient is None else newton_decrement(f.gradient, covariance) for f in found
    ]
    groups: list[list[int]] = []
    for n in sorted(range(len(found)), key=lambda n: found[n].cost):
        for group in groups:
            first = group[0]
            near = SAME_DISTANCE + radius[n] + radius[first]
            level = SAME_COST + 0.5 * (radius[n] ** 2 + radius[first] ** 2)
            apart = distance(ends[n], ends[first])
            if apart <= near and abs(found[n].cost - found[first].cost) <= level:
                group.append(n)
                break
        else:
            groups.append([n])
    return tuple(
        End(
            numbers=tuple(sorted(ended[n].number for n in group)),
            cost=found[group[0]].cost,
            converged=any(found[n].stationary for n in group),
        )
        for group in groups
    )


def write_starts(
    folder: RunFolder,
    problem: Problem,
    starts: Starts,
    spread: Spread,
    attributes: Mapping[str, Any],
) -> None:
    """`starts.nc`."""
    found = [s.found for s in starts.starts]
    nothing = np.full(len(problem.control), np.nan)
    targets = {
        f"{name} {label}": (values[:, n], problem.targets[name].operator.observes.units)
        for name, values in spread.targets.items()
        for n, label in enumerate(problem.targets[name].labels)
    }
    folder.write_starts(
        control=problem.control.names,
        x_start=np.stack([s.x for s in starts.starts]),
        x_found=np.stack([nothing if f is None else f.x for f in found]),
        cost_start=[np.nan if f is None else f.iterations[0].cost for f in found],
        cost=[np.nan if f is None else f.cost for f in found],
        status=[s.status for s in starts.starts],
        message=[s.message for s in starts.starts],
        gradient_reduction=[s.gradient_reduction for s in starts.starts],
        iterations=[0 if f is None else len(f.iterations) - 1 for f in found],
        minimum=[spread.minimum_of(s.number) for s in starts.starts],
        kept=starts.kept,
        difference=list(spread.parameters.values()) or None,
        targets=targets,
        attributes=attributes,
    )


def told(starts: Starts, spread: Spread) -> list[str]:
    """The starts in sentences: distinct minima with their costs, how they differ, what failed."""
    count = len(spread.minima)
    line = f"{len(starts.starts)} starts, {count or 'no'} distinct {_plural('minimum', count)}"
    if spread.minima:
        line += f": {_plural('cost', count)} {_costs(spread.minima)}"
    if spread.elsewhere:
        line += f"; ended before a minimum: {_costs(spread.elsewhere)}"
    lines = [line]
    if len(starts.ended) > 1:
        differ = f"costs differ by {spread.cost:.3g}"
        if spread.parameters:
            name = max(spread.parameters, key=lambda n: spread.parameters[n])
            most = f"{spread.parameters[name]:.3g} posterior sd ({name})"
            differ += f"; no parameter by more than {most}"
        lines.append(f"{differ}; start {starts.kept} is kept")
    lines += [f"start {s.number} failed: {s.problem}" for s in starts.starts if s.found is None]
    lines += [
        f"start {s.number} was moved back inside the bounds of {_few(s.moved)}"
        for s in starts.starts
        if s.moved
    ]
    return lines


def _costs(ends: Sequence[End]) -> str:
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
