"""The command line: what it says, and with which exit code."""

import io
import sys
import tomllib
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from cuts import FEW, SHORT, only
from unit.cli import wordings

from ccdas_framework import builtin_plugins, installed
from ccdas_framework.cli import main
from ccdas_framework.cli.app import app
from ccdas_framework.cli.plugin_commands import add_commands
from ccdas_framework.core.errors import CcdasWarning
from ccdas_framework.core.result import Iteration
from ccdas_framework.experiment import shipped_experiments
from ccdas_framework.registry.loading import load_registry
from ccdas_framework.terminal.progress import Console


def options(streams, **further):
    """`--set` of a small cut, as typed."""
    settings = {**SHORT, **only(FEW, streams), "optimiser.iterations": 1, **further}
    if "vod" not in streams:
        settings = {k: v for k, v in settings.items() if not k.startswith("streams.vod")}
    written = {True: "true", False: "false"}
    pairs = [
        f"{key}={written.get(value, value) if isinstance(value, bool) else value}"
        for key, value in settings.items()
    ]
    return [part for pair in pairs for part in ("--set", pair)]


def test_help_names_every_command(ccdas):
    code, said, _ = ccdas("--help")
    assert code == 0
    for command in ("run", "forward", "plugins", "data"):
        assert f"\n  {command} " in said


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("run", ["--obs", "--model", "--optimiser", "--engine", "--data", "--out", "--seed",
                 "--overwrite", "--set", "--draws", "[EXPERIMENT]"]),
        ("forward", ["--parameters", "--obs", "--engine", "--data", "--out", "--overwrite"]),
        ("data check", ["--stream", "--model", "--prepare", "--data", "--out", "--experiment"]),
        ("plugins", ["List every plugin"]),
    ],
)  # fmt: skip
def test_help_names_every_option(ccdas, monkeypatch, command, expected):
    monkeypatch.setenv("COLUMNS", "120")
    code, said, _ = ccdas(*command.split(), "--help")
    assert code == 0
    for words in expected:
        assert words in said


def test_an_option_that_does_not_exist(ccdas):
    code, _, error = ccdas("run", "--observations", "sm")
    assert code == 2 and wordings.UNKNOWN_OPTION in error and "Traceback" not in error


def test_a_setting_without_a_value(ccdas):
    code, _, _ = ccdas("run", "--set", "time.days")
    assert code == 2 and ccdas.findings == [("wrong-option", "--set time.days")]


# -- plugins --------------------------------------------------------------------------------------


def test_plugins_lists_what_is_installed(ccdas):
    code, said, _ = ccdas("plugins")
    assert code == 0
    rows = [line.split() for line in said.splitlines()]
    assert ["models_bethy", "ccdas-models-bethy", "0.1.0", "process", "model", "bethy"] in rows
    assert any(row[0] == "obs_vod" and row[-1] == "vod" for row in rows)
    for name in ("gauss_newton", "lbfgsb", "autograd", "jax", "gaussian"):
        assert name in said


def test_plugins_names_one_that_failed_to_load(ccdas, monkeypatch):
    demo = shipped_experiments()["demo"]
    broken = EntryPoint("obs_swamp", "no_such_module_of_ccdas", "ccdas_framework")
    with pytest.warns(CcdasWarning):
        registry = load_registry([builtin_plugins], entries=[broken])
    monkeypatch.setattr(installed, "_REGISTRY", [registry])
    code, said, _ = ccdas("plugins")
    assert code == 0
    (row,) = [line for line in said.splitlines() if line.startswith("obs_swamp")]
    assert "failed" in row
    why = said.split("Left out:")[1]
    assert "obs_swamp" in why and wordings.IMPORT_ERROR in why
    code, _, error = ccdas("run", demo, "--obs", "swamp")
    assert code == 2 and "'obs_swamp'" in error


def test_a_broken_hook_for_commands_stops_nothing_else(ccdas, monkeypatch):
    def half(app):
        app.command(name="half")(lambda: None)
        raise RuntimeError("no licence")

    def whole(app):
        app.command(name="whole")(lambda: None)

    kept = list(app.registered_commands)
    hooks = [("bad", SimpleNamespace(commands=half)), ("good", SimpleNamespace(commands=whole))]
    monkeypatch.setattr(sys.modules[main.__module__], "plugin_modules", lambda: hooks)
    try:
        code, said, error = ccdas("--help")
    finally:
        app.registered_commands = kept
    assert code == 0 and "\n  whole" in said and "\n  half" not in said
    assert wordings.LEFT_OUT_COMMANDS.format(plugin="bad", reason="RuntimeError") in error


def test_a_plugin_cannot_take_the_name_of_a_command(monkeypatch):
    kept = list(app.registered_commands)
    thief = SimpleNamespace(commands=lambda app: app.command(name="run")(lambda: None))
    with pytest.warns(CcdasWarning) as warned:
        add_commands([("thief", thief)])
    assert [w.message.code for w in warned] == ["reserved-name"]
    assert app.registered_commands == kept


def test_a_folder_that_cannot_be_made_is_a_sentence(ccdas, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, error = ccdas("run", "demo", "--obs", "sm", "--out", tmp_path / "file" / "run")
    assert code == 2 and "Traceback" not in error
    assert wordings.NOT_A_DIRECTORY in error


def test_ctrl_c_ends_in_a_sentence(ccdas, monkeypatch):
    def interrupted(*_, **__):
        error = KeyboardInterrupt()
        error.add_note("The earlier results are unharmed.")
        raise error

    monkeypatch.setattr("ccdas_framework.experiment.load_experiment", interrupted)
    code, _, error = ccdas("forward", "--obs", "sm")
    assert code == 130
    assert wordings.INTERRUPTED in error
    assert "Traceback" not in error


# -- data -----------------------------------------------------------------------------------------


def test_data_says_what_forcing_must_hold(ccdas):
    code, said, _ = ccdas("data")
    assert code == 0
    assert wordings.FORCING_OF_BETHY in said
    for words in ("tasmin(time, cell)", "degC", "pr(time, cell)", "mm d-1", "optional",
                  "class_fraction(class, latitude, longitude)"):  # fmt: skip
        assert words in said


def test_data_says_what_observations_must_hold(ccdas):
    code, said, _ = ccdas("data", "--stream", "sm")
    assert code == 0
    assert (
        wordings.OBSERVATIONS.format(stream="sm") in said
        and "'m3 m-3'" in said
        and "time_start(obs)" in said
    )


def test_data_of_an_unknown_stream(ccdas):
    code, _, error = ccdas("data", "--stream", "smm")
    assert code == 2 and "'smm'" in error and "'sm'" in error


def test_data_makes_and_validates_the_files_of_a_recipe(ccdas, tmp_path):
    out = tmp_path / "made"
    months = ["--set", 'start="2010-01"', "--set", 'end="2010-02"']
    code, said, _ = ccdas("data", "--prepare", "demo", "--out", out, *months)
    assert code == 0
    assert {"co2.nc", "forcing.nc", "sm.nc", "vod.nc"} <= {path.name for path in out.iterdir()}
    assert str(out) in said
    code, said, _ = ccdas("data", out / "forcing.nc")
    assert code == 0 and wordings.FIT_FOR_MODEL in said and wordings.PERIOD in said
    code, said, _ = ccdas("data", out / "sm.nc", "--stream", "sm")
    assert code == 0 and wordings.FIT_FOR_STREAM in said
    with xr.open_dataset(out / "forcing.nc", decode_times=False) as data:
        spoilt = data.load().drop_vars(["pr", "rsds"])
    spoilt.to_netcdf(out / "spoilt.nc")
    code, said, _ = ccdas("data", out / "spoilt.nc")
    assert code == 2 and said == ""
    assert ccdas.findings == [
        ("missing-variable", "spoilt.nc: pr"), ("missing-variable", "spoilt.nc: rsds"),
    ]  # fmt: skip


def test_data_of_an_unknown_recipe(ccdas, tmp_path):
    code, _, error = ccdas("data", "--prepare", "dem", "--out", tmp_path / "x")
    assert code == 2 and "'dem'" in error and "'demo'" in error


# -- run and forward ------------------------------------------------------------------------------


def test_run_and_forward_on_a_tiny_cut(ccdas, tmp_path, monkeypatch):
    out, streams = tmp_path / "out", ("sm", "vod")
    engine = ["--engine", "autograd", "--obs", "sm,vod"]
    near = options(streams, **{"posterior.largest_distance": 100})
    code, said, progress = ccdas("run", *engine, "--draws", 2, "--out", out, *near)
    assert code == 0
    with xr.open_dataset(out / "draws.nc") as draws:
        assert draws["parameter_draw"].dims == ("draw", "control") and draws.sizes["draw"] == 2
    for words in (
        "synthetic observations", "prior", "posterior", "|gradient|", "largest increments",
        "bethy.V_m",
        "GPP (PgC yr-1)", "Global", f"results: {out}", "degrees of freedom",
    ):  # fmt: skip
        assert words in said
    # not a terminal: plain lines, and none of the codes that move a cursor
    assert "\x1b" not in progress and "\r" not in progress
    lines = progress.splitlines()
    assert lines[:2] == [wordings.READING, wordings.FIRST_STAGE]
    assert sum("|gradient|" in line for line in lines) == 2
    config = tomllib.loads((out / "experiment.toml").read_text())
    assert config["engine"] == {"name": "autograd"} and config["optimiser"]["iterations"] == 1

    again = tmp_path / "again"
    code, said, _ = ccdas(
        "forward", *engine, "--parameters", out, "--out", again, *options(streams)
    )  # fmt: skip
    assert code == 0 and wordings.MISFIT in said
    for stream in streams:
        with (
            xr.open_dataset(out / "simulated.nc", group=stream) as first,
            xr.open_dataset(again / "simulated.nc", group=stream) as second,
        ):
            np.testing.assert_allclose(second["prior"], first["posterior"], rtol=1e-10)

    monkeypatch.setattr("ccdas_framework.experiment.run.report", lambda folder: None)
    code, _, _ = ccdas("run", *engine, "--out", out, *options(streams))
    assert code == 2 and ccdas.findings == [("results-exist", str(out))]
    far = options(streams, **{"posterior.largest_distance": 1e-9})
    code, said, _ = ccdas("run", *engine, "--out", out, "--overwrite", "--seed", 4, *far)
    assert code == 0 and wordings.NO_POSTERIOR in said and wordings.INCREMENTS not in said
    assert tomllib.loads((out / "experiment.toml").read_text())["experiment"]["seed"] == 4


@pytest.mark.science  # compiling takes longer than the rest of these tests together
def test_run_with_the_compiled_engine(ccdas, tmp_path):
    pytest.importorskip("jax")
    costs = {}
    for engine in ("autograd", "jax"):
        out = tmp_path / engine
        code, _, _ = ccdas(
            "run", "--obs", "sm", "--engine", engine, "--out", out, *options(("sm",))
        )  # fmt: skip
        assert code == 0
        with xr.open_dataset(out / "result.nc") as result:
            costs[engine] = result["cost"].values
    np.testing.assert_allclose(costs["jax"], costs["autograd"], rtol=1e-9)


def test_forward_reports_the_keys_that_another_model_drops(ccdas, tmp_path):
    code, _, error = ccdas(
        "forward", "--model", "dalec", "--obs", "vod", "--engine", "autograd",
        "--out", tmp_path / "out", *(p for k, v in SHORT.items() for p in ("--set", f"{k}={v}")),
    )  # fmt: skip
    assert code == 0
    assert "demo.toml" in error and "'bethy'" in error and "model.n_h" in error


def test_forward_with_parameters_that_do_not_exist(ccdas, tmp_path):
    code, _, error = ccdas(
        "forward", "--obs", "sm", "--engine", "autograd", "--out", tmp_path / "out",
        "--parameters", tmp_path / "none.toml", *options(("sm",)),
    )  # fmt: skip
    assert code == 2 and "none.toml" in error
    assert not (tmp_path / "out").exists()


# -- progress -------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """Text that a terminal would show."""

    def isatty(self):
        return True


def shown(stream):
    console = Console(stream)
    console.stage("optimising")
    for number, cost in enumerate((10.0, 4.0, 3.0)):
        console.iteration(
            Iteration(number, np.zeros(2), cost, {"prior": 0.0, "sm": cost}, cost / 2),
            seconds=10.0 + 5.0 * number,
            most=4,
        )
    console.stage("fields")
    return stream.getvalue()


def test_plain_lines_where_there_is_no_terminal():
    lines = shown(io.StringIO()).splitlines()
    assert lines[0] == "optimising ..." and lines[-1] == "fields ..."
    assert wordings.ITERATION in lines[2]
    assert lines[3].endswith(wordings.LAST_ITERATION)


def test_a_line_that_renews_itself_on_a_terminal():
    text = shown(Terminal())
    assert text.count("\r\x1b[2K") == 3
    assert text.count("\n") == 3  # the stages, and the end of the iterations
