"""Synthetic forcing: a seasonal climate of any cells and plant types."""

import numpy as np
import pytest

from ccdas_framework import Domain, Forcing, Grid
from ccdas_framework.engines.namespace import numpy_namespace

FIRST = np.datetime64("2010-01-01")


@pytest.fixture(scope="session")
def xp():
    return numpy_namespace()


@pytest.fixture(scope="session")
def climate():
    """Function: a forcing of so many days, the first `lead` of them before the window.

    Every cell has one column; a year repeats itself without leap days.
    """

    def make(types, days=730, lead=365, latitude=45.0, **changes):
        count = len(types)
        day = np.arange(days) - lead
        day_of_year = day % 365 + 1
        latitude = np.broadcast_to(np.asarray(latitude, float), count)
        season = -np.cos(2.0 * np.pi * (day_of_year[:, None] - 15.0) / 365.0) * np.sign(latitude)
        mean = 10.0 + 10.0 * season
        fields = {
            "tasmin": mean - 5.0,
            "tasmax": mean + 5.0,
            "rsds": 150.0 + 110.0 * season,
            "pr": np.where(day[:, None] % 5 == 0, 12.0, 0.0) + 0.0 * mean,
            "co2": np.full((days, count), 390.0),
        }
        for name, values in changes.items():
            fields[name] = np.broadcast_to(np.asarray(values, float), (days, count)).copy()
        year = day // 365
        grid = Grid(
            latitude=latitude,
            longitude=np.linspace(-60.0, 60.0, count),
            area=np.full(count, 1e10),
            region=np.full(count, "all"),
            half_width=np.full((count, 2), 0.5),
            column_cell=np.arange(count),
            column_fraction=np.ones(count),
            column_class=np.asarray(types),
        )
        domain = Domain(
            grid=grid,
            time=FIRST + day,
            lead=lead,
            day_of_year=day_of_year,
            month=12 * year + np.minimum((day_of_year - 1) // 31, 11),
            month_of_year=np.minimum((day_of_year - 1) // 31, 11) + 1,
            year=year,
            year_number=2010 + year,
        )
        return Forcing(domain, fields, {})

    return make


@pytest.fixture(scope="session")
def prior():
    """Function: prior medians of a model as `run` takes them, for columns of these types."""

    def values(model, types):
        out = {}
        for parameter in model.parameters:
            if parameter.index is None:
                out[parameter.name] = np.array(parameter.mean)
                continue
            by_type = {
                label: float(element.mean)
                for element in parameter.elements()
                for label in element.groups[0]
            }
            out[parameter.name] = np.array([by_type[kind] for kind in types])
        return out

    return values


@pytest.fixture(scope="session")
def run(climate, prior, xp):
    """Function: fields of a model in the climate, with some parameters changed."""

    def fields(model, types=(4, 5, 9), changes=None, **weather):
        parameters = prior(model, types) | {k: np.asarray(v) for k, v in (changes or {}).items()}
        return model.run(parameters, model.prepare(climate(types, **weather)), xp)

    return fields
