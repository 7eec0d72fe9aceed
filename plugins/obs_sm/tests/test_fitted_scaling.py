"""Slope and offset of each place as parameters."""

import numpy as np
import pytest
from ccdas_obs_sm.soil_moisture import SoilMoisture

from ccdas_framework import InvalidInput
from ccdas_framework.testing import checks_for

PLACES = ("x", "y")


def fitted(**settings):
    return SoilMoisture(product="in_situ", scaling="fitted", scaling_places=PLACES, **settings)


def parameters(slope=(1.0, 1.0), offset=(0.0, 0.0)):
    return {"slope": np.array(slope), "offset": np.array(offset)}


def test_values_and_errors_keep_their_units(domain, fields, observed):
    stream = fitted().prepare(observed(2, "x"), domain, lambda: fields)
    plain = SoilMoisture(product="in_situ", scaling="none")
    unscaled = plain.prepare(observed(2, "x"), domain, lambda: fields)
    np.testing.assert_array_equal(stream.values, unscaled.values)
    np.testing.assert_array_equal(stream.covariance.sd, unscaled.covariance.sd)
    np.testing.assert_allclose(
        fitted().observe(fields, parameters(), stream.at, np),
        plain.observe(fields, {}, unscaled.at, np),
        rtol=1e-13,
    )


def test_each_place_has_its_own_slope_about_a_quarter_and_its_own_offset(
    domain, fields, observed, together
):
    both = together(observed(1, "y"), observed(2, "x"))
    stream = fitted().prepare(both, domain, lambda: fields)
    plain = fitted().observe(fields, parameters(), stream.at, np)
    scaled = fitted().observe(fields, parameters((2.0, 0.5), (0.0, 0.1)), stream.at, np)
    for place, slope, offset in (("x", 2.0, 0.0), ("y", 0.5, 0.1)):
        at_place = stream.labels == place
        expected = 0.25 + offset + slope * (plain[at_place] - 0.25)
        np.testing.assert_allclose(scaled[at_place], expected, rtol=1e-12)


def test_a_slope_and_an_offset_fit_what_scaling_to_the_prior_would_move(domain, fields, observed):
    """Values that are a line in the prior run are met exactly by the parameters."""
    prior = fields["soil_moisture"][domain.window, 4]
    values = 0.3 + 0.4 * (prior - prior.mean())
    stream = fitted().prepare(observed(2, "x", values=values), domain, lambda: fields)
    met = parameters((0.4, 1.0), (0.3 - 0.4 * prior.mean() - (1.0 - 0.4) * 0.25, 0.0))
    np.testing.assert_allclose(fitted().observe(fields, met, stream.at, np), values, rtol=1e-12)


def test_a_day_is_simulated_alike_in_two_sets_of_observations(domain, fields, observed):
    """The slope and the offset of assimilated days are those of withheld ones."""
    whole = observed(2, "x")
    later = whole.take(np.arange(len(whole)) >= 20)
    operator, given = fitted(), parameters((0.5, 1.0), (0.1, 0.0))
    of_whole, of_later = (
        operator.observe(fields, given, operator.prepare(o, domain, lambda: fields).at, np)
        for o in (whole, later)
    )
    np.testing.assert_array_equal(of_whole[20:], of_later)


def test_each_place_needs_parameters(domain, fields, observed):
    with pytest.raises(InvalidInput) as error:
        fitted().prepare(observed(2, "z"), domain, lambda: fields)
    assert (error.value.code, error.value.where) == ("missing-place", "scaling_places")


def test_places_have_parameters_with_fitted_scaling_alone():
    with pytest.raises(ValueError, match="scaling_places"):
        SoilMoisture(scaling="fitted")
    assert fitted().parameters[1].labels == ("slope[x]", "slope[y]")
    other = SoilMoisture(product="in_situ", scaling="none", scaling_places=PLACES)
    assert [p.name for p in other.parameters] == ["T_z"]


@pytest.mark.parametrize("places", [["x", "x"], [3], [""], 3, {"x": 1}])
def test_places_without_a_name_of_their_own_are_refused(places):
    with pytest.raises(ValueError, match="scaling_places"):
        SoilMoisture(product="in_situ", scaling="fitted", scaling_places=places)


@pytest.mark.parametrize("depth", [None, 0.1])
def test_conforms(depth):
    for check in checks_for(fitted(depth=depth)):
        check()
