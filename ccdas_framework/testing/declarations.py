"""Whether what a component declares of itself makes sense."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.parameters import Parameter, prior_step
from ..core.variables import Variable
from .check import require


def is_a_frozen_record(component: Any) -> None:
    """A frozen attrs class: its fields are the settings."""
    kind = type(component).__name__
    require(
        attrs.has(type(component)),
        f"{kind} is no attrs class; decorate it with attrs.frozen, its fields are the settings.",
    )
    name = next((f.name for f in attrs.fields(type(component))), "setting")
    try:
        setattr(component, name, getattr(component, name, None))
    except attrs.exceptions.FrozenInstanceError:
        return
    raise AssertionError(f"{kind} let its setting '{name}' be changed; decorate with attrs.frozen.")


def _require_attributes(component: Any, *names: str) -> None:
    missing = [name for name in names if not hasattr(component, name)]
    require(
        not missing,
        f"{type(component).__name__} does not declare {', '.join(missing)}; its interface in "
        "ccdas_framework/core/interfaces.py says what they are.",
    )


def model_is_declared(model: ProcessModel) -> None:
    """Variables with names and ranges, parameters with a usable prior, couples, spin_up_years."""
    _require_attributes(model, "requires", "provides", "parameters")
    problems = [
        *variable_problems("requires", model.requires),
        *variable_problems("provides", model.provides),
        *parameter_problems(model.parameters),
    ]
    if not model.provides:
        problems.append("provides is empty; a model gives at least one field.")
    if model.couples not in ("column", "cell"):
        problems.append(f"couples is {model.couples!r}; expected 'column' or 'cell'.")
    if model.spin_up_years < 0:
        problems.append(f"spin_up_years is {model.spin_up_years}; expected 0 or more.")
    _raise(model, problems)


def operator_is_declared(operator: ObservationOperator) -> None:
    """Variables with names and ranges, parameters with a usable prior, scope, lead_days."""
    _require_attributes(operator, "observes", "requires")
    problems = [
        *variable_problems("observes", (operator.observes,)),
        *variable_problems("requires", operator.requires),
        *variable_problems("requires_once", operator.requires_once),
        *variable_problems("gives", operator.gives),
        *parameter_problems(operator.parameters),
    ]
    if not operator.requires:
        problems.append("requires is empty; an operator looks at one field at least.")
    if operator.scope not in ("cell", "domain"):
        problems.append(f"scope is {operator.scope!r}; expected 'cell' or 'domain'.")
    if operator.lead_days < 0:
        problems.append(f"lead_days is {operator.lead_days}; expected 0 or more.")
    _raise(operator, problems)


def variable_problems(where: str, variables: Sequence[Variable]) -> list[str]:
    """A sentence for each variable without a name of its own or with an empty range."""
    problems = []
    seen: set[str] = set()
    for variable in variables:
        name = f"variable '{variable.name}' of {where}"
        if not variable.name or variable.name in seen:
            problems.append(f"{name} has no name of its own.")
        seen.add(variable.name)
        if variable.valid_range is not None and not (
            variable.valid_range[0] < variable.valid_range[1]
        ):
            problems.append(f"{name} has an empty valid_range {variable.valid_range}.")
    return problems


def parameter_problems(parameters: Sequence[Parameter]) -> list[str]:
    """A sentence for each parameter that is declared badly."""
    problems = []
    seen: set[str] = set()
    for parameter in parameters:
        name = f"parameter '{parameter.name}'"
        if parameter.name in seen or not re.fullmatch(r"\w+", parameter.name):
            problems.append(f"{name} needs a name of its own, of letters, digits and underscores.")
        seen.add(parameter.name)
        labels = [label for group in parameter.groups for label in group]
        twice = sorted({str(label) for label in labels if labels.count(label) > 1})
        if twice:
            problems.append(f"{name} names {', '.join(twice)} in two groups.")
        lower, upper = parameter.bounds
        for element, label in zip(parameter.elements(), parameter.labels, strict=True):
            mean, sd = float(element.mean), float(element.sd)  # type: ignore[arg-type]
            if not (np.isfinite(mean) and lower <= mean <= upper):
                problems.append(
                    f"'{label}' has prior mean {mean:g}, outside its bounds {lower:g}..{upper:g}."
                )
            elif element.active and not (np.isfinite(sd) and sd > 0.0):
                problems.append(f"'{label}' has prior sd {sd:g}; a positive number was expected.")
            elif element.active:
                with np.errstate(all="ignore"):
                    centre, step = prior_step(element)
                if not (np.isfinite(centre) and np.isfinite(step) and step != 0.0):
                    problems.append(
                        f"'{label}' has no finite prior under its transform "
                        f"'{parameter.transform}': mean {mean:g}, sd {sd:g}, bounds "
                        f"{lower:g}..{upper:g}. Choose another transform, mean or bounds."
                    )
    return problems


def _raise(component: Any, problems: list[str]) -> None:
    require(not problems, f"{type(component).__name__}: " + "\n  ".join(["", *problems]).lstrip())
