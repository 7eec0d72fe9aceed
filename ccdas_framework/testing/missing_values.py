"""Checks of an operator with missing values, errors and fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from ..core.interfaces import ObservationOperator
from ..engines.namespace import numpy_namespace, tree_leaves
from .check import CheckFailure, require, require_close, require_finite
from .prepared_operator import PreparedOperator, prepare_operator
from .test_case import Case, optional_fields_of

XP = numpy_namespace()
DESIGN = "A design, or a map, asks for places without data."


def unknown_values(operator: ObservationOperator, case: Case) -> None:
    """NaN for some values, and for all of them: every place is kept, and simulated as ever."""
    observations = case.observations
    require(
        observations is not None, "no-observations", "case",
        "the case has no observations; an operator is tried on some.",
    )  # fmt: skip
    assert observations is not None
    whole = prepare_operator(operator, case)
    some = np.where(np.arange(len(observations)) % 3 == 0, np.nan, observations.values)
    for text, values in (("some", some), ("all", np.full(len(observations), np.nan))):
        trial = _prepared(
            operator, evolve(case, observations=observations.with_values(values)), text
        )
        lost = sorted(set(whole.index.tolist()) - set(trial.index.tolist()))
        require(
            not lost, "observations-dropped", "prepare",
            f"with {text} values NaN, prepare leaves out observations {lost} "
            f"(dropped: {dict(trial.parts[0].dropped)}). {DESIGN}",
        )  # fmt: skip
        for name, array in trial.parts[0].at.items():
            require_finite(array, f"at['{name}'] with {text} values NaN")
        by_index = dict(zip(trial.index.tolist(), _simulated(trial), strict=True))
        require_close(
            [by_index[n] for n in whole.index.tolist()], _simulated(whole), rtol=1e-12, atol=1e-15,
            code="values-differ", where="simulated values",
            what=f"simulated values with {text} observed values NaN, and with all,",
        )  # fmt: skip


def unknown_errors(operator: ObservationOperator, case: Case) -> None:
    """NaN for all errors: a positive number or NaN comes back, and every place is kept."""
    observations = case.observations
    require(
        observations is not None, "no-observations", "case",
        "the case has no observations; an operator is tried on some.",
    )  # fmt: skip
    assert observations is not None
    nothing = np.full(len(observations), np.nan)
    for text, incomplete in (
        ("errors", evolve(observations, sd=nothing)),
        ("values and errors", evolve(observations, sd=nothing, values=nothing)),
    ):
        (part,) = _prepared(operator, evolve(case, observations=incomplete), text).parts
        sd = np.asarray(part.covariance.sd)
        wrong = ~np.isnan(sd) & ~((sd > 0.0) & np.isfinite(sd))
        require(
            not wrong.any() and len(sd) == len(part.values), "wrong-error", "covariance.sd",
            f"with {text} NaN, {int(wrong.sum())} of {len(sd)} errors of the stream are neither "
            "positive nor NaN; give them a rule, or leave them NaN, which the framework refuses.",
        )  # fmt: skip


def optional_fields(operator: ObservationOperator, case: Case) -> None:
    """It works with and without the fields that it calls optional."""
    names = {v.name for v in (*operator.requires, *operator.requires_once) if v.optional}
    less = {name: values for name, values in case.fields.items() if name not in names}
    more = optional_fields_of(operator, case)
    for text, fields in (("without", less), ("with", more)):
        trial = _prepared(operator, evolve(case, fields=fields), f"{text} its optional fields")
        require_finite(_simulated(trial), f"simulated values {text} its optional fields")
        parameters = trial.parameters(trial.point(), 0, XP)
        derived: Mapping[str, Any] = operator.derive(
            trial.fields[0], parameters, trial.inputs[0], XP
        )
        for leaf in tree_leaves(dict(derived)):
            require_finite(leaf, f"derived fields {text} its optional fields")


def _prepared(operator: ObservationOperator, case: Case, text: str) -> PreparedOperator:
    try:
        return prepare_operator(operator, case)
    except CheckFailure as failure:
        first = str(failure).splitlines()[0]
        raise CheckFailure(
            "prepare-failed", "prepare", f"with {text} NaN: {first}. {DESIGN}"
        ) from failure


def _simulated(trial: PreparedOperator) -> np.ndarray:
    p = trial.point()
    return np.asarray(trial.simulated(p, trial.fields, trial.inputs, XP))
