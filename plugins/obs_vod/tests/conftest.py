"""A made-up domain of three cells: 365 days of lead and 14 months of window."""

import numpy as np
import pytest

from ccdas_framework import Grid, Observations
from ccdas_framework.testing import dated_domain

LEAD = 365


@pytest.fixture
def domain():
    grid = Grid(
        latitude=[50.0, 10.0, -20.0],
        longitude=[10.0, 20.0, 130.0],
        area=[1e10, 2e10, 1e10],
        region=["a", "b", "b"],
        half_width=[[1.0, 1.0]] * 3,
        column_cell=[0, 0, 1, 1, 2],
        column_fraction=[0.5, 0.5, 0.6, 0.2, 0.9],
        column_class=[5, 9, 1, 13, 7],
    )
    return dated_domain(grid, "2010-01", "2011-02", lead=LEAD)


@pytest.fixture
def fields(domain):
    """Production and leaves that differ in every column, with a season and a trend."""
    day = np.arange(domain.days)[:, None]
    column = np.arange(domain.grid.columns)
    season = np.sin(2 * np.pi * day / 365.0 + column)
    return {
        "npp": 1.5 + 0.3 * column + 1.2 * season + 0.001 * day,
        "lai": 2.0 + 0.2 * column + 0.8 * season,
        "air_temperature": np.where(column < 2, -5.0 + 15.0 * np.sin(np.pi * day / 365.0) ** 2, 25),
    }


@pytest.fixture
def parameters(domain):
    """Prior means as the core hands them out, D_0 moved away from zero."""
    kind = domain.grid.column_class
    tau = np.array([8.0, 5, 5, 7, 5.5, 5, 2, 1, 0.25, 0.25, 0.7, 0.6, 0.3])[kind - 1]
    vod_per_lai = 0.06 + 0.01 * np.arange(len(kind))
    return {"tau_eff": tau, "D_0": vod_per_lai, "a": np.array(0.81759), "b": np.array(0.0087253)}


@pytest.fixture
def monthly(domain):
    """A function: the 14 monthly observations of one cell."""

    def make(cell, label="x", value=0.5, sd=np.nan, **extra):
        month = np.arange(np.datetime64("2010-01"), np.datetime64("2011-03"))
        count = len(month)
        return Observations(
            values=np.broadcast_to(value, count),
            sd=np.broadcast_to(sd, count),
            start=month.astype("datetime64[D]"),
            end=(month + 1).astype("datetime64[D]") - 1,
            latitude=np.full(count, domain.grid.latitude[cell]),
            longitude=np.full(count, domain.grid.longitude[cell]),
            altitude=np.full(count, np.nan),
            label=np.full(count, label),
            extra={name: np.broadcast_to(given, count) for name, given in extra.items()},
        )

    return make
