"""Units and dimensions, of one component and between those that are installed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.parameters import Parameter
from ..core.units import same_units
from ..core.variables import Variable
from ..installed import registry
from .check import require

FORCING = (("time", "cell"), ("cell",), ("column",))
FIELD = (("time", "column"),)
OBSERVED = (("obs",),)
UNIT = re.compile(r"1|[A-Za-z%°µ]+-?\d*")


def model_has_units(model: ProcessModel) -> None:
    """Units that can be read and dimensions that are known, one unit a name."""
    _tell(model, [
        *variable_problems("requires", model.requires, FORCING),
        *variable_problems("provides", model.provides, FIELD),
        *parameter_unit_problems(model.parameters),
    ])  # fmt: skip


def operator_has_units(operator: ObservationOperator) -> None:
    """Units that can be read and dimensions that are known, one unit a name."""
    fields = (*operator.requires, *operator.requires_once, *operator.gives)
    _tell(operator, [
        *variable_problems("observes", (operator.observes,), OBSERVED),
        *variable_problems("requires", operator.requires, FIELD),
        *variable_problems("requires_once", operator.requires_once, FIELD),
        *variable_problems("gives", operator.gives, FIELD),
        *two_unit_problems(fields),
        *parameter_unit_problems(operator.parameters),
    ])  # fmt: skip


def units_agree_with_installed(component: ProcessModel | ObservationOperator) -> None:
    """Fields have the unit that installed models give, or installed operators need."""
    problems = []
    if isinstance(component, ObservationOperator):
        for name, model in installed("process_models"):
            given = {variable.name: variable for variable in model.provides}
            problems += [
                f"it needs field '{v.name}' in '{v.units}', but model '{name}' gives it in "
                f"'{given[v.name].units}'."
                for v in (*component.requires, *component.requires_once)
                if v.name in given and not same_units(v.units, given[v.name].units)
            ]
    else:
        given = {variable.name: variable for variable in component.provides}
        for name, operator in installed("observation_operators"):
            problems += [
                f"it gives field '{v.name}' in '{given[v.name].units}', but stream '{name}' needs "
                f"it in '{v.units}'."
                for v in (*operator.requires, *operator.requires_once)
                if v.name in given and not same_units(v.units, given[v.name].units)
            ]
    require(
        not problems,
        "\n  ".join(dict.fromkeys(problems))
        + "\nDeclare the same unit on both sides and convert inside, or take another name.",
    )


@cache
def installed(kind: str) -> tuple[tuple[str, Any], ...]:
    """Name and an instance of each installed component that can be made without settings."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `ccdas plugins` tells what is broken
        components = registry().components[kind]
    return tuple(_made(components))


def _made(classes: Any) -> Iterator[tuple[str, Any]]:
    for name, cls in sorted(classes.items()):
        try:
            yield name, cls()
        except Exception:  # it needs settings, or is broken: nothing to compare with
            continue


def variable_problems(
    where: str, variables: Sequence[Variable], dims: Iterable[tuple[str, ...]]
) -> list[str]:
    """A sentence for each variable with a unit or dimensions that nothing can be made of."""
    problems = []
    for variable in variables:
        name = f"variable '{variable.name}' of {where}"
        problems += unit_problems(name, variable.units)
        if variable.dims not in dims:
            expected = " or ".join(str(d) for d in dims)
            problems.append(f"{name} has dims {variable.dims}; expected {expected}.")
    return problems


def two_unit_problems(variables: Iterable[Variable]) -> list[str]:
    """A sentence for each name that is declared in two units."""
    first: dict[str, Variable] = {}
    return [
        f"variable '{v.name}' is declared in '{first[v.name].units}' and in '{v.units}'."
        for v in variables
        if not same_units(first.setdefault(v.name, v).units, v.units)
    ]


def parameter_unit_problems(parameters: Sequence[Parameter]) -> list[str]:
    """A sentence for each parameter whose unit cannot be read."""
    return [text for p in parameters for text in unit_problems(f"parameter '{p.name}'", p.units)]


def unit_problems(name: str, units: str) -> list[str]:
    """A sentence where units are no text of symbols and exponents."""
    terms = units.split()
    if terms and all(UNIT.fullmatch(term) for term in terms):
        return []
    return [
        f"{name} has units {units!r}; expected symbols with exponents, 'gC m-2 d-1', and '1' "
        "for a number."
    ]


def _tell(component: Any, problems: list[str]) -> None:
    require(not problems, f"{type(component).__name__}: " + "\n  ".join(["", *problems]).lstrip())
