"""Effect of each declared parameter on the result of a component."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.errors import Finding
from ..core.parameters import Parameter
from .check import require_none


def require_effects(
    parameters: Iterable[Parameter],
    points: Sequence[Mapping[str, Any]],
    column_class: np.ndarray,
    run: Callable[[Mapping[str, Any]], Sequence[np.ndarray]],
) -> None:
    """Raise CheckFailure with the parameters that change nothing at any of the points.

    Args:
        parameters: declared.
        points: physical values to start from.
        column_class: class of each column.
        run: physical values to all results of the component.
    """
    parameters = tuple(parameters)
    effective: set[str] = set()
    tried: set[str] = set()
    for values in points:
        before = run(values)
        remaining = [p for p in parameters if p.name not in effective]
        for name, perturbed in perturbed_parameters(remaining, values, column_class):
            tried.add(name)
            pairs = zip(before, run(perturbed), strict=True)
            if any(not np.array_equal(a, b) for a, b in pairs):
                effective.add(name)
    require_none(
        [
            Finding(
                "no-effect",
                f"parameter '{p.name}'",
                f"parameter '{p.name}' changes nothing that the component gives.",
            )
            for p in parameters
            if p.name in tried - effective
        ],
        advice="Take it out of `parameters`, or use it. If the case of the suite is the reason (no "
        "snow, no drought), pass one in which it matters.",
    )


def perturbed_parameters(
    parameters: Iterable[Parameter], values: Mapping[str, Any], column_class: np.ndarray
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and all physical values, with one parameter perturbed by about half its prior sd.

    Parameters of a class that no column has are left out.

    Args:
        parameters: declared.
        values: physical, as the component gets them.
        column_class: class of each column.
    """
    for parameter in parameters:
        value = np.asarray(values[parameter.name], float)
        active = np.ones(value.shape, bool)
        if parameter.index == "class":
            labels = [label for group in parameter.groups for label in group]
            active = np.isin(column_class, labels)
        if not active.any():
            continue
        sd = float(np.mean(parameter.sd))
        size = 0.5 * sd if np.isfinite(sd) and sd > 0.0 else 0.1 * np.abs(value) + 0.1
        lower, upper = parameter.bounds
        ahead = value + size
        perturbed = np.where(ahead < upper, ahead, np.maximum(value - size, 0.5 * (value + lower)))
        yield parameter.name, {**values, parameter.name: np.where(active, perturbed, value)[()]}
