"""`design.nc`: what each design would tell, and which places to choose first."""

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
    """All files of a study, each whole or not at all; the folder is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    write_toml(folder / "design.toml", study.file.raw)
    write_toml(folder / "experiment.toml", study.experiment.config.to_dict())
    write_json(folder / "provenance.json", provenance_of(study.experiment, study.problem))
    groups: dict[str | None, Any] = {None: design_dataset(study)}
    for name in study.greedy:
        groups[f"greedy_{name}"] = greedy_dataset(study, name)
    write_groups(folder / "design.nc", groups)


def design_dataset(study: DesignStudy) -> Any:
    """A row for each design; dims design, region and quantity."""
    import xarray as xr  # slow to import

    names, designs = study.targets, study.evaluated
    sd = np.stack([e.target_sd for e in designs])
    dims, all_dims = ("region", "quantity"), ("design", "region", "quantity")
    unit = dict(zip((q for q, _ in names.pairs), study.units, strict=True))
    of_targets = {"units": "see target_unit"}
    given = ", ".join(study.file.given) or "none"
    with np.errstate(invalid="ignore", divide="ignore"):  # a region without any sensitivity
        reduction = 1.0 - sd / study.prior_sd
        added = 1.0 - sd / study.given_sd
    data: dict[str, Any] = {
        "prior_sd": (
            dims, names.table(study.prior_sd),
            {**of_targets, "long_name": "standard deviation of the target, prior"},
        ),
        "given_sd": (
            dims, names.table(study.given_sd),
            {**of_targets, "long_name": f"standard deviation with what is given: {given}"},
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
        "stream": ("design", strings([e.design.stream for e in designs]), {}),
        "places": ("design", strings([e.design.places for e in designs]), {}),
        "sampling": (
            "design", strings([e.design.sampling or "as observed" for e in designs]), {},
        ),
        "error": (
            "design",
            np.array([np.nan if e.design.error is None else e.design.error for e in designs]),
            {"units": "that of the stream", "long_name": "error asked for"},
        ),
        "error_used": (
            "design", np.array([float(np.mean(e.stream.sd)) for e in designs]),
            {"units": "that of the stream", "long_name": "mean error after the operator's rules"},
        ),
        "observations": (
            "design", np.array([len(e.stream.values) for e in designs]),
            pure("number of observations after the operator's masks"),
        ),
        "degrees_of_freedom": (
            "design", np.array([e.dfs for e in designs]),
            pure("degrees of freedom for signal of the design"),
        ),
        "constrained": (
            "design", np.array([e.posterior.constrained for e in designs]),
            pure("directions of the control vector known better than the prior"),
        ),
    }  # fmt: skip
    return xr.Dataset(
        data,
        coords={
            "design": strings([e.design.name for e in designs]),
            "region": strings(names.regions),
            "quantity": strings(names.quantities),
        },
        attrs=_attributes(study),
    )


def greedy_dataset(study: DesignStudy, name: str) -> Any:
    """The choices of one question; dims step, candidate and target."""
    import xarray as xr  # slow to import

    found, wanted = study.greedy[name]
    steps = np.arange(len(found.chosen) + 1)
    targets = [" ".join(study.targets.pairs[n]) for n in wanted]
    order = sorted(found.alone, key=lambda candidate: found.alone[candidate])
    data = {
        "chosen": (
            "step", strings(["", *found.chosen]), {"long_name": "chosen at this step"},
        ),
        "objective": (
            "step", found.objective, pure("sum over the targets of posterior / prior variance"),
        ),
        "target_sd": (
            ("step", "target"), found.target_sd,
            {"long_name": "standard deviation after this step", "units": "see target_unit"},
        ),
        "objective_alone": (
            "candidate", np.array([found.alone[c] for c in order]),
            pure("objective with this candidate alone, the best first"),
        ),
        "target_unit": ("target", strings([study.units[n] for n in wanted]), {}),
    }  # fmt: skip
    coordinates = {
        "step": ("step", steps, pure("number of choices made")),
        "candidate": strings(order),
        "target": strings(targets),
    }
    return xr.Dataset(data, coords=coordinates)


def _attributes(study: DesignStudy) -> dict[str, Any]:
    own = attributes(study.experiment)
    at = "prior mean" if study.file.at is None else f"optimum of {study.file.at}"
    return {
        "Conventions": "CF-1.10",
        "title": study.file.title,
        "comment": (
            "No observed value was used: uncertainties follow from Jacobians, priors and errors "
            f"alone. Linearised at the {at}."
        ),
        "experiment": own["title"],
        "source": own["source"],
        "given": ", ".join(study.file.given) or "none",
    }
