"""The figures of the proof; small, for the documentation."""

from __future__ import annotations

import numpy as np

from .agreement import detrended

SHOWN = ("ALT", "MHD", "MID", "MLO", "SMO", "SPO")
COLOURS = {"observed": "0.6", "full model": "black", "transport": "tab:red"}
RIVAL_COLOURS = ("tab:blue", "tab:green")


def _new(rows, columns, size):
    """A figure without a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False)


def seasonal_cycles(path, proof):
    """Mean detrended year at six stations: observed, full model, transport and the simpler ones."""
    figure, axes = _new(2, 3, (9.0, 5.0))
    month = np.arange(1, 13)
    for axis, code in zip(axes.ravel(), SHOWN, strict=True):
        row = int(np.flatnonzero(proof.records.code == code)[0])
        for name, series in proof.series.items():
            mean = _mean_year(series[:, row : row + 1])
            axis.plot(month, mean, color=_colour(name, proof), label=name, lw=1.5)
        axis.set_title(f"{code}  {proof.records.stations.latitude[row]:.0f}°")
        axis.set_xticks([1, 4, 7, 10])
    axes[0, 0].set_ylabel("CO$_2$, detrended (ppm)")
    axes[1, 0].set_xlabel("month")
    axes[1, 0].legend(fontsize=7)
    figure.savefig(path, dpi=80)


def correlations(path, proof):
    """Correlation and ratio of misfits by latitude, tuned and untuned stations apart."""
    figure, axes = _new(2, 1, (8.0, 5.5))
    latitude = proof.records.stations.latitude
    chosen = {
        "used for tuning": proof.records.tuning,
        "not used": proof.records.background & ~proof.records.tuning,
    }
    for (name, rows), marker in zip(chosen.items(), ("o", "D"), strict=True):
        index = np.flatnonzero(rows)
        values = [proof.agreements[i] for i in index]
        axes[0, 0].plot(latitude[index], [v.correlation for v in values], marker, ms=5, label=name)
        axes[1, 0].plot(latitude[index], [v.ratio for v in values], marker, ms=5)
    axes[0, 0].hlines([0.9, 0.95], [-90, 0], [0, 90], color="0.5", lw=0.8, ls="--")
    axes[1, 0].axhline(1.5, color="0.5", lw=0.8, ls="--")
    axes[0, 0].set_ylabel("correlation with full model")
    axes[1, 0].set_ylabel("misfit / misfit of full model")
    axes[1, 0].set_xlabel("latitude (degrees)")
    axes[0, 0].legend(fontsize=8)
    figure.savefig(path, dpi=80)


def gradients(path, proof):
    """Mean mole fraction by latitude at marine stations, less that of all of them."""
    figure, axes = _new(1, 1, (8.0, 3.5))
    marine = np.flatnonzero(proof.records.kind == "marine")
    order = marine[np.argsort(proof.records.stations.latitude[marine])]
    for name, series in proof.series.items():
        if name == "observed":
            continue
        mean = series[:, order].mean(axis=0)
        latitude = proof.records.stations.latitude[order]
        axes[0, 0].plot(
            latitude, mean - mean.mean(), "-o", ms=3, lw=1, color=_colour(name, proof), label=name
        )
    axes[0, 0].set_xlabel("latitude (degrees)")
    axes[0, 0].set_ylabel("mean CO$_2$, deviation (ppm)")
    axes[0, 0].legend(fontsize=8)
    figure.savefig(path, dpi=80)


def pulses(path, proof):
    """What 1 PgC at 45 N in January becomes at three stations."""
    figure, axes = _new(1, 1, (8.0, 3.5))
    month = np.arange(len(proof.pulse)) + 0.5
    for column, name in enumerate(proof.pulse_names):
        axes[0, 0].plot(month / 12.0, proof.pulse[:, column], label=name)
    axes[0, 0].axhline(proof.well_mixed, color="0.5", ls="--", lw=0.8, label="well mixed")
    axes[0, 0].set_xlabel("years after the emission")
    axes[0, 0].set_ylabel("CO$_2$ (ppm)")
    axes[0, 0].set_yscale("log")
    axes[0, 0].set_ylim(0.02, None)
    axes[0, 0].legend(fontsize=8)
    figure.savefig(path, dpi=80)


def _colour(name, proof):
    """Of a series."""
    rivals = [n for n in proof.series if n not in COLOURS]
    return COLOURS[name] if name in COLOURS else RIVAL_COLOURS[rivals.index(name)]


def _mean_year(series):
    """Mean of the detrended values of each calendar month, shape (12,)."""
    flat = detrended(series)[:, 0]
    years = flat[: len(flat) // 12 * 12].reshape(-1, 12)
    known = np.isfinite(years)
    count = np.maximum(known.sum(axis=0), 1)
    return np.where(known, years, 0.0).sum(axis=0) / count
