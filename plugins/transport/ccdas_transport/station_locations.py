"""Where stations are, and whether two accounts of it agree."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from ccdas_framework import InvalidInput

FAR = 2.0  # degrees, a quarter of a box of the default grid: transport hardly differs within
FAR_UP = 500.0  # m, about the depth of the lowest layer of the transport by winds


def _numbers(values):
    return np.asarray(values, dtype=float)


@frozen(eq=False)
class StationPlaces:
    """Places of stations, as far as they are known.

    Args:
        id: names, shape (station,).
        latitude, longitude: degrees, NaN where they are not known, shape (station,).
        altitude: above the sea (m), NaN where it is not known, shape (station,).
    """

    id: tuple[str, ...] = field(converter=lambda names: tuple(str(name) for name in names))
    latitude: np.ndarray = field(converter=_numbers)
    longitude: np.ndarray = field(converter=_numbers)
    altitude: np.ndarray = field(converter=_numbers)

    def __len__(self):
        return len(self.id)

    def take(self, names):
        """The stations of these names, in this order.

        Raises:
            InvalidInput: no name is given, or one that is not there.
        """
        index = positions(names, self.id)
        return type(self)(names, self.latitude[index], self.longitude[index], self.altitude[index])


def positions(names, known):
    """Where each of these names stands among those known.

    Raises:
        InvalidInput: no name is given, or one that is not known.
    """
    if not names:
        raise InvalidInput(f"stations: no name is given. Known: {', '.join(known)}.")
    absent = [name for name in names if name not in known]
    if absent:
        raise InvalidInput(
            f"stations: {', '.join(absent)} is not among the stations given. Known: "
            f"{', '.join(known)}."
        )
    return [known.index(name) for name in names]


def are_apart(place, other):
    """Whether places cannot be the same (bool), shape (station,); what is not known may be.

    Args:
        place, other: latitude, longitude (degrees) and altitude (m), each of shape (station,).
    """
    (north, east, up), (of_north, of_east, of_up) = place, other
    turn = (east - of_east + 180.0) % 360.0 - 180.0
    along = np.abs(turn) * np.cos(np.deg2rad(north))
    return (np.abs(north - of_north) > FAR) | (along > FAR) | (np.abs(up - of_up) > FAR_UP)


def check_places(asked, known, where, asked_in="the observations"):
    """Refuse stations that lie elsewhere than where their transport is known.

    Args:
        asked: stations wanted, with `id`, `latitude`, `longitude` and `altitude`.
        known: stations whose transport is known, likewise; those of other names do not count.
        where: what knows them, for the sentence.
        asked_in: what asks for them.

    Raises:
        InvalidInput: a station lies elsewhere or at another altitude.
    """
    mine = [n for n, name in enumerate(asked.id) if name in known.id]
    theirs = [known.id.index(asked.id[n]) for n in mine]
    place = [values[mine] for values in (asked.latitude, asked.longitude, asked.altitude)]
    other = [values[theirs] for values in (known.latitude, known.longitude, known.altitude)]
    for n in np.flatnonzero(are_apart(place, other)):
        raise InvalidInput(
            f"'{asked.id[mine[n]]}' lies at {_told(place, other, n)} in {asked_in} "
            f"and at {_told(other, place, n)} in {where}. Correct the position or the label."
        )


def check_labels(label, station, first, place):
    """Refuse observations of one label at places that transport tells apart.

    Args:
        label: of each observation, shape (obs,).
        station: number of its station, shape (obs,).
        first: the first observation of each station, shape (station,).
        place: latitude, longitude (degrees) and altitude (m) of each observation, shape (obs,).

    Raises:
        InvalidInput: a label stands for several places.
    """
    of_first = [values[first][station] for values in place]
    for n in np.flatnonzero(are_apart(place, of_first)):
        raise InvalidInput(
            f"'{label[n]}' stands for observations at {_told(of_first, place, n)} "
            f"and at {_told(place, of_first, n)}, where the air is not the same. Give each place a "
            "label of its own."
        )


def _told(place, other, n):
    """'19.54, -155.58', and the altitude where both know it."""
    text = f"{place[0][n]:g}, {place[1][n]:g}"
    has_altitude = np.isfinite(place[2][n]) and np.isfinite(other[2][n])
    return f"{text}, {place[2][n]:g} m" if has_altitude else text
