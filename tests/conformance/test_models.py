"""What every registered process model has to be true to."""

import attrs
import numpy as np
import pytest
from attrs import evolve

from ccdas_framework.core.blocks import blocks_of
from ccdas_framework.engines.differences import DifferencesEngine
from ccdas_framework.engines.namespace import numpy_namespace, numpy_scan
from ccdas_framework.experiment.components import registry

# settings that keep the trials short, and settings under which a declaration changes
SHORT = {"bethy": {"n_h": 8, "dayint": 5}}
FURTHER = {
    "bethy": ({"humidity_wetness": "cell"}, {"hydrology": "bucket"}, {"dayint": 1, "n_h": 6}),
}
NAMES = sorted(registry().components["process_models"])
VARIANTS = [(name, {}) for name in NAMES] + [
    (name, settings) for name in NAMES for settings in FURTHER.get(name, ())
]
XP = numpy_namespace()


def made(name, **settings):
    return registry().component("process_models", name)(**{**SHORT.get(name, {}), **settings})


@pytest.fixture(
    scope="module",
    params=VARIANTS,
    ids=lambda v: "-".join([v[0], *(f"{k}={x}" for k, x in v[1].items())]),
)
def case(request, case_of):
    """Each model with its defaults and with settings that change what it declares."""
    name, settings = request.param
    return case_of(made(name, **settings))


@pytest.fixture(scope="module", params=NAMES)
def small(request, case_of):
    """Each model with its defaults on two cells and twelve days, for derivatives."""
    return case_of(made(request.param), days=12, cells=2)


def test_it_is_a_frozen_record_of_its_settings(case):
    assert attrs.has(type(case.model))
    field = attrs.fields(type(case.model))[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(case.model, field, None)


def test_it_gives_the_fields_it_declares_and_all_are_finite(case):
    fields = case.fields(case.x, XP)
    domain = case.forcing.domain
    for variable in case.model.provides:
        assert np.shape(fields[variable.name]) == (domain.days, domain.grid.columns), variable.name
        assert np.isfinite(fields[variable.name]).all(), variable.name
        if variable.valid_range:
            lower, upper = variable.valid_range
            values = fields[variable.name]
            assert values.min() >= lower and values.max() <= upper, variable.name


def test_running_changes_neither_parameters_nor_drivers(case):
    parameters = case.control.unpack(case.x, case.index)["model"]
    kept = {name: np.copy(value) for name, value in parameters.items()}
    first = case.model.run(parameters, case.drivers, XP)
    second = case.model.run(parameters, case.drivers, XP)
    for name, value in parameters.items():
        assert np.array_equal(value, kept[name])
    for name, values in first.items():
        assert np.array_equal(values, second[name])


def test_a_scalar_parameter_may_come_as_an_array_over_columns(case):
    parameters = case.control.unpack(case.x, case.index)["model"]
    columns = case.forcing.domain.grid.columns
    wide = {name: np.broadcast_to(value, (columns,)).copy() for name, value in parameters.items()}
    assert any(np.ndim(value) == 0 for value in parameters.values())
    narrow = case.model.run(parameters, case.drivers, XP)
    for name, values in case.model.run(wide, case.drivers, XP).items():
        np.testing.assert_allclose(values, narrow[name], rtol=1e-13, atol=1e-15, err_msg=name)


def test_blocks_of_cells_give_the_fields_of_the_whole(case):
    whole = case.fields(case.x, XP)
    for block in blocks_of(case.forcing, 3):
        grid = block.forcing.domain.grid
        cut = evolve(
            case,
            forcing=block.forcing,
            drivers=case.model.prepare(block.forcing),
            index=case.control.index(grid.column_class),
        )
        for name, values in cut.fields(case.x, XP).items():
            assert np.isfinite(values).all(), name  # padding as well
            part = values[:, : len(block.columns)]
            np.testing.assert_allclose(part, whole[name][:, block.columns], rtol=1e-12, atol=1e-13)


def moved_by(case, column):
    """Columns whose fields change when all parameters of one column change."""
    columns = case.forcing.domain.grid.columns
    parameters = {
        name: np.broadcast_to(value, (columns,)).copy()
        for name, value in case.control.unpack(case.x, case.index)["model"].items()
    }
    before = case.model.run(parameters, case.drivers, XP)
    elsewhere = case.control.unpack(0.9 * case.x, case.index)["model"]
    for name, value in elsewhere.items():
        parameters[name][column] = np.broadcast_to(value, (columns,))[column]
    after = case.model.run(parameters, case.drivers, XP)
    changed = [np.any(after[name] != values, axis=0) for name, values in before.items()]
    return np.flatnonzero(np.any(changed, axis=0))


def test_a_column_sees_no_more_than_the_model_declares(case):
    """`couples` is what separates the columns of a Jacobian: it must be true, and no wider."""
    grid = case.forcing.domain.grid
    seen_beyond = False
    for column in range(grid.columns):
        moved = moved_by(case, column)
        assert column in moved
        if case.model.couples == "column":
            assert moved.tolist() == [column]
        else:
            assert set(grid.column_cell[moved]) == {grid.column_cell[column]}
            seen_beyond |= len(moved) > 1
    assert seen_beyond == (case.model.couples == "cell")


def test_parameters_declared_after_the_time_loop_do_not_enter_it(case):
    """The first scan gives back the same when they change."""
    late = [e.position for e in case.control.active if not e.parameter.in_loop]
    if not late:
        pytest.skip("declares none")
    moved = case.x.copy()
    moved[late] += 0.5
    before, after = flat(time_loop(case, case.x)), flat(time_loop(case, moved))
    assert len(before) == len(after) > 0
    for first, second in zip(before, after, strict=True):
        assert np.array_equal(first, second)
    # and they do change something, or they would be no parameters
    fields, again = case.fields(case.x, XP), case.fields(moved, XP)
    assert any(np.any(values != again[name]) for name, values in fields.items())


def time_loop(case, x):
    """What the first scan of a run gives back; scans within it belong to it."""
    outermost, depth = [], [0]

    def recording(step, carry, xs, parameters, xp):
        depth[0] += 1
        out = numpy_scan(step, carry, xs, parameters, xp)
        depth[0] -= 1
        if not depth[0]:
            outermost.append(out)
        return out

    case.fields(x, evolve(XP, scan=recording))
    return outermost[0]


def flat(tree):
    """Arrays of nested dicts and tuples."""
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in flat(value)]
    if isinstance(tree, (tuple, list)):
        return [leaf for value in tree for leaf in flat(value)]
    return [np.asarray(tree)]


# -- derivatives ----------------------------------------------------------------------------------


# compiling the gradient of a large model takes a minute: `make science` does it


@pytest.fixture(
    scope="module",
    params=["autograd", pytest.param("jax", marks=pytest.mark.science)],
)
def derived(request, small):
    """Value and gradient of a random combination of all fields, by each engine."""
    from conftest import make_engine

    engine = make_engine(request.param)
    function = small.total(engine.xp)
    value, gradient = engine.value_and_grad(function)(small.x, small.drivers)
    assert np.isfinite(value) and np.isfinite(gradient).all()
    return engine, function, float(value), np.asarray(gradient)


def directions(x, count=3):
    generator = np.random.default_rng(12)
    return [v / np.linalg.norm(v) for v in generator.normal(size=(count, len(x)))]


def test_gradient_agrees_with_central_differences(derived, small):
    _, _, _, gradient = derived
    total = small.total(XP)
    for v in directions(small.x):
        best = min(
            abs(float(DifferencesEngine(step=h)._along(total, small.x, v, (small.drivers,)))
                - gradient @ v)
            for h in (1e-3, 1e-4, 1e-5)
        )  # fmt: skip
        assert best <= 1e-5 * abs(gradient @ v) + 1e-7 * np.linalg.norm(gradient)


def test_taylor_remainder_falls_with_the_square_of_the_step(derived, small):
    _, _, _, gradient = derived
    total = small.total(XP)
    value = float(total(small.x, small.drivers))
    v, steps = directions(small.x)[0], np.array([1e-1, 1e-2, 1e-3])
    remainder = [
        abs(float(total(small.x + h * v, small.drivers)) - value - h * gradient @ v) for h in steps
    ]
    slopes = np.diff(np.log(remainder)) / np.diff(np.log(steps))
    # third-order terms bend the first decade
    np.testing.assert_allclose(slopes[-1], 2.0, atol=0.1)


def test_dot_products_of_tangent_and_adjoint_agree(derived, small):
    engine, function, _, gradient = derived
    v = directions(small.x)[1]
    _, pushed = engine.pushforward(function)(small.x, v[None], small.drivers)
    assert float(pushed[0]) == pytest.approx(gradient @ v, rel=1e-8)
