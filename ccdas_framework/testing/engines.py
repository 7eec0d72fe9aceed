"""Checks of an engine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import numpy as np

from ..core.interfaces import Engine
from . import engine_members as members
from . import engine_values as values
from .check import Check, checks_of, require_close
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
    derivatives = cache(lambda: Derivatives(type(engine).__name__, values.looped(), engine))
    yield from checks_of(lambda: engine, (
        ("it is a frozen record of its settings", "loads", is_a_frozen_record),
        ("xp has what models and operators may use", "metadata", values.namespace_is_complete),
        ("numpy goes in and numpy comes out, of the shapes of the function", "units and dims",
         values.shapes_agree),
        ("it computes in double precision", "values", values.is_double),
        ("closed forms of derivatives are met", "derivatives", values.closed_forms),
        ("many tangents give the same as one at a time", "derivatives", values.many_tangents),
        ("members of an ensemble give the same as each alone", "values", members.members_agree),
        ("a member depends on no other member", "values", members.members_are_independent),
        ("Jacobian, tangent and adjoint are one", "derivatives", values.jacobian_agrees),
        ("constants may be nested and are not differentiated", "derivatives",
         values.constants_stay),
        ("a value that a step reached by closure keeps its derivative or is refused", "derivatives",
         values.closures_are_safe),
        ("derivatives of a sum of blocks are the sum of theirs", "blocks add up",
         values.blocks_add_up),
        ("NaN stays where it is", "missing values", values.nan_stays),
    ))  # fmt: skip
    yield from checks_of(derivatives, (
        ("values are those of numpy", "both engines", values_are_those_of_numpy),
        *((text, "derivatives", OF_ENGINES.get(text, run)) for text, run in DERIVATIVES),
    ))  # fmt: skip
    for other in engines:
        yield Check(
            f"cost and gradient are those of {other}", "both engines",
            partial(problems_agree, engine, other), other,
        )  # fmt: skip


def _hessian(derivatives: Derivatives) -> None:
    """H e_i of all i is a symmetric matrix, and `hessian_vectors` gives the same."""
    f, engine = derivatives.function, derivatives.engine
    xp, directions, code = engine.xp, list(np.eye(len(f.at))), "wrong-second-derivative"

    def total(v: Any, constants: Any) -> Any:
        return 0.5 * xp.sum(f.of(xp)(v, constants) ** 2)

    product = engine.hessian_vector(total)
    rows = np.stack([np.asarray(product(f.at, e, f.constants)) for e in directions])
    scale = float(np.abs(rows).max())
    text, where = "the Hessian and its transpose", "hessian_vector"
    require_close(rows, rows.T, "asymmetric-hessian", where, text, 1e-5, 1e-6 * scale)
    together = np.stack(engine.hessian_vectors(total)(f.at, directions, f.constants))
    text, where = "hessian_vectors and hessian_vector", "hessian_vectors"
    require_close(together, rows, code, where, text, 1e-8, 1e-10 * scale)
    gradient, h = engine.value_and_grad(total), 1e-4
    ahead, behind = (
        np.asarray(gradient(f.at + step * directions[1], f.constants)[1]) for step in (h, -h)
    )
    text, where = "H e and the difference of gradients along e", "hessian_vector"
    difference = (ahead - behind) / (2 * h)
    require_close(rows[1], difference, code, where, text, 1e-4, 1e-5 * scale)


OF_ENGINES: dict[str, ByEngine] = {  # as near as differences are
    "dot products of tangent and adjoint agree": partial(
        dot_products_agree, rtol=TOLERANCE, atol=TOLERANCE
    ),
    "Hessian is symmetric": _hessian,
}


def problems_agree(engine: Engine, other: str) -> None:
    """J to 1e-10 and its gradient to 1e-6 on a small problem."""
    x, code = np.array([0.3, -0.2, 0.5, 0.1]), "engines-differ"
    (cost, gradient), (expected, expected_gradient) = (
        small_problem(each, "curved").value_and_gradient(x)
        for each in (engine, engine_named(other))
    )
    require_close(cost, expected, code, "cost", f"the cost and that by {other}", 1e-10)
    tolerance = TOLERANCE * float(np.abs(expected_gradient).max())
    text = f"the gradient and that by {other}"
    require_close(gradient, expected_gradient, code, "gradient", text, TOLERANCE, tolerance)
