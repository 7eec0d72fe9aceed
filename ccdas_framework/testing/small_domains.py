"""Small domains with real dates and observations in them, for the tests of a component."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.domain import Domain, Grid
from ..core.observations import Observations


def three_cells(classes: Sequence[Any] = (1, 2, 3, 4, 5)) -> Grid:
    """A grid of three cells far apart: full, with bare ground between two columns, of one column.

    Args:
        classes: of the five columns, two of the first cell, two of the second, one of the third.
    """
    return Grid(
        latitude=[60.0, 10.0, -20.0],
        longitude=[10.0, 20.0, 130.0],
        area=[1e10, 2e10, 1e10],
        region=["a", "b", "b"],
        half_width=[[1.0, 1.0]] * 3,
        column_cell=[0, 0, 1, 1, 2],
        column_fraction=[0.5, 0.5, 0.6, 0.2, 0.9],
        column_class=list(classes),
    )


def dated_domain(grid: Grid, first: str, last: str, lead: int = 0) -> Domain:
    """Domain with a window of calendar dates and a lead.

    Args:
        grid: cells and columns.
        first, last: first and last day of the window, such as '2010-01-01', or months ('2010-01').
        lead: number of days before the window.

    Returns:
        Months and years count from those of the first day of the window; 29 February has the day
        of year of the day before.
    """
    start = np.datetime64(first).astype("datetime64[D]")
    end = (np.datetime64(last) + 1).astype("datetime64[D]")
    time = np.arange(start - lead, end)
    years, months = time.astype("datetime64[Y]"), time.astype("datetime64[M]")
    day = (time - years.astype("datetime64[D]")).astype(int) + 1
    length = (years + 1).astype("datetime64[D]") - years.astype("datetime64[D]")
    leap = (length.astype(int) == 366) & (day >= 60)
    return Domain(
        grid=grid,
        time=time,
        lead=lead,
        day_of_year=np.where(leap, day - 1, day),
        month=(months - months[lead]).astype(int),
        month_of_year=months.astype(int) % 12 + 1,
        year=(years - years[lead]).astype(int),
        year_number=years.astype(int) + 1970,
    )


def cell_observations(
    domain: Domain,
    cell: int,
    start: Any,
    values: Any = np.nan,
    sd: Any = np.nan,
    *,
    end: Any = None,
    label: str = "x",
    **extra: Any,
) -> Observations:
    """Observations of one cell, one for each day or month of `start`.

    Args:
        domain: domain with the cell.
        cell: number of the cell.
        start: first day of each, datetime64[D], or its whole month, datetime64[M], shape (obs,).
        values, sd: of each, or one for all; NaN is unknown.
        end: last day of each, shape (obs,); by default that of its day or month.
        label: of all of them.
        extra: further variables of a file, of each, or one for all.
    """
    first = np.asarray(start)
    last = (first + 1).astype("datetime64[D]") - 1 if end is None else np.asarray(end)
    count = len(first)
    return Observations(
        values=np.broadcast_to(values, count),
        sd=np.broadcast_to(sd, count),
        start=first.astype("datetime64[D]"),
        end=last.astype("datetime64[D]"),
        latitude=np.full(count, domain.grid.latitude[cell]),
        longitude=np.full(count, domain.grid.longitude[cell]),
        altitude=np.full(count, np.nan),
        label=np.full(count, label),
        extra={name: np.broadcast_to(further, count) for name, further in extra.items()},
    )
