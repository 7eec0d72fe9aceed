"""Tables of what was compared with and not assimilated."""

from __future__ import annotations

import numpy as np

from ..evaluation import Evaluation, ZonalEvaluation
from ..report.format import fixed, significant
from .text_table import table


def evaluation_text(name: str, found: Evaluation | ZonalEvaluation) -> str:
    """One comparison by its name, before and after."""
    return _zonal(name, found) if isinstance(found, ZonalEvaluation) else _places(name, found)


def _places(name: str, found: Evaluation) -> str:
    rows = [
        (
            place,
            fixed(score["count"], 0),
            *(significant(score[f"{run}_bias"], 3) for run in ("prior", "posterior")),
            *(significant(score[f"{run}_rmse"], 3) for run in ("prior", "posterior")),
            *(significant(score[f"{run}_correlation"], 3) for run in ("prior", "posterior")),
        )
        for place, score in found.scores().items()
    ]
    head = (
        f"evaluation: {name} ({found.variable.units})", "n", "bias before", "after",
        "rmse before", "after", "correlation before", "after",
    )  # fmt: skip
    return table(head, rows)


def _zonal(name: str, found: ZonalEvaluation) -> str:
    """Means and seasons by band from north to south, and how near each reference is."""
    mean, theirs = found.mean(found.simulated_band), found.mean(found.reference_band)
    scores, units = found.scores(), found.units
    sections = [
        f"evaluation: {name}, {found.quantity}; {found.months[0]} to {found.months[-1]}",
        _bands(f"mean ({units})", found, mean, theirs),
    ]
    amplitude = found.amplitude(found.simulated_band)
    if np.isfinite(amplitude).any():
        of_others = found.amplitude(found.reference_band)
        sections.append(
            _bands(f"season, highest less lowest ({units})", found, amplitude, of_others)
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
        for n, reference in enumerate(found.names)
    ]
    head = (
        "against", "bias, all: before", "after", "rmse of months and bands: before", "after",
        "correlation, all: before", "after",
    )  # fmt: skip
    sections.append(table(head, rows))
    if found.note:
        sections.append(f"warning: {found.note}")
    return "\n\n".join(sections)


def _bands(what: str, found: ZonalEvaluation, own: np.ndarray, theirs: np.ndarray) -> str:
    """Both runs and the range of the references by band from north to south, all bands last.

    `own` is of shape (run, band), `theirs` of (reference, band).
    """
    last = len(found.band_names) - 1
    several = len(found.names) > 1
    rows = []
    for n in (*range(last - 1, -1, -1), last):
        others = theirs[:, n]
        span = (others.min(), others.mean(), others.max()) if several else tuple(others)
        values = np.array([*own[:, n], *span])
        small = np.abs(values) < 1e-6 * np.nanmax(np.abs(values))  # what rounding left
        shown = np.where(small, 0.0, values)
        rows.append((found.band_names[n], *(significant(float(value), 3) for value in shown)))
    heads = ("references: lowest", "mean", "highest") if several else found.names
    return table((what, "before", "after", *heads), rows)
