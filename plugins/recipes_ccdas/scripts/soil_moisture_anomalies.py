# ruff: noqa: T201 - a script that prints
"""Print correlations of simulated soil moisture and of its anomalies at each place of runs.

    python soil_moisture_anomalies.py RUN [RUN ...] [--stream sm]

An anomaly is the departure from the mean of 35 days around the day, of at least five values, as in
Albergel et al. (2009), Hydrol. Earth Syst. Sci. 13, 115-124. It leaves the season out, which any
model with measured rain has.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import xarray as xr

from ccdas_framework.diagnostics.mean_seasons import correlation

HALF_WINDOW = 17  # days
FEWEST = 5  # values of a window


def anomalies(day: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Departures from the mean of the window around each day, NaN with few values; shape (obs,).

    Args:
        day: number of the day of each value, shape (obs,).
        values: shape (obs,).
    """
    near = np.abs(day[:, None] - day[None, :]) <= HALF_WINDOW
    mean = (near @ values) / near.sum(axis=1)
    return np.where(near.sum(axis=1) >= FEWEST, values - mean, np.nan)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders of runs")
    parser.add_argument("--stream", default="sm")
    arguments = parser.parse_args()
    print("run  place  values  correlation  anomaly correlation  sd over observed")
    for folder in arguments.folders:
        with xr.open_dataset(folder / "simulated.nc", group=arguments.stream) as data:
            data = data.load()
        places = data["cell"].values.astype(str)
        day = data["time_start"].values.astype("datetime64[D]").astype(int)
        for run in ("prior", "posterior"):
            for place in sorted(set(places)) if run in data else ():
                mask = places == place
                observed, simulated = data["observed"].values[mask], data[run].values[mask]
                of = [anomalies(day[mask], values) for values in (observed, simulated)]
                print(
                    f"{folder.name} {run}  {place}  {mask.sum()}  "
                    f"{correlation(observed, simulated):.3f}  {correlation(*of):.3f}  "
                    f"{simulated.std() / observed.std():.2f}"
                )


if __name__ == "__main__":
    main()
