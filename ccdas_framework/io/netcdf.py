"""netCDF input files: variables in units, and a finding for each that cannot be used."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.errors import CcdasWarning, Findings, InvalidInput, did_you_mean
from .flux_direction import flux_direction
from .missing_values import with_missing
from .netcdf_lock import netcdf_lock
from .unit_conversion import convert, with_carbon


def place(path: Any, variable: str = "") -> str:
    """The place of a finding: the name of a file, and of a variable in it."""
    name = Path(path).name
    return f"{name}: {variable}" if variable else name


@frozen(eq=False)
class InputFile:
    """A netCDF file in memory, and the findings about it.

    Args:
        path: for messages.
        dataset: xarray dataset, times undecoded.
        findings: receives a finding for each fault.
        rows: position in the file of each observation of the dataset, where others are left out.
    """

    path: Any
    dataset: Any
    findings: Findings
    rows: np.ndarray | None = None
    _earlier: int = field(init=False)  # number of findings about other files

    @_earlier.default
    def _number_of_findings(self) -> int:
        return len(self.findings)

    @property
    def is_faulty(self) -> bool:
        """Whether there is a finding about this file."""
        return len(self.findings) > self._earlier

    def add(self, code: str, name: str, message: str) -> None:
        """Add a finding about a variable."""
        self.findings.add(code, place(self.path, name), message)

    def add_fault(self, code: str, name: str, fault: str) -> None:
        """Add a finding with the message "'name' in path" and the fault."""
        self.add(code, name, f"'{name}' in {self.path} {fault}")

    def warn(self, code: str, name: str, message: str) -> None:
        """Warn of a variable that is used all the same."""
        warnings.warn(CcdasWarning(message, code=code, where=place(self.path, name)), stacklevel=2)

    def add_missing(self, name: str, what: str) -> None:
        """Add a finding about a variable that the file lacks."""
        present = sorted(str(v) for v in self.dataset.variables)
        self.add(
            "missing-variable",
            name,
            f"{self.path} has no variable '{name}' ({what})."
            f"{did_you_mean(name, present)} The file has: {', '.join(present)}.",
        )

    def has_all(self, needed: Mapping[str, str]) -> bool:
        """Whether the file has these variables, name -> description; otherwise findings."""
        for name, what in needed.items():
            if name not in self.dataset.variables:
                self.add_missing(name, what)
        return not self.is_faulty

    def number(self, position: int) -> int:
        """Position in the file of an observation of the dataset."""
        return position if self.rows is None else int(self.rows[position])

    def has_dimensions(self, name: str, dims: tuple[Any, ...]) -> bool:
        """Whether a variable has these dimensions; otherwise a finding."""
        if self.dataset[name].dims == dims:
            return True
        expected = ", ".join(map(str, dims))
        fault = f"has the dimensions {self.dataset[name].dims}; expected ({expected})."
        self.add_fault("wrong-dimensions", name, fault)
        return False

    def texts(self, name: str) -> np.ndarray | None:
        """Text of a variable without blanks around it, or None and a finding."""
        try:
            return texts(self.dataset[name].values)
        except UnicodeDecodeError:
            self.add_fault(
                "wrong-encoding",
                name,
                "holds text that is not UTF-8, perhaps Latin-1. Write it again in UTF-8, or give "
                "the variable the attribute '_Encoding' of netCDF.",
            )
        return None

    def in_direction(self, name: str, values: np.ndarray, direction: str) -> np.ndarray | None:
        """Values of a flux with a sign, or None and a finding about radiation of the other stream.

        Args:
            name: of the variable in the file.
            values: as in the file, any shape.
            direction: that counts as positive in the result, as of `Variable`.
        """
        attributes = self.dataset[name].attrs
        file_direction = flux_direction(attributes)
        if not direction or file_direction in ("", direction):
            return values
        stated = attributes.get("standard_name") or f"positive = {attributes.get('positive')}"
        if direction == "several" or "welling" in str(stated):
            expected = "no direction" if direction == "several" else f"a {direction} flux"
            fault = f"is '{stated}'; expected {expected}. Give that flux, or correct the attribute."
            self.add_fault("wrong-direction", name, fault)
            return None
        message = (
            f"'{name}' in {self.path} counts {file_direction} as positive ('{stated}'); its sign "
            f"is turned to {direction}."
        )
        self.warn("turned-sign", name, message)
        return -values

    def in_units(
        self, name: str, units: str, variable: Any = None, *, difference: bool = False
    ) -> np.ndarray | None:
        """Values of a variable in other units, or None and a finding.

        A file may leave out units only where `units` is '1'. A mass of carbon or CO2 may have its
        substance in the standard name.

        Args:
            name: of the variable in the file.
            units: of the result.
            variable: xarray variable, where it is a part of the one in the file.
            difference: the values are differences or standard deviations.
        """
        variable = self.dataset[name] if variable is None else variable
        file_units = variable.attrs.get("units")
        if file_units is None and units != "1":
            self.add_fault(
                "missing-units",
                name,
                f"has no units; expected '{units}' or something that converts to it. "
                "Add the attribute 'units'.",
            )
            return None
        from_units = "1" if file_units is None else str(file_units)
        from_units = with_carbon(from_units, str(variable.attrs.get("standard_name", "")))
        try:
            return convert(variable.values, from_units, units, difference=difference)
        except (ValueError, TypeError):
            self.add_fault("not-numeric", name, f"holds no numbers; expected values in '{units}'.")
        except InvalidInput as cause:
            fault = f"is in '{file_units}', expected '{units}'. {cause}"
            self.add_fault("wrong-units", name, fault)
        return None


def open_netcdf(path: Any, findings: Findings) -> InputFile | None:
    """A file read into memory with times undecoded, or None and a finding.

    Missing values are NaN, as `with_missing` describes.
    """
    import xarray as xr  # slow to import

    if not Path(path).is_file():
        message = f"There is no file {path}. Give the path of a netCDF file."
        findings.add("missing-file", place(path), message)
        return None
    try:
        with netcdf_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore", xr.SerializationWarning)  # several missing values
            dataset = xr.load_dataset(path, decode_times=False, decode_timedelta=False)
    except (OSError, ValueError, RuntimeError) as cause:
        message = f"{path} could not be read as netCDF ({cause}). Check that it is complete."
        if not begins_as_netcdf(Path(path)):  # the reason of xarray is for its developers
            message = f"{path} is no netCDF file. Give the path of one, or convert it."
        findings.add("unreadable-file", place(path), message)
        return None
    for name, variable in dict(dataset.variables).items():
        if (declared := with_missing(variable)) is not variable:
            dataset[name] = declared
    return InputFile(path, dataset, findings)


def begins_as_netcdf(path: Path) -> bool:
    """Whether the first bytes of a file are those of netCDF-3, netCDF-4 or HDF5."""
    with path.open("rb") as file:
        return file.read(4) in (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF")


def texts(values: Any) -> np.ndarray:
    """Labels as an array of str without blanks around them, from strings, bytes or numbers.

    Raises:
        UnicodeDecodeError: bytes are not UTF-8.
    """
    flat = np.asarray(values)
    decoded = [v.decode() if isinstance(v, bytes) else str(v) for v in flat.ravel().tolist()]
    decoded = [text.strip(" \t\r\n\0") for text in decoded]
    return np.array(decoded, dtype=str).reshape(flat.shape)
