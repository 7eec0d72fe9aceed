"""Properties of tower fluxes: signs, units, means, errors and masks."""

import numpy as np
import pytest
from ccdas_obs_flux.quantities import QUANTITIES, factor, latent_heat_of_vaporisation
from ccdas_obs_flux.tower_flux import TowerFlux

from ccdas_framework import InvalidInput, ObservationRecord, write_observation_record
from ccdas_framework.core.errors import Findings
from ccdas_framework.engines.namespace import numpy_namespace
from ccdas_framework.io import read_observations

XP = numpy_namespace()


def never():
    raise AssertionError("the prior run was not needed")


def simulated(operator, observations, domain, fields):
    stream = operator.prepare(observations, domain, lambda: fields)
    return operator.observe(fields, {}, stream.at, XP)


def test_gross_production_is_the_mean_of_its_columns(domain, fields, daily):
    flux = simulated(TowerFlux(), daily(), domain, fields)
    days = domain.lead + np.array([3, 40, 200])
    expected = 0.75 * fields["gpp"][days, 0] + 0.25 * fields["gpp"][days, 1]
    np.testing.assert_allclose(flux, expected, rtol=1e-12)


def test_net_exchange_is_upward(domain, fields, daily):
    flux = simulated(TowerFlux(quantities="nee"), daily(cell=1), domain, fields)
    np.testing.assert_allclose(flux, -fields["nep"][domain.lead + np.array([3, 40, 200]), 2])


def test_a_monthly_value_is_the_mean_of_its_days(domain, fields, daily):
    flux = simulated(TowerFlux(), daily(cell=1, days=[31], length=28), domain, fields)
    days = slice(domain.lead + 31, domain.lead + 59)
    np.testing.assert_allclose(flux, fields["gpp"][days, 2].mean(), rtol=1e-12)


def test_two_mm_of_water_at_20_degrees_are_57_watts(domain, fields, daily):
    """2.45 MJ kg-1, FAO 56: 1 mm d-1 is 28.4 W m-2."""
    wet = fields | {"evapotranspiration": np.full((domain.days, 3), 2.0)}
    mild = {k: v for k, v in wet.items() if k != "air_temperature"}
    operator = TowerFlux(quantities="latent_heat")
    np.testing.assert_allclose(simulated(operator, daily(), domain, mild), 56.8, atol=0.1)
    assert factor("latent_heat", np.array(20.0)) == pytest.approx(28.4, abs=0.05)


def test_cold_water_needs_more_heat(domain, fields, daily):
    operator = TowerFlux(quantities="latent_heat")
    wet = fields | {"evapotranspiration": np.ones((domain.days, 3))}
    days = domain.lead + np.array([3, 40, 200])
    flux = simulated(operator, daily(cell=1), domain, wet)
    expected = latent_heat_of_vaporisation(fields["air_temperature"][days, 2]) / 86400.0
    np.testing.assert_allclose(flux, expected, rtol=1e-12)
    assert latent_heat_of_vaporisation(0.0) == 2.501e6


def test_water_itself_may_be_observed_and_needs_no_temperature(domain, fields, daily):
    operator = TowerFlux(quantities="evapotranspiration")
    stream = operator.prepare(daily(cell=1), domain, never)
    flux = operator.observe(fields, {}, stream.at, XP)
    days = domain.lead + np.array([3, 40, 200])
    np.testing.assert_allclose(flux, fields["evapotranspiration"][days, 2], rtol=1e-12)


def test_each_value_follows_its_quantity(domain, fields, daily):
    operator = TowerFlux(quantities=("gpp", "nee"))
    observations = daily(cell=1, quantity=["gpp", "nee", "gpp"])
    days = domain.lead + np.array([3, 40, 200])
    expected = [fields["gpp"][days[0], 2], -fields["nep"][days[1], 2], fields["gpp"][days[2], 2]]
    np.testing.assert_allclose(
        simulated(operator, observations, domain, fields), expected, rtol=1e-12
    )
    stream = operator.prepare(observations, domain, never)
    assert stream.labels.tolist() == ["x gpp", "x nee", "x gpp"]


def test_quantities_not_in_the_settings_are_left_out(domain, daily):
    stream = TowerFlux().prepare(daily(quantity=["gpp", "nee", "gpp"]), domain, never)
    assert stream.dropped == {"other quantities": 1}
    assert stream.index.tolist() == [0, 2]
    assert stream.labels.tolist() == ["x", "x"]


def test_several_quantities_need_a_column_of_their_names(domain, daily):
    operator = TowerFlux(quantities=("gpp", "nee"))
    with pytest.raises(InvalidInput) as error:
        operator.prepare(daily(), domain, never)
    assert (error.value.code, error.value.where) == ("missing-variable", "quantity")
    design = operator.prepare(daily(value=np.nan), domain, never)  # a map, a design: of the first
    assert np.all(design.at["of_gpp"] == 1.0)


def test_only_fields_of_the_quantities_are_required():
    assert [v.name for v in TowerFlux().requires] == ["gpp"]
    assert [v.name for v in TowerFlux(quantities=("gpp", "nee")).requires] == ["gpp", "nep"]
    latent = TowerFlux(quantities="latent_heat")
    assert [(v.name, v.units) for v in latent.requires] == [("evapotranspiration", "mm d-1")]
    assert latent.observes.units == "W m-2"
    assert latent.unknown_sd == QUANTITIES["latent_heat"].unknown


def test_gap_filled_days_are_left_out_and_counted(domain, daily):
    observations = daily(quality=[1.0, 0.79, np.nan])
    stream = TowerFlux().prepare(observations, domain, never)
    assert stream.dropped == {"gap-filled": 2}
    assert len(TowerFlux(minimum_quality=0.5).prepare(observations, domain, never).values) == 2


def test_errors_grow_with_the_flux(domain, daily):
    operator = TowerFlux(correlation_days=1.0)
    stream = operator.prepare(daily(value=[0.0, 5.0, -8.0]), domain, never)
    measured = 0.2 + 0.11 * np.array([0.0, 5.0, 8.0])
    np.testing.assert_allclose(stream.covariance.sd, np.hypot(measured, 0.5), rtol=1e-12)


def test_representation_error_is_added_to_the_observed_sd(domain, daily):
    stream = TowerFlux(correlation_days=1.0).prepare(daily(sd=0.4), domain, never)
    np.testing.assert_allclose(stream.covariance.sd, np.hypot(0.4, 0.5), rtol=1e-12)
    alone = TowerFlux(correlation_days=1.0, representation=0.0)
    np.testing.assert_allclose(alone.prepare(daily(sd=0.4), domain, never).covariance.sd, 0.4)


def test_days_that_share_their_error_weigh_as_one_and_months_do_not(domain, daily):
    """Ten days of sd s sqrt(10) know as much as one of sd s."""
    alone, shared = TowerFlux(correlation_days=1.0), TowerFlux(correlation_days=10.0)

    def sd(operator, **settings):
        return operator.prepare(daily(**settings), domain, never).covariance.sd

    ten = {"days": list(range(10))}
    np.testing.assert_allclose(sd(shared, **ten), np.sqrt(10.0) * sd(alone, **ten), rtol=1e-12)
    month = {"days": [31], "length": 28}
    np.testing.assert_allclose(sd(shared, **month), sd(alone, **month), rtol=1e-12)


def test_values_of_a_place_together_weigh_as_one_at_least(domain, daily):
    """Three values with one error have the weight of a single one, each quantity apart."""
    alone, shared = (
        TowerFlux(quantities=("gpp", "nee"), correlation_days=days) for days in (1.0, 10_000.0)
    )
    observations = daily(quantity=["gpp", "nee", "gpp"])
    single, inflated = (
        operator.prepare(observations, domain, never).covariance.sd for operator in (alone, shared)
    )
    np.testing.assert_allclose(inflated / single, np.sqrt([2.0, 1.0, 2.0]), rtol=1e-12)


def test_an_unknown_value_has_the_error_of_a_design(domain, daily):
    observations = daily(value=np.nan, days=[31], length=28)
    assert TowerFlux().prepare(observations, domain, never).covariance.sd == pytest.approx(1.0)


def test_quantities_of_two_units_are_refused():
    for names in (("gpp", "latent_heat"), ("gpp", "reco"), ("gpp", "gpp")):
        with pytest.raises(ValueError) as error:
            TowerFlux(quantities=names)
        assert "'quantities'" in str(error.value)


def test_a_block_without_observations_is_empty(domain, fields, daily):
    none = daily().take(np.zeros(0, dtype=int))
    operator = TowerFlux(quantities="latent_heat")
    stream = operator.prepare(none, domain, never)
    assert operator.observe(fields, {}, stream.at, XP).shape == (0,)


@pytest.mark.parametrize(
    ("product", "flags", "kept"),
    [
        ("fluxnet", [0, 1, 3], 1),
        ("oneflux", [0, 0, 2], 2),
        ("plumber2", [0, 4, 1], 1),
        ("la_thuile", [1, 2, 3], 2),
    ],
)
def test_flags_of_a_product_are_read_as_it_defines_them(domain, daily, product, flags, kept):
    operator = TowerFlux(quality_flags=product)
    stream = operator.prepare(daily(quality=np.array(flags, float)), domain, never)
    assert len(stream.values) == kept and stream.dropped == {"gap-filled": 3 - kept}


@pytest.mark.parametrize(("product", "flag"), [("fluxnet", 0.5), ("la_thuile", 0.0)])
def test_flags_that_a_product_lacks_are_refused(domain, daily, product, flag):
    with pytest.raises(InvalidInput) as refused:
        TowerFlux(quality_flags=product).prepare(daily(quality=[1.0, 2.0, flag]), domain, never)
    assert (refused.value.code, refused.value.where) == ("unknown-flag", "quality")


def test_each_quantity_has_its_own_range(domain, daily):
    both = TowerFlux(quantities=("gpp", "nee"))
    observations = daily(value=[-20.0, -20.0, 500.0], quantity=np.array(["gpp", "nee", "nee"]))
    assert both.prepare(observations, domain, never).dropped == {
        "gpp outside -9 to 60 gC m-2 d-1": 1, "nee outside -60 to 60 gC m-2 d-1": 1,
    }  # fmt: skip
    assert both.observes.observed_range == (-60.0, 60.0)
    assert TowerFlux().observes.observed_range == (-9.0, 60.0)


@pytest.mark.parametrize("bad", [500.0, -9999.0, -999.0, -99.99, -9.99])
def test_production_that_cannot_be_is_left_out_on_reading(tmp_path, daily, bad):
    operator, sound = TowerFlux(), daily(value=[1.0, 2.0, 3.0], sd=0.5)
    record = ObservationRecord(sound.with_values([1.0, bad, 3.0]), "gC m-2 d-1", "f", "f", "no")
    write_observation_record(tmp_path / "flux.nc", record, "a test")
    findings = Findings()
    found = read_observations(tmp_path / "flux.nc", operator.observes, findings)
    assert findings == [] and found.dropped == {"outside -9 to 60 gC m-2 d-1": 1}
    assert found.values.tolist() == [1.0, 3.0]
