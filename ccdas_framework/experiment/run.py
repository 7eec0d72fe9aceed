"""An experiment from its start to its folder of results."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import evolve, field, frozen

from ..core.errors import InvalidExperiment, InvalidInput
from ..core.problem import Problem
from ..core.result import Iteration, OptimisationResult
from ..io.results import RunFolder, folder_problem
from ..posterior import Posterior, gauss_newton_posterior, whitened_by_stream
from .checks import empty_control_problems
from .evaluation import Evaluation
from .outputs import (
    evaluation_of,
    misfits,
    provenance_of,
    report,
    targets_of,
    write_evaluation,
    write_fields,
    write_result,
    write_simulated,
    write_targets,
)

if TYPE_CHECKING:
    from .load import Experiment


class Monitor:
    """Told what a run is doing; this one says nothing. A terminal shows it, a test records it."""

    def stage(self, text: str) -> None:
        """A new stage begins."""

    def iteration(self, iteration: Iteration, seconds: float, most: int | None) -> None:
        """A point was accepted after so many seconds; `most` iterations are allowed."""


@frozen(eq=False)
class RunResult:
    """What a run found, and where it was written.

    Args:
        folder: of the results.
        problem: that was solved.
        optimisation: best point and the way to it.
        posterior: of the control vector; None where nothing was optimised to an end.
        targets: name -> regions and their prior and posterior mean and sd (PgC yr-1).
        evaluation: name -> comparison with observations that were not assimilated.
        misfit: stream -> place -> root-mean-square misfit before and after.
        seconds: from the start of `run` to its end.
        earlier: folder of the results that these would have replaced, had they been complete.
    """

    folder: Path
    problem: Problem
    optimisation: OptimisationResult
    posterior: Posterior | None
    targets: Mapping[str, Mapping[str, Any]]
    evaluation: Mapping[str, Evaluation]
    misfit: Mapping[str, Mapping[str, tuple[float, float]]]
    seconds: float = field(default=0.0)
    earlier: Path | None = field(default=None)


def run(
    experiment: Experiment, out: Path, overwrite: bool = False, monitor: Monitor | None = None
) -> RunResult:
    """Optimise from the prior mean, propagate uncertainty, write all; see `Experiment.run`."""
    monitor = monitor or Monitor()
    began = time.monotonic()
    refuse_folder(out, overwrite)
    parts = experiment.config, experiment.model, experiment.operators
    if problems := empty_control_problems(*parts):
        raise InvalidExperiment(problems)
    monitor.stage("assembling the problem")
    problem = experiment.build()  # before the folder: what is wrong with the data leaves no trace
    with RunFolder(out, overwrite) as folder:
        return run_problem(experiment, problem, folder, monitor, began)


def run_problem(
    experiment: Experiment, problem: Problem, folder: RunFolder, monitor: Monitor, began: float
) -> RunResult:
    """`run` of a problem that is built already.

    Args:
        experiment: that it was built from.
        problem: to be solved.
        folder: opened.
        monitor: told what is going on.
        began: time.monotonic() at the start of the run.
    """
    folder.write_experiment(dict(experiment.config))
    folder.write_provenance(provenance_of(experiment, problem))
    monitor.stage("optimising")
    found = _optimise(experiment, problem, folder, monitor, began)
    folder.complete = found.status in ("converged", "iteration limit")
    write_result(folder, problem, found, None, experiment)
    x0, x = problem.prior.mean, found.x
    monitor.stage("posterior uncertainty")
    simulated = {"prior": problem.simulate(x0)}
    values, jacobians = problem.derivatives(x)
    simulated["posterior"] = values
    whitened = whitened_by_stream(problem, jacobians)
    posterior = gauss_newton_posterior(x, problem.prior, whitened)
    write_result(folder, problem, found, posterior, experiment)
    targets = targets_of(problem, x0, posterior, *problem.target_derivatives(x))
    write_targets(folder, targets, found, experiment)
    monitor.stage("fields")
    write_simulated(folder, experiment, problem, simulated)
    write_fields(folder, experiment, problem, x0, x)
    evaluation = evaluation_of(experiment, problem, x0, x)
    write_evaluation(folder, evaluation, experiment)
    result = RunResult(
        folder=folder.path,
        problem=problem,
        optimisation=found,
        posterior=posterior,
        targets=targets,
        evaluation=evaluation,
        misfit=misfits(problem, simulated),
        earlier=None if folder.complete else folder.earlier,
    )
    result = evolve(result, seconds=time.monotonic() - began)
    folder.log({"event": "finished", "status": found.status, "seconds": result.seconds})
    monitor.stage("report")
    report(folder.path)
    return evolve(result, seconds=time.monotonic() - began)


def refuse_folder(out: Path, overwrite: bool) -> None:
    """Raise where results cannot go, before anything is computed.

    Raises:
        InvalidInput: there are results and `overwrite` is false, or the folder is no run's.
    """
    problem = folder_problem(out, overwrite)
    if problem is not None:
        raise InvalidInput(problem)


def _optimise(
    experiment: Experiment, problem: Problem, folder: RunFolder, monitor: Monitor, began: float
) -> OptimisationResult:
    most = getattr(experiment.optimiser, "iterations", None)

    def callback(iteration: Iteration) -> None:
        seconds = time.monotonic() - began
        folder.log(
            {
                "iteration": iteration.number,
                "cost": iteration.cost,
                "terms": dict(iteration.terms),
                "gradient_norm": iteration.gradient_norm,
                "seconds": seconds,
            }
        )
        folder.checkpoint(
            iteration.x,
            iteration.number,
            names=np.array(problem.control.names),
            cost=iteration.cost,
            gradient_norm=iteration.gradient_norm,
        )
        monitor.iteration(iteration, seconds, most)

    return experiment.optimiser.minimise(problem, problem.prior.mean, callback)
