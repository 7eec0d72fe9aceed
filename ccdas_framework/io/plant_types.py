"""The thirteen plant functional types of CCDAS, by the number that input files have for them.

Source: Rayner et al. (2005), Global Biogeochem. Cycles 19, GB2026, table 1; Knorr (2000), Global
Ecol. Biogeogr. 9, 225-252.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PLANT_TYPE_NAMES: Mapping[int, str] = MappingProxyType(
    {
        1: "tropical broadleaf evergreen tree",
        2: "tropical broadleaf deciduous tree",
        3: "temperate broadleaf evergreen tree",
        4: "temperate broadleaf deciduous tree",
        5: "evergreen coniferous tree",
        6: "deciduous coniferous tree",
        7: "evergreen shrub",
        8: "deciduous shrub",
        9: "C3 grass",
        10: "C4 grass",
        11: "tundra",
        12: "swamp and wetland",
        13: "arable crop",
    }
)
