"""Checks of an engine: the members of an ensemble, which it evaluates together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.interfaces import Engine
from ..core.trees import tree_leaves
from .check import require, require_close
from .engine_values import looped

COUNTS = (1, 11, 35)  # one, a part of a batch, and more than one
ROUNDING = 1e-12  # relative: order of sums, and compilations for other shapes


def _members(count: int) -> np.ndarray:
    """Arguments of `looped` for each member, shape (member, 9)."""
    f = looped()
    draws = np.random.default_rng(11).normal(size=(count, len(f.at)))
    return np.asarray(f.at + f.change * draws)


def _functions(engine: Engine) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """`looped` of a nested argument with a nested result, and half of its square."""
    f, xp = looped().of(engine.xp), engine.xp

    def nested(v: Any, constants: Any) -> Any:
        values = f(v["v"], constants)
        return {"values": values, "sum": xp.sum(values)}

    return nested, lambda v, constants: 0.5 * xp.sum(f(v, constants) ** 2)


def members_agree(engine: Engine) -> None:
    """`batched` and `batched_value_and_grad` give what `compile` and `value_and_grad` give."""
    nested, scalar = _functions(engine)
    constants = looped().constants
    alone, together = engine.compile(nested), engine.batched(nested)
    gradient, gradients = engine.value_and_grad(scalar), engine.batched_value_and_grad(scalar)
    for count in COUNTS:
        members = _members(count)
        found = together({"v": members}, constants)
        shapes = {name: np.shape(values) for name, values in dict(found).items()}
        message = f"batched gives shapes {shapes} of {count} members with 12 values and a sum."
        right = shapes == {"values": (count, 12), "sum": (count,)}
        require(right, "wrong-shape", "batched", message)
        values, slopes = gradients(members, constants)
        message = f"values have shape {np.shape(values)}, gradients {np.shape(slopes)}."
        right = np.shape(values) == (count,) and np.shape(slopes) == members.shape
        require(right, "wrong-shape", "batched_value_and_grad", message)
        for number, v in enumerate(members):
            which = f"member {number} of {count} and alone"
            for name, expected in alone({"v": v}, constants).items():
                _require_member(found[name][number], expected, "batched", f"'{name}' of {which}")
            value, slope = gradient(v, constants)
            _require_member(values[number], value, "batched_value_and_grad", f"value of {which}")
            _require_member(
                slopes[number], slope, "batched_value_and_grad", f"gradient of {which}", 1e-9
            )


def _require_member(
    actual: Any, expected: Any, where: str, what: str, rtol: float = ROUNDING
) -> None:
    scale = float(np.abs(expected).max())
    require_close(actual, expected, "members-differ", where, what, rtol, rtol * scale)


def members_are_independent(engine: Engine) -> None:
    """Other members change a member by rounding at most, also if they are NaN; calls repeat."""
    nested, scalar = _functions(engine)
    constants, members = looped().constants, _members(11)
    others = members.copy()
    others[:5], others[5] = 1.1 * members[:5], np.nan
    for where, method, function in (
        ("batched", engine.batched, lambda v, c: nested({"v": v}, c)),
        ("batched_value_and_grad", engine.batched_value_and_grad, scalar),
    ):
        evaluate = method(function)
        first, second = (tree_leaves(evaluate(members, constants)) for _ in range(2))
        same = all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
        message = f"two calls of {where} with the same members give different bits."
        require(same, "not-repeatable", where, message)
        for before, after in zip(first, tree_leaves(evaluate(others, constants)), strict=True):
            message = f"with NaN in member 5, the result of {where} is not NaN in its row."
            require(bool(np.isnan(after[5]).all()), "lost-nan", where, message)
            text = "members beside others, and beside others with a NaN,"
            scale = ROUNDING * float(np.abs(before).max())
            require_close(after[6:], before[6:], "members-coupled", where, text, ROUNDING, scale)
