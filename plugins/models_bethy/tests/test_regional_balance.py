"""The soil carbon balance by region: its effect on NEP, and its price in tangent runs."""

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


def test_a_region_costs_one_tangent_after_the_loop_and_none_through_it(forcing, weather):
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


@pytest.mark.parametrize("regions", [(1,), ("Asia", None), ("Asia", "Asia"), ("A B", "A_B")])
def test_regions_without_a_name_of_their_own_are_refused(regions):
    with pytest.raises(ValueError, match="beta_regions"):
        Bethy(beta_regions=regions)


def test_each_region_has_an_element_for_each_type():
    added = Bethy(beta_regions=REGIONS).parameters[len(Bethy().parameters) :]
    assert [p.name for p in added] == ["beta_South_America", "beta_Asia"]
    assert all(p.size == 13 and not p.in_loop for p in added)
