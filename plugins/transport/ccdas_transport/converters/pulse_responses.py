"""Jacobians from the responses to monthly pulses of regions or boxes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from attrs import field, frozen

from ccdas_framework import InvalidInput
from ccdas_framework.grids import EARTH_RADIUS, grid_area

from ..grid import TransportGrid, regridded
from ..jacobian import TransportJacobian
from ..jacobian_grid import JacobianGrid

EARLY_RESPONSE = 1e-3  # of the largest response: rounding of files before the emission
OLD_MONTHS = 18  # months after which a pulse is nearly mixed
MAX_MIXED_RATIO = 2.0  # between the response to an old pulse and the well-mixed value
MAX_CONDITION = 100.0  # condition number above which a grid is too coarse to separate regions
MIN_WARNED_SHARE = 0.01  # of the area of the Earth


@frozen(eq=False)
class Elements:
    """Distribution of several sources: regions with their patterns, or boxes.

    Args:
        name: names of the elements, shape (element,).
        mass: emission in each box of the sources' grid, in any unit, shape (element, latitude,
            longitude).
        latitude_edges, longitude_edges: edges of that grid, ascending (degrees).
        are_regions: each spans many boxes, and a box of the transport grid may hold several.
    """

    name: tuple[str, ...] = field(converter=tuple)
    mass: np.ndarray
    latitude_edges: np.ndarray
    longitude_edges: np.ndarray
    are_regions: bool

    def shares(self, grid: TransportGrid) -> tuple[np.ndarray, np.ndarray]:
        """Overlap of the elements and the boxes of a transport grid.

        Returns:
            Share of each element's mass in each box, and share of each box's area (the part that
            any element covers) in each element; both of shape (element, box).
        """
        edges = self.latitude_edges, self.longitude_edges
        total = self.mass.sum(axis=(1, 2), keepdims=True)
        mass = regridded(self.mass / total, *edges, grid)
        area = regridded((self.mass != 0.0) * grid_area(*edges), *edges, grid)
        count = len(self.name)
        mass, area = mass.reshape(count, -1), area.reshape(count, -1)
        covered = area.sum(axis=0)
        return mass, np.where(covered > 0.0, area / np.where(covered > 0.0, covered, 1.0), 0.0)


def cyclic_responses(
    months: np.ndarray,
    pulse_month: np.ndarray,
    pulse_element: np.ndarray,
    response: np.ndarray,
    elements: Sequence[str],
    stations: Sequence[str],
    memory: int,
    source: str,
) -> np.ndarray:
    """Means over the years of responses by calendar month of the observation and lag.

    Args:
        months: months of the output, datetime64[M], shape (time,).
        pulse_month: month of each pulse, datetime64[M], shape (pulse,).
        pulse_element: position of the element of each pulse, shape (pulse,).
        response: ppm per kgC of the pulse, shape (pulse, time, station). NaN where not run.
        elements, stations: their names.
        memory: months of emissions in the result.
        source: kind and path of the file, for messages.

    Returns:
        shape (station, 12, lag, element). NaN for lags that no run reaches.

    Raises:
        InvalidInput: an element has no pulse in some calendar month, or a response before it.
    """
    shape = (12, memory, len(elements), response.shape[2])
    total, count = np.zeros(shape), np.zeros(shape)
    largest = np.nanmax(np.abs(response))
    for pulse, (month, element) in enumerate(zip(pulse_month, pulse_element, strict=True)):
        lag = (months - month).astype(int)
        finite = np.isfinite(response[pulse])
        values = np.where(finite, response[pulse], 0.0)
        if np.abs(values[lag < 0]).max(initial=0.0) > EARLY_RESPONSE * largest:
            raise InvalidInput(
                f"{source}: stations respond to the pulse of '{elements[element]}' in {month} "
                "before that month. Check the months of the pulses, and the subtraction of the "
                "reference run.",
                code="response-before-pulse",
                where=f"{source}: '{elements[element]}'",
            )
        in_memory = (lag >= 0) & (lag < memory)
        entry = months[in_memory].astype(int) % 12, lag[in_memory], element
        np.add.at(total, entry, values[in_memory])
        np.add.at(count, entry, finite[in_memory])
    _check_complete(count, elements, stations, source)
    mean = np.where(count > 0.0, total, np.nan) / np.maximum(count, 1.0)
    return mean.transpose(3, 0, 1, 2)


def _check_complete(
    count: np.ndarray, elements: Sequence[str], stations: Sequence[str], source: str
) -> None:
    """Refuse elements without a response of each station in the month of each pulse."""
    absent = (count[:, 0] == 0.0).transpose(1, 0, 2)  # element, month, station
    for element in np.flatnonzero(absent.any(axis=(1, 2))):
        months = np.flatnonzero(absent[element].any(axis=1))
        names = [stations[s] for s in np.flatnonzero(absent[element].any(axis=0))]
        who = "any station" if len(names) == len(stations) else ", ".join(names)
        raise InvalidInput(
            f"{source}: '{elements[element]}' has no response of {who} in the month of its pulse "
            f"for the calendar months {', '.join(str(m + 1) for m in months)}. A cyclic year needs "
            "a pulse of each of the 12 months.",
            code="months-missing",
            where=f"{source}: '{elements[element]}'",
        )


def pulse_jacobian(
    stations: Sequence[str],
    response: np.ndarray,
    elements: Elements,
    grid: JacobianGrid,
    source: str,
) -> TransportJacobian:
    """The Jacobian of pulses. Lags beyond them are well mixed, boxes beyond take the nearest.

        J = W (P^T W)^-1 R      for regions,      J = W R      for boxes

    P: share of an element's mass in each box; W: share of a box in each element; R: responses.
    So the pattern of a region, put through J, gives the response of that region exactly, also
    where a box of the grid holds parts of several.

    Args:
        stations: names, shape (station,).
        response: ppm per kgC, shape (station, 12, lag, element). NaN is well mixed.
        elements: sources of the pulses.
        grid: boxes and months of the sources, and mass of the air.
        source: kind and path of the file, for messages.

    Raises:
        InvalidInput: old pulses are far from well mixed, or the grid cannot separate the regions.
    """
    boxes = grid.boxes
    _check_mixed(response, grid.well_mixed, source)
    response = np.where(np.isfinite(response), response, grid.well_mixed)
    mass, share = elements.shares(boxes)
    if elements.are_regions:
        mixture = mass @ share.T  # (P^T W), element by element
        if np.linalg.cond(mixture) > MAX_CONDITION:
            raise InvalidInput(
                f"{source}: boxes of {boxes.latitude_step:g} by {boxes.longitude_step:g} degrees "
                f"are too coarse to separate the {len(elements.name)} regions. Choose a finer grid "
                "with latitude_step and longitude_step.",
                code="grid-too-coarse",
                where="latitude_step, longitude_step",
            )
        response = response @ np.linalg.inv(mixture).T
    table = response @ share
    nearest = _nearest_covered(share.sum(axis=0) > 0.0, boxes, source)
    table = table[..., nearest].reshape(*response.shape[:3], *boxes.area.shape)
    return TransportJacobian(stations, boxes, table, grid.well_mixed)


def _check_mixed(response: np.ndarray, well_mixed: float, source: str) -> None:
    """Refuse pulses of another size: after 18 months a response is near the well-mixed value."""
    old = response[:, :, OLD_MONTHS:]
    old = old[np.isfinite(old)]
    if old.size == 0:
        return
    ratio = old.mean() / well_mixed
    if not 1.0 / MAX_MIXED_RATIO < ratio < MAX_MIXED_RATIO:
        raise InvalidInput(
            f"{source}: after {OLD_MONTHS} months stations respond with {ratio:.3g} times the "
            "well-mixed value of a pulse. The emitted mass differs from its declaration, or the "
            "reference run was not subtracted.",
            code="not-well-mixed",
            where=source,
        )


def _nearest_covered(covered: np.ndarray, grid: TransportGrid, source: str) -> np.ndarray:
    """Position of the nearest box that has a response, for each box, shape (box,)."""
    nearest = np.arange(covered.size)
    if covered.all():
        return nearest
    lat, lon = (
        np.deg2rad(a).ravel() for a in np.meshgrid(grid.latitude, grid.longitude, indexing="ij")
    )
    direction = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    candidates = np.flatnonzero(covered)
    closeness = direction[:, ~covered].T @ direction[:, candidates]
    nearest[~covered] = candidates[closeness.argmax(axis=1)]
    share = grid.area.ravel()[~covered].sum() / (4.0 * np.pi * EARTH_RADIUS**2)
    if share > MIN_WARNED_SHARE:
        warnings.warn(
            f"{source}: {100.0 * share:.0f} % of the Earth lies in no element. Boxes there take "
            "the response of the nearest box that has one.",
            stacklevel=3,
        )
    return nearest
