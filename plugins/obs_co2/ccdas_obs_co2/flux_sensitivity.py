"""Contribution of land and prescribed emissions to each observation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


def land_inputs(
    jacobian: TransportJacobian,
    station: np.ndarray,
    month: np.ndarray,
    domain: Domain,
    before: int,
) -> dict[str, np.ndarray]:
    """Inputs of `land_contribution` of one block.

    The responses of a station come back each year. They are held once for each calendar month, so
    that they do not grow with the length of the window.

    Args:
        jacobian: responses of the stations.
        station: row in the Jacobian of each observation, shape (obs,).
        month: month of the window of each observation, shape (obs,).
        domain: domain of the block.
        before: months before the window whose fluxes count.

    Returns:
        response: of a station to the uptake of each cell, ppm per (gC m-2 month-1), negative,
            shape (calendar month, station, lag, cell). Calendar months and stations are those of
            the observations, the stations of each calendar month in a row of their own.
        past_month: months that a response meets, counted from `before` the window, shape
            (calendar month, year, lag).
        past_weight: 0 for those that no month of the table is, else 1; the same shape.
        folding: `month_folding`.
        place: of each observation in (calendar month, station, year) as one number, (obs,).
        emission: kgC per (gC m-2) of uptake, shape (cell,).
        older: response to uptake that is older than the table, ppm per kgC, (obs, months).
    """
    grid, lags = domain.grid, jacobian.response.shape[2]
    shares = cell_shares(grid.latitude, grid.longitude, grid.half_width, jacobian.grid)
    shares = shares.reshape(grid.cells, -1)
    boxes = np.flatnonzero(shares.any(axis=0))  # few of those of the globe
    emission = -KG_PER_G * grid.area
    shares = shares[:, boxes] * emission[:, None]
    folding = month_folding(domain, before)
    used_lags = min(lags, len(folding))
    calendars, calendar = np.unique(_calendar_month(domain, month), return_inverse=True)
    row, _, _ = _rows(calendar, station)
    response = np.zeros((len(calendars), int(row.max(initial=0)) + 1, used_lags, grid.cells))
    for q, r, s in sorted({*zip(calendar.tolist(), row.tolist(), station.tolist(), strict=True)}):
        table = jacobian.response[s, calendars[q], :used_lags]
        response[q, r] = table.reshape(used_lags, -1)[:, boxes] @ shares.T
    year, of_calendar, of_month = _rows(calendar, month)
    years = int(year.max(initial=0)) + 1
    last = np.full((len(calendars), years), -1)  # before any month: no response
    last[of_calendar, _rank(of_calendar)] = before + of_month
    past = last[..., None] - np.arange(used_lags)
    counted = np.arange(len(folding)) <= (before + month - lags)[:, None]
    return {
        "response": response,
        "past_month": np.maximum(past, 0),
        "past_weight": (past >= 0).astype(float),
        "folding": folding,
        "place": (calendar * response.shape[1] + row) * years + year,
        "emission": emission,
        "older": jacobian.well_mixed * (counted.astype(float) @ folding),
    }


def land_contribution(uptake: Any, at: Mapping[str, Any], xp: Any) -> Any:
    """Contribution of the land of a block to each observation (ppm), shape (obs,).

    Args:
        uptake: NEP of each month of the window (gC m-2 month-1), shape (months, cell).
        at: of `land_inputs`.
    """
    calendars, stations, lags, cells = at["response"].shape
    years = at["past_month"].shape[1]
    past = xp.matmul(at["folding"], uptake)[at["past_month"]] * at["past_weight"][..., None]
    past = xp.swapaxes(xp.reshape(past, (calendars, years, lags * cells)), 1, 2)
    response = xp.reshape(at["response"], (calendars, stations, lags * cells))
    recent = xp.reshape(xp.matmul(response, past), (calendars * stations * years,))
    older = xp.matmul(at["older"], xp.matmul(uptake, at["emission"]))
    return recent[at["place"]] + older


def weighted_land_inputs(at: Mapping[str, np.ndarray], weight: np.ndarray) -> dict[str, np.ndarray]:
    """`response`, `place` and `older` of sums of observations of the same month.

    Args:
        at: of `land_inputs`, of all parts, those of a sum one after the other.
        weight: of each part, shape (sum, part).
    """
    calendars, stations, *others = at["response"].shape
    years = at["past_month"].shape[1]
    place = at["place"].reshape(weight.shape)
    calendar, station, year = np.unravel_index(place, (calendars, stations, years))
    first = calendar[:, 0]
    row = _rank(first)
    response = np.zeros((calendars, int(row.max(initial=0)) + 1, *others))
    response[first, row] = np.einsum("op,op...->o...", weight, at["response"][calendar, station])
    return {
        "response": response,
        "place": (first * response.shape[1] + row) * years + year[:, 0],
        "older": np.einsum("op,op...->o...", weight, at["older"].reshape(*weight.shape, -1)),
    }


def _rows(group: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number of each value among the different ones of its group; these groups and values."""
    pairs, inverse = np.unique(np.stack([group, value]), axis=1, return_inverse=True)
    return _rank(pairs[0])[inverse.reshape(-1)], pairs[0], pairs[1]


def _rank(group: np.ndarray) -> np.ndarray:
    """Number of each entry within its group, from 0, in the given order; shape of `group`."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    rank = np.empty(len(group), dtype=int)
    rank[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered)
    return rank


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
        jacobian, station, month, domain, before: as for `land_inputs`.
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
