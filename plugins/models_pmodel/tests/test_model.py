"""Production is that of pyrealm; leaves, water and CO2 act as declared."""

import warnings

import numpy as np
import pytest
from attrs import evolve
from ccdas_models_pmodel import PModel, weather
from ccdas_models_pmodel.model import C4_CLASS

from ccdas_framework.testing import case_for


@pytest.fixture(scope="module")
def forcing():
    return PModel().conformance_case().forcing


def values(model, **changes):
    first = {p.name: p.mean[0] if isinstance(p.mean, tuple) else p.mean for p in model.parameters}
    return {name: float(value) for name, value in {**first, **changes}.items()}


def gpp(model, forcing, **changes):
    return model.run(values(model, **changes), model.prepare(forcing), np)["gpp"]


@pytest.mark.parametrize("c4", [False, True])
def test_production_is_that_of_pyrealm(forcing, c4):
    from pyrealm.pmodel import PModel as Realm
    from pyrealm.pmodel import PModelEnvironment

    grid = forcing.domain.grid
    label = C4_CLASS if c4 else 1
    grid = evolve(grid, column_class=np.full(grid.columns, label))
    forcing = evolve(forcing, domain=evolve(forcing.domain, grid=grid))
    model = PModel()
    drivers = model.prepare(forcing)
    wet = {**drivers, "moisture": np.ones_like(drivers["moisture"])}
    fields = model.run(values(model), wet, np)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        environment = PModelEnvironment(
            tc=drivers["temperature"], vpd=drivers["deficit"], co2=drivers["co2"],
            patm=drivers["pressure"], fapar=fields["fapar"], ppfd=drivers["light"],
        )  # fmt: skip
        method = "c4" if c4 else "prentice14"
        expected = Realm(environment, method_optchi=method, reference_kphio=0.0818).gpp
    assert np.all(fields["gpp"] > 0.0)
    np.testing.assert_allclose(fields["gpp"], 0.0864 * expected, rtol=1e-12)


def test_production_is_proportional_to_the_quantum_yield(forcing):
    single, double = (gpp(PModel(), forcing, kphi0=value) for value in (0.05, 0.1))
    np.testing.assert_allclose(double, 2.0 * single, rtol=1e-14)


def test_dry_soil_lowers_production_by_a_parabola(forcing):
    model = PModel()
    drivers = model.prepare(forcing)
    wet = {**drivers, "moisture": np.ones_like(drivers["moisture"])}
    dry, unlimited = (model.run(values(model), d, np)["gpp"] for d in (drivers, wet))
    below = np.minimum(drivers["moisture"] - 0.6, 0.0)
    expected = 1.0 - (1.0 - 0.733 * drivers["supply"]) * (below / 0.6) ** 2
    assert expected.min() < 0.97 and expected.max() == 1.0
    np.testing.assert_allclose(dry / unlimited, expected, rtol=1e-12)


def test_more_carbon_dioxide_raises_production(forcing):
    assert "co2" not in forcing.fields
    low, high = (gpp(PModel(co2=value), forcing).sum() for value in (300.0, 500.0))
    assert high > low


def test_leaves_of_the_forcing_replace_those_of_temperature(forcing):
    absorbed = np.full(forcing.fields["rsds"].shape, 0.3)
    given = evolve(forcing, fields={**forcing.fields, "fapar": absorbed})
    model = PModel(leaves="forcing")
    fields = model.run(values(model), model.prepare(given), np)
    assert np.all(fields["fapar"] == 0.3)
    assert "t_leaf" not in {p.name for p in model.parameters}


def test_an_unknown_origin_of_leaves_is_refused():
    with pytest.raises(ValueError, match="leaves"):
        PModel(leaves="maps")


def test_water_of_the_soil_is_conserved():
    generator = np.random.default_rng(5)
    rain, demand = generator.gamma(0.3, 10.0, (400, 4)), generator.gamma(2.0, 2.0, (400, 4))
    moisture, lost = weather.soil_water(rain, demand, 150.0)
    assert moisture.min() >= 0.0 and moisture.max() <= 1.0
    change = 150.0 * np.diff(moisture, axis=0)
    runoff = rain[:-1] - lost[:-1] - change
    assert runoff.min() > -1e-9  # the rest runs off, and nothing appears
    full = moisture[1:] == 1.0
    assert np.abs(runoff[~full]).max() < 1e-9


def test_a_running_mean_is_that_of_the_days_so_far():
    series = np.arange(10.0)[:, None]
    expected = [np.mean(series[max(0, n - 2) : n + 1]) for n in range(10)]
    np.testing.assert_allclose(weather.running_mean(series, 3)[:, 0], expected)


def test_case_of_the_suite_is_another_than_the_usual_one():
    assert PModel().conformance_case().forcing.fields["pr"].max() < 1.0
    assert case_for(PModel()).forcing.fields["pr"].max() > 1.0
