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
    """Light of layers, its use and leaves that differ in every column, with a season."""
    day = np.arange(domain.days)[:, None]
    column = np.arange(domain.grid.columns)
    season = np.sin(2 * np.pi * day / 365.0 + column)
    light = {f"apar_layer_{n}": 4e-4 / n * (1.0 + 0.3 * season) for n in (1, 2, 3)}
    used = {f"photochemistry_layer_{n}": 0.2 * n + 0.1 * season for n in (1, 2, 3)}
    return {
        **light,
        **used,
        "canopy_temperature": 15.0 + 10.0 * season,
        "lai": 2.0 + 0.2 * column + 0.8 * season,
        "cover": 0.8 + 0.0 * season,
        "air_temperature": np.where(column < 2, 0.2 * day - 20.0, 20.0),
        "snow": np.where(column < 2, np.maximum(60.0 - 0.5 * day, 0.0), 0.0),
    }


@pytest.fixture
def monthly(domain):
    """A function: the 14 monthly observations of one cell."""

    def make(cell, value=0.5, sd=np.nan, **extra):
        return cell_observations(domain, cell, MONTHS, value, sd, **extra)

    return make
