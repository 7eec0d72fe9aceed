"""The figure of a twin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InvalidInput
from ..io.atomic import atomic_write
from .drawing_packages import require
from .figures import figure
from .run_files import groups

LEAST = 1e-12  # %, errors below are drawn there


def write_figure(folder: Path) -> Path:
    """`twin.png`: parameter errors at the start and the end, and gradient reductions, by site.

    Args:
        folder: with the `twin.nc` of a twin.

    Raises:
        ReportUnavailable: matplotlib is not installed.
        InvalidInput: there is no such file.
    """
    require("matplotlib", product="figure")
    variants = {d.attrs["variant"]: d for d in groups(folder / "twin.nc").values()}
    if not variants:
        raise InvalidInput(
            f"{folder} holds no twin.nc; `ccdas twin` writes it.",
            code="missing-file",
            where="twin.nc",
        )
    drawn = figure(10, 0.6 + 2.6 * len(variants))
    axes = drawn.subplots(len(variants), 2, squeeze=False, width_ratios=(3, 2))
    for (name, data), (left, right) in zip(variants.items(), axes, strict=True):
        _errors(left, data, name)
        _reductions(right, data)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)
    with atomic_write(folder / "twin.png") as temporary:
        drawn.savefig(temporary, dpi=150)
    return folder / "twin.png"


def _errors(axis: Any, data: Any, name: str) -> None:
    tolerance = float(data.attrs["tolerance_percent"])
    truth, start = data["parameter_truth"].values, data["parameter_start"].values
    with np.errstate(invalid="ignore", divide="ignore"):
        before = 100.0 * np.abs(start / truth - 1.0)
    for place, label in enumerate(data["site"].values):
        of_site = data.sel(site=label)
        observed = of_site["seen"].values == 1
        error = np.maximum(of_site["error_percent"].values, LEAST)
        shift = np.linspace(-0.3, 0.3, len(observed))
        first = place == 0
        for mask, values, mark, colour, legend in (
            (~observed, error, ".", "0.7", "estimate, not constrained by the data"),
            (observed, error, "o", "#0072b2", "estimate, constrained"),
            (np.full(len(observed), True), before[place], "_", "#d55e00", "start"),
        ):
            axis.plot(
                place + shift[mask], values[mask], mark, color=colour, ms=3,
                mew=None if mark == "_" else 0, label=legend if first else None,
            )  # fmt: skip
    axis.axhline(
        tolerance, color="0.3", lw=0.8, ls="--", label=f"{tolerance:g} %, counts as recovered"
    )
    axis.set_yscale("log")
    axis.set_ylim(0.5 * LEAST, 1e4)
    axis.set_ylabel("error of a parameter (%)")
    axis.set_title(name, loc="left", fontsize=10)
    _sites(axis, data)


def _reductions(axis: Any, data: Any) -> None:
    places = np.arange(data.sizes["site"])
    recovered = data["recovered"].values == 1
    axis.bar(
        places, data["gradient_reduction"].values, color=np.where(recovered, "#009e73", "#cc79a7")
    )
    axis.set_yscale("log")
    axis.axhline(1e6, color="0.3", lw=0.8, ls=":")
    axis.set_ylim(1.0, None)
    axis.set_ylabel("gradient reduced (times)")
    axis.set_title(f"{int(recovered.sum())} of {len(places)} recovered (green)", fontsize=10)
    _sites(axis, data)


def _sites(axis: Any, data: Any) -> None:
    names = [str(name) for name in data["site"].values]
    axis.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=7)
    axis.set_xlim(-0.6, len(names) - 0.4)
