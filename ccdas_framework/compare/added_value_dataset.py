"""`added_value.nc`: sets of streams side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..experiment.run_outputs import attributes
from ..outputs.study_folder import write_groups
from ..outputs.variable_tables import pure, strings
from .added_value import AddedValue

ADDED_VALUE_FILES = ("added_value.nc", "added_value.png", "added_value.html")


def write_added_value(found: AddedValue) -> None:
    """The table of a comparison, and its figure and page where the extra `report` is there."""
    write_groups(found.folder / "added_value.nc", {None: added_value_dataset(found)})
    from ..report.added_value_figure import write_figure

    write_figure(found.folder)


def added_value_dataset(found: AddedValue) -> Any:
    """Uncertainties of targets by set; dims stream_set, region, quantity and stream."""
    import xarray as xr  # slow to import

    names, sets = found.targets, found.sets
    unit = dict(zip((q for q, _ in names.pairs), found.units, strict=True))
    of_targets = {"units": "see target_unit"}
    common, own = np.stack([s.common_sd for s in sets]), np.stack([s.own_sd for s in sets], axis=1)
    values = np.stack([_values(found, n) for n in range(len(sets))])
    streams = list(found.problem.streams)
    dfs = np.array([[s.dfs.get(stream, np.nan) for stream in streams] for s in sets])
    all_dims = ("stream_set", "region", "quantity")
    results, distances = [s.run.optimisation for s in sets], [s.run.known.distance for s in sets]
    with np.errstate(invalid="ignore", divide="ignore"):  # a region without any sensitivity
        reduction, own_reduction = 1.0 - common / found.prior_sd, 1.0 - own[1] / own[0]
    at = f"linearised at the {found.common_point}"
    there = "linearised at the optimum of the set"
    data: dict[str, Any] = {
        "prior_sd": (
            all_dims[1:], names.table(found.prior_sd),
            {**of_targets, "long_name": f"prior standard deviation, {at}"},
        ),
        "posterior_sd": (
            all_dims, names.table(common),
            {**of_targets, "long_name": f"posterior standard deviation, {at}"},
        ),
        "uncertainty_reduction": (
            all_dims, names.table(reduction), pure(f"1 - posterior_sd / prior_sd, {at}"),
        ),
        "own_posterior": (
            all_dims, names.table(values), {**of_targets, "long_name": "value at its own optimum"},
        ),
        "own_prior_sd": (
            all_dims, names.table(own[0]),
            {**of_targets, "long_name": f"prior standard deviation, {there}"},
        ),
        "own_posterior_sd": (
            all_dims, names.table(own[1]),
            {**of_targets, "long_name": f"posterior standard deviation, {there}"},
        ),
        "own_uncertainty_reduction": (
            all_dims, names.table(own_reduction),
            pure(f"1 - own_posterior_sd / own_prior_sd, {there}; NaN without a posterior"),
        ),
        "target_unit": (
            "quantity", strings([unit[q] for q in names.quantities]), {"long_name": "unit"},
        ),
        "degrees_of_freedom": (
            ("stream_set", "stream"), dfs,
            pure(f"degrees of freedom for signal, {at}; NaN for streams not in the set"),
        ),
        "constrained": (
            "stream_set", np.array([s.common.constrained for s in sets]),
            pure(f"directions of the control vector known better than the prior, {at}"),
        ),
        "cost": ("stream_set", np.array([r.cost for r in results]), pure("cost at its optimum")),
        "stationary": (
            "stream_set", strings(["yes" if d.reached else "no" for d in distances]),
            {"long_name": "whether the optimiser ended at a minimum"},
        ),
        "distance_from_minimum": (
            "stream_set", strings([d.sentence for d in distances]),
            {"long_name": "how far from a minimum it ended"},
        ),
        "run": (
            "stream_set", strings([s.name for s in sets]),
            {"long_name": "folder of its run, beside this file"},
        ),
    }  # fmt: skip
    coordinates = {
        "stream_set": strings([s.name for s in sets]),
        "region": strings(names.regions),
        "quantity": strings(names.quantities),
        "stream": strings(streams),
    }
    about = {k: v for k, v in attributes(found.experiment).items() if v is not None}
    about |= {"Conventions": "CF-1.10", "common_point": found.common_point}
    return xr.Dataset(data, coords=coordinates, attrs=about)


def _values(found: AddedValue, number: int) -> np.ndarray:
    """Targets at the optimum of a set, shape (target,)."""
    run = found.sets[number].run
    values = run.problem.target_derivatives(run.optimisation.x)[0]
    return np.concatenate([values[name] for name in found.problem.targets])
