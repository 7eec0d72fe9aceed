"""The thirteen plant functional types and the soil texture classes.

Sources: parameter files of the CCDAS V2 source for the columns up to `water_survival`
(Knorr et al. 2010, J. Geophys. Res. 115, G04017); root profiles after Jackson et al. (1996),
Oecologia 108, 389-411; rooting depths are representative values of the literature; soil classes
are laboratory averages in the manner of Rawls et al. (1982), Trans. ASAE 25, 1316-1320, with the
exponent of Campbell (1974), Soil Sci. 117, 311-314.
"""

from __future__ import annotations

import numpy as np
from attrs import fields_dict, frozen


@frozen
class PlantType:
    """A plant functional type.

    Args:
        number: 1..13, the class of a column.
        name: in words.
        c4: whether it fixes carbon by the C4 pathway.
        carboxylation: V_m at 25 °C (umol m-2 s-1).
        electron_ratio: J_max / V_m at 25 °C (1); not used by C4.
        height: h_v (m).
        specific_leaf_area: SLA (m2 per kg dry matter).
        nitrogen_profile: whether leaf nitrogen falls with depth in the canopy.
        phenology: group "A" water, "B" temperature and day length, "C" temperature and water.
        onset_temperature: T_phi (°C).
        onset_spread: T_r (K).
        senescence: k_L (d-1).
        water_survival: tau_W (d).
        leaf_lifetime: tau_leaf (yr), for litter.
        rooting_depth: z_r (m), where no map of the water capacity is given.
        root_profile: beta_r (1), of the cumulative root fraction 1 - beta_r^depth(cm).
    """

    number: int
    name: str
    c4: bool
    carboxylation: float
    electron_ratio: float
    height: float
    specific_leaf_area: float
    nitrogen_profile: bool
    phenology: str
    onset_temperature: float
    onset_spread: float
    senescence: float
    water_survival: float
    leaf_lifetime: float
    rooting_depth: float
    root_profile: float


# a value of 0 marks what the phenology group does not use
PLANT_TYPES = tuple(
    PlantType(*row)
    for row in (
        (1, "tropical broadleaf evergreen tree", False, 60.0, 1.96, 30.0, 9.9, True, "A",
         0.0, 0.0, 0.0, 180.0, 3.0, 4.0, 0.962),
        (2, "tropical broadleaf deciduous tree", False, 90.0, 1.99, 15.0, 14.1, True, "A",
         0.0, 0.0, 0.0, 90.0, 1.0, 3.0, 0.961),
        (3, "temperate broadleaf evergreen tree", False, 41.0, 2.00, 15.0, 5.7, True, "A",
         0.0, 0.0, 0.0, 180.0, 3.0, 2.0, 0.966),
        (4, "temperate broadleaf deciduous tree", False, 35.0, 2.00, 15.0, 11.5, True, "B",
         10.0, 2.0, 0.1, 0.0, 1.0, 1.5, 0.966),
        (5, "evergreen coniferous tree", False, 29.0, 1.79, 15.0, 4.1, True, "B",
         10.0, 2.0, 0.003, 0.0, 3.0, 1.2, 0.976),
        (6, "deciduous coniferous tree", False, 53.0, 1.79, 15.0, 11.3, True, "B",
         10.0, 2.0, 0.1, 0.0, 1.0, 0.8, 0.943),
        (7, "evergreen shrub", False, 52.0, 1.96, 1.0, 6.9, True, "A",
         0.0, 0.0, 0.0, 180.0, 3.0, 2.0, 0.964),
        (8, "deciduous shrub", False, 160.0, 1.66, 1.0, 11.5, True, "B",
         8.0, 2.0, 0.1, 0.0, 1.0, 1.2, 0.964),
        (9, "C3 grass", False, 42.0, 1.90, 1.0, 16.9, False, "C",
         2.0, 0.5, 0.1, 30.0, 1.0, 0.8, 0.943),
        (10, "C4 grass", True, 8.0, 0.0, 1.0, 16.9, False, "C",
         2.0, 0.5, 0.1, 30.0, 1.0, 1.0, 0.972),
        (11, "tundra", False, 20.0, 1.85, 0.3, 6.9, False, "B",
         10.0, 2.0, 0.003, 0.0, 1.0, 0.4, 0.914),
        (12, "swamp and wetland", False, 20.0, 1.85, 0.3, 16.9, False, "C",
         2.0, 0.5, 0.1, 30.0, 1.0, 0.4, 0.943),
        (13, "arable crop", False, 117.0, 1.88, 0.6, 25.3, True, "C",
         15.0, 2.0, 0.1, 30.0, 1.0, 0.9, 0.961),
    )
)  # fmt: skip

TREES = (1, 2, 3, 4, 5, 6)
HERBS = (9, 10, 13)


def plant_column(quantity: str, column_class: np.ndarray) -> np.ndarray:
    """A quantity of `PlantType` for the class of each column, shape (column,).

    Raises:
        ValueError: a column has a class outside 1..13.
    """
    if quantity not in fields_dict(PlantType):
        raise ValueError(f"a plant type has no '{quantity}'")
    classes = np.asarray(column_class, dtype=int)
    wrong = np.flatnonzero((classes < 1) | (classes > len(PLANT_TYPES)))
    if wrong.size:
        raise ValueError(
            f"column {wrong[0]} has class {classes[wrong[0]]}, but BETHY knows the plant "
            f"functional types 1 to {len(PLANT_TYPES)}. Change 'column_class' of the grid."
        )
    values = np.array([getattr(plant, quantity) for plant in PLANT_TYPES])
    return values[classes - 1]


@frozen
class Soil:
    """A soil texture class: volumetric contents (m3 m-3), Campbell b (1), K_s (mm d-1)."""

    theta_sat: float
    theta_fc: float
    theta_wp: float
    campbell_b: float
    saturated_conductivity: float


SOILS = {
    "sand": Soil(0.437, 0.09, 0.03, 1.7, 5011.0),
    "loamy sand": Soil(0.437, 0.13, 0.06, 2.1, 1469.0),
    "sandy loam": Soil(0.453, 0.21, 0.10, 3.1, 622.0),
    "loam": Soil(0.463, 0.27, 0.12, 4.5, 320.0),
    "silt loam": Soil(0.501, 0.33, 0.13, 4.7, 164.0),
    "sandy clay loam": Soil(0.398, 0.26, 0.15, 4.0, 104.0),
    "clay loam": Soil(0.464, 0.32, 0.20, 5.2, 55.0),
    "silty clay loam": Soil(0.471, 0.37, 0.21, 6.6, 36.0),
    "sandy clay": Soil(0.430, 0.34, 0.24, 6.0, 28.5),
    "silty clay": Soil(0.479, 0.39, 0.25, 7.9, 21.6),
    "clay": Soil(0.475, 0.40, 0.27, 7.6, 14.7),
}

WET_SOIL_ALBEDO = 0.10  # 1
DRY_SOIL_ALBEDO = 0.20  # 1
