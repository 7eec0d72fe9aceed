"""Tables of the comparisons with data that were not assimilated."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..diagnostics.variability import VARIABILITY
from ..evaluation import Evaluation, ZonalEvaluation
from ..evaluation.groups import zonal_group
from ..evaluation.zonal_comparison import RUNS
from ..report.format import fixed, significant
from ..report.latitudes_section import bands, references
from .text_table import table

SCORES = ("bias", "rmse", "correlation")
OF_PLACES = (*SCORES, *VARIABILITY)
MOST_PLACES = 40  # with more, only all of them together; `evaluation.nc` has each


def evaluation_text(name: str, evaluation: Evaluation | ZonalEvaluation) -> str:
    """One comparison by its name, before and after."""
    return (
        _zonal(name, evaluation)
        if isinstance(evaluation, ZonalEvaluation)
        else _places(name, evaluation)
    )


def _places(name: str, evaluation: Evaluation) -> str:
    scores = evaluation.scores()
    rows = [
        (
            place,
            fixed(score["count"], 0),
            *(significant(score[f"{run}_{kind}"], 3) for kind in OF_PLACES for run in RUNS),
        )
        for place, score in scores.items()
        if place == "all" or len(scores) <= MOST_PLACES
    ]
    head = (
        f"evaluation: {name} ({evaluation.variable.units})", "n", "bias: prior", "posterior",
        "rmse: prior", "posterior", "correlation: prior", "posterior",
        "of anomalies: prior", "posterior", "sd over observed: prior", "posterior",
    )  # fmt: skip
    return table(head, rows)


def _zonal(name: str, zonal: ZonalEvaluation) -> str:
    """Means and seasons by band from north to south, and how near each reference is."""
    data = zonal_group(zonal)
    sections = [
        f"evaluation: {name}, {zonal.quantity}; {zonal.months[0]} to {zonal.months[-1]}",
        _bands(f"mean ({zonal.units})", data, "mean"),
    ]
    if np.isfinite(data["simulated_amplitude"]).any():
        title = f"season, highest less lowest ({zonal.units})"
        sections.append(_bands(title, data, "amplitude"))
    rows = [
        (row["name"], *(significant(row[run][kind], 3) for kind in SCORES for run in RUNS))
        for row in references(data)
    ]
    head = (
        "reference", "bias, all: prior", "posterior",
        "rmse of months and bands: prior", "posterior",
        "correlation, all: prior", "posterior",
    )  # fmt: skip
    sections.append(table(head, rows))
    if zonal.note:
        sections.append(f"warning: {zonal.note}")
    return "\n\n".join(sections)


def _bands(title: str, data: Any, kind: str) -> str:
    """Both runs and the range of the references by band from north to south, all bands last."""
    heads, columns = tuple(data["reference"].values), [*RUNS, "middle"]
    if len(heads) > 1:
        heads = ("references: lowest", "mean", "highest")
        columns = [*RUNS, "lowest", "middle", "highest"]
    rows = []
    for band in bands(data):
        values = np.array([band[kind][column] for column in columns])
        small = np.abs(values) < 1e-6 * np.nanmax(np.abs(values))  # what rounding left
        shown = np.where(small, 0.0, values)
        rows.append((band["name"], *(significant(float(value), 3) for value in shown)))
    return table((title, *RUNS, *heads), rows)
