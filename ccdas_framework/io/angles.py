"""Latitudes, longitudes and other angles of a file in degrees, by their units and names."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..grids.edges import TOLERANCE
from .netcdf import InputFile

DEGREES = {"latitude": "degrees north", "longitude": "degrees east"}
LIMITS = {"latitude": 90.0, "longitude": 540.0}  # degrees either way
DIRECTIONS = {"latitude": ("n", "s"), "longitude": ("e", "w")}  # positive and negative
# names of CF for coordinates that are not geographic, or of the other axis
OTHER_NAMES = {
    "latitude": ("longitude", "grid_latitude", "projection_y_coordinate"),
    "longitude": ("latitude", "grid_longitude", "projection_x_coordinate"),
}
UNITS = re.compile(  # spellings of CF and UDUNITS, blanks as _
    r"(?i:(?:decimal_|arc_|angular_)?(degrees|degree|deg|°|radians|radian|rad))"
    r"(?:_?((?i:north|south|east|west)|[NSEW])|_([nsew]))?"
)


def in_degrees(file: InputFile, name: str, kind: str, units: Any = None) -> np.ndarray | None:
    """Values of an angle in degrees north or east by its units, or None and a finding.

    Args:
        file: with the variable.
        name: of the variable.
        kind: "latitude" or "longitude".
        units: of the variable where it has none of its own; by default degrees.
    """
    variable = file.dataset[name]
    units = variable.attrs.get("units") or units or "degrees"
    match = UNITS.fullmatch(re.sub(r"\(.*\)", "", str(units)).strip().replace(" ", "_"))
    direction = (match[2] or match[3] or "").lower()[:1] if match else "?"
    positive, negative = DIRECTIONS[kind]
    if match is None or direction not in ("", positive, negative):
        fault = f"is in '{units}'; expected {DEGREES[kind]}. Correct the attribute 'units'."
        file.add_fault("wrong-units", name, fault)
        return None
    try:
        values = np.asarray(variable.values, dtype=float)
    except (TypeError, ValueError):
        file.add_fault("not-numeric", name, f"holds no numbers; expected {DEGREES[kind]}.")
        return None
    if match[1].lower().startswith("rad"):
        values = np.degrees(values)
    return 0.0 - values if direction == negative else values


def geographic(file: InputFile, name: str, kind: str) -> np.ndarray | None:
    """Degrees north or east of a coordinate on the globe, or None and a finding."""
    standard_name = str(file.dataset[name].attrs.get("standard_name", ""))
    if standard_name in OTHER_NAMES[kind]:
        file.add_fault(
            "wrong-coordinate",
            name,
            f"has the standard name '{standard_name}'; expected '{kind}', {DEGREES[kind]}. Give "
            "geographic coordinates, or correct the attribute.",
        )
        return None
    values = in_degrees(file, name, kind)
    if values is None:
        return None
    limit = LIMITS[kind]
    bad = ~(np.abs(values.ravel()) <= limit + TOLERANCE)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        file.add_fault(
            "out-of-range",
            name,
            f"is missing or outside {-limit:g} to {limit:g} degrees at {bad.sum()} of {bad.size} "
            f"places, the first number {file.number(first)} with {values.ravel()[first]:g}. "
            "Correct these or leave them out.",
        )
        return None
    return values
