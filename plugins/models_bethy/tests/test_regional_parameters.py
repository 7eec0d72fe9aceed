"""Soil carbon balance and root zone by region: their effects, and the price in tangent runs."""

import numpy as np
import pytest
from attrs import evolve
from ccdas_models_bethy import Bethy

from ccdas_framework.core.control import Control
from ccdas_framework.problem.jacobian import tangent_runs

TYPES = [2, 5, 9, 13]
REGIONS = ("South America", "Asia")
LABELS = np.array(["South America", "Asia", "Asia", "elsewhere"])
DEPARTURE = 0.1


@pytest.fixture(scope="module")
def fluxes(forcing, weather, prior, xp):
    """Function: fields of the window of a year with departures of beta."""

    def run(model, **changes):
        series = weather(np.array([-10.0, 55.0, 30.0, 45.0]), 365) | {"lead": 0}
        inputs = forcing(TYPES, 365, **series)
        grid = evolve(inputs.domain.grid, region=LABELS)
        inputs = evolve(inputs, domain=evolve(inputs.domain, grid=grid))
        return model.run(prior(model, TYPES) | changes, model.prepare(inputs), xp)

    return run


def test_a_departure_takes_its_share_of_npp_from_nep_in_its_region_alone(fluxes):
    """sum NEP = (1 - beta) sum NPP over the window."""
    model = Bethy(n_h=8, beta_regions=REGIONS)
    before = fluxes(model)
    after = fluxes(model, beta_Asia=np.full(len(TYPES), DEPARTURE))
    change = (after["nep"] - before["nep"]).sum(axis=0)
    in_asia = LABELS == "Asia"
    np.testing.assert_allclose(
        change[in_asia], -DEPARTURE * before["npp"].sum(axis=0)[in_asia], rtol=1e-3
    )
    np.testing.assert_array_equal(change[~in_asia], 0.0)


def test_without_departures_the_regions_change_nothing(fluxes):
    named, plain = fluxes(Bethy(n_h=8, beta_regions=REGIONS)), fluxes(Bethy(n_h=8))
    np.testing.assert_array_equal(named["nep"], plain["nep"])


def test_a_region_costs_one_tangent_after_the_loop_or_through_it(forcing, weather):
    grid = forcing(TYPES, 10, **weather(np.zeros(4), 10)).domain.grid

    def runs(model):
        control = Control.of({"bethy": model.parameters})
        return tangent_runs(control.active, grid, "column")

    (in_loop, after), (with_regions, after_with) = (
        runs(Bethy()),
        runs(Bethy(beta_regions=REGIONS)),
    )
    assert len(with_regions) == len(in_loop)
    assert len(after_with) == len(after) + len(REGIONS)
    root_zones, after_root_zones = runs(Bethy(root_zone_regions=REGIONS))
    assert len(root_zones) == len(in_loop) + len(REGIONS)
    assert len(after_root_zones) == len(after)


@pytest.mark.parametrize("regions", [(1,), ("Asia", None), ("Asia", "Asia"), ("A B", "A_B")])
@pytest.mark.parametrize("setting", ["beta_regions", "root_zone_regions"])
def test_regions_without_a_name_of_their_own_are_refused(setting, regions):
    with pytest.raises(ValueError, match=setting):
        Bethy(**{setting: regions})


def test_a_factor_of_the_root_zone_acts_as_the_scale_of_all_does_and_in_its_region_alone(fluxes):
    model = Bethy(n_h=8, root_zone_regions="Asia")
    before = fluxes(model)
    regional = fluxes(model, s_rd_Asia=np.full(len(TYPES), 1.5))
    everywhere = fluxes(model, s_rd=np.full(len(TYPES), 1.5))
    in_asia = LABELS == "Asia"
    for name in ("evapotranspiration", "gpp", "nep"):
        np.testing.assert_array_equal(regional[name][:, ~in_asia], before[name][:, ~in_asia])
        np.testing.assert_allclose(
            regional[name][:, in_asia], everywhere[name][:, in_asia], rtol=1e-12
        )
    assert np.ptp(everywhere["gpp"] - before["gpp"]) > 0.0


def test_the_region_global_holds_all_cells(fluxes):
    model = Bethy(n_h=8, root_zone_regions=("Global",))
    factors = fluxes(model, s_rd_Global=np.full(len(TYPES), 0.8))
    scale = fluxes(model, s_rd=np.full(len(TYPES), 0.8))
    np.testing.assert_allclose(factors["gpp"], scale["gpp"], rtol=1e-12)


def test_each_region_has_an_element_for_each_type():
    added = Bethy(beta_regions=REGIONS).parameters[len(Bethy().parameters) :]
    assert [p.name for p in added] == ["beta_South_America", "beta_Asia"]
    assert all(p.size == 13 and not p.in_loop for p in added)
