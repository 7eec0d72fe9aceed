"""Contents of `added_value.nc`: results of several sets of streams."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..experiment.run_outputs import attributes
from ..io.netcdf_writer import CONVENTIONS
from ..outputs.study_folder import write_groups
from ..outputs.variable_tables import VariableTable, named, pure, table_dataset
from .added_value import AddedValue
from .target_index import TARGET_LABELS, in_target_unit

ADDED_VALUE_FILES = ("added_value.nc", "added_value.png", "added_value.html")


def write_added_value(result: AddedValue) -> None:
    """The table of a comparison, and its figure and page where the extra `report` is installed."""
    write_groups(result.folder / "added_value.nc", {None: added_value_dataset(result)})
    from ..report.added_value_figure import write_figure

    write_figure(result.folder)


def _table(common_point: str) -> VariableTable:
    at_common = f"linearised at the {common_point}"
    at_optimum = "linearised at the optimum of the set"
    by_set = "stream_set region quantity"
    reduction = "1 - own_posterior_sd / own_prior_sd"
    return {
        "prior_sd": ("region quantity", in_target_unit(f"prior standard deviation, {at_common}")),
        "posterior_sd": (by_set, in_target_unit(f"posterior standard deviation, {at_common}")),
        "uncertainty_reduction": (by_set, pure(f"1 - posterior_sd / prior_sd, {at_common}")),
        "own_posterior": (by_set, in_target_unit("value at its own optimum")),
        "own_prior_sd": (by_set, in_target_unit(f"prior standard deviation, {at_optimum}")),
        "own_posterior_sd": (by_set, in_target_unit(f"posterior standard deviation, {at_optimum}")),
        "own_uncertainty_reduction": (
            by_set, pure(f"{reduction}, {at_optimum}; NaN without a posterior"),
        ),
        "degrees_of_freedom": (
            "stream_set stream",
            pure(f"degrees of freedom for signal, {at_common}; NaN for streams not in the set"),
        ),
        "constrained": (
            "stream_set",
            pure(f"directions of the control vector known better than the prior, {at_common}"),
        ),
        "cost": ("stream_set", pure("cost at its optimum")),
        "stationary": ("stream_set", named("whether the optimiser ended at a minimum")),
        "distance_from_minimum": ("stream_set", named("how far from a minimum it ended")),
        "run": ("stream_set", named("folder of its run, beside this file")),
        "stream_set": ("stream_set", {}),
        "stream": ("stream", {}),
        **TARGET_LABELS,
    }  # fmt: skip


def added_value_dataset(result: AddedValue) -> Any:
    """Uncertainties of targets by set; dims stream_set, region, quantity and stream."""
    names, sets, streams = result.targets, result.sets, list(result.problem.streams)
    common = np.stack([s.common_sd for s in sets])
    prior, posterior = np.stack([s.optimum_sd for s in sets], axis=1)
    distances = [s.run.estimate.distance for s in sets]
    with np.errstate(invalid="ignore", divide="ignore"):  # a region without any sensitivity
        reduction, own_reduction = 1.0 - common / result.prior_sd, 1.0 - posterior / prior
    values = {
        "prior_sd": names.table(result.prior_sd),
        "posterior_sd": names.table(common),
        "uncertainty_reduction": names.table(reduction),
        "own_posterior": names.table(np.stack([s.at_optimum("posterior") for s in sets])),
        "own_prior_sd": names.table(prior),
        "own_posterior_sd": names.table(posterior),
        "own_uncertainty_reduction": names.table(own_reduction),
        "target_unit": list(names.quantity_units.values()),
        "degrees_of_freedom": [[s.dfs.get(stream, np.nan) for stream in streams] for s in sets],
        "constrained": [s.common.constrained for s in sets],
        "cost": [s.run.optimisation.cost for s in sets],
        "stationary": ["yes" if d.reached else "no" for d in distances],
        "distance_from_minimum": [d.sentence for d in distances],
        "run": [s.name for s in sets],
        "stream_set": [s.name for s in sets],
        "region": names.regions,
        "quantity": names.quantities,
        "stream": streams,
    }
    about = {k: v for k, v in attributes(result.experiment).items() if v is not None}
    about |= {"Conventions": CONVENTIONS, "common_point": result.common_point}
    return table_dataset(_table(result.common_point), values, about)
