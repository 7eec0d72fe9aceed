"""Assembled problem of an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..config.stream_errors import robust_errors
from ..core.control import Control
from ..core.covariance import Dense
from ..core.errors import Finding, Findings, InvalidInput
from ..core.interfaces import Prior
from ..execution import block_executor
from ..installed import registry
from ..outputs.run_folder import read_result
from ..priors import Gaussian
from ..problem.assembled_problem import Problem
from ..problem.assembly import assemble
from ..problem.freed_memory import release_freed_memory
from ..targets import target_streams
from .earlier_runs import warn_of_repeated_observations
from .experiment_data import ExperimentData
from .gross_checks import checked_synthetic, gross_checks, warn_of_gross_errors
from .machine_warnings import warn_of_machine
from .sensitivities import prescribed_findings
from .truth import Truth, truth_of, with_synthetic_observations


def assembled(experiment: ExperimentData, gradient_workers: int | None = None) -> Problem:
    """The problem with its observations as read; values may be NaN.

    Args:
        gradient_workers: number of workers for which a gradient groups the blocks; by default that
            of the configuration. A resumed run keeps its first one, and with it its last digits.

    Raises:
        InvalidExperiment: components or data that do not fit together.

    Streams with a gross check are without gross errors, unless their values are synthetic.
    """
    compute = experiment.config.compute
    warn_of_machine(compute)
    problem = assemble(
        model_name=experiment.config.model.name,
        model=experiment.model,
        operators=experiment.operators,
        observations=experiment.observations,
        forcing=experiment.forcing,
        engine=experiment.engine,
        control=experiment.control,
        prior=_prior(experiment),
        blocks=compute.blocks,
        executor=block_executor(compute.executor, compute.workers, compute.wait),
        workers=compute.workers,
        gradient_workers=gradient_workers,
        gross_checks={} if experiment.synthetic else gross_checks(experiment.config.streams),
        robust=robust_errors(experiment.config.streams),
        model_engine=registry().component("engines", "differences")(),
    )
    warn_of_gross_errors(problem.streams)
    return problem.with_streams(problem.streams, target_streams(experiment.targets, problem))


def build(experiment: ExperimentData, gradient_workers: int | None = None) -> Problem:
    """The assembled problem, with synthetic observations if they are configured.

    Args:
        gradient_workers: see `assembled`.

    Raises:
        InvalidExperiment: components or data that do not fit together, or missing observations.
    """
    problem = assembled(experiment, gradient_workers)
    prescribed_findings(problem, experiment.config.targets.prescribed).raise_if_any()
    findings = Findings()
    for name, stream in problem.streams.items():
        if not experiment.synthetic:
            findings.extend(missing_values(name, stream.values))
        if not len(stream.values):
            findings.append(no_observations(name, stream.reasons))
    findings.raise_if_any()
    truth, section = truth_in(experiment, problem), experiment.config.truth
    if truth is not None and section is not None:
        problem = with_synthetic_observations(problem, truth, section)
        problem = checked_synthetic(experiment, problem)
        warn_of_gross_errors(problem.streams)
    warn_of_repeated_observations(problem, experiment.config.prior.run)
    release_freed_memory()
    return problem


def truth_in(experiment: ExperimentData, problem: Problem) -> Truth | None:
    """The truth of synthetic observations of a problem; None where they are measured."""
    section = experiment.config.truth
    return None if section is None else truth_of(section, problem.control)


def missing_values(name: str, values: np.ndarray) -> Findings:
    """A finding about the missing values of a stream, shape (obs,), or none."""
    findings = Findings()
    if missing := int(np.isnan(values).sum()):
        findings.add(
            "missing-values",
            f"streams.{name}",
            f"stream '{name}': {missing} observed values are NaN; remove them from the file, "
            "or add a table [truth] for synthetic ones.",
        )
    return findings


def no_observations(name: str, reasons: str) -> Finding:
    """A finding about a stream that has no observation, with the reasons in words."""
    message = f"stream '{name}': no observation is left ({reasons or 'the file is empty'})."
    return Finding("no-observations", f"streams.{name}", message)


def _prior(experiment: ExperimentData) -> Prior:
    section, control = experiment.config.prior, experiment.control
    if section.run is not None:
        return posterior_as_prior(Path(section.run), control)
    cls: Any = registry().component("priors", section.name)
    settings = section.settings
    try:
        prior: Prior = cls.for_control(control, **settings)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        values = ", ".join(f"{key} = {value!r}" for key, value in settings.items())
        raise InvalidInput(
            f"prior '{section.name}' cannot be made with {values or 'no settings'} of [prior]: "
            f"{error}.",
            code="wrong-setting",
            where="prior",
        ) from error
    return prior


def posterior_as_prior(folder: Path, control: Control) -> Prior:
    """The posterior of an earlier run with its full covariance; other parameters keep N(0, 1).

    Raises:
        InvalidInput: no result, or one whose parameters are scaled differently.
    """
    path = folder / "result.nc"
    if not path.is_file():
        message = f"prior '{folder}' is no finished run: {path} does not exist."
        raise InvalidInput(message, code="no-finished-run", where="prior.run")
    result = read_result(path)
    for variable, reason in (
        ("posterior_covariance", "that run reached no minimum"),
        ("control_scale_mean", "an earlier version wrote it, so repeat that run"),
    ):
        if variable not in result:
            message = f"{path} has no variable {variable}: {reason}."
            where = f"result.nc: {variable}"
            raise InvalidInput(message, code="missing-variable", where=where)
    names = [str(name) for name in result["control"].values]
    x, physical = result["control_posterior"].values, result["parameter_posterior"].values
    covariance = result["posterior_covariance"].values
    scale_mean, scale_sd = (result[f"control_scale_{name}"].values for name in ("mean", "sd"))
    position = {name: n for n, name in enumerate(control.names)}
    shared = [n for n, name in enumerate(names) if name in position]
    common = [position[names[n]] for n in shared]
    mean, matrix = np.zeros(len(control)), np.eye(len(control))
    mean[common] = x[shared]
    same = np.isclose(control.prior_mean[common], scale_mean[shared], rtol=1e-9)
    same &= np.isclose(control.prior_sd[common], scale_sd[shared], rtol=1e-9)
    same &= np.isclose(control.physical(mean)[common], physical[shared], rtol=1e-9)  # the transform
    if not same.all():
        changed = ", ".join(names[n] for n, ok in zip(shared, same, strict=True) if not ok)
        raise InvalidInput(
            f"the parameters {changed} have another mean, sd or transform in {path}; the prior "
            "needs a run with the same parameter table.",
            code="changed-parameters",
            where="prior.run",
        )
    held = [names[n] for n in shared if np.isnan(covariance[n, n])]
    if held:
        raise InvalidInput(
            f"the minimum of that run is at a bound of {', '.join(held)}, so that {path} has no "
            "Gaussian posterior of them. Widen the bounds and repeat that run, or fix them with "
            "active = false in this one.",
            code="at-bound",
            where="result.nc: posterior_covariance",
        )
    matrix[np.ix_(common, common)] = covariance[np.ix_(shared, shared)]
    try:
        return Gaussian(mean, Dense(matrix))
    except ValueError as problem:
        raise InvalidInput(
            f"the posterior covariance in {path} cannot be a prior: {problem}.",
            code="not-positive-definite",
            where="result.nc: posterior_covariance",
        ) from None
