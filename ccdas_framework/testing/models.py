"""What a process model has to be true to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from attrs import evolve

from ..core.blocks import blocks_of
from ..core.interfaces import Drivers, ProcessModel
from ..engines.namespace import leaves, numpy_namespace, numpy_scan
from .case import Case
from .check import Check, require, require_close, require_finite, require_inside
from .declarations import is_a_frozen_record, model_is_declared
from .derivatives import Differentiated, derivative_checks
from .driven import Driven, driven

XP = numpy_namespace()
BLOCKS = 3


def model_checks(
    model: ProcessModel, case: Callable[[], Case], engines: tuple[str, ...]
) -> Iterator[Check]:
    """All checks of a model, by name."""

    @cache
    def trial() -> Driven:
        return driven(model, case().forcing)

    yield Check("it is a frozen record of its settings", "", lambda: is_a_frozen_record(model))
    yield Check("its declarations make sense", "", lambda: model_is_declared(model))
    for name, run in (
        ("it gives the fields it declares and all are finite and in range", fields_are_good),
        ("running changes neither parameters nor drivers", running_changes_nothing),
        ("a scalar parameter may come as an array over columns", scalars_may_be_wide),
        ("blocks of cells give the fields of the whole", blocks_agree),
        ("a column sees no more than the model declares", couples_is_true),
    ):
        yield Check(name, "", lambda r=run: r(trial()))  # type: ignore[misc]
    if any(parameter.active and not parameter.in_loop for parameter in model.parameters):
        yield Check(
            "parameters declared after the time loop do not enter it", "",
            lambda: in_loop_is_true(trial()),
        )  # fmt: skip
    yield from derivative_checks(lambda: differentiated(trial()), engines)


def fields_are_good(trial: Driven) -> None:
    """Every field of `provides`, (time, column), finite, within its valid_range; drivers arrays."""
    fields, domain = trial.fields(trial.x), trial.forcing.domain
    expected = (domain.days, domain.grid.columns)
    for variable in trial.model.provides:
        require(
            variable.name in fields,
            f"run gave no field '{variable.name}', which provides declares; it gave "
            f"{', '.join(sorted(fields))}.",
        )
        values = fields[variable.name]
        require(
            np.shape(values) == expected,
            f"field '{variable.name}' has shape {np.shape(values)}; expected (time, column) = "
            f"{expected}.",
        )
        require_finite(values, f"field '{variable.name}'")
        require_inside(values, variable.valid_range, f"field '{variable.name}'")
    for leaf in leaves(trial.drivers):
        kind = np.asarray(leaf).dtype.kind
        require(kind in "biuf", f"drivers hold {type(leaf).__name__}, not only numeric arrays.")


def running_changes_nothing(trial: Driven) -> None:
    """Same fields again; parameters and drivers as they were."""
    parameters = trial.parameters(trial.x)
    given = [parameters, trial.drivers]
    kept = [np.copy(leaf) for leaf in leaves(given)]
    first = trial.model.run(parameters, trial.drivers, XP)
    second = trial.model.run(parameters, trial.drivers, XP)
    require(
        all(np.array_equal(a, b) for a, b in zip(kept, leaves(given), strict=True)),
        "run wrote into its parameters or drivers.",
    )
    for name, values in first.items():
        require(np.array_equal(values, second[name]), f"a second run gives another '{name}'.")


def scalars_may_be_wide(trial: Driven) -> None:
    """Shapes () and (column,) of a scalar parameter give the same."""
    narrow = trial.fields(trial.x)
    for name, values in trial.model.run(trial.wide(trial.x), trial.drivers, XP).items():
        require_close(
            values, narrow[name], rtol=1e-13, atol=1e-15,
            what=f"'{name}' with scalar parameters as arrays over columns, and as scalars,",
        )  # fmt: skip


def blocks_agree(trial: Driven) -> None:
    """The fields of a block are those of its cells in the whole; padding is finite as well."""
    whole = trial.fields(trial.x)
    for number, block in enumerate(blocks_of(trial.forcing, BLOCKS)):
        cut = evolve(
            trial, forcing=block.forcing, drivers=trial.model.prepare(block.forcing)
        ).fields(trial.x)
        for name, values in cut.items():
            require_finite(values, f"'{name}' of block {number}, padded columns included,")
            require_close(
                values[:, : len(block.columns)], whole[name][:, block.columns],
                rtol=1e-12, atol=1e-13, what=f"'{name}' of block {number} and of the whole grid",
            )  # fmt: skip


def couples_is_true(trial: Driven) -> None:
    """Changing one column's parameters moves that column, or others of its cell, and no wider."""
    grid, couples = trial.forcing.domain.grid, trial.model.couples
    seen_beyond = False
    before, changed = trial.wide(trial.x), trial.wide(0.9 * trial.x)
    first = trial.model.run(before, trial.drivers, XP)
    columns_wide = [n for n, v in before.items() if np.shape(v) == (grid.columns,)]
    for column in range(grid.columns):
        parameters = trial.wide(trial.x)
        for name in columns_wide:
            parameters[name][column] = changed[name][column]
        after = trial.model.run(parameters, trial.drivers, XP)
        different = [np.any(after[n] != values, axis=0) for n, values in first.items()]
        moved = np.flatnonzero(np.any(different, axis=0))
        may = [column]
        if couples == "cell":
            may = np.flatnonzero(grid.column_cell == grid.column_cell[column]).tolist()
        require(column in moved, f"column {column} does not see its own parameters.")
        require(
            set(moved.tolist()) <= set(may),
            f"couples is '{couples}', but parameters of column {column} change the fields of "
            f"columns {moved.tolist()}; expected no others than {may}.",
        )
        seen_beyond |= len(moved) > 1
    require(
        seen_beyond or couples == "column",
        "couples is 'cell', but no column sees another of its cell; declare 'column', or pass a "
        "case with two columns in a cell.",
    )


def in_loop_is_true(trial: Driven) -> None:
    """The first scan of a run gives back the same when parameters outside the loop change."""
    late = [e.position for e in trial.control.active if not e.parameter.in_loop]
    moved = np.copy(trial.x)
    moved[late] += 0.5
    before, after = (leaves(_first_scan(trial, x)) for x in (trial.x, moved))
    require(before, "run calls no xp.scan; then no parameter has in_loop=False.")
    same = all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    names = ", ".join(trial.control.names[n] for n in late)
    require(same, f"declared with in_loop=False, but the time loop changes with one of: {names}.")
    fields, again = trial.fields(trial.x), trial.fields(moved)
    require(
        any(np.any(values != again[name]) for name, values in fields.items()),
        f"no field changes with any of: {names}; they are no parameters.",
    )


def _first_scan(trial: Driven, x: np.ndarray) -> Any:
    """What the first outermost scan of a run gives back; scans within it belong to it."""
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


def differentiated(trial: Driven) -> Differentiated:
    """A random combination of all fields as a function of x; a direction has length one or so."""
    domain, count = trial.forcing.domain, max(len(trial.x), 1)
    generator = np.random.default_rng(11)
    shape = (domain.days, domain.grid.columns)
    weights = {v.name: generator.normal(size=shape) for v in trial.model.provides}

    def of(xp: Any) -> Callable[..., Any]:
        def total(x: Any, drivers: Drivers) -> Any:
            fields = trial.model.run(trial.parameters(x, xp), drivers, xp)
            return xp.stack([sum(xp.sum(w * fields[name]) for name, w in weights.items())])

        return total

    return Differentiated(
        of=of,
        at=trial.x,
        change=np.full(len(trial.x), count**-0.5),
        constants=trial.drivers,
        relative=1e-5,  # long sums round more
        absolute=1e-7 * count**0.5,
    )
