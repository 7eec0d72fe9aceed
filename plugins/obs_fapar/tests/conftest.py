"""A made-up domain of three cells and 14 months, and fields on it."""

import numpy as np
import pytest

from ccdas_framework import Grid, Observations
from ccdas_framework.testing import dated_domain


@pytest.fixture
def domain():
    grid = Grid(
        latitude=[60.0, 10.0, -20.0],
        longitude=[10.0, 20.0, 130.0],
        area=[1e10, 2e10, 1e10],
        region=["a", "b", "b"],
        half_width=[[1.0, 1.0]] * 3,
        column_cell=[0, 0, 1, 1, 2],
        column_fraction=[0.5, 0.5, 0.6, 0.2, 0.9],
        column_class=[5, 9, 1, 13, 7],
    )
    return dated_domain(grid, "2010-01", "2011-02", lead=30)


@pytest.fixture
def fields(domain):
    """Absorption, leaves, snow and rain that differ in every column, with a season."""
    day = np.arange(domain.days)[:, None]
    column = np.arange(domain.grid.columns)
    season = np.sin(2 * np.pi * day / 365.0 + column)
    return {
        "fapar": 0.4 + 0.05 * column + 0.2 * season,
        "fapar_diffuse": 0.45 + 0.05 * column + 0.2 * season,
        "lai": 1.0 + 0.2 * column + 0.8 * season,
        "snow": np.where(column < 2, np.maximum(30.0 - 0.5 * day, 0.0), 0.0),
        "precipitation": 2.0 + column + 0.0 * day,
    }


@pytest.fixture
def monthly(domain):
    """A function: the 14 monthly observations of one cell."""

    def make(cell, value=0.5, sd=np.nan, **extra):
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
            label=np.full(count, "x"),
            extra={name: np.broadcast_to(given, count) for name, given in extra.items()},
        )

    return make
