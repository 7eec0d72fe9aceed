"""Synthetic weather and starting points that the tests share."""

import numpy as np
import pytest
from attrs import frozen

from ccdas_framework import Domain, Forcing, Grid
from ccdas_framework.engines.namespace import numpy_namespace


@frozen
class Soil:
    """A soil texture class: volumetric contents (m3 m-3), Campbell b (1), K_s (mm d-1).

    Laboratory averages in the manner of Rawls et al. (1982), Trans. ASAE 25, 1316-1320, with the
    exponent of Campbell (1974), Soil Sci. 117, 311-314.
    """

    theta_sat: float
    theta_fc: float
    theta_wp: float
    campbell_b: float
    saturated_conductivity: float


SOILS = {
    "sand": Soil(0.437, 0.09, 0.03, 1.7, 5011.0),
    "loamy sand": Soil(0.437, 0.13, 0.06, 2.1, 1469.0),
    "sandy loam": Soil(0.453, 0.21, 0.10, 3.1, 622.0),
    "loam": Soil(0.463, 0.27, 0.12, 4.5, 320.0),
    "silt loam": Soil(0.501, 0.33, 0.13, 4.7, 164.0),
    "sandy clay loam": Soil(0.398, 0.26, 0.15, 4.0, 104.0),
    "clay loam": Soil(0.464, 0.32, 0.20, 5.2, 55.0),
    "silty clay loam": Soil(0.471, 0.37, 0.21, 6.6, 36.0),
    "sandy clay": Soil(0.430, 0.34, 0.24, 6.0, 28.5),
    "silty clay": Soil(0.479, 0.39, 0.25, 7.9, 21.6),
    "clay": Soil(0.475, 0.40, 0.27, 7.6, 14.7),
}

SOIL_FIELDS = ("theta_sat", "theta_fc", "theta_wp", "campbell_b", "saturated_conductivity")


@pytest.fixture(scope="session")
def soils():
    """Soil texture classes by name."""
    return SOILS


@pytest.fixture(scope="session")
def xp():
    """Plain numpy."""
    return numpy_namespace()


def _forcing(
    types,
    days,
    *,
    latitude=50.0,
    first_day=1,
    lead=0,
    soil="loam",
    w_max=None,
    elevation=0.0,
    cell=None,
    fraction=None,
    **fields,
):
    """Forcing with one column a cell (or those of `cell`), constant or (time, cell) fields."""
    columns = len(types)
    cell = np.arange(columns) if cell is None else np.asarray(cell)
    cells = int(cell.max()) + 1
    day = np.arange(days)
    grid = Grid(
        np.broadcast_to(latitude, cells).astype(float),
        np.zeros(cells),
        np.ones(cells),
        np.full(cells, "none"),
        np.ones((cells, 2)),
        cell,
        np.ones(columns) if fraction is None else fraction,
        np.array(types),
    )
    month = (day - lead) // 30
    domain = Domain(
        grid,
        np.datetime64("2010-01-01") + day,
        lead,
        (first_day - 1 + day) % 365 + 1,
        month,
        month % 12 + 1,
        (day - lead) // 365,
        np.full(days, 2010),
    )
    series = {"tasmin": 10.0, "tasmax": 20.0, "pr": 3.0, "rsds": 200.0, **fields}
    static = {name: np.full(cells, getattr(SOILS[soil], name)) for name in SOIL_FIELDS}
    static["elevation"] = np.full(cells, elevation)
    if w_max is not None:
        static["w_max"] = np.broadcast_to(np.asarray(w_max, float), columns)
    values = {k: np.array(np.broadcast_to(v, (days, cells)), float) for k, v in series.items()}
    return Forcing(domain, values, static)


@pytest.fixture(scope="session")
def forcing():
    """Function that makes a forcing."""
    return _forcing


@pytest.fixture(scope="session")
def weather():
    """Function for varied weather (tasmin, tasmax, pr, rsds) at latitudes."""

    def varied(latitude, days, seed=0):
        generator = np.random.default_rng(seed)
        latitude = np.asarray(latitude, float)
        shape = (days, len(latitude))
        season = -np.cos(2.0 * np.pi * np.arange(days)[:, None] / 365.0) * np.sign(latitude)
        mean = 27.0 - 0.5 * np.abs(latitude) + 0.25 * np.abs(latitude) * season
        mean = mean + generator.normal(0.0, 3.0, shape)
        wet = generator.random(shape) < 0.4
        sun = np.maximum(220.0 + 2.0 * np.abs(latitude) * season - np.abs(latitude), 0.0)
        return {
            "latitude": latitude,
            "tasmin": mean - 5.0,
            "tasmax": mean + 5.0,
            "pr": generator.gamma(0.8, 8.0, shape) * wet,
            "rsds": sun * generator.uniform(0.3, 1.0, shape),
        }

    return varied


@pytest.fixture(scope="session")
def prior():
    """Function for the prior parameters of columns, as arguments of a model."""

    def of(model, types):
        values = {}
        for parameter in model.parameters:
            if parameter.index is None:
                values[parameter.name] = np.array(parameter.mean)
                continue
            value = np.full(len(types), parameter.otherwise)
            for element in parameter.elements():
                value[np.isin(types, element.groups[0])] = element.mean
            values[parameter.name] = value
        return values

    return of
