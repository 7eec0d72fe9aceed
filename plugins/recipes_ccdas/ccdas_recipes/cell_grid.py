"""Regular grids of cells, the one of the transport model TM2 and the one of half a degree."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import field, frozen

from ccdas_framework import InvalidInput
from ccdas_framework.grids import sphere

FINE_STEP = 0.5  # degrees; maps are brought to this grid first, which divides the cells
FINE_LATITUDES = -90.0 + FINE_STEP * (np.arange(360) + 0.5)
FINE_LONGITUDES = -180.0 + FINE_STEP * (np.arange(720) + 0.5)


def _step(name: str, whole: float) -> Any:
    """An attribute for the size of cells that divides `whole` and is made of fine cells."""

    def check(instance: object, attribute: Any, value: float) -> None:
        parts = value / FINE_STEP
        if not (value >= FINE_STEP and parts == round(parts) and whole % value == 0.0):
            raise InvalidInput(
                f"{name} = {value:g}; expected a multiple of {FINE_STEP:g} degrees that divides "
                f"{whole:g}, such as 2 or 7.5.",
                code="wrong-value",
                where=f"inputs.settings.{name}",
            )

    return field(converter=float, validator=check)


@frozen
class CellGrid:
    """A regular grid over the globe whose cells are unions of cells of half a degree.

    The number of a cell is columns x row from the south + column from 180 W.

    Args:
        longitude_step, latitude_step: size of a cell (degrees).

    Raises:
        InvalidInput: a size that does not divide the globe or is no multiple of half a degree.
    """

    longitude_step: float = _step("longitude_step", 360.0)
    latitude_step: float = _step("latitude_step", 180.0)

    @property
    def longitude_edges(self) -> np.ndarray:
        """Degrees east from -180, shape (columns + 1,)."""
        return -180.0 + self.longitude_step * np.arange(round(360.0 / self.longitude_step) + 1)

    @property
    def latitude_edges(self) -> np.ndarray:
        """Degrees north from -90, shape (rows + 1,)."""
        return -90.0 + self.latitude_step * np.arange(round(180.0 / self.latitude_step) + 1)

    @property
    def longitudes(self) -> np.ndarray:
        """Of the centres of columns (degrees east), shape (columns,)."""
        edges = self.longitude_edges
        return np.asarray(0.5 * (edges[1:] + edges[:-1]))

    @property
    def latitudes(self) -> np.ndarray:
        """Of the centres of rows (degrees north), shape (rows,)."""
        edges = self.latitude_edges
        return np.asarray(0.5 * (edges[1:] + edges[:-1]))

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.latitudes), len(self.longitudes)

    def cell_area(self) -> np.ndarray:
        """Area of each cell (m2), shape (row, column)."""
        edges = self.latitude_edges
        area = sphere.cell_area(edges[:-1], edges[1:], self.longitude_step)
        return np.repeat(area[:, None], self.shape[1], axis=1)

    def cell_of(self, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
        """Number of the cell that a place lies in."""
        rows, columns = self.shape
        row = np.floor((np.asarray(latitude) + 90.0) / self.latitude_step).astype(int)
        east = (np.asarray(longitude) + 180.0) % 360.0
        column = np.floor(east / self.longitude_step).astype(int)
        return columns * np.clip(row, 0, rows - 1) + np.clip(column, 0, columns - 1)

    def fine_cells(self) -> np.ndarray:
        """Number of the cell that each cell of half a degree lies in, shape (360, 720)."""
        return self.cell_of(FINE_LATITUDES[:, None], FINE_LONGITUDES[None, :])

    def cell_sum(self, fine: np.ndarray) -> np.ndarray:
        """Sums of a map of half a degree over the cells, shape (cell,); NaN counts as zero."""
        rows, columns = self.shape
        values = np.nan_to_num(fine).ravel()
        return np.bincount(self.fine_cells().ravel(), weights=values, minlength=rows * columns)

    def cell_mean(self, fine: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Weighted means of a map of half a degree, shape (cell,); NaN where nothing weighs."""
        weight = np.where(np.isfinite(fine), weight, 0.0)
        total = self.cell_sum(weight)
        sums = self.cell_sum(np.where(weight > 0.0, fine, 0.0) * weight)
        return np.where(total > 0.0, sums / np.where(total > 0.0, total, 1.0), np.nan)


TM2 = CellGrid(10.0, 7.5)  # the transport model TM2; Heimann (1995)


def fine_area() -> np.ndarray:
    """Area of each cell of the 0.5 degree grid (m2), shape (360, 720)."""
    half = 0.5 * FINE_STEP
    area = sphere.cell_area(FINE_LATITUDES - half, FINE_LATITUDES + half, FINE_STEP)
    return np.repeat(area[:, None], 720, axis=1)


def nearest(axis: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Index of the entry of `axis` nearest to each value."""
    return np.abs(np.asarray(axis)[None, :] - np.asarray(values)[:, None]).argmin(axis=1)


def to_fine(field: np.ndarray, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """A map on a regular grid, read at the nearest point, on the 0.5 degree grid.

    Args:
        field: shape (..., latitude, longitude).
        latitude, longitude: its axes (degrees), in any order; longitudes in -180..180.
    """
    rows = nearest(latitude, FINE_LATITUDES)
    away = np.abs((np.asarray(longitude)[None, :] - FINE_LONGITUDES[:, None] + 180) % 360 - 180)
    return field[..., rows[:, None], away.argmin(axis=1)[None, :]]


def fill_from_nearest(
    values: np.ndarray,
    valid: np.ndarray,
    target: np.ndarray,
    latitude: np.ndarray,
    longitude: np.ndarray,
) -> np.ndarray:
    """Values at places, gaps filled with the nearest valid value on the sphere.

    Args:
        values: in any unit, shape (..., *place).
        valid: where the values are valid, shape of the places (bool).
        target: where a value is needed, same shape (bool).
        latitude, longitude: of the places (degrees), same shape.
    """
    lat, lon = np.radians(latitude), np.radians(longitude)
    place = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    gaps = target & ~valid
    filled = np.array(values)
    if gaps.any():
        nearest_valid = np.argmax(place[gaps] @ place[valid].T, axis=1)
        filled[..., gaps] = values[..., valid][..., nearest_valid]
    return filled
