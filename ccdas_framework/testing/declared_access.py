"""Access of a component to its inputs, compared with its declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..core.errors import Finding
from ..core.parameters import Parameter
from ..core.variables import Variable
from .check import require_none

UNDECLARED, UNREAD = "undeclared", "unread"


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

    def __iter__(self) -> Iterator[str]:
        self.read.update(dict.fromkeys(super().keys()))
        return super().__iter__()

    def items(self) -> Any:
        self.read.update(dict.fromkeys(super().keys()))
        return super().items()

    def values(self) -> Any:
        self.read.update(dict.fromkeys(super().keys()))
        return super().values()


def access_findings(
    kind: str, attribute: str, read: Iterable[str], declared: Iterable[Variable | Parameter]
) -> list[Finding]:
    """A finding for each name that is read but undeclared, or declared but unread.

    Args:
        kind: "field", "forcing" or "parameter".
        attribute: that declares it.
        read: names that the component read.
        declared: the attribute.
    """
    declarations = {each.name: each for each in declared}
    read = list(read)
    undeclared = [
        Finding(
            UNDECLARED,
            f"{kind} '{name}'",
            f"{kind} '{name}' is used, but `{attribute}` does not declare it.",
        )
        for name in read
        if name not in declarations
    ]
    unread = [
        Finding(
            UNREAD,
            f"{kind} '{name}'",
            f"{kind} '{name}' is declared in `{attribute}`, but nothing reads it.",
        )
        for name, declaration in declarations.items()
        if name not in read and not getattr(declaration, "optional", False)
    ]
    return undeclared + unread


def of_code(code: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings of one code."""
    return [finding for finding in findings if finding.code == code]


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
        findings = of_code(UNDECLARED, findings)
        if not findings:
            raise missing
    require_none(findings, advice="Declare what is used, and nothing else.")
