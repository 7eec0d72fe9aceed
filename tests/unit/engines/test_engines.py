"""Every engine gives the derivatives of a function with a loop over time."""

import warnings

import autograd
import numpy as np
import pytest
from c_reservoir import BlackReservoir, NativeReservoir
from findings import codes, raises_finding

from ccdas_framework.core.errors import ClosedOverValue
from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.engines.differences import DifferencesEngine


def looped(xp):
    """A nonlinear recursion over 30 days of three columns, from a vector of nine numbers."""

    def step(carry, today, parameters, xp):
        store = (
            carry["store"]
            + today["inflow"] * parameters["a"]
            - parameters["k"] * carry["store"] ** 1.1 * xp.exp(-parameters["a"])
            + xp.erf(carry["memory"])
        )
        memory = 0.9 * carry["memory"] + 0.1 * xp.tanh(store)
        return {"store": store, "memory": memory}, {"flux": store * parameters["k"]}

    def function(v, inflow):
        parameters = {"a": v[0:3], "k": v[3:6]}
        carry = {"store": xp.exp(v[6:9]), "memory": 0.1 * v[6:9]}
        carry, out = xp.scan(step, carry, {"inflow": inflow}, parameters)
        by_month = xp.segment_sum(out["flux"] * v[0], np.arange(30) // 10, 3)
        return {"month": by_month, "last": carry["store"]}

    return function


@pytest.fixture(scope="module")
def inflow():
    return np.abs(np.random.default_rng(0).normal(size=(30, 3)))


V = np.array([0.5, 0.6, 0.7, 0.1, 0.2, 0.15, 0.1, 0.2, 0.3])


def scalar(engine):
    function = looped(engine.xp)

    def total(v, inflow):
        out = function(v, inflow)
        return engine.xp.sum(out["month"] ** 2) + engine.xp.sum(out["last"])

    return total


def test_gradient_agrees_with_differences(engine, inflow):
    value, gradient = engine.value_and_grad(scalar(engine))(V, inflow)
    referee = DifferencesEngine(step=1e-6)
    expected_value, expected = referee.value_and_grad(scalar(referee))(V, inflow)
    assert float(value) == pytest.approx(expected_value, rel=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-7)


def test_dot_products_of_tangent_and_adjoint_agree(engine, inflow):
    function = looped(engine.xp)
    generator = np.random.default_rng(5)
    v, w = generator.normal(size=9), generator.normal(size=(3, 3))
    weights = {"month": w, "last": generator.normal(size=3)}
    pushed = engine.tangent_linear(lambda q, f: function(q, f)["month"])(V, v, inflow)
    pulled = engine.adjoint(function)(V, {**weights, "last": np.zeros(3)}, inflow)
    assert float(np.sum(pushed * w)) == pytest.approx(
        float(np.sum(np.asarray(pulled) * v)), rel=1e-12
    )


def test_taylor_remainder_falls_with_the_square_of_the_step(engine, inflow):
    value, gradient = engine.value_and_grad(scalar(engine))(V, inflow)
    run = engine.compile(scalar(engine))
    direction = np.random.default_rng(6).normal(size=9) * 0.1
    steps = np.array([1e-2, 1e-3, 1e-4])
    remainder = [
        abs(float(run(V + h * direction, inflow)) - float(value) - h * float(gradient @ direction))
        for h in steps
    ]
    slopes = np.diff(np.log(remainder)) / np.diff(np.log(steps))
    np.testing.assert_allclose(slopes, 2.0, atol=0.05)


def test_hessian_is_symmetric_and_agrees_with_differences(engine, inflow):
    product = engine.hessian_vector(scalar(engine))
    hessian = np.stack([product(V, e, inflow) for e in np.eye(9)])
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-10, atol=1e-11)
    gradient = engine.value_and_grad(scalar(engine))
    step = 1e-6 * np.eye(9)[2]
    ahead, behind = gradient(V + step, inflow)[1], gradient(V - step, inflow)[1]
    np.testing.assert_allclose(hessian[2], (ahead - behind) / 2e-6, rtol=1e-6, atol=1e-6)


def test_many_tangents_give_the_same_as_one_at_a_time(engine, inflow):
    function = looped(engine.xp)
    tangents = np.random.default_rng(7).normal(size=(7, 9))
    _, together = engine.pushforward(function)(V, tangents, inflow)
    for number, tangent in enumerate(tangents):
        _, alone = engine.pushforward(function)(V, tangent[None], inflow)
        np.testing.assert_allclose(together["month"][number], alone["month"][0], rtol=1e-12)


def test_scan_under_autograd_refuses_a_closed_over_value():
    engine = AutogradEngine()

    def hidden(v):
        def step(carry, today, parameters, xp):
            return {"s": carry["s"] * v[0]}, {}  # v reaches the step by closure

        carry, _ = engine.xp.scan(step, {"s": np.ones(2)}, {"t": np.ones(3)}, {})
        return engine.xp.sum(carry["s"])

    with raises_finding("closed-over-value", "step 'step'", ClosedOverValue):
        engine.value_and_grad(hidden)(np.array([2.0]))


def test_scan_gradient_agrees_with_plain_autograd_of_the_unrolled_loop(inflow):
    engine = AutogradEngine()
    _, gradient = engine.value_and_grad(scalar(engine))(V, inflow)

    def plain_scan(step, carry, xs, parameters, xp):
        outputs = []
        for day in range(len(xs["inflow"])):
            carry, out = step(carry, {"inflow": xs["inflow"][day]}, parameters, xp)
            outputs.append(out["flux"])
        return carry, {"flux": xp.stack(outputs)}

    from attrs import evolve

    plain = evolve(engine.xp, scan=plain_scan)
    function = looped(plain)

    def total(v):
        out = function(v, inflow)
        return plain.sum(out["month"] ** 2) + plain.sum(out["last"])

    np.testing.assert_allclose(gradient, autograd.grad(total)(V), rtol=1e-12)


def test_jax_is_in_double_precision():
    pytest.importorskip("jax")
    from ccdas_framework.engines.jax_engine import JaxEngine

    engine = JaxEngine()
    assert engine.xp.zeros(1).dtype == np.float64
    assert engine.compile(lambda v: v + 1e-12)(np.ones(1))[0] != 1.0


def test_the_compiled_engine_asks_jax_for_nothing_newer_than_it_needs(monkeypatch, inflow):
    jax = pytest.importorskip("jax")
    from ccdas_framework.engines.jax_engine import JaxEngine

    monkeypatch.delattr(jax, "typeof", raising=False)  # of JAX 0.6
    engine = JaxEngine()
    compiled = engine.compile(lambda v, w: v * w)
    np.testing.assert_array_equal(compiled(np.ones(3), 2.0), 2.0)
    # another shape, and another type of number, are compiled anew
    np.testing.assert_array_equal(compiled(np.ones((2, 2)), np.arange(2)), [[0.0, 1.0]] * 2)


def test_derivatives_in_one_thread_do_not_disturb_those_in_another():
    from threading import Event, Thread

    from ccdas_framework.engines.scan import pull_back, push_forward

    begun, over = Event(), Event()

    def other():
        def waiting(arrays):
            begun.set()
            assert over.wait(10)
            return [arrays[0]]

        push_forward(waiting, [np.array(1.0)], {0: np.array(1.0)})

    thread = Thread(target=other)

    def gradient(arrays):
        over.set()  # the other thread ends between the two derivatives of this one
        thread.join()
        return pull_back(lambda inner: [inner[0] ** 3 * arrays[0]], arrays, [0], [1.0])

    thread.start()
    assert begun.wait(10)
    _, second = push_forward(gradient, [np.array(2.0)], {0: np.array(1.0)})
    assert float(second[0]) == pytest.approx(9.0 * 2.0**2, rel=1e-14)  # d/dx (3 x^2 x)


@pytest.mark.parametrize("used", [False, True])
def test_double_precision_that_another_library_switches_off_is_noticed(used):
    jax = pytest.importorskip("jax")
    from ccdas_framework.engines.jax_engine import JaxEngine

    engine = JaxEngine()
    function = engine.compile(lambda v: v + 1e-12)
    gradient = engine.value_and_grad(lambda v: engine.xp.sum(v * v))
    if used:
        function(np.ones(2))
        gradient(np.ones(2))
    jax.config.update("jax_enable_x64", False)
    try:
        for call in (function, engine.hold):
            with raises_finding("single-precision", "engine 'jax'"):
                call(np.ones(2))
        with raises_finding("single-precision", "engine 'jax'"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # JAX warns that it makes float32 of a float64
            gradient(np.ones(2))
    finally:
        jax.config.update("jax_enable_x64", True)
    assert function(np.ones(2))[0] != 1.0


@pytest.mark.parametrize("reason", [RuntimeError("jaxlib 0.1 is too old"), AttributeError("x")])
def test_an_engine_that_cannot_start_gives_a_sentence_and_auto_takes_another(monkeypatch, reason):
    pytest.importorskip("jax")
    from ccdas_framework.config.engine_choice import engine_name
    from ccdas_framework.engines import jax_engine

    def unusable():
        raise reason

    monkeypatch.setattr(jax_engine, "require_double_precision", unusable)
    with raises_finding("unusable-engine", "engine 'jax'"):
        jax_engine.JaxEngine()
    notes = []
    assert engine_name("auto", notes) == "autograd"
    assert codes(notes) == [("unusable-engine", "engine.name")]
    assert engine_name("jax", notes) == "jax" and len(notes) == 1


def test_auto_is_jax_where_it_starts():
    pytest.importorskip("jax")
    from ccdas_framework.config.engine_choice import engine_name

    notes = []
    assert engine_name("auto", notes) == "jax" and not notes


def test_auto_is_differences_for_a_model_that_no_engine_traces():
    from ccdas_framework.config.engine_choice import engine_name

    notes = []
    assert engine_name("auto", notes, BlackReservoir()) == "differences"
    assert [(note.code, note.where) for note in notes] == [("not-differentiable", "engine.name")]
    assert engine_name("auto", notes, NativeReservoir()) != "differences" and len(notes) == 1
