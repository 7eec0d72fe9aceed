"""`ccdas vod calibrate`: the table that it writes, and how it refuses.

All maps are made in this file. No measured map of L-band optical depth with biomass is at hand.
"""

import json
import sys
import tomllib
import warnings

import numpy as np
import pytest
import xarray as xr
from ccdas_obs_vod.map_files import read_biomass

from ccdas_framework import InvalidInput, convert_units
from ccdas_framework.cli import main

A, B = 0.9, 0.011
TRUTH = {1: 6.0, 4: 3.0}  # yr
LATITUDE, LONGITUDE = np.arange(-59.5, 60.0), np.arange(-179.5, 180.0)


@pytest.fixture
def ccdas(monkeypatch, capsys):
    """Call the command line in this process: (exit code, standard output, standard error)."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["ccdas", "vod", "calibrate", *map(str, arguments)])
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # main replaces it
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


@pytest.fixture
def refusal(tmp_path):
    """Code and place of the error that a command raises."""
    from ccdas_obs_vod.command_line import calibrate

    def call(**options):
        with pytest.raises(InvalidInput) as error:
            calibrate(**{"out": tmp_path / "no.toml", **options})
        assert not (tmp_path / "no.toml").exists()
        return error.value.code, error.value.where

    return call


def write_map(path, values, units, name="biomass", latitude=LATITUDE, longitude=LONGITUDE):
    variable = (("lat", "lon"), values, {"units": units})
    axes = {
        "lat": ("lat", latitude, {"units": "degrees_north"}),
        "lon": ("lon", longitude, {"units": "degrees_east"}),
    }
    xr.Dataset({name: variable}, coords=axes).to_netcdf(path)
    return path


@pytest.fixture
def biomass():
    """Dry matter above ground (Mg ha-1) on a grid of one degree, even within 5 by 5 degrees."""
    coarse = np.random.default_rng(1).uniform(0.0, 350.0, (24, 72))
    return np.repeat(np.repeat(coarse, 5, axis=0), 5, axis=1)


@pytest.fixture
def depth_file(tmp_path, biomass):
    """Made-up optical depth of that biomass on a grid of five degrees, from north to south."""
    depth = A * np.arctan(B * biomass[::5, ::5])
    return write_map(
        tmp_path / "depth.nc", depth[::-1], "1", "vod", np.arange(57.5, -60.0, -5.0),
        np.arange(-177.5, 180.0, 5.0),
    )  # fmt: skip


@pytest.fixture
def run_folder(tmp_path):
    """A made-up run of two years: cells of five degrees with classes 1, 4 and 9."""
    latitude, longitude = (
        a.ravel()
        for a in np.meshgrid(np.arange(-57.5, 60.0, 5.0), np.arange(-177.5, 180.0, 5.0),
                             indexing="ij")
    )  # fmt: skip
    random = np.random.default_rng(2)
    cells = len(latitude)
    share = random.dirichlet([1.0, 1.0, 0.3], cells) * 0.9
    npp = random.uniform(300.0, 1500.0, (cells, 3)) / 365.0
    time = np.arange("2010-01", "2012-01", dtype="datetime64[M]").astype("datetime64[ns]")
    season = np.ones((1, 24, 1, 1))
    data = xr.Dataset(
        {
            "npp_by_class": (
                ("run", "time", "cell", "class"), season * npp, {"units": "gC m-2 d-1"},
            ),
            "class_fraction": (("cell", "class"), share),
        },
        coords={
            "run": ["prior"], "time": time, "class": [1, 4, 9],
            "latitude": ("cell", latitude), "longitude": ("cell", longitude),
            "area": ("cell", 1e10 * np.cos(np.radians(latitude))),
            "latitude_half_width": ("cell", np.full(cells, 2.5)),
            "longitude_half_width": ("cell", np.full(cells, 2.5)),
        },
    )  # fmt: skip
    folder = tmp_path / "run"
    folder.mkdir()
    data.to_netcdf(folder / "fields.nc")
    carbon = 365.0 * (share * npp)[:, :2] @ list(TRUTH.values())  # gC m-2
    return folder, np.repeat(np.repeat(carbon.reshape(24, 72), 5, axis=0), 5, axis=1)


def test_a_and_b_of_a_made_map_are_recovered(ccdas, tmp_path, biomass, depth_file):
    source = write_map(tmp_path / "biomass.nc", biomass, "Mg ha-1")
    out = tmp_path / "ab.toml"
    code, said, _ = ccdas("--biomass", source, "--optical-depth", depth_file, "--out", out)
    assert code == 0 and "vod.a" in said
    table = tomllib.loads(out.read_text(encoding="utf-8"))["parameters"]
    assert table["vod.a"]["mean"] == pytest.approx(A, rel=1e-5)
    assert table["vod.b"]["mean"] == pytest.approx(B, rel=1e-5)


def test_json_has_the_file_and_the_parameters(ccdas, tmp_path, biomass, depth_file):
    source = write_map(tmp_path / "agb.nc", biomass, "Mg ha-1")
    out = tmp_path / "vod.toml"
    code, printed, _ = ccdas(
        "--biomass", source, "--optical-depth", depth_file, "--out", out, "--json"
    )
    assert code == 0
    parameters = tomllib.loads(out.read_text())["parameters"]
    assert json.loads(printed) == {"file": str(out), "parameters": parameters}
    assert parameters["vod.a"]["mean"] == pytest.approx(A, rel=1e-3)


def test_a_curve_that_the_maps_do_not_determine_is_not_in_the_table(ccdas, tmp_path):
    """Below 2 Mg ha-1 the curve is a line, and noise hides its bend: a b alone is known."""
    random = np.random.default_rng(7)
    coarse = random.uniform(0.0, 2.0, (24, 72))
    depth = A * np.arctan(B * coarse) + random.normal(0.0, 0.02, coarse.shape)
    axes = np.arange(-57.5, 60.0, 5.0), np.arange(-177.5, 180.0, 5.0)
    of_depth = write_map(tmp_path / "depth.nc", depth, "1", "vod", *axes)
    source = write_map(
        tmp_path / "biomass.nc", np.repeat(np.repeat(coarse, 5, axis=0), 5, axis=1), "Mg ha-1"
    )
    out = tmp_path / "ab.toml"
    code, _, _ = ccdas("--biomass", source, "--optical-depth", of_depth, "--out", out)
    text = out.read_text(encoding="utf-8")
    assert code == 0 and tomllib.loads(text)["parameters"] == {}
    assert "vod.a" in text and "vod.b" in text


def test_turnover_times_of_a_made_run_are_recovered(ccdas, tmp_path, run_folder):
    """The map has carbon with roots; 1.26 of it lies above ground."""
    folder, carbon = run_folder
    source = write_map(tmp_path / "biomass.nc", carbon * 1.26e-3, "kgC m-2")
    out = tmp_path / "tau.toml"
    code, _, _ = ccdas(
        "--biomass", source, "--part", "live", "--run", folder, "--classes", "1,4", "--out", out
    )
    assert code == 0
    table = tomllib.loads(out.read_text(encoding="utf-8"))["parameters"]
    assert {name: value["mean"] for name, value in table.items()} == pytest.approx(
        {f"vod.tau_eff[{label}]": tau for label, tau in TRUTH.items()}, rel=1e-2
    )  # three digits are written


def test_an_experiment_takes_the_table_as_it_is(ccdas, tmp_path, run_folder):
    from ccdas_framework import load_experiment

    folder, carbon = run_folder
    noise = np.exp(np.random.default_rng(3).normal(0.0, 0.3, (24, 72)))
    noisy = carbon * np.repeat(np.repeat(noise, 5, axis=0), 5, axis=1)
    source = write_map(tmp_path / "biomass.nc", noisy * 1e-3, "kgC m-2")
    out = tmp_path / "tau.toml"
    assert ccdas("--biomass", source, "--run", folder, "--classes", "1,4", "--out", out)[0] == 0
    experiment = load_experiment(
        "demo", ["vod"], engine="autograd",
        settings={
            "grid.cells": 3, "time.days": 40, "time.spin_up_years": 0, "compute.blocks": 1,
            "streams.vod.biomass_memory": "window_mean",
            **{
                f'parameters."{name}"': value
                for name, value in tomllib.loads(out.read_text(encoding="utf-8"))[
                    "parameters"
                ].items()
            },
        },
    )  # fmt: skip
    tau = next(e.parameter for e in experiment.control.active if e.name == "vod.tau_eff[1]")
    mean_factor = np.exp(0.5 * 0.3**2)  # of a factor whose logarithm has the sd 0.3
    assert tau.mean == pytest.approx(TRUTH[1] * mean_factor, rel=0.03)
    assert tau.sd / tau.mean == pytest.approx(np.expm1(0.3), rel=0.25)


@pytest.mark.parametrize(
    ("units", "per_carbon"),
    [("kgC m-2", 1e-3), ("gC m-2", 1.0), ("Mg ha-1", 0.01 / 0.47), ("kg m-2", 1e-3 / 0.47)],
)
def test_units_tell_carbon_from_dry_matter(tmp_path, units, per_carbon):
    """The same carbon of 5000 gC m-2 in each unit."""
    source = write_map(tmp_path / "b.nc", np.full((120, 360), 5000.0 * per_carbon), units)
    np.testing.assert_allclose(read_biomass(source, None, "above_ground").values, 5000.0)
    np.testing.assert_allclose(read_biomass(source, None, "live").values, 5000.0 / 1.26)


def test_cells_have_the_mean_of_the_map_over_their_area(tmp_path):
    """Two map cells of one degree at 60 degrees north, the cell half in each; one has no value."""
    values = np.full((120, 360), np.nan)
    values[100, 180:182] = [2.0, 4.0]
    found = read_biomass(write_map(tmp_path / "b.nc", values, "gC m-2"), None, "above_ground")
    latitude, longitude = np.array([LATITUDE[100]] * 2), LONGITUDE[[180, 181]] + 0.5
    mean, share = found.mean_over_cells(latitude, longitude, np.full((2, 2), 0.5))
    np.testing.assert_allclose(mean, [3.0, 4.0], rtol=1e-12)
    np.testing.assert_allclose(share, [1.0, 0.5], rtol=1e-12)


def test_wrong_files_and_options_are_refused_with_code_and_place(refusal, tmp_path, biomass):
    good = write_map(tmp_path / "good.nc", biomass, "Mg ha-1")
    absent = tmp_path / "absent.nc"
    wrong_unit = write_map(tmp_path / "unit.nc", biomass, "m s-1")
    negative = write_map(tmp_path / "negative.nc", -biomass, "Mg ha-1")
    small = write_map(
        tmp_path / "small.nc", np.ones((2, 3)), "1", "vod", [0.5, 1.5], [0.5, 1.5, 2.5]
    )
    empty = write_map(tmp_path / "empty.nc", np.full((120, 360), np.nan), "Mg ha-1")
    depth = write_map(tmp_path / "depth.nc", biomass, "Mg ha-1", "vod")
    text = tmp_path / "text.nc"
    text.write_text("no netCDF")
    cases = [
        ({"biomass": good}, ("nothing-to-fit", "--run")),
        ({"biomass": good, "run": tmp_path, "part": "roots"}, ("wrong-value", "--part")),
        ({"biomass": good, "run": tmp_path, "classes": "1,1"}, ("wrong-value", "--classes")),
        ({"biomass": absent, "run": tmp_path}, ("missing-file", f"biomass: {absent}")),
        ({"biomass": text, "run": tmp_path}, ("unreadable-file", f"biomass: {text}")),
        ({"biomass": good, "biomass_variable": "agb", "run": tmp_path},
         ("missing-variable", f"biomass: {good}")),
        ({"biomass": wrong_unit, "run": tmp_path},
         ("wrong-units", f"biomass: {wrong_unit}: biomass")),
        ({"biomass": negative, "run": tmp_path},
         ("out-of-range", f"biomass: {negative}: biomass")),
        ({"biomass": empty, "run": tmp_path}, ("no-values", f"biomass: {empty}: biomass")),
        ({"biomass": good, "optical_depth": depth},
         ("wrong-units", f"optical depth: {depth}: vod")),
        ({"biomass": good, "optical_depth": small},
         ("too-few-places", f"optical depth: {small}: vod")),
        ({"biomass": good, "run": tmp_path},
         ("missing-file", f"modelled NPP: {tmp_path / 'fields.nc'}")),
        ({"biomass": good, "run": tmp_path, "out": tmp_path}, ("is-a-folder", "--out")),
        ({"biomass": good, "run": tmp_path, "out": good}, ("file-exists", "--out")),
    ]  # fmt: skip
    for options, expected in cases:
        assert refusal(**options) == expected


def test_a_run_without_npp_of_whole_years_by_class_is_refused(refusal, tmp_path, run_folder):
    folder, carbon = run_folder
    good = write_map(tmp_path / "good.nc", carbon, "gC m-2")
    path = folder / "fields.nc"
    with xr.open_dataset(path) as file:
        data = file.load()
    cases = [
        (data.drop_vars("npp_by_class"), {}, ("missing-variable", f"{path}: npp_by_class")),
        (data.isel(time=slice(0, 13)), {}, ("not-whole-years", f"{path}: time")),
        (data, {"of": "posterior"}, ("unknown-run", f"{path}: run")),
        (data, {"classes": "1,5"}, ("absent-class", "--classes")),
    ]
    for contents, options, expected in cases:
        contents.to_netcdf(path)
        assert refusal(**{"biomass": good, "run": folder, "classes": "1,4", **options}) == expected


def test_a_class_of_few_cells_is_named_and_not_in_the_table(ccdas, tmp_path, run_folder):
    folder, carbon = run_folder
    path = folder / "fields.nc"
    with xr.open_dataset(path) as file:
        data = file.load()
    share = data["class_fraction"].values
    share[:, 0], share[:, 1] = share[:, :2].sum(axis=1), 0.0
    share[:3, 1], share[:3, 0] = share[:3, 0], 0.0
    data["class_fraction"].values = share
    data.to_netcdf(path)
    source = write_map(tmp_path / "biomass.nc", carbon, "gC m-2")
    out = tmp_path / "tau.toml"
    assert ccdas("--biomass", source, "--run", folder, "--classes", "1,4", "--out", out)[0] == 0
    text = out.read_text(encoding="utf-8")
    assert list(tomllib.loads(text)["parameters"]) == ["vod.tau_eff[1]"]
    assert "tau_eff[4]" in text


def test_the_unit_of_dry_matter_is_that_of_the_operator():
    assert convert_units(1.0, "g m-2", "Mg ha-1") == pytest.approx(0.01, rel=1e-14)
