"""The gross check of a configuration: its keys, its warning, and the files that name its errors."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from attrs import evolve, field, frozen
from cuts import few_parameters
from findings import codes, raises_finding
from line import CellLevel

from ccdas_framework import load_experiment
from ccdas_framework.config.section import keys_of
from ccdas_framework.config.sections import StreamSection
from ccdas_framework.core.declarations import STREAM_KEYS, undeclared
from ccdas_framework.core.errors import CcdasWarning, InvalidExperiment
from ccdas_framework.experiment.forward import run_forward
from ccdas_framework.testing.check import CheckFailure
from ccdas_framework.testing.declaration_checks import is_declared

LIMIT = 30.0
TINY = Path(__file__).with_name("tiny")
KEY = "streams.vod.gross_error"


@pytest.fixture(scope="module")
def measured():
    """Values near the prior run, the same with the second one 50 sd away, and its position."""
    cut = few_parameters(("vod",), **{"streams.vod.gross_error": LIMIT})
    cut = evolve(cut, config=evolve(cut.config, truth=None))
    record = cut.observations["vod"]
    filled = evolve(record, values=np.full(len(record), 0.5), sd=np.full(len(record), 0.1))
    problem = evolve(cut, observations={"vod": filled}).build()
    stream = problem.streams["vod"]
    near = filled.values.copy()
    near[stream.index] = problem.simulate(problem.prior.mean)["vod"] + 0.5 * stream.sd
    far = near.copy()
    far[stream.index[1]] += 50.0 * stream.sd[1]
    sound, faulty = (
        evolve(cut, observations={"vod": filled.with_values(values)}) for values in (near, far)
    )
    return sound, faulty, stream.index[1]


def without(experiment, position):
    record = experiment.observations["vod"]
    others = record.take(np.delete(np.arange(len(record)), position))
    return evolve(experiment, observations={"vod": others})


def test_a_run_is_that_of_the_file_without_the_gross_error(measured):
    _, faulty, position = measured
    with pytest.warns(CcdasWarning) as caught:
        problem = faulty.build()
    assert [(w.message.code, w.message.where) for w in caught] == [("gross-errors", "streams.vod")]
    stream = problem.streams["vod"]
    twin = without(faulty, position).build()
    x = np.full(len(problem.control), 0.1)
    assert problem.cost(x) == pytest.approx(twin.cost(x), rel=1e-12)
    (error,) = stream.gross_errors
    assert error.day == faulty.observations["vod"].start[position]


def test_the_files_of_a_forward_run_name_it(measured, tmp_path):
    _, faulty, _ = measured
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CcdasWarning)
        run_forward(faulty, tmp_path / "out")
    with xr.open_dataset(tmp_path / "out" / "simulated.nc", group="vod") as group:
        (line,) = group.attrs["gross_errors"].splitlines()
    assert "ratio" in line
    dropped = json.loads((tmp_path / "out" / "provenance.json").read_text())["dropped"]
    assert dropped["vod"]["gross errors"] == 1


def test_sound_values_give_no_warning(measured):
    sound, _, _ = measured
    with warnings.catch_warnings():
        warnings.simplefilter("error", CcdasWarning)
        problem = sound.build()
    assert problem.streams["vod"].gross_errors == ()


def test_synthetic_observations_are_checked_too():
    plain = few_parameters(("vod",)).build()
    stream = plain.streams["vod"]
    start = np.zeros(len(plain.control))
    ratio = np.abs(stream.values - plain.simulate(start)["vod"]) / stream.sd
    second, first = np.sort(ratio)[-2:]
    cut = few_parameters(("vod",), **{KEY: float(0.5 * (first + second))})
    with pytest.warns(CcdasWarning) as caught:
        checked = cut.build().streams["vod"]
    assert [w.message.code for w in caught] == ["gross-errors"]
    kept = np.arange(len(ratio)) != np.argmax(ratio)
    np.testing.assert_array_equal(checked.values, stream.values[kept])


@pytest.mark.parametrize("value", [0.0, -3.0, True, "5", float("nan")])
def test_a_limit_that_is_no_positive_number_is_refused(value):
    with raises_finding("wrong-value", KEY, InvalidExperiment):
        few_parameters(("vod",), **{KEY: value})


def test_a_spread_without_a_limit_is_refused():
    with raises_finding("unused-key", f"{KEY}_spread", InvalidExperiment):
        few_parameters(("vod",), **{f"{KEY}_spread": 0.1})


def test_the_names_of_keys_of_a_stream_are_reserved():
    assert tuple(keys_of(StreamSection)) == STREAM_KEYS


@pytest.mark.parametrize("key", STREAM_KEYS)
def test_an_operator_with_a_setting_of_such_a_name_is_refused(key):
    operator = frozen(type("Named", (CellLevel,), {"__annotations__": {key: float}, key: 1.0}))()
    assert codes(undeclared(operator)) == [("reserved-name", key)]
    with pytest.raises(CheckFailure) as caught:
        is_declared(operator)
    assert ("reserved-name", key) in codes(caught.value.findings)


@frozen
class Renamed(CellLevel):
    """An operator whose setting has another name as a key."""

    largest_error: float = field(default=1.0, alias="gross_error")


def test_the_alias_of_a_setting_counts():
    assert codes(undeclared(Renamed())) == [("reserved-name", "gross_error")]


@pytest.mark.parametrize(("key", "lead"), [("", 0), ("gross_error = 1e3", 365)])
def test_the_lead_of_a_check_is_that_of_all_streams_of_the_file(tmp_path, key, lead):
    """H(x_b) depends on the lead, which a stream beside the checked one may make longer."""
    path = tmp_path / "file.toml"
    path.write_text(
        f"""
        inputs.folder = "{TINY}"
        model.name = "dalec"
        time.spin_up_years = 0
        [streams.flux]
        {key}
        [streams.vod]
        """
    )
    experiment = load_experiment(path, ["flux"], engine="autograd")
    assert experiment.forcing.domain.lead == lead
