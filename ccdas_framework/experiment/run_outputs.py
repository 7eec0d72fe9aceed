"""What a run found, written to its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve

from ..core.result import OptimisationResult
from ..diagnostics import Diagnosis
from ..io.data_kind import SYNTHETIC, DataKind, least_direct
from ..outputs.monthly_fields import monthly_fields
from ..outputs.provenance import provenance
from ..outputs.run_folder import RunFolder, Simulated
from ..posterior import Estimate, Posterior
from ..problem.assembled_problem import Problem
from ..problem.stream_data import StreamData
from .experiment_data import ExperimentData
from .sensitivities import Sensitivities, sensitivities_of, write_sensitivities
from .target_uncertainty import Tables, target_tables, write_tables


def attributes(experiment: ExperimentData) -> dict[str, Any]:
    """Global attributes of every output: title, and what stands in for what."""
    section = experiment.config.experiment
    comment = section.comment
    if experiment.synthetic:
        comment = f"synthetic observations. {comment}".strip()
    forcing = DataKind.of(experiment.attributes.get("forcing", {}))
    return {
        "title": section.title or section.name,
        "comment": comment or None,
        "synthetic_observations": "yes" if experiment.synthetic else "no",
        **_declared(least_direct(stream_kind(experiment, name) for name in experiment.operators)),
        **_declared(forcing, "forcing_"),
        "source": f"ccdas-framework, model {experiment.config.model.name}",
    }


def stream_kind(experiment: ExperimentData, stream: str) -> DataKind | None:
    """Kind of the assimilated observations of a stream, or None where its file declares none."""
    if experiment.synthetic:
        return DataKind(SYNTHETIC)
    return DataKind.of(experiment.attributes.get(stream, {}))


def _declared(kind: DataKind | None, prefix: str = "") -> dict[str, str]:
    return {} if kind is None else kind.attributes(prefix)


def stationarity(known: Estimate) -> dict[str, str]:
    """Attributes of files with uncertainties: whether these are of a minimum."""
    return {
        "stationary": "yes" if known.distance.reached else "no",
        "distance_from_minimum": known.distance.sentence,
        "posterior": known.message,
    }


def write_result(
    folder: RunFolder,
    problem: Problem,
    found: OptimisationResult,
    known: Estimate | None,
    experiment: ExperimentData,
) -> None:
    """`result.nc`; written once without the posterior, so that an interruption loses nothing."""
    control, prior = problem.control, problem.prior
    names = ["prior", *problem.streams]
    posterior = None if known is None else known.posterior
    more: dict[str, Any] = {}
    if posterior is not None:
        more = {
            "parameter_posterior_sd": posterior.physical_sd(control),
            "uncertainty_reduction": posterior.uncertainty_reduction,
            "posterior_covariance": posterior.covariance,
        }
    folder.write_result(
        control=control.names,
        control_prior=prior.mean,
        control_posterior=found.x,
        parameter_prior=control.physical(prior.mean),
        parameter_prior_sd=control.physical_sd(prior.mean, prior.covariance.sd),
        control_scale_mean=control.prior_mean,
        control_scale_sd=control.prior_sd,
        parameter_posterior=control.physical(found.x),
        parameter_unit=control.units,
        cost=[i.cost for i in found.iterations],
        gradient_norm=[i.gradient_norm for i in found.iterations],
        cost_term=[[i.terms[name] for name in names] for i in found.iterations],
        term=names,
        status=found.status,
        message=found.message,
        attributes={**attributes(experiment), **_learnt(known, found, control.names)},
        **_knowledge(known),
        **more,
    )


def _learnt(
    known: Estimate | None, found: OptimisationResult, names: Sequence[str]
) -> dict[str, Any]:
    """Attributes of `result.nc`: how far the minimum is, and what is seen."""
    if known is None:
        return {
            "stationary": "yes" if found.stationary else "no",
            "distance_from_minimum": found.distance_from_minimum,
        }
    about: dict[str, Any] = stationarity(known)
    if known.posterior is not None:
        about["posterior_method"] = known.posterior.method
        about["constrained_directions"] = known.posterior.constrained
    about["newton_decrement"] = known.distance.decrement
    about["unseen_parameters"] = ", ".join(known.null_space.parameters(names)) or "none"
    about["unseen_combinations"] = "; ".join(known.null_space.described(names)) or "none"
    return about


def _knowledge(known: Estimate | None) -> dict[str, Any]:
    """Variables of `result.nc` on the information content."""
    if known is None:
        return {}
    observed: dict[str, Any] = {"seen": known.null_space.observed}
    if known.posterior is None:
        return observed
    return {
        **observed,
        "stream": list(known.degrees_of_freedom),
        "degrees_of_freedom": list(known.degrees_of_freedom.values()),
        "hessian_eigenvalue": known.posterior.eigenvalues,
        "posterior_correlation": known.posterior.correlation,
    }


def targets_of(
    problem: Problem,
    x0: np.ndarray,
    posterior: Posterior | None,
    values: Mapping[str, np.ndarray],
    jacobians: Mapping[str, np.ndarray],
) -> Tables:
    """Each target by name, before and after; see `target_tables`."""
    before = problem.values_of(x0, problem.targets)
    return target_tables(problem, before, values, jacobians, posterior)


def write_targets(
    folder: RunFolder,
    problem: Problem,
    targets: Tables,
    known: Estimate,
    experiment: ExperimentData,
) -> None:
    """`targets.nc`; without a posterior it has no posterior sd."""
    about = {**attributes(experiment), **stationarity(known), **regions_attribute(experiment)}
    write_tables(folder, problem, targets, known.posterior, about)


def write_sensitivity(
    folder: RunFolder,
    problem: Problem,
    targets: Tables,
    known: Estimate,
    experiment: ExperimentData,
) -> Sensitivities | None:
    """`sensitivity.nc`, where it is asked for and there are targets and a posterior."""
    section = experiment.config.targets
    configured = section.sensitivity or section.prescribed
    if not (configured and targets) or known.posterior is None:
        return None
    found = sensitivities_of(problem, targets, known.posterior, section.prescribed)
    method = {"hessian": known.posterior.method}
    about = {**attributes(experiment), **stationarity(known), **method}
    write_sensitivities(folder, problem, found, about)
    return found


def regions_attribute(experiment: ExperimentData) -> dict[str, str]:
    """What the regions of the tables are, and which periods have no table."""
    targets, forcing = experiment.targets, experiment.attributes.get("forcing", {})
    own = experiment.config.targets.regions is None
    regions = str(forcing["regions"]) if own and "regions" in forcing else targets.regions
    about = {"regions": regions} if regions else {}
    return {**about, "left_out": " ".join(targets.left_out)} if targets.left_out else about


def write_diagnosis(
    folder: RunFolder, diagnosis: Diagnosis, known: Estimate, experiment: ExperimentData
) -> None:
    """`diagnostics.nc`."""
    folder.write_diagnostics(
        diagnosis.tables,
        diagnosis.warnings,
        diagnosis.missing,
        attributes={**attributes(experiment), **stationarity(known)},
    )


def assimilated(stream: StreamData) -> Any:
    """Observations of a stream after selection and scaling, named as the operator names them."""
    kept = stream.observations.take(stream.index)
    return evolve(kept, values=stream.values, sd=stream.sd, label=stream.labels)


def write_simulated(
    folder: RunFolder,
    experiment: ExperimentData,
    problem: Problem,
    simulated: Mapping[str, Mapping[str, np.ndarray]],
) -> None:
    groups = {}
    for name, stream in problem.streams.items():
        own = experiment.attributes.get(name, {})
        kept = {key: own[key] for key in ("title", "source", "references", "credits") if key in own}
        dropped = "; ".join(f"{count} {reason}" for reason, count in stream.dropped.items())
        groups[name] = Simulated(
            variable=stream.operator.observes,
            observations=assimilated(stream),
            prior=simulated["prior"][name],
            posterior=simulated["posterior"][name],
            place="station" if stream.domain_scope else "cell",
            attributes={
                **{f"observations_{key}": value for key, value in kept.items()},
                "synthetic": "yes" if experiment.synthetic else str(own.get("synthetic", "no")),
                **_declared(stream_kind(experiment, name)),
                "dropped": dropped or "none",
            },
        )
    folder.write_simulated(groups, attributes(experiment))


def write_fields(
    folder: RunFolder, experiment: ExperimentData, problem: Problem, x0: np.ndarray, x: np.ndarray
) -> None:
    wanted = experiment.config.output.fields
    before, variables, months = monthly_fields(problem, x0, wanted)
    after, _, _ = monthly_fields(problem, x, wanted)
    folder.write_fields(
        fields={name: np.stack([before[name], after[name]]) for name in before},
        variables=variables,
        month=months,
        grid=experiment.forcing.domain.grid,
        attributes=attributes(experiment),
    )


def misfits(
    problem: Problem, simulated: Mapping[str, Mapping[str, np.ndarray]]
) -> dict[str, dict[str, tuple[float, float]]]:
    out = {}
    for name, stream in problem.streams.items():
        labels = stream.labels.astype(str)
        places = {"all": np.ones(len(labels), dtype=bool)}
        if stream.domain_scope or len(set(labels)) <= 12:
            places.update({label: labels == label for label in dict.fromkeys(labels)})
        out[name] = {
            place: (
                _rms(simulated["prior"][name][mask] - stream.values[mask]),
                _rms(simulated["posterior"][name][mask] - stream.values[mask]),
            )
            for place, mask in places.items()
        }
    return out


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def provenance_of(experiment: ExperimentData, problem: Problem) -> dict[str, Any]:
    """What was read and with what it was computed, for `provenance.json`."""
    return provenance(
        inputs=experiment.inputs,
        folder=experiment.recipe_folder,
        seed=experiment.config.experiment.seed,
        further={
            "engine": type(experiment.engine).__name__,
            "cells": experiment.forcing.domain.grid.cells,
            "columns": experiment.forcing.domain.grid.columns,
            "days": {"lead": experiment.forcing.domain.lead, "all": experiment.forcing.domain.days},
            "observations": {name: len(s.values) for name, s in problem.streams.items()},
            "dropped": {name: dict(s.dropped) for name, s in problem.streams.items()},
            "control": len(problem.control),
        },
    )


def report(folder: Path) -> None:
    import warnings

    from ..core.errors import CcdasError

    try:
        from ..report import write_report

        write_report(folder)
    except CcdasError as error:  # the extra is not installed: the results stand without it
        warnings.warn(str(error), stacklevel=2)
