"""Ground covered by plants, from the largest leaf area of the last years.

Source: CCDAS V2 source.
"""

from __future__ import annotations

import math

from ccdas_framework import Array, Namespace, TowerRecord

from ..constants import COVER_LEAF_AREA
from ..smooth import smooth_maximum, smooth_minimum

CURVATURE = 0.99999
FADING = math.exp(-1.0 / (5.0 * 365.0))  # of the record leaf area, a day; 5 years


def updated(leaf_area: Array, record: TowerRecord, xp: Namespace) -> tuple[Array, Array]:
    """Record leaf area (m2 m-2) and fractional cover (1) after a day.

    f_c = min(max(Lam_hi, Lam)/3, 1); it may pass 1 by some 1e-5
    """
    record = smooth_maximum(leaf_area, record, CURVATURE, xp) * FADING
    largest = smooth_maximum(record, leaf_area, CURVATURE, xp)
    return record, smooth_minimum(largest / COVER_LEAF_AREA, 1.0, CURVATURE, xp)
