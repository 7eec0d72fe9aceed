"""Whole columns under constant weather, against stated values of a run 30 days long.

The values come from two independent implementations that agree to five digits; 0.5 % leaves room
for the order of operations and no more.
"""

import numpy as np
import pytest
from attrs import evolve
from ccdas_models_bethy import Bethy
from ccdas_models_bethy.hydrology import two_layer

from ccdas_framework.engines.namespace import numpy_namespace

TOLERANCE = 5e-3
NAMES = (
    "gpp", "npp", "maintenance", "transpiration", "soil_evaporation", "interception_evaporation",
    "runoff", "soil_moisture", "root", "lai", "cover", "fapar", "demand",
)  # fmt: skip
WARM = {
    (4, "loam", 225.0, 1): (5.4502, 3.8182, 0.67748, 0.37543, 1.58504, 0.20000, 0.34685, 0.23191,
                            0.50896, 3.17344, 0.99984, 0.58827, 0.57813),
    (4, "loam", 225.0, 10): (9.0513, 6.3003, 1.17587, 0.53455, 0.40141, 0.49598, 0.32966, 0.25844,
                             0.55332, 4.97308, 0.99998, 0.94855, 1.03831),
    (4, "loam", 225.0, 30): (8.8754, 6.1413, 1.19868, 0.45850, 0.39844, 0.49938, 0.38683, 0.26129,
                             0.66358, 4.99376, 0.99999, 0.94892, 0.96296),
    (9, "loam", 120.0, 1): (6.1827, 4.2630, 0.85394, 0.57224, 1.58858, 0.20000, 0.35110, 0.22919,
                            0.51600, 2.02603, 0.67754, 0.58827, 0.78049),
    (9, "loam", 120.0, 10): (7.5813, 5.2134, 1.06462, 0.75868, 1.09827, 0.24354, 0.36024, 0.23192,
                             0.54998, 2.48627, 0.83131, 0.72131, 1.01482),
    (9, "loam", 120.0, 30): (9.4853, 6.3984, 1.48724, 0.95084, 0.53804, 0.32548, 0.41058, 0.25242,
                             0.66017, 3.28872, 0.99990, 0.89797, 1.29408),
    (10, "sandy loam", 110.0, 1): (4.2295, 2.8800, 0.62945, 0.14283, 1.53921, 0.20000, 0.29849,
                                   0.17623, 0.51973, 2.03465, 0.68036, 0.58827, 0.34356),
    (10, "sandy loam", 110.0, 30): (7.1302, 4.7074, 1.24598, 0.22662, 0.49201, 0.36542, 0.57080,
                                    0.20450, 0.85245, 3.69301, 0.99996, 0.91552, 0.59335),
}  # fmt: skip
COLD = {
    1: {"gpp": 1.9312, "npp": 1.4476, "interception_evaporation": 0.3000, "sublimation": 0.09658,
        "runoff": 0.06886, "soil_moisture": 0.25862, "snow": 22.1167, "lai": 2.99597,
        "snow_albedo": 0.30676},
    10: {"gpp": 2.0540, "snow": 41.4706, "lai": 2.93296, "snow_albedo": 0.60694},
}  # fmt: skip


def scan_with_albedo(step, state, xs, parameters, xp):
    """The loop over days; the albedo of the snow after each is a field too."""

    def and_albedo(state, today, parameters, xp):
        state, fields = step(state, today, parameters, xp)
        return state, {**fields, "snow_albedo": state["snow_albedo"][None]}

    return numpy_namespace().scan(and_albedo, state, xs, parameters)


def column(pft, soil, w_max, days, start, forcing, prior, soils, xp, **weather):
    """Fields of a column started from a leaf area and temperature memory, (day,) each."""
    model = Bethy(**Bethy.presets["ccdas"])
    inputs = forcing([pft], days, soil=soil, w_max=w_max, co2=400.0, **weather)
    theta = {name: value * np.ones(1) for name, value in prior(model, [pft]).items()}
    drivers = model.prepare(inputs)
    texture, one = soils[soil], np.ones(1)
    layer = w_max / (texture.theta_fc - texture.theta_wp)
    state = {
        "leaf_water": 0.0 * one,
        "leaf_area": start["leaf_area"] * one,
        "leaf_area_memory": start["leaf_area"] * one,
        "leaf_area_record": start["leaf_area"] * one,
        "cover": min(start["leaf_area"] / 3.0, 1.0) * one,
        "temperature_memory": start["temperature"] * one,
        "snow": start.get("snow", 0.0) * one,
        "snow_albedo": 0.2 * one,
        "surface_water": 40.0 * texture.theta_fc * one,
        "root_water": (layer * texture.theta_wp + 0.5 * w_max) * one,
    }
    fields = model.simulate(theta, drivers, evolve(xp, scan=scan_with_albedo), state)
    fields["maintenance"] = fields["leaf_respiration"] / theta["f_leaf"]
    fields["npp"] = (1.0 - theta["f_g"]) * (fields["gpp"] - fields["maintenance"])
    share = two_layer.capacities(theta, drivers["site"], 0.04, "ccdas")["surface_roots"]
    wet = (fields["soil_moisture"] - texture.theta_wp) / (texture.theta_fc - texture.theta_wp)
    fields["root"] = (fields["relative_soil_moisture"] - share * wet) / (1.0 - share)
    return {name: values[:, 0] for name, values in fields.items()}


@pytest.mark.parametrize(
    "case", [(4, "loam", 225.0), (9, "loam", 120.0), (10, "sandy loam", 110.0)]
)
def test_summer_column(case, forcing, prior, soils, xp):
    start = {"leaf_area": 2.0, "temperature": 15.0}
    fields = column(*case, 30, start, forcing, prior, soils, xp, latitude=50.0, first_day=172)
    for (*which, day), stated in WARM.items():
        if tuple(which) == case:
            computed = [fields[name][day - 1] for name in NAMES]
            assert computed == pytest.approx(stated, rel=TOLERANCE)


def test_snowy_column(forcing, prior, soils, xp):
    start = {"leaf_area": 3.0, "temperature": 5.0, "snow": 20.0}
    fields = column(
        5, "loam", 180.0, 10, start, forcing, prior, soils, xp,
        latitude=65.0, first_day=100, tasmin=-5.0, tasmax=5.0, rsds=150.0,
    )  # fmt: skip
    for day, stated in COLD.items():
        for name, value in stated.items():
            assert fields[name][day - 1] == pytest.approx(value, rel=TOLERANCE), (day, name)
