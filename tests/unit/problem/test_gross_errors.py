"""The gross check leaves out and names observations far from the run at the prior mean."""

import numpy as np
import pytest
from assembling import assemble
from attrs import evolve, frozen
from findings import codes, raises_finding
from line import OPERATORS, CellLevel, Line, TotalLevel, correlated_prior, observations
from toy import toy_forcing

from ccdas_framework import Dense, Diagonal, area_mean, cell_stream
from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.priors import Gaussian
from ccdas_framework.problem.assembly import without_gross_errors
from ccdas_framework.problem.gross_errors import REASON, GrossCheck

FORCING = toy_forcing()
SD = 0.3
WRONG = 5  # position of the wrong observation


def problem_of(records, engine, checks=None, operators=OPERATORS, **further):
    settings = {"prior": correlated_prior, **further}
    return assemble(
        model_name="line", model=Line(), operators={n: operators[n] for n in records},
        observations=records, forcing=FORCING, engine=engine, gross_checks=checks, **settings,
    )  # fmt: skip


def simulated(engine, operators=OPERATORS):
    """H at the mean of the parameter table of each stream."""
    problem = problem_of(observations(FORCING, SD), engine, operators=operators)
    return problem.simulate(np.zeros(len(problem.control)))


def with_value(record, position, value):
    values = record.values.copy()
    values[position] = value
    return record.with_values(values)


def without(record, *positions):
    return record.take(np.delete(np.arange(len(record)), positions))


def faulty_records(engine, distance=50.0, name="level"):
    """Records whose value at `WRONG` is so many sd from H(x_b), or one of the totals."""
    records = observations(FORCING, SD)
    position = WRONG if name == "level" else 1
    value = simulated(engine)[name][position] + distance * records[name].sd[position]
    return {**records, name: with_value(records[name], position, value)}, position


def require_same(problem, twin, name="level"):
    """The streams are those of the twin, and so are cost and gradient elsewhere."""
    np.testing.assert_array_equal(problem.streams[name].values, twin.streams[name].values)
    x = 0.3 * np.arange(len(twin.control)) - 0.4
    cost, gradient = problem.value_and_gradient(x)
    expected, slope = twin.value_and_gradient(x)
    assert cost == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["level", "total"])
@pytest.mark.parametrize("blocks", [1, 3])
def test_an_observation_fifty_sd_away_is_left_out_and_named(engine, name, blocks):
    records, position = faulty_records(engine, name=name)
    problem = problem_of(records, engine, {name: GrossCheck(30.0)}, blocks=blocks)
    sound = {**records, name: without(records[name], position)}
    require_same(problem, problem_of(sound, engine, blocks=blocks), name)
    stream = problem.streams[name]
    assert stream.dropped == {REASON: 1} and position not in stream.index
    (error,) = stream.gross_errors
    assert error.place == records[name].label[position]
    assert error.day == records[name].start[position]
    assert error.observed == records[name].values[position]
    assert error.simulated == pytest.approx(simulated(engine)[name][position], rel=1e-12)
    assert error.ratio == pytest.approx(50.0, rel=1e-12)


def test_observations_keep_their_positions_in_the_file(engine):
    records, _ = faulty_records(engine)
    stream = problem_of(records, engine, {"level": GrossCheck(30.0)}).streams["level"]
    assert len(stream.observations) == len(records["level"])
    np.testing.assert_array_equal(stream.observations.values[stream.index], stream.values)


def test_without_a_check_nothing_is_left_out(engine):
    stream = problem_of(faulty_records(engine)[0], engine).streams["level"]
    assert stream.gross_errors == () and stream.dropped == {}


def test_a_check_that_finds_nothing_changes_nothing(engine):
    records = observations(FORCING, SD)
    checked = problem_of(records, engine, {"level": GrossCheck(100.0)})
    require_same(checked, problem_of(records, engine))


@pytest.mark.parametrize(
    "further",
    [
        {"prior": Gaussian.for_control},
        {"changes": {"line.offset": {"active": False}, "level.bias": {"active": False}}},
        {"changes": {"line.trend": {"sd": 0.2}}},
    ],
)
def test_the_selection_does_not_depend_on_prior_or_active_parameters(autograd, further):
    """At the mean of the table, not at that of a prior elsewhere, as in a second stage."""
    records, _ = faulty_records(autograd)
    check = {"level": GrossCheck(4.0)}
    index = problem_of(records, autograd, check).streams["level"].index
    assert len(records["level"]) - len(index) > 1  # so that other values are near the limit
    other = problem_of(records, autograd, check, **further).streams["level"].index
    np.testing.assert_array_equal(other, index)
    alone = problem_of({"level": records["level"]}, autograd, check).streams["level"].index
    np.testing.assert_array_equal(alone, index)


@pytest.mark.parametrize("share", [-1e-12, 0.0, 1e-12])
def test_a_value_at_the_limit_is_kept_on_every_engine(engine, share):
    records, _ = faulty_records(engine, distance=30.0 * (1.0 + share))
    problem = problem_of(records, engine, {"level": GrossCheck(30.0)})
    assert len(problem.streams["level"].values) == len(records["level"])


def test_the_spread_adds_to_the_error_in_quadrature(autograd):
    records, _ = faulty_records(autograd)
    spread = SD * np.sqrt((50.0 / 30.0) ** 2 - 1.0)  # the limit is 50 sd
    for share, left_out in ((0.999, 1), (1.001, 0)):
        check = GrossCheck(30.0, share * spread)
        stream = problem_of(records, autograd, {"level": check}).streams["level"]
        assert len(stream.gross_errors) == left_out


def test_more_than_half_is_refused_with_the_key(autograd):
    records = observations(FORCING, 1e-4)
    with raises_finding("too-many-gross-errors", "streams.level.gross_error", InvalidExperiment):
        problem_of(records, autograd, {"level": GrossCheck(3.0)})


def test_one_of_two_may_be_left_out(autograd):
    records, _ = faulty_records(autograd)
    records["level"] = records["level"].take(np.array([WRONG, WRONG + 1]))
    stream = problem_of(records, autograd, {"level": GrossCheck(30.0)}).streams["level"]
    assert stream.index.tolist() == [1]


def test_missing_and_no_values_are_no_gross_errors(autograd):
    records = observations(FORCING, SD)
    missing = {"level": with_value(records["level"], 2, np.nan)}
    stream = problem_of(missing, autograd, {"level": GrossCheck(50.0)}).streams["level"]
    assert stream.gross_errors == () and np.isnan(stream.values[2])
    nowhere = evolve(records["level"], latitude=np.full(len(records["level"]), -80.0))
    stream = problem_of({"level": nowhere}, autograd, {"level": GrossCheck(5.0)}).streams["level"]
    assert not len(stream.values)


@frozen
class CorrelatedTotal(TotalLevel):
    """Errors of neighbouring days are correlated."""

    def prepare(self, observations, domain, prior_fields):
        stream = super().prepare(observations, domain, prior_fields)
        day = stream.at["day"].astype(float)
        correlation = np.exp(-np.abs(day[:, None] - day[None, :]) / 7.0)
        return evolve(stream, covariance=Dense(np.outer(*[observations.sd] * 2) * correlation))


def test_correlated_errors_lose_the_row_of_the_observation(engine):
    records, position = faulty_records(engine, name="total")
    operators = {"total": CorrelatedTotal()}
    faulty = {"total": records["total"]}
    problem = problem_of(faulty, engine, {"total": GrossCheck(30.0)}, operators)
    sound = {"total": without(records["total"], position)}
    require_same(problem, problem_of(sound, engine, operators=operators), "total")


@frozen
class ScaledLevel(CellLevel):
    """Values and errors are scaled to the mean and spread of the prior run."""

    def prepare(self, observations, domain, prior_fields):
        stream = cell_stream(observations, domain)
        if not len(stream.values):
            return stream
        prior = area_mean(np.asarray(prior_fields()["level"]), stream.at, np)
        scale = np.std(prior) / np.std(stream.values)
        values = np.mean(prior) + scale * (stream.values - np.mean(stream.values))
        return evolve(stream, values=values, covariance=Diagonal(scale * stream.covariance.sd))


def test_a_gross_error_takes_no_part_in_a_scaling(engine):
    """It would put all values of its place beyond the limit."""
    record = observations(FORCING, 0.05)["level"]
    operators, check = {"level": ScaledLevel()}, GrossCheck(60.0)
    wrong = with_value(with_value(record, 2, 20.0), WRONG, 300.0)
    together = problem_of({"level": wrong}, engine, operators=operators)
    start = np.zeros(len(together.control))
    ratio = check.ratios(together.streams["level"], together.simulate(start)["level"])
    assert (ratio > check.limit).all()
    problem = problem_of({"level": wrong}, engine, {"level": check}, operators)
    sound = {"level": without(record, 2, WRONG)}
    require_same(problem, problem_of(sound, engine, operators=operators))
    observed = [error.day for error in problem.streams["level"].gross_errors]
    assert observed == [record.start[WRONG], record.start[2]]


def test_synthetic_values_stay_as_they_are(engine):
    records, operators = observations(FORCING, SD), {**OPERATORS, "level": ScaledLevel()}
    plain = problem_of(records, engine, operators=operators)
    near = plain.streams["level"]
    values = simulated(engine, operators)["level"] + 0.1 * near.sd
    values[WRONG] += 50.0 * near.sd[WRONG]
    synthetic = {**plain.streams, "level": near.with_values(values)}
    problem = plain.with_streams(synthetic, {})
    streams = without_gross_errors(problem, {"level": GrossCheck(30.0)}, records)
    kept = np.delete(np.arange(len(values)), WRONG)
    np.testing.assert_array_equal(streams["level"].index, kept)
    np.testing.assert_array_equal(streams["level"].values, values[kept])
    np.testing.assert_array_equal(streams["level"].unscaled.values, values[kept])
    others = {**records, "level": without(records["level"], WRONG)}
    expected = problem_of(others, engine, operators=operators).streams["level"]
    np.testing.assert_array_equal(streams["level"].sd, expected.sd)
    assert streams["level"].dropped == {REASON: 1}
    assert streams["total"] is problem.streams["total"]


def test_findings_of_several_streams_come_together(autograd):
    checks = {"level": GrossCheck(1.0), "total": GrossCheck(1.0)}
    with pytest.raises(InvalidExperiment) as caught:
        problem_of(observations(FORCING, 1e-4), autograd, checks)
    assert {where for _, where in codes(caught)} == {
        "streams.level.gross_error", "streams.total.gross_error",
    }  # fmt: skip
