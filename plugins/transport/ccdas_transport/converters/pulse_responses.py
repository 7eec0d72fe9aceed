"""Responses to monthly pulses of regions or boxes, made a Jacobian on the transport grid."""

from __future__ import annotations

import warnings

import numpy as np
from attrs import field, frozen

from ccdas_framework import InvalidInput

from ..constants import EARTH_RADIUS, KG_PER_PGC
from ..grid import box_area, regridded
from ..jacobian import TransportJacobian

EARLY = 1e-3  # of the largest response: what may be seen before the emission, rounding of files
OLD = 18  # months after which a pulse is nearly mixed
FAR_FROM_MIXED = 2.0  # factor between what stations see of an old pulse and the well-mixed value
DISTINCT = 100.0  # condition number above which a grid is too coarse to tell regions apart
WORTH_TELLING = 0.01  # share of the area of the Earth


@frozen(eq=False)
class Elements:
    """Where each of several sources emits: regions with their own patterns, or boxes.

    Args:
        name: of the elements, shape (element,).
        mass: emitted in each box of their own grid, in any unit, shape (element, latitude,
            longitude).
        latitude_edges, longitude_edges: of that grid, ascending (degrees).
        are_regions: each spans many boxes, and a box of the transport grid may hold several.
    """

    name: tuple[str, ...] = field(converter=tuple)
    mass: np.ndarray
    latitude_edges: np.ndarray
    longitude_edges: np.ndarray
    are_regions: bool

    def shares(self, grid):
        """How elements and boxes of a transport grid share each other.

        Returns:
            Share of each element's mass in each box, and share of each box's area (that any
            element covers) in each element; both of shape (element, box).
        """
        edges = self.latitude_edges, self.longitude_edges
        total = self.mass.sum(axis=(1, 2), keepdims=True)
        mass = regridded(self.mass / total, *edges, grid)
        area = regridded((self.mass != 0.0) * box_area(*edges), *edges, grid)
        count = len(self.name)
        mass, area = mass.reshape(count, -1), area.reshape(count, -1)
        covered = area.sum(axis=0)
        return mass, np.where(covered > 0.0, area / np.where(covered > 0.0, covered, 1.0), 0.0)


def by_calendar(months, pulse_month, pulse_element, response, elements, stations, memory, where):
    """Means over the years of responses by calendar month of the observation and lag.

    Args:
        months: of the output, datetime64[M], shape (time,).
        pulse_month: of each pulse, datetime64[M], shape (pulse,).
        pulse_element: position of its element, shape (pulse,).
        response: ppm per kgC of the pulse, shape (pulse, time, station); NaN where not run.
        elements, stations: their names.
        memory: months since the emission that are kept.
        where: the file, for sentences.

    Returns:
        shape (station, 12, lag, element); NaN for lags that no run reaches.

    Raises:
        InvalidInput: an element has no pulse in some calendar month, or is seen before it emits.
    """
    shape = (12, memory, len(elements), response.shape[2])
    total, count = np.zeros(shape), np.zeros(shape)
    largest = np.nanmax(np.abs(response))
    for pulse, (month, element) in enumerate(zip(pulse_month, pulse_element, strict=True)):
        lag = (months - month).astype(int)
        known = np.isfinite(response[pulse])
        values = np.where(known, response[pulse], 0.0)
        if np.abs(values[lag < 0]).max(initial=0.0) > EARLY * largest:
            raise InvalidInput(
                f"{where}: stations see the pulse of '{elements[element]}' in {month} before that "
                "month. Check the months of the pulses, and that the reference run was taken off."
            )
        kept = (lag >= 0) & (lag < memory)
        at = months[kept].astype(int) % 12, lag[kept], element
        np.add.at(total, at, values[kept])
        np.add.at(count, at, known[kept])
    _check_complete(count, elements, stations, where)
    mean = np.where(count > 0.0, total, np.nan) / np.maximum(count, 1.0)
    return mean.transpose(3, 0, 1, 2)


def _check_complete(count, elements, stations, where):
    """Refuse elements without a pulse that each station sees in the month it is emitted."""
    unseen = (count[:, 0] == 0.0).transpose(1, 0, 2)  # element, month, station
    for element in np.flatnonzero(unseen.any(axis=(1, 2))):
        months = np.flatnonzero(unseen[element].any(axis=1))
        names = [stations[s] for s in np.flatnonzero(unseen[element].any(axis=0))]
        who = "any station" if len(names) == len(stations) else ", ".join(names)
        raise InvalidInput(
            f"{where}: '{elements[element]}' has no pulse that {who} sees in its own month for the "
            f"calendar months {', '.join(str(m + 1) for m in months)}. A cyclic year needs a pulse "
            "of each of the 12 months."
        )


def pulse_jacobian(stations, response, elements, grid, pgc_per_ppm, where):
    """The Jacobian of pulses; what they do not reach is well mixed, or as in the nearest box.

        J = W (P^T W)^-1 R      for regions,      J = W R      for boxes

    P: share of an element's mass in each box; W: share of a box in each element; R: responses.
    So the pattern of a region, put through J, gives the response of that region exactly, also
    where a box of the grid holds parts of several.

    Args:
        stations: names, shape (station,).
        response: ppm per kgC, shape (station, 12, lag, element); NaN is well mixed.
        elements: of the pulses.
        grid: transport grid.
        pgc_per_ppm: PgC ppm-1.
        where: the file, for sentences.

    Raises:
        InvalidInput: old pulses are far from well mixed, or the grid cannot hold the regions.
    """
    well_mixed = 1.0 / (pgc_per_ppm * KG_PER_PGC)
    _check_mixed(response, well_mixed, where)
    response = np.where(np.isfinite(response), response, well_mixed)
    mass, share = elements.shares(grid)
    if elements.are_regions:
        mixture = mass @ share.T  # (P^T W), element by element
        if np.linalg.cond(mixture) > DISTINCT:
            raise InvalidInput(
                f"{where}: boxes of {grid.latitude_step:g} by {grid.longitude_step:g} degrees are "
                f"too coarse to tell the {len(elements.name)} regions apart. Choose a finer grid "
                "with latitude_step and longitude_step."
            )
        response = response @ np.linalg.inv(mixture).T
    table = response @ share
    nearest = _nearest_covered(share.sum(axis=0) > 0.0, grid, where)
    table = table[..., nearest].reshape(*response.shape[:3], *grid.area.shape)
    return TransportJacobian(stations, grid, table, well_mixed)


def _check_mixed(response, well_mixed, where):
    """Refuse pulses of another size: after 18 months stations see about the well-mixed value."""
    old = response[:, :, OLD:]
    old = old[np.isfinite(old)]
    if old.size == 0:
        return
    ratio = old.mean() / well_mixed
    if not 1.0 / FAR_FROM_MIXED < ratio < FAR_FROM_MIXED:
        raise InvalidInput(
            f"{where}: after {OLD} months stations see {ratio:.3g} times the well-mixed value of "
            "a pulse. The emitted mass is not what was said, or the reference run was not taken "
            "off."
        )


def _nearest_covered(covered, grid, where):
    """Position of the nearest box that has a response, for each box, shape (box,)."""
    nearest = np.arange(covered.size)
    if covered.all():
        return nearest
    lat, lon = (
        np.deg2rad(a).ravel() for a in np.meshgrid(grid.latitude, grid.longitude, indexing="ij")
    )
    place = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    known = np.flatnonzero(covered)
    closeness = place[:, ~covered].T @ place[:, known]
    nearest[~covered] = known[closeness.argmax(axis=1)]
    share = grid.area.ravel()[~covered].sum() / (4.0 * np.pi * EARTH_RADIUS**2)
    if share > WORTH_TELLING:
        warnings.warn(
            f"{where}: {100.0 * share:.0f} % of the Earth lies in no element; boxes there take the "
            "response of the nearest that has one.",
            stacklevel=3,
        )
    return nearest
