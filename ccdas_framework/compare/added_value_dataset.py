"""Contents of `added_value.nc`: results of several sets of streams."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..experiment.output_attributes import attributes
from ..io.netcdf_writer import CONVENTIONS
from ..outputs.study_folder import write_groups
from ..outputs.variable_tables import DatasetVariable, dataset_of, named, pure
from .added_value import AddedValue
from .run_comparison import COMPARISON_FILES, write_comparison
from .run_folders import MOST_RUNS, compared_runs
from .target_index import in_target_unit

ADDED_VALUE_FILES = ("added_value.nc", "added_value.png", "added_value.html", *COMPARISON_FILES)


def write_added_value(result: AddedValue) -> None:
    """The table of a comparison, and its figure and pages where the extra `report` is installed.

    One page shows the uncertainties, another, to which it links, the runs side by side.
    """
    write_groups(result.folder / "added_value.nc", {None: added_value_dataset(result)})
    folders = [result.folder / s.name for s in result.sets]
    if 1 < len(folders) <= MOST_RUNS:
        write_comparison(compared_runs(folders), result.folder)
    from ..report.added_value_figure import write_figure

    write_figure(result.folder)


def added_value_dataset(result: AddedValue) -> Any:
    """Uncertainties of targets by set; dims stream_set, region, quantity and stream."""
    names, sets, streams = result.targets, result.sets, list(result.problem.streams)
    common = np.stack([s.common_sd for s in sets])
    prior, posterior = np.stack([s.optimum_sd for s in sets], axis=1)
    distances = [s.run.estimate.distance for s in sets]
    with np.errstate(invalid="ignore", divide="ignore"):  # a region without any sensitivity
        reduction, own_reduction = 1.0 - common / result.prior_sd, 1.0 - posterior / prior
    at_common = f"linearised at the {result.common_point}"
    at_optimum = "linearised at the optimum of the set"
    by_set = "stream_set region quantity"
    variables: dict[str, DatasetVariable] = {
        "prior_sd": (
            "region quantity", names.table(result.prior_sd),
            in_target_unit(f"prior standard deviation, {at_common}"),
        ),
        "posterior_sd": (
            by_set, names.table(common),
            in_target_unit(f"posterior standard deviation, {at_common}"),
        ),
        "uncertainty_reduction": (
            by_set, names.table(reduction), pure(f"1 - posterior_sd / prior_sd, {at_common}"),
        ),
        "own_posterior": (
            by_set, names.table(np.stack([s.at_optimum("posterior") for s in sets])),
            in_target_unit("value at its own optimum"),
        ),
        "own_prior_sd": (
            by_set, names.table(prior), in_target_unit(f"prior standard deviation, {at_optimum}"),
        ),
        "own_posterior_sd": (
            by_set, names.table(posterior),
            in_target_unit(f"posterior standard deviation, {at_optimum}"),
        ),
        "own_uncertainty_reduction": (
            by_set, names.table(own_reduction),
            pure(f"1 - own_posterior_sd / own_prior_sd, {at_optimum}; NaN without a posterior"),
        ),
        "target_unit": ("quantity", list(names.quantity_units.values()), named("unit")),
        "degrees_of_freedom": (
            "stream_set stream", [[s.dfs.get(stream, np.nan) for stream in streams] for s in sets],
            pure(f"degrees of freedom for signal, {at_common}; NaN for streams not in the set"),
        ),
        "constrained": (
            "stream_set", [s.common.constrained for s in sets],
            pure(f"directions of the control vector known better than the prior, {at_common}"),
        ),
        "cost": (
            "stream_set", [s.run.optimisation.cost for s in sets], pure("cost at its optimum"),
        ),
        "stationary": (
            "stream_set", ["yes" if d.reached else "no" for d in distances],
            named("whether the optimiser ended at a minimum"),
        ),
        "distance_from_minimum": (
            "stream_set", [d.sentence for d in distances], named("how far from a minimum it ended"),
        ),
        "run": (
            "stream_set", [s.name for s in sets], named("folder of its run, beside this file"),
        ),
        "stream_set": ("stream_set", [s.name for s in sets], {}),
        "region": ("region", names.regions, {}),
        "quantity": ("quantity", names.quantities, {}),
        "stream": ("stream", streams, {}),
    }  # fmt: skip
    about = {k: v for k, v in attributes(result.experiment).items() if v is not None}
    about |= {"Conventions": CONVENTIONS, "common_point": result.common_point}
    return dataset_of(variables, about)
