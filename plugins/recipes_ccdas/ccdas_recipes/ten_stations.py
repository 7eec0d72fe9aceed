"""The ten stations of atmospheric CO2 and the errors of their monthly means."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Observations

# degrees north, degrees east, m above sea level. Source: station table of NOAA/GML.
STATIONS = {
    "ALT": (82.45, -62.51, 185.0),
    "BRW": (71.32, -156.61, 11.0),
    "SHM": (52.71, 174.13, 23.0),
    "MHD": (53.33, -9.90, 5.0),
    "BMW": (32.26, -64.88, 30.0),
    "MLO": (19.54, -155.58, 3397.0),
    "RPB": (13.17, -59.43, 15.0),
    "SMO": (-14.25, -170.56, 42.0),
    "CRZ": (-46.43, 51.85, 197.0),
    "SPO": (-89.98, -24.80, 2810.0),
}


def transport_error(latitude: np.ndarray) -> np.ndarray:
    """Error of the analytic transport at a station (ppm).

    1.5 ppm north of 30 N and 0.7 elsewhere: the residual of this transport with true fluxes.
    """
    return np.where(np.asarray(latitude) > 30.0, 1.5, 0.7)


def error_of_mean(latitude: np.ndarray, statistical: np.ndarray = 0.0) -> np.ndarray:
    """Error of a monthly mean (ppm): statistical and transport error in quadrature.

    The floor of 0.5 ppm of Rayner et al. (2005), Global Biogeochem. Cycles 19, GB2026, is added by
    the CO2 operator.
    """
    return np.hypot(transport_error(latitude), statistical)


def design(months: np.ndarray) -> Observations:
    """Monthly means at the ten stations, without values; `months` is datetime64[M]."""
    codes = np.repeat(list(STATIONS), len(months))
    latitude, longitude, altitude = np.array([STATIONS[code] for code in codes]).T
    start = np.tile(months, len(STATIONS))
    return Observations(
        values=np.full(len(codes), np.nan),
        sd=error_of_mean(latitude),
        start=start,
        end=last_day(start),
        latitude=latitude,
        longitude=longitude,
        altitude=altitude,
        label=codes,
    )


def last_day(months: np.ndarray) -> np.ndarray:
    """Last day of each month, datetime64[D]."""
    return (np.asarray(months, "datetime64[M]") + 1).astype("datetime64[D]") - 1
