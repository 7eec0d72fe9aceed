"""Options of the output: version, completion, quiet, verbose, JSON and the log."""

import json
import os
import subprocess
import sys

import pytest
from cuts import FEW, SHORT, only

from ccdas_framework.registry.version import VERSION

CUT = {k: v for k, v in {**SHORT, **only(FEW, ("sm",))}.items() if "vod" not in k}
SMALL = ["--obs", "sm", "--engine", "autograd", "--set", "optimiser.iterations=1"]
TOML = {True: "true", False: "false"}
SMALL += [
    part
    for key, value in CUT.items()
    for part in ("--set", f"{key}={TOML[value] if isinstance(value, bool) else value}")
]


def test_version(ccdas):
    code, said, _ = ccdas("--version")
    assert code == 0 and VERSION in said


@pytest.mark.parametrize(
    ("words", "expected", "other"),
    [("ccdas fo", "forward", "evaluate"), ("ccdas run de", "demo", "ten_sites")],
)
def test_completion_names_commands_and_experiments(words, expected, other):
    if expected == "demo":
        pytest.importorskip("ccdas_recipes")
    environment = {
        **os.environ, "_CCDAS_COMPLETE": "complete_bash", "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1), "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }  # fmt: skip
    call = "import sys; sys.argv = ['ccdas']; from ccdas_framework.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", call], env=environment, capture_output=True, text=True, check=False
    )
    assert expected in done.stdout and other not in done.stdout


def test_quiet_and_verbose_exclude_each_other(ccdas):
    code, _, _ = ccdas("plugins", "--quiet", "--verbose")
    assert code == 2 and ccdas.findings == [("wrong-option", "--quiet")]


@pytest.mark.parametrize("command", [("plugins",), ("config",), ("data", "kinds")], ids=" ".join)
def test_lists_as_json(ccdas, command):
    code, said, _ = ccdas(*command, "--json")
    assert code == 0 and json.loads(said)


def test_the_json_of_a_check_has_each_of_its_results(ccdas):
    code, said, _ = ccdas("check", "gaussian", "--json")
    checks = json.loads(said)["checks"]
    assert code == 0 and {"PASS"} <= {check["state"] for check in checks}


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    """A quiet run with JSON: (standard output, standard error, folder)."""
    out = tmp_path_factory.mktemp("cli") / "out"
    call = [sys.executable, "-m", "ccdas_framework.cli", "run", *SMALL, "--quiet", "--json"]
    done = subprocess.run([*call, "--out", str(out)], capture_output=True, text=True, check=True)
    return done.stdout, done.stderr, out


def test_a_quiet_run_shows_warnings_alone(small_run):
    _, error, _ = small_run
    lines = error.splitlines()
    assert all(line.startswith("warning:") for line in lines), lines


def test_the_json_of_a_run_has_its_costs_targets_and_stages(small_run):
    said, _, folder = small_run
    values = json.loads(said)
    assert values["folder"] == str(folder)
    assert values["cost"]["posterior"]["all"] <= values["cost"]["prior"]["all"]
    assert set(values["cost"]["prior"]) == {"prior", "sm", "all"}
    assert {"assembling the problem", "optimising", "fields"} <= set(values["stages"])
    some = next(iter(values["parameters"].values()))
    assert {"unit", "prior", "prior_sd", "posterior"} <= set(some)


def test_the_log_of_a_run_has_its_stages_and_iterations(small_run):
    _, _, folder = small_run
    text = (folder / "run.log").read_text("utf-8")
    assert "INFO optimising" in text and "iteration 1: cost" in text and "INFO fields" in text
    assert "engine AutogradEngine" in text


def test_diagnose_as_json(small_run, ccdas):
    code, said, _ = ccdas("diagnose", small_run[2], "--json")
    values = json.loads(said)
    assert code == 0 and [row["stream"] for row in values["stream"]] == ["sm"]


def test_the_first_line_comes_before_the_experiment_is_read(ccdas):
    code, _, error = ccdas("run", "no_such_experiment")
    assert code == 2 and error.startswith("reading the experiment")


def test_verbose_shows_the_traceback_of_an_error(ccdas):
    code, _, error = ccdas("forward", "no_such_experiment", "--verbose")
    assert code == 2 and "Traceback" in error
    code, _, error = ccdas("forward", "no_such_experiment")
    assert code == 2 and "Traceback" not in error


def test_messages_of_xla_are_kept_from_the_terminal(monkeypatch, ccdas):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "")
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    ccdas("plugins", "--verbose")
    assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
    ccdas("plugins")
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "3"
