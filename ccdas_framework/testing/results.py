"""What became of checks, in lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal
from unittest import SkipTest

from attrs import frozen

from .check import STAGES, Check, ExpectedFailure

State = Literal["PASS", "FAIL", "expected", "skipped"]
_WIDTH = max(len(stage) for stage in STAGES)


@frozen(eq=False)
class Outcome:
    """What became of one check.

    Args:
        check: that was run.
        state: "expected" is a failure that its author foresaw.
        told: what was found; why it was expected or skipped; "" where it passed.
    """

    check: Check
    state: State
    told: str = ""

    def lines(self) -> str:
        """State, stage and name in a line, what was found below it."""
        head = f"{self.state:8}  {self.check.stage:{_WIDTH}}  {self.check.name}"
        return "\n".join([head, *(f"          {line}" for line in self.told.splitlines())])


def outcomes(checks: Iterable[Check]) -> Iterator[Outcome]:
    """What becomes of each check, as it is run; a failure told once is not told again."""
    told: set[str] = set()
    for check in checks:
        found = _outcome(check)
        if found.state == "FAIL" and found.told in told:
            found = Outcome(check, "FAIL", "as above")
        told.add(found.told)
        yield found


def _outcome(check: Check) -> Outcome:
    try:
        check()
    except ExpectedFailure as reason:
        return Outcome(check, "expected", str(reason))
    except SkipTest as reason:
        return Outcome(check, "skipped", str(reason))
    except AssertionError as problem:
        return Outcome(check, "FAIL", str(problem))
    return Outcome(check, "PASS")


def counted(found: Iterable[Outcome]) -> str:
    """'31 passed, 1 failed as expected, 2 skipped, 0 failed'."""
    states: Counter[str] = Counter(outcome.state for outcome in found)
    words = (("PASS", "passed"), ("expected", "failed as expected"), ("skipped", "skipped"))
    parts = [f"{states[s]} {word}" for s, word in words if states[s] or s == "PASS"]
    return ", ".join([*parts, f"{states['FAIL']} failed"])
