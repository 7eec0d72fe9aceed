"""Cross-walks from land cover to the thirteen plant functional types of BETHY.

Types: 1 and 2 tropical evergreen and deciduous trees, 3 and 4 temperate evergreen and deciduous
trees, 5 and 6 evergreen and deciduous conifers, 7 and 8 evergreen and deciduous shrubs, 9 C3 grass,
10 C4 grass, 11 tundra, 12 swamps, 13 crops (Knorr 2000).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import frozen

TYPES = 13
TROPICAL = 15.5  # degC, mean of the coldest month of tropical trees; Sitch et al. (2003), table 2
POLAR = 10.0  # degC, mean of the warmest month: limit of trees; Köppen
C4_TEMPERATURE, C4_RAIN = 22.0, 25.0  # degC, mm a month; Collatz et al. (1998), Oecologia 114, 441
GROWING = 5.0  # degC, mean of a month with growth
KINDS = ("tree_be", "tree_bd", "tree_ne", "tree_nd", "shrub_be", "shrub_bd", "shrub_ne", "grass",
         "crop")  # fmt: skip
# classes of the ESA CCI and of C3S -> per cent of the kinds above, the rest bare, urban, water or
# ice. Source: Poulter et al. (2015), Geosci. Model Dev. 8, 2315-2328, table 2
CCI: Mapping[int, tuple[float, ...]] = {
    0: (), 10: (0, 0, 0, 0, 0, 0, 0, 0, 100), 11: (0, 0, 0, 0, 0, 0, 0, 0, 100),
    12: (0, 0, 0, 0, 0, 50, 0, 0, 50), 20: (0, 0, 0, 0, 0, 0, 0, 0, 100),
    30: (5, 5, 0, 0, 5, 5, 5, 15, 60), 40: (5, 5, 0, 0, 7.5, 10, 7.5, 25, 40),
    50: (90, 0, 0, 0, 5, 5, 0, 0, 0), 60: (0, 70, 0, 0, 0, 15, 0, 15, 0),
    61: (0, 70, 0, 0, 0, 15, 0, 15, 0), 62: (0, 30, 0, 0, 0, 25, 0, 35, 0),
    70: (0, 0, 70, 0, 5, 5, 5, 15, 0), 71: (0, 0, 70, 0, 5, 5, 5, 15, 0),
    72: (0, 0, 30, 0, 0, 5, 5, 30, 0), 80: (0, 0, 0, 70, 5, 5, 5, 15, 0),
    81: (0, 0, 0, 70, 5, 5, 5, 15, 0), 82: (0, 0, 0, 30, 0, 5, 5, 30, 0),
    90: (0, 30, 20, 10, 5, 5, 5, 15, 0), 100: (10, 20, 5, 5, 5, 10, 5, 40, 0),
    110: (5, 10, 5, 0, 5, 10, 5, 60, 0), 120: (0, 0, 0, 0, 20, 20, 20, 20, 0),
    121: (0, 0, 0, 0, 30, 0, 30, 20, 0), 122: (0, 0, 0, 0, 0, 60, 0, 20, 0),
    130: (0, 0, 0, 0, 0, 0, 0, 60, 0), 140: (0, 0, 0, 0, 0, 0, 0, 60, 0),
    150: (1, 3, 1, 0, 1, 3, 1, 5, 0), 151: (0, 2, 6, 2, 0, 0, 0, 5, 0),
    152: (0, 0, 0, 0, 2, 6, 2, 5, 0), 153: (0, 0, 0, 0, 0, 0, 0, 15, 0),
    160: (30, 30, 0, 0, 0, 0, 0, 20, 0), 170: (60, 0, 0, 0, 20, 0, 0, 0, 0),
    180: (0, 5, 10, 0, 0, 10, 5, 40, 0), 190: (0, 2.5, 2.5, 0, 0, 0, 0, 15, 0),
    200: (), 201: (), 202: (), 210: (), 220: (),
}  # fmt: skip
# natural types of CLM, by number from 0 for bare soil -> plant functional type. Source: names in
# Lawrence et al. (2018), CLM5 technical note, table 2.2.1; the assignment is by these names
CLM = {1: 5, 2: 5, 3: 6, 4: 1, 5: 3, 6: 2, 7: 4, 8: 4, 9: 7, 10: 8, 11: 8, 12: 11, 13: 9, 14: 10}


@frozen
class CellClimate:
    """Climate of a cell, from the mean season of its weather.

    Args:
        coldest, warmest: mean temperature of the coldest and warmest month (degC).
        c4_share: share of C4 among natural grasses (1).
    """

    coldest: float
    warmest: float
    c4_share: float


def cell_climate(temperature: np.ndarray, rain: np.ndarray) -> CellClimate:
    """Climate from the mean season of twelve months.

    The share of C4 is that of the months with growth (5 degC, 25 mm) that favour it (22 degC).

    Args:
        temperature: mean of each calendar month (degC), shape (12,).
        rain: sum of each calendar month (mm), shape (12,).

    Source: Collatz et al. (1998), Oecologia 114, 441-454, as applied by Still et al. (2003), Global
        Biogeochem. Cycles 17, 1006.
    """
    growth = (temperature >= GROWING) & (rain >= C4_RAIN)
    favoured = growth & (temperature >= C4_TEMPERATURE)
    share = favoured.sum() / growth.sum() if growth.any() else 0.0
    return CellClimate(float(temperature.min()), float(temperature.max()), float(share))


def types_of_cci(cover: Mapping[int, float], climate: CellClimate) -> np.ndarray:
    """Share of each plant functional type (1) from classes of the ESA CCI, shape (13,).

    Broad-leaved trees are tropical where the coldest month is at least 15.5 degC. Shrubs and
    natural grass are tundra where the warmest month is below 10 degC.

    Args:
        cover: class -> share of the cell (1).
        climate: of the cell.

    Raises:
        KeyError: a class that the product does not have.
    """
    kinds = dict.fromkeys(KINDS, 0.0)
    for number, share in cover.items():
        for kind, percent in zip(KINDS, CCI[number], strict=False):
            kinds[kind] += 0.01 * percent * share
    shares = np.zeros(TYPES + 1)
    evergreen, deciduous = (1, 2) if climate.coldest >= TROPICAL else (3, 4)
    shares[evergreen] += kinds["tree_be"]
    shares[deciduous] += kinds["tree_bd"]
    shares[5], shares[6] = kinds["tree_ne"], kinds["tree_nd"]
    low = kinds["shrub_be"] + kinds["shrub_ne"], kinds["shrub_bd"]
    if climate.warmest < POLAR:
        shares[11] = sum(low) + kinds["grass"]
    else:
        shares[7], shares[8] = low
        shares[10] = climate.c4_share * kinds["grass"]
        shares[9] = kinds["grass"] - shares[10]
    shares[13] = kinds["crop"]
    return shares[1:]


def types_of_clm(natural: np.ndarray, crops: float) -> np.ndarray:
    """Share of each plant functional type (1) from natural types of CLM, shape (13,).

    Args:
        natural: share of the cell of each natural type, from 0 for bare soil (1), shape (type,).
        crops: share of the cell with crops (1).
    """
    shares = np.zeros(TYPES + 1)
    for number, share in enumerate(natural):
        if number in CLM:
            shares[CLM[number]] += share
    shares[13] = crops
    return shares[1:]


def largest_types(
    shares: np.ndarray, most: int = 3, least: float = 0.01
) -> list[tuple[int, float]]:
    """Largest types of a cell (type, share); they take the shares of the others in proportion.

    `ccdas_recipes.plant_types.leading_types` has another rule: it merges a type into its likest,
    and types below a tenth of the plants are not kept.

    Args:
        shares: share of each type (1), shape (13,).
        most: greatest number of types.
        least: share below which a type is not kept (1).
    """
    order = np.argsort(-shares, kind="stable")[:most]
    kept = [int(n) for n in order if shares[n] >= least]
    if not kept:
        return []
    factor = shares.sum() / shares[kept].sum()
    return [(n + 1, float(shares[n] * factor)) for n in sorted(kept)]
