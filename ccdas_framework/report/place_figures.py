"""Figures of numbers by place, one mark for each of several solutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from .figures import CATEGORY_COLOURS, PRIOR, figure

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
SPREAD = 0.56  # height that the marks of one place share, of the distance of two places
MOST = 100  # places of a figure, the first of more


@frozen(eq=False)
class PlacePanel:
    """Numbers by place.

    Args:
        label: of the axis.
        values: series -> place -> number.
    """

    label: str
    values: Mapping[str, Mapping[str, float]] = field(factory=dict)


def by_place(panels: Sequence[PlacePanel]) -> Any:
    """Marks of each series at each place, a panel beside the other; places from top to bottom.

    Args:
        panels: of the same places, not all of which need a number in each.
    """
    places = list(dict.fromkeys(p for panel in panels for of in panel.values.values() for p in of))
    series = list(dict.fromkeys(name for panel in panels for name in panel.values))
    others = [c for c in CATEGORY_COLOURS if c != PRIOR]
    named = [name for name in series if name != "prior"]
    colours = {name: others[n % len(others)] for n, name in enumerate(named)}
    drawn = figure(10, 1.1 + (0.1 + 0.11 * len(series)) * len(places[:MOST]))
    axes = drawn.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    place = {name: n for n, name in enumerate(places[:MOST])}
    shift = np.linspace(-0.5, 0.5, len(series)) * SPREAD if len(series) > 1 else np.zeros(1)
    for axis, panel in zip(axes, panels, strict=True):
        for n, name in enumerate(series):
            values = {p: v for p, v in panel.values.get(name, {}).items() if p in place}
            at = np.array([place[p] for p in values]) + shift[n]
            axis.plot(
                list(values.values()), at, ls="none", ms=5, label=name,
                color=colours.get(name, PRIOR), marker=MARKERS[n % len(MARKERS)],
            )  # fmt: skip
        numbers = (v for of in panel.values.values() for v in of.values() if np.isfinite(v))
        axis.set(xlabel=panel.label, xlim=(0.0, 1.06 * (max(numbers, default=0.0) or 1.0)))
        axis.locator_params(axis="x", nbins=4)
        axis.grid(axis="y", visible=False)
        axis.set_yticks(np.arange(len(place) - 1) + 0.5, minor=True)
        axis.grid(axis="y", which="minor", visible=True)
        axis.tick_params(axis="y", which="minor", length=0)
    axes[0].set_yticks(list(place.values()), list(place), fontsize=8.5)
    axes[0].set_ylim(len(place) - 0.5, -0.5)
    handles, labels = axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside upper left", ncols=len(series))
    return drawn


def place_table(panels: Sequence[PlacePanel]) -> list[dict[str, Any]]:
    """The numbers of each panel as a table: its label, its series, and a row for each place."""
    tables = []
    for panel in panels:
        series = [name for name, values in panel.values.items() if values]
        places = list(dict.fromkeys(place for name in series for place in panel.values[name]))
        rows = {p: [panel.values[name].get(p, np.nan) for name in series] for p in places}
        tables.append({"label": panel.label, "series": series, "rows": rows})
    return tables
