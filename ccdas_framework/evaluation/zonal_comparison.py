"""Monthly sums of a field by latitude, compared with published ones."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from attrs import frozen

from ..core.domain import Domain, Grid
from ..core.variables import Variable
from ..grids import complete_months, days_in_month, row_shares
from ..io.reference_fields import Reference
from ..outputs.monthly_fields import monthly_field
from ..problem.assembled_problem import Problem
from ..targets.statistics import conversion

RUNS = ("prior", "posterior")
EVERYWHERE = "all"  # the last band: all latitudes


@frozen(eq=False)
class ZonalEvaluation:
    """A field summed by latitude before and after, and references on the same rows and months.

    Every array of sums is over all its rows or bands; bands are from south to north, and the last
    is all of them together. Averages over months weight each by its days.

    Args:
        quantity: what is compared, with its sign.
        units: of all sums.
        names: of the references, shape (reference,).
        months: that all have, datetime64[M], shape (time,).
        rows: edges of the rows of latitude from south to north (degrees), shape (row + 1,).
        bands: edges of the bands (degrees), shape (band,).
        simulated: shape (run, time, row); runs are prior and posterior.
        reference: shape (reference, time, row).
        simulated_band, reference_band: shape (run, time, band), (reference, time, band).
        area: of the cells of the run by row (m2), shape (row,).
        note: what a reader of the comparison must know.
        attributes: of the file of the references.
    """

    quantity: str
    units: str
    names: tuple[str, ...]
    months: np.ndarray
    rows: np.ndarray
    bands: np.ndarray
    simulated: np.ndarray
    reference: np.ndarray
    simulated_band: np.ndarray
    reference_band: np.ndarray
    area: np.ndarray
    note: str = ""
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def band_names(self) -> tuple[str, ...]:
        """The bands as a reader calls them, '30N-60N'; the last is 'all'."""
        edges = [_degrees(edge) for edge in self.bands]
        return (*(f"{south}-{north}" for south, north in pairwise(edges)), EVERYWHERE)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Mean over the months, weighted by their days, shape (..., band) of (..., time, band)."""
        days = days_in_month(self.months).astype(float)
        return np.asarray(np.tensordot(values, days / days.sum(), axes=([-2], [0])))

    def season(self, values: np.ndarray) -> np.ndarray:
        """Mean of each calendar month, shape (..., 12, band); NaN where none is there."""
        month = self.months.astype(int) % 12
        out = np.full((*values.shape[:-2], 12, values.shape[-1]), np.nan)
        for number in np.unique(month):
            out[..., number, :] = values[..., month == number, :].mean(axis=-2)
        return out

    def amplitude(self, values: np.ndarray) -> np.ndarray:
        """Highest less lowest month of the mean season, shape (..., band); NaN without a year."""
        season = self.season(values)
        return np.asarray(season.max(axis=-2) - season.min(axis=-2))  # NaN where a month is missing

    @property
    def mean_season_correlation(self) -> np.ndarray:
        """Correlation of the mean season with that of the mean of the references, (run, band)."""
        reference = self.season(self.reference_band.mean(axis=0))
        return correlation(self.season(self.simulated_band), reference[None])

    def scores(self) -> dict[str, np.ndarray]:
        """Bias, root-mean-square error and correlation of months, and those of the mean season.

        Each of shape (run, reference, band); those of the season after its mean is taken off, NaN
        where the months are not a whole year.
        """
        difference = self.simulated_band[:, None] - self.reference_band[None]
        seasons = [self.season(v) for v in (self.simulated_band, self.reference_band)]
        before, other = (s - s.mean(axis=-2, keepdims=True) for s in seasons)
        return {
            "bias": self.mean(difference),
            "rmse": np.sqrt(self.mean(difference**2)),
            "correlation": correlation(self.simulated_band[:, None], self.reference_band[None]),
            "season_rmse": np.sqrt(np.mean((before[:, None] - other[None]) ** 2, axis=-2)),
            "season_correlation": correlation(before[:, None], other[None]),
        }


@frozen(eq=False)
class ByLatitude:
    """References to compare a field with, summed over rows and bands of latitude.

    Args:
        variable: the field; a rate or amount per area.
        sign: -1 where the references count the other direction as positive.
        bands: edges from south to north (degrees).
        reference: as read, in the unit of the field's total.
        domain: of the whole grid.
        note: what a reader must know.
    """

    variable: Variable
    sign: int
    bands: tuple[float, ...]
    reference: Reference
    domain: Domain
    note: str = ""

    def prepared(self, problem: Problem) -> Callable[[np.ndarray, np.ndarray], ZonalEvaluation]:
        """The comparison of two points x."""

        def compare(x0: np.ndarray, x: np.ndarray) -> ZonalEvaluation:
            return self.compared(
                *(monthly_field(problem, point, self.variable) for point in (x0, x))
            )

        return compare

    def compared(self, prior: np.ndarray, posterior: np.ndarray) -> ZonalEvaluation:
        """The comparison of two fields, monthly means of each cell of shape (month, cell)."""
        total = conversion(self.variable).total
        assert total is not None, "a field without a total was refused before"
        grid, reference = self.domain.grid, self.reference
        of_run, of_reference = common_months(self.domain, reference.months)
        amounts = self.sign * total[0] * grid.area * np.stack([prior, posterior])[:, of_run]
        rows, bands = row_edges(grid), np.array(self.bands, dtype=float)
        of_rows = cell_shares(grid, rows)
        published = reference.values[:, of_reference]

        def shares(edges: np.ndarray) -> np.ndarray:
            return row_shares(reference.south, reference.north, edges, weight="degrees")

        def with_sum(values: np.ndarray) -> np.ndarray:
            return np.concatenate([values, values.sum(axis=-1, keepdims=True)], axis=-1)

        return ZonalEvaluation(
            quantity=reference.long_name,
            units=total[1],
            names=reference.names,
            months=reference.months[of_reference],
            rows=rows,
            bands=bands,
            simulated=amounts @ of_rows.T,
            reference=published @ shares(rows).T,
            simulated_band=with_sum(amounts @ cell_shares(grid, bands).T),
            reference_band=with_sum(published @ shares(bands).T),
            area=of_rows @ grid.area,
            note=self.note,
            attributes=tuple(
                (name, str(reference.attributes[name]))
                for name in ("title", "source", "credits", "comment")
                if name in reference.attributes
            ),
        )


def common_months(domain: Domain, months: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the months that both have, in the window and among `months`."""
    of_window = complete_months(domain.time[domain.window])  # NaT where a month is cut
    _, in_window, among_months = np.intersect1d(of_window, months, return_indices=True)
    return in_window, among_months


def row_edges(grid: Grid) -> np.ndarray:
    """Rows of latitude as high as the highest cell (degrees), at least one degree."""
    height = max(1.0, 2.0 * float(np.max(grid.half_width[:, 0])))
    return np.linspace(-90.0, 90.0, max(1, round(180.0 / height)) + 1)


def cell_shares(grid: Grid, edges: np.ndarray) -> np.ndarray:
    """Share of the area of each cell between two latitudes (1), shape (interval, cell)."""
    south = np.maximum(grid.latitude - grid.half_width[:, 0], -90.0)
    north = np.minimum(grid.latitude + grid.half_width[:, 0], 90.0)
    return row_shares(south, north, edges, weight="area")


def correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Correlation over the last axis but one; NaN where one is constant or has under 3 values."""
    a = first - first.mean(axis=-2, keepdims=True)
    b = second - second.mean(axis=-2, keepdims=True)
    size = np.sqrt((a**2).sum(axis=-2) * (b**2).sum(axis=-2))
    enough = (size > 0.0) & (first.shape[-2] > 2)
    return np.asarray(np.where(enough, (a * b).sum(axis=-2) / np.where(enough, size, 1.0), np.nan))


def _degrees(latitude: float) -> str:
    return f"{abs(latitude):g}{'N' if latitude > 0 else 'S' if latitude < 0 else ''}"
