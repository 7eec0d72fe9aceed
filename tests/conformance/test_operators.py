"""What every registered observation operator has to be true to, on both engines."""

import attrs
import numpy as np
import pytest

from ccdas_framework.core.assemble import connection_problems, control_of
from ccdas_framework.core.blocks import blocks_of
from ccdas_framework.core.control import Control
from ccdas_framework.core.parameters import switched
from ccdas_framework.engines.differences import DifferencesEngine
from ccdas_framework.engines.namespace import numpy_namespace
from ccdas_framework.experiment.components import registry
from ccdas_framework.io import read_observations

# settings that make do without a long lead or real values
SHORT = {"vod": {"biomass_memory": "window_mean"}, "sm": {"forest_fraction": 1.0}}
FURTHER = {
    "vod": ({"variant": "nucas"}, {"biomass_memory": "running_mean"}),
    "co2": ({"local_term": True},),
}
NAMES = sorted(registry().components["observation_operators"])
VARIANTS = [(name, {}) for name in NAMES] + [
    (name, settings) for name in NAMES for settings in FURTHER.get(name, ())
]
XP = numpy_namespace()


@attrs.frozen(eq=False)
class Looked:
    """An operator prepared on blocks of the small domain, with fields to look at.

    Args:
        operator: H.
        name: it is registered under.
        blocks: of the grid.
        streams: a block each.
        places: position in the file of each observation given to a block, a block each.
        fields: a block each, those it requires.
        control: of its parameters.
    """

    operator: object
    name: str
    blocks: tuple
    streams: tuple
    places: tuple
    fields: tuple
    control: object

    @property
    def index(self):
        """Position in the file of each simulated value."""
        if self.operator.scope == "domain":
            return self.streams[0].index
        pairs = zip(self.places, self.streams, strict=True)
        return np.concatenate([places[stream.index] for places, stream in pairs])

    def simulated(self, p, fields, xp, wide=False):
        """Of all blocks, put together as the core does it."""
        parts = []
        for block, stream, given in zip(self.blocks, self.streams, fields, strict=True):
            parameters = self.parameters(p, block, xp, wide)
            values = self.operator.observe(given, parameters, dict(stream.at), xp)
            if self.operator.scope == "cell":
                values = self.operator.complete(values, parameters, dict(stream.at), xp)
            parts.append(values)
        if self.operator.scope == "cell":
            return xp.concatenate(parts)
        total = sum(parts[1:], parts[0])
        parameters = self.parameters(p, self.blocks[0], xp, wide)
        return self.operator.complete(total, parameters, dict(self.streams[0].at), xp)

    def parameters(self, p, block, xp, wide):
        grid = block.forcing.domain.grid
        own = self.control.unpack(p, self.control.index(grid.column_class), xp).get(self.name, {})
        if wide:
            return {name: value + xp.zeros(grid.columns) for name, value in own.items()}
        return own


@pytest.fixture(scope="module")
def look(inputs, forcing_for):
    """Prepare an operator on so many blocks."""
    model = registry().component("process_models", "bethy")(n_h=6, dayint=5)
    forcing = forcing_for(model)
    model_control = control_of("bethy", model, {})

    def make(name, settings, count=1, unseen=()):
        """`unseen`: blocks that get no observations."""
        operator = registry().component("observation_operators", name)(
            **{**SHORT.get(name, {}), **settings}
        )
        assert connection_problems("bethy", model, {name: operator}) == []
        problems = []
        seen = read_observations(inputs / f"{name}.nc", operator.observes, problems)
        assert problems == []
        blocks = blocks_of(forcing, count)
        streams, places, fields = [], [], []
        for b, block in enumerate(blocks):
            grid = block.forcing.domain.grid
            parameters = model_control.unpack(
                np.zeros(len(model_control)), model_control.index(grid.column_class)
            )["bethy"]
            every = model.run(parameters, model.prepare(block.forcing), XP)
            inside = np.arange(len(seen))
            if operator.scope == "cell":
                inside = np.flatnonzero(grid.locate(seen.latitude, seen.longitude) >= 0)
                inside = inside[:0] if b in unseen else inside
            here = seen.take(inside)
            places.append(inside)
            asked = {v.name for v in (*operator.requires, *operator.requires_once)}
            given = {n: v for n, v in every.items() if n in asked}
            streams.append(operator.prepare(here, block.forcing.domain, lambda g=given: g))
            needed = {v.name for v in operator.requires}
            fields.append({n: v for n, v in every.items() if n in needed})
        own = Control.of({name: switched(operator.parameters, name, {})})
        return Looked(operator, name, blocks, tuple(streams), tuple(places), tuple(fields), own)

    return make


@pytest.fixture(
    scope="module",
    params=VARIANTS,
    ids=lambda v: "-".join([v[0], *(f"{k}={x}" for k, x in v[1].items())]),
)
def looked(request, look):
    """Each operator, with its defaults and with settings that change its equation."""
    return look(*request.param)


@pytest.fixture(scope="module")
def p(looked):
    return np.random.default_rng(21).normal(0.0, 0.3, len(looked.control))


def test_it_is_a_frozen_record_of_its_settings(looked):
    assert attrs.has(type(looked.operator))
    assert looked.operator.scope in ("cell", "domain")
    assert looked.operator.observes.units


def test_a_stream_has_a_value_an_error_and_a_name_for_each_observation(looked):
    (stream,) = looked.streams
    count = len(stream.values)
    assert count > 0
    assert len(stream.covariance.sd) == len(stream.labels) == len(stream.index) == count
    assert np.all(stream.covariance.sd > 0.0)  # also where the file knew none
    assert len(set(stream.index.tolist())) == count
    assert all(isinstance(v, np.ndarray) or np.isscalar(v) for v in stream.at.values())


def test_simulated_values_are_finite_and_in_range(looked, p):
    simulated = looked.simulated(p, looked.fields, XP)
    assert np.shape(simulated) == (len(looked.streams[0].values),)
    assert np.isfinite(simulated).all()
    if looked.operator.observes.valid_range:
        lower, upper = looked.operator.observes.valid_range
        assert simulated.min() >= lower and simulated.max() <= upper


def test_a_scalar_parameter_may_come_as_an_array_over_columns(looked, p):
    narrow = looked.simulated(p, looked.fields, XP)
    np.testing.assert_allclose(
        looked.simulated(p, looked.fields, XP, wide=True), narrow, rtol=1e-13
    )


def settings_of(operator):
    return {f.alias: getattr(operator, f.name) for f in attrs.fields(type(operator))}


def test_blocks_add_up(looked, look, p):
    cut = look(looked.name, settings_of(looked.operator), count=3)
    assert len(cut.blocks) == 3
    values = cut.simulated(p, cut.fields, XP)
    whole = looked.simulated(p, looked.fields, XP)
    if looked.operator.scope == "domain":
        for stream in cut.streams:
            np.testing.assert_array_equal(stream.index, looked.streams[0].index)
        np.testing.assert_allclose(values, whole, rtol=1e-12)
    else:
        assert sorted(cut.index) == sorted(looked.index)
        by_place = dict(zip(looked.index, whole, strict=True))
        np.testing.assert_allclose(values, [by_place[i] for i in cut.index], rtol=1e-12)


def test_a_block_without_observations_adds_none(looked, look, p):
    if looked.operator.scope == "domain":
        pytest.skip("a domain-scope operator gets all observations in every block")
    cut = look(looked.name, settings_of(looked.operator), count=3, unseen=(1,))
    values = cut.simulated(p, cut.fields, XP)
    assert len(cut.streams[1].values) == 0
    by_place = dict(zip(looked.index, looked.simulated(p, looked.fields, XP), strict=True))
    np.testing.assert_allclose(values, [by_place[i] for i in cut.index], rtol=1e-12)
    assert len(values) > 0


# -- derivatives with respect to fields and own parameters ---------------------------------------


@pytest.fixture(scope="module")
def moved(looked):
    """A random change of parameters and fields, each by a part of its size."""
    generator = np.random.default_rng(22)
    (fields,) = looked.fields
    change = {
        name: 0.1 * np.std(values) * generator.normal(size=values.shape)
        for name, values in fields.items()
    }
    return {"p": generator.normal(size=len(looked.control)), "fields": change}


def along(looked, xp):
    """Simulated values as a function of parameters and fields."""
    return lambda given: looked.simulated(given["p"], (given["fields"],), xp)


def here(looked, p):
    return {"p": p, "fields": looked.fields[0]}


def test_tangent_agrees_with_central_differences(looked, p, moved, engine):
    given = here(looked, p)
    tangents = {"p": moved["p"][None], "fields": {n: v[None] for n, v in moved["fields"].items()}}
    _, pushed = engine.pushforward(along(looked, engine.xp))(given, tangents)
    referee = along(looked, XP)
    difference = DifferencesEngine(step=1e-4)._along(referee, given, moved, ())
    scale = np.abs(difference).max()
    # rounding of values near 400 ppm at this step: 1e-9
    np.testing.assert_allclose(pushed[0], difference, rtol=1e-6, atol=1e-6 * scale)


def test_dot_products_of_tangent_and_adjoint_agree(looked, p, moved, engine):
    given, function = here(looked, p), along(looked, engine.xp)
    tangents = {"p": moved["p"][None], "fields": {n: v[None] for n, v in moved["fields"].items()}}
    value, pushed = engine.pushforward(function)(given, tangents)
    w = np.random.default_rng(23).normal(size=np.shape(value))
    _, pull = engine.pullback(function)(given)
    back = pull(w)
    right = float(np.sum(np.asarray(back["p"]) * moved["p"])) + sum(
        float(np.sum(np.asarray(back["fields"][n]) * v)) for n, v in moved["fields"].items()
    )
    assert float(w @ np.asarray(pushed[0])) == pytest.approx(right, rel=1e-8)


def test_taylor_remainder_falls_with_the_square_of_the_step(looked, p, moved, engine):
    function = along(looked, XP)
    given = here(looked, p)
    tangents = {"p": moved["p"][None], "fields": {n: v[None] for n, v in moved["fields"].items()}}
    value, pushed = engine.pushforward(along(looked, engine.xp))(given, tangents)
    remainder = []
    steps = np.array([1e-1, 1e-2])
    for h in steps:
        ahead = {
            "p": p + h * moved["p"],
            "fields": {n: v + h * moved["fields"][n] for n, v in looked.fields[0].items()},
        }
        change = np.asarray(function(ahead)) - np.asarray(value)
        remainder.append(np.linalg.norm(change - h * np.asarray(pushed[0])))
    if remainder[0] <= 1e-12 * np.linalg.norm(value):
        return  # a linear operator leaves nothing but rounding
    slope = np.log(remainder[0] / remainder[1]) / np.log(10.0)
    assert slope == pytest.approx(2.0, abs=0.2)
