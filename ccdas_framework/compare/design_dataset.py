"""Contents of `design.nc`: uncertainty with each design, and greedy choices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..experiment.output_attributes import attributes
from ..experiment.run_provenance import provenance_of
from ..outputs.study_folder import write_groups, write_json, write_toml
from ..outputs.variable_tables import DatasetVariable, dataset_of, file_attributes, named, pure
from .design import DesignStudy
from .target_index import in_target_unit

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
    names, results = study.targets, study.evaluated
    designs = [e.design for e in results]
    baseline = ", ".join(study.file.baseline) or "none"
    sd = np.stack([e.target_sd for e in results])
    with np.errstate(invalid="ignore", divide="ignore"):  # a region without any sensitivity
        reduction, added = 1.0 - sd / study.prior_sd, 1.0 - sd / study.baseline_sd
    by_design, of_stream = "design region quantity", {"units": "that of the stream"}
    variables: dict[str, DatasetVariable] = {
        "prior_sd": (
            "region quantity", names.table(study.prior_sd),
            in_target_unit("standard deviation of the target, prior"),
        ),
        "given_sd": (
            "region quantity", names.table(study.baseline_sd),
            in_target_unit(f"standard deviation with what is given: {baseline}"),
        ),
        "posterior_sd": (
            by_design, names.table(sd),
            in_target_unit("standard deviation with what is given and the design"),
        ),
        "uncertainty_reduction": (
            by_design, names.table(reduction), pure("1 - posterior_sd / prior_sd"),
        ),
        "added_reduction": (by_design, names.table(added), pure("1 - posterior_sd / given_sd")),
        "target_unit": ("quantity", list(names.quantity_units.values()), named("unit")),
        "stream": ("design", [d.stream for d in designs], {}),
        "places": ("design", [d.places for d in designs], {}),
        "sampling": ("design", [d.sampling or "as observed" for d in designs], {}),
        "error": (
            "design", np.array([d.error for d in designs], float),
            {**of_stream, **named("error asked for")},
        ),
        "error_used": (
            "design", [float(np.mean(e.stream.sd)) for e in results],
            {**of_stream, **named("mean error after the operator's rules")},
        ),
        "observations": (
            "design", [len(e.stream.values) for e in results],
            pure("number of observations after the operator's masks"),
        ),
        "degrees_of_freedom": (
            "design", [e.dfs for e in results],
            pure("degrees of freedom for signal of the design"),
        ),
        "constrained": (
            "design", [e.posterior.constrained for e in results],
            pure("directions of the control vector known better than the prior"),
        ),
        "design": ("design", [d.name for d in designs], {}),
        "region": ("region", names.regions, {}),
        "quantity": ("quantity", names.quantities, {}),
    }  # fmt: skip
    of_run = attributes(study.experiment)
    point = "prior mean" if study.file.at is None else f"optimum of {study.file.at}"
    about = {
        "title": study.file.title,
        "comment": (
            "No observed value was used: uncertainties follow from Jacobians, priors and errors "
            f"alone. Linearised at the {point}."
        ),
        "experiment": of_run["title"],
        "source": of_run["source"],
        "given": baseline,
    }
    return dataset_of(variables, file_attributes(about))


def greedy_dataset(study: DesignStudy, name: str) -> Any:
    """One greedy choice; dims step, candidate and target."""
    choices, targets = study.greedy[name]
    order = sorted(choices.alone, key=lambda candidate: choices.alone[candidate])
    return dataset_of(
        {
            "chosen": ("step", ["", *choices.chosen], named("chosen at this step")),
            "objective": (
                "step", choices.objective,
                pure("sum over the targets of posterior / prior variance"),
            ),
            "target_sd": (
                "step target", choices.target_sd,
                {**named("standard deviation after this step"), "units": "see target_unit"},
            ),
            "objective_alone": (
                "candidate", [choices.alone[c] for c in order],
                pure("objective with this candidate alone, the best first"),
            ),
            "target_unit": ("target", [study.targets.units[n] for n in targets], {}),
            "step": ("step", np.arange(len(choices.chosen) + 1), pure("number of choices made")),
            "candidate": ("candidate", order, {}),
            "target": ("target", [" ".join(study.targets.pairs[n]) for n in targets], {}),
        }
    )  # fmt: skip
