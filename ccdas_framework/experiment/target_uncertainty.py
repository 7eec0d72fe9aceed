"""Prior and posterior uncertainty of the targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..config.target_tables import ANNUAL
from ..outputs.result_datasets import declared_dataset, targets_dataset
from ..outputs.run_folder import RunFolder
from ..posterior import NoPosterior, Posterior, gauss_newton_posterior
from ..problem.assembled_problem import Problem
from .draw_moments import failed_draws_remark, moments_of_finite, values_of_draws

Tables = dict[str, dict[str, Any]]
NUMBERS = (
    "prior", "prior_sd_at_prior", "prior_sd", "posterior", "posterior_sd", "uncertainty_reduction",
    "earlier_posterior", "earlier_posterior_sd", "truth",
)  # fmt: skip


def target_tables(
    problem: Problem,
    prior: Mapping[str, np.ndarray],
    posterior_values: Mapping[str, np.ndarray] | None = None,
    jacobians: Mapping[str, np.ndarray] | None = None,
    posterior: Posterior | None = None,
    truth: Mapping[str, np.ndarray] | None = None,
    prior_jacobians: Mapping[str, np.ndarray] | None = None,
) -> Tables:
    """Description of each target by name, with its prior and posterior mean and sd.

    Args:
        prior: values with the prior, shape (target,).
        posterior_values: values with the optimised parameters, shape (target,).
        jacobians: T = dt/dx at the optimum, shape (target, control); needed for the sd.
        posterior: of x; without it there is no posterior sd.
        truth: values with the truth of synthetic observations, shape (target,).
        prior_jacobians: T at the prior mean, shape (target, control); None leaves out the prior sd
            there.

    Returns:
        name -> `region` (labels), `quantity`, `units`, `statistic`, `period`, `kind` ("regions" or
        "declared"), `sensitivity` (T), and available `NUMBERS`, shape (target,). `prior_sd` has the
        sensitivity at the optimum, as `posterior_sd`. The reduction is 1 - posterior sd / prior sd,
        NaN where a target depends on no parameter.
    """
    tables: Tables = {}
    for name, target in problem.targets.items():
        operator: Any = target.operator
        tables[name] = {
            "region": target.labels,
            "quantity": operator.observes.name,
            "units": operator.observes.units,
            "statistic": getattr(operator, "statistic", "total"),
            "period": getattr(operator, "period", ANNUAL),
            "kind": getattr(operator, "kind", "declared"),
            "prior": prior[name],
        }
        if posterior_values is not None:
            tables[name]["posterior"] = posterior_values[name]
        if truth is not None:
            tables[name]["truth"] = truth[name]
        if jacobians is not None:
            tables[name]["sensitivity"] = jacobians[name]
    if jacobians is None or not tables:
        return tables
    before, after = covariances(problem, tables, posterior)
    first = 0
    for name, table in tables.items():
        rows = slice(first, first := first + len(table["region"]))
        table["prior_sd"] = sd = np.sqrt(np.diag(before)[rows])
        if prior_jacobians is not None:
            there = prior_covariance(problem, prior_jacobians[name])
            table["prior_sd_at_prior"] = np.sqrt(np.diag(there))
        if after is not None:
            table["posterior_sd"] = np.sqrt(np.maximum(np.diag(after)[rows], 0.0))
            of_prior = np.where(sd > 0.0, sd, np.nan)
            table["uncertainty_reduction"] = 1.0 - table["posterior_sd"] / of_prior
    return tables


def target_tables_of_draws(
    problem: Problem,
    prior_draws: np.ndarray,
    draws: np.ndarray,
    x: np.ndarray,
    truth: Mapping[str, np.ndarray] | None = None,
) -> tuple[Tables, str]:
    """The same from runs of the model with draws of prior and posterior, without derivatives.

    `prior` and `posterior` are the targets at the prior mean and the mean over the posterior
    draws. Values of draws whose run fails do not count.

    Args:
        prior_draws, draws: control vectors, shape (draw, control).
        x: point of the results, shape (control,); for a posterior of no draws.

    Returns:
        The tables, and a remark on draws that do not count, or "".
    """
    targets = problem.targets
    before = problem.values_of(problem.prior.mean, targets)
    if not targets or not len(draws):
        return target_tables(problem, before, problem.values_of(x, targets), truth=truth), ""
    of_prior, of_draws = (values_of_draws(problem, part, targets) for part in (prior_draws, draws))
    means = {name: moments_of_finite(values)[0] for name, values in of_draws.items()}
    tables = target_tables(problem, before, means, truth=truth)
    for name, table in tables.items():
        for key, values in (("prior_sd", of_prior[name]), ("posterior_sd", of_draws[name])):
            table[key] = moments_of_finite(values)[1]
        table["prior_sd_at_prior"] = table["prior_sd"]
        sd = np.where(table["prior_sd"] > 0.0, table["prior_sd"], np.nan)
        table["uncertainty_reduction"] = 1.0 - table["posterior_sd"] / sd
    return tables, failed_draws_remark(of_draws)


def covariances(
    problem: Problem, tables: Tables, posterior: Posterior | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """T B T^T and T A T^T of all targets with the same T, shapes (target, target)."""
    sensitivity = np.concatenate([table["sensitivity"] for table in tables.values()])
    if posterior is not None:
        return posterior.target_covariance(sensitivity)
    return prior_covariance(problem, sensitivity), None


def prior_covariance(problem: Problem, sensitivity: np.ndarray) -> np.ndarray:
    """T B T^T of targets with sensitivity T, shape (target, target)."""
    try:
        of_prior = gauss_newton_posterior(problem.prior.mean, problem.prior, {})
    except NoPosterior:  # the prior is flat
        return np.diag(np.where(np.any(sensitivity != 0.0, axis=1), np.inf, 0.0))
    return of_prior.target_covariance(sensitivity)[0]


def correlation(covariance: np.ndarray) -> np.ndarray:
    """C_ij / (sd_i sd_j), same shape; NaN where a target has no finite sd above zero."""
    sd = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    sd = np.where((sd > 0.0) & np.isfinite(sd), sd, np.nan)
    ratio = covariance / sd[:, None] / sd[None, :]
    np.fill_diagonal(ratio, np.where(np.isnan(sd), np.nan, 1.0))
    return np.asarray(np.clip(ratio, -1.0, 1.0))


def target_names(tables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of all targets: 'nep Europe', 'nep DJF Europe', or that of a declared one."""
    return [
        name if table["kind"] == "declared" and len(table["region"]) == 1 else f"{name} {label}"
        for name, table in tables.items()
        for label in table["region"]
    ]


def write_tables(
    folder: RunFolder,
    problem: Problem,
    tables: Tables,
    posterior: Posterior | None,
    attributes: Mapping[str, Any],
) -> None:
    """`targets.nc`: tables of the window and of other periods, declared targets, correlations."""
    if not tables:
        return
    regional: dict[str, list[dict[str, Any]]] = {}
    for table in tables.values():
        if table["kind"] == "regions":
            regional.setdefault(table["period"], []).append(table)
    declared = {name: table for name, table in tables.items() if table["kind"] == "declared"}
    matrices: dict[str, Any] = {}
    if all("sensitivity" in table for table in tables.values()):
        before, after = covariances(problem, tables, posterior)
        matrices = {"target": target_names(tables), "prior_correlation": correlation(before)}
        if after is not None:
            matrices["posterior_correlation"] = correlation(after)
    annual = regional.pop(ANNUAL, [])
    groups = {period: targets_dataset(**_by_region(of)) for period, of in regional.items()}
    if declared:
        groups["declared"] = declared_dataset(**_in_a_row(declared))
    root = targets_dataset(**_by_region(annual), attributes=attributes, **matrices)
    folder.write("targets.nc", root, groups)


def _by_region(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Arguments of `targets_dataset`, shapes (region, quantity)."""
    if not tables:
        return {"region": [], "quantity": [], "prior": np.zeros((0, 0))}
    available = [name for name in NUMBERS if name in tables[0]]
    return {
        "region": [str(label) for label in tables[0]["region"]],
        "quantity": [table["quantity"] for table in tables],
        "units": [table["units"] for table in tables],
        **{name: np.stack([table[name] for table in tables], axis=1) for name in available},
    }


def _in_a_row(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Arguments of `declared_dataset`, shapes (declared,)."""
    rows = list(tables.values())
    available = [name for name in NUMBERS if name in rows[0]]

    def repeated(key: str) -> list[str]:
        return [str(table[key]) for table in rows for _ in table["region"]]

    return {
        "declared": target_names(tables),
        "quantity": repeated("quantity"),
        "region": [str(label) for table in rows for label in table["region"]],
        "period": repeated("period"),
        "statistic": repeated("statistic"),
        "units": repeated("units"),
        **{name: np.concatenate([table[name] for table in rows]) for name in available},
    }
