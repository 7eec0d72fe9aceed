"""What a configuration may say, and what is said about what it may not."""

from datetime import date

import pytest

from ccdas_framework.experiment.schema import DEFAULTS, KEYS, SECTIONS, setting, with_defaults
from ccdas_framework.experiment.schema import with_settings as overridden


def problems_of(config):
    problems = []
    with_defaults(config, "my.toml", problems)
    return problems


def test_what_is_left_out_is_filled_in_and_what_is_said_stays():
    problems = []
    config = with_defaults({"time": {"days": 60}, "streams": {"sm": {}}}, "my.toml", problems)
    assert problems == []
    assert config["model"] == {"name": "bethy"}
    assert config["time"] == {"days": 60}
    assert set(DEFAULTS) <= set(config)
    assert "truth" not in config  # without it observations are real ones


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"strams": {}}, "unknown section 'strams' in my.toml. Did you mean 'streams'?"),
        ({"time": {"dayz": 3}}, "unknown key 'time.dayz' in my.toml. Did you mean 'days'?"),
        ({"time": 3}, "'time' in my.toml is 3; a table was expected."),
        ({"time": {"days": "many"}}, "'time.days' in my.toml is 'many'; a whole number, 1 or more"),
        ({"time": {"days": 0}}, "'time.days' in my.toml is 0"),
        ({"time": {"start": "yesterday"}}, "is 'yesterday'; a date such as 2010-01-01"),
        ({"grid": {"cells": 2.5}}, "'grid.cells' in my.toml is 2.5"),
        ({"truth": {"noise": "yes"}}, "'truth.noise' in my.toml is 'yes'; true or false"),
        ({"targets": {"fields": "gpp"}}, "'targets.fields' in my.toml is 'gpp'; a list of names"),
        ({"optimiser": {"name": 5}}, "'optimiser.name' in my.toml is 5; the name of an optimiser"),
        ({"engine": {"name": ["jax"]}}, "'engine.name' in my.toml is ['jax']; the name of an"),
        ({"inputs": {"data": 1}}, "'inputs.data' in my.toml is 1; a folder was expected."),
        ({"evaluation": {"gpp": {"field": 3}}}, "'evaluation.gpp.field' in my.toml is 3; a text"),
        ({"streams": {"sm": {"operator": 3}}}, "'streams.sm.operator' in my.toml is 3; a text"),
        ({"streams": {"sm": 1}}, "'streams.sm' in my.toml is 1; a table was expected."),
        (
            {"parameters": {"bethy.V_m": {"men": 1.0}}},
            "unknown key 'men' of parameter 'bethy.V_m' in my.toml. Did you mean 'mean'?",
        ),
        (
            {"parameters": {"bethy.V_m": {"sd": -1.0}}},
            "'sd' of parameter 'bethy.V_m' in my.toml is -1.0; a positive number was expected.",
        ),
        (
            {"parameters": {"bethy.V_m": {"transform": "logg"}}},
            "is 'logg'; one of identity, log, shifted_log",
        ),
    ],
)
def test_a_mistake_gets_a_sentence(config, said):
    (sentence,) = problems_of(config)
    assert said in sentence


def test_all_mistakes_are_told_together():
    assert len(problems_of({"strams": {}, "time": {"dayz": 3}, "grid": {"cells": -1}})) == 3


def test_a_wrong_value_does_not_stay():
    config = with_defaults({"time": {"days": "many"}}, "my.toml", [])
    assert "days" not in config["time"]


def test_a_component_of_another_name_starts_without_the_defaults_of_the_first():
    config = with_defaults({"optimiser": {"name": "lbfgsb"}}, "my.toml", [])
    assert config["optimiser"] == {"name": "lbfgsb"}


def test_a_prior_may_be_the_folder_of_a_run():
    assert with_defaults({"prior": "runs/first"}, "my.toml", [])["prior"]["run"] == "runs/first"


def test_every_fixed_key_is_explained():
    keys = {f"{s}.{k}" for s, names in SECTIONS.items() if names is not None for k in names}
    assert keys == set(KEYS)


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
def test_settings_of_the_command_line_are_read_as_toml_or_text(text, expected):
    assert setting(text) == expected


def test_a_quoted_name_in_a_key_keeps_its_dots_and_brackets():
    problems = []
    config = overridden({}, {'parameters."bethy.V_m[4]".active': False}, problems)
    assert config == {"parameters": {"bethy.V_m[4]": {"active": False}}}
    assert problems == []


def test_a_setting_wins_over_the_file_and_leaves_it_unchanged():
    file = {"time": {"days": 730, "start": "2010-01-01"}}
    assert overridden(file, {"time.days": 60}, [])["time"] == {"days": 60, "start": "2010-01-01"}
    assert file["time"]["days"] == 730


def test_a_key_that_is_no_path_is_told():
    problems = []
    overridden({}, {"parameters.bethy.V_m[4].active": False}, problems)
    assert "cannot read the key 'parameters.bethy.V_m[4].active'" in problems[0]
