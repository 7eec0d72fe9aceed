"""A monthly climate with its vegetation on a grid of cells, and the rules that complete it."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from .cell_grid import TM2, CellGrid, fill_from_nearest
from .plant_types import leading_types

STATION_SCALE = 1.2  # diurnal range at a station over that of a 0.5 degree cell (1)
FEWEST_WET_DAYS = 0.02  # share of days; keeps the amount on a wet day finite


def _array(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, dtype=float)


@frozen(eq=False)
class MonthlyClimate:
    """Climate and vegetation of cells of a grid.

    Args:
        number: of each cell in `grid`, shape (cell,).
        elevation: m, shape (cell,).
        tas, pr, rsds: monthly mean temperature (degC), precipitation (mm d-1) and shortwave
            (W m-2), shape (month, cell).
        rsds_daily_sd: standard deviation of daily shortwave within the month (W m-2), same shape.
        column_cell, column_class, column_fraction: index of the cell, plant functional type and
            share of the cell's area (1) of each column, shape (column,).
        grid: that the cells belong to.
    """

    number: np.ndarray = field(converter=np.asarray)
    elevation: np.ndarray = field(converter=_array)
    tas: np.ndarray = field(converter=_array)
    pr: np.ndarray = field(converter=_array)
    rsds: np.ndarray = field(converter=_array)
    rsds_daily_sd: np.ndarray = field(converter=_array)
    column_cell: np.ndarray = field(converter=np.asarray)
    column_class: np.ndarray = field(converter=np.asarray)
    column_fraction: np.ndarray = field(converter=_array)
    grid: CellGrid = TM2

    @property
    def latitude(self) -> np.ndarray:
        """Of the cell centres (degrees north), shape (cell,)."""
        return self.grid.latitudes[self.number // self.grid.shape[1]]

    @property
    def longitude(self) -> np.ndarray:
        """Of the cell centres (degrees east), shape (cell,)."""
        return self.grid.longitudes[self.number % self.grid.shape[1]]

    @property
    def area(self) -> np.ndarray:
        """Of the cells (m2), shape (cell,)."""
        return self.grid.cell_area().ravel()[self.number]


def aggregate(
    types: np.ndarray,
    fields: dict[str, np.ndarray],
    weight: np.ndarray,
    grid: CellGrid = TM2,
    least_vegetated: float = 0.07,
) -> MonthlyClimate:
    """The cells whose vegetated share exceeds a limit, with their climate and columns.

    Small islands and coasts beside the land of the climate have that of the nearest cell.

    Args:
        types: area of each plant functional type on half a degree (m2), shape (13, 360, 720).
        fields: `elevation` (360, 720); `tas`, `pr`, `rsds`, `rsds_daily_sd` (12, 360, 720); all
            on the 0.5 degree grid, NaN where unknown.
        weight: of each cell of that grid in the means (its vegetated area, m2).
        grid: of the cells.
        least_vegetated: smallest vegetated share of a cell (1).
    """
    areas = np.stack([grid.cell_sum(area) for area in types])
    shares = areas / grid.cell_area().ravel()
    number = np.flatnonzero(shares.sum(axis=0) > least_vegetated)
    columns = [
        (cell, kind, share)
        for cell, place in enumerate(number)
        for kind, share in leading_types(shares[:, place])
    ]
    monthly = {
        name: cell_means(fields[name], weight, grid, number)
        for name in ("tas", "pr", "rsds", "rsds_daily_sd")
    }
    cells, kinds, parts = zip(*columns, strict=True)
    return MonthlyClimate(
        number=number,
        elevation=cell_means(fields["elevation"][None], weight, grid, number)[0],
        column_cell=np.array(cells),
        column_class=np.array(kinds),
        column_fraction=np.minimum(np.array(parts), 1.0),
        grid=grid,
        **monthly,
    )


def cell_means(
    fields: np.ndarray, weight: np.ndarray, grid: CellGrid, number: np.ndarray
) -> np.ndarray:
    """Means of maps over some cells; a cell without a value has that of the nearest one.

    Args:
        fields: on half a degree, NaN where unknown, shape (map, 360, 720).
        weight: of each cell of half a degree in the means.
        grid: of the cells.
        number: of the cells in `grid`, shape (cell,).

    Returns:
        Shape (map, cell).
    """
    means = np.stack([grid.cell_mean(field, weight)[number] for field in fields])
    row, column = np.divmod(number, grid.shape[1])
    needed = np.ones(len(number), dtype=bool)
    valid = np.isfinite(means).all(axis=0)
    return fill_from_nearest(means, valid, needed, grid.latitudes[row], grid.longitudes[column])


def wet_day_frequency(pr: np.ndarray) -> np.ndarray:
    """Share of days with more than 0.1 mm (1), from monthly precipitation (mm d-1).

        f_w = 1 - exp(-0.34 P^0.54)

    Fitted to daily records of flux towers (standard deviation 0.15); this project's own.
    """
    return np.clip(1.0 - np.exp(-0.34 * np.maximum(pr, 0.0) ** 0.54), FEWEST_WET_DAYS, 0.95)


def diurnal_range_from_clearness(clearness: np.ndarray) -> np.ndarray:
    """Monthly mean diurnal temperature range (K) from the clearness of the sky.

        DTR = (0.86 r / 0.18)^2, within 4 to 15 K

    with r (1) the shortwave over that of a clear sky, 0.86 the transmission of a clear sky and
    0.18 K^-0.5 between the coefficients for the interior (0.16) and for coasts (0.19).

    Source: Hargreaves and Samani (1985), Appl. Eng. Agric. 1, 96-99, as in Allen et al. (1998),
    FAO Irrigation and Drainage Paper 56, equation 50, solved for the range; limits our own.
    At fourteen flux towers it is 0.1 K too small in the mean of all months, standard deviation 1.6.
    """
    return np.clip((0.86 * clearness / 0.18) ** 2, 4.0, 15.0)


def diurnal_range_from_sunshine(
    sunshine: np.ndarray, tas: np.ndarray, pr: np.ndarray
) -> np.ndarray:
    """Monthly mean diurnal temperature range (K) from the sunshine of the month.

        DTR = 1.2 (2.71 + 0.111 sunshine + 0.051 T - 1.75 ln(1 + P)), at least 3 K

    Args:
        sunshine: per cent of what is possible.
        tas: T (degC).
        pr: P (mm d-1).

    Fitted to gridded weather at 149 flux sites (R2 0.71, standard deviation 1.8 K), whose range
    is smaller than that of a station: hence the factor. At fourteen towers it is 0.1 K too large
    in the mean of all months, standard deviation 1.6. This project's own.
    """
    fitted = 2.71 + 0.111 * sunshine + 0.051 * tas - 1.75 * np.log1p(np.maximum(pr, 0.0))
    return np.maximum(STATION_SCALE * fitted, 3.0)
