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
VARIED = ("model", "streams", "engine")  # in the name of a series whose rows differ in them


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

    The name of a series also has the method, model, streams and engine where its rows differ in
    them. The misfit at a place is the median of the rows of one name, such as those of seeds.

    Args:
        rows: of a study.
        series: case -> name in the figure; None where it is not in it.
    """
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    named = _named(rows, series)
    names = dict.fromkeys([PRIOR, *(name for name, _ in named)])
    for name, row in named:
        columns = (row.array(f"misfit_{key}").tolist() for key in KEYS)
        for place, of, unit, assimilated, _, rms, _ in zip(*columns, strict=True):
            label = f"{of} ({unit})" + ("" if assimilated else ",\nnot assimilated")
            places = found.setdefault(label, {}).setdefault(name, {})
            places.setdefault(place, []).append(rms)
    return [
        PlacePanel(
            f"rms of {label}",
            {
                name: {p: float(np.median(rms)) for p, rms in by_name.get(name, {}).items()}
                for name in names
            },
        )
        for label, by_name in found.items()
    ]


def _named(
    rows: Sequence[StudyRow], series: Mapping[str, str | None]
) -> list[tuple[str, StudyRow]]:
    """Rows of the figure by number, each with the name of its series in the figure."""
    methods = {str(row.about["method"]) for row in rows} - {PRIOR}
    groups: dict[str, list[StudyRow]] = {}
    for row in sorted(rows, key=lambda row: int(row.about["row"])):
        name, method = series.get(str(row.about["case"])), str(row.about["method"])
        if name is not None:
            group = PRIOR if method == PRIOR else name
            several = method != PRIOR and len(methods) > 1
            groups.setdefault(f"{group}, {method}" if several else group, []).append(row)
    named = []
    for group, members in groups.items():
        values = [[str(row.about.get(column, "")) for column in VARIED] for row in members]
        varied = [n for n, each in enumerate(zip(*values, strict=True)) if len(set(each)) > 1]
        for row, each in zip(members, values, strict=True):
            named.append((", ".join([group, *(each[n] for n in varied if each[n])]), row))
    return sorted(named, key=lambda pair: int(pair[1].about["row"]))
