"""Figures of information content: spectrum, signal, uncertainty reduction, correlations."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import figures, tables

MOST_TARGETS = 28  # rows of the figure of correlations
MOST_PARAMETERS = 36  # likewise
LEAST_GAIN = 0.01  # uncertainty reduction of a parameter that is shown
DIVERGING = "PuOr_r"  # ColorBrewer; distinct for colour-blind readers


def spectrum(result: Any) -> Any | None:
    """Eigenvalues of the prior-whitened Hessian, largest first; None where unknown."""
    if result is None or "hessian_eigenvalue" not in result:
        return None
    eigenvalue = result["hessian_eigenvalue"].values
    eigenvalue = eigenvalue[np.isfinite(eigenvalue)]
    if not len(eigenvalue):
        return None
    drawn = figures.figure(10, 3.2)
    axes = drawn.subplots()
    place = np.arange(1, len(eigenvalue) + 1)
    strong = eigenvalue > 2.0
    axes.axhline(2.0, color=figures.PRIOR, lw=1.2, ls="--")
    axes.axhline(1.0, color="#888888", lw=1.2)
    for chosen, colour, label in (
        (strong, figures.POSTERIOR, f"{int(strong.sum())} above 2: the observations say more"),
        (~strong, "#9aa5ad", f"{int((~strong).sum())} below: the prior says more"),
    ):
        if chosen.any():
            axes.scatter(place[chosen], eigenvalue[chosen], s=14, color=colour, label=label, lw=0)
    axes.set(yscale="log", xlabel="direction", ylabel="eigenvalue", xlim=(0, len(eigenvalue) + 1))
    axes.legend(fontsize=8.5)
    return drawn


def signal(streams: list[dict[str, Any]]) -> Any | None:
    """Degrees of freedom for signal of each row of the table of streams; None where unknown."""
    freedom = np.array([row["degrees_of_freedom"] for row in streams])
    if not len(freedom) or not np.isfinite(freedom).all():
        return None
    names = [row["stream"] for row in streams]
    drawn, axes = figures.bars(names, freedom, 0.32, 0.75, "degrees of freedom for signal")
    total = float(np.sum(freedom))
    for n, value in enumerate(freedom):
        share = f" ({100.0 * value / total:.0f} %)" if total > 0.0 else ""
        axes.text(value, len(names) - 1 - n, f" {value:.1f}{share}", va="center", fontsize=9)
    axes.set_xlim(0, 1.18 * max(float(freedom.max()), 1e-9))
    return drawn


def reduction(result: Any) -> Any | None:
    """Uncertainty reduction of the best constrained parameters; None where unknown."""
    if result is None or not np.isfinite(result.get("uncertainty_reduction", np.nan)).any():
        return None
    values = result["uncertainty_reduction"].values
    order = np.argsort(-np.nan_to_num(values), kind="stable")[: figures.SHOWN]
    names = figures.labelled(result, order)
    drawn, axes = figures.bars(names, 100.0 * values[order], 0.22, 0.9, "uncertainty reduction (%)")
    axes.set_xlim(0, 100)
    return drawn


def correlations(targets: Any) -> Any | None:
    """Correlations between the errors of targets, before and after; None where unknown."""
    matrices = target_correlations(targets)
    if matrices is None:
        return None
    name, prior, posterior = matrices
    panels = [("Prior", prior), ("Posterior", posterior)]
    shown = [(title, matrix) for title, matrix in panels if matrix is not None]
    side = min(0.2 * len(name) + 0.3, 4.0)  # of a panel; names need 1.4 beside and below
    drawn = figures.figure(2.2 + (side + 0.2) * len(shown), side + 2.1)
    grid = np.atleast_1d(drawn.subplots(1, len(shown), sharey=True))
    for axes, (title, matrix) in zip(grid, shown, strict=True):
        image = axes.imshow(matrix, cmap=DIVERGING, vmin=-1.0, vmax=1.0, interpolation="nearest")
        axes.set_title(title)
        axes.set_xticks(np.arange(len(name)), name, rotation=90, fontsize=7.5)
        axes.set_yticks(np.arange(len(name)), name, fontsize=7.5)
        axes.grid(visible=False)
    bar = drawn.colorbar(image, ax=list(grid), shrink=0.6, pad=0.01)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    return drawn


def parameter_correlations(result: Any, most: int = MOST_PARAMETERS) -> Any | None:
    """Posterior correlations of the best constrained parameters by process; None where unknown."""
    if result is None or "posterior_correlation" not in result:
        return None
    gain = np.nan_to_num(result["uncertainty_reduction"].values)
    best = np.argsort(-gain, kind="stable")[:most]
    best = best[gain[best] > LEAST_GAIN]
    if len(best) < 2:
        return None
    names, process = result["control"].values.astype(str), np.array(tables.processes(result))
    order = best[np.lexsort((names[best], process[best]))]
    matrix = result["posterior_correlation"].values[np.ix_(order, order)]
    side = 0.19 * len(order) + 0.3
    drawn = figures.figure(side + 5.4, side + 1.9)
    axes = drawn.subplots()
    image = axes.imshow(matrix, cmap=DIVERGING, vmin=-1.0, vmax=1.0, interpolation="nearest")
    axes.set_yticks(np.arange(len(order)), figures.labelled(result, order), fontsize=7.5)
    axes.set_xticks(np.arange(len(order)), names[order], rotation=90, fontsize=7.5)
    axes.grid(visible=False)
    for edge in np.flatnonzero(process[order][1:] != process[order][:-1]) + 0.5:
        axes.axhline(edge, color="#1a1a1a", lw=0.8)
        axes.axvline(edge, color="#1a1a1a", lw=0.8)
    bar = drawn.colorbar(image, ax=axes, shrink=0.6, pad=0.01, label="posterior correlation")
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    return drawn


def target_correlations(dataset: Any) -> tuple[list[str], np.ndarray | None, np.ndarray] | None:
    """Names and matrices of the targets of the window, from the root of `targets.nc`."""
    if dataset is None or "posterior_correlation" not in dataset:
        return None
    names = [str(name) for name in dataset["target"].values]
    window = [
        f"{quantity} {region}"
        for quantity in dataset["quantity"].values
        for region in dataset["region"].values
    ]
    positions = [names.index(name) for name in window if name in names] or list(range(len(names)))
    positions = positions[:MOST_TARGETS]
    if len(positions) < 2:
        return None
    square = np.ix_(positions, positions)
    prior = dataset["prior_correlation"].values[square] if "prior_correlation" in dataset else None
    return [names[n] for n in positions], prior, dataset["posterior_correlation"].values[square]
