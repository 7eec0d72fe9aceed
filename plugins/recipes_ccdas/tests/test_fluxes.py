"""Prescribed fluxes: amounts are conserved, bunkers included, and inversions are not mixed."""

import numpy as np
import pytest
import xarray as xr
from ccdas_recipes import fossil_emissions, prescribed_fluxes
from ccdas_recipes.inversions import INVERSIONS, OutsidePublishedPeriod, one_inversion, zonal

from ccdas_framework import InvalidInput, did_you_mean
from ccdas_framework.io.reference_fields import Reference

TABLE = "year,fossil_emissions_excluding_carbonation\n2012,9.0\n2013,9.5\n2014,10.0\n"
NATIONS = "nation,year,territorial_emissions\n" + "".join(
    f"{nation},{year},{amount}\n"
    for year, amounts in ((2012, (5000, 3700)), (2013, (5000, 4200)), (2014, (5600, 4000)))
    for nation, amount in zip(("a", "b"), amounts, strict=True)
)


@pytest.fixture
def tables(tmp_path):
    """A map of two cells, and tables of three years."""
    (tmp_path / "co2").mkdir()
    (tmp_path / fossil_emissions.GLOBAL).write_text(TABLE)
    (tmp_path / fossil_emissions.NATIONAL).write_text(NATIONS)
    latitude, longitude = 89.5 - np.arange(180), np.arange(360) - 179.5
    burnt = np.zeros((2, 180, 360))
    burnt[:, 50, 100], burnt[0, 120, 7], burnt[1, 120, 7] = 6000.0, 2000.0, 3000.0  # TgC yr-1
    xr.Dataset(
        {"fossil_co2": (("year", "lat", "lon"), burnt)},
        {"year": [2012, 2013], "lat": latitude, "lon": longitude},
    ).to_netcdf(tmp_path / fossil_emissions.MAP)
    return tmp_path


def test_emissions_add_up_to_the_global_budget_after_the_end_of_the_map_as_well(tables):
    emissions = fossil_emissions.emissions(tables, np.array([2012, 2013, 2014]))
    np.testing.assert_allclose(emissions.sum(axis=(1, 2)), [9.0, 9.5, 10.0], rtol=1e-12)


def test_nations_stay_where_the_map_has_them_and_bunkers_go_around_their_latitudes(tables):
    emissions = fossil_emissions.emissions(tables, np.array([2012, 2014]))
    # 2012: 8.7 PgC of nations, three quarters of them in one cell; 0.3 PgC of bunkers
    row = 129  # 39.5 N, from the south
    assert emissions[0, row, 7] == pytest.approx(0.3 * 0.75 / 360.0, rel=1e-12)
    assert emissions[0, row, 100] == pytest.approx(8.7 * 0.75 + 0.3 * 0.75 / 360.0, rel=1e-12)
    assert emissions[0, :129].sum() == pytest.approx(9.0 * 0.25, rel=1e-12)
    # 2014: the shares of the map of 2013
    assert emissions[1, row].sum() == pytest.approx(10.0 * 2.0 / 3.0, rel=1e-12)


@pytest.mark.parametrize(
    ("year", "table"), [(2011, fossil_emissions.MAP), (2015, fossil_emissions.GLOBAL)]
)
def test_years_without_emissions_are_refused(tables, year, table):
    with pytest.raises(InvalidInput) as caught:
        fossil_emissions.emissions(tables, np.array([year]))
    assert (caught.value.code, caught.value.where) == ("outside-published-period", table)


@pytest.mark.parametrize(
    ("ocean", "burnt", "code", "setting"),
    [
        ("CTE2018,MIROC", "CDIAC", "mixed-inversions", "ocean"),
        (["CTE2018", "MIROC"], "CDIAC", "mixed-inversions", "ocean"),
        ("MIROC", "CTE2018", "mixed-inversions", "fossil"),
        ("CTE2081", "CDIAC", "unknown-inversion", "ocean"),
        ("SOM-FFN", "CDIAC", "unknown-inversion", "ocean"),
        ("CTE2018", "GCB", "unknown-inversion", "fossil"),
    ],
)
def test_parts_of_two_inversions_are_refused(ocean, burnt, code, setting):
    with pytest.raises(InvalidInput) as caught:
        one_inversion(ocean, burnt)
    assert (caught.value.code, caught.value.where) == (code, f"inputs.settings.{setting}")


def test_a_misspelt_inversion_gets_a_suggestion():
    with pytest.raises(InvalidInput) as caught:
        one_inversion("CTE2081", "CDIAC")
    assert did_you_mean("CTE2081", INVERSIONS) in str(caught.value)


def test_fossil_fuel_may_come_from_the_same_inversion():
    one_inversion("MIROC", "MIROC")
    one_inversion("s99oc_v2020", "CDIAC")


def test_rows_that_do_not_fit_the_degrees_keep_their_sum():
    # the rows of LMDZ: 180/95 degrees, the polar ones cut in half
    centre = np.linspace(-90.0, 90.0, 96)
    half = 90.0 / 95.0
    south, north = np.maximum(centre - half, -90.0), np.minimum(centre + half, 90.0)
    amounts = np.random.default_rng(1).normal(size=(1, 3, 96))
    flux = Reference(("x",), np.arange(3), south, north, amounts, "PgC yr-1")
    sea = np.zeros((3, 180, 360))
    sea[:, :90, :180] = 1.0  # a half of the south; elsewhere nothing, so even
    laid = prescribed_fluxes.laid(flux, sea)
    np.testing.assert_allclose(laid.sum(axis=(1, 2)), amounts[0].sum(axis=1), rtol=1e-12)
    assert np.all(laid[:, :90, 180:] == 0.0)
    np.testing.assert_allclose(laid[:, 120, :], laid[:, 120, :1] * np.ones(360), rtol=1e-12)
    cells = prescribed_fluxes.on_cells(laid)
    np.testing.assert_allclose(cells.sum(axis=(1, 2)), amounts[0].sum(axis=1) * 1e12, rtol=1e-12)


def test_months_that_an_inversion_does_not_have_are_refused(tmp_path):
    (tmp_path / "co2").mkdir()
    months = np.arange("2010-01", "2010-04", dtype="datetime64[M]")
    xr.Dataset(
        {"SFCO2_LND": (("time", "lat"), np.ones((3, 90)))},
        {"time": months.astype("datetime64[ns]"), "lat": 89.0 - 2.0 * np.arange(90)},
    ).to_netcdf(tmp_path / "co2" / "zonal_flux_MIROC.nc")
    flux = zonal(tmp_path, "MIROC", "land", months)
    np.testing.assert_allclose(flux.values.sum(axis=2), 180.0, rtol=1e-12)  # 1 per degree
    with pytest.raises(OutsidePublishedPeriod) as caught:
        zonal(tmp_path, "MIROC", "land", months + 1)
    assert caught.value.where == "co2/zonal_flux_MIROC.nc"
