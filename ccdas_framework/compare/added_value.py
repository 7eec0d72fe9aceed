"""Contribution of each stream: one problem solved with several sets of streams."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from attrs import evolve, field, frozen

from ..config.parameter_changes import empty_control_findings, without_parameters_of
from ..config.sections import AddedValueSection
from ..core.errors import Finding, Findings
from ..execution import block_processes
from ..experiment import Experiment
from ..experiment.build import truth_in
from ..experiment.monitor import Monitor
from ..experiment.run import RunResult, run_problem
from ..outputs.run_folder import RunFolder, folder_problem
from ..posterior import Posterior, degrees_of_freedom, gauss_newton_posterior, whitened_by_stream
from ..problem.assembled_problem import Problem
from .stream_sets import StreamSet, absent_findings, name_of, set_findings
from .target_index import TargetNames


@frozen(eq=False)
class StreamSetResult:
    """Result of one set of streams.

    Args:
        streams: of the set.
        run: optimised with these streams alone.
        common: posterior with these streams, linearised at the common point.
        common_sd: posterior sd of each target at the common point, shape (target,).
        dfs: degrees of freedom for signal of each stream at the common point.
    """

    streams: StreamSet
    run: RunResult
    common: Posterior
    common_sd: np.ndarray
    dfs: dict[str, float]

    @property
    def name(self) -> str:
        """'co2+sm' of co2 and sm."""
        return name_of(self.streams)

    def at_optimum(self, column: str) -> np.ndarray:
        """A column of the tables of targets of the run, shape (target,)."""
        return np.concatenate([table[column] for table in self.run.targets.values()])

    @property
    def optimum_sd(self) -> np.ndarray:
        """Prior and posterior sd of each target at the optimum of the set, shape (2, target).

        NaN without a posterior.
        """
        if self.run.posterior is None:
            return np.full((2, len(self.common_sd)), np.nan)
        return np.stack([self.at_optimum("prior_sd"), self.at_optimum("posterior_sd")])


@frozen(eq=False)
class AddedValue:
    """Results of several sets of streams.

    Args:
        folder: of the results, with a folder for each run.
        experiment: with all streams.
        problem: with all streams.
        targets: quantity, region and unit of each target.
        at: name of the set whose optimum is the common point.
        prior_sd: of each target at the common point, shape (target,).
        sets: results in the order of the sets.
        seconds: duration of the comparison.
    """

    folder: Path
    experiment: Experiment
    problem: Problem
    targets: TargetNames
    at: str
    prior_sd: np.ndarray
    sets: tuple[StreamSetResult, ...]
    seconds: float = field(default=0.0)

    @property
    def common_point(self) -> str:
        """Description of the common point."""
        run = next(s.run for s in self.sets if s.name == self.at)
        if run.posterior is not None:
            return f"optimum of {self.at}"
        return f"best point found with {self.at}, which is no minimum"


def sets_of(experiment: Experiment, sets: Sequence[Sequence[str]] = ()) -> list[StreamSet]:
    """The sets to compare: the argument, else those of [added_value], else the streams nested.

    Nested are the first stream, the first two, and so on.
    """
    streams = tuple(experiment.config.streams)
    nested = [streams[: n + 1] for n in range(len(streams))]
    return [tuple(names) for names in sets or experiment.config.added_value.sets or nested]


def added_value(
    experiment: Experiment,
    out: Path,
    sets: Sequence[Sequence[str]] = (),
    overwrite: bool = False,
    monitor: Monitor | None = None,
    findings: Iterable[Finding] = (),
) -> AddedValue:
    """Optimise the problem with each set of streams, and compare the uncertainties.

    The problem is assembled once: all sets have the same control vector (parameters of a stream
    that a set lacks keep their prior), the same drivers and the same compiled model. Each set
    starts from the prior mean. A set has two uncertainties:

    - at its own optimum, as in a separate run;
    - at one point for all, the optimum of the fullest set, where a further stream can increase no
      variance:  A_S = (B^-1 + sum over s in S of K_s^T R_s^-1 K_s)^-1,  s^2 = T A_S T^T.

    Args:
        sets: of streams; see `sets_of`.
        findings: of the caller, reported with the others in InvalidExperiment.

    Source: Scholze et al. (2016), Remote Sens. Environ. 180, 334-345 (CO2 alone, and with soil
        moisture).
    """
    began = time.monotonic()
    monitor = monitor or Monitor()
    stream_sets = sets_of(experiment, sets)
    folders = [folder_problem(out / name_of(s), overwrite) for s in stream_sets if s]
    config = experiment.config
    findings = Findings(findings)
    findings += set_findings(stream_sets, list(config.streams))
    findings += absent_findings(stream_sets, experiment.control.shares)
    findings += empty_control_findings(experiment.control)
    findings += [finding for finding in folders if finding]
    findings.raise_if_any()
    monitor.stage("assembling the problem")
    problem = experiment.build()
    require_prior_knowledge(problem, "the added value of a stream")
    truth, runs = truth_in(experiment, problem), {}
    with block_processes(problem.forward.executor):
        for number, names in enumerate(stream_sets, 1):
            monitor.stage(f"set {number} of {len(stream_sets)}: {name_of(names)}")
            streams = {name: problem.streams[name] for name in names}
            reduced = problem.with_streams(streams, problem.targets)
            of_set, start = _with_streams(experiment, names), time.monotonic()
            with RunFolder(out / name_of(names), overwrite) as folder:
                runs[names] = run_problem(of_set, reduced, folder, monitor, start, truth=truth)
            if runs[names].optimisation.status == "interrupted":
                raise KeyboardInterrupt  # ends the comparison, not only this set
        monitor.stage("uncertainties at one point")
        largest = max(stream_sets, key=len)
        common = runs[largest].problem if len(largest) == len(problem.streams) else problem
        x = runs[largest].optimisation.x
        simulated, jacobians = common.derivatives(x)
        whitened = whitened_by_stream(common, jacobians, simulated)
        sensitivity = np.concatenate([*common.target_derivatives(x)[1].values()])
    results = []
    for names in stream_sets:
        rows = {name: whitened[name] for name in names}
        posterior = gauss_newton_posterior(x, problem.prior, rows)
        prior_sd, sd = posterior.target_sd(sensitivity)
        dfs = degrees_of_freedom(posterior, rows)
        results.append(StreamSetResult(names, runs[names], posterior, sd, dfs))
    return AddedValue(
        folder=out,
        experiment=experiment,
        problem=problem,
        targets=TargetNames.of(problem.targets),
        at=name_of(largest),
        prior_sd=prior_sd,
        sets=tuple(results),
        seconds=time.monotonic() - began,
    )


def require_prior_knowledge(problem: Problem, what: str) -> None:
    """Raise InvalidExperiment where the prior is flat, or where there is no target."""
    findings = Findings()
    if np.isinf(problem.prior.covariance.sd).any():
        findings.add(
            "no-prior-uncertainty",
            "prior.name",
            f"the prior is flat, and {what} is a reduction of prior uncertainty; choose another "
            'prior, such as name = "gaussian" in [prior].',
        )
    if not problem.targets:
        findings.add(
            "no-target",
            "targets.fields",
            f"there is no target, and {what} is measured by the uncertainty of targets; add some "
            'in [targets], such as fields = ["nep"].',
        )
    findings.raise_if_any()


def _with_streams(experiment: Experiment, names: StreamSet) -> Experiment:
    """The experiment with these streams alone, and a comment on the others."""
    streams, about = experiment.config.streams, experiment.config.experiment
    config = without_parameters_of(set(streams) - set(names), experiment.config)
    comment = (
        f"{about.comment} One of several sets of streams of one problem with "
        f"{', '.join(streams)}: parameters of the streams that are not in the set keep "
        "their prior."
    ).strip()
    return evolve(
        experiment,
        config=evolve(
            config,
            experiment=evolve(about, comment=comment),
            streams={name: streams[name] for name in names},
            added_value=AddedValueSection(),
            specified=tuple(key for key in config.specified if key != "added_value"),
        ),
        operators={name: experiment.operators[name] for name in names},
        observations={name: experiment.observations[name] for name in names},
    )
