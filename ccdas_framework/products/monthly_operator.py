"""Monthly means of the fields of a model in every cell, in the form of an observation operator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..core.covariance import Diagonal
from ..core.domain import Domain
from ..core.interfaces import ObservationOperator
from ..core.observations import Observations, Stream
from ..core.variables import Variable
from ..problem.assembled_problem import Problem
from ..problem.blocks import Block
from ..problem.component_results import derived_fields
from ..problem.stream_data import StreamData

Array = Any


@frozen(eq=False)
class MonthlyMean(ObservationOperator):
    """Mean of a field over each month of the window and the area of each cell.

        m_gk = sum_t d_kt sum_v w_gv F(t, v),     d_kt = 1 / days of the month k

    with w_gv the share of the column v in the area of its cell g. For a field that is defined over
    columns only, the shares are those in the area of the columns.

    Args:
        variable: the field.
        derived_by: operator that gives the field, where the model does not.
    """

    variable: Variable
    derived_by: ObservationOperator | None = None
    observes: Variable = field(init=False)
    requires: tuple[Variable, ...] = field(init=False)
    scope = "cell"

    @observes.default
    def _mean(self) -> Variable:
        return evolve(self.variable, dims=("obs",))

    @requires.default
    def _averaged(self) -> tuple[Variable, ...]:
        if self.derived_by is not None:
            return self.derived_by.requires
        return (Variable(self.variable.name, self.variable.units, ("time", "column")),)

    def prepare(self, observations: Observations, domain: Domain, prior_fields: Any) -> Stream:
        """The values of the observations, all cells of the domain with their months in a row."""
        grid = domain.grid
        months = np.zeros((domain.months, domain.days))
        days = np.arange(domain.days)[domain.window]
        months[domain.month[days], days] = 1.0
        shares = np.zeros((grid.cells, grid.columns))
        shares[grid.column_cell, np.arange(grid.columns)] = grid.column_fraction
        if self.variable.over == "columns":
            covered = shares.sum(axis=1, keepdims=True)
            shares = shares / np.where(covered > 0.0, covered, 1.0)
        at = {"months": months / months.sum(axis=1, keepdims=True), "shares": shares}
        count = len(observations)
        return Stream(
            observations.values, Diagonal(np.ones(count)), at=at, labels=observations.label,
            index=np.arange(count),
        )  # fmt: skip

    def observe(
        self, fields: Mapping[str, Any], parameters: Any, at: Mapping[str, Any], xp: Any
    ) -> Array:
        """Monthly means, the months of a cell one after the other, shape (cell * month,)."""
        if self.derived_by is not None:
            fields = derived_fields(self.derived_by, fields, parameters, at["derived_at"], xp)
        monthly = xp.matmul(at["months"], fields[self.variable.name])
        cells = xp.matmul(at["shares"], xp.moveaxis(monthly, 0, 1))
        return xp.reshape(cells, (-1,))


def monthly_stream(operator: MonthlyMean, problem: Problem, source: str = "") -> StreamData:
    """The monthly means of a problem as a stream without values.

    Args:
        source: stream whose parameters the derivation of the field takes; "" for the model.
    """
    places = [_places(block) for block in problem.blocks]
    parts = [
        operator.prepare(of_block, block.domain, None)
        for of_block, block in zip(places, problem.blocks, strict=True)
    ]
    if source:
        of_source = problem.streams[source].parts
        for n, other in enumerate(of_source):
            at: dict[str, Any] = {**parts[n].at, "derived_at": dict(other.at)}
            parts[n] = evolve(parts[n], at=at)
    domain = problem.blocks[0].domain
    together = joined(places)
    return StreamData(
        source, operator, together, tuple(parts), np.arange(len(together)), {},
        padded=domain.months * domain.grid.cells,
    )  # fmt: skip


def _places(block: Block) -> Observations:
    """Every real cell of a block with every month; the label is the cell of the whole grid."""
    domain = block.domain
    grid, days = domain.grid, domain.time[domain.window]
    first = np.searchsorted(domain.month[domain.window], np.arange(domain.months + 1))
    starts, ends = days[first[:-1]], days[first[1:] - 1]
    count = len(block.cells)
    cell = np.repeat(np.arange(count), domain.months)
    nothing = np.full(len(cell), np.nan)
    return Observations(
        values=nothing, sd=nothing, start=np.tile(starts, count), end=np.tile(ends, count),
        latitude=grid.latitude[cell], longitude=grid.longitude[cell], altitude=nothing,
        label=block.cells[cell].astype(str),
    )  # fmt: skip


def joined(parts: list[Observations]) -> Observations:
    """Observations of several blocks in a row."""
    names = ("values", "sd", "start", "end", "latitude", "longitude", "altitude", "label")
    columns: dict[str, Any] = {n: np.concatenate([getattr(p, n) for p in parts]) for n in names}
    return Observations(**columns)


def every_place(problem: Problem) -> Observations:
    """Every cell of the grid with every month, without values."""
    return joined([_places(block) for block in problem.blocks])
