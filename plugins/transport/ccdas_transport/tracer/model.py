"""The three-dimensional transport: twelve months of operators and their transposes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy as np
from attrs import field, frozen
from scipy import sparse

from ccdas_framework import InvalidInput

from ..grid import TransportGrid
from ..jacobian import TransportJacobian
from ..land_cover import land_share
from ..station_locations import StationLocations
from .adjoint import adjoint_of_flux, station_response
from .atmosphere import Atmosphere
from .forward_run import monthly_mole_fraction
from .month_operators import Month, month_operators
from .settings import TransportSettings
from .station_sampling import sampling_matrix
from .winds import Winds, read_winds


@frozen(eq=False)
class Transport:
    """Transport of a tracer in a climatological year, linear, conserving and positive.

    Args:
        settings: settings of the transport.
        atmosphere: cells of the air.
        months: operators of January to December.
        land: share of land of the boxes (1), shape (latitude, longitude).
        winds: stream functions of the winds.
    """

    settings: TransportSettings
    atmosphere: Atmosphere
    months: tuple[Month, ...] = field(repr=False)
    land: np.ndarray = field(repr=False)
    winds: Winds = field(repr=False)

    @classmethod
    def from_files(
        cls, settings: TransportSettings | None = None, winds: Path | str | None = None
    ) -> Self:
        """The transport of these settings, driven by a file of winds.

        Args:
            settings: settings of the transport. None takes the fitted ones.
            winds: path of a CF netCDF file of u and v on pressure levels, twelve months or January
                and July. None takes the stream functions that ship with this package.

        Raises:
            InvalidInput: the file of winds cannot be used.
        """
        return cls.from_winds(settings or TransportSettings(), read_winds(winds))

    @classmethod
    def from_winds(cls, settings: TransportSettings, winds: Winds) -> Self:
        """The transport of these settings and winds."""
        grid = TransportGrid(settings.latitude_step, settings.longitude_step)
        atmosphere = Atmosphere(grid, settings.layer_edges, settings.pgc_per_ppm)
        land = land_share(grid)
        streamfunction = winds.at_corners(grid, atmosphere.layer_middle)
        months = tuple(
            month_operators(month, atmosphere, streamfunction[month], land, settings)
            for month in range(12)
        )
        return cls(settings, atmosphere, months, land, winds)

    @property
    def grid(self) -> TransportGrid:
        """Boxes of the surface fluxes."""
        return self.atmosphere.grid

    def sampling(self, stations: StationLocations) -> sparse.csr_array:
        """Mole fraction at stations per mass in cells (ppm kgC-1), sparse."""
        return sampling_matrix(stations, self.atmosphere, self.land, self.settings)

    def forward(
        self,
        flux: np.ndarray,
        stations: StationLocations,
        first_month: int = 1,
        initial: float = 0.0,
    ) -> np.ndarray:
        """Monthly mean mole fraction at stations (ppm), shape (..., month, station).

        Args:
            flux: rate of emission of each box and month (kgC yr-1, of years of 365 days), to the
                atmosphere positive, shape (..., month, latitude, longitude). In a month of d days
                d/365 of it is emitted.
            stations: location of the stations.
            first_month: calendar month of the first flux, 1..12; the calendar has no leap days.
            initial: mole fraction of the uniform atmosphere before (ppm).

        Raises:
            InvalidInput: the flux is on another grid or has missing values.
        """
        flux = np.asarray(flux, dtype=float)
        shape = self.grid.area.shape
        if flux.ndim < 3 or flux.shape[-2:] != shape:
            raise InvalidInput(
                f"transport: the flux has the shape {flux.shape}; expected (..., month, "
                f"{shape[0]}, {shape[1]}), months and boxes of the transport grid.",
                code="wrong-dimensions",
                where="flux",
            )
        if not np.isfinite(flux).all():
            raise InvalidInput(
                "transport: the flux has missing values; fill them, with 0 if none.",
                code="missing-values",
                where="flux",
            )
        if first_month not in range(1, 13):
            raise InvalidInput(
                f"transport: the first month is {first_month}; expected a calendar month, 1 to 12.",
                code="wrong-value",
                where="first_month",
            )
        series = flux.reshape(-1, *flux.shape[-3:])
        state = np.repeat(self.atmosphere.well_mixed(initial)[:, :, None], len(series), axis=2)
        ppm = monthly_mole_fraction(
            self.months, self.atmosphere, series, self.sampling(stations), first_month - 1, state
        )
        return ppm.reshape(*flux.shape[:-2], len(stations))

    def adjoint(
        self, weights: np.ndarray, stations: StationLocations, first_month: int = 1
    ) -> np.ndarray:
        """The transpose of `forward`: weights of the flux, shape (month, latitude, longitude).

        Args:
            weights: weights of the mole fractions, shape (month, station).
            stations: location of the stations.
            first_month: calendar month of the first weights, 1..12.
        """
        return adjoint_of_flux(
            self.months, self.atmosphere, np.asarray(weights, float), self.sampling(stations),
            first_month - 1,
        )  # fmt: skip

    def response(
        self,
        stations: StationLocations,
        progress: Callable[[float], None] | None = None,
        workers: int | None = None,
    ) -> TransportJacobian:
        """The Jacobian of stations by the adjoint, for `write_jacobian`.

        Args:
            stations: location of the stations.
            progress: called with the completed fraction, 0 to 1.
            workers: number of threads. None takes one for each processor.
        """
        return station_response(
            self.months, self.atmosphere, stations, self.sampling(stations),
            self.settings.memory, progress, workers,
        )  # fmt: skip

    def attributes(self) -> dict[str, Any]:
        """Settings and checksums of the inputs, as attributes of a file."""
        settings = self.settings.as_dict()
        return {
            **{
                f"transport_{k}": list(v) if isinstance(v, tuple) else v
                for k, v in settings.items()
            },
            "transport_winds": self.winds.source,
            "transport_winds_sha256": self.winds.checksum,
            "transport_land": "land_percent.csv of ccdas_obs_co2 (package global-land-mask, GLOBE)",
        }
