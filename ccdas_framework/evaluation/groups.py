"""The groups of `evaluation.nc`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..outputs.evaluation_datasets import observed_dataset, zonal_dataset
from ..outputs.result_datasets import Simulated, global_attributes
from .withheld import Evaluation
from .zonal_comparison import RUNS, ZonalEvaluation


def evaluation_groups(
    evaluation: Mapping[str, Evaluation | ZonalEvaluation], attributes: Mapping[str, Any]
) -> dict[str | None, Any]:
    """Group -> dataset, None for the root, which has the attributes of the file."""
    groups: dict[str | None, Any] = {None: global_attributes(attributes)}
    for name, found in evaluation.items():
        groups[name] = _zonal(found) if isinstance(found, ZonalEvaluation) else _observed(found)
    return groups


def _observed(found: Evaluation) -> Any:
    simulated = Simulated(
        variable=found.variable,
        observations=found.observations,
        prior=found.prior,
        posterior=found.posterior,
        place=found.place,
    )
    return observed_dataset(simulated, found.scores())


def _zonal(found: ZonalEvaluation) -> Any:
    both = {"simulated": found.simulated_band, "reference": found.reference_band}
    of_bands: dict[str, Any] = {}
    for name, values in both.items():
        of_bands |= {
            f"{name}_band": values,
            f"{name}_mean": found.mean(values),
            f"{name}_season": found.season(values),
            f"{name}_amplitude": found.amplitude(values),
        }
    return zonal_dataset(
        quantity=found.quantity,
        units=found.units,
        run=RUNS,
        reference=found.names,
        months=found.months,
        rows=found.rows,
        band_edges=found.bands,
        band=found.band_names,
        area=found.area,
        values={"simulated_row": found.simulated, "reference_row": found.reference, **of_bands},
        scores=found.scores(),
        attributes={
            "comment": found.note or None,
            **{f"reference_{name}": text for name, text in found.attributes},
        },
    )
