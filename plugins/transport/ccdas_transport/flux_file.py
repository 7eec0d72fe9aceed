"""Surface fluxes of CO2 from a file on any regular grid, on the boxes of the transport."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from ccdas_framework import (
    CcdasWarning,
    InvalidInput,
    convert_units,
    flux_direction,
    regular_grid,
    with_carbon,
    with_missing,
)
from ccdas_framework.grids import days_in_month, grid_area

from .constants import DAYS_OF_MONTH, MOLAR_MASS_CARBON, MOLAR_MASS_CO2, SECONDS_PER_YEAR
from .grid import TransportGrid, regridded
from .netcdf_input import calendar_months, open_netcdf

if TYPE_CHECKING:
    import xarray as xr

VARIABLE = "co2_flux"
UNITS = "kgC m-2 s-1"
GLOBE_TOLERANCE = 1e-3  # degrees that an edge of a global grid may be off
# kgC m-2 s-1, three times the emission of the largest power plant, 38 Mt of CO2 a year, spread over
# one square kilometre; Grant et al. (2021), Environ. Res. Lett. 16, 094022. A fire that burns 30
# kgC m-2 of peat in a month gives a hundredth; Page et al. (2002), Nature 420, 61-65.
LARGEST_FLUX = 1e-3
FILL_VALUES = (-999.0, -9999.0, -99999.0)  # in files of any unit: no flux known


@frozen(eq=False)
class Flux:
    """Emission of each month and box of a transport grid.

    Args:
        months: consecutive months, datetime64[M], shape (month,).
        rate: kgC yr-1, of years of 365 days, so that a month of d days of the transport's calendar
            emits d/365 of it, shape (month, latitude, longitude).
    """

    months: np.ndarray
    rate: np.ndarray


def read_flux(path: Path, grid: TransportGrid) -> Flux:
    """Monthly fluxes of a file on the boxes of a transport grid, with the same mass.

    `co2_flux(time, latitude, longitude)`, to the atmosphere positive, one value for each of
    consecutive calendar months, on a regular grid in any order. Mass and amount of carbon and mass
    of CO2 are converted to kgC m-2 s-1. A February of 29 days emits its full mass in 28.

    Args:
        path: netCDF file.
        grid: transport grid.

    Raises:
        InvalidInput: the variable or time axis is absent, the unit does not convert, months or
            values are missing, or numbers are too large for a flux.
    """
    path = Path(path)
    source = f"fluxes: {path}"
    variable = f"{source}: {VARIABLE}"
    with open_netcdf(path, "fluxes") as data:
        if VARIABLE not in data:
            raise InvalidInput(
                f"{source} has no variable `{VARIABLE}`; it has "
                f"{', '.join(str(n) for n in data.data_vars) or 'none'}. Give `{VARIABLE}(time, "
                f"latitude, longitude)` in {UNITS}.",
                code="missing-variable",
                where=variable,
            )
        months = calendar_months(data, source, monthly=True)
        data, file_grid = regular_grid(data, source)
        north, east = file_grid.edges
        flux = data[VARIABLE]
        if set(flux.dims) != {"time", "latitude", "longitude"}:
            raise InvalidInput(
                f"`{VARIABLE}` of {source} has dims {flux.dims}; expected (time, latitude, "
                "longitude).",
                code="wrong-dimensions",
                where=variable,
            )
        values = carbon_flux(flux, carbon_factor(flux.attrs, variable), months, variable)
        is_standard_calendar = data["time"].dtype.kind == "M"
    _warn_of_partial_globe(north, east, source)
    rate = regridded(values * grid_area(north, east), north, east, grid) * SECONDS_PER_YEAR
    if is_standard_calendar:
        rate = rate * _days_over_transport_days(months)[:, None, None]
    return Flux(months, rate)


def carbon_flux(
    variable: xr.DataArray, factor: float, months: np.ndarray, where: str
) -> np.ndarray:
    """A flux in kgC m-2 s-1, shape (time, latitude, longitude).

    Args:
        variable: variable of an open file.
        factor: conversion from its unit to kgC m-2 s-1.
        months: datetime64[M], shape (time,).
        where: the file and the variable, for messages.

    Raises:
        InvalidInput: numbers are missing, too large for a flux, or stand for a missing value
            without a declaration.
    """
    variable = with_missing(variable.transpose("time", "latitude", "longitude"))
    values = variable.values.astype(float)
    flux = values * factor
    wrong = np.isin(values, FILL_VALUES) | (np.abs(flux) > LARGEST_FLUX)
    wrong |= np.isnan(with_missing(variable, marks=True).values) & np.isfinite(values)
    if wrong.any():
        raise InvalidInput(
            f"{where} has {int(wrong.sum())} of {wrong.size} numbers that are not fluxes, the "
            f"first {_first_place(variable, wrong, months)}. No flux exceeds {LARGEST_FLUX:g} "
            f"{UNITS}, and numbers such as {FILL_VALUES[0]:g} and {FILL_VALUES[1]:g} stand for a "
            "missing value. Correct the unit, or write 0 where there is no flux.",
            code="not-a-flux",
            where=where,
        )
    if (missing := ~np.isfinite(values)).any():
        raise InvalidInput(
            f"{where} has {int(missing.sum())} missing values, the first "
            f"{_first_place(variable, missing, months)}. Write 0 where there is no flux.",
            code="missing-values",
            where=where,
        )
    return flux


def _first_place(variable: xr.DataArray, mask: np.ndarray, months: np.ndarray) -> str:
    """Number, place and month of the first true value, in words."""
    time, row, column = np.argwhere(mask)[0]
    number, latitude, longitude = (
        float(values)
        for values in (
            variable.values[time, row, column],
            variable["latitude"].values[row],
            variable["longitude"].values[column],
        )
    )
    return f"{number:g} at {latitude:g} N, {longitude:g} E in {months[time]}"


def carbon_factor(attributes: Mapping[str, Any], where: str) -> float:
    """Factor from a flux in its unit to kgC m-2 s-1, to the atmosphere positive.

    Args:
        attributes: attributes of the variable, with `units` and perhaps `standard_name` and
            `positive`, which state the substance of a mass and the sign.
        where: the file and the variable, for messages.

    Raises:
        InvalidInput: the unit is absent or measures something else, or the mass may be of CO2 or
            carbon.
    """
    units = attributes.get("units")
    if units is None:
        raise InvalidInput(
            f"{where} has no unit; expected '{UNITS}'. Add the attribute `units`.",
            code="missing-units",
            where=where,
        )
    text = with_carbon(str(units).strip(), str(attributes.get("standard_name", "")))
    sign = _sign(attributes, where)
    co2_mass = re.compile(r"([a-zA-Zµ]*g) ?CO2\b", re.IGNORECASE)
    if co2_mass.search(text):
        carbon = co2_mass.sub(r"\1C", text)
        factor = _factor(carbon, UNITS, str(units), where) * MOLAR_MASS_CARBON / MOLAR_MASS_CO2
        return sign * factor
    if re.search(r"g(?![a-zA-Z])", text) and "gC" not in text and "g C" not in text:
        carbon = re.sub(r"g(?![a-zA-Z])", "gC", text, count=1)
        raise InvalidInput(
            f"{where} is in '{text}', which may be a mass of carbon or of CO2, 3.7 times as much. "
            f"Write '{carbon}' or '{carbon.replace('gC', 'gCO2')}'.",
            code="ambiguous-units",
            where=where,
        )
    if "mol" in text.lower() and "C" not in text:
        per_mol = 1e-3 * MOLAR_MASS_CARBON  # kg
        return sign * _factor(text, "mol m-2 s-1", text, where) * per_mol
    return sign * _factor(text, UNITS, str(units), where)


def _sign(attributes: Mapping[str, Any], where: str) -> float:
    """-1 with a warning where a variable counts the flux to the surface as positive, else 1."""
    if flux_direction(attributes) != "downward":
        return 1.0
    warnings.warn(
        CcdasWarning(
            f"{where} counts fluxes to the surface as positive, as its standard name or `positive` "
            "states. Its sign is turned: emissions are positive.",
            code="turned-sign",
            where=where,
        ),
        stacklevel=3,
    )
    return -1.0


def _factor(units: str, to_units: str, file_units: str, where: str) -> float:
    """Factor between two units, with the unit of the file in the message of an error."""
    try:
        return float(convert_units(1.0, units, to_units))
    except InvalidInput as cause:
        raise InvalidInput(
            f"{where} is in '{file_units}', expected '{UNITS}' or what converts to it, such as "
            f"'gC m-2 d-1', 'kgCO2 m-2 s-1' or 'mol m-2 s-1'. {cause}",
            code="wrong-units",
            where=where,
        ) from cause


def _days_over_transport_days(months: np.ndarray) -> np.ndarray:
    """Days of each month over those of the transport's calendar without leap days (1)."""
    return days_in_month(months) / DAYS_OF_MONTH[months.astype(int) % 12]


def _warn_of_partial_globe(north: np.ndarray, east: np.ndarray, source: str) -> None:
    """Warn where a file covers a part of the globe."""
    gap = abs(north[0] + 90.0) + abs(north[-1] - 90.0) + abs(east[-1] - east[0] - 360.0)
    if gap > GLOBE_TOLERANCE:
        warnings.warn(
            f"{source} covers {north[0]:g} to {north[-1]:g} N and {east[0]:g} to {east[-1]:g} E. "
            "Elsewhere there is no flux.",
            stacklevel=3,
        )
