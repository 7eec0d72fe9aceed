"""Synthetic weather and prior parameters of BETHY, for measurements without input files."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Domain, Forcing, Grid

# soil texture -> contents at saturation, field capacity and wilting (m3 m-3), Campbell b (1) and
# saturated conductivity (mm d-1); Rawls et al. (1982), Trans. ASAE 25, 1316-1320
SOILS = {
    "sandy loam": (0.453, 0.21, 0.10, 3.1, 622.0),
    "loam": (0.463, 0.27, 0.12, 4.5, 320.0),
    "clay": (0.475, 0.40, 0.27, 7.6, 14.7),
}
SOIL_FIELDS = ("theta_sat", "theta_fc", "theta_wp", "campbell_b", "saturated_conductivity")


def synthetic_forcing(columns, days, generator):
    """Weather of places from 60 S to 70 N, one column each, all plant types in turn."""
    latitude = np.linspace(-60.0, 70.0, columns)
    grid = Grid(
        latitude,
        np.zeros(columns),
        np.ones(columns),
        np.full(columns, "none"),
        np.ones((columns, 2)),
        np.arange(columns),
        np.ones(columns),
        np.arange(columns) % 13 + 1,
    )
    day = np.arange(days)
    time_ = np.datetime64("2010-01-01") + day
    zero = np.zeros(days, int)
    domain = Domain(
        grid, time_, days // 2, day % 365 + 1, day // 30, day // 30 % 12 + 1, zero, zero + 2010
    )
    season = np.cos(2.0 * np.pi * (day[:, None] - 200.0) / 365.0) * np.sign(latitude)
    mean = 28.0 - 0.45 * np.abs(latitude) + 0.2 * np.abs(latitude) * season
    mean = mean + generator.normal(0.0, 3.0, (days, columns))
    rain = generator.gamma(0.8, 6.0, (days, columns)) * (generator.random((days, columns)) < 0.4)
    sun = np.maximum(40.0, 220.0 + 1.5 * np.abs(latitude) * season - np.abs(latitude))
    soils = list(SOILS.values())
    rows = [soils[column % 3] for column in range(columns)]
    static = dict(zip(SOIL_FIELDS, np.array(rows).T, strict=True))
    static["elevation"] = np.full(columns, 200.0)
    fields = {"tasmin": mean - 5.0, "tasmax": mean + 5.0, "pr": rain}
    fields["rsds"] = sun * generator.uniform(0.4, 1.0, (days, columns))
    return Forcing(domain, fields, static)


def prior_parameters(model, column_class):
    """Prior means as the model takes them."""
    values = {}
    for parameter in model.parameters:
        value = np.full(len(column_class), parameter.otherwise)
        for element in parameter.elements():
            of_all = parameter.index is None
            value = np.where(
                of_all | np.isin(column_class, element.groups[0] if element.groups else ()),
                element.mean,
                value,
            )
        values[parameter.name] = value
    return values
