"""Simulated values, costs and gradients of many control vectors, one for each member.

Members are evaluated in batches where the engine can, and otherwise one by one. The executor runs
blocks side by side, and single members of an engine without batches. The fields of a batch are
released after it, and only the values of streams are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..core.errors import InvalidInput
from ..core.trees import stack_trees
from .block_tasks import Tapes, over_groups
from .control_numbers import OfControl, control_numbers
from .cost import CostFunctions
from .drivers import Group
from .forward_model import ForwardModel
from .functions import StreamFunctions


def require_members(members: np.ndarray, problem: OfControl) -> np.ndarray:
    """Control vectors of one or more members as floats, shape (member, control).

    Args:
        members: the control vectors.
        problem: whose control vector it is.

    Raises:
        InvalidInput: another shape, or an element is NaN.
    """
    members, count = np.asarray(members, float), len(problem.control)
    if members.ndim == 2 and len(members) and members.shape[1] == count:
        return control_numbers(members, problem, infinite=True)
    raise InvalidInput(
        f"members have shape {members.shape}; expected (member, {count}), a control vector "
        "in each row and one row at least.",
        code="wrong-shape",
        where="members",
    )


def simulated_of_members(
    forward: ForwardModel, members: np.ndarray, functions: StreamFunctions
) -> dict[str, np.ndarray]:
    """Simulated values of each stream, shape (member, obs); members shape (member, control)."""
    sums = _contributions(forward, members, functions)
    simulated = functions.members_completion({"x": members, **sums})
    return {name: np.asarray(simulated[name]) for name in functions.streams}


def costs_of_members(forward: ForwardModel, cost: CostFunctions, members: np.ndarray) -> np.ndarray:
    """J of each member, shape (member,); NaN where it is not finite."""
    sums = _contributions(forward, members, forward.functions)
    costs = np.asarray(cost.members({"x": members, **sums}))
    return np.where(np.isfinite(costs), costs, np.nan)


def gradients_of_members(
    forward: ForwardModel, cost: CostFunctions, members: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """J and dJ/dx of each member, shapes (member,) and (member, control).

    Several blocks run twice, since the contributions of all blocks weight those of each. The
    engine has reverse mode.
    """
    if len(forward.blocks) == 1:
        arguments = forward.arguments(0, forward.streams)
        costs, gradients = _over_members(
            forward, lambda m, _: cost.members_block_gradient(m, *arguments), members
        )[0]
    else:
        sums = _contributions(forward, members, forward.functions)
        costs, weights = cost.members_gradient({"x": members, **sums})
        gradients = np.array(weights.pop("x"))
        for part in _weighted_gradients(forward, members, weights):
            gradients = gradients + part
    return finite_rows(np.asarray(costs), np.asarray(gradients))


def _weighted_gradients(
    forward: ForwardModel, members: np.ndarray, weights: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    """d(w^T c_b)/dx of each block b, shape (member, control), of weights w, (member, obs)."""
    split = [forward.split({n: w[m] for n, w in weights.items()}) for m in range(len(members))]

    tasks = [
        ((b,), {"x": members, "w": stack_trees([member[b] for member in split], np.stack)})
        for b in range(len(forward.blocks))
    ]
    return over_groups(forward, gradients_in_block, forward.functions, tasks)


def gradients_in_block(
    forward: ForwardModel, functions: StreamFunctions, tapes: Tapes, group: Group, points: Any
) -> np.ndarray:
    """d(w^T c_b)/dx of a block b, shape (member, control), at `x` and `w` of each member."""
    arguments = forward.arguments(group[0], functions.streams)
    return np.asarray(functions.members_weighted(points, *arguments)[1]["x"])


def values_in_block(
    forward: ForwardModel,
    functions: StreamFunctions,
    tapes: Tapes | None,
    group: Group,
    members: np.ndarray,
) -> Any:
    """Contributions of a block to each stream, shape (member, obs)."""
    return functions.members_values(members, *forward.arguments(group[0], functions.streams))


def _contributions(
    forward: ForwardModel, members: np.ndarray, functions: StreamFunctions
) -> dict[str, np.ndarray]:
    """Contributions of all blocks to each stream, summed, shape (member, obs)."""
    streams = functions.streams
    if getattr(forward.executor, "available", False):
        tasks = [((b,), members) for b in range(len(forward.blocks))]
        parts = over_groups(forward, values_in_block, functions, tasks)
    else:
        parts = _over_members(
            forward, lambda m, b: values_in_block(forward, functions, None, (b,), m), members
        )
    last = [{name: np.moveaxis(part[name], 0, -1) for name in streams} for part in parts]
    summed = forward.summed(last, streams)
    return {name: np.moveaxis(np.asarray(summed[name]), -1, 0) for name in streams}


def _over_members(
    forward: ForwardModel, function: Callable[[np.ndarray, int], Any], members: np.ndarray
) -> list[Any]:
    """`function` of members and block, for each block; results have a first axis `member`."""
    single = forward.has_own_derivatives or forward.engine.members_at_once == 1
    alone = forward.executor is not None and single
    parts = np.split(members, len(members)) if alone else [members]
    tasks = [(part, block) for block in range(len(forward.blocks)) for part in parts]
    results = forward.side_by_side(lambda task: function(*task), tasks)
    return [
        stack_trees(results[first : first + len(parts)], np.concatenate)
        for first in range(0, len(tasks), len(parts))
    ]


def finite_rows(costs: np.ndarray, gradients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """J and dJ/dx with NaN in the row of each member whose J is not finite."""
    finite = np.isfinite(costs)
    return np.where(finite, costs, np.nan), np.where(finite[:, None], gradients, np.nan)
