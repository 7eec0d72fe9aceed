"""Positions of stations whose files state none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..refusal import refusal


def station_position(
    path: Path, code: str, settings: tuple[float | None, float | None, float | None],
    notes: list[str],
) -> tuple[float, float, float]:  # fmt: skip
    """Latitude, longitude (degrees) and altitude (m) of a station.

    Args:
        path: of the file.
        code: of the station.
        settings: latitude, longitude and altitude that the user gives.
        notes: receives the origin of the position.

    Raises:
        InvalidInput: the position is not known; the message names the settings.
    """
    latitude, longitude, altitude = settings
    if latitude is not None and longitude is not None:
        return latitude, longitude, np.nan if altitude is None else altitude
    known = _shipped(code)
    if known is None:
        raise refusal(
            path, "missing-site", "latitude and longitude",
            f"the file states no position of {code}. Give it by --set latitude=DEGREES "
            "--set longitude=DEGREES --set altitude=METRES.",
        )  # fmt: skip
    notes.append(f"the file states no position of {code}; it is that of ccdas-transport")
    return known


def _shipped(code: str) -> tuple[float, float, float] | None:
    """Position of a station of the shipped transport Jacobian, where the package is installed."""
    try:
        from ccdas_transport import shipped_stations
    except ImportError:
        return None
    stations: Any = shipped_stations()
    if code not in stations.id:
        return None
    n = list(stations.id).index(code)
    return float(stations.latitude[n]), float(stations.longitude[n]), float(stations.altitude[n])
