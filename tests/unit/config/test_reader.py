"""The reader of tables: values, defaults, and findings with their codes and places."""

import pytest
from attrs import evolve

from ccdas_framework.config import Config, read_config
from ccdas_framework.core.errors import Findings, InvalidExperiment


def findings_of(table):
    findings = Findings()
    read_config(table, "my.toml", findings)
    return [(f.code, f.where) for f in findings]


def read(table):
    return Config.from_dict(table, "my.toml")


def test_missing_keys_have_defaults_and_others_keep_their_values():
    config = read({"time": {"days": 60}, "streams": {"sm": {}}})
    assert config.model.name == "bethy" and config.compute.workers == 1
    assert config.time.days == 60 and config.time.start is None
    assert config.truth is None  # without the table observations are those of the files
    assert list(config.streams) == ["sm"]


@pytest.mark.parametrize(
    ("table", "code", "where"),
    [
        ({"strams": {}}, "unknown-section", "strams"),
        ({"time": {"dayz": 3}}, "unknown-key", "time.dayz"),
        ({"time": 3}, "wrong-value", "time"),
        ({"time": {"days": "many"}}, "wrong-value", "time.days"),
        ({"time": {"days": 0}}, "wrong-value", "time.days"),
        ({"time": {"days": True}}, "wrong-value", "time.days"),
        ({"time": {"start": "yesterday"}}, "wrong-value", "time.start"),
        ({"grid": {"cells": 2.5}}, "wrong-value", "grid.cells"),
        ({"truth": {"noise": "yes"}}, "wrong-value", "truth.noise"),
        ({"truth": {"spread": -1}}, "wrong-value", "truth.spread"),
        ({"truth": {"seed": -1}}, "wrong-value", "truth.seed"),
        ({"truth": {"mean": {"vod.D_0": "0"}}}, "wrong-value", "truth.mean"),
        ({"truth": {"bounds": {"vod.D_0": [0.0]}}}, "wrong-value", "truth.bounds"),
        ({"posterior": {"method": "exakt"}}, "wrong-value", "posterior.method"),
        ({"posterior": {"hessian": "exakt"}}, "wrong-value", "posterior.method"),
        (
            {"posterior": {"hessian": "exact", "method": "lanczos"}},
            "renamed-key",
            "posterior.hessian",
        ),
        ({"posterior": {"largest_distance": 0}}, "wrong-value", "posterior.largest_distance"),
        ({"targets": {"fields": "gpp"}}, "wrong-value", "targets.fields"),
        ({"targets": {"feilds": []}}, "unknown-key", "targets.feilds"),
        ({"targets": {"eu": {"region": "Europe"}}}, "missing-key", "targets.eu.field"),
        ({"targets": {"eu": {"field": "nep", "ceells": []}}}, "unknown-key", "targets.eu.ceells"),
        ({"targets": {"masks": {"m": {}}}}, "missing-key", "targets.masks.m.file"),
        ({"targets": {"masks": {"m": 3}}}, "wrong-value", "targets.masks.m"),
        ({"optimiser": {"name": 5}}, "wrong-value", "optimiser.name"),
        ({"engine": {"name": ["jax"]}}, "wrong-value", "engine.name"),
        ({"inputs": {"data": 1}}, "wrong-value", "inputs.data"),
        ({"evaluation": {"gpp": {"field": 3}}}, "wrong-value", "evaluation.gpp.field"),
        ({"streams": {"sm": {"operator": 3}}}, "wrong-value", "streams.sm.operator"),
        ({"streams": {"sm": 1}}, "wrong-value", "streams.sm"),
        ({"parameters": {"bethy.V_m": {"men": 1.0}}}, "unknown-key", "parameters.bethy.V_m.men"),
        ({"parameters": {"bethy.V_m": {"sd": -1.0}}}, "wrong-value", "parameters.bethy.V_m.sd"),
        (
            {"parameters": {"bethy.V_m[4]": {"transform": "logg"}}},
            "wrong-value",
            "parameters.bethy.V_m[4].transform",
        ),
        ({"parameters": {"a.b": {"bounds": [2, 1]}}}, "wrong-value", "parameters.a.b.bounds"),
        ({"added_value": {"sets": ["co2"]}}, "wrong-value", "added_value.sets"),
        ({"twin": {"variants": []}}, "wrong-value", "twin.variants"),
    ],
)
def test_a_mistake_is_a_finding_at_its_key(table, code, where):
    assert findings_of(table) == [(code, where)]


def test_a_finding_suggests_the_nearest_key():
    findings = Findings()
    read_config({"strams": {}, "time": {"dayz": 3}}, "my.toml", findings)
    section, key = (f.message for f in findings)
    assert "'streams'" in section and "'days'" in key
    assert "my.toml" in section and "my.toml" in key


def test_all_mistakes_are_collected():
    assert len(findings_of({"strams": {}, "time": {"dayz": 3}, "grid": {"cells": -1}})) == 3
    with pytest.raises(InvalidExperiment) as caught:
        read({"strams": {}, "time": {"dayz": 3}})
    assert [f.code for f in caught.value.findings] == ["unknown-section", "unknown-key"]


def test_a_wrong_value_falls_back_to_the_default():
    findings = Findings()
    config = read_config({"time": {"days": "many"}, "model": {"name": 3}}, "my.toml", findings)
    assert config.time.days is None and config.model.name == "bethy"
    assert findings.at("time.days") and findings.at("model.name")


def test_a_prior_may_be_the_folder_of_a_run():
    assert read({"prior": "runs/first"}).prior.run == "runs/first"


def test_settings_of_components_are_separate_from_their_names():
    config = read({"optimiser": {"name": "lbfgsb", "iterations": 3}, "streams": {"a": {"k": [1]}}})
    assert config.optimiser.settings == {"iterations": 3}
    assert config.streams["a"].settings == {"k": [1]} and config.streams["a"].operator is None


WRITTEN = {
    "experiment": {"name": "x", "title": "", "seed": 2, "comment": "", "starts": 1},
    "inputs": {"settings": {"start": "2010-01"}, "recipe": "demo"},
    "grid": {"cells": 3},
    "time": {"spin_up_years": 1, "start": "2010-06-01"},
    "model": {"name": "bethy", "n_h": 8},
    "streams": {"b": {"operator": "sm", "scaling": "none"}, "a": {}},
    "parameters": {"bethy.V_m[4]": {"bounds": [0, 1], "active": False}},
    "prior": {"name": "gaussian", "run": "r"},
    "optimiser": {"name": "lbfgsb"},
    "budget": {"gradient": 4.0, "hessian_vector": 8.0, "model_runs": 50.0},
    "engine": {"name": "jax", "tangents_at_once": 2},
    "posterior": {"method": "exact", "rank": 50, "largest_distance": 1.0, "draws": 0},
    "targets": {
        "fields": ["gpp"],
        "periods": [],
        "masks": {"m": {"file": "m.nc", "leave_out": [1]}},
        "sensitivity": False,
        "prescribed": [],
        "eu": {"field": "nep", "cells": [[1.0, 2]], "period": "annual"},
        "box": {"field": "nep", "box": {"south": 0, "north": 1, "west": 0, "east": 1}},
    },
    "evaluation": {"nep": {}, "f": {"reference": "r.nc", "sign": 1}},
    "output": {"fields": [], "by_class": []},
    "compute": {"blocks": 1, "workers": 2, "executor": "threads", "wait": 30.0},
    "twin": {"tolerance": 0.1},
    "truth": {"seed": 1, "spread": 0.5, "noise": True, "bounds": {"vod.D_0": [0.0, 1.0]}},
}


def test_what_is_written_is_what_was_read_in_the_same_order():
    assert repr(read(WRITTEN).to_dict()) == repr(WRITTEN)
    assert read(read(WRITTEN).to_dict()) == read(WRITTEN)


def test_defaults_are_written_before_further_keys_and_tables():
    written = read({"truth": {"noise": False}, "added_value": {}, "time": {"days": 3}}).to_dict()
    assert list(written["truth"].items()) == [("seed", 1), ("spread", 0.5), ("noise", False)]
    assert list(written)[-2:] == ["truth", "added_value"] and written["added_value"] == {}
    assert "twin" not in written  # its defaults are those of the command


def test_a_changed_value_is_written_although_the_file_lacks_the_key():
    config = read({"twin": {}, "inputs": {"folder": "f"}})
    inputs = evolve(config.inputs, forcing="/f/forcing.nc", data="/data")
    assert list(evolve(config, inputs=inputs).to_dict()["inputs"]) == [
        "settings", "folder", "forcing", "data",
    ]  # fmt: skip


def test_a_configuration_shares_nothing_with_its_table():
    table = {"streams": {"a": {"k": [1]}}, "inputs": {"settings": {"s": [1]}}}
    config = read(table)
    written = config.to_dict()
    written["streams"]["a"]["k"].append(2)
    table["inputs"]["settings"]["s"].append(2)
    assert config.streams["a"].settings == {"k": [1]}
    assert config.to_dict()["inputs"]["settings"] == {"s": [1]}
