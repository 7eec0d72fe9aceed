"""A synthetic domain of two cells and three columns: a year of lead and 14 months of window."""

import numpy as np
import pytest

from ccdas_framework import Grid
from ccdas_framework.testing import cell_observations, dated_domain

LEAD = 30


@pytest.fixture
def domain():
    grid = Grid(
        latitude=[50.0, 10.0],
        longitude=[10.0, 20.0],
        area=[1e6, 1e6],
        region=["a", "b"],
        half_width=[[0.1, 0.1]] * 2,
        column_cell=[0, 0, 1],
        column_fraction=[0.6, 0.2, 0.9],
        column_class=[5, 9, 1],
    )
    return dated_domain(grid, "2010-01", "2011-02", lead=LEAD)


@pytest.fixture
def fields(domain):
    """Fluxes with a season that differs in every column."""
    day = np.arange(domain.days)[:, None]
    column = np.arange(domain.grid.columns)
    season = np.sin(2 * np.pi * day / 365.0 + column)
    return {
        "gpp": 4.0 + column + 2.0 * season,
        "nep": 0.5 + 0.2 * column + 1.5 * season,
        "evapotranspiration": 2.0 + 0.3 * column + season,
        "air_temperature": 12.0 + 10.0 * season,
    }


@pytest.fixture
def daily(domain):
    """Function: observations of a cell on some days of the window."""

    def make(cell=0, days=(3, 40, 200), value=1.0, sd=np.nan, length=1, label="x", **extra):
        start = domain.time[domain.lead] + np.asarray(days)
        end = start + length - 1
        return cell_observations(domain, cell, start, value, sd, end=end, label=label, **extra)

    return make
