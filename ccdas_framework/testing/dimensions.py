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
    """Units that can be read and dimensions that are known, one unit a name."""
    require_none([
        *variable_findings("requires", model.requires, FORCING),
        *variable_findings("provides", model.provides, FIELD),
        *parameter_unit_findings(model.parameters),
    ], model)  # fmt: skip


def operator_has_units(operator: ObservationOperator) -> None:
    """Units that can be read and dimensions that are known, one unit a name."""
    fields = (*operator.requires, *operator.requires_once, *operator.gives)
    require_none([
        *variable_findings("observes", (operator.observes,), OBSERVED),
        *variable_findings("requires", operator.requires, FIELD),
        *variable_findings("requires_once", operator.requires_once, FIELD),
        *variable_findings("gives", operator.gives, FIELD),
        *two_unit_findings(fields),
        *parameter_unit_findings(operator.parameters),
    ], operator)  # fmt: skip


def units_agree_with_installed(component: ProcessModel | ObservationOperator) -> None:
    """Fields have the unit that installed models provide, or installed operators require."""
    findings = []
    if isinstance(component, ObservationOperator):
        for name, model in installed("process_models"):
            findings += [
                Finding(
                    "units-differ",
                    f"field '{field.name}'",
                    f"it needs field '{field.name}' in '{field.units}', but model '{name}' gives "
                    f"it in '{units}'.",
                )
                for field, units in _different_units(component, model)
            ]
    else:
        for name, operator in installed("observation_operators"):
            findings += [
                Finding(
                    "units-differ",
                    f"field '{field.name}'",
                    f"it gives field '{field.name}' in '{units}', but stream '{name}' needs it in "
                    f"'{field.units}'.",
                )
                for field, units in _different_units(operator, component)
            ]
    require_none(
        findings,
        advice="Declare the same unit on both sides and convert inside, or take another name.",
    )


def _different_units(
    operator: ObservationOperator, model: ProcessModel
) -> Iterator[tuple[Variable, str]]:
    """Required fields whose unit differs from that of the model, with the latter."""
    units = {variable.name: variable.units for variable in model.provides}
    for field in (*operator.requires, *operator.requires_once):
        if field.name in units and not same_units(field.units, units[field.name]):
            yield field, units[field.name]


@cache
def installed(kind: str) -> tuple[tuple[str, Any], ...]:
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


def variable_findings(
    attribute: str, variables: Sequence[Variable], dims: Iterable[tuple[str, ...]]
) -> list[Finding]:
    """Variables with unusable units or dimensions."""
    findings = []
    for variable in variables:
        label = f"variable '{variable.name}' of {attribute}"
        findings += unit_findings(label, variable.units)
        if variable.dims not in dims:
            expected = " or ".join(str(d) for d in dims)
            message = f"{label} has dims {variable.dims}; expected {expected}."
            findings.append(Finding("wrong-dims", label, message))
    return findings


def two_unit_findings(variables: Iterable[Variable]) -> list[Finding]:
    """Names that are declared in two units."""
    first: dict[str, Variable] = {}
    return [
        Finding(
            "units-differ",
            f"variable '{v.name}'",
            f"variable '{v.name}' is declared in '{first[v.name].units}' and in '{v.units}'.",
        )
        for v in variables
        if not same_units(first.setdefault(v.name, v).units, v.units)
    ]


def parameter_unit_findings(parameters: Sequence[Parameter]) -> list[Finding]:
    """Parameters with unusable units."""
    return [f for p in parameters for f in unit_findings(f"parameter '{p.name}'", p.units)]


def unit_findings(label: str, units: str) -> list[Finding]:
    """A finding where units are no text of symbols and exponents."""
    terms = units.split()
    if terms and all(UNIT.fullmatch(term) for term in terms):
        return []
    message = (
        f"{label} has units {units!r}; expected symbols with exponents, 'gC m-2 d-1', and '1' "
        "for a number."
    )
    return [Finding("wrong-units", label, message)]
