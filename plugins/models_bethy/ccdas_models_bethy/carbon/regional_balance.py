"""Departures of the initial soil carbon balance `beta` in regions, by plant type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ccdas_framework import Array, Grid, Parameter, Parameters

from ..plant_types import PLANT_TYPES

# 1, of a region and type; with 0.25 of the type half as much variance again. Own choice: land use,
# fires and age of stands, which beta stands for, differ as much between continents as between types
DEPARTURE_SD = 0.18


def labels(regions: str | Sequence[str]) -> tuple[str, ...]:
    """Labels of regions from one or several.

    Raises:
        ValueError: an entry is no text, or two give one parameter name.
    """
    chosen = (regions,) if isinstance(regions, str) else tuple(regions)
    wrong = [region for region in chosen if not isinstance(region, str)]
    if wrong:
        raise ValueError(f"'beta_regions' holds {wrong[0]!r}; expected labels of cells as text.")
    names = [name_of(region) for region in chosen]
    twice = [region for region, name in zip(chosen, names, strict=True) if names.count(name) > 1]
    if twice:
        raise ValueError(f"'beta_regions' names a region twice: {', '.join(twice)}. Name it once.")
    return chosen


def parameters(regions: Sequence[str]) -> tuple[Parameter, ...]:
    """A departure from `beta` for each region and plant type, which act after the time loop."""
    types = tuple((plant.number,) for plant in PLANT_TYPES)
    return tuple(
        Parameter(
            name_of(region), "1", 0.0, DEPARTURE_SD, index="class", groups=types, otherwise=0.0,
            source="own choice", in_loop=False, process="respiration",
            long_name=f"departure of beta in {region}",
        )
        for region in regions
    )  # fmt: skip


def name_of(region: str) -> str:
    """Name of the parameter of a region: 'beta_South_America'."""
    return f"beta_{region.replace(' ', '_')}"


def masks(grid: Grid, regions: Sequence[str]) -> dict[str, np.ndarray]:
    """1 on the columns of the cells with the label of a region, 0 elsewhere, (column,) each."""
    labels = np.asarray(grid.region).astype(str)[grid.column_cell]
    return {name_of(region): (labels == region).astype(float) for region in regions}


def balance(theta: Parameters, regional: Mapping[str, Array]) -> Array:
    """beta of each column with the departure of its region (1), shape (column,)."""
    beta = theta["beta"]
    for name, mask in regional.items():
        beta = beta + mask * theta[name]
    return beta
