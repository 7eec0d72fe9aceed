"""Results of the tangent and the adjoint of a model: whether they are those of the interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.errors import Findings
from ..core.variables import Variable
from .component_results import add_number_finding, field_findings, kind_of


def tangent_findings(
    result: Any, declared: Sequence[Variable], directions: int, shape: tuple[int, int]
) -> Findings:
    """Findings about the result of `push`, a pair of fields and tangents, with the field as place.

    Codes: those of `field_findings`, and "missing-tangent".

    Args:
        result: of `push`.
        declared: variables of `provides`.
        directions: number of perturbations.
        shape: of a field, (time, column).
    """
    findings = pair_findings(result, "push", "fields and tangents")
    if findings:
        return findings
    fields, tangents = result
    findings.extend(field_findings(fields, declared, shape, "push"))
    if not isinstance(tangents, Mapping):
        message = f"`push` returns {kind_of(tangents)} as tangents; expected a dict by field."
        findings.add("wrong-type", "push", message)
        return findings
    for name in (variable.name for variable in declared):
        place = f"tangent of '{name}'"
        if name not in tangents:
            findings.add("missing-tangent", place, f"`push` returns no {place}, which is a field.")
        else:
            dims = "(direction, time, column)"
            add_number_finding(findings, tangents[name], (directions, *shape), place, dims, "push")
    return findings


def sensitivity_findings(result: Any, optimised: Sequence[str], columns: int) -> Findings:
    """Findings about the result of `pull`, with the parameter as place.

    Codes: "wrong-type", "missing-sensitivity", "wrong-shape" and "single-precision".

    Args:
        result: of `pull`.
        optimised: names of the parameters that it must have.
        columns: number of columns.
    """
    findings = Findings()
    if not isinstance(result, Mapping):
        message = f"`pull` returns {kind_of(result)}; expected a dict of arrays by parameter."
        findings.add("wrong-type", "pull", message)
        return findings
    for name in optimised:
        place = f"sensitivity to '{name}'"
        if name not in result:
            message = f"`pull` returns no {place}, which is optimised."
            findings.add("missing-sensitivity", place, message)
        else:
            add_number_finding(findings, result[name], (columns,), place, "(column,)", "pull")
    return findings


def pair_findings(result: Any, method: str, content: str) -> Findings:
    """A finding "wrong-type" where a method does not return two things; `content` names them."""
    findings = Findings()
    if not (isinstance(result, tuple) and len(result) == 2):
        message = f"`{method}` returns {kind_of(result)}; expected a tuple of {content}."
        findings.add("wrong-type", method, message)
    return findings
