"""A field over areas and days, in the form of an observation operator without observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..core.covariance import Diagonal
from ..core.domain import Grid
from ..core.interfaces import ObservationOperator
from ..core.observations import Observations, Stream
from ..core.variables import Variable
from ..problem.assembled_problem import Problem
from ..problem.blocks import Block
from ..problem.component_results import derived_fields, quantified
from ..problem.stream_data import StreamData
from .statistics import conversion

Array = Any


@frozen(eq=False)
class AreaTarget(ObservationOperator):
    """Totals or means of a field over masks, its mean over the days of a period.

        q_k = sum_t d_t sum_v w_kv F(t, v),     d_t = 1 / days of the period

    with w_kv = c s_k(g) A_g f_v for the total of the column v in cell g, where s_k is the share of
    the cell inside the mask, A_g its area, f_v the share of the column and c the change of units;
    for a mean, divided by the area that the field is defined over inside the mask.

    Args:
        variable: the field, per column area.
        statistic: "total" or "mean".
        shares: share of each cell of the undivided grid in each mask, shape (mask, cell).
        days: weight of each day of lead and window, shape (time,).
        grid: undivided.
        period: what the days are, in the words of the configuration.
        kind: "regions" of a table of all regions, "declared" where it has a name of its own.
        derived_by: the operator that gives the field, where the model does not.
    """

    variable: Variable
    statistic: str
    shares: np.ndarray
    days: np.ndarray
    grid: Grid = field(repr=False)
    period: str = "annual"
    kind: str = "declared"
    derived_by: ObservationOperator | None = None
    observes: Variable = field(init=False)
    requires: tuple[Variable, ...] = field(init=False)
    weights: np.ndarray = field(init=False, repr=False)  # (mask, column) of the whole grid
    scope = "domain"

    @observes.default
    def _target(self) -> Variable:
        return Variable(self.variable.name, self.conversion[1], ("mask",))

    @requires.default
    def _summed(self) -> tuple[Variable, ...]:
        if self.derived_by is not None:
            return self.derived_by.requires
        return (Variable(self.variable.name, self.variable.units, ("time", "column")),)

    @weights.default
    def _weights(self) -> np.ndarray:
        grid = self.grid
        inside = self.shares * grid.area
        columns: np.ndarray = inside[:, grid.column_cell] * grid.column_fraction
        if self.statistic == "total":
            return columns * self.conversion[0]
        area = (columns if self.variable.over == "columns" else inside).sum(axis=1)
        return columns * self.conversion[0] / np.where(area > 0.0, area, 1.0)[:, None]

    @property
    def conversion(self) -> tuple[float, str]:
        """Factor to the unit of the target, and that unit."""
        by_statistic = conversion(self.variable)
        of_target = by_statistic.total if self.statistic == "total" else by_statistic.mean
        assert of_target is not None, "a field without a total was refused before"
        return of_target

    def prepare(self, observations: Observations, domain: Any, prior_fields: Any) -> Stream:
        """One value a mask of the undivided grid. See `at_block` for a part of it."""
        count = len(self.weights)
        return Stream(
            values=observations.values,
            covariance=Diagonal(np.ones(count)),
            at={"days": self.days, "weights": self.weights},
            labels=observations.label,
            index=np.arange(count),
        )

    def at_block(self, observations: Observations, block: Block) -> Stream:
        """The same of a block. The weight of its padding is zero."""
        weights = np.zeros((len(self.weights), block.domain.grid.columns))
        weights[:, : len(block.columns)] = self.weights[:, block.columns]
        stream = self.prepare(observations, None, None)
        return evolve(stream, at={"days": self.days, "weights": weights})

    def observe(
        self, fields: Mapping[str, Any], parameters: Any, at: Mapping[str, Any], xp: Any
    ) -> Array:
        """Totals or means in the unit of `observes`, shape (mask,); they add up over blocks."""
        if self.derived_by is not None:
            inputs = at["derived_at"]
            fields = derived_fields(self.derived_by, fields, parameters, inputs, xp)
        return xp.matmul(at["weights"], xp.matmul(at["days"], fields[self.variable.name]))


@frozen(eq=False)
class QuantityTarget(ObservationOperator):
    """A number that an operator computes from its parameters, likewise.

    Args:
        observes: the number, one of `ObservationOperator.scalars`.
        quantified_by: its operator.
    """

    observes: Variable
    quantified_by: ObservationOperator
    statistic = "total"
    period = "window"
    kind = "declared"
    requires = ()
    scope = "domain"

    def prepare(self, observations: Observations, domain: Any, prior_fields: Any) -> Stream:
        """One value."""
        labels, one = observations.label, Diagonal(np.ones(1))
        return Stream(observations.values, one, at={}, labels=labels, index=np.arange(1))

    def at_block(self, observations: Observations, block: Block) -> Stream:
        """The same for each block."""
        return self.prepare(observations, None, None)

    def observe(
        self, fields: Mapping[str, Any], parameters: Any, at: Mapping[str, Any], xp: Any
    ) -> Array:
        """Zero, because no block contributes; shape (1,)."""
        return xp.zeros(1)

    def complete(self, simulated: Array, parameters: Any, at: Mapping[str, Any], xp: Any) -> Array:
        """The number in the unit of `observes`, shape (1,)."""
        numbers = quantified(self.quantified_by, parameters, at["derived_at"], xp)
        return simulated + xp.reshape(numbers[self.observes.name], (1,))


@frozen(eq=False)
class Target:
    """One target or one table of them, before the grid is divided into blocks.

    Args:
        name: the field with its period, or the name of its table in the configuration.
        operator: field, statistic, place and period.
        labels: of its masks.
        stream: whose operator derives the field or the number; "" where the model provides it.
    """

    name: str
    operator: AreaTarget | QuantityTarget
    labels: Sequence[str]
    stream: str = ""

    def of_problem(self, problem: Problem) -> StreamData:
        """The target as a stream of a problem.

        A derived field has the name of the stream whose parameters and `at` its derivation takes.
        """
        name, count = self.name, len(self.labels)
        day = np.full(count, problem.blocks[0].domain.time[0])
        nowhere = np.full(count, np.nan)
        places = Observations(
            nowhere, np.ones(count), day, day, nowhere, nowhere, nowhere, np.array(self.labels)
        )
        parts = [self.operator.at_block(places, block) for block in problem.blocks]
        if self.stream:
            source = problem.streams[self.stream]
            name = source.name
            for n, of_source in enumerate(source.parts):
                at: dict[str, Any] = {**parts[n].at, "derived_at": dict(of_source.at)}
                parts[n] = evolve(parts[n], at=at)
        return StreamData(name, self.operator, places, tuple(parts), np.arange(count), {})
