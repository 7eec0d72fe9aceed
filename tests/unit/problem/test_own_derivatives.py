"""Models that no engine traces: differences of their runs, or a tangent and adjoint of their own.

The reservoir in C has the equations of the reservoir against `xp`, so each number has to agree.
"""

import pickle

import numpy as np
import pytest
from attrs import frozen
from c_reservoir import (
    COMPILER,
    AdjointReservoir,
    BlackReservoir,
    NativeReservoir,
    TangentReservoir,
    compiled,
    reservoir_problem,
)
from toy import Reservoir, toy_problem

from ccdas_framework import InvalidInput
from ccdas_framework.core.errors import CcdasError, InvalidExperiment
from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.engines.differences import DifferencesEngine
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.posterior.estimate import PosteriorSettings, estimate, information
from ccdas_framework.posterior.exact_covariance import exact_hessian
from ccdas_framework.problem.jacobian import tangent_runs
from ccdas_framework.problem.separate_cells import SeparateCells

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler on this machine")
OWN = (TangentReservoir, AdjointReservoir, NativeReservoir)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("native"))


@pytest.fixture(scope="module")
def traced():
    return toy_problem(AutogradEngine())


@pytest.fixture(scope="module")
def x(traced):
    return np.random.default_rng(3).normal(0.0, 0.5, len(traced.control))


def runs_of(problem):
    """Tangent runs of one block."""
    model = problem.forward.model_functions
    elements = tuple(e for e in problem.control.active if e.owner == "reservoir")
    loop, late = tangent_runs(elements, problem.blocks[0].domain.grid, model.model.couples)
    return len(loop) + len(late)


@needs_compiler
@pytest.mark.parametrize("cls", OWN)
@pytest.mark.parametrize("blocks", [1, 3])
def test_derivatives_of_the_model_agree_with_those_of_an_engine(cls, blocks, library, traced, x):
    problem = reservoir_problem(cls(library=library), AutogradEngine(), blocks=blocks)
    # a model with one of the two methods has differences in place of the other
    exact = {"rtol": 1e-9, "atol": 1e-9}
    near = {"rtol": 1e-5, "atol": 1e-7}
    cost, gradient = problem.value_and_gradient(x)
    expected_cost, expected_gradient = traced.value_and_gradient(x)
    assert cost == pytest.approx(expected_cost, rel=1e-12)
    np.testing.assert_allclose(gradient, expected_gradient, **exact)
    jacobian = problem.jacobian(x)
    order = [problem.streams["water"].index, len(jacobian) - 6 + np.arange(6)]
    rows = np.argsort(order[0]), order[1]
    expected = traced.jacobian(x)
    tolerance = near if cls is AdjointReservoir else exact
    np.testing.assert_allclose(jacobian[np.concatenate(rows)], expected, **tolerance)


@needs_compiler
@pytest.mark.parametrize("cls", OWN)
def test_linearisation_is_that_of_an_engine(cls, library, traced, x):
    problem = reservoir_problem(cls(library=library), AutogradEngine())
    generator = np.random.default_rng(4)
    directions = generator.normal(size=(2, len(x)))
    weights = {n: generator.normal(size=len(s.values)) for n, s in problem.streams.items()}
    actual, expected = problem.linearisation(x), traced.linearisation(x)
    pushed, expected_pushed = actual.tangent(directions), expected.tangent(directions)
    for name in problem.streams:
        np.testing.assert_allclose(pushed[name], expected_pushed[name], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        actual.adjoint(weights), expected.adjoint(weights), rtol=1e-9, atol=1e-9
    )


@needs_compiler
@pytest.mark.parametrize("cls", [*OWN, BlackReservoir])
def test_second_derivatives_come_from_differences_of_gradients(cls, library, traced, x):
    engine = DifferencesEngine() if cls is BlackReservoir else AutogradEngine()
    problem = reservoir_problem(cls(library=library), engine)
    matrix, _ = exact_hessian(problem, x)
    expected, _ = exact_hessian(traced, x)
    np.testing.assert_allclose(matrix, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


@needs_compiler
@pytest.mark.parametrize("optimiser", [GaussNewton(), Lbfgsb()])
@pytest.mark.parametrize("cls", [*OWN, BlackReservoir])
def test_minimum_is_that_of_the_traced_model(cls, optimiser, library, traced):
    engine = DifferencesEngine() if cls is BlackReservoir else AutogradEngine()
    problem = reservoir_problem(cls(library=library), engine)
    start = np.zeros(len(problem.control))
    expected = optimiser.minimise(traced, start, lambda point: None)
    result = optimiser.minimise(problem, start, lambda point: None)
    assert result.status == expected.status == "converged"
    assert problem.cost(result.x) == pytest.approx(traced.cost(expected.x), rel=1e-8)
    np.testing.assert_allclose(result.x, expected.x, atol=2e-4)  # in prior sd


@needs_compiler
@pytest.mark.parametrize("hessian", ["gauss_newton", "exact", "lanczos"])
@pytest.mark.parametrize("cls", [NativeReservoir, BlackReservoir])
def test_posterior_is_that_of_the_traced_model(cls, hessian, library, traced):
    engine = DifferencesEngine() if cls is BlackReservoir else AutogradEngine()
    problem = reservoir_problem(cls(library=library), engine)
    settings = PosteriorSettings(hessian=hessian, rank=len(problem.control))
    optimum = GaussNewton().minimise(traced, np.zeros(len(problem.control)), lambda point: None)
    sds = []
    for each in (problem, traced):
        whitened = information(each, optimum.x, settings)
        sds.append(estimate(each, optimum, whitened, settings).posterior.sd)
    np.testing.assert_allclose(*sds, rtol=1e-5)


@needs_compiler
def test_jax_differentiates_the_operators_of_a_model_with_its_own_derivatives(library, traced, x):
    jax_engine = pytest.importorskip("ccdas_framework.engines.jax_engine")
    pytest.importorskip("jax")
    problem = reservoir_problem(NativeReservoir(library=library), jax_engine.JaxEngine())
    np.testing.assert_allclose(
        problem.value_and_gradient(x)[1], traced.value_and_gradient(x)[1], rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(problem.jacobian(x), traced.jacobian(x), rtol=1e-9, atol=1e-9)


@needs_compiler
@pytest.mark.parametrize("blocks", [1, 2])
def test_members_and_log_density_are_those_of_single_control_vectors(blocks, library, x):
    model = NativeReservoir(library=library)
    problem = reservoir_problem(model, AutogradEngine(), blocks=blocks)
    members = np.stack([x, 0.5 * x])
    single = [problem.value_and_gradient(member) for member in members]
    np.testing.assert_allclose(problem.costs(members), [cost for cost, _ in single], rtol=1e-12)
    costs, gradients = problem.gradients(members)
    np.testing.assert_allclose(costs, [cost for cost, _ in single], rtol=1e-12)
    np.testing.assert_allclose(gradients, [g for _, g in single], rtol=1e-12, atol=1e-12)
    simulated = problem.simulate_many(members)
    for name, values in problem.simulate(members[1]).items():
        np.testing.assert_allclose(simulated[name][1], values, rtol=1e-12)
    density, slope = problem.log_density_and_gradient(x)
    assert density == pytest.approx(-single[0][0], rel=1e-12)
    np.testing.assert_allclose(slope, -single[0][1], rtol=1e-12, atol=1e-12)


@needs_compiler
def test_a_log_density_of_a_model_with_its_own_derivatives_cannot_be_traced(library):
    pytest.importorskip("jax")
    from ccdas_framework.engines.jax_engine import JaxEngine

    problem = reservoir_problem(NativeReservoir(library=library), JaxEngine())
    with pytest.raises(CcdasError) as caught:
        problem.traced_log_density()
    assert (caught.value.code, caught.value.where) == ("not-traceable", "model 'reservoir'")


@needs_compiler
def test_a_problem_is_pickled_with_the_derivatives_of_its_model(library, x):
    problem = reservoir_problem(NativeReservoir(library=library), AutogradEngine())
    copied = pickle.loads(pickle.dumps(problem))
    np.testing.assert_array_equal(copied.value_and_gradient(x)[1], problem.value_and_gradient(x)[1])


@needs_compiler
def test_cells_are_solved_separately_with_the_derivatives_of_the_model(library):
    changes = {"water.scale": {"active": False}, "loss.offset": {"active": False}}
    fixed = toy_problem(AutogradEngine(), changes=changes)
    own = reservoir_problem(NativeReservoir(library=library), AutogradEngine(), changes=changes)
    water = [p.with_streams({"water": p.streams["water"]}, {}) for p in (fixed, own)]
    expected, cells = (SeparateCells(problem) for problem in water)
    x = np.random.default_rng(3).normal(0.0, 0.5, (5, len(fixed.control)))
    pairs = zip(cells.misfits_and_jacobians(x), expected.misfits_and_jacobians(x), strict=True)
    for (misfits, jacobian), (expected_misfits, expected_jacobian) in pairs:
        np.testing.assert_allclose(misfits, expected_misfits, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(jacobian, expected_jacobian, rtol=1e-9, atol=1e-9)


# -- model runs -----------------------------------------------------------------------------------


@needs_compiler
@pytest.mark.parametrize("blocks", [1, 2])
def test_differences_repeat_the_base_run_for_no_parameter(blocks, library, x):
    model = BlackReservoir(library=library)
    problem = reservoir_problem(model, DifferencesEngine(), blocks=blocks)
    for evaluation in (problem.jacobian, problem.value_and_gradient):
        model.calls.clear()
        evaluation(x)
        assert model.calls == {"run": blocks * (1 + 2 * runs_of(problem))}


@needs_compiler
def test_a_gradient_takes_one_forward_run_and_one_adjoint(library, x):
    model = NativeReservoir(library=library)
    reservoir_problem(model, AutogradEngine()).value_and_gradient(x)
    assert model.calls == {"record": 1, "pull": 1}


@needs_compiler
def test_a_gradient_without_record_takes_one_run_and_one_adjoint(library, x):
    model = AdjointReservoir(library=library)
    reservoir_problem(model, AutogradEngine()).value_and_gradient(x)
    assert model.calls == {"run": 1, "pull": 1}


@needs_compiler
def test_a_jacobian_calls_the_tangent_once_for_all_directions(library, x):
    model = NativeReservoir(library=library)
    problem = reservoir_problem(model, AutogradEngine())
    problem.jacobian(x)
    assert model.calls == {"push": 1, "direction": runs_of(problem)}


@needs_compiler
def test_differences_use_neither_tangent_nor_adjoint_of_a_model(library, x):
    model = NativeReservoir(library=library)
    reservoir_problem(model, DifferencesEngine()).value_and_gradient(x)
    assert set(model.calls) == {"run"}


# -- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", [AutogradEngine()])
def test_engine_that_traces_is_refused_for_a_model_without_derivatives(engine):
    with pytest.raises(InvalidExperiment) as caught:
        reservoir_problem(BlackReservoir(), engine)
    assert [(f.code, f.where) for f in caught.value.findings] == [
        ("not-differentiable", "engine.name")
    ]


@frozen
class Undeclared(Reservoir):
    """Calls numpy on its parameters and does not say that it is not differentiable."""

    def run(self, parameters, drivers, xp):
        shape = drivers["inflow"].shape
        values = np.empty(shape)
        values[:] = np.asarray(parameters["gain"], float)
        return {"water": values, "outflow": values, "loss": values}


@pytest.mark.parametrize("engine", ["autograd", "jax"])
def test_a_model_that_cannot_be_traced_is_named_and_no_operator(engine):
    if engine == "jax":
        pytest.importorskip("jax")
        from ccdas_framework.engines.jax_engine import JaxEngine

        chosen = JaxEngine()
    else:
        chosen = AutogradEngine()
    with pytest.raises(CcdasError) as caught:
        problem = reservoir_problem(Undeclared(), chosen)
        problem.value_and_gradient(np.zeros(len(problem.control)))
    assert (caught.value.code, caught.value.where) == ("not-traceable", "model 'reservoir'")


class WrongPush(TangentReservoir):
    def push(self, parameters, perturbations, drivers):
        fields, tangents = super().push(parameters, perturbations, drivers)
        return fields, {name: values[0] for name, values in tangents.items()}


class WrongPull(AdjointReservoir):
    def pull(self, parameters, cotangents, drivers):
        result = super().pull(parameters, cotangents, drivers)
        return {name: values for name, values in result.items() if name != "gain"}


@needs_compiler
@pytest.mark.parametrize(
    ("cls", "code"), [(WrongPush, "wrong-shape"), (WrongPull, "missing-sensitivity")]
)
def test_wrong_results_are_refused_with_the_model_as_place(cls, code, library, x):
    problem = reservoir_problem(cls(library=library), AutogradEngine())
    with pytest.raises(InvalidInput) as caught:
        problem.value_and_gradient(x)
    assert (caught.value.code, caught.value.where) == (code, "model 'reservoir'")
