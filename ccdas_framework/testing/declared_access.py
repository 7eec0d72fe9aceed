"""What of its inputs a component reads, against what it declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..core.parameters import Parameter
from ..core.variables import Variable
from .check import require


class Read(dict[str, Any]):
    """A dict that remembers which of its keys were asked for."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.asked: dict[str, None] = {}

    def __getitem__(self, key: str) -> Any:
        self.asked[key] = None
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.asked[key] = None
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked[str(key)] = None
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self.asked.update(dict.fromkeys(super().keys()))
        return super().__iter__()

    def items(self) -> Any:
        self.asked.update(dict.fromkeys(super().keys()))
        return super().items()

    def values(self) -> Any:
        self.asked.update(dict.fromkeys(super().keys()))
        return super().values()


def reads_what_is_declared(
    what: str, where: str, asked: Iterable[str], declared: Iterable[Variable | Parameter]
) -> list[str]:
    """A sentence for each thing read but not declared, and declared but never read.

    Args:
        what: "field" or "parameter", for messages.
        where: the attribute that declares it.
        asked: names that were asked for.
        declared: the attribute.
    """
    known = {one.name: one for one in declared}
    asked = list(asked)
    problems = [
        f"{what} '{name}' is used, but `{where}` does not declare it."
        for name in asked
        if name not in known
    ]
    problems += [
        f"{what} '{name}' is declared in `{where}`, but nothing reads it."
        for name, one in known.items()
        if name not in asked and not getattr(one, "optional", False)
    ]
    return problems


def tell(problems: list[str], advice: str) -> None:
    """Raise AssertionError with all problems and what to do."""
    require(not problems, "\n  ".join(["", *problems]).lstrip() + f"\n{advice}")


def moved_parameters(
    parameters: Iterable[Parameter], values: Mapping[str, Any], column_class: np.ndarray
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and all physical values, with one parameter moved by about half its prior sd.

    Those of a class that no column has are left out: nothing can be said of them.

    Args:
        parameters: declared.
        values: physical, as the component gets them.
        column_class: class of each column.
    """
    for parameter in parameters:
        value = np.asarray(values[parameter.name], float)
        here = np.ones(value.shape, bool)
        if parameter.index == "class":
            named = [label for group in parameter.groups for label in group]
            here = np.isin(column_class, named)
        if not here.any():
            continue
        sd = float(np.mean(parameter.sd))
        size = 0.5 * sd if np.isfinite(sd) and sd > 0.0 else 0.1 * np.abs(value) + 0.1
        lower, upper = parameter.bounds
        ahead = value + size
        moved = np.where(ahead < upper, ahead, np.maximum(value - size, 0.5 * (value + lower)))
        yield parameter.name, {**values, parameter.name: np.where(here, moved, value)[()]}
