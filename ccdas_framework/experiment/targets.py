"""Regional annual means of fields as targets of the uncertainty propagation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ..core.blocks import Block
from ..core.covariance import Diagonal
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.observations import Observations, Stream
from ..core.streams import StreamData
from ..core.variables import Variable

DAYS_PER_YEAR = 365.25
GRAMS_PER_PETAGRAM = 1e15
GLOBAL = "Global"
FLUX = "gC m-2 d-1"  # what can be a target


@attrs.frozen
class RegionalTotal(ObservationOperator):
    """Annual total of a flux over each region, PgC yr-1, the mean over the window.

    Args:
        field: what is summed, gC m-2 d-1 of column area.
    """

    field: str
    observes: Variable = attrs.field(init=False)
    requires: tuple[Variable, ...] = attrs.field(init=False)
    scope = "domain"

    @observes.default
    def _total(self) -> Variable:
        return Variable(self.field, "PgC yr-1", ("region",))

    @requires.default
    def _summed(self) -> tuple[Variable, ...]:
        return (Variable(self.field, FLUX, ("time", "column")),)

    def prepare(self, observations: Observations, domain: Any, prior_fields: Any) -> Stream:
        """One value a region, `observations.label`; see `total_weights`."""
        regions = tuple(str(label) for label in observations.label)
        return Stream(
            values=observations.values,
            covariance=Diagonal(np.ones(len(regions))),
            at=total_weights(domain, regions),
            labels=observations.label,
            index=np.arange(len(regions)),
        )

    def observe(
        self, fields: Mapping[str, Any], parameters: Any, at: Mapping[str, Any], xp: Any
    ) -> Any:
        """Totals (PgC yr-1), shape (region,)."""
        return xp.matmul(at["weights"], xp.matmul(at["days"], fields[self.field]))


def total_weights(domain: Any, regions: Sequence[str]) -> dict[str, np.ndarray]:
    """Weights of days (time,) and of columns (region, column) that turn a daily flux into PgC yr-1.

    Args:
        domain: of the block.
        regions: labels; 'Global' is all cells.
    """
    grid = domain.grid
    days = np.zeros(domain.days)
    days[domain.window] = 1.0 / (domain.days - domain.lead)
    area = grid.area[grid.column_cell] * grid.column_fraction
    label = grid.region[grid.column_cell].astype(str)
    member = np.array([(label == r) | (r == GLOBAL) for r in regions], dtype=float)
    return {"days": days, "weights": member * area * DAYS_PER_YEAR / GRAMS_PER_PETAGRAM}


def regional_targets(
    blocks: Sequence[Block], model: ProcessModel, fields: Sequence[str]
) -> dict[str, StreamData]:
    """A target stream for each field that the model gives, over all regions and the globe."""
    labels = np.concatenate([b.forcing.domain.grid.region.astype(str) for b in blocks])
    regions = [*dict.fromkeys(labels), GLOBAL]
    count = len(regions)
    day = np.full(count, blocks[0].forcing.domain.time[0])
    nowhere = np.full(count, np.nan)
    places = Observations(
        nowhere, np.ones(count), day, day, nowhere, nowhere, nowhere, np.array(regions)
    )
    given = {v.name: v for v in model.provides}
    return {
        name: StreamData(
            name,
            operator := RegionalTotal(name),
            places,
            tuple(operator.prepare(places, b.forcing.domain, None) for b in blocks),
            np.arange(count),
            {},
        )
        for name in fields
        if name in given and given[name].units == FLUX
    }
