"""Contents of `provenance.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config.recipes import recipe_section
from ..config.section import defaults_of
from ..core.errors import Finding
from ..core.interfaces import Engine
from ..installed import registry
from ..outputs.provenance import provenance
from ..problem.assembled_problem import Problem
from .experiment_data import ExperimentData
from .truth import Truth

COMPILATION = ("compiler", "flags", "processor")  # details of an engine that change rounding


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


def engine_details(engine: Engine) -> dict[str, Any]:
    """What an engine with a method `provenance` says about itself, such as its compiler."""
    return dict(getattr(engine, "provenance", dict)())


def engine_that_differs(before: Mapping[str, Any], engine: Engine) -> list[Finding]:
    """A finding where the engine or its compilation differs from that of an earlier run.

    Args:
        before: provenance of an earlier run.
        engine: of the same experiment now.
    """
    details, earlier = engine_details(engine), before.get("engine_details", {})
    now = {"engine": type(engine).__name__} | {key: details.get(key) for key in COMPILATION}
    then = {"engine": before.get("engine", now["engine"])}
    then |= {key: earlier.get(key) for key in COMPILATION}
    return [
        Finding("changed-engine", name, f"{name} {then[name]} then, {now[name]} now.")
        for name in now
        if then[name] != now[name]
    ]


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
            "engine_details": engine_details(experiment.engine),
            "cells": domain.grid.cells,
            "columns": domain.grid.columns,
            "days": {"lead": domain.lead, "all": domain.days},
            "observations": {name: len(s.values) for name, s in problem.streams.items()},
            "observations_read": {name: s.read for name, s in problem.streams.items()},
            "dropped": {name: dict(s.dropped) for name, s in problem.streams.items()},
            "control": len(problem.control),
            "gradient_workers": experiment.config.compute.workers,  # kept when the run resumes
            "forcing_from_records": sorted(experiment.forcing.filled),
        },
    )
