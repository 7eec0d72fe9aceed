"""Tangents that JAX makes and pushes one after the other equal those of a batch."""

import numpy as np
import pytest
from toy import toy_problem

from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.engines.namespace import numpy_namespace

jax_engine = pytest.importorskip("ccdas_framework.engines.jax_engine")
pytest.importorskip("jax")
COUNTS = (1, 3, jax_engine.PUSHED, jax_engine.PUSHED + 1)


@pytest.fixture(scope="module")
def engine():
    return jax_engine.JaxEngine()


@pytest.mark.parametrize("count", COUNTS)
def test_directions_made_one_by_one_give_the_tangents_of_a_batch(engine, count):
    xp, random = engine.xp, np.random.default_rng(3)

    def observed(fields, scale):
        return {"sum": xp.sum(xp.exp(fields["a"]) * fields["b"] * scale, axis=0)}

    def direction(tangents, one):
        run, mask = one
        return {name: mask * tangent[run] for name, tangent in tangents.items()}

    fields = {name: random.normal(size=(7, 4)) for name in "ab"}
    tangents = {name: random.normal(size=(5, 7, 4)) for name in "ab"}
    runs, masks = random.integers(0, 5, count), random.integers(0, 2, (count, 4)).astype(float)
    value, pushed = engine.pushforward_each(observed, direction)(
        fields, tangents, (runs, masks), 2.0
    )
    batch = {name: masks[:, None] * tangent[runs] for name, tangent in tangents.items()}
    expected_value, expected = engine.pushforward(observed)(fields, batch, 2.0)
    assert pushed["sum"].shape == (count, 4)
    np.testing.assert_allclose(value["sum"], expected_value["sum"], rtol=1e-14)
    np.testing.assert_allclose(pushed["sum"], expected["sum"], rtol=1e-12, atol=1e-13)


def test_masks_of_runs_in_any_order_give_the_tangents_of_other_engines(engine):
    """Autograd evaluates the operators for each run, JAX linearises them once."""
    runs = np.array([2, 0, 1, 0, 2])
    pushed = []
    for each in (engine, AutogradEngine()):
        problem = toy_problem(each)
        forward, x, random = (
            problem.forward,
            np.zeros(len(problem.control)),
            np.random.default_rng(4),
        )
        fields = problem.block_fields(x, 0)
        tangents = {name: random.normal(size=(3, *fields[name].shape)) for name in sorted(fields)}
        masks = random.integers(0, 2, (5, forward.blocks[0].domain.grid.columns)).astype(float)
        inputs = forward.operator_inputs(0, forward.streams)
        arguments = (fields, tangents, runs, masks, x, forward.index[0], inputs)
        pushed.append(forward.functions.masks_pushforward(*arguments))
    for name, expected in pushed[1].items():
        np.testing.assert_allclose(pushed[0][name], expected, rtol=1e-12, atol=1e-14)


def test_jacobians_are_arrays_of_numpy(engine):
    problem = toy_problem(engine, blocks=3)
    for part in problem.derivatives(np.zeros(len(problem.control))):
        assert all(isinstance(values, np.ndarray) for values in part.values())


@pytest.mark.parametrize("kind", [bool, int])
def test_running_sums_count_what_is_true(engine, kind):
    long = np.arange(2 * jax_engine.LONG) % 3 == 0
    summed = engine.compile(lambda v: engine.xp.cumsum(v > 0, axis=0))(long.astype(kind) * 1.0)
    np.testing.assert_array_equal(summed, np.cumsum(long))


def test_a_long_running_sum_is_one_loop(engine):
    import jax

    values = np.zeros((jax_engine.LONG, 2))
    assert "scan" in str(jax.make_jaxpr(lambda v: engine.xp.cumsum(v, axis=0))(values))


@pytest.mark.parametrize("shape", [(jax_engine.LONG - 1, 2), (jax_engine.LONG, 2), (300,)])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_running_sums_are_those_of_numpy(engine, shape, axis):
    values = np.random.default_rng(1).normal(size=shape)
    summed = engine.compile(lambda v: engine.xp.cumsum(v, axis=axis))(values)
    expected = numpy_namespace().cumsum(values, axis=axis)
    np.testing.assert_allclose(summed, expected, rtol=1e-12, atol=1e-12)


def test_the_adjoint_of_a_running_sum_is_the_sum_from_the_end(engine):
    weight = np.random.default_rng(2).normal(size=(300, 2))
    total = engine.value_and_grad(lambda v: engine.xp.sum(engine.xp.cumsum(v, axis=0) * weight))
    _, gradient = total(np.ones((300, 2)))
    np.testing.assert_allclose(gradient, np.cumsum(weight[::-1], axis=0)[::-1], rtol=1e-12)
