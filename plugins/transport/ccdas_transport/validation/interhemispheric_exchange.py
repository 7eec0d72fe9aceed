"""Characteristics of a transport: exchange between hemispheres, and the response to a pulse."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ..constants import KG_PER_PGC, SECONDS_PER_YEAR
from ..station_locations import StationLocations
from ..tracer import Transport

YEARS = 8  # until the difference of the hemispheres is steady
TROPOSPHERE = 0.20  # share of the surface pressure at its top


@frozen
class ExchangeTimes:
    """Times of exchange between the hemispheres (yr), by the two-box model.

    Args:
        surface: from means of the lowest layer.
        troposphere: from means below 200 hPa.
        atmosphere: from means of all air.
    """

    surface: float
    troposphere: float
    atmosphere: float


def exchange_time(transport: Transport, flux: np.ndarray) -> ExchangeTimes:
    """Time of exchange between hemispheres in the two-box model.

        d(c_N - c_S)/dt = E_N - E_S - 2 (c_N - c_S) / tau = 0,   tau = 2 (c_N - c_S) / (E_N - E_S)

    from the yearly mean of a source that repeats itself until the difference is steady. E is the
    source of a hemisphere over its mass of air (ppm yr-1).

    Args:
        transport: the transport.
        flux: kgC yr-1 of a year, shape (12, latitude, longitude).

    Source: Geller et al. (1997), Geophys. Res. Lett. 24, 675-678; with SF6 and surface stations
        1.3 to 1.4 yr, Patra et al. (2011), Atmos. Chem. Phys. 11, 12813-12837.
    """
    air = transport.atmosphere
    share = air.mass_share
    north = air.on_cells((transport.grid.latitude > 0.0)[:, None] * transport.grid.area) / air.area
    mean = _last_year(transport, flux)
    emitted = air.on_cells(flux.mean(axis=0)) / (air.pgc_per_ppm * KG_PER_PGC)  # ppm yr-1, of all
    gain = emitted @ north / 0.5 - emitted @ (1.0 - north) / 0.5
    tropospheric = air.layer_middle > TROPOSPHERE

    def time_of_layers(chosen: np.ndarray) -> float:
        weight = share * chosen[:, None]
        level = [
            np.sum(mean * weight * side) / np.sum(weight * side) for side in (north, 1 - north)
        ]
        return float(2.0 * (level[0] - level[1]) / gain)

    ground = np.arange(air.layers) == 0
    return ExchangeTimes(
        time_of_layers(ground), time_of_layers(tropospheric), time_of_layers(ground | True)
    )


def _last_year(transport: Transport, flux: np.ndarray) -> np.ndarray:
    """Mean mole fraction of the last year of a repeated source (ppm), shape (layer, cell)."""
    air = transport.atmosphere
    rate = air.on_cells(flux) / SECONDS_PER_YEAR
    state = np.zeros((*air.shape, 1))
    total = np.zeros(air.shape)
    for year in range(YEARS):
        for month, operators in enumerate(transport.months):
            for _ in range(operators.steps):
                state = operators.step(state, rate[month])
                if year == YEARS - 1:
                    total += state[:, :, 0] / operators.steps / 12.0
    return total * air.ppm_per_kg


def pulse(transport: Transport, stations: StationLocations, years: int = 10) -> np.ndarray:
    """Mole fraction at stations after 1 PgC at 45 N in January (ppm), shape (month, station).

    It tends to 1 / (PgC per ppm) at all of them.
    """
    grid = transport.grid
    flux = np.zeros((12 * years, *grid.area.shape))
    band = int(np.argmin(np.abs(grid.latitude - 45.0)))
    flux[0, band] = KG_PER_PGC * 365.0 / transport.months[0].days / len(grid.longitude)
    return transport.forward(flux, stations)
