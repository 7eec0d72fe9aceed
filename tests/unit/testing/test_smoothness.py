"""The search for kinks and NaN: what it finds, what it lets pass, and what it trace."""

from unittest import SkipTest

import numpy as np
import pytest
from conformance.mutants import Leafy, of_depth, plus

from ccdas_framework.testing import CheckFailure, checks_for
from ccdas_framework.testing.differentiable_function import DifferentiableFunction
from ccdas_framework.testing.smoothness import derivatives_do_not_jump, stays_finite
from ccdas_framework.testing.tracing.array import Trace, TracedArray
from ccdas_framework.testing.tracing.traced_namespace import traced, tracing_namespace


def jumps(function, count=3):
    """Search a function of a vector for kinks."""
    derivatives_do_not_jump(
        DifferentiableFunction(
            of=lambda xp: lambda v, constants: function(v, xp),
            at=np.linspace(0.2, 0.8, count), change=np.ones(count), constants={},
            relative=1e-6, absolute=1e-6,
        )
    )  # fmt: skip


def jump_findings(function):
    """Code and place, without the number of the line, of each jump that is found."""
    with pytest.raises(CheckFailure) as failure:
        jumps(function)
    return [(f.code, f.where.split(":")[0]) for f in failure.value.findings]


# -- what passes ----------------------------------------------------------------------------------


def test_what_is_joined_with_equal_slopes_passes():
    jumps(lambda v, xp: xp.where(v > 0.5, v**2, v - 0.25))  # slope 1 on both sides of 0.5


def test_a_steep_but_smooth_function_passes():
    jumps(lambda v, xp: xp.tanh(40.0 * (v - 0.5)))


def test_a_branch_that_changes_nothing_passes():
    jumps(lambda v, xp: xp.exp(v) + 0.0 * xp.maximum(v, 0.5))


# -- what is found --------------------------------------------------------------------------------


def test_a_kink_of_one_day_in_the_mean_of_a_year_is_found():
    def yearly(v, xp):
        days = v[0] * xp.ones(365)
        kinked = xp.where(np.arange(365) == 100, xp.maximum(days, 0.5), days)
        return xp.stack([xp.mean(kinked)])

    assert jump_findings(yearly) == [("slope-jump", "`maximum` in test_smoothness.py")]


def test_a_kink_without_a_branch_is_found_though_not_named():
    assert jump_findings(lambda v, xp: xp.sqrt((v - 0.437) ** 2)) == [("slope-jump", "")]


def test_every_operation_that_kinks_is_named():
    def kinked(v, xp):
        return xp.concatenate([xp.abs(v - 0.4), xp.minimum(v, 0.6)])

    assert {where.split()[0] for _, where in jump_findings(kinked)} == {"`abs`", "`minimum`"}


def test_a_step_is_told_with_both_values():
    (finding,) = jump_findings(lambda v, xp: v[0:1] + xp.floor(5.0 * v[0:1]))
    assert finding == ("value-jump", "`floor` in test_smoothness.py")


def test_a_nan_that_where_hides_is_found_on_the_way_back():
    hidden = DifferentiableFunction(
        of=lambda xp: lambda v, c: xp.where(v > 0.5, xp.sqrt(v - 0.5), 0.0) ** 4,
        at=np.array([0.6, 0.9]), change=np.ones(2), constants={}, relative=1e-6, absolute=1e-6,
    )  # fmt: skip
    with pytest.raises(CheckFailure) as failure:
        stays_finite(hidden)
    assert failure.value.code == "derivative-not-finite"


def test_a_masked_argument_is_finite():
    masked = DifferentiableFunction(
        of=lambda xp: lambda v, c: xp.where(
            v > 0.5, xp.log(xp.where(v > 0.5, v - 0.5, 1.0)), 0.0) ** 2,
        at=np.array([0.6, 0.9]), change=np.ones(2), constants={}, relative=1e-6, absolute=1e-6,
    )  # fmt: skip
    stays_finite(masked)


# -- what is noted --------------------------------------------------------------------------------


def tracing(values, active=True):
    trace = Trace()
    return trace, traced(np.asarray(values, float), trace, active), tracing_namespace(trace)


def test_watched_arrays_compute_as_numpy_does():
    trace, v, xp = tracing([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    plain = v.value
    for actual, expected in (
        (2.0 / v - v**2, 2.0 / plain - plain**2),
        (np.ones(3) * v, plain),
        (v.T[1:] @ v, plain.T[1:] @ plain),
        (v.sum(axis=0), plain.sum(axis=0)),
        (v.reshape(3, 2)[np.array([2, 0])], plain.reshape(3, 2)[[2, 0]]),
        (xp.concatenate([v, -v]), np.concatenate([plain, -plain])),
        (xp.where(v > 2.0, v, 0.0), np.where(plain > 2.0, plain, 0.0)),
        (xp.linalg.norm(v), np.linalg.norm(plain)),
        (abs(-v), plain),
    ):
        assert isinstance(actual, TracedArray)
        np.testing.assert_array_equal(actual.value, expected)
    assert v.shape == xp.shape(v) == (2, 3) and len(v) == 2 and v.ndim == 2
    assert not trace.misuse


@pytest.mark.parametrize(
    ("use", "what"),
    [
        (lambda v: bool(v[0] > 0.0), "a Python branch"),
        (lambda v: float(v[0]), "float()"),
        (lambda v: list(range(3))[v[0] > 9.0], "a Python number or index made"),
        (lambda v: np.asarray(v), "numpy, which takes the value and loses its derivative,"),
        (lambda v: np.exp(v), "numpy.exp"),
        (lambda v: np.concatenate([v, v]), "numpy.concatenate"),
        (lambda v: v.tolist(), ".tolist()"),
    ],
)
def test_what_an_engine_cannot_follow_is_noted_with_its_line(use, what):
    trace, v, _ = tracing([1.0, 2.0])
    use(v)
    (((operation, (file, _)),)) = trace.misuse
    assert operation == what and file == __file__


def test_an_index_or_a_shape_is_no_misuse():
    trace, v, xp = tracing([1.0, 2.0])
    _, at, _ = tracing([0.0], active=False)
    assert xp.zeros(v.shape).shape == (2,)
    assert v[xp.argmax(v)].value == 2.0
    assert len(at) == 1
    assert not trace.misuse


def test_a_step_may_use_outer_constants_but_not_outer_parameters():
    def run(reach):
        trace, v, xp = tracing([1.0, 2.0])
        constant = traced(np.array([3.0, 4.0]), trace, False)

        def step(carry, today, given, xp):
            return {"s": carry["s"] * given["k"] + reach(v, constant)}, {}

        xp.scan(step, {"s": v}, {"t": np.ones(2)}, {"k": v})
        return [step for step, _ in trace.closures]

    assert run(lambda v, constant: constant) == []
    assert run(lambda v, constant: v) == ["step"]


def test_the_nan_is_told_where_it_begins():
    broken = of_depth(lambda self, lai, p, xp: p["per_leaf"] * xp.log(lai - 4.0) + p["wood"])
    check = next(
        c for c in checks_for(broken) if c.name == "values and derivatives stay finite"
    )  # fmt: skip
    with pytest.raises(CheckFailure) as failure:
        check()
    assert (failure.value.code, failure.value.where.split(":")[0]) == (
        "value-not-finite", "`log` in test_smoothness.py",
    )  # fmt: skip


def test_what_the_suite_cannot_follow_is_skipped_and_said():
    class Odd(Leafy):
        def depth(self, lai, parameters, xp):
            return super().depth(lai, parameters, xp) * getattr(lai, "itemsize", None) / 8

    check = next(c for c in checks_for(Odd()) if c.name == "derivatives do not jump")
    with pytest.raises(SkipTest):
        check()


def test_a_line_that_leaves_the_range_of_a_field_is_not_asked_for():
    check = next(
        c
        for c in checks_for(plus(lambda lai, xp: xp.log(8.0001 - lai)))
        if c.name == "values and derivatives stay finite"
    )
    check()
