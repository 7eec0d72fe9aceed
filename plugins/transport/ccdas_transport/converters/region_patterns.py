"""Patterns of the regions that pulses were emitted from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput

from ..grid import box_area
from ..netcdf_input import open_file
from ..regular_grid import on_file_grid
from .pulse_responses import Elements


def read_patterns(path):
    """Regions of a file: `pattern(region, latitude, longitude)` or a map `region(latitude, ...)`.

    A pattern is a flux per area in any unit, since only its shape counts, not negative; a map has
    whole numbers, 1 for the first region and 0 for none, and regions emit evenly.

    Args:
        path: netCDF file.

    Raises:
        InvalidInput: neither is there, or a region is empty or has negative fluxes.
    """
    path = Path(path)
    with open_file(path, "patterns") as data:
        if "pattern" in data and data["pattern"].ndim == 3:
            data, *edges = on_file_grid(data, str(path))
            (region,) = (d for d in data["pattern"].dims if d not in ("latitude", "longitude"))
            flux = data["pattern"].transpose(region, "latitude", "longitude").values
            named = data[region].values if region in data.coords else 1 + np.arange(len(flux))
            names = [str(name) for name in named]
        elif "region" in data and data["region"].ndim == 2:
            data, *edges = on_file_grid(data, str(path))
            number = np.nan_to_num(data["region"].transpose("latitude", "longitude").values)
            names = [str(n) for n in range(1, int(number.max()) + 1)]
            flux = number[None] == np.arange(1, len(names) + 1)[:, None, None]
        else:
            raise InvalidInput(
                f"patterns: {path} has neither `pattern(region, latitude, longitude)` nor a map "
                f"`region(latitude, longitude)`; it has {', '.join(str(n) for n in data)}."
            )
    flux = np.nan_to_num(flux.astype(float))
    wrong = [n for n, f in zip(names, flux, strict=True) if f.min() < 0.0 or f.sum() == 0.0]
    if wrong:
        raise InvalidInput(
            f"patterns: region {', '.join(wrong)} of {path} is empty or has negative fluxes; a "
            "pattern says where a unit is emitted."
        )
    return Elements(names, flux * box_area(*edges), *edges, are_regions=True)
