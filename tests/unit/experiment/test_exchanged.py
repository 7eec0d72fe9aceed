"""Another model than a file names: what the file says of its own model is dropped and told."""

import pytest

from ccdas_framework.experiment.exchanged import exchanged

FILE = """
[inputs]
recipe = "demo"

[model]
name = "bethy"
n_h = 8
humidity = "tmin"

[parameters]
"bethy.V_m".sd = 10.0
"vod.D_0".sd = 0.2

[streams.vod]
"""


def configuration():
    return {
        "model": {"name": "bethy", "n_h": 8},
        "parameters": {"bethy.V_m[4]": {"sd": 10.0}, "vod.D_0": {"sd": 0.2}},
    }


def test_settings_and_parameters_of_the_former_model_are_dropped_and_named():
    raw = configuration()
    (note,) = exchanged(raw, "model", "dalec", "x.toml")
    assert raw == {"model": {"name": "dalec"}, "parameters": {"vod.D_0": {"sd": 0.2}}}
    assert (note.code, note.where) == ("keys-left-out", "model")
    assert note.message == (
        "x.toml is for model 'bethy'; with 'dalec' in its place these of its keys are left out: "
        'model.n_h, parameters."bethy.V_m[4]".'
    )


@pytest.mark.parametrize("name", [None, "bethy"])
def test_the_same_model_keeps_its_settings(name):
    raw = configuration()
    assert exchanged(raw, "model", name, "x.toml") == []
    assert raw == configuration()


def test_nothing_lost_is_nothing_told():
    raw = {"model": {"name": "bethy"}}
    assert exchanged(raw, "model", "dalec", "x.toml") == []
    assert raw["model"] == {"name": "dalec"}


def test_a_file_without_the_section_is_for_the_default():
    raw = {"parameters": {"bethy.V_m": {"sd": 1.0}}}
    assert len(exchanged(raw, "model", "dalec", "x.toml")) == 1
    assert exchanged({}, "optimiser", "gauss_newton", "x.toml") == []


def test_an_optimiser_takes_no_parameters_with_it():
    raw = configuration() | {"optimiser": {"name": "gauss_newton", "iterations": 3}}
    (note,) = exchanged(raw, "optimiser", "lbfgsb", "x.toml")
    assert (note.code, note.where) == ("keys-left-out", "optimiser")
    assert "optimiser.iterations" in note.message
    assert raw["parameters"] == configuration()["parameters"]


def test_an_experiment_of_another_model_loads_and_says_what_it_left_out(tmp_path):
    from ccdas_framework import load_experiment

    (tmp_path / "x.toml").write_text(FILE)
    experiment = load_experiment(tmp_path / "x.toml", model="dalec", settings={"grid.cells": 2})
    assert type(experiment.model).__name__ == "Dalec"
    assert any("model.n_h, model.humidity, parameters" in note for note in experiment.notes)
    own = experiment.config["parameters"]
    assert list(own) == ["vod.D_0"]
