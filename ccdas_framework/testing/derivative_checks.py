"""Derivatives against differences, by Taylor remainder and by dot product, on any engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np

from ..core.trees import map_tree, tree_leaves
from ..engines.differences import DifferencesEngine
from .check import Check, CheckFailure, checks_of, require, require_close, require_finite
from .derivatives import Derivatives, dot, engine_named, factor_findings
from .differentiable_function import DifferentiableFunction
from .smoothness import (
    derivatives_do_not_jump,
    no_value_steers_python,
    nothing_comes_by_closure,
    stays_finite,
)

DIFFERENCE_STEPS = (1e-3, 1e-4, 1e-5)  # the best one counts: truncation against rounding
TAYLOR_STEPS = (1e-1, 1e-2, 1e-3)
ROUNDING = 1e-12  # of the values; a smaller remainder is rounding
HESSIAN_STEP = 1e-4


def tangents_agree(derivatives: Derivatives) -> None:
    """J t along one direction."""
    _, tangent = derivatives.pushed
    require_finite(tangent, f"derivative by {derivatives.name}")
    t = derivatives.function.direction(1)
    _require_nearest(derivatives, tangent, t, lambda d: d, "tangent")


def adjoints_agree(derivatives: Derivatives) -> None:
    """w J t by the adjoint along two directions."""
    for leaf in tree_leaves(derivatives.adjoint):
        require_finite(leaf, f"adjoint derivative by {derivatives.name}")
    for seed in (2, 3):
        t = derivatives.function.direction(seed)
        product = np.array([dot(derivatives.adjoint, t)])
        _require_nearest(
            derivatives, product, t, lambda d: np.array([derivatives.weights @ d]), "adjoint"
        )


def _require_nearest(
    derivatives: Derivatives,
    actual: np.ndarray,
    t: Any,
    project: Callable[[np.ndarray], np.ndarray],
    mode: str,
) -> None:
    """Raise unless differences of one of the steps are near."""
    f, failures = derivatives.function, []
    usual = 0.0  # root mean square of one number over all directions
    if len(actual) == 1:
        changes = zip(tree_leaves(derivatives.adjoint), tree_leaves(f.change), strict=True)
        usual = float(np.sqrt(sum(np.sum((g * size) ** 2) for g, size in changes)))
    for step in DIFFERENCE_STEPS:
        expected = project(f.difference(t, step))
        scale = max(float(np.abs(expected).max(initial=0.0)), usual)
        try:
            text = f"the {mode} by {derivatives.name} and central differences of step {step:g}"
            code, tolerance = f"wrong-{mode}", (f.relative, f.absolute * scale)
            require_close(actual, expected, code, derivatives.name, text, *tolerance)
            return
        except CheckFailure as failure:
            failures.append(failure)
    middle, factors = failures[1], factor_findings(derivatives, mode, t)
    text = " ".join(finding.message for finding in factors)
    raise CheckFailure(middle.code, middle.where, f"{middle}\n{text}", (*middle.findings, *factors))


def taylor_slope_is_two(derivatives: Derivatives) -> None:
    """|f(v + h t) - f(v) - h J t| falls with h squared, or to rounding."""
    f, (_, tangent) = derivatives.function, derivatives.pushed
    t, value = f.direction(1), f.plain(f.at)
    remainders = []
    for h in TAYLOR_STEPS:
        ahead = f.plain(map_tree(lambda a, b, h=h: a + h * b, f.at, t))
        remainders.append(float(np.linalg.norm(ahead - value - h * tangent)))
    floor = ROUNDING * float(np.linalg.norm(value))
    above = [n for n in range(len(remainders)) if remainders[n] > floor]
    # third-order terms bend the first decade
    tolerance = 0.1 if above == [0, 1, 2] else 0.2
    if len(above) < 2:
        return  # linear but for rounding
    before, last = above[-2:]
    slope = np.log(remainders[before] / remainders[last]) / np.log(
        TAYLOR_STEPS[before] / TAYLOR_STEPS[last]
    )
    require(
        abs(slope - 2.0) <= tolerance, "taylor-slope", derivatives.name,
        f"the Taylor remainder by {derivatives.name} is "
        f"{', '.join(f'{r:.3g}' for r in remainders)} at "
        f"steps {', '.join(f'{h:g}' for h in TAYLOR_STEPS)}: it falls with power {slope:.3f} "
        "of the step, and a right derivative gives 2.",
    )  # fmt: skip


def dot_products_agree(derivatives: Derivatives, rtol: float = 1e-8, atol: float = 1e-12) -> None:
    """<w, J t> = <J^T w, t>."""
    _, tangent = derivatives.pushed
    by_adjoint = dot(derivatives.adjoint, derivatives.function.direction(1))
    by_tangent = float(derivatives.weights @ tangent)
    ratio = f" (the first is {by_adjoint / by_tangent:.4g} times the second)" if by_tangent else ""
    code, text = "dot-products-differ", f"<J^T w, t> and <w, J t> by {derivatives.name}{ratio}"
    require_close(by_adjoint, by_tangent, code, derivatives.name, text, rtol, atol)


def hessian_is_symmetric(derivatives: Derivatives) -> None:
    """<s, H t> = <t, H s>, and H t is the difference of gradients along t."""
    f, xp, name = derivatives.function, derivatives.engine.xp, derivatives.name
    size = np.abs(f.plain(f.at)) + 1.0

    def half_square(v: Any, constants: Any) -> Any:
        scaled = f.of(xp)(v, constants) / size
        return 0.5 * xp.sum(scaled * scaled)

    product = derivatives.engine.hessian_vector(half_square)
    gradient = derivatives.engine.value_and_grad(half_square)
    s, t = f.direction(1), f.direction(2)
    h_s, h_t = (map_tree(np.asarray, product(f.at, d, f.constants)) for d in (s, t))
    for leaf in tree_leaves(h_t):
        require_finite(leaf, f"second derivative by {name}")
    usual = float(np.sqrt(abs(dot(s, h_s)) * abs(dot(t, h_t))))
    code, text = "asymmetric-hessian", f"<s, H t> and <t, H s> by {name}"
    require_close(dot(s, h_t), dot(t, h_s), code, name, text, 1e-8, 1e-8 * usual)
    ends = [
        gradient(map_tree(lambda a, b, h=h: a + h * b, f.at, t), f.constants)[1]
        for h in (HESSIAN_STEP, -HESSIAN_STEP)
    ]
    expected = (dot(ends[0], s) - dot(ends[1], s)) / (2.0 * HESSIAN_STEP)
    text = f"<s, H t> by {name} and the difference of gradients along t"
    code, tolerance = "wrong-second-derivative", (1e-4, 1e-5 * usual + 1e-9)
    require_close(dot(s, h_t), expected, code, name, text, *tolerance)


def values_are_those_of_numpy(derivatives: Derivatives) -> None:
    """The engine changes no value."""
    expected = derivatives.function.plain(derivatives.function.at)
    scale = float(np.abs(expected).max(initial=0.0))
    code, text = "values-differ", f"values by {derivatives.name} and by numpy"
    for value in (derivatives.pushed[0], derivatives.pulled[0]):
        require_close(value, expected, code, derivatives.name, text, 1e-9, 1e-12 * scale)


def engines_agree(first: Derivatives, second: Derivatives) -> None:
    """Tangent and adjoint of two engines are the same but for rounding."""
    pairs = [("tangents", first.pushed[1], second.pushed[1])]
    both = zip(tree_leaves(first.adjoint), tree_leaves(second.adjoint), strict=True)
    pairs += [(f"adjoints (leaf {n})", a, b) for n, (a, b) in enumerate(both)]
    for label, a, b in pairs:
        text = f"{label} by {first.name} and {second.name}"
        scale = float(np.abs(b).max(initial=0.0))
        require_close(a, b, "engines-differ", label, text, 1e-8, 1e-8 * scale)


ByEngine = Callable[[Derivatives], None]
DERIVATIVES: tuple[tuple[str, ByEngine], ...] = (
    ("tangents agree with central differences", tangents_agree),
    ("adjoints agree with central differences", adjoints_agree),
    ("Taylor remainder falls with the square of the step", taylor_slope_is_two),
    ("dot products of tangent and adjoint agree", dot_products_agree),
    ("Hessian is symmetric", hessian_is_symmetric),
)


def derivative_checks(
    function: Callable[[], DifferentiableFunction], engines: tuple[str, ...]
) -> Iterator[Check]:
    """The checks of a function by itself, on each engine, and of each engine with the first."""

    @cache
    def derivatives(name: str) -> Derivatives:
        return Derivatives(name, function(), engine_named(name))

    rows = [
        ("no Python branch looks at a differentiated value", "derivatives", no_value_steers_python),
        ("nothing differentiated reaches a scan step by closure", "derivatives",
         nothing_comes_by_closure),
        ("derivatives do not jump", "derivatives", derivatives_do_not_jump),
    ]  # fmt: skip
    yield from checks_of(function, rows)
    if "autograd" in engines:
        rows = [("values and derivatives stay finite", "derivatives", stays_finite)]
        yield from checks_of(function, rows, "autograd")
    if "differences" in engines:
        by_differences = cache(lambda: Derivatives("differences", function(), DifferencesEngine()))
        text = "Taylor remainder falls with the square of the step (differences)"
        yield from checks_of(by_differences, [(text, "derivatives", taylor_slope_is_two)])
    engines = tuple(name for name in engines if name != "differences")
    for name in engines:
        yield from checks_of(partial(derivatives, name), (
            *((f"{text} ({name})", "derivatives", by_engine) for text, by_engine in DERIVATIVES),
            (f"values are those of numpy ({name})", "both engines", values_are_those_of_numpy),
        ), name)  # fmt: skip
    for name in engines[1:]:
        text = f"engines agree ({engines[0]} and {name})"
        yield from checks_of(partial(derivatives, name), [
            (text, "both engines", lambda by: engines_agree(derivatives(engines[0]), by)),
        ], name)  # fmt: skip
