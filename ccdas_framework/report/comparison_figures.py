"""Figures of several runs: one colour and one marker for each throughout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .figures import OBSERVED, PANELS, figure, with_gaps
from .format import page_number

# Okabe and Ito (2008), Color Universal Design, but black, which is that of observations
RUN_COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A7A00", "#7A7A7A",
)  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
PRIOR_GREY = "#8c8c8c"
TRUTH_MARK: dict[str, Any] = {"marker": "x", "ls": "", "ms": 6, "color": OBSERVED, "mew": 1.6}
MONTHS = "JFMAMJJASOND"
ROWS = 40  # most bars of one figure
MOST_NUMBERS = 16  # above bars


def colours(labels: Sequence[str]) -> dict[str, str]:
    """Colour of each run."""
    return dict(zip(labels, RUN_COLOURS, strict=False))


def markers(labels: Sequence[str]) -> dict[str, str]:
    """Marker of each run."""
    return dict(zip(labels, MARKERS, strict=False))


def legend(drawn: Any, panels: Sequence[Any]) -> None:
    """One legend of all panels above a figure."""
    entries: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    drawn.legend(
        entries.values(), entries.keys(), loc="outside upper left", ncols=min(len(entries), 5)
    )


def cost_terms(root: Any) -> Any:
    """Cost of each term at the end of each run."""
    labels, terms = root["run"].values.astype(str), root["term"].values.astype(str)
    ends = root.sel(end="posterior")
    values = np.concatenate([ends["cost_term"].values, ends["cost"].values[:, None]], axis=1)
    drawn = figure(10, 3.1)
    axes = drawn.subplots()
    width = 0.8 / len(labels)
    for n, label in enumerate(labels):
        place = np.arange(len(terms) + 1) + (n - 0.5 * (len(labels) - 1)) * width
        bar = axes.bar(place, values[n], 0.9 * width, color=RUN_COLOURS[n], label=label)
        if len(labels) * len(terms) <= MOST_NUMBERS:
            axes.bar_label(bar, [page_number(v, 3) if np.isfinite(v) else "" for v in values[n]],
                           fontsize=8, color="#444444", padding=1)  # fmt: skip
    axes.set_xticks(range(len(terms) + 1), [*terms, "total"])
    axes.set(ylabel="cost at the end")
    axes.grid(axis="x", visible=False)
    legend(drawn, [axes])
    return drawn


def parameters(data: Any) -> Any:
    """Prior and posterior of each parameter in each run, with one sd, around the first prior.

    Args:
        data: group 'parameters' of `comparison.nc`, of one process.
    """
    labels, names = data["run"].values.astype(str), data["control"].values.astype(str)
    empty = np.full(data["prior"].shape, np.nan)
    value, sd = (
        {run: (data[f"{run}{end}"].values if f"{run}{end}" in data else empty) for run in
         ("prior", "posterior")}
        for end in ("", "_sd")
    )  # fmt: skip
    centre, scale = _first(value["prior"]), _first(sd["prior"])
    drawn = figure(10, 1.0 + (0.1 + 0.11 * (1 + len(labels))) * len(names))
    axes = drawn.subplots()
    rows = np.arange(len(names))[::-1].astype(float)
    step = 0.8 / len(labels)
    offset = rows + (0.5 * (len(labels) - 1) - np.arange(len(labels))[:, None]) * step
    one_prior = shared(value["prior"]) and shared(sd["prior"])
    if one_prior:
        axes.barh(rows, np.full(len(rows), 2.0), left=-1.0, height=0.84, color="#e4e4e4", lw=0,
                  label="prior")  # fmt: skip
    for n, label in enumerate(labels):
        if not np.isfinite(value["prior"][n]).any():
            continue
        colour = RUN_COLOURS[n]
        if not one_prior:
            half = sd["prior"][n] / scale
            axes.barh(
                offset[n], 2.0 * half, left=(value["prior"][n] - centre) / scale - half,
                height=0.9 * step, color=colour, alpha=0.2, lw=0, label=f"{label}, prior",
            )  # fmt: skip
        axes.errorbar(
            (value["posterior"][n] - centre) / scale, offset[n],
            xerr=_finite(sd["posterior"][n] / scale), fmt=MARKERS[n], ms=4.5, color=colour,
            elinewidth=1.5, label=label,
        )  # fmt: skip
    if "truth" in data:
        true = (_first(data["truth"].values) - centre) / scale
        axes.plot(true, rows, label="truth", **TRUTH_MARK)
    axes.axvline(0.0, color=PRIOR_GREY, lw=1)
    _lines_between(axes, rows)
    axes.set_yticks(rows, names.tolist(), fontsize=8.5)
    of_first = "" if one_prior else f" of {labels[0]}"
    axes.set(
        xlabel=f"value less the prior mean{of_first} (prior sd{of_first})",
        ylim=(-0.6, len(names) - 0.4),
    )
    axes.grid(axis="y", visible=False)
    legend(drawn, [axes])
    return drawn


def series(data: Any) -> Any:
    """Observed values and the posterior of each run through time, a panel for each place."""
    from matplotlib import dates  # slow to import

    labels = data["run"].values.astype(str)
    places = data["place"].values.astype(str)[:PANELS]
    of_place = data[str(data.attrs["place"])].values.astype(str)
    across = 1 if len(places) == 1 else 2
    down = -(-len(places) // across)
    drawn = figure(10, 0.7 + 1.75 * down)
    grid = drawn.subplots(down, across, squeeze=False, sharex=True)
    observed, sd = _first(data["observed"].values), _first(data["observed_sd"].values)
    priors = prior_lines(data["prior"].values, labels)
    for axes, place in zip(grid.flat, places, strict=False):
        rows = np.flatnonzero(of_place == place)
        rows = rows[np.argsort(data["time"].values[rows], kind="stable")]
        time, dense = data["time"].values[rows], len(rows) > 150
        axes.errorbar(
            time, observed[rows], yerr=None if dense else sd[rows], fmt=".", ms=2 if dense else 4,
            color=OBSERVED, ecolor="#bbbbbb", elinewidth=1, label="observed", zorder=1,
            rasterized=dense,
        )  # fmt: skip
        for values, style in priors:
            if np.isfinite(values[rows]).any():
                axes.plot(*with_gaps(time, values[rows]), **style)
        for n, label in enumerate(labels):
            values = data["posterior"].values[n][rows]
            if np.isfinite(values).any():
                axes.plot(
                    *with_gaps(time, values), color=RUN_COLOURS[n],
                    lw=(0.5 if dense else 1.0) * line_width(n, len(labels)),
                    label=label, marker=MARKERS[n] if len(rows) < 3 else None, ms=4,
                )  # fmt: skip
        axes.set_title(place, fontsize=9.5)
        locator: Any = dates.AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        formatter: Any = dates.ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(formatter)
    for axes in list(grid.flat)[len(places) :]:
        axes.set_axis_off()
    for axes in list(grid.flat)[len(places) - across : len(places)]:
        axes.tick_params(labelbottom=True)  # also above an empty place
    legend(drawn, [grid.flat[0]])
    drawn.supylabel(unit_of(data["observed"]), fontsize=9.5)
    return drawn


def season(data: Any, name: str) -> Any:
    """Mean seasonal cycle of a field in each region, prior and posterior of each run."""
    regions = data["region"].values.astype(str)
    labels = data["run"].values.astype(str)
    across = min(3, len(regions))
    down = -(-len(regions) // across)
    drawn = figure(10, 0.7 + 2.0 * down)
    grid = drawn.subplots(down, across, squeeze=False, sharex=True)
    priors = prior_lines(data[name].sel(simulation="prior").values, labels)
    for axes, r in zip(grid.flat, range(len(regions)), strict=False):
        for values, style in priors:
            if np.isfinite(values[r]).any():
                axes.plot(data["month"], values[r], **style)
        for n, label in enumerate(labels):
            values = data[name].sel(simulation="posterior").values[n, r]
            if np.isfinite(values).any():
                axes.plot(
                    data["month"], values, color=RUN_COLOURS[n], label=label,
                    lw=line_width(n, len(labels)), marker=MARKERS[n], ms=3.2,
                )  # fmt: skip
        axes.axhline(0.0, color="#bbbbbb", lw=0.8, zorder=0)
        axes.set_title(regions[r], fontsize=9.5)
        axes.set_xticks(range(1, 13), list(MONTHS))
    for axes in list(grid.flat)[len(regions) :]:
        axes.set_axis_off()
    for axes in list(grid.flat)[len(regions) - across : len(regions)]:
        axes.tick_params(labelbottom=True)
    legend(drawn, [grid.flat[0]])
    drawn.supylabel(unit_of(data[name]), fontsize=9.5)
    return drawn


def targets(data: Any) -> Any:
    """Prior and posterior of targets of one quantity with one sd, a row for each region.

    Args:
        data: group 'targets' of `comparison.nc`, of one quantity and period.
    """
    labels = data["run"].values.astype(str)
    names = [
        " ".join(filter(None, (str(r), f"({w})" if w else "")))
        for r, w in zip(data["region"].values, data["where"].values, strict=True)
    ]
    drawn = figure(10, 1.0 + (0.12 + 0.14 * (1 + len(labels))) * len(names))
    axes = drawn.subplots()
    rows = np.arange(len(names))[::-1].astype(float)
    step = 0.8 / (len(labels) + 1)
    empty = np.full(data["prior"].shape, np.nan)
    sd = data["posterior_sd"].values if "posterior_sd" in data else empty
    prior_sd = data["prior_sd_at_prior"].values if "prior_sd_at_prior" in data else empty
    for (values, style), half in zip(
        prior_lines(data["prior"].values, labels), prior_sd, strict=False
    ):
        axes.errorbar(
            values, rows + 0.5 * len(labels) * step, xerr=_finite(half), fmt="|", ms=8,
            color=style["color"], elinewidth=1.2, label=style["label"],
        )  # fmt: skip
    for n, label in enumerate(labels):
        values = data["posterior"].values[n] if "posterior" in data else empty[n]
        axes.errorbar(
            values, rows + (0.5 * len(labels) - 1 - n) * step, xerr=_finite(sd[n]),
            fmt=MARKERS[n], ms=4.5, color=RUN_COLOURS[n], elinewidth=1.5, label=label,
        )  # fmt: skip
    if "truth" in data:
        axes.plot(_first(data["truth"].values), rows, label="truth", **TRUTH_MARK)
    _lines_between(axes, rows)
    axes.set_yticks(rows, names, fontsize=8.5)
    axes.set(xlabel=str(data["unit"].values[0]), ylim=(-0.6, len(names) - 0.4))
    axes.grid(axis="y", visible=False)
    legend(drawn, [axes])
    return drawn


def prior_lines(
    values: np.ndarray, labels: Sequence[str]
) -> list[tuple[np.ndarray, dict[str, Any]]]:
    """Values and style of the priors: one grey line where all runs share them, else one each.

    Args:
        values: shape (run, ...), NaN for a run without any.
    """
    style = {"ls": "--", "lw": 1.1}
    if shared(values):
        return [(_first(values), {**style, "color": PRIOR_GREY, "label": "prior"})]
    return [
        (of_run, {**style, "color": RUN_COLOURS[n], "label": f"{labels[n]}, prior"})
        for n, of_run in enumerate(values)
    ]


def shared(values: np.ndarray) -> bool:
    """Whether all runs that have values, shape (run, ...), have the same; others have NaN."""
    same = np.isclose(values, _first(values), rtol=1e-6, atol=1e-12, equal_nan=True)
    return bool((same | np.isnan(values)).all())


def line_width(number: int, count: int) -> float:
    """Width of the line of a run: the first is the widest, so that lines that agree all show."""
    return 3.2 - 2.2 * number / max(count - 1, 1)


def unit_of(variable: Any) -> str:
    """Unit of a variable; nothing for a pure number."""
    text = str(variable.attrs.get("units", ""))
    return "" if text == "1" else text


def _first(values: np.ndarray) -> np.ndarray:
    """In each column the value of the first run that has one; shape of a row."""
    index = np.argmax(np.isfinite(values), axis=0)
    return np.asarray(np.take_along_axis(values, index[None], axis=0)[0])


def _lines_between(axes: Any, rows: np.ndarray) -> None:
    for edge in rows[:-1] - 0.5:
        axes.axhline(edge, color="#eeeeee", lw=0.8, zorder=0)


def _finite(sd: np.ndarray) -> np.ndarray:
    """Half a bar, none where there is no sd or it is infinite."""
    return np.where(np.isfinite(sd), sd, 0.0)
