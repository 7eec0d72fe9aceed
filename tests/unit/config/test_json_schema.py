"""The JSON schema of experiment files, made from the section classes."""

import datetime
import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ccdas_framework.cli.config import config as config_command
from ccdas_framework.config.json_schema import json_schema
from ccdas_framework.experiment import shipped_experiments

ROOT = Path(__file__).parents[3]
OTHERS = ("design_", "compare_")  # files of designs and studies, which are no experiments
EXAMPLES = [p for p in sorted((ROOT / "examples").glob("*.toml")) if not p.stem.startswith(OTHERS)]


def errors(table):
    validator = Draft202012Validator(json_schema())
    return [".".join(map(str, error.absolute_path)) for error in validator.iter_errors(table)]


def as_json(value):
    """A TOML value as an editor sees it: a date is a text."""
    if isinstance(value, dict):
        return {key: as_json(each) for key, each in value.items()}
    return value.isoformat() if isinstance(value, datetime.date) else value


def test_it_is_a_schema_of_draft_2020_12():
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema") and schema["title"]


@pytest.mark.parametrize(
    "path", [*shipped_experiments().values(), *EXAMPLES], ids=lambda path: path.stem
)
def test_experiments_of_the_project_are_valid(path):
    assert errors(as_json(tomllib.loads(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ({"strams": {}}, ""),
        ({"time": {"dayz": 1}}, "time"),
        ({"time": {"days": 0}}, "time.days"),
        ({"compute": {"executor": "thread"}}, "compute.executor"),
        ({"posterior": {"largest_distance": 0}}, "posterior.largest_distance"),
        ({"parameters": {"bethy.V_m": {"men": 1}}}, "parameters.bethy.V_m"),
        ({"targets": {"eu": {"region": "Europe"}}}, "targets.eu"),
        ({"evaluation": {"x": {"sign": 2}}}, "evaluation.x.sign"),
    ],
)
def test_mistakes_are_errors_at_their_place(table, where):
    assert errors(table) == [where]


@pytest.mark.parametrize(
    "table",
    [
        {"prior": "runs/first"},
        {"prior": {"run": "runs/first"}},
        {"model": {"name": "x", "setting": 3}},
        {"streams": {"co2": {"background": "f.nc"}}},
        {"targets": {"eu": {"field": "nep", "region": ["Europe"]}, "fields": []}},
    ],
)
def test_open_tables_take_settings_and_names(table):
    assert errors(table) == []


def test_keys_have_descriptions_defaults_and_limits():
    workers = json_schema()["properties"]["compute"]["properties"]["workers"]
    assert workers["default"] == 1 and workers["minimum"] == 1 and workers["description"]


def test_the_command_prints_the_schema_or_all_keys(capsys):
    config_command(schema=True)
    assert json.loads(capsys.readouterr().out) == json_schema()
    config_command()
    printed = capsys.readouterr().out
    assert "[streams.NAME]" in printed and "spin_up_years" in printed
