"""Checks of a process model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from attrs import evolve

from ..core.domain import Forcing
from ..core.interfaces import ProcessModel
from ..engines.namespace import numpy_namespace, tree_leaves
from .block_independence import couples_is_true, in_loop_is_true, model_blocks_agree
from .check import Check, require, require_close, require_finite, require_inside
from .declaration_checks import is_a_frozen_record, model_is_declared
from .declared_access import AccessRecorder, access_findings, require_declared_access
from .derivative_checks import derivative_checks
from .differentiable_components import model_function
from .dimensions import model_has_units, units_agree_with_installed
from .parameter_effects import require_effects
from .prepared_model import PreparedModel, prepare_model
from .test_case import Case, optional_variables

XP = numpy_namespace()


def model_checks(
    model: ProcessModel, case: Callable[[], Case], engines: tuple[str, ...]
) -> Iterator[Check]:
    """All checks of a model, by name."""

    @cache
    def trial() -> PreparedModel:
        return prepare_model(model, case().forcing)

    for name, stage, declared in (
        ("it is a frozen record of its settings", "loads", is_a_frozen_record),
        ("its declarations make sense", "metadata", model_is_declared),
        ("its units and dimensions make sense", "units and dims", model_has_units),
        ("its units are those of what is installed", "units and dims", units_agree_with_installed),
    ):
        yield Check(name, stage, lambda r=declared: r(model))  # type: ignore[misc]
    for name, stage, run in (
        (
            "it gives the fields it declares and all are finite and in range",
            "values",
            fields_are_in_range,
        ),
        ("running changes neither parameters nor drivers", "values", running_changes_nothing),
        ("a scalar parameter may come as an array over columns", "values", scalars_may_be_wide),
        ("it reads what it declares and no more", "values", reads_what_it_declares),
        ("every parameter changes something", "values", parameters_matter),
        ("blocks of cells give the fields of the whole", "blocks add up", model_blocks_agree),
        ("a column sees no more than the model declares", "blocks add up", couples_is_true),
    ):
        yield Check(name, stage, lambda r=run: r(trial()))  # type: ignore[misc]
    if any(
        parameter.active and not parameter.in_loop for parameter in getattr(model, "parameters", ())
    ):
        yield Check(
            "parameters declared after the time loop do not enter it", "derivatives",
            lambda: in_loop_is_true(trial()),
        )  # fmt: skip
    if any(variable.optional for variable in getattr(model, "requires", ())):
        yield Check(
            "optional forcing may be there or not", "missing values",
            lambda: optional_forcing(model, case().forcing),
        )  # fmt: skip
    yield from derivative_checks(cache(lambda: model_function(trial())), engines)


def fields_are_in_range(trial: PreparedModel) -> None:
    """The fields of a run, and those within their ranges at the prior mean."""
    fields_are_good(trial)
    at_prior = trial.fields(np.zeros(len(trial.x)))
    for variable in trial.model.provides:
        require_inside(
            at_prior[variable.name], variable.valid_range, f"field '{variable.name}' at the prior"
        )


def fields_are_good(trial: PreparedModel) -> None:
    """Every field of `provides`, (time, column) and finite; drivers are arrays."""
    fields, domain = trial.fields(trial.x), trial.forcing.domain
    expected = (domain.days, domain.grid.columns)
    for variable in trial.model.provides:
        require(
            variable.name in fields, "missing-field", f"field '{variable.name}'",
            f"run gave no field '{variable.name}', which provides declares; it gave "
            f"{', '.join(sorted(fields))}.",
        )  # fmt: skip
        values = fields[variable.name]
        turned = " It is transposed." if np.shape(values) == expected[::-1] else ""
        require(
            np.shape(values) == expected, "wrong-shape", f"field '{variable.name}'",
            f"field '{variable.name}' has shape {np.shape(values)}; expected (time, column) = "
            f"{expected}.{turned}",
        )  # fmt: skip
        require_finite(values, f"field '{variable.name}'")
    further = sorted(set(fields) - {variable.name for variable in trial.model.provides})
    require(
        not further, "undeclared", f"field '{', '.join(further)}'",
        f"run gives fields {further}, which provides does not declare.",
    )  # fmt: skip
    for leaf in tree_leaves(trial.drivers):
        kind = np.asarray(leaf).dtype.kind
        require(
            kind in "biuf", "wrong-type", "drivers",
            f"drivers hold {type(leaf).__name__}, not only numeric arrays.",
        )  # fmt: skip


def running_changes_nothing(trial: PreparedModel) -> None:
    """Same fields again; parameters and drivers as they were."""
    parameters = trial.parameters(trial.x)
    inputs = [parameters, trial.drivers]
    copies = [np.copy(leaf) for leaf in tree_leaves(inputs)]
    first = trial.model.run(parameters, trial.drivers, XP)
    second = trial.model.run(parameters, trial.drivers, XP)
    require(
        all(np.array_equal(a, b) for a, b in zip(copies, tree_leaves(inputs), strict=True)),
        "input-changed", "run", "run wrote into its parameters or drivers.",
    )  # fmt: skip
    for name, values in first.items():
        require(
            np.array_equal(values, second[name]), "not-repeatable", f"field '{name}'",
            f"a second run gives another '{name}'.",
        )  # fmt: skip


def scalars_may_be_wide(trial: PreparedModel) -> None:
    """Shapes () and (column,) of a scalar parameter give the same."""
    narrow = trial.fields(trial.x)
    for name, values in trial.model.run(trial.wide(trial.x), trial.drivers, XP).items():
        require_close(
            values, narrow[name], rtol=1e-13, atol=1e-15, code="values-differ",
            where=f"field '{name}'",
            what=f"'{name}' with scalar parameters as arrays over columns, and as scalars,",
        )  # fmt: skip


def reads_what_it_declares(trial: PreparedModel) -> None:
    """Forcing and statics of `requires`, and all of `parameters`, and nothing else."""
    forcing = trial.forcing
    fields, static = AccessRecorder(forcing.fields), AccessRecorder(forcing.static)
    parameters = AccessRecorder(trial.parameters(trial.x))
    missing = None
    try:
        drivers = trial.model.prepare(evolve(forcing, fields=fields, static=static))
        trial.model.run(parameters, drivers, XP)
    except KeyError as error:
        missing = error
    read = [*fields.read, *static.read]
    findings = [
        *access_findings("forcing", "requires", read, trial.model.requires),
        *access_findings("parameter", "parameters", parameters.read, trial.model.parameters),
    ]
    require_declared_access(findings, missing)


def parameters_matter(trial: PreparedModel) -> None:
    """Each parameter changes a field, at one of two points."""
    points = [trial.parameters(x) for x in (trial.x, 4.0 * trial.x)]
    parameters = trial.model.parameters

    def run(values: Mapping[str, Any]) -> list[np.ndarray]:
        fields = trial.model.run(values, trial.drivers, XP)
        return [np.asarray(fields[name]) for name in sorted(fields)]

    require_effects(parameters, points, trial.forcing.domain.grid.column_class, run)


def optional_forcing(model: ProcessModel, forcing: Forcing) -> None:
    """The model runs with and without the variables that it calls optional."""
    more = optional_variables(model, forcing)
    names = {variable.name for variable in model.requires if variable.optional}
    less = evolve(
        forcing,
        fields={n: v for n, v in forcing.fields.items() if n not in names},
        static={n: v for n, v in forcing.static.items() if n not in names},
    )
    for variant in (less, more):
        fields_are_good(prepare_model(model, variant))
