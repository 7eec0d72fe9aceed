"""Parameters by plant type and region: of the soil carbon balance and of the root zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from attrs import evolve

from ccdas_framework import Array, Grid, Parameter, Parameters

from .plant_types import PLANT_TYPES

EVERYWHERE = "Global"  # the region of all cells, as in targets
_TYPES = tuple((plant.number,) for plant in PLANT_TYPES)
# 0.18 of a region and type; with 0.25 of the type half as much variance again. Own choice: land
# use, fires and age of stands, which beta stands for, differ as much between continents as between
# types
BALANCE = Parameter(
    "beta", "1", 0.0, 0.18, index="class", groups=_TYPES, otherwise=0.0, source="own choice",
    in_loop=False, process="respiration", long_name="departure of beta in {region}",
)  # fmt: skip
# the spread of s_rd itself: maps of rooting depth and texture differ by as much in a region
ROOT_ZONE = Parameter(
    "s_rd", "1", 1.0, 0.25, "log", index="class", groups=_TYPES, otherwise=1.0,
    source="own choice", process="water",
    long_name="factor of the root-zone water capacity in {region}",
)  # fmt: skip


def labels_of(setting: str) -> Callable[[str | Sequence[str]], tuple[str, ...]]:
    """Converter of a setting to labels of regions, from one or several.

    It raises ValueError where an entry is no text, or two give one parameter name.
    """

    def labels(regions: str | Sequence[str]) -> tuple[str, ...]:
        chosen = (regions,) if isinstance(regions, str) else tuple(regions)
        wrong = [region for region in chosen if not isinstance(region, str)]
        if wrong:
            raise ValueError(f"'{setting}' holds {wrong[0]!r}; expected labels of cells as text.")
        names = [_suffix(region) for region in chosen]
        twice = [
            region for region, name in zip(chosen, names, strict=True) if names.count(name) > 1
        ]
        if twice:
            raise ValueError(f"'{setting}' names a region twice: {', '.join(twice)}. Name it once.")
        return chosen

    return labels


def parameters(kind: Parameter, regions: Sequence[str]) -> tuple[Parameter, ...]:
    """One of `BALANCE` and `ROOT_ZONE` for each region: 'beta_South_America'."""
    return tuple(
        evolve(
            kind, name=f"{kind.name}_{_suffix(region)}",
            long_name=kind.long_name.format(region=region),
        )
        for region in regions
    )  # fmt: skip


def masks(kind: Parameter, grid: Grid, regions: Sequence[str]) -> dict[str, np.ndarray]:
    """1 on the columns of the cells with the label of a region, 0 elsewhere, (column,) each."""
    labels = np.asarray(grid.region).astype(str)[grid.column_cell]
    inside = {region: (labels == region) | (region == EVERYWHERE) for region in regions}
    return {f"{kind.name}_{_suffix(region)}": mask.astype(float) for region, mask in inside.items()}


def balance(theta: Parameters, regional: Mapping[str, Array]) -> Array:
    """beta of each column with the departures of its regions (1), shape (column,)."""
    beta = theta["beta"]
    for name, mask in regional.items():
        beta = beta + mask * theta[name]
    return beta


def root_zone(theta: Parameters, regional: Mapping[str, Array]) -> Array:
    """s_rd of each column with the factors of its regions (1), shape (column,)."""
    scale = theta["s_rd"]
    for name, mask in regional.items():
        scale = scale * (1.0 + mask * (theta[name] - 1.0))
    return scale


def _suffix(region: str) -> str:
    return region.replace(" ", "_")
