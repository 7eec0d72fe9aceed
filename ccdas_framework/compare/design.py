"""What observations not yet made would tell: uncertainty reductions from Jacobians alone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..config.components import component
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
from .design_locations import asked_for
from .design_tables import Design, Greedy
from .greedy_selection import Choices, greedy
from .target_index import TargetNames

ROUNDING = 1e-10  # share of the largest prior sd of a field below which a target is not moved


@frozen(eq=False)
class Evaluated:
    """One design with what it would tell.

    Args:
        design: as asked for.
        stream: prepared: places, errors, and what its operator left out.
        posterior: of the control vector with it and all that is given.
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
    """What a design file asked for.

    Args:
        file: as read.
        experiment: with which all was computed.
        problem: with the designs as its streams.
        x: where it was linearised.
        targets: what stands in each row of targets.
        units: of each target.
        prior_sd: of each target, shape (target,).
        given_sd: with the observations that every design adds to.
        given: posterior with these observations.
        evaluated: the designs.
        greedy: choices by name, and positions of the targets they were for.
        seconds: of the whole study.
    """

    file: DesignFile
    experiment: Experiment
    problem: Problem
    x: np.ndarray
    targets: TargetNames
    units: tuple[str, ...]
    prior_sd: np.ndarray
    given_sd: np.ndarray
    given: Posterior
    evaluated: tuple[Evaluated, ...]
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

        A = (B^-1 + sum over given streams of K^T R^-1 K + K_d^T R_d^-1 K_d)^-1,  s^2 = T A T^T

    with every K and T at one point, the prior mean or the optimum of a run.

    Args:
        path: design file.
        engine, data, seed: as of `load_experiment`.
        settings: over those of the file.
        findings: of the caller, reported with the others.
        monitor: told what is going on.

    Raises:
        InvalidExperiment: all findings.

    Source: Kaminski and Rayner (2017), Biogeosciences 14, 4755-4766 (quantitative network design).
    """
    began = time.monotonic()
    monitor = monitor or Monitor()
    findings = Findings(findings)
    file = read_design(path, findings)
    experiment = _loaded(file, engine, data, {**file.settings, **(settings or {})}, seed, findings)
    if experiment is None:
        raise InvalidExperiment(findings)
    asked = []
    for design in file.designs:
        operator = _operator(design, experiment, file.source, findings)
        own = experiment.observations.get(design.stream)
        if operator is not None:
            observations = asked_for(
                design, operator, experiment.forcing, file.places, own, findings
            )
            if observations is not None:
                asked.append((design, operator, observations))
    names = TargetNames.of_experiment(experiment.targets)
    for name, question in file.greedy.items():
        names.chosen(question.targets, f"greedy.{name}.targets", file.source, findings)
    values = {} if file.at is None or findings else parameter_values(file.at)
    findings.raise_if_any()
    if file.at is not None:
        experiment = with_fixed(experiment, file.at, values)
    monitor.stage("assembling the problem")
    first = {design.stream: observations for design, _, observations in reversed(asked)}
    problem = assembled(evolve(experiment, observations={**first, **experiment.observations}))
    require_prior_knowledge(problem, "what a design tells")
    x = problem.prior.mean if file.at is None else control_values(values, problem.control)
    streams = prepared_streams(file, asked, problem)
    return evaluated_designs(file, experiment, problem, x, streams, began, monitor)


def _loaded(
    file: DesignFile,
    engine: str,
    data: str | Path | None,
    settings: Mapping[str, Any],
    seed: int | None,
    findings: Findings,
) -> Experiment | None:
    if not file.streams:
        return None
    try:
        return load_experiment(
            file.experiment, file.streams, None, engine, data, settings, seed=seed,
            designed=file.unread,
        )  # fmt: skip
    except CcdasError as error:
        findings.add_error(error)
    return None


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
    for what in ("parameters", "lead_days", "requires", "scope"):
        if repr(getattr(changed, what)) != repr(getattr(operator, what)):
            findings.add(
                "changed-operator",
                f"{design.where}.settings",
                f"design '{design.name}' changes the {what.replace('_', ' ')} of the operator of "
                f"stream '{design.stream}' by its settings; say that in [settings], for all "
                "designs of the stream.",
            )
            return None
    return changed


def prepared_streams(
    file: DesignFile,
    asked: Sequence[tuple[Design, ObservationOperator, Observations]],
    problem: Problem,
) -> dict[str, StreamData]:
    """Each design's observations with their errors, prepared on every block."""
    prior_fields = prior_fields_of(problem)
    streams: dict[str, StreamData] = {}
    findings = Findings()
    for design, operator, observations in asked:
        try:
            stream = stream_of(design.stream, operator, observations, problem, prior_fields)
        except Exception as error:  # whatever a stranger's operator does becomes a sentence
            message = str(error)
            if not isinstance(error, CcdasError | ValueError):
                message = f"the operator failed with {type(error).__name__}: {message}"
            findings.add("refused-observations", design.where, f"design '{design.name}': {message}")
            continue
        if not len(stream.values):
            why = "; ".join(f"{count} {reason}" for reason, count in stream.dropped.items())
            findings.add(
                "no-observations",
                design.where,
                f"design '{design.name}': no observation is left ({why or 'none'}).",
            )
        streams[design.name] = stream
    for name, question in file.greedy.items():
        if question.by == "place":
            findings.extend(
                Finding(
                    "correlated-errors",
                    f"greedy.{name}.by",
                    f"[greedy.{name}] chooses among the places of '{d.name}', whose errors are "
                    'correlated, so that places do not add up one by one; choose by = "design".',
                )
                for d in file.designs
                if d.table in question.designs
                and d.name in streams
                and not all(isinstance(p.covariance, Diagonal) for p in streams[d.name].parts)
            )
    findings.raise_if_any()
    return streams


def evaluated_designs(
    file: DesignFile,
    experiment: Experiment,
    problem: Problem,
    x: np.ndarray,
    streams: Mapping[str, StreamData],
    began: float,
    monitor: Monitor,
) -> DesignStudy:
    """The uncertainties that designs leave, and the choices; one Jacobian for all of them.

    Args:
        file: says what is given, and asks.
        experiment: that the problem was assembled from.
        problem: holds the given streams and the targets.
        x: where all is linearised, shape (control,).
        streams: each design's, by its name.
        began: time.monotonic() at the start of the study.
        monitor: told what is going on.
    """
    twin = _same_places(streams)
    given = {name: problem.streams[name] for name in file.given}
    shared = {f"design {name}": streams[name] for name in dict.fromkeys(twin.values())}
    problem = problem.with_streams({**given, **shared}, problem.targets)
    monitor.stage(f"Jacobians of {len(problem.streams)} sets of observations")
    _, jacobians = problem.derivatives(x)
    _, of_targets = problem.target_derivatives(x)
    sensitivity = np.concatenate([of_targets[name] for name in problem.targets])
    monitor.stage("posterior uncertainty")
    own = {n: w for n, w in whitened_by_stream(problem, jacobians).items() if n in given}
    base = gauss_newton_posterior(x, problem.prior, own)
    prior_sd, given_sd = base.target_sd(sensitivity)
    whitened = {
        name: np.asarray(stream.whiten(jacobians[f"design {twin[name]}"], np))
        for name, stream in streams.items()
    }
    evaluated = []
    for design in file.designs:
        rows = {**own, "design": whitened[design.name]}
        posterior = gauss_newton_posterior(x, problem.prior, rows)
        evaluated.append(
            Evaluated(
                design,
                streams[design.name],
                posterior,
                posterior.target_sd(sensitivity)[1],
                degrees_of_freedom(posterior, rows)["design"],
            )
        )
    names = TargetNames.of(problem.targets)
    moved = _moved(prior_sd, [len(of_targets[name]) for name in problem.targets])
    choices = {}
    for name, question in file.greedy.items():
        wanted = names.chosen(question.targets, f"greedy.{name}.targets", file.source, Findings())
        moving = [n for n in wanted if moved[n]]  # a region may have no sensitivity
        candidates = _candidates(question, file, streams, whitened)
        found = greedy(
            candidates, base.covariance, sensitivity[moving], prior_sd[moving], question.choose
        )
        choices[name] = found, moving
    units = tuple(t.operator.observes.units for t in problem.targets.values() for _ in t.labels)
    return DesignStudy(
        file=file, experiment=experiment, problem=problem, x=x, targets=names, units=units,
        prior_sd=prior_sd, given_sd=given_sd, given=base, evaluated=tuple(evaluated),
        greedy=choices, seconds=time.monotonic() - began,
    )  # fmt: skip


def _moved(prior_sd: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Which targets any parameter moves, but for rounding; shape (target,).

    Args:
        prior_sd: of all targets, those of one field after the other.
        sizes: how many each field has; they are compared with one another.
    """
    of_fields = np.split(prior_sd, np.cumsum(sizes)[:-1])
    return np.concatenate([sd > ROUNDING * np.max(sd, initial=0.0) for sd in of_fields])


def _same_places(streams: Mapping[str, StreamData]) -> dict[str, str]:
    """Each design and the first that asks the same operator for the same places and days.

    They differ at most in their errors, so that one Jacobian serves both.
    """
    found: dict[str, str] = {}
    for name, stream in streams.items():
        alike = (n for n in dict.fromkeys(found.values()) if _alike(streams[n], stream))
        found[name] = next(alike, name)
    return found


def _alike(one: StreamData, other: StreamData) -> bool:
    if one.name != other.name or one.operator != other.operator:
        return False
    return all(
        a.at.keys() == b.at.keys() and all(np.array_equal(a.at[k], b.at[k]) for k in a.at)
        for a, b in zip(one.parts, other.parts, strict=True)
    )


def _candidates(
    question: Greedy,
    file: DesignFile,
    streams: Mapping[str, StreamData],
    whitened: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Whitened Jacobian of each candidate."""
    members = [d for d in file.designs if d.table in question.designs]
    if question.by == "design":
        return {d.name: whitened[d.name] for d in members}
    out = {}
    for design in members:
        labels = streams[design.name].labels.astype(str)
        for label in dict.fromkeys(labels):
            name = label if len(members) == 1 else f"{design.name}: {label}"
            out[name] = whitened[design.name][labels == label]
    return out
