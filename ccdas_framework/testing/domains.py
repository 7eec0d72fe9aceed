"""Small domains with real dates, for the tests of a component."""

from __future__ import annotations

import numpy as np

from ..core.domain import Domain, Grid


def dated_domain(grid: Grid, first: str, last: str, lead: int = 0) -> Domain:
    """A domain over a window of real dates, and the days before it.

    Args:
        grid: cells and columns.
        first, last: days of the window, such as '2010-01-01', or whole months ('2010-01'); both
            belong to it.
        lead: days before it.

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
