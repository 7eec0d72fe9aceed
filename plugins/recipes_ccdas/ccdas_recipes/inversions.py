"""Surface fluxes of five atmospheric inversions by latitude: ocean, land and fossil fuel."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ccdas_framework import (
    InvalidInput,
    Reference,
    data_file,
    did_you_mean,
    merge_references,
    netcdf_lock,
    write_reference,
)

# name -> what it is, and how to cite it
INVERSIONS: Mapping[str, tuple[str, str]] = {
    "CTE2018": ("CarbonTracker Europe 2018 (TM5)", "van der Laan-Luijkx et al. (2017)"),
    "CT2019B": ("CarbonTracker CT2019B (NOAA, TM5)", "Jacobson et al., doi:10.25925/20201008"),
    "s99oc_v2020": ("Jena CarboScope s99oc_v2020 (TM3)", "Rödenbeck et al."),
    "CAMSv20r1": (
        "CAMS v20r1 (LMDZ)",
        "contains modified Copernicus Atmosphere Monitoring Service information 2021",
    ),
    "MIROC": ("MIROC4-ACTM", "Chandra, Patra et al."),
}
FLUXES = {"ocean": "SFCO2_OCN", "land": "SFCO2_LND", "fossil": "SFCO2_FFF"}
COMPILED = "compiled by Long et al. (2021), doi:10.1126/science.abi4355"
UNITS = "PgC yr-1"
ROW_EDGES = np.arange(-90.0, 91.0)  # degrees; three of the five are published on these rows
MAP_OF_GCB = "CDIAC"  # fossil fuel of no inversion: the CDIAC map, scaled to the carbon budget


class OutsidePublishedPeriod(InvalidInput):
    """An inversion has no fluxes for some of the months."""

    default_code = "outside-published-period"


def one_inversion(ocean: Any, fossil: Any) -> None:
    """Refuse prescribed fluxes that are not those of one inversion.

    Inversions disagree on ocean and fossil fuel by more than 1 PgC yr-1 and give the difference to
    the land, so that parts of two of them fit no atmosphere.

    Raises:
        InvalidInput: an unknown name, several, or fossil fuel of another inversion than the ocean.
    """
    for setting, value, others in (("ocean", ocean, ()), ("fossil", fossil, (MAP_OF_GCB,))):
        choices = (*others, *INVERSIONS)
        if isinstance(value, str) and value in choices:
            continue
        if not isinstance(value, str) or any(mark in value for mark in ",+&/ "):
            code, why = (
                "mixed-inversions",
                (
                    "is not the name of one inversion. Fluxes are never mixed between inversions, "
                    "because each balances its ocean against its own land."
                ),
            )
        else:
            code, why = "unknown-inversion", f"is unknown.{did_you_mean(value, choices)}"
        raise InvalidInput(
            f"{setting} = {value!r} {why} There are: {', '.join(choices)}.",
            code=code,
            where=f"inputs.settings.{setting}",
        )
    if fossil not in (MAP_OF_GCB, ocean):
        raise InvalidInput(
            f"fossil = '{fossil}' and ocean = '{ocean}' mix two inversions, which balance their "
            f"ocean against different fossil fuel. Take both from one, or fossil = '{MAP_OF_GCB}'.",
            code="mixed-inversions",
            where="inputs.settings.fossil",
        )


def zonal(data: Path | None, name: str, flux: str, months: np.ndarray) -> Reference:
    """A flux of an inversion, summed over each row of latitude (PgC yr-1), to the atmosphere.

    Args:
        data: folder of published data.
        name: of `INVERSIONS`.
        flux: of `FLUXES`.
        months: datetime64[M], in a row.

    Raises:
        OutsidePublishedPeriod: it does not have all months.
    """
    import xarray as xr  # slow to import

    path = f"co2/zonal_flux_{name}.nc"
    with netcdf_lock, xr.open_dataset(data_file(data, path)) as file:
        file = file.sortby("lat")
        published = file["time"].values.astype("datetime64[M]")
        index = position(months, published, path)
        centre = file["lat"].values.astype(float)
        density = file[FLUXES[flux]].values[index].astype(float)  # PgC yr-1 per degree
    step = float(np.diff(centre).mean())
    return Reference(
        names=(name,),
        months=np.asarray(months),
        south=np.maximum(centre - 0.5 * step, -90.0),
        north=np.minimum(centre + 0.5 * step, 90.0),
        values=density[None] * step,
        units=UNITS,
        long_name=f"{flux} flux of carbon in CO2, positive into the atmosphere",
    )


def position(months: np.ndarray, published: np.ndarray, path: str) -> np.ndarray:
    """Position of each month among those published.

    Raises:
        OutsidePublishedPeriod: some are not.
    """
    if months[0] < published[0] or months[-1] > published[-1]:
        raise OutsidePublishedPeriod(
            f"{path} has fluxes from {published[0]} to {published[-1]}; needed are {months[0]} to "
            f"{months[-1]}, with the months before the window that transport still remembers. "
            "Choose an earlier end or a later start, or another inversion.",
            where=path,
        )
    return np.searchsorted(published, months)


def write_land_flux(path: Path, months: np.ndarray, data: Path | None, history: str) -> None:
    """Write the land flux of all inversions that reach over the months, on rows of one degree.

    Args:
        path: where.
        months: datetime64[M].
        data: folder of published data.
        history: what makes the file.

    Raises:
        InvalidInput: no inversion has all months.
    """
    references, ended = {}, []
    for name in INVERSIONS:
        try:
            references[name] = zonal(data, name, "land", months)
        except OutsidePublishedPeriod:
            ended.append(name)
    if not references:
        raise InvalidInput(
            f"no inversion has land fluxes for all of {months[0]} to {months[-1]}, to compare "
            "with. Choose a window within 2000 to 2018.",
            code="outside-published-period",
            where="evaluation_land_flux.nc",
        )
    reference = merge_references(list(references.values()), list(references), ROW_EDGES)
    attributes = {
        "title": "Land flux of atmospheric inversions, summed over rows of latitude",
        "source": "; ".join(f"{name}: {INVERSIONS[name][0]}" for name in references),
        "credits": "; ".join([*(INVERSIONS[name][1] for name in references), COMPILED]),
        "synthetic": "no",
        "comment": (
            "land includes fires; these inversions assimilated most of the stations used here, so "
            "they are a reference and no independent data"
            + (f"; not reaching over the window: {', '.join(ended)}" if ended else "")
        ),
        "history": history,
    }
    write_reference(path, Reference(
        reference.names, reference.months, reference.south, reference.north, reference.values,
        reference.units, reference.long_name, attributes,
    ))  # fmt: skip
