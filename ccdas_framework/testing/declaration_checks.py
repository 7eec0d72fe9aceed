"""Checks of the declarations of a component, and of their units and dimensions."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import attrs
import numpy as np

from ..core.declarations import reserved_settings
from ..core.errors import Finding
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.parameters import Parameter, prior_step
from ..core.units import same_units
from ..core.variables import Variable
from ..installed import registry
from .check import Check, CheckFailure, checks_of, require, require_none

VARIABLES = ("observes", "requires", "requires_once", "provides", "gives")
Dims = tuple[tuple[str, ...], ...]
FORCING: Dims = (("time", "cell"), ("cell",), ("column",))
FIELD: Dims = (("time", "column"),)
OBSERVED: Dims = (("obs",),)
UNIT = re.compile(r"1|[A-Za-z%°µ]+-?\d*")


def declaration_checks(component: ProcessModel | ObservationOperator) -> Iterator[Check]:
    """The checks of the declarations of a model or an operator."""
    return checks_of(lambda: component, (
        ("it is a frozen record of its settings", "loads", is_a_frozen_record),
        ("its declarations make sense", "metadata", is_declared),
        ("its units and dimensions make sense", "units and dims", has_units),
        ("its units are those of what is installed", "units and dims", units_agree_with_installed),
        ("its presets are settings", "metadata", has_possible_presets),
        ("its classes have distinct names", "metadata", has_distinct_class_names),
    ))  # fmt: skip


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


def has_possible_presets(component: ProcessModel | ObservationOperator) -> None:
    """Each preset makes a component: its keys are settings, with possible values."""
    cls = type(component)
    for name, settings in cls.presets.items():
        try:
            cls(**settings)
        except (TypeError, ValueError) as error:
            message = f"preset '{name}' of {cls.__name__} makes no component: {error}"
            raise CheckFailure("wrong-preset", f"{cls.__name__}.presets", message) from error


def has_distinct_class_names(component: ProcessModel | ObservationOperator) -> None:
    """Names in words of classes of columns: whole numbers, and no name twice or empty."""
    names = getattr(component, "class_names", {})
    where = f"{type(component).__name__}.class_names"
    wrong = [number for number, name in names.items()
             if isinstance(number, bool) or not isinstance(number, int)
             or not isinstance(name, str) or not name.strip()]  # fmt: skip
    message = f"{where} has no name in words for {wrong}; expected whole numbers and their names."
    require(not wrong, "wrong-class-names", where, message)
    twice = {name for name in names.values() if list(names.values()).count(name) > 1}
    message = f"{where} names several classes {', '.join(sorted(twice))}; expected distinct names."
    require(not twice, "wrong-class-names", where, message)


def is_declared(component: ProcessModel | ObservationOperator) -> None:
    """Variables with names and ranges, parameters with a usable prior, a choice and a number."""
    if isinstance(component, ProcessModel):
        names, filled = ["requires", "provides", "parameters"], "provides"
        choice, choices, count = "couples", ("column", "cell"), "spin_up_years"
    else:
        names, filled = ["observes", "requires"], "requires"
        choice, choices, count = "scope", ("cell", "domain"), "lead_days"
    missing = ", ".join(name for name in names if not hasattr(component, name))
    require(
        not missing, "missing-declaration", missing,
        f"{type(component).__name__} does not declare {missing}; its interface in "
        "ccdas_framework/core/interfaces.py explains them.",
    )  # fmt: skip
    findings = [
        finding
        for attribute in VARIABLES
        for finding in _variable_findings(attribute, _variables(component, attribute))
    ]
    findings += _parameter_findings(component.parameters)
    findings += reserved_settings(component)
    if not getattr(component, filled):
        findings.append(Finding("empty", filled, f"{filled} is empty; declare at least one field."))
    value, number = getattr(component, choice), getattr(component, count)
    if value not in choices:
        message = f"{choice} is {value!r}; expected {' or '.join(map(repr, choices))}."
        findings.append(Finding("wrong-value", choice, message))
    if number < 0:
        message = f"{count} is {number}; expected 0 or more."
        findings.append(Finding("wrong-value", count, message))
    require_none(findings, component)


def _variables(component: Any, attribute: str) -> Sequence[Variable]:
    declared = getattr(component, attribute, ())
    return (declared,) if isinstance(declared, Variable) else declared


def _variable_findings(attribute: str, variables: Sequence[Variable]) -> Iterator[Finding]:
    """Variables without a name, with the name of another, or with an empty range."""
    names: set[str] = set()
    for variable in variables:
        label, valid = f"variable '{variable.name}' of {attribute}", variable.valid_range
        if not variable.name or variable.name in names:
            yield Finding("wrong-name", label, f"{label} has no unique name.")
        names.add(variable.name)
        if valid is not None and not valid[0] < valid[1]:
            yield Finding("empty-range", label, f"{label} has an empty valid_range {valid}.")


def _parameter_findings(parameters: Sequence[Parameter]) -> Iterator[Finding]:
    """Parameters with a wrong name or group, or without a usable prior."""
    names: set[str] = set()
    for parameter in parameters:
        label = f"parameter '{parameter.name}'"
        if parameter.name in names or not re.fullmatch(r"\w+", parameter.name):
            message = f"{label} needs a unique name of letters, digits and underscores."
            yield Finding("wrong-name", label, message)
        names.add(parameter.name)
        labels = [each for group in parameter.groups for each in group]
        twice = sorted({str(each) for each in labels if labels.count(each) > 1})
        if twice:
            yield Finding("wrong-groups", label, f"{label} names {', '.join(twice)} in two groups.")
        yield from _prior_findings(parameter)


def _prior_findings(parameter: Parameter) -> Iterator[Finding]:
    """Elements of a parameter without a usable prior."""
    lower, upper = parameter.bounds
    for element, name in zip(parameter.elements(), parameter.labels, strict=True):
        label, bounds = f"parameter '{name}'", f"bounds {lower:g}..{upper:g}"
        mean, sd = float(element.mean), float(element.sd)  # type: ignore[arg-type]
        if not (np.isfinite(mean) and lower <= mean <= upper):
            message = f"{label} has prior mean {mean:g}, outside its {bounds}."
            yield Finding("out-of-bounds", label, message)
        elif element.active and not (np.isfinite(sd) and sd > 0.0):
            message = f"{label} has prior sd {sd:g}; expected a positive number."
            yield Finding("wrong-sd", label, message)
        elif element.active:
            with np.errstate(all="ignore"):
                centre, step = prior_step(element)
            if not (np.isfinite(centre) and np.isfinite(step) and step != 0.0):
                message = (
                    f"{label} has no finite prior under its transform '{parameter.transform}': "
                    f"mean {mean:g}, sd {sd:g}, {bounds}. Choose another transform, mean or bounds."
                )
                yield Finding("no-finite-prior", label, message)


# -- units and dimensions -------------------------------------------------------------------------


def has_units(component: ProcessModel | ObservationOperator) -> None:
    """Readable units and expected dimensions, one unit a name."""
    inputs = FORCING if isinstance(component, ProcessModel) else FIELD
    dims = {**dict.fromkeys(VARIABLES, FIELD), "observes": OBSERVED, "requires": inputs}
    findings: list[Finding] = []
    for attribute, expected in dims.items():
        for variable in _variables(component, attribute):
            findings += _unit_and_dims_findings(attribute, variable, expected)
    if isinstance(component, ObservationOperator):
        fields = (*component.requires, *component.requires_once, *component.gives)
        findings += _two_unit_findings(fields)
    for parameter in component.parameters:
        findings += _unit_findings(f"parameter '{parameter.name}'", parameter.units)
    require_none(findings, component)


def _unit_and_dims_findings(attribute: str, variable: Variable, dims: Dims) -> Iterator[Finding]:
    label = f"variable '{variable.name}' of {attribute}"
    yield from _unit_findings(label, variable.units)
    if variable.dims not in dims:
        expected = " or ".join(map(str, dims))
        message = f"{label} has dims {variable.dims}; expected {expected}."
        yield Finding("wrong-dims", label, message)


def _unit_findings(label: str, units: str) -> Iterator[Finding]:
    """A finding where units are no text of symbols and exponents."""
    terms = units.split()
    if not terms or not all(UNIT.fullmatch(term) for term in terms):
        expected = "expected symbols with exponents, 'gC m-2 d-1', and '1' for a number."
        yield Finding("wrong-units", label, f"{label} has units {units!r}; {expected}")


def _two_unit_findings(variables: Iterable[Variable]) -> Iterator[Finding]:
    """Names that are declared in two units."""
    units: dict[str, str] = {}
    for v in variables:
        if not same_units(units.setdefault(v.name, v.units), v.units):
            label = f"variable '{v.name}'"
            message = f"{label} is declared in '{units[v.name]}' and in '{v.units}'."
            yield Finding("units-differ", label, message)


def units_agree_with_installed(component: ProcessModel | ObservationOperator) -> None:
    """Fields have the unit that installed models provide, or installed operators require."""
    of_operator = isinstance(component, ObservationOperator)
    findings = []
    for name, other in _installed("process_models" if of_operator else "observation_operators"):
        pair: tuple[Any, Any] = (component, other) if of_operator else (other, component)
        operator, model = pair
        provided = {variable.name: variable.units for variable in model.provides}
        for field in (*operator.requires, *operator.requires_once):
            needs, gives = field.units, provided.get(field.name, field.units)
            text = (
                f"it needs field '{field.name}' in '{needs}', but model '{name}' gives it in "
                f"'{gives}'."
                if of_operator
                else f"it gives field '{field.name}' in '{gives}', but stream '{name}' needs it in "
                f"'{needs}'."
            )
            if not same_units(needs, gives):
                findings.append(Finding("units-differ", f"field '{field.name}'", text))
    advice = "Declare the same unit on both sides and convert inside, or take another name."
    require_none(findings, advice=advice)


@cache
def _installed(kind: str) -> tuple[tuple[str, Any], ...]:
    """Name and an instance of each installed component that can be made without settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `ccdas plugins` reports broken plugins
        classes = registry().components[kind]
    instances = []
    for name, cls in sorted(classes.items()):
        with suppress(Exception):  # it needs settings, or is broken: there is nothing to compare
            instances.append((name, cls()))
    return tuple(instances)
