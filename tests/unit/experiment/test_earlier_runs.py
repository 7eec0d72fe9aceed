"""Chains of runs: observations that count twice, and the targets of the run that is the prior."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from cuts import few_parameters
from findings import raises_finding
from toy import toy_forcing, toy_observations, toy_problem

from ccdas_framework import Diagonal
from ccdas_framework.core.errors import CcdasWarning
from ccdas_framework.experiment.earlier_runs import (
    earlier_runs,
    warn_of_repeated_observations,
    with_earlier_targets,
)
from ccdas_framework.outputs import RunFolder, Simulated
from ccdas_framework.outputs.result_datasets import declared_dataset, targets_dataset
from ccdas_framework.outputs.simulated_datasets import stream_dataset
from ccdas_framework.outputs.variable_tables import root_group

REPEATED = "repeated-observations"


@pytest.fixture(scope="module")
def streams(autograd):
    return toy_problem(autograd).streams


def scaled(stream, factor):
    """The stream as an operator scales it."""
    part = stream.parts[0]
    return evolve(stream, parts=(evolve(part, values=factor * part.values),))


def taken(stream, index):
    """The stream with some of its observations, in another order."""
    part = stream.parts[0]
    errors = Diagonal(part.covariance.sd[index])
    part = evolve(part, values=part.values[index], labels=part.labels[index], covariance=errors)
    return evolve(stream, parts=(part,), index=stream.index[index])


def written(path, streams, prior=None):
    """The folder of a run that has assimilated these streams."""
    prior = {} if prior is None else {"run": str(prior)}
    with RunFolder(path) as folder:
        folder.write_experiment({"prior": prior})
        groups = {
            name: stream_dataset(Simulated.of(stream, np.zeros(len(stream.index))))
            for name, stream in streams.items()
        }
        folder.write("simulated.nc", root_group(), groups)
    return path


def remarks(streams, prior=None):
    """(code, place) of each warning about the streams of a run, and the numbers in the text."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CcdasWarning)
        warn_of_repeated_observations(SimpleNamespace(streams=streams), prior)
    return [(w.message.code, w.message.where) for w in caught], " ".join(
        str(w.message) for w in caught
    )


def test_a_run_alone_repeats_nothing(streams):
    assert remarks(streams) == ([], "")


def test_a_stream_that_the_earlier_run_assimilated_under_another_name_is_noticed(streams, tmp_path):
    earlier = written(tmp_path / "first", {"bucket": streams["water"]})
    found, text = remarks(streams, str(earlier))
    assert found == [(REPEATED, "prior.run")] and "25 of 25" in text


def test_a_subset_in_another_order_is_counted(streams, tmp_path):
    earlier = written(tmp_path / "first", {"water": taken(streams["water"], np.arange(3, 9))})
    later = {"water": taken(streams["water"], np.arange(7, 2, -1))}
    found, text = remarks(later, str(earlier))
    assert found == [(REPEATED, "prior.run")] and "5 of 5" in text
    assert (
        "4 of 25"
        in remarks(
            streams,
            str(written(tmp_path / "other", {"water": taken(streams["water"], np.arange(4))})),
        )[1]
    )


def test_observations_are_compared_before_scaling(streams, tmp_path):
    earlier = written(tmp_path / "first", {"water": scaled(streams["water"], 1.7)})
    with xr.open_dataset(earlier / "simulated.nc", group="water") as data:
        np.testing.assert_array_equal(data["observed_unscaled"], streams["water"].values)
        np.testing.assert_allclose(data["observed"], 1.7 * streams["water"].values, rtol=1e-15)
    found, _ = remarks({"water": scaled(streams["water"], 0.4)}, str(earlier))
    assert found == [(REPEATED, "prior.run")]
    different = {"water": streams["water"].with_values(1.7 * streams["water"].values)}
    assert remarks(different, str(earlier))[0] == []


def test_what_was_not_scaled_is_written_once(streams):
    dataset = stream_dataset(Simulated.of(streams["water"], np.zeros(25)))
    assert "observed_unscaled" not in dataset and "quantity" not in dataset


def test_synthetic_observations_are_compared_with_synthetic_ones(streams, tmp_path):
    water = streams["water"]
    drawn = water.with_values(water.values + 0.1)
    earlier = written(tmp_path / "first", {"water": drawn})
    assert remarks({"water": water}, str(earlier))[0] == []
    assert remarks({"water": drawn}, str(earlier))[0] == [(REPEATED, "prior.run")]


def test_a_quantity_of_several_counts_for_itself(streams, tmp_path):
    observations = toy_observations(toy_forcing())["water"]
    names = np.where(np.arange(25) < 10, "gpp", "nee")
    both = evolve(streams["water"], observations=evolve(observations, extra={"quantity": names}))
    earlier = written(tmp_path / "first", {"flux": both})
    assert "10 of 10" in remarks({"gpp": taken(both, np.arange(10))}, str(earlier))[1]
    assert remarks(streams, str(earlier))[0] == []  # these are of the quantity 'water'


def test_the_first_of_three_stages_is_noticed(streams, tmp_path):
    first = written(tmp_path / "first", {"water": streams["water"]})
    second = written(tmp_path / "second", {"loss": streams["loss"]}, prior=first)
    assert earlier_runs(second) == [second, first]
    found, text = remarks({"water": streams["water"]}, str(second))
    assert found == [(REPEATED, "prior.run")] and str(first) in text
    assert remarks({"loss": streams["loss"]}, str(first))[0] == []


def test_an_earlier_run_that_is_gone_is_named(streams, tmp_path):
    second = written(tmp_path / "second", {"loss": streams["loss"]}, prior=tmp_path / "first")
    assert remarks({"water": streams["water"]}, str(second))[0] == [
        ("unknown-observations", "prior.run")
    ]


def test_a_damaged_experiment_of_an_earlier_run_is_named(tmp_path):
    (tmp_path / "experiment.toml").write_text("prior = [")
    with raises_finding("unreadable-file", "experiment.toml"):
        earlier_runs(tmp_path)


def test_a_run_that_is_its_own_prior_ends(streams, tmp_path):
    path = written(tmp_path / "first", {"water": streams["water"]}, prior=tmp_path / "first")
    assert earlier_runs(path) == [path]


def test_two_streams_of_one_run_with_the_same_values_are_noticed(streams):
    water = streams["water"]
    found, text = remarks({"water": water, "again": taken(water, np.array([4, 2]))})
    assert found == [(REPEATED, "streams.again")] and "2 of 2" in text
    assert (
        remarks({"water": taken(water, np.arange(5)), "rest": taken(water, np.arange(5, 25))})[0]
        == []
    )


def test_a_stage_of_the_demonstration_names_what_it_repeats(finished):
    result, _ = finished
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CcdasWarning)
        few_parameters(prior=str(result.folder)).build()
    found = [(w.message.code, w.message.where) for w in caught]
    assert found == [(REPEATED, "prior.run")] * len(result.problem.streams)


# -- targets --------------------------------------------------------------------------------------

YEAR = {"time_coverage_start": "2010-01-01", "time_coverage_end": "2010-12-31"}


@pytest.fixture
def first(tmp_path):
    """The folder of a run with targets."""
    numbers = {"posterior": np.array([[1.0, 2.0], [3.0, 4.0]])}
    numbers["posterior_sd"] = 0.1 * numbers["posterior"]
    root = targets_dataset(
        quantity=["gpp", "nep"], region=["north", "Global"], prior=np.zeros((2, 2)),
        attributes=YEAR, **numbers,
    )  # fmt: skip
    season = targets_dataset(
        quantity=["gpp"], region=["Global"], prior=np.zeros((1, 1)),
        posterior=np.array([[7.0]]), posterior_sd=np.array([[0.7]]),
    )  # fmt: skip
    site = declared_dataset(
        units=["mm"], declared=["site"], quantity=["water"], region=["one cell"], period=["annual"],
        statistic=["mean"], prior=[0.0], posterior=[5.0], posterior_sd=[0.5],
    )  # fmt: skip
    with RunFolder(tmp_path / "first") as folder:
        folder.write("targets.nc", root, {"DJF": season, "declared": site})
    return str(tmp_path / "first")


def tables():
    return {
        "nep": {"kind": "regions", "region": ["Global", "south"], "units": "PgC yr-1"},
        "gpp DJF": {"kind": "regions", "region": ["Global"], "units": "PgC yr-1"},
        "site": {"kind": "declared", "region": ["one cell"], "units": "mm"},
        "gpp": {"kind": "regions", "region": ["Global"], "units": "gC m-2 yr-1"},
    }


def test_targets_have_the_posterior_of_the_run_that_is_the_prior(first):
    found = with_earlier_targets(tables(), first, YEAR)
    np.testing.assert_array_equal(found["nep"]["earlier_posterior"], [4.0, np.nan])
    np.testing.assert_allclose(found["nep"]["earlier_posterior_sd"], [0.4, np.nan], rtol=1e-15)
    assert found["gpp DJF"]["earlier_posterior"].tolist() == [7.0]
    assert found["site"]["earlier_posterior_sd"].tolist() == [0.5]
    assert np.isnan(found["gpp"]["earlier_posterior"]).all()  # of another unit


def test_targets_of_another_window_are_others(first):
    assert with_earlier_targets(tables(), first, YEAR | {"time_coverage_end": "2011-12-31"}) == (
        tables()
    )


def test_targets_without_an_earlier_run_or_without_its_targets_stay(tmp_path):
    assert with_earlier_targets(tables(), None, YEAR) == tables()
    assert with_earlier_targets(tables(), str(tmp_path), YEAR) == tables()
