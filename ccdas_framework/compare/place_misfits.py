"""Misfits of a point by place: of the streams, and of observations that are not assimilated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..evaluation.withheld import AtPlaces
from ..problem.assembled_problem import Problem
from ..report.place_figures import PlacePanel
from .study_findings import PRIOR
from .study_table import StudyRow

KEYS = ("place", "of", "unit", "assimilated", "count", "rms", "normalised")


def place_misfits(
    problem: Problem, evaluation: Mapping[str, AtPlaces], x: np.ndarray
) -> dict[str, Any]:
    """Root mean square misfits at x as the file of a row has them, dimension misfit.

    Args:
        evaluation: name -> comparison of a field with observations.
        x: control vector, shape (control,).
    """
    lines = list(_of_streams(problem, x)) + list(_of_fields(problem, evaluation, x))
    columns = zip(*lines, strict=True) if lines else ((),) * len(KEYS)
    return {f"misfit_{key}": list(column) for key, column in zip(KEYS, columns, strict=True)}


def _of_streams(problem: Problem, x: np.ndarray) -> Iterator[tuple[Any, ...]]:
    for name, simulated in problem.simulate(x).items():
        stream = problem.streams[name]
        residual, unit = simulated - stream.values, stream.operator.observes.units
        yield from _by_label(name, unit, 1, stream.labels, residual, residual / stream.sd)


def _of_fields(
    problem: Problem, evaluation: Mapping[str, AtPlaces], x: np.ndarray
) -> Iterator[tuple[Any, ...]]:
    fields = problem.fields(x) if evaluation else {}
    for name, request in evaluation.items():
        field = fields[request.variable.name]
        found = request.compared(field, field)
        observed = found.observations
        residual = found.posterior - observed.values
        normalised, unit = residual / observed.sd, request.variable.units
        yield from _by_label(name, unit, 0, observed.label, residual, normalised)


def _by_label(
    name: str, unit: str, assimilated: int, labels: np.ndarray, residual: np.ndarray,
    normalised: np.ndarray,
) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    labels = labels.astype(str)
    for label in dict.fromkeys(labels.tolist()):
        at = labels == label
        rms = [float(np.sqrt(np.mean(values[at] ** 2))) for values in (residual, normalised)]
        yield label, name, unit, assimilated, int(at.sum()), *rms


def place_panels(rows: Sequence[StudyRow], series: Mapping[str, str | None]) -> list[PlacePanel]:
    """A panel for each stream and evaluation, with misfits of the prior and of each series.

    Args:
        rows: of a study.
        series: case -> name in the figure; None where it is not in it.
    """
    methods = {str(row.about["method"]) for row in rows} - {PRIOR}
    found: dict[str, dict[str, dict[str, float]]] = {}
    names = dict.fromkeys([PRIOR])
    for row in sorted(rows, key=lambda row: int(row.about["row"])):
        name, method = series.get(str(row.about["case"])), str(row.about["method"])
        if name is None:
            continue
        if method == PRIOR:
            name = PRIOR
        elif len(methods) > 1:
            name = f"{name}, {method}"
        names[name] = None
        columns = (row.array(f"misfit_{key}").tolist() for key in KEYS)
        for place, of, unit, assimilated, _, rms, _ in zip(*columns, strict=True):
            label = f"{of} ({unit})" + ("" if assimilated else ",\nnot assimilated")
            found.setdefault(label, {}).setdefault(name, {})[place] = rms
    return [
        PlacePanel(f"rms of {label}", {name: by_name.get(name, {}) for name in names})
        for label, by_name in found.items()
    ]
