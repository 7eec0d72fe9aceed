# ruff: noqa: T201 - a script that prints
"""Errors of the transport against a full model by latitude, and their correlations.

    python errors_of_transport.py DATA

prints the sources of the settings `transport_error_*` and `station_error_shared` of
`[streams.co2]`: the difference from TM5 with the same fluxes by latitude at the background
stations of the validation, and the misfit of TM5 to the observations, without the stations that
`coarse_global` withholds. No assimilation is involved.
"""

import sys
from pathlib import Path

import numpy as np
from ccdas_obs_co2.error_correlation import SEASON_WIDTH
from ccdas_transport.tracer import Transport
from ccdas_transport.validation.comparison_with_tm5 import FIRST, LAST, MODEL
from ccdas_transport.validation.station_records import read_records
from ccdas_transport.validation.zonal_fluxes import zonal_fluxes
from scipy.optimize import least_squares

WITHHELD = ("CBA", "MID", "KUM", "ASC", "MQA")
BANDS = (("north of 30 N", 30.01, 90.1), ("10 to 30 N", 10.0, 30.01), ("elsewhere", -90.1, 10.0))


def mean_season(series, calendar):
    """Mean, and mean of each calendar month less that: shapes (station,) and (12, station)."""
    mean = np.nanmean(series, axis=0)
    return mean, np.stack([np.nanmean(series[calendar == m], axis=0) for m in range(12)]) - mean


def lagged(season, one, other):
    """Covariances of seasons `one` and `other` at lags of 0 to 11 months, shape (12, pair)."""
    shifted = (np.roll(season, -lag, axis=0) for lag in range(12))
    return np.stack([(season[:, one] * later[:, other]).mean(axis=0) for later in shifted])


def fitted_shares(season, latitude):
    """f, g and D of `error_correlation`, fitted to what comes back each year, over its rms.

    Args:
        season: mean of each calendar month over the rms of all months, shape (12, station).
        latitude: degrees, shape (station,).

    The covariances of a station with itself count together as much as those of all pairs.
    """
    one, other = np.triu_indices(len(latitude), 1)
    same = np.arange(len(latitude))
    difference = np.abs(latitude[one] - latitude[other])
    pairs, variances = lagged(season, one, other), lagged(season, same, same)
    turn = np.exp(-2.0 * np.sin(np.pi * np.arange(12) / 12.0) ** 2 / SEASON_WIDTH**2)[:, None]
    weight = np.sqrt(len(difference) / len(latitude))

    def misfit(values):
        f, g, distance = values
        common = f * g * turn * np.exp(-0.5 * (difference / distance) ** 2)
        return np.concatenate([(common - pairs).ravel(), weight * (f * turn - variances).ravel()])

    return least_squares(misfit, (0.7, 0.5, 25.0), bounds=([0, 0, 5], [1, 1, 90])).x


def main(data):
    transport = Transport.from_files()
    records = read_records(data, transport)
    fluxes = zonal_fluxes(data, MODEL, transport.grid)
    months = np.intersect1d(fluxes.months, records.months)
    in_period = (months >= FIRST) & (months <= LAST)
    simulated = transport.forward(fluxes.values.sum(axis=0), records.stations)[in_period]
    background = records.background
    tm5 = records.full_model[in_period][:, background]
    calendar = months[in_period].astype(int) % 12
    latitude = records.stations.latitude[background]
    difference = simulated[:, background] - tm5
    difference = difference - difference.mean()  # the level of all stations is c_0
    mean, season = mean_season(difference, calendar)
    print("ppm            stations  rms   mean  season  rest")
    for name, south, north in BANDS:
        band = (latitude >= south) & (latitude < north)
        remainder = difference[:, band] - mean[band] - season[calendar][:, band]
        rms = [np.sqrt((part**2).mean()) for part in
               (difference[:, band], mean[band], season[:, band], remainder)]  # fmt: skip
        print("{:14s} {:8d}  {:.2f}  {:.2f}  {:.2f}    {:.2f}".format(name, band.sum(), *rms))
    back = (mean + season) / np.sqrt((difference**2).mean(axis=0))
    square, variance = np.mean(back**2), np.mean(season**2) / np.mean((difference - mean) ** 2)
    print(f"comes back each year: {square:.2f} of the mean square, {variance:.2f} of the variance")
    one, other = np.triu_indices(len(latitude), 1)
    degrees = np.abs(latitude[one] - latitude[other])
    common = (back[:, one] * back[:, other]).mean(axis=0)
    for low, high in ((0.0, 5.0), (5.0, 20.0)):
        near = (degrees >= low) & (degrees < high)
        print(f"of that in common at {low:.0f} to {high:.0f} degrees: {common[near].mean():.2f}")
    f, g, distance = fitted_shares(back, latitude)
    print(f"least squares over all pairs and lags: f {f:.2f}, g {g:.2f}, D {distance:.0f} degrees")
    misfit_tm5 = tm5 - records.observed[in_period][:, background]
    withheld = np.isin(records.code[background], WITHHELD)
    selected = (np.isfinite(misfit_tm5).sum(axis=0) >= 36) & ~withheld
    misfit_tm5 = misfit_tm5[:, selected]
    mean, season = mean_season(misfit_tm5, calendar)
    total = np.nanmean(misfit_tm5**2, axis=0)
    print(f"TM5 less observed: {np.mean(mean**2 / total):.2f} of the mean square is its mean, "
          f"{np.mean(np.nanmean(season**2, axis=0) / total):.2f} its mean season")  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
