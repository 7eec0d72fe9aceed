"""Tables of the comparisons with data that were not assimilated."""

from __future__ import annotations

import numpy as np

from ..evaluation import Evaluation, ZonalEvaluation
from ..report.format import fixed, significant
from .text_table import table


def evaluation_text(name: str, evaluation: Evaluation | ZonalEvaluation) -> str:
    """One comparison by its name, before and after."""
    return (
        _zonal(name, evaluation)
        if isinstance(evaluation, ZonalEvaluation)
        else _places(name, evaluation)
    )


def _places(name: str, evaluation: Evaluation) -> str:
    rows = [
        (
            place,
            fixed(score["count"], 0),
            *(significant(score[f"{run}_bias"], 3) for run in ("prior", "posterior")),
            *(significant(score[f"{run}_rmse"], 3) for run in ("prior", "posterior")),
            *(significant(score[f"{run}_correlation"], 3) for run in ("prior", "posterior")),
        )
        for place, score in evaluation.scores().items()
    ]
    head = (
        f"evaluation: {name} ({evaluation.variable.units})", "n", "bias: prior", "posterior",
        "rmse: prior", "posterior", "correlation: prior", "posterior",
    )  # fmt: skip
    return table(head, rows)


def _zonal(name: str, zonal: ZonalEvaluation) -> str:
    """Means and seasons by band from north to south, and how near each reference is."""
    mean, reference_mean = zonal.mean(zonal.simulated_band), zonal.mean(zonal.reference_band)
    scores, units = zonal.scores(), zonal.units
    sections = [
        f"evaluation: {name}, {zonal.quantity}; {zonal.months[0]} to {zonal.months[-1]}",
        _bands(f"mean ({units})", zonal, mean, reference_mean),
    ]
    amplitude = zonal.amplitude(zonal.simulated_band)
    if np.isfinite(amplitude).any():
        of_others = zonal.amplitude(zonal.reference_band)
        sections.append(
            _bands(f"season, highest less lowest ({units})", zonal, amplitude, of_others)
        )
    # all bands of their own in one number, and the globe
    rmse = np.sqrt(np.mean(scores["rmse"][..., :-1] ** 2, axis=-1))
    rows = [
        (
            reference,
            *(significant(scores["bias"][run, n, -1], 3) for run in (0, 1)),
            *(significant(rmse[run, n], 3) for run in (0, 1)),
            *(significant(scores["correlation"][run, n, -1], 3) for run in (0, 1)),
        )
        for n, reference in enumerate(zonal.names)
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


def _bands(what: str, zonal: ZonalEvaluation, simulated: np.ndarray, references: np.ndarray) -> str:
    """Both runs and the range of the references by band from north to south, all bands last.

    `simulated` is of shape (run, band), `references` of (reference, band).
    """
    last = len(zonal.band_names) - 1
    several = len(zonal.names) > 1
    rows = []
    for n in (*range(last - 1, -1, -1), last):
        others = references[:, n]
        span = (others.min(), others.mean(), others.max()) if several else tuple(others)
        values = np.array([*simulated[:, n], *span])
        small = np.abs(values) < 1e-6 * np.nanmax(np.abs(values))  # what rounding left
        shown = np.where(small, 0.0, values)
        rows.append((zonal.band_names[n], *(significant(float(value), 3) for value in shown)))
    heads = ("references: lowest", "mean", "highest") if several else zonal.names
    return table((what, "prior", "posterior", *heads), rows)
