"""Conversion of units, by pint through the UDUNITS-style registry of cf-xarray."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np

from ..core.errors import InvalidInput

WATER_DENSITY = 1000.0  # kg m-3: one kg of liquid water on a square metre is one mm
_SPELLINGS = {
    "degrees_c": "degC", "degree_c": "degC", "deg_c": "degC", "celsius": "degC", "°c": "degC",
    "degrees_celsius": "degC", "degree_celsius": "degC", "deg c": "degC", "c": "degC",
    "degrees_k": "K", "deg_k": "K", "kelvin": "K",
    "fraction": "1", "-": "1", "": "1", "none": "1", "unitless": "1", "dimensionless": "1",
    "ppmv": "ppm", "ppbv": "ppb", "percent": "%", "gc": "gC",
}  # fmt: skip
_SCALED = re.compile(r"^\s*([-+]?\d+\.?\d*(?:[eE][-+]?\d+)?)\s*\*?\s*(.*)$")


def convert(values: Any, from_units: str, to_units: str, *, difference: bool = False) -> np.ndarray:
    """Values in other units.

    A mass of water on an area and its depth are one quantity (1 kg m-2 = 1 mm). Carbon (gC, kgC,
    PgC) is a quantity of its own: a mass of something else is not taken for it.

    Args:
        values: any shape, in `from_units`.
        from_units, to_units: UDUNITS text.
        difference: the values are differences or standard deviations, so that from K to degC
            nothing is subtracted.

    Returns:
        Values in `to_units`, same shape, 64-bit.

    Raises:
        InvalidInput: one of the texts is no unit, or the two measure different things.
    """
    values = np.array(values, dtype=float)
    if from_units.strip() == to_units.strip():
        return np.asarray(values)
    factor, offset = _linear(from_units.strip(), to_units.strip())
    return np.asarray(values * factor if difference else values * factor + offset)


@cache
def _registry() -> Any:
    from cf_xarray.units import units  # slow to import

    registry = deepcopy(units)  # our definitions must not reach other users of cf-xarray
    registry.define("gC = [carbon]")
    return registry


def _quantity(units: str) -> tuple[float, Any]:
    """Numeric factor and pint unit of a text ('1e-6 mol mol-1' has the factor 1e-6)."""
    text = _SPELLINGS.get(units.lower(), units)
    text = re.sub(r"\b([kmuµPTG]?g) C\b", r"\1C", text)  # 'kg C m-2'
    factor = 1.0
    if (match := _SCALED.match(text)) is not None and text != "1":
        factor, text = float(match[1]), match[2] or "1"
    try:
        return factor, _registry().Unit(text)
    except Exception as cause:  # pint and its parser raise many kinds
        raise InvalidInput(
            f"'{units}' is not a unit that can be read. Write it as UDUNITS text, "
            "for instance 'gC m-2 d-1', 'kg m-2 s-1' or 'degC'.",
            code="unknown-unit",
            where=units,
        ) from cause


@cache
def _linear(from_units: str, to_units: str) -> tuple[float, float]:
    """Slope and offset of the conversion."""
    from_factor, source = _quantity(from_units)
    to_factor, target = _quantity(to_units)
    registry = _registry()
    if source.dimensionality != target.dimensionality:
        density = WATER_DENSITY * registry.Unit("kg m-3")
        for bridge in (1 / density, density):
            if (source * bridge.units).dimensionality == target.dimensionality:
                factor = (registry.Quantity(from_factor, source) * bridge).to(target).magnitude
                return float(factor) / to_factor, 0.0
        hint = " Carbon is written 'gC', 'kgC' or 'PgC'." if "gC" in to_units else ""
        raise InvalidInput(
            f"'{from_units}' cannot be converted to '{to_units}': they measure different things."
            + hint,
            code="incompatible-units",
            where=f"{from_units} -> {to_units}",
        )
    at_zero, at_one = (
        float(registry.Quantity(value * from_factor, source).to(target).magnitude) / to_factor
        for value in (0.0, 1.0)
    )
    if at_zero == 0.0:
        return at_one, 0.0
    return float(f"{at_one - at_zero:.12g}"), at_zero  # the difference of two temperatures rounds
