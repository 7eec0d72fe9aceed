"""Experiments of installed packages by name, and the packages that ship them."""

import os
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from ccdas_obs_sm.soil_moisture import SoilMoisture
from ccdas_transport import shipped_stations

from ccdas_framework import installed, load_experiment
from ccdas_framework.core.errors import Findings, UnknownComponent
from ccdas_framework.core.variables import Variable
from ccdas_framework.experiment import shipped_experiments
from ccdas_framework.experiment.experiment_file import experiment_file
from ccdas_framework.experiment.recipe_inputs import begin
from ccdas_framework.io.observation_files import read_observations
from ccdas_framework.registry.loading import load_registry

ROOT = Path(__file__).parents[3]
EXAMPLES = ("coarse_global", "conus_smap", "ten_sites", "towers_149", "twin_ten_sites")


def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def data():
    folder = Path(os.environ.get("CCDAS_DATA") or "no folder")
    if not (folder / "land").is_dir():
        pytest.skip(f"no data folder {folder}; set CCDAS_DATA to test recipes of real data")
    return folder


@pytest.fixture
def framework_alone(monkeypatch):
    monkeypatch.setattr(installed, "_REGISTRY", [load_registry(entries=[])])


def test_an_example_is_the_one_file_of_its_name():
    assert set(shipped_experiments()) == {"demo", *EXAMPLES}
    for name in EXAMPLES:
        assert experiment_file(name).samefile(ROOT / "examples" / f"{name}.toml")


def test_a_file_without_a_suffix_does_not_hide_an_installed_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").write_text("")
    assert experiment_file("demo").name == "demo.toml"


def test_a_name_and_the_path_of_its_file_are_the_same_experiment():
    by_name = load_experiment("twin_ten_sites", settings={"time.days": 31})
    path = ROOT / "examples" / "twin_ten_sites.toml"
    by_path = load_experiment(path, settings={"time.days": 31})
    assert by_name.config == by_path.config
    names = [[path.name for path in loaded.inputs] for loaded in (by_name, by_path)]
    assert names[0] == names[1]


@pytest.mark.parametrize("command", ["run", "forward", "twin", "added-value"])
def test_a_name_and_a_path_write_to_the_same_folder(command, ccdas, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").write_text("")  # no folder of results can be made, so nothing runs
    given = ("twin_ten_sites", ROOT / "examples" / "twin_ten_sites.toml")
    errors = [ccdas(command, experiment, "--obs", "nothing") for experiment in given]
    assert errors[0] == errors[1]


def test_a_misspelt_name_gets_a_suggestion():
    with pytest.raises(UnknownComponent, match="Did you mean 'ten_sites'") as caught:
        experiment_file("ten_site")
    assert (caught.value.code, caught.value.where) == ("unknown-experiment", "ten_site")


def test_the_framework_alone_says_that_it_has_no_experiments(framework_alone, ccdas):
    assert shipped_experiments() == {}
    with pytest.raises(UnknownComponent, match="ccdas-recipes") as caught:
        load_experiment()
    assert (caught.value.code, caught.value.where) == ("unknown-experiment", "demo")
    code, _, _ = ccdas("run")
    assert code == 2


def test_the_package_ccdas_depends_on_every_plugin_of_the_repository():
    folders = [p for p in (ROOT / "plugins").iterdir() if (p / "pyproject.toml").is_file()]
    whole = project(ROOT / "plugins" / "ccdas")
    names = [requirement.split(">")[0] for requirement in whole["dependencies"]]
    plugins = {project(folder)["name"] for folder in folders if folder.name != "ccdas"}
    optional = {
        "pmodel": ["ccdas-models-pmodel"],  # needs a newer numpy than the others
    }
    further = {
        extra: [r.split(">")[0] for r in requirements]
        for extra, requirements in whole["optional-dependencies"].items()
    }
    assert further == optional
    apart = {name for extra in optional.values() for name in extra}
    expected = {"ccdas-framework[jax,report,fetch]", *plugins} - apart
    assert sorted(names) == sorted(expected)
    versions = {project(folder)["version"] for folder in (ROOT, *folders)}
    assert versions == {whole["version"]}
    ranges = {requirement.partition(">")[2] for requirement in whole["dependencies"]}
    assert ranges == {"=0.1,<0.2"}


def test_make_installs_every_package_of_the_repository():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = text.split("PLUGINS := ")[1].split("\n#")[0].replace("\\\n", " ").split()
    assert sorted(listed) == sorted(
        str(p.parent.relative_to(ROOT)) for p in (ROOT / "plugins").glob("*/pyproject.toml")
    )


def test_the_wheel_of_the_recipes_holds_the_experiments(tmp_path, monkeypatch):
    pytest.importorskip("hatch_fancy_pypi_readme", reason="it is not installed")
    build = pytest.importorskip("hatchling.build", reason="hatchling is not installed")
    monkeypatch.chdir(ROOT / "plugins" / "recipes_ccdas")
    wheel = tmp_path / build.build_wheel(str(tmp_path))
    with zipfile.ZipFile(wheel) as archive:
        for name in EXAMPLES:
            packaged = archive.read(f"ccdas_recipes/experiments/{name}.toml")
            assert packaged == (ROOT / "examples" / f"{name}.toml").read_bytes()
        names = archive.namelist()
    for name in ("experiments/demo.toml", "demo_climate.nc", "NOTICE"):
        assert f"ccdas_recipes/{name}" in names


def observations(folder, name, units):
    findings = Findings()
    read = read_observations(folder / f"{name}.nc", Variable(name, units, ("obs",)), findings)
    assert not findings
    return read


def test_every_station_of_coarse_global_is_in_the_jacobian_that_ships(data, tmp_path):
    folder = begin("coarse_global", tmp_path, data, {})
    for stream in ("co2", "sm"):
        folder.write(stream)
    jacobian = shipped_stations()
    for name in ("co2", "evaluation_co2"):
        stations = observations(tmp_path, name, "ppm")
        for label in set(stations.label):
            row, position = jacobian.id.index(label), int(np.argmax(stations.label == label))
            latitude, longitude = stations.latitude[position], stations.longitude[position]
            assert abs(jacobian.latitude[row] - latitude) < 0.5, label  # degrees
            turn = (jacobian.longitude[row] - longitude + 180.0) % 360.0 - 180.0
            assert abs(turn) < 0.5, label
    sm = observations(tmp_path, "sm", "m3 m-3")
    error = SoilMoisture(product="in_situ").error(sm.sd, np.zeros(len(sm), dtype=bool))
    np.testing.assert_allclose(error, np.hypot(0.05, 0.02), rtol=1e-12)
