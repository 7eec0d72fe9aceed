"""Checks of units and dimensions, of one component and between installed components."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from ..core.errors import Finding
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.parameters import Parameter
from ..core.units import same_units
from ..core.variables import Variable
from ..installed import registry
from .check import require_none

FORCING = (("time", "cell"), ("cell",), ("column",))
FIELD = (("time", "column"),)
OBSERVED = (("obs",),)
UNIT = re.compile(r"1|[A-Za-z%°µ]+-?\d*")


def model_has_units(model: ProcessModel) -> None:
    """Readable units and expected dimensions, one unit a name."""
    require_none([
        *_variable_findings("requires", model.requires, FORCING),
        *_variable_findings("provides", model.provides, FIELD),
        *_parameter_findings(model.parameters),
    ], model)  # fmt: skip


def operator_has_units(operator: ObservationOperator) -> None:
    """Readable units and expected dimensions, one unit a name."""
    fields = {name: getattr(operator, name) for name in ("requires", "requires_once", "gives")}
    require_none([
        *_variable_findings("observes", (operator.observes,), OBSERVED),
        *(f for name, each in fields.items() for f in _variable_findings(name, each, FIELD)),
        *_two_unit_findings([v for variables in fields.values() for v in variables]),
        *_parameter_findings(operator.parameters),
    ], operator)  # fmt: skip


def units_agree_with_installed(component: ProcessModel | ObservationOperator) -> None:
    """Fields have the unit that installed models provide, or installed operators require."""
    if isinstance(component, ObservationOperator):
        pairs = [(component, model, f"model '{name}' gives it in '{{gives}}'")
                 for name, model in _installed("process_models")]  # fmt: skip
        text = "it needs field '{field}' in '{needs}', but {other}."
    else:
        pairs = [(operator, component, f"stream '{name}' needs it in '{{needs}}'")
                 for name, operator in _installed("observation_operators")]  # fmt: skip
        text = "it gives field '{field}' in '{gives}', but {other}."
    findings = []
    for operator, model, other in pairs:
        provided = {variable.name: variable.units for variable in model.provides}
        for field in (*operator.requires, *operator.requires_once):
            gives = provided.get(field.name, field.units)
            if not same_units(field.units, gives):
                units = {"field": field.name, "needs": field.units, "gives": gives}
                message = text.format(other=other.format(**units), **units)
                findings.append(Finding("units-differ", f"field '{field.name}'", message))
    advice = "Declare the same unit on both sides and convert inside, or take another name."
    require_none(findings, advice=advice)


@cache
def _installed(kind: str) -> tuple[tuple[str, Any], ...]:
    """Name and an instance of each installed component that can be made without settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `ccdas plugins` reports broken plugins
        components = registry().components[kind]
    return tuple(_instances(components))


def _instances(classes: Any) -> Iterator[tuple[str, Any]]:
    for name, cls in sorted(classes.items()):
        try:
            yield name, cls()
        except Exception:  # it needs settings, or is broken: there is nothing to compare
            continue


def _variable_findings(
    attribute: str, variables: Sequence[Variable], dims: Iterable[tuple[str, ...]]
) -> list[Finding]:
    """Variables with unusable units or dimensions."""
    findings = []
    for variable in variables:
        label = f"variable '{variable.name}' of {attribute}"
        findings += _unit_findings(label, variable.units)
        if variable.dims not in dims:
            expected = " or ".join(str(d) for d in dims)
            message = f"{label} has dims {variable.dims}; expected {expected}."
            findings.append(Finding("wrong-dims", label, message))
    return findings


def _two_unit_findings(variables: Iterable[Variable]) -> list[Finding]:
    """Names that are declared in two units."""
    units: dict[str, str] = {}
    findings = []
    for v in variables:
        if not same_units(units.setdefault(v.name, v.units), v.units):
            label = f"variable '{v.name}'"
            message = f"{label} is declared in '{units[v.name]}' and in '{v.units}'."
            findings.append(Finding("units-differ", label, message))
    return findings


def _parameter_findings(parameters: Sequence[Parameter]) -> list[Finding]:
    return [f for p in parameters for f in _unit_findings(f"parameter '{p.name}'", p.units)]


def _unit_findings(label: str, units: str) -> list[Finding]:
    """A finding where units are no text of symbols and exponents."""
    terms = units.split()
    if terms and all(UNIT.fullmatch(term) for term in terms):
        return []
    expected = "expected symbols with exponents, 'gC m-2 d-1', and '1' for a number."
    return [Finding("wrong-units", label, f"{label} has units {units!r}; {expected}")]
