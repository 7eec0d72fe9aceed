"""Monthly fluxes of flux towers as observations, with the errors of their months."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ccdas_framework import ObservationRecord, Observations, data_file, write_observation_record

from . import maps, netcdf_files, site_maps
from .flux_months import ASSIMILATED, CREDITS, WITHHELD, FluxMonths, read_flux_months
from .ten_stations import last_day

QUANTITY = {"gpp": "gpp", "nee": "nee", "et": "evapotranspiration"}  # name of the flux operator
# Evaluation: name of the field, name in the record, sign, description
EVALUATED = {
    "gpp": ("gpp", 1.0, "Gross primary production"),
    "nep": ("nee", -1.0, "Net ecosystem production (uptake > 0, -NEE)"),
    "evapotranspiration": ("et", 1.0, "Evapotranspiration"),
}
HISTORY = "ccdas_recipes, recipe towers_149"


def carbon_record(record: FluxMonths, elevation: np.ndarray) -> ObservationRecord:
    """Gross production and net exchange of the months to assimilate, with the column `quantity`."""
    gpp, nee = (monthly_values(record, name, ASSIMILATED, elevation) for name in ("gpp", "nee"))
    columns = ("values", "sd", "start", "end", "latitude", "longitude", "altitude", "label")
    both = {name: np.concatenate([getattr(gpp, name), getattr(nee, name)]) for name in columns}
    extra = {
        name: np.concatenate([gpp.extra[name], nee.extra[name]])
        for name in ("quantity", "place_class")
    }
    return netcdf_files.record("flux", Observations(**both, extra=extra), about(
        "Monthly carbon fluxes of flux towers, months to assimilate", "no", comment=(
            "gross production follows from net exchange by a partition and is not independent of "
            "it; observed_sd: spread between towers of the class within a month, and 15 "
            "per cent of their mean gross production, for net exchange 10 per cent of it, at "
            "least 0.3 gC m-2 d-1"
        )))  # fmt: skip


def water_record(record: FluxMonths, elevation: np.ndarray) -> ObservationRecord:
    """Evapotranspiration of the months to assimilate."""
    water = monthly_values(record, "et", ASSIMILATED, elevation)
    return netcdf_files.record("et", water, about(
        "Monthly evapotranspiration of flux towers, months to assimilate", "no", comment=(
            "the energy balance is not closed; observed_sd: spread between towers of the class "
            "within a month, and 20 per cent of their mean, at least 0.2 mm d-1"
        )))  # fmt: skip


def write_withheld(
    out: Path, record: FluxMonths, elevation: np.ndarray, names: Iterable[str], comment: str,
    history: str,
) -> None:  # fmt: skip
    """Write the withheld months of fluxes, a file for each.

    Args:
        out: folder to write to.
        record: of the period.
        elevation: m, shape (site,).
        names: of `EVALUATED`.
        comment, history: attributes of the files.
    """
    for name in names:
        recorded, sign, what = EVALUATED[name]
        withheld = monthly_values(record, recorded, WITHHELD, elevation)
        attributes = about(f"{what} at flux towers, withheld months", "no", comment=comment)
        evaluated = netcdf_files.record(
            name, withheld.with_values(sign * withheld.values), attributes
        )
        write_observation_record(out / f"evaluation_{name}.nc", evaluated, history)


def write_withheld_of(
    out: Path, months: np.ndarray, data: Path | None, names: Iterable[str], comment: str,
    history: str,
) -> None:  # fmt: skip
    """Write the withheld months of all sites within some months; no file where there is none.

    Args:
        out: folder to write to.
        months: datetime64[M], consecutive.
        data: folder of published data.
        names: of `EVALUATED`.
        comment, history: attributes of the files.
    """
    record = read_flux_months(data)
    present = months[(months >= record.months[0]) & (months <= record.months[-1])]
    if len(present):
        elevation = site_maps.nearest_values(
            maps.field(data_file(data, "land/global_land_1deg.nc"), "elevation"),
            record.latitude,
            record.longitude,
        )
        write_withheld(out, record.between(present), elevation, names, comment, history)


def monthly_values(record: FluxMonths, name: str, role: int, elevation: np.ndarray) -> Observations:
    """Monthly values of a flux in the months of one role, by site.

    Args:
        record: of the period.
        name: of `FLUXES`.
        role: `ASSIMILATED` or `WITHHELD`.
        elevation: m, shape (site,).
    """
    values = record.fluxes[name]
    sites, rows = np.nonzero((np.isfinite(values) & (record.split == role)).T)
    flux = values[rows, sites]
    start = record.months[rows]
    return Observations(
        values=flux,
        sd=record.errors[name][rows, sites],
        start=start,
        end=last_day(start),
        latitude=record.latitude[sites],
        longitude=record.longitude[sites],
        altitude=elevation[sites],
        label=record.names[sites],
        extra={
            "quantity": np.full(len(flux), QUANTITY[name]),
            "place_class": record.land_cover[sites],
        },
    )


def about(title: str, synthetic: str, comment: str = "") -> dict[str, str]:
    """Global attributes of the files of the towers."""
    return {
        "title": title,
        "source": "CARDAMOM-FluxVal v1.0: FLUXNET2015 fluxes and reanalysis weather, monthly",
        "credits": CREDITS,
        "synthetic": synthetic,
        "comment": comment,
        "history": HISTORY,
    }
