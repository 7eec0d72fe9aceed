"""Properties of the operator: layers, areas, time means, masks and errors."""

import re
from pathlib import Path

import attrs
import numpy as np
import pytest
from ccdas_obs_sif import observation_operators
from ccdas_obs_sif.leaf_fluorescence import fluorescence_yield
from ccdas_obs_sif.sif import PHOTON_ENERGY, PUBLISHED_DENSITY, SPECTRAL_DENSITY, Sif, radiance

from ccdas_framework.engines.namespace import numpy_namespace
from ccdas_framework.testing import checks_for

XP = numpy_namespace()
ONE = {"scale": 1.0}
SETTINGS = ({}, {"escape": "exponential", "quenching": "drought", "n_corr": 3.0})
PUBLISHED = Sif(escape="exponential")


@pytest.mark.parametrize(
    "check", [c for keys in SETTINGS for c in checks_for(Sif(**keys))], ids=repr
)
def test_conforms(check):
    check()


def test_the_hook_names_the_operator():
    assert observation_operators() == {"sif": Sif}


def test_a_mole_of_photons_of_740_nm():
    """N_A h c / lambda, CODATA 2018; four digits are used."""
    exact = 6.02214076e23 * 6.62607015e-34 * 299792458.0 / 740e-9
    assert pytest.approx(exact, rel=5e-4) == PHOTON_ENERGY


def test_radiance_of_a_bright_canopy_is_of_the_order_that_satellites_see():
    """500 umol m-2 s-1 absorbed, yield 0.0125, no loss on the way up: 3.5 mW m-2 sr-1 nm-1."""
    expected = 500e-6 * 0.0125 * 1.616e5 * 1e3 * 0.011 / np.pi
    assert radiance(500e-6 * 0.0125, PUBLISHED_DENSITY) == pytest.approx(expected, rel=1e-14)
    assert 3.0 < expected < 4.0


def test_the_spectral_density_is_that_of_both_photosystems():
    """0.0045 of photosystem II and 0.0118 of I, whose share beyond 700 nm is 30 to 50 %.

    Beyond 700 nm photosystem II emits 34 % of its photons and photosystem I 87 %.
    """
    for share, low in ((0.3, True), (0.5, False)):
        first = share / (1.0 - share) * 0.34 / 0.87  # photons of I for each of II
        density = 0.0045 + 0.0118 * first
        assert (density < SPECTRAL_DENSITY) == low


def test_a_dense_canopy_at_noon_has_the_radiance_that_satellites_see():
    """1.3 mmol m-2 s-1 absorbed, leaf area 5, chi of 0.2 to 0.8: monthly means are 0.8 to 3.

    The former emission of the same canopy is more than twice that.
    """

    def of(operator):
        layers = zip((1, 2, 3), (800e-6, 350e-6, 150e-6), (0.2, 0.5, 0.8), strict=True)
        photons = sum(
            light
            * fluorescence_yield(chi, 25.0, "general", np)
            * operator.layer_escape(5.0, n, 1.0, np)
            for n, light, chi in layers
        )
        return radiance(
            photons, SPECTRAL_DENSITY if operator.escape == "two_stream" else PUBLISHED_DENSITY
        )

    assert 0.8 < of(Sif()) < 3.0
    assert of(PUBLISHED) > 2.0 * of(Sif())


def test_needles_in_shoots_emit_less_to_the_sky(domain, fields, monthly):
    """Classes 5 and 9 in the first cell: with shoots of class 5 the value is smaller."""
    shoots, leaves = Sif(), Sif(needle_clumping=1.0)
    at = [o.prepare(monthly(0), domain, lambda: fields).at for o in (shoots, leaves)]
    np.testing.assert_array_equal(at[0]["clumping"], [0.53, 1.0, 1.0, 1.0, 1.0])
    of_shoots = shoots.observe(fields, ONE, at[0], XP)
    of_leaves = leaves.observe(fields, ONE, at[1], XP)
    assert np.all(of_shoots < of_leaves)
    none = Sif(needle_classes=()).prepare(monthly(0), domain, lambda: fields).at
    np.testing.assert_array_equal(none["clumping"], 1.0)


def test_a_value_is_the_mean_of_its_days_over_the_area_of_the_cell(domain, fields, monthly):
    """Columns of 0.6 and 0.2 of the cell, their leaves over 0.8 of the ground."""
    stream = PUBLISHED.prepare(monthly(1), domain, lambda: fields)
    days = np.flatnonzero(domain.month == 4)
    daily = []
    for day in days:
        today = {name: values[day, 2:4] for name, values in fields.items()}
        emitted = sum(
            today[f"apar_layer_{n}"]
            * fluorescence_yield(
                today[f"photochemistry_layer_{n}"], today["canopy_temperature"], "general", np
            )
            * np.exp(-0.3 * (n - 0.5) / 3.0 * today["lai"] / 0.8)
            for n in (1, 2, 3)
        )
        daily.append(1.616e5 * 0.011 * 1e3 / np.pi * (emitted * [0.6, 0.2]).sum())
    simulated = PUBLISHED.observe(fields, ONE, stream.at, XP)
    assert simulated[4] == pytest.approx(np.mean(daily), rel=1e-12)
    half = PUBLISHED.observe(fields, {"scale": 0.5}, stream.at, XP)
    np.testing.assert_allclose(half, 0.5 * simulated, rtol=1e-14)


def test_a_model_without_cover_has_leaves_over_all_of_the_ground(domain, fields, monthly):
    stream = Sif().prepare(monthly(1), domain, lambda: fields)
    bare = {name: values for name, values in fields.items() if name != "cover"}
    covered = {**fields, "cover": np.ones_like(fields["cover"])}
    np.testing.assert_allclose(
        Sif().observe(bare, ONE, stream.at, XP),
        Sif().observe(covered, ONE, stream.at, XP),
        rtol=1e-12,
    )


def test_in_the_dark_nothing_is_emitted(domain, fields, monthly):
    dark = {k: 0.0 * v if k.startswith("apar") else v for k, v in fields.items()}
    stream = Sif().prepare(monthly(1), domain, lambda: fields)
    np.testing.assert_array_equal(Sif().observe(dark, ONE, stream.at, XP), 0.0)


def test_masks_count_what_they_hide(domain, fields, monthly):
    cold = [fields["air_temperature"][domain.month == m, 0].mean() < 0.0 for m in range(14)]
    snow = [fields["snow"][domain.month == m, 0].mean() > 1.0 for m in range(14)]
    both = sum(s and not c for s, c in zip(snow, cold, strict=True))
    assert 0 < sum(cold) < 14 and both > 0
    dropped = Sif().prepare(monthly(0), domain, lambda: fields).dropped
    assert dropped == {"frozen": sum(cold), "snow": both}
    few = Sif().prepare(monthly(1, n=4), domain, lambda: fields).dropped
    assert few == {"fewer than 5 soundings": 14}


def test_errors_without_an_sd_are_a_share_of_the_value_with_a_floor(domain, fields, monthly):
    value = np.r_[0.1, 2.0, np.nan, np.full(11, 1.0)]
    sd = np.r_[np.full(4, np.nan), np.full(10, 0.07)]
    observations = monthly(1, value=value, sd=sd)
    stream = Sif().prepare(observations, domain, lambda: fields)
    error = stream.covariance.sd
    of_design = 0.2 * Sif().observe(fields, ONE, stream.at, XP)[2]  # of the prior run
    assert of_design > 0.1
    np.testing.assert_allclose(error[:5], [0.05, 0.4, of_design, 0.2, 0.07], rtol=1e-14)
    shared = Sif(n_corr=4.0).prepare(observations, domain, lambda: fields).covariance.sd
    np.testing.assert_allclose(shared, 2.0 * error, rtol=1e-14)


def test_the_scale_is_positive_and_uncertain_by_thirty_per_cent():
    (scale,) = Sif().parameters
    assert (scale.mean, scale.sd, scale.transform, scale.active) == (1.0, 0.3, "log", True)


def test_settings_of_another_type_are_refused():
    with pytest.raises(TypeError) as error:
        Sif(mask_frozen="no")
    assert "mask_frozen" in str(error.value)
    with pytest.raises(ValueError) as error:
        Sif(quenching="none")
    assert "quenching" in str(error.value)


def test_the_readme_names_each_setting():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(\w+)`", readme))
    assert {setting.name for setting in attrs.fields(Sif)} <= documented
