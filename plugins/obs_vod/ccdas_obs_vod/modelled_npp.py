"""Modelled net primary production (NPP) of the classes of each cell, from the files of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput, convert_units

from .map_files import open_netcdf
from .optical_depth import DAYS_PER_YEAR

VARIABLE = "npp_by_class"
NEEDED = (
    VARIABLE, "class_fraction", "class", "area", "latitude", "longitude", "latitude_half_width",
    "longitude_half_width",
)  # fmt: skip


@frozen(eq=False)
class ModelledNpp:
    """NPP of a run by class.

    Args:
        npp: mean over the window, of the ground of the class (gC m-2 yr-1), 0 where the cell
            lacks the class, shape (cell, class).
        fraction: share of the cell under each class (1), shape (cell, class).
        classes: shape (class,).
        area: m2, shape (cell,).
        latitude, longitude: centres of the cells (degrees), shape (cell,).
        half_width: half their extent in latitude and longitude (degrees), shape (cell, 2).
        about: run and months, for results.
    """

    npp: np.ndarray
    fraction: np.ndarray
    classes: np.ndarray
    area: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    half_width: np.ndarray
    about: str


def read_modelled_npp(folder: Path, run: str | None = None) -> ModelledNpp:
    """NPP by class of a run that was made with `output.by_class = ["npp"]`.

    Args:
        folder: of the run, with fields.nc.
        run: "prior", "posterior" or "given"; None takes the first.

    Raises:
        InvalidInput: the folder has no such file or run, NPP by class is absent, or the months are
            not whole years.
    """
    path = Path(folder) / "fields.nc"
    with open_netcdf(path, "modelled NPP") as data:
        missing = [name for name in NEEDED if name not in data.variables]
        if missing:
            raise InvalidInput(
                f"{path} has no {', '.join(missing)}. Make the run again with "
                "--set 'output.by_class=[\"npp\"]'.",
                code="missing-variable",
                where=f"{path}: {missing[0]}",
            )
        runs = [str(name) for name in data["run"].values]
        chosen = runs[0] if run is None else run
        if chosen not in runs:
            raise InvalidInput(
                f"{path} has no run '{chosen}'; it has {', '.join(runs)}.",
                code="unknown-run",
                where=f"{path}: run",
            )
        months = data["time"].values.astype("datetime64[M]")
        if len(months) % 12:
            raise InvalidInput(
                f"{path} holds {len(months)} months. A mean of NPP needs whole years: choose "
                "time.start and time.end of the run.",
                code="not-whole-years",
                where=f"{path}: time",
            )
        first = months.astype("datetime64[D]")
        days = ((months + 1).astype("datetime64[D]") - first).astype(float)
        array = data[VARIABLE].isel(run=runs.index(chosen)).transpose("time", "cell", "class")
        daily = convert_units(array.values, str(array.attrs.get("units", "")), "gC m-2 d-1")
        mean = np.tensordot(days / days.sum(), daily, axes=1)
        return ModelledNpp(
            npp=DAYS_PER_YEAR * np.nan_to_num(mean),
            fraction=data["class_fraction"].transpose("cell", "class").values,
            classes=data["class"].values.astype(int),
            area=data["area"].values,
            latitude=data["latitude"].values,
            longitude=data["longitude"].values,
            half_width=np.column_stack(
                [data["latitude_half_width"].values, data["longitude_half_width"].values]
            ),
            about=f"{path}, run {chosen}, {months[0]} to {months[-1]}",
        )
