"""Contents of `twin.nc`: a group for each variant of a twin, the first one at the root."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..experiment.run_outputs import attributes
from ..io.netcdf_writer import CONVENTIONS
from ..outputs.study_folder import write_groups, write_toml
from ..outputs.variable_tables import VariableTable, named, pure, table_dataset
from .recovery import MIN_SHARE, MIN_SINGULAR_VALUE
from .twin import Twin, Variant

TWIN_FILES = ("twin.nc", "twin.png", "experiment.toml")
BY_SITE = "site control"
OF_PARAMETER = {"units": "see parameter_unit"}
TABLE: VariableTable = {
    "largest_error_percent": (
        "site",
        {
            "units": "percent",
            "long_name": "largest error of a parameter or combination that the observations see",
        },
    ),
    "gradient_reduction": ("site", pure("first over last gradient norm")),
    "iterations": ("site", pure("steps taken")),
    "evaluations": ("site", pure("costs, gradients and Jacobians evaluated")),
    "jacobians": ("site", pure("Jacobians evaluated")),
    "initial_cost": ("site", pure("cost at the start")),
    "final_cost": ("site", pure("cost at the end")),
    "directions_seen": (
        "site",
        pure(
            "singular directions of the whitened Jacobian above "
            f"{MIN_SINGULAR_VALUE:g} of the largest"
        ),
    ),
    "status": ("site", {}),
    "parameter_truth": ("control", OF_PARAMETER),
    "parameter_start": (BY_SITE, {**OF_PARAMETER, **named("start")}),
    "parameter_found": (BY_SITE, {**OF_PARAMETER, **named("found")}),
    "parameter_unit": ("control", {}),
    "control_truth": ("control", {"units": "1"}),
    "control_start": (BY_SITE, pure("start in prior standard deviations")),
    "control_found": (BY_SITE, pure("found in prior standard deviations")),
    "error_percent": (BY_SITE, {"units": "percent", **named("error of each parameter")}),
    "seen": (
        BY_SITE,
        pure(f"1 where at least {MIN_SHARE} of the parameter lies in the directions seen"),
    ),
    "seen_share": (BY_SITE, pure("share of the parameter in the directions seen")),
    "site": ("site", {}),
    "control": ("control", {}),
}


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
    norms = np.array([[r.iterations[n].gradient_norm for n in (0, -1)] for r in variant.results])
    return np.asarray(norms[:, 0] / np.maximum(norms[:, 1], 1e-300))


def variant_dataset(result: Twin, variant: Variant) -> Any:
    """One variant; dims site, control."""
    control, results, recoveries = result.control, variant.results, variant.recoveries
    within = f"1 where every parameter or combination seen is within {result.tolerance:g} %"
    values = {
        "recovered": recovered(result, variant).astype("i1"),
        "largest_error_percent": [r.largest_error_percent for r in recoveries],
        "gradient_reduction": gradient_reduction(variant),
        "iterations": [len(r.iterations) - 1 for r in results],
        "evaluations": [sum(r.counts.values()) for r in results],
        "jacobians": [r.counts.get("jacobian", 0) for r in results],
        "initial_cost": [r.iterations[0].cost for r in results],
        "final_cost": [r.cost for r in results],
        "directions_seen": [r.directions for r in recoveries],
        "status": [r.status for r in results],
        "parameter_truth": control.physical(result.truth),
        "parameter_start": [control.physical(x) for x in variant.start],
        "parameter_found": [control.physical(x) for x in variant.estimate],
        "parameter_unit": control.units,
        "control_truth": result.truth,
        "control_start": variant.start,
        "control_found": variant.estimate,
        "error_percent": [r.error_percent for r in recoveries],
        "seen": [r.constrained.astype("i1") for r in recoveries],
        "seen_share": [r.share for r in recoveries],
        "site": variant.labels,
        "control": control.names,
    }
    about = {k: v for k, v in attributes(result.experiment).items() if v is not None}
    about |= {
        "Conventions": CONVENTIONS,
        "variant": variant.name,
        "pseudo_observations": ", ".join(f"{n} {name}" for name, n in result.observations.items()),
        "tolerance_percent": result.tolerance,
        "seconds": round(variant.seconds, 1),
    }
    return table_dataset({**TABLE, "recovered": ("site", pure(within))}, values, about)
