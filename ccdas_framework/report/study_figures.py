"""Figures of a study of methods, from plain arrays; a colour and a line for each method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from .figures import CATEGORY_COLOURS, TRUTH, figure

LINES = ("-", "--", ":", "-.")
GREY = "#888888"
SMALLEST = 1e-4  # difference of costs below which nothing is drawn: no posterior depends on it
LEAST_P_VALUE = 1e-4  # below which its size means nothing
POINTS = 200  # of a curve
RATIOS = (0.01, 0.1, 0.5, 0.8, 1, 1.25, 2, 10, 100)  # ticks of an axis of ratios
MOST_OVER = 5.0  # times the longest bar, up to which the budget is drawn
BAND = 0.95  # probability of the band of a histogram
KIND_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#1a1a1a")


@frozen(eq=False)
class Curve:
    """Best cost so far of one search.

    Args:
        at: budget or time when each better point was found, shape (improvement,).
        above: cost of the point above the least of all rows, shape (improvement,).
        end: budget or time at the end of the search.
    """

    at: np.ndarray
    above: np.ndarray
    end: float

    def values(self, grid: np.ndarray) -> np.ndarray:
        """Best so far at each point of a grid; NaN before the first."""
        place = np.searchsorted(self.at, grid, side="right") - 1
        found = np.maximum(self.above, SMALLEST)
        return np.where(place >= 0, found[np.maximum(place, 0)], np.nan)


@frozen(eq=False)
class Estimate:
    """A number of a method with the interval over its seeds.

    Args:
        value, low, high: median and the ends of its interval; NaN where there is none.
    """

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan


Style = Mapping[str, Any]


def method_styles(methods: Sequence[str], others: Sequence[str] = ()) -> dict[str, Style]:
    """Colour and line of each method; the line changes where the colours begin again.

    Args:
        methods: names, in the order of the colours.
        others: names of what is no method, which is grey.
    """
    count = len(CATEGORY_COLOURS)
    coloured = {
        name: {"color": CATEGORY_COLOURS[n % count], "ls": LINES[n // count % len(LINES)]}
        for n, name in enumerate(methods)
    }
    return {**coloured, **{name: {"color": GREY, "ls": "-"} for name in others}}


def cost_curves(
    panels: Mapping[str, Mapping[str, Sequence[Curve]]], styles: Mapping[str, Style]
) -> Any:
    """Cost above the least against what was spent, a panel for each measure of it.

    Args:
        panels: label of the axis -> method -> a curve for each seed.
        styles: of `method_styles`.
    """
    names = list(dict.fromkeys(name for methods in panels.values() for name in methods))
    drawn = figure(10, 4.2 + 0.22 * -(-len(names) // 5))
    axes = drawn.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for panel, (label, methods) in zip(axes, panels.items(), strict=True):
        for name, curves in methods.items():
            _curve(panel, [curve for curve in curves if len(curve.at)], name, styles[name])
        panel.set(xscale="log", yscale="log", xlabel=label)
    axes[0].set_ylabel("cost above the least")
    handles, labels = axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside upper left", ncols=min(5, len(names)))
    return drawn


def _curve(axes: Any, curves: Sequence[Curve], name: str, style: Style) -> None:
    """Median over seeds, and their range."""
    if not curves:
        return
    smallest = 1e-3
    first = max(max(curve.at[0] for curve in curves), smallest)
    last = max(max(curve.end for curve in curves), first * 1.001)
    grid = np.geomspace(first, last, POINTS)
    values = np.array([curve.values(grid) for curve in curves])
    if len(curves) > 1:
        low, high = values.min(axis=0), values.max(axis=0)
        axes.fill_between(grid, low, high, step="post", color=style["color"], alpha=0.13, lw=0)
    axes.plot(grid, np.median(values, axis=0), drawstyle="steps-post", label=name, **style)


def estimates(
    columns: Mapping[str, Mapping[str, Estimate]],
    marks: Mapping[str, float],
    styles: Mapping[str, Style],
) -> Any:
    """Numbers of the methods with their intervals, a panel for each column.

    Args:
        columns: label of the axis -> method -> number.
        marks: label -> number to compare with, drawn as a line. It is 1 for ratios, whose axis is
            logarithmic.
        styles: of `method_styles`.
    """
    names = list(dict.fromkeys(name for methods in columns.values() for name in methods))
    drawn = figure(10, 1.0 + 0.27 * len(names))
    axes = drawn.subplots(1, len(columns), squeeze=False, sharey=True)[0]
    place = {name: len(names) - 1 - n for n, name in enumerate(names)}
    for panel, (label, methods) in zip(axes, columns.items(), strict=True):
        for name, estimate in methods.items():
            colour = styles[name]["color"]
            panel.hlines(place[name], estimate.low, estimate.high, color=colour, lw=1.6)
            panel.plot(estimate.value, place[name], marker="o", ms=5, color=colour)
        mark = marks.get(label)
        if mark is not None:
            panel.axvline(mark, color=TRUTH, lw=1.4, ls="--", zorder=0)
        _limits(panel, [e for e in methods.values() if np.isfinite(e.value)], mark)
        panel.set_xlabel(label)
        panel.grid(axis="y", visible=False)
    axes[0].set_yticks(list(place.values()), list(place), fontsize=8.5)
    axes[0].set_ylim(-0.7, len(names) - 0.3)
    return drawn


def _limits(panel: Any, drawn: Sequence[Estimate], mark: float | None) -> None:
    """Shares between 0 and 1; ratios on a logarithmic axis around 1; all else from 0."""
    ends = [v for e in drawn for v in (e.value, e.low, e.high) if np.isfinite(v)]
    if mark == 1.0:
        panel.set_xscale("log")
        if ends and min(ends) > 0.0:
            widest = max(1.25, *(max(v, 1.0 / v) for v in ends)) * 1.1
            panel.set_xlim(1.0 / widest, widest)
            ticks = [
                t for t in (0.01, 0.1, 0.5, 0.8, 1, 1.25, 2, 10, 100) if 1 / widest < t < widest
            ]
            panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks], minor=False)
            panel.minorticks_off()
    elif mark is not None:
        panel.set_xlim(-0.03, 1.03)
    else:
        panel.set_xlim(0.0, 1.08 * max(ends, default=1.0) or 1.0)


def rank_histograms(
    histograms: Mapping[str, np.ndarray],
    p_values: Mapping[str, float],
    styles: Mapping[str, Style],
) -> Any:
    """Counts of ranks of the truth, a panel for each method, with the band of uniform ranks.

    Args:
        histograms: method -> counts, shape (bin,).
        p_values: method -> p-value of uniform ranks; NaN where there are too few.
        styles: of `method_styles`.
    """
    from scipy.stats import binom  # slow to import

    across = min(4, len(histograms))
    down = -(-len(histograms) // across)
    drawn = figure(2.5 * across + 0.4, 0.4 + 1.85 * down)
    grid = drawn.subplots(down, across, squeeze=False)
    for axes, (name, counts) in zip(grid.flat, histograms.items(), strict=False):
        bins, total = len(counts), int(counts.sum())
        low, high = binom.interval(BAND, total, 1.0 / bins)
        axes.axhspan(low, high, color=TRUTH, alpha=0.18, lw=0)
        axes.axhline(total / bins, color=TRUTH, lw=1)
        axes.bar((np.arange(bins) + 0.5) / bins, counts, 0.9 / bins, color=styles[name]["color"])
        p_value = p_values.get(name, np.nan)
        said = f"{total} ranks" + (f", {_p_value(p_value)}" if np.isfinite(p_value) else "")
        axes.set_title(f"{name}\n", fontsize=9.5)
        axes.text(0.0, 1.03, said, transform=axes.transAxes, fontsize=8, color="#5d676e")
        axes.set(xlim=(0, 1), xticks=[0, 0.5, 1])
        axes.grid(axis="x", visible=False)
        axes.locator_params(axis="y", nbins=4, integer=True)
    for axes in list(grid.flat)[len(histograms) :]:
        axes.set_axis_off()
    drawn.supxlabel("rank of the truth, 0 to 1", fontsize=9.5)
    return drawn


def _p_value(value: float) -> str:
    return f"p = {value:.2g}" if value >= LEAST_P_VALUE else f"p < {LEAST_P_VALUE:g}"


def budgets(spent: Mapping[str, Mapping[str, float]], limit: float) -> Any:
    """Runs of the model that each method spent, by kind of evaluation.

    Args:
        spent: method -> kind -> runs of the model, medians over seeds.
        limit: of a search; infinite without one. It is a line only where bars beside it are seen.
    """
    names = list(spent)
    kinds = list(dict.fromkeys(k for by_kind in spent.values() for k, n in by_kind.items() if n))
    drawn = figure(10, 1.3 + 0.27 * len(names))
    axes = drawn.subplots()
    place = np.arange(len(names))[::-1]
    left = np.zeros(len(names))
    for n, kind in enumerate(kinds):
        width = np.array([spent[name].get(kind, 0.0) for name in names])
        colour = KIND_COLOURS[n % len(KIND_COLOURS)]
        axes.barh(place, width, left=left, color=colour, height=0.65, label=kind.replace("_", " "))
        left += width
    if np.isfinite(limit) and limit <= MOST_OVER * left.max():
        axes.axvline(limit, color=TRUTH, lw=1.4, ls="--", label="budget of a search")
    elif np.isfinite(limit):
        axes.plot([], [], " ", label=f"budget of a search: {limit:,.0f} runs")
    axes.set_yticks(place, names, fontsize=8.5)
    axes.set(xlabel="runs of the model", ylim=(-0.7, len(names) - 0.3))
    axes.grid(axis="y", visible=False)
    drawn.legend(loc="outside upper left", ncols=6)
    return drawn
