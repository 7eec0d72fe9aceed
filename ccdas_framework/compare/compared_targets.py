"""Targets of several runs, such as annual budgets of regions, with their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.errors import Findings
from ..outputs.variable_tables import DatasetVariable, dataset_of, named, pure
from ..report import tables
from .run_folders import ComparedRun

COLUMNS = {
    "prior": "mean of the period, prior",
    "prior_sd_at_prior": "standard deviation, prior, with the sensitivity at the prior",
    "prior_sd": "standard deviation, prior, with the sensitivity at the posterior",
    "posterior": "mean of the period, posterior",
    "posterior_sd": "standard deviation, posterior",
    "truth": "truth of synthetic observations",
}
WINDOW = ("time_coverage_start", "time_coverage_end")
Key = tuple[str, str, str, str]


def targets_dataset(runs: Sequence[ComparedRun], left_out: Findings) -> Any:
    """Prior and posterior of each target of each run, dims run and target; None without any.

    Differences are to the first run.

    Args:
        left_out: receives a finding for each run without targets, with another window, or with a
            target in another unit.
    """
    rows = {number: _rows(run) for number, run in enumerate(runs)}
    units: dict[Key, str] = {}
    for number, of_run in rows.items():
        run = runs[number]
        if not of_run:
            left_out.add("no-targets", run.place("targets.nc"), "The run has no targets.")
        others = [k for k, row in of_run.items() if units.setdefault(k, row["unit"]) != row["unit"]]
        for key in others:
            text = f"'{' '.join(filter(None, key))}' is in '{of_run.pop(key)['unit']}', not in "
            left_out.add("other-units", run.place("targets.nc"), f"{text}'{units[key]}'.")
    if not units:
        return None
    _name_windows(runs, left_out)
    keys = list(units)
    values = {
        column: np.array([[rows[n].get(k, {}).get(column, np.nan) for k in keys] for n in rows])
        for column in COLUMNS
    }
    difference = values["posterior"] - values["posterior"][0]
    with np.errstate(divide="ignore", invalid="ignore"):  # no sd, or none that is not zero
        in_sd = difference / values["posterior_sd"][0]
    in_unit = "in the units of unit; NaN where the run has none"
    variables: dict[str, DatasetVariable] = {
        "run": ("run", [run.label for run in runs], named("run")),
        "unit": ("target", list(units.values()), named("unit")),
        **{
            name: ("target", [key[n] for key in keys], named(name))
            for n, name in enumerate(("period", "quantity", "region", "where"))
        },
        **{
            column: ("run target", values[column], named(f"{text}, {in_unit}"))
            for column, text in COLUMNS.items()
            if np.isfinite(values[column]).any()
        },
        "difference": (
            "run target", difference, named(f"posterior less that of the first run, {in_unit}"),
        ),
        "difference_in_sd": (
            "run target", np.where(np.isfinite(in_sd), in_sd, np.nan),
            pure("the same in posterior standard deviations of the first run"),
        ),
    }  # fmt: skip
    return dataset_of(variables)


def _rows(run: ComparedRun) -> dict[Key, dict[str, Any]]:
    """Rows of all tables of targets by period, quantity, region and definition."""
    return {
        (period, row["quantity"], row["region"], row["where"]): row
        for period, data in run.files.targets.items()
        if "prior" in data
        for row in tables.targets(data)
    }


def window(run: ComparedRun) -> str:
    """'2010-01-01 to 2010-12-31', "" where the run has no targets, or those of an early version."""
    root = run.files.targets.get("")
    days = [] if root is None else [str(root.attrs.get(name, "")) for name in WINDOW]
    return " to ".join(days) if all(days) else ""


def _name_windows(runs: Sequence[ComparedRun], left_out: Findings) -> None:
    """A finding for each run whose targets are means of another window than those of the first."""
    windows = {run.label: days for run in runs if (days := window(run))}
    first = next(iter(windows), "")
    for run in runs:
        days = windows.get(run.label, "")
        if days and days != windows[first]:
            left_out.add(
                "other-window",
                run.place("targets.nc"),
                f"Targets are means of {days}, those of {first} of {windows[first]}.",
            )
