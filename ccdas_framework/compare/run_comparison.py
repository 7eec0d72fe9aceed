"""Existing runs side by side: `comparison.nc`, made from their files alone, and its page."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import CcdasWarning, Finding, Findings
from ..io.netcdf_writer import CONVENTIONS
from ..outputs.study_folder import study_folder_problem, write_groups
from ..outputs.variable_tables import DatasetVariable, dataset_of, named, pure
from ..report import ReportUnavailable
from ..report.comparison_page import write_comparison_page
from .compared_fields import field_datasets
from .compared_observations import stream_datasets
from .compared_parameters import distance_dataset, parameters_dataset
from .compared_targets import targets_dataset, window
from .run_folders import ComparedRun, compared_runs

COMPARISON_FILES = ("comparison.nc", "comparison.html")


def compare_runs(
    folders: Sequence[Path],
    out: Path,
    overwrite: bool = False,
    findings: Iterable[Finding] = (),
) -> Path:
    """`comparison.nc` and `comparison.html` of two or more runs; returns the folder of both.

    No model runs. Whatever two runs do not share is named in the file and on the page. Without the
    extra `report` there is no page, and a warning says so.

    Args:
        folders: of runs; differences are to the first.
        out: folder of the results.
        overwrite: replace an earlier comparison.
        findings: of the caller, reported with the others.

    Raises:
        InvalidExperiment: folders that cannot be compared, or results that are there already.
    """
    found = Findings(findings)
    problem = study_folder_problem(out, COMPARISON_FILES, overwrite)
    if problem is not None:
        found.append(problem)
    runs = compared_runs(folders, found)
    write_comparison(runs, out)
    return out


def write_comparison(runs: Sequence[ComparedRun], out: Path) -> None:
    """`comparison.nc` of runs in a folder, and `comparison.html` where it can be drawn."""
    out.mkdir(parents=True, exist_ok=True)
    write_groups(out / "comparison.nc", comparison_datasets(runs))
    try:
        write_comparison_page(out, {run.label: run.files.folder for run in runs})
    except ReportUnavailable as error:
        warning = CcdasWarning(str(error), code=error.code, where=error.where)
        warnings.warn(warning, stacklevel=2)


def comparison_datasets(runs: Sequence[ComparedRun]) -> dict[str | None, Any]:
    """Group of `comparison.nc` -> its dataset, None for the root."""
    left_out = Findings()
    groups: dict[str, Any] = {
        "parameters": parameters_dataset(runs, left_out),
        "distance": distance_dataset(runs, left_out),
        **{f"stream_{n}": d for n, d in stream_datasets(runs, "streams", left_out).items()},
        **{f"evaluation_{n}": d for n, d in stream_datasets(runs, "evaluation", left_out).items()},
        **field_datasets(runs, left_out),
        "targets": targets_dataset(runs, left_out),
    }
    present: dict[str | None, Any] = {None: _root(runs, left_out)}
    return present | {name: data for name, data in groups.items() if data is not None}


def _root(runs: Sequence[ComparedRun], left_out: Findings) -> Any:
    """What the runs are, their cost terms, and what could not be compared."""
    attributes = [{} if r.files.result is None else r.files.result.attrs for r in runs]
    from_result = {
        "title": ("title", "title"),
        "status": ("status", "how it ended"),
        "message": ("message", "how it ended, in a sentence"),
        "stationary": ("distance_from_minimum", "how far from a minimum it ended"),
    }
    variables: dict[str, DatasetVariable] = {
        "run": ("run", [run.label for run in runs], named("run")),
        **{
            name: ("run", [str(about.get(key, "")) for about in attributes], named(text))
            for name, (key, text) in from_result.items()
        },
        **{
            name: ("run", [run.setting(name) for run in runs], named(f"{name} of the run"))
            for name in ("model", "optimiser", "sampler", "engine")
        },
        "streams": ("run", [", ".join(run.files.streams) for run in runs], named("streams")),
        "window": ("run", [window(run) for run in runs], named("first and last day")),
        "data": ("run", ["; ".join(run.files.warnings()) for run in runs], named("kind of data")),
        **_cost_variables(runs),
        "not_compared_code": ("finding", [f.code for f in left_out], named("kind of finding")),
        "not_compared_place": ("finding", [f.where for f in left_out], named("run and file")),
        "not_compared": ("finding", [f.message for f in left_out], named("reason")),
    }
    title = "Comparison of " + ", ".join(run.label for run in runs)
    return dataset_of(variables, {"Conventions": CONVENTIONS, "title": title})


def _cost_variables(runs: Sequence[ComparedRun]) -> dict[str, DatasetVariable]:
    """Cost at the first and the last point of each run by term, and degrees of freedom by stream.

    NaN for a term that a run has not.
    """
    results = {n: r.files.result for n, r in enumerate(runs) if r.files.result is not None}
    iterated = {n: r for n, r in results.items() if "cost" in r and r["cost"].size}
    terms = list(dict.fromkeys(str(t) for r in iterated.values() for t in r["term"].values))
    total, norm = (np.full((len(runs), 2), np.nan) for _ in range(2))
    by_term = np.full((len(runs), 2, len(terms)), np.nan)
    freedom = np.full((len(runs), len(terms)), np.nan)
    iterations = np.full(len(runs), -1)
    ends = [0, -1]
    for n, result in iterated.items():
        total[n], norm[n] = result["cost"].values[ends], result["gradient_norm"].values[ends]
        iterations[n] = result.sizes["iteration"] - 1
        columns = [terms.index(str(term)) for term in result["term"].values]
        by_term[n][:, columns] = result["cost_term"].values[ends]
        if "degrees_of_freedom" in result:
            streams = [terms.index(str(stream)) for stream in result["stream"].values]
            freedom[n, streams] = result["degrees_of_freedom"].values
    return {
        "term": ("term", terms, named("prior, or a stream")),
        "end": ("end", ["prior", "posterior"], named("first and last point")),
        "cost": ("run end", total, pure("cost J, with the prior")),
        "cost_term": ("run end term", by_term, pure("contribution of each term to the cost")),
        "gradient_norm": ("run end", norm, pure("Euclidean norm of dJ/dx")),
        "iterations": ("run", iterations, pure("accepted steps, -1 without an optimisation")),
        "degrees_of_freedom": ("run term", freedom, pure("degrees of freedom for signal")),
    }
