"""Plant functional types from land cover classes, at most three to a cell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

TYPES = 13  # plant functional types of BETHY; Knorr (2000)
KOPPEN = ("A", "B", "C", "D", "E")
NDVI_SOIL, NDVI_FULL = 0.05, 0.86  # 1
BARE = (0, 13, 15, 16, 17)  # IGBP: water, urban, ice, barren, water or coast
FORESTS, SAVANNAS = (1, 2, 3, 4, 5), (8, 9)  # IGBP
SAVANNA_TREES = 0.4  # share of trees (1) in a savanna where no map of forests tells it; own choice
# degC, mean of the year, from which trees among other plants are mixed; own choice
MIXED_FROM = 5.0

# Types most like each type, the likest first: where a type too many goes.
RELATIVES = {
    1: (2, 3, 4, 5),
    2: (1, 4, 3, 8),
    3: (4, 1, 2, 5, 7),
    4: (3, 5, 2, 6),
    5: (6, 4, 3),
    6: (5, 4),
    7: (8, 3, 11, 9),
    8: (7, 11, 9, 10),
    9: (10, 13, 12, 11, 8),
    10: (9, 13, 12, 8),
    11: (8, 9, 12, 7),
    12: (9, 10, 11),
    13: (9, 10),
}


def types_of_class(
    igbp: int,
    koppen: str,
    mean_temperature: float,
    coldest_month: float,
    driest_month: float,
    c4_fraction: float,
    forest: float | None = None,
) -> dict[int, float]:
    """Shares of plant functional types (1) in an IGBP land cover class; empty where it is bare.

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
    it is colder than 5 degC, as in a mixed forest between. Arguments as of `types_of_class`.
    """
    if koppen == "A":
        return {1: 1.0} if driest_month >= 60.0 else {2: 1.0}  # mm; Köppen's limit of rain forest
    if koppen == "B" or mean_temperature > 15.0:
        return {2: 1.0}
    if igbp in SAVANNAS or mean_temperature < MIXED_FROM:
        return {5: 1.0}
    return {4: 0.5, 5: 0.5}


def covered_share(greenest: np.ndarray) -> np.ndarray:
    """Share of the ground under plants (1) from the greatest NDVI of the year, any shape.

        share = (NDVI_max - NDVI_soil) / (NDVI_full - NDVI_soil), limited to 0..1

    A land cover class names the plants of a place and not how much of it they cover. NDVI_soil =
    0.05; NDVI_full = 0.86 is what closed forest reaches in MODIS data, above the 0.6 to 0.7 of the
    AVHRR data of the source.

    Source: Zeng et al. (2000), J. Appl. Meteorol. 39, 826-839, eq. 1; NDVI_full our own.
    """
    return np.clip((np.nan_to_num(greenest) - NDVI_SOIL) / (NDVI_FULL - NDVI_SOIL), 0.0, 1.0)


def leading_types(shares: np.ndarray, most: int = 3, least: float = 0.1) -> list[tuple[int, float]]:
    """The leading types of a cell and their shares; the others are merged into their likest.

    Args:
        shares: share of the cell's area of each type (1), shape (13,), the sum at most 1.
        most: how many types may stay.
        least: share of the vegetated area below which a type is merged (1).

    Returns:
        (type 1..13, share) in ascending type; the shares have the sum of `shares`.
    """
    ranked = sorted((n for n in range(1, TYPES + 1) if shares[n - 1] > 0), key=_by(shares))
    leading = ranked[:1] + [n for n in ranked[1:most] if shares[n - 1] >= least * shares.sum()]
    merged = {number: float(shares[number - 1]) for number in leading}
    for number in ranked:
        if number not in merged:
            home = next((n for n in RELATIVES[number] if n in leading), leading[0])
            merged[home] += float(shares[number - 1])
    return sorted(merged.items())


def _by(shares: np.ndarray) -> Callable[[int], tuple[float, int]]:
    return lambda number: (-shares[number - 1], number)
