"""Checks of the declarations of a component."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from ..core.errors import Findings
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.parameters import Parameter, prior_step
from ..core.variables import Variable
from .check import CheckFailure, require, require_none


def is_a_frozen_record(component: Any) -> None:
    """A frozen attrs class: its fields are the settings."""
    kind = type(component).__name__
    require(
        attrs.has(type(component)), "not-frozen", kind,
        f"{kind} is no attrs class; decorate it with attrs.frozen, its fields are the settings.",
    )  # fmt: skip
    name = next((f.name for f in attrs.fields(type(component))), "setting")
    try:
        setattr(component, name, getattr(component, name, None))
    except attrs.exceptions.FrozenInstanceError:
        return
    raise CheckFailure(
        "not-frozen", f"{kind}.{name}",
        f"{kind} let its setting '{name}' be changed; decorate with attrs.frozen.",
    )  # fmt: skip


def _require_attributes(component: Any, *names: str) -> None:
    missing = [name for name in names if not hasattr(component, name)]
    require(
        not missing, "missing-declaration", ", ".join(missing),
        f"{type(component).__name__} does not declare {', '.join(missing)}; its interface in "
        "ccdas_framework/core/interfaces.py says what they are.",
    )  # fmt: skip


def model_is_declared(model: ProcessModel) -> None:
    """Variables with names and ranges, parameters with a usable prior, couples, spin_up_years."""
    _require_attributes(model, "requires", "provides", "parameters")
    findings = Findings()
    findings.extend(variable_findings("requires", model.requires))
    findings.extend(variable_findings("provides", model.provides))
    findings.extend(parameter_findings(model.parameters))
    if not model.provides:
        findings.add("empty", "provides", "provides is empty; a model gives at least one field.")
    if model.couples not in ("column", "cell"):
        findings.add(
            "wrong-value",
            "couples",
            f"couples is {model.couples!r}; expected 'column' or 'cell'.",
        )
    if model.spin_up_years < 0:
        findings.add(
            "wrong-value",
            "spin_up_years",
            f"spin_up_years is {model.spin_up_years}; expected 0 or more.",
        )
    require_none(tuple(findings), model)


def operator_is_declared(operator: ObservationOperator) -> None:
    """Variables with names and ranges, parameters with a usable prior, scope, lead_days."""
    _require_attributes(operator, "observes", "requires")
    findings = Findings()
    findings.extend(variable_findings("observes", (operator.observes,)))
    findings.extend(variable_findings("requires", operator.requires))
    findings.extend(variable_findings("requires_once", operator.requires_once))
    findings.extend(variable_findings("gives", operator.gives))
    findings.extend(parameter_findings(operator.parameters))
    if not operator.requires:
        findings.add(
            "empty", "requires", "requires is empty; an operator requires at least one field."
        )
    if operator.scope not in ("cell", "domain"):
        findings.add(
            "wrong-value", "scope", f"scope is {operator.scope!r}; expected 'cell' or 'domain'."
        )
    if operator.lead_days < 0:
        findings.add(
            "wrong-value", "lead_days", f"lead_days is {operator.lead_days}; expected 0 or more."
        )
    require_none(tuple(findings), operator)


def variable_findings(attribute: str, variables: Sequence[Variable]) -> Findings:
    """Variables without a name, with the name of another, or with an empty range."""
    findings = Findings()
    names: set[str] = set()
    for variable in variables:
        label = f"variable '{variable.name}' of {attribute}"
        if not variable.name or variable.name in names:
            findings.add("wrong-name", label, f"{label} has no unique name.")
        names.add(variable.name)
        if variable.valid_range is not None and not (
            variable.valid_range[0] < variable.valid_range[1]
        ):
            findings.add(
                "empty-range", label, f"{label} has an empty valid_range {variable.valid_range}."
            )
    return findings


def parameter_findings(parameters: Sequence[Parameter]) -> Findings:
    """Parameters with a wrong name or group, or without a usable prior."""
    findings = Findings()
    names: set[str] = set()
    for parameter in parameters:
        label = f"parameter '{parameter.name}'"
        if parameter.name in names or not re.fullmatch(r"\w+", parameter.name):
            findings.add(
                "wrong-name",
                label,
                f"{label} needs a unique name of letters, digits and underscores.",
            )
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
        label = f"parameter '{name}'"
        mean, sd = float(element.mean), float(element.sd)  # type: ignore[arg-type]
        if not (np.isfinite(mean) and lower <= mean <= upper):
            findings.add(
                "out-of-bounds",
                label,
                f"'{name}' has prior mean {mean:g}, outside its bounds {lower:g}..{upper:g}.",
            )
        elif element.active and not (np.isfinite(sd) and sd > 0.0):
            findings.add(
                "wrong-sd", label, f"'{name}' has prior sd {sd:g}; expected a positive number."
            )
        elif element.active:
            with np.errstate(all="ignore"):
                centre, step = prior_step(element)
            if not (np.isfinite(centre) and np.isfinite(step) and step != 0.0):
                findings.add(
                    "no-finite-prior",
                    label,
                    f"'{name}' has no finite prior under its transform "
                    f"'{parameter.transform}': mean {mean:g}, sd {sd:g}, bounds "
                    f"{lower:g}..{upper:g}. Choose another transform, mean or bounds.",
                )
    return findings
