"""`ccdas transport`: what its commands write and say, and how they refuse."""

import json
import re
import sys
import warnings

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from ccdas_transport.command_line import transport
from ccdas_transport.constants import DAYS_OF_MONTH
from ccdas_transport.jacobian_file import read_jacobian
from ccdas_transport.jacobian_grid import JacobianGrid
from ccdas_transport.progress_line import ProgressLine
from typer.main import get_command

from ccdas_framework import InvalidInput
from ccdas_framework.cli import main

COARSE = ("--set", "latitude_step=22.5", "--set", "longitude_step=60", "--set", "steps_per_month=4")
GRID = JacobianGrid(22.5, 60.0)


@pytest.fixture
def ccdas(monkeypatch, capsys):
    """Call the command line in this process: (exit code, standard output, standard error)."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["ccdas", *map(str, arguments)])
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # main replaces it
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


@pytest.fixture
def stations(tmp_path):
    path = tmp_path / "stations.csv"
    path.write_text(
        "id,lat,lon,alt_m\nALT,82.5,-62.3,210\nMLO,19.5,-155.6,3397\nSPO,-89.98,-24.8,2810\n"
    )
    return path


def write_flux(path, count=3, units="kgC m-2 s-1", time=True):
    """A flux that differs from box to box and month to month, on a 5-degree grid."""
    latitude, longitude = np.arange(-87.5, 90.0, 5.0), np.arange(2.5, 360.0, 5.0)
    values = np.random.default_rng(6).random((count, len(latitude), len(longitude))) * 1e-8
    data = xr.Dataset(
        {"co2_flux": (("time", "latitude", "longitude"), values, {"units": units})},
        coords={
            "time": np.arange(np.datetime64("2010-01"), np.datetime64("2010-01") + count).astype(
                "datetime64[ns]"
            ),
            "latitude": latitude,
            "longitude": longitude,
        },
    )
    (data if time else data.isel(time=0, drop=True)).to_netcdf(path)
    return path


def test_help_names_the_commands(ccdas):
    code, output, _ = ccdas("transport", "--help")
    assert code == 0
    for command in ("forward", "jacobian", "convert", "prove"):
        assert f"\n  {command} " in output


def test_forward_writes_a_cf_file_of_time_series(ccdas, stations, tmp_path):
    out = tmp_path / "o.nc"
    flux = write_flux(tmp_path / "f.nc")
    code, output, messages = ccdas(
        "transport", "forward", "--flux", flux, "--stations", stations, "--out", out, *COARSE,
        "--initial", "380",
    )  # fmt: skip
    assert (
        code == 0
        and "3 months at 3 stations" in output
        and "transport to 3 stations ..." in messages
    )
    with xr.open_dataset(out) as data:
        co2 = data["co2"]
        assert co2.dims == ("time", "station") and co2.attrs["units"] == "ppm"
        assert data["station"].values.tolist() == ["ALT", "MLO", "SPO"]
        assert data["station"].attrs["cf_role"] == "timeseries_id"
        assert data.attrs["featureType"] == "timeSeries"
        assert data["latitude"].values[2] == -89.98 and data["altitude"].attrs["units"] == "m"
        np.testing.assert_array_equal(
            data["time_bounds"].values[0].astype("datetime64[D]"),
            np.array(["2010-01-01", "2010-02-01"], "datetime64[D]"),
        )
        assert data.attrs["transport_latitude_step"] == 22.5
        assert len(data.attrs["input_flux_sha256"]) == 64
        assert (co2.values > 380.0).all() and (np.diff(co2.values, axis=0) > 0.0).all()


def test_the_jacobian_gives_what_the_forward_run_gives(ccdas, stations, tmp_path):
    """March by both ways; the file holds single precision, 1e-6."""
    flux = write_flux(tmp_path / "f.nc")
    out, table = tmp_path / "o.nc", tmp_path / "j.nc"
    assert (
        ccdas(
            "transport", "forward", "--flux", flux, "--stations", stations, "--out", out, *COARSE
        )[0]
        == 0
    )
    code, output, messages = ccdas(
        "transport", "jacobian", "--stations", stations, "--out", table, *COARSE,
        "--set", "memory_months=3",
    )  # fmt: skip
    assert code == 0 and "3 stations, 3 months, 8 by 6 boxes" in output and "100 %" in messages
    result = read_jacobian(table, ["SPO", "ALT"], evolve(GRID, memory_months=3))
    from ccdas_transport.flux_file import read_flux

    rate = read_flux(flux, GRID.boxes).rate * (DAYS_OF_MONTH[:3] / 365.0)[:, None, None]
    march = np.einsum("slij,lij->s", result.response[:, 2], rate[::-1])
    with xr.open_dataset(out) as data:
        np.testing.assert_allclose(march, data["co2"].values[2, [2, 0]], rtol=1e-6)


def test_json_has_the_size_of_the_jacobian_and_quiet_no_progress(ccdas, stations, tmp_path):
    out = tmp_path / "j.nc"
    code, output, messages = ccdas(
        "transport", "jacobian", "--stations", stations, "--only", "SPO", "--out", out, *COARSE,
        "--set", "memory_months=2", "--json", "--quiet",
    )  # fmt: skip
    assert code == 0 and messages == ""
    size = {"stations": 1, "months": 2, "rows": 8, "columns": 6}
    assert json.loads(output) == {"file": str(out), **size}


@pytest.mark.parametrize("kind", ["analytic", "twelve_boxes"])
def test_the_simpler_transports_write_the_same_kind_of_file(ccdas, stations, tmp_path, kind):
    code, _, _ = ccdas(
        "transport", "jacobian", "--transport", kind, "--stations", stations, "--only", "SPO,MLO",
        "--out", tmp_path / "j.nc", *COARSE[:4], "--set", "memory_months=30",
    )  # fmt: skip
    assert code == 0
    result = read_jacobian(tmp_path / "j.nc", ["MLO"], evolve(GRID, memory_months=30))
    np.testing.assert_allclose(result.response[:, :, -1] * 2.124e12, 1.0, rtol=0.15)
    with xr.open_dataset(tmp_path / "j.nc") as data:
        assert data.attrs["transport"] == kind
        assert data["station"].values.tolist() == ["SPO", "MLO"]


def test_convert_moves_a_jacobian_to_another_grid(ccdas, stations, tmp_path):
    first, second = tmp_path / "1.nc", tmp_path / "2.nc"
    source = "--transport", "twelve_boxes", "--stations", stations, "--set", "memory_months=6"
    assert ccdas("transport", "jacobian", "--out", first, *source)[0] == 0
    code, output, _ = ccdas(
        "transport", "convert", "--kind", "jacobian", first, second, "--set", "latitude_step=4",
        "--set", "longitude_step=5", "--set", "half_polar_boxes=true",
        "--set", "centred_on_date_line=true", "--set", "memory_months=6",
    )  # fmt: skip
    assert code == 0 and "3 stations, 6 months, 46 by 72 boxes" in output
    theirs = JacobianGrid(4.0, 5.0, half_polar_boxes=True, centred_on_date_line=True)
    before, after = (
        read_jacobian(path, ["ALT"], evolve(grid, memory_months=6))
        for path, grid in ((first, JacobianGrid()), (second, theirs))
    )
    even = [(j.response * j.grid.area).sum(axis=(3, 4)) for j in (before, after)]
    np.testing.assert_allclose(even[0], even[1], rtol=1e-6)


def test_convert_keeps_where_stations_are_and_invents_no_place(ccdas, stations, tmp_path):
    """What a file does not say stays unknown; stations of another list must lie where it says."""
    written, converted = tmp_path / "made.nc", tmp_path / "moved.nc"
    source = "--transport", "analytic", "--stations", stations, "--set", "memory_months=6"
    assert ccdas("transport", "jacobian", "--out", written, *source)[0] == 0
    convert = "transport", "convert", "--kind", "jacobian", "--set", "memory_months=6"
    assert ccdas(*convert, written, converted)[0] == 0
    with xr.open_dataset(written) as one, xr.open_dataset(converted) as two:
        for name in ("station_latitude", "station_longitude", "station_altitude"):
            np.testing.assert_array_equal(two[name], one[name])
        one.drop_vars(["station_latitude", "station_altitude"]).to_netcdf(tmp_path / "less.nc")
    assert ccdas(*convert, tmp_path / "less.nc", converted, "--overwrite")[0] == 0
    with xr.open_dataset(converted) as two:
        assert np.isnan(two["station_latitude"]).all() and np.isnan(two["station_altitude"]).all()
        assert np.isfinite(two["station_longitude"]).all()
    other = tmp_path / "other.csv"
    other.write_text("id,lat,lon,alt_m\nMLO,19.5,-155.6,12\n")
    refusal = refused(*convert[1:], written, converted, "--overwrite", "--stations", other)
    assert refusal == ("location-differs", "station 'MLO'")


# -- refusals -------------------------------------------------------------------------------------


def refused(*arguments):
    """Code and place of the error of a command of the group `transport`."""
    with pytest.raises(InvalidInput) as error:
        get_command(transport()).main([str(a) for a in arguments], standalone_mode=False)
    return error.value.code, re.sub(r"\S*/", "", error.value.where)


def test_an_error_of_the_user_ends_with_its_message_and_exit_code_2(ccdas, tmp_path):
    code, _, error = ccdas("transport", "convert", "--kind", "stlit", tmp_path, tmp_path / "j.nc")
    assert code == 2 and "stlit" in error and "Traceback" not in error


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("HIGH,0,0,12000", ("location-out-of-range", "station 'HIGH'")),
        ("NORTH,91,0,0", ("location-out-of-range", "station 'NORTH'")),
        ("ALT,0,0,0", ("duplicate-station", "station 'ALT'")),
        ("BAD,north,0,0", ("not-a-number", "stations: stations.csv: line 5")),
    ],
)
def test_a_station_that_cannot_be(stations, tmp_path, line, expected):
    stations.write_text(stations.read_text() + line + "\n")
    options = "--flux", write_flux(tmp_path / "f.nc"), "--out", tmp_path / "o.nc"
    assert refused("forward", "--stations", stations, *options) == expected
    assert not (tmp_path / "o.nc").exists()


def test_stations_without_a_latitude(tmp_path):
    (tmp_path / "s.csv").write_text("id,lon,alt_m\nALT,-62.3,210\n")
    options = "--stations", tmp_path / "s.csv", "--out", tmp_path / "j.nc"
    assert refused("jacobian", *options) == ("missing-column", "stations: s.csv: lat")


def test_a_station_that_the_file_does_not_hold(stations, tmp_path):
    options = "--stations", stations, "--only", "ALT,XXX", "--out", tmp_path / "j.nc"
    assert refused("jacobian", *options) == ("unknown-station", "station 'XXX'")


def test_no_station_at_all(tmp_path):
    (tmp_path / "s.csv").write_text("id,lat,lon,alt_m\n")
    options = "--stations", tmp_path / "s.csv", "--out", tmp_path / "j.nc"
    assert refused("jacobian", *options) == ("no-station", "stations: s.csv")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("latitude_stp=10", ("unknown-key", "--set latitude_stp")),
        ("latitude_step=7", ("wrong-value", "--set")),
        ("layer_edges=[1.0, 0.5, 0.7, 0.2, 0.0]", ("wrong-value", "layer_edges")),
        ("layer_edges=3", ("wrong-value", "layer_edges")),
        ("layer_edges=['a', 0.5, 0.2, 0.0]", ("wrong-value", "layer_edges")),
        ("latitude_step=90", ("wrong-value", "latitude_step")),
        ("overturning=9.0", ("out-of-bounds", "overturning")),
        ("steps_per_month='many'", ("wrong-value", "--set")),
    ],
)
def test_a_setting_of_the_transport_that_cannot_be(stations, tmp_path, setting, expected):
    options = "--stations", stations, "--out", tmp_path / "j.nc", "--set", setting
    assert refused("jacobian", *options) == expected


def write_winds(path, latitude=None, longitude=None):
    latitude = np.arange(-90.0, 91.0, 15.0) if latitude is None else latitude
    longitude = np.arange(0.0, 360.0, 15.0) if longitude is None else longitude
    wind = (
        ("month", "level", "latitude", "longitude"),
        np.ones((2, 2, len(latitude), len(longitude))),
    )
    xr.Dataset(
        {"u": wind, "v": wind},
        coords={
            "month": [1, 7],
            "level": [850.0, 200.0],
            "latitude": latitude,
            "longitude": longitude,
        },
    ).to_netcdf(path)
    return path


@pytest.mark.parametrize(
    "axis",
    [{"latitude": np.arange(0.0, 91.0, 15.0)}, {"longitude": np.arange(-30.0, 60.0, 15.0)}],
)
def test_winds_that_do_not_cover_the_globe(stations, tmp_path, axis):
    winds = write_winds(tmp_path / "w.nc", **axis)
    options = "--stations", stations, "--winds", winds, "--out", tmp_path / "j.nc"
    assert refused("jacobian", *options) == ("partial-globe", "w.nc: latitude, longitude")


def test_winds_that_do_not_exist_or_are_not_used(stations, tmp_path):
    options = "--stations", stations, "--winds", tmp_path / "w.nc", "--out", tmp_path / "j.nc"
    assert refused("jacobian", *options) == ("missing-file", "winds: w.nc")
    unused = refused("jacobian", "--transport", "analytic", *options)
    assert unused == ("unused-option", "--winds")


def test_fluxes_in_another_unit_or_without_a_time_axis(stations, tmp_path):
    options = "--stations", stations, "--out", tmp_path / "o.nc", *COARSE
    flux = write_flux(tmp_path / "f.nc", units="kg m-2 s-1")
    expected = "ambiguous-units", "fluxes: f.nc: co2_flux"
    assert refused("forward", "--flux", flux, *options) == expected
    flux = write_flux(tmp_path / "f2.nc", time=False)
    expected = "missing-time-axis", "fluxes: f2.nc: time"
    assert refused("forward", "--flux", flux, *options) == expected


@pytest.mark.parametrize("initial", ["nan", "-1", "inf"])
def test_air_that_cannot_be(stations, tmp_path, initial):
    options = "--flux", write_flux(tmp_path / "f.nc"), "--stations", stations
    options = *options, "--out", tmp_path / "o.nc", f"--initial={initial}"
    assert refused("forward", *options) == ("wrong-value", "--initial")


def test_a_folder_that_cannot_be_made(stations, tmp_path):
    (tmp_path / "file").write_text("")
    options = "--flux", write_flux(tmp_path / "f.nc"), "--stations", stations
    refusal = refused("forward", *options, "--out", tmp_path / "file" / "o.nc")
    assert refusal == ("folder-not-writable", "o.nc")


def test_a_file_that_exists_already(ccdas, stations, tmp_path):
    (tmp_path / "j.nc").write_text("mine")
    options = "jacobian", "--transport", "twelve_boxes", "--stations", stations
    assert refused(*options, "--out", tmp_path / "j.nc") == ("file-exists", "--out")
    assert (tmp_path / "j.nc").read_text() == "mine"
    assert ccdas("transport", *options, "--out", tmp_path / "j.nc", "--overwrite")[0] == 0
    assert refused(*options, "--out", tmp_path) == ("is-a-folder", "--out")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--kind", "stlit"), ("unknown-kind", "--kind")),
        (("--kind", "stilt"), ("missing-option", "--stations")),
        (("--kind", "jacobian", "--set", "sd_floor=1.0"), ("unknown-key", "--set sd_floor")),
        (("--kind", "stilt", "--older", "none.nc"), ("missing-file", "--older")),
        (("--kind", "transcom", "--set", "pulse_rate=-1"), ("wrong-value", "--set")),
        (("--kind", "stilt", "--set", "pulse_rate=2"), ("unknown-key", "--set pulse_rate")),
        (("--kind", "tm5", "--older", "none.nc"), ("unused-option", "--older")),
    ],
)
def test_conversions_that_cannot_be(tmp_path, options, expected):
    assert refused("convert", tmp_path, tmp_path / "j.nc", *options) == expected


def test_nothing_to_convert(tmp_path):
    refusal = refused("convert", "--kind", "jacobian", tmp_path / "a.nc", tmp_path / "j.nc")
    assert refusal == ("missing-file", "a.nc")


@pytest.mark.parametrize(
    ("out", "expected"),
    [("file", ("not-a-folder", "--out")), ("file/o", ("folder-not-writable", "proof.md"))],
)
def test_a_comparison_that_cannot_be_written_does_not_start(tmp_path, out, expected):
    (tmp_path / "file").write_text("")
    assert refused("prove", "--data", tmp_path, "--out", tmp_path / out) == expected


def test_a_comparison_without_its_data(tmp_path):
    refusal = refused("prove", "--data", tmp_path / "none", "--out", tmp_path / "proof")
    assert refusal == ("missing-folder", "--data")


# -- progress -------------------------------------------------------------------------------------


class Stream:
    def __init__(self, terminal):
        self.terminal, self.text = terminal, ""

    def isatty(self):
        return self.terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_progress_is_ten_plain_lines_or_one_that_renews_itself():
    for terminal, lines in ((False, 10), (True, 1)):
        stream = Stream(terminal)
        share = ProgressLine(stream)
        for n in range(1, 101):
            share(n / 100.0)
        assert stream.text.count("\n") == lines
        assert "100 %" in stream.text and "left" in stream.text
