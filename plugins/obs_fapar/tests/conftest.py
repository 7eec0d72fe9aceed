"""A synthetic domain of three cells and 14 months, and fields on it."""

import numpy as np
import pytest

from ccdas_framework.testing import cell_observations, dated_domain, three_cells

MONTHS = np.arange("2010-01", "2011-03", dtype="datetime64[M]")


@pytest.fixture
def domain():
    return dated_domain(three_cells((5, 9, 1, 13, 7)), "2010-01", "2011-02", lead=30)


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
        return cell_observations(domain, cell, MONTHS, value, sd, **extra)

    return make
