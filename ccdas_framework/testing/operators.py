"""Checks of an observation operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from ..core.interfaces import ObservationOperator
from ..core.trees import tree_leaves
from ..problem.component_results import field_findings, value_findings
from .check import Check, checks_of, require, require_finite, require_inside, require_none
from .declaration_checks import declaration_checks
from .declared_access import (
    AccessRecorder,
    access_findings,
    require_declared_access,
    require_effects,
    undeclared_only,
)
from .derivative_checks import derivative_checks
from .differentiable_components import operator_function
from .operator_variants import (
    a_block_may_be_empty,
    completion_ignores_blocks,
    operator_blocks_agree,
    optional_fields,
    unknown_errors,
    unknown_values,
)
from .prepared_components import XP, PreparedOperator, prepare_operator, require_observations
from .test_case import Case


def operator_checks(
    operator: ObservationOperator, case: Callable[[], Case], engines: tuple[str, ...]
) -> Iterator[Check]:
    """All checks of an operator, by name."""
    trial = cache(lambda: prepare_operator(operator, case()))
    yield from declaration_checks(operator)
    rows: list[tuple[str, str, Callable[[PreparedOperator], None]]] = [
        ("a stream has a value, an error and a name for each observation", "values",
         stream_is_complete),
        ("simulated values are finite and in range", "values", values_are_good),
        ("observing changes nothing", "values", observing_changes_nothing),
        ("it reads what it declares and no more", "values", reads_what_it_declares),
        ("every parameter changes something", "values", parameters_matter),
    ]  # fmt: skip
    if operator.gives:
        text = "it derives the fields it declares and all are finite and in range"
        rows.append((text, "values", derived_fields_are_good))
    if operator.scalars:
        text = "it computes the numbers it declares and all are finite and in range"
        rows.append((text, "values", quantities_are_good))
    rows.append(("blocks add up", "blocks add up", operator_blocks_agree))
    if operator.scope == "domain":
        text = "what is added after the blocks depends on no block"
        rows.append((text, "blocks add up", completion_ignores_blocks))
    else:
        rows.append(("a block may have no observations", "blocks add up", a_block_may_be_empty))
    rows += [
        ("observations without a value are kept and simulated", "missing values", unknown_values),
        ("an unknown error gets a rule or stays unknown", "missing values", unknown_errors),
    ]
    if any(v.optional for v in (*getattr(operator, "requires", ()), *operator.requires_once)):
        rows.append(("optional fields may be there or not", "missing values", optional_fields))
    yield from checks_of(trial, rows)
    yield from derivative_checks(cache(lambda: operator_function(trial())), engines)


def stream_is_complete(trial: PreparedOperator) -> None:
    """Lengths agree, errors are positive, `at` holds numbers, positions are distinct."""
    require_observations(trial)  # the rest is tested where the operator is prepared
    require(
        np.all(trial.parts[0].covariance.sd > 0.0), "wrong-error", "covariance.sd",
        "errors of the stream are NaN although every observation of the case has one.",
    )  # fmt: skip


def values_are_good(trial: PreparedOperator) -> None:
    """Shape (obs,), finite, at the prior mean within the valid_range of `observes`."""
    require_observations(trial)
    simulated = trial.simulated(trial.x, trial.fields, trial.inputs, XP)
    require_none(value_findings(simulated, len(trial.parts[0].values)), trial.operator)
    require_finite(simulated, "simulated values")
    at_prior = trial.values(np.zeros(len(trial.control)))
    require_inside(at_prior, trial.operator.observes.valid_range, "simulated values at the prior")


def derived_fields_are_good(trial: PreparedOperator) -> None:
    """Every field of `gives` and no other, (time, column), finite, within its valid_range."""
    (fields,), (inputs,) = trial.fields, trial.inputs
    derived = trial.operator.derive(fields, trial.parameters(trial.x), inputs, XP)
    shape = np.shape(next(iter(fields.values())))
    require_none(field_findings(derived, trial.operator.gives, shape, "derive"), trial.operator)
    for variable in trial.operator.gives:
        values, label = derived[variable.name], f"derived field '{variable.name}'"
        require_finite(values, label)
        require_inside(values, variable.valid_range, label)


def quantities_are_good(trial: PreparedOperator) -> None:
    """Every number of `scalars` and no other, a scalar, finite, within its valid_range."""
    numbers = trial.operator.quantify(trial.parameters(trial.x), trial.inputs[0], XP)
    declared = trial.operator.scalars
    require_none(field_findings(numbers, declared, (), "quantify"), trial.operator)
    for variable in declared:
        label = f"number '{variable.name}'"
        require_finite(numbers[variable.name], label)
        require_inside(numbers[variable.name], variable.valid_range, label)


def observing_changes_nothing(trial: PreparedOperator) -> None:
    """Same values again; fields, `at` and parameters as they were."""
    parameters = trial.parameters(trial.x)
    inputs = [trial.fields, trial.inputs, parameters]
    copies = [np.copy(leaf) for leaf in tree_leaves(inputs)]
    first = trial.values(trial.x)
    trial.operator.observe(trial.fields[0], parameters, trial.inputs[0], XP)
    same = np.array_equal(first, trial.values(trial.x))
    require(same, "not-repeatable", "observe", "observing twice gives different values.")
    same = all(np.array_equal(a, b) for a, b in zip(copies, tree_leaves(inputs), strict=True))
    message = "observe wrote into its fields, its parameters or `at`."
    require(same, "input-changed", "observe", message)


def reads_what_it_declares(trial: PreparedOperator) -> None:
    """Fields of `requires`, all of `parameters`, and no others; `prepare` may look at more."""
    operator, (fields,), (inputs,) = trial.operator, trial.fields, trial.inputs
    parameters = AccessRecorder(trial.parameters(trial.x))
    observed, prior = AccessRecorder(fields), AccessRecorder(trial.prior)
    missing = None
    try:
        operator.prepare(trial.observations, trial.blocks[0].domain, lambda: prior)
        values = operator.observe(observed, parameters, inputs, XP)
        operator.complete(values, parameters, inputs, XP)
        operator.derive(observed, parameters, inputs, XP)
    except KeyError as error:
        missing = error
    read = {**observed.read, **dict.fromkeys(set(prior.read) & set(fields))}
    in_prepare = (*operator.requires, *operator.requires_once)
    findings = [
        *access_findings("field", "requires", read, operator.requires),
        *undeclared_only(access_findings("field", "requires_once", prior.read, in_prepare)),
        *access_findings("parameter", "parameters", parameters.read, operator.parameters),
    ]
    require_declared_access(findings, missing)


def parameters_matter(trial: PreparedOperator) -> None:
    """Each parameter changes a simulated value or a derived field."""
    operator, (fields,), (inputs,) = trial.operator, trial.fields, trial.inputs

    def run(parameters: Mapping[str, Any]) -> list[np.ndarray]:
        values = operator.observe(fields, parameters, inputs, XP)
        values = operator.complete(values, parameters, inputs, XP)
        derived = operator.derive(fields, parameters, inputs, XP)
        return [np.asarray(values), *(np.asarray(derived[name]) for name in sorted(derived))]

    points = [trial.parameters(x) for x in (trial.x, 3.0 * trial.x)]
    classes = trial.blocks[0].domain.grid.column_class
    require_effects(operator.parameters, points, classes, run)
