"""History matching and MCMC on an emulator, on problems with known answers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from attrs import evolve
from ccdas_methods.emulators.emulator_mcmc import EmulatorMcmc
from ccdas_methods.emulators.gaussian_process import (
    VARIANCE_FLOOR,
    Emulator,
    OutputProcess,
    emulator,
    output_process,
)
from ccdas_methods.emulators.history_matching import HistoryMatching
from ccdas_methods.emulators.implausibility import Wave
from ccdas_methods.emulators.outputs import outputs_of
from ccdas_methods.emulators.space import Box, refilled, spread_points

from ccdas_framework import Budget, BudgetSpent, InvalidInput
from ccdas_framework.testing import KNOWN_PROBLEMS, checks_for, known_problem

MATCHING = HistoryMatching(points=1000)
SHORT_CHAINS = EmulatorMcmc(stages=2, warm_up=20, draws=40)
BOTH = (MATCHING, SHORT_CHAINS)


def name_of(value):
    return type(value).__name__


# -- Gaussian processes ---------------------------------------------------------------------


def test_a_constant_output_is_taken_as_it_is():
    x = np.random.default_rng(1).normal(size=(20, 2))
    mean, variance = output_process(x, np.full(20, 3.0), 1).predict(x + 5.0)
    np.testing.assert_allclose(mean, 3.0, rtol=1e-12)
    np.testing.assert_array_equal(variance, VARIANCE_FLOOR)


def test_a_linear_output_is_its_trend():
    x = np.random.default_rng(1).normal(size=(20, 2))
    mean, variance = output_process(x, 1.0 + x @ [2.0, -3.0], 1).predict(x + 5.0)
    np.testing.assert_allclose(mean, 1.0 + (x + 5.0) @ [2.0, -3.0], rtol=1e-10)
    np.testing.assert_array_equal(variance, VARIANCE_FLOOR)


def test_the_variance_grows_away_from_the_runs_and_has_a_floor():
    x = np.linspace(-2.0, 2.0, 15)[:, None]
    process = output_process(x, np.sin(2.0 * x[:, 0]), 1)
    points = np.array([[0.0], [4.0], [6.0]])
    mean, variance = process.predict(points)
    np.testing.assert_allclose(mean[0], 0.0, atol=1e-3)
    assert VARIANCE_FLOOR <= variance[0] < variance[1] < variance[2]
    between = np.linspace(-1.9, 1.9, 50)[:, None]
    np.testing.assert_allclose(process.predict(between)[0], np.sin(2.0 * between[:, 0]), atol=0.01)


@pytest.mark.parametrize("spread", [0.01, 1.0, 20.0])
def test_a_very_smooth_output_of_crowded_runs_can_be_fitted(spread):
    """The matrix of such runs is singular to rounding without noise."""
    x = spread * np.random.default_rng(4).normal(size=(80, 2))
    process = output_process(x, x[:, 1] + x[:, 0] ** 2, 1)
    again = output_process(x[:60], x[:60, 1] + x[:60, 0] ** 2, 1, process)
    mean, _ = again.predict(x[60:])
    np.testing.assert_allclose(mean, x[60:, 1] + x[60:, 0] ** 2, atol=0.02 * max(spread, spread**2))


def test_the_prediction_is_that_of_scikit_learn():
    x = np.random.default_rng(2).normal(size=(25, 2))
    process = output_process(x, np.cos(x[:, 0]) * x[:, 1], 1)
    points = np.random.default_rng(3).normal(size=(10, 2))
    mean, sd = process.process.predict(points, return_std=True)
    trend = process.trend[0] + points @ process.trend[1:]
    got = process.predict(points)
    np.testing.assert_allclose(got[0], trend + process.scale * mean, rtol=1e-8, atol=1e-10)
    expected = np.maximum((process.scale * sd) ** 2, VARIANCE_FLOOR)
    np.testing.assert_allclose(got[1], expected, rtol=1e-4, atol=1e-9)


def test_runs_that_are_left_out_contradict_a_bad_emulator():
    x = np.linspace(-1.0, 1.0, 60)[:, None]
    good = emulator(x, x**2, 0.2, np.random.default_rng(1))
    assert good.trial_runs == 12
    assert not good.contradicted and not good.remarks and not good.doubts
    overconfident = Emulator((), trial_mean=0.1, trial_sd=3.0, trial_runs=20, runs=100)
    biased = Emulator((), trial_mean=1.5, trial_sd=1.0, trial_runs=20, runs=100)
    for bad in (overconfident, biased):
        assert bad.contradicted and bad.remarks and bad.doubts == ("contradicted-emulator",)


# -- outputs --------------------------------------------------------------------------------


def two_places():
    known = known_problem(np.eye(4), np.zeros(4), sd=1.0, prior_mean=np.zeros(4))
    stream = known.problem().streams["y"]
    labels = np.array(["a", "b", "a", "a"])
    labelled = SimpleNamespace(values=stream.values, whiten=stream.whiten, labels=labels)
    return SimpleNamespace(streams={"y": labelled})


@pytest.mark.parametrize("kind", ["observations", "places", "components"])
def test_each_output_has_an_error_variance_of_one(kind):
    """Whitened errors are N(0, I), so that rows of length 1 keep the variance."""
    residuals = np.random.default_rng(1).normal(size=(30, 4))
    outputs = outputs_of(two_places(), residuals, kind, 3)
    np.testing.assert_allclose(np.linalg.norm(outputs.weights, axis=1), 1.0, rtol=1e-12)
    assert len(outputs.names) == {"observations": 4, "places": 2, "components": 3}[kind]


def test_the_mean_of_a_place_keeps_a_common_misfit():
    outputs = outputs_of(two_places(), np.zeros((5, 4)), "places", 3)
    values = outputs.of(np.array([[2.0, 1.0, 2.0, 2.0]]))
    np.testing.assert_allclose(values, [[2.0 * np.sqrt(3.0), 1.0]])


@pytest.mark.parametrize(("most", "kind"), [(4, "observations"), (3, "places"), (1, "components")])
def test_many_observations_are_reduced_and_said(most, kind):
    residuals = np.random.default_rng(1).normal(size=(30, 4))
    outputs = outputs_of(two_places(), residuals, "auto", most)
    assert outputs.kind == kind
    assert outputs.remark


# -- points ---------------------------------------------------------------------------------


def test_a_latin_hypercube_has_one_point_in_each_slice():
    box = Box(np.array([-1.0, 0.0]), np.array([1.0, 4.0]))
    points = box.latin_hypercube(10, np.random.default_rng(1))
    slices = np.floor(10 * (points - box.lower) / (box.upper - box.lower)).astype(int)
    for column in slices.T:
        assert sorted(column) == list(range(10))


def test_refilled_points_are_uniform_in_two_separate_parts():
    generator = np.random.default_rng(1)

    def left(points):
        size = np.abs(points[:, 0])
        return (size > 1.0) & (size < 2.0)

    survivors = generator.uniform(1.0, 2.0, (40, 1)) * generator.choice([-1.0, 1.0], (40, 1))
    points = refilled(survivors, 4000, left, generator)
    assert left(points).all()
    size = np.sort(np.abs(points[:, 0]))
    assert np.max(np.abs(size - np.linspace(1.0, 2.0, len(size)))) < 0.08
    assert 0.3 < np.mean(points > 0.0) < 0.7


def test_spread_points_are_distinct():
    points = np.random.default_rng(1).normal(size=(100, 2))
    chosen = spread_points(points, 20, np.random.default_rng(1))
    assert len(np.unique(chosen, axis=0)) == 20


# -- history matching -----------------------------------------------------------------------


def test_a_constant_output_inside_the_cutoff_rules_out_nothing(sampled, direct):
    """|1 - x| / 0.5 <= 3 leaves half of the box from -3 to 3; the other output has 2."""
    run = sampled(MATCHING, direct(KNOWN_PROBLEMS["constant_output"]))
    assert run.status == "completed"
    np.testing.assert_allclose(run.numbers["space_left"], 0.5, atol=4.0 * np.sqrt(0.25 / 1000))
    assert run.draws.min() >= -0.5 - 1e-3 and run.draws.max() <= 2.5 + 1e-3
    np.testing.assert_allclose(run.numbers["least_implausibility"], 2.0, rtol=1e-5)


def test_a_constant_output_beyond_the_cutoff_rules_out_everything(sampled, direct):
    run = sampled(MATCHING, direct(KNOWN_PROBLEMS["constant_output_contradicted"]))
    assert run.status == "ruled out"
    assert run.numbers["space_left"] == 0.0
    assert "'y' at y2" in run.message
    np.testing.assert_allclose(run.numbers["least_implausibility"], 4.0, rtol=1e-5)
    assert np.isfinite(run.x).all()


def test_model_discrepancy_is_added_as_a_variance(sampled, direct):
    """4 / sqrt(1 + d^2) is below 3 for d = 1."""
    method = evolve(MATCHING, discrepancy=1.0)
    run = sampled(method, direct(KNOWN_PROBLEMS["constant_output_contradicted"]))
    assert run.status == "completed"
    np.testing.assert_allclose(run.numbers["least_implausibility"], 4.0 / np.sqrt(2.0), rtol=1e-5)


def test_the_variance_of_the_emulator_is_added():
    class Fixed(OutputProcess):
        def predict(self, points):
            return np.full(len(points), 4.0), np.full(len(points), 3.0)

    outputs = outputs_of(two_places(), np.zeros((5, 4)), "observations", 4)
    process = Fixed(np.zeros(2), np.zeros((1, 1)), None, 0.0)
    wave = Wave(outputs, Emulator((process,), 0.0, 1.0, 5, 20), 0.0)
    np.testing.assert_allclose(wave.implausibilities(np.zeros((1, 4))), 4.0 / 2.0)


def test_the_truth_is_left_and_both_minima_are(sampled, direct):
    run = sampled(MATCHING, direct(KNOWN_PROBLEMS["two_minima"]))
    x = run.draws[:, 0]
    # |2 - x^2| <= 0.9 leaves 1.0488 to 1.7029 on both sides
    assert np.abs(x).min() > 1.0 and np.abs(x).max() < 1.75
    assert 0.3 < np.mean(x > 0.0) < 0.7
    np.testing.assert_allclose(run.numbers["space_left"], 2 * (1.7029 - 1.0488) / 6.0, atol=0.06)


def test_later_waves_run_only_points_that_are_left(sampled, direct):
    problem = direct(KNOWN_PROBLEMS["two_minima"])
    sampled(MATCHING, problem)
    later = np.abs(np.array(problem.seen)[20:, 0])
    assert len(later) == 40
    assert later.min() > 1.0 and later.max() < 1.75


def test_the_share_of_the_space_falls_wave_by_wave(sampled, direct):
    numbers = sampled(MATCHING, direct(KNOWN_PROBLEMS["banana"])).numbers
    shares = [numbers[f"space_left_{n}"] for n in (1, 2, 3)]
    assert shares[0] >= shares[1] >= shares[2] == numbers["space_left"] > 0.0


# -- MCMC on an emulator --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["constant_output", pytest.param("log_normal_observed", marks=pytest.mark.science)]
)
def test_moments_on_the_emulator_are_those_of_the_posterior(sampled, direct, name):
    known = KNOWN_PROBLEMS[name]
    run = sampled(EmulatorMcmc(stages=2, warm_up=100, draws=300), direct(known))
    size = run.diagnostics["effective_sample_size"][0]
    assert run.failed == 0 and run.counts.get("cost", 40) == 40
    assert abs(run.mean[0] - known.answer.mean[0]) <= 5.0 * known.answer.sd[0] / np.sqrt(size)
    assert abs(run.sd[0] / known.answer.sd[0] - 1.0) <= 5.0 / np.sqrt(size)


@pytest.mark.science
@pytest.mark.parametrize(
    "name", ["rank_deficient", "bound_at_optimum", "many_observations", "two_minima", "banana"]
)
def test_moments_on_the_emulator_are_right_or_marked(sampled, direct, name):
    known = KNOWN_PROBLEMS[name]
    run = sampled(EmulatorMcmc(), direct(known))
    if "chains-not-mixed" in run.doubts:  # a row that is marked claims nothing
        return
    size = run.diagnostics["effective_sample_size"]
    assert np.all(np.abs(run.mean - known.answer.mean) <= 5.0 * known.answer.sd / np.sqrt(size))
    assert np.all(np.abs(run.sd / known.answer.sd - 1.0) <= 5.0 / np.sqrt(size) + 0.05)


# -- both -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", BOTH, ids=name_of)
def test_failed_runs_are_counted_and_left_out(sampled, direct, method):
    budget = Budget()
    run = sampled(method, direct(KNOWN_PROBLEMS["failing_model"]), budget=budget)
    assert run.status == "completed"
    assert run.failed == budget.failed > 0
    assert np.isfinite(run.x).all()


@pytest.mark.parametrize("method", BOTH, ids=name_of)
def test_a_method_whose_runs_all_fail_ends_at_once(sampled, direct, method):
    problem = direct(KNOWN_PROBLEMS["failing_model"], lambda p, xp: np.nan * p)
    run = sampled(method, problem)
    assert run.status == "failed"
    assert problem.runs == run.failed == 20
    assert "20 of 20" in run.message


@pytest.mark.parametrize("method", BOTH, ids=name_of)
def test_no_point_outside_the_bounds_is_run_or_drawn(sampled, direct, method):
    problem = direct(KNOWN_PROBLEMS["bound_at_optimum"])
    run = sampled(method, problem)
    assert min(x[0] for x in problem.seen) >= 0.0
    assert run.draws[:, 0].min() >= 0.0


@pytest.mark.parametrize("method", BOTH, ids=name_of)
def test_interrupted_and_resumed_equals_uninterrupted(sampled, direct, method):
    problem = direct(KNOWN_PROBLEMS["failing_model"])
    whole = sampled(method, problem)

    def stop(ensemble):
        raise KeyboardInterrupt

    interrupted = sampled(method, problem, callback=stop)
    assert interrupted.status == "interrupted"
    before = problem.runs
    resumed = sampled(method, problem, seed=99, earlier=interrupted)
    np.testing.assert_array_equal(resumed.x, whole.x)
    assert resumed.remarks == whole.remarks
    waves = method.waves if isinstance(method, HistoryMatching) else method.stages
    assert problem.runs - before == 20 * (waves - 1)


@pytest.mark.parametrize("method", BOTH, ids=name_of)
def test_a_budget_that_ends_inside_a_wave_leaves_the_last_whole_one(sampled, direct, method):
    problem, budget, received = direct(KNOWN_PROBLEMS["banana"]), Budget(30), []
    with pytest.raises(BudgetSpent):
        sampled(method, problem, budget=budget, callback=received.append)
    assert problem.runs == 30
    assert [run.numbers["runs"] for run in received] == [20.0]


@pytest.mark.parametrize("method", BOTH, ids=name_of)
@pytest.mark.parametrize(
    ("name", "code"), [("heavy_tails", "robust-errors"), ("funnel", "prior-not-gaussian")]
)
def test_problems_that_are_not_gaussian_are_refused(sampled, method, name, code):
    with pytest.raises(InvalidInput) as refused:
        sampled(method, KNOWN_PROBLEMS[name].problem())
    assert refused.value.code == code


@pytest.mark.parametrize(
    "check", [pytest.param(c, id=f"{type(m).__name__}: {c!r}") for m in BOTH for c in checks_for(m)]
)
def test_conforms(check):
    check()
