"""Parameters in words: what each is, with the names of its labels, and its process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.control import Element
from ..problem.assembled_problem import Problem

LISTED = 3  # most labels of a group that are named one by one


def parameter_names(problem: Problem) -> tuple[str, ...]:
    """Each active parameter in words, 'turnover time of biomass, tundra', shape (control,).

    A class has the name that the model gives it in `class_names`. The name is "" for a parameter
    without `long_name`.
    """
    names = problem.model.class_names
    return tuple(_in_words(element, names) for element in problem.control.active)


def parameter_processes(problem: Problem) -> tuple[str, ...]:
    """Process of each active parameter, shape (control,).

    It is 'observation of ...' for a parameter of an operator that declares none, and "" for one of
    the model that declares none.
    """
    observed = {name: s.operator.observes for name, s in problem.streams.items()}
    of_owner = {n: f"observation of {v.long_name or v.name}" for n, v in observed.items()}
    return tuple(e.parameter.process or of_owner.get(e.owner, "") for e in problem.control.active)


def label_names(labels: Sequence[Any], class_names: Mapping[int, str]) -> str:
    """The labels of a group as a list of words; many are the first one and a count."""
    words = [class_names.get(label, str(label)) for label in labels]
    if len(words) > LISTED:
        return f"{words[0]} and {len(words) - 1} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def _in_words(element: Element, class_names: Mapping[int, str]) -> str:
    parameter = element.parameter
    if not parameter.long_name or parameter.index is None:
        return parameter.long_name
    of_index = class_names if parameter.index == "class" else {}
    return f"{parameter.long_name}, {label_names(element.labels, of_index)}"
