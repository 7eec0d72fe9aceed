"""Column averages: limits of the averaging kernel, heights, derivatives, and what is refused."""

import numpy as np
import pytest
from attrs import evolve
from ccdas_obs_co2 import Co2Transport
from ccdas_obs_xco2.columns import Columns, height_of_pressure
from ccdas_obs_xco2.operator import Xco2
from ccdas_transport import JacobianGrid, TransportJacobian, write_jacobian

from ccdas_framework import CcdasWarning, Grid, InvalidInput, Observations
from ccdas_framework.engines.namespace import numpy_namespace
from ccdas_framework.testing import checks_for, dated_domain

XP = numpy_namespace()
GRID = Grid(
    latitude=np.array([48.75, 7.5]), longitude=np.array([15.0, -180.0]),
    area=np.array([6e11, 9e11]), region=np.array(["a", "b"]),
    half_width=np.array([[3.75, 5.0], [3.0, 3.0]]), column_cell=np.array([0, 0, 1]),
    column_fraction=np.array([0.5, 0.3, 0.7]), column_class=np.array([9, 4, 1]),
)  # fmt: skip
PARAMETERS = {
    "c_0": np.array(381.0), "fossil_scale": np.array(1.02), "land_use_scale": np.array(0.9),
    "ocean_adjustment": np.array([0.1, -0.3, 0.2]),
}  # fmt: skip
LEVELS = np.array([900.0, 700.0, 500.0, 300.0, 100.0])  # hPa
DAYS = np.array(["2010-03-05", "2010-03-21", "2011-11-30"], dtype="datetime64[D]")


@pytest.fixture(scope="module")
def domain():
    return dated_domain(GRID, "2010-01-01", "2011-12-31", lead=30)


@pytest.fixture(scope="module")
def nep(domain):
    day = np.arange(domain.days)[:, None]
    return np.sin(2 * np.pi * day / 365.0 - 1.5) * (1 + 0.2 * np.arange(3))


def soundings(kernel=1.0, prior=400.0, days=DAYS, **extra):
    shape = len(days), len(LEVELS)
    columns = {
        "averaging_kernel": np.broadcast_to(kernel, shape),
        "pressure_weight": np.full(shape, 1.0 / len(LEVELS)),
        "prior_profile": np.broadcast_to(prior, shape),
        "level_pressure": np.broadcast_to(LEVELS, shape), **extra,
    }  # fmt: skip
    count = len(days)
    return Observations(
        values=np.full(count, 390.0), sd=np.full(count, 0.8), start=days, end=days,
        latitude=np.full(count, 51.57), longitude=np.full(count, -1.32),
        altitude=np.full(count, 142.0), label=np.full(count, "harwell"), extra=columns,
    )  # fmt: skip


def simulated(operator, stream, nep):
    at = dict(stream.at)
    land = operator.observe({"nep": nep}, PARAMETERS, at, XP)
    return operator.complete(land, PARAMETERS, at, XP)


def at_station(height, domain, nep, days=DAYS):
    """Mole fraction of the operator co2 at a height, one value at each of the days."""
    operator = Co2Transport()
    plain = evolve(soundings(days=days), extra={}, altitude=np.full(len(days), height))
    return simulated(operator, operator.prepare(plain, domain, None), nep)


def test_a_kernel_of_one_in_one_layer_is_the_mole_fraction_there(domain, nep):
    for height in (500.0, 3000.0):
        operator = Xco2(heights=[height])
        value = simulated(operator, operator.prepare(soundings(), domain, None), nep)
        np.testing.assert_allclose(value, at_station(height, domain, nep), rtol=1e-12)


def test_a_kernel_of_zero_is_the_prior_profile_alone(domain, nep):
    profile = np.array([420.0, 410.0, 400.0, 395.0, 390.0])
    operator = Xco2()
    stream = operator.prepare(soundings(kernel=0.0, prior=profile), domain, None)
    np.testing.assert_allclose(simulated(operator, stream, nep), profile.mean(), rtol=1e-12)
    np.testing.assert_array_equal(operator.observe({"nep": nep}, {}, stream.at, XP), 0.0)


def test_a_column_is_the_kernel_weighted_mean_of_its_heights(domain, nep):
    kernel = np.array([0.9, 1.0, 1.1, 1.0, 0.5])
    operator = Xco2(heights=[1000.0, 2000.0])
    stream = operator.prepare(soundings(kernel=kernel, prior=395.0), domain, None)
    low, high = (at_station(z, domain, nep) for z in (1000.0, 2000.0))
    weight = np.array([1.0, *np.zeros(4)]) * kernel / 5  # 900 hPa is below 1000 m, others above
    expected = weight.sum() * low + (kernel.sum() / 5 - weight.sum()) * high
    expected = expected + ((1 - kernel) * 395.0).sum() / 5
    np.testing.assert_allclose(simulated(operator, stream, nep), expected, rtol=1e-10)


def test_heights_share_the_weight_of_a_level_by_nearness():
    column = Columns(np.ones((1, 3)), np.full((1, 3), 1 / 3), np.zeros((1, 3)),
                     np.array([[-50.0, 1250.0, 20000.0]]))  # fmt: skip
    weights = column.at_heights([500.0, 1500.0, 3000.0])
    np.testing.assert_allclose(weights, [[1 / 3 + 0.25 / 3, 0.75 / 3, 1 / 3]])
    np.testing.assert_allclose(column.at_heights([700.0]), [[1.0]])


@pytest.mark.parametrize(
    ("pressure", "height"), [(1013.25, 0.0), (898.75, 1000.0), (540.2, 5000.0), (264.36, 10000.0),
                             (120.45, 15000.0), (54.75, 20000.0)]
)  # fmt: skip
def test_heights_of_pressures_are_those_of_the_standard_atmosphere(pressure, height):
    assert height_of_pressure(np.array(pressure)) == pytest.approx(height, abs=15.0)


def test_days_outside_the_window_and_soundings_without_a_kernel_are_counted(domain):
    days = np.array(["2010-03-05", "2012-01-01", "2010-04-01"], dtype="datetime64[D]")
    kernel = np.ones((3, 5))
    kernel[2, 1] = np.nan
    stream = Xco2().prepare(soundings(kernel=kernel, days=days), domain, None)
    assert dict(stream.dropped) == {"outside the period": 1, "no averaging kernel": 1}
    assert list(stream.index) == [0] and len(stream.values) == 1
    assert np.sqrt(np.diag(stream.covariance.dense()))[0] == pytest.approx(np.hypot(0.8, 0.5))


@pytest.fixture(params=["autograd", "jax"])
def engine(request):
    if request.param == "autograd":
        from ccdas_framework.engines.autograd_engine import AutogradEngine

        return AutogradEngine()
    pytest.importorskip("jax")
    from ccdas_framework.engines.jax_engine import JaxEngine

    return JaxEngine()


@pytest.mark.parametrize("name", ["nep", *PARAMETERS])
def test_tangents_are_differences_of_any_step(engine, domain, nep, name):
    """Linear in NEP and in each parameter, so that differences are exact to rounding."""
    operator = Xco2()
    at = dict(operator.prepare(soundings(kernel=0.8), domain, None).at)

    def column(v, at, xp=engine.xp):
        return operator.complete(operator.observe({"nep": v["nep"]}, v, at, xp), v, at, xp)

    random = np.random.default_rng(5)
    v = {**PARAMETERS, "nep": nep}
    t = {n: random.standard_normal(np.shape(x)) if n == name else np.zeros(np.shape(x))
         for n, x in v.items()}  # fmt: skip
    value, tangent = engine.pushforward(column)(v, {n: x[None] for n, x in t.items()}, at)
    value, tangent = np.asarray(value), np.asarray(tangent)[0]
    assert np.abs(tangent).min() > 0.0
    for step in (1.0, 1e-2):
        moved = column({n: v[n] + step * t[n] for n in v}, at, XP)
        np.testing.assert_allclose(moved - value, step * tangent, rtol=1e-8, atol=1e-10)
    w = random.standard_normal(len(tangent))
    gradient = engine.pullback(column)(v, at)[1](w)
    product = float(np.sum(np.asarray(gradient[name]) * t[name]))
    assert product == pytest.approx(float(tangent @ w), rel=1e-10)


def test_uptake_lowers_the_column_and_the_level_counts_by_the_kernel(domain, nep):
    operator = Xco2()
    at = dict(operator.prepare(soundings(kernel=0.8), domain, None).at)
    less, more = (operator.observe({"nep": nep + x}, PARAMETERS, at, XP) for x in (0.0, 1.0))
    assert (more < less).all()
    higher = dict(PARAMETERS, c_0=PARAMETERS["c_0"] + 1.0)
    levels = [operator.complete(less, p, at, XP) for p in (PARAMETERS, higher)]
    np.testing.assert_allclose(levels[1] - levels[0], 0.8, rtol=1e-9)


def test_a_file_without_kernels_is_a_plain_mean_with_a_warning(domain):
    with pytest.warns(CcdasWarning, match="kernel") as caught:
        stream = Xco2().prepare(evolve(soundings(), extra={}), domain, None)
    assert caught[0].message.code == "missing-kernel"
    np.testing.assert_allclose(stream.at["kernel"], 1.0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda e: {k: v for k, v in e.items() if k != "prior_profile"}, "missing-variable"),
        (lambda e: {**e, "averaging_kernel": np.ones((3, 4))}, "wrong-dimensions"),
        (lambda e: {**e, "pressure_weight": np.full((3, 5), 1.0)}, "out-of-range"),
        (lambda e: {**e, "averaging_kernel": np.full((3, 5), 100.0)}, "out-of-range"),
        (lambda e: {**e, "prior_profile": np.full((3, 5), 4e-4)}, "out-of-range"),
        (lambda e: {**e, "level_pressure": np.full((3, 5), 5e4)}, "out-of-range"),
    ],
)
def test_columns_that_cannot_be_are_refused(domain, change, code):
    observations = soundings()
    with pytest.raises(InvalidInput) as error:
        Xco2().prepare(evolve(observations, extra=change(observations.extra)), domain, None)
    assert error.value.code == code


def test_a_jacobian_file_has_a_station_for_each_height(domain, nep, tmp_path):
    grid = JacobianGrid()
    boxes = grid.boxes
    response = np.full((2, 12, 48, len(boxes.latitude), len(boxes.longitude)), grid.well_mixed)
    response[1] *= 0.0
    stations = ("harwell@500", "harwell@5000")
    path = tmp_path / "levels.nc"
    places = np.full(2, 51.57), np.full(2, -1.32)
    write_jacobian(path, TransportJacobian(stations, boxes, response, grid.well_mixed), *places,
                   altitude=np.array([500.0, 5000.0]))  # fmt: skip
    operator = Xco2(heights=[500.0, 5000.0], jacobian=path)
    stream = operator.prepare(soundings(), domain, None)
    low, high = (Xco2(heights=[z], jacobian=path).prepare(soundings(), domain, None)
                 for z in (500.0, 5000.0))  # fmt: skip
    share = Columns(*(np.full((1, 5), v) for v in (1.0, 0.2, 0.0)),
                    height_of_pressure(LEVELS)[None]).at_heights([500.0, 5000.0])[0, 0]  # fmt: skip
    both, low, high = (operator.observe({"nep": nep}, {}, s.at, XP) for s in (stream, low, high))
    np.testing.assert_allclose(both, share * low + (1.0 - share) * high, rtol=1e-9)
    assert np.all(high != low)
    with pytest.raises(InvalidInput) as error:
        Xco2(heights=[700.0], jacobian=path).prepare(soundings(), domain, None)
    assert error.value.code == "unknown-station"


@pytest.mark.parametrize("check", checks_for(Xco2(heights=[500.0, 3000.0])), ids=repr)
def test_conforms(check):
    check()
