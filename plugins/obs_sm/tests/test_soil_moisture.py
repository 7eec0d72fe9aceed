"""Properties of the soil-moisture operator."""

import numpy as np
import pytest
from ccdas_obs_sm.soil_moisture import SoilMoisture

from ccdas_framework import InvalidInput


def never():
    raise AssertionError("the prior run was not needed")


def in_situ(**settings):
    return SoilMoisture(product="in_situ", **settings)


def test_simulates_the_area_mean_of_the_cell_on_the_day_of_the_observation(
    domain, fields, observed
):
    operator = in_situ(scaling="none", mask_frozen=False)
    stream = operator.prepare(observed(0, "x", days=[3]), domain, never)
    theta = fields["soil_moisture"][domain.lead + 3]
    expected = (0.5 * theta[0] + 0.3 * theta[1]) / 0.8
    simulated = operator.observe(fields, {}, stream.at, np)
    np.testing.assert_allclose(simulated, [expected], rtol=1e-12)


def test_a_monthly_value_is_compared_with_the_mean_of_its_days(domain, fields, observed):
    operator = in_situ(scaling="none")
    stream = operator.prepare(observed(2, "x", length=30), domain, lambda: fields)
    expected = fields["soil_moisture"][domain.window, 4].reshape(4, 30).mean(1)
    np.testing.assert_allclose(operator.observe(fields, {}, stream.at, np), expected, rtol=1e-12)


def test_scaled_values_have_the_mean_and_sd_of_the_prior_run(domain, fields, observed):
    operator = in_situ()
    stream = operator.prepare(
        observed(2, "x", values=np.linspace(0, 0.5, 120)), domain, lambda: fields
    )
    prior = operator.observe(fields, {}, stream.at, np)
    np.testing.assert_allclose(stream.values.mean(), prior.mean(), rtol=1e-12)
    np.testing.assert_allclose(stream.values.std(), prior.std(), rtol=1e-12)


def test_scaling_stretches_the_error_with_the_values(domain, fields, observed):
    plain = in_situ(scaling="none").prepare(observed(2, "x"), domain, lambda: fields)
    scaled = in_situ().prepare(observed(2, "x"), domain, lambda: fields)
    stretch = scaled.values.std() / plain.values.std()
    np.testing.assert_allclose(scaled.covariance.sd / plain.covariance.sd, stretch, rtol=1e-12)


def test_scaling_removes_what_observations_say_of_mean_and_variance(domain, fields, observed):
    operator = in_situ()
    y = 0.2 + 0.05 * np.cos(0.3 * np.arange(120))
    one = operator.prepare(observed(2, "x", values=y), domain, lambda: fields)
    other = operator.prepare(observed(2, "x", values=0.1 + 1.5 * y), domain, lambda: fields)
    np.testing.assert_allclose(one.values, other.values, rtol=1e-10)


def test_a_place_with_too_few_days_is_left_out_and_named(domain, fields, observed, together):
    few = observed(1, "US-Var", days=range(12))
    stream = in_situ().prepare(together(few, observed(2, "x")), domain, lambda: fields)
    assert stream.dropped == {
        "soil moisture of cell 'US-Var': 12 retained days, 30 needed for scaling": 12
    }
    assert set(stream.labels) == {"x"}
    np.testing.assert_array_equal(stream.index, 12 + np.arange(120))


def test_monthly_data_need_ten_months(domain, fields, observed):
    stream = in_situ().prepare(observed(2, "x", length=30), domain, lambda: fields)
    assert list(stream.dropped) == [
        "soil moisture of cell 'x': 4 retained months, 10 needed for scaling"
    ]


def test_observations_that_hardly_vary_cannot_be_scaled(domain, fields, observed):
    stream = in_situ().prepare(observed(2, "x", values=0.2), domain, lambda: fields)
    assert len(stream.values) == 0
    assert list(stream.dropped.values()) == [120]


def test_a_design_without_values_remains_and_is_not_scaled(domain, fields, observed):
    design = observed(2, "x", values=np.nan, sd=np.nan, days=[1, 2])
    stream = in_situ(n_corr=1.0).prepare(design, domain, lambda: fields)
    assert np.isnan(stream.values).all() and len(stream.values) == 2
    np.testing.assert_allclose(stream.covariance.sd, 0.05)


def test_the_prior_run_is_not_computed_when_nothing_needs_it(domain, observed):
    operator = SoilMoisture(scaling="none", mask_frozen=False)
    assert len(operator.prepare(observed(2, "x"), domain, never).values) == 120


def test_frozen_and_snowy_days_are_left_out(domain, fields, observed):
    stream = in_situ(scaling="none").prepare(observed(0, "x"), domain, lambda: fields)
    minimum = fields["air_temperature_min"][domain.window, 0]
    assert stream.dropped["frozen ground or snow"] == int(np.sum(minimum < 0.0))
    assert len(stream.values) == int(np.sum(minimum >= 0.0))


def test_a_model_without_temperature_or_snow_masks_nothing(domain, fields, observed):
    only = {"soil_moisture": fields["soil_moisture"]}
    assert (
        len(in_situ(scaling="none").prepare(observed(0, "x"), domain, lambda: only).values) == 120
    )


def test_each_reason_and_each_observation_is_counted_once(domain, fields, observed, together):
    operator = SoilMoisture(scaling="none")
    cases = {
        "dense forest": observed(1, "x"),
        "radio-frequency interference": observed(2, "x", rfi_probability=0.3),
        "open water or wetland": observed(2, "x", water_fraction=0.2),
        "topography": observed(2, "x", topography=1),
        "retrieval error too large": observed(2, "x", sd=0.08),
        "outside -0.1 to 0.8 m3 m-3": observed(2, "x", values=0.9, topography=1),
        "outside the grid": observed(2, "x"),
    }
    for reason, observations in cases.items():
        if reason == "outside the grid":
            observations.latitude[:] = 80.0
        stream = operator.prepare(observations, domain, lambda: fields)
        assert stream.dropped == {reason: 120}


def test_towers_are_not_masked_as_satellites_are(domain, fields, observed):
    stream = in_situ(scaling="none").prepare(
        observed(1, "x", sd=0.08, rfi_probability=0.9), domain, lambda: fields
    )
    assert len(stream.values) == 120


@pytest.mark.parametrize(
    ("sd", "expected"),
    [(0.01, np.hypot(0.04, 0.02)), (0.06, np.hypot(0.06, 0.02)), (np.nan, 0.05)],
)
def test_errors_have_a_floor_and_a_default(domain, fields, observed, sd, expected):
    operator = in_situ(scaling="none", n_corr=1.0)
    stream = operator.prepare(observed(2, "x", sd=sd), domain, lambda: fields)
    np.testing.assert_allclose(stream.covariance.sd, expected, rtol=1e-12)


def test_daily_errors_are_inflated_and_monthly_ones_are_not(domain, fields, observed):
    operator = in_situ(scaling="none")
    daily = operator.prepare(observed(2, "x"), domain, lambda: fields)
    monthly = operator.prepare(observed(2, "x", length=30), domain, lambda: fields)
    np.testing.assert_allclose(daily.covariance.sd, np.sqrt(3.0) * np.hypot(0.04, 0.02))
    np.testing.assert_allclose(monthly.covariance.sd, np.hypot(0.04, 0.02))


def test_thinning_keeps_one_day_in_three_and_does_not_inflate(domain, fields, observed):
    stream = in_situ(scaling="none", thin_days=3).prepare(observed(2, "x"), domain, lambda: fields)
    np.testing.assert_array_equal(stream.index, np.arange(0, 120, 3))
    np.testing.assert_allclose(stream.covariance.sd, np.hypot(0.04, 0.02))


def test_an_sd_of_zero_is_refused(domain, fields, observed):
    with pytest.raises(ValueError):
        in_situ().prepare(observed(2, "x", sd=0.0), domain, lambda: fields)


def test_no_observations_give_an_empty_stream(domain, observed):
    assert len(SoilMoisture().prepare(observed(2, "x", days=[]), domain, never).values) == 0


def test_settings_of_another_type_are_refused():
    for wrong in ({"mask_frozen": 1}, {"thin_days": 1.5}, {"n_corr": "x"}, {"minimum_days": True}):
        with pytest.raises(TypeError) as error:
            SoilMoisture(**wrong)
        assert next(iter(wrong)) in str(error.value)
    assert SoilMoisture(forest_classes=3).forest_classes == (3,)
    with pytest.raises(InvalidInput) as error:
        SoilMoisture(forest_classes="trees")
    assert (error.value.code, error.value.where) == ("wrong-type", "forest_classes")
