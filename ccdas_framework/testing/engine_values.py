"""Checks of an engine by small functions with closed forms of values and derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.errors import CcdasError
from ..core.interfaces import Engine
from ..core.trees import map_tree, tree_leaves
from .check import require, require_close
from .differentiable_function import DifferentiableFunction

DAYS, COLUMNS = 12, 3
TOLERANCE = 1e-6  # of a derivative with a closed form: the accuracy of differences
# functions of `xp` that models and operators may use
NAMES = (
    "exp", "log", "sqrt", "sin", "cos", "tanh", "arctan", "abs", "where", "maximum", "minimum",
    "clip", "sum", "mean", "cumsum", "matmul", "stack", "concatenate", "reshape", "moveaxis",
    "zeros", "ones", "zeros_like", "ones_like", "array", "scan", "erf", "segment_sum",
)  # fmt: skip


def looped() -> DifferentiableFunction:
    """A recursion over days of three columns, from nine numbers: sums, powers, branches, erf."""
    generator = np.random.default_rng(2)
    inflow = np.abs(generator.normal(size=(DAYS, COLUMNS))) + 0.1

    def of(xp: Any) -> Callable[..., Any]:
        def step(carry: Any, today: Any, parameters: Any, xp: Any) -> Any:
            lost = parameters["k"] * carry["store"] ** 1.1 * xp.exp(-parameters["a"])
            store = carry["store"] + parameters["a"] * today["inflow"] - lost
            store = store + 0.1 * xp.erf(carry["memory"])
            memory = 0.9 * carry["memory"] + 0.1 * xp.where(store > 1.0, xp.tanh(store), store)
            return {"store": store, "memory": memory}, {"flux": store * parameters["k"]}

        def function(v: Any, constants: Any) -> Any:
            parameters = {"a": v[0:3], "k": v[3:6]}
            start = {"store": xp.exp(v[6:9]), "memory": 0.1 * v[6:9]}
            last, out = xp.scan(step, start, {"inflow": constants["inflow"]}, parameters)
            months = xp.segment_sum(out["flux"] * v[0], constants["month"], 3)
            return xp.concatenate([xp.reshape(months, (-1,)), last["store"]])

        return function

    return DifferentiableFunction(
        of=of, at=np.array([0.5, 0.6, 0.7, 0.1, 0.2, 0.15, 1.1, 1.2, 1.3]),
        change=np.full(9, 0.1), constants={"inflow": inflow, "month": np.arange(DAYS) // 4},
        parts={f"element {n}": e for n, e in enumerate(np.eye(9))},
    )  # fmt: skip


def namespace_is_complete(engine: Engine) -> None:
    """Every function that the documentation of `xp` names."""
    missing = ", ".join(name for name in NAMES if not callable(getattr(engine.xp, name, None)))
    require(not missing, "missing-function", missing, f"xp lacks {missing}.")


def _require_derivative(
    actual: Any, expected: Any, where: str, what: str, scale: float = 1.0
) -> None:
    code = "wrong-derivative"
    require_close(actual, expected, code, where, what, TOLERANCE, TOLERANCE * scale)


def shapes_agree(engine: Engine) -> None:
    """Arrays of numpy, or values that numpy accepts, with the nesting of the function."""

    def function(v: Any) -> Any:
        return {"double": 2.0 * v["a"], "sum": engine.xp.sum(v["b"])}

    v = {"a": np.ones(3), "b": np.arange(4.0)}
    out = engine.compile(function)(v)
    message = f"compile changes the nesting: {out}."
    require(set(out) == {"double", "sum"}, "wrong-nesting", "compile", message)
    plain = all(isinstance(a, np.ndarray | np.generic | float) for a in tree_leaves(dict(out)))
    message = "the result of a compiled function is no array of numpy."
    require(plain, "wrong-type", "compile", message)
    value, pull = engine.pullback(function)(v)
    adjoint = pull({"double": np.ones(3), "sum": np.array(2.0)})
    shapes = map_tree(np.shape, dict(adjoint))
    message = f"pull gives shapes {shapes}, not those of v."
    require(shapes == {"a": (3,), "b": (4,)}, "wrong-shape", "pullback", message)
    twice, constants = 2.0 * np.ones(3), np.arange(3.0)
    require_close(value["double"], twice, "wrong-value", "pullback", "values and 2 v", 1e-14)
    require_close(adjoint["a"], twice, "wrong-derivative", "pullback", "J^T w and 2", TOLERANCE)
    held, text = engine.hold({"a": constants})["a"], "held constants and the constants"
    require_close(held, constants, "wrong-value", "hold", text)


def is_double(engine: Engine) -> None:
    """1 + 1e-12 is more than 1."""
    values = np.asarray(engine.compile(lambda v: v + 1e-12)(np.ones(1)))
    message = f"values are {values.dtype}, and 1 + 1e-12 is {values[0]!r}; 64 bits are needed."
    precise = values.dtype == np.float64 and values[0] != 1.0
    require(precise, "single-precision", "compile", message)


def closed_forms(engine: Engine) -> None:
    """d sin = cos, d erf = 2/sqrt(pi) exp(-x^2), d segment sums, d x^3 twice."""
    xp, v = engine.xp, np.array([0.3, -0.7, 1.1])
    for name, function, expected in (
        ("sin", xp.sin, np.cos(v)),
        ("erf", xp.erf, 2.0 / np.sqrt(np.pi) * np.exp(-(v**2))),
        ("cumsum", xp.cumsum, np.arange(3.0, 0.0, -1.0)),
        ("segment_sum", lambda x: xp.segment_sum(x, np.array([0, 1, 0]), 2)[0:1],
         np.array([1.0, 0.0, 1.0])),
        ("where", lambda x: xp.where(x > 0.0, x**2, 3.0 * x), np.array([0.6, 3.0, 2.2])),
    ):  # fmt: skip
        value, gradient = engine.value_and_grad(lambda x, f=function: xp.sum(f(x)))(v)
        message = f"value_and_grad of {name} gives shape {np.shape(value)}."
        require(np.ndim(value) == 0, "wrong-shape", "value_and_grad", message)
        _require_derivative(gradient, expected, name, f"the gradient of {name} and its closed form")
    product = engine.hessian_vector(lambda x: xp.sum(x**3))(v, np.ones(3))
    code, text = "wrong-second-derivative", "the second derivative of x^3, 6 x"
    require_close(product, 6.0 * v, code, "hessian_vector", text, 1e-5, 1e-5)


def many_tangents(engine: Engine) -> None:
    """A batch of seven and each by itself."""
    f = looped()
    push = engine.pushforward(f.of(engine.xp))
    tangents = np.random.default_rng(7).normal(size=(7, len(f.at)))
    _, together = push(f.at, tangents, f.constants)
    message = f"pushed tangents have shape {np.shape(together)}, not (7, 12)."
    require(np.shape(together) == (7, 12), "wrong-shape", "pushforward", message)
    for number, t in enumerate(tangents):
        alone, text = push(f.at, t[None], f.constants)[1][0], f"tangent {number} of 7 and alone"
        code = "wrong-derivative"
        require_close(together[number], alone, code, "pushforward", text, 1e-9, 1e-12)


def jacobian_agrees(engine: Engine) -> None:
    """J by `jacobian`, J t by `tangent_linear` and J^T w by `adjoint`."""
    f = looped()
    function, constants = f.of(engine.xp), f.constants
    jacobian = np.asarray(engine.jacobian(function)(f.at, constants))
    generator, scale = np.random.default_rng(9), float(np.abs(jacobian).max())
    t, w = generator.normal(size=jacobian.shape[1]), generator.normal(size=jacobian.shape[0])
    tangent = engine.tangent_linear(function)(f.at, t, constants)
    adjoint = engine.adjoint(function)(f.at, w, constants)
    text = "J t by tangent_linear and by jacobian"
    _require_derivative(tangent, jacobian @ t, "tangent_linear", text, scale)
    text = "J^T w by adjoint and by jacobian"
    _require_derivative(adjoint, w @ jacobian, "adjoint", text, scale)


def constants_stay(engine: Engine) -> None:
    """Nested dicts, lists and numbers beside v; the gradient is with respect to v only."""
    xp = engine.xp

    def function(v: Any, first: Any, second: Any) -> Any:
        return xp.sum(v * first["a"][0] * second["n"]["m"])

    constants = {"a": [np.array([2.0, 3.0])]}, {"n": {"m": 2.0}}
    gradient = engine.value_and_grad(function)(np.ones(2), *constants)[1]
    expected, text = np.array([4.0, 6.0]), "the gradient and constants"
    _require_derivative(gradient, expected, "constants", text, scale=0.0)


def closures_are_safe(engine: Engine) -> None:
    """A gradient of zero for a closed-over value would be wrong in silence."""
    xp = engine.xp

    def hidden(v: Any) -> Any:
        def step(carry: Any, today: Any, parameters: Any, xp: Any) -> Any:
            return {"s": carry["s"] * v[0]}, {}  # v reaches the step by closure

        last, _ = xp.scan(step, {"s": np.ones(2)}, {"t": np.ones(3)}, {})
        return xp.sum(last["s"])

    try:
        _, gradient = engine.value_and_grad(hidden)(np.array([2.0]))
    except CcdasError:
        return  # the engine refuses it with a message
    code, text = "closed-over-value", "the gradient by a closed-over value, and 24,"
    require_close(gradient, np.array([24.0]), code, "value_and_grad", text, TOLERANCE)


def blocks_add_up(engine: Engine) -> None:
    """A gradient of f(v, first half) + f(v, second half) is the sum of both gradients."""
    f, xp = looped(), engine.xp
    function, first = f.of(xp), f.constants
    second = {**first, "inflow": 2.0 * first["inflow"]}
    gradient = engine.value_and_grad(lambda v, c: xp.sum(function(v, c)))
    both = engine.value_and_grad(lambda v, c, d: xp.sum(function(v, c)) + xp.sum(function(v, d)))
    apart = sum(np.asarray(gradient(f.at, constants)[1]) for constants in (first, second))
    together, text = both(f.at, first, second)[1], "gradients of a sum, and summed"
    require_close(together, apart, "blocks-differ", "value_and_grad", text, TOLERANCE, TOLERANCE)


def nan_stays(engine: Engine) -> None:
    """A NaN in one element neither vanishes nor spreads."""
    xp, v = engine.xp, np.array([1.0, np.nan, 2.0])
    value, pull = engine.pullback(lambda x: x * x)(v)
    for values, what in ((value, "x^2"), (pull(np.ones(3)), "its derivative")):
        elements = np.flatnonzero(np.isnan(np.asarray(values))).tolist()
        message = f"with NaN in element 1 of 3, {what} is NaN at {elements}."
        require(elements == [1], "moved-nan", what, message)
    total = engine.compile(lambda x: xp.sum(x))(v)
    message = f"the sum of values with a NaN is {total}; a NaN is never zero."
    require(np.isnan(total), "lost-nan", "sum", message)
