"""The engine keeps the rules of the framework, and its kernels agree with JAX."""

import warnings

import numpy as np
import pytest
from ccdas_native.engine import NativeEngine, native_error

from ccdas_framework import CcdasWarning, JaxEngine, tree_leaves
from ccdas_framework.testing import checks_for

problem = native_error()
if problem is not None and problem.code == "missing-compiler":
    pytest.skip(str(problem), allow_module_level=True)

HOURS, LAYERS, COLUMNS, DAYS = 6, 3, 5, 4


@pytest.mark.parametrize("check", checks_for(NativeEngine()), ids=repr)
def test_conforms(check):
    check()


def hourly_step(state, today, parameters, xp):
    """A day with hours, layers, a noon value that all hours need, and functions of `xp`."""
    hours = np.cos(np.pi * np.arange(HOURS) / HOURS)[:, None]
    light = xp.maximum(today["light"] * hours + 0.3 * parameters["a"], 0.0)
    depth = state["leaves"] / LAYERS
    layers = xp.stack([light * xp.exp(-n * parameters["k"] * depth) for n in range(LAYERS)], axis=1)
    stress = 1.0 / (1.0 + xp.exp(-layers[2, 1] * parameters["a"]))
    gross = xp.sqrt(layers + 1e-3) * stress / (1.0 + xp.abs(state["water"])) ** 1.3
    gain = xp.sum(gross, axis=(0, 1))
    used = xp.sum(xp.where(layers > 0.2, xp.tanh(layers), layers**2), axis=1)
    water = 0.9 * state["water"] + today["rain"] - 0.01 * xp.sum(used, axis=0)
    leaves = state["leaves"] * 0.98 + 0.01 * gain * xp.erf(water)
    pools = state["pools"] * xp.stack([0.9 + 0.0 * gain, 0.99 * xp.cos(0.1 * gain)])
    pools = pools + 0.1 * gain[None]
    out = {"gain": gain, "noon": layers[3], "log": xp.log(leaves), "all": pools[None]}
    return {"leaves": leaves, "water": water, "pools": pools}, out


def arguments():
    """v and constants of `function`."""
    random = np.random.default_rng(3)
    v = {
        "a": random.uniform(0.5, 1.0, COLUMNS),
        "k": random.uniform(0.3, 0.6, COLUMNS),
        "leaves": random.uniform(1.0, 2.0, COLUMNS),
        "rain": random.uniform(0.0, 0.5, (DAYS, COLUMNS)),
        "light": random.uniform(0.0, 2.0, (DAYS, HOURS, COLUMNS)),
    }
    return v, {"pools": random.uniform(1.0, 2.0, (2, COLUMNS))}


def function(xp, step=hourly_step):
    """Last state and outputs of all days."""

    def run(v, constants):
        state = {"leaves": v["leaves"], "water": 0.1 + 0.0 * v["a"], "pools": constants["pools"]}
        xs = {"rain": v["rain"], "light": v["light"]}
        return xp.scan(step, state, xs, {"a": v["a"], "k": v["k"]})

    return run


def same(found, expected, rtol=1e-12):
    for a, b in zip(tree_leaves(found), tree_leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * float(np.abs(b).max()))


@pytest.fixture(scope="module")
def engines():
    """The native engine, with a message as an error, and that of JAX."""
    return NativeEngine(), JaxEngine()


@pytest.fixture(autouse=True)
def no_fall_back():
    with warnings.catch_warnings():
        warnings.simplefilter("error", CcdasWarning)
        yield


def test_values_are_those_of_jax(engines):
    native, jax = (e.compile(function(e.xp))(*arguments()) for e in engines)
    same(native, jax)


def test_the_adjoint_is_that_of_jax(engines):
    pulled = []
    for engine in engines:
        value, pull = engine.pullback(function(engine.xp))(*arguments())
        random = np.random.default_rng(5)
        weights = [random.normal(size=np.shape(leaf)) for leaf in tree_leaves(value)]
        last, out = value
        names = sorted(last)
        given = iter(weights)
        w = ({n: next(given) for n in names}, {n: next(given) for n in sorted(out)})
        pulled.append(pull(w))
    same(*pulled)


@pytest.mark.parametrize("count", [1, 11])
def test_tangents_are_those_of_jax(engines, count):
    v, constants = arguments()
    random = np.random.default_rng(7)
    along = {name: random.normal(size=(count, *np.shape(value))) for name, value in v.items()}
    pushed = [e.pushforward(function(e.xp))(v, along, constants)[1] for e in engines]
    same(*pushed)


def test_members_are_those_of_jax(engines):
    v, constants = arguments()
    random = np.random.default_rng(9)
    members = {n: x * random.uniform(0.9, 1.1, (11, *np.shape(x))) for n, x in v.items()}

    def total(engine):
        run, xp = function(engine.xp), engine.xp
        return lambda v, c: xp.sum(run(v, c)[1]["gain"] ** 2)

    same(*(e.batched(function(e.xp))(members, constants) for e in engines))
    same(*(e.batched_value_and_grad(total(e))(members, constants) for e in engines))


def test_a_gradient_of_few_outputs_is_that_of_jax(engines):
    def total(engine):
        run, xp = function(engine.xp), engine.xp
        return lambda v, c: xp.sum(run(v, c)[1]["log"])

    same(*(e.value_and_grad(total(e))(*arguments()) for e in engines))


@pytest.mark.parametrize("columns", [1, 2, 8, 19])
def test_any_number_of_columns_is_computed(engines, columns):
    v, constants = arguments()
    v = {n: np.resize(x, (*np.shape(x)[:-1], columns)) for n, x in v.items()}
    constants = {n: np.resize(x, (*np.shape(x)[:-1], columns)) for n, x in constants.items()}
    same(*(e.compile(function(e.xp))(v, constants) for e in engines))


def test_a_loop_within_the_step_is_computed(engines):
    def step(state, today, parameters, xp):
        def part(inner, now, constants, xp):
            store = inner["store"] * constants["k"] + now["rain"]
            return {"store": store}, {"store": store}

        last, out = xp.scan(part, {"store": state["leaves"]}, {"rain": today["light"]}, parameters)
        return {**state, "leaves": last["store"]}, {"each": out["store"]}

    same(*(e.compile(function(e.xp, step))(*arguments()) for e in engines))


def test_a_value_of_a_closure_keeps_its_derivative(engines):
    def closed(engine):
        xp = engine.xp

        def total(v):
            def step(state, today, parameters, xp):
                return {"s": state["s"] * v}, {}

            return xp.sum(xp.scan(step, {"s": np.ones(3)}, {"t": np.ones(3)}, {})[0]["s"])

        return total

    same(*(e.value_and_grad(closed(e))(np.array([2.0, 3.0, 4.0])) for e in engines))


def test_nan_times_zero_is_nan_in_its_column_alone(engines):
    def step(state, today, parameters, xp):
        return {**state, "leaves": state["leaves"] + 0.0 * parameters["a"]}, {}

    v, constants = arguments()
    v["a"][2] = np.nan
    last = engines[0].compile(function(engines[0].xp, step))(v, constants)[0]
    assert np.flatnonzero(np.isnan(last["leaves"])).tolist() == [2]


def test_functions_are_accurate_to_rounding():
    engine = NativeEngine()
    x = np.concatenate([np.linspace(-40.0, 40.0, 4001), [1e-300, 700.0, -700.0, 0.0, 1e-12]])

    def functions(v):
        def step(state, today, parameters, xp):
            x = state["x"]
            out = {
                "exp": xp.exp(x), "log": xp.log(xp.abs(x) + 1e-300), "tanh": xp.tanh(x),
                "sqrt": xp.sqrt(xp.abs(x)), "log of small": xp.log(xp.exp(x)),
            }  # fmt: skip
            return {"x": x}, out

        return engine.xp.scan(step, {"x": v}, {"t": np.ones(1)}, {})[1]

    found = engine.compile(functions)(x)
    expected = {
        "exp": np.exp(x), "log": np.log(np.abs(x) + 1e-300), "tanh": np.tanh(x),
        "sqrt": np.sqrt(np.abs(x)),
    }  # fmt: skip
    for name, values in expected.items():
        np.testing.assert_allclose(found[name][0], values, rtol=5e-16, atol=0.0, err_msg=name)
    np.testing.assert_allclose(found["log of small"][0], x, rtol=1e-15, atol=3e-16)


def test_a_carry_that_changes_its_arrays_is_refused_by_jax(engines):
    def step(state, today, parameters, xp):
        return {**state, "more": state["water"]}, {}

    with (
        pytest.warns(CcdasWarning, match="carry"),
        pytest.raises(TypeError, match="carry"),
    ):
        engines[0].compile(function(engines[0].xp, step))(*arguments())


def test_a_step_without_translation_runs_on_jax(engines):
    def step(state, today, parameters, xp):
        mixed = xp.cumsum(state["leaves"])
        return {**state, "leaves": mixed}, {"mixed": mixed}

    native, jax = engines
    with pytest.warns(CcdasWarning) as caught:
        found = native.compile(function(native.xp, step))(*arguments())
    (warning,) = (w.message for w in caught)
    assert (warning.code, warning.where) == ("no-translation", "step 'step'")
    same(found, jax.compile(function(jax.xp, step))(*arguments()))
