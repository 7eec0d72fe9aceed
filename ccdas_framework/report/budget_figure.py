"""Regional budgets with error bars, a panel for each quantity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .cell_maps import spoken
from .figures import COLOURS, TALLEST, TRUTH, figure

Rows = Sequence[Mapping[str, Any]]
DRAWN = (("prior", "prior_sd_at_prior", 0.13), ("posterior", "posterior_sd", -0.13))
ACROSS = 3  # panels side by side
EVERYWHERE = "Global"  # drawn beside the largest regions
FEWEST = 8  # regions drawn, however many quantities there are
OF_FIGURE, OF_PANEL, OF_REGION = 0.4, 0.75, 0.34  # inches: margins, and height of a region


def budgets(rows: Rows) -> Any:
    """Prior and posterior of targets by region, each with one standard deviation.

    Of many quantities the figure has the first ones, and of many regions those with the largest
    values. It says so.

    Args:
        rows: of `tables.targets`.
    """
    stated = list(dict.fromkeys(row["quantity"] for row in rows))
    rows = [row for row in rows if _has_value(row)] or rows
    fewest = min(FEWEST, len(set(map(_name, rows))))
    panels = ACROSS * int((TALLEST - OF_FIGURE) / (OF_PANEL + OF_REGION * fewest))
    quantities = list(dict.fromkeys(row["quantity"] for row in rows))[:panels]
    rows = [row for row in rows if row["quantity"] in quantities]
    every = list(dict.fromkeys(map(_name, rows)))
    most = int(((TALLEST - OF_FIGURE) / -(-len(quantities) // ACROSS) - OF_PANEL) / OF_REGION)
    names = _largest(rows, every, max(most, fewest))
    rows = [row for row in rows if _name(row) in names]
    quantities = list(dict.fromkeys(row["quantity"] for row in rows))  # the others have no region
    across = min(ACROSS, len(quantities))
    down = -(-len(quantities) // across)
    drawn = figure(10, OF_FIGURE + down * (OF_PANEL + OF_REGION * len(names)))
    grid = drawn.subplots(down, across, squeeze=False, sharey=True)
    place = {name: len(names) - 1 - n for n, name in enumerate(names)}
    for axes, quantity in zip(grid.flat, quantities, strict=False):
        of_quantity = [row for row in rows if row["quantity"] == quantity]
        _panel(axes, of_quantity, place)
        axes.set_xlabel(of_quantity[0]["unit"])
        axes.set_title(spoken(quantity))
    for axes in list(grid.flat)[len(quantities) :]:
        axes.set_axis_off()
    for axes in grid[:, 0]:
        axes.set_yticks(list(place.values()), list(place), fontsize=8.5)
    grid[0, 0].set_ylim(-0.8, len(names) - 0.2)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside upper left", ncols=3, fontsize=8.5)
    parts = []
    if len(names) < len(every):
        parts.append(f"{len(names)} of {len(every)} regions, those with the largest values")
    if len(quantities) < len(stated):
        parts.append(f"{len(quantities)} of {len(stated)} quantities")
    if parts:
        drawn.suptitle("; ".join(parts), fontsize=8.5, x=0.98, ha="right")
    return drawn


def _largest(rows: Rows, names: Sequence[str], most: int) -> list[str]:
    """Names of at most so many regions in their order, those with the largest values of a quantity.

    Values are shares of the largest one of their quantity, so that small units count as much.
    """
    if len(names) <= most:
        return list(names)
    size: dict[str, float] = {}
    for quantity in dict.fromkeys(row["quantity"] for row in rows):
        of_name = {_name(row): _size(row) for row in rows if row["quantity"] == quantity}
        scale = max(of_name.values()) or 1.0
        for name, value in of_name.items():
            size[name] = max(size.get(name, 0.0), value / scale)
    chosen = set(sorted(names, key=lambda n: (n != EVERYWHERE, -size[n]))[:most])
    return [name for name in names if name in chosen]


def _has_value(row: Mapping[str, Any]) -> bool:
    """Whether a target has something to draw."""
    return any(np.isfinite(row[run]) for run in ("prior", "posterior", "truth"))


def _size(row: Mapping[str, Any]) -> float:
    """Largest absolute value of a target; 0 for none."""
    return max((abs(row[run]) for run, _, _ in DRAWN if np.isfinite(row[run])), default=0.0)


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
