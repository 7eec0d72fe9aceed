"""netCDF files of a user: opening them, and the calendar months of their time axis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ccdas_framework import InvalidInput, months_of_times, netcdf_lock
from ccdas_framework.grids import calendar_months as months_of_dates
from ccdas_framework.grids import is_consecutive

if TYPE_CHECKING:
    import xarray as xr


@contextmanager
def open_netcdf(path: Path, purpose: str) -> Iterator[xr.Dataset]:
    """A netCDF file as an xarray dataset, open until the end of the block.

    Args:
        path: netCDF file.
        purpose: use of the file, the beginning of messages, such as "fluxes".

    Raises:
        InvalidInput: the file does not exist, or is not netCDF.
    """
    import xarray as xr  # slow to import

    if not path.is_file():
        raise InvalidInput(
            f"{purpose}: there is no file {path}. Give the path of a netCDF file.",
            code="missing-file",
            where=f"{purpose}: {path}",
        )
    with netcdf_lock:
        try:
            data = xr.open_dataset(path, decode_timedelta=False)
        except (OSError, ValueError) as cause:
            raise InvalidInput(
                f"{purpose}: {path} could not be read as netCDF ({_first_sentence(cause)}). Check "
                "that it is complete and that its times have CF units.",
                code="unreadable-file",
                where=f"{purpose}: {path}",
            ) from cause
        with data:
            yield data


def _first_sentence(cause: Exception) -> str:
    """First sentence of the message of a library."""
    return str(cause).split(". ")[0].splitlines()[0] if str(cause) else type(cause).__name__


def station_names(data: xr.Dataset, source: str) -> list[str]:
    """Names in the variable `station` of a dataset, without blanks around them.

    Args:
        data: dataset with `station`, of strings or bytes.
        source: purpose and path of the file, for messages.

    Raises:
        InvalidInput: a name is not text in UTF-8.
    """
    try:
        values = data["station"].values.tolist()
        return [str(n.decode() if isinstance(n, bytes) else n).strip() for n in values]
    except UnicodeDecodeError as cause:
        raise InvalidInput(
            f"{source}: `station` holds text that is not UTF-8, perhaps Latin-1. Write it again in "
            "UTF-8, or give the variable the attribute `_Encoding` of netCDF.",
            code="wrong-encoding",
            where=f"{source}: station",
        ) from cause


def calendar_months(data: xr.Dataset, source: str, *, monthly: bool = False) -> np.ndarray:
    """Calendar month of each time of a dataset, datetime64[M], shape (time,).

    CF bounds count before times. A warning says how times at the first moment of each month are
    taken, where bounds are missing.

    Args:
        data: dataset with a dimension `time`.
        source: purpose and path of the file, for messages.
        monthly: values are means over calendar months, in a row.

    Raises:
        InvalidInput: the time axis is absent or empty, or its values are not dates, or not
            consecutive months where they have to be.
    """
    where = f"{source}: time"
    if "time" not in data.variables or data["time"].dims != ("time",):
        raise InvalidInput(
            f"{source} has no time axis; its dims are {', '.join(str(d) for d in data.dims)}. Give "
            "a dim `time` with CF units such as 'days since 2010-01-01'.",
            code="missing-time-axis",
            where=where,
        )
    if data.sizes["time"] == 0:
        raise InvalidInput(
            f"{source} holds no month; its `time` is empty.", code="empty-time-axis", where=where
        )
    if months_of_dates(data["time"].values) is None:
        units = data["time"].attrs.get("units", "no units")
        raise InvalidInput(
            f"the times of {source} are not dates (units: {units}). Give CF units such as 'days "
            "since 2010-01-01'.",
            code="wrong-units",
            where=where,
        )
    months = months_of_times(data, source, monthly=monthly)
    if monthly and not is_consecutive(months):
        raise InvalidInput(
            f"the times of {source} are not consecutive months, one value each ({months[0]} to "
            f"{months[-1]}, {len(months)} values). Average them by month, without gaps.",
            code="months-not-consecutive",
            where=where,
        )
    return months
