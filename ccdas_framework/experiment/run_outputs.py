"""Result files of a run."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..core.budget import KINDS
from ..core.control import Control
from ..core.ensemble import Ensemble
from ..core.errors import CcdasError, CcdasWarning
from ..core.result import OptimisationResult
from ..diagnostics import Diagnosis
from ..outputs.class_fields import classes_of, monthly_class_fields
from ..outputs.diagnostics_dataset import diagnostics_dataset
from ..outputs.monthly_fields import monthly_fields
from ..outputs.parameter_names import parameter_names, parameter_processes
from ..outputs.result_datasets import result_dataset
from ..outputs.run_folder import RunFolder
from ..outputs.simulated_datasets import Simulated, draws_dataset, fields_dataset, stream_dataset
from ..outputs.variable_tables import dataset_of, named, pure, root_group
from ..posterior import Estimate, NoPosterior, Posterior, draws_inside
from ..problem.assembled_problem import Problem
from .experiment_data import ExperimentData
from .output_attributes import (
    attributes,
    declared_attributes,
    shared_attributes,
    stationarity,
    stream_kind,
    target_attributes,
)
from .sensitivities import Sensitivities, sensitivities_of, write_sensitivities
from .target_uncertainty import Tables, write_tables
from .truth import Truth
from .truth_comparison import TruthComparison

STREAM_ATTRIBUTES = ("title", "source", "references", "credits")
Values = Mapping[str, np.ndarray]


@frozen(eq=False, slots=False)
class RunWriter:
    """Writer of the result files of a run; `truth` is that of synthetic observations."""

    folder: RunFolder
    experiment: ExperimentData
    problem: Problem
    truth: Truth | None = None

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """Global attributes of every file."""
        return attributes(self.experiment)

    def result(
        self,
        optimum: OptimisationResult,
        estimate: Estimate | None = None,
        comparison: TruthComparison | None = None,
    ) -> None:
        """`result.nc`, also written without the posterior in case of an interruption."""
        control, prior, truth = self.problem.control, self.problem.prior, self.truth
        terms = ["prior", *self.problem.streams]
        posterior: dict[str, Any] = {}
        if estimate is None:
            about = {
                "stationary": "yes" if optimum.stationary else "no",
                "distance_from_minimum": optimum.distance_from_minimum,
            }
        else:
            about = _estimate_attributes(estimate, control.names)
            posterior = _posterior_variables(estimate, control)
        if comparison is not None:
            about |= comparison.attributes
        sampler = self.experiment.config.sampler
        result = result_dataset(
            control=control.names,
            control_prior=prior.mean,
            control_posterior=optimum.x,
            parameter_prior=control.physical(prior.mean),
            parameter_prior_sd=control.physical_sd(prior.mean, prior.covariance.sd),
            control_scale_mean=control.prior_mean,
            control_scale_sd=control.prior_sd,
            parameter_posterior=control.physical(optimum.x),
            control_truth=None if truth is None else truth.x,
            parameter_truth=None if truth is None else truth.parameters,
            parameter_unit=control.units,
            parameter_name=parameter_names(self.problem),
            parameter_process=parameter_processes(self.problem),
            cost=[i.cost for i in optimum.iterations],
            gradient_norm=[
                np.nan if i.gradient_norm is None else i.gradient_norm for i in optimum.iterations
            ],
            **self._evaluations(optimum),
            cost_term=[[i.terms[name] for name in terms] for i in optimum.iterations],
            term=terms,
            status=optimum.status,
            message=optimum.message,
            attributes={
                **self.attributes,
                "optimiser": self.experiment.config.optimiser.name,
                "sampler": "" if sampler is None else sampler.name,
                **shared_attributes(control),
                **about,
            },
            **posterior,
        )
        self.folder.write("result.nc", result)

    def _evaluations(self, optimum: OptimisationResult) -> dict[str, Any]:
        """Variables of `result.nc` on the evaluations until each accepted point."""
        weights = self.experiment.config.budget.weights(len(optimum.x))
        counts = [i.counts for i in optimum.iterations]
        kinds = [kind for kind in KINDS if any(kind in each for each in counts)]
        return {
            "evaluation": kinds,
            "evaluations": [[each.get(kind, 0) for kind in kinds] for each in counts],
            "model_runs": [sum(each.get(k, 0) * weights[k] for k in kinds) for each in counts],
        }

    def targets(self, tables: Tables, estimate: Estimate) -> None:
        """`targets.nc`; without a posterior it has no posterior sd."""
        about = self._with_stationarity(estimate) | target_attributes(self.experiment)
        write_tables(self.folder, self.problem, tables, estimate.posterior, about)

    def sensitivity(self, tables: Tables, estimate: Estimate) -> Sensitivities | None:
        """`sensitivity.nc`, where it is configured and there are targets and a posterior."""
        section, posterior = self.experiment.config.targets, estimate.posterior
        configured = section.sensitivity or section.prescribed
        if not (configured and tables) or posterior is None:
            return None
        result = sensitivities_of(self.problem, tables, posterior, section.prescribed)
        about = self._with_stationarity(estimate) | {"hessian": posterior.method}
        write_sensitivities(self.folder, self.problem, result, about)
        return result

    def diagnosis(self, diagnosis: Diagnosis, estimate: Estimate) -> None:
        """`diagnostics.nc`."""
        about = self._with_stationarity(estimate)
        tables = diagnosis.tables, diagnosis.warnings, diagnosis.missing
        self.folder.write("diagnostics.nc", diagnostics_dataset(*tables, about))

    def ensemble(self, ensemble: Ensemble | None) -> None:
        """`ensemble.nc`, the draws of a sampler in the groups of ArviZ."""
        if ensemble is None:
            return
        tree = ensemble.to_xarray()
        about = {
            "status": ensemble.status, "message": ensemble.message,
            "exact": "yes" if ensemble.exact else "no", "failed_runs": ensemble.failed,
            "mixed": {None: "unknown", True: "yes", False: "no"}[ensemble.mixed],
            "doubts": ", ".join(ensemble.doubts) or "none",
            "remarks": "; ".join(ensemble.remarks) or "none",
            **{f"number_{name}": value for name, value in ensemble.numbers.items()},
        }  # fmt: skip
        groups = {name: node.to_dataset() for name, node in tree.children.items()}
        if ensemble.diagnostics:
            groups["diagnostics"] = dataset_of(
                {
                    "control": ("control", ensemble.control.names, named("parameter")),
                    **{
                        name: ("control", values, pure(name.replace("_", " ")))
                        for name, values in ensemble.diagnostics.items()
                    },
                }
            )
        self.folder.write("ensemble.nc", root_group(self.attributes | about), groups)

    def simulated(self, prior: Values, posterior: Values) -> None:
        """`simulated.nc`; values by stream, shape (obs,)."""
        groups = stream_groups(self.experiment, self.problem, prior, posterior)
        self.folder.write("simulated.nc", root_group(self.attributes), groups)

    def fields(self, x0: np.ndarray, x: np.ndarray) -> None:
        """`fields.nc` of the prior and of the posterior, control vectors of shape (control,)."""
        fields = fields_of(self.experiment, self.problem, [x0, x])
        self.folder.write("fields.nc", fields_dataset(**fields, attributes=self.attributes))

    def draws(self, posterior: Posterior | None) -> None:
        """`draws.nc`, if configured; a warning where there is no posterior."""
        config, control = self.experiment.config, self.problem.control
        count = config.posterior.draws
        if not count:
            return
        if posterior is None:
            message = f"posterior.draws is {count}, but without a posterior there is no draws.nc."
            warning = CcdasWarning(message, code="no-posterior", where="posterior.draws")
            warnings.warn(warning, stacklevel=2)
            return
        # 3 are the starts
        generator = np.random.default_rng([config.experiment.seed, 4])
        try:
            draws, repeated = draws_inside(posterior, control, generator, count)
        except NoPosterior as error:
            warnings.warn(f"{error}.", stacklevel=2)
            return
        about = {
            "drawn_again": repeated,
            "drawn_from": "the posterior, cut off at the bounds of the parameters",
        }
        dataset = draws_dataset(
            control=control.names,
            parameter_unit=control.units,
            control_draw=draws,
            parameter_draw=np.stack([control.physical(x) for x in draws]),
            **fields_of(self.experiment, self.problem, draws),
            attributes=self.attributes | about,
        )
        self.folder.write("draws.nc", dataset)

    def _with_stationarity(self, estimate: Estimate) -> dict[str, Any]:
        return self.attributes | stationarity(estimate)


def stream_groups(
    experiment: ExperimentData, problem: Problem, prior: Values, posterior: Values | None = None
) -> dict[str, Any]:
    """The groups of `simulated.nc` by stream, from values of shape (obs,)."""
    groups = {}
    for name, stream in problem.streams.items():
        of_file = experiment.attributes.get(name, {})
        copied = {f"observations_{k}": of_file[k] for k in STREAM_ATTRIBUTES if k in of_file}
        synthetic = "yes" if experiment.synthetic else str(of_file.get("synthetic", "no"))
        about = {
            **copied,
            "synthetic": synthetic,
            **declared_attributes(stream_kind(experiment, name)),
            "observations_read": stream.read,
            "dropped": stream.reasons or "none",
        }
        after = None if posterior is None else posterior[name]
        groups[name] = stream_dataset(Simulated.of(stream, prior[name], after, **about))
    return groups


def dropped_lines(problem: Problem) -> list[str]:
    """A line for each stream with dropped observations: their number and the reasons."""
    return [
        f"{name}: {stream.read - len(stream.values)} of {stream.read} observations dropped: "
        f"{stream.reasons}"
        for name, stream in problem.streams.items()
        if stream.dropped
    ]


def fields_of(
    experiment: ExperimentData, problem: Problem, points: Iterable[np.ndarray]
) -> dict[str, Any]:
    """Monthly fields of several x, shape (x, month, cell), as arguments of `fields_dataset`."""
    output, grid = experiment.config.output, experiment.forcing.domain.grid
    at = list(points)
    monthly = [monthly_fields(problem, x, output.fields) for x in at]
    _, variables, months = monthly[0]
    of_class = {v.name: v for v in problem.model.provides if v.name in output.by_class}
    classes = classes_of(grid)
    by_class = [monthly_class_fields(problem, x, list(of_class), classes) for x in at]
    return {
        "fields": {
            name: np.stack([fields[name] for fields, _, _ in monthly]) for name in variables
        },
        "variables": {**of_class, **variables},
        "month": months,
        "grid": grid,
        "class_names": problem.model.class_names,
        "by_class": {name: np.stack([fields[name] for fields in by_class]) for name in of_class},
    }


def _estimate_attributes(estimate: Estimate, names: tuple[str, ...]) -> dict[str, Any]:
    """Attributes of `result.nc`: distance from the minimum, and null space."""
    about: dict[str, Any] = stationarity(estimate)
    if estimate.posterior is not None:
        about["posterior_method"] = estimate.posterior.method
        about["posterior_doubtful"] = "yes" if estimate.doubtful else "no"
        about["constrained_directions"] = estimate.posterior.constrained
    if estimate.distance.measured:
        about["newton_decrement"] = estimate.distance.decrement
    return about | {
        "parameters_at_bound": ", ".join(estimate.at_bound) or "none",
        "unseen_parameters": ", ".join(estimate.null_space.parameters(names)) or "none",
        "unseen_combinations": "; ".join(estimate.null_space.described(names)) or "none",
    }


def _posterior_variables(estimate: Estimate, control: Control) -> dict[str, Any]:
    """Variables of `result.nc` on the posterior and the information content."""
    variables: dict[str, Any] = {"seen": estimate.null_space.observed}
    posterior = estimate.posterior
    if posterior is None:
        return variables
    known = np.where(posterior.held[:, None] | posterior.held, np.nan, posterior.covariance)
    return variables | {
        "stream": list(estimate.degrees_of_freedom),
        "degrees_of_freedom": list(estimate.degrees_of_freedom.values()),
        "hessian_eigenvalue": posterior.eigenvalues,
        "posterior_correlation": posterior.correlation,
        "parameter_posterior_sd": posterior.physical_sd(control),
        "uncertainty_reduction": posterior.uncertainty_reduction,
        "posterior_covariance": known,
    }


def report(folder: Path) -> None:
    """Write report.html, or warn where the extra `report` is not installed."""
    try:
        from ..report import write_report

        write_report(folder)
    except CcdasError as error:
        warnings.warn(str(error), stacklevel=2)
