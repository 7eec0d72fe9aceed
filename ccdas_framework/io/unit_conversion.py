"""Conversion of units, by pint through the UDUNITS-style registry of cf-xarray."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np

from ..core.errors import InvalidInput

WATER_DENSITY = 1000.0  # kg m-3: one kg of liquid water on a square metre is one mm
MOLAR_MASS_CARBON, MOLAR_MASS_CO2 = 12.011, 44.009  # g mol-1
CO2_MASS = "gDioxide"  # name of the gram of CO2 in the registry, where a digit is an exponent
AS_CARBON, CO2_NAME = "expressed_as_carbon", "carbon_dioxide"  # in CF standard names of a mass
_SPELLINGS = {
    "degrees_c": "degC", "degree_c": "degC", "deg_c": "degC", "celsius": "degC", "°c": "degC",
    "degrees_celsius": "degC", "degree_celsius": "degC", "deg c": "degC", "c": "degC",
    "degrees_k": "K", "deg_k": "K", "deg k": "K", "kelvin": "K", "k": "K", "degc": "degC",
    "fraction": "1", "-": "1", "": "1", "none": "1", "unitless": "1", "dimensionless": "1",
    "ppm": "ppm", "ppmv": "ppm", "ppb": "ppb", "ppbv": "ppb", "percent": "%", "gc": "gC",
}  # fmt: skip
_SCALED = re.compile(r"^\s*([-+]?\d+\.?\d*(?:[eE][-+]?\d+)?)\s*\*?\s*(.*)$")
_CARBON_MASS = re.compile(r"\b([kmuµPTGM]?g|t)[ _]?\(?(CO2|C)\)?(?![A-Za-z0-9])", re.IGNORECASE)
_CARBON_AMOUNT = re.compile(r"\b([a-zµμ]*mol)[ _]?\(?(?:CO2|C)\)?(?![A-Za-z0-9])", re.IGNORECASE)
_OF_CO2 = re.compile(r"\b(pp[mb]v?)[ _]?\(?CO2\)?$", re.IGNORECASE)
_OF_WATER = re.compile(r"\b(kg|g|mm|cm|m)[ _]?H2O\b", re.IGNORECASE)
_PLAIN_MASS = re.compile(r"\b[a-zA-Zµ]?g(?![a-zA-Z]| ?\(?C)")
_WORD = re.compile(r"[A-Za-zµμ]+")
# unit words that files write in other cases, where no other unit has that name
_WORDS = {
    word.lower(): word
    for word in (
        "kg", "g", "gC", "kgC", CO2_MASS, f"k{CO2_MASS}", "mol", "mmol", "umol", "ppm", "ppb",
        "m", "cm", "mm", "km", "d", "day", "h", "s", "W", "J", "kJ", "K", "degC", "Pa", "hPa",
        "kPa", "yr", "year",
    )
}  # fmt: skip
_RATIOS = {  # kind of a ratio by a word of its unit
    "mass": re.compile(r"\b[kmuµ]?g\b"),
    "amount": re.compile(r"mol\b|\bpp[mb]v?\b", re.IGNORECASE),
    "volume": re.compile(r"\b[cd]?m(?:3|\^3|\*\*3)|\bm?[lL]\b"),
    "area": re.compile(r"\b[ck]?m(?:2|\^2|\*\*2)"),
}


def convert(values: Any, from_units: str, to_units: str, *, difference: bool = False) -> np.ndarray:
    """Values in other units.

    A mass of water on an area and its depth are one quantity (1 kg m-2 = 1 mm), as are the mass of
    water in a volume and its share (1000 kg m-3 = 1 m3 m-3). Carbon (gC, kgC, PgC) is a quantity of
    its own, which an amount or a mass of CO2 contains (umol m-2 s-1, gCO2): a mass of something
    else is not taken for it. Ratios of masses, volumes, areas and amounts differ, except volumes
    and amounts of a gas.

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


def with_carbon(units: str, standard_name: str) -> str:
    """A unit of mass with the substance that a CF standard name states, 'kgC' or 'kgCO2'.

    Args:
        units: UDUNITS text, such as 'kg m-2 s-1'.
        standard_name: of the variable; names without carbon leave the unit as it is.
    """
    if AS_CARBON in standard_name:
        substance = "C"
    elif CO2_NAME in standard_name:
        substance = "CO2"
    else:
        return units
    return _PLAIN_MASS.sub(rf"\g<0>{substance}", units, count=1)


@cache
def _registry() -> Any:
    from cf_xarray.units import units  # slow to import

    registry = deepcopy(units)  # our definitions must not reach other users of cf-xarray
    registry.define("gC = [carbon]")
    registry.define(f"{CO2_MASS} = {MOLAR_MASS_CARBON / MOLAR_MASS_CO2!r} * gC")
    registry.define(f"molC = {MOLAR_MASS_CARBON!r} * gC")
    registry.define("tC = 1e6 * gC")
    registry.define(f"t{CO2_MASS[1:]} = 1e6 * {CO2_MASS}")
    registry.define("ppb = 1e-9")
    return registry


def _spellings(units: str) -> tuple[str, ...]:
    """A text of a unit as UDUNITS text, first as it is, then with words in the usual case."""
    text = _SPELLINGS.get(units.lower(), units)
    text = _CARBON_MASS.sub(lambda m: m[1] + ("C" if m[2] in "cC" else CO2_MASS[1:]), text)
    text = _CARBON_AMOUNT.sub(r"\1C", text)
    text = _OF_WATER.sub(r"\1", _OF_CO2.sub(r"\1", text))
    usual = _WORD.sub(lambda m: _WORDS.get(m[0].lower(), m[0]), text)
    return (text,) if usual == text else (text, usual)


def _quantity(text: str) -> tuple[float, Any] | None:
    """Numeric factor and pint unit of a text ('1e-6 mol mol-1' has the factor 1e-6), or None."""
    factor = 1.0
    if (match := _SCALED.match(text)) is not None and text != "1":
        factor, text = float(match[1]), match[2] or "1"
    try:
        return factor, _registry().Unit(text)
    except Exception:  # pint and its parser raise many kinds
        return None


@cache
def _linear(from_units: str, to_units: str) -> tuple[float, float]:
    """Slope and offset of the conversion."""
    candidates = []
    for units in (from_units, to_units):
        texts = _spellings(units)
        candidates.append([(text, q) for text in texts if (q := _quantity(text)) is not None])
        if not candidates[-1]:
            raise InvalidInput(
                f"'{units}' is not a unit that can be read. Write it as UDUNITS text, "
                "for instance 'gC m-2 d-1', 'kg m-2 s-1' or 'degC'.",
                code="unknown-unit",
                where=units,
            )
    for to_text, target in candidates[1]:
        for text, source in candidates[0]:
            line = _line(text, to_text, source, target)
            if line is not None:
                return line
    hint = " Carbon is written 'gC', 'kgC' or 'PgC'." if "gC" in to_units else ""
    raise InvalidInput(
        f"'{from_units}' cannot be converted to '{to_units}': they measure different things."
        + hint,
        code="incompatible-units",
        where=f"{from_units} -> {to_units}",
    )


def _line(
    from_text: str, to_text: str, from_quantity: tuple[float, Any], to_quantity: tuple[float, Any]
) -> tuple[float, float] | None:
    """Slope and offset between two units, or None where they measure different things."""
    (from_factor, source), (to_factor, target) = from_quantity, to_quantity
    registry = _registry()
    if source.dimensionality != target.dimensionality:
        for bridge in _bridges(from_text, to_text, source, target):
            if (source * bridge.units).dimensionality == target.dimensionality:
                factor = (registry.Quantity(from_factor, source) * bridge).to(target).magnitude
                return float(factor) / to_factor, 0.0
        return None
    if source.dimensionless and not _same_ratio(from_text, to_text):
        return None
    at_zero, at_one, at_two = (
        float(registry.Quantity(value * from_factor, source).to(target).magnitude) / to_factor
        for value in (0.0, 1.0, 2.0)
    )
    if at_zero == 0.0:
        return at_one, 0.0
    slope = float(f"{at_one - at_zero:.12g}")  # the difference of two temperatures rounds
    is_linear = abs(at_two - at_one - slope) <= 1e-9 * abs(slope)  # decibels are not
    return (slope, at_zero) if is_linear else None


def _bridges(from_text: str, to_text: str, source: Any, target: Any) -> list[Any]:
    """Quantities that turn one unit into the other: the carbon of an amount, density of water."""
    registry = _registry()
    if any("[carbon]" in unit.dimensionality for unit in (source, target)):
        content = registry.Quantity(MOLAR_MASS_CARBON, "gC mol-1")
        return [content, 1 / content]
    density = registry.Quantity(WATER_DENSITY, "kg m-3")
    for text, unit in ((from_text, source), (to_text, target)):
        is_depth = unit.dimensionality in ({"[length]": 1}, {"[length]": 1, "[time]": -1})
        if is_depth or (unit.dimensionless and _ratio(text) == "volume"):
            return [1 / density, density]
    return []


def _ratio(text: str) -> str:
    """Kind of a ratio: "mass", "amount", "volume" or "area", or "" of a plain number."""
    return next((kind for kind, word in _RATIOS.items() if word.search(text)), "")


def _same_ratio(from_text: str, to_text: str) -> bool:
    """Whether two units without dimension may be ratios of the same kind."""
    kinds = {_ratio(from_text), _ratio(to_text)} - {""}
    return len(kinds) < 2 or kinds == {"amount", "volume"}
