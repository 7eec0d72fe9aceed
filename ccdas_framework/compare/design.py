"""Expected uncertainty reduction of hypothetical observations, from Jacobians alone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..config.components import component
from ..config.stream_errors import robust_errors
from ..core.covariance import Diagonal
from ..core.errors import CcdasError, Finding, Findings, InvalidExperiment
from ..core.interfaces import ObservationOperator
from ..core.observations import Observations
from ..experiment import Experiment, load_experiment
from ..experiment.build import assembled
from ..experiment.monitor import Monitor
from ..experiment.parameter_values import control_values, parameter_values, with_fixed
from ..posterior import Posterior, degrees_of_freedom, gauss_newton_posterior, whitened_by_stream
from ..problem.assembled_problem import Problem
from ..problem.assembly import prior_fields_of, stream_of
from ..problem.stream_data import StreamData
from .added_value import require_prior_knowledge
from .design_file import DesignFile, read_design
from .design_locations import hypothetical_observations
from .design_sections import GreedySection
from .design_tables import Design
from .greedy_selection import Choices, greedy
from .target_index import TargetNames

ROUNDING = 1e-10  # share of the largest prior sd of a field: below it a target is insensitive


@frozen(eq=False)
class DesignResult:
    """Expected uncertainties with one design.

    Args:
        design: of the file.
        stream: prepared observations with places and errors.
        posterior: of the control vector with the design and the baseline.
        target_sd: of each target, shape (target,).
        dfs: degrees of freedom for signal of the design.
    """

    design: Design
    stream: StreamData
    posterior: Posterior
    target_sd: np.ndarray
    dfs: float


@frozen(eq=False)
class DesignStudy:
    """Results of a design file.

    Args:
        file: the design file.
        experiment: that gives model, prior and operators.
        problem: with the designs as its streams.
        x: point of linearisation, shape (control,).
        targets: quantity, region and unit of each target.
        prior_sd: of each target, shape (target,).
        baseline_sd: of each target with the streams that every design adds to, shape (target,).
        baseline: posterior with these streams.
        evaluated: results of the designs.
        greedy: name -> choices, and positions of their targets.
        seconds: duration of the study.
    """

    file: DesignFile
    experiment: Experiment
    problem: Problem
    x: np.ndarray
    targets: TargetNames
    prior_sd: np.ndarray
    baseline_sd: np.ndarray
    baseline: Posterior
    evaluated: tuple[DesignResult, ...]
    greedy: Mapping[str, tuple[Choices, list[int]]]
    seconds: float = field(default=0.0)


def design_study(
    path: str | Path,
    *,
    engine: str = "auto",
    data: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int | None = None,
    findings: Iterable[Finding] = (),
    monitor: Monitor | None = None,
) -> DesignStudy:
    """Uncertainty of the targets with each design; no observed value is used.

        A = (B^-1 + sum over baseline of K^T R^-1 K + K_d^T R_d^-1 K_d)^-1,  s^2 = T A T^T

    with every K and T at one point, the prior mean or the optimum of a run.

    Args:
        path: design file.
        engine, data, seed: arguments of `load_experiment`.
        settings: dotted key -> value, over those of the file.
        findings: of the caller, reported with the others in InvalidExperiment.

    Source: Kaminski and Rayner (2017), Biogeosciences 14, 4755-4766 (quantitative network design).
    """
    began = time.monotonic()
    monitor = monitor or Monitor()
    findings = Findings(findings)
    file = read_design(path, findings)
    if not file.streams:
        raise InvalidExperiment(findings)
    settings = {**file.settings, **(settings or {})}
    try:
        experiment = load_experiment(
            file.experiment, file.streams, None, engine, data, settings, seed=seed,
            designed=file.unread,
        )  # fmt: skip
    except CcdasError as error:
        findings.add_error(error)
        raise InvalidExperiment(findings) from error
    findings += _robust_findings(experiment)
    planned = []
    for design in file.designs:
        operator = _operator(design, experiment, file.source, findings)
        if operator is not None:
            observed = experiment.observations.get(design.stream)
            observations = hypothetical_observations(
                design, operator, experiment.forcing, file.places, observed, findings
            )
            if observations is not None:
                planned.append((design, operator, observations))
    names = TargetNames.of({target.name: target for target in experiment.targets.targets})
    for name, choice in file.greedy.items():
        names.chosen(choice.targets, f"greedy.{name}.targets", file.source, findings)
    findings.raise_if_any()
    if file.at is not None:
        values = parameter_values(file.at)
        experiment = with_fixed(experiment, file.at, values)
    monitor.stage("assembling the problem")
    first = {design.stream: observations for design, _, observations in reversed(planned)}
    problem = assembled(evolve(experiment, observations={**first, **experiment.observations}))
    require_prior_knowledge(problem, "the value of a design")
    x = problem.prior.mean if file.at is None else control_values(values, problem.control)
    streams = prepared_streams(file, planned, problem)
    study = evaluated_designs(file, experiment, problem, x, streams, monitor)
    return evolve(study, seconds=time.monotonic() - began)


def _robust_findings(experiment: Experiment) -> Findings:
    """A finding for each stream with robust errors, whose weights follow from observed values."""
    return Findings(
        Finding(
            "robust-errors",
            f"streams.{name}.robust",
            f"stream '{name}' has robust errors, whose weights follow from observed values, and a "
            f'design uses none. Set streams.{name}.robust = "none" in [settings].',
        )
        for name in robust_errors(experiment.config.streams)
    )


def _operator(
    design: Design, experiment: Experiment, source: str, findings: Findings
) -> ObservationOperator | None:
    """The operator of a design's stream with the design's own settings."""
    operator = experiment.operators[design.stream]
    if not design.settings:
        return operator
    stream = experiment.config.streams[design.stream]
    changed: ObservationOperator | None = component(
        "observation_operators", stream.operator or design.stream,
        {**stream.settings, **design.settings}, f"{design.where}.settings", source, (),
        findings,
    )  # fmt: skip
    if changed is None:
        return None
    for name in ("parameters", "lead_days", "requires", "scope"):
        if repr(getattr(changed, name)) != repr(getattr(operator, name)):
            findings.add(
                "changed-operator",
                f"{design.where}.settings",
                f"design '{design.name}' changes the {name.replace('_', ' ')} of the operator of "
                f"stream '{design.stream}' by its settings; change them in [settings], for all "
                "designs of the stream.",
            )
            return None
    return changed


def prepared_streams(
    file: DesignFile,
    planned: Sequence[tuple[Design, ObservationOperator, Observations]],
    problem: Problem,
) -> dict[str, StreamData]:
    """Observations of each design with their errors, prepared on every block."""
    prior_fields = prior_fields_of(problem)
    streams: dict[str, StreamData] = {}
    findings = Findings()
    for design, operator, observations in planned:
        try:
            stream = stream_of(design.stream, operator, observations, problem, prior_fields)
        except Exception as error:  # any fault of an operator becomes a finding
            message = str(error)
            if not isinstance(error, CcdasError | ValueError):
                message = f"the operator failed with {type(error).__name__}: {message}"
            findings.add("refused-observations", design.where, f"design '{design.name}': {message}")
            continue
        if not len(stream.values):
            message = (
                f"design '{design.name}': no observation is left ({stream.reasons or 'none'})."
            )
            findings.add("no-observations", design.where, message)
        streams[design.name] = stream
    by_place = {name: choice for name, choice in file.greedy.items() if choice.by == "place"}
    for name, choice in by_place.items():
        for design in file.candidates(choice):
            parts = streams[design.name].parts if design.name in streams else ()
            if not all(isinstance(part.covariance, Diagonal) for part in parts):
                findings.add(
                    "correlated-errors",
                    f"greedy.{name}.by",
                    f"[greedy.{name}] chooses among the places of '{design.name}', whose errors "
                    'are correlated; take by = "design".',
                )
    findings.raise_if_any()
    return streams


def evaluated_designs(
    file: DesignFile,
    experiment: Experiment,
    problem: Problem,
    x: np.ndarray,
    streams: Mapping[str, StreamData],
    monitor: Monitor,
) -> DesignStudy:
    """Uncertainties with the designs, and greedy choices; one Jacobian for all of them.

    Args:
        file: names the baseline, the designs and the choices.
        problem: with the streams of the baseline and the targets.
        x: point of linearisation, shape (control,).
        streams: prepared observations by name of the design.
    """
    twin = _same_places(streams)
    baseline = {name: problem.streams[name] for name in file.baseline}
    shared = {f"design {name}": streams[name] for name in dict.fromkeys(twin.values())}
    problem = problem.with_streams({**baseline, **shared}, problem.targets)
    monitor.stage(f"Jacobians of {len(problem.streams)} sets of observations")
    _, jacobians = problem.derivatives(x)
    _, of_targets = problem.target_derivatives(x)
    sensitivity = np.concatenate([*of_targets.values()])
    monitor.stage("posterior uncertainty")
    by_stream = whitened_by_stream(problem, jacobians)
    of_baseline = {name: rows for name, rows in by_stream.items() if name in baseline}
    base = gauss_newton_posterior(x, problem.prior, of_baseline)
    prior_sd, baseline_sd = base.target_sd(sensitivity)
    whitened = {
        name: np.asarray(stream.whiten(jacobians[f"design {twin[name]}"], np))
        for name, stream in streams.items()
    }
    evaluated = []
    for design in file.designs:
        rows = {**of_baseline, "design": whitened[design.name]}
        posterior = gauss_newton_posterior(x, problem.prior, rows)
        sd, dfs = posterior.target_sd(sensitivity)[1], degrees_of_freedom(posterior, rows)["design"]
        evaluated.append(DesignResult(design, streams[design.name], posterior, sd, dfs))
    names = TargetNames.of(problem.targets)
    sensitive = _sensitive_targets(prior_sd, [len(rows) for rows in of_targets.values()])
    choices = {}
    for name, choice in file.greedy.items():
        targets = names.chosen(choice.targets, f"greedy.{name}.targets", file.source, Findings())
        targets = [n for n in targets if sensitive[n]]  # a region may have no sensitivity
        candidates = _candidates(choice, file, streams, whitened)
        selected = greedy(
            candidates, base.covariance, sensitivity[targets], prior_sd[targets], choice.choose
        )
        choices[name] = selected, targets
    return DesignStudy(
        file=file, experiment=experiment, problem=problem, x=x, targets=names, prior_sd=prior_sd,
        baseline_sd=baseline_sd, baseline=base, evaluated=tuple(evaluated), greedy=choices,
    )  # fmt: skip


def _sensitive_targets(prior_sd: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Whether each target depends on any parameter beyond rounding errors, shape (target,).

    Args:
        prior_sd: of all targets, field by field, shape (target,).
        sizes: number of targets of each field, which are compared with one another.
    """
    of_fields = np.split(prior_sd, np.cumsum(sizes)[:-1])
    return np.concatenate([sd > ROUNDING * np.max(sd, initial=0.0) for sd in of_fields])


def _same_places(streams: Mapping[str, StreamData]) -> dict[str, str]:
    """Name of each design -> the first design with the same operator, places and days.

    They differ at most in their errors, so that one Jacobian serves both.
    """
    first: dict[str, str] = {}
    for name, stream in streams.items():
        alike = (n for n in dict.fromkeys(first.values()) if _alike(streams[n], stream))
        first[name] = next(alike, name)
    return first


def _alike(one: StreamData, other: StreamData) -> bool:
    same_operator = one.name == other.name and one.operator == other.operator
    return same_operator and all(
        a.at.keys() == b.at.keys() and all(np.array_equal(a.at[k], b.at[k]) for k in a.at)
        for a, b in zip(one.parts, other.parts, strict=True)
    )


def _candidates(
    choice: GreedySection,
    file: DesignFile,
    streams: Mapping[str, StreamData],
    whitened: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Whitened Jacobian of each candidate."""
    designs = file.candidates(choice)
    if choice.by == "design":
        return {d.name: whitened[d.name] for d in designs}
    out = {}
    for design in designs:
        labels = streams[design.name].labels.astype(str)
        for label in dict.fromkeys(labels):
            name = label if len(designs) == 1 else f"{design.name}: {label}"
            out[name] = whitened[design.name][labels == label]
    return out
