"""Results of checks, as lines."""

from __future__ import annotations

import warnings
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
    """Result of one check.

    Args:
        check: the check.
        state: "expected" is an expected failure.
        message: of the failure; reason of an expected failure or a skip; "" for a pass.
    """

    check: Check
    state: State
    message: str = ""

    @property
    def told(self) -> str:
        """Deprecated name of `message`."""
        warnings.warn(
            "Outcome.told is deprecated; use Outcome.message instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.message

    def lines(self) -> str:
        """State, stage and name in one line, the message below it."""
        head = f"{self.state:8}  {self.check.stage:{_WIDTH}}  {self.check.name}"
        return "\n".join([head, *(f"          {line}" for line in self.message.splitlines())])


def outcomes(checks: Iterable[Check]) -> Iterator[Outcome]:
    """Result of each check after its run; a repeated message is 'as above'."""
    messages: set[str] = set()
    for check in checks:
        outcome = _outcome(check)
        if outcome.state == "FAIL" and outcome.message in messages:
            outcome = Outcome(check, "FAIL", "as above")
        messages.add(outcome.message)
        yield outcome


def _outcome(check: Check) -> Outcome:
    try:
        check()
    except ExpectedFailure as reason:
        return Outcome(check, "expected", str(reason))
    except SkipTest as reason:
        return Outcome(check, "skipped", str(reason))
    except AssertionError as failure:
        return Outcome(check, "FAIL", str(failure))
    return Outcome(check, "PASS")


def counted(results: Iterable[Outcome]) -> str:
    """'31 passed, 1 failed as expected, 2 skipped, 0 failed'."""
    states: Counter[str] = Counter(outcome.state for outcome in results)
    words = (("PASS", "passed"), ("expected", "failed as expected"), ("skipped", "skipped"))
    parts = [f"{states[s]} {word}" for s, word in words if states[s] or s == "PASS"]
    return ", ".join([*parts, f"{states['FAIL']} failed"])
