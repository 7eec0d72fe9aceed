"""Surface fluxes of CO2 from a file on any regular grid, moved to the boxes of the transport."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput, convert_units

from .constants import DAYS_OF_MONTH, MOLAR_MASS_CARBON, MOLAR_MASS_CO2, SECONDS_PER_YEAR
from .grid import box_area, regridded
from .netcdf_input import file_months, open_file
from .regular_grid import on_file_grid

VARIABLE = "co2_flux"
UNITS = "kgC m-2 s-1"
AS_CARBON = "expressed_as_carbon"  # in CF standard names of a mass of carbon
GLOBE = 1e-3  # degrees that an edge of a global grid may be off
# kgC m-2 s-1, three times what the power plant that emits most, 38 Mt of CO2 a year, would give
# spread over one square kilometre; Grant et al. (2021), Environ. Res. Lett. 16, 094022. A fire that
# burns 30 kgC m-2 of peat in a month gives a hundredth; Page et al. (2002), Nature 420, 61-65.
LARGEST = 1e-3
FOR_NOTHING = (-999.0, -9999.0, -99999.0)  # in files of any unit: no flux known


@frozen(eq=False)
class Flux:
    """Emission of each month and box of a transport grid.

    Args:
        months: one after the other, datetime64[M], shape (month,).
        rate: kgC yr-1, of years of 365 days, so that a month of d days of the transport's calendar
            emits d/365 of it, shape (month, latitude, longitude).
    """

    months: np.ndarray
    rate: np.ndarray


def read_flux(path, grid):
    """Monthly fluxes of a file on the boxes of a transport grid; their mass stays the same.

    `co2_flux(time, latitude, longitude)`, to the atmosphere positive, one value each calendar month
    in a row, on a regular grid in any order. Mass and amount of carbon and mass of CO2 are
    converted to kgC m-2 s-1. A February of 29 days emits its whole mass in 28.

    Args:
        path: netCDF file.
        grid: transport grid.

    Raises:
        InvalidInput: no such variable, no time axis, another unit, gaps in time, missing values,
            numbers that are no flux.
    """
    path = Path(path)
    where = f"fluxes: {path}"
    with open_file(path, "fluxes") as data:
        if VARIABLE not in data:
            raise InvalidInput(
                f"{where} has no variable `{VARIABLE}`; it has "
                f"{', '.join(str(n) for n in data.data_vars) or 'none'}. Give `{VARIABLE}(time, "
                f"latitude, longitude)` in {UNITS}."
            )
        months = file_months(data, where)
        if (np.diff(months).astype(int) != 1).any():
            raise InvalidInput(
                f"the times of {where} are not months in a row, one value each ({months[0]} to "
                f"{months[-1]}, {len(months)} values). Average them by month, and leave none out."
            )
        data, north, east = on_file_grid(data, where)
        found = data[VARIABLE]
        if set(found.dims) != {"time", "latitude", "longitude"}:
            raise InvalidInput(
                f"`{VARIABLE}` of {where} has dims {found.dims}; expected (time, latitude, "
                "longitude)."
            )
        what = f"`{VARIABLE}` of {where}"
        values = carbon_flux(found, carbon_factor(found.attrs, what), months, what)
        is_standard = data["time"].dtype.kind == "M"
    if not np.isfinite(values).all():
        raise InvalidInput(f"{where} has missing values; write 0 where there is no flux.")
    _tell_gaps(north, east, where)
    rate = regridded(values * box_area(north, east), north, east, grid) * SECONDS_PER_YEAR
    if is_standard:
        rate = rate * _days_by_transport(months)[:, None, None]
    return Flux(months, rate)


def carbon_flux(found, factor, months, what):
    """A flux in kgC m-2 s-1, shape (time, latitude, longitude), NaN where it is missing.

    Args:
        found: variable of an open file, xarray.
        factor: from its unit.
        months: datetime64[M], shape (time,).
        what: the variable and its file, for the sentence.

    Raises:
        InvalidInput: numbers that stand for a missing value and are not declared as such.
    """
    found = found.transpose("time", "latitude", "longitude")
    values = found.values.astype(float)
    flux = values * factor
    wrong = np.isin(values, FOR_NOTHING) | (np.abs(flux) > LARGEST)
    if wrong.any():
        first = tuple(np.argwhere(wrong)[0])
        time, row, column = first
        north, east = float(found["latitude"][row]), float(found["longitude"][column])
        raise InvalidInput(
            f"{what} has {int(wrong.sum())} of {wrong.size} numbers that are no flux, the first "
            f"{values[first]:g} at {north:g} N, {east:g} E in {months[time]}. Above {LARGEST:g} "
            f"{UNITS} nothing is emitted or taken up, and {FOR_NOTHING[0]:g}, {FOR_NOTHING[1]:g} "
            f"and {FOR_NOTHING[2]:g} stand for a missing value. Correct the unit, or write 0 where "
            "there is no flux."
        )
    return flux


def carbon_factor(attributes, where):
    """Factor that takes a flux to kgC m-2 s-1.

    Args:
        attributes: of the variable, with `units` and perhaps `standard_name`.
        where: the variable and its file, for sentences.

    Raises:
        InvalidInput: no unit, one of something else, or a mass that may be of CO2 or carbon.
    """
    units = attributes.get("units")
    if units is None:
        raise InvalidInput(f"{where} has no unit; expected '{UNITS}'. Add the attribute `units`.")
    text = str(units).strip()
    of_co2 = re.compile(r"([a-zA-Zµ]*g) ?CO2\b", re.IGNORECASE)
    if of_co2.search(text):
        carbon = of_co2.sub(r"\1C", text)
        return _converted(carbon, UNITS, text, where) * MOLAR_MASS_CARBON / MOLAR_MASS_CO2
    name = str(attributes.get("standard_name", ""))
    if re.search(r"g(?![a-zA-Z])", text) and "gC" not in text and "g C" not in text:
        carbon = re.sub(r"g(?![a-zA-Z])", "gC", text, count=1)
        if AS_CARBON in name:
            return _converted(carbon, UNITS, text, where)
        if "carbon_dioxide" in name:
            return _converted(carbon, UNITS, text, where) * MOLAR_MASS_CARBON / MOLAR_MASS_CO2
        raise InvalidInput(
            f"{where} is in '{text}', which may be a mass of carbon or of CO2, 3.7 times as much. "
            f"Write '{carbon}' or '{carbon.replace('gC', 'gCO2')}'."
        )
    if "mol" in text:
        per_mol = 1e-3 * MOLAR_MASS_CARBON  # kg
        return _converted(text, "mol m-2 s-1", text, where) * per_mol
    return _converted(text, UNITS, text, where)


def _converted(units, to_units, found, where):
    """Factor between two units, with a sentence about the one that was found."""
    try:
        return float(convert_units(1.0, units, to_units))
    except InvalidInput as cause:
        raise InvalidInput(
            f"{where} is in '{found}', expected '{UNITS}' or what converts to it, such as "
            f"'gC m-2 d-1', 'kgCO2 m-2 s-1' or 'mol m-2 s-1'. {cause}"
        ) from cause


def _days_by_transport(months):
    """Days of each month by those of the transport's calendar, which has no leap days (1)."""
    first, after = (m.astype("datetime64[D]") for m in (months, months + 1))
    return (after - first).astype(int) / DAYS_OF_MONTH[months.astype(int) % 12]


def _tell_gaps(north, east, where):
    """Warn where a file covers a part of the globe."""
    whole = abs(north[0] + 90.0) + abs(north[-1] - 90.0) + abs(east[-1] - east[0] - 360.0)
    if whole > GLOBE:
        warnings.warn(
            f"{where} covers {north[0]:g} to {north[-1]:g} N and {east[0]:g} to {east[-1]:g} E; "
            "elsewhere there is no flux.",
            stacklevel=3,
        )
