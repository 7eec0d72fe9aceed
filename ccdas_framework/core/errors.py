"""User errors: a code, the place and a message for each, reported together."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import partial
from typing import Any

from attrs import frozen


@frozen
class Finding:
    """An error in the input of a user, or a remark about it.

    Args:
        code: kind of the finding in kebab-case, "unknown-key"; programs and tests decide by it.
        where: the place: a dotted configuration key ("time.days"), or file and variable
            ("sm.nc: observed_sd"), or the name of a component ("optimiser 'lbfgsb'").
        message: the problem, the expectation and the remedy, for people only.
    """

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return self.message


class Findings(list[Finding]):
    """A list of findings, so that all of them are reported together."""

    def add(self, code: str, where: str, message: str) -> None:
        """Add one finding."""
        self.append(Finding(code, where, message))

    def add_error(self, error: CcdasError, prefix: str = "", *, where: str = "") -> None:
        """Add the findings of an exception.

        Args:
            error: the exception.
            prefix: text before each message.
            where: place of the findings that have none of their own.
        """
        self.extend(Finding(f.code, f.where or where, prefix + f.message) for f in error.findings)

    def at(self, where: str) -> tuple[Finding, ...]:
        """The findings of one place."""
        return tuple(f for f in self if f.where == where)

    def within(self, where: str) -> bool:
        """Whether there are findings about a table or its keys."""
        return any(f.where == where or f.where.startswith(f"{where}.") for f in self)

    def raise_if_any(self) -> None:
        """Raise InvalidExperiment with all findings."""
        if self:
            raise InvalidExperiment(self)


class CcdasError(Exception):
    """A user error: the problem, its place and the remedy.

    Args:
        message: the problem, the expectation and the remedy.
        code: kind of the error; by default that of the class.
        where: place of the error, as in `Finding`.
    """

    default_code = "error"

    def __init__(self, message: Any = "", *, code: str = "", where: str = "") -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.where = where

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The error as findings: one, or several where an exception collects them."""
        return (Finding(self.code, self.where, str(self)),)


class CcdasWarning(UserWarning):
    """A warning to the user: the problem and the remedy, with code and place as in `Finding`."""

    def __init__(self, message: str, *, code: str, where: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.where = where

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), code=self.code, where=self.where), self.args


class UnknownComponent(CcdasError):
    """A name that no installed plugin supplies."""

    default_code = "unknown-component"


class InvalidInput(CcdasError):
    """Input that cannot be used."""

    default_code = "invalid-input"


class PluginError(CcdasError):
    """A requested plugin that failed to load."""

    default_code = "plugin-error"


class ClosedOverValue(CcdasError):
    """A differentiated value reached a scan step by closure; its gradient would be lost."""

    default_code = "closed-over-value"


class NotANumber(CcdasError):
    """A NaN appeared; the text names the stream, cell, day, class and term of the first one."""

    default_code = "not-a-number"


class FailedRun(CcdasError):
    """A run of the model that failed, for a component to raise in place of returning NaN.

    A method counts the run as failed and goes on. Any other exception ends it.
    """

    default_code = "failed-run"


class InvalidExperiment(CcdasError):
    """All findings about an experiment, reported together before the run starts."""

    default_code = "invalid-experiment"

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._findings = tuple(findings)
        count = len(self._findings)
        head = "1 problem" if count == 1 else f"{count} problems"
        lines = "\n".join(f"  {n}. {f.message}" for n, f in enumerate(self._findings, 1))
        super().__init__(f"{head} found:\n{lines}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._findings,)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, in order."""
        return self._findings


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """' Did you mean 'near'?' with the most similar choice, or '' if none is similar."""
    others = [choice for choice in choices if choice != name]
    near = get_close_matches(name, others, n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""
