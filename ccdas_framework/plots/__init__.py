"""Figures of a run, as functions that return a `matplotlib.figure.Figure`.

    from ccdas_framework import open_run, plots

    run = open_run("runs/demo")
    plots.map(run, "gpp").savefig("gpp.png")

The first argument is the folder of a run, an opened run, or the dataset that the figure shows.
`ccdas plot RUN NAME` draws the same figures, and `run.plot.NAME()` is `plots.NAME(run)`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fit_plots import latitudes, misfits, scatter, seasons, series, taylor
    from .flux_plots import cycle, map, targets
    from .parameter_plots import (
        correlations,
        cost,
        parameters,
        processes,
        reduction,
        signal,
        spectrum,
        target_correlations,
    )

# name -> module, imported at first use
_MODULES = {
    **dict.fromkeys(("map", "cycle", "targets"), "flux_plots"),
    **dict.fromkeys(
        ("series", "scatter", "misfits", "seasons", "latitudes", "taylor"), "fit_plots"
    ),
    **dict.fromkeys(
        ("cost", "parameters", "processes", "correlations", "target_correlations", "reduction",
         "spectrum", "signal"),
        "parameter_plots",
    ),
}  # fmt: skip

__all__ = [
    "correlations",
    "cost",
    "cycle",
    "latitudes",
    "map",
    "misfits",
    "parameters",
    "processes",
    "reduction",
    "scatter",
    "seasons",
    "series",
    "signal",
    "spectrum",
    "target_correlations",
    "targets",
    "taylor",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
