"""Log density of x for samplers: -J(x), and -inf where x is outside the bounds or J not finite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.cost_problem import CostProblem
from ..core.errors import CcdasError
from ..core.trees import stack_trees, tree_leaves
from .control_numbers import control_numbers
from .cost import CostFunctions
from .forward_model import ForwardModel

Array = Any
Contributions = Callable[[Array], dict[str, Array]]  # x -> summed contributions by stream


def log_density(problem: CostProblem, x: np.ndarray) -> float:
    """-J(x); -inf where x is outside the bounds, without a run, or J is not finite.

    Raises:
        InvalidInput: an element of x is NaN.
    """
    x = control_numbers(x, problem, infinite=True)
    if problem.control.outside(x):
        return -np.inf
    return _log_density(problem.cost(x))


def log_density_and_gradient(
    problem: CostProblem,
    x: np.ndarray,
    value_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]],
) -> tuple[float, np.ndarray]:
    """`log_density` and its gradient, shape (control,); zeros where the density is zero.

    Args:
        problem: cost and control.
        x: shape (control,).
        value_and_gradient: J and dJ/dx from x.

    Raises:
        InvalidInput: an element of x is NaN.
    """
    x = control_numbers(x, problem, infinite=True)
    if problem.control.outside(x):
        return -np.inf, np.zeros(len(x))
    cost, gradient = value_and_gradient(x)
    if not np.isfinite(cost):
        return -np.inf, np.zeros(len(x))
    return _log_density(cost), -np.asarray(gradient)


def _log_density(cost: float) -> float:
    return -float(cost) if np.isfinite(cost) else -np.inf


def traced_log_density(forward: ForwardModel, cost: CostFunctions) -> Callable[[Array], Array]:
    """log density as a function of x that JAX can trace, compile, differentiate and vectorise.

    The gradient is zero outside the bounds, and NaN where the model gives NaN. Blocks are run one
    after another, and a gradient keeps the intermediate values of one block at a time.

    Raises:
        CcdasError: the engine is not JAX, or does not evaluate the model.
    """
    engine, control = forward.engine, forward.control
    if not engine.traceable:
        raise CcdasError(
            "the log density can be traced on the engine 'jax' only; this problem has "
            f"{type(engine).__name__}. Use --engine jax, or a method that calls the model.",
            code="not-traceable",
            where="engine",
        )
    if forward.has_own_derivatives:
        raise CcdasError(
            f"model '{forward.model_functions.model_name}' brings its own derivatives, so the log "
            "density cannot be traced. Use a method that calls the model.",
            code="not-traceable",
            where=f"model '{forward.model_functions.model_name}'",
        )
    xp = engine.xp
    contributions = _traced_contributions(forward)

    def density(x: Array) -> Array:
        inside = xp.all(control.within(x, xp))
        x = xp.where(inside, x, 0.0)  # the prior mean, so that no value outside is differentiated
        value = cost.cost({"x": x, **contributions(x)})
        return xp.where(inside & xp.isfinite(value), -value, -np.inf)

    return density


def _traced_contributions(forward: ForwardModel) -> Contributions:
    """Summed contributions of all blocks, in a loop over blocks of one shape."""
    functions, streams, xp = forward.functions, forward.streams, forward.engine.xp
    numbers = range(len(forward.blocks))
    arguments = [forward.arguments(b, streams) for b in numbers]
    shapes = {tuple(np.shape(leaf) for leaf in tree_leaves(each)) for each in arguments}
    if len(arguments) == 1 or len(shapes) > 1:
        return lambda x: forward.summed(
            [functions.block_values(x, *each) for each in arguments], streams
        )
    series = forward.engine.hold(stack_trees(arguments, np.stack))

    def step(carry: Any, block: Any, parameters: Any, xp: Any) -> Any:
        return carry, functions.block_values(parameters["x"], *block)

    def contributions(x: Array) -> dict[str, Array]:
        _, values = xp.scan(step, {}, series, {"x": x})
        parts = [{name: values[name][b] for name in streams} for b in numbers]
        return forward.summed(parts, streams)

    return contributions
