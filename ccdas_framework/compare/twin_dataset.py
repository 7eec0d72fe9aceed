"""Contents of `twin.nc`: a group for each variant of a twin, the first one at the root."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..experiment.output_attributes import attributes
from ..io.netcdf_writer import CONVENTIONS
from ..outputs.study_folder import write_groups, write_toml
from ..outputs.variable_tables import DatasetVariable, dataset_of, named, pure
from .recovery import MIN_SHARE, MIN_SINGULAR_VALUE
from .twin import Twin, Variant

TWIN_FILES = ("twin.nc", "twin.png", "experiment.toml")


def write_twin(result: Twin, folder: Path) -> None:
    """`twin.nc` and the experiment as run."""
    folder.mkdir(parents=True, exist_ok=True)
    write_toml(folder / "experiment.toml", result.experiment.config.to_dict())
    groups: dict[str | None, Any] = {}
    for number, variant in enumerate(result.variants):
        name = variant.name.replace("+", "_")
        groups[name if number else None] = variant_dataset(result, variant)
    write_groups(folder / "twin.nc", groups)


def recovered(result: Twin, variant: Variant) -> np.ndarray:
    """Whether the largest error of each site is within the tolerance, shape (site,)."""
    errors = np.array([r.largest_error_percent for r in variant.recoveries])
    return np.asarray(errors <= result.tolerance)


def gradient_reduction(variant: Variant) -> np.ndarray:
    """How many times the norm of the gradient fell, shape (site,)."""
    ends = [[r.iterations[n].gradient_norm for n in (0, -1)] for r in variant.results]
    norms = np.array([[np.nan if norm is None else norm for norm in row] for row in ends])
    return np.asarray(norms[:, 0] / np.maximum(norms[:, 1], 1e-300))


def percent(long_name: str) -> dict[str, str]:
    """Attributes of an error in per cent."""
    return {"units": "percent", "long_name": long_name}


def variant_dataset(result: Twin, variant: Variant) -> Any:
    """One variant; dims site, control."""
    control, results, recoveries = result.control, variant.results, variant.recoveries
    by_site, of_parameter = "site control", {"units": "see parameter_unit"}
    variables: dict[str, DatasetVariable] = {
        "recovered": (
            "site", recovered(result, variant).astype("i1"),
            pure(f"1 where every parameter or combination seen is within {result.tolerance:g} %"),
        ),
        "largest_error_percent": (
            "site", [r.largest_error_percent for r in recoveries],
            percent("largest error of a parameter or combination that the observations see"),
        ),
        "gradient_reduction": (
            "site", gradient_reduction(variant), pure("first over last gradient norm"),
        ),
        "iterations": ("site", [len(r.iterations) - 1 for r in results], pure("steps taken")),
        "evaluations": (
            "site", [sum(r.counts.values()) for r in results],
            pure("costs, gradients and Jacobians evaluated"),
        ),
        "jacobians": (
            "site", [r.counts.get("jacobian", 0) for r in results], pure("Jacobians evaluated"),
        ),
        "initial_cost": (
            "site", [r.iterations[0].cost for r in results], pure("cost at the start"),
        ),
        "final_cost": ("site", [r.cost for r in results], pure("cost at the end")),
        "directions_seen": (
            "site", [r.directions for r in recoveries],
            pure(f"singular directions of the whitened Jacobian above {MIN_SINGULAR_VALUE:g} "
                 "of the largest"),
        ),
        "status": ("site", [r.status for r in results], {}),
        "parameter_truth": ("control", control.physical(result.truth), of_parameter),
        "parameter_start": (
            by_site, [control.physical(x) for x in variant.start],
            {**of_parameter, **named("start")},
        ),
        "parameter_found": (
            by_site, [control.physical(x) for x in variant.estimate],
            {**of_parameter, **named("found")},
        ),
        "parameter_unit": ("control", control.units, {}),
        "control_truth": ("control", result.truth, {"units": "1"}),
        "control_start": (by_site, variant.start, pure("start in prior standard deviations")),
        "control_found": (by_site, variant.estimate, pure("found in prior standard deviations")),
        "error_percent": (
            by_site, [r.error_percent for r in recoveries], percent("error of each parameter"),
        ),
        "seen": (
            by_site, [r.constrained.astype("i1") for r in recoveries],
            pure(f"1 where at least {MIN_SHARE} of the parameter lies in the directions seen"),
        ),
        "seen_share": (
            by_site, [r.share for r in recoveries],
            pure("share of the parameter in the directions seen"),
        ),
        "site": ("site", variant.labels, {}),
        "control": ("control", control.names, {}),
    }  # fmt: skip
    about = {k: v for k, v in attributes(result.experiment).items() if v is not None}
    about |= {
        "Conventions": CONVENTIONS,
        "variant": variant.name,
        "pseudo_observations": ", ".join(f"{n} {name}" for name, n in result.observations.items()),
        "tolerance_percent": result.tolerance,
        "seconds": round(variant.seconds, 1),
    }
    return dataset_of(variables, about)
