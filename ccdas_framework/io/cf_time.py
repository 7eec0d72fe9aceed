"""Times and time bounds of CF files, rounded to the second."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import numpy as np
from attrs import frozen

from .netcdf import InputFile

STANDARD_CALENDARS = ("standard", "gregorian", "proleptic_gregorian")
DAY = np.timedelta64(1, "D")
SECOND = np.timedelta64(1, "s")
MARGIN = timedelta(hours=1)  # by which times in 32 bits may lie outside their bounds
HALF_DAY = np.timedelta64(12, "h")
UNITS = "'days since 2010-01-01'"


@frozen(eq=False)
class Times:
    """A time coordinate and its bounds.

    Args:
        moments: datetime64[s], or objects of cftime in a calendar without a numpy type, shape
            (time,).
        bounds: beginning and end of each interval, shape (time, 2), or None.
    """

    moments: np.ndarray
    bounds: np.ndarray | None = None

    @property
    def days(self) -> np.ndarray:
        """Day of each value, that of the middle of its bounds, datetime64[D], shape (time,)."""
        if self.bounds is None:
            return np.asarray(self.moments, "datetime64[D]")
        begin, end = self.bounds.T
        return np.asarray(begin + (end - begin) // 2, "datetime64[D]")


def read_times(file: InputFile, name: str, *, any_calendar: bool = False) -> Times | None:
    """Times of a coordinate with its CF bounds, or None and a finding.

    Moments are rounded to the second. Numbers of 32 bits that are as near to midnight as they can
    be stand for midnight.

    Args:
        file: with the coordinate, decoded or not.
        name: of the coordinate.
        any_calendar: calendars such as 'noleap' are allowed.
    """
    calendar = str(_encoding(file.dataset[name]).get("calendar", "standard")).lower()
    if calendar not in STANDARD_CALENDARS and not any_calendar:
        file.add_fault(
            "unsupported-calendar",
            name,
            f"has the calendar '{calendar}'; expected 'standard' or 'proleptic_gregorian', because "
            "observations have real dates. Convert it first, for instance with xarray's "
            "Dataset.convert_calendar.",
        )
        return None
    moments = _moments(file, name, name)
    if moments is None:
        return None
    bounds_name = declared_bounds(file.dataset, name)
    if bounds_name is None or bounds_name not in file.dataset.variables:
        return Times(moments)
    bounds = _moments(file, bounds_name, name)
    if bounds is None:
        return None
    if bounds.shape != (*moments.shape, 2):
        expected = (*file.dataset[name].dims, "two bounds")
        fault = f"has the shape {bounds.shape}; expected {expected}."
        file.add_fault("wrong-dimensions", bounds_name, fault)
        return None
    bounds = np.sort(bounds, axis=-1)
    margin = MARGIN if moments.dtype == object else np.timedelta64(MARGIN)
    outside = (moments < bounds[:, 0] - margin) | (moments > bounds[:, 1] + margin)
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        file.add_fault(
            "wrong-bounds",
            bounds_name,
            f"leaves out {int(outside.sum())} of the {len(moments)} times in '{name}', the first "
            f"{moments[first]} outside {bounds[first, 0]} to {bounds[first, 1]}. Correct the "
            "bounds or their units.",
        )
        return None
    return Times(moments, bounds)


def declared_bounds(dataset: Any, name: str) -> str | None:
    """Name of the CF bounds that a time coordinate declares, in the file or not, or None."""
    bounds = _encoding(dataset[name]).get("bounds")
    return None if bounds is None else str(bounds)


def is_climatology(dataset: Any, name: str) -> bool:
    """Whether times are those of averages over several years, as CF declares them."""
    return "climatology" in _encoding(dataset[name])


def _encoding(variable: Any) -> dict[str, Any]:
    """Attributes of a variable, with those that decoding moves into the encoding."""
    return {**variable.encoding, **variable.attrs}


def _moments(file: InputFile, name: str, axis: str) -> np.ndarray | None:
    """Times of a variable rounded to the second, or None and a finding.

    Args:
        file, name: file and variable.
        axis: coordinate with its units, where bounds have none.
    """
    variable = file.dataset[name]
    encoding = {**_encoding(file.dataset[axis]), **_encoding(variable)}
    values = variable.values
    units = encoding.get("units")
    if not _are_dates(values):
        values = _decoded(variable, encoding) if " since " in str(units) else None
    if values is None:
        present = f"the units '{units}'" if units else "no units"
        fault = f"has {present}; expected CF time units such as {UNITS}."
        file.add_fault("wrong-time-units", name, fault)
        return None
    missing = np.isnat(values) if values.dtype.kind == "M" else values != values
    if np.any(missing):
        fault = f"is missing in {int(np.sum(missing))} of {missing.size} values. Give every time."
        file.add_fault("missing-values", name, fault)
        return None
    return _rounded(values, variable, encoding)


def _are_dates(values: np.ndarray) -> bool:
    is_object = values.dtype == object and values.size > 0
    return values.dtype.kind == "M" or (is_object and hasattr(values.flat[0], "calendar"))


def _decoded(variable: Any, encoding: dict[str, Any]) -> np.ndarray | None:
    """Dates of numbers in CF units, or None where they are no dates."""
    import xarray as xr  # slow to import

    attributes = {name: encoding[name] for name in ("units", "calendar") if name in encoding}
    array = xr.Variable(variable.dims, variable.values, attributes)
    with suppress(ValueError, TypeError, OverflowError, AttributeError):
        decoded = xr.decode_cf(xr.Dataset({"moment": array}), decode_timedelta=False)
        return np.asarray(decoded["moment"].values)
    return None


def _rounded(values: np.ndarray, variable: Any, encoding: dict[str, Any]) -> np.ndarray:
    """Dates rounded to the second, and to midnight where 32 bits do not tell them apart."""
    if values.dtype.kind != "M":
        later = [date + timedelta(milliseconds=500) for date in values.ravel()]
        rounded = np.empty(len(later), dtype=object)
        rounded[:] = [date.replace(microsecond=0) for date in later]
        return rounded.reshape(values.shape)
    half = np.timedelta64(500, "ms")
    moments = (values.astype("datetime64[ms]") + half).astype("datetime64[s]")
    if np.dtype(encoding.get("dtype", variable.dtype)) == np.float32:
        midnight = (moments + HALF_DAY).astype("datetime64[D]").astype("datetime64[s]")
        near = np.abs(moments - midnight) <= _spacing(moments, encoding)
        moments = np.where(near, midnight, moments)
    return np.asarray(moments)


def _spacing(moments: np.ndarray, encoding: dict[str, Any]) -> np.ndarray:
    """Distance between neighbouring 32-bit numbers, timedelta64[s], shape of `moments`."""
    import xarray as xr  # slow to import

    scale = {name: encoding[name] for name in ("units", "calendar") if name in encoding}
    zero_and_one = xr.Variable(("n",), [0.0, 1.0], scale)
    origin, following = xr.decode_cf(xr.Dataset({"n": zero_and_one}))["n"].values
    unit = following - origin
    numbers = np.abs((moments - origin) / unit).astype(np.float32)
    seconds = np.spacing(numbers).astype(float) * (unit / SECOND)
    return np.asarray(np.ceil(seconds), "timedelta64[s]")
