"""Patterns of the regions that emit pulses."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput, regular_grid
from ccdas_framework.grids import grid_area

from ..netcdf_input import open_netcdf
from .pulse_responses import Elements


def read_patterns(path: Path) -> Elements:
    """Regions of a file: `pattern(region, latitude, longitude)` or a map `region(latitude, ...)`.

    A pattern is a flux per area, not negative, in any unit, since only its shape counts. A map has
    whole numbers, 1 for the first region and 0 for none, and regions emit evenly.

    Args:
        path: netCDF file.

    Raises:
        InvalidInput: the file has neither, or a region is empty or has negative fluxes.
    """
    path = Path(path)
    with open_netcdf(path, "patterns") as data:
        if "pattern" in data and data["pattern"].ndim == 3:
            data, file_grid = regular_grid(data, str(path))
            edges = file_grid.edges
            (region,) = (d for d in data["pattern"].dims if d not in ("latitude", "longitude"))
            flux = data["pattern"].transpose(region, "latitude", "longitude").values
            labels = data[region].values if region in data.coords else 1 + np.arange(len(flux))
            names = [str(label) for label in labels]
        elif "region" in data and data["region"].ndim == 2:
            data, file_grid = regular_grid(data, str(path))
            edges = file_grid.edges
            number = np.nan_to_num(data["region"].transpose("latitude", "longitude").values)
            names = [str(n) for n in range(1, int(number.max()) + 1)]
            flux = number[None] == np.arange(1, len(names) + 1)[:, None, None]
        else:
            raise InvalidInput(
                f"patterns: {path} has neither `pattern(region, latitude, longitude)` nor a map "
                f"`region(latitude, longitude)`; it has {', '.join(str(n) for n in data)}.",
                code="missing-variable",
                where=f"{path}: pattern",
            )
    flux = np.nan_to_num(flux.astype(float))
    wrong = [n for n, f in zip(names, flux, strict=True) if f.min() < 0.0 or f.sum() == 0.0]
    if wrong:
        raise InvalidInput(
            f"patterns: region {', '.join(wrong)} of {path} is empty or has negative fluxes; a "
            "pattern is the distribution of an emission.",
            code="wrong-pattern",
            where=f"{path}: region {wrong[0]}",
        )
    return Elements(names, flux * grid_area(*edges), *edges, are_regions=True)
