"""Checks of an observation operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from ..core.interfaces import ObservationOperator
from ..engines.namespace import numpy_namespace, tree_leaves
from .block_independence import BLOCKS, a_block_may_be_empty, completes_alike, operator_blocks_agree
from .check import Check, require, require_finite, require_inside
from .declaration_checks import is_a_frozen_record, operator_is_declared
from .declared_access import (
    UNDECLARED,
    AccessRecorder,
    access_findings,
    of_code,
    require_declared_access,
)
from .derivative_checks import derivative_checks
from .differentiable_components import operator_function
from .dimensions import operator_has_units, units_agree_with_installed
from .missing_values import optional_fields, unknown_errors, unknown_values
from .parameter_effects import require_effects
from .prepared_operator import PreparedOperator, prepare_operator
from .test_case import Case

XP = numpy_namespace()


def operator_checks(
    operator: ObservationOperator, case: Callable[[], Case], engines: tuple[str, ...]
) -> Iterator[Check]:
    """All checks of an operator, by name."""

    @cache
    def whole() -> PreparedOperator:
        return prepare_operator(operator, case())

    for name, stage, declared in (
        ("it is a frozen record of its settings", "loads", is_a_frozen_record),
        ("its declarations make sense", "metadata", operator_is_declared),
        ("its units and dimensions make sense", "units and dims", operator_has_units),
        ("its units are those of what is installed", "units and dims", units_agree_with_installed),
    ):
        yield Check(name, stage, lambda r=declared: r(operator))  # type: ignore[misc]
    for name, run in (
        ("a stream has a value, an error and a name for each observation", stream_is_complete),
        ("simulated values are finite and in range", values_are_good),
        ("observing changes nothing", observing_changes_nothing),
        ("it reads what it declares and no more", reads_what_it_declares),
        ("every parameter changes something", parameters_matter),
    ):
        yield Check(name, "values", lambda r=run: r(whole()))  # type: ignore[misc]
    if operator.gives:
        yield Check(
            "it derives the fields it declares and all are finite and in range", "values",
            lambda: derived_fields_are_good(whole()),
        )  # fmt: skip
    yield Check(
        "blocks add up", "blocks add up",
        lambda: operator_blocks_agree(whole(), prepare_operator(operator, case(), BLOCKS)),
    )  # fmt: skip
    if operator.scope == "domain":
        yield Check(
            "what is added after the blocks depends on no block", "blocks add up",
            lambda: completes_alike(prepare_operator(operator, case(), BLOCKS)),
        )  # fmt: skip
    else:
        yield Check(
            "a block may have no observations", "blocks add up",
            lambda: a_block_may_be_empty(operator, case(), whole()),
        )  # fmt: skip
    for name, by_case in (
        ("observations without a value are kept and simulated", unknown_values),
        ("an unknown error gets a rule or stays unknown", unknown_errors),
        ("optional fields may be there or not", optional_fields),
    ):
        if by_case is not optional_fields or any(
            v.optional for v in (*getattr(operator, "requires", ()), *operator.requires_once)
        ):
            yield Check(name, "missing values", lambda r=by_case: r(operator, case()))  # type: ignore[misc]
    yield from derivative_checks(cache(lambda: operator_function(whole())), engines)


def stream_is_complete(trial: PreparedOperator) -> None:
    """Lengths agree, errors are positive, `at` holds numbers, positions are distinct."""
    (stream,) = trial.parts
    count = len(stream.values)
    require(
        count > 0, "no-observations", "prepare",
        f"prepare kept none of the case's observations (dropped: {dict(stream.dropped)}); pass a "
        "case with observations that it keeps.",
    )  # fmt: skip
    lengths = {
        "covariance.sd": len(stream.covariance.sd),
        "labels": len(stream.labels),
        "index": len(stream.index),
    }
    for name, length in lengths.items():
        require(
            length == count, "wrong-length", name,
            f"{name} of the stream has {length} entries, values {count}.",
        )  # fmt: skip
    sd = np.asarray(stream.covariance.sd)
    require(
        np.all(sd > 0.0), "wrong-error", "covariance.sd",
        f"{int(np.sum(~(sd > 0)))} of {count} errors of the stream are not positive: {sd}.",
    )  # fmt: skip
    require(
        len(set(stream.index.tolist())) == count, "wrong-index", "index",
        "index of the stream names an observation twice; it is the position of each kept value.",
    )  # fmt: skip
    for name, value in stream.at.items():
        require(
            (isinstance(value, np.ndarray) or np.isscalar(value))
            and np.asarray(value).dtype.kind in "biuf",
            "wrong-type", f"at['{name}']",
            f"at['{name}'] is {type(value).__name__} of {np.asarray(value).dtype}; `observe` is "
            "given numbers and arrays of numbers.",
        )  # fmt: skip


def values_are_good(trial: PreparedOperator) -> None:
    """Shape (obs,), finite, at the prior mean within the valid_range of `observes`."""
    simulated = trial.simulated(trial.point(), trial.fields, trial.inputs, XP)
    expected = (len(trial.parts[0].values),)
    require(
        expected[0] > 0, "no-observations", "prepare",
        "prepare kept no observation of the case; nothing is simulated.",
    )  # fmt: skip
    require(
        np.shape(simulated) == expected, "wrong-shape", "simulated values",
        f"simulated values have shape {np.shape(simulated)}; expected (obs,) = {expected}.",
    )  # fmt: skip
    require_finite(simulated, "simulated values")
    at_prior = trial.simulated(np.zeros(len(trial.control)), trial.fields, trial.inputs, XP)
    require_inside(at_prior, trial.operator.observes.valid_range, "simulated values at the prior")


def derived_fields_are_good(trial: PreparedOperator) -> None:
    """Every field of `gives` and no other, (time, column), finite, within its valid_range."""
    (fields,), (at,) = trial.fields, trial.inputs
    derived = trial.derived(trial.point(), 0, fields, at, XP)
    names = {variable.name for variable in trial.operator.gives}
    require(
        set(derived) == names, "wrong-fields", "derive",
        f"derive returns {sorted(derived)}; gives names {sorted(names)}.",
    )  # fmt: skip
    shape = np.shape(next(iter(fields.values())))
    for variable in trial.operator.gives:
        values = np.asarray(derived[variable.name])
        require(
            values.shape == shape, "wrong-shape", f"derived field '{variable.name}'",
            f"derived field '{variable.name}' has shape {values.shape}; expected (time, column) = "
            f"{shape}.",
        )  # fmt: skip
        require_finite(values, f"derived field '{variable.name}'")
        require_inside(values, variable.valid_range, f"derived field '{variable.name}'")


def observing_changes_nothing(trial: PreparedOperator) -> None:
    """Same values again; fields, `at` and parameters as they were."""
    p = trial.point()
    parameters = trial.parameters(p, 0, XP)
    inputs = [trial.fields, trial.inputs, parameters]
    copies = [np.copy(leaf) for leaf in tree_leaves(inputs)]
    first = trial.simulated(p, trial.fields, trial.inputs, XP)
    trial.operator.observe(trial.fields[0], parameters, trial.inputs[0], XP)
    second = trial.simulated(p, trial.fields, trial.inputs, XP)
    require(
        np.array_equal(first, second), "not-repeatable", "observe",
        "observing twice gives different values.",
    )  # fmt: skip
    require(
        all(np.array_equal(a, b) for a, b in zip(copies, tree_leaves(inputs), strict=True)),
        "input-changed", "observe", "observe wrote into its fields, its parameters or `at`.",
    )  # fmt: skip


def reads_what_it_declares(trial: PreparedOperator) -> None:
    """Fields of `requires`, all of `parameters`, and no others; `prepare` may look at more."""
    operator, (fields,), (at,) = trial.operator, trial.fields, trial.inputs
    parameters = AccessRecorder(trial.parameters(trial.point(), 0, XP))
    observed, prior = AccessRecorder(fields), AccessRecorder(trial.prior)
    missing = None
    try:
        operator.prepare(trial.observations, trial.blocks[0].forcing.domain, lambda: prior)
        values = operator.observe(observed, parameters, at, XP)
        operator.complete(values, parameters, at, XP)
        operator.derive(observed, parameters, at, XP)
    except KeyError as error:
        missing = error
    read = {**observed.read, **dict.fromkeys(set(prior.read) & set(fields))}
    in_prepare = (*operator.requires, *operator.requires_once)
    findings = [
        *access_findings("field", "requires", read, operator.requires),
        *of_code(UNDECLARED, access_findings("field", "requires_once", prior.read, in_prepare)),
        *access_findings("parameter", "parameters", parameters.read, operator.parameters),
    ]
    require_declared_access(findings, missing)


def parameters_matter(trial: PreparedOperator) -> None:
    """Each parameter changes what is simulated, or a field that is derived."""
    operator, (fields,), (at,) = trial.operator, trial.fields, trial.inputs
    grid = trial.blocks[0].forcing.domain.grid

    def run(parameters: Mapping[str, Any]) -> list[np.ndarray]:
        values = operator.observe(fields, parameters, at, XP)
        values = operator.complete(values, parameters, at, XP)
        derived = operator.derive(fields, parameters, at, XP)
        return [np.asarray(values), *(np.asarray(derived[name]) for name in sorted(derived))]

    points = [trial.parameters(p, 0, XP) for p in (trial.point(), 3.0 * trial.point())]
    require_effects(operator.parameters, points, grid.column_class, run)
