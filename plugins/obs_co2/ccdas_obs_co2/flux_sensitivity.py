"""Each observation's sensitivity to the production of each cell and window month."""

from __future__ import annotations

import numpy as np
from ccdas_transport import DAYS_OF_MONTH, TransportJacobian, cell_shares

from ccdas_framework import Domain

KG_PER_G = 1e-3


def month_folding(domain: Domain, before: int) -> np.ndarray:
    """Weights that make land fluxes of all months from those of the window.

    The months of the window represent themselves. If the window holds only some days of its first
    or last month, their sum is scaled up to the full month. Each month before the window repeats
    the mean daily flux of the same calendar month of the window's first year, or, where that year
    has no such month, the mean daily flux of the entire window. Its length is that of its calendar
    month.

    Args:
        domain: domain with the window.
        before: months before the window.

    Returns:
        Monthly sums per monthly sum (1), shape (before + months, months).
    """
    month = domain.month[domain.window]
    months = domain.months
    length = np.bincount(month, minlength=months).astype(float)
    calendar = domain.month_of_year[domain.window][np.searchsorted(month, np.arange(months))] - 1
    folding = np.zeros((before + months, months))
    folding[before:] = np.diag(_calendar_length(domain) / length)
    first_year = calendar[:12]
    for row in range(before):
        row_calendar = (calendar[0] - before + row) % 12
        same = np.flatnonzero(first_year == row_calendar)
        if len(same):
            folding[row, same[0]] = DAYS_OF_MONTH[row_calendar] / length[same[0]]
        else:
            folding[row] = DAYS_OF_MONTH[row_calendar] / length.sum()
    return folding


def _calendar_length(domain: Domain) -> np.ndarray:
    """Days of the calendar months of the window, inside it or not, shape (months,)."""
    month = domain.month[domain.window]
    first = domain.time[domain.window][np.searchsorted(month, np.arange(domain.months))]
    calendar = first.astype("datetime64[M]")
    next_first = (calendar + 1).astype("datetime64[D]")
    return (next_first - calendar.astype("datetime64[D]")).astype(float)


def response_series(response: np.ndarray, well_mixed: float, months: int) -> np.ndarray:
    """Response to each of `months` months that end with the observation's, oldest first.

    Args:
        response: response by lag, shape (lag, ...).
        well_mixed: response to emissions older than the table.
        months: number of months, shape of the result (months, ...).
    """
    recent = response[:months][::-1]
    older = np.full((months - len(recent), *response.shape[1:]), well_mixed)
    return np.concatenate([older, recent])


def land_sensitivity(
    jacobian: TransportJacobian,
    station: np.ndarray,
    month: np.ndarray,
    domain: Domain,
    before: int,
) -> np.ndarray:
    """d(mole fraction) / d(monthly NEP): ppm per (gC m-2 month-1), shape (obs, month, cell).

    NEP > 0 is uptake, so entries are negative. Months before the window are folded onto it.

    Args:
        jacobian: responses of the stations.
        station: row in the Jacobian of each observation, shape (obs,).
        month: month of the window of each observation, shape (obs,).
        domain: domain of the block.
        before: months before the window whose fluxes count.
    """
    grid = domain.grid
    shares = cell_shares(grid.latitude, grid.longitude, grid.half_width, jacobian.grid)
    shares = shares.reshape(grid.cells, -1)
    boxes = np.flatnonzero(shares.any(axis=0))  # few of those of the globe
    shares = shares[:, boxes]
    emission = -KG_PER_G * grid.area  # kgC per (gC m-2) of uptake
    folding = month_folding(domain, before)
    calendar = _calendar_month(domain, month)
    out = np.zeros((len(station), domain.months, grid.cells))
    cell_responses: dict[tuple[int, int], np.ndarray] = {}
    for obs, (row, calendar_month, window_month) in enumerate(
        zip(station, calendar, month, strict=True)
    ):
        key = row, calendar_month
        if key not in cell_responses:
            table = jacobian.response[row, calendar_month]
            cell_responses[key] = table.reshape(len(table), -1)[:, boxes] @ shares.T
        count = before + window_month + 1
        series = response_series(cell_responses[key], jacobian.well_mixed, count)
        out[obs] = (folding[:count].T @ series) * emission
    return out


def prescribed_contributions(
    jacobian: TransportJacobian,
    station: np.ndarray,
    month: np.ndarray,
    domain: Domain,
    before: int,
    emissions: np.ndarray,
) -> np.ndarray:
    """Contribution of each prescribed emission to each observation (ppm), shape (obs, emission).

    Args:
        jacobian, station, month, domain, before: as for `land_sensitivity`.
        emissions: kgC per month on the transport grid, the months before the window first,
            shape (emission, before + months, latitude, longitude).
    """
    calendar = _calendar_month(domain, month)
    by_month = np.moveaxis(emissions.reshape(*emissions.shape[:2], -1), 0, -1)
    past = np.concatenate([np.zeros((1, len(emissions))), np.cumsum(by_month.sum(axis=1), axis=0)])
    out = np.zeros((len(station), len(emissions)))
    for obs, (row, calendar_month, window_month) in enumerate(
        zip(station, calendar, month, strict=True)
    ):
        count = before + window_month + 1
        table = jacobian.response[row, calendar_month]
        length = min(len(table), count)
        recent = by_month[count - length : count].reshape(-1, len(emissions))
        response = table[:length][::-1].reshape(-1)
        out[obs] = response @ recent + jacobian.well_mixed * past[count - length]
    return out


def _calendar_month(domain: Domain, month: np.ndarray) -> np.ndarray:
    """Calendar month (0..11) of months of the window."""
    first = domain.month_of_year[domain.window][0] - 1
    return (first + np.asarray(month, dtype=int)) % 12
