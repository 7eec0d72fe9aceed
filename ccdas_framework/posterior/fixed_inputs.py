"""Sensitivity of the optimum to fixed inputs of a stream's operator, such as a background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import evolve, frozen

from ..core.errors import InvalidInput, did_you_mean
from ..problem.assembled_problem import Problem
from ..problem.robust_errors import require_gaussian
from .gaussian_posterior import Posterior

MAX_SIZE = 2000  # most numbers of an array that are perturbed one by one
Directions = Sequence[np.ndarray]  # a block each, shape (direction, ...)


@frozen(eq=False)
class FixedInput:
    """One array of real numbers among the inputs of a stream's operator.

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
    def of(cls, problem: Problem, stream: str, key: str) -> FixedInput:
        """The array of this name.

        Raises:
            InvalidInput: no such stream, or nothing of that name that has a derivative.
        """
        if stream not in problem.streams:
            raise InvalidInput(
                f"there is no stream '{stream}' to take '{key}' of."
                f"{did_you_mean(stream, problem.streams)} Streams: {', '.join(problem.streams)}.",
                code="unknown-stream",
                where=stream,
            )
        data = problem.streams[stream]
        held = data.parts[0].at
        numbers = [n for n, v in held.items() if np.asarray(v).dtype.kind == "f"]
        if key not in numbers:
            raise InvalidInput(
                f"stream '{stream}' has no input of real numbers named '{key}'."
                f"{did_you_mean(key, numbers)} It has: {', '.join(numbers) or 'none'}.",
                code="unknown-input",
                where=f"{stream}.{key}",
            )
        values = tuple(np.asarray(part.at[key], float) for part in data.parts)
        alike = all(v.shape == values[0].shape and np.array_equal(v, values[0]) for v in values)
        return cls(stream, key, values, len(values) == 1 or (data.domain_scope and alike))

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.values[0].size if self.common else sum(v.size for v in self.values)

    def block_directions(self, directions: np.ndarray | Directions | None) -> list[np.ndarray]:
        """Directions of each block, shape (direction, ...); one for each number where None.

        Raises:
            InvalidInput: too many to take one by one, or of another shape.
        """
        if directions is None:
            return self._one_by_one()
        blocks = [directions] * len(self.values) if self.common else directions
        parts = [np.asarray(block, float) for block in blocks]
        for part, values in zip(parts, self.values, strict=True):
            if part.shape[1:] != values.shape:
                raise InvalidInput(
                    f"directions of '{self.stream}.{self.key}' have the shape {part.shape}; "
                    f"expected (direction, {', '.join(map(str, values.shape))}).",
                    code="wrong-shape",
                    where=f"{self.stream}.{self.key}",
                )
        return parts

    def _one_by_one(self) -> list[np.ndarray]:
        if self.size > MAX_SIZE:
            raise InvalidInput(
                f"'{self.stream}.{self.key}' has {self.size} numbers, more than the {MAX_SIZE} "
                "that are perturbed one by one; pass directions to perturb it in.",
                code="too-large",
                where=f"{self.stream}.{self.key}",
            )
        rows = np.eye(self.size)
        ends = np.cumsum([v.size for v in self.values])[:-1]
        blocks = [rows] * len(self.values) if self.common else np.split(rows, ends, axis=1)
        return [b.reshape(self.size, *v.shape) for b, v in zip(blocks, self.values, strict=True)]


def sensitivity_to_fixed_input(
    problem: Problem,
    posterior: Posterior,
    stream: str,
    key: str,
    directions: np.ndarray | Directions | None = None,
    *,
    step: float | None = None,
) -> np.ndarray:
    """dx*/dtheta along directions of an input of an operator, shape (control, direction).

        dx*/dtheta = -A (K^T R^-1 dH/dtheta - (dK/dtheta)^T R^-1 r),    r = y - H(x*)

    See `sensitivity` on A. The second term, which is zero where theta is only added, is neglected
    without `step`.

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
        InvalidInput: see `FixedInput`; the stream has robust errors.
    """
    theta = FixedInput.of(problem, stream, key)
    require_gaussian({stream: problem.streams[stream]}, "the sensitivity to inputs of an operator")
    perturbations = theta.block_directions(directions)
    if step is None:
        tangents = simulated_tangents(problem, posterior.x, theta, perturbations)
        jacobian = problem.derivatives(posterior.x)[1][stream]
        change = problem.streams[stream].solve(jacobian).T @ tangents
    else:
        change = _gradient_change(problem, posterior.x, theta, perturbations, step)
    return np.asarray(-posterior.covariance @ change)


def simulated_tangents(
    problem: Problem, x: np.ndarray, theta: FixedInput, perturbations: Directions
) -> np.ndarray:
    """dH/dtheta along the directions at constant fields, shape (obs, direction)."""
    name, stream, engine = theta.stream, problem.streams[theta.stream], problem.engine
    functions = problem.forward.functions_of({name: stream})

    def observed(value: Any, fields: Any, x: Any, index: Any, at: Any) -> Any:
        inputs = {name: {**at, theta.key: value}}
        return functions.observed({"fields": fields, "x": x}, index, inputs)[name]

    def completed(point: Any, x: Any, index: Any, at: Any) -> Any:
        parameters = problem.control.unpack(x, index, engine.xp).get(stream.name, {})
        inputs = {**at, theta.key: point["theta"]}
        return stream.operator.complete(point["sum"], parameters, inputs, engine.xp)

    push = engine.pushforward(observed)
    values, tangents = [], []
    for b, part in enumerate(stream.parts):
        fields = functions.of_fields.select(problem.block_fields(x, b))
        inputs = dict(part.at)
        value, change = push(theta.values[b], perturbations[b], fields, x, problem.index[b], inputs)
        real = slice(None) if stream.domain_scope else slice(len(part.values))
        values.append(np.asarray(value)[real])
        tangents.append(np.asarray(change)[:, real])
    if not stream.domain_scope:
        return np.concatenate(tangents, axis=1).T
    finish = engine.pushforward(completed)
    point = {"sum": sum(values), "theta": theta.values[0]}
    directions = {"sum": sum(tangents), "theta": perturbations[0]}
    _, change = finish(point, directions, x, problem.index[0], dict(stream.parts[0].at))
    return np.asarray(change).T


def _gradient_change(
    problem: Problem, x: np.ndarray, theta: FixedInput, perturbations: Directions, step: float
) -> np.ndarray:
    """d(dJ/dx)/dtheta along the directions by central differences, shape (control, direction)."""
    stream = problem.streams[theta.stream]

    def gradient(number: int, by: float) -> np.ndarray:
        parts = tuple(
            evolve(part, at={**part.at, theta.key: value + by * directions[number]})
            for part, value, directions in zip(
                stream.parts, theta.values, perturbations, strict=True
            )
        )
        perturbed = {**problem.streams, theta.stream: evolve(stream, parts=parts)}
        return problem.with_streams(perturbed, problem.targets).value_and_gradient(x)[1]

    changes = [
        (gradient(n, step) - gradient(n, -step)) / (2.0 * step)
        for n in range(len(perturbations[0]))
    ]
    return np.stack(changes, axis=1)
