"""Averaging kernels, pressure weights and prior profiles of column averages, and their heights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput, Observations

KERNEL, WEIGHT, PRIOR, PRESSURE = (
    "averaging_kernel", "pressure_weight", "prior_profile", "level_pressure",
)  # fmt: skip
COLUMNS = (KERNEL, WEIGHT, PRIOR, PRESSURE)
LAYERS = 20  # of equal mass, of a file without kernels
SURFACE = 1013.25  # hPa
SCALE_HEIGHT, EXPONENT = 44330.8, 5.25588  # m, 1; ISO 2533:1975, below 11 km
TROPOPAUSE, TROPOPAUSE_PRESSURE, STRATOSPHERE_SCALE = 11000.0, 226.32, 6341.6  # m, hPa, m
WEIGHT_SUM = (0.9, 1.1)  # of pressure weights
POSSIBLE = {KERNEL: (-0.5, 3.0), PRIOR: (200.0, 700.0), PRESSURE: (0.0, 1100.0)}  # 1, ppm, hPa


@frozen(eq=False)
class Columns:
    """Vertical information of observations.

    Args:
        kernel: averaging kernel a (1), shape (obs, level).
        weight: pressure weight h (1), sum near 1, same shape.
        prior: prior profile p (ppm of dry air), same shape.
        height: of the levels above the sea (m), same shape.
    """

    kernel: np.ndarray
    weight: np.ndarray
    prior: np.ndarray
    height: np.ndarray

    @property
    def usable(self) -> np.ndarray:
        """Whether an observation has all numbers, shape (obs,)."""
        arrays = (self.kernel, self.weight, self.prior, self.height)
        finite: np.ndarray = np.logical_and.reduce([np.isfinite(a).all(axis=1) for a in arrays])
        return finite

    @property
    def of_prior(self) -> np.ndarray:
        """Contribution of the prior profile (ppm), sum_l h (1 - a) p, shape (obs,)."""
        return np.asarray((self.weight * (1.0 - self.kernel) * self.prior).sum(axis=1))

    def at_heights(self, heights: Sequence[float]) -> np.ndarray:
        """Weights h a of each height (1), shape (obs, height).

        A level between two heights belongs to both, in proportion to its nearness. Levels above
        the highest belong to it, those below the lowest to that.

        Args:
            heights: ascending (m).
        """
        grid = np.asarray(heights, dtype=float)
        amount = self.weight * self.kernel
        if len(grid) == 1:
            return np.asarray(amount.sum(axis=1, keepdims=True))
        level = np.clip(self.height, grid[0], grid[-1])
        above = np.clip(np.searchsorted(grid, level, side="right"), 1, len(grid) - 1)
        share = (level - grid[above - 1]) / (grid[above] - grid[above - 1])
        out = np.zeros((len(amount), len(grid)))
        rows = np.broadcast_to(np.arange(len(amount))[:, None], amount.shape)
        np.add.at(out, (rows, above), amount * share)
        np.add.at(out, (rows, above - 1), amount * (1.0 - share))
        return out


def read_columns(observations: Observations) -> Columns | None:
    """Vertical information of a file, or None of one without.

    Raises:
        InvalidInput: a part of it is missing or has another shape, or numbers that cannot be.
    """
    extra = observations.extra
    held = [name for name in COLUMNS if name in extra]
    if not held:
        return None
    if missing := [name for name in COLUMNS if name not in extra]:
        raise InvalidInput(
            f"observations of xco2 have '{held[0]}' and lack '{missing[0]}'. Give "
            f"{', '.join(COLUMNS)} over (obs, level), or none of them.",
            code="missing-variable", where=missing[0],
        )  # fmt: skip
    arrays = [np.asarray(extra[name], dtype=float) for name in COLUMNS]
    shapes = {a.shape for a in arrays}
    if len(shapes) > 1 or arrays[0].ndim != 2:
        raise InvalidInput(
            f"{', '.join(COLUMNS)} have the shapes {', '.join(map(str, shapes))}; expected "
            "(obs, level) of all.", code="wrong-dimensions", where=KERNEL,
        )  # fmt: skip
    for name, values in zip(COLUMNS, arrays, strict=True):
        low, high = POSSIBLE.get(name, (-np.inf, np.inf))
        bad = (values < low) | (values > high)
        if bad.any():
            raise InvalidInput(
                f"'{name}' of an observation is {values[bad][0]:.4g}; expected {low:g} to "
                f"{high:g}. Is it in the unit that the documentation names?",
                code="out-of-range", where=name,
            )  # fmt: skip
    kernel, weight, prior, pressure = arrays
    total = weight.sum(axis=1)
    wrong = np.isfinite(total) & ~((total >= WEIGHT_SUM[0]) & (total <= WEIGHT_SUM[1]))
    if wrong.any():
        raise InvalidInput(
            f"'{WEIGHT}' of an observation sums to {total[wrong][0]:.4g}; expected 1. Are its "
            "levels those of the profile?", code="out-of-range", where=WEIGHT,
        )  # fmt: skip
    return Columns(kernel, weight, prior, height_of_pressure(pressure))


def even_columns(count: int) -> Columns:
    """Columns of hypothetical observations: layers of equal mass, kernel 1."""
    pressure = SURFACE * (np.arange(LAYERS) + 0.5) / LAYERS
    shape = count, LAYERS
    return Columns(
        np.ones(shape), np.full(shape, 1.0 / LAYERS), np.zeros(shape),
        np.broadcast_to(height_of_pressure(pressure), shape),
    )  # fmt: skip


def height_of_pressure(pressure: np.ndarray) -> np.ndarray:
    """Height above the sea (m) of a pressure (hPa) in the standard atmosphere, any shape.

        z = 44331 m [1 - (p / p_0)^(1/5.256)] below 11 km,  11 km + 6342 m ln(p_11 / p) above

    Source: ISO 2533:1975; the layer of constant temperature is continued above 20 km.
    """
    positive = np.where(pressure > 0.0, pressure, 1e-3)
    low = SCALE_HEIGHT * (1.0 - (np.minimum(positive, 1100.0) / SURFACE) ** (1.0 / EXPONENT))
    high = TROPOPAUSE + STRATOSPHERE_SCALE * np.log(TROPOPAUSE_PRESSURE / positive)
    height = np.where(positive < TROPOPAUSE_PRESSURE, high, low)
    return np.where(np.isfinite(pressure), height, np.nan)
