"""Checks of a process model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from attrs import evolve

from ..core.interfaces import ProcessModel
from ..core.trees import tree_leaves
from ..engines.namespace import numpy_scan
from ..problem.blocks import blocks_of
from ..problem.component_results import driver_findings, field_findings
from ..problem.own_derivatives import has_own_derivatives
from .check import (
    Check,
    checks_of,
    require,
    require_close,
    require_finite,
    require_inside,
    require_none,
)
from .declaration_checks import declaration_checks
from .declared_access import (
    AccessRecorder,
    access_findings,
    require_declared_access,
    require_effects,
)
from .derivative_checks import derivative_checks
from .differentiable_components import model_function
from .prepared_components import XP, PreparedModel, prepare_model
from .test_case import Case, optional_variants
from .untraced_checks import untraced_checks

BLOCKS = 3


def model_checks(
    model: ProcessModel, case: Callable[[], Case], engines: tuple[str, ...]
) -> Iterator[Check]:
    """All checks of a model, by name."""
    trial = cache(lambda: prepare_model(model, case().forcing))
    yield from declaration_checks(model)
    rows: list[tuple[str, str, Callable[[PreparedModel], None]]] = [
        ("it gives the fields it declares and all are finite and in range", "values",
         fields_are_in_range),
        ("running changes neither parameters nor drivers", "values", running_changes_nothing),
        ("a scalar parameter may come as an array over columns", "values", scalars_may_be_wide),
        ("it reads what it declares and no more", "values", reads_what_it_declares),
        ("every parameter changes something", "values", parameters_matter),
        ("blocks of cells give the fields of the whole", "blocks add up", model_blocks_agree),
        ("a column sees no more than the model declares", "blocks add up", couples_is_true),
    ]  # fmt: skip
    untraced = not model.differentiable or has_own_derivatives(model)
    late = any(p.active and not p.in_loop for p in getattr(model, "parameters", ()))
    if late and not untraced:  # else `in_loop` saves no run, and is not read
        text = "parameters declared after the time loop do not enter it"
        rows.append((text, "derivatives", in_loop_is_true))
    if any(variable.optional for variable in getattr(model, "requires", ())):
        rows.append(("optional forcing may be there or not", "missing values", optional_forcing))
    yield from checks_of(trial, rows)
    if untraced:
        yield from untraced_checks(trial, model, engines)
    else:
        yield from derivative_checks(cache(lambda: model_function(trial())), engines)


def fields_are_in_range(trial: PreparedModel) -> None:
    """The fields of a run, and those within their ranges at the prior mean."""
    fields_are_good(trial)
    at_prior = trial.fields(np.zeros(len(trial.x)))
    for variable in trial.model.provides:
        label = f"field '{variable.name}' at the prior"
        require_inside(at_prior[variable.name], variable.valid_range, label)


def fields_are_good(trial: PreparedModel) -> None:
    """Every field of `provides` and no other, (time, column) and finite; drivers are arrays."""
    model, domain = trial.model, trial.forcing.domain
    require_none(driver_findings(trial.drivers), model)
    fields = model.run(trial.parameters(trial.x), trial.drivers, XP)
    shape = (domain.days, domain.grid.columns)
    require_none(field_findings(fields, model.provides, shape), model)
    for name, values in fields.items():
        require_finite(values, f"field '{name}'")


def running_changes_nothing(trial: PreparedModel) -> None:
    """Same fields again; parameters and drivers as they were."""
    parameters = trial.parameters(trial.x)
    inputs = [parameters, trial.drivers]
    copies = [np.copy(leaf) for leaf in tree_leaves(inputs)]
    first = trial.model.run(parameters, trial.drivers, XP)
    second = trial.model.run(parameters, trial.drivers, XP)
    same = all(np.array_equal(a, b) for a, b in zip(copies, tree_leaves(inputs), strict=True))
    require(same, "input-changed", "run", "run wrote into its parameters or drivers.")
    for name, values in first.items():
        message = f"a second run gives another '{name}'."
        same = np.array_equal(values, second[name])
        require(same, "not-repeatable", f"field '{name}'", message)


def scalars_may_be_wide(trial: PreparedModel) -> None:
    """Shapes () and (column,) of a scalar parameter give the same."""
    narrow = trial.fields(trial.x)
    for name, values in trial.model.run(trial.wide(trial.x), trial.drivers, XP).items():
        text = f"'{name}' with scalar parameters as arrays over columns, and as scalars,"
        where = f"field '{name}'"
        require_close(values, narrow[name], "values-differ", where, text, 1e-13, 1e-15)


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

    def run(values: Mapping[str, Any]) -> list[np.ndarray]:
        fields = trial.model.run(values, trial.drivers, XP)
        return [np.asarray(fields[name]) for name in sorted(fields)]

    points = [trial.parameters(x) for x in (trial.x, 4.0 * trial.x)]
    classes = trial.forcing.domain.grid.column_class
    require_effects(trial.model.parameters, points, classes, run)


def optional_forcing(trial: PreparedModel) -> None:
    """The model runs with and without the variables that it calls optional."""
    for case in optional_variants(trial.model, Case(trial.forcing)):
        fields_are_good(prepare_model(trial.model, case.forcing))


# -- blocks and columns ---------------------------------------------------------------------------


def model_blocks_agree(trial: PreparedModel) -> None:
    """The fields of a block are those of its cells in the grid; padding is finite as well."""
    undivided = trial.fields(trial.x)
    for number, block in enumerate(blocks_of(trial.forcing, BLOCKS)):
        drivers = trial.model.prepare(block.forcing)
        fields = evolve(trial, forcing=block.forcing, drivers=drivers).fields(trial.x)
        for name, values in fields.items():
            text, expected = f"'{name}' of block {number}", undivided[name]
            require_finite(values, f"{text}, padded columns included,")
            require_close(
                values[:, : len(block.columns)], expected[:, block.columns], "blocks-differ",
                f"field '{name}', block {number}", f"{text} and of the undivided grid", 1e-12,
                1e-12 * float(np.max(np.abs(expected), initial=0.1)),
            )  # fmt: skip


def couples_is_true(trial: PreparedModel) -> None:
    """The parameters of a column affect that column, or columns of its cell, and no others."""
    grid, couples = trial.forcing.domain.grid, trial.model.couples
    any_neighbour = False
    before, changed = trial.wide(trial.x), trial.wide(0.9 * trial.x)
    first = trial.model.run(before, trial.drivers, XP)
    columns_wide = [n for n, v in before.items() if np.shape(v) == (grid.columns,)]
    for column in range(grid.columns):
        label, parameters = f"column {column}", trial.wide(trial.x)
        for name in columns_wide:
            parameters[name][column] = changed[name][column]
        after = trial.model.run(parameters, trial.drivers, XP)
        different = [np.any(after[n] != values, axis=0) for n, values in first.items()]
        affected = np.flatnonzero(np.any(different, axis=0)).tolist()
        allowed = [column]
        if couples == "cell":
            allowed = np.flatnonzero(grid.column_cell == grid.column_cell[column]).tolist()
        message = f"parameters of {label} do not change its fields."
        require(column in affected, "wrong-coupling", label, message)
        require(
            set(affected) <= set(allowed), "wrong-coupling", label,
            f"couples is '{couples}', but parameters of {label} change the fields of "
            f"columns {affected}; expected no others than {allowed}.",
        )  # fmt: skip
        any_neighbour |= len(affected) > 1
    require(
        any_neighbour or couples == "column", "wrong-coupling", "couples",
        "couples is 'cell', but no column affects another of its cell; declare 'column', or pass "
        "a case with two columns in a cell.",
    )  # fmt: skip


def in_loop_is_true(trial: PreparedModel) -> None:
    """The first scan of a run gives the same when parameters outside the loop change."""
    late = [e.position for e in trial.control.active if not e.parameter.in_loop]
    names = ", ".join(trial.control.names[n] for n in late)
    perturbed = np.copy(trial.x)
    perturbed[late] += 0.5
    before, after = (tree_leaves(_first_scan(trial, x)) for x in (trial.x, perturbed))
    message = "run calls no xp.scan; then no parameter has in_loop=False."
    require(before, "no-time-loop", "in_loop", message)
    same = all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    message = f"declared with in_loop=False, but the time loop changes with one of: {names}."
    require(same, "wrong-in-loop", names, message)
    fields, again = trial.fields(trial.x), trial.fields(perturbed)
    changes = any(np.any(values != again[name]) for name, values in fields.items())
    message = f"no field changes with any of: {names}; they are no parameters."
    require(changes, "no-effect", names, message)


def _first_scan(trial: PreparedModel, x: np.ndarray) -> Any:
    """Result of the first outermost scan of a run; scans within it belong to it."""
    outermost: list[Any] = []
    depth = [0]

    def recording(step: Any, carry: Any, xs: Any, parameters: Any, xp: Any) -> Any:
        depth[0] += 1
        out = numpy_scan(step, carry, xs, parameters, xp)
        depth[0] -= 1
        if not depth[0]:
            outermost.append(out)
        return out

    trial.fields(x, evolve(XP, scan=recording))
    return outermost[0] if outermost else []
