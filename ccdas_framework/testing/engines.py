"""Checks of an engine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import numpy as np

from ..core.interfaces import Engine
from . import engine_values as values
from .check import Check, require_close
from .declaration_checks import is_a_frozen_record
from .derivative_checks import (
    DERIVATIVES,
    ByEngine,
    dot_products_agree,
    values_are_those_of_numpy,
)
from .derivatives import Derivatives, engine_named
from .engine_values import TOLERANCE
from .problems import small_problem


def engine_checks(engine: Engine, engines: tuple[str, ...]) -> Iterator[Check]:
    """All checks of an engine, by name."""
    name = type(engine).__name__
    derivatives = cache(lambda: Derivatives(name, values.looped(), engine))
    for text, stage, run in (
        ("it is a frozen record of its settings", "loads", is_a_frozen_record),
        ("xp has what models and operators may use", "metadata", values.namespace_is_complete),
        ("numpy goes in and numpy comes out, of the shapes of the function", "units and dims",
         values.shapes_are_kept),
        ("it computes in double precision", "values", values.is_double),
        ("closed forms of derivatives are met", "derivatives", values.closed_forms),
        ("many tangents give the same as one at a time", "derivatives", values.many_tangents),
        ("Jacobian, tangent and adjoint are one", "derivatives", values.jacobian_agrees),
        ("constants may be nested and are not differentiated", "derivatives",
         values.constants_stay),
        ("a value that a step reached by closure keeps its derivative or is refused", "derivatives",
         values.closures_are_no_trap),
        ("derivatives of a sum of blocks are the sum of theirs", "blocks add up",
         values.blocks_add_up),
        ("NaN stays where it is", "missing values", values.nan_stays),
    ):  # fmt: skip
        yield Check(text, stage, lambda r=run: r(engine))  # type: ignore[misc]
    yield Check(
        "values are those of numpy",
        "both engines",
        lambda: values_are_those_of_numpy(derivatives()),
    )
    for text, by_engine in DERIVATIVES:
        run_: ByEngine = OF_ENGINES.get(text, by_engine)
        yield Check(text, "derivatives", lambda r=run_: r(derivatives()))  # type: ignore[misc]
    for other in engines:
        yield Check(
            f"cost and gradient are those of {other}", "both engines",
            lambda o=other: problems_agree(engine, o), other,  # type: ignore[misc]
        )  # fmt: skip


def _hessian(derivatives: Derivatives) -> None:
    """H e_i of all i is a symmetric matrix, and `hessian_vectors` gives the same."""
    f, engine = derivatives.function, derivatives.engine
    xp, count = engine.xp, len(f.at)

    def total(v: Any, constants: Any) -> Any:
        return 0.5 * xp.sum(f.of(xp)(v, constants) ** 2)

    directions = list(np.eye(count))
    product = engine.hessian_vector(total)
    rows = np.stack([np.asarray(product(f.at, e, f.constants)) for e in directions])
    scale = float(np.abs(rows).max())
    require_close(
        rows, rows.T, rtol=1e-5, atol=1e-6 * scale, code="asymmetric-hessian",
        where="hessian_vector", what="the Hessian and its transpose",
    )  # fmt: skip
    together = np.stack(engine.hessian_vectors(total)(f.at, directions, f.constants))
    require_close(
        together, rows, rtol=1e-8, atol=1e-10 * scale, code="wrong-second-derivative",
        where="hessian_vectors", what="hessian_vectors and hessian_vector",
    )  # fmt: skip
    gradient = engine.value_and_grad(total)
    h = 1e-4
    ahead, behind = (
        np.asarray(gradient(f.at + step * directions[1], f.constants)[1]) for step in (h, -h)
    )
    require_close(
        rows[1], (ahead - behind) / (2 * h), rtol=1e-4, atol=1e-5 * scale,
        code="wrong-second-derivative", where="hessian_vector",
        what="H e and the difference of gradients along e",
    )  # fmt: skip


OF_ENGINES: dict[str, ByEngine] = {  # as near as differences are
    "dot products of tangent and adjoint agree": partial(
        dot_products_agree, rtol=TOLERANCE, atol=TOLERANCE
    ),
    "Hessian is symmetric": _hessian,
}


def problems_agree(engine: Engine, other: str) -> None:
    """J to 1e-10 and its gradient to 1e-6 on a small problem."""
    first, second = (small_problem(e, "curved") for e in (engine, engine_named(other)))
    x = np.array([0.3, -0.2, 0.5, 0.1])
    (cost, gradient), (expected, expected_gradient) = (
        problem.value_and_gradient(x) for problem in (first, second)
    )
    require_close(
        cost, expected, rtol=1e-10, atol=0.0, code="engines-differ", where="cost",
        what=f"the cost and that by {other}",
    )  # fmt: skip
    scale = float(np.abs(expected_gradient).max())
    require_close(
        gradient, expected_gradient, rtol=TOLERANCE, atol=TOLERANCE * scale, code="engines-differ",
        where="gradient", what=f"the gradient and that by {other}",
    )  # fmt: skip
