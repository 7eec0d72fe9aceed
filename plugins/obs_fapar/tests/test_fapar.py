"""Properties of the operator: areas, time means, masks and errors."""

import re
from pathlib import Path

import attrs
import numpy as np
import pytest
from attrs import evolve
from ccdas_obs_fapar import observation_operators
from ccdas_obs_fapar.fapar import Fapar, measured
from ccdas_obs_fapar.screening import cosine_zenith

from ccdas_framework import InvalidInput
from ccdas_framework.engines.namespace import numpy_namespace
from ccdas_framework.testing import checks_for

XP = numpy_namespace()
NONE = {"fb_a": 0.0, "fb_b": 0.0}
SETTINGS = ({}, {"product": "bihemispherical"}, {"error": "relative", "n_corr": 3.0})


@pytest.mark.parametrize(
    "check", [c for keys in SETTINGS for c in checks_for(Fapar(**keys))], ids=repr
)
def test_conforms(check):
    check()


def test_the_hook_names_the_operator():
    assert observation_operators() == {"fapar": Fapar}


@pytest.mark.parametrize(
    ("product", "field"), [("noon", "fapar"), ("bihemispherical", "fapar_diffuse")]
)
def test_a_value_is_the_mean_of_its_days_over_the_area_of_the_cell(
    product, field, domain, fields, monthly
):
    """Columns of 0.6 and 0.2 of the cell; the bare fifth absorbs nothing."""
    operator = Fapar(product=product)
    assert [v.name for v in operator.requires] == [field]
    stream = operator.prepare(monthly(1), domain, lambda: fields)
    in_may = domain.month == 4
    expected = (fields[field][in_may][:, 2:4] * [0.6, 0.2]).sum(axis=1).mean()
    simulated = operator.observe({field: fields[field]}, NONE, stream.at, XP)
    assert simulated[4] == pytest.approx(expected, rel=1e-12)


def test_a_daily_value_is_that_of_its_day(domain, fields, monthly):
    first = monthly(2)
    daily = evolve(first, end=first.start)
    stream = Fapar().prepare(daily, domain, lambda: fields)
    simulated = Fapar().observe(fields, NONE, stream.at, XP)
    assert simulated[0] == pytest.approx(0.9 * fields["fapar"][domain.lead, 4], rel=1e-12)


def test_an_instrument_has_a_gain_and_an_offset():
    assert measured(0.5, 0.02, -0.01) == pytest.approx(0.5, abs=1e-15)
    assert measured(0.8, 0.05, 0.0) == pytest.approx(0.84, rel=1e-15)
    parameters = {p.name: p for p in Fapar().parameters}
    assert [(p.mean, p.sd, p.active) for p in parameters.values()] == [(0.0, 0.01, False)] * 2


def test_the_sun_stands_overhead_at_noon_in_the_tropics_and_low_in_a_northern_winter():
    assert cosine_zenith(23.4, 172, 12.0) == pytest.approx(1.0, abs=1e-6)
    assert cosine_zenith(60.0, 355, 12.0) == pytest.approx(np.cos(np.radians(83.4)), abs=1e-6)
    assert cosine_zenith(0.0, 81, 18.0) == pytest.approx(0.0, abs=1e-12)


def test_masks_count_what_they_hide(domain, fields, monthly):
    at_60 = Fapar().prepare(monthly(0), domain, lambda: fields).dropped
    mu = cosine_zenith(60.0, domain.day_of_year, 13.0)
    low = [mu[domain.month == m].mean() < 0.3 for m in range(14)]
    snow = [fields["snow"][domain.month == m, 0].mean() > 1.0 for m in range(14)]
    assert 0 < sum(low) < 14 and any(snow)
    assert at_60["sun too low"] == sum(low)
    assert at_60.get("snow", 0) == sum(s and not w for s, w in zip(snow, low, strict=True))
    bare = {**fields, "lai": 0.01 * fields["lai"]}
    assert Fapar().prepare(monthly(1), domain, lambda: bare).dropped == {"hardly a leaf": 14}
    scatter = monthly(1, value=np.r_[-0.05, 1.05, np.full(12, 0.5)])
    assert Fapar().prepare(scatter, domain, lambda: fields).dropped == {}


def test_a_model_without_snow_or_leaf_area_masks_by_the_sun_alone(domain, fields, monthly):
    fapar_alone = {"fapar": fields["fapar"]}
    dropped = Fapar().prepare(monthly(0), domain, lambda: fapar_alone).dropped
    assert set(dropped) == {"sun too low"}


def test_errors_without_an_sd_are_absolute_or_a_share(domain, fields, monthly):
    value = np.r_[0.05, 0.8, np.nan, np.full(11, 0.5)]
    sd = np.r_[np.full(4, np.nan), np.full(10, 0.03)]
    observations = monthly(1, value=value, sd=sd)

    def errors(**settings):
        return Fapar(**settings).prepare(observations, domain, lambda: fields).covariance.sd

    np.testing.assert_allclose(errors()[:5], [0.1, 0.1, 0.1, 0.1, 0.03])
    np.testing.assert_allclose(errors(error="relative")[:5], [0.02, 0.16, 0.1, 0.1, 0.03])
    np.testing.assert_allclose(errors(n_corr=4.0), 2.0 * errors(), rtol=1e-14)


def test_rain_adds_to_the_error(domain, fields, monthly):
    """0.045 a millimetre a day: of the file where it has a column, else of the model."""
    operator = Fapar(sd_per_precipitation=0.045)
    of_model = operator.prepare(monthly(1), domain, lambda: fields).covariance.sd
    rain = (0.6 * 4.0 + 0.2 * 5.0) / 0.8  # mean over the columns
    np.testing.assert_allclose(of_model, 0.1 + 0.045 * rain, rtol=1e-12)
    of_file = operator.prepare(monthly(1, precipitation=2.0), domain, lambda: fields)
    np.testing.assert_allclose(of_file.covariance.sd, 0.19, rtol=1e-12)
    dry = {name: fields[name] for name in ("fapar", "lai")}
    with pytest.raises(InvalidInput) as error:
        operator.prepare(monthly(1), domain, lambda: dry)
    assert (error.value.code, error.value.where) == ("missing-variable", "precipitation")


def test_settings_of_another_type_are_refused():
    with pytest.raises(TypeError) as error:
        Fapar(n_corr="x")
    assert "'n_corr'" in str(error.value)
    with pytest.raises(ValueError) as error:
        Fapar(product="morning")
    assert "'product'" in str(error.value)


def test_the_readme_names_each_setting():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(\w+)`", readme))
    assert {setting.name for setting in attrs.fields(Fapar)} <= documented
