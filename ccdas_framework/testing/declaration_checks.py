"""Checks of the declarations of a component, and of their units and dimensions."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import attrs
import numpy as np

from ..core.errors import Finding, Findings
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.parameters import Parameter, prior_step
from ..core.units import same_units
from ..core.variables import Variable
from ..installed import registry
from .check import CheckFailure, require, require_none

FORCING = (("time", "cell"), ("cell",), ("column",))
FIELD = (("time", "column"),)
OBSERVED = (("obs",),)
UNIT = re.compile(r"1|[A-Za-z%°µ]+-?\d*")


def is_a_frozen_record(component: Any) -> None:
    """A frozen attrs class: its fields are the settings."""
    kind = type(component).__name__
    advice = "decorate it with attrs.frozen, its fields are the settings."
    require(attrs.has(type(component)), "not-frozen", kind, f"{kind} is no attrs class; {advice}")
    name = next((f.name for f in attrs.fields(type(component))), "setting")
    try:
        setattr(component, name, getattr(component, name, None))
    except attrs.exceptions.FrozenInstanceError:
        return
    message = f"the setting '{name}' of {kind} can be changed; {advice}"
    raise CheckFailure("not-frozen", f"{kind}.{name}", message)


def model_is_declared(model: ProcessModel) -> None:
    """Variables with names and ranges, parameters with a usable prior, couples, spin_up_years."""
    findings = _declared(model, "provides", ("requires", "provides", "parameters"))
    _add_choice(findings, "couples", model.couples, ("column", "cell"))
    _add_count(findings, "spin_up_years", model.spin_up_years)
    require_none(tuple(findings), model)


def operator_is_declared(operator: ObservationOperator) -> None:
    """Variables with names and ranges, parameters with a usable prior, scope, lead_days."""
    findings = _declared(operator, "requires", ("observes", "requires"))
    _add_choice(findings, "scope", operator.scope, ("cell", "domain"))
    _add_count(findings, "lead_days", operator.lead_days)
    require_none(tuple(findings), operator)


def _declared(component: Any, filled: str, names: Sequence[str]) -> Findings:
    """Findings about variables and parameters; the attribute `filled` names one at least."""
    missing = ", ".join(name for name in names if not hasattr(component, name))
    require(
        not missing, "missing-declaration", missing,
        f"{type(component).__name__} does not declare {missing}; its interface in "
        "ccdas_framework/core/interfaces.py explains them.",
    )  # fmt: skip
    findings = Findings()
    for attribute in ("observes", "requires", "requires_once", "provides", "gives"):
        variables = getattr(component, attribute, ())
        several = (variables,) if isinstance(variables, Variable) else variables
        findings.extend(_variable_findings(attribute, several))
    findings.extend(_parameter_findings(component.parameters))
    if not getattr(component, filled):
        findings.add("empty", filled, f"{filled} is empty; declare at least one field.")
    return findings


def _add_choice(findings: Findings, name: str, value: str, choices: tuple[str, str]) -> None:
    if value not in choices:
        expected = " or ".join(map(repr, choices))
        findings.add("wrong-value", name, f"{name} is {value!r}; expected {expected}.")


def _add_count(findings: Findings, name: str, value: int) -> None:
    if value < 0:
        findings.add("wrong-value", name, f"{name} is {value}; expected 0 or more.")


def _variable_findings(attribute: str, variables: Sequence[Variable]) -> Findings:
    """Variables without a name, with the name of another, or with an empty range."""
    findings = Findings()
    names: set[str] = set()
    for variable in variables:
        label, valid = f"variable '{variable.name}' of {attribute}", variable.valid_range
        if not variable.name or variable.name in names:
            findings.add("wrong-name", label, f"{label} has no unique name.")
        names.add(variable.name)
        if valid is not None and not valid[0] < valid[1]:
            findings.add("empty-range", label, f"{label} has an empty valid_range {valid}.")
    return findings


def _parameter_findings(parameters: Sequence[Parameter]) -> Findings:
    """Parameters with a wrong name or group, or without a usable prior."""
    findings = Findings()
    names: set[str] = set()
    for parameter in parameters:
        label = f"parameter '{parameter.name}'"
        if parameter.name in names or not re.fullmatch(r"\w+", parameter.name):
            message = f"{label} needs a unique name of letters, digits and underscores."
            findings.add("wrong-name", label, message)
        names.add(parameter.name)
        labels = [member for group in parameter.groups for member in group]
        twice = sorted({str(member) for member in labels if labels.count(member) > 1})
        if twice:
            findings.add("wrong-groups", label, f"{label} names {', '.join(twice)} in two groups.")
        findings.extend(_prior_findings(parameter))
    return findings


def _prior_findings(parameter: Parameter) -> Findings:
    """Elements of a parameter without a usable prior."""
    findings = Findings()
    lower, upper = parameter.bounds
    for element, name in zip(parameter.elements(), parameter.labels, strict=True):
        label, bounds = f"parameter '{name}'", f"bounds {lower:g}..{upper:g}"
        mean, sd = float(element.mean), float(element.sd)  # type: ignore[arg-type]
        if not (np.isfinite(mean) and lower <= mean <= upper):
            message = f"{label} has prior mean {mean:g}, outside its {bounds}."
            findings.add("out-of-bounds", label, message)
        elif element.active and not (np.isfinite(sd) and sd > 0.0):
            message = f"{label} has prior sd {sd:g}; expected a positive number."
            findings.add("wrong-sd", label, message)
        elif element.active:
            with np.errstate(all="ignore"):
                centre, step = prior_step(element)
            if not (np.isfinite(centre) and np.isfinite(step) and step != 0.0):
                message = (
                    f"{label} has no finite prior under its transform '{parameter.transform}': "
                    f"mean {mean:g}, sd {sd:g}, {bounds}. Choose another transform, mean or bounds."
                )
                findings.add("no-finite-prior", label, message)
    return findings


# -- units and dimensions -------------------------------------------------------------------------


def model_has_units(model: ProcessModel) -> None:
    """Readable units and expected dimensions, one unit a name."""
    require_none([
        *_variable_unit_findings("requires", model.requires, FORCING),
        *_variable_unit_findings("provides", model.provides, FIELD),
        *_parameter_unit_findings(model.parameters),
    ], model)  # fmt: skip


def operator_has_units(operator: ObservationOperator) -> None:
    """Readable units and expected dimensions, one unit a name."""
    fields = {name: getattr(operator, name) for name in ("requires", "requires_once", "gives")}
    require_none([
        *_variable_unit_findings("observes", (operator.observes,), OBSERVED),
        *(f for name, each in fields.items() for f in _variable_unit_findings(name, each, FIELD)),
        *_two_unit_findings([v for variables in fields.values() for v in variables]),
        *_parameter_unit_findings(operator.parameters),
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


def _variable_unit_findings(
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


def _parameter_unit_findings(parameters: Sequence[Parameter]) -> list[Finding]:
    return [f for p in parameters for f in _unit_findings(f"parameter '{p.name}'", p.units)]


def _unit_findings(label: str, units: str) -> list[Finding]:
    """A finding where units are no text of symbols and exponents."""
    terms = units.split()
    if terms and all(UNIT.fullmatch(term) for term in terms):
        return []
    expected = "expected symbols with exponents, 'gC m-2 d-1', and '1' for a number."
    return [Finding("wrong-units", label, f"{label} has units {units!r}; {expected}")]
