"""The protocol that optimisers and posteriors use, and what satisfies it."""

from toy import toy_problem

from ccdas_framework.core.cost_problem import CostProblem
from ccdas_framework.testing.problems import small_problem


def attributes():
    return {name for name in vars(CostProblem) if not name.startswith("_")}


def test_problems_of_tests_and_of_the_suite_are_cost_problems(autograd):
    assert isinstance(toy_problem(autograd), CostProblem)
    assert isinstance(small_problem(autograd), CostProblem)


def test_a_class_without_one_of_its_members_is_none(autograd):
    assert len(attributes()) > 10
    problem = toy_problem(autograd)
    for missing in attributes():
        partial = type("Partial", (), {n: getattr(problem, n) for n in attributes() - {missing}})()
        assert not isinstance(partial, CostProblem)


def test_both_optimisers_need_nothing_else_of_a_problem(autograd):
    from ccdas_framework.optimisers.gauss_newton import GaussNewton
    from ccdas_framework.optimisers.lbfgsb import Lbfgsb

    problem = small_problem(autograd, "curved")
    narrow = type("Narrow", (), {name: getattr(problem, name) for name in attributes()})()
    for optimiser in (GaussNewton(), Lbfgsb()):
        result = optimiser.minimise(narrow, problem.prior.mean, lambda _: None)
        assert result.status == "converged"


def test_every_posterior_needs_nothing_else_of_a_problem(autograd):
    from ccdas_framework.optimisers.gauss_newton import GaussNewton
    from ccdas_framework.posterior import PosteriorSettings, estimate, information

    problem = small_problem(autograd)
    narrow = type("Narrow", (), {name: getattr(problem, name) for name in attributes()})()
    optimum = GaussNewton().minimise(narrow, problem.prior.mean, lambda _: None)
    for hessian in ("gauss_newton", "exact", "lanczos"):
        settings = PosteriorSettings(hessian=hessian)
        whitened = information(narrow, optimum.x, settings)
        assert estimate(narrow, optimum, whitened, settings).posterior is not None
