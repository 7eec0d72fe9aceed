"""Products of derivatives with vectors, without matrices.

All are computed block by block: the short vector of simulated values couples the blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import frozen

from .block_tasks import Tapes, over_groups
from .cost import CostFunctions
from .drivers import Group
from .forward_model import ForwardModel
from .functions import StreamFunctions, tape_bytes
from .jacobian import stream_jacobians

STEP = 1e-4  # of differences of gradients, as a share of the direction


@frozen(eq=False)
class Linearisation:
    """W = R^-1/2 K at one point, as an operator on vectors.

    Args:
        forward: blocks and streams.
        x: point of linearisation, shape (control,).
        sums: contributions at x, summed over the blocks.
        tapes: adjoints of the contributions of blocks, as many as fit.
        whitened_pull: adjoint of the whitened values as functions of x and the sums.
    """

    forward: ForwardModel
    x: np.ndarray
    _sums: Mapping[str, np.ndarray]
    _tapes: Mapping[int, Callable[[Any], Any]]
    _whitened_pull: Callable[[Any], Any]

    @classmethod
    def of(cls, forward: ForwardModel, x: np.ndarray) -> Linearisation:
        """By one forward run of each block; adjoints are held as far as the limit allows."""
        functions, tapes = forward.functions, Tapes(forward.held_bytes)
        last = len(forward.blocks) - forward.workers

        def forward_pass(b: int) -> Any:
            arguments = _arguments(forward, b)
            values, pull = functions.block_pullback(x, *arguments)
            tapes.keep((b,), x, pull, tape_bytes(pull, (), arguments[1]), b >= last)
            return values

        passes = forward.over_blocks(forward_pass)
        sums = forward.summed(passes, forward.streams)
        whitened_pull = functions.whitened_pullback({"x": x, **sums})[1]
        held = {b: pull for (b,), (_, pull, _) in tapes.pulls.items()}
        return cls(forward, x, sums, held, whitened_pull)

    def tangent(self, directions: np.ndarray) -> dict[str, np.ndarray]:
        """W v of each direction by stream, shape (direction, obs); directions (direction, control).

        A run of the tangent model for each direction.
        """
        tangents = _contribution_tangents(self.forward, self.x, directions)
        push = self.forward.functions.whitened_pushforward
        _, pushed = push({"x": self.x, **self._sums}, {"x": directions, **tangents})
        return {name: np.asarray(pushed[name]) for name in self.forward.streams}

    def adjoint(self, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """W^T w from w by stream, shape (obs,) each; shape (control,).

        A run of the adjoint model, and of blocks whose adjoint is not held a forward run.
        """
        sensitivity = dict(self._whitened_pull(dict(weights)))
        total = np.array(sensitivity.pop("x"))
        split = self.forward.split(sensitivity)
        block_pullback = self.forward.functions.block_pullback

        def gradient(b: int) -> np.ndarray:
            pull = self._tapes.get(b)
            if pull is None:
                pull = block_pullback(self.x, *_arguments(self.forward, b))[1]
            return np.asarray(pull(split[b]))

        for part in self.forward.over_blocks(gradient):
            total = total + part
        return total


@frozen(eq=False)
class JacobianLinearisation:
    """W = R^-1/2 K at one point as a matrix, where an adjoint would cost a run for each element.

    Args:
        rows: of W by stream, shape (obs, control) each.
    """

    rows: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, forward: ForwardModel, x: np.ndarray) -> JacobianLinearisation:
        """By the runs of one Jacobian."""
        jacobians = stream_jacobians(forward, x, forward.functions)[1]
        streams = forward.streams.items()
        return cls({name: np.asarray(s.whiten(jacobians[name], np)) for name, s in streams})

    def tangent(self, directions: np.ndarray) -> dict[str, np.ndarray]:
        """W v of each direction by stream, shape (direction, obs); directions (direction, control).

        No run of the model.
        """
        return {name: np.asarray(directions @ w.T) for name, w in self.rows.items()}

    def adjoint(self, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """W^T w from w by stream, shape (obs,) each; shape (control,). No run of the model."""
        return np.asarray(sum(w.T @ weights[name] for name, w in self.rows.items()))


def gradient_differences(
    gradient: Callable[[np.ndarray], np.ndarray], x: np.ndarray, directions: np.ndarray
) -> np.ndarray:
    """(d2J/dx2) v of each direction by central differences, shape (direction, control).

    Args:
        gradient: x -> dJ/dx, shape (control,); it runs twice for each direction.
        x: shape (control,).
        directions: v, shape (direction, control).
    """
    steps = STEP * np.asarray(directions, float)
    products = [(gradient(x + step) - gradient(x - step)) / (2.0 * STEP) for step in steps]
    return np.stack(products)


def hessian_products(
    forward: ForwardModel, cost: CostFunctions, x: np.ndarray, directions: np.ndarray
) -> np.ndarray:
    """(d2J/dx2) v of each direction, shape (direction, control).

    With c(x) the sums over blocks b of their values c_b, J(x) = T(x, c(x)) and w = dT/dc,

        H v = d(dT/dx) + sum_b d(c_b'(x)^T w)

    where d is the change along v and w changes with it. Forward over reverse, and exact.

    Args:
        forward: gives c.
        cost: T.
        x: shape (control,).
        directions: v, shape (direction, control).
    """
    x, directions = np.asarray(x, float), np.asarray(directions, float)
    contributions = forward.contributions(x, forward.functions)
    tangents = _contribution_tangents(forward, x, directions)
    point = {"x": x, **contributions}
    _, weights = cost.gradient(point)
    perturbations = [
        {"x": v, **{name: tangents[name][n] for name in tangents}} for n, v in enumerate(directions)
    ]
    changes = cost.hessians(point, perturbations)
    products = np.stack([np.asarray(change["x"]) for change in changes])
    weights = forward.split(weights)
    weight_changes = [forward.split(change) for change in changes]
    tasks = [
        (
            (b,),
            {"x": x, "w": weights[b]},
            [{"x": v, "w": w[b]} for v, w in zip(directions, weight_changes, strict=True)],
        )
        for b in range(len(forward.blocks))
    ]
    for part in over_groups(forward, block_products, forward.functions, tasks):
        products = products + part
    return products


def block_products(
    forward: ForwardModel,
    functions: StreamFunctions,
    tapes: Tapes,
    group: Group,
    point: Mapping[str, Any],
    directions: list[Mapping[str, Any]],
) -> np.ndarray:
    """d(c_b'(x)^T w) of a block b along changes of `x` and `w`, shape (direction, control)."""
    rows = functions.block_hessians(point, directions, *_arguments(forward, group[0]))
    return np.stack([np.asarray(row["x"]) for row in rows])


def block_tangents(
    forward: ForwardModel,
    functions: StreamFunctions,
    tapes: Tapes,
    group: Group,
    x: np.ndarray,
    directions: np.ndarray,
) -> Mapping[str, Any]:
    """Change of the contributions of a block along directions, shape (direction, obs)."""
    tangents: Mapping[str, Any] = functions.block_pushforward(
        x, directions, *_arguments(forward, group[0])
    )[1]
    return tangents


def _contribution_tangents(
    forward: ForwardModel, x: np.ndarray, directions: np.ndarray
) -> dict[str, np.ndarray]:
    """Change of the summed contributions to each stream by direction, shape (direction, obs)."""
    tasks = [((b,), x, directions) for b in range(len(forward.blocks))]
    parts = over_groups(forward, block_tangents, forward.functions, tasks)
    last = [{name: np.moveaxis(np.asarray(v), 0, -1) for name, v in part.items()} for part in parts]
    summed = forward.summed(last, forward.streams)
    return {name: np.moveaxis(np.asarray(summed[name]), -1, 0) for name in forward.streams}


def _arguments(forward: ForwardModel, block: int) -> tuple[Any, Any, Any]:
    return forward.arguments(block, forward.streams)
