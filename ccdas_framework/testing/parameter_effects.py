"""Whether every parameter that is declared changes something."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.parameters import Parameter
from .reading import moved_parameters, tell


def without_effect(
    parameters: Iterable[Parameter],
    points: Sequence[Mapping[str, Any]],
    column_class: np.ndarray,
    run: Callable[[Mapping[str, Any]], Sequence[np.ndarray]],
) -> None:
    """Raise with the parameters that change nothing at any of the points.

    Args:
        parameters: declared.
        points: physical values to start from.
        column_class: class of each column.
        run: physical values to all that the component gives.
    """
    parameters = tuple(parameters)
    found: set[str] = set()
    tried: set[str] = set()
    for values in points:
        before = run(values)
        left = [p for p in parameters if p.name not in found]
        for name, moved in moved_parameters(left, values, column_class):
            tried.add(name)
            pairs = zip(before, run(moved), strict=True)
            if any(not np.array_equal(a, b) for a, b in pairs):
                found.add(name)
    tell(
        [
            f"parameter '{p.name}' changes nothing that the component gives."
            for p in parameters
            if p.name in tried - found
        ],
        "Take it out of `parameters`, or use it; where the case of the suite is to blame (no snow, "
        "no drought), give one in which it matters.",
    )
