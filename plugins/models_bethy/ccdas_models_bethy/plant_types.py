"""The thirteen plant functional types.

Sources: parameter files of the CCDAS V2 source for the columns up to `phenology` (Knorr et al.
2010, J. Geophys. Res. 115, G04017); root profiles after Jackson et al. (1996), Oecologia 108,
389-411; rooting depths are representative values of the literature.
"""

from __future__ import annotations

import numpy as np
from attrs import fields_dict, frozen

from ccdas_framework import PLANT_TYPE_NAMES, InvalidInput


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
        leaf_lifetime: tau_leaf (yr), for litter.
        rooting_depth: z_r (m), for a grid without a map of the water capacity.
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
    leaf_lifetime: float
    rooting_depth: float
    root_profile: float


PLANT_TYPES = tuple(
    PlantType(number, PLANT_TYPE_NAMES[number], *row)
    for number, *row in (
        (1, False, 60.0, 1.96, 30.0, 9.9, True, "A",
         3.0, 4.0, 0.962),
        (2, False, 90.0, 1.99, 15.0, 14.1, True, "A",
         1.0, 3.0, 0.961),
        (3, False, 41.0, 2.00, 15.0, 5.7, True, "A",
         3.0, 2.0, 0.966),
        (4, False, 35.0, 2.00, 15.0, 11.5, True, "B",
         1.0, 1.5, 0.966),
        (5, False, 29.0, 1.79, 15.0, 4.1, True, "B",
         3.0, 1.2, 0.976),
        (6, False, 53.0, 1.79, 15.0, 11.3, True, "B",
         1.0, 0.8, 0.943),
        (7, False, 52.0, 1.96, 1.0, 6.9, True, "A",
         3.0, 2.0, 0.964),
        (8, False, 160.0, 1.66, 1.0, 11.5, True, "B",
         1.0, 1.2, 0.964),
        (9, False, 42.0, 1.90, 1.0, 16.9, False, "C",
         1.0, 0.8, 0.943),
        (10, True, 8.0, 0.0, 1.0, 16.9, False, "C",
         1.0, 1.0, 0.972),
        (11, False, 20.0, 1.85, 0.3, 6.9, False, "B",
         1.0, 0.4, 0.914),
        (12, False, 20.0, 1.85, 0.3, 16.9, False, "C",
         1.0, 0.4, 0.943),
        (13, False, 117.0, 1.88, 0.6, 25.3, True, "C",
         1.0, 0.9, 0.961),
    )
)  # fmt: skip

TREES = (1, 2, 3, 4, 5, 6)
SHRUBS = (7, 8)
HERBS = (9, 10, 13)


def plant_column(quantity: str, column_class: np.ndarray) -> np.ndarray:
    """A quantity of `PlantType` for the class of each column, shape (column,).

    Raises:
        InvalidInput: a column has a class outside 1..13.
    """
    if quantity not in fields_dict(PlantType):
        raise ValueError(f"a plant type has no '{quantity}'")
    classes = np.asarray(column_class, dtype=int)
    wrong = np.flatnonzero((classes < 1) | (classes > len(PLANT_TYPES)))
    if wrong.size:
        raise InvalidInput(
            f"column {wrong[0]} has class {classes[wrong[0]]}, but BETHY has the plant "
            f"functional types 1 to {len(PLANT_TYPES)}. Change 'column_class' of the grid.",
            code="unknown-class",
            where="grid: column_class",
        )
    values = np.array([getattr(plant, quantity) for plant in PLANT_TYPES])
    return values[classes - 1]


WET_SOIL_ALBEDO = 0.10  # 1
DRY_SOIL_ALBEDO = 0.20  # 1
