"""A synthetic domain of three cells: 30 days of lead and 120 days of window."""

import numpy as np
import pytest

from ccdas_framework import Grid, Observations
from ccdas_framework.testing import cell_observations, dated_domain

LEAD = 30


@pytest.fixture
def domain():
    grid = Grid(
        latitude=[50.0, 10.0, -20.0],
        longitude=[10.0, 20.0, 130.0],
        area=[1e10, 2e10, 1e10],
        region=["a", "b", "b"],
        half_width=[[1.0, 1.0]] * 3,
        column_cell=[0, 0, 1, 1, 2],
        column_fraction=[0.5, 0.3, 0.7, 0.2, 0.9],
        column_class=[9, 4, 1, 10, 10],
    )
    return dated_domain(grid, "2010-01", "2010-04", lead=LEAD)


@pytest.fixture
def fields(domain):
    """Soil moisture with its own rhythm in each column, and a winter in cell 0."""
    day = np.arange(domain.days)[:, None]
    column = np.arange(domain.grid.columns)
    warm = np.array([0.0, 0.0, 25.0, 25.0, 25.0]) + 0.15 * day * np.array([1.0, 1.0, 0, 0, 0])
    return {
        "soil_moisture": 0.25 + 0.08 * np.sin(0.2 * day * (1 + 0.3 * column) + column),
        "air_temperature": warm,
        "air_temperature_min": warm - 5.0,
        "snow": np.where(warm < 1.0, 10.0, 0.0),
        "surface_layer_thickness": np.full(warm.shape, 0.04),
    }


@pytest.fixture
def observed(domain):
    """A function: daily observations of one cell on every day of the window."""

    def make(cell, label, values=None, sd=0.03, days=None, length=1, **extra):
        window = domain.time[LEAD:]
        start = window[::length] if days is None else window[np.asarray(days, dtype=int)]
        start = start[start + length - 1 <= domain.time[-1]]
        if values is None:
            values = 0.2 + 0.05 * np.cos(0.3 * np.arange(len(start)))
        end = start + length - 1
        return cell_observations(domain, cell, start, values, sd, end=end, label=label, **extra)

    return make


@pytest.fixture
def together():
    """A function: several sets of observations as one."""

    def make(*parts):
        return Observations(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in (
                    "values", "sd", "start", "end", "latitude", "longitude", "altitude", "label",
                )
            }
        )  # fmt: skip

    return make
