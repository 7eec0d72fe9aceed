"""Files of prescribed fluxes from annual maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import ImportedData, ScreenedSeries
from ccdas_framework.grids import grid_area

from ..checks import require_past
from ..lazy_modules import xarray as xr
from ..refusal import refusal

UNITS = "kgC m-2 s-1"
SECONDS_PER_DAY = 86400.0
TOTALS = (0.1, 20.0)  # PgC yr-1: global fossil emissions since 1850 and room above
KG_PER_PGC = 1e12
LONG_NAME = "carbon flux of fossil fuels, upward positive"


@frozen(eq=False)
class AnnualMap:
    """Mean fossil emissions of one year.

    Args:
        path: of the product file, for messages.
        year: calendar year.
        latitude, longitude: centres in ascending order (degrees).
        flux: kgC m-2 s-1, shape (latitude, longitude).
    """

    path: Path
    year: int
    latitude: np.ndarray
    longitude: np.ndarray
    flux: np.ndarray


def step_of(path: Path, degrees: np.ndarray, name: str) -> float:
    """Spacing of an even axis (degrees).

    Raises:
        InvalidInput: the axis is not even, or not in ascending order.
    """
    steps = np.diff(degrees)
    if not len(steps) or steps.min() <= 0.0 or np.ptp(steps) > 1e-3 * steps.max() + 2e-4:
        raise refusal(
            path, "wrong-grid", name,
            f"'{name}' has steps from {steps.min() if len(steps) else 0:g} to "
            f"{steps.max() if len(steps) else 0:g} degrees; expected the even grid of the product.",
        )  # fmt: skip
    return float(np.mean(steps))


def cell_areas(path: Path, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Areas of the cells of an even grid (m2), shape (latitude, longitude).

    Raises:
        InvalidInput: an axis is not even.
    """
    dy, dx = step_of(path, latitude, "latitude"), step_of(path, longitude, "longitude")
    edges = np.clip(np.append(latitude - dy / 2.0, latitude[-1] + dy / 2.0), -90.0, 90.0)
    return grid_area(edges, np.append(longitude - dx / 2.0, longitude[-1] + dx / 2.0))


def seconds_of(year: int) -> float:
    """Seconds of a calendar year."""
    first = np.datetime64(f"{year}", "Y")
    days = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(int)
    return float(days) * SECONDS_PER_DAY


def flux_data(
    maps: Sequence[AnnualMap], *, product: str, version: str, notes: Sequence[str], credits: str,
    attributes: Mapping[str, str] | None = None,
) -> ImportedData:  # fmt: skip
    """Monthly fossil emissions of successive years, the same in every month of a year.

    Raises:
        InvalidInput: a year that is missing, repeated or in the future, other grids, missing
            values, or emissions that cannot be.
    """
    maps = sorted(maps, key=lambda m: m.year)
    first = maps[0]
    years = [m.year for m in maps]
    if any(b - a != 1 for a, b in pairwise(years)):
        raise refusal(
            first.path, "duplicate-times" if len(set(years)) < len(years) else "missing-years", "",
            f"the files have the years {', '.join(map(str, years))}; expected successive ones.",
        )  # fmt: skip
    totals = []
    for each in maps:
        require_past(each.path, np.array([f"{each.year}-01-01"], dtype="datetime64[s]"), "year")
        if each.flux.shape != first.flux.shape or not np.allclose(each.latitude, first.latitude):
            raise refusal(each.path, "wrong-grid", "", f"its grid is not that of {first.path}.")
        if not np.isfinite(each.flux).any():
            raise refusal(each.path, "all-missing", "fossil", "the map has no value.")
        if not np.isfinite(each.flux).all():
            raise refusal(
                each.path, "missing-values", "fossil",
                f"{int((~np.isfinite(each.flux)).sum())} cells have no value; expected 0 where "
                "there is no emission.",
            )  # fmt: skip
        areas = cell_areas(each.path, each.latitude, each.longitude)
        total = float((each.flux * areas).sum()) * seconds_of(each.year) / KG_PER_PGC
        if (each.flux < 0.0).any() or not TOTALS[0] <= total <= TOTALS[1]:
            raise refusal(
                each.path, "wrong-units", "fossil",
                f"the emissions of {each.year} sum to {total:.4g} PgC yr-1, the least is "
                f"{each.flux.min():.3g} {UNITS}; expected {TOTALS[0]:g} to {TOTALS[1]:g} PgC yr-1. "
                "Check the unit, the order of rows, and the species.",
            )  # fmt: skip
        totals.append(f"{each.year}: {total:.3f}")
    months = np.arange(f"{years[0]}-01", f"{years[-1] + 1}-01", dtype="datetime64[M]")
    flux = np.repeat(np.stack([m.flux for m in maps]), 12, axis=0)
    dataset = xr.Dataset(
        {"fossil": (("time", "latitude", "longitude"), flux, {
            "units": UNITS, "long_name": LONG_NAME})},
        {"time": months.astype("datetime64[ns]"),
         "latitude": ("latitude", first.latitude, {"units": "degrees_north"}),
         "longitude": ("longitude", first.longitude, {"units": "degrees_east"})},
    )  # fmt: skip
    dataset.attrs.update(attributes or {})
    cells = first.flux.size * len(maps)
    notes = [*notes, f"sums (PgC yr-1): {', '.join(totals)}",
             "every month of a year has its mean; add `ocean`, and `land_use` where it is on, for "
             "the setting background of the operator co2"]  # fmt: skip
    return ImportedData(dataset, product, version, (ScreenedSeries("fossil", cells, {}),),
                        tuple(notes), credits)  # fmt: skip
