"""Pixels of SMAP keep their weather, and vapour pressure follows from specific humidity."""

import numpy as np
import pytest
import xarray as xr
from ccdas_recipes import conus_smap, daily_extremes
from ccdas_recipes.weather import month_of, monthly_mean

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.experiment.recipe_inputs import begin

PERIOD = {"start": "2015-07", "end": "2015-09"}


def test_vapour_pressure_has_the_mixing_ratio_of_the_specific_humidity():
    humidity, pressure = np.array([0.010, 0.0]), np.array([1e5, 9e4])
    vapour = conus_smap.vapour_pressure(humidity, pressure)
    ratio = 0.622 * vapour / (pressure - vapour)  # of water to dry air, by mass
    np.testing.assert_allclose(ratio / (1.0 + ratio), humidity, rtol=1e-12)


def test_extremes_are_around_the_mean_and_far_apart_on_clear_days():
    time = np.arange("2015-06-01", "2015-07-01", dtype="datetime64[D]")
    mean = np.full((30, 1), 20.0)
    shortwave = np.where(np.arange(30) % 2 == 0, 330.0, 120.0)[:, None]
    lowest, highest = daily_extremes.daily_extremes(
        mean, np.ones((30, 1)), shortwave, np.full((12, 1), 60.0), np.array([40.0]),
        np.ones((30, 1)), time,
    )  # fmt: skip
    np.testing.assert_allclose(0.5 * (lowest + highest), mean)
    width = highest - lowest
    assert width[::2].min() > width[1::2].max()
    # 1.2 (2.71 + 0.111 * 60 + 0.051 * 20 - 1.75 ln 2)
    month, _ = month_of(time)
    np.testing.assert_allclose(monthly_mean(width, month), 11.0122, atol=1e-3)


@pytest.fixture(scope="module")
def pixels(tmp_path_factory, data):
    out = tmp_path_factory.mktemp("conus_smap")
    begin("conus_smap", out, data, PERIOD).write_all()
    return {name: xr.load_dataset(out / f"{name}.nc") for name in ("forcing", "sm")}


def test_every_retrieval_of_a_pixel_with_plants_is_an_observation(pixels, data):
    with xr.open_dataset(data / "land" / "smap_nldas_conus.nc") as file:
        part = file.sel(time=slice("2015-07-01", "2015-09-30"))
        with_plants = np.isin(part["igbp"].values, list(conus_smap.IGBP))
        retrievals = part["soil_moisture"].values[with_plants]
        bare = set(part["igbp"].values[~with_plants])
    assert bare == {"URB", "BSV"}
    assert pixels["forcing"].sizes["cell"] == len(retrievals) == 306
    assert pixels["sm"].sizes["obs"] == np.isfinite(retrievals).sum()
    assert pixels["sm"].attrs["data_kind"] == "substitute"


def test_the_types_of_a_pixel_do_not_depend_on_the_period(pixels, tmp_path, data):
    begin("conus_smap", tmp_path, data, {"start": "2016-01", "end": "2016-01"}).write_all()
    winter = xr.load_dataset(tmp_path / "forcing.nc")
    for name in ("column_class", "column_fraction"):
        np.testing.assert_array_equal(winter[name].values, pixels["forcing"][name].values)


def test_vapour_pressure_is_that_of_the_humidity_except_on_saturated_days(pixels, data):
    forcing = pixels["forcing"]
    with xr.open_dataset(data / "land" / "smap_nldas_conus.nc") as file:
        part = file.sel(time=slice("2015-07-01", "2015-09-30"))
        humidity = part["huss"].values[np.isin(part["igbp"].values, list(conus_smap.IGBP))].T
    expected = conus_smap.vapour_pressure(humidity.astype(float), forcing["ps"].values)
    np.testing.assert_array_less(forcing["vp"].values, expected * (1.0 + 1e-5))
    assert np.mean(np.isclose(forcing["vp"].values, expected, rtol=1e-4)) > 0.98
    assert bool((forcing["tasmin"] <= forcing["tasmax"]).all())


def test_a_period_outside_the_record_is_refused(tmp_path, data):
    with pytest.raises(InvalidInput) as caught:
        begin("conus_smap", tmp_path, data, {"start": "2014-01", "end": "2015-12"})
    assert caught.value.code == "outside-published-period"


def test_one_tower_of_the_ten_can_stand_alone_in_a_period_of_its_own(tmp_path, data):
    settings = {"sites": ["US-SRG"], "start": "2015-04", "end": "2016-12"}
    begin("ten_sites", tmp_path, data, settings).write_all()
    forcing, moisture = (xr.load_dataset(tmp_path / f"{name}.nc") for name in ("forcing", "sm"))
    assert forcing.sizes["cell"] == 1 and forcing["column_class"].values.tolist() == [10]
    assert forcing.sizes["time"] == 641
    assert set(moisture["label"].values) == {"US-SRG"}


def test_a_tower_that_is_not_one_of_the_ten_is_refused(tmp_path, data):
    with pytest.raises(InvalidInput) as caught:
        begin("ten_sites", tmp_path, data, {"sites": ["US-SRX"]})
    assert (caught.value.code, caught.value.where) == ("unknown-site", "inputs.settings.sites")
