"""Footprints made a Jacobian: units, months, reach, and the files of STILT and FLEXPART."""

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from ccdas_transport.analytic import PGC_PER_PPM
from ccdas_transport.converters import ConverterInputs, converted_jacobian
from ccdas_transport.jacobian_file import write_jacobian
from ccdas_transport.jacobian_grid import JacobianGrid
from ccdas_transport.stations import Stations
from ccdas_transport.twelve_boxes import twelve_box_jacobian

from ccdas_framework.grids import grid_area

WELL_MIXED = 1.0 / (PGC_PER_PPM * 1e12)  # ppm per kgC
UMOL_PER_KG = 1e9 / 12.011
STATION = Stations(["HUN"], [46.95], [16.65], [248.0])
GRID = JacobianGrid(30.0, 60.0)


def sources(memory_months):
    """The grid of the tests with some months of emissions."""
    return evolve(GRID, memory_months=memory_months)


LAT, LON = np.arange(-85.0, 90.0, 10.0), np.arange(-170.0, 180.0, 20.0)
REACH = 240  # hours
EVERY_MONTH = [
    np.datetime64(f"2010-{m:02d}-{d:02d}T12:00", "s") for m in range(1, 13) for d in (5, 20)
]


def area():
    return grid_area(np.linspace(-90.0, 90.0, 19), np.linspace(-180.0, 180.0, 19))


def well_mixed_footprint(step_hours, intervals):
    """What a receptor in a well-mixed air sees of a flux (ppm per umol m-2 s-1), per interval."""
    seconds = 3600.0 * step_hours
    one = WELL_MIXED * area() * seconds / UMOL_PER_KG
    return np.broadcast_to(one, (intervals, *one.shape))


def write_documented(path, values, times=EVERY_MONTH, step=1, station="HUN", **change):
    """A file in the documented layout, the same footprint for each receptor."""
    count = len(values)
    table = np.broadcast_to(values, (len(times), *values.shape)).astype(np.float64)
    data = xr.Dataset(
        {
            "footprint": (
                ("receptor", "time", "latitude", "longitude"),
                table,
                {"units": change.get("units", "ppm (umol-1 m2 s)")},
            ),
            "station": ("receptor", [station] * len(times)),
            "receptor_time": ("receptor", np.array(times, "datetime64[ns]")),
        },
        coords={
            "time": (
                "time",
                step * np.arange(1, count + 1),
                {"units": change.get("ages", "hours")},
            ),
            "latitude": change.get("latitude", LAT),
            "longitude": LON,
        },
    )
    data.to_netcdf(path)
    return path


def elapsed(lag):
    """Share of the month of emission before the receptors, the mean of each month (12,)."""
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    return (4.5 + 19.5) / 2.0 / days if lag == 0 else np.ones(12)


def test_in_a_well_mixed_air_every_emission_counts_the_same(tmp_path):
    """Seen by the footprint or older than it: 1/2.124 ppm per PgC emitted so far, to rounding."""
    path = write_documented(tmp_path / "f.nc", well_mixed_footprint(6, 60), step=6)
    result = converted_jacobian("footprint", path, STATION, sources(4))
    for lag in range(4):
        expected = WELL_MIXED * elapsed(lag)[:, None, None]
        np.testing.assert_allclose(
            result.response[0, :, lag], expected * np.ones((6, 6)), rtol=1e-9
        )


def test_an_even_flux_is_the_sum_of_the_footprint(tmp_path):
    """1 umol m-2 s-1 everywhere: ppm per (umol m-2 s-1) summed over time and place, plus what is
    older and well mixed."""
    values = np.random.default_rng(2).random((48, 18, 18)) * 1e-4
    times = [t + np.timedelta64(2 * 86400, "s") for t in EVERY_MONTH]
    result = converted_jacobian(
        "footprint",
        write_documented(tmp_path / "f.nc", values, times),
        STATION,
        sources(1),
    )
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    emitted = GRID.boxes.area * (days * 86400.0)[:, None, None] / UMOL_PER_KG  # kgC in a month
    simulated = (result.response[0, :, 0] * emitted).sum(axis=(1, 2))
    older = WELL_MIXED * GRID.boxes.area.sum() * (12.0 + 2.0 - 2.0) * 86400.0 / UMOL_PER_KG
    np.testing.assert_allclose(simulated, values.sum() + older, rtol=1e-9)


def test_what_crosses_the_first_of_a_month_belongs_to_two_months(tmp_path):
    """A receptor at noon on the 5th sees 4.5 of its 10 days in the month before... the rest."""
    values = well_mixed_footprint(1, REACH)
    times = [np.datetime64(f"2010-{m:02d}-05T12:00", "s") for m in range(1, 13)]
    path = write_documented(tmp_path / "f.nc", values, times)
    nothing = converted_jacobian(
        "footprint",
        write_documented(tmp_path / "0.nc", 0.0 * values, times),
        STATION,
        sources(3),
    )
    result = converted_jacobian("footprint", path, STATION, sources(3))
    responses = (result.response - nothing.response)[0, :, :, 0, 0] / WELL_MIXED
    before = np.array([31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])
    station_own = np.roll(before, -1)
    np.testing.assert_allclose(responses[:, 0], 4.5 / station_own, rtol=1e-9)
    np.testing.assert_allclose(responses[:, 1], 5.5 / before, rtol=1e-9)
    np.testing.assert_allclose(responses[:, 2], 0.0, atol=1e-12)


def test_where_footprints_do_not_reach_another_jacobian_stands(tmp_path):
    """A footprint of Europe alone that sees nothing: elsewhere, and after ten days, the other's."""
    other = twelve_box_jacobian(["HUN"], [46.95], [248.0], sources(6))
    write_jacobian(tmp_path / "older.nc", other, [46.95], [16.65])
    europe = np.arange(35.0, 90.0, 10.0)
    path = write_documented(tmp_path / "f.nc", np.zeros((REACH, 6, 18)), latitude=europe)
    arguments = "footprint", path, STATION, sources(6)
    result = converted_jacobian(*arguments, inputs=ConverterInputs(older=tmp_path / "older.nc"))
    south = result.response[0, :, :, 0]
    share = np.array([elapsed(0) / 0.5, *[np.ones(12)] * 5]).T
    np.testing.assert_allclose(south, other.response[0, :, :, 0] * share[..., None], rtol=1e-6)
    north = result.response[0, :, :, 5]
    np.testing.assert_allclose(north[:, 2:], other.response[0, :, 2:, 5], rtol=1e-6)
    # receptors of the 5th and 20th leave nothing and 9.5 days of their month
    expected = other.response[0, :, 0, 5] * (0.5 * 9.5 / 12.0) * share[:, :1]
    np.testing.assert_allclose(north[:, 0], expected, rtol=1e-6)


def test_years_are_averaged_receptor_by_receptor(tmp_path):
    values = well_mixed_footprint(1, 24)
    twice = EVERY_MONTH + [t + np.timedelta64(365 * 86400, "s") for t in EVERY_MONTH]
    one = converted_jacobian(
        "footprint",
        write_documented(tmp_path / "1.nc", values),
        STATION,
        sources(2),
    )
    two = converted_jacobian(
        "footprint",
        write_documented(tmp_path / "2.nc", values, twice),
        STATION,
        sources(2),
    )
    np.testing.assert_allclose(two.response, one.response, rtol=1e-9)


# -- STILT and FLEXPART ---------------------------------------------------------------------------


def write_stilt(folder, values, times=EVERY_MONTH, name="{:}_16.65_46.95_10_foot.nc", shift=0):
    """One file a receptor; `time` is where each hour begins, oldest first."""
    folder.mkdir()
    for time in times:
        start = time - np.timedelta64(3600, "s") * np.arange(len(values), 0, -1)
        stamp = str(time).translate(str.maketrans("", "", "-T:"))[:12]
        xr.Dataset(
            {"foot": (("time", "lat", "lon"), values[::-1], {"units": "ppm (umol-1 m2 s)"})},
            coords={
                "time": (start + np.timedelta64(shift, "s")).astype("datetime64[ns]"),
                "lat": LAT,
                "lon": LON,
            },
        ).to_netcdf(folder / name.format(stamp))
    return folder


@pytest.mark.parametrize("name", ["{:}_16.65_46.95_10_foot.nc", "{:}_46.95_16.65_10_foot.nc"])
def test_files_of_stilt_say_the_same_as_the_documented_layout(tmp_path, name):
    values = np.random.default_rng(3).random((30, 18, 18)) * 1e-3
    expected = converted_jacobian(
        "footprint",
        write_documented(tmp_path / "f.nc", values),
        STATION,
        sources(3),
    )
    result = converted_jacobian(
        "stilt",
        write_stilt(tmp_path / "out", values, name=name),
        STATION,
        sources(3),
    )
    np.testing.assert_allclose(result.response, expected.response, rtol=1e-12)


def write_flexpart(folder, values, units="s m3 kg-1", depth=100.0, pointspec=2):
    """A file a receptor; two releases, of which the first is far away; time counts backwards."""
    folder.mkdir()
    for time in EVERY_MONTH:
        steps = -3600 * np.arange(1, len(values) + 1)
        field = values * depth / 0.028964
        both = np.stack([np.full_like(field, 7.0), field])[None, :pointspec, :, None]
        xr.Dataset(
            {
                "spec001_mr": (
                    ("nageclass", "pointspec", "time", "height", "latitude", "longitude"),
                    both,
                    {} if units is None else {"units": units},
                ),
                "RELLNG1": ("numpoint", [100.0, 16.60]),
                "RELLNG2": ("numpoint", [100.0, 16.70]),
                "RELLAT1": ("numpoint", [0.0, 46.90]),
                "RELLAT2": ("numpoint", [0.0, 47.00]),
                "RELSTART": ("numpoint", [-600, -600], {"units": "s"}),
                "RELEND": ("numpoint", [600, 600], {"units": "s"}),
            },
            coords={
                "time": ("time", steps, {"units": f"seconds since {time}".replace("T", " ")}),
                "height": ("height", [depth], {"units": "m"}),
                "latitude": LAT,
                "longitude": LON,
            },
            attrs={"ind_source": 1, "ind_receptor": 2, "loutstep": -3600},
        ).to_netcdf(folder / f"grid_time_{str(time)[:10].replace('-', '')}120000.nc")
    return folder


@pytest.mark.parametrize("units", ["s m3 kg-1", None])
def test_files_of_flexpart_say_the_same_as_the_documented_layout(tmp_path, units):
    """(s m3 kg-1) / 100 m * 0.028964 kg mol-1 is ppm per (umol m-2 s-1)."""
    values = np.random.default_rng(4).random((30, 18, 18)) * 1e-3
    expected = converted_jacobian(
        "footprint",
        write_documented(tmp_path / "f.nc", values),
        STATION,
        sources(3),
    )
    result = converted_jacobian(
        "flexpart",
        write_flexpart(tmp_path / "out", values, units),
        STATION,
        sources(3),
    )
    np.testing.assert_allclose(result.response, expected.response, rtol=1e-9)


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"units": "s m2 kg-1"}, ("wrong-units", "f.nc: footprint")),
        ({"ages": "1"}, ("wrong-units", "f.nc: time")),
        ({"ages": "ppm"}, ("wrong-units", "f.nc: time")),
        ({"step": -0.0}, ("uneven-times", "f.nc: time")),
        ({"station": "PAL"}, ("months-missing", "station 'HUN'")),
        ({"times": EVERY_MONTH[2:]}, ("months-missing", "station 'HUN'")),
    ],
)
def test_footprints_of_another_kind_are_refused_in_a_sentence(tmp_path, change, expected, refusal):
    path = write_documented(tmp_path / "f.nc", well_mixed_footprint(1, 5), **change)
    with refusal(*expected):
        converted_jacobian("footprint", path, STATION, sources(2))


def test_a_file_of_another_layout_is_refused(tmp_path, refusal):
    xr.Dataset({"foot": ("x", [1.0])}).to_netcdf(tmp_path / "f.nc")
    with refusal("missing-variable", "f.nc: footprint"):
        converted_jacobian("footprint", tmp_path / "f.nc", STATION, sources(2))


@pytest.mark.parametrize("wrong", [-1.0, np.inf])
def test_footprints_below_zero_are_refused(tmp_path, wrong, refusal):
    """STILT marks what is missing by -1."""
    values = np.array(well_mixed_footprint(1, 5))
    values[2, 3, 4] = wrong
    with refusal("negative-footprint", "f.nc: footprint"):
        converted_jacobian(
            "footprint",
            write_documented(tmp_path / "f.nc", values),
            STATION,
            sources(2),
        )


def test_missing_values_count_as_nothing_seen(tmp_path):
    values = np.random.default_rng(7).random((5, 18, 18))
    holes = np.where(values > 0.8, np.nan, values)
    filled = np.where(values > 0.8, 0.0, values)
    result, expected = (
        converted_jacobian(
            "footprint",
            write_documented(tmp_path / f"{n}.nc", v),
            STATION,
            sources(2),
        )
        for n, v in enumerate((holes, filled))
    )
    np.testing.assert_array_equal(result.response, expected.response)


def test_stilt_integrated_over_time_is_refused(tmp_path, refusal):
    out = write_stilt(tmp_path / "out", well_mixed_footprint(1, 1), EVERY_MONTH[:1], shift=3600)
    with refusal("integrated-over-time", "201001051200_16.65_46.95_10_foot.nc: time"):
        converted_jacobian("stilt", out, STATION, sources(2))


def test_receptors_far_from_every_station_are_refused(tmp_path, refusal):
    values = well_mixed_footprint(1, 2)
    far = Stations(["XXX"], [0.0], [0.0], [0.0])
    with refusal("no-receptor", "s"):
        converted_jacobian(
            "stilt",
            write_stilt(tmp_path / "s", values, EVERY_MONTH[:1]),
            far,
            sources(2),
        )
    with refusal("no-receptor", "f"):
        converted_jacobian("flexpart", write_flexpart(tmp_path / "f", values), far, sources(2))


def test_a_file_whose_name_says_no_receptor_is_refused(tmp_path, refusal):
    out = write_stilt(tmp_path / "s", well_mixed_footprint(1, 2), EVERY_MONTH[:1], name="a_foot.nc")
    with refusal("wrong-file-name", "a_foot.nc"):
        converted_jacobian("stilt", out, STATION, sources(2))


def test_an_empty_folder_is_refused(tmp_path, refusal):
    for kind in ("stilt", "flexpart"):
        with refusal("missing-file"):
            converted_jacobian(kind, tmp_path, STATION, sources(2))


def test_flexpart_needs_a_mixing_ratio_and_a_field_a_release(tmp_path, refusal):
    values = well_mixed_footprint(1, 2)
    with refusal("wrong-units", "grid_time_20100105120000.nc: spec001_mr"):
        converted_jacobian(
            "flexpart",
            write_flexpart(tmp_path / "a", values, "s"),
            STATION,
            sources(2),
        )
    with refusal("wrong-dimensions", "grid_time_20100105120000.nc: spec001_mr"):
        out = write_flexpart(tmp_path / "b", values, pointspec=1)
        converted_jacobian("flexpart", out, STATION, sources(2))
