"""The groups of `evaluation.nc`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..outputs.evaluation_datasets import observed_dataset, zonal_dataset
from ..outputs.variable_tables import root_group
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
    values = {"simulated_row": zonal.simulated, "reference_row": zonal.reference, **zonal.scores()}
    bands = {"simulated": zonal.simulated_band, "reference": zonal.reference_band}
    for name, sums in bands.items():
        values |= {
            f"{name}_band": sums,
            f"{name}_mean": zonal.mean(sums),
            f"{name}_season": zonal.season(sums),
            f"{name}_amplitude": zonal.amplitude(sums),
        }
    return zonal_dataset(
        quantity=zonal.quantity,
        units=zonal.units,
        months=zonal.months,
        rows=zonal.rows,
        band_edges=zonal.bands,
        values=values,
        attributes={
            "comment": zonal.note or None,
            **{f"reference_{name}": text for name, text in zonal.attributes},
        },
        run=RUNS,
        reference=zonal.names,
        band=zonal.band_names,
        area=zonal.area,
    )
