"""A new package is whole, has the names asked for, and passes its own tests as it is written."""

import ast
import os
import subprocess
import sys
import tomllib

import pytest
from findings import codes, raises_finding

from ccdas_framework.cli.app import app
from ccdas_framework.registry.version import INTERFACE_VERSION, admits, required_range
from ccdas_framework.scaffold import KINDS, name_findings, new_package, package_names
from ccdas_framework.scaffold.words import usable_name

OPERATOR = KINDS["observation-operator"]
FILES = {".github/workflows/tests.yml", "LICENSE", "README.md", "pyproject.toml"}


def environment(*paths):
    return {**os.environ, "PYTHONPATH": os.pathsep.join(str(path) for path in paths)}


def files_of(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# -- names ----------------------------------------------------------------------------------------


def test_names_of_a_package_follow_from_that_of_its_component():
    assert package_names(OPERATOR, "snow_depth") == {
        "name": "snow_depth", "entry": "obs_snow_depth", "distribution": "ccdas-obs-snow-depth",
        "module": "ccdas_obs_snow_depth", "class": "SnowDepth",
    }  # fmt: skip


def test_a_prefix_is_not_put_before_a_name_that_has_it():
    names = package_names(OPERATOR, "obs_snow")
    assert (names["name"], names["entry"]) == ("obs_snow", "obs_snow")
    assert names["distribution"] == "ccdas-obs-snow"


@pytest.mark.parametrize(
    ("name", "near"),
    [("Snow-Depth", "snow_depth"), ("SnowDepth", "snow_depth"), ("snow depth", "snow_depth"),
     ("snow__depth", "snow_depth"), ("_snow", "snow"), ("../snow", "snow")],
)  # fmt: skip
def test_a_name_that_python_cannot_use_is_refused_with_one_that_it_can(name, near):
    assert codes(name_findings(OPERATOR, name, {})) == [("wrong-name", name)]
    assert usable_name(name) == near


@pytest.mark.parametrize("name", ["2m", "", "é", "class", "x" * 41])
def test_a_name_that_cannot_be_mended_is_refused(name):
    assert codes(name_findings(OPERATOR, name, {})) == [("wrong-name", name)]


def test_a_name_that_is_taken_is_refused_with_the_package_that_has_it():
    (finding,) = name_findings(OPERATOR, "vod", {"vod": "ccdas-obs-vod"})
    assert (finding.code, finding.where) == ("taken-name", "vod")
    assert "ccdas-obs-vod" in finding.message


# -- the command ----------------------------------------------------------------------------------


def test_the_command_says_what_it_wrote_and_what_to_do_next(ccdas, tmp_path):
    code, said, _ = ccdas("new", "observation-operator", "snow_depth", "--out", str(tmp_path))
    assert code == 0
    folder = tmp_path / "obs_snow_depth"
    own = {"ccdas_obs_snow_depth/__init__.py", "ccdas_obs_snow_depth/snow_depth.py"}
    assert files_of(folder) == FILES | own | {"tests/test_snow_depth.py"}
    assert "ccdas check snow_depth" in said
    assert "ccdas run demo --obs co2,sm,vod,snow_depth --set grid.cells=12" in said
    assert [path.name for path in tmp_path.iterdir()] == ["obs_snow_depth"]


@pytest.mark.parametrize(
    ("arguments", "finding"),
    [
        (("observation-operatr", "snow"), ("unknown-kind", "KIND")),
        (("observation-operator", "Snow"), ("wrong-name", "Snow")),
        (("observation-operator", "vod"), ("taken-name", "vod")),
        (("process-model", "bethy"), ("taken-name", "bethy")),
        (("prior", "gaussian"), ("taken-name", "gaussian")),
    ],
)
def test_a_call_that_cannot_be_answered_ends_in_a_sentence_and_writes_nothing(
    ccdas, tmp_path, arguments, finding
):
    code, _, _ = ccdas("new", *arguments, "--out", str(tmp_path / "out"))
    assert code == 2 and ccdas.findings == [finding]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_exists_is_left_as_it_is(ccdas, tmp_path):
    (tmp_path / "obs_snow").mkdir()
    (tmp_path / "obs_snow" / "thesis.txt").write_text("three years of work")
    code, _, _ = ccdas("new", "observation-operator", "snow", "--out", str(tmp_path))
    assert code == 2 and ccdas.findings == [("existing-folder", str(tmp_path / "obs_snow"))]
    assert files_of(tmp_path) == {"obs_snow/thesis.txt"}


def test_a_package_that_can_be_imported_already_is_not_written_again(tmp_path, monkeypatch):
    (tmp_path / "ccdas_obs_snow.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    with raises_finding("taken-name", "snow"):
        new_package(OPERATOR, "snow", tmp_path / "out", {})


def test_an_out_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with raises_finding("no-folder", "--out"):
        new_package(OPERATOR, "snow", tmp_path / "file", {})
    with raises_finding("not-writable", "--out"):
        new_package(OPERATOR, "snow", tmp_path / "file" / "below", {})


def test_the_command_is_registered():
    assert any(command.name == "new" or command.callback.__name__ == "new"
               for command in app.registered_commands)  # fmt: skip


# -- the templates --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """One new package of each kind, none named as the sample of its template."""
    out = tmp_path_factory.mktemp("new")
    return {word: new_package(kind, f"my_{kind.prefix}", out, {}) for word, kind in KINDS.items()}


@pytest.mark.parametrize("word", KINDS)
def test_no_name_of_the_sample_is_left(packages, word):
    kind, folder = KINDS[word], packages[word]
    names = package_names(kind, kind.sample)
    for path in folder.rglob("*"):
        text = str(path.relative_to(folder)) + (path.read_text() if path.is_file() else "")
        assert not [n for n in names.values() if n in text], path


@pytest.mark.parametrize("word", KINDS)
def test_the_project_says_which_interface_it_is_made_for(packages, word):
    project = tomllib.loads((packages[word] / "pyproject.toml").read_text())["project"]
    names = package_names(KINDS[word], f"my_{KINDS[word].prefix}")
    wanted = required_range(project["dependencies"])
    assert admits(wanted) and wanted.startswith(f">={INTERFACE_VERSION},<")
    assert project["name"] == names["distribution"]
    assert project["entry-points"]["ccdas_framework"] == {names["entry"]: names["module"]}


@pytest.mark.parametrize("word", KINDS)
def test_a_template_imports_public_names_only(packages, word):
    import ccdas_framework

    for path in packages[word].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("ccdas_framework"):
                assert node.module in ("ccdas_framework", "ccdas_framework.testing"), path
                if node.module == "ccdas_framework":
                    assert {a.name for a in node.names} <= set(ccdas_framework.__all__), path


@pytest.mark.parametrize("word", KINDS)
def test_the_code_has_an_equation_with_its_source(packages, word):
    kind = KINDS[word]
    names = package_names(kind, f"my_{kind.prefix}")
    text = (packages[word] / names["module"] / f"{names['name']}.py").read_text()
    assert text.count("    Source: ") >= 1
    assert "checks_for(" in (packages[word] / "tests" / f"test_{names['name']}.py").read_text()


def test_the_tests_of_new_packages_pass_as_written(packages):
    folders = [folder for word, folder in packages.items() if word != "observation-operator"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--import-mode=importlib", "-p", "no:cacheprovider",
         *map(str, folders)],
        cwd=folders[0].parent, env=environment(*folders), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


# -- the whole way of an operator -----------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(packages, tmp_path_factory):
    """The new operator as pip installs it, in a folder of its own; and the package it is from."""
    place = tmp_path_factory.mktemp("installed")
    call = [
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
        "--no-index", "--disable-pip-version-check", "--target", str(place),
        str(packages["observation-operator"]),
    ]  # fmt: skip
    done = subprocess.run(call, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return place


def ran(place, *call, cwd=None):
    """Exit code and what a command said with the installed package in sight."""
    done = subprocess.run(
        [sys.executable, "-m", *call], cwd=cwd, env=environment(place), capture_output=True,
        text=True,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_new_operator_that_is_installed_passes_its_tests(packages, installed):
    code, said = ran(
        installed, "pytest", "-p", "no:cacheprovider", cwd=packages["observation-operator"]
    )
    assert code == 0 and "passed" in said, said


def test_a_new_operator_that_is_installed_is_listed(installed, tmp_path):
    code, said = ran(installed, "ccdas_framework.cli", "plugins", cwd=tmp_path)
    assert code == 0
    (row,) = [line for line in said.splitlines() if line.startswith("obs_my_obs ")]
    assert row.split() == [
        "obs_my_obs",
        "ccdas-obs-my-obs",
        "0.1.0",
        *["observation", "operator", "my_obs"],
    ]


CUT = ("--set", "grid.cells=3", "--set", "time.days=60")


def test_a_new_operator_works_in_the_demonstration_beside_one_that_ships(installed, tmp_path):
    code, said = ran(
        installed, "ccdas_framework.cli", "forward", "demo", "--obs", "vod,my_obs", *CUT,
        "--engine", "autograd", "--out", "run", cwd=tmp_path,
    )  # fmt: skip
    assert code == 0, said
    assert "my_obs: root-mean-square misfit" in said


@pytest.mark.science
def test_a_new_operator_is_assimilated_with_the_streams_that_ship(installed, tmp_path):
    code, said = ran(
        installed, "ccdas_framework.cli", "run", "demo", "--obs", "co2,sm,vod,my_obs", *CUT,
        "--set", "optimiser.iterations=2", "--out", "run", cwd=tmp_path,
    )  # fmt: skip
    assert code == 0, said
    assert "synthetic observations" in said
    import xarray as xr

    with xr.open_dataset(tmp_path / "run" / "simulated.nc", group="my_obs") as file:
        assert file.sizes["obs"] == 6  # January and February in three cells
    with xr.open_dataset(tmp_path / "run" / "result.nc") as file:
        cost = file["cost_term"].sel(term="my_obs").values
        assert cost[-1] < cost[0]
