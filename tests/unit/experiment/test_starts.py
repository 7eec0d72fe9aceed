"""Several starting points: where they lie, distinct minima, what fails, and which end is kept."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from assembling import assemble
from attrs import frozen
from findings import raises_finding
from toy import toy_forcing, toy_problem

from ccdas_framework import (
    Dense,
    ObservationOperator,
    Observations,
    Parameter,
    ProcessModel,
    Variable,
    area_mean,
    cell_stream,
)
from ccdas_framework.config import Config
from ccdas_framework.core.result import Iteration, OptimisationResult
from ccdas_framework.execution import executor_of
from ccdas_framework.experiment.minima_summary import minima_summary, starts_lines, write_starts
from ccdas_framework.experiment.monitor import Monitor
from ccdas_framework.experiment.optimise import optimise
from ccdas_framework.experiment.starts import Start, Starts, starting_points
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.outputs import RunFolder
from ccdas_framework.posterior import gauss_newton_posterior, whitened_by_stream
from ccdas_framework.priors import Gaussian


@frozen
class Parabola(ProcessModel):
    """level = a^2 everywhere, so that an observed level has two answers; NaN beyond `limit`."""

    limit: float = np.inf
    requires = (Variable("inflow", "mm d-1", ("time", "cell")),)
    provides = (Variable("level", "mm", ("time", "column")),)
    parameters = (Parameter("a", "mm", 0.3, 1.0),)

    def prepare(self, forcing):
        grid = forcing.domain.grid
        return {"one": np.ones((forcing.domain.days, grid.columns))}

    def run(self, parameters, drivers, xp):
        a = parameters["a"]
        return {"level": xp.where(a > self.limit, np.nan, a**2) * drivers["one"]}


@frozen
class Level(ObservationOperator):
    """Mean level of a cell."""

    observes = Variable("level", "mm", ("obs",))
    requires = (Variable("level", "mm", ("time", "column")),)

    def prepare(self, observations, domain, prior_fields):
        return cell_stream(observations, domain)

    def observe(self, fields, parameters, at, xp):
        return area_mean(fields["level"], at, xp)


SD = 0.1


def parabola(engine, limit=np.inf):
    """One observation of level 1 with sd 0.1; a is 0.3 with sd 1, and x = a - 0.3."""
    forcing = toy_forcing()
    observations = Observations(
        values=[1.0], sd=[SD], start=["2010-01-02"], end=["2010-01-02"], latitude=[0.0],
        longitude=[0.0], altitude=[np.nan], label=["here"],
    )  # fmt: skip
    return assemble(
        model_name="parabola", model=Parabola(limit), operators={"level": Level()},
        observations={"level": observations}, forcing=forcing, engine=engine,
        prior=Gaussian.for_control,
    )  # fmt: skip


def minima():
    """Zeros of dJ/da of J = (a - 0.3)^2 / 2 + (a^2 - 1)^2 / (2 sd^2), and J there."""
    roots = np.roots([2.0 / SD**2, 0.0, 1.0 - 2.0 / SD**2, -0.3]).real
    left, right = min(roots), max(roots)
    cost = [0.5 * (a - 0.3) ** 2 + 0.5 * ((a**2 - 1.0) / SD) ** 2 for a in (left, right)]
    return (left, cost[0]), (right, cost[1])


def asked(starts, seed=1, optimiser=None):
    """What `optimise` looks at of an experiment."""
    config = Config.from_dict({"experiment": {"starts": starts, "seed": seed}})
    return SimpleNamespace(
        config=config, optimiser=optimiser or GaussNewton(iterations=100, distance=1e-6)
    )


def solved(problem, tmp_path, starts=3, executor=None, monitor=None, **further):
    folder = RunFolder(tmp_path / "out")
    experiment = asked(starts, **further)
    return optimise(experiment, problem, folder, monitor or Monitor(), 0.0, executor), folder


def spread(starts, problem):
    x = starts.best.x
    whitened = whitened_by_stream(problem, problem.derivatives(x)[1])
    posterior = gauss_newton_posterior(x, problem.prior, whitened)
    return minima_summary(starts, problem, posterior, whitened)


# -- where they lie -------------------------------------------------------------------------------


def test_the_first_is_the_prior_mean_and_the_next_two_lie_one_sd_on_either_side(autograd):
    problem = toy_problem(autograd)
    points = starting_points(problem, 5, seed=4)
    assert [p.number for p in points] == [1, 2, 3, 4, 5]
    x = np.stack([p.x for p in points])
    np.testing.assert_array_equal(x[0], problem.prior.mean)
    np.testing.assert_array_equal(x[1], -x[2])
    np.testing.assert_array_equal(np.abs(x[1:]), 1.0)
    assert not np.array_equal(x[3], x[1]) and not np.array_equal(x[3], -x[1])
    again = np.stack([p.x for p in starting_points(problem, 5, seed=4)])
    np.testing.assert_array_equal(again, x)
    other = np.stack([p.x for p in starting_points(problem, 5, seed=5)])
    assert not np.array_equal(other, x)


def test_fewer_points_are_the_first_of_more(autograd):
    problem = toy_problem(autograd)
    many, few = (starting_points(problem, n, seed=4) for n in (5, 2))
    for a, b in zip(few, many, strict=False):
        np.testing.assert_array_equal(a.x, b.x)


def test_the_sd_is_that_of_the_prior_in_use(autograd):
    from attrs import evolve

    problem = toy_problem(autograd)
    mean, matrix = np.full(10, 0.2), np.diag(np.arange(1.0, 11.0)) / 100.0
    staged = evolve(problem, prior=Gaussian(mean, Dense(matrix)))
    moved = starting_points(staged, 3, seed=1)[1].x - mean
    np.testing.assert_allclose(np.abs(moved), np.sqrt(np.diag(matrix)), rtol=1e-14)


def test_a_point_outside_its_guard_rails_is_brought_back_and_named(autograd):
    # x = 1 is base[1] = 0.15 and x = -1 is 0.05, both outside
    problem = toy_problem(autograd, changes={"reservoir.base[1]": {"bounds": (0.07, 0.13)}})
    position = list(problem.control.names).index("reservoir.base[1]")
    for point in starting_points(problem, 4, seed=1)[1:]:
        assert point.adjusted == ("reservoir.base[1]",)
        assert problem.control.outside(point.x) == ()
        assert abs(point.x[position]) == 0.5
        np.testing.assert_array_equal(np.abs(np.delete(point.x, position)), 1.0)


# -- what they find -------------------------------------------------------------------------------


def test_distinct_minima_are_those_of_the_closed_form(autograd, tmp_path):
    problem = parabola(autograd)
    starts, _ = solved(problem, tmp_path)
    found = spread(starts, problem)
    (left, upper), (right, lower) = minima()
    assert [m.cost for m in found.minima] == pytest.approx([lower, upper], rel=1e-8)
    assert all(m.converged for m in found.minima)
    by_number = {s.number: float(s.result.x[0]) + 0.3 for s in starts.starts}
    for number, a in by_number.items():
        nearest = left if a < 0 else right
        assert a == pytest.approx(nearest, abs=1e-5)
        assert found.minimum_of(number) == (2 if a < 0 else 1)
    assert sorted(len(m.numbers) for m in found.minima) == [1, 2]
    assert starts.best.cost == pytest.approx(lower, rel=1e-8)
    # a differs by right - left, and A = 1 / (1 + (2 a / sd)^2) at the best
    sd = 1.0 / np.sqrt(1.0 + (2.0 * right / SD) ** 2)
    assert found.parameters["parabola.a"] == pytest.approx((right - left) / sd, rel=1e-4)
    assert found.cost == pytest.approx(upper - lower, rel=1e-6)
    lines = starts_lines(starts, found)
    assert f"{lower:.6g}" in lines[0] and f"{upper:.6g}" in lines[0].split(f"{lower:.6g}")[1]


def test_side_by_side_is_the_same_as_one_after_the_other(autograd, tmp_path):
    problem, few = toy_problem(autograd), GaussNewton(iterations=2)
    alone, _ = solved(problem, tmp_path / "serial", optimiser=few)
    with executor_of("threads", 3) as executor:
        together, folder = solved(problem, tmp_path / "threads", executor=executor, optimiser=few)
    for a, b in zip(alone.starts, together.starts, strict=True):
        np.testing.assert_array_equal(a.result.x, b.result.x)
        assert a.result.counts == b.result.counts
    lines = [json.loads(t) for t in (folder.path / "log.jsonl").read_text().splitlines()]
    for start in together.starts:
        own = [t["iteration"] for t in lines if t["start"] == start.number and "iteration" in t]
        assert own == list(range(len(start.result.iterations)))


def test_the_file_says_what_each_start_did(autograd, tmp_path):
    problem = parabola(autograd, limit=1.2)
    starts, folder = solved(problem, tmp_path)
    found = spread(starts, problem)
    write_starts(folder, problem, starts, found, {"title": "two answers"})
    with xr.open_dataset(folder.path / "starts.nc") as file:
        assert dict(file.sizes) == {"start": 3, "control": 1}
        assert file["x_start"].dims == file["x_found"].dims == ("start", "control")
        failed = [s.number - 1 for s in starts.starts if s.result is None]
        assert len(failed) == 1
        assert list(file["status"].values[failed]) == ["failed"]
        assert np.isnan(file["cost"].values[failed]).all()
        assert list(file["minimum"].values[failed]) == [0]
        assert file.attrs["kept"] == starts.best_number
        for start in starts.ended:
            n = start.number - 1
            assert float(file["cost"][n]) == start.result.cost
            assert int(file["iterations"][n]) == len(start.result.iterations) - 1
            assert float(file["gradient_reduction"][n]) == start.gradient_reduction
            np.testing.assert_array_equal(file["x_found"][n], start.result.x)


def test_without_a_posterior_the_costs_and_minima_are_told_all_the_same(autograd, tmp_path):
    problem = parabola(autograd)
    starts, folder = solved(problem, tmp_path)
    whitened = whitened_by_stream(problem, problem.derivatives(starts.best.x)[1])
    found = minima_summary(starts, problem, None, whitened)
    assert len(found.minima) == 2 and not found.parameters
    line = starts_lines(starts, found)[1]
    assert f"{found.cost:.3g};" in line and line.endswith(f"start {starts.best_number}")
    write_starts(folder, problem, starts, found, {})
    with xr.open_dataset(folder.path / "starts.nc") as file:
        assert "difference" not in file and "minimum" in file


def test_what_ended_before_a_minimum_is_none(autograd, tmp_path):
    problem = parabola(autograd)
    starts, _ = solved(problem, tmp_path, optimiser=GaussNewton(iterations=1))
    found = spread(starts, problem)
    assert not found.minima and len(found.unconverged) > 1
    assert {found.minimum_of(start.number) for start in starts.starts} == {0}
    assert len(starts_lines(starts, found)) >= 2


# -- failures -------------------------------------------------------------------------------------


def test_a_start_that_fails_is_told_and_the_others_go_on(autograd, tmp_path):
    problem = parabola(autograd, limit=1.2)  # prior mean + 1 sd is a = 1.3
    starts, _ = solved(problem, tmp_path)
    (failed,) = [s for s in starts.starts if s.result is None]
    assert failed.x[0] == 1.0 and failed.status == "failed"
    assert "'level'" in failed.problem and "'parabola'" in failed.problem
    (line,) = [t for t in starts_lines(starts, spread(starts, problem)) if "failed" in t]
    assert str(failed.number) in line and failed.problem in line


def test_where_all_fail_each_is_named(autograd, tmp_path):
    problem = parabola(autograd, limit=-9.0)
    with raises_finding("no-start-succeeded", "experiment.starts") as caught:
        solved(problem, tmp_path)
    assert all(f"start {number}: " in str(caught.value) for number in (1, 2, 3))


def test_a_single_start_fails_with_its_own_error(autograd, tmp_path):
    from ccdas_framework.core.errors import NotANumber

    with pytest.raises(NotANumber):
        solved(parabola(autograd, limit=-9.0), tmp_path, starts=1)


def test_a_mistake_in_the_program_is_not_taken_for_a_failed_start(autograd, tmp_path):
    class Wrong(GaussNewton):
        def minimise(self, *_):
            raise AttributeError("no such thing")

    for name in ("serial", "threads"):
        with executor_of(name, 2) as executor, pytest.raises(AttributeError):
            solved(parabola(autograd), tmp_path / name, executor=executor, optimiser=Wrong())


@pytest.mark.parametrize("name", ["serial", "threads"])
def test_ctrl_c_ends_all_starts_with_what_they_have(autograd, tmp_path, name):
    class Stop(Monitor):
        def iteration(self, iteration, seconds, most):
            if iteration.number == 1:
                raise KeyboardInterrupt

    with executor_of(name, 1) as executor:
        starts, _ = solved(toy_problem(autograd), tmp_path, executor=executor, monitor=Stop())
    assert starts.interrupted
    assert starts.starts[0].status == "interrupted"
    assert [s.problem for s in starts.starts[1:]] == [
        "not begun, because the run was interrupted"
    ] * 2


# -- which end is kept ----------------------------------------------------------------------------


def ended(number, cost, status):
    iteration = Iteration(0, np.zeros(1), cost, {"prior": cost}, 1.0)
    found = OptimisationResult(np.zeros(1), status, "", (iteration,))
    return Start(number, np.zeros(1), result=found)


@pytest.mark.parametrize(
    ("ends", "kept"),
    [
        ([(5.0, "converged"), (4.0, "stalled")], 2),  # the lowest, whatever its status
        ([(4.0, "stalled"), (4.0 * (1 + 1e-10), "converged")], 2),  # but for rounding
        ([(4.0, "stalled"), (4.0 * (1 + 1e-5), "converged")], 1),
        ([(4.0, "converged"), (4.0, "converged")], 1),
    ],
)
def test_the_lowest_is_kept_and_among_equals_one_that_converged(ends, kept):
    starts = Starts(tuple(ended(n, *end) for n, end in enumerate(ends, 1)))
    assert starts.best_number == kept


# -- sent elsewhere -------------------------------------------------------------------------------


@pytest.mark.science  # each process imports, reads and builds for itself
def test_processes_find_the_same_as_this_one(tmp_path, monkeypatch):
    from cuts import few_parameters

    monkeypatch.setattr("ccdas_framework.experiment.run.report", lambda folder: None)
    here = few_parameters(("sm",), experiment__starts=2, optimiser__iterations=2)
    there = few_parameters(
        ("sm",), experiment__starts=2, optimiser__iterations=2,
        **{"compute.executor": "processes", "compute.workers": 2},
    )  # fmt: skip
    a, b = here.run(tmp_path / "here"), there.run(tmp_path / "there")
    for one, other in zip(a.starts.starts, b.starts.starts, strict=True):
        np.testing.assert_array_equal(one.result.x, other.result.x)
        assert one.result.counts == other.result.counts


def test_an_executor_with_nothing_to_do_is_refused():
    from cuts import demo_cut

    from ccdas_framework.core.errors import InvalidExperiment

    with raises_finding("idle-executor", "compute.executor", InvalidExperiment):
        demo_cut(("sm",), **{"compute.executor": "processes"})
    with raises_finding("wrong-value", "compute.executor", InvalidExperiment):
        demo_cut(("sm",), **{"compute.executor": "thread"})
    with raises_finding("wrong-value", "experiment.starts", InvalidExperiment):
        demo_cut(("sm",), experiment__starts=0)


def test_an_answer_to_another_problem_is_refused(autograd):
    from ccdas_framework.experiment.optimise import _require_same

    problem = toy_problem(autograd)
    x = np.zeros(10)
    right = Iteration(0, x, problem.cost(x), {}, 1.0)
    wrong = Iteration(0, x, problem.cost(x) * 1.001, {}, 1.0)
    _require_same(problem, OptimisationResult(x, "converged", "", (right,)))
    with raises_finding("cost-differs-elsewhere", "compute.executor"):
        _require_same(problem, OptimisationResult(x, "converged", "", (wrong,)))
