"""Inputs that a component reads and parameters that affect it, compared with its declarations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.errors import Finding
from ..core.parameters import Parameter
from ..core.variables import Variable
from .check import require_none


class AccessRecorder(dict[str, Any]):
    """A dict that records which of its keys are read."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.read: dict[str, None] = {}

    def __getitem__(self, key: str) -> Any:
        self.read[key] = None
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.read[key] = None
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.read[str(key)] = None
        return super().__contains__(key)

    def _read_all(self) -> None:
        self.read.update(dict.fromkeys(super().keys()))

    def __iter__(self) -> Iterator[str]:
        self._read_all()
        return super().__iter__()

    def items(self) -> Any:
        self._read_all()
        return super().items()

    def values(self) -> Any:
        self._read_all()
        return super().values()


def access_findings(
    kind: str, attribute: str, read: Iterable[str], declared: Iterable[Variable | Parameter]
) -> list[Finding]:
    """A finding for each name that is read but undeclared, or declared but unread."""
    declarations, read = {each.name: each for each in declared}, list(read)
    undeclared = [name for name in read if name not in declarations]
    unread = [
        name
        for name, declaration in declarations.items()
        if name not in read and not getattr(declaration, "optional", False)
    ]
    text = f"is used, but `{attribute}` does not declare it."
    findings = [Finding("undeclared", f"{kind} '{n}'", f"{kind} '{n}' {text}") for n in undeclared]
    text = f"is declared in `{attribute}`, but nothing reads it."
    return findings + [Finding("unread", f"{kind} '{n}'", f"{kind} '{n}' {text}") for n in unread]


def undeclared_only(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of names that are read but undeclared."""
    return [finding for finding in findings if finding.code == "undeclared"]


def require_declared_access(findings: list[Finding], missing: KeyError | None) -> None:
    """Raise CheckFailure with the findings of a run.

    Args:
        findings: of `access_findings`.
        missing: the exception that ended the run. Names that the run did not reach are no
            findings then.

    Raises:
        KeyError: `missing`, which no undeclared name explains.
    """
    if missing is not None:
        findings = undeclared_only(findings)
        if not findings:
            raise missing
    require_none(findings, advice="Declare what is used, and nothing else.")


def require_effects(
    parameters: Iterable[Parameter],
    points: Sequence[Mapping[str, Any]],
    column_class: np.ndarray,
    run: Callable[[Mapping[str, Any]], Sequence[np.ndarray]],
) -> None:
    """Raise CheckFailure with the parameters that change nothing at any of the points.

    `run` gives all results of the component for physical values such as each point.
    """
    remaining = {p.name: p for p in parameters if _mask(p, points[0], column_class).any()}
    for values in points:
        before = run(values)
        for name, parameter in tuple(remaining.items()):
            perturbed = _perturbed(parameter, values, column_class)
            pairs = zip(before, run({**values, name: perturbed}), strict=True)
            if any(not np.array_equal(a, b) for a, b in pairs):
                del remaining[name]
    labels = [f"parameter '{name}'" for name in remaining]
    require_none(
        [Finding("no-effect", label, f"{label} changes no result.") for label in labels],
        advice="Take it out of `parameters`, or use it. If the case of the suite is the reason (no "
        "snow, no drought), pass one in which it matters.",
    )


def _mask(parameter: Parameter, values: Mapping[str, Any], column_class: np.ndarray) -> np.ndarray:
    """The elements of a value that a column uses: those of its class."""
    if parameter.index == "class":
        return np.isin(column_class, [label for group in parameter.groups for label in group])
    return np.ones(np.shape(values[parameter.name]), bool)


def _perturbed(parameter: Parameter, values: Mapping[str, Any], column_class: np.ndarray) -> Any:
    """The value of a parameter, perturbed by about half its prior sd."""
    value, sd = np.asarray(values[parameter.name], float), float(np.mean(parameter.sd))
    size = 0.5 * sd if np.isfinite(sd) and sd > 0.0 else 0.1 * np.abs(value) + 0.1
    lower, upper = parameter.bounds
    ahead = value + size
    perturbed = np.where(ahead < upper, ahead, np.maximum(value - size, 0.5 * (value + lower)))
    return np.where(_mask(parameter, values, column_class), perturbed, value)[()]
