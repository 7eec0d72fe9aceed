"""Checks of an operator with missing values, errors and fields."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from ..core.interfaces import ObservationOperator
from ..engines.namespace import numpy_namespace, tree_leaves
from .check import CheckFailure, require, require_close, require_finite
from .prepared_components import PreparedOperator, observations_of, prepare_operator
from .test_case import Case, optional_fields_of

XP = numpy_namespace()
DESIGN = "A design, or a map, simulates observations at places without data."


def unknown_values(operator: ObservationOperator, case: Case) -> None:
    """NaN for some values, and for all of them: places and simulated values stay."""
    observations = observations_of(case)
    complete = prepare_operator(operator, case)
    some = np.where(np.arange(len(observations)) % 3 == 0, np.nan, observations.values)
    for text, values in (("some values NaN", some), ("all values NaN", np.nan * some)):
        incomplete = evolve(case, observations=observations.with_values(values))
        trial = _prepared(operator, incomplete, text)
        lost = sorted(set(complete.index.tolist()) - set(trial.index.tolist()))
        require(
            not lost, "observations-dropped", "prepare",
            f"with {text}, prepare leaves out observations {lost} "
            f"(dropped: {dict(trial.parts[0].dropped)}). {DESIGN}",
        )  # fmt: skip
        for name, array in trial.parts[0].at.items():
            require_finite(array, f"at['{name}'] with {text}")
        by_index = dict(zip(trial.index.tolist(), trial.values(), strict=True))
        require_close(
            [by_index[n] for n in complete.index.tolist()], complete.values(), "values-differ",
            "simulated values", f"simulated values with {text}, and with all,", 1e-12, 1e-15,
        )  # fmt: skip


def unknown_errors(operator: ObservationOperator, case: Case) -> None:
    """NaN for all errors: a positive number or NaN comes back, and every place is kept."""
    observations = observations_of(case)
    nothing = np.full(len(observations), np.nan)
    for text, incomplete in (
        ("errors NaN", evolve(observations, sd=nothing)),
        ("values and errors NaN", evolve(observations, sd=nothing, values=nothing)),
    ):
        (part,) = _prepared(operator, evolve(case, observations=incomplete), text).parts
        sd = np.asarray(part.covariance.sd)
        wrong = ~np.isnan(sd) & ~((sd > 0.0) & np.isfinite(sd))
        require(
            not wrong.any() and len(sd) == len(part.values), "wrong-error", "covariance.sd",
            f"with {text}, {int(wrong.sum())} of {len(sd)} errors of the stream are neither "
            "positive nor NaN; give them a rule, or leave them NaN, which the framework refuses.",
        )  # fmt: skip


def optional_fields(operator: ObservationOperator, case: Case) -> None:
    """The operator works with and without the fields that it calls optional."""
    names = {v.name for v in (*operator.requires, *operator.requires_once) if v.optional}
    without = {name: values for name, values in case.fields.items() if name not in names}
    for text, fields in (
        ("without its optional fields", without),
        ("with its optional fields", optional_fields_of(operator, case)),
    ):
        trial = _prepared(operator, evolve(case, fields=fields), text)
        require_finite(trial.values(), f"simulated values {text}")
        derived = trial.derived(trial.point(), 0, trial.fields[0], trial.inputs[0], XP)
        for leaf in tree_leaves(derived):
            require_finite(leaf, f"derived fields {text}")


def _prepared(operator: ObservationOperator, case: Case, text: str) -> PreparedOperator:
    try:
        return prepare_operator(operator, case)
    except CheckFailure as failure:
        message = f"{text}: {str(failure).splitlines()[0]}. {DESIGN}"
        raise CheckFailure("prepare-failed", "prepare", message) from failure
