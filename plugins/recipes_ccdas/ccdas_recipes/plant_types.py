"""Plant functional types of cells, at most three to a cell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

TYPES = 13  # plant functional types of BETHY; Knorr (2000)
KOPPEN = ("A", "B", "C", "D", "E")
NDVI_SOIL, NDVI_FULL = 0.05, 0.86  # 1

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
