"""Mean seasonal cycle of a field by region, with the prior and the posterior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .cell_maps import spoken
from .figures import COLOURS, figure

ACROSS = 3  # panels side by side
MONTHS = "JFMAMJJASOND"
EVERYWHERE = "All cells"
MOST = 12  # regions drawn, those with the largest area


def regional_cycles(fields: Any, name: str) -> dict[str, dict[str, np.ndarray]]:
    """Mean of each calendar month over the area of each region, all cells first.

    Args:
        fields: dataset of `fields.nc`.
        name: of a field.

    Returns:
        Region -> run -> value of each month, shape (12,); NaN where the run lacks the month.
    """
    values = fields[name].transpose("run", "time", "cell").values
    area = fields["area"].values.astype(float)
    month = fields["time"].values.astype("datetime64[M]").astype(int) % 12
    return {
        region: {
            str(run): _cycle(of_run[:, cells], area[cells], month)
            for run, of_run in zip(fields["run"].values, values, strict=True)
        }
        for region, cells in _regions(fields, area).items()
    }


def _regions(fields: Any, area: np.ndarray) -> Mapping[str, np.ndarray]:
    """Masks of the regions of the cells in order of descending area, all cells first."""
    everywhere = np.ones(len(area), dtype=bool)
    names = fields["region"].values.astype(str) if "region" in fields else np.full(len(area), "")
    masks = {name: names == name for name in dict.fromkeys(names.tolist()) if name}
    if len(masks) == 1:
        masks = {}
    largest = sorted(masks, key=lambda name: -float(area[masks[name]].sum()))[: MOST - 1]
    return {EVERYWHERE: everywhere} | {name: masks[name] for name in largest}


def _cycle(values: np.ndarray, area: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Mean of each calendar month over cells with a value, shape (12,)."""
    present = np.isfinite(values)
    weight = np.where(present, area, 0.0)
    total = np.where(present, values, 0.0) * area
    sums = [(total[month == m].sum(), weight[month == m].sum()) for m in range(12)]
    return np.array([a / b if b > 0.0 else np.nan for a, b in sums])


def cycle(fields: Any, name: str) -> Any:
    """Mean seasonal cycle of a field, a panel for each region.

    Args:
        fields: dataset of `fields.nc`.
        name: of a field.
    """
    panels = regional_cycles(fields, name)
    across = min(ACROSS, len(panels))
    down = -(-len(panels) // across)
    drawn = figure(10 if across > 1 else 6, 0.6 + 1.75 * down)
    grid = drawn.subplots(down, across, squeeze=False, sharex=True)
    month = np.arange(1, 13)
    for axes, (region, of_region) in zip(grid.flat, panels.items(), strict=False):
        for run, values in of_region.items():
            axes.plot(
                month, values, color=COLOURS.get(run), label=run, marker=".", ms=4, lw=1.5,
                ls="--" if run == "prior" else "-",
            )  # fmt: skip
        axes.axhline(0.0, color="#888888", lw=0.8, zorder=1)
        axes.set_title(region, fontsize=9.5)
        axes.set_xticks(month, list(MONTHS), fontsize=8)
        axes.tick_params(labelbottom=True)
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_axis_off()
    handles, labels = grid.flat[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside upper left", ncols=3, fontsize=8.5)
    units = str(fields[name].attrs.get("units", ""))
    drawn.supylabel(spoken(name) + (f" ({units})" if units not in ("", "1") else ""), fontsize=9.5)
    return drawn
