"""Headers of text files of CO2: keys and values in comment lines, units and positions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput, convert_units

from ..refusal import refusal

LINE = re.compile(r"^#?\s*([\w/.: -]+?)\s*:\s+(.*)$")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
HEMISPHERES = {"n": 1.0, "s": -1.0, "e": 1.0, "w": -1.0}
POSITION = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<degrees>\d+(?:\.\d*)?)(?![\d.])\s*(?:degrees?|deg\.?|\u00b0|\u00ba)?"
    r"(?:[\s:]*(?P<minutes>\d+(?:\.\d*)?)(?![\d.])\s*(?:minutes?|min\.?|['\u2032\u2019])?"
    r"(?:[\s:]*(?P<seconds>\d+(?:\.\d*)?)(?![\d.])\s*(?:seconds?|sec\.?|\"|''|\u2033|\u201d)?)?)?"
    r"[\s_]*(?P<hemisphere>north|south|east|west|[nsew])?\.?",
    re.IGNORECASE,
)


def header_keys(lines: list[str]) -> dict[str, str]:
    """Values of the lines "# key : value" by the key in lower case; the first of several."""
    keys: dict[str, str] = {}
    for line in lines:
        if (match := LINE.match(line)) is not None:
            keys.setdefault(match[1].strip().lower(), match[2].strip())
    return keys


def needed(path: Path, keys: Mapping[str, str], name: str) -> str:
    """A value of the header.

    Raises:
        InvalidInput: the header has no such key.
    """
    if not keys.get(name):
        raise refusal(
            path, "missing-variable", name,
            f"the header has no '{name}'. Give the complete file of the product.",
        )  # fmt: skip
    return keys[name]


def number(text: str) -> float:
    """First number of a text, NaN without one."""
    match = NUMBER.search(text.replace(",", ""))
    return float(match[0]) if match else np.nan


def degrees(text: str) -> float:
    """Degrees of '53.0657 N', '62 20\' W', '77.53 degrees west' or '-0 30 0'; NaN of other text.

    A sign counts before the letter of the hemisphere, which files write beside negative numbers.
    """
    match = POSITION.fullmatch(text.strip())
    if match is None:
        return np.nan
    parts = [float(match[key] or 0.0) for key in ("degrees", "minutes", "seconds")]
    value = parts[0] + parts[1] / 60.0 + parts[2] / 3600.0
    if max(parts[1:]) >= 60.0:
        return np.nan
    sign = HEMISPHERES[match["hemisphere"][0].lower()] if match["hemisphere"] else 1.0
    return value * (-sign if match["sign"] == "-" else sign)


def mole_fraction(path: Path, values: np.ndarray, units: str) -> np.ndarray:
    """Mole fractions in ppm.

    Raises:
        InvalidInput: the unit is none of a mole fraction.
    """
    text = units.strip().replace(".", " ").replace("\u207b", "-").replace("\u00b9", "1")
    text = re.sub(r"mol-\s*1?$", "mol-1", text)
    text = {"micromol mol-1": "umol mol-1", "nanomol mol-1": "nmol mol-1"}.get(text, text)
    try:
        return convert_units(values, text, "ppm")
    except InvalidInput as cause:
        raise refusal(
            path, "wrong-units", "units", f"the values are in '{units}', expected ppm. {cause}"
        ) from cause
