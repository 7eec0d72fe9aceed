"""Overrides of single keys, and components in place of those that a file names."""

from datetime import date

import pytest
from findings import codes

from ccdas_framework.config.overrides import parse_override, with_component, with_overrides
from ccdas_framework.core.errors import Findings

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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("time.days=60", ("time.days", 60)),
        ("model.hydrology=bucket", ("model.hydrology", "bucket")),
        ("time.start=2010-06-01", ("time.start", date(2010, 6, 1))),
        ("truth.noise=false", ("truth.noise", False)),
        ('targets.fields=["gpp"]', ("targets.fields", ["gpp"])),
        ("experiment.title=a=b", ("experiment.title", "a=b")),
    ],
)
def test_overrides_of_the_command_line_are_read_as_toml_or_text(text, expected):
    assert parse_override(text) == expected


def test_a_quoted_name_in_a_key_keeps_its_dots_and_brackets():
    findings = Findings()
    table = with_overrides({}, {'parameters."bethy.V_m[4]".active': False}, findings)
    assert table == {"parameters": {"bethy.V_m[4]": {"active": False}}}
    assert not findings


def test_an_override_wins_over_the_file_and_leaves_its_table_unchanged():
    file = {"time": {"days": 730, "start": "2010-01-01"}}
    table = with_overrides(file, {"time.days": 60}, Findings())
    assert table["time"] == {"days": 60, "start": "2010-01-01"}
    assert file["time"]["days"] == 730


def test_a_key_that_is_no_path_is_a_finding():
    findings = Findings()
    with_overrides({}, {"parameters.bethy.V_m[4].active": False}, findings)
    assert codes(findings) == [("unreadable-key", "parameters.bethy.V_m[4].active")]


def configuration():
    return {
        "model": {"name": "bethy", "n_h": 8},
        "parameters": {"bethy.V_m[4]": {"sd": 10.0}, "vod.D_0": {"sd": 0.2}},
    }


def test_settings_and_parameters_of_the_former_model_are_dropped_and_named():
    table, notes = with_component(configuration(), "model", "dalec", "x.toml")
    assert table == {"model": {"name": "dalec"}, "parameters": {"vod.D_0": {"sd": 0.2}}}
    assert codes(notes) == [("dropped-keys", "model")]
    assert all(key in notes[0].message for key in ("model.n_h", 'parameters."bethy.V_m[4]"'))


@pytest.mark.parametrize("name", [None, "bethy"])
def test_the_same_model_keeps_its_settings(name):
    assert with_component(configuration(), "model", name, "x.toml") == (configuration(), [])


def test_a_component_without_dropped_keys_needs_no_note():
    table = {"model": {"name": "bethy"}}
    assert with_component(table, "model", "dalec", "x.toml") == ({"model": {"name": "dalec"}}, [])


def test_a_file_without_the_section_is_for_the_default():
    table = {"parameters": {"bethy.V_m": {"sd": 1.0}}}
    assert len(with_component(table, "model", "dalec", "x.toml")[1]) == 1
    assert with_component({}, "optimiser", "gauss_newton", "x.toml") == ({}, [])


def test_an_optimiser_takes_no_parameters_with_it():
    table = configuration() | {"optimiser": {"name": "gauss_newton", "iterations": 3}}
    changed, (note,) = with_component(table, "optimiser", "lbfgsb", "x.toml")
    assert "optimiser.iterations" in note.message
    assert changed["parameters"] == configuration()["parameters"]


def test_an_experiment_of_another_model_loads_and_says_what_it_left_out(tmp_path):
    from ccdas_framework import load_experiment

    (tmp_path / "x.toml").write_text(FILE)
    experiment = load_experiment(tmp_path / "x.toml", model="dalec", settings={"grid.cells": 2})
    assert type(experiment.model).__name__ == "Dalec"
    assert codes(experiment.notes) == [("dropped-keys", "model")]
    message = experiment.notes[0].message
    assert all(key in message for key in ("model.n_h", "model.humidity", "parameters"))
    assert list(experiment.config.parameters) == ["vod.D_0"]
