"""How the optimum moves with arrays that a stream's operator was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import evolve, frozen

from ..core.errors import InvalidInput, did_you_mean
from ..core.problem import Problem
from .gaussian import Posterior

MOST = 2000  # numbers of a prescribed array that are perturbed one by one
Directions = Sequence[np.ndarray]  # a block each, shape (direction, ...)


@frozen(eq=False)
class Prescribed:
    """One array of numbers that a stream's operator was given.

    Args:
        stream: name.
        key: of the stream's `at`.
        values: of each block.
        common: whether all blocks share it, so that it is perturbed in all of them at once.
    """

    stream: str
    key: str
    values: tuple[np.ndarray, ...]
    common: bool

    @classmethod
    def of(cls, problem: Problem, stream: str, key: str) -> Prescribed:
        """The array of this name.

        Raises:
            InvalidInput: no such stream, or nothing of that name that has a derivative.
        """
        if stream not in problem.streams:
            raise InvalidInput(
                f"there is no stream '{stream}' to take '{key}' of."
                f"{did_you_mean(stream, problem.streams)} Streams: {', '.join(problem.streams)}."
            )
        data = problem.streams[stream]
        held = data.parts[0].at
        numbers = [n for n, v in held.items() if np.asarray(v).dtype.kind == "f"]
        if key not in numbers:
            raise InvalidInput(
                f"stream '{stream}' was given no real numbers named '{key}'."
                f"{did_you_mean(key, numbers)} It has: {', '.join(numbers) or 'none'}."
            )
        values = tuple(np.asarray(part.at[key], float) for part in data.parts)
        alike = all(v.shape == values[0].shape and np.array_equal(v, values[0]) for v in values)
        return cls(stream, key, values, len(values) == 1 or (data.domain_scope and alike))

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.values[0].size if self.common else sum(v.size for v in self.values)

    def along(self, directions: np.ndarray | Directions | None) -> list[np.ndarray]:
        """Directions of each block, shape (direction, ...); one for each number where None.

        Raises:
            InvalidInput: too many to take one by one, or of another shape.
        """
        if directions is None:
            return self._one_by_one()
        given = [np.asarray(directions, float)] if self.common else list(directions)
        given = given * len(self.values) if self.common else [np.asarray(d, float) for d in given]
        for own, values in zip(given, self.values, strict=True):
            if own.shape[1:] != values.shape:
                raise InvalidInput(
                    f"directions of '{self.stream}.{self.key}' have the shape {own.shape}; "
                    f"expected (direction, {', '.join(map(str, values.shape))})."
                )
        return given

    def _one_by_one(self) -> list[np.ndarray]:
        if self.size > MOST:
            raise InvalidInput(
                f"'{self.stream}.{self.key}' has {self.size} numbers, more than the {MOST} that "
                "are perturbed one by one; give directions to perturb it along."
            )
        if self.common:
            return [np.eye(self.size).reshape(self.size, *v.shape) for v in self.values]
        out, first = [], 0
        for values in self.values:
            block = np.zeros((self.size, values.size))
            block[first : first + values.size] = np.eye(values.size)
            out.append(block.reshape(self.size, *values.shape))
            first += values.size
        return out


def sensitivity_to_prescribed(
    problem: Problem,
    posterior: Posterior,
    stream: str,
    key: str,
    directions: np.ndarray | Directions | None = None,
    *,
    step: float | None = None,
) -> np.ndarray:
    """dx*/dtheta along directions of what an operator was given, shape (control, direction).

        dx*/dtheta = -A (K^T R^-1 dH/dtheta - (dK/dtheta)^T R^-1 r),    r = y - H(x*)

    See `sensitivity` on A. The second term, which is zero where theta is only added, is neglected
    unless `step` is given.

    Args:
        problem: that was solved.
        posterior: x* and A.
        stream: name.
        key: an array of real numbers of its `at`: a background, a table of weights.
        directions: shape (direction, *shape of the array), or a block each where blocks differ;
            by default each number by itself.
        step: takes d(dJ/dx)/dtheta from differences of gradients this far apart along a
            direction instead, with both terms: two gradients a direction.

    Raises:
        InvalidInput: see `Prescribed`.
    """
    theta = Prescribed.of(problem, stream, key)
    along = theta.along(directions)
    if step is None:
        moved = simulated_along(problem, posterior.x, theta, along)
        jacobian = problem.derivatives(posterior.x)[1][stream]
        change = problem.streams[stream].solve(jacobian).T @ moved
    else:
        change = _gradient_change(problem, posterior.x, theta, along, step)
    return np.asarray(-posterior.covariance @ change)


def simulated_along(
    problem: Problem, x: np.ndarray, theta: Prescribed, along: Directions
) -> np.ndarray:
    """dH/dtheta along the directions, the fields held, shape (obs, direction)."""
    stream, engine = problem.streams[theta.stream], problem.engine
    operator, xp = stream.operator, engine.xp

    def own(x: Any, index: Any) -> Any:
        return problem.control.unpack(x, index, xp).get(stream.name, {})

    def observed(value: Any, fields: Any, x: Any, index: Any, at: Any) -> Any:
        given = {**at, theta.key: value}
        found = operator.observe(fields, own(x, index), given, xp)
        if stream.domain_scope:
            return found
        return operator.complete(found, own(x, index), given, xp)

    def completed(v: Any, x: Any, index: Any, at: Any) -> Any:
        return operator.complete(v["sum"], own(x, index), {**at, theta.key: v["theta"]}, xp)

    push = engine.pushforward(observed)
    values, moved = [], []
    for b, part in enumerate(stream.parts):
        every = problem.block_fields(x, b)
        fields = {v.name: every[v.name] for v in operator.requires if v.name in every}
        at = dict(part.at)
        value, change = push(theta.values[b], along[b], fields, x, problem.index[b], at)
        real = slice(None) if stream.domain_scope else slice(len(part.values))
        values.append(np.asarray(value)[real])
        moved.append(np.asarray(change)[:, real])
    if not stream.domain_scope:
        return np.concatenate(moved, axis=1).T
    finish = engine.pushforward(completed)
    point = {"sum": sum(values), "theta": theta.values[0]}
    tangents = {"sum": sum(moved), "theta": along[0]}
    _, change = finish(point, tangents, x, problem.index[0], dict(stream.parts[0].at))
    return np.asarray(change).T


def _gradient_change(
    problem: Problem, x: np.ndarray, theta: Prescribed, along: Directions, step: float
) -> np.ndarray:
    """d(dJ/dx)/dtheta along the directions by central differences, shape (control, direction)."""
    stream = problem.streams[theta.stream]

    def gradient(number: int, by: float) -> np.ndarray:
        parts = tuple(
            evolve(part, at={**part.at, theta.key: value + by * own[number]})
            for part, value, own in zip(stream.parts, theta.values, along, strict=True)
        )
        moved = {**problem.streams, theta.stream: evolve(stream, parts=parts)}
        return problem.with_streams(moved, problem.targets).value_and_gradient(x)[1]

    found = [(gradient(n, step) - gradient(n, -step)) / (2.0 * step) for n in range(len(along[0]))]
    return np.stack(found, axis=1)
