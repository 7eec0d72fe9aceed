"""Named quantities with units, which components need, provide and observe."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from attrs import field, frozen

NOISE = 5.0  # sd by which observations may lie outside the range of a field


def _texts(values: object) -> tuple[str, ...]:
    return tuple(values)  # type: ignore[arg-type]


@frozen
class Variable:
    """A quantity that a component needs, provides or observes.

    Args:
        name: short name, CF style where one exists.
        units: UDUNITS text with spaces and exponents, 'gC m-2 d-1'.
        dims: dimension names, ('time', 'column').
        valid_range: smallest and largest possible value of a field, in `units`.
        optional: the component works without it.
        long_name: description; that of a flux names its sign.
        over: area of a cell mean of a field of columns: "cell", where ground without a column
            counts as zero, or "columns", without that ground.
        direction: of a flux that counts as positive, or "several" of several quantities; ""
            where there is none.
        observed_range: smallest and largest possible value of observations, wider than
            `valid_range` by the scatter of a retrieval. By default `valid_range`, widened at both
            ends by five sd of each observation.
        largest_drift: relative change a year of the mean over a class (1), above which a run warns.
    """

    name: str
    units: str
    dims: tuple[str, ...] = field(default=(), converter=_texts)
    valid_range: tuple[float, float] | None = None
    optional: bool = False
    long_name: str = ""
    over: Literal["cell", "columns"] = "cell"
    direction: Literal["", "upward", "downward", "several"] = ""
    observed_range: tuple[float, float] | None = None
    largest_drift: float | None = None

    def observed_limits(self, sd: Any) -> tuple[np.ndarray, np.ndarray]:
        """Smallest and largest possible value of observations, in `units`, shape (obs,) each.

        Args:
            sd: of their errors, shape (obs,). Where it is unknown, the median of the others counts,
                or nothing where all are unknown.
        """
        sd = np.asarray(sd, dtype=float)
        if self.observed_range is not None:
            lower, upper = self.observed_range
            return np.full(sd.shape, lower), np.full(sd.shape, upper)
        lower, upper = self.valid_range or (-np.inf, np.inf)
        known = np.isfinite(sd) & (sd > 0.0)
        usual = np.median(sd[known]) if known.any() else 0.0
        margin = NOISE * np.where(known, sd, usual)
        return lower - margin, upper + margin
