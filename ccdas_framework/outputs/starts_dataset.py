"""The contents of `starts.nc`: each starting point and where it led."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .result_datasets import global_attributes


def starts_dataset(
    *,
    control: Sequence[str],
    x_start: Any,
    x_found: Any,
    cost_start: Any,
    cost: Any,
    status: Sequence[str],
    message: Sequence[str],
    gradient_reduction: Any,
    iterations: Any,
    minimum: Any,
    kept: int,
    difference: Any,
    targets: Mapping[str, tuple[Any, str]],
    attributes: Mapping[str, Any] | None = None,
) -> Any:
    """The dataset of `starts.nc`; numbers of a start that failed are NaN.

    Args:
        control: names, shape (control,).
        x_start, x_found: control vectors, shape (start, control).
        cost_start, cost: J at the beginning and the end, shape (start,).
        status, message: how each ended.
        gradient_reduction: gradient norm at the beginning over that at the end, shape (start,).
        iterations: accepted steps, shape (start,).
        minimum: which of the distinct minima, 1 the lowest; 0 where at none, shape (start,).
        kept: number of the start whose end is the result of the run.
        difference: largest one between starts in posterior sd, shape (control,); None if unknown.
        targets: name and label -> values, shape (start,), and their unit.
        attributes: of the file.
    """
    import xarray as xr  # slow to import

    by_start = {
        "cost_start": (cost_start, "cost at the starting point", "1"),
        "cost": (cost, "cost where it ended", "1"),
        "gradient_reduction": (
            gradient_reduction, "norm of the gradient at the starting point over that at the end",
            "1",
        ),
    }  # fmt: skip
    variables: dict[str, Any] = {
        "x_start": (("start", "control"), x_start, {"long_name": "starting point", "units": "1"}),
        "x_found": (("start", "control"), x_found, {"long_name": "where it led", "units": "1"}),
        **{
            name: ("start", values, {"long_name": told, "units": units})
            for name, (values, told, units) in by_start.items()
        },
        "status": ("start", _texts(status), {"long_name": "how it ended"}),
        "message": ("start", _texts(message), {"long_name": "how it ended, in a sentence"}),
        "iterations": ("start", np.asarray(iterations), {"long_name": "accepted steps"}),
        "minimum": (
            "start", np.asarray(minimum),
            {"long_name": "number of the distinct minimum, 1 the lowest, 0 where at none"},
        ),
    }  # fmt: skip
    if difference is not None:
        told = "largest difference between starts in posterior standard deviations"
        variables["difference"] = ("control", difference, {"long_name": told, "units": "1"})
    if targets:
        variables["target_found"] = (
            ("start", "target"),
            np.stack([values for values, _ in targets.values()], axis=1),
            {"long_name": "target where it ended, in the units of target_unit"},
        )
        variables["target_unit"] = ("target", _texts([unit for _, unit in targets.values()]))
    coordinates = {
        "start": np.arange(1, len(status) + 1),
        "control": _texts(control),
        **({"target": _texts(list(targets))} if targets else {}),
    }
    found = xr.Dataset(variables, coordinates, global_attributes(attributes).attrs)
    return found.assign_attrs(kept=kept)


def _texts(values: Sequence[str]) -> np.ndarray:
    return np.array([str(value) for value in values], dtype=object)
