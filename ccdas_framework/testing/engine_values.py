"""Checks of an engine by small functions with closed forms of values and derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.errors import CcdasError
from ..core.interfaces import Engine
from ..engines.namespace import map_tree, tree_leaves
from .check import require, require_close
from .differentiable_function import DifferentiableFunction

DAYS, COLUMNS = 12, 3
TOLERANCE = 1e-6  # of a derivative whose closed form is known: what differences reach
# what models and operators may take from `xp`
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
        relative=TOLERANCE, absolute=TOLERANCE,
        parts={f"element {n}": e for n, e in enumerate(np.eye(9))},
    )  # fmt: skip


def namespace_is_complete(engine: Engine) -> None:
    """Every function that the documentation of `xp` names."""
    missing = [name for name in NAMES if not callable(getattr(engine.xp, name, None))]
    require(not missing, "missing-function", ", ".join(missing), f"xp lacks {', '.join(missing)}.")


def shapes_are_kept(engine: Engine) -> None:
    """Arrays of numpy, or what numpy takes, with the nesting of the function."""

    def function(v: Any) -> Any:
        return {"double": 2.0 * v["a"], "sum": engine.xp.sum(v["b"])}

    v = {"a": np.ones(3), "b": np.arange(4.0)}
    out = engine.compile(function)(v)
    require(
        set(out) == {"double", "sum"}, "wrong-nesting", "compile",
        f"compile changes the nesting: {out}.",
    )  # fmt: skip
    require(
        all(isinstance(leaf, np.ndarray | np.generic | float) for leaf in tree_leaves(dict(out))),
        "wrong-type", "compile", "the result of a compiled function is no array of numpy.",
    )  # fmt: skip
    value, pull = engine.pullback(function)(v)
    back = pull({"double": np.ones(3), "sum": np.array(2.0)})
    shapes = map_tree(np.shape, dict(back))
    require(
        shapes == {"a": (3,), "b": (4,)}, "wrong-shape", "pullback",
        f"pull gives shapes {shapes}, not those of v.",
    )  # fmt: skip
    require_close(
        value["double"], 2.0 * np.ones(3), rtol=1e-14, atol=0.0, code="wrong-value",
        where="pullback", what="values and 2 v",
    )  # fmt: skip
    require_close(
        back["a"], 2.0 * np.ones(3), rtol=TOLERANCE, atol=0.0, code="wrong-derivative",
        where="pullback", what="J^T w and 2",
    )  # fmt: skip
    constants = engine.hold({"a": np.arange(3.0)})
    require_close(
        constants["a"], np.arange(3.0), rtol=0.0, atol=0.0, code="wrong-value", where="hold",
        what="held constants and the constants",
    )  # fmt: skip


def is_double(engine: Engine) -> None:
    """1 + 1e-12 is more than 1."""
    values = np.asarray(engine.compile(lambda v: v + 1e-12)(np.ones(1)))
    require(
        values.dtype == np.float64, "single-precision", "compile",
        f"values are {values.dtype}; 64 bits are needed.",
    )  # fmt: skip
    require(
        values[0] != 1.0, "single-precision", "compile",
        "1 + 1e-12 is 1: it computes in single precision.",
    )  # fmt: skip


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
        require(
            np.ndim(value) == 0, "wrong-shape", "value_and_grad",
            f"value_and_grad of {name} gives shape {np.shape(value)}.",
        )  # fmt: skip
        require_close(
            gradient, expected, rtol=TOLERANCE, atol=TOLERANCE, code="wrong-derivative",
            where=name, what=f"the gradient of {name} and its closed form",
        )  # fmt: skip
    product = engine.hessian_vector(lambda x: xp.sum(x**3))(v, np.ones(3))
    require_close(
        product, 6.0 * v, rtol=1e-5, atol=1e-5, code="wrong-second-derivative",
        where="hessian_vector", what="the second derivative of x^3, 6 x",
    )  # fmt: skip


def many_tangents(engine: Engine) -> None:
    """A batch of seven and each by itself."""
    f = looped()
    push = engine.pushforward(f.of(engine.xp))
    tangents = np.random.default_rng(7).normal(size=(7, len(f.at)))
    _, together = push(f.at, tangents, f.constants)
    shape = np.shape(together)
    require(
        shape == (7, 12), "wrong-shape", "pushforward",
        f"pushed tangents have shape {shape}, not (7, 12).",
    )  # fmt: skip
    for number, t in enumerate(tangents):
        _, alone = push(f.at, t[None], f.constants)
        require_close(
            together[number], alone[0], rtol=1e-9, atol=1e-12, code="wrong-derivative",
            where="pushforward", what=f"tangent {number} of 7 and alone",
        )  # fmt: skip


def jacobian_agrees(engine: Engine) -> None:
    """J by `jacobian`, J t by `tangent_linear` and J^T w by `adjoint`."""
    f = looped()
    function, constants = f.of(engine.xp), f.constants
    jacobian = np.asarray(engine.jacobian(function)(f.at, constants))
    generator = np.random.default_rng(9)
    t, w = generator.normal(size=jacobian.shape[1]), generator.normal(size=jacobian.shape[0])
    tangent = engine.tangent_linear(function)(f.at, t, constants)
    adjoint = engine.adjoint(function)(f.at, w, constants)
    scale = float(np.abs(jacobian).max())
    for actual, expected, method, what in (
        (tangent, jacobian @ t, "tangent_linear", "J t by tangent_linear and by jacobian"),
        (adjoint, w @ jacobian, "adjoint", "J^T w by adjoint and by jacobian"),
    ):
        require_close(
            actual, expected, rtol=TOLERANCE, atol=TOLERANCE * scale, code="wrong-derivative",
            where=method, what=what,
        )  # fmt: skip


def constants_stay(engine: Engine) -> None:
    """Nested dicts, lists and numbers beside v; the gradient is with respect to v only."""
    xp = engine.xp

    def function(v: Any, first: Any, second: Any) -> Any:
        return xp.sum(v * first["a"][0] * second["n"]["m"])

    gradient = engine.value_and_grad(function)(
        np.ones(2), {"a": [np.array([2.0, 3.0])]}, {"n": {"m": 2.0}}
    )[1]
    require_close(
        gradient, np.array([4.0, 6.0]), rtol=TOLERANCE, atol=0.0, code="wrong-derivative",
        where="constants", what="the gradient and constants",
    )  # fmt: skip


def closures_are_no_trap(engine: Engine) -> None:
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
        return  # refused in a sentence
    require_close(
        gradient, np.array([24.0]), rtol=TOLERANCE, atol=0.0, code="closed-over-value",
        where="value_and_grad", what="the gradient by a closed-over value, and 24,",
    )  # fmt: skip


def blocks_add_up(engine: Engine) -> None:
    """A gradient of f(v, first half) + f(v, second half) is the sum of both gradients."""
    f = looped()
    function = f.of(engine.xp)
    total = engine.value_and_grad(lambda v, c: engine.xp.sum(function(v, c)))
    other = {**f.constants, "inflow": 2.0 * f.constants["inflow"]}
    both = engine.value_and_grad(
        lambda v, c, d: engine.xp.sum(function(v, c)) + engine.xp.sum(function(v, d))
    )(f.at, f.constants, other)[1]
    apart = np.asarray(total(f.at, f.constants)[1]) + np.asarray(total(f.at, other)[1])
    require_close(
        both, apart, rtol=TOLERANCE, atol=TOLERANCE, code="blocks-differ", where="value_and_grad",
        what="gradients of a sum, and summed",
    )  # fmt: skip


def nan_stays(engine: Engine) -> None:
    """A NaN in one element neither vanishes nor spreads."""
    xp, v = engine.xp, np.array([1.0, np.nan, 2.0])
    value, pull = engine.pullback(lambda x: x * x)(v)
    for values, what in ((value, "x^2"), (pull(np.ones(3)), "its derivative")):
        where = np.isnan(np.asarray(values))
        require(
            where.tolist() == [False, True, False], "moved-nan", what,
            f"with NaN in element 1 of 3, {what} is NaN at {np.flatnonzero(where).tolist()}.",
        )  # fmt: skip
    total = engine.compile(lambda x: xp.sum(x))(v)
    require(
        np.isnan(total), "lost-nan", "sum",
        f"the sum of values with a NaN is {total}; a NaN is never zero.",
    )  # fmt: skip
