"""Monthly weather and fluxes of 149 flux sites, with the months that their source withholds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from attrs import evolve, frozen

from ccdas_framework import data_file, netcdf_lock

from .flux_errors import flux_errors
from .period import require_times
from .site_choice import chosen_sites

FILE = "land/site_monthly_fluxval.nc"
WEATHER = ("tasmin", "tasmax", "rsds", "pr", "vpd")
FLUXES = ("gpp", "nee", "et")
ASSIMILATED, WITHHELD = 1, 2  # of `split`; the role of a month in the source
CREDITS = (
    "CARDAMOM-FluxVal v1.0 (Yang et al.; data CC-BY-4.0); FLUXNET2015 site teams (CC-BY-4.0), "
    "Pastorello et al. (2020), doi:10.1038/s41597-020-0534-3"
)


@frozen(eq=False)
class FluxMonths:
    """Monthly records of flux sites.

    Args:
        names: site codes, shape (site,).
        latitude, longitude: degrees, shape (site,).
        land_cover: class of the International Geosphere-Biosphere Programme, such as "ENF", shape
            (site,).
        months: datetime64[M], shape (month,).
        weather: `WEATHER` -> monthly means of the 0.5 degree cell (degC, W m-2, mm d-1, Pa), shape
            (month, site).
        co2: background mole fraction (ppm), shape (month,).
        fluxes: `FLUXES` -> monthly means of the tower (gC m-2 d-1, mm d-1), NaN where missing,
            shape (month, site).
        errors: `FLUXES` -> standard deviation as observations, from all sites of the file, shape
            (month, site).
        split: `ASSIMILATED`, `WITHHELD`, or 0 for a month without observation, shape (month, site).
    """

    names: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    land_cover: np.ndarray
    months: np.ndarray
    weather: dict[str, np.ndarray]
    co2: np.ndarray
    fluxes: dict[str, np.ndarray]
    errors: dict[str, np.ndarray]
    split: np.ndarray

    def between(self, months: np.ndarray) -> FluxMonths:
        """The records of these consecutive months.

        Raises:
            InvalidInput: the file does not have them all.
        """
        rows = require_times(FILE, self.months, months)
        return evolve(
            self,
            months=self.months[rows],
            weather={name: values[rows] for name, values in self.weather.items()},
            co2=self.co2[rows],
            fluxes={name: values[rows] for name, values in self.fluxes.items()},
            errors={name: values[rows] for name, values in self.errors.items()},
            split=self.split[rows],
        )

    def at(self, columns: np.ndarray) -> FluxMonths:
        """The records of sites at these positions."""
        return evolve(
            self,
            names=self.names[columns],
            latitude=self.latitude[columns],
            longitude=self.longitude[columns],
            land_cover=self.land_cover[columns],
            weather={name: values[:, columns] for name, values in self.weather.items()},
            fluxes={name: values[:, columns] for name, values in self.fluxes.items()},
            errors={name: values[:, columns] for name, values in self.errors.items()},
            split=self.split[:, columns],
        )

    def of_sites(self, names: Sequence[str]) -> FluxMonths:
        """The records of these sites, all for an empty list.

        Raises:
            InvalidInput: no list of names, or a name that no site has.
        """
        names = chosen_sites(names, self.names.astype(str).tolist())
        return self.at(np.flatnonzero(np.isin(self.names, names)))


def read_flux_months(data: Path | None) -> FluxMonths:
    """All sites and months of the file `FILE` in the folder of published data."""
    import xarray as xr  # slow to import

    with netcdf_lock, xr.open_dataset(data_file(data, FILE)) as file:
        land_cover = file["igbp"].values.astype(str)
        latitude = file["lat"].values.astype(float)
        months = file["time"].values.astype("datetime64[M]")
        fluxes = {name: _by_month(file, name) for name in FLUXES}
        split = file["obs_split"].transpose("time", "site").values.astype(int)
        return FluxMonths(
            names=file["site"].values.astype(str),
            latitude=latitude,
            longitude=file["lon"].values.astype(float),
            land_cover=land_cover,
            months=months,
            weather={name: _by_month(file, name) for name in WEATHER},
            co2=file["co2"].values.astype(float),
            fluxes=fluxes,
            errors=flux_errors(
                fluxes, split == ASSIMILATED, land_cover, latitude, months.astype(int) % 12
            ),
            split=split,
        )


def _by_month(file: object, name: str) -> np.ndarray:
    values: np.ndarray = file[name].transpose("time", "site").values.astype(float)  # type: ignore[index]
    return values
