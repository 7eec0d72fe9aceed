"""An experiment from its start to its folder of results."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from ..config.overrides import with_overrides
from ..config.parameter_changes import empty_control_findings
from ..config.sections import PosteriorSection, read_config
from ..config.validation import executor_findings
from ..core.errors import Findings, InvalidInput
from ..core.result import OptimisationResult
from ..diagnostics import Diagnosis
from ..evaluation import Evaluation, ZonalEvaluation, evaluation_groups
from ..outputs.checkpoints import History
from ..outputs.run_folder import RunFolder, folder_problem
from ..posterior import (
    Estimate,
    Posterior,
    PosteriorSettings,
    estimate,
    information,
)
from ..problem.assembled_problem import Problem
from .build import build
from .experiment_data import ExperimentData
from .monitor import Monitor
from .optimise import executor_for, optimise
from .posterior_ensemble import write_draws
from .run_diagnostics import diagnosis_of
from .run_outputs import (
    attributes,
    misfits,
    provenance_of,
    report,
    targets_of,
    write_diagnosis,
    write_fields,
    write_result,
    write_sensitivity,
    write_simulated,
    write_targets,
)
from .sensitivities import Sensitivities
from .starts import Spread, Starts, spread_of, write_starts


@frozen(eq=False)
class RunResult:
    """What a run found, and where it was written.

    Args:
        folder: of the results.
        problem: that was solved.
        optimisation: best point and the way to it.
        posterior: of the control vector; None where there is no minimum; `known` says why.
        known: posterior, distance from the minimum, and what the observations leave alone.
        targets: name -> regions and their prior and posterior mean and sd (PgC yr-1).
        evaluation: name -> comparison with what was not assimilated.
        misfit: stream -> place -> root-mean-square misfit before and after.
        seconds: from the start of `run` to its end.
        earlier: folder of the results that these would have replaced, had they been complete.
        starts: all starting points and what became of them.
        spread: how far apart they ended; None where there is one start.
        sensitivities: of the targets to what was prescribed, where asked for.
        diagnosis: whether residuals are as large as assumed, and what each stream did.
    """

    folder: Path
    problem: Problem
    optimisation: OptimisationResult
    posterior: Posterior | None
    known: Estimate
    targets: Mapping[str, Mapping[str, Any]]
    evaluation: Mapping[str, Evaluation | ZonalEvaluation]
    misfit: Mapping[str, Mapping[str, tuple[float, float]]]
    seconds: float = field(default=0.0)
    earlier: Path | None = field(default=None)
    starts: Starts | None = field(default=None)
    spread: Spread | None = field(default=None)
    diagnosis: Diagnosis | None = field(default=None)
    sensitivities: Sensitivities | None = field(default=None)


def run(
    experiment: ExperimentData,
    out: Path,
    overwrite: bool = False,
    monitor: Monitor | None = None,
    *,
    starts: int | None = None,
    draws: int | None = None,
    executor: Executor | None = None,
) -> RunResult:
    """Optimise, propagate uncertainty, write all; see `Experiment.run`."""
    monitor = monitor or Monitor()
    began = time.monotonic()
    require_folder(out, overwrite)
    overrides = {"experiment.starts": starts, "posterior.draws": draws}
    experiment = with_values(experiment, {k: v for k, v in overrides.items() if v is not None})
    findings = empty_control_findings(experiment.config, experiment.model, experiment.operators)
    findings.extend(executor_findings(experiment.config))
    findings.raise_if_any()
    monitor.stage("assembling the problem")
    problem = build(experiment)  # before the folder: wrong data leave no trace
    with executor_for(experiment, executor) as used, RunFolder(out, overwrite) as folder:
        return run_problem(experiment, problem, folder, monitor, began, used)


def with_values(experiment: ExperimentData, overrides: Mapping[str, Any]) -> ExperimentData:
    """The experiment with other values of keys.

    Raises:
        InvalidExperiment: a value that a key cannot have.
    """
    if not overrides:
        return experiment
    findings = Findings()
    table = with_overrides(experiment.config.to_dict(), overrides, findings)
    config = read_config(table, "the call of run", findings)
    findings.raise_if_any()
    return evolve(experiment, config=config)


def run_problem(
    experiment: ExperimentData,
    problem: Problem,
    folder: RunFolder,
    monitor: Monitor,
    began: float,
    executor: Executor | None = None,
    histories: Mapping[int, History] | None = None,
) -> RunResult:
    """`run` of a problem that is built already.

    Args:
        experiment: that it was built from.
        problem: to be solved.
        folder: opened.
        monitor: receives the progress.
        began: time.monotonic() at the start of the run.
        executor: where starting points run; one after the other without it.
        histories: how far each start of an interrupted run came.
    """
    if histories is None:  # otherwise the folder has both
        folder.write_experiment(experiment.config.to_dict())
        folder.write_provenance(provenance_of(experiment, problem))
    # before the optimisation, because an operator may refuse the observations of a comparison
    compared = {name: r.prepared(problem) for name, r in experiment.evaluation.items()}
    monitor.stage("optimising")
    starts = optimise(experiment, problem, folder, monitor, began, executor, histories)
    found = starts.best
    complete = found.status in ("converged", "iteration limit")
    folder.complete = complete and not starts.interrupted
    write_result(folder, problem, found, None, experiment)
    x0, x = problem.prior.mean, found.x
    monitor.stage("posterior uncertainty")
    simulated = {"prior": problem.simulate(x0)}
    settings = posterior_settings(experiment.config.posterior)
    whitened = information(problem, x, settings)
    simulated["posterior"] = problem.simulate(x)
    known = estimate(problem, found, whitened, settings)
    posterior = known.posterior
    write_result(folder, problem, found, known, experiment)
    spread = None
    if len(starts.starts) > 1:
        spread = spread_of(starts, problem, posterior, whitened)
        write_starts(folder, problem, starts, spread, attributes(experiment))
    targets = targets_of(problem, x0, posterior, *problem.target_derivatives(x))
    write_targets(folder, problem, targets, known, experiment)
    sensitivities = write_sensitivity(folder, problem, targets, known, experiment)
    diagnosis = diagnosis_of(problem, x, simulated, whitened, targets, posterior is not None)
    write_diagnosis(folder, diagnosis, known, experiment)
    monitor.stage("fields")
    write_simulated(folder, experiment, problem, simulated)
    write_fields(folder, experiment, problem, x0, x)
    write_draws(folder, experiment, problem, posterior, attributes(experiment))
    evaluation = {name: compare(x0, x) for name, compare in compared.items()}
    if evaluation:
        folder.write_evaluation(evaluation_groups(evaluation, attributes(experiment)))
    result = RunResult(
        folder=folder.path,
        problem=problem,
        optimisation=found,
        posterior=posterior,
        targets=targets,
        evaluation=evaluation,
        misfit=misfits(problem, simulated),
        earlier=None if folder.complete else folder.earlier,
        starts=starts,
        spread=spread,
        diagnosis=diagnosis,
        sensitivities=sensitivities,
        known=known,
    )
    result = evolve(result, seconds=time.monotonic() - began)
    status = "interrupted" if starts.interrupted else found.status
    folder.log({"event": "finished", "status": status, "seconds": result.seconds})
    monitor.stage("report")
    report(folder.path)
    return evolve(result, seconds=time.monotonic() - began)


def posterior_settings(section: PosteriorSection) -> PosteriorSettings:
    """Settings of the posterior itself, of the section [posterior]."""
    return PosteriorSettings(
        hessian=section.hessian,  # type: ignore[arg-type]  # a text that the section has tested
        rank=section.rank,
        largest_distance=section.largest_distance,
    )


def require_folder(out: Path, overwrite: bool) -> None:
    """Raise where results cannot go, before anything is computed.

    Raises:
        InvalidInput: there are results and `overwrite` is false, or the folder is no run's.
    """
    problem = folder_problem(out, overwrite)
    if problem is not None:
        raise InvalidInput(problem.message, code=problem.code, where=problem.where)
