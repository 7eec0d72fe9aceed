"""Fluxes of inversions as prescribed fluxes and as a reference, and those of CarbonTracker."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ccdas_framework import ImportedData, InvalidInput, ProductReader, ScreenedSeries, convert_units

from ..checks import require_distinct, require_on_earth, require_past
from ..lazy_modules import xarray as xr
from ..netcdf_files import (
    load,
    moments,
    netcdf_head,
    require_numbers,
    require_variables,
    with_dimensions,
)
from ..refusal import refusal
from .flux_maps import KG_PER_PGC, UNITS, cell_areas, step_of

FLUXES = "fluxes"  # stream
LAND, OCEAN, FOSSIL, FIRE = "land", "ocean", "fossil", "fire"
# flux -> names of its variable: files of NOAA, and of CarbonTracker Europe
NAMES: Mapping[str, tuple[str, ...]] = {
    LAND: ("bio_flux_opt", "bio_flux"), OCEAN: ("ocn_flux_opt", "ocean_flux_opt", "ocn_flux"),
    FOSSIL: ("fossil_flux_imp", "fossil_imp", "ff_flux_imp", "fossil_flux"),
    FIRE: ("fire_flux_imp", "fire_flux", "fires_flux"),
}  # fmt: skip
KG_C_PER_MOL = 0.012011
LARGEST = 1e-3  # kgC m-2 s-1
TOTALS = {LAND: 15.0, OCEAN: 8.0, FOSSIL: 20.0, FIRE: 8.0}  # PgC yr-1, of a year and the globe
SEASON = 4.0  # times these limits, for less than a year: the season of land is larger; a choice
SECONDS_PER_YEAR = 365.25 * 86400.0
VERSION = re.compile(r"CT(?:-NRT\.v)?[\d.]*\d[A-Z]?|CTE\d{4}[A-Z]?", re.IGNORECASE)
AXES = ("latitude", "longitude")
LONG_NAMES = {
    FOSSIL: "carbon flux of fossil fuels, upward positive",
    OCEAN: "carbon flux of the ocean, upward positive",
}


@frozen(eq=False)
class MonthlyFluxes:
    """Fluxes of one file of an inversion.

    Args:
        path: of the file, for messages.
        months: datetime64[M], shape (time,).
        latitude, longitude: centres in ascending order (degrees), longitude from -180.
        fluxes: name -> kgC m-2 s-1 upwards, shape (time, latitude, longitude).
        dropped: reason -> number of values of each flux that are left out.
    """

    path: Path
    months: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    fluxes: Mapping[str, np.ndarray]
    dropped: Mapping[str, int] = field(factory=dict)


def wanted_fluxes(stream: str, *with_land: str) -> tuple[str, ...]:
    """Fluxes that the file for a stream needs; `with_land` are those beside land in a reference."""
    return (FOSSIL, OCEAN) if stream == FLUXES else (LAND, *with_land)


def ascending(
    path: Path, months: np.ndarray, latitude: np.ndarray, longitude: np.ndarray,
    fluxes: Mapping[str, np.ndarray],
) -> MonthlyFluxes:  # fmt: skip
    """Fluxes with both axes in ascending order.

    Raises:
        InvalidInput: rows that are not even, or coordinates beyond the Earth.
    """
    latitude, longitude = latitude.astype(float), longitude.astype(float)
    require_on_earth(path, latitude, longitude, "flux")
    rows, columns = np.argsort(latitude), np.argsort((longitude + 180.0) % 360.0)
    step_of(path, latitude[rows], "latitude")
    return MonthlyFluxes(
        path, months, latitude[rows], ((longitude + 180.0) % 360.0 - 180.0)[columns],
        {name: values[:, rows][:, :, columns] for name, values in fluxes.items()},
    )  # fmt: skip


def inversion_data(
    parts: Sequence[MonthlyFluxes], stream: str, *, product: str, version: str, credits: str,
    notes: Sequence[str], fires: bool,
) -> ImportedData:  # fmt: skip
    """Prescribed fluxes or a reference from the files of an inversion.

    Args:
        parts: fluxes of each file.
        stream: "fluxes" or "reference".
        product, version, credits: as of `ImportedData`.
        notes: of the product.
        fires: whether the fluxes of land contain fires.

    Raises:
        InvalidInput: months with gaps, several grids, other fluxes in one file than in another, or
            fluxes that cannot be.
    """
    path, notes = parts[0].path, list(notes)
    months = np.concatenate([part.months for part in parts])
    require_distinct(path, months, "time")
    require_past(path, months.astype("datetime64[s]"), "time")
    order = np.argsort(months)
    months = months[order]
    if (np.diff(months).astype(int) != 1).any():
        raise refusal(path, "missing-days", "time", "the files lack a month between others.")
    latitude, longitude = parts[0].latitude, parts[0].longitude
    for part in parts:
        pairs = (part.latitude, latitude), (part.longitude, longitude)
        if not all(a.shape == b.shape and np.allclose(a, b, atol=1e-3) for a, b in pairs):
            raise refusal(part.path, "wrong-grid", "", "its grid is not that of the files before.")
        if differs := sorted(set(part.fluxes) ^ set(parts[0].fluxes)):
            where = "this file" if differs[0] in part.fluxes else path.name
            raise refusal(part.path, "missing-variable", differs[0],
                          f"of it and {path.name}, only {where} has the {differs[0]} flux; "
                          "expected the same fluxes in all files.")  # fmt: skip
    fluxes = {n: np.concatenate([p.fluxes[n] for p in parts])[order] for n in parts[0].fluxes}
    areas = cell_areas(path, latitude, longitude)
    for name, values in fluxes.items():
        monthly = (values * areas).sum(axis=(1, 2)) * SECONDS_PER_YEAR / KG_PER_PGC
        notes.append(f"mean {name}: {monthly.mean():.3f} PgC yr-1")
        years = len(months) // 12
        total = abs(float(monthly[: 12 * years or None].mean()))
        limit = TOTALS[name] * (1.0 if years else SEASON)
        if total > limit:
            raise refusal(path, "wrong-units", name,
                          f"the {name} flux is {total:.4g} PgC yr-1 up or down; expected at most "
                          f"{limit:g}. Check the unit.")  # fmt: skip
    if stream == FLUXES:
        dataset = _prescribed(months, latitude, longitude, fluxes)
    else:
        dataset = _reference(months, latitude, fluxes, areas, version or product, fires)
        notes.append("an inversion assimilates stations that a run may use too: it is a reference "
                     "and no independent data")  # fmt: skip
    dropped = sum((Counter(part.dropped) for part in parts), Counter[str]())
    counts = tuple(ScreenedSeries(n, v.size, dropped) for n, v in fluxes.items())
    return ImportedData(dataset, product, version, counts, tuple(notes), credits)


@frozen
class CarbonTracker(ProductReader):
    """Monthly fluxes of CarbonTracker on a regular grid (flux1x1-monthly)."""

    title = "CarbonTracker, monthly fluxes of one degree, and files in its layout"
    gives: ClassVar = {
        "fluxes": "prescribed fossil and ocean fluxes, kgC m-2 s-1, monthly",
        "reference": "land flux with fires by rows of latitude, PgC yr-1, monthly",
    }
    guide = "Jacobson et al., CarbonTracker documentation CT2022, gml.noaa.gov/ccgg/carbontracker"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Version of a file of optimised fluxes, else ""."""
        head = netcdf_head(path)
        if head is None:
            return ""
        names = [n for names in NAMES.values() for n in names if n in head.variables]
        if len(names) < 2:
            return ""
        match = VERSION.search(f"{path.name} {head.attributes.get('title', '')}")
        return f"{match[0] if match else 'CarbonTracker-type'} fluxes {', '.join(names)}"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Monthly fluxes of the files.

        Raises:
            InvalidInput: another time step, unit or grid, months with gaps, or fluxes that cannot
                be.
        """
        wanted = wanted_fluxes(stream, FIRE)
        parts = [self._fluxes(path, wanted) for path in paths]
        versions = list({m[0]: None for each in paths if (m := VERSION.search(each.name))})
        product, credits = _origin(versions)
        notes = ["mole fluxes are converted to kg of carbon"]
        fires = FIRE in parts[0].fluxes
        if stream == "reference" and not fires:
            notes.append("the files have no flux of fires: the reference is land without fires")
        return inversion_data(parts, stream, product=product, version=", ".join(versions),
                              credits=credits, notes=notes, fires=fires)  # fmt: skip

    def _fluxes(self, path: Path, wanted: Sequence[str]) -> MonthlyFluxes:
        """Fluxes of a file.

        Raises:
            InvalidInput: a flux or an axis is missing, or several values a month.
        """
        dataset = load(path)
        found = {flux: next((n for n in NAMES[flux] if n in dataset), "") for flux in wanted}
        missing = [flux for flux, name in found.items() if not name]
        if missing and missing != [FIRE]:
            raise refusal(path, "missing-variable", NAMES[missing[0]][0],
                          f"the file has no {missing[0]} flux ({', '.join(NAMES[missing[0]])})."
                          )  # fmt: skip
        axes = tuple(n if n in dataset else n[:3] for n in AXES)
        require_variables(path, dataset, ("time", *axes))
        months = moments(path, dataset, "time").astype("datetime64[M]")
        if len(np.unique(months)) < len(months):
            raise refusal(path, "wrong-version", "time",
                          "the file has several values a month; expected monthly fluxes."
                          )  # fmt: skip
        fluxes = {}
        for flux, name in found.items():
            if not name:
                continue
            array = dataset[name] = with_dimensions(path, dataset, name, ("time", *axes))
            values = require_numbers(path, dataset, name)
            fluxes[flux] = in_carbon(path, name, values, str(array.attrs.get("units", "")))
        return ascending(path, months, *(dataset[n].values for n in axes), fluxes)


def in_carbon(path: Path, name: str, values: np.ndarray, units: str) -> np.ndarray:
    """Fluxes in kgC m-2 s-1.

    Raises:
        InvalidInput: no unit of a flux, one of a month, missing values, or values that cannot be.
    """
    if not np.isfinite(values).all():
        code = "missing-values" if np.isfinite(values).any() else "all-missing"
        raise refusal(path, code, name, f"'{name}' has missing values; expected 0 without flux.")
    plain = units.replace("^", "").strip()
    if "month" in units.lower():  # would count as a twelfth of a year
        raise refusal(path, "wrong-units", name, f"'{name}' is in '{units}'; expected {UNITS}.")
    try:
        if plain.replace("/", " ").startswith("mol "):
            text = "mol m-2 s-1"
            factor = float(convert_units(1.0, plain.replace("mol/m2/s", text), text))
            converted = np.asarray(values * factor * KG_C_PER_MOL)
        else:
            converted = np.asarray(convert_units(values, plain, UNITS))
    except InvalidInput as cause:
        raise refusal(path, "wrong-units", name,
                      f"'{name}' is in '{units}'; expected mol m-2 s-1 or {UNITS}. {cause}",
                      ) from cause  # fmt: skip
    if np.abs(converted).max() > LARGEST:
        raise refusal(path, "wrong-units", name,
                      f"'{name}' is up to {np.abs(converted).max():.4g} {UNITS}; expected at most "
                      f"{LARGEST:g}. Are missing values marked?")  # fmt: skip
    return converted


def _origin(versions: Sequence[str]) -> tuple[str, str]:
    """Product and credits of files of these versions."""
    european = [version.upper().startswith("CTE") for version in versions]
    if not versions or len(set(european)) > 1:
        return "fluxes in the layout of CarbonTracker", "see the attributes of the files"
    if european[0]:
        return "CarbonTracker Europe fluxes", "CarbonTracker Europe; cite as its page asks"
    return "CarbonTracker fluxes", "NOAA GML, CarbonTracker; cite as its page asks"


def _prescribed(
    months: np.ndarray, latitude: np.ndarray, longitude: np.ndarray,
    fluxes: Mapping[str, np.ndarray],
) -> Any:  # fmt: skip
    """File of prescribed fluxes."""
    return xr.Dataset(
        {n: (("time", *AXES), v, {"units": UNITS, "long_name": LONG_NAMES[n]})
         for n, v in fluxes.items()},
        {"time": months.astype("datetime64[ns]"),
         "latitude": ("latitude", latitude, {"units": "degrees_north"}),
         "longitude": ("longitude", longitude, {"units": "degrees_east"})},
    )  # fmt: skip


def _reference(
    months: np.ndarray, latitude: np.ndarray, fluxes: Mapping[str, np.ndarray], areas: np.ndarray,
    name: str, fires: bool,
) -> Any:  # fmt: skip
    """File of a reference by latitude: land and, where the files have them, fires; upwards."""
    words = "with" if fires else "without"
    total = np.add.reduce(list(fluxes.values()))
    amount = (total * areas).sum(axis=2) * SECONDS_PER_YEAR / KG_PER_PGC
    half = 0.5 * float(np.diff(latitude).mean())
    bounds = np.clip(np.stack([latitude - half, latitude + half], axis=1), -90.0, 90.0)
    return xr.Dataset(
        {"amount": (("reference", "time", "latitude"), amount[None], {
            "units": "PgC yr-1",
            "long_name": f"land flux of carbon in CO2 {words} fires, positive into the "
                         "atmosphere"}),
         "time_bounds": (("time", "bound"), np.stack([months, months + 1], axis=1).astype(
             "datetime64[ns]")),
         "latitude_bounds": (("latitude", "bound"), bounds)},
        {"reference": ("reference", np.array([name], dtype=object)),
         "time": ("time", months.astype("datetime64[ns]"), {"bounds": "time_bounds"}),
         "latitude": ("latitude", latitude, {
             "units": "degrees_north", "bounds": "latitude_bounds"})},
    )  # fmt: skip
