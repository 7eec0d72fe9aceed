"""Hydraulic properties of soils by texture class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# theta_sat, theta_fc, theta_wp (m3 m-3), Campbell's b (1), saturated conductivity (mm d-1).
# Source: Campbell (1985), Soil Physics with BASIC; Rawls et al. (1982), Trans. ASAE 25, 1316-1320.
SOIL_CLASSES = {
    "sand": (0.437, 0.09, 0.03, 1.7, 5011.0),
    "loamy sand": (0.437, 0.13, 0.06, 2.1, 1469.0),
    "sandy loam": (0.453, 0.21, 0.10, 3.1, 622.0),
    "loam": (0.463, 0.27, 0.12, 4.5, 320.0),
    "silt loam": (0.501, 0.33, 0.13, 4.7, 164.0),
    "sandy clay loam": (0.398, 0.26, 0.15, 4.0, 104.0),
    "clay loam": (0.464, 0.32, 0.20, 5.2, 55.0),
    "silty clay loam": (0.471, 0.37, 0.21, 6.6, 36.0),
    "sandy clay": (0.430, 0.34, 0.24, 6.0, 28.5),
    "silty clay": (0.479, 0.39, 0.25, 7.9, 21.6),
    "clay": (0.475, 0.40, 0.27, 7.6, 14.7),
}
NAMES = ("theta_sat", "theta_fc", "theta_wp", "campbell_b", "saturated_conductivity")
UNITS = ("m3 m-3", "m3 m-3", "m3 m-3", "1", "mm d-1")


def soil_texture_class(sand: float, silt: float, clay: float) -> str:
    """Texture class of a soil of these mass fractions (1); their sum is taken to be one.

    Source: Soil Survey Manual, US Department of Agriculture (1993), texture triangle; silt counts
    as silt loam.
    """
    total = sand + silt + clay
    sand, silt, clay = (100.0 * part / total for part in (sand, silt, clay))
    if silt + 1.5 * clay < 15:
        return "sand"
    if silt + 2 * clay < 30:
        return "loamy sand"
    if clay >= 40 and sand <= 45:
        return "silty clay" if silt >= 40 else "clay"
    if clay >= 35 and sand > 45:
        return "sandy clay"
    if clay >= 27:
        if sand <= 20:
            return "silty clay loam"
        if sand <= 45:
            return "clay loam"
    if clay >= 20 and silt < 28 and sand > 45:
        return "sandy clay loam"
    if silt >= 50:
        return "silt loam"
    if clay >= 7 and silt >= 28 and sand <= 52:
        return "loam"
    return "sandy loam"


def soil_hydraulic_properties(classes: Sequence[str]) -> dict[str, np.ndarray]:
    """Five properties of each cell's texture class by name, each of shape (cell,).

    `theta_sat`, `theta_fc` and `theta_wp` (m3 m-3), `campbell_b` (1) and `saturated_conductivity`
    (mm d-1).

    Args:
        classes: of the US Department of Agriculture, such as "sandy loam".

    Source: Campbell (1985), Soil Physics with BASIC; Rawls et al. (1982), Trans. ASAE 25,
    1316-1320.
    """
    table = np.array([SOIL_CLASSES[name] for name in classes])
    return dict(zip(NAMES, table.T, strict=True))
