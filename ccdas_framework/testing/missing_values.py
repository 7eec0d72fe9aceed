"""Checks of an operator with missing values, errors and fields."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from ..engines.namespace import tree_leaves
from .check import CheckFailure, require, require_close, require_finite
from .prepared_components import PreparedOperator, prepare_operator
from .test_case import optional_fields_of

DESIGN = "A design, or a map, simulates observations at places without data."


def unknown_values(complete: PreparedOperator) -> None:
    """NaN for some values, and for all of them: places and simulated values stay."""
    observations = complete.observations
    some = np.where(np.arange(len(observations)) % 3 == 0, np.nan, observations.values)
    for text, values in (("some values NaN", some), ("all values NaN", np.nan * some)):
        trial = _prepared(complete, text, observations=observations.with_values(values))
        lost = sorted(set(complete.index.tolist()) - set(trial.index.tolist()))
        require(
            not lost, "observations-dropped", "prepare",
            f"with {text}, prepare leaves out observations {lost} "
            f"(dropped: {dict(trial.parts[0].dropped)}). {DESIGN}",
        )  # fmt: skip
        for name, array in trial.parts[0].at.items():
            require_finite(array, f"at['{name}'] with {text}")
        by_index = dict(zip(trial.index, trial.values(trial.x), strict=True))
        expected, simulated = complete.values(complete.x), [by_index[n] for n in complete.index]
        where, text = "simulated values", f"simulated values with {text}, and with all,"
        require_close(simulated, expected, "values-differ", where, text, 1e-12, 1e-15)


def unknown_errors(trial: PreparedOperator) -> None:
    """NaN for all errors: a positive number or NaN comes back, and every place is kept."""
    observations = trial.observations
    nothing = np.full(len(observations), np.nan)
    for text, incomplete in (
        ("errors NaN", evolve(observations, sd=nothing)),
        ("values and errors NaN", evolve(observations, sd=nothing, values=nothing)),
    ):
        (part,) = _prepared(trial, text, observations=incomplete).parts
        sd = np.asarray(part.covariance.sd)
        wrong = ~np.isnan(sd) & ~((sd > 0.0) & np.isfinite(sd))
        require(
            not wrong.any() and len(sd) == len(part.values), "wrong-error", "covariance.sd",
            f"with {text}, {int(wrong.sum())} of {len(sd)} errors of the stream are neither "
            "positive nor NaN; give them a rule, or leave them NaN, which the framework refuses.",
        )  # fmt: skip


def optional_fields(trial: PreparedOperator) -> None:
    """The operator works with and without the fields that it calls optional."""
    operator, case = trial.operator, trial.case
    names = {v.name for v in (*operator.requires, *operator.requires_once) if v.optional}
    without = {name: values for name, values in case.fields.items() if name not in names}
    for text, fields in (
        ("without its optional fields", without),
        ("with its optional fields", optional_fields_of(operator, case)),
    ):
        variant = _prepared(trial, text, fields=fields)
        require_finite(variant.values(variant.x), f"simulated values {text}")
        derived = variant.derived(variant.x, variant.fields[0], variant.inputs[0])
        for leaf in tree_leaves(derived):
            require_finite(leaf, f"derived fields {text}")


def _prepared(trial: PreparedOperator, text: str, **changes: Any) -> PreparedOperator:
    """The operator prepared on its case with some changes."""
    try:
        return prepare_operator(trial.operator, evolve(trial.case, **changes))
    except CheckFailure as failure:
        message = f"{text}: {str(failure).splitlines()[0]}. {DESIGN}"
        raise CheckFailure("prepare-failed", "prepare", message) from failure
