"""Locations of stations, and whether two sources give the same location."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from attrs import field, frozen

from ccdas_framework import CcdasWarning, InvalidInput, did_you_mean

SAME_DEGREES = 2.0  # a quarter of a box of the default grid: transport hardly differs within
SAME_ALTITUDE = 500.0  # m, about the depth of the lowest layer of the transport by winds


def _numbers(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=float)


def _names(values: Any) -> tuple[str, ...]:
    return tuple(str(name) for name in values)


@frozen(eq=False)
class StationLocations:
    """Locations of stations, NaN where unknown.

    Args:
        id: names, shape (station,).
        latitude, longitude: degrees, NaN where unknown, shape (station,).
        altitude: above the sea (m), NaN where unknown, shape (station,).
    """

    id: tuple[str, ...] = field(converter=_names)
    latitude: np.ndarray = field(converter=_numbers)
    longitude: np.ndarray = field(converter=_numbers)
    altitude: np.ndarray = field(converter=_numbers)

    def __len__(self) -> int:
        return len(self.id)

    def take(self, names: Sequence[str]) -> Self:
        """The stations of these names, in this order.

        Raises:
            InvalidInput: there is no name, or an unknown name.
        """
        index = station_index(names, self.id)
        return type(self)(names, self.latitude[index], self.longitude[index], self.altitude[index])

    @property
    def coordinates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Latitude, longitude (degrees) and altitude (m), each of shape (station,)."""
        return self.latitude, self.longitude, self.altitude

    def warn_of_missing_altitude(self) -> None:
        """Warn of stations that count as near the surface because their altitude is unknown."""
        unknown = [name for name, m in zip(self.id, self.altitude, strict=True) if np.isnan(m)]
        if unknown:
            first = ", ".join(unknown[:10]) + (" ..." if unknown[10:] else "")
            message = (
                f"{len(unknown)} of {len(self)} stations have no altitude and count as stations "
                f"near the surface: {first}. Give the variable 'altitude' (m), because air above "
                "mountains differs."
            )
            warning = CcdasWarning(message, code="missing-altitude", where="altitude")
            warnings.warn(warning, stacklevel=2)


def station_index(names: Sequence[str], available: Sequence[str]) -> list[int]:
    """Position of each name among the available stations.

    Raises:
        InvalidInput: there is no name, or an unknown name.
    """
    if not names:
        raise InvalidInput(
            f"stations: no name is given. Available: {', '.join(available)}.",
            code="no-station",
            where="stations",
        )
    absent = [name for name in names if name not in available]
    if absent:
        raise InvalidInput(
            f"stations: {', '.join(absent)} is not among the stations."
            f"{did_you_mean(absent[0], available)} Available: {', '.join(available)}.",
            code="unknown-station",
            where=f"station '{absent[0]}'",
        )
    return [available.index(name) for name in names]


def locations_differ(location: Sequence[np.ndarray], reference: Sequence[np.ndarray]) -> np.ndarray:
    """Whether two locations cannot be the same (bool), shape (station,). NaN never differs.

    Args:
        location, reference: latitude, longitude (degrees) and altitude (m), each of shape
            (station,).
    """
    (latitude, longitude, altitude), (other_latitude, other_longitude, other_altitude) = (
        location, reference,
    )  # fmt: skip
    turn = (longitude - other_longitude + 180.0) % 360.0 - 180.0
    eastward = np.abs(turn) * np.cos(np.deg2rad(latitude))
    return (
        (np.abs(latitude - other_latitude) > SAME_DEGREES)
        | (eastward > SAME_DEGREES)
        | (np.abs(altitude - other_altitude) > SAME_ALTITUDE)
    )


def check_locations(
    stations: StationLocations,
    reference: StationLocations,
    reference_source: str,
    source: str = "the observations",
) -> None:
    """Refuse stations whose location differs from the location in a reference.

    Args:
        stations: stations to check. Those whose name the reference lacks do not count.
        reference: stations with a known transport.
        reference_source: file of the reference, for messages.
        source: origin of the stations, for messages.

    Raises:
        InvalidInput: a station has another location or altitude than the reference.
    """
    index = [n for n, name in enumerate(stations.id) if name in reference.id]
    reference_index = [reference.id.index(stations.id[n]) for n in index]
    location = [values[index] for values in stations.coordinates]
    expected = [values[reference_index] for values in reference.coordinates]
    for n in np.flatnonzero(locations_differ(location, expected)):
        name = stations.id[index[n]]
        raise InvalidInput(
            f"'{name}' lies at {_location_text(location, expected, n)} in {source} "
            f"and at {_location_text(expected, location, n)} in {reference_source}. Correct the "
            "position or the label.",
            code="location-differs",
            where=f"station '{name}'",
        )


def check_labels(
    label: Sequence[str], station: np.ndarray, first: np.ndarray, location: Sequence[np.ndarray]
) -> None:
    """Refuse observations of one label at several locations.

    Args:
        label: label of each observation, shape (obs,).
        station: number of its station, shape (obs,).
        first: the first observation of each station, shape (station,).
        location: latitude, longitude (degrees) and altitude (m) of each observation, shape (obs,).

    Raises:
        InvalidInput: a label stands for several locations.
    """
    expected = [values[first][station] for values in location]
    for n in np.flatnonzero(locations_differ(location, expected)):
        raise InvalidInput(
            f"'{label[n]}' stands for observations at "
            f"{_location_text(expected, location, n)} and at "
            f"{_location_text(location, expected, n)}, where the air is not the same. Give each "
            "location a label.",
            code="several-locations",
            where=f"station '{label[n]}'",
        )


def _location_text(location: Sequence[np.ndarray], reference: Sequence[np.ndarray], n: int) -> str:
    """'19.54, -155.58', and the altitude where both locations have one."""
    text = f"{location[0][n]:g}, {location[1][n]:g}"
    has_altitude = np.isfinite(location[2][n]) and np.isfinite(reference[2][n])
    return f"{text}, {location[2][n]:g} m" if has_altitude else text
