"""Ground covered by plants, from the largest leaf area of the last years.

Source: CCDAS V2 source.
"""

from __future__ import annotations

import numpy as np

from ccdas_framework import Array, Namespace

from ..constants import COVER_LEAF_AREA
from ..smooth import smooth_maximum, smooth_minimum

CURVATURE = 0.99999
MEMORY = 5.0 * 365.0  # of the record leaf area, d
# at the first day of an equilibrium start, so that the record forgets its first value; own choice
MEMORY_AT_START = 0.5 * 365.0  # d


def daily_fading(days: int, lead: int, start: str) -> np.ndarray:
    """Factor of the record leaf area on each day (1), shape (days,): exp(-1/memory).

    With an equilibrium start the memory lengthens steadily from half a year to the five years that
    it has within the window. A sudden change would make cover swing for some years: little cover
    leaves water for a high leaf area, whose record then covers too much ground.
    """
    memory = np.full(days, MEMORY)
    if start == "equilibrium" and lead > 0:
        rising = np.linspace(MEMORY_AT_START, MEMORY, lead, endpoint=False)[:days]
        memory[: len(rising)] = rising
    return np.exp(-1.0 / memory)


def updated(leaf_area: Array, record: Array, fading: Array, xp: Namespace) -> tuple[Array, Array]:
    """Record leaf area (m2 m-2) and fractional cover (1) after a day.

    f_c = min(max(Lam_hi, Lam)/3, 1); it may pass 1 by some 1e-5
    """
    record = smooth_maximum(leaf_area, record, CURVATURE, xp) * fading
    largest = smooth_maximum(record, leaf_area, CURVATURE, xp)
    return record, smooth_minimum(largest / COVER_LEAF_AREA, 1.0, CURVATURE, xp)
