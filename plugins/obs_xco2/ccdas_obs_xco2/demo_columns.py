"""Hypothetical column averages of the demonstration, whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ccdas_framework import ObservationRecord, Observations, RecipeDomain

from .columns import KERNEL, LAYERS, PRESSURE, PRIOR, SURFACE, WEIGHT

# latitude, longitude (degrees), altitude (m); sites of TCCON (tccondata.org)
SITES = {
    "sodankyla01": (67.37, 26.63, 188.0), "parkfalls01": (45.95, -90.27, 440.0),
    "lamont01": (36.60, -97.49, 320.0), "darwin01": (-12.46, 130.93, 37.0),
    "lauder02": (-45.04, 169.68, 370.0),
}  # fmt: skip
SURFACE_KERNEL, TOP_KERNEL = 1.0, 0.6  # linear in pressure; round numbers near those of TCCON
PRIOR_PPM = 390.0  # ppm, a constant profile


def monthly_columns(places: RecipeDomain, data: Path | None) -> ObservationRecord:
    """Monthly means at five sites, without values."""
    months = places.months
    shape = len(SITES) * len(months), LAYERS
    share = (np.arange(LAYERS) + 0.5) / LAYERS
    position = np.repeat(np.array(list(SITES.values())), len(months), axis=0)
    start = np.tile(months, len(SITES))
    extra = {
        KERNEL: np.broadcast_to(TOP_KERNEL + (SURFACE_KERNEL - TOP_KERNEL) * share, shape),
        WEIGHT: np.full(shape, 1.0 / LAYERS), PRIOR: np.full(shape, PRIOR_PPM),
        PRESSURE: np.broadcast_to(SURFACE * share, shape),
    }  # fmt: skip
    empty = np.full(shape[0], np.nan)
    observations = Observations(
        values=empty, sd=empty, start=start.astype("datetime64[D]"),
        end=(start + 1).astype("datetime64[D]") - 1, latitude=position[:, 0],
        longitude=position[:, 1], altitude=position[:, 2],
        label=np.repeat(list(SITES), len(months)), extra=extra,
    )  # fmt: skip
    return ObservationRecord(
        observations, "ppm", "Monthly column averages of CO2 at five sites",
        "made from a known truth", "yes: made from a known truth",
        long_name="column average of CO2 in dry air",
    )  # fmt: skip
