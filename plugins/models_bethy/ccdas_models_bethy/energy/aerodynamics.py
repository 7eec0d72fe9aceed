"""Exchange between canopy and air."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Array

from ..constants import REFERENCE_HEIGHT, ROUGHNESS_OFFSET, ROUGHNESS_RATIO, VON_KARMAN


def drag(height: Array) -> Array:
    """Aerodynamic conductance over wind speed (1), for a vegetation height (m).

        g_a = k^2 u / [ln(h_ref/(r_z0 h_v) + a_z0)]^2

    Source: CCDAS V2 source.
    """
    profile = np.log(REFERENCE_HEIGHT / (ROUGHNESS_RATIO * height) + ROUGHNESS_OFFSET)
    return VON_KARMAN**2 / profile**2
