"""Contents of `provenance.json`."""

from __future__ import annotations

from typing import Any

from ..config.recipes import recipe_section
from ..config.section import defaults_of
from ..installed import registry
from ..outputs.provenance import provenance
from ..problem.assembled_problem import Problem
from .experiment_data import ExperimentData
from .truth import Truth


def seeds_of(experiment: ExperimentData) -> dict[str, int]:
    """Each seed by its key: of the weather, of truth and noise, and of the method."""
    config = experiment.config
    seeds = {"experiment.seed": config.experiment.seed}
    if config.truth is not None:
        seeds["truth.seed"] = config.truth.seed
    recipe = registry().recipes.get(config.inputs.recipe or "")
    usual = {} if recipe is None else defaults_of(recipe_section(recipe))
    if "seed" in usual:
        seeds["inputs.settings.seed"] = config.inputs.settings.get("seed", usual["seed"])
    return seeds


def truth_record(experiment: ExperimentData, truth: Truth) -> dict[str, Any]:
    """Contents of `provenance.json` on the truth: values of all elements, and noise."""
    noise = experiment.config.truth is not None and experiment.config.truth.noise
    return {"noise": noise, "parameters": dict(truth.values)}


def provenance_of(
    experiment: ExperimentData, problem: Problem, truth: Truth | None = None
) -> dict[str, Any]:
    """Contents of `provenance.json`: inputs, versions, seeds, truth and sizes."""
    domain = experiment.forcing.domain
    return provenance(
        inputs=experiment.inputs,
        folder=experiment.recipe_folder,
        seed=experiment.config.experiment.seed,
        further={
            "seeds": seeds_of(experiment),
            **({} if truth is None else {"truth": truth_record(experiment, truth)}),
            "engine": type(experiment.engine).__name__,
            "cells": domain.grid.cells,
            "columns": domain.grid.columns,
            "days": {"lead": domain.lead, "all": domain.days},
            "observations": {name: len(s.values) for name, s in problem.streams.items()},
            "observations_read": {name: s.read for name, s in problem.streams.items()},
            "dropped": {name: dict(s.dropped) for name, s in problem.streams.items()},
            "control": len(problem.control),
            "forcing_from_records": sorted(experiment.forcing.filled),
        },
    )
