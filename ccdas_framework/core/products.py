"""Products of the derivatives of a problem with vectors, where a matrix is not wanted.

All go block by block: what couples the blocks is the short vector of simulated values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import field, frozen

if TYPE_CHECKING:
    from .problem import Problem

Array = Any


@frozen(eq=False)
class Linearisation:
    """W = R^-1/2 K at one point, known by what it does to vectors.

    Args:
        problem: assembled.
        x: where it is linearised, shape (control,).
    """

    problem: Problem
    x: np.ndarray
    _pulls: list[Callable[[Any], Any]] = field(init=False, repr=False)
    _pull_whole: Callable[[Any], Any] = field(init=False, repr=False)
    _sums: Mapping[str, np.ndarray] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        problem = self.problem
        pull = problem.compiled.pull("block values", partial(_block_values, problem))
        ahead = problem.over_blocks(lambda b: pull(self.x, *_arguments(problem, b)))
        sums = problem.summed([values for values, _ in ahead], problem.streams)
        whole = problem.compiled.pull("whitened", partial(_whitened, problem))
        object.__setattr__(self, "_sums", sums)
        object.__setattr__(self, "_pulls", [back for _, back in ahead])
        object.__setattr__(self, "_pull_whole", whole({"x": self.x, **sums})[1])

    def tangent(self, directions: np.ndarray) -> dict[str, np.ndarray]:
        """W v of each direction by stream, shape (direction, obs); directions (direction, control).

        A run of the tangent model for each direction.
        """
        moved = _moved(self.problem, self.x, directions)
        whole = self.problem.compiled.push("whitened", partial(_whitened, self.problem))
        _, pushed = whole({"x": self.x, **self._sums}, {"x": directions, **moved})
        return {name: np.asarray(pushed[name]) for name in self.problem.streams}

    def adjoint(self, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """W^T w from w by stream, shape (obs,) each; shape (control,).

        A run of the adjoint model, without another forward run.
        """
        sensitivity = dict(self._pull_whole(dict(weights)))
        total = np.array(sensitivity.pop("x"))
        split = self.problem.split(sensitivity)
        for part in self.problem.over_blocks(lambda b: self._pulls[b](split[b])):
            total = total + np.asarray(part)
        return total


def hessian_products(problem: Problem, x: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """(d2J/dx2) v of each direction, shape (direction, control).

    With c(x) the sums over blocks b of their values c_b, J(x) = T(x, c(x)) and w = dT/dc,

        H v = d(dT/dx) + sum_b d(c_b'(x)^T w)

    where d is the change along v and w changes with it. Forward over reverse, and exact.

    Args:
        problem: assembled.
        x: where, shape (control,).
        directions: v, shape (direction, control).
    """
    x, directions = np.asarray(x, float), np.asarray(directions, float)
    contributions = problem.contributions(x)
    moved = _moved(problem, x, directions)
    given = {"x": x, **contributions}
    _, weights = problem.compiled.gradient("cost", problem.total)(given)
    along = [{"x": v, **{name: moved[name][n] for name in moved}} for n, v in enumerate(directions)]
    changes = problem.compiled.hessians("cost", problem.total)(given, along)
    products = np.stack([np.asarray(change["x"]) for change in changes])
    weights = problem.split(weights)
    turns = [problem.split(change) for change in changes]
    second = problem.compiled.hessians("weighted values", partial(_weighted_values, problem))

    def of_block(b: int) -> np.ndarray:
        tangents = [{"x": v, "w": turn[b]} for v, turn in zip(directions, turns, strict=True)]
        rows = second({"x": x, "w": weights[b]}, tangents, *_arguments(problem, b))
        return np.stack([np.asarray(row["x"]) for row in rows])

    for part in problem.over_blocks(of_block):
        products = products + part
    return products


def _moved(problem: Problem, x: np.ndarray, directions: np.ndarray) -> dict[str, np.ndarray]:
    """Change of the summed values of each stream along each direction, (direction, obs)."""
    push = problem.compiled.push("block values", partial(_block_values, problem))
    parts = problem.over_blocks(lambda b: push(x, directions, *_arguments(problem, b))[1])
    last = [{name: np.moveaxis(np.asarray(v), 0, -1) for name, v in part.items()} for part in parts]
    summed = problem.summed(last, problem.streams)
    return {name: np.moveaxis(np.asarray(summed[name]), -1, 0) for name in problem.streams}


def _arguments(problem: Problem, block: int) -> tuple[Any, Any, Any]:
    return problem.index[block], problem.drivers[block], problem.ats(block)


def _block_values(problem: Problem, x: Array, index: Any, drivers: Any, ats: Any) -> Array:
    """Contribution of one block to each stream, from x."""
    given = {"fields": problem.selected_fields(x, index, drivers), "x": x}
    return problem.observed(given, index, ats, problem.streams)


def _weighted_values(
    problem: Problem, given: Mapping[str, Any], index: Any, drivers: Any, ats: Any
) -> Array:
    """w^T c_b(x), a scalar whose gradient with respect to x is what comes back from a block."""
    xp = problem.engine.xp
    values = _block_values(problem, given["x"], index, drivers, ats)
    total = 0.0
    for name in problem.streams:
        total = total + xp.sum(given["w"][name] * values[name])
    return total


def _whitened(problem: Problem, given: Mapping[str, Any]) -> dict[str, Array]:
    """R_s^-1/2 H_s of each stream, from summed contributions and x."""
    simulated = problem.complete_domain(given, problem.streams)
    xp = problem.engine.xp
    return {name: s.whiten(simulated[name], xp) for name, s in problem.streams.items()}
