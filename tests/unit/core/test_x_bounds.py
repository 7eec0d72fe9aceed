"""Limits of x that follow from the bounds of the parameters."""

import numpy as np
import pytest

from ccdas_framework import Parameter
from ccdas_framework.core.box import Box
from ccdas_framework.core.control import Control

BOUNDED = {
    "identity": Parameter("p", "1", 0.7, 0.3, bounds=(0.1, 2.3)),
    "log": Parameter("p", "1", 0.7, 0.3, "log", (0.1, 2.3)),
    "shifted_log": Parameter("p", "1", 0.7, 0.3, "shifted_log", (0.1, 2.3)),
    "square_root": Parameter("p", "1", 0.7, 0.3, "square_root", (0.1, 2.3)),
    "logit": Parameter("p", "1", 0.7, 0.3, "logit", (0.1, 2.3)),
    # p0 + s0 passes the upper bound, so that x grows downwards
    "logit downwards": Parameter("p", "1", 0.9, 0.3, "logit", (0.0, 1.0)),
}


def control_of(*parameters):
    return Control.of({"m": parameters})


@pytest.mark.parametrize("name", BOUNDED)
def test_x_is_inside_at_its_limits_and_outside_beyond(name):
    control = control_of(BOUNDED[name])
    box = control.x_bounds
    for limit, outwards in ((box.lower, -1.0), (box.upper, 1.0)):
        if np.isfinite(limit).all():
            assert control.outside(limit) == ()
            assert control.outside(limit + 1e-9 * outwards) == ("m.p",)


@pytest.mark.parametrize(
    ("name", "lower", "upper"),
    [
        ("identity", (0.1 - 0.7) / 0.3, (2.3 - 0.7) / 0.3),
        ("log", np.log(0.1 / 0.7) / np.log(1 / 0.7), np.log(2.3 / 0.7) / np.log(1 / 0.7)),
        ("shifted_log", -np.inf, np.log(2.2 / 0.6) / np.log(0.9 / 0.6)),
        # p = lower + g^2, and both signs of g reach the upper bound
        ("square_root", (-(2.2**0.5) - 0.6**0.5) / (0.9**0.5 - 0.6**0.5),
         (2.2**0.5 - 0.6**0.5) / (0.9**0.5 - 0.6**0.5)),
        ("logit", -np.inf, np.inf),
        ("logit downwards", -np.inf, np.inf),
    ],
)  # fmt: skip
def test_limits_are_those_of_the_transform(name, lower, upper):
    box = control_of(BOUNDED[name]).x_bounds
    assert box.lower == pytest.approx([lower], rel=1e-12)
    assert box.upper == pytest.approx([upper], rel=1e-12)


@pytest.mark.parametrize("transform", ["identity", "log"])
def test_without_bounds_the_limits_are_infinite(transform):
    box = control_of(Parameter("p", "1", 0.7, 0.3, transform)).x_bounds
    assert box.lower == [-np.inf]
    assert box.upper == [np.inf]


def test_a_lower_bound_that_a_logarithm_never_reaches_is_no_limit():
    assert control_of(Parameter("p", "1", 0.7, 0.3, "log", (0.0, 9.0))).x_bounds.lower == [-np.inf]
    assert control_of(Parameter("p", "1", 0.7, 0.3, "log", (-1.0, 9.0))).x_bounds.lower == [-np.inf]


def test_x_that_falls_while_p_grows_has_the_limits_the_other_way_round():
    # of the transforms, only a logit takes its step downwards, and it has no limit of its own
    control = control_of(Parameter("p", "1", 0.0, 1.0, bounds=(-1.0, 3.0)))
    object.__setattr__(control, "step", -control.step)
    assert control.x_bounds.lower == [-3.0]
    assert control.x_bounds.upper == [1.0]


@pytest.mark.parametrize("seed", range(20))
def test_rounding_puts_no_limit_outside(seed):
    generator = np.random.default_rng(seed)
    parameters = []
    for n in range(40):
        lower, width = generator.uniform(0.01, 30.0), 10.0 ** generator.uniform(-3, 3)
        mean = lower + width * generator.uniform(0.05, 0.95)
        sd = (lower + width - mean) * generator.uniform(0.05, 0.9)
        transform = ("identity", "log", "square_root", "shifted_log")[n % 4]
        parameters.append(Parameter(f"p{n}", "1", mean, sd, transform, (lower, lower + width)))
    control = control_of(*parameters)
    box = control.x_bounds
    for limit in (box.lower, box.upper):
        assert control.outside(np.where(np.isfinite(limit), limit, 0.0)) == ()


def test_a_control_vector_without_elements_has_no_limits():
    control = control_of(Parameter("p", "1", 0.7, 0.3, active=False))
    assert control.x_bounds.lower.shape == (0,)


def test_an_element_is_held_where_the_cost_falls_beyond_its_limit():
    box = Box(np.array([0.0, 0.0, -np.inf, 0.0]), np.array([np.inf, 1.0, 2.0, 1.0]))
    x = np.array([0.0, 1.0, 2.0, 0.5])
    outwards = np.array([1.0, -1.0, -1.0, 1.0])
    assert box.held(x, outwards).tolist() == [True, True, True, False]
    assert box.held(x, -outwards).tolist() == [False] * 4
    np.testing.assert_array_equal(box.projected(x, outwards), [0.0, 0.0, 0.0, 1.0])
    np.testing.assert_array_equal(box.clipped(np.full(4, 5.0)), [5.0, 1.0, 2.0, 1.0])
