"""Calendar months of a file's time axis, whatever its calendar."""

from __future__ import annotations

import numpy as np

from ccdas_framework import InvalidInput


def months_of(values):
    """Calendar month of each time, datetime64[M], or None where they are no dates.

    Args:
        values: datetime64, or the dates of cftime of any calendar, shape (time,).
    """
    values = np.asarray(values)
    if values.dtype.kind == "M":
        return values.astype("datetime64[M]")
    if values.size and all(hasattr(t, "month") for t in values):
        return np.array([f"{t.year:04d}-{t.month:02d}" for t in values], dtype="datetime64[M]")
    return None


def open_file(path, where):
    """A netCDF file as an xarray dataset.

    Args:
        path: of the file.
        where: what the file is for, to begin the sentence.

    Raises:
        InvalidInput: there is none, or it is no netCDF.
    """
    import xarray as xr

    if not path.is_file():
        raise InvalidInput(f"{where}: there is no file {path}. Give the path of a netCDF file.")
    try:
        return xr.open_dataset(path, decode_timedelta=False)
    except (OSError, ValueError) as cause:
        raise InvalidInput(
            f"{where}: {path} could not be read as netCDF ({_in_short(cause)}). Check that it is "
            "complete and that its times have CF units."
        ) from cause


def _in_short(cause):
    """The first sentence of what a library says."""
    return str(cause).split(". ")[0].splitlines()[0] if str(cause) else type(cause).__name__


def file_months(data, where):
    """Calendar month of each time of a dataset, datetime64[M], shape (time,).

    Raises:
        InvalidInput: there is no time axis, it is empty, or its values are no dates.
    """
    if "time" not in data.variables or data["time"].dims != ("time",):
        raise InvalidInput(
            f"{where} has no time axis; its dims are {', '.join(str(d) for d in data.dims)}. Give "
            "a dim `time` with CF units such as 'days since 2010-01-01'."
        )
    if data.sizes["time"] == 0:
        raise InvalidInput(f"{where} holds no month; its `time` is empty.")
    months = months_of(data["time"].values)
    if months is None:
        units = data["time"].attrs.get("units", "no units")
        raise InvalidInput(
            f"the times of {where} are no dates (units: {units}). Give CF units such as 'days "
            "since 2010-01-01'."
        )
    return months
