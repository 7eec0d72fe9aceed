"""Steps whose arrays, masks or functions are unusual have the values and gradients of JAX."""

import warnings

import numpy as np
import pytest
from ccdas_native.engine import NativeEngine, native_error
from ccdas_native.loop import NativeLoop

from ccdas_framework import CcdasWarning, JaxEngine, tree_leaves

problem = native_error()
if problem is not None and problem.code == "missing-compiler":
    pytest.skip(str(problem), allow_module_level=True)

COLUMNS, DAYS = 4, 3
X = np.array([0.5, -1.0, 2.0, 3.0])


@pytest.fixture(scope="module")
def engines():
    return NativeEngine(), JaxEngine()


@pytest.fixture(autouse=True)
def no_fall_back():
    with warnings.catch_warnings():
        warnings.simplefilter("error", CcdasWarning)
        yield


def run(xp, output, state=None, days=DAYS):
    """Last state and outputs of a loop; `output(x, xp)` is that of a day."""

    def step(state, today, parameters, xp):
        x = state["x"] * today["t"]
        return {**state, "x": x}, {"o": output(x, xp)}

    def loop(v):
        drivers = {"t": np.linspace(1.0, 1.1, days)[:, None] * np.ones(COLUMNS)}
        return xp.scan(step, {"x": v, **(state or {})}, drivers, {})

    return loop


def same(found, expected):
    for a, b in zip(tree_leaves(found), tree_leaves(expected), strict=True):
        assert np.asarray(a).dtype == np.asarray(b).dtype
        np.testing.assert_allclose(a, b, rtol=1e-14, atol=1e-300)


def agree(engines, output, x=X):
    """Values and gradient of the sum of the outputs are those of JAX, without a warning."""

    def total(engine):
        loop = run(engine.xp, output)
        return lambda v: engine.xp.sum(loop(v)[1]["o"])

    same(*(e.compile(run(e.xp, output))(x) for e in engines))
    same(*(e.value_and_grad(total(e))(x) for e in engines))


def falls_back(engines, loop):
    """JAX runs the loop, and a warning says so."""
    with pytest.warns(CcdasWarning) as caught:
        found = engines[0].compile(loop(engines[0].xp))(X)
    assert [w.message.code for w in caught] == ["no-translation"]
    same(found, engines[1].compile(loop(engines[1].xp))(X))


@pytest.mark.parametrize(
    "output",
    [
        lambda x, xp: xp.stack([x, 2 * x, 3 * x, 4 * x]).T,
        lambda x, xp: x[:, None] * np.array([1.0, 2.0, 3.0])[None, :],
        lambda x, xp: x[:, None] * np.array([1.0, 2.0, 3.0, 4.0])[None, :],
    ],
    ids=["transposed", "not square", "square"],
)
def test_columns_that_are_not_the_last_axis_are_left_to_jax(engines, output):
    falls_back(engines, lambda xp: run(xp, output))


def test_a_carry_that_is_transposed_is_left_to_jax(engines):
    def step(state, today, parameters, xp):
        return {"s": (state["s"] * today["t"]).T}, {}

    def loop(xp):
        def of(v):
            start = v * np.arange(1.0, 5.0)[:, None]
            return xp.scan(step, {"s": start}, {"t": np.ones((DAYS, COLUMNS))}, {})[0]

        return of

    falls_back(engines, loop)


def test_scalars_in_the_place_of_columns_are_left_to_jax(engines):
    def step(state, today, parameters, xp):
        p = parameters["p"]
        return state, {"o": xp.stack([p, 2 * p, 3 * p, 4 * p])}

    def loop(xp):
        return lambda v: xp.scan(step, {"x": v}, {"t": np.ones(DAYS)}, {"p": v[0]})

    falls_back(engines, loop)


MASK = np.array([True, False, True])


@pytest.mark.parametrize(
    "output",
    [
        lambda x, xp: xp.where(MASK[:, None], x * np.ones((3, 1)), 2.0 * x),
        lambda x, xp: xp.where((x > 0.0) & np.array(True), x**2, 3.0 * x),
        lambda x, xp: xp.where((x > 0.0) | np.array(False), x**2, 3.0 * x),
        lambda x, xp: xp.where((x > 0.0) ^ np.array(True), x**2, 3.0 * x),
        lambda x, xp: xp.where((x > 0.0) == MASK[:, None], x**2, 3.0 * x),
        lambda x, xp: xp.where((x > 0.0) & ~MASK[:, None], x**2, 3.0 * x),
        lambda x, xp: xp.where(xp.where(x > 0.0, x < 1.0, MASK[:, None]), x**2, 3.0 * x),
        lambda x, xp: x * (1.0 * MASK[:, None]),
    ],
    ids=["where", "and", "or", "xor", "equal", "not", "masks", "number"],
)
def test_constants_that_are_true_or_false_keep_their_meaning(engines, output):
    agree(engines, output)


def test_a_mask_of_hours_keeps_its_meaning(engines):
    day = np.array([False, False, True, True, True, False])[:, None]

    def output(x, xp):
        hourly = x * np.arange(1.0, 7.0)[:, None]
        return xp.sum(xp.where(day, hourly**2, -hourly), axis=0)

    agree(engines, output)


def test_an_unexpected_error_of_the_translation_leaves_the_loop_to_jax(engines, monkeypatch):
    def fails(self, name, **params):
        raise TypeError("unforeseen")

    monkeypatch.setattr(NativeLoop, "kernel", fails)
    falls_back(engines, lambda xp: run(xp, lambda x, xp: 2.0 * x))


STEEP = np.array([1.0, -1.0, 0.7, 0.0])


@pytest.mark.parametrize("name", ["sigmoid", "clip"])
def test_functions_have_the_gradient_of_jax_at_their_limits(engines, name):
    import jax

    functions = {
        "sigmoid": lambda x, xp: jax.nn.sigmoid(-1000.0 * x),
        "clip": lambda x, xp: jax.lax.clamp(0.0, x, 1.0),  # at both bounds in the first day
    }
    agree(engines, functions[name], STEEP)


def test_a_loop_without_days_is_left_to_jax_without_a_warning(engines):
    loops = [run(e.xp, lambda x, xp: 2.0 * x, days=0) for e in engines]
    native, jax = (e.compile(loop)(X) for e, loop in zip(engines, loops, strict=True))
    assert native[1]["o"].shape == (0, COLUMNS)
    same(native, jax)


def test_an_output_of_single_precision_keeps_it(engines):
    falls_back(engines, lambda xp: run(xp, lambda x, xp: (2.0 * x).astype("float32")))


def test_a_loop_without_drivers_is_not_called_one_without_days(engines):
    def step(state, today, parameters, xp):
        return state, {}

    def loop(v):
        return engines[0].xp.scan(step, {"x": v}, {}, {})

    with pytest.warns(CcdasWarning, match="drivers"), pytest.raises(ValueError, match="scan"):
        engines[0].compile(loop)(X)
