"""A run continues with other workers and another executor, to the same bits."""

import json

import numpy as np
import pytest
from cuts import SHORT, only

from ccdas_framework import load_experiment
from ccdas_framework.core.errors import CcdasWarning
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


def test_the_same_command_changes_nothing_of_its_run(tmp_path):
    out = tmp_path / "out"
    experiment().run(out, monitor=Stop(1))
    assert changes(out, SETTINGS) == {}
    given = {**SETTINGS, "optimiser.iterations": 9, "compute.workers": 2, "time.days": 13}
    assert changes(out, given) == {"optimiser.iterations": 9, "compute.workers": 2}
