# ruff: noqa: T201 - a script that prints
"""Print misfits and seasons of a run at towers by land cover class, from assimilated months alone.

    ccdas forward towers_149 --data DIR --out RUN
    python tower_diagnostics.py RUN [--run posterior]

Choices of functions and priors rest on this table. It therefore reads the streams of
`simulated.nc`, which hold assimilated months only, and never `evaluation.nc`. Withheld months can
be in no stream, because the recipe writes them to other files.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from ccdas_framework.diagnostics.mean_seasons import GroupSeason, group_season, latitude_bands

DAYS_A_YEAR = 365.25
MAY = 4  # position of the month
BAND = "40N-65N"  # of the ratio of May to the highest month


def streams(folder: Path, run: str) -> dict[str, xr.Dataset]:
    """Quantity -> values of one run: gpp, nee, reco = nee + gpp of months with both, and et."""
    parts = {}
    with xr.open_datatree(folder / "simulated.nc") as tree:
        for name in tree.children:
            data = tree[name].to_dataset().load()
            kinds = data["quantity"].values.astype(str)
            for kind in np.unique(kinds):
                part = data.isel(obs=kinds == kind)
                place = [str(label).split()[0] for label in part["cell"].values]
                table = xr.Dataset(
                    {"observed": part["observed"], "simulated": part[run],
                     "latitude": part["latitude"], "place_class": part["place_class"]}
                ).assign(place=("obs", place), month=part["time_start"])  # fmt: skip
                parts[{"evapotranspiration": "et"}.get(kind, kind)] = table
    if {"gpp", "nee"} <= set(parts):
        parts["reco"] = respiration(parts["gpp"], parts["nee"])
    return {name: parts[name] for name in ("gpp", "reco", "nee", "et") if name in parts}


def respiration(gpp: xr.Dataset, nee: xr.Dataset) -> xr.Dataset:
    """nee + gpp at the places and months that have both."""
    keys = [
        [f"{p} {m}" for p, m in zip(part["place"].values, part["month"].values, strict=True)]
        for part in (gpp, nee)
    ]
    _, of_gpp, of_nee = np.intersect1d(*keys, return_indices=True)
    both, other = gpp.isel(obs=of_gpp), nee.isel(obs=of_nee)
    return both.assign(
        {
            name: ("obs", both[name].values + other[name].values)
            for name in ("observed", "simulated")
        }
    )


def season(table: xr.Dataset, mask: np.ndarray) -> GroupSeason:
    """The mean season of some of the values."""
    part = table.isel(obs=mask)
    return group_season(
        part["observed"].values,
        {"simulated": part["simulated"].values},
        part["month"].dt.month.values,
        part["place"].values,
    )


def print_table(name: str, table: xr.Dataset) -> None:
    """Misfits by class of place, and the phase of the season in the band of latitude."""
    classes = table["place_class"].values.astype(str)
    print(f"\n{name}: values in the units of the stream, annual sums in them times 365.25 d")
    print("class  places months  annual obs  annual sim   bias   rmse  corr  season corr")
    groups = {c: classes == c for c in sorted(set(classes))} | {"all": np.ones(len(classes), bool)}
    for group, mask in groups.items():
        found = season(table, mask)
        annual = [np.mean(v) * DAYS_A_YEAR for v in (found.observed, found.simulated["simulated"])]
        print(
            f"{group:6} {found.places:6} {found.count:6} {annual[0]:11.0f} {annual[1]:11.0f} "
            f"{found.bias['simulated']:6.2f} {found.rmse['simulated']:6.2f} "
            f"{found.correlation['simulated']:5.2f} {found.season_correlation['simulated']:12.2f}"
        )
    for band, inside in latitude_bands(table["latitude"].values).items():
        if inside.any():
            found = season(table, inside)
            print(
                f"{band:12} {found.places:4} places, rmse {found.rmse['simulated']:5.2f}, "
                f"season corr {found.season_correlation['simulated']:5.2f}"
            )


def print_phase(tables: Mapping[str, xr.Dataset]) -> None:
    """Mean seasons of production of classes in one band, relative to their highest month."""
    gpp = tables["gpp"]
    inside = latitude_bands(gpp["latitude"].values)[BAND]
    classes = gpp["place_class"].values.astype(str)
    print(f"\ngpp of {BAND} relative to its highest month, January to December; May apart")
    for group in sorted(set(classes[inside])):
        found = season(gpp, inside & (classes == group))
        for kind, values in (
            ("observed", found.observed),
            ("simulated", found.simulated["simulated"]),
        ):
            ratio = values / np.nanmax(values)
            months = " ".join(f"{value:5.2f}" for value in ratio)
            print(f"{group:4} {kind:9} {months}   May {ratio[MAY]:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of a run")
    parser.add_argument("--run", default="prior", choices=("prior", "posterior"))
    arguments = parser.parse_args()
    tables = streams(arguments.folder, arguments.run)
    for name, table in tables.items():
        print_table(name, table)
    print_phase(tables)


if __name__ == "__main__":
    main()
