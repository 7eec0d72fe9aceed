"""Contents of `design.nc`: uncertainty with each design, and greedy choices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..experiment.run_outputs import attributes, provenance_of
from ..outputs.study_folder import write_groups, write_json, write_toml
from ..outputs.variable_tables import VariableTable, file_attributes, named, pure, table_dataset
from .design import DesignStudy
from .target_index import TARGET_LABELS, in_target_unit

DESIGN_FILES = ("design.nc", "design.toml", "experiment.toml", "provenance.json")
BY_DESIGN = "design region quantity"
OF_STREAM = {"units": "that of the stream"}
TABLE: VariableTable = {
    "prior_sd": ("region quantity", in_target_unit("standard deviation of the target, prior")),
    "posterior_sd": (
        BY_DESIGN, in_target_unit("standard deviation with what is given and the design"),
    ),
    "uncertainty_reduction": (BY_DESIGN, pure("1 - posterior_sd / prior_sd")),
    "added_reduction": (BY_DESIGN, pure("1 - posterior_sd / given_sd")),
    "stream": ("design", {}),
    "places": ("design", {}),
    "sampling": ("design", {}),
    "error": ("design", {**OF_STREAM, **named("error asked for")}),
    "error_used": ("design", {**OF_STREAM, **named("mean error after the operator's rules")}),
    "observations": ("design", pure("number of observations after the operator's masks")),
    "degrees_of_freedom": ("design", pure("degrees of freedom for signal of the design")),
    "constrained": (
        "design", pure("directions of the control vector known better than the prior"),
    ),
    "design": ("design", {}),
    **TARGET_LABELS,
}  # fmt: skip
GREEDY_TABLE: VariableTable = {
    "chosen": ("step", named("chosen at this step")),
    "objective": ("step", pure("sum over the targets of posterior / prior variance")),
    "target_sd": (
        "step target",
        {**named("standard deviation after this step"), "units": "see target_unit"},
    ),
    "objective_alone": ("candidate", pure("objective with this candidate alone, the best first")),
    "target_unit": ("target", {}),
    "step": ("step", pure("number of choices made")),
    "candidate": ("candidate", {}),
    "target": ("target", {}),
}


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
    of_baseline = in_target_unit(f"standard deviation with what is given: {baseline}")
    sd = np.stack([e.target_sd for e in results])
    with np.errstate(invalid="ignore", divide="ignore"):  # a region without any sensitivity
        reduction, added = 1.0 - sd / study.prior_sd, 1.0 - sd / study.baseline_sd
    values = {
        "prior_sd": names.table(study.prior_sd),
        "given_sd": names.table(study.baseline_sd),
        "posterior_sd": names.table(sd),
        "uncertainty_reduction": names.table(reduction),
        "added_reduction": names.table(added),
        "target_unit": list(names.quantity_units.values()),
        "stream": [d.stream for d in designs],
        "places": [d.places for d in designs],
        "sampling": [d.sampling or "as observed" for d in designs],
        "error": np.array([d.error for d in designs], float),
        "error_used": [float(np.mean(e.stream.sd)) for e in results],
        "observations": [len(e.stream.values) for e in results],
        "degrees_of_freedom": [e.dfs for e in results],
        "constrained": [e.posterior.constrained for e in results],
        "design": [d.name for d in designs],
        "region": names.regions,
        "quantity": names.quantities,
    }
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
    table = {**TABLE, "given_sd": ("region quantity", of_baseline)}
    return table_dataset(table, values, file_attributes(about))


def greedy_dataset(study: DesignStudy, name: str) -> Any:
    """One greedy choice; dims step, candidate and target."""
    choices, targets = study.greedy[name]
    order = sorted(choices.alone, key=lambda candidate: choices.alone[candidate])
    values = {
        "chosen": ["", *choices.chosen],
        "objective": choices.objective,
        "target_sd": choices.target_sd,
        "objective_alone": [choices.alone[c] for c in order],
        "target_unit": [study.targets.units[n] for n in targets],
        "step": np.arange(len(choices.chosen) + 1),
        "candidate": order,
        "target": [" ".join(study.targets.pairs[n]) for n in targets],
    }
    return table_dataset(GREEDY_TABLE, values)
