"""Ensemble Kalman methods on problems with known answers, and with runs that fail."""

from __future__ import annotations

import numpy as np
import pytest
from attrs import evolve
from ccdas_methods.ensembles.convergence import convergence
from ccdas_methods.ensembles.es_mda import EsMda
from ccdas_methods.ensembles.four_d_en_var import FourDEnVar
from ccdas_methods.ensembles.kalman_inversion import EnsembleKalmanInversion

from ccdas_framework import Budget, BudgetSpent, FailedRun, InvalidInput
from ccdas_framework.problem.counted_problem import CountedProblem
from ccdas_framework.testing import (
    KNOWN_PROBLEMS,
    checks_for,
    ensemble_disagreements,
    known_problem,
)

ONE_STEP = (
    EsMda(alpha=(1.0,)),
    EnsembleKalmanInversion(adaptive=False, steps=1),
    EnsembleKalmanInversion(adaptive=False, steps=1, perturbed=False),
    FourDEnVar(iterations=1),
)
SEVERAL_STEPS = (
    EsMda(),
    EnsembleKalmanInversion(),
    FourDEnVar(),
    pytest.param(EsMda(alpha=(10.0, 5.0, 2.5, 10.0 / 3.0)), marks=pytest.mark.science),
    pytest.param(EnsembleKalmanInversion(perturbed=False), marks=pytest.mark.science),
    pytest.param(FourDEnVar(redraw=True), marks=pytest.mark.science),
)
ALL = (EsMda(), EnsembleKalmanInversion(), FourDEnVar())
# the limit of many members is the exact answer, however many steps lead there
LINEAR = (
    "rank_deficient", "strong_correlation", "unobserved_parameter", "log_normal_log_observed",
    "constant_output", "constant_output_contradicted", "unequal_errors", "many_observations",
)  # fmt: skip
NOT_LINEAR = ("log_normal_observed", "failing_model", "two_minima")


def name_of(value):
    return type(value).__name__


def averages(sampled, direct, method, known, repeats):
    problem = direct(known)
    runs = [sampled(method, problem, seed) for seed in range(repeats)]
    assert {run.status for run in runs} == {"completed"}
    return np.mean([run.mean for run in runs], axis=0), np.mean([run.sd for run in runs], axis=0)


# -- known answers --------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*LINEAR, *NOT_LINEAR])
@pytest.mark.parametrize("method", ONE_STEP, ids=name_of)
def test_one_step_has_the_limit_of_the_problem(sampled, direct, method, name):
    known = KNOWN_PROBLEMS[name]
    mean, sd = averages(sampled, direct, method, known, 4)
    if name == "failing_model" and isinstance(method, FourDEnVar):
        # its perturbations stand around x_b whichever fail, so that its limit is another one
        assert abs(mean[0] - known.answer.mean[0]) <= 0.6 * known.answer.sd[0]
        return
    assert ensemble_disagreements(known, mean, sd, 100, 4) == []


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("method", SEVERAL_STEPS, ids=name_of)
def test_several_steps_have_the_same_limit_on_a_linear_problem(sampled, direct, method, name):
    known = KNOWN_PROBLEMS[name]
    mean, sd = averages(sampled, direct, method, known, 4)
    assert ensemble_disagreements(known, mean, sd, 100, 4) == []


@pytest.mark.parametrize("method", SEVERAL_STEPS, ids=name_of)
def test_two_equal_minima_leave_the_prior(sampled, direct, method):
    """x and x^2 are uncorrelated, so that the limit is the prior after any number of steps."""
    known = KNOWN_PROBLEMS["two_minima"]
    run = sampled(evolve(method, members=200), direct(known))
    assert abs(run.mean[0]) <= 8.0 / np.sqrt(200)
    assert abs(run.sd[0] - 1.0) <= 4.0 / np.sqrt(200)


def test_four_steps_of_a_nonlinear_problem_differ_from_one(sampled, direct):
    known = KNOWN_PROBLEMS["log_normal_observed"]
    mean, sd = averages(sampled, direct, EsMda(members=1000), known, 4)
    np.testing.assert_allclose(mean, 0.856, atol=4.0 * 0.62 * 1.8 / np.sqrt(4000))
    np.testing.assert_allclose(sd, 1.01 * known.answer.sd, rtol=0.03)


@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_members_agree_where_an_observation_is_precise(sampled, direct, method):
    x = sampled(method, direct(KNOWN_PROBLEMS["unequal_errors"])).draws
    assert np.abs(x.sum(axis=1) - 2.0).max() < 1e-5


@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_twenty_members_find_two_parameters_from_two_hundred_observations(sampled, direct, method):
    known = KNOWN_PROBLEMS["many_observations"]
    mean, sd = averages(sampled, direct, evolve(method, members=20), known, 20)
    assert np.all(np.abs(mean - known.answer.mean) <= 0.4 * known.answer.sd)
    assert np.all(np.abs(sd / known.answer.sd - 1.0) <= 0.35)


@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_no_matrix_of_the_size_of_the_observations_is_formed(sampled, direct, method, monkeypatch):
    largest = []
    original = np.linalg.svd

    def svd(matrix, **options):
        largest.append(min(np.shape(matrix)))
        return original(matrix, **options)

    def forbidden(*arguments, **options):
        raise AssertionError("a matrix was inverted")

    monkeypatch.setattr(np.linalg, "svd", svd)
    monkeypatch.setattr(np.linalg, "inv", forbidden)
    monkeypatch.setattr(np.linalg, "solve", forbidden)
    sampled(evolve(method, members=20), direct(KNOWN_PROBLEMS["many_observations"]))
    assert largest and max(largest) <= 20


def test_the_smoother_equals_the_formula_with_an_inverse(sampled, direct):
    """x + C_xy (C_yy + alpha R)^-1 (y + sqrt(alpha) e - h), Emerick and Reynolds (2013), eq. 3."""
    known = KNOWN_PROBLEMS["rank_deficient"]
    matrix = known.function.matrix / known.errors.sd[:, None]
    before, method = [], EsMda(members=10, alpha=(2.0, 2.0))
    after = sampled(method, direct(known), callback=lambda e: before.append(e))
    from ccdas_methods.ensembles.member_draws import MemberStreams

    x = before[0].draws
    noise = MemberStreams(int(after.state["root"])).normal(2, np.arange(10), 2)
    residuals = known.values / known.errors.sd - x @ matrix.T
    covariance = np.cov(np.hstack([x, x @ matrix.T]), rowvar=False)
    gain = covariance[:4, 4:] @ np.linalg.inv(covariance[4:, 4:] + 2.0 * np.eye(2))
    expected = x + (residuals + np.sqrt(2.0) * noise) @ gain.T
    np.testing.assert_allclose(after.draws, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "method", [lambda n: EsMda(members=n), lambda n: FourDEnVar(members=n, iterations=1)]
)
def test_errors_fall_with_the_root_of_the_number_of_members(direct, method):
    known = KNOWN_PROBLEMS["unobserved_parameter"]
    problem = direct(known)
    result = convergence(
        method, lambda budget: CountedProblem(problem, budget), known.answer.mean, known.answer.sd,
        members=(25, 50, 100, 200), repeats=12,
    )  # fmt: skip
    assert -0.7 < result.slope < -0.35
    assert -0.7 < result.sd_slope < -0.35


# -- spread ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_inflation_lifts_no_sd_above_that_of_the_prior(sampled, direct, method):
    known = KNOWN_PROBLEMS["unobserved_parameter"]
    inflating = evolve(method, members=50, inflation=1.5)
    _, sd = averages(sampled, direct, inflating, known, 10)
    assert sd[2] < 1.5 * (1.0 + 4.0 / np.sqrt(500))
    _, without = averages(sampled, direct, evolve(method, members=50), known, 10)
    assert sd[0] > 1.2 * without[0]


@pytest.mark.parametrize("kind", ["threshold", "taper"])
@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_localisation_keeps_the_spread_of_many_parameters(sampled, direct, method, kind):
    known = KNOWN_PROBLEMS["many_parameters"]
    local = evolve(method, members=20, localisation=kind)
    problem = direct(known)
    runs = [sampled(local, problem, seed) for seed in range(10)]
    variance = np.mean([run.sd**2 for run in runs])
    np.testing.assert_allclose(variance, 0.49, rtol=0.1)


def test_without_localisation_few_members_lose_the_spread_and_say_so(sampled, direct):
    known = KNOWN_PROBLEMS["many_parameters"]
    problem = direct(known)
    for members, variance, error in ((20, 0.28, 0.44), (100, 0.45, 0.19)):
        runs = [sampled(EsMda(members=members, alpha=(1.0,)), problem, s) for s in range(10)]
        np.testing.assert_allclose(np.mean([r.sd**2 for r in runs]), variance, rtol=0.1)
        errors = [np.sqrt(np.mean((r.mean - 0.5) ** 2)) for r in runs]
        np.testing.assert_allclose(np.mean(errors), error, rtol=0.35)
        warned = [any("parameters" in remark for remark in r.remarks) for r in runs]
        assert set(warned) == {members <= 40}


def test_the_time_and_the_perturbations_are_numbers(sampled, direct):
    problem = direct(KNOWN_PROBLEMS["rank_deficient"])
    for method in (EsMda(), EnsembleKalmanInversion(), EnsembleKalmanInversion(adaptive=False)):
        numbers = sampled(method, problem).numbers
        np.testing.assert_allclose(numbers["time"], 1.0, atol=1e-9)
        assert numbers["perturbed"] == 1.0
    numbers = sampled(EnsembleKalmanInversion(perturbed=False), problem).numbers
    assert numbers["perturbed"] == 0.0


def test_an_inversion_that_ends_early_says_its_time(sampled, direct):
    run = sampled(EnsembleKalmanInversion(most_steps=2), direct(KNOWN_PROBLEMS["unequal_errors"]))
    assert run.numbers["time"] < 1e-6
    assert run.status == "completed"
    assert run.remarks


@pytest.mark.parametrize("alpha", [(2.0, 4.0), (), (1.0, -1.0), (np.inf,)])
def test_factors_whose_inverses_do_not_add_up_to_one_are_refused(alpha):
    with pytest.raises(ValueError):
        EsMda(alpha=alpha)


# -- bounds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_no_member_outside_the_bounds_is_run(sampled, direct, method):
    known = KNOWN_PROBLEMS["bound_at_optimum"]
    problem = direct(known)
    run = sampled(method, problem)
    assert min(x[0] for x in problem.seen) >= 0.0
    assert run.draws[:, 0].min() >= 0.0
    assert run.numbers["moved_to_bounds"] > 0.3 * 100
    assert not known.control.outside(run.mean)


# -- runs that fail -------------------------------------------------------------------------


@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_failed_members_are_counted_and_left_out(sampled, direct, method):
    known, budget = KNOWN_PROBLEMS["failing_model"], Budget()
    first = []
    run = sampled(method, direct(known), budget=budget, callback=first.append)
    share = first[0].failed / 100
    assert abs(share - 0.2) <= 4.0 * np.sqrt(0.16 / 100)
    assert run.failed == budget.failed == run.numbers["failed_members"] >= first[0].failed
    assert np.isfinite(run.x).all()
    assert abs(run.mean[0] - known.answer.mean[0]) <= 0.6 * known.answer.sd[0]


@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_a_declared_failure_equals_nan_and_another_error_passes(sampled, direct, method):
    known = KNOWN_PROBLEMS["failing_model"]

    def raising(error):
        def function(p, xp):
            if p[0] <= -0.8416212336:
                raise error("below the limit")
            return 1.0 * p

        return function

    by_nan = sampled(method, direct(known))
    by_error = sampled(method, direct(known, raising(FailedRun)))
    np.testing.assert_array_equal(by_nan.x, by_error.x)
    assert "below the limit" in " ".join(by_error.remarks)
    with pytest.raises(ZeroDivisionError):
        sampled(method, direct(known, raising(ZeroDivisionError)))


@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_an_ensemble_whose_members_all_fail_ends_at_once(sampled, direct, method):
    problem = direct(KNOWN_PROBLEMS["failing_model"], lambda p, xp: np.nan * p)
    run = sampled(method, problem)
    assert run.status == "failed"
    assert run.failed == 100 == problem.runs
    assert "100 of 100" in run.message and "'y' at y1" in run.message
    assert np.isfinite(run.x).all()


@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_an_absurd_member_does_not_ruin_the_others(sampled, direct, method):
    known = KNOWN_PROBLEMS["strong_correlation"]
    problem = direct(known)
    matrix = known.function.matrix

    def absurd(p, xp):
        return matrix @ p * (1e30 if problem.runs == 5 else 1.0)

    problem.function = absurd
    budget = Budget()
    run = sampled(method, problem, budget=budget)
    assert run.failed == budget.failed == 1
    assert ensemble_disagreements(known, run.mean, run.sd, 99) == []


def test_a_stream_that_fails_in_all_members_is_named_as_the_cause(sampled):
    class TwoStreams:
        def __init__(self):
            known = known_problem([[1.0], [1.0]], [1.0, 2.0], sd=0.5, prior_mean=[0])
            base = known.problem()
            self.control, self.prior = base.control, base.prior
            self.streams = {"good": base.streams["y"], "bad": base.streams["y"]}

        def simulate(self, x):
            return {"good": np.repeat(x, 2), "bad": np.array([x[0], np.nan])}

    run = sampled(EsMda(), TwoStreams())
    assert run.status == "failed"
    assert "'bad' at y2 (number 2)" in run.message
    assert "stream 'bad' fails" in run.message and "'good'" not in run.message


@pytest.mark.parametrize("localisation", ["none", "taper"])
def test_a_parameter_whose_members_all_end_at_a_bound_is_named_once(sampled, localisation):
    """Its observation lies far beyond the bound: the first update moves all members to it."""
    known = known_problem(
        [[1, 0.5], [0, 1], [0, 0]], [-100, 1, 3], sd=0.5, prior_mean=[0.5, 0],
        bounds={"x1": (0.0, np.inf)},
    )  # fmt: skip
    with np.errstate(all="raise"):
        run = sampled(EsMda(members=40, localisation=localisation), known.problem())
    assert run.status == "completed" and np.isfinite(run.x).all()
    assert np.all(run.draws[:, 0] == run.draws[0, 0]) and run.draws[:, 0].min() >= 0.0
    assert run.sd[1] > 0.1
    assert sum("without spread" in r and "known.x1" in r for r in run.remarks) == 1
    assert sum("'y' at y3" in remark for remark in run.remarks) == 1  # named in a step before


def test_constant_outputs_are_named_once(sampled, direct):
    run = sampled(EsMda(), direct(KNOWN_PROBLEMS["constant_output"]))
    assert sum("'y' at y2 (number 2)" in remark for remark in run.remarks) == 1


# -- refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ALL, ids=name_of)
@pytest.mark.parametrize(
    ("name", "code"), [("heavy_tails", "robust-errors"), ("funnel", "prior-not-gaussian")]
)
def test_problems_that_are_not_gaussian_are_refused(sampled, method, name, code):
    with pytest.raises(InvalidInput) as refused:
        sampled(method, KNOWN_PROBLEMS[name].problem())
    assert refused.value.code == code


# -- random numbers, resuming, budget -------------------------------------------------------


@pytest.mark.parametrize("method", [*ALL, FourDEnVar(redraw=True)], ids=name_of)
def test_the_global_generator_has_no_influence_and_stays(sampled, direct, method):
    problem = direct(KNOWN_PROBLEMS["rank_deficient"])
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = sampled(method, problem, seed=3)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.random.seed(2)
    np.testing.assert_array_equal(first.x, sampled(method, problem, seed=3).x)
    assert np.any(first.x != sampled(method, problem, seed=4).x)


@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_no_two_members_have_the_same_random_numbers(sampled, direct, method):
    x = sampled(method, direct(KNOWN_PROBLEMS["rank_deficient"])).draws
    assert len(np.unique(x[:, 2])) == len(x)


@pytest.mark.parametrize(
    "method", [*ALL, FourDEnVar(redraw=True), EnsembleKalmanInversion(inflation=1.1)], ids=name_of
)
@pytest.mark.parametrize("name", ["failing_model", "bound_at_optimum"])
def test_interrupted_and_resumed_equals_uninterrupted(sampled, direct, method, name):
    problem = direct(KNOWN_PROBLEMS[name])
    whole = sampled(method, problem)

    def stop(ensemble):
        parts.append(ensemble)
        raise KeyboardInterrupt

    parts = []
    interrupted = sampled(method, problem, callback=stop)
    assert interrupted.status == "interrupted"
    resumed = sampled(method, problem, seed=99, earlier=interrupted)
    np.testing.assert_array_equal(resumed.x, whole.x)
    assert resumed.remarks == whole.remarks
    assert dict(resumed.numbers) == dict(whole.numbers)


def test_ctrl_c_before_the_first_generation_passes(sampled, direct):
    def interrupt(p, xp):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sampled(EsMda(), direct(KNOWN_PROBLEMS["rank_deficient"], interrupt))


@pytest.mark.parametrize("method", ALL, ids=name_of)
def test_a_budget_that_ends_inside_a_generation_leaves_the_last_whole_one(sampled, direct, method):
    problem, budget, received = direct(KNOWN_PROBLEMS["rank_deficient"]), Budget(150), []
    with pytest.raises(BudgetSpent):
        sampled(method, problem, budget=budget, callback=received.append)
    assert problem.runs == 150
    assert len(received) == 1
    assert received[0].numbers["generations"] == 1.0


# -- conformance ----------------------------------------------------------------------------

CHECKS = [
    pytest.param(check, id=f"{type(method).__name__}: {check!r}")
    for method in ALL
    for check in checks_for(method)
]


@pytest.mark.parametrize("check", CHECKS)
def test_conforms(check):
    check()
