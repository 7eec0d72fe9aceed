"""Made-up domains of three cells, and monthly observations of three stations."""

from contextlib import contextmanager

import numpy as np
import pytest

from ccdas_framework import Grid, InvalidInput, Observations
from ccdas_framework.testing import dated_domain

LEAD = 30
STATIONS = {
    "ALT": (82.45, -62.51, 185.0),
    "MLO": (19.54, -155.58, 3397.0),
    "SPO": (-89.98, -24.80, 2810.0),
}


def make_grid(cells=(0, 1, 2)):
    """The cells given, of three: one on the TM2 grid, one across four boxes, one tower."""
    cells = np.asarray(cells)
    column_cell, kind = np.array([0, 0, 1, 1, 2]), np.array([9, 4, 1, 10, 5])
    fraction = np.array([0.5, 0.3, 0.7, 0.2, 0.9])
    columns = np.flatnonzero(np.isin(column_cell, cells))
    return Grid(
        latitude=np.array([48.75, 7.5, 61.85])[cells],
        longitude=np.array([15.0, -180.0, 24.29])[cells],
        area=np.array([6e11, 9e11, 1e10])[cells],
        region=np.array(["a", "b", "b"])[cells],
        half_width=np.array([[3.75, 5.0], [3.0, 3.0], [0.0, 0.0]])[cells],
        column_cell=np.searchsorted(cells, column_cell[columns]),
        column_fraction=fraction[columns],
        column_class=kind[columns],
    )


@pytest.fixture
def make_domain():
    """A function: a domain from the first day to the last."""

    def make(first="2010-01-01", last="2011-12-31", cells=(0, 1, 2)):
        return dated_domain(make_grid(cells), first, last, lead=LEAD)

    return make


@pytest.fixture
def monthly():
    """A function: an observation of each station in each of the months."""

    def make(months=("2010-01", "2010-07", "2011-12"), stations=STATIONS, value=390.0, sd=0.3):
        month = np.tile(np.array(months, dtype="datetime64[M]"), len(stations))
        place = np.repeat(np.array([STATIONS[name] for name in stations]), len(months), axis=0)
        return Observations(
            values=np.full(len(month), value),
            sd=np.full(len(month), sd),
            start=month.astype("datetime64[D]"),
            end=(month + 1).astype("datetime64[D]") - 1,
            latitude=place[:, 0],
            longitude=place[:, 1],
            altitude=place[:, 2],
            label=np.repeat(list(stations), len(months)),
        )

    return make


@pytest.fixture
def nep():
    """A function: made-up NEP with a season, a trend and differences between columns."""

    def make(domain):
        day = np.arange(domain.days)[:, None]
        column = np.arange(domain.grid.columns)
        return np.sin(2 * np.pi * day / 365.0 - 1.5) * (1 + 0.2 * column) + 1e-4 * day * column

    return make


@pytest.fixture
def refusal():
    """A function: a context that expects InvalidInput of a code, at a place that ends so."""

    @contextmanager
    def expect(code, where=""):
        with pytest.raises(InvalidInput) as error:
            yield
        assert error.value.code == code
        assert error.value.where.endswith(where)

    return expect
