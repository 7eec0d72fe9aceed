"""What each stream adds: the same problem solved with several sets of streams."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from attrs import evolve, field, frozen

from ..config.parameter_changes import empty_control_findings
from ..config.sections import AddedValueSection
from ..core.errors import Finding, Findings
from ..experiment import Experiment
from ..experiment.monitor import Monitor
from ..experiment.run import RunResult, run_problem
from ..outputs.run_folder import RunFolder, folder_problem
from ..posterior import Posterior, degrees_of_freedom, gauss_newton_posterior, whitened_by_stream
from ..problem.assembled_problem import Problem
from .stream_sets import StreamSet, fullest, name_of, nested, set_findings
from .target_index import TargetNames


@frozen(eq=False)
class OfSet:
    """What one set of streams tells.

    Args:
        streams: in the set.
        run: optimised with them alone.
        own_sd: prior and posterior sd of each target at the set's own optimum, shape (2, target);
            NaN where it has no posterior.
        common: posterior with these streams, linearised at the common point.
        common_sd: of each target there, shape (target,).
        dfs: degrees of freedom for signal of each of its streams there.
    """

    streams: StreamSet
    run: RunResult
    own_sd: np.ndarray
    common: Posterior
    common_sd: np.ndarray
    dfs: Mapping[str, float]

    @property
    def name(self) -> str:
        """'co2+sm' of co2 and sm."""
        return name_of(self.streams)


@frozen(eq=False)
class AddedValue:
    """Sets of streams side by side.

    Args:
        folder: of the results, a folder a run in it.
        experiment: with all streams.
        problem: likewise.
        targets: what stands in each row of targets.
        units: of each target.
        at: the set whose optimum is the common point.
        prior_sd: of each target at the common point, shape (target,).
        sets: results, in the order asked for.
        seconds: of it all.
    """

    folder: Path
    experiment: Experiment
    problem: Problem
    targets: TargetNames
    units: tuple[str, ...]
    at: str
    prior_sd: np.ndarray
    sets: tuple[OfSet, ...]
    seconds: float = field(default=0.0)

    @property
    def common_point(self) -> str:
        """Where all sets are compared, in words."""
        run = next(s.run for s in self.sets if s.name == self.at)
        if run.posterior is not None:
            return f"optimum of {self.at}"
        return f"best point found with {self.at}, which is no minimum"


def sets_of(experiment: Experiment, given: Sequence[Sequence[str]] = ()) -> list[StreamSet]:
    """The sets to compare: those given, else those of [added_value], else the streams nested."""
    sets = given or experiment.config.added_value.sets or ()
    return [tuple(members) for members in sets] or nested(list(experiment.config.streams))


def added_value(
    experiment: Experiment,
    out: Path,
    sets: Sequence[Sequence[str]] = (),
    overwrite: bool = False,
    monitor: Monitor | None = None,
    findings: Iterable[Finding] = (),
) -> AddedValue:
    """Optimise the problem with each set of streams, and compare what becomes known.

    The problem is assembled once: all sets have the same control vector (parameters of a stream
    that a set lacks keep their prior), the same drivers and the same compiled model. Each set
    starts from the prior mean. The uncertainties of a set are given twice:

    - at its own optimum, as a run of its own gives them;
    - at one point for all, the optimum of the fullest set, where a further stream can increase no
      variance:  A_S = (B^-1 + sum over s in S of K_s^T R_s^-1 K_s)^-1,  s^2 = T A_S T^T.

    Args:
        experiment: with all streams.
        out: folder of the results.
        sets: of streams; see `sets_of`.
        overwrite: replace the results of an earlier comparison.
        monitor: receives the progress.
        findings: of the caller, reported with the others.

    Raises:
        InvalidExperiment: all findings.

    Source: Scholze et al. (2016), Remote Sens. Environ. 180, 334-345 (CO2 alone, and with soil
        moisture).
    """
    began = time.monotonic()
    monitor = monitor or Monitor()
    wanted = sets_of(experiment, sets)
    folders = [folder_problem(out / name_of(members), overwrite) for members in wanted if members]
    config = experiment.config
    findings = Findings(findings)
    findings.extend(set_findings(wanted, list(config.streams)))
    findings.extend(empty_control_findings(config, experiment.model, experiment.operators))
    findings.extend(finding for finding in folders if finding)
    findings.raise_if_any()
    monitor.stage("assembling the problem")
    problem = experiment.build()
    require_prior_knowledge(problem, "the added value of a stream")
    runs = {}
    for number, members in enumerate(wanted, 1):
        monitor.stage(f"set {number} of {len(wanted)}: {name_of(members)}")
        runs[members] = _run(experiment, problem, members, out, overwrite, monitor)
    monitor.stage("uncertainties at one point")
    whole = fullest(wanted)
    common = runs[whole].problem if len(whole) == len(problem.streams) else problem
    x = runs[whole].optimisation.x
    whitened = whitened_by_stream(common, common.derivatives(x)[1])
    of_targets = common.target_derivatives(x)[1]
    sensitivity = np.concatenate([of_targets[name] for name in problem.targets])
    found = tuple(_of_set(m, runs[m], x, problem, whitened, sensitivity) for m in wanted)
    return AddedValue(
        folder=out,
        experiment=experiment,
        problem=problem,
        targets=TargetNames.of(problem.targets),
        units=tuple(t.operator.observes.units for t in problem.targets.values() for _ in t.labels),
        at=name_of(whole),
        prior_sd=found[0].common.target_sd(sensitivity)[0],
        sets=found,
        seconds=time.monotonic() - began,
    )


def require_prior_knowledge(problem: Problem, what: str) -> None:
    """Raise where the prior is flat, or there is no target that it says anything of.

    Raises:
        InvalidExperiment: there is no prior uncertainty to be reduced.
    """
    findings = Findings()
    if np.isinf(problem.prior.covariance.sd).any():
        findings.add(
            "no-prior-uncertainty",
            "prior.name",
            f"the prior is flat, and {what} is a reduction of prior uncertainty; choose "
            'another in [prior], such as name = "gaussian".',
        )
    if not problem.targets:
        findings.add(
            "no-target",
            "targets.fields",
            f"there is no target, and {what} is told by the uncertainty of targets; name some in "
            '[targets], such as fields = ["nep"].',
        )
    findings.raise_if_any()


def _run(
    experiment: Experiment,
    problem: Problem,
    members: StreamSet,
    out: Path,
    overwrite: bool,
    monitor: Monitor,
) -> RunResult:
    """One set optimised from the prior mean, written to a folder of its name."""
    began = time.monotonic()
    chosen = problem.with_streams(
        {name: problem.streams[name] for name in members}, problem.targets
    )
    about = experiment.config.experiment
    streams = ", ".join(problem.streams)
    comment = (
        f"{about.comment} One of several sets of streams of one problem with {streams}: "
        "parameters of the streams that are not in the set keep their prior."
    ).strip()
    config = evolve(
        experiment.config,
        experiment=evolve(about, comment=comment),
        streams={name: experiment.config.streams[name] for name in members},
        added_value=AddedValueSection(),
        specified=tuple(k for k in experiment.config.specified if k != "added_value"),
    )
    own = evolve(
        experiment,
        config=config,
        operators={name: experiment.operators[name] for name in members},
        observations={name: experiment.observations[name] for name in members},
    )
    with RunFolder(out / name_of(members), overwrite) as folder:
        found = run_problem(own, chosen, folder, monitor, began)
    if found.optimisation.status == "interrupted":
        raise KeyboardInterrupt  # the user did not mean this set alone
    return found


def _of_set(
    members: StreamSet,
    run: RunResult,
    x: np.ndarray,
    problem: Problem,
    whitened: Mapping[str, np.ndarray],
    sensitivity: np.ndarray,
) -> OfSet:
    rows = {name: whitened[name] for name in members}
    posterior = gauss_newton_posterior(x, problem.prior, rows)
    own_sd = np.full((2, len(sensitivity)), np.nan)
    if run.posterior is not None:
        own = run.problem.target_derivatives(run.optimisation.x)[1]
        there = np.concatenate([own[name] for name in problem.targets])
        own_sd = np.stack(run.posterior.target_sd(there))
    return OfSet(
        streams=members,
        run=run,
        own_sd=own_sd,
        common=posterior,
        common_sd=posterior.target_sd(sensitivity)[1],
        dfs=degrees_of_freedom(posterior, rows),
    )
