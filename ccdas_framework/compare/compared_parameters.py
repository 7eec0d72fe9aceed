"""Parameters of several runs by full name, and how far apart the runs ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.errors import Findings
from ..outputs.variable_tables import DatasetVariable, dataset_of, named, pure
from ..report.run_files import RunFiles
from ..report.tables import names_in_words, processes
from .run_folders import ComparedRun

SAME_SCALE = 1e-9  # relative difference of two scales that count as one
VALUES = {
    "prior": ("parameter_prior", "prior mean"),
    "prior_sd": ("parameter_prior_sd", "prior standard deviation"),
    "posterior": ("parameter_posterior", "posterior value"),
    "posterior_sd": ("parameter_posterior_sd", "posterior standard deviation"),
    "truth": ("parameter_truth", "true value of synthetic observations"),
}


def parameters_dataset(runs: Sequence[ComparedRun], left_out: Findings) -> Any:
    """Prior and posterior of each parameter in each run, dims run and control; None without any.

    Args:
        left_out: receives a finding for each run without parameters, and for parameters with
            another unit than in the first run that has them.
    """
    units: dict[str, str] = {}
    process: dict[str, str] = {}
    words: dict[str, str] = {}
    for run in runs:
        words |= {} if run.files.result is None else names_in_words(run.files.result)
        for name, unit, of_process in _declared(run.files):
            units.setdefault(name, unit)
            process.setdefault(name, of_process)
    if not units:
        return None
    names = list(units)
    position = {name: n for n, name in enumerate(names)}
    values = {column: np.full((len(runs), len(names)), np.nan) for column in VALUES}
    for row, run in enumerate(runs):
        result = run.files.result
        if result is None:
            left_out.add("no-parameters", run.place("result.nc"), "The run has no result.nc.")
            continue
        declared = _declared(run.files)
        same = np.array([unit == units[name] for name, unit, _ in declared])
        if not same.all():
            others = [name for (name, _, _), ok in zip(declared, same, strict=True) if not ok]
            left_out.add(
                "other-units",
                run.place("result.nc"),
                f"These parameters have another unit: {', '.join(others)}.",
            )
        columns = np.array([position[name] for name, _, _ in declared])[same]
        for column, (variable, _) in VALUES.items():
            if variable in result:
                values[column][row, columns] = np.asarray(result[variable].values, float)[same]
        _name_missing(runs, run, set(names) - {name for name, _, _ in declared}, left_out)
    variables: dict[str, DatasetVariable] = {
        "run": ("run", [run.label for run in runs], named("run")),
        "control": ("control", names, named("parameter")),
        "name": ("control", [words[name] for name in names], named("parameter in words")),
        "unit": ("control", list(units.values()), named("unit")),
        "process": ("control", list(process.values()), named("process, or the owner")),
    }
    for column, (_, text) in VALUES.items():
        if np.isfinite(values[column]).any():
            about = named(f"{text}, in the units of unit; NaN where the run has none")
            variables[column] = ("run control", values[column], about)
    return dataset_of(variables)


def distance_dataset(runs: Sequence[ComparedRun], left_out: Findings) -> Any:
    """How far the ends of any two runs are apart in the posterior of each; None without any.

    With d = x_b - x_a, the control vectors of the parameters that both runs scale alike, and A_a
    the marginal posterior covariance of these parameters in run a:

        distance(a, b) = (d^T A_a^-1 d)^(1/2)        difference(a, b) = d / sd of A_a

    A parameter that run a leaves without a finite posterior variance contributes nothing.
    """
    names = list(dict.fromkeys(n for r in runs for n, _, _ in _declared(r.files)))
    count, position = len(runs), {name: n for n, name in enumerate(names)}
    distance = np.full((count, count), np.nan)
    compared = np.zeros((count, count), dtype=int)
    difference = np.full((count, count, len(names)), np.nan)
    for a, run in enumerate(runs):
        result = run.files.result
        if result is None or "posterior_covariance" not in result:
            reason = "" if result is None else str(result.attrs.get("posterior", ""))
            left_out.add(
                "no-posterior",
                run.place("result.nc"),
                f"The run has no posterior, so that no distance is in its sd. {reason}".strip(),
            )
            continue
        for b, other in enumerate(runs):
            if b == a or other.files.result is None:
                continue
            common, other_scale = _same_scale(run.files, other.files)
            if other_scale and a < b:
                left_out.add(
                    "other-scale",
                    other.place("result.nc"),
                    f"These parameters have another prior scale than in {run.label} and are left "
                    f"out of the distance: {', '.join(other_scale)}.",
                )
            kept = [position[name] for name in common]
            single, distance[a, b] = _apart(result, other.files.result, common)
            difference[a, b, kept] = single
            compared[a, b] = np.isfinite(single).sum()
    if not compared.any():
        return None
    labels = [run.label for run in runs]
    return dataset_of({
        "run": ("run", labels, named("run whose posterior is the measure")),
        "other": ("other", labels, named("run at the other end")),
        "control": ("control", names, named("parameter")),
        "distance": (
            "run other", distance, pure("distance of the ends in posterior standard deviations"),
        ),
        "compared": ("run other", compared, pure("parameters in it")),
        "difference": (
            "run other control", difference,
            pure("posterior of other less that of run, in its posterior standard deviations"),
        ),
    })  # fmt: skip


def _declared(files: RunFiles) -> list[tuple[str, str, str]]:
    """Name, unit and process of each parameter of a run; its owner where no process is known."""
    result = files.result
    if result is None:
        return []
    names, units = (
        result[key].values.astype(str).tolist() for key in ("control", "parameter_unit")
    )
    return list(zip(names, units, processes(result), strict=True))


def _name_missing(
    runs: Sequence[ComparedRun], run: ComparedRun, missing: set[str], left_out: Findings
) -> None:
    """A finding with the parameters that other runs have and this one has not."""
    if not missing:
        return
    listed = sorted(missing)
    more = f" and {len(listed) - 12} more" if len(listed) > 12 else ""
    left_out.add(
        "other-parameters",
        run.place("result.nc"),
        f"The run lacks parameters that another run has: {', '.join(listed[:12])}{more}.",
    )


def _same_scale(a: RunFiles, b: RunFiles) -> tuple[list[str], list[str]]:
    """Names of the parameters that both runs have, with one scale of x, and with two."""
    (scale_a, change_a), (scale_b, change_b) = (_scales(files) for files in (a, b))
    common = [name for name in scale_a if name in scale_b]
    same = [
        name
        for name in common
        if np.allclose(scale_a[name], scale_b[name], rtol=SAME_SCALE, atol=0.0)
        and change_a(name) == change_b(name)
    ]
    return same, [name for name in common if name not in same]


def _scales(files: RunFiles) -> tuple[dict[str, tuple[float, float]], Any]:
    """Mean and sd that scale each element of x, and a function of the changes to its transform."""
    result = files.result
    columns = ("control_scale_mean", "control_scale_sd")
    if columns[0] not in result:  # of an earlier version, whose x is scaled by the prior
        columns = ("parameter_prior", "parameter_prior_sd")
    mean, sd = (np.asarray(result[column].values, float) for column in columns)
    names = [str(name) for name in result["control"].values]
    changed = files.experiment.get("parameters", {})

    def transform(name: str) -> list[Any]:
        tables = [changed.get(key, {}) for key in (name.partition("[")[0], name)]
        return [table.get(key) for table in tables for key in ("transform", "bounds")]

    return dict(zip(names, zip(mean, sd, strict=True), strict=True)), transform


def _apart(a: Any, b: Any, names: Sequence[str]) -> tuple[np.ndarray, float]:
    """x_b - x_a of some parameters in posterior sd of a, one by one and together.

    Args:
        a, b: datasets of `result.nc`; a has a posterior.
        names: parameters of both.

    Returns:
        Differences, shape (name,), NaN where a has no finite variance; their distance, which takes
        the correlations into account.
    """
    if not names or "control_posterior" not in b:
        return np.full(len(names), np.nan), np.nan
    rows_a, rows_b = (_rows(result, names) for result in (a, b))
    x_a, x_b = a["control_posterior"].values[rows_a], b["control_posterior"].values[rows_b]
    covariance = np.asarray(a["posterior_covariance"].values, float)[np.ix_(rows_a, rows_a)]
    variance = np.diag(covariance)
    known = np.isfinite(variance) & (variance > 0.0)
    difference = np.full(len(names), np.nan)
    difference[known] = ((x_b - x_a) / np.sqrt(np.where(known, variance, 1.0)))[known]
    if not known.any():
        return difference, np.nan
    step = (x_b - x_a)[known]
    inverse = np.linalg.pinv(covariance[np.ix_(known, known)], hermitian=True)
    return difference, float(np.sqrt(max(step @ inverse @ step, 0.0)))


def _rows(result: Any, names: Sequence[str]) -> list[int]:
    position = {str(name): n for n, name in enumerate(result["control"].values)}
    return [position[name] for name in names]
