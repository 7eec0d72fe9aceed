"""Earlier runs whose posterior is the prior: their observations and their targets."""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve

from ..core.errors import CcdasWarning, InvalidInput
from ..core.observations import Observations
from ..io.netcdf import place
from ..io.repeated_observations import also_in
from ..problem.assembled_problem import Problem
from ..report import tables as rows_of
from ..report.run_files import groups
from .target_uncertainty import Tables, target_names

REPEATED = "repeated-observations"


def earlier_runs(folder: Path) -> list[Path]:
    """Folder of the run that is the prior, of the run that was the prior of that one, and so on."""
    chain: list[Path] = []
    while folder not in chain:
        chain.append(folder)
        prior = _experiment(folder / "experiment.toml").get("prior", {})
        before = prior.get("run") if isinstance(prior, Mapping) else prior
        if before is not None:
            folder = Path(before)
    return chain


def _experiment(path: Path) -> dict[str, Any]:
    """The experiment of a run as written; empty without a file.

    Raises:
        InvalidInput: the file is damaged.
    """
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidInput(
            f"{path} of the run that is the prior cannot be read ({error}). Repeat that run.",
            code="unreadable-file",
            where=place(path),
        ) from error


def warn_of_repeated_observations(problem: Problem, prior_run: str | None) -> None:
    """Warn of observations that another stream or an earlier run has assimilated too.

    Args:
        problem: with the observations that it assimilates.
        prior_run: folder of the run that is the prior, or None.
    """
    streams = {
        name: _with_quantity(stream.unscaled, stream.operator.observes.name)
        for name, stream in problem.streams.items()
    }
    for (first, observations), (name, others) in combinations(streams.items(), 2):
        _warn(name, others, observations, f"streams.{name}", f"in the stream '{first}'")
    for folder in earlier_runs(Path(prior_run)) if prior_run is not None else ():
        path = folder / "simulated.nc"
        if not path.is_file():
            message = (
                f"{path} does not exist, so it is not known whether the observations of that run "
                "count again here."
            )
            warning = CcdasWarning(message, code="unknown-observations", where="prior.run")
            warnings.warn(warning, stacklevel=2)
        earlier = [_assimilated(data) for group, data in groups(path).items() if group]
        for name, observations in streams.items():
            for others in earlier:
                source = f"in the run {folder}, on which the prior depends"
                _warn(name, observations, others, "prior.run", source)


def with_earlier_targets(
    tables: Tables, prior_run: str | None, coverage: Mapping[str, str]
) -> Tables:
    """Tables with `earlier_posterior` and its sd, as the run that is the prior reports them.

    That run propagates its posterior covariance with the sensitivity at its own optimum, so its sd
    differs from `prior_sd`. Targets that it lacks are NaN.

    Args:
        tables: of this run.
        prior_run: folder of the run that is the prior, or None.
        coverage: attributes of `targets.nc` with the first and the last day of the window. A run
            with another window has other targets, and the tables stay as they are.
    """
    datasets = {} if prior_run is None else groups(Path(prior_run) / "targets.nc")
    if not datasets or any(datasets[""].attrs.get(key) != coverage[key] for key in coverage):
        return tables
    earlier = {}
    for period, data in datasets.items():
        for row in rows_of.targets(data) if "posterior_sd" in data else ():
            parts = (row["quantity"], period, row["region"])
            name = row["region"] if period == "declared" else " ".join(filter(None, parts))
            earlier[name, row["unit"]] = row["posterior"], row["posterior_sd"]
    for name, table in tables.items() if earlier else ():
        pairs = [
            earlier.get((target, table["units"]), (np.nan, np.nan))
            for target in target_names({name: table})
        ]
        table["earlier_posterior"], table["earlier_posterior_sd"] = np.array(pairs).T
    return tables


def _warn(
    name: str, observations: Observations, others: Observations, where: str, source: str
) -> None:
    """Warn of the observations of a stream that others repeat."""
    repeated = also_in(observations, others)
    if not (count := int(repeated.sum())):
        return
    first = int(np.argmax(repeated))
    message = (
        f"stream '{name}': {count} of {len(observations)} observations are also {source}, the "
        f"first '{observations.label[first]}' on {observations.start[first]}. They have the same "
        "quantity, place, days and value, and count twice. Assimilate them once."
    )
    warnings.warn(CcdasWarning(message, code=REPEATED, where=where), stacklevel=3)


def _with_quantity(observations: Observations, name: str) -> Observations:
    """Observations with the column `quantity`, by default the name of the variable."""
    quantity = observations.quantity
    column = np.full(len(observations), name) if quantity is None else quantity
    return evolve(observations, extra={"quantity": column})


def _assimilated(data: Any) -> Observations:
    """Observations of a group of `simulated.nc` before scaling, with the column `quantity`."""
    name = "observed_unscaled" if "observed_unscaled" in data else "observed"
    extra = {"quantity": data["quantity"].values} if "quantity" in data else {}
    observations = Observations(
        values=data[name].values,
        sd=data["observed_sd"].values,
        start=data["time_start"].values,
        end=data["time_end"].values,
        latitude=data["latitude"].values,
        longitude=data["longitude"].values,
        altitude=np.full(data.sizes["obs"], np.nan),
        label=data["station" if "station" in data else "cell"].values,
        extra=extra,
    )
    return _with_quantity(observations, str(data.attrs.get("observes", "")))
