"""What the proof counts, and the Jacobian that ships."""

import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from attrs import evolve, fields
from ccdas_transport.analytic import analytic_jacobian
from ccdas_transport.grid import TransportGrid
from ccdas_transport.jacobian import days_share
from ccdas_transport.jacobian_grid import JacobianGrid
from ccdas_transport.station_locations import StationLocations
from ccdas_transport.stations import Stations
from ccdas_transport.tracer import Transport, TransportSettings
from ccdas_transport.tracer.shipped_files import (
    JACOBIAN_FILE,
    _package_file,
    rounded_to_steps,
    shipped_jacobian,
    shipped_stations,
    step,
)
from ccdas_transport.validation.agreement import (
    agreements,
    correlation,
    detrended,
    standard_deviation,
)
from ccdas_transport.validation.alternative_operators import mole_fraction
from ccdas_transport.validation.interhemispheric_exchange import exchange_time
from ccdas_transport.validation.zonal_fluxes import zonal_fluxes

DATA = Path(os.environ.get("CCDAS_DATA") or "no folder")
needs_data = pytest.mark.skipif(
    not (DATA / "co2").is_dir(), reason="no folder of published data; set CCDAS_DATA"
)


def shipped(name, latitude, longitude, altitude=np.nan, **changes):
    location = StationLocations([name], [latitude], [longitude], [altitude])
    return shipped_jacobian(location, JacobianGrid(**changes))


def test_trend_and_mean_are_taken_off():
    time = np.arange(48.0)
    series = np.stack([3.0 + 0.2 * time, np.sin(time)], axis=1)
    assert np.abs(detrended(series)[:, 0]).max() < 1e-10
    assert abs(np.polyfit(time, detrended(series)[:, 1], 1)[0]) < 1e-12


def test_missing_months_are_left_out_and_too_few_give_no_number():
    one = np.sin(np.arange(48.0))
    other = 2.0 * one
    other[5] = np.nan
    assert correlation(one, other) == pytest.approx(1.0)
    assert np.isnan(correlation(one[:10], other[:10])) and np.isnan(standard_deviation(one[:10]))


def test_an_offset_of_all_stations_is_no_bias():
    rng = np.random.default_rng(0)
    full = rng.normal(size=(48, 3))
    agreed = agreements(full + 5.0, full, full, np.array([True, True, False]))
    assert all(abs(a.bias) < 1e-12 and a.misfit < 1e-12 for a in agreed)
    assert all(a.correlation == pytest.approx(1.0) for a in agreed)


@pytest.fixture
def published(tmp_path):
    """Made-up files: maps of 2000 and 2001, and zonal fluxes of 1999 to 2003 in rows of 2 degrees.

    Fossil fuel is burnt at 0.5 E in 2000 and at 100.5 E later; the sea lies to the west of 0 E.
    """
    for folder in ("co2", "land"):
        (tmp_path / folder).mkdir()
    place = {"lat": np.arange(-89.5, 90.0), "lon": np.arange(-179.5, 180.0)}
    dims = ("lat", "lon")
    fossil = np.zeros((2, 180, 360))
    fossil[0, :, 180], fossil[1, :, 280] = 1.0, 1.0
    xr.Dataset({"fossil_co2": (("year", *dims), fossil)}, place).to_netcdf(
        tmp_path / "co2/cdiac_fossil_1x1_2000_2013.nc"
    )
    region = np.where(place["lon"] < 0.0, 12, 1) * np.ones((180, 1), dtype=int)
    xr.Dataset({"region": (dims, region)}, place).to_netcdf(
        tmp_path / "co2/transcom3_regions_1x1.nc"
    )
    green = {name: (dims, np.full((180, 360), value)) for name, value in
             (("ndvi_max", 0.8), ("ndvi_min", 0.2))}  # fmt: skip
    xr.Dataset(green, place).to_netcdf(tmp_path / "land/global_land_1deg.nc")
    months = np.arange("1999-01", "2004-01", dtype="datetime64[M]")
    density = np.random.default_rng(4).normal(size=(60, 90))
    keys = ("SFCO2_FFF", "SFCO2_OCN", "SFCO2_LND")
    xr.Dataset(
        {key: (("time", "lat"), (n + 1.0) * density) for n, key in enumerate(keys)},
        {"time": months.astype("datetime64[ns]"), "lat": np.arange(-89.0, 90.0, 2.0)},
    ).to_netcdf(tmp_path / "co2/zonal_flux_X.nc")
    return tmp_path, density


def test_zonal_fluxes_lie_where_the_map_of_their_year_has_them(published):
    """By plain sums: 2 degrees a row, the months of a year on its map or the nearest."""
    data, density = published
    grid = TransportGrid(30.0, 60.0)
    values = zonal_fluxes(data, "X", grid).values / 1e12
    rows = 2.0 * density.reshape(60, 6, 15).sum(axis=2)  # PgC yr-1 in rows of 30 degrees
    fossil, ocean, land = (np.zeros((60, 6, 6)) for _ in range(3))
    fossil[:24, :, 3], fossil[24:, :, 4] = rows[:24], rows[24:]  # 0 to 60 E; 60 to 120 E
    ocean[:, :, :3], land[:, :, 3:] = 2.0 * rows[..., None] / 3.0, 3.0 * rows[..., None] / 3.0
    for result, expected in zip(values, (fossil, ocean, land), strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-12)


def test_a_jacobian_carries_a_series_as_its_table_says():
    """A pulse of 1 kgC in February: lag 2 in April, well mixed after the table."""
    grid = JacobianGrid(30.0, 60.0)
    jacobian = analytic_jacobian(("a",), [10.0], [0.0], [1], evolve(grid, memory_months=12))
    flux = np.zeros((18, *grid.boxes.area.shape))
    flux[1, 3, 2] = 365.0 / 28.0
    ppm = mole_fraction(jacobian, flux)[:, 0]
    assert ppm[0] == 0.0
    assert ppm[3] == pytest.approx(jacobian.response[0, 3, 2, 3, 2])
    assert ppm[14] == pytest.approx(jacobian.well_mixed)


def test_hemispheres_that_mix_less_exchange_more_slowly():
    coarse = {"latitude_step": 15.0, "longitude_step": 30.0, "steps_per_month": 4}
    flux = np.zeros((12, 12, 12))
    flux[:, 8] = 1e12
    slow = Transport.from_files(
        TransportSettings(overturning=0.5, eddy_tropics=0.05, eddy_lower=3e5, **coarse)
    )
    fast = Transport.from_files(
        TransportSettings(overturning=1.5, eddy_tropics=1.0, eddy_lower=4e6, **coarse)
    )
    assert exchange_time(slow, flux).surface > 1.3 * exchange_time(fast, flux).surface


def test_the_fitted_settings_lie_inside_their_bounds_and_not_on_them():
    settings = TransportSettings()
    for name in TransportSettings.tuned_names():
        low, high = TransportSettings.bounds(name)
        assert low < getattr(settings, name) < high
        assert low <= TransportSettings.guess(name) <= high
        assert getattr(fields(TransportSettings), name).metadata["source"]


def test_the_shipped_jacobian_has_the_settings_and_winds_of_the_code():
    attributes = Transport.from_files().attributes()
    with xr.open_dataset(_package_file(JACOBIAN_FILE)) as data:
        stored = dict(data.attrs)
        assert set(data["station"].values) == set(shipped_stations().id)
    for name, value in attributes.items():
        np.testing.assert_array_equal(stored[name], value, err_msg=name)


@pytest.mark.science
def test_the_shipped_jacobian_is_what_the_code_makes():
    """For a surface station, a summit and the ice: to a step, their sums to half a one."""
    names = ["MHD", "MLO", "SPO"]
    stations = shipped_stations().take(names)
    written = Transport.from_files().response(stations).response
    written = written * days_share(48)[None, :, :, None, None] / step()
    stored = shipped_jacobian(stations, JacobianGrid()).response
    stored = stored * days_share(48)[None, :, :, None, None] / step()
    assert np.abs(stored - written).max() < 1.0001
    assert np.abs((stored - written).sum(axis=(3, 4))).max() < 0.501


def test_rounding_keeps_sums_and_stays_within_a_step():
    table = np.random.default_rng(0).random((3, 5, 7)) * 40.0
    rounded = rounded_to_steps(table)
    assert np.all(rounded == np.rint(rounded)) and np.abs(rounded - table).max() < 1.0
    assert np.abs((rounded - table).sum(axis=(1, 2))).max() <= 0.5


def test_the_shipped_jacobian_serves_the_stations_of_the_experiments():
    ten = ["ALT", "BRW", "SHM", "MHD", "BMW", "MLO", "RPB", "SMO", "CRZ", "SPO"]
    assert set(ten) <= set(shipped_stations().id)
    assert shipped("MLO", 19.54, -155.58).response.shape == (1, 12, 48, 24, 36)


def test_a_station_that_does_not_ship_is_refused(refusal):
    with refusal("unknown-station", "station 'XXX'"):
        shipped("XXX", 0.0, 0.0)


def test_a_label_at_another_place_is_refused(refusal):
    with refusal("location-differs", "station 'MLO'"):
        shipped("MLO", 50.0, 10.0)


def test_a_label_at_another_altitude_is_refused(refusal):
    """Air over Mauna Loa at 8000 m is not that of the observatory at 3397 m."""
    assert shipped("MLO", 19.54, -155.58, 3437.0).stations == ("MLO",)  # its mast
    assert shipped("MLO", 19.54, 204.42).stations == ("MLO",)  # altitude not known; 360 - 155.58
    with refusal("location-differs", "station 'MLO'"):
        shipped("MLO", 19.54, -155.58, 8000.0)


def test_another_grid_than_that_of_the_shipped_jacobian_is_refused(refusal):
    with refusal("wrong-grid", "transport"):
        shipped("MLO", 19.5, -155.6, latitude_step=15.0, longitude_step=30.0)


def test_a_folder_without_the_published_files_is_named(tmp_path, refusal):
    with refusal("missing-file", "cdiac_fossil_1x1_2000_2013.nc"):
        zonal_fluxes(tmp_path, "CTE2018", TransportGrid())


@needs_data
def test_spread_fluxes_keep_the_published_sums():
    grid = TransportGrid()
    fluxes = zonal_fluxes(DATA, "CTE2018", grid)
    with xr.open_dataset(DATA / "co2/zonal_flux_CTE2018.nc") as file:
        published = file["SFCO2_OCN"].values.sum(axis=1)  # steps of one degree
    np.testing.assert_allclose(fluxes.values[1].sum(axis=(1, 2)) / 1e12, published, rtol=1e-6)


@needs_data
@pytest.mark.science
def test_the_targets_of_the_proof():
    """Not used for tuning: medians at marine stations, and the numbers of the transport."""
    from ccdas_transport.validation.comparison_with_tm5 import compare_with_tm5

    proof = compare_with_tm5(DATA)
    records = proof.records
    judged = records.background & ~records.tuning & (records.kind != "summit")
    for region, limit in (("northern", 0.95), ("southern", 0.9)):
        rows = np.flatnonzero(judged & (records.region == region))
        assert np.median([proof.agreements[i].correlation for i in rows]) > limit
        assert np.nanmedian([proof.agreements[i].ratio for i in rows]) <= 1.5
    difference = proof.hemispheres["transport"] - proof.hemispheres["full model"]
    assert abs(difference) < 0.5
    assert 0.9 < proof.exchange.surface < 1.5
    np.testing.assert_allclose(proof.pulse[-1], 1.0 / 2.124, rtol=2e-3)


def test_stations_of_a_model_run_are_read_once(refusal):
    with refusal("duplicate-station", "station 'SPO'"):
        Stations(["SPO", "SPO"], [-90.0] * 2, [0.0] * 2, [2810.0] * 2)
