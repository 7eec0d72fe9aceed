"""Calibration scales of CO2: names in files, and the conversion between two of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..refusal import refusal

X2007, X2019, KEEP = "X2007", "X2019", "keep"
SCALES = (KEEP, X2007, X2019)
SLOPE, INTERCEPT = 1.00079, -0.142  # X2019 = SLOPE X2007 + INTERCEPT (ppm)
WMO = re.compile(r"X[ _]?(\d{4}A?|\d{2})(?!\d)", re.IGNORECASE)
SCRIPPS = re.compile(r"SIO|Scripps|manometric", re.IGNORECASE)


def scale_names(text: str) -> tuple[str, ...]:
    """Scales that a text of a file names: "X2007", "SIO 2008A", or the text itself."""
    text = " ".join(text.split())
    if SCRIPPS.search(text):
        return (text,)
    found = dict.fromkeys(f"X{match.upper()}" for match in WMO.findall(text))
    return tuple(found) or ((text,) if text else ())


def on_scale(
    path: Path, values: np.ndarray, scales: tuple[str, ...], scale: str, notes: list[str]
) -> tuple[np.ndarray, str]:
    """Mole fractions on a scale, and the name of the scale that they are on.

    X2019 is 0.174 ppm above X2007 at 400 ppm, by the line X2019 = 1.00079 X2007 - 0.142.

    Args:
        path: of the file.
        values: mole fractions (ppm), any shape.
        scales: that the file names.
        scale: "keep", or the scale of the result.
        notes: receives a remark.

    Raises:
        InvalidInput: a conversion from an unknown scale, or from several.

    Source: Hall et al. (2021), Atmos. Meas. Tech. 14, 3015-3032, whose abstract states that X2019
        is 0.18 ppm (0.045 %) greater at 400 ppm. The line is that of the page of NOAA GML on the
        scale, at second hand: public code for the data of ATom quotes both numbers from it.
    """
    named = " and ".join(scales) or "not stated"
    if scale == KEEP or scales == (scale,):
        notes.append(f"calibration scale: {named}")
        return values, named
    if scales not in ((X2007,), (X2019,)):
        raise refusal(
            path, "unknown-scale", "scale",
            f"the values are on the scale {named}, which cannot be converted to {scale}. Only "
            f"{X2007} and {X2019} convert to each other; --set scale={KEEP} keeps the values.",
        )  # fmt: skip
    notes.append(
        f"values are converted from {named} to {scale} (line of NOAA GML, Hall et al. 2021)"
    )
    if scale == X2019:
        return SLOPE * values + INTERCEPT, scale
    return (values - INTERCEPT) / SLOPE, scale
