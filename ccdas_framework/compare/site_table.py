"""The table of the runs of single cells, from the files of these runs alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..core.budget import FAILED
from ..evaluation.zonal_comparison import RUNS
from ..outputs.run_folder import read_result
from ..outputs.variable_tables import DatasetVariable, dataset_of, file_attributes, named, pure
from ..registry.version import PACKAGE, VERSION
from ..report.run_files import groups

TEXTS = {
    "site": "name of the cell",
    "status": "how the run ended",
    "stationary": "whether it ended at a minimum",
    "message": "how the run ended, in a sentence",
    "remarks": "versions and input files that have changed since the run, where it was kept",
}
NUMBERS = {
    "observations": "number of assimilated observations",
    "cost_prior": "cost at the prior mean",
    "cost_posterior": "cost at the last point",
    "chi_squared": "twice the cost at the last point over the number of observations",
}
EVALUATION = "evaluation_"  # begins the names of columns of an evaluation


def table_of_sites(
    folders: Mapping[str, Path], failures: Mapping[str, str], remarks: Mapping[str, str]
) -> list[dict[str, Any]]:
    """A dict by column for each cell; "" where a run has no such number.

    Args:
        folders: name of the cell -> folder of its run.
        failures: name -> reason of each run that failed.
        remarks: name -> changes since the run.
    """
    lines = [
        {**_line(name, folder, failures.get(name)), "remarks": remarks.get(name, "")}
        for name, folder in folders.items()
    ]
    columns = {**TEXTS, **NUMBERS, **{column: "" for line in lines for column in line}}
    return [{column: line.get(column, "") for column in columns} for line in lines]


def _line(name: str, folder: Path, failure: str | None) -> dict[str, Any]:
    """Numbers of one run; those of its observations have the name of their stream."""
    if failure is not None:
        return {"site": name, "status": FAILED, "message": failure}
    result = read_result(folder / "result.nc")
    about, costs = result.attrs, result["cost"].values if "cost" in result else np.full(1, np.nan)
    line: dict[str, Any] = {
        "site": name,
        **{key: str(about.get(key, "")) for key in ("status", "stationary", "message")},
        "cost_prior": float(costs[0]),
        "cost_posterior": float(costs[-1]),
    }
    count = 0
    for stream, data in groups(folder / "simulated.nc").items():
        if stream and data.sizes["obs"]:
            count += data.sizes["obs"]
            line |= _misfits(stream, data)
    line["observations"] = count
    line["chi_squared"] = 2.0 * line["cost_posterior"] / count if count else np.nan
    for table, data in groups(folder / "evaluation.nc").items():
        if "observed" in data and data.sizes["obs"]:
            line |= _misfits(f"{EVALUATION}{table}", data)
    return line


def _misfits(name: str, data: Any) -> dict[str, Any]:
    """Unit, number of observations and root mean square misfits of a group."""
    observed = data["observed"].values
    units = str(data["observed"].attrs.get("units", "1"))
    rms = {run: np.sqrt(np.mean((data[run].values - observed) ** 2)) for run in RUNS}
    about = {f"{name}_units": units, f"{name}_count": len(observed)}
    return {**about, **{f"{name}_rms_{run}": rms[run] for run in RUNS}}


def measures_of(table: Sequence[Mapping[str, Any]]) -> list[str]:
    """Streams and evaluations of a table, as the names of their columns begin."""
    ending = "_rms_prior"
    return [name.removesuffix(ending) for name in (table or [{}])[0] if name.endswith(ending)]


def units_of(table: Sequence[Mapping[str, Any]], measure: str) -> str:
    """Unit of a stream or an evaluation."""
    return next((str(u) for line in table if (u := line[f"{measure}_units"])), "1")


def columns_of_sites(table: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Columns of a table and their meanings."""
    columns = {**TEXTS, **NUMBERS}
    for name in measures_of(table):
        what = name.removeprefix(EVALUATION)
        kind = "not assimilated" if name.startswith(EVALUATION) else "stream"
        columns[f"{name}_units"] = f"unit of {what}"
        columns[f"{name}_count"] = f"number of observations of {what} ({kind})"
        for run in RUNS:
            columns[f"{name}_rms_{run}"] = f"root mean square misfit of {what} ({kind}), {run}"
    return columns


def sites_dataset(table: Sequence[Mapping[str, Any]], title: str) -> Any:
    """The table, dimension site; numbers that do not exist are NaN."""
    variables: dict[str, DatasetVariable] = {}
    for name, meaning in columns_of_sites(table).items():
        values = [line[name] for line in table]
        if name in TEXTS or name.endswith("_units"):
            variables[name] = ("site", values, named(meaning))
        else:
            numbers = np.array([np.nan if v == "" else float(v) for v in values])
            about = pure(meaning)
            if "_rms_" in name:
                about["units"] = units_of(table, name.partition("_rms_")[0])
            variables[name] = ("site", numbers, about)
    attributes = {"title": title, "source": f"{PACKAGE} {VERSION}"}
    return dataset_of(variables, file_attributes(attributes))
