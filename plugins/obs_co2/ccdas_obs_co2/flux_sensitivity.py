"""Each observation's sensitivity to the production of each cell and window month."""

from __future__ import annotations

import numpy as np
from ccdas_transport import DAYS_OF_MONTH, cell_shares

KG_PER_G = 1e-3


def month_folding(domain, before):
    """Weights that make land fluxes of all months from those of the window.

    The months of the window stand for themselves; the first and the last, where the window holds
    only some of their days, are scaled up to the whole month. Each month before it repeats the mean
    daily flux of the same calendar month of the window's first year, or, where that year has no
    such month, the mean daily flux of the whole window; its length is that of its calendar month.

    Args:
        domain: its window.
        before: months before the window.

    Returns:
        Monthly sums per monthly sum (1), shape (before + months, months).
    """
    month = domain.month[domain.window]
    months = domain.months
    length = np.bincount(month, minlength=months).astype(float)
    calendar = domain.month_of_year[domain.window][np.searchsorted(month, np.arange(months))] - 1
    folding = np.zeros((before + months, months))
    folding[before:] = np.diag(_whole_length(domain) / length)
    first_year = calendar[:12]
    for row in range(before):
        wanted = (calendar[0] - before + row) % 12
        same = np.flatnonzero(first_year == wanted)
        if len(same):
            folding[row, same[0]] = DAYS_OF_MONTH[wanted] / length[same[0]]
        else:
            folding[row] = DAYS_OF_MONTH[wanted] / length.sum()
    return folding


def _whole_length(domain):
    """Days of the calendar months of the window, held by it or not, shape (months,)."""
    month = domain.month[domain.window]
    first = domain.time[domain.window][np.searchsorted(month, np.arange(domain.months))]
    calendar = first.astype("datetime64[M]")
    next_first = (calendar + 1).astype("datetime64[D]")
    return (next_first - calendar.astype("datetime64[D]")).astype(float)


def response_series(response, well_mixed, months):
    """Response to each of `months` months ending with that of the observation, oldest first.

    Args:
        response: by lag, shape (lag, ...).
        well_mixed: response to what is older than the table.
        months: how many, shape of the answer (months, ...).
    """
    held = response[:months][::-1]
    older = np.full((months - len(held), *response.shape[1:]), well_mixed)
    return np.concatenate([older, held])


def land_sensitivity(jacobian, station, month, domain, before):
    """d(mole fraction) / d(monthly NEP): ppm per (gC m-2 month-1), shape (obs, month, cell).

    NEP > 0 is uptake, so entries are negative. Months before the window are folded onto it.

    Args:
        jacobian: of the stations.
        station: of each observation, its row in the Jacobian, shape (obs,).
        month: of the window, of each observation, shape (obs,).
        domain: of the block.
        before: months before the window whose fluxes count.
    """
    grid = domain.grid
    shares = cell_shares(grid.latitude, grid.longitude, grid.half_width, jacobian.grid)
    shares = shares.reshape(grid.cells, -1)
    boxes = np.flatnonzero(shares.any(axis=0))  # few of those of the globe
    shares = shares[:, boxes]
    emitted = -KG_PER_G * grid.area  # kgC per (gC m-2) of uptake
    folding = month_folding(domain, before)
    calendar = _calendar_month(domain, month)
    out = np.zeros((len(station), domain.months, grid.cells))
    seen = {}
    for obs, (row, of_year, of_window) in enumerate(zip(station, calendar, month, strict=True)):
        if (row, of_year) not in seen:
            table = jacobian.response[row, of_year]
            seen[row, of_year] = table.reshape(len(table), -1)[:, boxes] @ shares.T
        count = before + of_window + 1
        series = response_series(seen[row, of_year], jacobian.well_mixed, count)
        out[obs] = (folding[:count].T @ series) * emitted
    return out


def background_contribution(jacobian, station, month, domain, before, emissions):
    """What prescribed emissions add to each observation (ppm), shape (obs,).

    Args:
        jacobian, station, month, domain, before: as for `land_sensitivity`.
        emissions: kgC per month on the transport grid, the months before the window first,
            shape (before + months, latitude, longitude).
    """
    calendar = _calendar_month(domain, month)
    total = np.zeros(len(station))
    for obs, (row, of_year, of_window) in enumerate(zip(station, calendar, month, strict=True)):
        count = before + of_window + 1
        table = jacobian.response[row, of_year]
        held = min(len(table), count)
        recent, older = emissions[count - held : count], emissions[: count - held]
        total[obs] = np.sum(table[:held][::-1] * recent) + jacobian.well_mixed * older.sum()
    return total


def _calendar_month(domain, month):
    """Calendar month (0..11) of each month of the window that is asked for."""
    first = domain.month_of_year[domain.window][0] - 1
    return (first + np.asarray(month, dtype=int)) % 12
