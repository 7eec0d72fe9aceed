"""Plant functional types from land cover classes and climate."""

from __future__ import annotations

import numpy as np

from ..core.errors import InvalidInput, did_you_mean

BARE = (0, 13, 15, 16, 17)  # IGBP: water, urban, ice, barren, water or coast
FORESTS, SAVANNAS, GRASSES = (1, 2, 3, 4, 5), (8, 9), (8, 9, 10)  # IGBP
SAVANNA_TREES = 0.4  # share of trees (1) in a savanna where no map of forests tells it; own choice
# degC, mean of the year, from which trees among other plants are mixed; own choice
MIXED_FROM = 5.0
# Codes of tower networks -> class of the International Geosphere-Biosphere Programme; wetlands and
# crops with natural plants by their numbers 11 and 14. Source: FLUXNET, BADM variable IGBP.
IGBP_CODES = {
    "ENF": 1, "EBF": 2, "DNF": 3, "DBF": 4, "MF": 5, "CSH": 6, "OSH": 7, "WSA": 8, "SAV": 9,
    "GRA": 10, "WET": 11, "CRO": 12, "URB": 13, "CVM": 14, "SNO": 15, "BSV": 16, "WAT": 17,
}  # fmt: skip


def igbp_number(code: str, where: str) -> int:
    """Number of an IGBP class from its code, such as 1 from "ENF", or from the number as text.

    Args:
        where: place for the error.

    Raises:
        InvalidInput: an unknown class.
    """
    text = code.strip().upper()
    if text in IGBP_CODES:
        return IGBP_CODES[text]
    if text.isdigit() and int(text) <= 18:
        return int(text)
    raise InvalidInput(
        f"{where}: '{code}' is no IGBP class.{did_you_mean(text, IGBP_CODES)} Classes: "
        f"{', '.join(IGBP_CODES)}, or their numbers.",
        code="unknown-class",
        where=where,
    )


def main_climate(temperature: np.ndarray, precipitation: np.ndarray) -> str:
    """Main climate of Köppen and Geiger, "A" (tropical), "B" (arid), "C", "D" or "E" (polar).

    It is arid where the precipitation of a year is less than 10 P, with P = 2 T, 2 T + 28 or
    2 T + 14 mm where the winter has 70 % of it, the summer has 70 % of it, or neither. T is the
    mean temperature (degC). The summer is the warmer half of the year, April to September or
    October to March.

    Args:
        temperature: mean of each calendar month (degC), shape (12,).
        precipitation: sum of each calendar month (mm), shape (12,).

    Source: Peel, Finlayson and McMahon (2007), Hydrol. Earth Syst. Sci. 11, 1633-1644, table 1.
    """
    year, mean = float(precipitation.sum()), float(temperature.mean())
    april = np.zeros(12, dtype=bool)
    april[3:9] = True
    summer = april if temperature[april].mean() >= temperature[~april].mean() else ~april
    in_summer = float(precipitation[summer].sum())
    offset = 28.0 if in_summer >= 0.7 * year else 0.0 if year - in_summer >= 0.7 * year else 14.0
    if year < 10.0 * (2.0 * mean + offset):
        return "B"
    coldest, hottest = float(temperature.min()), float(temperature.max())
    if hottest < 10.0:
        return "E"
    return "A" if coldest >= 18.0 else "C" if coldest > 0.0 else "D"


def plant_types_of_igbp(
    igbp: int,
    koppen: str,
    mean_temperature: float,
    coldest_month: float,
    driest_month: float,
    c4_fraction: float,
    forest: float | None = None,
) -> dict[int, float]:
    """Shares of the thirteen plant functional types (1) in an IGBP class; empty where it is bare.

    The cross-walk is this project's own choice. A class names what is found most in a cell. Forests
    are closed, more than 60 % of them trees, and taken as trees alone; other classes hold trees
    too: cropland in a mosaic with natural plants has by its definition no component of more than
    60 % (Loveland et al. 2000). With the share of a map of forests, trees have that share
    of every class that is no forest, and the plants of the class the rest.

    Args:
        igbp: class 0..17 of the International Geosphere-Biosphere Programme, or 18 for tundra.
        koppen: main climate, "A" (tropical) to "E" (polar).
        mean_temperature: of the year (degC).
        coldest_month: its mean temperature (degC).
        driest_month: its precipitation (mm).
        c4_fraction: share of grasses of the C4 type (1).
        forest: share of trees of a map of forests (1); None leaves them to savannas.

    Source: classes, Loveland et al. (2000), Int. J. Remote Sens. 21, 1303-1330.
    """
    if igbp in BARE:
        return {}
    grass = {9: 1.0 - c4_fraction, 10: c4_fraction}
    plants = {
        1: {5: 1.0},
        2: {1: 1.0} if koppen == "A" else {3: 1.0},
        3: {6: 1.0},
        4: {2: 1.0} if koppen in ("A", "B") else {4: 1.0},
        5: {4: 0.5, 5: 0.5},
        6: {7: 1.0},
        7: {11: 1.0} if coldest_month < -20.0 else {8: 1.0},
        8: grass,
        9: grass,
        10: grass,
        11: {12: 1.0},
        12: {13: 1.0},
        14: {13: 0.6, 9: 0.4},
        18: {11: 1.0},
    }[igbp]
    wooded = (SAVANNA_TREES if igbp in SAVANNAS else 0.0) if forest is None else forest
    if igbp in FORESTS or wooded == 0.0:
        return plants
    trees = trees_among(igbp, koppen, mean_temperature, driest_month)
    return {n: share * wooded for n, share in trees.items()} | {
        n: share * (1.0 - wooded) for n, share in plants.items()
    }


def trees_among(
    igbp: int, koppen: str, mean_temperature: float, driest_month: float
) -> dict[int, float]:
    """Types of the trees among other plants and their shares of these (1).

    Tropical evergreens where no month is dry, tropical deciduous elsewhere in the tropics, in dry
    climates and where the year is warmer than 15 degC; conifers in savannas of the cold and where
    it is colder than 5 degC, as in a mixed forest between. Arguments as of `plant_types_of_igbp`.
    """
    if koppen == "A":
        return {1: 1.0} if driest_month >= 60.0 else {2: 1.0}  # mm; Köppen's limit of rain forest
    if koppen == "B" or mean_temperature > 15.0:
        return {2: 1.0}
    if igbp in SAVANNAS or mean_temperature < MIXED_FROM:
        return {5: 1.0}
    return {4: 0.5, 5: 0.5}
