"""`ccdas plot`: files of figures, the list of plots, and options that it refuses."""

import json

import pytest
from findings import codes
from typer.testing import CliRunner

from ccdas_framework import plots
from ccdas_framework.cli.main import app
from ccdas_framework.core.errors import CcdasError
from ccdas_framework.report.information_content import MOST_PARAMETERS

from ..report.runs import global_run

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
BEGINNING = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return global_run(tmp_path_factory.mktemp("plot") / "world")


def ccdas(*arguments):
    return CliRunner().invoke(app, ["plot", *map(str, arguments)])


@pytest.mark.parametrize("suffix", BEGINNING)
def test_a_figure_is_written_in_the_format_of_its_suffix(world, tmp_path, suffix):
    out = tmp_path / f"npp.{suffix}"
    ran = ccdas(world, "map", "--set", "field=npp", "--out", out)
    assert ran.exit_code == 0, ran.exception
    assert out.read_bytes().startswith(BEGINNING[suffix])
    assert ran.stdout.strip() == str(out)


def test_without_a_name_all_plots_are_listed_with_their_options(world):
    ran = ccdas(world)
    assert ran.exit_code == 0
    for name in plots.__all__:
        assert f"\n{name} " in ran.stdout
    listed = json.loads(ccdas(world, "--json").stdout)["plots"]
    options = {plot["name"]: plot["options"] for plot in listed}
    assert options["map"] == "field=, month=, regions="
    assert options["correlations"] == f"most={MOST_PARAMETERS}"


@pytest.mark.parametrize(
    ("arguments", "code", "where"),
    [
        (("mapp",), "unknown-plot", "plot 'mapp'"),
        (("map", "--set", "feild=npp"), "wrong-option", "--set feild"),
        (("map", "--set", "field=x"), "unknown-name", "field"),
        (("map", "--set", "field=3"), "wrong-option", "--set field"),
        (("misfits", "--set", "rms=3"), "wrong-option", "--set rms"),
        (("cost", "--out", "cost.doc"), "wrong-option", "--out"),
        (("cost", "--out", "no/such/cost.png"), "missing-folder", "--out"),
    ],
)
def test_a_mistake_is_refused_by_code_and_place(world, arguments, code, where):
    error = ccdas(world, *arguments).exception
    assert isinstance(error, CcdasError)
    assert codes(error) == [(code, where)]


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    error = ccdas(tmp_path, "cost").exception
    assert codes(error) == [("not-a-run", str(tmp_path))]
