"""Transforms between physical and control space, and the elements of a parameter."""

import numpy as np
import pytest

from ccdas_framework import Parameter
from ccdas_framework.core.parameters import prior_step, with_overrides
from ccdas_framework.core.transforms import TRANSFORMS

INF = np.inf


def to_transformed(values, transform, bounds):
    return TRANSFORMS[transform].forward(values, bounds, np)


def from_transformed(g, transform, bounds):
    return TRANSFORMS[transform].inverse(g, bounds, np)


def slope(g, transform, bounds):
    return TRANSFORMS[transform].slope(g, bounds)


# steps of one sd, to the digits published with the BETHY control table
@pytest.mark.parametrize(
    ("mean", "sd", "transform", "bounds", "step"),
    [
        (60e-6, 12e-6, "log", (0.0, INF), 0.1823216),
        (180.0, 60.0, "log", (0.0, INF), 0.2876821),
        (90.0, 30.0, "log", (0.0, INF), 0.2876821),
        (30.0, 15.0, "log", (0.0, INF), 0.4054651),
        (0.2, 0.2, "logit", (0.0, 1.0), 0.9808293),
        (1.5, 0.75, "square_root", (1.0, INF), 0.4109272),
        (1.5, 0.75, "shifted_log", (1.0, INF), np.log(1.25 / 0.5)),
    ],
)
def test_one_sd_is_one_step_of_the_control(mean, sd, transform, bounds, step):
    parameter = Parameter("p", "1", mean, sd, transform, bounds)
    centre, actual = prior_step(parameter)
    assert actual == pytest.approx(step, abs=6e-8)  # seven published digits
    assert from_transformed(centre, transform, bounds) == pytest.approx(mean, rel=1e-14)
    assert from_transformed(centre + actual, transform, bounds) == pytest.approx(
        mean + sd, rel=1e-14
    )


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_transforms_invert_each_other(transform):
    values = np.array([1.01, 1.5, 2.0, 2.9])
    bounds = (1.0, 3.0)
    g = to_transformed(values, transform, bounds)
    np.testing.assert_allclose(from_transformed(g, transform, bounds), values, rtol=1e-13)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_slope_is_the_derivative_of_the_inverse(transform):
    bounds, step = (1.0, 3.0), 1e-6
    g = to_transformed(np.array([1.1, 2.0, 2.8]), transform, bounds)
    ahead = from_transformed(g + step, transform, bounds)
    difference = (ahead - from_transformed(g - step, transform, bounds)) / (2.0 * step)
    np.testing.assert_allclose(slope(g, transform, bounds), difference, rtol=1e-8)


@pytest.mark.parametrize(
    ("transform", "value", "reached"),
    [
        ("identity", 3.5, False),
        ("identity", 3.0, True),
        ("log", 2.0, True),
        ("shifted_log", 1.0, False),
        ("square_root", 1.0, True),
        ("square_root", 0.5, False),
        ("logit", 3.0, False),
        ("logit", 2.9, True),
    ],
)
def test_a_transform_reaches_values_inside_the_bounds_with_a_finite_g(transform, value, reached):
    assert TRANSFORMS[transform].reaches(value, (1.0, 3.0)) is reached


@pytest.mark.parametrize("g", [-800.0, 800.0])
def test_logit_does_not_overflow(g):
    with np.errstate(all="raise"):
        assert from_transformed(g, "logit", (2.0, 5.0)) == (2.0 if g < 0 else 5.0)


def test_a_bounded_parameter_stays_within_its_bounds_however_far_x_goes():
    parameter = Parameter("f", "1", 0.2, 0.2, "logit", (0.0, 1.0))
    centre, step = prior_step(parameter)
    p = from_transformed(centre + step * np.linspace(-50, 50, 101), "logit", (0.0, 1.0))
    assert np.all((p >= 0.0) & (p <= 1.0)) and np.all(np.diff(p) >= 0.0)


def test_a_step_beyond_the_upper_bound_is_taken_downwards():
    parameter = Parameter("f", "1", 0.9, 0.2, "logit", (0.0, 1.0))
    centre, step = prior_step(parameter)
    assert np.isfinite(step) and step > 0
    assert from_transformed(centre - step, "logit", (0.0, 1.0)) == pytest.approx(0.7, rel=1e-13)


def test_a_mean_at_the_upper_bound_of_a_logit_has_no_finite_centre():
    parameter = Parameter("f", "1", 1.0, 0.2, "logit", (0.0, 1.0))
    with np.errstate(divide="ignore"):
        centre, _ = prior_step(parameter)
    assert centre == INF


def test_groups_tie_labels_and_name_elements():
    tied = Parameter("T_phi", "degC", (10.0, 8.0), 0.5, index="class", groups=(4, (5, 6, 11)))
    assert tied.labels == ("T_phi[4]", "T_phi[5,6,11]")
    assert [e.mean for e in tied.elements()] == [10.0, 8.0]
    assert [e.sd for e in tied.elements()] == [0.5, 0.5]
    assert [e.groups for e in tied.elements()] == [((4,),), ((5, 6, 11),)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"index": "class"}, "indexed by class but has no groups"),
        ({"groups": (1, 2)}, "has groups but no index"),
        ({"index": "class", "groups": (1, 2), "mean": (1.0, 2.0, 3.0)}, "2 elements but 3 values"),
    ],
)
def test_inconsistent_declarations_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        Parameter(**{"name": "p", "units": "1", "mean": 1.0, "sd": 0.1, **changes})


def test_one_element_can_be_changed_and_wins_over_the_change_of_all():
    table = (Parameter("k", "d-1", 0.1, 0.02, index="class", groups=(1, 2, (3, 4))),)
    changes = {"toy.k": {"sd": 0.05}, "toy.k[3,4]": {"active": False, "sd": 0.01}}
    elements = with_overrides(table, "toy", changes)
    assert [e.sd for e in elements] == [0.05, 0.05, 0.01]
    assert [e.active for e in elements] == [True, True, False]


def test_another_owners_parameter_of_the_same_name_is_left_alone():
    table = (Parameter("k", "d-1", 0.1, 0.02),)
    (element,) = with_overrides(table, "toy", {"other.k": {"sd": 9.0}})
    assert element.sd == 0.02
