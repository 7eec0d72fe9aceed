"""Jacobian files: what is written is read, and what cannot be used is refused in a sentence."""

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from ccdas_transport.analytic import analytic_jacobian
from ccdas_transport.jacobian import days_share
from ccdas_transport.jacobian_file import read_jacobian, read_locations, write_jacobian
from ccdas_transport.jacobian_grid import JacobianGrid
from ccdas_transport.station_locations import StationLocations

GRID = JacobianGrid(30.0, 60.0)
NAMES, LATITUDE, LONGITUDE = ("ALT", "SPO"), [82.45, -89.98], [-62.51, -24.8]


@pytest.fixture
def jacobian():
    return analytic_jacobian(NAMES, LATITUDE, LONGITUDE, [1, 1], GRID)


@pytest.fixture
def path(jacobian, tmp_path):
    path = tmp_path / "jacobian.nc"
    write_jacobian(path, jacobian, LATITUDE, LONGITUDE)
    return path


def changed(path, change):
    with xr.open_dataset(path) as data:
        data = change(data.load())
    out = path.with_name("changed.nc")
    data.to_netcdf(out)
    return out


def test_a_written_jacobian_is_read_back(path, jacobian):
    """To single precision, in which it is stored; stations in the order asked for."""
    again = read_jacobian(path, ["SPO", "ALT"], GRID)
    np.testing.assert_allclose(again.response, jacobian.response[::-1], rtol=1e-6)
    assert again.well_mixed == jacobian.well_mixed


def test_the_file_holds_ppm_per_kilogram_and_year(path):
    """1 PgC yr-1 during January is 31/365 PgC, at lag 40 all but mixed: 0.04 ppm."""
    with xr.open_dataset(path) as data:
        j = data["jacobian"].sel(station="ALT", month=5, lag=40).values
    np.testing.assert_allclose(j * 1e12, 31.0 / 365.0 / 2.124, rtol=0.01)


def test_longitudes_from_zero_and_latitudes_from_the_north_are_sorted(path):
    def change(data):
        data = data.assign_coords(longitude=data["longitude"] % 360.0)
        return data.sortby("longitude").sortby("latitude", ascending=False)

    rolled = read_jacobian(changed(path, change), NAMES, GRID)
    np.testing.assert_array_equal(rolled.response, read_jacobian(path, NAMES, GRID).response)


def test_coordinates_in_other_units_are_read(path):
    def change(data):
        for name in ("latitude", "longitude"):
            attrs = {**data[name].attrs, "units": "radians"}
            data = data.assign_coords({name: (name, np.radians(data[name].values), attrs)})
            station = f"station_{name}"
            data[station] = ("station", np.radians(data[station].values), {"units": "radians"})
        return data

    other = changed(path, change)
    np.testing.assert_array_equal(
        read_jacobian(other, NAMES, GRID).response, read_jacobian(path, NAMES, GRID).response
    )
    for found, sound in zip(
        read_locations(other).coordinates, read_locations(path).coordinates, strict=True
    ):
        np.testing.assert_allclose(found, sound, rtol=1e-12)


@pytest.mark.parametrize("name", ["latitude", "station_longitude", "station_altitude"])
def test_units_that_are_no_place_are_refused(path, name, refusal):
    def change(data):
        data["station_altitude"] = ("station", [1.0, 2.0])
        data[name].attrs["units"] = "kg"
        return data

    with refusal("wrong-units", name):
        other = changed(path, change)
        read_locations(other)
        read_jacobian(other, NAMES, GRID)


def test_names_of_stations_lose_blanks_and_must_be_utf_8(path, refusal):
    def named(*names):
        return changed(path, lambda data: data.assign_coords(station=("station", np.array(names))))

    assert read_locations(named(b"ALT  ", b"SPO  ")).id == NAMES
    with refusal("wrong-encoding", "changed.nc: station"):
        read_locations(named(b"ALT", "Zürich".encode("latin-1")))


def test_calendar_months_of_emission_say_the_same_as_lags(path):
    """Slot f of month m has lag m + 36 - f; what the table lacks is well mixed."""

    def change(data):
        by_lag = data["jacobian"].values
        table = np.zeros_like(by_lag)
        for month in range(12):
            for lag in range(month + 37):
                table[:, month, month + 36 - lag] = by_lag[:, month, lag]
        dims = ("station", "month", "flux_month", "latitude", "longitude")
        return data.drop_vars(["jacobian", "lag"]).assign(jacobian=(dims, table))

    one = read_jacobian(path, NAMES, GRID)
    two = read_jacobian(changed(path, change), NAMES, GRID)
    for month in range(12):
        held = month + 37
        np.testing.assert_allclose(
            two.response[:, month, :held], one.response[:, month, :held], rtol=1e-12
        )
        np.testing.assert_allclose(two.response[:, month, held:], one.well_mixed, rtol=1e-12)


def test_an_emission_after_the_observation_is_refused(path, refusal):
    def change(data):
        return data.rename_dims(lag="flux_month").drop_vars("lag")

    with refusal("emission-after-observation", "changed.nc: jacobian"):
        read_jacobian(changed(path, change), NAMES, GRID)


def test_an_unknown_station_is_refused_with_those_known(path, refusal):
    with refusal("unknown-station", "station 'MLO'"):
        read_jacobian(path, ["MLO", "SPO"], GRID)


def test_a_station_elsewhere_than_in_the_file_is_refused(path, jacobian, refusal):
    """By place or altitude, as far as both say it; 500 m and 2 degrees may differ."""
    written = path.with_name("high.nc")
    write_jacobian(written, jacobian, LATITUDE, LONGITUDE, altitude=[200.0, 2810.0])

    def read(latitude, longitude, altitude, path=written):
        places = StationLocations(["ALT"], [latitude], [longitude], [altitude])
        return read_jacobian(path, ["ALT"], GRID, locations=places)

    for place in ((82.0, -63.0, 185.0), (82.45, 297.49, np.nan), (82.45, -62.51, 690.0)):
        assert read(*place).stations == ("ALT",)
    assert read(82.45, -62.51, 9000.0, path).stations == ("ALT",)  # the file does not say
    with refusal("location-differs", "station 'ALT'"):
        read(82.45, -62.51, 5000.0)
    for latitude, longitude in ((60.0, -62.51), (82.45, 0.0)):
        with refusal("location-differs", "station 'ALT'"):
            read(latitude, longitude, np.nan)


def test_a_file_with_two_rows_of_a_name_is_refused(path, refusal):
    twice = changed(path, lambda data: data.assign_coords(station=["ALT", "ALT"]))
    with refusal("duplicate-station", "station 'ALT'"):
        read_jacobian(twice, ["ALT"], GRID)


def test_places_that_are_no_numbers_are_refused(path, refusal):
    def change(data):
        return data.assign(station_altitude=("station", np.array(["high", "low"])))

    with refusal("not-a-number", "changed.nc: station_altitude"):
        read_locations(changed(path, change))


def test_another_grid_is_refused(path, refusal):
    with refusal("wrong-grid", "jacobian.nc: latitude"):
        read_jacobian(path, NAMES, JacobianGrid())


def test_another_number_of_lags_is_refused(path, refusal):
    with refusal("wrong-length", "jacobian.nc: jacobian"):
        read_jacobian(path, NAMES, evolve(GRID, memory_months=36))


def test_the_months_of_a_certain_period_are_refused(path, refusal):
    """Transport is cyclic: calendar months 1 to 12 and whole months since the emission."""

    def of_2010(data):
        return data.assign_coords(month=np.arange("2010-01", "2011-01", dtype="datetime64[M]"))

    with refusal("wrong-value", "changed.nc: month"):
        read_jacobian(changed(path, of_2010), NAMES, GRID)
    with refusal("wrong-value", "changed.nc: lag"):
        read_jacobian(changed(path, lambda d: d.assign_coords(lag=d["lag"] + 1)), NAMES, GRID)


def test_a_jacobian_on_the_half_polar_grid_of_geos_chem_is_read_back(tmp_path, refusal):
    kind = {"half_polar_boxes": True, "centred_on_date_line": True}
    grid = JacobianGrid(20.0, 30.0, **kind, memory_months=12)
    written = analytic_jacobian(NAMES, LATITUDE, LONGITUDE, [1, 1], grid)
    write_jacobian(tmp_path / "j.nc", written, LATITUDE, LONGITUDE)
    again = read_jacobian(tmp_path / "j.nc", NAMES, grid)
    np.testing.assert_allclose(again.response, written.response, rtol=1e-6)
    with refusal("wrong-grid", "j.nc: latitude"):
        read_jacobian(tmp_path / "j.nc", NAMES, JacobianGrid(20.0, 30.0, memory_months=12))


def test_another_unit_is_refused(path, refusal):
    def change(data):
        data["jacobian"].attrs["units"] = "ppm yr g-1"
        return data

    with refusal("wrong-units", "changed.nc: jacobian"):
        read_jacobian(changed(path, change), NAMES, GRID)


def test_a_file_without_a_jacobian_is_refused(path, refusal):
    with refusal("missing-variable", "changed.nc: jacobian"):
        read_jacobian(changed(path, lambda data: data.drop_vars("jacobian")), NAMES, GRID)


def test_an_absent_file_is_named(tmp_path, refusal):
    with refusal("missing-file", "none.nc"):
        read_jacobian(tmp_path / "none.nc", NAMES, GRID)


def test_a_file_that_is_no_netcdf_is_told(tmp_path, refusal):
    (tmp_path / "j.nc").write_text("not this")
    with refusal("unreadable-file", "j.nc"):
        read_jacobian(tmp_path / "j.nc", NAMES, GRID)


def test_days_are_those_of_the_month_of_emission():
    """An observation of March, lags 0, 1, 2: March, February, January."""
    np.testing.assert_allclose(days_share(3)[2] * 365.0, [31, 28, 31])


@pytest.mark.parametrize(
    ("number", "code"),
    [(-9.99, "out-of-range"), (1e20, "out-of-range"), (9.969209968386869e36, "missing-values"),
     (np.nan, "missing-values")],
)  # fmt: skip
def test_responses_that_cannot_be_are_refused_with_their_place(path, number, code, refusal):
    def spoil(data):
        data["jacobian"].values[0, 1, 2, 3, 1] = number
        return data

    with refusal(code, "changed.nc: jacobian"):
        read_jacobian(changed(path, spoil), NAMES, GRID)
