"""Places and times of hypothetical observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import evolve

from ..core.domain import Domain, Forcing
from ..core.errors import Findings
from ..core.interfaces import ObservationOperator
from ..core.observations import Observations
from .design_sections import PlaceSection
from .design_tables import CELLS, OBSERVED, Design


def hypothetical_observations(
    design: Design,
    operator: ObservationOperator,
    forcing: Forcing,
    lists: Mapping[str, Sequence[PlaceSection]],
    observed: Observations | None,
    findings: Findings,
) -> Observations | None:
    """Observations of a design without values, or None and findings.

    Args:
        operator: of its stream.
        forcing: with the grid and the window.
        lists: lists of places by name.
        observed: observations of the stream, where it has a file.
    """
    where = f"design '{design.name}'"
    domain = forcing.domain
    period = _period(design, domain, where, findings)
    if period is None:
        return None
    if design.places == OBSERVED:
        if observed is None:
            return None  # with a finding about the file
        if design.sampling is None:
            return _at_their_times(design, observed, period, where, findings)
        places = _of_file(observed)
    elif by_number := CELLS.fullmatch(design.places):
        places = cells(forcing, int(by_number[1] or 1))
    else:
        places = _of_list(lists[design.places])
    if operator.scope == "cell" and design.places != OBSERVED:
        outside = domain.grid.locate(places.latitude, places.longitude) < 0
        for n in np.flatnonzero(outside):
            findings.add(
                "outside-grid",
                f"places.{design.places}",
                f"{where}: place '{places.label[n]}' at {places.latitude[n]:g} N, "
                f"{places.longitude[n]:g} E lies in no cell of the grid, as stream "
                f"'{design.stream}' needs it. Move it, or remove it from '{design.places}'.",
            )
        if outside.any():
            return None
    start, end = _times(design, *period)
    if not len(start):
        findings.add(
            "empty-period",
            design.where,
            f"{where}: no full {'month' if design.sampling == 'monthly' else 'day'} lies between "
            f"{period[0]} and {period[1]}; lengthen the period, or sample daily.",
        )
        return None
    count = len(places)
    repeated = places.take(np.repeat(np.arange(count), len(start)))
    sd = np.full(len(repeated), np.nan if design.error is None else design.error)
    return evolve(repeated, start=np.tile(start, count), end=np.tile(end, count), sd=sd)


def cells(forcing: Forcing, interval: int = 1) -> Observations:
    """Centres of the cells of the grid, taken at an interval."""
    grid = forcing.domain.grid
    taken = np.arange(0, grid.cells, interval)
    label = _labels(grid.latitude[taken], grid.longitude[taken])
    altitude = forcing.static.get("elevation", np.full(grid.cells, np.nan))[taken]
    return _without_values(grid.latitude[taken], grid.longitude[taken], altitude, label)


def _period(
    design: Design, domain: Domain, where: str, findings: Findings
) -> tuple[np.datetime64, np.datetime64] | None:
    first, last = domain.time[domain.lead], domain.time[-1]
    start = first if design.start is None else design.start
    end = last if design.end is None else design.end
    if first <= start <= end <= last:
        return start, end
    findings.add(
        "outside-window",
        design.where,
        f"{where} observes from {start} to {end}; the window of the experiment is {first} to "
        f"{last}. Choose a period inside it, or lengthen the window with time.days.",
    )
    return None


def _at_their_times(
    design: Design,
    observed: Observations,
    period: tuple[np.datetime64, np.datetime64],
    where: str,
    findings: Findings,
) -> Observations | None:
    """The observations of a file without their values, with the error of the design if any."""
    if design.start is not None or design.end is not None:
        observed = observed.take((observed.start >= period[0]) & (observed.end <= period[1]))
    if not len(observed):
        stream = design.stream
        message = f"{where}: stream '{stream}' has no observation from {period[0]} to {period[1]}."
        findings.add("no-observations", design.where, message)
        return None
    selected = observed.take(np.arange(0, len(observed), design.every))
    sd = selected.sd if design.error is None else np.full(len(selected), design.error)
    return evolve(selected, values=np.full(len(selected), np.nan), sd=sd)


def _of_file(observed: Observations) -> Observations:
    """Each place of an observation file once."""
    keys = [observed.label.astype(str), observed.latitude, observed.longitude]
    _, first = np.unique(np.rec.fromarrays(keys), return_index=True)
    places = observed.take(np.sort(first))
    label = places.label.astype(str)
    return _without_values(places.latitude, places.longitude, places.altitude, label)


def _of_list(places: Sequence[PlaceSection]) -> Observations:
    latitude = np.array([p.latitude for p in places], float)
    longitude = (np.array([p.longitude for p in places], float) + 180.0) % 360.0 - 180.0
    altitude = np.array([p.altitude for p in places], float)  # NaN where it is left out
    defaults = _labels(latitude, longitude)
    label = [str(p.label or name) for p, name in zip(places, defaults, strict=True)]
    return _without_values(latitude, longitude, altitude, np.array(label))


def _without_values(
    latitude: np.ndarray, longitude: np.ndarray, altitude: np.ndarray, label: np.ndarray
) -> Observations:
    nothing = np.full(len(latitude), np.nan)
    never = np.full(len(latitude), np.datetime64("NaT"), "datetime64[D]")
    return Observations(nothing, nothing, never, never, latitude, longitude, altitude, label)


def _labels(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """A name for each place, such as '48.75N 5.00E', with a number where places coincide."""
    names = [
        f"{abs(lat):.2f}{'S' if lat < 0 else 'N'} {abs(lon):.2f}{'W' if lon < 0 else 'E'}"
        for lat, lon in zip(latitude, longitude, strict=True)
    ]
    return np.array(
        [n if names.count(n) == 1 else f"{n} ({k})" for k, n in enumerate(names, 1)], dtype=str
    )


def _times(
    design: Design, first: np.datetime64, last: np.datetime64
) -> tuple[np.ndarray, np.ndarray]:
    """First and last day of each observation of a place."""
    if design.sampling == "daily":
        days = np.arange(first, last + 1, design.every)
        return days, days
    months = np.arange(first.astype("M8[M]"), last.astype("M8[M]") + 1)
    start, end = months.astype("M8[D]"), (months + 1).astype("M8[D]") - 1
    inside = (start >= first) & (end <= last)
    return start[inside][:: design.every], end[inside][:: design.every]
