"""Derivatives of a model that no engine traces: by differences of runs, or of its own methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, cached_property, partial
from typing import Any
from unittest import SkipTest

import numpy as np

from ..engines.differences import DifferencesEngine
from ..problem.own_derivatives import (
    ColumnParameters,
    OwnDerivatives,
    has_adjoint,
    has_own_derivatives,
    has_tangent,
)
from .check import Check, CheckFailure, checks_of, require, require_close
from .derivative_checks import (
    adjoints_agree,
    dot_products_agree,
    tangents_agree,
    taylor_slope_is_two,
)
from .derivatives import Derivatives
from .differentiable_components import field_weights, model_function
from .differentiable_function import DifferentiableFunction
from .prepared_components import MODEL, XP, PreparedModel
from .smoothness import FINITE_POINTS, LINES, derivatives_do_not_jump

COARSE, FINE = 1e-3, 1e-4  # steps of differences; the second is that of the engine
NOISE = 1e-4  # of the largest derivative: differences of noisy values are farther apart
TRACING = (
    "no Python branch looks at a differentiated value",
    "nothing differentiated reaches a scan step by closure",
)


def untraced_checks(
    trial: Callable[[], PreparedModel], model: Any, engines: tuple[str, ...]
) -> Iterator[Check]:
    """The checks in place of those of an engine, and skipped ones with the reason."""
    own = has_own_derivatives(model)
    reason = "the model brings its own derivatives" if own else "the model is not differentiable"

    def skipped() -> None:
        raise SkipTest(f"{reason}, so no engine traces it")

    for name in TRACING:
        yield Check(name, "derivatives", skipped)
    for engine in engines:
        if engine != "differences":
            yield Check(f"derivatives of an engine ({engine})", "derivatives", skipped)
    function = cache(lambda: model_function(trial()))
    yield from checks_of(function, [
        ("derivatives do not jump", "derivatives", derivatives_do_not_jump),
        ("values stay finite", "derivatives", values_stay_finite),
        ("differences of two steps agree", "derivatives", steps_agree),
    ])  # fmt: skip
    if own:
        yield from _own_checks(trial, model)
    else:
        by = cache(lambda: Derivatives("differences", function(), DifferencesEngine()))
        text = "Taylor remainder falls with the square of the step (differences)"
        yield from checks_of(by, [(text, "derivatives", taylor_slope_is_two)])


def values_stay_finite(function: DifferentiableFunction) -> None:
    """All fields are finite along random lines of the parameters."""
    for number, line in enumerate(map(function.line, LINES), 1):
        for s in line.points(FINITE_POINTS):
            bad = int((~np.isfinite(line.values(s))).sum())
            message = f"{bad} values are not finite at {s:+.2f} of line {number} of parameters."
            require(not bad, "value-not-finite", f"{s:+.2f} of line {number}", message)


def steps_agree(function: DifferentiableFunction) -> None:
    """Central differences of two steps are alike, so that no rounding of the model spoils them."""
    directions = {"all": function.direction(1), **function.parts}
    by_step = {
        name: [function.difference(t, step) for step in (COARSE, FINE)]
        for name, t in directions.items()
    }
    largest = max(float(np.abs(fine).max(initial=0.0)) for _, fine in by_step.values())
    for name, (coarse, fine) in by_step.items():
        text = f"differences of step {COARSE:g} and {FINE:g} for {name}"
        try:
            require_close(fine, coarse, "noisy-differences", name, text, NOISE, NOISE * largest)
        except CheckFailure as failure:
            advice = (
                "Compute in 64 bits, solve iterations to rounding, and use no random numbers; or "
                "choose a larger `step` of the engine."
            )
            raise CheckFailure(failure.code, failure.where, f"{failure}\n{advice}") from None


# -- a model's own tangent and adjoint -------------------------------------------------------------


class OwnModelDerivatives(Derivatives):
    """Values, tangents and adjoints of a combination of all fields by `push` and `pull`.

    The combination is one number. Where the model has one of the two methods, the other follows.
    """

    def __init__(self, trial: PreparedModel) -> None:
        super().__init__("push and pull", model_function(trial), DifferencesEngine())
        self.trial, self.field_weights = trial, field_weights(trial)
        grid, days = trial.forcing.domain.grid, trial.forcing.domain.days
        index = trial.control.index(grid.column_class)
        self.columns = ColumnParameters(trial.control, trial.x, index, MODEL, grid.columns)
        self.own = OwnDerivatives(
            trial.model, MODEL, (days, grid.columns), self.columns.optimised
        )  # fmt: skip

    def run(self, parameters: Any, drivers: Any) -> dict[str, Any]:
        """Fields by `run`."""
        return dict(self.trial.model.run(parameters, drivers, XP))

    def push(self, directions: np.ndarray) -> tuple[Any, Any]:
        """Fields and their tangents along directions of x, shape (direction, control)."""
        perturbations = self.columns.perturbations(directions)
        return self.own.push(self.columns.values, perturbations, self.trial.drivers)

    def combined(self, fields: Any) -> np.ndarray:
        """The combination of fields, (..., time, column), shape (..., 1)."""
        parts = [np.sum(w * fields[n], axis=(-2, -1)) for n, w in self.field_weights.items()]
        return np.asarray(sum(parts))[..., None]

    def tangent(self, t: Any) -> tuple[np.ndarray, np.ndarray]:
        if not has_tangent(self.trial.model):
            return self.pulled[0], np.array([self.pulled[1](np.ones(1)) @ t])
        fields, tangents = self.push(np.asarray(t)[None])
        return self.combined(fields), self.combined(tangents)[0]

    @cached_property
    def pulled(self) -> tuple[np.ndarray, Any]:
        if not has_adjoint(self.trial.model):
            fields, tangents = self.push(np.eye(len(self.trial.x)))
            gradient = self.combined(tangents)[:, 0]
            return self.combined(fields), lambda w: w[0] * gradient
        values, drivers = self.columns.values, self.trial.drivers
        fields, pull = self.own.pullback(values, drivers, self.run)

        def gradient_of(w: Any) -> np.ndarray:
            cotangents = {name: w[0] * weight for name, weight in self.field_weights.items()}
            return self.columns.gradient(pull(cotangents))

        return self.combined(fields), gradient_of


def _own_checks(trial: Callable[[], PreparedModel], model: Any) -> Iterator[Check]:
    """Checks of `push`, `pull` and `record`, those that the model has."""
    by = cache(lambda: OwnModelDerivatives(trial()))
    rows: list[tuple[str, Callable[[Any], None]]] = [
        ("push and pull give the fields of run", fields_are_those_of_run),
        ("push and pull change neither parameters nor drivers", own_derivatives_change_nothing),
        ("Taylor remainder falls with the square of the step (push and pull)", taylor_slope_is_two),
    ]
    if has_tangent(model):
        rows += [
            ("tangents agree with central differences (push)", tangents_agree),
            ("many perturbations give the same as one at a time", directions_are_independent),
        ]
    if has_adjoint(model):
        rows.append(("adjoints agree with central differences (pull)", adjoints_agree))
    if has_tangent(model) and has_adjoint(model):
        text = "dot products of tangent and adjoint agree (push and pull)"
        rows.append((text, partial(dot_products_agree)))
    yield from checks_of(by, [(name, "derivatives", check) for name, check in rows])


def _all_fields(by: OwnModelDerivatives) -> dict[str, Any]:
    """Fields of each method that returns them, by its name."""
    model, values, drivers = by.trial.model, by.columns.values, by.trial.drivers
    out = {}
    if has_tangent(model):
        out["push"] = by.push(np.eye(len(by.trial.x)))[0]
    if has_adjoint(model):
        out["record"] = by.own.pullback(values, drivers, by.run)[0]
    return out


def fields_are_those_of_run(by: OwnModelDerivatives) -> None:
    """Fields of `push` and of `record` are those of `run`, but for rounding."""
    expected = by.run(by.columns.values, by.trial.drivers)
    for method, fields in _all_fields(by).items():
        for name, values in expected.items():
            text, atol = f"'{name}' of {method} and of run", 1e-13 * float(np.abs(values).max())
            require_close(fields[name], values, "fields-differ", f"field '{name}'", text, 1e-12,
                          atol)  # fmt: skip


def own_derivatives_change_nothing(by: OwnModelDerivatives) -> None:
    """A second call gives the same, and drivers are as they were."""
    t, before = by.function.direction(1), by.run(by.columns.values, by.trial.drivers)
    results = [(by.tangent(t)[1], by.pulled[1](np.ones(1))) for _ in range(2)]
    same = all(np.array_equal(a, b) for a, b in zip(*results, strict=True))
    require(same, "not-repeatable", "push and pull", "a second call gives another result.")
    after = by.run(by.columns.values, by.trial.drivers)
    same = all(np.array_equal(values, after[name]) for name, values in before.items())
    message = "push or pull wrote into the drivers: the fields of a run changed."
    require(same, "input-changed", "drivers", message)


def directions_are_independent(by: OwnModelDerivatives) -> None:
    """Tangents of several perturbations are those of each by itself."""
    directions = np.stack([by.function.direction(seed) for seed in (1, 2, 3)])
    together = by.push(directions)[1]
    for number, direction in enumerate(directions):
        for name, alone in by.push(direction[None])[1].items():
            text = f"tangent of '{name}' along one of three directions and along it alone"
            atol = 1e-12 * float(np.abs(alone).max(initial=0.0))
            require_close(together[name][number], alone[0], "tangents-differ",
                          f"field '{name}'", text, 1e-12, atol)  # fmt: skip
