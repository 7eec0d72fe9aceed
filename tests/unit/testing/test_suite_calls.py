"""How checks are called: stages, expected failures, cases that a component brings, lines."""

from unittest import SkipTest

import numpy as np
import pytest
from conformance.mutants import Leafy, plus
from toy import Reservoir, toy_forcing

from ccdas_framework import ObservationOperator
from ccdas_framework.testing import (
    STAGES,
    Case,
    Check,
    CheckFailure,
    ExpectedFailure,
    Outcome,
    case_for,
    checks_for,
    counted,
    outcomes,
)

JUMPS = "derivatives do not jump"
KINKED = plus(lambda lai, xp: xp.abs(lai - 4.0))
REASON = "the canopy closes at a leaf area of four"


def named(name, checks):
    return next(check for check in checks if check.name == name)


def test_checks_come_stage_by_stage():
    stages = [STAGES.index(check.stage) for check in checks_for(Leafy())]
    assert stages == sorted(stages)
    assert {STAGES[n] for n in stages} == set(STAGES)


def test_an_expected_failure_is_skipped_with_its_reason():
    check = named(JUMPS, checks_for(KINKED, expected={JUMPS: REASON}))
    with pytest.raises(ExpectedFailure) as skip:
        check()
    assert isinstance(skip.value, SkipTest) and str(skip.value) == REASON


def test_an_expected_failure_that_passes_is_a_failure():
    check = named(JUMPS, checks_for(Leafy(), expected={JUMPS: REASON}))
    with pytest.raises(CheckFailure) as failure:
        check()
    assert (failure.value.code, failure.value.where) == ("unexpected-pass", JUMPS)


def test_a_component_says_itself_what_is_known_to_fail():
    component = plus(lambda lai, xp: xp.abs(lai - 4.0))
    type(component).known_failures = {JUMPS: REASON}
    with pytest.raises(ExpectedFailure):
        named(JUMPS, checks_for(component))()
    with pytest.raises(CheckFailure) as failure:
        named(JUMPS, checks_for(component, expected={}))()
    assert "`abs`" in failure.value.where


def test_what_is_known_to_fail_on_an_engine_may_stand_where_that_is_left_out():
    component = plus(lambda lai, xp: lai)
    type(component).known_failures = {"values are those of numpy (jax)": "a reason"}
    assert checks_for(component, engines=())


def test_an_expected_failure_needs_a_check_and_a_reason():
    with pytest.raises(ValueError, match=f"'{JUMPS}'"):
        checks_for(Leafy(), expected={"derivatives do not jmp": REASON})
    with pytest.raises(ValueError):
        checks_for(Leafy(), expected={JUMPS: " "})


def test_a_skipped_check_is_not_a_failure_that_was_expected():
    def absent():
        raise SkipTest("not installed")

    with pytest.raises(SkipTest) as skip:
        Check("it runs", "values", absent, expected=REASON)()
    assert not isinstance(skip.value, ExpectedFailure) and str(skip.value) == "not installed"


def test_a_component_may_bring_its_case():
    forcing = toy_forcing()

    class Own(Reservoir):
        def conformance_case(self):
            return Case(forcing)

        def prepare(self, given):
            assert given.domain is forcing.domain
            return super().prepare(given)

    name = "running changes neither parameters nor drivers"
    named(name, checks_for(Own()))()
    with pytest.raises(CheckFailure) as failure:
        named(name, checks_for(Own(), case=case_for(Own())))()
    assert failure.value.code == "prepare-failed"


def test_a_case_has_the_days_and_classes_asked_for():
    case = case_for(Leafy(), days=31, classes=(7, 9), daily=range(20))
    domain = case.forcing.domain
    assert domain.days - domain.lead == 31
    assert set(domain.grid.column_class.tolist()) == {7, 9}
    assert len(case.observations) == 3 * (20 + 1)  # and January


def test_an_exception_is_told_with_the_line_of_the_component():
    def depth(self, lai, parameters, xp):
        return lai[10_000]  # beyond the last day

    broken = type("Broken", (Leafy,), {"depth": depth})()
    with pytest.raises(CheckFailure) as failure:
        named("simulated values are finite and in range", checks_for(broken))()
    assert failure.value.code == "exception"
    assert isinstance(failure.value.__cause__, IndexError)
    file, _, line = failure.value.where.split(":", 2)
    assert file == "test_suite_calls.py" and "lai[10_000]" in line


def test_a_declaration_that_is_missing_is_named():
    class Bare(ObservationOperator):
        prepare, observe = Leafy.prepare, Leafy.observe

    with pytest.raises(CheckFailure) as failure:
        named("its declarations make sense", checks_for(Bare()))()
    assert (failure.value.code, failure.value.where) == (
        "missing-declaration", "observes, requires",
    )  # fmt: skip


def test_lines_tell_state_stage_and_name_and_a_failure_once():
    def fails():
        raise AssertionError("two\nlines")

    def known():
        raise ExpectedFailure("a reason")

    checks = [
        Check("good", "loads", lambda: None),
        Check("bad", "values", fails),
        Check("as bad", "derivatives", fails),
        Check("known", "both engines", known),
    ]
    results = list(outcomes(checks))
    assert [outcome.lines() for outcome in results] == [
        "PASS      loads           good",
        "FAIL      values          bad\n          two\n          lines",
        "FAIL      derivatives     as bad\n          as above",
        "expected  both engines    known\n          a reason",
    ]
    assert counted(results) == "1 passed, 1 failed as expected, 2 failed"


def test_the_older_name_of_the_message_warns():
    outcome = Outcome(Check("bad", "values", lambda: None), "FAIL", "two lines")
    with pytest.warns(DeprecationWarning):
        assert outcome.told == "two lines"


def test_the_case_of_an_operator_is_that_of_its_declarations():
    case = case_for(Leafy())
    lai = case.fields["lai"]
    assert lai.min() >= 0.3 * 8.0 and lai.max() <= 0.7 * 8.0
    assert "snow" not in case.fields  # it is optional
    assert np.all(case.observations.sd > 0.0)
