"""Contents of `added_value.nc`: results of several sets of streams."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..experiment.run_outputs import attributes
from ..outputs.study_folder import write_groups
from ..outputs.variable_tables import pure, strings
from .added_value import AddedValue

ADDED_VALUE_FILES = ("added_value.nc", "added_value.png", "added_value.html")


def write_added_value(result: AddedValue) -> None:
    """The table of a comparison, and its figure and page where the extra `report` is installed."""
    write_groups(result.folder / "added_value.nc", {None: added_value_dataset(result)})
    from ..report.added_value_figure import write_figure

    write_figure(result.folder)


def added_value_dataset(result: AddedValue) -> Any:
    """Uncertainties of targets by set; dims stream_set, region, quantity and stream."""
    import xarray as xr  # slow to import

    names, sets = result.targets, result.sets
    unit = dict(zip((q for q, _ in names.pairs), result.units, strict=True))
    common = np.stack([s.common_sd for s in sets])
    optimum = np.stack([s.optimum_sd for s in sets], axis=1)
    streams = list(result.problem.streams)
    dfs = np.array([[s.dfs.get(stream, np.nan) for stream in streams] for s in sets])
    results, distances = [s.run.optimisation for s in sets], [s.run.estimate.distance for s in sets]
    with np.errstate(invalid="ignore", divide="ignore"):  # a region without any sensitivity
        reduction, optimum_reduction = 1.0 - common / result.prior_sd, 1.0 - optimum[1] / optimum[0]
    common_point = f"linearised at the {result.common_point}"
    set_point = "linearised at the optimum of the set"

    def of_targets(
        values: np.ndarray, long_name: str, *dims: str, pure_number: bool = False
    ) -> Any:
        about = {"units": "1" if pure_number else "see target_unit", "long_name": long_name}
        return (*dims, "region", "quantity"), names.table(values), about

    def of_sets(values: Any, long_name: str) -> Any:
        return "stream_set", strings(values), {"long_name": long_name}

    data: dict[str, Any] = {
        "prior_sd": of_targets(result.prior_sd, f"prior standard deviation, {common_point}"),
        "posterior_sd": of_targets(
            common, f"posterior standard deviation, {common_point}", "stream_set"
        ),
        "uncertainty_reduction": of_targets(
            reduction, f"1 - posterior_sd / prior_sd, {common_point}", "stream_set",
            pure_number=True,
        ),
        "own_posterior": of_targets(
            np.stack([_values(result, n) for n in range(len(sets))]), "value at its own optimum",
            "stream_set",
        ),
        "own_prior_sd": of_targets(
            optimum[0], f"prior standard deviation, {set_point}", "stream_set"
        ),
        "own_posterior_sd": of_targets(
            optimum[1], f"posterior standard deviation, {set_point}", "stream_set"
        ),
        "own_uncertainty_reduction": of_targets(
            optimum_reduction,
            f"1 - own_posterior_sd / own_prior_sd, {set_point}; NaN without a posterior",
            "stream_set", pure_number=True,
        ),
        "target_unit": (
            "quantity", strings([unit[q] for q in names.quantities]), {"long_name": "unit"},
        ),
        "degrees_of_freedom": (
            ("stream_set", "stream"), dfs,
            pure(f"degrees of freedom for signal, {common_point}; NaN for streams not in the set"),
        ),
        "constrained": (
            "stream_set", np.array([s.common.constrained for s in sets]),
            pure(f"directions of the control vector known better than the prior, {common_point}"),
        ),
        "cost": ("stream_set", np.array([r.cost for r in results]), pure("cost at its optimum")),
        "stationary": of_sets(
            ["yes" if d.reached else "no" for d in distances],
            "whether the optimiser ended at a minimum",
        ),
        "distance_from_minimum": of_sets(
            [d.sentence for d in distances], "how far from a minimum it ended"
        ),
        "run": of_sets([s.name for s in sets], "folder of its run, beside this file"),
    }  # fmt: skip
    coordinates = {
        "stream_set": strings([s.name for s in sets]),
        "region": strings(names.regions),
        "quantity": strings(names.quantities),
        "stream": strings(streams),
    }
    about = {k: v for k, v in attributes(result.experiment).items() if v is not None}
    about |= {"Conventions": "CF-1.10", "common_point": result.common_point}
    return xr.Dataset(data, coords=coordinates, attrs=about)


def _values(result: AddedValue, number: int) -> np.ndarray:
    """Targets at the optimum of a set, shape (target,)."""
    run = result.sets[number].run
    values = run.problem.target_derivatives(run.optimisation.x)[0]
    return np.concatenate([values[name] for name in result.problem.targets])
