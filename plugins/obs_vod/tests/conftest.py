"""A synthetic domain of three cells: 365 days of lead and 14 months of window."""

import numpy as np
import pytest

from ccdas_framework.testing import cell_observations, dated_domain, three_cells

MONTHS = np.arange("2010-01", "2011-03", dtype="datetime64[M]")
LEAD = 365


@pytest.fixture
def domain():
    return dated_domain(three_cells((5, 9, 1, 13, 7)), "2010-01", "2011-02", lead=LEAD)


@pytest.fixture
def fields(domain):
    """NPP with a season and a trend, LAI with a season; all columns differ."""
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
    """Prior means in the shapes that `observe` receives, and a D_0 different from zero."""
    kind = domain.grid.column_class
    tau = np.array([8.0, 5, 5, 7, 5.5, 5, 2, 1, 0.25, 0.25, 0.7, 0.6, 0.3])[kind - 1]
    vod_per_lai = 0.06 + 0.01 * np.arange(len(kind))
    return {"tau_eff": tau, "D_0": vod_per_lai, "a": np.array(0.81759), "b": np.array(0.0087253)}


@pytest.fixture
def monthly(domain):
    """A function: the 14 monthly observations of one cell."""

    def make(cell, label="x", value=0.5, sd=np.nan, **extra):
        return cell_observations(domain, cell, MONTHS, value, sd, label=label, **extra)

    return make
