"""Fluxes of a file: mass, units, calendars, and what is refused."""

import warnings

import numpy as np
import pytest
import xarray as xr
from ccdas_transport.flux_file import carbon_factor, read_flux
from ccdas_transport.grid import TransportGrid

from ccdas_framework.core.errors import CcdasWarning
from ccdas_framework.grids import EARTH_RADIUS

GRID = TransportGrid(30.0, 60.0)
EARTH = 4.0 * np.pi * EARTH_RADIUS**2
DAY = 86400.0


def write(
    path, change=lambda data: data, first="2010-01", count=12, units="kgC m-2 s-1", even=1e-9
):
    """An even flux on a grid with half boxes at the poles, from the north, 0..360 east."""
    latitude, longitude = (
        np.array([89.0, *np.arange(86.0, -87.0, -4.0), -89.0]),
        np.arange(0.0, 360.0, 5.0),
    )
    time = (np.datetime64(first) + np.arange(count)).astype("datetime64[D]") + 14
    time = time.astype("datetime64[ns]")
    values = np.full((count, len(latitude), len(longitude)), even)
    attributes = {} if units is None else {"units": units}
    data = xr.Dataset(
        {"co2_flux": (("time", "latitude", "longitude"), values, attributes)},
        coords={"time": time, "latitude": latitude, "longitude": longitude},
    )
    change(data).to_netcdf(path)
    return path


def test_an_even_flux_is_even_on_the_boxes_of_the_transport(tmp_path):
    """1e-9 kgC m-2 s-1 times the area of each box and a year of 365 days."""
    result = read_flux(write(tmp_path / "f.nc"), GRID)
    np.testing.assert_allclose(result.rate[0], 1e-9 * GRID.area * 365 * DAY, rtol=1e-9)
    assert result.months[0] == np.datetime64("2010-01") and len(result.months) == 12


def test_a_year_emits_its_mass_leap_day_or_not(tmp_path):
    """What the transport emits, d/365 of the rate in a month of d days of its calendar."""
    shares = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) / 365.0
    for year, days in (("2010-01", 365), ("2012-01", 366)):
        result = read_flux(write(tmp_path / f"{year}.nc", first=year), GRID)
        emitted = (result.rate.sum(axis=(1, 2)) * shares).sum()
        assert emitted == pytest.approx(1e-9 * EARTH * days * DAY, rel=1e-9)


def test_a_calendar_without_leap_days_is_known(tmp_path):
    def change(data):
        return data.convert_calendar("noleap")

    result = read_flux(write(tmp_path / "f.nc", change, first="2012-01"), GRID)
    np.testing.assert_allclose(result.rate[1], 1e-9 * GRID.area * 365 * DAY, rtol=1e-9)
    assert result.months[-1] == np.datetime64("2012-12")


def test_the_mass_of_a_pattern_is_kept(tmp_path):
    random = np.random.default_rng(5)

    def change(data):
        data["co2_flux"].values[:] = random.standard_normal(data["co2_flux"].shape) * 1e-8
        return data

    path = write(tmp_path / "f.nc", change)
    with xr.open_dataset(path) as data:
        theirs = TransportGrid(4.0, 5.0, half_polar_boxes=True)
        mass = data["co2_flux"].values[:, ::-1] * theirs.area
    result = read_flux(path, GRID)
    np.testing.assert_allclose(
        result.rate.sum(axis=(1, 2)), mass.sum(axis=(1, 2)) * 365 * DAY, rtol=1e-7
    )


def of_region(data, longitude):
    """A region of four columns at these longitudes, each with its own flux."""
    region = data.isel(longitude=slice(0, 4), latitude=slice(10, 20)).copy(deep=True)
    region["co2_flux"] = region["co2_flux"] * xr.DataArray([1.0, 2.0, 3.0, 4.0], dims="longitude")
    region["co2_flux"].attrs = data["co2_flux"].attrs
    return region.assign_coords(longitude=longitude)


@pytest.mark.filterwarnings("ignore:.*covers:UserWarning")
@pytest.mark.parametrize("order", [[0, 1, 2, 3], [2, 3, 0, 1], [3, 2, 1, 0], [1, 3, 0, 2]])
@pytest.mark.parametrize("middle", [0.0, 180.0])
def test_a_region_across_greenwich_or_the_date_line_has_its_mass(tmp_path, middle, order):
    plain = middle + np.array([-10.0, -5.0, 0.0, 5.0])
    sound = read_flux(write(tmp_path / "a.nc", lambda d: of_region(d, plain)), GRID)
    for longitude in (plain % 360.0, (plain + 180.0) % 360.0 - 180.0):
        other = read_flux(
            write(tmp_path / "b.nc", lambda d, x=longitude: of_region(d, x).isel(longitude=order)),
            GRID,
        )
        np.testing.assert_allclose(other.rate, sound.rate, rtol=1e-12, atol=1e-12)


def test_coordinates_in_radians_are_those_in_degrees(tmp_path):
    def change(data):
        axes = {n: np.radians(data[n].values) for n in ("latitude", "longitude")}
        units = {"units": "radians"}
        return data.assign_coords({n: (n, values, units) for n, values in axes.items()})

    sound, other = read_flux(write(tmp_path / "a.nc"), GRID), write(tmp_path / "b.nc", change)
    np.testing.assert_allclose(read_flux(other, GRID).rate, sound.rate, rtol=1e-12)


@pytest.mark.parametrize(
    ("units", "name", "factor"),
    [
        ("kgC m-2 s-1", "", 1.0),
        ("kg C m-2 s-1", "", 1.0),
        ("gC m-2 d-1", "", 1e-3 / DAY),
        ("PgC m-2 yr-1", "", 1e12 / (365.25 * DAY)),
        ("mol m-2 s-1", "", 0.012011),
        ("umol m-2 s-1", "", 0.012011e-6),
        ("kgCO2 m-2 s-1", "", 12.011 / 44.009),
        ("g CO2 m-2 d-1", "", 1e-3 / DAY * 12.011 / 44.009),
        (
            "kg m-2 s-1",
            "surface_upward_mass_flux_of_carbon_dioxide_expressed_as_carbon_due_to_x",
            1.0,
        ),
        ("kg m-2 s-1", "tendency_of_atmosphere_mass_of_carbon_dioxide", 12.011 / 44.009),
    ],
)
def test_what_can_be_converted_is(units, name, factor):
    attributes = {"units": units, **({"standard_name": name} if name else {})}
    assert carbon_factor(attributes, "x") == pytest.approx(
        factor, rel=1e-3 if "yr" in units else 1e-9
    )


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (None, ("missing-units", "f.nc: co2_flux")),
        ("kgC m-2", ("wrong-units", "f.nc: co2_flux")),
        ("K", ("wrong-units", "f.nc: co2_flux")),
        ("spoons", ("wrong-units", "f.nc: co2_flux")),
        ("kg m-2 s-1", ("ambiguous-units", "f.nc: co2_flux")),
        ("PgC yr-1", ("wrong-units", "f.nc: co2_flux")),
    ],
)
def test_another_unit_is_refused_in_a_sentence(tmp_path, units, expected, refusal):
    with refusal(*expected):
        read_flux(write(tmp_path / "f.nc", units=units), GRID)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: d.rename(co2_flux="nee"), ("missing-variable", "f.nc: co2_flux")),
        (lambda d: d.isel(time=0, drop=True), ("missing-time-axis", "f.nc: time")),
        (lambda d: d.assign_coords(time=np.arange(12)), ("wrong-units", "f.nc: time")),
        (lambda d: d.isel(time=slice(0, 0)), ("empty-time-axis", "f.nc: time")),
        (lambda d: d.isel(time=[0, 1, 3]), ("months-not-consecutive", "f.nc: time")),
        (lambda d: d.isel(time=[0, 0, 1]), ("months-not-consecutive", "f.nc: time")),
        (lambda d: d.where(d["latitude"] > -80.0), ("missing-values", "f.nc: co2_flux")),
        (
            lambda d: d.expand_dims(model=2),
            ("wrong-dimensions", "f.nc: co2_flux"),
        ),
        (lambda d: d.isel(longitude=[0, 1, 5]), ("uneven-grid", "f.nc: longitude")),
        (lambda d: d.isel(longitude=[*range(72), 0]), ("uneven-grid", "f.nc: longitude")),
        (
            lambda d: d.assign_coords(longitude=d["longitude"].assign_attrs(units="km")),
            ("wrong-units", "f.nc: longitude"),
        ),
        (lambda d: d.rename(latitude="y"), ("missing-coordinate", "f.nc: latitude")),
    ],
)
def test_another_file_is_refused_in_a_sentence(tmp_path, change, expected, refusal):
    with refusal(*expected):
        read_flux(write(tmp_path / "f.nc", change), GRID)


@pytest.mark.parametrize("number", [9.96921e36, 1e36, -1e20, -999.0, -9999.0, -99999.0, np.inf])
@pytest.mark.parametrize("units", ["kgC m-2 s-1", "gC m-2 yr-1"])
def test_a_fill_value_that_is_not_declared_is_refused_with_where_and_how_many(
    tmp_path, number, units, refusal
):
    """Of -999 gC m-2 yr-1 the size alone could be a flux; the number is refused in every unit."""

    def change(data):
        data["co2_flux"].values[3, -2:, 7] = number
        return data

    path = write(tmp_path / "f.nc", change, units=units, even=1e-9)
    with refusal("not-a-flux", "f.nc: co2_flux"):
        read_flux(path, GRID)


@pytest.mark.parametrize("packed", [False, True])
def test_a_number_outside_the_valid_range_of_the_file_is_missing(tmp_path, packed, refusal):
    path = write(tmp_path / "f.nc", units="gC m-2 d-1", even=2.0)
    with xr.open_dataset(path) as file:
        data = file.load()
    data["co2_flux"].values[3, -2:, 7] = 9.0
    scale = 0.01 if packed else 1.0
    limits = np.array([-5.0, 5.0]) / scale
    kind = "int16" if packed else "float32"
    data["co2_flux"].attrs["valid_range"] = limits.astype(kind)
    data["co2_flux"].encoding = {"dtype": kind}
    if packed:
        data["co2_flux"].encoding |= {"scale_factor": scale, "_FillValue": -32768}
    data.to_netcdf(tmp_path / "g.nc")
    with refusal("missing-values", "g.nc: co2_flux"):
        read_flux(tmp_path / "g.nc", GRID)
    data["co2_flux"].values[3, -2:, 7] = 4.0
    data.to_netcdf(tmp_path / "h.nc")
    assert read_flux(tmp_path / "h.nc", GRID).rate.sum() > read_flux(path, GRID).rate.sum()


def test_small_numbers_that_repeat_among_finer_ones_are_no_fluxes(tmp_path, refusal):
    def change(data):
        values = data["co2_flux"].values
        values += 0.001 * np.random.default_rng(1).standard_normal(values.shape)
        values[:, :3] = -9.99
        return data

    with refusal("not-a-flux", "f.nc: co2_flux"):
        read_flux(write(tmp_path / "f.nc", change, units="gC m-2 d-1", even=1.0), GRID)


def test_the_bound_of_a_flux_is_that_of_its_own_unit(tmp_path, refusal):
    """0.001 kgC m-2 s-1 are 86 400 gC m-2 d-1: a flux below is taken, one above is not."""
    for rate, is_taken in ((8.6e4, True), (-8.6e4, True), (8.7e4, False), (-8.7e4, False)):
        path = write(tmp_path / "f.nc", units="gC m-2 d-1", even=rate)
        if is_taken:
            np.testing.assert_allclose(
                read_flux(path, GRID).rate[0], rate * 1e-3 / DAY * GRID.area * 365 * DAY, rtol=1e-9
            )
        else:
            with refusal("not-a-flux", "f.nc: co2_flux"):
                read_flux(path, GRID)


def test_an_absent_file_and_one_that_is_no_netcdf_are_told(tmp_path, refusal):
    with refusal("missing-file", "none.nc"):
        read_flux(tmp_path / "none.nc", GRID)
    (tmp_path / "text.nc").write_text("not this")
    with refusal("unreadable-file", "text.nc"):
        read_flux(tmp_path / "text.nc", GRID)


def test_a_file_of_a_part_of_the_globe_is_taken_with_a_warning(tmp_path):
    path = write(tmp_path / "f.nc", lambda d: d.isel(longitude=slice(0, 36)))
    with pytest.warns(UserWarning):
        result = read_flux(path, GRID)
    total = result.rate[0].sum() / (365 * DAY)
    assert total == pytest.approx(1e-9 * EARTH / 2.0, rel=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_flux(write(tmp_path / "whole.nc"), GRID)


def stamped(kind, with_bounds=True):
    """A change: times at the start, middle or end of each month, with CF bounds of the months."""

    def change(data):
        edges = (np.datetime64("2010-01") + np.arange(13)).astype("datetime64[D]").astype(int)
        stamps = {"start": edges[:-1], "end": edges[1:], "mid": (edges[1:] + edges[:-1]) / 2}[kind]
        attributes = {"units": "days since 1970-01-01"}
        if with_bounds:
            data["time_bnds"] = (("time", "nv"), np.stack([edges[:-1], edges[1:]], axis=1))
            attributes["bounds"] = "time_bnds"
        return data.assign_coords(time=("time", stamps, attributes))

    return change


@pytest.mark.parametrize("kind", ["start", "mid", "end"])
def test_bounds_are_the_month_whatever_the_stamp(tmp_path, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = read_flux(write(tmp_path / "f.nc", stamped(kind)), GRID)
    twin = read_flux(write(tmp_path / "twin.nc"), GRID)
    np.testing.assert_array_equal(result.months, twin.months)
    np.testing.assert_array_equal(result.rate, twin.rate)


def test_bounds_in_a_calendar_without_leap_days_are_the_month(tmp_path):
    def change(data):
        edges = np.concatenate([[0], np.cumsum([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])])
        data["time_bnds"] = (("time", "nv"), np.stack([edges[:-1], edges[1:]], axis=1))
        attributes = {"units": "days since 2012-01-01", "calendar": "noleap", "bounds": "time_bnds"}
        return data.assign_coords(time=("time", edges[1:], attributes))

    result = read_flux(write(tmp_path / "f.nc", change), GRID)
    assert result.months[[0, -1]].tolist() == np.array(["2012-01", "2012-12"], "M8[M]").tolist()


@pytest.mark.parametrize("kind", ["start", "end"])
def test_times_at_the_first_of_each_month_without_bounds_give_a_warning(tmp_path, kind):
    path = write(tmp_path / "f.nc", stamped(kind, with_bounds=False))
    with pytest.warns(CcdasWarning) as caught:
        read_flux(path, GRID)
    assert [(w.message.code, w.message.where) for w in caught] == [
        ("ambiguous-months", "f.nc: time")
    ]


def test_bounds_that_are_no_months_are_refused(tmp_path, refusal):
    def change(data):
        days = np.arange(0, 360, 30) + np.array([[0], [30]])
        data["time_bnds"] = (("time", "nv"), days.T)
        attributes = {"units": "days since 2010-01-01", "bounds": "time_bnds"}
        return data.assign_coords(time=("time", days[0] + 15, attributes))

    with refusal("not-monthly", "f.nc: time"):
        read_flux(write(tmp_path / "f.nc", change), GRID)


DOWNWARD = "surface_net_downward_mass_flux_of_carbon_dioxide_expressed_as_carbon_due_to_x"


@pytest.mark.parametrize(
    ("attributes", "factor"),
    [
        ({"units": "kg m-2 s-1", "standard_name": DOWNWARD}, -1.0),
        ({"units": "kgC m-2 s-1", "positive": "down"}, -1.0),
        ({"units": "umol CO2 m-2 s-1", "positive": "down"}, -0.012011e-6),
        ({"units": "UMOL M-2 S-1", "positive": "up"}, 0.012011e-6),
        ({"units": "kg CO2 m-2 s-1", "positive": "up"}, 12.011 / 44.009),
    ],
)
def test_the_sign_of_a_flux_is_to_the_atmosphere(attributes, factor):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert carbon_factor(attributes, "f.nc: x") == pytest.approx(factor, rel=1e-9)
    turned = [("turned-sign", "f.nc: x")] if factor < 0.0 else []
    assert [(w.message.code, w.message.where) for w in caught] == turned
