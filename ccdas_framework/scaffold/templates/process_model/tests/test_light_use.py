"""The model keeps the rules of the framework, and its equations say what the papers say."""

import numpy as np
import pytest
from ccdas_models_light_use.light_use import LightUse, gross_uptake, leaf_step, temperature_factor

from ccdas_framework.testing import checks_for


@pytest.mark.parametrize("check", checks_for(LightUse()), ids=repr)
def test_conforms(check):
    check()


def test_without_leaves_nothing_is_taken_up():
    assert gross_uptake(5.0, 0.0, efficiency=1.0, extinction=0.5, xp=np) == 0.0


def test_a_closed_canopy_uses_all_light():
    # 1 gC MJ-1 of 5 MJ m-2 d-1; exp(-0.5 * 40) of it is missed
    found = gross_uptake(5.0, 40.0, efficiency=1.0, extinction=0.5, xp=np)
    np.testing.assert_allclose(found, 5.0, rtol=1e-8)


def test_cold_stops_production_and_warmth_leaves_it_whole():
    np.testing.assert_allclose(temperature_factor(np.array([-20.0, 0.75, 20.0])), [0.0, 0.5, 1.0])


def test_leaf_area_rests_where_growth_and_shedding_are_equal():
    parameters = {
        "efficiency": 1.0, "extinction": 0.5, "carbon_use": 0.5, "leaf_growth": 0.01,
        "leaf_life": 100.0,
    }  # fmt: skip
    leaves = {"lai": np.array([1.0])}
    for _ in range(5000):
        leaves, fields = leaf_step(leaves, {"light": np.array([12.0])}, parameters, np)
    # LAI = g c epsilon (1 - exp(-k LAI)) PAR tau
    rest = 0.01 * 0.5 * (1.0 - np.exp(-0.5 * leaves["lai"])) * 12.0 * 100.0
    np.testing.assert_allclose(leaves["lai"], rest, rtol=1e-9)
    np.testing.assert_allclose(fields["npp"], 0.5 * fields["gpp"], rtol=1e-12)


def test_a_start_without_leaves_is_refused():
    with pytest.raises(ValueError, match="first_leaf_area"):
        LightUse(first_leaf_area=0.0)
