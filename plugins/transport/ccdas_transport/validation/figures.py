"""Figures of the comparison, small, for the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .agreement import detrended
from .comparison import Comparison

FIGURE_STATIONS = ("ALT", "MHD", "MID", "MLO", "SMO", "SPO")
COLOURS = {"observed": "0.6", "full model": "black", "transport": "tab:red"}
ALTERNATIVE_COLOURS = ("tab:blue", "tab:green")


def _new_figure(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, np.ndarray]:
    """A figure without a display, and its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False)


def seasonal_cycles(path: Path, comparison: Comparison) -> None:
    """Mean detrended year at six stations: observed, full model, transport and the simpler ones."""
    figure, axes = _new_figure(2, 3, (9.0, 5.0))
    month = np.arange(1, 13)
    for axis, code in zip(axes.ravel(), FIGURE_STATIONS, strict=True):
        row = int(np.flatnonzero(comparison.records.code == code)[0])
        for name, series in comparison.series.items():
            mean = _mean_year(series[:, row : row + 1])
            axis.plot(month, mean, color=_colour(name, comparison), label=name, lw=1.5)
        axis.set_title(f"{code}  {comparison.records.stations.latitude[row]:.0f}°")
        axis.set_xticks([1, 4, 7, 10])
    axes[0, 0].set_ylabel("CO$_2$, detrended (ppm)")
    axes[1, 0].set_xlabel("month")
    axes[1, 0].legend(fontsize=7)
    figure.savefig(path, dpi=80)


def correlations(path: Path, comparison: Comparison) -> None:
    """Correlation and ratio of misfits by latitude, for tuned and untuned stations."""
    figure, axes = _new_figure(2, 1, (8.0, 5.5))
    latitude = comparison.records.stations.latitude
    chosen = {
        "used for tuning": comparison.records.tuning,
        "not used": comparison.records.background & ~comparison.records.tuning,
    }
    for (name, rows), marker in zip(chosen.items(), ("o", "D"), strict=True):
        index = np.flatnonzero(rows)
        values = [comparison.agreements[i] for i in index]
        axes[0, 0].plot(latitude[index], [v.correlation for v in values], marker, ms=5, label=name)
        axes[1, 0].plot(latitude[index], [v.ratio for v in values], marker, ms=5)
    axes[0, 0].hlines([0.9, 0.95], [-90, 0], [0, 90], color="0.5", lw=0.8, ls="--")
    axes[1, 0].axhline(1.5, color="0.5", lw=0.8, ls="--")
    axes[0, 0].set_ylabel("correlation with full model")
    axes[1, 0].set_ylabel("misfit / misfit of full model")
    axes[1, 0].set_xlabel("latitude (degrees)")
    axes[0, 0].legend(fontsize=8)
    figure.savefig(path, dpi=80)


def gradients(path: Path, comparison: Comparison) -> None:
    """Mean mole fraction by latitude at marine stations, minus the mean of all of them."""
    figure, axes = _new_figure(1, 1, (8.0, 3.5))
    marine = np.flatnonzero(comparison.records.kind == "marine")
    order = marine[np.argsort(comparison.records.stations.latitude[marine])]
    for name, series in comparison.series.items():
        if name == "observed":
            continue
        mean = series[:, order].mean(axis=0)
        latitude = comparison.records.stations.latitude[order]
        axes[0, 0].plot(
            latitude,
            mean - mean.mean(),
            "-o",
            ms=3,
            lw=1,
            color=_colour(name, comparison),
            label=name,
        )
    axes[0, 0].set_xlabel("latitude (degrees)")
    axes[0, 0].set_ylabel("mean CO$_2$, deviation (ppm)")
    axes[0, 0].legend(fontsize=8)
    figure.savefig(path, dpi=80)


def pulses(path: Path, comparison: Comparison) -> None:
    """Response to 1 PgC at 45 N in January at three stations."""
    figure, axes = _new_figure(1, 1, (8.0, 3.5))
    month = np.arange(len(comparison.pulse)) + 0.5
    for column, name in enumerate(comparison.pulse_names):
        axes[0, 0].plot(month / 12.0, comparison.pulse[:, column], label=name)
    axes[0, 0].axhline(comparison.well_mixed, color="0.5", ls="--", lw=0.8, label="well mixed")
    axes[0, 0].set_xlabel("years after the emission")
    axes[0, 0].set_ylabel("CO$_2$ (ppm)")
    axes[0, 0].set_yscale("log")
    axes[0, 0].set_ylim(0.02, None)
    axes[0, 0].legend(fontsize=8)
    figure.savefig(path, dpi=80)


def _colour(name: str, comparison: Comparison) -> str:
    """Colour of a series."""
    alternatives = [n for n in comparison.series if n not in COLOURS]
    return COLOURS[name] if name in COLOURS else ALTERNATIVE_COLOURS[alternatives.index(name)]


def _mean_year(series: np.ndarray) -> np.ndarray:
    """Mean of the detrended values of each calendar month, shape (12,)."""
    flat = detrended(series)[:, 0]
    years = flat[: len(flat) // 12 * 12].reshape(-1, 12)
    finite = np.isfinite(years)
    count = np.maximum(finite.sum(axis=0), 1)
    return np.where(finite, years, 0.0).sum(axis=0) / count
