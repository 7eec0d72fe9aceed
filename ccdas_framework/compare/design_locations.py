"""Where and when a design observes, as observations without values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve

from ..core.domain import Domain, Forcing
from ..core.errors import Findings
from ..core.interfaces import ObservationOperator
from ..core.observations import Observations
from .design_tables import CELLS, OBSERVED, Design

Place = Mapping[str, Any]


def asked_for(
    design: Design,
    operator: ObservationOperator,
    forcing: Forcing,
    lists: Mapping[str, Sequence[Place]],
    observed: Observations | None,
    findings: Findings,
) -> Observations | None:
    """Observations without values, or None and a finding for each thing wrong.

    Args:
        design: what is asked for.
        operator: of its stream.
        forcing: tells the grid and the window.
        lists: places by the names that designs give.
        observed: observations of the stream, where there is a file of them.
        findings: gets a finding for each thing wrong.
    """
    where = f"design '{design.name}'"
    domain = forcing.domain
    period = _period(design, domain, where, findings)
    if period is None:
        return None
    if design.places == OBSERVED:
        if observed is None:
            return None  # the file could not be read, which is told already
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
                f"{places.longitude[n]:g} E lies in no cell of the grid, and stream "
                f"'{design.stream}' sees single cells. Move it, or leave it out of "
                f"'{design.places}'.",
            )
        if outside.any():
            return None
    start, end = _times(design, *period)
    if not len(start):
        findings.add(
            "empty-period",
            design.where,
            f"{where}: no whole {'month' if design.sampling == 'monthly' else 'day'} lies between "
            f"{period[0]} and {period[1]}; lengthen the period, or sample daily.",
        )
        return None
    count = len(places)
    every = places.take(np.repeat(np.arange(count), len(start)))
    sd = np.nan if design.error is None else design.error
    return evolve(
        every, start=np.tile(start, count), end=np.tile(end, count), sd=np.full(len(every), sd)
    )


def cells(forcing: Forcing, every: int = 1) -> Observations:
    """The centre of each so many-th cell of the grid."""
    grid = forcing.domain.grid
    taken = np.arange(0, grid.cells, every)
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
        f"{where} asks for observations from {start} to {end}; the window of the experiment is "
        f"{first} to {last}. Choose a period inside it, or lengthen the window with time.days.",
    )
    return None


def _at_their_times(
    design: Design,
    observed: Observations,
    period: tuple[np.datetime64, np.datetime64],
    where: str,
    findings: Findings,
) -> Observations | None:
    """The observations themselves without their values, their error replaced where one is given."""
    given = design.start is not None or design.end is not None
    inside = (observed.start >= period[0]) & (observed.end <= period[1])
    kept = observed.take(inside) if given else observed
    if not len(kept):
        findings.add(
            "no-observations",
            design.where,
            f"{where}: stream '{design.stream}' has no observation from {period[0]} to "
            f"{period[1]}.",
        )
        return None
    kept = kept.take(np.arange(0, len(kept), design.every))
    sd = kept.sd if design.error is None else np.full(len(kept), design.error)
    return evolve(kept, values=np.full(len(kept), np.nan), sd=sd)


def _of_file(observed: Observations) -> Observations:
    """Each place of an observation file once."""
    what = [observed.label.astype(str), observed.latitude, observed.longitude]
    _, first = np.unique(np.rec.fromarrays(what), return_index=True)
    kept = observed.take(np.sort(first))
    return _without_values(kept.latitude, kept.longitude, kept.altitude, kept.label.astype(str))


def _of_list(places: Sequence[Place]) -> Observations:
    latitude = np.array([float(p["latitude"]) for p in places])
    longitude = np.array([(float(p["longitude"]) + 180.0) % 360.0 - 180.0 for p in places])
    altitude = np.array([float(p.get("altitude", np.nan)) for p in places])
    own = [str(p.get("label", "")) for p in places]
    label = [mine or made for mine, made in zip(own, _labels(latitude, longitude), strict=True)]
    return _without_values(latitude, longitude, altitude, np.array(label))


def _without_values(
    latitude: np.ndarray, longitude: np.ndarray, altitude: np.ndarray, label: np.ndarray
) -> Observations:
    nothing = np.full(len(latitude), np.nan)
    never = np.full(len(latitude), np.datetime64("NaT"), "datetime64[D]")
    return Observations(nothing, nothing, never, never, latitude, longitude, altitude, label)


def _labels(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """A name for each place, such as '48.75N 5.00E'; of places alike, with a number."""
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
    whole = (start >= first) & (end <= last)
    return start[whole][:: design.every], end[whole][:: design.every]
