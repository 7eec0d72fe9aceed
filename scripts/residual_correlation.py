"""Print how the residuals of a stream are correlated in time and between places.

    python scripts/residual_correlation.py RUN STREAM [--step DAYS] [--which prior|posterior]

The residuals are those of `simulated.nc`, divided by their errors. The sums say how many values
share an error: a factor for `n_corr`, `correlation_days` or the spacing of values.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import xarray as xr

EARTH_RADIUS = 6371.0  # km
DISTANCES = (1.0, 150.0, 250.0, 400.0, 600.0, 1000.0, 2000.0)  # km
FEWEST_PAIRS = 20  # of values, below which a correlation is noise


def residual_table(run, stream, which, step):
    """Residuals by time step and place, and latitude and longitude of the places."""
    with xr.open_dataset(Path(run) / "simulated.nc", group=stream) as dataset:
        names = ["observed", "observed_sd", which, "time_start", "latitude", "longitude", "cell"]
        values = dataset[names].load().to_dataframe()
        if "quantity" in dataset:
            values["cell"] += " " + dataset["quantity"].to_series()
    values["residual"] = (values["observed"] - values[which]) / values["observed_sd"]
    day = (values["time_start"] - values["time_start"].min()).dt.days
    values["step"] = (day / step).round().astype(int)
    table = values.pivot_table(index="step", columns="cell", values="residual")
    table = table.reindex(range(table.index.max() + 1))
    places = values.groupby("cell")[["latitude", "longitude"]].first().loc[table.columns]
    return table.to_numpy(), places


def correlations_in_time(residual, longest):
    """Correlation by lag: sum d(t) d(t + lag) over sum d^2, at the same mean square."""
    square = np.nanmean(residual**2)
    lagged = []
    for lag in range(1, longest + 1):
        product = residual[lag:] * residual[:-lag]
        enough = np.isfinite(product).sum() >= FEWEST_PAIRS
        lagged.append(np.nanmean(product) / square if enough else np.nan)
    return np.array(lagged)


def correlations_in_space(residual, places):
    """Rows of lower and upper distance (km), correlation, and neighbours of a place."""
    latitude, longitude = (np.radians(places[n].to_numpy()) for n in ("latitude", "longitude"))
    cosine = np.sin(latitude)[:, None] * np.sin(latitude) + (
        np.cos(latitude)[:, None] * np.cos(latitude) * np.cos(longitude[:, None] - longitude)
    )
    distance = EARTH_RADIUS * np.arccos(np.clip(cosine, -1.0, 1.0))
    is_valid = np.isfinite(residual)
    filled = np.where(is_valid, residual, 0.0)
    pairs = is_valid.T.astype(float) @ is_valid
    scale = np.sqrt(((filled**2).T @ is_valid) * (is_valid.T @ (filled**2)))
    with np.errstate(invalid="ignore"):
        correlation = np.where(pairs >= FEWEST_PAIRS, (filled.T @ filled) / scale, np.nan)
    for lower, upper in pairwise(DISTANCES):
        within = (distance > lower) & (distance <= upper) & np.isfinite(correlation)
        if within.any():
            yield lower, upper, correlation[within].mean(), within.sum() / len(places)


def main():
    """Print both tables and both sums, with and without the mean of each place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("stream")
    parser.add_argument("--step", type=float, default=1.0, help="days between two values")
    parser.add_argument("--which", choices=("prior", "posterior"), default="prior")
    parser.add_argument("--longest", type=int, default=60, help="longest lag, in steps")
    options = parser.parse_args()
    table, places = residual_table(options.run, options.stream, options.which, options.step)
    for label, residual in (
        ("whole", table),
        ("without the mean of each place", table - np.nanmean(table, axis=0)),
    ):
        print(f"residuals, {label}: rms {np.sqrt(np.nanmean(residual**2)):.3g} sd")
        in_time = correlations_in_time(residual, options.longest)
        print("  by lag (steps): " + " ".join(f"{c:.2f}" for c in in_time))
        positive = np.nan_to_num(in_time).clip(min=0.0)
        print(f"  values in time that share an error: {1.0 + 2.0 * positive.sum():.1f}")
        shared = 1.0
        for lower, upper, mean, neighbours in correlations_in_space(residual, places):
            print(f"  {lower:.0f} to {upper:.0f} km: {mean:.2f}, {neighbours:.1f} neighbours")
            shared += max(mean, 0.0) * neighbours
        print(f"  places that share an error: {shared:.1f}")


if __name__ == "__main__":
    main()
