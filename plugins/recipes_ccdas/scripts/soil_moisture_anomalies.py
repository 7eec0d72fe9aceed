# ruff: noqa: T201 - a script that prints
"""Print correlations of simulated soil moisture and of its anomalies at each place of runs.

    python soil_moisture_anomalies.py RUN [RUN ...] [--stream sm]

An anomaly is the departure from the mean of 35 days around the day.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import xarray as xr

from ccdas_framework.diagnostics.mean_seasons import correlation
from ccdas_framework.diagnostics.variability import anomalies


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
