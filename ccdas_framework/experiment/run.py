"""A run: optimisation, posterior uncertainty and result files."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..config.overrides import with_overrides
from ..config.parameter_changes import empty_control_findings
from ..config.sections import read_config
from ..config.validation import executor_findings
from ..core.ensemble import Ensemble
from ..core.errors import CcdasWarning, Findings, InvalidInput
from ..core.result import OptimisationResult
from ..diagnostics import Diagnosis
from ..evaluation import Evaluation, ZonalEvaluation, evaluation_groups
from ..execution import block_processes
from ..outputs.checkpoints import History, read_draws, write_histories
from ..outputs.run_folder import RunFolder, folder_problem
from ..outputs.study_folder import write_groups
from ..posterior import Estimate, Posterior
from ..problem.assembled_problem import Problem
from ..problem.declared_ranges import range_findings
from ..problem.short_repr import short_html, short_text
from ..problem.work_progress import listening_to_work
from ..registry.version import VERSION
from .build import build, truth_in
from .compilations import compilations_of, counts_in_words
from .earlier_runs import with_earlier_targets
from .experiment_data import ExperimentData
from .minima_summary import MinimaSummary, minima_summary, write_starts
from .monitor import Monitor
from .optimise import executor_for, optimise
from .output_attributes import time_coverage
from .run_diagnostics import diagnosis_of, misfits, variabilities
from .run_log import RunLog
from .run_outputs import RunWriter, report
from .run_provenance import provenance_of
from .sampler_runs import require_suitable
from .sensitivities import Sensitivities
from .stage_times import StageTimes
from .starts import Start, Starts
from .truth import Truth
from .truth_comparison import TruthComparison, truth_comparison
from .uncertainty import begins_at_prior, result_at_prior, uncertainty_of

_logger = logging.getLogger(__name__)
ASSEMBLING = "assembling the problem"  # first stage of a run
# results that may stand
COMPLETE = ("converged", "iteration limit", "budget spent", "completed", "ruled out")


@frozen(eq=False)
class RunResult:
    """Results of a run.

    Args:
        folder: of the results.
        problem: that was solved.
        optimisation: best point and the iterations to it.
        posterior: of the control vector; None where there is no minimum; `estimate` says why.
        estimate: posterior, distance from the minimum, and null space.
        targets: name -> regions and their prior and posterior mean and sd (PgC yr-1).
        evaluation: name -> comparison with independent data.
        misfit: stream -> place -> root-mean-square misfit of prior and posterior.
        variability: stream -> place -> correlation of anomalies and ratio of sd of both.
        seconds: from the start of `run` to its end.
        earlier: folder of the results that these would have replaced, had they been complete.
        starts: all starting points and their results.
        minima: distinct minima and their differences; None where there is one start.
        diagnosis: consistency of the residuals, and influence of each stream.
        sensitivities: of the targets to prescribed input, where configured.
        truth: distance from the truth of synthetic observations; None where they are measured.
        ensemble: draws of a sampler, where one is configured.
        stages: seconds of each stage, by its name.
    """

    folder: Path
    problem: Problem
    optimisation: OptimisationResult
    posterior: Posterior | None
    estimate: Estimate
    targets: Mapping[str, Mapping[str, Any]]
    evaluation: Mapping[str, Evaluation | ZonalEvaluation]
    misfit: Mapping[str, Mapping[str, tuple[float, float]]]
    variability: Mapping[str, Mapping[str, tuple[dict[str, float], dict[str, float]]]]
    seconds: float
    earlier: Path | None
    starts: Starts
    minima: MinimaSummary | None
    diagnosis: Diagnosis
    sensitivities: Sensitivities | None
    truth: TruthComparison | None = None
    ensemble: Ensemble | None = None
    stages: Mapping[str, float] = field(factory=dict)

    def __repr__(self) -> str:
        """Title and main facts, in a few lines."""
        return short_text("RunResult", self._facts)

    def _repr_html_(self) -> str:
        return short_html("RunResult", self._facts)

    @property
    def _facts(self) -> dict[str, object]:
        first, last = self.optimisation.iterations[0], self.optimisation.iterations[-1]
        return {
            "folder": self.folder,
            "status": f"{self.optimisation.status}: {self.optimisation.message}",
            "cost": f"{first.cost:.6g} -> {last.cost:.6g}",
            "iterations": len(self.optimisation.iterations) - 1,
            "posterior": "none" if self.posterior is None else self.posterior.method,
            "targets": ", ".join(self.targets),
            "seconds": f"{self.seconds:.0f}",
        }


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
    findings = empty_control_findings(experiment.control)
    findings.extend(
        executor_findings(experiment.config.compute, experiment.config.experiment.starts)
    )
    findings.raise_if_any()
    with listening_to_work(monitor.work):
        monitor.stage(ASSEMBLING)
        problem = build(experiment)  # before the folder, so that wrong data leave no trace
        truth = truth_in(experiment, problem)
        with (
            block_processes(problem.forward.executor),
            executor_for(experiment, executor) as used,
            RunFolder(out, overwrite) as folder,
        ):
            return run_problem(experiment, problem, folder, monitor, began, used, truth=truth)


def with_values(experiment: ExperimentData, overrides: Mapping[str, Any]) -> ExperimentData:
    """The experiment with other values of keys; raises InvalidExperiment for a wrong value."""
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
    truth: Truth | None = None,
    earlier: float = 0.0,
) -> RunResult:
    """`run` of an assembled problem.

    Args:
        histories: iterations of each start of an interrupted run.
        truth: of synthetic observations.
        earlier: seconds of an interrupted run.
    """
    monitor = StageTimes(monitor, began, ASSEMBLING, earlier)
    counts = {name: len(stream.values) for name, stream in problem.streams.items()}
    _logger.info(
        "ccdas-framework %s, engine %s, %d parameters, observations %s, %d blocks",
        VERSION, type(experiment.engine).__name__, len(problem.control), counts,
        len(problem.blocks),
    )  # fmt: skip
    if experiment.engine_choice:
        _logger.info('engine.name = "auto": %s', experiment.engine_choice)
    if experiment.sampler is not None:  # before a search that it may follow
        require_suitable(experiment.sampler, problem)
    if histories is None:  # otherwise the folder has both
        folder.write_experiment(experiment.config.to_dict())
        folder.write_provenance(provenance_of(experiment, problem, truth))
    # before the optimisation, because an operator may refuse the observations of a comparison
    comparisons = {name: r.prepared(problem) for name, r in experiment.evaluation.items()}
    write = RunWriter(folder, experiment, problem, truth)
    warn_outside_ranges(
        problem, problem.prior.mean, "prior"
    )  # the first evaluation, which tests the results of components
    if begins_at_prior(experiment):
        prior_mean = result_at_prior(problem)
        monitor.stage(prior_mean.message)
        if histories is None:
            folder.log({"event": "not optimised", "message": prior_mean.message})
        history = History(prior_mean.x, prior_mean.iterations, "completed", prior_mean.message)
        write_histories(folder, problem.control.names, {1: history})
        starts = Starts((Start(1, prior_mean.x, result=prior_mean),))
    else:
        monitor.stage("optimising")
        starts = optimise(experiment, problem, folder, monitor, began, executor, histories)
    optimum = starts.best
    folder.complete = optimum.status in COMPLETE and not starts.interrupted
    write.result(optimum)
    x0 = problem.prior.mean
    monitor.stage("posterior uncertainty")
    prior_values = problem.simulate(x0)
    log = RunLog(folder, problem.control.names, 1, monitor, began)
    drawn = None
    if histories is not None and experiment.sampler is not None:
        drawn = read_draws(folder.path, problem.control, experiment.sampler.exact)
    uncertainty = uncertainty_of(experiment, problem, optimum, truth, log, drawn)
    optimum, estimated = uncertainty.optimum, uncertainty.estimate
    x, whitened, posterior = optimum.x, uncertainty.whitened, estimated.posterior
    interrupted = starts.interrupted or (
        uncertainty.ensemble is not None and uncertainty.ensemble.status == "interrupted"
    )
    folder.complete = folder.complete and not interrupted
    posterior_values = problem.simulate(x)
    write.result(optimum, estimated)
    write.ensemble(uncertainty.ensemble)
    minima = None
    if len(starts.starts) > 1:
        minima = minima_summary(starts, problem, posterior, whitened)
        write_starts(folder, problem, starts, minima, write.attributes)
    prior_run = experiment.config.prior.run
    targets = with_earlier_targets(uncertainty.targets, prior_run, time_coverage(experiment))
    comparison = None
    if truth is not None:
        comparison = truth_comparison(problem, truth, x, posterior, targets)
        write.result(optimum, estimated, comparison)
    write.targets(targets, estimated)
    sensitivities = write.sensitivity(targets, estimated)
    diagnosis = diagnosis_of(
        problem,
        x,
        prior_values,
        posterior_values,
        whitened,
        targets,
        posterior is not None and uncertainty.ensemble is None,
        None if posterior is None else posterior.held,
    )
    write.diagnosis(diagnosis, estimated)
    monitor.stage("fields")
    write.simulated(prior_values, posterior_values)
    write.fields(x0, x)
    write.draws(posterior)
    evaluation = {name: compare(x0, x) for name, compare in comparisons.items()}
    if evaluation:
        groups = evaluation_groups(evaluation, write.attributes)
        write_groups(folder.path / "evaluation.nc", groups)
    result = RunResult(
        folder=folder.path,
        problem=problem,
        optimisation=optimum,
        posterior=posterior,
        estimate=estimated,
        targets=targets,
        evaluation=evaluation,
        misfit=misfits(problem, prior_values, posterior_values),
        variability=variabilities(problem, prior_values, posterior_values),
        seconds=time.monotonic() - began,
        earlier=None if folder.complete else folder.earlier,
        starts=starts,
        minima=minima,
        diagnosis=diagnosis,
        sensitivities=sensitivities,
        truth=comparison,
        ensemble=uncertainty.ensemble,
    )
    status = "interrupted" if interrupted else optimum.status
    compilations = compilations_of(experiment.engine)
    folder.log({
        "event": "finished", "status": status, "seconds": result.seconds,
        "stages": monitor.seconds, "compilations": compilations,
    })  # fmt: skip
    if compilations:
        _logger.info("compilations of this process: %s", counts_in_words(compilations))
    monitor.stage("report")
    report(folder.path)
    return evolve(result, seconds=time.monotonic() - began, stages=monitor.seconds)


def warn_outside_ranges(problem: Problem, x: np.ndarray, run: str) -> None:
    """Warn of fields and simulated observations outside their declared ranges at x.

    Raises:
        InvalidInput: a component returns an array of wrong type or shape.
    """
    for finding in range_findings(problem, x, run):
        warning = CcdasWarning(finding.message, code=finding.code, where=finding.where)
        warnings.warn(warning, stacklevel=2)


def require_folder(out: Path, overwrite: bool) -> None:
    """Raise InvalidInput where results cannot be written, before anything is computed."""
    problem = folder_problem(out, overwrite)
    if problem is not None:
        raise InvalidInput(problem.message, code=problem.code, where=problem.where)
