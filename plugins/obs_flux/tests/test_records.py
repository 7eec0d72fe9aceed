"""Records of towers as the recipe of the ten sites takes them, from made-up files."""

import numpy as np
import pytest
import xarray as xr
from ccdas_obs_flux.records import monthly_fluxes, tower_fluxes, tower_latent_heat

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
    seen = record.observations
    of = seen.extra["quantity"]
    assert record.units == "gC m-2 d-1" and record.synthetic == "no"
    assert np.sum(of == "gpp") == 362  # three days are missing
    assert set(seen.label[of == "gpp"]) == {"CH-Lae"}
    np.testing.assert_allclose(seen.sd[of == "gpp"], 0.1 * seen.values[of == "gpp"], rtol=1e-12)
    assert np.isnan(seen.sd[of == "nee"]).all()
    assert np.array_equal(seen.start, seen.end)


def test_a_run_of_equal_values_is_a_filled_gap(places, data):
    seen = tower_fluxes(places, data).observations
    days = seen.start[seen.extra["quantity"] == "nee"]
    assert len(days) == 345
    assert not np.isin(TIME[100:120], days).any()


def test_latent_heat_is_that_of_its_water_and_without_doubtful_months(places, data):
    record = tower_latent_heat(places, data)
    seen = record.observations
    assert record.units == "W m-2"
    month = seen.start.astype("datetime64[M]").astype(int) % 12 + 1
    assert set(month) == {4, 5, 6, 7, 8, 9, 10}
    wave = 5.0 + np.sin((seen.start - np.datetime64("2009-06-01")).astype(int) / 10.0)
    np.testing.assert_allclose(seen.values, wave * 2.501e6 / 86400.0, rtol=1e-12)


def test_a_year_outside_the_record_gives_nothing(places, data):
    from attrs import evolve

    seen = tower_fluxes(evolve(places, time=TIME + 365), data).observations
    assert set(seen.label) == {"CH-Lae"}


def test_without_the_data_folder_there_is_a_sentence(places, tmp_path):
    with pytest.raises(InvalidInput) as caught:
        tower_fluxes(places, tmp_path)
    assert (caught.value.code, caught.value.where) == ("missing-file", CH_LAE)


def test_towers_without_water_fluxes_are_a_sentence(places, data):
    dry = RecipeDomain(places.latitude[1:], places.longitude[1:], [270.0], ["FR-Pue"], TIME)
    with pytest.raises(InvalidInput) as caught:
        tower_latent_heat(dry, data)
    assert caught.value.code == "no-observations"


def test_of_a_known_truth_both_quantities_are_asked_for_every_month(places):
    seen = monthly_fluxes(places, None).observations
    assert len(seen) == 2 * 2 * 12
    assert np.isnan(seen.values).all()
    assert sorted(set(seen.extra["quantity"])) == ["gpp", "nee"]
