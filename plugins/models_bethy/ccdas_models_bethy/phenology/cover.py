"""Ground covered by plants, from the largest leaf area of the last years.

Source: CCDAS V2 source.
"""

from __future__ import annotations

import math

import numpy as np

from ccdas_framework import Array, Namespace

from ..constants import COVER_LEAF_AREA
from ..smooth import smooth_maximum, smooth_minimum

CURVATURE = 0.99999
FADING = math.exp(-1.0 / (5.0 * 365.0))  # of the record leaf area, a day; 5 years
# of the first years of a spin-up, so that the record forgets the state that the run starts from
FADING_AT_START = math.exp(-1.0 / (0.5 * 365.0))  # half a year; own choice


def daily_fading(days: int, lead: int, start: str) -> np.ndarray:
    """Factor of the record leaf area on each day (1), shape (days,).

    With an equilibrium start the record fades within half a year, until a year before the
    window. In this last year it rises to the largest leaf area of a year again.
    """
    factor = np.full(days, FADING)
    if start == "equilibrium":
        factor[: max(lead - 365, 0)] = FADING_AT_START
    return factor


def updated(leaf_area: Array, record: Array, fading: Array, xp: Namespace) -> tuple[Array, Array]:
    """Record leaf area (m2 m-2) and fractional cover (1) after a day.

    f_c = min(max(Lam_hi, Lam)/3, 1); it may pass 1 by some 1e-5
    """
    record = smooth_maximum(leaf_area, record, CURVATURE, xp) * fading
    largest = smooth_maximum(record, leaf_area, CURVATURE, xp)
    return record, smooth_minimum(largest / COVER_LEAF_AREA, 1.0, CURVATURE, xp)
