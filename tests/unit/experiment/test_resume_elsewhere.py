"""A run continues with other workers and another executor, to the same bits."""

import json
import shutil

import numpy as np
import pytest
from cuts import SHORT, only

from ccdas_framework import load_experiment
from ccdas_framework.cli.resume import continue_run
from ccdas_framework.core.errors import CcdasWarning
from ccdas_framework.experiment.experiment_file import shipped_experiments
from ccdas_framework.experiment.ignored_settings import differing_settings
from ccdas_framework.experiment.monitor import Monitor
from ccdas_framework.experiment.resume import changes, interrupted, resume

SETTINGS = {
    **SHORT,
    **only(("bethy.V_m",), ("sm",)),
    "optimiser.longest_step": 2e-4,
    "optimiser.cost_change": 0.0,
    "optimiser.gradient_reduction": 1e-9,
    "optimiser.distance": 0.0,
    "optimiser.iterations": 3,
    "output.fields": ["gpp"],
    "targets.fields": ["gpp"],
    "posterior.method": "none",
    "model.n_h": 6,
    "model.dayint": 10,
    "time.days": 12,
    "streams.sm.scaling": "none",
    "compute.blocks": 2,
}


@pytest.fixture(autouse=True)
def without_report(monkeypatch):
    monkeypatch.setattr("ccdas_framework.experiment.run.report", lambda folder: None)


class Stop(Monitor):
    """Interrupts like Ctrl-C when so many points were accepted."""

    def __init__(self, points):
        self.left = points

    def iteration(self, iteration, seconds, most):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def experiment(**compute):
    settings = {**SETTINGS, **{f"compute.{key}": value for key, value in compute.items()}}
    return load_experiment("demo", observations=["sm"], engine="autograd", settings=settings)


def arrays(folder):
    with np.load(folder / "checkpoint.npz") as file:
        return {name: file[name] for name in file}


@pytest.mark.science  # four runs
def test_workers_and_executor_may_change(tmp_path):
    whole, out = tmp_path / "whole", tmp_path / "out"
    experiment(executor="serial").run(whole)
    experiment(executor="serial").run(out, monitor=Stop(2))
    for executor, stop in (("dask", 1), ("processes", 9)):
        if executor == "dask":
            pytest.importorskip("distributed")
        change = {"compute.executor": executor, "compute.workers": 2}
        resume(interrupted(out, change), Stop(stop))
    parts, one = arrays(out), arrays(whole)
    assert set(parts) == set(one)
    for name, values in one.items():
        np.testing.assert_array_equal(parts[name], values)
    assert json.loads((out / "provenance.json").read_text())["gradient_workers"] == 1


def test_other_blocks_are_said_to_change_rounding(tmp_path):
    out = tmp_path / "out"
    experiment().run(out, monitor=Stop(1))
    with pytest.warns(CcdasWarning) as told:
        run = interrupted(out, {"compute.blocks": 3})
    assert run.experiment.config.compute.blocks == 3
    with pytest.warns(CcdasWarning) as further:
        run = interrupted(out, {"compute.memory": "8 GB"})
    assert run.experiment.config.compute.blocks == 2
    places = [(w.message.code, w.message.where) for w in (*told, *further)]
    assert places == [("changed-blocks", "compute.blocks"), ("changed-blocks", "compute.memory")]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run interrupted at its first point, from a file beside its folder."""
    folder = tmp_path_factory.mktemp("stopped")
    shutil.copy(shipped_experiments()["demo"], folder / "own.toml")
    arguments = arguments_of(folder)
    load_experiment(**arguments).run(folder / "out", monitor=Stop(1))
    return folder


def arguments_of(folder, **settings):
    """Those of the command that began the run, with other settings."""
    given = {**SETTINGS, **{key.replace("__", "."): value for key, value in settings.items()}}
    return {
        "name_or_path": folder / "own.toml", "observations": ["sm"], "engine": "autograd",
        "settings": given,
    }  # fmt: skip


def test_the_same_command_differs_in_nothing(stopped):
    assert differing_settings(stopped / "out", arguments_of(stopped)) == {}


def test_settings_that_a_run_ignores_are_named(stopped, monkeypatch):
    used = []
    monkeypatch.setattr(
        "ccdas_framework.cli.resume._continue", lambda folder, values: used.append(values)
    )
    arguments = arguments_of(stopped, time__days=13, compute__workers=2, experiment__starts=3)
    arguments |= {"observations": ["sm", "vod"], "engine": "jax", "seed": 7}
    with pytest.warns(CcdasWarning) as told:
        continue_run(stopped / "out", arguments)
    assert used == [{"compute.workers": 2}]
    (message,) = [w.message for w in told]
    assert (message.code, message.where) == ("ignored-settings", str(stopped / "out"))
    text = str(message)
    keys = ("time.days (12 in the run, 13 now)", "experiment.starts (", "experiment.seed (",
            "engine.name (", "streams (")  # fmt: skip
    assert all(key in text for key in keys) and "compute.workers" not in text


def test_changes_of_the_experiment_file_are_named(stopped, tmp_path):
    text = (stopped / "own.toml").read_text(encoding="utf-8")
    text = text.replace("[compute]", "[budget]\nmodel_runs = 99.0\n\n[compute]\nwait = 7.0")
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    differing = differing_settings(stopped / "out", arguments_of(tmp_path))
    assert set(differing) == {"compute.wait", "budget.model_runs"}
    assert differing["compute.wait"] == ("30.0", "7.0")


def test_an_experiment_that_is_gone_does_not_keep_a_run(stopped, tmp_path, monkeypatch):
    monkeypatch.setattr("ccdas_framework.cli.resume._continue", lambda *_: None)
    with pytest.warns(CcdasWarning) as told:
        continue_run(stopped / "out", arguments_of(tmp_path))
    assert [w.message.code for w in told] == ["ignored-settings"]


def test_the_same_command_changes_nothing_of_its_run(tmp_path):
    out = tmp_path / "out"
    experiment().run(out, monitor=Stop(1))
    assert changes(out, SETTINGS) == {}
    given = {**SETTINGS, "optimiser.iterations": 9, "compute.workers": 2, "time.days": 13}
    assert changes(out, given) == {"optimiser.iterations": 9, "compute.workers": 2}
