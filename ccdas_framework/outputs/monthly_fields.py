"""Monthly fields of every cell, for `fields.nc`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve

from ..core.aggregate import by_cell
from ..core.domain import Domain
from ..core.errors import CcdasError
from ..core.observations import Observations
from ..core.variables import Variable
from ..engines.namespace import numpy_namespace
from ..problem.assembled_problem import Problem
from ..problem.component_results import derived_fields


def monthly_fields(
    problem: Problem, x: np.ndarray, names: Sequence[str]
) -> tuple[dict[str, np.ndarray], dict[str, Variable], np.ndarray]:
    """Monthly means of fields, of the model and derived, and of what cell operators observe.

    Operators of cells are evaluated in every cell and month.

    Returns:
        name -> (month, cell); name -> its variable; the first day of each month.
    """
    available = (
        *problem.model.provides,
        *(v for s in problem.streams.values() for v in s.operator.gives),
    )
    variables = {v.name: v for v in available if v.name in names}
    observed = {
        name: stream.operator.observes
        for name, stream in problem.streams.items()
        if not stream.domain_scope and stream.operator.observes.name not in variables
    }
    pieces = [_of_block(problem, x, b, variables, observed) for b in range(len(problem.blocks))]
    variables |= {variable.name: variable for variable in observed.values()}
    fields = {name: _of_grid(problem, [p[name] for p in pieces]) for name in pieces[0]}
    domain = problem.blocks[0].domain
    first = domain.time[domain.lead].astype("datetime64[M]")
    return fields, variables, first + np.arange(domain.months)


def monthly_field(problem: Problem, x: np.ndarray, variable: Variable) -> np.ndarray:
    """Monthly means of a field of the model over the whole area of each cell, (month, cell)."""
    of_cell = evolve(variable, over="cell")
    pieces = [
        monthly_cell_mean(
            np.asarray(problem.block_fields(x, b)[variable.name]), block.domain, of_cell
        )
        for b, block in enumerate(problem.blocks)
    ]
    return _of_grid(problem, pieces)


def _of_grid(problem: Problem, pieces: Sequence[np.ndarray]) -> np.ndarray:
    """Values of the cells of the whole grid from those of its blocks, without padding."""
    order = np.argsort(np.concatenate([block.cells for block in problem.blocks]))
    real = [p[:, : len(b.cells)] for p, b in zip(pieces, problem.blocks, strict=True)]
    return np.concatenate(real, axis=1)[:, order]


def _of_block(
    problem: Problem,
    x: np.ndarray,
    b: int,
    variables: Mapping[str, Variable],
    observed: Mapping[str, Variable],
) -> dict[str, np.ndarray]:
    """Monthly fields of a block; `observed` are the quantities of operators by stream."""
    domain = problem.blocks[b].domain
    fields = problem.block_fields(x, b)
    values = {**_derived(problem, x, b, fields, variables), **fields}
    out = {
        name: monthly_cell_mean(np.asarray(values[name]), domain, variable)
        for name, variable in variables.items()
    }
    for stream, variable in observed.items():
        out[variable.name] = _observed_everywhere(problem, stream, x, b, fields)
    return out


def _derived(
    problem: Problem, x: np.ndarray, b: int, fields: Mapping[str, Any], names: Collection[str]
) -> dict[str, np.ndarray]:
    """Fields of a block that operators derive, each (time, column), where any is wanted."""
    xp = problem.engine.xp
    parameters = problem.control.unpack(np.asarray(x, float), problem.index[b], xp)
    fields_by_name: dict[str, np.ndarray] = {}
    for stream in problem.streams.values():
        if any(variable.name in names for variable in stream.operator.gives):
            of_stream, stream_at = parameters.get(stream.name, {}), stream.parts[b].at
            operator, place = stream.operator, f"stream '{stream.name}'"
            derived = derived_fields(operator, fields, of_stream, stream_at, xp, place)
            fields_by_name |= {name: np.asarray(values) for name, values in derived.items()}
    return fields_by_name


def monthly_cell_mean(values: np.ndarray, domain: Domain, variable: Variable) -> np.ndarray:
    """Mean of each month of the window in each cell, shape (month, cell).

    Bare ground counts as zero, or not at all where the variable is defined `over` columns only.
    """
    grid, xp = domain.grid, numpy_namespace()
    cells = by_cell(values, grid.column_fraction, grid.column_cell, grid.cells, xp)
    if variable.over == "columns":
        covered = by_cell(
            np.ones(grid.columns), grid.column_fraction, grid.column_cell, grid.cells, xp
        )
        cells = cells / np.where(covered > 0, covered, np.nan)
    month = domain.month[domain.window]
    total = xp.segment_sum(cells[domain.window], month, domain.months)
    return np.asarray(total / np.bincount(month, minlength=domain.months)[:, None])


def _observed_everywhere(
    problem: Problem, name: str, x: np.ndarray, b: int, fields: Mapping[str, Any]
) -> np.ndarray:
    """Simulated observations in every cell and month, NaN where the operator has none.

    It gets no field that only screens observations, so that frozen months are not left out.
    """
    block = problem.blocks[b]
    domain = block.domain
    grid, operator = domain.grid, problem.streams[name].operator
    month, days = domain.month[domain.window], domain.time[domain.window]
    first = np.searchsorted(month, np.arange(domain.months + 1))
    starts, ends = days[first[:-1]], days[first[1:] - 1]
    real = np.arange(len(block.cells))
    cell = np.tile(real, domain.months)
    nothing = np.full(len(cell), np.nan)
    design = Observations(
        values=nothing,
        sd=nothing,
        start=np.repeat(starts, len(real)),
        end=np.repeat(ends, len(real)),
        latitude=grid.latitude[cell],
        longitude=grid.longitude[cell],
        altitude=nothing,
        label=np.array([str(c) for c in cell]),
    )
    out = np.full((domain.months, grid.cells), np.nan)
    screens = {v.name for v in operator.requires_once if v.optional}
    screens -= {v.name for v in operator.requires}
    unscreened = {field: values for field, values in fields.items() if field not in screens}
    try:
        stream = operator.prepare(design, domain, lambda: unscreened)
    except CcdasError:
        return out
    xp = problem.engine.xp
    of_stream = problem.control.unpack(np.asarray(x, float), problem.index[b], xp).get(name, {})
    simulated = operator.observe(fields, of_stream, stream.at, xp)
    simulated = np.asarray(operator.complete(simulated, of_stream, stream.at, xp))
    out[np.repeat(np.arange(domain.months), len(real))[stream.index], cell[stream.index]] = (
        simulated
    )
    return out
