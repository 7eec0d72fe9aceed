"""The problem of a row of a study, with its truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..config.components import required_component
from ..config.engine_choice import engine_name
from ..core.errors import CcdasError, InvalidInput
from ..evaluation.withheld import AtPlaces
from ..experiment import load_experiment
from ..experiment.build import truth_in
from ..experiment.truth import not_from_prior
from ..problem.assembled_problem import Problem
from ..testing import KnownProblem, known_problem_named, with_drawn_truth
from .target_index import TargetNames

TRUTH_NUMBERS = 11  # beside the seed of the study, of the truth of a known problem


@frozen(eq=False)
class RowProblem:
    """A problem to solve, and what is known about it.

    Args:
        problem: to solve.
        start: of a minimisation, shape (control,).
        x_true: truth of synthetic observations, shape (control,); None where they are measured or
            come from another model.
        target_names: quantity and region of each target.
        true_targets: values at the truth, shape (target,); NaN where one is not known.
        truth_spread: distance of the truth from the prior mean, on average (prior sd); NaN where
            there is no truth of the parameters. A spread of 1 is a draw from the prior.
        not_from_prior: names of the parameters whose truth is no draw from the prior.
        engine: name of the engine that it is evaluated with.
        known: known problem, with its exact answer.
        evaluation: name -> comparison of a field with observations that are not assimilated.
    """

    problem: Problem
    start: np.ndarray
    x_true: np.ndarray | None
    target_names: TargetNames
    true_targets: np.ndarray
    truth_spread: float = np.nan
    not_from_prior: tuple[str, ...] = ()
    engine: str = ""
    known: KnownProblem | None = None
    evaluation: Mapping[str, AtPlaces] = field(factory=dict)


def row_problem(definition: Mapping[str, Any]) -> RowProblem:
    """The problem of the definition of a row; the latest one is kept."""
    return _cached(json.dumps(definition, default=str))


@lru_cache(maxsize=1)
def _cached(text: str) -> RowProblem:
    definition = json.loads(text)
    return _known(definition) if "known" in definition else _of_experiment(definition)


def _known(definition: Mapping[str, Any]) -> RowProblem:
    known = known_problem_named(definition["known"])
    x_true, spread, seed = None, np.nan, definition["truth_seed"]
    if seed is not None:
        known, x_true = with_drawn_truth(known, np.random.default_rng([seed, TRUTH_NUMBERS]))
        spread = 1.0
    name = _engine_of_known(known, definition["engine"])
    problem = known.problem(required_component("engines", name, {}, "study"))
    none = TargetNames.of({})
    return RowProblem(
        problem, known.start, x_true, none, np.zeros(0), spread, engine=name, known=known
    )


def engine_of(definition: Mapping[str, Any]) -> str:
    """Name of the engine of a problem, which "auto" chooses by the model; nothing is built."""
    return _engine(json.dumps(definition, default=str))


@lru_cache(maxsize=64)
def _engine(text: str) -> str:
    definition = json.loads(text)
    name = str(definition["engine"])
    if "known" in definition:
        return _engine_of_known(known_problem_named(definition["known"]), name)
    if name == "auto":
        with suppress(CcdasError, OSError):  # then the choice without the model
            settings, arguments = _arguments(definition)
            loaded = load_experiment(definition["experiment"], settings=settings, **arguments)
            return loaded.config.engine.name
    return engine_name(name, [])


def _engine_of_known(known: KnownProblem, name: str) -> str:
    return "autograd" if name == "auto" and not known.traceable else engine_name(name, [])


def _arguments(definition: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and further arguments with which the experiment of a problem is loaded."""
    settings = dict(definition["settings"])
    if definition["truth_seed"] is not None:
        settings["truth.seed"] = definition["truth_seed"]
    arguments = {key: definition[key] for key in ("engine", "data")}
    return settings, {**arguments, "observations": definition["streams"]}


def _of_experiment(definition: Mapping[str, Any]) -> RowProblem:
    settings, arguments = _arguments(definition)
    experiment = load_experiment(definition["experiment"], settings=settings, **arguments)
    problem = experiment.build()
    names = TargetNames.of(problem.targets)
    x_true, spread, true_targets = None, np.nan, np.full(len(names.pairs), np.nan)
    others: tuple[str, ...] = ()
    if definition["truth_settings"]:
        other = load_experiment(
            definition["experiment"],
            settings={**settings, **definition["truth_settings"]},
            **arguments,
        )
        problem, true_targets = _with_truth_of(other, problem, names)
    elif (truth := truth_in(experiment, problem)) is not None:
        section = experiment.config.truth
        assert section is not None
        x_true, spread, others = truth.x, section.spread, not_from_prior(section, problem)
        if definition["fixed"] == "truth" and truth.control is not problem.control:
            forward = problem.forward.with_model(control=truth.control)
            problem = evolve(problem, forward=forward)
        true_targets = _in_a_row(truth.simulate(problem, problem.targets))
    mean, engine = np.asarray(problem.prior.mean), experiment.config.engine.name
    at_places = {
        name: request
        for name, request in experiment.evaluation.items()
        if isinstance(request, AtPlaces)
    }
    return RowProblem(
        problem, mean, x_true, names, true_targets, spread, others, engine, evaluation=at_places
    )


def _with_truth_of(other: Any, problem: Problem, names: TargetNames) -> tuple[Problem, np.ndarray]:
    """The problem with the synthetic observations of another one, and the true targets of that.

    Raises:
        InvalidInput: the other has no truth, or other observations.
    """
    source = other.build()
    truth = truth_in(other, source)
    if truth is None:
        raise InvalidInput(
            "the experiment of the truth has no table [truth]; add one to its settings.",
            code="no-truth",
            where="truth_settings",
        )
    streams = {}
    for name, stream in problem.streams.items():
        given = source.streams[name]
        if not np.array_equal(given.index, stream.index):
            raise InvalidInput(
                f"stream '{name}' has {len(stream.values)} observations of the fitted model and "
                f"{len(given.values)} of the model of the truth, or others; both need the same.",
                code="observations-differ",
                where=f"streams.{name}",
            )
        streams[name] = stream.with_values(given.values)
    simulated = truth.simulate(source, source.targets)
    of_source = dict(zip(TargetNames.of(source.targets).pairs, _in_a_row(simulated), strict=True))
    values = np.array([of_source.get(pair, np.nan) for pair in names.pairs])
    return problem.with_streams(streams, problem.targets), values


def _in_a_row(values: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([*values.values(), np.zeros(0)])
