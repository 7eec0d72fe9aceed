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
HEMISPHERES = {"N": 1.0, "S": -1.0, "E": 1.0, "W": -1.0}


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
    """Degrees of '53.0657 N', '-2.5399 E', '62 20' W' or '-37.8'; NaN without a number.

    A sign counts before the letter of the hemisphere, which files write beside negative numbers.
    """
    numbers = [float(n) for n in NUMBER.findall(text)]
    if not numbers:
        return np.nan
    value = abs(numbers[0]) + (numbers[1] / 60.0 if len(numbers) > 1 else 0.0)
    letter = re.search(r"[NSEW]", text)
    sign = HEMISPHERES[letter[0]] if letter else 1.0
    return value * (-sign if numbers[0] < 0.0 else sign)


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
