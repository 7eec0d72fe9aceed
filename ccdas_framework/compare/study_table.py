"""The table of a study, from the files of its rows alone."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..core.budget import FAILED
from ..core.errors import InvalidInput
from ..io.atomic import write_text
from ..io.netcdf_lock import netcdf_lock

# columns of the table and their meanings; those of time differ between machines
COLUMNS: Mapping[str, str] = {
    "row": "number of the row",
    "case": "problem",
    "model": "process model, where the study compares models",
    "streams": "set of streams, where the study compares them",
    "method": "method",
    "kind": "optimiser or sampler",
    "component": "registered name of the method",
    "engine": "engine of derivatives",
    "seed": "seed of the study",
    "status": "how the method ended",
    "point": "point that cost and distance are about",
    "cost": "cost there, with the observations as they are",
    "prior_term": "part of the prior in it",
    "misfit": "part of the observations in it",
    "above_least": "cost above the least of all rows of the same problem",
    "budget_model_runs": "limit of the search in runs of the model",
    "model_runs": "evaluations of the search, in runs of the model",
    "costs": "evaluations of the cost or of simulated observations",
    "gradients": "gradients",
    "jacobians": "Jacobians",
    "hessian_vectors": "products of the Hessian with a vector",
    "failed_runs": "evaluations without a finite result",
    "seconds": "duration of the search without compilations (s)",
    "compilation_seconds": "duration of compilations in the search (s)",
    "after_model_runs": "evaluations after the search, for this table, in runs of the model",
    "after_seconds": "duration of these (s)",
    "tuning_model_runs": "evaluations of trials of settings, in runs of the model",
    "settings": "settings that the trials chose",
    "distance_to_truth": "root mean square of (x - truth) / prior sd",
    "coverage": "share of parameters whose truth lies in the central interval",
    "inside": "share of parameters whose truth lies between the least and the largest draw",
    "crps": "mean continuous ranked probability score (prior sd)",
    "target_coverage": "share of targets whose truth lies in the central interval",
    "degrees_of_freedom": "degrees of freedom for signal, sum of 1 - (posterior sd / prior sd)^2",
    "sd_over_hessian": "median of posterior sd over that of the Hessian at the least cost",
    "sd_over_reference": "median of posterior sd over that of the longest chain that has mixed",
    "mean_from_reference": "root mean square distance of the means in sd of that chain",
    "r_hat": "largest R-hat",
    "effective_sample_size": "smallest effective sample size",
    "marked": "why the numbers of a sampler cannot be relied on",
    "exact": "1 where the draws are asymptotically those of the posterior",
    "measured_gradient_weight": "seconds of a gradient over those of a run, on the machine",
    "measured_jacobian_weight": "seconds of a Jacobian over those of a run, on the machine",
    "remarks": "what a reader should know",
    "message": "how the method ended, in a sentence",
}
MEASURED = ("measured_gradient_weight", "measured_jacobian_weight")
TIMES = (
    "seconds",
    "compilation_seconds",
    "after_seconds",
    *MEASURED,
)  # columns that differ between two computations
DRAWS = "draws"
UNREADABLE = "unreadable-file"
NUMBER = "number_"  # begins the names of further numbers of a method
COUNTS = {
    "costs": "cost_evaluations",
    "gradients": "gradient_evaluations",
    "jacobians": "jacobian_evaluations",
    "hessian_vectors": "hessian_vector_evaluations",
}
NOT_MIXED = "not converged: R-hat above 1.01 or effective size below 400"
UNKNOWN = "convergence is not known: R-hat or the effective size is not defined"


@frozen(eq=False)
class StudyRow:
    """The file of one row, read.

    Args:
        about: attributes.
        values: arrays by variable.
    """

    about: Mapping[str, Any]
    values: Mapping[str, np.ndarray]

    def array(self, name: str) -> np.ndarray:
        """An array; empty where the row has none."""
        return self.values.get(name, np.zeros(0))

    @property
    def marked(self) -> str:
        """Why its posterior is compared with nothing; "" where it is."""
        if doubts := str(self.about.get("doubts", "")):
            return f"doubts of the sampler: {doubts}"
        mixed = self.about.get("mixed")
        if mixed == "no":
            return NOT_MIXED
        draws = self.about.get("kind") == "sampler" and self.about.get("exact")
        return UNKNOWN if draws and mixed == "" else ""


def read_row(path: Path, number: int | None = None) -> StudyRow:
    """The file of a row without its draws, which are large and in no table.

    Args:
        path: of the file.
        number: of the row in the study, which may have grown since the row was computed.

    Raises:
        InvalidInput: the file is damaged.
    """
    import xarray as xr  # slow to import

    try:
        with netcdf_lock, xr.open_dataset(path) as dataset:
            values = {
                str(name): np.asarray(v.values)
                for name, v in dataset.variables.items()
                if name != DRAWS
            }
            about = dict(dataset.attrs)
    except (OSError, ValueError, RuntimeError) as error:  # as netCDF libraries raise them
        raise InvalidInput(unreadable(path, error), code=UNREADABLE, where=str(path)) from error
    return StudyRow(about if number is None else {**about, "row": number}, values)


def unreadable(path: Path, error: Exception) -> str:
    """Message about the damaged file of a row."""
    cause = str(error).splitlines()[0]
    return f"{path} cannot be read ({cause}). Delete it: `ccdas compare` computes the row again."


def row_attributes(path: Path) -> dict[str, Any]:
    """Attributes of the file of a row."""
    import xarray as xr  # slow to import

    with netcdf_lock, xr.open_dataset(path) as dataset:
        return dict(dataset.attrs)


def table_of(rows: Sequence[StudyRow]) -> list[dict[str, Any]]:
    """The table: a dict by column for each row, in the order of their numbers.

    Further numbers of the methods are columns at its end, such as the times of an inversion.
    """
    ordered = sorted(rows, key=lambda row: int(row.about["row"]))
    problems: dict[str, list[StudyRow]] = {}
    for row in ordered:
        problems.setdefault(str(row.about["problem"]), []).append(row)
    numbers = sorted({name for row in rows for name in row.about if name.startswith(NUMBER)})
    return [
        {
            **_line(row, problems[str(row.about["problem"])]),
            **_measured(row, ordered),
            **{name: row.about.get(name, "") for name in numbers},
        }
        for row in ordered
    ]


def columns_of(table: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Columns of a table and their meanings."""
    further = [name for name in (table[0] if table else ()) if name not in COLUMNS]
    return {**COLUMNS, **{name: _of_method(name) for name in further}}


def _of_method(name: str) -> str:
    return f"number of the method: {name.removeprefix(NUMBER).replace('_', ' ')}"


def _measured(row: StudyRow, rows: Sequence[StudyRow]) -> dict[str, Any]:
    """Weights as measured in the first prior row of the same case, model, streams and engine."""
    if row.about["method"] in ("prior", "exact"):
        return dict.fromkeys(MEASURED, "")
    alike = ("case", "model", "streams", "engine")
    for other in rows:
        if MEASURED[0] in other.about and all(other.about[k] == row.about[k] for k in alike):
            return {name: other.about[name] for name in MEASURED}
    return dict.fromkeys(MEASURED, "")


def _line(row: StudyRow, alike: Sequence[StudyRow]) -> dict[str, Any]:
    """A row of the table; `alike` are the rows of the same problem."""
    about = row.about
    line = {name: about.get(name, "") for name in COLUMNS}
    line |= {name: about.get(source, "") for name, source in COUNTS.items()}
    line["marked"] = row.marked
    if "cost" not in about or about["status"] == FAILED:
        return line
    costs = [float(r.about["cost"]) for r in alike if np.isfinite(r.about.get("cost", np.nan))]
    line["above_least"] = float(about["cost"]) - min(costs, default=np.nan)
    line["inside"] = _mean(row.array("inside"))
    line["r_hat"] = _largest(row.array("r_hat"), np.max)
    line["effective_sample_size"] = _largest(row.array("effective_sample_size"), np.min)
    if row.marked:  # its posterior is compared with nothing
        return line
    line["coverage"] = _mean(row.array("covered"))
    line["target_coverage"] = _target_coverage(row)
    line["crps"] = _mean(row.array("crps"))
    sd = row.array("sd")
    line["degrees_of_freedom"] = _degrees_of_freedom(sd, row.array("prior_sd"))
    hessian, chain = hessian_reference(alike), chain_reference(alike)
    if hessian is not None:
        line["sd_over_hessian"] = _median_ratio(sd, hessian.array("hessian_sd"))
    if chain is not None and chain is not row:
        line["sd_over_reference"] = _median_ratio(sd, chain.array("sd"))
        with np.errstate(invalid="ignore", divide="ignore"):
            away = (row.array("mean") - chain.array("mean")) / chain.array("sd")
        if np.isfinite(away).any():
            line["mean_from_reference"] = float(np.sqrt(np.nanmean(away**2)))
    return line


def hessian_reference(alike: Sequence[StudyRow]) -> StudyRow | None:
    """The row of least cost with a posterior from the Hessian."""
    found = [row for row in alike if np.isfinite(row.array("hessian_sd")).any()]
    return min(found, key=lambda row: float(row.about["cost"]), default=None)


def chain_reference(alike: Sequence[StudyRow]) -> StudyRow | None:
    """The exact sampler of largest effective size that has mixed, or the exact answer."""
    known = [row for row in alike if row.about["method"] == "exact"]
    if known and np.isfinite(known[0].array("sd")).all() and len(known[0].array("sd")):
        return known[0]
    mixed = [row for row in alike if row.about.get("mixed") == "yes"]
    return max(
        mixed, key=lambda row: float(np.min(row.array("effective_sample_size"))), default=None
    )


def _target_coverage(row: StudyRow) -> Any:
    from scipy.stats import norm  # slow to import

    mean, sd, truth = (row.array(f"target_{name}") for name in ("mean", "sd", "truth"))
    if not len(truth):
        return ""
    usable = np.isfinite(mean) & np.isfinite(truth) & (sd > 0.0)
    if not usable.any():
        return ""
    limit = norm.ppf(0.5 + 0.5 * float(row.about["interval"]))
    return float(np.mean(np.abs(mean - truth)[usable] <= limit * sd[usable]))


def _degrees_of_freedom(sd: np.ndarray, prior_sd: np.ndarray) -> Any:
    """Degrees of freedom for signal, trace of 1 - A B^-1 where the prior has no correlations.

    Source: Rodgers (2000), Inverse Methods for Atmospheric Sounding, section 2.4.
    """
    if not len(sd) or len(sd) != len(prior_sd) or not np.isfinite(sd).all():
        return ""
    with np.errstate(invalid="ignore", divide="ignore"):
        total = float(np.sum(1.0 - (sd / prior_sd) ** 2))
    return total if np.isfinite(total) else ""


def _mean(values: np.ndarray) -> Any:
    return float(np.nanmean(values)) if np.isfinite(values).any() else ""


def _largest(values: np.ndarray, function: Any) -> Any:
    finite = values[np.isfinite(values)]
    return float(function(finite)) if len(finite) else ""


def _median_ratio(sd: np.ndarray, reference: np.ndarray) -> Any:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = sd / reference if len(sd) == len(reference) else np.zeros(0)
    finite = ratio[np.isfinite(ratio)]
    return float(np.median(finite)) if len(finite) else ""


def write_csv(path: Path, table: Sequence[Mapping[str, Any]], columns: Collection[str]) -> None:
    """Columns of a table as CSV; numbers that do not exist are blank."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for line in table:
        writer.writerow([_text(line[name]) for name in columns])
    write_text(path, text.getvalue())


def _text(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.10g}" if np.isfinite(value) else ""
    return " ".join(str(value).split())
