"""Sums of radiation and rain in ERA5: over the hour before, or since 00 UTC as in ERA5-Land."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..refusal import refusal
from .local_days import HOUR

AUTO, ERA5, LAND = "auto", "era5", "era5_land"
LIGHT = "ssrd"
NOISE = 0.01  # share of the largest sum: changes below it may come from packing to 16 bits
Sums = Mapping[str, tuple[np.ndarray, np.ndarray]]


def are_since_midnight(path: Path, sums: Sums, product: str) -> bool:
    """Whether sums run since 00 UTC, by their values and the setting `product`.

    Sums since 00 UTC never fall between 01 and 24 UTC. Sums of hours do, and those of light do on
    every day with a sunrise or a sunset.

    Args:
        path: of the first file.
        sums: variable -> times of the ends of hours, shape (time,), in order, and sums with shape
            (time, cell), NaN where missing.
        product: "auto", "era5" or "era5_land".

    Raises:
        InvalidInput: the values contradict the setting or each other, or "auto" cannot tell.
    """
    evidence = {name: _falls(*parts) for name, parts in sums.items()}
    hourly = [name for name, (within, _) in evidence.items() if within]
    since = [
        name for name, (within, after) in evidence.items()
        if not within and after >= (1 if name == LIGHT else 2)
    ]  # fmt: skip
    certain = [name for name in since if name == LIGHT]
    if hourly and (product == LAND or certain):
        raise refusal(
            path, "wrong-product", hourly[0],
            f"'{hourly[0]}' falls between 01 and 24 UTC, as sums of hours do, and "
            + (f"'{certain[0]}' does not. Import files of one product."
               if certain else "sums of ERA5-Land since 00 UTC do not. Use --set product=era5."),
        )  # fmt: skip
    if certain and product == ERA5:
        raise refusal(
            path, "wrong-product", certain[0],
            f"'{certain[0]}' falls only after 00 UTC, as sums of ERA5-Land do, and never between "
            "01 and 24 UTC. Use --set product=era5_land.",
        )  # fmt: skip
    if product != AUTO:
        return product == LAND
    if not hourly and not since and any(np.nanmax(cells) > 0.0 for _, cells in sums.values()):
        raise refusal(
            path, "unknown-product", ", ".join(sums),
            f"the values of {', '.join(sums)} do not tell whether they are sums of hours (ERA5) or "
            "since 00 UTC (ERA5-Land). Add --set product=era5 or --set product=era5_land.",
        )  # fmt: skip
    return bool(since) and not hourly


def hourly_sums(
    path: Path, name: str, times: np.ndarray, sums: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the hours and the sums over them, from sums since 00 UTC.

    The value of 00 UTC is that of the whole day before. The first value of a file has no sum of its
    hour unless it is that of 01 UTC.

    Raises:
        InvalidInput: an hour is missing.
    """
    if len(times) > 1 and (np.diff(times) != HOUR).any():
        message = f"'{name}' of ERA5-Land needs every hour, because it sums since 00 UTC."
        raise refusal(path, "missing-hours", name, message)
    since = _hour(times)
    before = np.vstack([np.full((1, sums.shape[1]), np.nan), sums[:-1]])
    hourly = np.where((since == 1)[:, None], sums, sums - before)
    first = 0 if since[0] == 1 else 1
    return times[first:], hourly[first:]


def _falls(times: np.ndarray, sums: np.ndarray) -> tuple[bool, int]:
    """Whether a sum falls between 01 and 24 UTC, and the number of days after which one falls."""
    if len(times) < 2 or not np.isfinite(sums).any():
        return False, 0
    fall = (np.diff(sums, axis=0) < -NOISE * np.nanmax(sums)).any(axis=1)
    fall &= np.diff(times) == HOUR
    is_first = _hour(times[1:]) == 1
    return bool((fall & ~is_first).any()), int((fall & is_first).sum())


def _hour(times: np.ndarray) -> np.ndarray:
    """Hour of the day, 0 to 23."""
    return (times - times.astype("datetime64[D]")).astype(int) // 3600
