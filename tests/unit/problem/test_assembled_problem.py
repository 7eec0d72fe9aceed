"""The assembled problem, on every engine, whole and in blocks."""

import numpy as np
import pytest
from attrs import evolve
from conftest import make_engine
from toy import toy_problem

from ccdas_framework.core.errors import CcdasError


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(3).normal(0.0, 0.5, 10)


def differences(function, x, step=1e-5):
    return np.array(
        [(function(x + step * e) - function(x - step * e)) / (2 * step) for e in np.eye(len(x))]
    )


def test_gradient_agrees_with_central_differences(engine, x):
    problem = toy_problem(engine)
    cost, gradient = problem.value_and_gradient(x)
    assert cost == pytest.approx(problem.cost(x), rel=1e-13)
    np.testing.assert_allclose(gradient, differences(problem.cost, x), rtol=2e-7, atol=1e-6)


@pytest.mark.parametrize("couples", ["column", "cell"])
@pytest.mark.parametrize("blocks", [1, 3])
def test_jacobian_by_kind_agrees_with_central_differences(engine, x, blocks, couples):
    problem = toy_problem(engine, blocks=blocks, couples=couples)

    def simulated(x):
        return np.concatenate(list(problem.simulate(x).values()))

    expected = differences(simulated, x).T
    np.testing.assert_allclose(problem.jacobian(x), expected, rtol=1e-6, atol=1e-8)


def test_the_gradient_is_the_same_in_all_groups_of_blocks(x):
    problem = toy_problem(make_engine("jax"), blocks=4)

    def grouped(groups):
        forward = evolve(problem.forward, gradient_groups=groups)
        assert forward.groups == groups
        return evolve(problem, forward=forward).value_and_gradient(x)

    J, gradient = grouped(((0,), (1,), (2,), (3,)))
    for groups in (((0, 1), (2, 3)), ((0, 1, 2, 3),)):
        J_together, together = grouped(groups)
        assert J_together == pytest.approx(J, rel=1e-13)
        np.testing.assert_allclose(together, gradient, rtol=1e-11, atol=1e-13)


def test_blocks_whose_drivers_differ_in_shape_have_the_same_gradient_together(x):
    """A model may prepare arrays of the classes that a block has, whose number differs."""
    problem = toy_problem(make_engine("jax"), blocks=4)
    drivers = [{**d, "classes": np.zeros(1 + b % 2)} for b, d in enumerate(problem.forward.drivers)]

    def grouped(groups):
        forward = evolve(problem.forward, drivers=drivers, gradient_groups=groups)
        return evolve(problem, forward=forward).value_and_gradient(x)

    J, gradient = grouped(((0,), (1,), (2,), (3,)))
    J_together, together = grouped(((0, 1), (2, 3)))
    assert J_together == pytest.approx(J, rel=1e-13)
    np.testing.assert_allclose(together, gradient, rtol=1e-12)


def test_a_block_that_is_repeated_counts_once(x):
    problem = toy_problem(make_engine("jax"), blocks=3)
    J, gradient = problem.value_and_gradient(x)
    forward = evolve(problem.forward, gradient_groups=((0, 1), (2, 2)))
    J_repeated, repeated = evolve(problem, forward=forward).value_and_gradient(x)
    assert J_repeated == pytest.approx(J, rel=1e-13)
    np.testing.assert_allclose(repeated, gradient, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("blocks", [2, 3, 5])
def test_blocks_add_up_to_the_whole(engine, x, blocks):
    undivided, cut = toy_problem(engine), toy_problem(engine, blocks=blocks)
    J, gradient = undivided.value_and_gradient(x)
    J_cut, gradient_cut = cut.value_and_gradient(x)
    assert J_cut == pytest.approx(J, rel=1e-12)
    np.testing.assert_allclose(gradient_cut, gradient, rtol=1e-10, atol=1e-12)
    for name, stream in cut.streams.items():
        order = np.argsort(stream.index)
        np.testing.assert_allclose(
            cut.simulate(x)[name][order], undivided.simulate(x)[name], rtol=1e-12
        )
    for name, values in cut.fields(x).items():
        np.testing.assert_allclose(values, undivided.fields(x)[name], rtol=1e-12)


def test_gradient_follows_from_the_jacobian(engine, x):
    problem = toy_problem(engine, blocks=2)
    whitened = problem.whitened(problem.jacobian(x))
    gradient = x - whitened.T @ problem.residuals(x)
    np.testing.assert_allclose(gradient, problem.value_and_gradient(x)[1], rtol=1e-9, atol=1e-10)


def test_hessian_vector_product_agrees_with_differences_of_gradients(engine, x):
    problem = toy_problem(engine, blocks=2)
    v, step = np.random.default_rng(4).normal(size=10), 1e-5
    ahead = problem.value_and_gradient(x + step * v)[1]
    expected = (ahead - problem.value_and_gradient(x - step * v)[1]) / (2 * step)
    np.testing.assert_allclose(problem.hessian_vector(x, v), expected, rtol=1e-6, atol=1e-6)


def test_engines_agree(x):
    pytest.importorskip("jax")
    from ccdas_framework.engines.autograd_engine import AutogradEngine
    from ccdas_framework.engines.jax_engine import JaxEngine

    J, gradient = toy_problem(AutogradEngine()).value_and_gradient(x)
    J_jax, gradient_jax = toy_problem(JaxEngine()).value_and_gradient(x)
    assert J_jax == pytest.approx(J, rel=1e-12)
    np.testing.assert_allclose(gradient_jax, gradient, rtol=1e-10, atol=1e-12)


def test_x_of_zero_is_the_prior(autograd):
    control = toy_problem(autograd).control
    np.testing.assert_allclose(control.physical(np.zeros(10)), control.prior_mean, rtol=1e-14)
    one_sd = control.physical(np.ones(10))
    np.testing.assert_allclose(one_sd, control.prior_mean + control.prior_sd, rtol=1e-12)


def test_a_fixed_parameter_leaves_the_control_vector_and_keeps_its_value(autograd):
    changes = {"reservoir.k": {"active": False}, "reservoir.k[1]": {"mean": 0.12}}
    problem = toy_problem(autograd, changes=changes)
    assert "reservoir.k[1]" not in problem.control.names
    assert len(problem.control) == 7
    parameters = problem.control.unpack(np.zeros(7), problem.index[0])["reservoir"]
    assert parameters["k"][0] == 0.12
    assert parameters["wet"][0] == 0.0  # class 1 is in no group: `otherwise`


def test_packing_inverts_unpacking(autograd, x):
    control = toy_problem(autograd).control
    values = dict(zip(control.names, control.physical(x), strict=True))
    np.testing.assert_allclose(control.pack(values), x, atol=1e-12)


def test_a_stream_and_a_target_may_share_a_name(engine, x):
    from toy import CellWater

    from ccdas_framework import area_mean

    class Bare(CellWater):
        parameters = ()

        def observe(self, fields, parameters, at, xp):
            return 10.0 * area_mean(fields["water"], at, xp)

    problem = toy_problem(engine)
    expected, sensitivity = problem.derivatives(x)
    target = evolve(problem.streams["water"], operator=Bare())
    both = problem.with_streams(problem.streams, {"water": target})
    alone = problem.with_streams(problem.streams, {"mean": target})
    np.testing.assert_allclose(both.simulate(x)["water"], expected["water"], rtol=1e-12)
    actual, jacobians = both.target_derivatives(x)
    np.testing.assert_allclose(
        both.values_of(x, both.targets)["water"], actual["water"], rtol=1e-12
    )
    values, others = alone.target_derivatives(x)
    np.testing.assert_allclose(actual["water"], values["mean"], rtol=1e-12)
    np.testing.assert_allclose(jacobians["water"], others["mean"], rtol=1e-12)
    assert np.all(np.abs(actual["water"]) > 2.0 * np.abs(expected["water"]))
    for name, jacobian in both.derivatives(x)[1].items():
        np.testing.assert_allclose(jacobian, sensitivity[name], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["prior", "x", "reservoir", "target:gpp"])
def test_a_stream_cannot_have_a_name_that_means_something_else(autograd, name):
    from toy import CellWater, Reservoir

    from ccdas_framework.problem.connections import connection_problems

    (finding,) = connection_problems("reservoir", Reservoir(), {name: CellWater()})
    assert (finding.code, finding.where) == ("reserved-name", f"stream '{name}'")


def test_without_active_parameters_the_model_still_runs(autograd):
    off = {
        f"{owner}.{name}": {"active": False}
        for owner, name in (
            ("reservoir", "k"), ("reservoir", "gain"), ("reservoir", "base"),
            ("reservoir", "wet"), ("reservoir", "share"), ("water", "scale"), ("loss", "offset"),
        )
    }  # fmt: skip
    fixed, free = toy_problem(autograd, changes=off), toy_problem(autograd)
    assert len(fixed.control) == 0
    for name, values in fixed.simulate(np.zeros(0)).items():
        np.testing.assert_allclose(values, free.simulate(np.zeros(10))[name], rtol=1e-12)
        assert fixed.derivatives(np.zeros(0))[1][name].shape == (len(values), 0)


def test_an_operator_that_fails_is_named(autograd, monkeypatch):
    from toy import CellWater

    from ccdas_framework.core.errors import InvalidExperiment

    def broken(*_):
        raise TypeError("unhashable type")

    monkeypatch.setattr(CellWater, "prepare", broken)
    with pytest.raises(InvalidExperiment) as caught:
        toy_problem(autograd)
    (finding,) = caught.value.findings
    assert (finding.code, finding.where) == ("component-error", "stream 'water'")
    assert isinstance(caught.value.__cause__, TypeError)


def test_hypothetical_observations_have_the_error_of_their_operator(autograd, monkeypatch):
    from toy import CellWater, toy_forcing, toy_observations

    from ccdas_framework.problem.assembly import stream_of

    problem = toy_problem(autograd)
    read = toy_observations(toy_forcing())["water"]
    values, sd = np.array(read.values), np.array(read.sd)
    values[:2], sd[:2] = np.nan, np.nan
    hypothetical = evolve(read, values=values, sd=sd)
    with pytest.raises(CcdasError) as caught:
        stream_of("water", CellWater(), hypothetical, problem, dict)
    assert caught.value.code == "unknown-error"
    monkeypatch.setattr(CellWater, "unknown_sd", 0.7)
    stream = stream_of("water", CellWater(), hypothetical, problem, dict)
    np.testing.assert_array_equal(stream.sd[:2], 0.7)
    np.testing.assert_array_equal(stream.sd[2:], sd[2:])
    measured = evolve(hypothetical, values=read.values)
    with pytest.raises(CcdasError) as caught:
        stream_of("water", CellWater(), measured, problem, dict)
    assert caught.value.code == "unknown-error"


@pytest.mark.parametrize("blocks", [1, 3])
def test_observations_that_reading_leaves_out_are_counted_with_the_others(autograd, blocks):
    from toy import CellWater, toy_forcing, toy_observations

    from ccdas_framework.problem.assembly import stream_of

    problem = toy_problem(autograd, blocks=blocks)
    read = toy_observations(toy_forcing())["water"]
    counted = evolve(read, dropped={"missing value": 2, "outside the grid": 1})
    streams = [stream_of("water", CellWater(), o, problem, dict) for o in (read, counted)]
    outside = streams[0].dropped.get("outside the grid", 0)
    expected = {**streams[0].dropped, "missing value": 2, "outside the grid": outside + 1}
    assert streams[1].dropped == expected
    np.testing.assert_array_equal(streams[1].index, streams[0].index)
