"""Figures of files of observations: series at few places, a map at many, or files together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..core.errors import Findings
from ..io.cf_time import read_times
from ..io.data_kind import MEASURED
from ..io.netcdf import InputFile, open_netcdf
from .drawing_packages import require
from .drawn_file import require_writable, save
from .figures import TALLEST, figure
from .outlines import draw_outlines

OF_FIGURE, OF_ROW = 0.6, 2.8  # inches: margins, and height of a row
MOST_ROWS = int((TALLEST - OF_FIGURE) / OF_ROW)
MOST_SERIES = 6  # places with a panel each; more are points of a map
NEEDED = {"observed": "the values", "latitude": "degrees north", "longitude": "degrees east",
          "time_start": "first day of each value", "label": "name of the place"}  # fmt: skip


@frozen(eq=False)
class _Observed:
    """Contents of one file.

    Args:
        dataset: in memory.
        moments: datetime64, shape (obs,).
        labels, quantities: place and quantity of each value, shape (obs,).
        title: of the file.
    """

    dataset: Any
    moments: np.ndarray
    labels: np.ndarray
    quantities: np.ndarray
    title: str

    @property
    def axis_label(self) -> str:
        """Stream and unit."""
        attributes = self.dataset["observed"].attrs
        stream = str(self.dataset.attrs.get("stream", ""))
        return f"{stream} ({attributes.get('units', '')})".strip()

    @property
    def quantity(self) -> tuple[str, ...]:
        """Stream and unit, and names of the quantities: what rows with one axis share."""
        return self.axis_label, *np.unique(self.quantities)

    def of_each_quantity(self) -> list[_Observed]:
        """Contents of the file by quantity, with its name in the title."""
        names = np.unique(self.quantities)
        if len(names) < 2:
            return [self]
        parts = []
        for name in names:
            rows = np.flatnonzero(self.quantities == name)
            dataset = self.dataset.isel({self.dataset["observed"].dims[0]: rows})
            parts.append(_Observed(dataset, self.moments[rows], self.labels[rows],
                                   self.quantities[rows], f"{self.title}: {name}"))  # fmt: skip
        return parts


def draw_observations(files: Sequence[Path], out: Path) -> None:
    """Draw the observations of one file, or of several in rows with one time axis.

    Args:
        files: netCDF files of observations.
        out: figure; its suffix states the format.

    Raises:
        InvalidExperiment: a file is none of observations.
        InvalidInput: `out` is no file of a figure, or its folder is missing.
        ReportUnavailable: matplotlib is not installed.
    """
    require("matplotlib", product="figure", command=f"ccdas data plot {files[0]}")
    require_writable(out)
    findings = Findings()
    contents = [each for file in files if (each := _read(file, findings)) is not None]
    findings.raise_if_any()
    if len(contents) > 1:
        drawn = _rows(contents)
    else:
        names = np.unique(contents[0].labels)
        many = len(names) > MOST_SERIES
        drawn = _map(contents[0]) if many else _series(contents[0], names)
        drawn.suptitle(contents[0].title, fontsize=10)
    save(drawn, out)


def _read(file: Path, findings: Findings) -> _Observed | None:
    """Contents of a file, or None and a finding for each fault."""
    opened = open_netcdf(file, findings)
    if opened is None:
        return None
    with opened.dataset:
        times = read_times(opened, "time_start") if opened.has_all(NEEDED) else None
        if times is None:
            return None
        dataset = opened.dataset.load()
        title = str(dataset.attrs.get("title", file.name))
        kind = str(dataset.attrs.get("data_kind", MEASURED))
        title = title if kind == MEASURED else f"{title} ({kind}, not measured)"
        return _Observed(dataset, times.moments, _labels(opened), _quantities(opened), title)


def _labels(opened: InputFile) -> np.ndarray:
    labels = opened.texts("label")
    return np.full(opened.dataset["observed"].shape, "") if labels is None else labels


def _quantities(opened: InputFile) -> np.ndarray:
    """Quantity of each observation; '' in a file of one."""
    names = opened.texts("quantity") if "quantity" in opened.dataset.variables else None
    return np.full(opened.dataset["observed"].shape, "") if names is None else names


def _series(observed: _Observed, names: np.ndarray) -> Any:
    """A panel for each place, with the values of each quantity and their errors."""
    drawn = figure(10, 0.8 + 2.2 * len(names))
    axes = drawn.subplots(len(names), 1, squeeze=False, sharex=True)[:, 0]
    labels, series, moments = observed.labels, observed.quantities, observed.moments
    values = observed.dataset["observed"].values
    has_sd = "observed_sd" in observed.dataset
    sd = observed.dataset["observed_sd"].values if has_sd else np.full(values.shape, np.nan)
    for axis, name in zip(axes, names, strict=True):
        for quantity in np.unique(series[labels == name]):
            chosen = np.flatnonzero((labels == name) & (series == quantity))
            chosen = chosen[np.argsort(moments[chosen])]
            errors = np.where(np.isfinite(sd[chosen]), sd[chosen], 0.0)
            axis.errorbar(
                moments[chosen], values[chosen], errors, ls="none", marker=".", ms=3,
                elinewidth=0.4, alpha=0.7, label=quantity or None,
            )  # fmt: skip
        axis.set(title=name, ylabel=observed.axis_label)
        if (series != "").any():
            axis.legend(loc="upper right")
    drawn.autofmt_xdate()
    return drawn


def _rows(contents: Sequence[_Observed]) -> Any:
    """A row for each file and quantity: values with their monthly mean, and mean at each place.

    Rows of one quantity share the axis of their values and the colours of their maps. Of many rows
    the figure has the first ones, and says so.
    """
    every = [part for each in contents for part in each.of_each_quantity()]
    contents = every[:MOST_ROWS]
    drawn = figure(12, OF_FIGURE + OF_ROW * len(contents))
    if len(contents) < len(every):
        text = f"the first {len(contents)} of {len(every)} rows; draw fewer files to see the others"
        drawn.suptitle(text, fontsize=8.5, x=0.98, ha="right")
    axes = drawn.subplots(len(contents), 2, squeeze=False, width_ratios=(2.6, 1.0))
    places = [_at_places(observed) for observed in contents]
    first: dict[tuple[str, ...], int] = {}  # quantity -> its first row
    for number, (row, observed) in enumerate(zip(axes, contents, strict=True)):
        values = observed.dataset["observed"].values
        present = np.isfinite(values)
        months, of = np.unique(observed.moments.astype("datetime64[M]"), return_inverse=True)
        count = np.bincount(of[present], minlength=len(months))
        total = np.bincount(of[present], values[present], minlength=len(months))
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        row[0].plot(observed.moments, values, ls="none", marker=".", ms=2, alpha=0.15)
        middle = months.astype("datetime64[D]") + 15
        row[0].plot(middle, mean, color="black", lw=1.0, label="mean of months and places")
        row[0].set_title(observed.title, fontsize=9)
        row[0].set_ylabel(observed.axis_label)
        row[0].legend(loc="upper right", fontsize=7)
        alike = [at for other, at in zip(contents, places, strict=True)
                 if other.quantity == observed.quantity]  # fmt: skip
        means = np.concatenate([at[2] for at in alike])
        limits = (np.nanmin(means), np.nanmax(means)) if np.isfinite(means).any() else (None, None)
        _mean_map(drawn, row[1], observed.axis_label, places[number], limits)
        same = first.setdefault(observed.quantity, number)
        if same < number:
            row[0].sharey(axes[same, 0])
        if number:
            row[0].sharex(axes[0, 0])
    for number in first.values():
        axes[number, 0].autoscale()
    return drawn


def _map(observed: _Observed) -> Any:
    """Mean at each place."""
    drawn = figure(10, 5)
    _mean_map(drawn, drawn.subplots(), observed.axis_label, _at_places(observed))
    return drawn


def _at_places(observed: _Observed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Longitude and latitude of each place, and the mean of its values, shape (place,) each."""
    dataset = observed.dataset
    names, first, place = np.unique(observed.labels, return_index=True, return_inverse=True)
    values = dataset["observed"].values
    present = np.isfinite(values)
    count = np.bincount(place[present], minlength=len(names))
    total = np.bincount(place[present], values[present], minlength=len(names))
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return dataset["longitude"].values[first], dataset["latitude"].values[first], means


def _mean_map(
    drawn: Any,
    axis: Any,
    label: str,
    at: tuple[np.ndarray, np.ndarray, np.ndarray],
    limits: tuple[float | None, float | None] = (None, None),
) -> None:
    """Mean at each place, on an axis of a figure.

    Args:
        label: of the values.
        at: longitude, latitude and mean of each place, shape (place,) each.
        limits: of the colours; by default those of the means.
    """
    longitude, latitude, means = at
    points = axis.scatter(longitude, latitude, c=means, s=12, vmin=limits[0], vmax=limits[1])
    draw_outlines(axis, (*axis.get_xlim(), *axis.get_ylim()))
    axis.set(xlabel="longitude (degrees east)", ylabel="latitude (degrees north)")
    axis.locator_params(nbins=4)
    drawn.colorbar(points, label=f"mean {label}")
