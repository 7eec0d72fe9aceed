"""Variables of netCDF files in units, with a finding for each that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import Findings, InvalidInput, did_you_mean
from .finding_places import place
from .unit_conversion import convert


def open_netcdf(path: Any, findings: Findings, *, group: str | None = None) -> Any | None:
    """A file opened with times undecoded, or None and a finding."""
    import xarray as xr  # slow to import

    if not Path(path).is_file():
        findings.add(
            "missing-file", place(path), f"There is no file {path}. Give the path of a netCDF file."
        )
        return None
    try:
        return xr.open_dataset(path, decode_times=False, decode_timedelta=False, group=group)
    except (OSError, ValueError) as cause:
        findings.add(
            "unreadable-file",
            place(path),
            f"{path} could not be read as netCDF ({cause}). Check that it is complete.",
        )
        return None


def in_units(
    variable: Any,
    units: str,
    name: str,
    where: str,
    findings: Findings,
    *,
    difference: bool = False,
) -> np.ndarray | None:
    """Values of a variable of a file in other units, or None and a finding.

    A file may leave out units only where `units` is '1'.

    Args:
        variable: xarray variable.
        units: of the result.
        name: of the variable in the file.
        where: path of the file.
        findings: gets a missing or wrong unit.
        difference: the values are differences or standard deviations.
    """
    file_units = variable.attrs.get("units")
    what = f"'{name}' in {where}"
    if file_units is None and units != "1":
        findings.add(
            "missing-units",
            place(where, name),
            f"{what} has no units; expected '{units}' or something that converts to it. "
            "Add the attribute 'units'.",
        )
        return None
    try:
        return convert(
            variable.values,
            "1" if file_units is None else str(file_units),
            units,
            difference=difference,
        )
    except (ValueError, TypeError):
        findings.add(
            "not-numeric",
            place(where, name),
            f"{what} holds no numbers; expected values in '{units}'.",
        )
    except InvalidInput as cause:
        findings.add(
            "wrong-units",
            place(where, name),
            f"{what} is in '{file_units}', expected '{units}'. {cause}",
        )
    return None


def texts(values: Any) -> np.ndarray:
    """Labels as an array of str, whether the file has strings, bytes or numbers."""
    flat = np.asarray(values)
    decoded = [v.decode() if isinstance(v, bytes) else str(v) for v in flat.ravel().tolist()]
    return np.array(decoded, dtype=str).reshape(flat.shape)


def missing(name: str, what: str, where: str, dataset: Any, findings: Findings) -> None:
    """Add a finding about a variable that a file lacks."""
    present = sorted(str(v) for v in dataset.variables)
    findings.add(
        "missing-variable",
        place(where, name),
        f"{where} has no variable '{name}' ({what})."
        f"{did_you_mean(name, present)} The file has: {', '.join(present)}.",
    )
