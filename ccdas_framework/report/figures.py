"""Figures of cost, parameters and streams; maps have a file of their own."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from io import BytesIO
from textwrap import wrap
from typing import Any

import numpy as np

from . import tables
from .format import cut_in_the_middle

# Okabe and Ito (2008), Color Universal Design: distinct for colour-blind readers
CATEGORY_COLOURS = ("#D55E00", "#0072B2", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#1a1a1a")
PRIOR, POSTERIOR, OBSERVED = "#D55E00", "#0072B2", "#1a1a1a"
TRUTH = "#009E73"
COLOURS = {"prior": PRIOR, "posterior": POSTERIOR}
BESIDE_COLOURS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # of further runs
TERM_COLOURS = ("#1a1a1a", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
STYLE: dict[Any, Any] = {
    "svg.fonttype": "path",
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
}
MANY_PATHS = 40  # of cells or coastlines, which make a vector graphic large
PER_INCH = 13  # characters of a label along an axis
PANELS = 16  # most places drawn one by one
SHOWN = 30  # most parameters drawn
WORDS = 60  # most characters of the name of a parameter on an axis


TALLEST = 18.0  # inches; a figure of many rows has some of them and says so


def figure(width: float, height: float) -> Any:
    """An empty figure (inches) that belongs to no window."""
    from .literal_figure import LiteralFigure  # slow to import

    return LiteralFigure(figsize=(width, height), layout="constrained")


def legend_above(drawn: Any, axes: Any, names: Sequence[str], columns: int) -> None:
    """The legend of a panel above the figure, in the order of `names`."""
    handles, labels = axes.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda n: names.index(labels[n]))
    drawn.legend(
        [handles[n] for n in order], [labels[n] for n in order], loc="outside upper left",
        ncols=columns,
    )  # fmt: skip


def bars(name: Sequence[str], width: np.ndarray, row: float, top: float, label: str) -> Any:
    """Horizontal bars from top to bottom, and their axes.

    Args:
        name: of each bar.
        width: length of each, shape (bar,).
        row, top: height of a bar and of what surrounds them (inches).
        label: of the axis.
    """
    drawn = figure(10, top + row * len(name))
    axes = drawn.subplots()
    place = np.arange(len(name))[::-1]
    axes.barh(place, width, color=POSTERIOR, height=0.65)
    axes.set_yticks(place, list(name), fontsize=8.5)
    axes.set(xlabel=label, ylim=(-0.7, len(name) - 0.3))
    axes.grid(axis="y", visible=False)
    return drawn, axes


def labelled(result: Any, order: np.ndarray) -> list[str]:
    """Parameters for an axis, in words and by their full names."""
    words = tables.names_in_words(result)
    names = [str(name) for name in result["control"].values[order]]
    return [f"{cut_in_the_middle(words[n], WORDS)}  {n}".strip() for n in names]


def as_uri(drawn: Any) -> str:
    """A figure as an image address that needs no file; cells and coasts of maps are pixels."""
    from matplotlib.collections import Collection  # slow to import

    buffer = BytesIO()
    for artist in drawn.findobj(Collection):
        artist.set_rasterized(artist.get_rasterized() or len(artist.get_paths()) > MANY_PATHS)
    drawn.savefig(buffer, format="svg", dpi=150)
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def cost(result: Any) -> Any:
    """Cost by term and, where it is known, gradient norm at each iteration."""
    from matplotlib.ticker import MaxNLocator  # slow to import

    drawn = figure(10, 3.4)
    iteration, norm = result["iteration"].values, result["gradient_norm"].values
    has_norm = bool(np.isfinite(norm).any())
    left, *others = drawn.subplots(1, 1 + has_norm, squeeze=False)[0]
    left.plot(iteration, result["cost"], color=TERM_COLOURS[0], marker="o", ms=3, label="total")
    for number, name in enumerate(result["term"].values if "term" in result else ()):
        values = result["cost_term"].sel(term=name).values
        shown = np.where(values > 0.0, values, np.nan)  # the axis is logarithmic
        colour = TERM_COLOURS[1 + number % (len(TERM_COLOURS) - 1)]
        left.plot(iteration, shown, color=colour, marker="o", ms=3, lw=1.2, label=str(name))
    left.set(yscale="log", xlabel="iteration", title="Cost by term")
    left.legend(fontsize=8.5)
    for right in others:
        right.plot(iteration, norm, color=POSTERIOR, marker="o", ms=3)
        right.set(yscale="log", xlabel="iteration", title="Gradient norm")
    for axes in (left, *others):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return drawn


def parameters(result: Any) -> Any:
    """The largest shifts of parameters, in prior standard deviations."""
    shift = result["control_posterior"].values - result["control_prior"].values
    order = np.argsort(-np.abs(shift), kind="stable")[:SHOWN]
    names = labelled(result, order)
    drawn = figure(10, 1.1 + 0.24 * len(order))
    axes = drawn.subplots()
    place = np.arange(len(order))[::-1]
    axes.axvspan(-1, 1, color=PRIOR, alpha=0.13, lw=0, label="prior, one standard deviation")
    axes.axvline(0, color=PRIOR, lw=1)
    sd = np.zeros(len(order))
    if "posterior_covariance" in result:
        variance = np.diag(result["posterior_covariance"].values)[order]
        sd = np.sqrt(np.maximum(np.nan_to_num(variance), 0.0))
    axes.errorbar(
        shift[order], place, xerr=sd, fmt="o", ms=5, color=POSTERIOR, elinewidth=1.4,
        label="posterior",
    )  # fmt: skip
    if "control_truth" in result:
        true = result["control_truth"].values - result["control_prior"].values
        axes.plot(true[order], place, ls="", marker="x", ms=6, color=TRUTH, label="truth")
    axes.set_yticks(place, names, fontsize=8.5)
    axes.set(xlabel="shift (prior standard deviations)", ylim=(-0.8, len(order) - 0.2))
    axes.grid(axis="y", visible=False)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=8.5)
    return drawn


def targets(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Shift of each target and its truth, in posterior standard deviations from the posterior.

    Args:
        rows: of `tables.targets`, with truth and posterior sd.
    """
    names = [f"{row['quantity']} {row['region']}" for row in rows]
    drawn = figure(10, 1.1 + 0.24 * len(rows))
    axes = drawn.subplots()
    place = np.arange(len(rows))[::-1]
    sd = np.array([row["posterior_sd"] for row in rows])
    centre = np.array([row["posterior"] for row in rows])
    axes.axvspan(-2, 2, color=POSTERIOR, alpha=0.08, lw=0, label="two posterior sd")
    axes.axvspan(-1, 1, color=POSTERIOR, alpha=0.15, lw=0, label="one posterior sd")
    for run, marker, colour in (("prior", "o", PRIOR), ("truth", "x", TRUTH)):
        distance = (np.array([row[run] for row in rows]) - centre) / sd
        axes.plot(distance, place, ls="", marker=marker, ms=6, color=colour, label=run)
    axes.set_xscale("symlog", linthresh=3.0)
    low, high = axes.get_xlim()
    ticks = [t for n in (1, 2, 3, 10, 30, 100, 1000) for t in (-n, n) if low <= t <= high]
    axes.set_xticks([0, *ticks], [f"{tick}" for tick in (0, *ticks)])
    axes.set_yticks(place, names, fontsize=8.5)
    axes.set(xlabel="distance from the posterior mean (posterior sd)", ylim=(-0.8, len(rows) - 0.2))
    axes.grid(axis="y", visible=False)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, fontsize=8.5)
    return drawn


def series(stream: Any, beside: Mapping[str, Any] | None = None) -> Any:
    """Observed and simulated through time, a panel for each place from north to south.

    Args:
        stream: group of `simulated.nc` or `evaluation.nc`.
        beside: label -> the same stream of further runs, whose last run is drawn.
    """
    from matplotlib import dates  # slow to import

    places = [row["name"] for row in tables.fit_by_place(stream)][:PANELS]
    across = 1 if len(places) == 1 else 2
    down = -(-len(places) // across)
    drawn = figure(10, 0.5 + 1.75 * down)
    grid = drawn.subplots(down, across, squeeze=False, sharex=True)
    labels = stream[tables.place_name(stream)].values.astype(str)
    for axes, place in zip(grid.flat, places, strict=False):
        rows = np.flatnonzero(labels == place)
        rows = rows[np.argsort(stream["time"].values[rows], kind="stable")]
        time, observed = stream["time"].values[rows], stream["observed"].values[rows]
        dense = len(rows) > 150
        axes.errorbar(
            time, observed, yerr=None if dense else stream["observed_sd"].values[rows], fmt=".",
            ms=2 if dense else 4, color=OBSERVED, ecolor="#bbbbbb", elinewidth=1, label="observed",
            zorder=1, rasterized=dense,
        )  # fmt: skip
        for run in tables.runs(stream):
            marker = "o" if len(rows) < 3 else None
            axes.plot(
                *with_gaps(time, stream[run].values[rows]), color=COLOURS[run], label=run,
                lw=0.9 if dense else 1.3,
                ls="--" if run == "prior" and not dense else "-", marker=marker, ms=4,
            )  # fmt: skip
        for number, (label, other) in enumerate((beside or {}).items()):
            _beside(axes, other, place, label, number)
        axes.set_title(place, fontsize=9.5)
        locator: Any = dates.AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        formatter: Any = dates.ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(formatter)
    for axes in list(grid.flat)[len(places) :]:
        axes.set_axis_off()
    names = ["observed", "prior", "posterior", *(beside or {})]
    legend_above(drawn, grid.flat[0], names, columns=len(names))
    for axes in list(grid.flat)[len(places) - across : len(places)]:
        axes.tick_params(labelbottom=True)  # also above an empty place
    words = wrap(tables.quantity_and_units(stream), int(PER_INCH * drawn.get_figheight()))
    drawn.supylabel("\n".join(words), fontsize=9.5)
    return drawn


def _beside(axes: Any, stream: Any, place: str, label: str, number: int) -> None:
    """The line of a further run at one place; an entry of the legend where it has none."""
    labels = stream[tables.place_name(stream)].values.astype(str)
    rows = np.flatnonzero(labels == place)
    rows = rows[np.argsort(stream["time"].values[rows], kind="stable")]
    values = stream[tables.runs(stream)[-1]].values[rows]
    axes.plot(
        *with_gaps(stream["time"].values[rows], values), lw=1.2, ls="-.", label=label,
        color=BESIDE_COLOURS[number % len(BESIDE_COLOURS)],
    )  # fmt: skip


def with_gaps(time: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A line that breaks where three or more of its usual steps are missing."""
    step = np.diff(time)
    if len(step) < 2:
        return time, values
    breaks = np.flatnonzero(step > 3.5 * np.median(step)) + 1
    return (
        np.insert(time, breaks, time[breaks - 1] + np.median(step)),
        np.insert(values.astype(float), breaks, np.nan),
    )


def scatter(stream: Any) -> Any:
    """Simulated against observed, a panel for each run, and a row for each quantity."""
    names = tables.runs(stream)
    rows = list(tables.quantities(stream)) or [("", stream)]
    drawn = figure(3.9 * len(names) + 0.4, 3.7 * len(rows))
    grid = drawn.subplots(len(rows), len(names), squeeze=False, sharex="row", sharey="row")
    for panels, (quantity, part) in zip(grid, rows, strict=True):
        _scatter(panels, part, names, quantity)
    return drawn


def _scatter(panels: Any, stream: Any, names: Sequence[str], quantity: str) -> None:
    """Simulated against observed of one quantity, a panel for each run."""
    observed = stream["observed"].values
    units = f" ({tables.units(stream)})" if tables.units(stream) else ""
    together = np.concatenate([observed, *(stream[run].values for run in names)])
    together = together[np.isfinite(together)]
    low, high = (together.min(), together.max()) if len(together) else (0.0, 1.0)
    margin = 0.04 * (high - low or 1.0)
    for axes, run in zip(panels, names, strict=True):
        axes.plot([low, high], [low, high], color="#888888", lw=1, zorder=1)
        many = len(observed) > 400
        axes.scatter(
            observed, stream[run].values, s=5 if many else 14, color=COLOURS[run],
            alpha=0.35 if many else 0.7, lw=0, rasterized=True,
        )  # fmt: skip
        axes.set(
            title=f"{quantity}, {run}" if quantity else run.capitalize(),
            xlabel=f"observed{units}", aspect="equal",
            xlim=(low - margin, high + margin), ylim=(low - margin, high + margin),
        )  # fmt: skip
        axes.locator_params(nbins=5)
    panels[0].set_ylabel(f"simulated{units}")
