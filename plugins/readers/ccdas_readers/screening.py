"""Values of one series that are kept, and the number of the others by reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field

from ccdas_framework import ScreenedSeries

from .lazy_modules import pandas as pd
from .refusal import refusal

MISSING = "missing value"
# possible values of observations by quantity, with the unit; beyond them a value is no observation
LIMITS: Mapping[str, tuple[float, float, str]] = {
    "gpp": (-30.0, 60.0, "gC m-2 d-1"),
    "nee": (-60.0, 60.0, "gC m-2 d-1"),
    "latent_heat": (-200.0, 1200.0, "W m-2"),
    "sm": (-0.1, 1.0, "m3 m-3"),
    "co2": (150.0, 1000.0, "ppm"),
    "xco2": (300.0, 600.0, "ppm"),
    "vod": (-0.5, 4.0, "1"),
    "fapar": (-0.1, 1.1, "1"),
    "lai": (-0.5, 15.0, "m2 m-2"),
    "sif": (-5.0, 15.0, "mW m-2 sr-1 nm-1"),
}
# the least value that a twentieth of a series passes, and the largest median; a file beyond has
# another unit than it states. Deserts have medians near 0 and wet days above 0.01, soil moisture
# that is 100 times too small has neither
HIGH = 0.95  # quantile that is compared with the least value
USUAL = {"co2": (290.0, 700.0), "sm": (0.01, 0.95)}


@define(eq=False)
class Screening:
    """Rows of a series in the units of its quantity, and the rules that leave some out.

    Args:
        path: of the product file, for messages.
        name: of the series.
        quantity: key of `LIMITS`.
        frame: column `values`, and others that the caller needs, a row for each value.
        dropped: reason -> number of rows that are left out.
        averaged: number of values that were kept before they were averaged; None without.
    """

    path: Path
    name: str
    quantity: str
    frame: pd.DataFrame
    dropped: dict[str, int] = field(factory=dict)
    averaged: int | None = None

    def drop(self, reason: str, mask: Any) -> None:
        """Leave out the rows where a mask over the present rows is true."""
        mask = np.asarray(mask, dtype=bool)
        if mask.any():
            self.dropped[reason] = self.dropped.get(reason, 0) + int(mask.sum())
            self.frame = self.frame[~mask]

    def drop_missing(self, *, required: bool = True) -> None:
        """Leave out rows without a value.

        Args:
            required: whether a series without any value is refused; one map of several may have
                none.

        Raises:
            InvalidInput: no row has a value.
        """
        missing = ~np.isfinite(self.frame["values"].to_numpy(dtype=float))
        if required and missing.all():
            raise refusal(
                self.path, "all-missing", self.name,
                f"'{self.name}' has no value in {len(missing)} rows. Choose another file, place or "
                "quantity.",
            )  # fmt: skip
        self.drop(MISSING, missing)

    def drop_impossible(self) -> None:
        """Leave out values beyond `LIMITS`.

        Raises:
            InvalidInput: more than half of them are beyond, or the series is beyond `USUAL`.
        """
        lowest, highest, units = LIMITS[self.quantity]
        values = self.frame["values"].to_numpy(dtype=float)
        outside = (values < lowest) | (values > highest)
        least, most = USUAL.get(self.quantity, (lowest, highest))
        median = float(np.median(values)) if len(values) else least
        high = float(np.quantile(values, HIGH)) if len(values) else least
        if 2 * outside.sum() > len(outside) or not (high >= least and median <= most):
            raise refusal(
                self.path, "wrong-units", self.name,
                f"'{self.name}' has the median {median:.4g}, and few values above {high:.4g}; "
                f"'{units}' has {least:g} to {most:g}. The file has another unit than its "
                "product. Convert it, or give the original file.",
            )  # fmt: skip
        self.drop(f"outside {lowest:g} to {highest:g} {units}", outside)

    def counts(self) -> ScreenedSeries:
        """Number of rows kept and dropped."""
        kept = len(self.frame) if self.averaged is None else self.averaged
        return ScreenedSeries(self.name, kept, dict(self.dropped))
