"""The search for kinks and NaN: what it finds, what it lets pass, and what it notes."""

import numpy as np
import pytest
from conformance.mutants import Leafy, of_depth, plus

from ccdas_framework.testing import checks_for
from ccdas_framework.testing.differentiated import Differentiated
from ccdas_framework.testing.smoothness import derivatives_do_not_jump, stays_finite
from ccdas_framework.testing.watched import Notes, Watched
from ccdas_framework.testing.watching import watch, watched_namespace


def jumps(function, count=3):
    """Search a function of a vector for kinks."""
    derivatives_do_not_jump(
        Differentiated(
            of=lambda xp: lambda v, constants: function(v, xp),
            at=np.linspace(0.2, 0.8, count), change=np.ones(count), constants={},
            relative=1e-6, absolute=1e-6,
        )
    )  # fmt: skip


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

    with pytest.raises(AssertionError, match=r"`maximum` in test_smoothness\.py"):
        jumps(yearly)


def test_a_kink_without_a_branch_is_found_though_not_named():
    with pytest.raises(AssertionError, match="no function of xp changes its branch there"):
        jumps(lambda v, xp: xp.sqrt((v - 0.437) ** 2))


def test_every_operation_that_kinks_is_named():
    with pytest.raises(AssertionError) as told:
        jumps(lambda v, xp: xp.concatenate([xp.abs(v - 0.4), xp.minimum(v, 0.6)]))
    assert "derivatives jump in 2 operations" in str(told.value)
    assert "`abs`" in str(told.value) and "`minimum`" in str(told.value)


def test_a_step_is_told_with_both_values():
    with pytest.raises(AssertionError, match=r"values of output 0 \S+ and \S+"):
        jumps(lambda v, xp: v[0:1] + xp.floor(5.0 * v[0:1]))


def test_a_nan_that_where_hides_is_found_on_the_way_back():
    hidden = Differentiated(
        of=lambda xp: lambda v, c: xp.where(v > 0.5, xp.sqrt(v - 0.5), 0.0) ** 4,
        at=np.array([0.6, 0.9]), change=np.ones(2), constants={}, relative=1e-6, absolute=1e-6,
    )  # fmt: skip
    with pytest.raises(AssertionError, match="values are finite but derivatives are not; it begi"):
        stays_finite(hidden)


def test_a_masked_argument_is_finite():
    masked = Differentiated(
        of=lambda xp: lambda v, c: xp.where(
            v > 0.5, xp.log(xp.where(v > 0.5, v - 0.5, 1.0)), 0.0) ** 2,
        at=np.array([0.6, 0.9]), change=np.ones(2), constants={}, relative=1e-6, absolute=1e-6,
    )  # fmt: skip
    stays_finite(masked)


# -- what is noted --------------------------------------------------------------------------------


def watched(values, moving=True):
    notes = Notes()
    return notes, watch(np.asarray(values, float), notes, moving), watched_namespace(notes)


def test_watched_arrays_compute_as_numpy_does():
    notes, v, xp = watched([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    plain = v.value
    for found, expected in (
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
        assert isinstance(found, Watched)
        np.testing.assert_array_equal(found.value, expected)
    assert v.shape == xp.shape(v) == (2, 3) and len(v) == 2 and v.ndim == 2
    assert not notes.misuse


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
    notes, v, _ = watched([1.0, 2.0])
    use(v)
    (((said, (file, _)),)) = notes.misuse
    assert said == what and file == __file__


def test_an_index_or_a_shape_is_no_misuse():
    notes, v, xp = watched([1.0, 2.0])
    _, at, _ = watched([0.0], moving=False)
    assert xp.zeros(v.shape).shape == (2,)
    assert v[xp.argmax(v)].value == 2.0
    assert len(at) == 1
    assert not notes.misuse


def test_a_step_may_use_outer_constants_but_not_outer_parameters():
    def run(reach):
        notes, v, xp = watched([1.0, 2.0])
        constant = watch(np.array([3.0, 4.0]), notes, False)

        def step(carry, today, given, xp):
            return {"s": carry["s"] * given["k"] + reach(v, constant)}, {}

        xp.scan(step, {"s": v}, {"t": np.ones(2)}, {"k": v})
        return [step for step, _ in notes.closures]

    assert run(lambda v, constant: constant) == []
    assert run(lambda v, constant: v) == ["step"]


def test_the_nan_is_told_where_it_begins():
    broken = of_depth(lambda self, lai, p, xp: p["per_leaf"] * xp.log(lai - 4.0) + p["wood"])
    check = next(
        c for c in checks_for(broken) if c.name == "values and derivatives stay finite"
    )  # fmt: skip
    with pytest.raises(AssertionError, match=r"begins in `log` in test_smoothness.py:\d+: `broke"):
        check()


def test_what_the_suite_cannot_follow_is_skipped_and_said():
    from unittest import SkipTest

    class Odd(Leafy):
        def depth(self, lai, parameters, xp):
            return super().depth(lai, parameters, xp) * getattr(lai, "itemsize", None) / 8

    check = next(c for c in checks_for(Odd()) if c.name == "derivatives do not jump")
    with pytest.raises(SkipTest, match="the suite cannot follow what the code does"):
        check()


def test_a_line_that_leaves_the_range_of_a_field_is_not_asked_for():
    check = next(
        c
        for c in checks_for(plus(lambda lai, xp: xp.log(8.0001 - lai)))
        if c.name == "values and derivatives stay finite"
    )
    check()
