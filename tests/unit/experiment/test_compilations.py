"""`ccdas compile` fills the cache from which a run reads, and a run counts what it compiled."""

import json

import pytest
from cuts import demo_cut

from ccdas_framework.experiment.compilations import compilations_of, compile_experiment
from ccdas_framework.experiment.monitor import Monitor


def test_an_engine_that_compiles_nothing_counts_nothing():
    compiled = compile_experiment(demo_cut(("sm",), grid__cells=2, time__days=20))
    assert compiled.engine == "autograd" and not compiled.counts and compiled.text


def test_the_functions_of_a_run_are_counted(tmp_path):
    pytest.importorskip("jax")
    settings = {"grid__cells": 2, "time__days": 20, "optimiser__iterations": 1}
    settings["posterior__method"] = "none"
    experiment = demo_cut(("sm",), engine="jax", **settings)
    before = compilations_of(experiment.engine)["functions of XLA"]
    experiment.run(tmp_path / "run", monitor=Monitor())
    lines = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    counted = json.loads(lines[-1])["compilations"]["functions of XLA"]
    assert counted["found"] + counted["compiled"] > before["found"] + before["compiled"]
    assert counted["seconds"] >= before["seconds"]
    assert "compilations" in (tmp_path / "run" / "run.log").read_text()


def test_the_command_compiles_an_experiment(ccdas):
    arguments = ("demo", "--obs", "sm", "--engine", "autograd", "--json")
    code, said, _ = ccdas("compile", *arguments, "--set", "grid.cells=2", "--set", "time.days=20")
    assert code == 0 and json.loads(said) == {"engine": "autograd", "compilations": {}}
    code, _, _ = ccdas("compile", "no_such_experiment")
    assert code == 2 and ccdas.findings
