"""Monthly fields of every cell agree with what the operators compare with."""

from types import SimpleNamespace

import numpy as np
import pytest
from ccdas_models_bethy import Bethy
from ccdas_obs_sm.soil_moisture import SoilMoisture
from ccdas_obs_vod.lband_vod import LbandVod

from ccdas_framework import Domain, Forcing, Grid, Observations
from ccdas_framework.core.control import Control
from ccdas_framework.engines.namespace import numpy_namespace
from ccdas_framework.outputs.monthly_fields import monthly_cell_mean, monthly_fields
from ccdas_framework.problem.blocks import blocks_of

XP = numpy_namespace()
DAYS = 59


@pytest.fixture
def domain():
    """January and February; the first cell is partly bare."""
    time = np.datetime64("2011-01-01") + np.arange(DAYS)
    month = time.astype("datetime64[M]").astype(int)
    grid = Grid(
        latitude=[50.0, 60.0],
        longitude=[10.0, 20.0],
        area=[1e10, 1e10],
        region=["a", "a"],
        half_width=[[1.0, 1.0]] * 2,
        column_cell=[0, 0, 1],
        column_fraction=[0.3, 0.2, 1.0],
        column_class=[5, 9, 5],
    )
    return Domain(
        grid, time, 0, np.arange(DAYS) + 1, month - month[0], month % 12 + 1,
        np.zeros(DAYS, int), np.full(DAYS, 2011),
    )  # fmt: skip


@pytest.fixture
def fields(domain):
    """Made-up fields of three columns, frozen all the time."""
    day = np.arange(DAYS)[:, None] + np.zeros(3)
    column = np.arange(3.0)
    return {
        "soil_moisture": 0.2 + 0.05 * column + 0.001 * day,
        "npp": 1.0 + column + 0.01 * day,
        "lai": 2.0 + column + 0.0 * day,
        "air_temperature": -10.0 + 0.0 * day,
    }


def in_months(domain):
    """One observation of the first cell in each month, without values."""
    start = np.array(["2011-01", "2011-02"], dtype="datetime64[M]")
    nothing = np.full(2, np.nan)
    return Observations(
        values=nothing, sd=nothing, start=start, end=(start + 1).astype("datetime64[D]") - 1,
        latitude=np.full(2, 50.0), longitude=np.full(2, 10.0), altitude=nothing,
        label=np.array(["a", "a"]),
    )  # fmt: skip


def test_soil_moisture_of_a_partly_bare_cell_is_what_the_operator_sees(domain, fields):
    variable = {v.name: v for v in Bethy().provides}["soil_moisture"]
    mapped = monthly_cell_mean(fields["soil_moisture"], domain, variable)
    operator = SoilMoisture(product="in_situ", scaling="none", mask_frozen=False)
    stream = operator.prepare(in_months(domain), domain, lambda: fields)
    seen = operator.observe(fields, {}, stream.at, XP)
    np.testing.assert_allclose(mapped[:, 0], seen, rtol=1e-12)


def test_what_belongs_to_the_air_and_soil_of_columns_is_not_diluted_by_bare_ground():
    over = {v.name: v.over for v in Bethy().provides}
    of_columns = {n for n, kind in over.items() if kind == "columns"}
    assert of_columns == {
        "soil_moisture", "root_zone_soil_moisture", "relative_soil_moisture",
        "surface_layer_thickness", "air_temperature", "air_temperature_min", "canopy_temperature",
        *(f"photochemistry_layer_{n}" for n in (1, 2, 3)),
    }  # fmt: skip


def test_frozen_months_are_on_the_map_of_optical_depth(domain, fields):
    operator = LbandVod(biomass_memory="window_mean")
    control = Control.of({"vod": operator.parameters})
    blocks = blocks_of(Forcing(domain, {}, {}), 1)
    problem = SimpleNamespace(
        model=SimpleNamespace(provides=()),
        blocks=blocks,
        index=[control.index(domain.grid.column_class)],
        control=control,
        engine=SimpleNamespace(xp=XP),
        streams={"vod": SimpleNamespace(operator=operator, domain_scope=False, name="vod")},
        block_fields=lambda x, b: fields,
    )
    mapped, _, _ = monthly_fields(problem, np.zeros(len(control)), ())
    assert mapped["vod"].shape == (2, 2)
    assert np.isfinite(mapped["vod"]).all()
    # observations of those months are still left out
    values = in_months(domain).with_values(np.full(2, 0.5))
    assert operator.prepare(values, domain, lambda: fields).dropped == {"frozen": 2}
