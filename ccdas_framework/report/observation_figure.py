"""Figure of a file of observations: series at few places, a map of their means at many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import Findings, InvalidInput
from ..io.cf_time import read_times
from ..io.netcdf import InputFile, open_netcdf
from .drawing_packages import require
from .figures import figure

MOST_SERIES = 6  # places with a panel each; more are points of a map
NEEDED = {"observed": "the values", "latitude": "degrees north", "longitude": "degrees east",
          "time_start": "first day of each value", "label": "name of the place"}  # fmt: skip


def draw_observations(file: Path, out: Path) -> None:
    """Draw the observations of a file.

    Args:
        file: netCDF file of observations.
        out: figure; its suffix states the format.

    Raises:
        InvalidExperiment: the file is none of observations.
        ReportUnavailable: matplotlib is not installed.
    """
    require("matplotlib", product="figure", command=f"ccdas data plot {file}")
    findings = Findings()
    opened = open_netcdf(file, findings)
    times = None
    if opened is not None and opened.has_all(NEEDED):
        times = read_times(opened, "time_start")
    findings.raise_if_any()
    assert opened is not None
    assert times is not None
    dataset = opened.dataset
    labels, series = _labels(opened), _quantities(opened)
    names = np.unique(labels)
    if len(names) > MOST_SERIES:
        drawn = _map(dataset, labels, names)
    else:
        drawn = _series(dataset, times.moments, labels, names, series)
    drawn.suptitle(str(dataset.attrs.get("title", file.name)), fontsize=10)
    if out.suffix.lstrip(".") not in drawn.canvas.get_supported_filetypes():
        raise InvalidInput(
            f"'{out}' has no suffix of a figure. Expected .png, .svg or .pdf.",
            code="wrong-option",
            where="--out",
        )
    if not out.resolve().parent.is_dir():
        raise InvalidInput(
            f"There is no folder {out.parent}. Make it, or name another one.",
            code="missing-folder",
            where="--out",
        )
    drawn.savefig(out)


def _labels(opened: InputFile) -> np.ndarray:
    labels = opened.texts("label")
    return np.full(opened.dataset["observed"].shape, "") if labels is None else labels


def _quantities(opened: InputFile) -> np.ndarray:
    """Quantity of each observation; '' in a file of one."""
    names = opened.texts("quantity") if "quantity" in opened.dataset.variables else None
    return np.full(opened.dataset["observed"].shape, "") if names is None else names


def _series(
    dataset: Any, moments: np.ndarray, labels: np.ndarray, names: np.ndarray, series: np.ndarray
) -> Any:
    """A panel for each place, with the values of each quantity and their errors."""
    drawn = figure(10, 0.8 + 2.2 * len(names))
    axes = drawn.subplots(len(names), 1, squeeze=False, sharex=True)[:, 0]
    values = dataset["observed"].values
    has_sd = "observed_sd" in dataset
    sd = dataset["observed_sd"].values if has_sd else np.full(values.shape, np.nan)
    for axis, name in zip(axes, names, strict=True):
        for quantity in np.unique(series[labels == name]):
            chosen = np.flatnonzero((labels == name) & (series == quantity))
            chosen = chosen[np.argsort(moments[chosen])]
            errors = np.where(np.isfinite(sd[chosen]), sd[chosen], 0.0)
            axis.errorbar(
                moments[chosen], values[chosen], errors, ls="none", marker=".", ms=3,
                elinewidth=0.4, alpha=0.7, label=quantity or None,
            )  # fmt: skip
        axis.set(title=name, ylabel=dataset["observed"].attrs.get("units", ""))
        if (series != "").any():
            axis.legend(loc="upper right")
    drawn.autofmt_xdate()
    return drawn


def _map(dataset: Any, labels: np.ndarray, names: np.ndarray) -> Any:
    """Mean at each place."""
    _, first, place = np.unique(labels, return_index=True, return_inverse=True)
    values = dataset["observed"].values
    present = np.isfinite(values)
    count = np.bincount(place[present], minlength=len(names))
    total = np.bincount(place[present], values[present], minlength=len(names))
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    drawn = figure(10, 5)
    axis = drawn.subplots()
    points = axis.scatter(
        dataset["longitude"].values[first], dataset["latitude"].values[first], c=means, s=12
    )
    axis.set(xlabel="longitude (degrees east)", ylabel="latitude (degrees north)")
    drawn.colorbar(points, label=f"mean ({dataset['observed'].attrs.get('units', '')})")
    return drawn
