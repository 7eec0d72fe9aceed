"""Regional budgets with error bars, a panel for each quantity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .cell_maps import spoken
from .figures import COLOURS, TRUTH, figure

Rows = Sequence[Mapping[str, Any]]
DRAWN = (("prior", "prior_sd_at_prior", 0.13), ("posterior", "posterior_sd", -0.13))
ACROSS = 3  # panels side by side


def budgets(rows: Rows) -> Any:
    """Prior and posterior of targets by region, each with one standard deviation.

    Args:
        rows: of `tables.targets`.
    """
    quantities = list(dict.fromkeys(row["quantity"] for row in rows))
    names = list(dict.fromkeys(map(_name, rows)))
    across = min(ACROSS, len(quantities))
    down = -(-len(quantities) // across)
    drawn = figure(10, 0.4 + down * (0.75 + 0.34 * len(names)))
    grid = drawn.subplots(down, across, squeeze=False, sharey=True)
    place = {name: len(names) - 1 - n for n, name in enumerate(names)}
    for axes, quantity in zip(grid.flat, quantities, strict=False):
        of_quantity = [row for row in rows if row["quantity"] == quantity]
        _panel(axes, of_quantity, place)
        axes.set(title=spoken(quantity), xlabel=of_quantity[0]["unit"])
    for axes in list(grid.flat)[len(quantities) :]:
        axes.set_axis_off()
    for axes in grid[:, 0]:
        axes.set_yticks(list(place.values()), list(place), fontsize=8.5)
    grid[0, 0].set_ylim(-0.8, len(names) - 0.2)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside upper left", ncols=3, fontsize=8.5)
    return drawn


def _panel(axes: Any, rows: Rows, place: Mapping[str, int]) -> None:
    """Values of one quantity at the places of their regions."""
    at = np.array([place[_name(row)] for row in rows])
    for run, sd, shift in DRAWN:
        values, errors = (np.array([row[key] for row in rows]) for key in (run, sd))
        if np.isfinite(values).any():
            axes.errorbar(
                values, at + shift, xerr=np.where(np.isfinite(errors), errors, 0.0), fmt="o",
                ms=4.5, color=COLOURS[run], elinewidth=1.4, label=run,
            )  # fmt: skip
    truth = np.array([row["truth"] for row in rows])
    if np.isfinite(truth).any():
        axes.plot(truth, at, ls="", marker="x", ms=6, color=TRUTH, label="truth")
    axes.axvline(0.0, color="#888888", lw=1, zorder=1)
    axes.grid(axis="y", visible=False)
    axes.locator_params(axis="x", nbins=5)


def _name(row: Mapping[str, Any]) -> str:
    """Region of a target, with its place and period where it is declared by name."""
    return f"{row['region']}{', ' if row['where'] else ''}{row['where']}"
