"""Fluxes of tower records for the recipe of the ten sites, from synthetic files."""

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from ccdas_obs_flux.tower_records import monthly_fluxes, tower_fluxes, tower_latent_heat

from ccdas_framework import InvalidInput, RecipeDomain

CH_LAE = "land/site_daily/CH-Lae.nc"
TIME = np.arange(np.datetime64("2010-01-01"), np.datetime64("2011-01-01"))


@pytest.fixture
def places():
    return RecipeDomain(
        latitude=[47.5, 43.7],
        longitude=[8.4, 3.6],
        altitude=[700.0, 270.0],
        label=["CH-Lae", "FR-Pue"],
        time=TIME,
    )


@pytest.fixture
def data(tmp_path):
    """Two records: one with errors and gaps, longer than the year, and one with filled days."""
    folder = tmp_path / "land" / "site_daily"
    folder.mkdir(parents=True)
    long = np.arange(np.datetime64("2009-06-01"), np.datetime64("2012-01-01"))
    wave = 5.0 + np.sin(np.arange(len(long)) / 10.0)
    inside = np.isin(long, TIME)
    gpp = np.where(inside & (np.cumsum(inside) <= 3), np.nan, wave)
    xr.Dataset(
        {"gpp": ("time", gpp), "gpp_unc": ("time", 0.1 * wave), "et": ("time", wave),
         "tas": ("time", 0.0 * wave)},
        {"time": long.astype("datetime64[ns]")},
        {"site_id": "CH-Lae", "latitude": 47.5, "longitude": 8.4},
    ).to_netcdf(folder / "CH-Lae.nc")  # fmt: skip
    nee = np.cos(np.arange(365) / 9.0)
    nee[100:120] = -1.25
    xr.Dataset(
        {"nee": ("time", nee), "tasmin": ("time", 10.0 + nee), "tasmax": ("time", 20.0 + nee)},
        {"time": TIME.astype("datetime64[ns]")},
        {"site_id": "FR-Pue", "latitude": 43.7, "longitude": 3.6},
    ).to_netcdf(folder / "FR-Pue_fluxdatakit.nc")
    return tmp_path


def test_carbon_fluxes_come_with_their_quantity_and_without_gaps(places, data):
    record = tower_fluxes(places, data)
    observations = record.observations
    of = observations.extra["quantity"]
    assert record.units == "gC m-2 d-1" and record.synthetic == "no"
    assert np.sum(of == "gpp") == 362  # three days are missing
    assert set(observations.label[of == "gpp"]) == {"CH-Lae"}
    sd, values = observations.sd[of == "gpp"], observations.values[of == "gpp"]
    np.testing.assert_allclose(sd, 0.1 * values, rtol=1e-12)
    assert np.isnan(observations.sd[of == "nee"]).all()
    assert np.array_equal(observations.start, observations.end)


def test_a_run_of_equal_values_is_a_filled_gap(places, data):
    observations = tower_fluxes(places, data).observations
    days = observations.start[observations.extra["quantity"] == "nee"]
    assert len(days) == 345
    assert not np.isin(TIME[100:120], days).any()


def test_latent_heat_is_that_of_its_water_and_without_doubtful_months(places, data):
    record = tower_latent_heat(places, data)
    observations = record.observations
    assert record.units == "W m-2"
    month = observations.start.astype("datetime64[M]").astype(int) % 12 + 1
    assert set(month) == {4, 5, 6, 7, 8, 9, 10}
    wave = 5.0 + np.sin((observations.start - np.datetime64("2009-06-01")).astype(int) / 10.0)
    np.testing.assert_allclose(observations.values, wave * 2.501e6 / 86400.0, rtol=1e-12)


def test_a_year_outside_the_record_gives_nothing(places, data):
    observations = tower_fluxes(evolve(places, time=TIME + 365), data).observations
    assert set(observations.label) == {"CH-Lae"}


def test_a_missing_record_is_refused(places, tmp_path):
    with pytest.raises(InvalidInput) as caught:
        tower_fluxes(places, tmp_path)
    assert (caught.value.code, caught.value.where) == ("missing-file", CH_LAE)


def test_towers_without_water_fluxes_are_refused(places, data):
    dry = RecipeDomain(places.latitude[1:], places.longitude[1:], [270.0], ["FR-Pue"], TIME)
    with pytest.raises(InvalidInput) as caught:
        tower_latent_heat(dry, data)
    assert caught.value.code == "no-observations"


def test_a_design_has_both_quantities_in_each_month(places):
    observations = monthly_fluxes(places, None).observations
    assert len(observations) == 2 * 2 * 12
    assert np.isnan(observations.values).all()
    assert sorted(set(observations.extra["quantity"])) == ["gpp", "nee"]
