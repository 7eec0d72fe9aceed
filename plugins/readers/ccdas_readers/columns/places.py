"""Sites whose label stands for several places, such as an instrument that moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ccdas_framework.grids import great_circle_distance

from ..lazy_modules import pandas as pd

FARTHEST = 10.0  # km between positions of one place, a choice


def split_places(frames: Sequence[pd.DataFrame], kept: Sequence[np.ndarray]) -> list[str]:
    """Give each place of a site a label of its own, with its position; a note about each site.

    Positions within 10 km are one place. A place has a row that passes the quality filter.

    Args:
        frames: rows of files with `label`, `latitude` and `longitude` (degrees); the labels of
            sites with several places are replaced.
        kept: numbers of the rows of each frame that pass the quality filter.
    """
    notes = []
    for site in dict.fromkeys(label for frame in frames for label in frame["label"]):
        found: list[tuple[float, float]] = []
        for frame, rows in zip(frames, kept, strict=True):
            _add_places(found, _positions(frame.iloc[rows], site))
        if len(found) < 2:
            continue
        names = [f"{site} {latitude:.2f} {longitude:.2f}" for latitude, longitude in found]
        for frame in frames:
            rows = np.flatnonzero(frame["label"] == site)
            nearest = np.argmin(_distances(_positions(frame, site), found), axis=1)
            labels = frame["label"].to_numpy(dtype=object, copy=True)
            labels[rows] = np.array(names, dtype=object)[nearest]
            frame["label"] = labels
        notes.append(
            f"{site} has {len(found)} places more than {FARTHEST:g} km apart, which are kept "
            f"apart: {', '.join(names)} (degrees north and east)"
        )
    return notes


def _positions(frame: pd.DataFrame, site: str) -> np.ndarray:
    """Latitude and longitude of the rows of a site, shape (row, 2)."""
    rows = frame.loc[frame["label"] == site, ["latitude", "longitude"]]
    return np.asarray(rows.to_numpy(dtype=float))


def _add_places(found: list[tuple[float, float]], positions: np.ndarray) -> None:
    """Add positions that are far from all places found before; the first one is always a place."""
    for position in np.unique(positions.round(3), axis=0):  # 0.1 km
        if not np.isfinite(position).all():
            continue
        if not found or _distances(position[None], found).min() > FARTHEST:
            found.append((float(position[0]), float(position[1])))


def _distances(positions: np.ndarray, places: Sequence[tuple[float, float]]) -> np.ndarray:
    """Great-circle distances (km), shape (position, place)."""
    north, east = positions.T[:, :, None]
    to_north, to_east = np.array(places).T[:, None, :]
    return great_circle_distance(north, east, to_north, to_east) / 1000.0
