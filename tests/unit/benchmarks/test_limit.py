"""The limit in C++: the same numbers as the model."""

import numpy as np
import pytest

COLUMNS, DAYS, STEPS = 9, 8, 8


@pytest.fixture
def limit():
    from limit.kernel import compiler

    if compiler() is None:
        pytest.skip("no C++ compiler")
    return tiny_limit()


_made = []  # one compilation for the module


def tiny_limit():
    """A run of few columns, which do not fill the last vector."""
    if not _made:
        from ccdas_models_bethy import Bethy
        from limit.kernel import Limit
        from synthetic import prior_parameters, synthetic_forcing

        model = Bethy(n_h=STEPS, dayint=1)
        forcing = synthetic_forcing(COLUMNS, DAYS, np.random.default_rng(1))
        drivers = model.prepare(forcing)
        parameters = prior_parameters(model, forcing.domain.grid.column_class)
        made = Limit(model, drivers, parameters, forcing.domain.lead)
        _made.append((made, model, drivers, parameters))
    return _made[0]


def test_fields_of_every_day_are_those_of_the_model(limit):
    from ccdas_framework.engines.namespace import numpy_namespace

    made, model, drivers, parameters = limit
    made.run()
    expected = model.run(parameters, drivers, numpy_namespace())
    for name, array in made.fields.items():
        rows = np.moveaxis(made.data[array.number], 0, 1)
        found = rows.reshape(rows.shape[0], -1)[:, :COLUMNS]
        of_model = expected[name][-len(found) :]  # NEP of the window alone
        np.testing.assert_allclose(found, of_model, atol=1e-12 * np.abs(of_model).max(), rtol=0)


def test_gradient_is_that_of_autograd(limit):
    from limit.bethy import FIELDS

    from ccdas_framework.engines.autograd_engine import AutogradEngine

    made, model, drivers, parameters = limit
    engine, names = AutogradEngine(), made.names
    x = np.stack([parameters[name] for name in names])

    def cost(x):
        fields = model.run(dict(zip(names, x, strict=True)), drivers, engine.xp)
        return sum(engine.xp.sum(fields[name]) for name in FIELDS)

    expected, slope = engine.value_and_grad(cost)(x)
    value, found = made.run(gradient=True)
    assert value == pytest.approx(float(expected), rel=1e-12)
    rows, scale = slope * np.abs(x), np.abs(slope * x).max()
    np.testing.assert_allclose(found * np.abs(x), rows, atol=1e-12 * scale, rtol=0)


def test_the_code_serves_any_number_of_days_and_columns():
    from ccdas_models_bethy import Bethy
    from limit.bethy import bethy_program
    from synthetic import synthetic_forcing

    sources = []
    for columns, days in ((2, 6), (3, 9)):
        model = Bethy(n_h=STEPS, dayint=1)
        forcing = synthetic_forcing(columns, days, np.random.default_rng(1))
        program, *_ = bethy_program(model, model.prepare(forcing), days, forcing.domain.lead)
        sources.append(program.source())
    assert sources[0] == sources[1]


def test_two_threads_change_no_bit(limit):
    made = limit[0]
    cost, slope = made.run(gradient=True)
    again, same = made.run(gradient=True, threads=2)
    assert again == cost
    np.testing.assert_array_equal(same, slope)


def test_derivatives_of_each_operation_are_those_of_jax():
    import jax
    import jax.scipy.special
    from limit.graph import COLUMN, Graph, adjoints
    from limit.trace import Tracer

    from ccdas_framework import JaxEngine

    def function(a, b):
        xp = jax.numpy
        c = xp.maximum(a, b) * xp.tanh(a) + xp.minimum(b, 2.0) / xp.sqrt(a)
        d = xp.where(a > b, xp.exp(-a), xp.log(b)) + jax.scipy.special.erf(a) ** 3
        return c - d * xp.cos(b) + xp.abs(a - b)

    def number(graph, node, known):
        operation, operands = graph.operation[node], graph.operands[node]
        if operation == "literal":
            return operands[0]
        if operation == "input":
            return known[operands[0]]
        values = [number(graph, o, known) for o in operands]
        numpy = {"div": "divide", "sub": "subtract", "mul": "multiply", "neg": "negative",
                 "max": "maximum", "min": "minimum", "abs": "absolute", "lt": "less",
                 "gt": "greater", "eq": "equal", "select": "where"}  # fmt: skip
        if operation == "erf":
            return float(jax.scipy.special.erf(values[0]))
        return getattr(np, numpy.get(operation, operation))(*values)

    JaxEngine()  # double precision
    graph = Graph()
    nodes = [graph.input(name, COLUMN) for name in "ab"]
    closed = jax.make_jaxpr(function)(1.0, 1.0)
    arguments = [np.array(node, dtype=object) for node in nodes]
    (result,) = Tracer(graph).run(closed.jaxpr, closed.consts, arguments)
    found = adjoints(graph, {result[()]: graph.literal(1.0)}, nodes)
    for a, b in ((0.7, 1.9), (1.9, 0.7), (1.2, 1.2)):  # the last on the kinks
        expected = jax.grad(function, (0, 1))(a, b)
        values = [number(graph, found[node], {"a": a, "b": b}) for node in nodes]
        np.testing.assert_allclose(values, np.array(expected), rtol=1e-13)
