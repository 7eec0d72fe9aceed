"""Each recipe writes files that the framework reads; its errors have codes and places."""

import inspect
import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from ccdas_recipes import maps, recipes
from ccdas_recipes.background_stations import WITHHELD
from ccdas_recipes.catalogue import EXPERIMENTS, experiment_files
from ccdas_recipes.cell_grid import TM2
from ccdas_recipes.inversions import INVERSIONS
from ccdas_recipes.netcdf_files import LONG_NAMES
from ccdas_recipes.prescribed_fluxes import KG_PER_PG
from ccdas_recipes.ten_sites import SITES, mean_saturation_pressure

from ccdas_framework import DataKind, Variable, did_you_mean
from ccdas_framework.core.errors import Findings, InvalidExperiment, InvalidInput
from ccdas_framework.experiment.recipe_inputs import begin, settings_of
from ccdas_framework.io.forcing import read_forcing
from ccdas_framework.io.observation_files import read_observations

NEEDED = [
    Variable(name, units=units, dims=dims)
    for name, units, dims in (
        ("tasmin", "degC", ("time", "cell")),
        ("tasmax", "degC", ("time", "cell")),
        ("pr", "mm d-1", ("time", "cell")),
        ("rsds", "W m-2", ("time", "cell")),
        ("elevation", "m", ("cell",)),
        ("theta_sat", "m3 m-3", ("cell",)),
        ("saturated_conductivity", "mm d-1", ("cell",)),
    )
]
STREAMS = {
    "co2": "ppm", "sm": "m3 m-3", "vod": "1",
    "evaluation_gpp": "gC m-2 d-1", "evaluation_nep": "gC m-2 d-1", "evaluation_co2": "ppm",
    "evaluation_sm": "m3 m-3",
}  # fmt: skip


def finding(caught):
    """Code and place of an error."""
    return caught.value.code, caught.value.where


def prepared(tmp_path_factory, recipe, data):
    out = tmp_path_factory.mktemp(recipe)
    begin(recipe, out, data, {}).write_all()
    return out


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return prepared(tmp_path_factory, "demo", None)


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    return prepared(tmp_path_factory, "twin_ten_sites", None)


@pytest.fixture(scope="module")
def coarse(tmp_path_factory, data):
    return prepared(tmp_path_factory, "coarse_global", data)


@pytest.fixture(scope="module")
def towers(tmp_path_factory, data):
    return prepared(tmp_path_factory, "ten_sites", data)


def observations(folder, name):
    findings = Findings()
    stream = read_observations(
        folder / f"{name}.nc", Variable(name, units=STREAMS[name], dims=("obs",)), findings
    )
    assert not findings
    return stream


@pytest.mark.parametrize(
    ("recipe", "cells", "days"),
    [("demo", 262, 730), ("twin", 10, 2191), ("coarse", 259, 730), ("towers", 10, 1096)],
)
def test_what_a_recipe_writes_can_be_read(recipe, cells, days, request):
    folder = request.getfixturevalue(recipe)
    findings = Findings()
    forcing = read_forcing(folder / "forcing.nc", NEEDED, findings=findings)
    assert not findings
    cells_of = forcing.domain.grid
    assert cells_of.cells == cells
    assert forcing.domain.days - forcing.domain.lead == days
    assert np.all(np.bincount(cells_of.column_cell, cells_of.column_fraction) <= 1.0 + 1e-6)
    assert cells_of.columns_by_cell()[0].shape[1] <= 3
    assert np.all(forcing.fields["tasmin"] <= forcing.fields["tasmax"])
    for path in folder.glob("*.nc"):
        with xr.open_dataset(path) as file:
            for name in ("title", "source", "credits", "synthetic", "history"):
                assert file.attrs.get(name), f"{path.name} lacks the attribute {name}"
            assert file.attrs["synthetic"].startswith(("yes", "no"))
            if path.stem in ("forcing", *STREAMS):
                assert DataKind.of(file.attrs) is not None, path.name
    for name in STREAMS:
        if (folder / f"{name}.nc").exists():
            stream = observations(folder, name)
            inside = cells_of.locate(stream.latitude[:500], stream.longitude[:500]) >= 0
            # stations of CO2 are anywhere, and a few towers of coasts are in no vegetated cell
            of_towers = recipe == "coarse" and name.startswith("evaluation")
            assert name.endswith("co2") or inside.all() or (of_towers and inside.mean() > 0.9)


def test_demo_has_three_streams_without_values(demo):
    co2, sm, vod = (observations(demo, name) for name in ("co2", "sm", "vod"))
    assert len(co2) == 240
    assert len(sm) == pytest.approx(262 * 730 / 3, rel=0.01)
    assert len(vod) == 262 * 24
    assert all(np.isnan(stream.values).all() for stream in (co2, sm, vod))
    assert np.isfinite(co2.sd).all()


def test_the_same_settings_give_the_same_files(twin, tmp_path):
    begin("twin_ten_sites", tmp_path, None, {}).write_all()
    with (
        xr.open_dataset(twin / "forcing.nc") as first,
        xr.open_dataset(tmp_path / "forcing.nc") as second,
    ):
        assert first.identical(second)


def test_prescribed_fluxes_cover_four_years_before_the_window(coarse):
    with xr.open_dataset(coarse / "co2_background.nc") as file:
        assert file.sizes["time"] == 48 + 24
        assert str(file["time"].values[0])[:10] == "2006-01-01"
        assert file["fossil"].attrs["units"] == "kgC m-2 s-1"


def yearly_totals(folder, year):
    """Fossil and ocean of a calendar year (PgC), the days of its months counted."""
    with xr.open_dataset(folder / "co2_background.nc") as file:
        total = (file[["fossil", "ocean"]] * TM2.cell_area()).sum(("latitude", "longitude"))
        seconds = total.time.dt.days_in_month * 86400.0
        of_year = (total * seconds).sel(time=str(year)).sum() / KG_PER_PG
        return float(of_year["fossil"]), float(of_year["ocean"])


@pytest.mark.parametrize(
    ("year", "fossil", "ocean"),  # PgC; Global Carbon Budget 2020, and CTE2018 by latitude
    [(2010, 9.043, -2.515), (2006, 8.290, -3.272)],
)
def test_prescribed_fluxes_add_up_to_the_published_totals(coarse, year, fossil, ocean):
    burnt, exchanged = yearly_totals(coarse, year)
    assert burnt == pytest.approx(fossil, abs=1e-6)
    assert exchanged == pytest.approx(ocean, abs=5e-3)  # months are of unequal length


def test_fossil_and_ocean_of_one_inversion_can_be_prescribed_together(data, tmp_path):
    chosen = {"start": "2010-12", "end": "2010-12", "ocean": "CAMSv20r1", "fossil": "CAMSv20r1"}
    begin("coarse_global", tmp_path, data, chosen)
    burnt, exchanged = yearly_totals(tmp_path, 2010)
    with xr.open_dataset(data / "co2" / "zonal_flux_CAMSv20r1.nc") as file:
        by_row = file.sel(time="2010") * float(np.abs(np.diff(file["lat"])).mean())
        of_month = by_row.sum("lat") * by_row.time.dt.days_in_month / 365.25
        published = of_month.sum("time")
    assert burnt == pytest.approx(float(published["SFCO2_FFF"]), rel=1e-6)
    assert exchanged == pytest.approx(float(published["SFCO2_OCN"]), rel=1e-6)


def test_the_cells_of_coarse_global_hold_98_per_cent_of_the_vegetation(coarse, data):
    vegetated = maps.plant_types(data, maps.land_cover(data)).sum()
    with xr.open_dataset(coarse / "forcing.nc") as file:
        held = file["column_fraction"].values * file["area"].values[file["column_cell"].values]
        assert held.sum() > 0.98 * vegetated
        assert 600 < file.sizes["column"] < 650


def test_coarse_global_has_more_than_forty_stations_and_withholds_others(coarse):
    co2, withheld = observations(coarse, "co2"), observations(coarse, "evaluation_co2")
    assert len(set(co2.label)) == 44
    assert {"ALT", "DRP", "POC805S", "POC800N", "POC805N", "SPO"} <= set(co2.label)
    assert set(withheld.label) == set(WITHHELD)
    assert not set(withheld.label) & set(co2.label)
    for stream in (co2, withheld):
        assert np.isfinite(stream.values).all()
        assert 370.0 < stream.values.min() < stream.values.max() < 410.0
        assert 0.5 <= stream.sd.min() < 0.6 and stream.sd.max() < 5.0  # ppm
    with xr.open_dataset(coarse / "co2.nc") as file:
        parts = file.attrs["comment"].split("; ")
    reasons = dict(part.split(": ", 1) for part in parts if ": " in part)
    assert "CBA" in reasons["kept aside for evaluation"]
    assert "pal667n1" in reasons["continental"]
    assert "ter669n0" in reasons["shore"]


def test_coarse_global_keeps_the_land_flux_of_five_inversions(coarse):
    with xr.open_dataset(coarse / "evaluation_land_flux.nc") as file:
        assert list(file["reference"].values) == list(INVERSIONS)
        globe = file["amount"].sum("latitude").mean("time")
        # PgC yr-1 in 2010 and 2011, sums over latitude of the published files
        expected = [-2.097, -1.750, -2.378, -3.455, -3.679]
        np.testing.assert_allclose(globe, expected, atol=1e-3)


def test_coarse_global_keeps_withheld_months_of_towers_alone(coarse, data):
    with xr.open_dataset(Path(data) / "land" / "site_monthly_fluxval.nc") as file:
        source = file.sel(time=slice("2010-01", "2011-12")).load()
    for name, recorded, sign in (("gpp", "gpp", 1.0), ("nep", "nee", -1.0)):
        expected = source[recorded].where(source["obs_split"] == 2)
        with xr.open_dataset(coarse / f"evaluation_{name}.nc") as file:
            written = file.load()
        assert written.sizes["obs"] == int(expected.notnull().sum()) > 0
        total = sign * float(expected.sum())
        assert float(written["observed"].sum()) == pytest.approx(total, rel=1e-6)
        classes = dict(zip(written["label"].values, written["place_class"].values, strict=True))
        assert classes["US-Ha1"] == "DBF" and classes["FI-Hyy"] == "ENF"


def test_coarse_global_has_seven_towers_of_soil_moisture(coarse):
    sm = observations(coarse, "sm")
    assert len(set(sm.label)) == 7
    assert len(sm) == 144
    np.testing.assert_array_equal(sm.sd, 0.05)


def test_optical_depth_is_highest_in_the_rain_forest(coarse):
    vod = observations(coarse, "vod")
    amazon = (np.abs(vod.latitude + 3.75) < 0.1) & (np.abs(vod.longitude + 65.0) < 0.1)
    assert vod.values[amazon].mean() > 1.2
    assert vod.values[np.abs(vod.latitude) > 65.0].mean() < 0.4
    assert np.isfinite(vod.values).all()


def test_ten_sites_have_fluxes_for_evaluation_and_water_at_six(towers):
    gpp, nep, sm = (observations(towers, n) for n in ("evaluation_gpp", "evaluation_nep", "sm"))
    assert len(set(gpp.label)) == 9
    assert len(set(sm.label)) == 6
    assert np.isfinite(gpp.values).all() and np.isfinite(nep.values).all()
    assert np.isfinite(gpp.sd).all() and np.isfinite(nep.sd).all()
    probes = observations(towers, "evaluation_sm")
    assert np.array_equal(probes.values, sm.values) and np.array_equal(probes.label, sm.label)


def test_the_cells_of_towers_have_their_names(towers):
    with xr.open_dataset(towers / "forcing.nc") as file:
        assert file["label"].values.tolist() == list(SITES)


@pytest.mark.parametrize("recipe", ["towers", "coarse"])
def test_soil_moisture_of_towers_has_the_depth_of_its_probes(recipe, request):
    path, findings = request.getfixturevalue(recipe) / "sm.nc", Findings()
    with xr.open_dataset(path) as file:
        assert file["depth"].attrs["standard_name"] == "depth"
        assert "not stated" in file.attrs["comment"]
        assert np.allclose(file["depth"], 0.075)
    depth = Variable("depth", "cm", ("obs",), (0.0, 100.0))
    sm = read_observations(path, Variable("sm", "m3 m-3", ("obs",)), findings, columns=[depth])
    assert not findings
    np.testing.assert_allclose(sm.numbers("depth"), 7.5)


def test_forest_towers_take_up_carbon_in_summer(towers):
    nep = observations(towers, "evaluation_nep")
    month = nep.start.astype("datetime64[M]").astype(int) % 12 + 1
    for name in ("BE-Vie", "DE-Tha", "FI-Hyy"):
        summer = (nep.label == name) & (month >= 6) & (month <= 8)
        assert nep.values[summer].mean() > 0.5, name  # gC m-2 d-1
    with xr.open_dataset(towers / "evaluation_nep.nc") as file:
        assert file["observed"].attrs["long_name"] == LONG_NAMES["nep"]


def test_air_at_the_towers_is_not_supersaturated(towers):
    with xr.open_dataset(towers / "forcing.nc") as file:
        for cell in range(file.sizes["cell"]):
            one = file.isel(cell=cell)
            most = mean_saturation_pressure(one["tasmin"].values, one["tasmax"].values)
            assert np.all(one["vp"].values <= np.maximum(most, 20.0) * 1.001)


def test_an_unknown_recipe_or_setting_is_refused_with_a_suggestion(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        begin("dmeo", tmp_path, None, {}).write_all()
    assert did_you_mean("dmeo", recipes()) in str(caught.value)
    assert finding(caught) == ("unknown-recipe", "inputs.recipe")
    with pytest.raises(InvalidExperiment) as caught:
        begin("demo", tmp_path, None, {"sed": 2}).write_all()
    (unknown,) = caught.value.findings
    assert did_you_mean("sed", settings_of(recipes()["demo"])) in unknown.message
    assert (unknown.code, unknown.where) == ("unknown-key", "inputs.settings.sed")


def test_a_missing_data_folder_or_file_is_an_error(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        begin("coarse_global", tmp_path / "out", tmp_path / "nothing", {}).write_all()
    assert finding(caught) == ("missing-data-folder", "land/grid_2deg_igbp_soil.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput) as caught:
        begin("ten_sites", tmp_path / "out", tmp_path / "empty", {}).write_all()
    assert finding(caught) == ("missing-file", "land/global_land_1deg.nc")


@pytest.mark.parametrize(
    ("settings", "code", "where"),
    [
        ({"start": "2010-13"}, "wrong-value", "inputs.settings.start"),
        ({"start": "2012-01", "end": "2011-12"}, "empty-period", "inputs.settings.end"),
    ],
)
def test_an_invalid_period_is_refused(settings, code, where, tmp_path):
    with pytest.raises(InvalidInput) as caught:
        begin("demo", tmp_path, None, settings).write_all()
    assert finding(caught) == (code, where)


def test_years_outside_the_records_are_refused(data, tmp_path):
    with pytest.raises(InvalidInput) as caught:
        begin("ten_sites", tmp_path, data, {"start": "2000-01"}).write_all()
    assert finding(caught) == ("missing-days", "AU-How")
    with pytest.raises(InvalidInput) as caught:
        begin("coarse_global", tmp_path, data, {"start": "2030-01", "end": "2030-12"}).write_all()
    assert finding(caught) == ("outside-published-period", "co2/noaa_global_monthly.csv")


@pytest.mark.parametrize(
    ("recipe", "name", "kind"),
    [
        ("demo", "forcing", "synthetic"),
        ("demo", "vod", "synthetic"),
        ("twin", "forcing", "synthetic"),
        ("twin", "sm", "synthetic"),
        ("coarse", "forcing", "synthetic"),
        ("coarse", "co2", "measured"),
        ("coarse", "evaluation_co2", "measured"),
        ("coarse", "sm", "substitute"),
        ("coarse", "vod", "substitute"),
        ("towers", "forcing", "measured"),
        ("towers", "evaluation_gpp", "measured"),
        ("towers", "sm", "substitute"),
        ("towers", "vod", "substitute"),
    ],
)
def test_each_file_declares_the_kind_of_its_values(recipe, name, kind, request):
    with xr.open_dataset(request.getfixturevalue(recipe) / f"{name}.nc") as file:
        assert file.attrs["data_kind"] == kind
        assert bool(file.attrs.get("substitute_for")) == (kind == "substitute")


def test_each_recipe_has_a_line_of_description():
    assert set(recipes()) == set(EXPERIMENTS)
    lines = [inspect.unwrap(recipe).__doc__.splitlines()[0] for recipe in recipes().values()]
    assert len(set(lines)) == 6 and all(line.endswith(".") for line in lines)


def test_the_settings_of_a_recipe_are_those_of_its_function():
    assert settings_of(recipes()["demo"]) == ["seed", "start", "end", "soil_moisture_every_days"]


def test_each_recipe_has_an_experiment():
    files = experiment_files()
    assert set(files) == set(EXPERIMENTS)
    for name, path in files.items():
        assert tomllib.loads(path.read_text(encoding="utf-8"))["inputs"]["recipe"] == name
