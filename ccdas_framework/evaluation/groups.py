"""The groups of `evaluation.nc`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from ..io.netcdf_writer import month_bounds
from ..outputs.evaluation_datasets import observed_dataset, zonal_table
from ..outputs.variable_tables import root_group, table_dataset
from .withheld import Evaluation
from .zonal_comparison import RUNS, ZonalEvaluation


def evaluation_groups(
    evaluations: Mapping[str, Evaluation | ZonalEvaluation], attributes: Mapping[str, Any]
) -> dict[str | None, Any]:
    """Group -> dataset, None for the root, which has the attributes of the file."""
    groups: dict[str | None, Any] = {None: root_group(attributes)}
    for name, evaluation in evaluations.items():
        if isinstance(evaluation, ZonalEvaluation):
            groups[name] = zonal_group(evaluation)
        else:
            groups[name] = observed_dataset(evaluation, evaluation.scores())
    return groups


def zonal_group(zonal: ZonalEvaluation) -> Any:
    """The group of sums by latitude beside references."""
    rows, edges = np.asarray(zonal.rows, dtype=float), np.asarray(zonal.bands, dtype=float)
    time_bounds = month_bounds(zonal.months)
    values = {
        "time": time_bounds.mean(axis=1),
        "time_bounds": time_bounds,
        "month": np.arange(1, 13),
        "latitude": 0.5 * (rows[1:] + rows[:-1]),
        "latitude_bounds": np.stack([rows[:-1], rows[1:]], axis=1),
        # the last band is all of them
        "band_bounds": [*pairwise(edges), (edges[0], edges[-1])],
        "run": RUNS,
        "reference": zonal.names,
        "band": zonal.band_names,
        "area": zonal.area,
        "simulated_row": zonal.simulated,
        "reference_row": zonal.reference,
        **zonal.scores(),
        "mean_season_correlation": zonal.mean_season_correlation,
    }
    for name in ("simulated", "reference"):
        sums = getattr(zonal, f"{name}_band")
        values |= {
            f"{name}_band": sums,
            f"{name}_mean": zonal.mean(sums),
            f"{name}_season": zonal.season(sums),
            f"{name}_amplitude": zonal.amplitude(sums),
        }
    about = {"comment": zonal.note} if zonal.note else {}
    about |= {f"reference_{name}": text for name, text in zonal.attributes}
    return table_dataset(zonal_table(zonal.quantity, zonal.units), values, about)
