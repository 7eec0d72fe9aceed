"""NetCDF and HDF5 product files: recognition, reading, units, and times in any layout."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput, convert_units, netcdf_lock, with_missing

from .lazy_modules import xarray as xr
from .refusal import refusal
from .text_files import GZIP, raw_bytes

SIGNATURES = (b"\x89HDF", b"CDF")
CLASSIC = b"CDF"
# spellings of units that UDUNITS does not have
SPELLINGS = {
    "m3.m-3": "m3 m-3", "m^3 m^-3": "m3 m-3", "m**3 m**-3": "m3 m-3", "m3/m3": "m3 m-3",
    "cm**3/cm**3": "m3 m-3", "cm3 cm-3": "m3 m-3", "W/m2": "W m-2", "W/m^2": "W m-2",
    "J m**-2": "J m-2", "kg m**-2": "kg m-2", "kg/kg": "kg kg-1", "kg/m2/s": "kg m-2 s-1",
    "kg/m^2/s": "kg m-2 s-1", "m/s": "m s-1", "umol/m2/s": "umolCO2 m-2 s-1",
    "umol m-2 s-1": "umolCO2 m-2 s-1", "m s**-1": "m s-1", "kg kg**-1": "kg kg-1",
    "m of water equivalent": "m", "degrees Celsius": "degC",
    "(0 - 1)": "1", "unitless": "1", "N/A": "1", "Kelvins": "K",
}  # fmt: skip
EPOCH = re.compile(
    r"(?P<unit>\w+)\s+since\s+(?P<day>\d{4}-\d{1,2}-\d{1,2})"
    r"(?:[T ]+(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}(?:\.\d*)?))?)?)?"
    r"\s*(?:Z|UTC|GMT|(?P<sign>[+-])(?P<zone_hour>\d{1,2})(?::?(?P<zone_minute>\d{2}))?)?",
    re.IGNORECASE,
)
SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}


@frozen(eq=False)
class NetcdfHead:
    """Attributes, variables and groups of a file.

    Args:
        attributes: global ones.
        variables: name -> attributes, of the root group.
        dimensions: name -> size.
        groups: names of the groups below the root.
    """

    attributes: Mapping[str, Any]
    variables: Mapping[str, Mapping[str, Any]]
    dimensions: Mapping[str, int]
    groups: tuple[str, ...]


def netcdf_head(path: Path) -> NetcdfHead | None:
    """Contents of a netCDF or HDF5 file, or None of another or a damaged file."""
    try:
        with opened(path) as file:
            return NetcdfHead(
                {k: file.getncattr(k) for k in file.ncattrs()},
                {n: {k: v.getncattr(k) for k in v.ncattrs()} for n, v in file.variables.items()},
                {n: len(d) for n, d in file.dimensions.items()},
                tuple(file.groups),
            )
    except Exception:  # recognising a file raises nothing
        return None


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A netCDF4 dataset of a file, which may be a gzip file, under the lock of the library.

    Raises:
        OSError: it is no netCDF file.
    """
    import netCDF4  # slow to import

    with open(path, "rb") as raw:
        first = raw.read(4)
    if first.startswith(GZIP):
        content = raw_bytes(path)
        with netcdf_lock, netCDF4.Dataset("packed.nc", memory=content) as file:
            yield file
    elif first.startswith(SIGNATURES):
        with netcdf_lock, netCDF4.Dataset(str(path)) as file:
            yield file
    else:
        raise OSError(f"{path} is no netCDF file")


@contextmanager
def lazily(path: Path, group: str | None = None) -> Iterator[Any]:
    """A dataset of a file whose values are read when they are used, unpacked, times undecoded.

    Raises:
        InvalidInput: the file is damaged or cut off.
    """
    with ExitStack() as until_end:
        try:
            file = until_end.enter_context(opened(path))
            _require_complete(path, file)
            store = xr.backends.NetCDF4DataStore(file.groups[group] if group else file)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                dataset = xr.open_dataset(store, decode_times=False, decode_timedelta=False)
        except InvalidInput:
            raise
        except Exception as cause:
            raise _unreadable(path, cause) from cause
        yield dataset


def load(path: Path, group: str | None = None) -> xr.Dataset:
    """Variables of a file in memory, unpacked, NaN where a value is missing, times undecoded.

    Raises:
        InvalidInput: the file is damaged or cut off.
    """
    with lazily(path, group) as lazy, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = lazy.load()
        except Exception as cause:
            raise _unreadable(path, cause) from cause
    for name, variable in dict(dataset.variables).items():
        if (declared := with_missing(variable)) is not variable:
            dataset[name] = declared
    return dataset


def part_of(path: Path, array: Any, at: Mapping[str, np.ndarray]) -> np.ndarray:
    """Numbers of a part of a variable, 64-bit, NaN where a value is missing; only it is read.

    Args:
        path: of the file, for messages.
        array: variable of `lazily`.
        at: dimension -> positions in ascending order.

    Raises:
        InvalidInput: the part cannot be read, or it holds text.
    """
    if array.dtype.kind not in "iufb":
        raise refusal(path, "not-numeric", str(array.name),
                      f"'{array.name}' holds text ({array.dtype}); expected numbers."
                      )  # fmt: skip
    index = {
        name: slice(int(n[0]), int(n[-1]) + 1) if len(n) == n[-1] - n[0] + 1 else n
        for name, n in at.items()
    }
    try:
        part = array.isel(index).load()
    except Exception as cause:
        raise _unreadable(path, cause) from cause
    return np.asarray(with_missing(part.variable).values, dtype=float)


def _unreadable(path: Path, cause: Exception) -> InvalidInput:
    """The error about a damaged file."""
    return refusal(
        path, "unreadable-file", "",
        f"the file cannot be read ({cause}). It is damaged or cut off: download it again.",
    )  # fmt: skip


def _require_complete(path: Path, file: Any) -> None:
    """Refuse a classic netCDF file that is shorter than its variables."""
    if not file.data_model.startswith("NETCDF3"):
        return
    size = path.stat().st_size
    with open(path, "rb") as raw:
        if not raw.read(3).startswith(CLASSIC):
            return
    needed = sum(int(np.prod(v.shape)) * v.dtype.itemsize for v in file.variables.values())
    if size < needed:
        raise refusal(
            path, "truncated-file", "",
            f"the file has {size} bytes; its variables need {needed}. Download it again.",
        )  # fmt: skip


def require_variables(path: Path, dataset: Any, names: Collection[str]) -> None:
    """Refuse a file that lacks a variable.

    Raises:
        InvalidInput: with the missing names.
    """
    missing = [name for name in names if name not in dataset.variables]
    if missing:
        raise refusal(
            path, "missing-variable", missing[0],
            f"the file has no {', '.join(missing)}. It has: "
            f"{', '.join(sorted(map(str, dataset.variables)))}.",
        )  # fmt: skip


def require_numbers(path: Path, dataset: Any, name: str) -> np.ndarray:
    """Numbers of a variable, 64-bit.

    Raises:
        InvalidInput: it holds text.
    """
    values = dataset[name].values
    if values.dtype.kind not in "iufb":
        raise refusal(
            path, "not-numeric", name, f"'{name}' holds text ({values.dtype}); expected numbers."
        )
    return np.asarray(values, dtype=float)


def with_dimensions(path: Path, dataset: Any, name: str, dims: Sequence[str]) -> Any:
    """A variable with these dimensions in this order; others of size 1 are dropped.

    Raises:
        InvalidInput: a dimension is missing, or another one has several entries.
    """
    array = dataset[name]
    array = array.squeeze([d for d in array.dims if d not in dims and array.sizes[d] == 1], True)
    if set(array.dims) != set(dims):
        raise refusal(
            path, "wrong-grid", name,
            f"'{name}' has the dimensions {', '.join(map(str, array.dims)) or 'none'}; expected "
            f"{', '.join(dims)}.",
        )  # fmt: skip
    return array.transpose(*dims)


def values_in(
    path: Path, dataset: Any, name: str, units: str, default: str | None = None, *,
    difference: bool = False,
) -> np.ndarray:  # fmt: skip
    """Values of a variable in other units.

    Args:
        path, dataset, name: of the variable.
        units: of the result.
        default: units of a variable that states none; None refuses it.
        difference: the values are differences or standard deviations.

    Raises:
        InvalidInput: text for numbers, no units, those of a month, or those of another quantity.
    """
    values = require_numbers(path, dataset, name)
    stated = dataset[name].attrs.get("units")
    if (stated is None or not str(stated).strip()) and default is None:
        raise refusal(
            path, "missing-units", name, f"'{name}' has no units; expected '{units}' or similar."
        )
    text = str(stated).strip() if stated is not None and str(stated).strip() else str(default)
    text = SPELLINGS.get(text, text)
    if "month" in text.lower():  # would count as a twelfth of a year
        raise refusal(path, "wrong-units", name, f"'{name}' is in '{text}', expected '{units}'.")
    try:
        if difference:
            zero = float(convert_units(0.0, text, units))
            return np.asarray(convert_units(values, text, units) - zero)
        return convert_units(values, text, units)
    except InvalidInput as cause:
        raise refusal(
            path, "wrong-units", name, f"'{name}' is in '{text}', expected '{units}'. {cause}"
        ) from cause


def moments(path: Path, dataset: Any, name: str) -> np.ndarray:
    """Times of a variable of the standard calendar, datetime64[s].

    Raises:
        InvalidInput: no unit of time with an epoch, another calendar, or a missing time.
    """
    require_variables(path, dataset, (name,))
    attributes = dataset[name].attrs
    return moments_from(path, name, require_numbers(path, dataset, name),
                        str(attributes.get("units", "")),
                        str(attributes.get("calendar", "standard")))  # fmt: skip


def moments_from(
    path: Path, name: str, values: np.ndarray, units: str, calendar: str = "standard"
) -> np.ndarray:
    """Times from numbers in "days since 2000-01-01" and the like, datetime64[s].

    Raises:
        InvalidInput: as of `moments`.
    """
    match = EPOCH.fullmatch(units.strip())
    if match is None or match["unit"].lower() not in SECONDS:
        raise refusal(
            path, "wrong-units", name,
            f"'{name}' is in '{units}'; expected seconds, minutes, hours or days, such as 'days "
            "since 2000-01-01 00:00:00'.",
        )  # fmt: skip
    if calendar.lower() not in ("standard", "gregorian", "proleptic_gregorian"):
        raise refusal(
            path, "wrong-calendar", name,
            f"'{name}' has the calendar '{calendar}'; expected the standard one.",
        )  # fmt: skip
    if not np.isfinite(values).all():
        raise refusal(
            path, "missing-values", name,
            f"'{name}' is missing in {int((~np.isfinite(values)).sum())} of {values.size} entries.",
        )  # fmt: skip
    day = "-".join(f"{int(part):02d}" for part in match["day"].split("-"))
    clock = [float(match[key] or 0.0) for key in ("hour", "minute", "second")]
    zone = [float(match[key] or 0.0) for key in ("zone_hour", "zone_minute")]
    east = -1.0 if match["sign"] == "-" else 1.0
    since = clock[0] * 3600.0 + clock[1] * 60.0 + clock[2]
    since -= east * (zone[0] * 3600.0 + zone[1] * 60.0)
    seconds = np.rint(values * SECONDS[match["unit"].lower()] + since)
    return np.asarray(np.datetime64(day, "s") + seconds.astype("timedelta64[s]"))
