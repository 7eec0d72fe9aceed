"""On a linear problem what a design would tell has a closed form."""

import numpy as np
import pytest
from attrs import evolve
from line import CellLevel, closed_form, line_problem, observations

from ccdas_framework.compare.design import evaluated_designs
from ccdas_framework.compare.design_file import DesignFile
from ccdas_framework.compare.design_sections import GreedySection
from ccdas_framework.compare.design_tables import Design
from ccdas_framework.experiment.monitor import Monitor
from ccdas_framework.problem.assembly import prior_fields_of, stream_of


def design_file(names, given=(), greedy=None):
    designs = tuple(Design(name, "level", "observed", table=name.split(",")[0]) for name in names)
    return DesignFile(
        experiment="", at=None, baseline=tuple(given), title="", settings={}, places={},
        designs=designs, greedy=greedy or {}, raw={}, source="designs.toml",
    )  # fmt: skip


def studied(problem, asked, given=(), greedy=None):
    """The study of sets of observations of the level by name."""
    streams = {
        name: stream_of("level", CellLevel(), o, problem, prior_fields_of(problem))
        for name, o in asked.items()
    }
    file = design_file(asked, given, greedy)
    return evaluated_designs(file, None, problem, problem.prior.mean, streams, Monitor())


def levels(problem, cells=None, sd=0.3):
    """Levels of some places, without values."""
    forcing = problem.blocks[0].forcing
    every = observations(forcing, sd)["level"]
    chosen = every if cells is None else every.take(np.isin(every.label, cells))
    return chosen.with_values(np.full(len(chosen), np.nan))


def closed_target_sd(problem, covariance):
    T = problem.target_derivatives(problem.prior.mean)[1]["sum"]
    return np.sqrt(np.diag(T @ covariance @ T.T))


@pytest.mark.parametrize("given", [(), ("total",)])
def test_a_design_equal_to_observations_has_the_posterior_of_these(autograd, given):
    problem = line_problem(autograd)
    _, covariance = closed_form(problem, ("level", *given))
    (found,) = studied(problem, {"same": levels(problem)}, given).evaluated
    np.testing.assert_allclose(found.posterior.covariance, covariance, atol=1e-10)
    np.testing.assert_allclose(found.target_sd, closed_target_sd(problem, covariance), rtol=1e-10)
    kernel = np.eye(len(covariance)) - covariance @ np.linalg.inv(
        closed_form(problem, given)[1]
    )  # of the design after what is given: trace(I - A A_given^-1)
    assert found.dfs == pytest.approx(np.trace(kernel), rel=1e-10)


def test_the_uncertainty_with_what_is_given_alone(autograd):
    problem = line_problem(autograd)
    study = studied(problem, {"same": levels(problem)}, ("total",))
    _, covariance = closed_form(problem, ("total",))
    np.testing.assert_allclose(study.baseline_sd, closed_target_sd(problem, covariance), rtol=1e-10)
    prior = closed_target_sd(problem, problem.prior.covariance.dense())
    np.testing.assert_allclose(study.prior_sd, prior, rtol=1e-10)


def test_designs_of_one_set_of_places_share_a_jacobian_and_keep_their_errors(autograd):
    problem = line_problem(autograd)
    asked = {f"sd, {sd}": levels(problem, sd=sd) for sd in (0.1, 0.3, 1.0)}
    study = studied(problem, asked)
    assert len(study.problem.streams) == 1
    jacobian = problem.derivatives(problem.prior.mean)[1]["level"]
    before = np.linalg.inv(problem.prior.covariance.dense())
    for found, sd in zip(study.evaluated, (0.1, 0.3, 1.0), strict=True):
        expected = np.linalg.inv(before + jacobian.T @ jacobian / sd**2)
        np.testing.assert_allclose(found.posterior.covariance, expected, atol=1e-10)
    sds = np.array([found.target_sd for found in study.evaluated])
    assert np.all(np.diff(sds, axis=0) > 0.0)  # a larger error leaves more uncertainty


def test_more_places_never_increase_a_variance(autograd):
    problem = line_problem(autograd)
    few, many = levels(problem, ["cell 0"]), levels(problem, ["cell 0", "cell 4"])
    less, more = studied(problem, {"few": few, "many": many}).evaluated
    assert np.all(np.diag(more.posterior.covariance) <= np.diag(less.posterior.covariance))
    assert np.all(more.target_sd < less.target_sd)


@pytest.mark.parametrize("given", [(), ("total",)])
def test_the_next_best_place_is_that_of_brute_force(autograd, given):
    problem = line_problem(autograd)
    asked = {"all": levels(problem)}
    alone = {f"cell {n}": levels(problem, [f"cell {n}"]) for n in (0, 2, 4)}
    question = GreedySection(designs=("all",), choose=3)
    study = studied(problem, {**asked, **alone}, given, {"next": question})
    choices, wanted = study.greedy["next"]
    assert wanted == [0, 1]
    single = {e.design.name: e.target_sd for e in study.evaluated if e.design.name != "all"}
    objective = {n: np.sum((sd / study.prior_sd) ** 2) for n, sd in single.items()}
    assert choices.chosen[0] == min(objective, key=objective.get)
    for name, value in objective.items():
        assert choices.alone[name] == pytest.approx(value, rel=1e-10)
    np.testing.assert_allclose(choices.target_sd[0], study.baseline_sd, rtol=1e-10)
    whole = study.evaluated[0]
    np.testing.assert_allclose(choices.target_sd[-1], whole.target_sd, rtol=1e-10)


def test_whole_designs_can_be_the_candidates(autograd):
    problem = line_problem(autograd)
    asked = {"few": levels(problem, ["cell 0"]), "many": levels(problem, ["cell 2", "cell 4"])}
    question = GreedySection(designs=("few", "many"), by="design", choose=2)
    study = studied(problem, asked, (), {"next": question})
    assert sorted(study.greedy["next"][0].chosen) == ["few", "many"]


def test_values_are_never_looked_at(autograd):
    problem = line_problem(autograd)
    known = levels(problem)
    other = evolve(known, values=np.full(len(known), 1e6))
    one, two = studied(problem, {"nan": known, "far away": other}).evaluated
    np.testing.assert_array_equal(one.posterior.covariance, two.posterior.covariance)
