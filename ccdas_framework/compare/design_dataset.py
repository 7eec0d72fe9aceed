"""Contents of `design.nc`: uncertainty with each design, and greedy choices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..experiment.run_outputs import attributes, provenance_of
from ..outputs.study_folder import write_groups, write_json, write_toml
from ..outputs.variable_tables import pure, strings
from .design import DesignStudy

DESIGN_FILES = ("design.nc", "design.toml", "experiment.toml", "provenance.json")


def write_design(study: DesignStudy, folder: Path) -> None:
    """All files of a study; the folder is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    write_toml(folder / "design.toml", study.file.raw)
    write_toml(folder / "experiment.toml", study.experiment.config.to_dict())
    write_json(folder / "provenance.json", provenance_of(study.experiment, study.problem))
    groups: dict[str | None, Any] = {None: design_dataset(study)}
    groups |= {f"greedy_{name}": greedy_dataset(study, name) for name in study.greedy}
    write_groups(folder / "design.nc", groups)


def design_dataset(study: DesignStudy) -> Any:
    """A row for each design; dims design, region and quantity."""
    import xarray as xr  # slow to import

    names, results = study.targets, study.evaluated
    sd = np.stack([e.target_sd for e in results])
    unit = dict(zip((q for q, _ in names.pairs), study.units, strict=True))
    baseline = ", ".join(study.file.baseline) or "none"
    of_targets, of_stream = {"units": "see target_unit"}, {"units": "that of the stream"}
    dims, all_dims = ("region", "quantity"), ("design", "region", "quantity")
    with np.errstate(invalid="ignore", divide="ignore"):  # a region without any sensitivity
        reduction, added = 1.0 - sd / study.prior_sd, 1.0 - sd / study.baseline_sd
    data: dict[str, Any] = {
        "prior_sd": (
            dims, names.table(study.prior_sd),
            {**of_targets, "long_name": "standard deviation of the target, prior"},
        ),
        "given_sd": (
            dims, names.table(study.baseline_sd),
            {**of_targets, "long_name": f"standard deviation with what is given: {baseline}"},
        ),
        "posterior_sd": (
            all_dims, names.table(sd),
            {**of_targets, "long_name": "standard deviation with what is given and the design"},
        ),
        "uncertainty_reduction": (
            all_dims, names.table(reduction), pure("1 - posterior_sd / prior_sd"),
        ),
        "added_reduction": (all_dims, names.table(added), pure("1 - posterior_sd / given_sd")),
        "target_unit": (
            "quantity", strings([unit[q] for q in names.quantities]), {"long_name": "unit"},
        ),
        "stream": ("design", strings([e.design.stream for e in results]), {}),
        "places": ("design", strings([e.design.places for e in results]), {}),
        "sampling": (
            "design", strings([e.design.sampling or "as observed" for e in results]), {},
        ),
        "error": (
            "design",
            np.array([np.nan if e.design.error is None else e.design.error for e in results]),
            {**of_stream, "long_name": "error asked for"},
        ),
        "error_used": (
            "design", np.array([float(np.mean(e.stream.sd)) for e in results]),
            {**of_stream, "long_name": "mean error after the operator's rules"},
        ),
        "observations": (
            "design", np.array([len(e.stream.values) for e in results]),
            pure("number of observations after the operator's masks"),
        ),
        "degrees_of_freedom": (
            "design", np.array([e.dfs for e in results]),
            pure("degrees of freedom for signal of the design"),
        ),
        "constrained": (
            "design", np.array([e.posterior.constrained for e in results]),
            pure("directions of the control vector known better than the prior"),
        ),
    }  # fmt: skip
    coordinates = {
        "design": strings([e.design.name for e in results]),
        "region": strings(names.regions),
        "quantity": strings(names.quantities),
    }
    return xr.Dataset(data, coords=coordinates, attrs=_attributes(study))


def greedy_dataset(study: DesignStudy, name: str) -> Any:
    """One greedy choice; dims step, candidate and target."""
    import xarray as xr  # slow to import

    choices, targets = study.greedy[name]
    order = sorted(choices.alone, key=lambda candidate: choices.alone[candidate])
    data = {
        "chosen": (
            "step", strings(["", *choices.chosen]), {"long_name": "chosen at this step"},
        ),
        "objective": (
            "step", choices.objective, pure("sum over the targets of posterior / prior variance"),
        ),
        "target_sd": (
            ("step", "target"), choices.target_sd,
            {"long_name": "standard deviation after this step", "units": "see target_unit"},
        ),
        "objective_alone": (
            "candidate", np.array([choices.alone[c] for c in order]),
            pure("objective with this candidate alone, the best first"),
        ),
        "target_unit": ("target", strings([study.units[n] for n in targets]), {}),
    }  # fmt: skip
    steps = np.arange(len(choices.chosen) + 1)
    coordinates = {
        "step": ("step", steps, pure("number of choices made")),
        "candidate": strings(order),
        "target": strings([" ".join(study.targets.pairs[n]) for n in targets]),
    }
    return xr.Dataset(data, coords=coordinates)


def _attributes(study: DesignStudy) -> dict[str, Any]:
    of_run = attributes(study.experiment)
    point = "prior mean" if study.file.at is None else f"optimum of {study.file.at}"
    return {
        "Conventions": "CF-1.10",
        "title": study.file.title,
        "comment": (
            "No observed value was used: uncertainties follow from Jacobians, priors and errors "
            f"alone. Linearised at the {point}."
        ),
        "experiment": of_run["title"],
        "source": of_run["source"],
        "given": ", ".join(study.file.baseline) or "none",
    }
