"""The fits recover what made the data, and their errors are those of their scatter."""

import numpy as np
import pytest
from ccdas_obs_vod.calibration import jackknife, saturation_fit, turnover_fit

from ccdas_framework import InvalidInput

A, B = 0.9, 0.011
CLASSES = np.array([1, 4, 9])
TRUTH = np.array([6.0, 3.0])  # of classes 1 and 4, yr


@pytest.fixture
def places():
    """Latitude and longitude of a coarse grid (degrees), shape (place,) each."""
    grid = np.meshgrid(np.arange(-55.0, 60.0, 5.0), np.arange(-175.0, 180.0, 10.0), indexing="ij")
    return grid[0].ravel(), grid[1].ravel()


@pytest.fixture
def cells(places):
    """Made-up cells: fraction and NPP of three classes and the biomass of their trees."""
    random = np.random.default_rng(3)
    latitude, longitude = places
    share = random.dirichlet([0.6, 0.6, 0.6], len(latitude)) * 0.9
    npp = random.uniform(300.0, 1500.0, share.shape)
    return {
        "biomass_carbon": (share * npp)[:, :2] @ TRUTH, "npp": npp, "fraction": share,
        "area": 1e10 * np.cos(np.radians(latitude)), "latitude": latitude, "longitude": longitude,
        "classes": CLASSES, "fitted": np.array([1, 4]),
    }  # fmt: skip


def test_a_curve_without_noise_is_recovered_exactly(places):
    biomass = np.random.default_rng(1).uniform(0.0, 350.0, len(places[0]))
    fit = saturation_fit(biomass, A * np.arctan(B * biomass), *places)
    np.testing.assert_allclose(fit.value, [A, B], rtol=1e-6)
    assert fit.residual_sd == pytest.approx(0.0, abs=1e-8)


def test_a_tenth_of_wrong_places_moves_the_curve_little(places):
    """Plain least squares of the same data are off by more than 15 % in b."""
    random = np.random.default_rng(2)
    biomass = random.uniform(0.0, 350.0, len(places[0]))
    depth = A * np.arctan(B * biomass) + random.normal(0.0, 0.03, len(biomass))
    wrong = random.random(len(biomass)) < 0.1
    fit = saturation_fit(biomass, np.where(wrong, 1.5, depth), *places)
    np.testing.assert_allclose(fit.value, [A, B], rtol=0.05)
    assert fit.residual_sd == pytest.approx(0.03, rel=0.25)


def test_the_error_of_the_curve_covers_its_truth(places):
    """Of 30 seeds, 2 sd of the error hold each of a and b in 24 at least; 95 % are expected."""
    covered = np.zeros(2)
    for seed in range(30):
        random = np.random.default_rng(seed)
        biomass = random.uniform(0.0, 350.0, len(places[0]))
        depth = A * np.arctan(B * biomass) + random.normal(0.0, 0.1, len(biomass))
        fit = saturation_fit(biomass, depth, *places)
        covered += np.abs(fit.value - [A, B]) <= 2.0 * fit.standard_error
    assert covered.min() >= 24


def test_turnover_is_recovered_from_mixed_cells(cells):
    fit = turnover_fit(**cells)
    np.testing.assert_array_equal(fit.classes, [1, 4])
    np.testing.assert_allclose(fit.value, TRUTH, rtol=1e-5)
    np.testing.assert_allclose(fit.spread, 0.0, atol=1e-4)
    np.testing.assert_allclose(fit.sd, 0.0, atol=1e-3)


def test_cells_where_other_classes_grow_most_are_left_out(cells):
    """Biomass of cells with little forest may be anything."""
    production = cells["fraction"] * cells["npp"]
    few_trees = production[:, :2].sum(axis=1) < 0.5 * production.sum(axis=1)
    assert few_trees.any()
    spoilt = np.where(few_trees, 1e5, cells["biomass_carbon"])
    fit = turnover_fit(**{**cells, "biomass_carbon": spoilt})
    np.testing.assert_allclose(fit.value, TRUTH, rtol=1e-5)
    assert fit.fitted_cells == (~few_trees).sum()


def test_cells_without_biomass_in_the_map_are_left_out(cells):
    gaps = np.where(cells["longitude"] > 0.0, np.nan, cells["biomass_carbon"])
    fit = turnover_fit(**{**cells, "biomass_carbon": gaps})
    np.testing.assert_allclose(fit.value, TRUTH, rtol=1e-5)


def test_too_few_cells_are_refused(cells):
    nothing = np.full(len(cells["area"]), np.nan)
    with pytest.raises(InvalidInput) as error:
        turnover_fit(**{**cells, "biomass_carbon": nothing})
    assert error.value.code == "too-few-places"


def test_a_map_of_zeros_is_refused(cells):
    with pytest.raises(InvalidInput) as error:
        turnover_fit(**{**cells, "biomass_carbon": np.zeros(len(cells["area"]))})
    assert error.value.code == "no-biomass"


def test_the_spread_is_that_of_the_map_between_cells(cells):
    """Factors with a standard deviation of 0.4 in their logarithm; 15 % with 300 cells a class."""
    noise = np.exp(np.random.default_rng(4).normal(0.0, 0.4, len(cells["area"])))
    fit = turnover_fit(**{**cells, "biomass_carbon": cells["biomass_carbon"] * noise})
    np.testing.assert_allclose(fit.spread, 0.4, rtol=0.15)
    assert np.all(fit.standard_error < 0.2 * fit.spread)
    total = np.hypot(fit.spread, fit.standard_error)
    np.testing.assert_allclose(fit.sd, fit.value * np.expm1(total), rtol=1e-12)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    """Closed form: sd / sqrt(n) with n - 1 degrees of freedom, one place a block."""
    values = np.random.default_rng(5).normal(size=40)

    def mean(at, start):
        return np.array([values[at].mean()])

    error = jackknife(mean, mean(np.ones(40, bool), None), np.arange(40))
    assert error[0] == pytest.approx(values.std(ddof=1) / np.sqrt(40), rel=1e-12)
    assert np.isnan(jackknife(mean, np.zeros(1), np.zeros(40))).all()
