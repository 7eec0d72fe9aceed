"""Winds: the rotational part of a known flow, months between months, and what is refused."""

import numpy as np
import pytest
import xarray as xr
from ccdas_transport.tracer.atmosphere import Atmosphere
from ccdas_transport.tracer.overturning import mass_streamfunction, overturning_exchange
from ccdas_transport.tracer.winds import (
    layer_exchange,
    read_winds,
    rotational_flow,
    rotational_streamfunction,
    twelve_months,
)

from ccdas_framework.grids import EARTH_RADIUS

LATITUDE = np.linspace(-90.0, 90.0, 91)
LONGITUDE = np.linspace(0.0, 355.0, 72)
PHI, LAMBDA = np.meshgrid(np.deg2rad(LATITUDE), np.deg2rad(LONGITUDE), indexing="ij")
SPEED = 20.0  # m s-1


def test_solid_rotation_has_the_stream_function_of_the_text_book():
    """u = U cos(lat): psi = -a U sin(lat), to the square of the step of 2 degrees."""
    psi = rotational_streamfunction(SPEED * np.cos(PHI), 0.0 * PHI, LATITUDE, LONGITUDE)
    target = -EARTH_RADIUS * SPEED * np.sin(PHI)
    np.testing.assert_allclose(psi - psi[:1], target - target[:1], atol=2e-3 * np.abs(target).max())


def test_a_wave_is_found_and_a_divergent_wind_is_not():
    """psi = B cos^2(lat) sin(2 lon) is given back; a gradient of the same size adds nothing."""
    size = EARTH_RADIUS * SPEED
    psi = size * np.cos(PHI) ** 2 * np.sin(2 * LAMBDA)
    u = size * 2.0 * np.cos(PHI) * np.sin(PHI) * np.sin(2 * LAMBDA) / EARTH_RADIUS
    v = size * 2.0 * np.cos(PHI) * np.cos(2 * LAMBDA) / EARTH_RADIUS
    result = rotational_streamfunction(u, v, LATITUDE, LONGITUDE)
    np.testing.assert_allclose(result, psi, atol=5e-3 * size)
    divergent = rotational_streamfunction(v, -u, LATITUDE, LONGITUDE)
    assert np.abs(divergent).max() < 5e-3 * size


def test_the_flow_of_a_layer_has_no_divergence():
    atmosphere = Atmosphere()
    psi = np.random.default_rng(0).normal(size=(25, 36)) * 1e7
    nothing = [np.zeros((22, 36)), np.zeros((23, 36))]
    exchange = layer_exchange(*rotational_flow(psi, 500.0, atmosphere), *nothing, atmosphere)
    gain = np.zeros(atmosphere.cells)
    np.add.at(gain, exchange.second, exchange.flow)
    np.subtract.at(gain, exchange.first, exchange.flow)
    assert np.abs(gain).max() < 1e-12 * np.abs(exchange.flow).sum()


def test_the_overturning_has_no_divergence_and_changes_sign_with_the_season():
    atmosphere = Atmosphere()
    exchange = overturning_exchange(atmosphere, 0)
    gain = np.zeros(atmosphere.layers * atmosphere.cells)
    np.add.at(gain, exchange.second, exchange.flow)
    np.subtract.at(gain, exchange.first, exchange.flow)
    assert np.abs(gain).max() < 1e-12 * np.abs(exchange.flow).sum()
    january, july = (mass_streamfunction(np.array([0.0]), np.array([0.55]), m) for m in (0, 6))
    assert january > 0.0 > july


def test_winter_cells_are_as_strong_as_published():
    """Dima and Wallace (2003), Peixoto and Oort (1992): 1.5e11 to 2.2e11 kg s-1 at the peak."""
    latitude, share = np.linspace(-40, 40, 81), np.linspace(0.1, 1.0, 46)
    january = mass_streamfunction(latitude, share, 0)
    july = mass_streamfunction(latitude, share, 6)
    assert 1.5e11 < january.max() < 2.2e11 and -2.2e11 < july.min() < -1.5e11


def test_january_and_july_are_the_extremes_of_a_harmonic():
    values = twelve_months(np.array([[3.0], [1.0]]), [1, 7])[:, 0]
    np.testing.assert_allclose(values[[0, 3, 6, 9]], [3.0, 2.0, 1.0, 2.0], atol=1e-12)


@pytest.fixture
def path(tmp_path):
    """A file of solid rotation at three levels, January and July."""
    u = np.broadcast_to(SPEED * np.cos(PHI), (2, 3, *PHI.shape))
    dims = ("month", "level", "latitude", "longitude")
    units = {"units": "m s**-1"}
    data = xr.Dataset(
        {"u": (dims, u, units), "v": (dims, 0.0 * u, units)},
        {"month": [1, 7], "level": [200, 500, 850], "latitude": LATITUDE, "longitude": LONGITUDE},
    )
    data["level"].attrs["units"] = "millibars"
    path = tmp_path / "winds.nc"
    data.to_netcdf(path)
    return path


def changed(path, change):
    with xr.open_dataset(path) as data:
        data = change(data.load())
    out = path.with_name("changed.nc")
    data.to_netcdf(out)
    return out


def test_a_file_of_winds_is_read_whatever_its_order(path):
    one = read_winds(path)
    assert one.level.tolist() == [850.0, 500.0, 200.0]
    other = read_winds(changed(path, lambda data: data.isel(latitude=slice(None, None, -1))))
    np.testing.assert_array_equal(one.streamfunction, other.streamfunction)
    assert len(one.checksum) == 64


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.rename(u="ua", v="va", level="plev", latitude="lat", longitude="lon"),
        lambda d: d.rename(u="x", v="y").assign(
            x=lambda e: e.x.assign_attrs(standard_name="eastward_wind"),
            y=lambda e: e.y.assign_attrs(standard_name="northward_wind"),
        ),
        lambda d: d.rename(level="pressure_level").transpose("longitude", ...),
        lambda d: d.assign_coords(level=("level", d.level.values * 100, {"units": "Pa"})),
    ],
)  # fmt: skip
def test_the_names_and_units_of_others_are_known(path, change):
    one, other = read_winds(path), read_winds(changed(path, change))
    np.testing.assert_allclose(one.streamfunction, other.streamfunction, rtol=1e-12)
    np.testing.assert_allclose(one.level, other.level)


def in_units(data, north, east, factor):
    """The dataset with coordinates in other units."""
    return data.assign_coords(
        latitude=("latitude", data["latitude"].values * factor, {"units": north}),
        longitude=("longitude", data["longitude"].values * factor, {"units": east}),
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda d: in_units(d, "radians", "radians", np.pi / 180.0),
        lambda d: in_units(d, "degrees_south", "degrees_west", -1.0),
        lambda d: d.isel(longitude=np.random.default_rng(2).permutation(d.sizes["longitude"])),
        lambda d: d.assign_coords(longitude=(d["longitude"] + 180.0) % 360.0 - 180.0),
    ],
)
def test_winds_are_the_same_in_other_units_and_orders_of_coordinates(path, change):
    one, other = read_winds(path), read_winds(changed(path, change))
    np.testing.assert_allclose(one.streamfunction, other.streamfunction, rtol=1e-9, atol=1e-3)


def with_number(data, number):
    data["v"].values[0, 1, 2, 3:5] = number
    return data


def test_several_years_are_averaged_by_calendar_month(path):
    """A year of twice the wind and one of none make the wind itself."""

    def years(data):
        both = xr.concat([2.0 * data, 0.0 * data], "month")
        for name in ("u", "v"):
            both[name].attrs = data[name].attrs
        dates = np.array(["2001-01", "2001-07", "2002-01", "2002-07"], "datetime64[ns]")
        return both.rename(month="valid_time").assign_coords(valid_time=dates)

    one, other = read_winds(path), read_winds(changed(path, years))
    np.testing.assert_allclose(one.streamfunction, other.streamfunction, rtol=1e-12)


def test_rows_at_the_poles_may_be_missing(path):
    one = read_winds(changed(path, lambda data: data.isel(latitude=slice(1, -1))))
    assert one.latitude[0] == -90.0 and one.latitude[-1] == 90.0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: d.sel(latitude=slice(-60, 60)), ("partial-globe", ": latitude, longitude")),
        (lambda d: d.sel(longitude=slice(0, 180)), ("partial-globe", ": latitude, longitude")),
        (
            lambda d: xr.concat([d, d.isel(longitude=[0])], "longitude"),
            ("partial-globe", ": latitude, longitude"),
        ),
        (lambda d: in_units(d, "km", "km", 1.0), ("wrong-units", "changed.nc: latitude")),
        (lambda d: d.drop_vars("v"), ("missing-variable", "changed.nc: v")),
        (lambda d: d.isel(month=[0]), ("months-missing", "winds: month")),
        (lambda d: d.isel(level=[0]), ("wrong-value", ": level")),
        (lambda d: d.where(d.latitude < 50.0), ("missing-values", "changed.nc: u")),
        (lambda d: with_number(d, -999.0), ("missing-values", "changed.nc: v")),
        (lambda d: with_number(d, 9.96921e36), ("missing-values", "changed.nc: v")),
        (lambda d: with_number(d, 500.0), ("out-of-range", "changed.nc: v")),
        (lambda d: d.assign(u=d.u.assign_attrs(units="knots")), ("wrong-units", "changed.nc: u")),
        (
            lambda d: d.assign_coords(level=d.level.assign_attrs(units="m")),
            ("wrong-units", "changed.nc: level"),
        ),
        (lambda d: d.rename(month="run"), ("missing-time-axis", "")),
        (lambda d: d.rename(month="time"), ("missing-time-axis", "")),
    ],
)  # fmt: skip
def test_winds_that_cannot_be_used_are_refused(path, change, expected, refusal):
    with refusal(*expected):
        read_winds(changed(path, change))


def test_a_file_that_is_no_netcdf_is_told_in_a_sentence(tmp_path, refusal):
    (tmp_path / "winds.nc").write_text("u, v")
    with refusal("unreadable-file", "winds.nc"):
        read_winds(tmp_path / "winds.nc")


def test_an_absent_file_of_winds_is_named(tmp_path, refusal):
    with refusal("missing-file", "none.nc"):
        read_winds(tmp_path / "none.nc")


def test_the_winds_that_ship_are_those_of_the_reanalysis():
    """Westerlies at 200 hPa over 30 N, 45 m/s in the mean in January at most and 10 at least."""
    winds = read_winds()
    psi = winds.streamfunction[0, 2].mean(axis=1)
    row = np.searchsorted(winds.latitude, 30.0)
    step = np.deg2rad(winds.latitude[1] - winds.latitude[0])
    u = -(psi[row + 1] - psi[row - 1]) / (2.0 * step * EARTH_RADIUS)
    assert 10.0 < u < 45.0
