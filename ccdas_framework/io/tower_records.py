"""Daily records of flux towers in the folder of published data.

Recipes and several plugins read these files and must not depend on each other. The reader is
therefore a public part of the framework (`TowerRecord`, `read_tower`, `read_tower_file`). A library
package beside it would need a version and an installation of its own for one small module.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, frozen

from ..core.errors import Findings, InvalidInput, did_you_mean
from .cf_time import read_times
from .data_folder import data_file
from .missing_values import with_missing
from .netcdf import InputFile
from .netcdf_lock import netcdf_lock

PREFERRED_FILES = {"FR-Pue": "FR-Pue_fluxdatakit"}  # site -> file, where a site has several
POSITION = ("site_id", "latitude", "longitude")  # attributes that a file must have
RANGES = {  # of attributes: degrees, degrees, m above sea level
    "latitude": (-90.0, 90.0), "longitude": (-180.0, 360.0), "elevation_m": (-500.0, 9000.0),
}  # fmt: skip
FILLED_RUN = 15  # d; so many equal values in turn are a filled gap (dry sensors repeat two weeks)


@frozen(eq=False)
class TowerRecord:
    """Daily series of one flux tower.

    Args:
        name: site code such as "DE-Tha".
        latitude, longitude: degrees north, degrees east.
        elevation: above sea level (m). NaN where the file has none.
        time: days, datetime64[D], shape (time,).
        values: name -> daily values, NaN where missing, shape (time,).
    """

    name: str
    latitude: float
    longitude: float
    elevation: float
    time: np.ndarray
    values: Mapping[str, np.ndarray]

    def between(self, first: np.datetime64, last: np.datetime64) -> TowerRecord:
        """The record from the first day to the last, both included.

        Raises:
            InvalidInput: the record does not have every day.
        """
        days = (self.time >= first) & (self.time <= last)
        if np.count_nonzero(days) != int((last - first).astype(int)) + 1:
            raise InvalidInput(
                f"The record of tower {self.name} is from {self.time[0]} to {self.time[-1]}; "
                f"every day from {first} to {last} is needed. Choose a period within the record.",
                code="missing-days",
                where=self.name,
            )
        values = {name: series[days] for name, series in self.values.items()}
        return evolve(self, time=self.time[days], values=values)

    def on_days(self, days: np.ndarray) -> TowerRecord:
        """The record on these days, NaN on days that it does not have; datetime64[D]."""
        position = np.searchsorted(self.time, days).clip(max=len(self.time) - 1)
        present = self.time[position] == days
        values = {
            name: np.where(present, series[position], np.nan)
            for name, series in self.values.items()
        }
        return evolve(self, time=np.asarray(days), values=values)

    def measured(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Positions in `time` and values of a quantity, without missing and filled days.

        A run of `FILLED_RUN` or more equal values counts as filled. A quantity that the record
        lacks has no values.
        """
        values = self.values.get(name, np.full(len(self.time), np.nan))
        position = np.flatnonzero(np.isfinite(values) & ~_in_equal_run(values))
        return position, values[position]

    def complete(self, name: str) -> np.ndarray:
        """All daily values of a quantity that drives a model, shape (time,).

        Raises:
            InvalidInput: the record lacks it or has gaps.
        """
        values = self.values.get(name)
        if values is None or not np.isfinite(values).all():
            missing = "no values" if values is None else f"{np.sum(~np.isfinite(values))} gaps"
            raise InvalidInput(
                f"The record of tower {self.name} has {missing} of '{name}' between "
                f"{self.time[0]} and {self.time[-1]}; every day is needed to drive a model. "
                "Choose other years or another tower.",
                code="missing-values",
                where=f"{self.name}: {name}",
            )
        return values


def read_tower(data: Path | None, site: str) -> TowerRecord:
    """The record of a site, from `land/site_daily` in the folder of published data.

    Args:
        data: folder of published data.
        site: code such as "DE-Tha".

    Raises:
        InvalidInput: there is no such file, or it lacks the position of the tower.
    """
    name = PREFERRED_FILES.get(site, site)
    folder = None if data is None else Path(data) / "land" / "site_daily"
    if folder is not None and folder.is_dir() and not (folder / f"{name}.nc").is_file():
        names = sorted(path.stem for path in folder.glob("*.nc"))
        raise InvalidInput(
            f"{folder} has no record of the site '{site}'.{did_you_mean(site, names)} It has: "
            f"{', '.join(names) or 'none'}.",
            code="missing-file",
            where=f"land/site_daily/{name}.nc",
        )
    return read_tower_file(data_file(data, f"land/site_daily/{name}.nc"))


def read_tower_file(path: Path) -> TowerRecord:
    """The record in a netCDF file: daily variables over `time`, and the position as attributes.

    Raises:
        InvalidInput: it lacks the position of the tower, the position is not on the Earth, or its
            times are no dates.
    """
    import xarray as xr  # slow to import

    with netcdf_lock, xr.open_dataset(path) as file:
        for attribute in POSITION:
            if attribute not in file.attrs:
                raise InvalidInput(
                    f"{path} lacks the attribute '{attribute}'. A tower record has the attributes "
                    f"{', '.join(POSITION)}.",
                    code="missing-attribute",
                    where=f"{Path(path).name}: {attribute}",
                )
        findings = Findings()
        times = read_times(InputFile(path, file, findings), "time")
        if times is None:
            raise InvalidInput(findings[0].message, code=findings[0].code, where=findings[0].where)
        series = [name for name in file.data_vars if file[name].dims == ("time",)]
        return TowerRecord(
            name=str(file.attrs["site_id"]),
            latitude=_position(path, file.attrs, "latitude"),
            longitude=_position(path, file.attrs, "longitude"),
            elevation=_position(path, file.attrs, "elevation_m"),
            time=times.days,
            values={
                str(name): with_missing(file[name], marks=True).values.astype(float)
                for name in series
            },
        )


def _position(path: Path, attributes: Mapping[str, Any], name: str) -> float:
    """Coordinate of a tower from an attribute; NaN where it is missing."""
    value, (lowest, highest) = attributes.get(name, np.nan), RANGES[name]
    with suppress(TypeError, ValueError):
        number = float(value)
        if lowest <= number <= highest or (np.isnan(number) and name not in POSITION):
            return number
    raise InvalidInput(
        f"{path} has {name} = {value!r}; expected a number from {lowest:g} to {highest:g}. Correct "
        "the attribute, or leave out an unknown elevation.",
        code="out-of-range",
        where=f"{Path(path).name}: {name}",
    )


def _in_equal_run(values: np.ndarray) -> np.ndarray:
    """True in a run of `FILLED_RUN` or more equal values, shape of `values`."""
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    lengths = np.diff(np.r_[starts, len(values)])
    return np.repeat(lengths >= FILLED_RUN, lengths)
