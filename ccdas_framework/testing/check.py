"""A named check, its failure, and comparisons that raise one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from unittest import SkipTest

import numpy as np
from attrs import field, frozen, validators

from ..core.errors import Finding
from .tracing.source_lines import describe, source_of

STAGES = (
    "loads", "metadata", "units and dims", "values", "derivatives", "blocks add up",
    "missing values", "both engines",
)  # fmt: skip


class ExpectedFailure(SkipTest):
    """A check that fails as expected; the text is the reason."""


class CheckFailure(AssertionError):
    """A failed check.

    Args:
        code: kind of the failure in kebab-case, "wrong-shape".
        where: the place: an attribute, a field or parameter, or an operation and its source line.
        message: numbers, expectation and remedy, for people.
        findings: each failure, where one check has several.
    """

    def __init__(
        self, code: str, where: str, message: str, findings: Sequence[Finding] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.where = where
        self.findings = tuple(findings) or (Finding(code, where, message),)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.where, str(self), self.findings)


@frozen(eq=False, repr=False)
class Check:
    """One rule for a component; a call raises an exception if the component breaks it.

    Args:
        name: the rule in words, also its `repr`.
        stage: of `STAGES`.
        run: the check.
        engine: name of the engine it needs, "" for plain numpy.
        expected: reason of an expected failure; "" if it must pass.
    """

    name: str
    stage: str = field(validator=validators.in_(STAGES))
    run: Callable[[], None]
    engine: str = ""
    expected: str = ""

    def __call__(self) -> None:
        """Pass, or raise with the reason and the place.

        Raises:
            AssertionError: the check fails, or passes although a failure is expected. It is a
                `CheckFailure` unless the component itself raised it.
            ExpectedFailure: it fails as expected; test runners count it as skipped.
        """
        try:
            self._run()
        except AssertionError as failure:
            if self.expected:
                raise ExpectedFailure(self.expected) from failure
            raise
        if self.expected:
            raise CheckFailure(
                "unexpected-pass", self.name,
                f"'{self.name}' passes, but a failure was expected ({self.expected}). Remove it "
                "from the expected failures.",
            )  # fmt: skip

    def _run(self) -> None:
        try:
            self.run()
        except (AssertionError, SkipTest):
            raise
        except Exception as cause:  # a component may raise anything
            raise CheckFailure("exception", source_of(cause), describe(cause)) from cause

    def __repr__(self) -> str:
        return self.name


def require(condition: Any, code: str, where: str, message: str) -> None:
    """Raise CheckFailure unless the condition is true."""
    if not condition:
        raise CheckFailure(code, where, message)


def require_none(findings: Sequence[Finding], component: Any = None, advice: str = "") -> None:
    """Raise CheckFailure if there are findings; the message begins with the component's class."""
    if findings:
        messages = list(dict.fromkeys(finding.message for finding in findings))
        name = "" if component is None else f"{type(component).__name__}: "
        text = "\n  ".join([name + messages[0], *messages[1:]])
        first = findings[0]
        raise CheckFailure(
            first.code, first.where, "\n".join(filter(None, [text, advice])), findings
        )


def checks_of(
    subject: Callable[[], Any], rows: Iterable[tuple[str, str, Callable[[Any], None]]],
    engine: str = "",
) -> Iterator[Check]:  # fmt: skip
    """A check for each (name, stage, function of the subject)."""
    for name, stage, function in rows:
        yield Check(name, stage, lambda f=function: f(subject()), engine)  # type: ignore[misc]


def require_shape(values: Any, shape: tuple[int, ...], where: str) -> None:
    """Raise CheckFailure unless an array has a shape."""
    message = f"{where} has shape {np.shape(values)}; expected {shape}."
    require(np.shape(values) == shape, "wrong-shape", where, message)


def require_close(
    actual: Any, expected: Any, code: str, where: str, what: str, rtol: float = 0.0,
    atol: float = 0.0,
) -> None:  # fmt: skip
    """Raise where |actual - expected| > atol + rtol |expected|; NaN is never close.

    `what` names both arrays in the message: 'values of ... and of ...'.
    """
    actual, expected = np.asarray(actual, float), np.asarray(expected, float)
    require(
        actual.shape == expected.shape, "wrong-shape", where,
        f"{what} have shapes {actual.shape} and {expected.shape}; they should be equal.",
    )  # fmt: skip
    far = ~(np.abs(actual - expected) <= atol + rtol * np.abs(expected))
    if np.any(far):
        excess = np.where(np.isfinite(actual - expected), np.abs(actual - expected), np.inf)
        worst = np.unravel_index(int(np.argmax(np.where(far, excess, -1.0))), actual.shape)
        raise CheckFailure(
            code, where,
            f"{what} differ in {int(far.sum())} of {far.size} elements; the worst is "
            f"{position(worst)}: {actual[worst]:.12g} and {expected[worst]:.12g} "
            f"(tolerance {rtol:g} of the value, {atol:g} absolute).",
        )  # fmt: skip


def require_finite(values: Any, where: str) -> None:
    """Raise where an array holds NaN or infinity."""
    values = np.asarray(values, float)
    bad = ~np.isfinite(values)
    if np.any(bad):
        first = tuple(np.argwhere(bad)[0])
        raise CheckFailure(
            "not-finite", where,
            f"{where}: {int(bad.sum())} of {bad.size} values are not finite, the first is "
            f"{position(first)}: {values[first]}.",
        )  # fmt: skip


def require_inside(values: Any, valid_range: tuple[float, float] | None, where: str) -> None:
    """Raise where values leave the range that their declaration gives."""
    values = np.asarray(values, float)
    if valid_range is None or not values.size:
        return
    lower, upper = valid_range
    require(
        values.min() >= lower and values.max() <= upper, "out-of-range", where,
        f"{where} lies in {values.min():g}..{values.max():g} but declares a valid_range of "
        f"{lower:g}..{upper:g}.",
    )  # fmt: skip


def position(index: tuple[Any, ...]) -> str:
    """'at [3, 0]' of an index, 'the number itself' of an empty one."""
    return f"at [{', '.join(str(int(n)) for n in index)}]" if index else "the number itself"
