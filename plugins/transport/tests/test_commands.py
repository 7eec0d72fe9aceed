"""`ccdas transport`: what its commands write and say, and how they refuse."""

import sys
import warnings

import numpy as np
import pytest
import xarray as xr
from ccdas_transport.constants import DAYS_OF_MONTH
from ccdas_transport.grid import TransportGrid
from ccdas_transport.jacobian_file import read_jacobian
from ccdas_transport.progress_line import Share

from ccdas_framework.cli import main

COARSE = ("--set", "latitude_step=22.5", "--set", "longitude_step=60", "--set", "steps_per_month=4")
GRID = TransportGrid(22.5, 60.0)


@pytest.fixture
def ccdas(monkeypatch, capsys):
    """Call the command line in this process: (exit code, standard output, standard error)."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["ccdas", *map(str, arguments)])
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # main replaces it
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

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
    code, said, _ = ccdas("transport", "--help")
    assert code == 0
    for command in ("forward", "jacobian", "convert", "prove"):
        assert f"\n  {command} " in said


def test_forward_writes_a_cf_file_of_time_series(ccdas, stations, tmp_path):
    out = tmp_path / "o.nc"
    flux = write_flux(tmp_path / "f.nc")
    code, said, told = ccdas(
        "transport", "forward", "--flux", flux, "--stations", stations, "--out", out, *COARSE,
        "--initial", "380",
    )  # fmt: skip
    assert code == 0 and "3 months at 3 stations" in said and "transport to 3 stations ..." in told
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
    code, said, told = ccdas(
        "transport", "jacobian", "--stations", stations, "--out", table, *COARSE,
        "--set", "memory_months=3",
    )  # fmt: skip
    assert code == 0 and "3 stations, 3 months, 8 by 6 boxes" in said and "100 %" in told
    found = read_jacobian(table, ["SPO", "ALT"], GRID, memory=3)
    from ccdas_transport.flux_file import read_flux

    rate = read_flux(flux, GRID).rate * (DAYS_OF_MONTH[:3] / 365.0)[:, None, None]
    march = np.einsum("slij,lij->s", found.response[:, 2], rate[::-1])
    with xr.open_dataset(out) as data:
        np.testing.assert_allclose(march, data["co2"].values[2, [2, 0]], rtol=1e-6)


@pytest.mark.parametrize("kind", ["analytic", "twelve_boxes"])
def test_the_simpler_transports_write_the_same_kind_of_file(ccdas, stations, tmp_path, kind):
    code, _, _ = ccdas(
        "transport", "jacobian", "--transport", kind, "--stations", stations, "--only", "SPO,MLO",
        "--out", tmp_path / "j.nc", *COARSE[:4], "--set", "memory_months=30",
    )  # fmt: skip
    assert code == 0
    found = read_jacobian(tmp_path / "j.nc", ["MLO"], GRID, memory=30)
    np.testing.assert_allclose(found.response[:, :, -1] * 2.124e12, 1.0, rtol=0.15)
    with xr.open_dataset(tmp_path / "j.nc") as data:
        assert data.attrs["transport"] == kind
        assert data["station"].values.tolist() == ["SPO", "MLO"]


def test_convert_moves_a_jacobian_to_another_grid(ccdas, stations, tmp_path):
    first, second = tmp_path / "1.nc", tmp_path / "2.nc"
    asked = "--transport", "twelve_boxes", "--stations", stations, "--set", "memory_months=6"
    assert ccdas("transport", "jacobian", "--out", first, *asked)[0] == 0
    code, said, _ = ccdas(
        "transport", "convert", "--kind", "jacobian", first, second, "--set", "latitude_step=4",
        "--set", "longitude_step=5", "--set", "half_polar_boxes=true",
        "--set", "centred_on_date_line=true", "--set", "memory_months=6",
    )  # fmt: skip
    assert code == 0 and "3 stations, 6 months, 46 by 72 boxes" in said
    theirs = TransportGrid(4.0, 5.0, half_polar_boxes=True, centred_on_date_line=True)
    before, after = (
        read_jacobian(path, ["ALT"], grid, 6)
        for path, grid in ((first, TransportGrid()), (second, theirs))
    )
    even = [(j.response * j.grid.area).sum(axis=(3, 4)) for j in (before, after)]
    np.testing.assert_allclose(even[0], even[1], rtol=1e-6)


def test_convert_keeps_where_stations_are_and_invents_no_place(ccdas, stations, tmp_path):
    """What a file does not say stays unknown; stations of another list must lie where it says."""
    made, moved = tmp_path / "made.nc", tmp_path / "moved.nc"
    asked = "--transport", "analytic", "--stations", stations, "--set", "memory_months=6"
    assert ccdas("transport", "jacobian", "--out", made, *asked)[0] == 0
    convert = "transport", "convert", "--kind", "jacobian", "--set", "memory_months=6"
    assert ccdas(*convert, made, moved)[0] == 0
    with xr.open_dataset(made) as one, xr.open_dataset(moved) as two:
        for name in ("station_latitude", "station_longitude", "station_altitude"):
            np.testing.assert_array_equal(two[name], one[name])
        one.drop_vars(["station_latitude", "station_altitude"]).to_netcdf(tmp_path / "less.nc")
    assert ccdas(*convert, tmp_path / "less.nc", moved, "--overwrite")[0] == 0
    with xr.open_dataset(moved) as two:
        assert np.isnan(two["station_latitude"]).all() and np.isnan(two["station_altitude"]).all()
        assert np.isfinite(two["station_longitude"]).all()
    other = tmp_path / "other.csv"
    other.write_text("id,lat,lon,alt_m\nMLO,19.5,-155.6,12\n")
    code, _, told = ccdas(*convert, made, moved, "--overwrite", "--stations", other)
    assert code == 2 and "'MLO' lies at 19.5, -155.6, 12 m in" in told and "made.nc" in told


# -- what is refused ------------------------------------------------------------------------------


def refused(ccdas, *arguments):
    """The sentence of a command that ends with exit code 2."""
    code, _, error = ccdas("transport", *arguments)
    assert code == 2 and "Traceback" not in error
    return error


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("HIGH,0,0,12000", "'HIGH' lies at latitude 0, longitude 0, altitude 12000 m"),
        ("NORTH,91,0,0", "'NORTH' lies at latitude 91"),
        ("ALT,0,0,0", "ALT is given more than once"),
        ("BAD,north,0,0", "line 5 of"),
    ],
)
def test_a_station_that_cannot_be(ccdas, stations, tmp_path, line, sentence):
    stations.write_text(stations.read_text() + line + "\n")
    asked = "--flux", write_flux(tmp_path / "f.nc"), "--out", tmp_path / "o.nc"
    assert sentence in refused(ccdas, "forward", "--stations", stations, *asked)
    assert not (tmp_path / "o.nc").exists()


def test_stations_without_a_latitude(ccdas, tmp_path):
    (tmp_path / "s.csv").write_text("id,lon,alt_m\nALT,-62.3,210\n")
    told = refused(ccdas, "jacobian", "--stations", tmp_path / "s.csv", "--out", tmp_path / "j.nc")
    assert "lat is missing. Expected: id, lat, lon, alt_m" in told


def test_a_station_that_the_file_does_not_hold(ccdas, stations, tmp_path):
    told = refused(
        ccdas, "jacobian", "--stations", stations, "--only", "ALT,XXX", "--out", tmp_path / "j.nc"
    )
    assert "XXX is not among the stations given. Known: ALT, MLO, SPO" in told


def test_no_station_at_all(ccdas, tmp_path):
    (tmp_path / "s.csv").write_text("id,lat,lon,alt_m\n")
    told = refused(ccdas, "jacobian", "--stations", tmp_path / "s.csv", "--out", tmp_path / "j.nc")
    assert "s.csv holds no station" in told


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("latitude_stp=10", "there is no such setting. Did you mean 'latitude_step'?"),
        ("latitude_step=7", "'latitude_step' is 7 degrees and does not divide 180"),
        ("layer_edges=[1.0, 0.5, 0.7, 0.2, 0.0]", "no or negative thickness holds no air"),
        ("layer_edges=3", "'layer_edges' is (3,); expected at least four shares"),
        ("layer_edges=['a', 0.5, 0.2, 0.0]", "expected at least four shares"),
        ("latitude_step=90", "'latitude_step' is 90 degrees; at most 60"),
        ("overturning=9.0", "it must lie between 0.5 and 1.5"),
        ("steps_per_month='many'", "'steps_per_month' is 'many'; expected a whole number"),
    ],
)
def test_a_setting_of_the_transport_that_cannot_be(ccdas, stations, tmp_path, setting, sentence):
    asked = "--stations", stations, "--out", tmp_path / "j.nc", "--set", setting
    assert sentence in refused(ccdas, "jacobian", *asked)


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
    "place",
    [{"latitude": np.arange(0.0, 91.0, 15.0)}, {"longitude": np.arange(-30.0, 60.0, 15.0)}],
)
def test_winds_that_do_not_cover_the_globe(ccdas, stations, tmp_path, place):
    winds = write_winds(tmp_path / "w.nc", **place)
    told = refused(
        ccdas, "jacobian", "--stations", stations, "--winds", winds, "--out", tmp_path / "j.nc"
    )
    assert "winds must cover the globe in even steps" in told


def test_winds_that_are_not_there(ccdas, stations, tmp_path):
    winds = tmp_path / "w.nc"
    told = refused(
        ccdas, "jacobian", "--stations", stations, "--winds", winds, "--out", tmp_path / "j.nc"
    )
    assert f"there is no file {winds}" in told
    told = refused(
        ccdas, "jacobian", "--transport", "analytic", "--stations", stations, "--winds", winds,
        "--out", tmp_path / "j.nc",
    )  # fmt: skip
    assert "--transport analytic knows no winds; leave --winds out" in told


def test_fluxes_in_another_unit_or_without_a_time_axis(ccdas, stations, tmp_path):
    asked = "--stations", stations, "--out", tmp_path / "o.nc", *COARSE
    flux = write_flux(tmp_path / "f.nc", units="kg m-2 s-1")
    assert "may be a mass of carbon or of CO2" in refused(ccdas, "forward", "--flux", flux, *asked)
    flux = write_flux(tmp_path / "f2.nc", time=False)
    assert "f2.nc has no time axis" in refused(ccdas, "forward", "--flux", flux, *asked)


@pytest.mark.parametrize("initial", ["nan", "-1", "inf"])
def test_air_that_cannot_be(ccdas, stations, tmp_path, initial):
    asked = "--flux", write_flux(tmp_path / "f.nc"), "--stations", stations
    told = refused(ccdas, "forward", *asked, "--out", tmp_path / "o.nc", f"--initial={initial}")
    assert f"--initial is {initial}; expected a mole fraction" in told


def test_a_folder_that_cannot_be_made(ccdas, stations, tmp_path):
    (tmp_path / "file").write_text("")
    asked = "--flux", write_flux(tmp_path / "f.nc"), "--stations", stations
    told = refused(ccdas, "forward", *asked, "--out", tmp_path / "file" / "o.nc")
    assert "cannot be made" in told


def test_a_file_that_is_there_already(ccdas, stations, tmp_path):
    (tmp_path / "j.nc").write_text("mine")
    asked = "jacobian", "--transport", "twelve_boxes", "--stations", stations
    told = refused(ccdas, *asked, "--out", tmp_path / "j.nc")
    assert "j.nc is there already. Give another --out, or --overwrite." in told
    assert (tmp_path / "j.nc").read_text() == "mine"
    assert ccdas("transport", *asked, "--out", tmp_path / "j.nc", "--overwrite")[0] == 0
    assert "is a folder" in refused(ccdas, *asked, "--out", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--kind", "stlit"), "no kind of transport 'stlit'. Known are transcom"),
        (("--kind", "stilt"), "which stations? Give a CSV file"),
        (
            ("--kind", "jacobian", "--set", "sd_floor=1.0"),
            "--set sd_floor: there is no such setting",
        ),
        (
            ("--kind", "stilt", "--older", "none.nc"),
            "there is no file none.nc, which --older names",
        ),
        (("--kind", "transcom", "--set", "pulse_rate=-1"), "'pulse_rate' must be > 0"),
        (
            ("--kind", "stilt", "--set", "pulse_rate=2"),
            "--set pulse_rate: there is no such setting",
        ),
        (("--kind", "tm5", "--older", "none.nc"), "--older is of no use to --kind tm5"),
    ],
)
def test_conversions_that_cannot_be(ccdas, tmp_path, arguments, sentence):
    assert sentence in refused(ccdas, "convert", tmp_path, tmp_path / "j.nc", *arguments)


def test_nothing_to_convert(ccdas, tmp_path):
    told = refused(ccdas, "convert", "--kind", "jacobian", tmp_path / "a.nc", tmp_path / "j.nc")
    assert "a.nc" in told and "there is no file" in told


@pytest.mark.parametrize(
    ("out", "sentence"), [("file", "is a file; expected a folder"), ("file/o", "cannot be made")]
)
def test_a_proof_that_cannot_be_written_is_not_begun(ccdas, tmp_path, out, sentence):
    (tmp_path / "file").write_text("")
    assert sentence in refused(ccdas, "prove", "--data", tmp_path, "--out", tmp_path / out)


def test_a_proof_without_its_data(ccdas, tmp_path):
    told = refused(ccdas, "prove", "--data", tmp_path / "none", "--out", tmp_path / "proof")
    assert "--data names the folder of published data" in told


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
        share = Share(stream)
        for n in range(1, 101):
            share(n / 100.0)
        assert stream.text.count("\n") == lines
        assert "100 %" in stream.text and "left" in stream.text
