"""What an operator does with values, errors and fields that are not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from ..core.interfaces import ObservationOperator
from ..engines.namespace import leaves, numpy_namespace
from .case import Case, optional_fields_of
from .check import require, require_close, require_finite
from .prepared import Prepared, prepared

XP = numpy_namespace()
DESIGN = "A design, or a map, asks for places without data."


def unknown_values(operator: ObservationOperator, case: Case) -> None:
    """NaN for some values, and for all of them: every place is kept, and simulated as ever."""
    seen = case.observations
    require(seen is not None, "the case has no observations; an operator is tried on some.")
    assert seen is not None
    whole = prepared(operator, case)
    some = np.where(np.arange(len(seen)) % 3 == 0, np.nan, seen.values)
    for text, values in (("some", some), ("all", np.full(len(seen), np.nan))):
        given = _prepared(operator, evolve(case, observations=seen.with_values(values)), text)
        lost = sorted(set(whole.index.tolist()) - set(given.index.tolist()))
        require(
            not lost,
            f"with {text} values NaN, prepare leaves out observations {lost} "
            f"(dropped: {dict(given.parts[0].dropped)}). {DESIGN}",
        )
        for name, array in given.parts[0].at.items():
            require_finite(array, f"at['{name}'] with {text} values NaN")
        by_index = dict(zip(given.index.tolist(), _simulated(given), strict=True))
        require_close(
            [by_index[n] for n in whole.index.tolist()], _simulated(whole), rtol=1e-12, atol=1e-15,
            what=f"simulated values with {text} observed values NaN, and with all,",
        )  # fmt: skip


def unknown_errors(operator: ObservationOperator, case: Case) -> None:
    """NaN for all errors: a positive number or NaN comes back, and every place is kept."""
    seen = case.observations
    require(seen is not None, "the case has no observations; an operator is tried on some.")
    assert seen is not None
    nothing = np.full(len(seen), np.nan)
    for text, given in (
        ("errors", evolve(seen, sd=nothing)),
        ("values and errors", evolve(seen, sd=nothing, values=nothing)),
    ):
        (part,) = _prepared(operator, evolve(case, observations=given), text).parts
        sd = np.asarray(part.covariance.sd)
        wrong = ~np.isnan(sd) & ~((sd > 0.0) & np.isfinite(sd))
        require(
            not wrong.any() and len(sd) == len(part.values),
            f"with {text} NaN, {int(wrong.sum())} of {len(sd)} errors of the stream are neither "
            "positive nor NaN; give them a rule, or leave them NaN, which the framework refuses.",
        )


def optional_fields(operator: ObservationOperator, case: Case) -> None:
    """It works with and without the fields that it calls optional."""
    names = {v.name for v in (*operator.requires, *operator.requires_once) if v.optional}
    less = {name: values for name, values in case.fields.items() if name not in names}
    more = optional_fields_of(operator, case)
    for text, fields in (("without", less), ("with", more)):
        trial = _prepared(operator, evolve(case, fields=fields), f"{text} its optional fields")
        require_finite(_simulated(trial), f"simulated values {text} its optional fields")
        own = trial.parameters(trial.point(), 0, XP)
        derived: Mapping[str, Any] = operator.derive(trial.fields[0], own, trial.ats[0], XP)
        for leaf in leaves(dict(derived)):
            require_finite(leaf, f"derived fields {text} its optional fields")


def _prepared(operator: ObservationOperator, case: Case, text: str) -> Prepared:
    try:
        return prepared(operator, case)
    except AssertionError as problem:
        first = str(problem).splitlines()[0]
        raise AssertionError(f"with {text} NaN: {first}. {DESIGN}") from problem


def _simulated(trial: Prepared) -> np.ndarray:
    p = trial.point()
    return np.asarray(trial.simulated(p, trial.fields, trial.ats, XP))
