"""Contents of `twin.nc`: a group for each variant of a twin, the first one at the root."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..experiment.run_outputs import attributes
from ..outputs.study_folder import write_groups, write_toml
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
    norms = np.array([[r.iterations[n].gradient_norm for n in (0, -1)] for r in variant.results])
    return np.asarray(norms[:, 0] / np.maximum(norms[:, 1], 1e-300))


def variant_dataset(result: Twin, variant: Variant) -> Any:
    """One variant; dims site, control."""
    import xarray as xr  # slow to import

    control, results, recoveries = result.control, variant.results, variant.recoveries
    of_parameter = {"units": "see parameter_unit"}

    def each(values: Any, long_name: str, units: str = "1", dims: Any = "site") -> tuple[Any, ...]:
        return dims, np.array(list(values)), {"units": units, "long_name": long_name}

    table = partial(each, dims=("site", "control"))

    data: dict[str, Any] = {
        "recovered": each(
            recovered(result, variant).astype("i1"),
            f"1 where every parameter or combination seen is within {result.tolerance:g} %",
        ),
        "largest_error_percent": each(
            (r.largest_error_percent for r in recoveries),
            "largest error of a parameter or combination that the observations see", "percent",
        ),
        "gradient_reduction": each(gradient_reduction(variant), "first over last gradient norm"),
        "iterations": each((len(r.iterations) - 1 for r in results), "steps taken"),
        "evaluations": each(
            (sum(r.counts.values()) for r in results), "costs, gradients and Jacobians evaluated"
        ),
        "jacobians": each((r.counts.get("jacobian", 0) for r in results), "Jacobians evaluated"),
        "initial_cost": each((r.iterations[0].cost for r in results), "cost at the start"),
        "final_cost": each((r.cost for r in results), "cost at the end"),
        "directions_seen": each(
            (r.directions for r in recoveries),
            "singular directions of the whitened Jacobian above "
            f"{MIN_SINGULAR_VALUE:g} of the largest",
        ),
        "status": ("site", np.array([r.status for r in results], dtype=object), {}),
        "parameter_truth": ("control", control.physical(result.truth), of_parameter),
        "parameter_start": table(
            (control.physical(x) for x in variant.start), "start", "see parameter_unit"
        ),
        "parameter_found": table(
            (control.physical(x) for x in variant.estimate), "found", "see parameter_unit"
        ),
        "parameter_unit": ("control", np.array(control.units, dtype=object), {}),
        "control_truth": ("control", result.truth, {"units": "1"}),
        "control_start": table(variant.start, "start in prior standard deviations"),
        "control_found": table(variant.estimate, "found in prior standard deviations"),
        "error_percent": table(
            (r.error_percent for r in recoveries), "error of each parameter", "percent"
        ),
        "seen": table(
            (r.constrained.astype("i1") for r in recoveries),
            f"1 where at least {MIN_SHARE} of the parameter lies in the directions seen",
        ),
        "seen_share": table(
            (r.share for r in recoveries), "share of the parameter in the directions seen"
        ),
    }  # fmt: skip
    about = {k: v for k, v in attributes(result.experiment).items() if v is not None}
    observations = ", ".join(f"{count} {name}" for name, count in result.observations.items())
    about |= {
        "Conventions": "CF-1.10",
        "variant": variant.name,
        "pseudo_observations": observations,
        "tolerance_percent": result.tolerance,
        "seconds": round(variant.seconds, 1),
    }
    coordinates = {
        "site": np.array(variant.labels, dtype=object),
        "control": np.array(control.names, dtype=object),
    }
    return xr.Dataset(data, coords=coordinates, attrs=about)
