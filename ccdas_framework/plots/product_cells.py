"""Fields of a product of `ccdas product` as cells, for maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from .plotted_data import known

SUFFIXES = ("_prior", "_sd")  # of the variables beside a field


def is_product(data: Any) -> bool:
    """Whether a dataset has fields on (time, lat, lon) beside their sd."""
    return bool(getattr(data, "data_vars", ())) and bool(product_fields(data))


def product_fields(data: Any) -> list[str]:
    """Names of the fields that have an sd."""
    return [
        str(name)
        for name, field in data.data_vars.items()
        if {"lat", "lon"} <= set(field.dims) <= {"time", "lat", "lon"} and f"{name}_sd" in data
        and "time" in data.coords
        and not str(name).endswith(SUFFIXES)
    ]  # fmt: skip


def product_cells(
    data: Any, name: str, month: str
) -> tuple[dict[str, np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """Cells, and prior and posterior of a field with their sd.

    Args:
        data: dataset of a product.
        month: such as "2010-07"; "" for means of all months, and root mean squares of their sd.

    Returns:
        Latitude, longitude and half widths of the cells; values of prior and posterior; their sd;
        each of shape (cell,).
    """
    if "time" not in data.dims:  # a month that was selected
        on_grid = {n: v for n, v in data.data_vars.items() if {"lat", "lon"} <= set(v.dims)}
        data = data.drop_vars("time").assign({n: v.expand_dims("time") for n, v in on_grid.items()})
    if month:
        months = data["time"].values.astype("datetime64[M]").astype(str).tolist()
        known(month, months, "month")
        data = data.isel(time=[months.index(month)])

    def of(variable: str) -> np.ndarray:
        return np.asarray(data[variable].transpose("time", "lat", "lon").values, dtype=float)

    posterior, prior = of(name), of(f"{name}_prior")
    present = np.isfinite(posterior).any(axis=0)
    half = half_widths(data)
    latitude, longitude = np.meshgrid(data["lat"].values, data["lon"].values, indexing="ij")
    height, width = np.meshgrid(*half, indexing="ij")
    cells = {
        "latitude": latitude[present], "longitude": longitude[present],
        "latitude_half_width": height[present], "longitude_half_width": width[present],
    }  # fmt: skip
    squares = [np.mean(of(f"{name}{end}")[:, present] ** 2, 0) for end in ("_prior_sd", "_sd")]
    values = [field[:, present].mean(axis=0) for field in (prior, posterior)]
    return cells, values, [np.sqrt(square) for square in squares]


def half_widths(data: Any) -> list[np.ndarray]:
    """Half widths of rows and columns (degrees), shapes (lat,) and (lon,).

    They are those of the bounds. Without bounds they are half the step, or that of the other axis
    where there is one row or column, and zero for a single cell.
    """
    half: list[np.ndarray | None] = []
    for axis in ("lat", "lon"):
        centre = data[axis].values.astype(float)
        if f"{axis}_bnds" in data:
            half.append(0.5 * np.abs(np.diff(data[f"{axis}_bnds"].values.astype(float))[:, 0]))
        else:
            half.append(0.5 * np.abs(np.gradient(centre)) if len(centre) > 1 else None)
    other = [0.0 if of is None else float(np.median(of)) for of in half[::-1]]
    return [np.array([step]) if of is None else of for of, step in zip(half, other, strict=True)]
