"""Comparison of probes with the model at their depth."""

from types import SimpleNamespace

import numpy as np
import pytest
from ccdas_obs_sm.depth import FILTER_TIME, filtered
from ccdas_obs_sm.soil_moisture import SoilMoisture

from ccdas_framework import InvalidInput, Variable, numpy_namespace
from ccdas_framework.problem.connections import connection_problems
from ccdas_framework.testing import checks_for

XP = numpy_namespace()
PRIOR = {FILTER_TIME.name: FILTER_TIME.mean}


def probe(**settings):
    return SoilMoisture(
        **{"product": "in_situ", "scaling": "none", "mask_frozen": False} | settings
    )


def never():
    raise AssertionError("the prior run was not needed")


def test_the_filter_is_a_mean_over_the_past_with_exponential_weights():
    surface = np.random.default_rng(3).uniform(0.1, 0.4, (40, 2))
    time = np.array([2.0, 9.0])
    below = filtered(surface, time, XP)
    age = np.arange(39, -1, -1)[:, None]
    weights = np.exp(-age / time)
    np.testing.assert_allclose(below[-1], (weights * surface).sum(0) / weights.sum(0), rtol=1e-12)


def test_water_that_stays_the_same_is_the_same_at_every_depth():
    constant = np.full((30, 1), 0.27)
    np.testing.assert_allclose(filtered(constant, np.array([12.0]), XP), constant, rtol=1e-13)


def test_a_step_at_the_surface_arrives_by_all_but_one_e_th_after_the_characteristic_time():
    surface = np.where(np.arange(1000) < 900, 0.1, 0.3)[:, None]
    below = filtered(surface, np.array([20.0]), XP)
    risen = (below[900 + 19, 0] - 0.1) / 0.2  # the day of the step counts as one
    assert risen == pytest.approx(1.0 - np.exp(-1.0), rel=1e-12)


def test_a_probe_within_the_upper_half_of_the_surface_layer_sees_the_surface(
    domain, fields, observed
):
    plain = probe().prepare(observed(2, "x"), domain, never)
    shallow = probe(depth=0.02).prepare(observed(2, "x"), domain, lambda: fields)
    np.testing.assert_array_equal(
        probe(depth=0.02).observe(fields, PRIOR, shallow.at, XP),
        probe().observe(fields, PRIOR, plain.at, XP),
    )


def test_a_deeper_probe_sees_less_of_the_variation(domain, fields, observed):
    def spread(depth):
        stream = probe(depth=depth).prepare(observed(2, "x"), domain, lambda: fields)
        return probe(depth=depth).observe(fields, PRIOR, stream.at, XP).std()

    assert spread(0.02) > spread(0.05) > spread(0.1) > spread(0.3)


def test_the_depth_of_the_file_comes_before_that_of_the_settings(domain, fields, observed):
    of_file = probe(depth=0.5).prepare(observed(2, "x", depth=0.1), domain, lambda: fields)
    of_setting = probe(depth=0.1).prepare(observed(2, "x"), domain, lambda: fields)
    np.testing.assert_array_equal(of_file.at["filter_length"], of_setting.at["filter_length"])
    np.testing.assert_allclose(of_file.at["filter_length"], [0, 0, 0, 0, 0.08])


@pytest.mark.parametrize("thickness", [0.04, 0.1])
def test_the_thickness_of_the_surface_layer_is_that_of_the_model(
    domain, fields, observed, thickness
):
    fields["surface_layer_thickness"][:] = thickness
    stream = probe(depth=0.2).prepare(observed(2, "x"), domain, lambda: fields)
    np.testing.assert_allclose(stream.at["filter_length"][4], 0.2 - 0.5 * thickness, rtol=1e-12)
    operator = probe(depth=0.2, depth_comparison="layers")
    stream = operator.prepare(observed(2, "x"), domain, lambda: fields)
    np.testing.assert_allclose(stream.at["surface_share"], thickness / 0.2, rtol=1e-12)


def test_a_model_that_does_not_state_the_thickness_of_its_layer_is_refused():
    model = SimpleNamespace(provides=(Variable("soil_moisture", "m3 m-3", ("time", "column")),))
    (finding,) = connection_problems("other", model, {"sm": probe()})
    assert (finding.code, finding.where) == ("missing-field", "stream 'sm'")
    assert not connection_problems("other", model, {"sm": probe(depth_comparison="surface")})


def test_a_table_has_the_depth_of_each_place(domain, fields, observed, together):
    operator = probe(depth={"x": 0.1, "y": 0.3})
    places = together(observed(1, "x"), observed(2, "y"))
    stream = operator.prepare(places, domain, lambda: fields)
    np.testing.assert_allclose(stream.at["filter_length"], [0, 0, 0.08, 0.08, 0.28])
    with pytest.raises(InvalidInput) as error:
        operator.prepare(observed(2, "z"), domain, never)
    assert (error.value.code, error.value.where) == ("missing-place", "depth")


def test_several_depths_of_a_cell_need_several_streams_or_the_mean_of_layers(
    domain, fields, observed
):
    two = np.where(np.arange(120) % 2, 0.05, 0.2)
    with pytest.raises(InvalidInput) as error:
        probe().prepare(observed(2, "x", depth=two), domain, lambda: fields)
    assert (error.value.code, error.value.where) == ("several-depths", "depth")
    layers = probe(depth_comparison="layers")
    stream = layers.prepare(observed(2, "x", depth=two), domain, lambda: fields)
    assert len(stream.values) == 120


def test_the_mean_of_layers_holds_the_water_down_to_the_probe(domain, fields, observed):
    operator = probe(depth=0.1, depth_comparison="layers")
    fields = {**fields, "root_zone_soil_moisture": 0.5 * fields["soil_moisture"]}
    stream = operator.prepare(observed(2, "x"), domain, lambda: fields)
    simulated = operator.observe(fields, {}, stream.at, XP)
    top = fields["soil_moisture"][domain.window, 4]
    np.testing.assert_allclose(0.1 * simulated, 0.04 * top + 0.06 * 0.5 * top, rtol=1e-12)
    names = [variable.name for variable in operator.requires]
    assert names == ["soil_moisture", "root_zone_soil_moisture"]


def test_a_model_without_layers_needs_the_surface_alone():
    for comparison in ("filter", "surface"):
        operator = probe(depth=0.1, depth_comparison=comparison)
        assert [variable.name for variable in operator.requires] == ["soil_moisture"]


def test_values_are_scaled_to_the_prior_run_at_their_depth(domain, fields, observed):
    operator = probe(depth=0.1, scaling="mean_variance")
    stream = operator.prepare(observed(2, "x"), domain, lambda: fields)
    prior = operator.observe(fields, PRIOR, stream.at, XP)
    np.testing.assert_allclose(stream.values.mean(), prior.mean(), rtol=1e-12)
    np.testing.assert_allclose(stream.values.std(), prior.std(), rtol=1e-12)


def test_a_satellite_has_no_depth(domain, observed):
    with pytest.raises(ValueError):
        SoilMoisture(depth=0.05)
    satellite = SoilMoisture(scaling="none", mask_frozen=False, forest_fraction=2.0)
    stream = satellite.prepare(observed(2, "x", depth=0.3), domain, never)
    assert "filter_length" not in stream.at


def test_a_depth_that_is_no_length_is_refused():
    for wrong in (-0.1, 50.0, "5 cm", True, {"x": "deep"}):
        with pytest.raises(ValueError):
            probe(depth=wrong)


@pytest.mark.parametrize(
    "operator",
    [probe(depth=0.1), probe(depth=0.1, depth_comparison="layers")],
    ids=lambda operator: operator.depth_comparison,
)
def test_conforms(operator):
    for check in checks_for(operator, engines=("autograd",)):
        check()
