"""Hydraulic properties of soil from its sand and clay."""

from __future__ import annotations

import numpy as np

from ccdas_framework import soil_hydraulic_properties, soil_texture_class

CLASSES, COSBY = "classes", "cosby"
METHODS = (CLASSES, COSBY)
NOTES = {
    CLASSES: "hydraulic properties are those of the texture class, Campbell (1985) and Rawls et "
    "al. (1982); --set pedotransfer=cosby takes the regressions of Cosby et al. (1984)",
    COSBY: "hydraulic properties are those of mineral soil by Cosby et al. (1984)",
}
SECONDS_PER_DAY = 86400.0
FIELD_CAPACITY, WILTING = 3.4, 153.0  # m of water: 33 and 1500 kPa
UNITS = {
    "theta_sat": "m3 m-3", "theta_fc": "m3 m-3", "theta_wp": "m3 m-3", "campbell_b": "1",
    "saturated_conductivity": "mm d-1",
}  # fmt: skip


def soil_properties(sand: np.ndarray, clay: np.ndarray, method: str) -> dict[str, np.ndarray]:
    """Properties of soils by name, units as in `UNITS`, shape (cell,).

    Args:
        sand, clay: share of the mass of the fine earth (per cent), shape (cell,).
        method: "classes" (table by texture class of the recipes and of towers) or "cosby".
    """
    if method == COSBY:
        return hydraulic_properties(sand, clay)
    silt = np.maximum(100.0 - sand - clay, 0.0)
    parts = zip(sand, silt, clay, strict=True)
    return soil_hydraulic_properties([soil_texture_class(*each) for each in parts])


def hydraulic_properties(sand: np.ndarray, clay: np.ndarray) -> dict[str, np.ndarray]:
    """Properties of mineral soil by name, units as in `UNITS`, any shape.

        theta_sat = 0.489 - 0.00126 sand,   b = 2.91 + 0.159 clay
        psi_sat = 10^(1.88 - 0.0131 sand) cm
        K_sat = 0.0070556 10^(-0.884 + 0.0153 sand) mm s-1
        theta(psi) = theta_sat (psi / psi_sat)^(-1/b)

    Field capacity is at 33 kPa and the wilting point at 1500 kPa.

    Args:
        sand, clay: share of the mass of the fine earth (per cent), any shape.

    Source: Cosby et al. (1984), Water Resour. Res. 20, 682-690, table 5, as in the Community Land
        Model (Lawrence et al. 2018, CLM5 technical note, section 2.7.3); relation of Campbell
        (1974), Soil Sci. 117, 311-314.
    """
    saturated = 0.489 - 0.00126 * sand
    exponent = 2.91 + 0.159 * clay
    suction = 0.01 * 10.0 ** (1.88 - 0.0131 * sand)  # m
    conductivity = 0.0070556 * 10.0 ** (-0.884 + 0.0153 * sand) * SECONDS_PER_DAY
    at = {
        name: saturated * np.minimum(1.0, (head / suction) ** (-1.0 / exponent))
        for name, head in (("theta_fc", FIELD_CAPACITY), ("theta_wp", WILTING))
    }
    return {"theta_sat": saturated, **at, "campbell_b": exponent,
            "saturated_conductivity": conductivity}  # fmt: skip


def mean_to_depth(values: np.ndarray, bottoms: np.ndarray, depth: float) -> np.ndarray:
    """Mean from the surface to a depth, shape of one layer; missing layers do not count.

    Args:
        values: shape (layer, ...), NaN where missing.
        bottoms: depths of the lower ends of the layers (m), shape (layer,).
        depth: of the mean (m).
    """
    tops = np.append(0.0, bottoms[:-1])
    thickness = np.clip(np.minimum(bottoms, depth) - tops, 0.0, None)
    weight = thickness.reshape(-1, *[1] * (values.ndim - 1)) * np.isfinite(values)
    total = weight.sum(axis=0)
    mean = (np.where(np.isfinite(values), values, 0.0) * weight).sum(axis=0)
    return np.where(total > 0.0, mean / np.where(total > 0.0, total, 1.0), np.nan)
